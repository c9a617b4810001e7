"""Model files: save, load, list. A file from outside is refused unless it is safe and fits.

A checkpoint is a dict saved with torch.save: {"format", "model", "config", "weights", "metrics"};
its card is model, config and the metrics beside them, as JSON. `metrics` holds plain JSON values
only. Beside a run's model stands what going on with its training needs, in a file of the same kind:
{"format", "config", "values"}.

A file of a kilobyte can hold lists of lists of the same lists, which written out would fill any
memory: nothing from it is turned into text before it is known to be small.
"""

import dataclasses
import json
import math
import os
import pickletools
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from fashion_core import files
from fashion_core.config import MODELS, TrainConfig
from fashion_core.errors import CheckpointError, ConfigError
from fashion_core.models import build_model, fold_norms

FORMAT = "fashion-cnn-lab/1"
RESUME_FORMAT = "fashion-cnn-lab/resume/3"
EARLIER_RESUME_FORMATS = ("fashion-cnn-lab/resume/1", "fashion-cnn-lab/resume/2")
# 5 million float32 weights are 20 MB; three times that is no model of ours
MAX_CHECKPOINT_BYTES = 64_000_000
# Of a file all but the tensors' numbers: about 10 kB, and a card's metrics
MAX_PICKLE_BYTES = 1_000_000
# What may stand in a file more than once, by the word of pickle that makes it.
SHAREABLE = ("GLOBAL", "BINUNICODE", "EMPTY_LIST", "EMPTY_DICT", "BINPERSID", "REDUCE")
MIN_TEMPERATURE = 0.05  # a hand-edited file must not make all answers certain or all alike
# Characters of what is wrong with a file, which quotes values from it, however long
MAX_QUOTED = 300
MAX_METRICS_CHARACTERS = 100_000  # a card is about 4 kB
PRETRAINED_DIR = files.PROJECT_DIR / "checkpoints" / "pretrained"


@dataclass(frozen=True)
class Checkpoint:
    """What a model file holds, checked."""

    model: str
    config: TrainConfig
    weights: dict[str, torch.Tensor]
    metrics: dict

    @property
    def card(self) -> dict:
        """Plain JSON values: the checkpoint without its weights."""
        checked = {"model": self.model, "config": self.config.to_dict()}
        # First in the file, and no metrics of these names in their place
        return checked | self.metrics | checked


def save_checkpoint(path: Path, config: TrainConfig, weights: dict, metrics: dict) -> None:
    """Write a checkpoint in one step: a reader sees the old file or the new one. Raises OSError."""
    content = {
        "format": FORMAT,
        "model": config.model,
        "config": config.to_dict(),
        # Cloned: of a view torch would write all that it is a view of.
        "weights": {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, tensor in weights.items()
        },
        "metrics": metrics,
    }
    _write_content(path, content)


def _write_content(path: Path, content: dict) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the new name with nothing in it
        files.replace_file(temporary, path)
    except RuntimeError as error:  # torch's zip writer reports a full disk this way
        raise OSError(f"{path.name} could not be written: {str(error).splitlines()[0]}") from error
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read and check a model file without running any code in it. Raises CheckpointError."""
    return _checked(_read_content(path), path.name)


def _read_content(path: Path):
    _refuse_unsafe_size(path)
    try:
        _refuse_shared_tuples(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error
    # Torch raises many kinds for damaged and unsafe files; none of them may pass
    except Exception as error:
        raise CheckpointError(
            f"{path.name} is damaged or holds more than weights, so it was not loaded. "
            "Use a .pt file that this app has saved."
        ) from error


def save_resume(path: Path, config: TrainConfig, values: dict) -> None:
    """Keep what `training.state_to_dict` says of a run, in one step as a checkpoint. Raises
    OSError.
    """
    _write_content(path, {"format": RESUME_FORMAT, "config": config.to_dict(), "values": values})


def read_resume(path: Path, config: TrainConfig) -> dict:
    """What `save_resume` kept, for `training.restore_state`, which checks its parts.

    Raises CheckpointError for a file that is damaged, unsafe, too large, or of a run with another
    config; only `epochs` may differ, since a run can be continued.
    """
    content = _read_content(path)
    kind = content.get("format") if isinstance(content, dict) else None
    if kind in EARLIER_RESUME_FORMATS:
        raise CheckpointError(
            f"{path.name} was kept by an earlier version of this app, which trained otherwise."
        )
    if kind != RESUME_FORMAT:
        raise CheckpointError(
            f"{path.name} was not saved by this app: its format is not {RESUME_FORMAT}."
        )
    values = content.get("values")
    if not isinstance(values, dict):
        raise CheckpointError(f"{path.name} lacks what training needs to go on.")
    kept = _checked_config(content, path.name)
    if dataclasses.replace(kept, epochs=config.epochs) != config:
        raise CheckpointError(
            f"{path.name} belongs to a run of another configuration ({kept.describe()})."
        )
    return files.with_todays_keys(values)


def _refuse_unsafe_size(path: Path) -> None:
    """Look at the sizes before anything is decoded; a zip can claim to be far larger inside than
    outside.
    """
    try:
        size = path.stat().st_size
        if size > MAX_CHECKPOINT_BYTES:
            raise CheckpointError(
                f"{path.name} has {size:,} bytes; at most {MAX_CHECKPOINT_BYTES:,} are allowed."
            )
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} is not a model file, or only half of one was copied."
        ) from error
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error
    if unpacked > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"{path.name} would unpack to {unpacked:,} bytes; it was not made by this app."
        )


def _refuse_shared_tuples(path: Path) -> None:
    """Raises ValueError for a pickle in which anything but words, containers and tensors is used
    twice.

    A tuple of twice the same tuple, of twice the same tuple, and so on: as a key it would take for
    ever to be hashed, within torch.load and with all other threads waiting.
    """
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.filename.lower().endswith("data.pkl"):
                continue
            if info.file_size > MAX_PICKLE_BYTES:
                raise ValueError(f"{info.filename} is too large")
            made_by, before = {}, ""
            for code, place, _ in pickletools.genops(archive.read(info)):
                if code.name in ("BINPUT", "LONG_BINPUT"):
                    made_by[place] = before
                elif code.name in ("BINGET", "LONG_BINGET") and made_by.get(place) not in SHAREABLE:
                    raise ValueError(f"{info.filename} uses what {made_by.get(place)} made twice")
                before = code.name


def _checked(content, name: str) -> Checkpoint:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{name} was not saved by this app: its format is not {FORMAT}.")
    model, weights, metrics = (content.get(key) for key in ("model", "weights", "metrics"))
    if not isinstance(model, str) or model not in MODELS:
        said = repr(model[:40]) if isinstance(model, str) else f"a {type(model).__name__}"
        raise CheckpointError(
            f"{name} is of the network {said}; this app knows {', '.join(MODELS)}."
        )
    config = _checked_config(content, name)
    if config.model != model:
        raise CheckpointError(
            f"{name} says both {model} and {config.model}: it has been changed by hand."
        )
    return Checkpoint(
        model, config, _checked_weights(model, weights, name), _checked_metrics(metrics, name)
    )


def _checked_config(content: dict, name: str) -> TrainConfig:
    config = content.get("config")
    parts = [*config, *config.values()] if isinstance(config, dict) else []
    if not all(isinstance(part, (str, int, float)) for part in parts):
        raise CheckpointError(
            f"{name} has a training configuration that is not plain words and numbers."
        )
    try:
        return TrainConfig.from_dict(config)
    except ConfigError as error:
        words = str(error)[:MAX_QUOTED]
        raise CheckpointError(
            f"{name} has a training configuration that does not fit: {words}"
        ) from error


def _checked_weights(model: str, weights, name: str) -> dict[str, torch.Tensor]:
    expected = build_model(model).state_dict()
    if not isinstance(weights, dict) or set(weights) != set(expected):
        raise CheckpointError(f"{name} does not have the layers of {model}.")
    for layer, tensor in weights.items():
        plain = (
            isinstance(tensor, torch.Tensor)
            and not tensor.is_nested
            and _kind(tensor) == _kind(expected[layer])
        )
        if not plain or tensor.shape != expected[layer].shape:
            raise CheckpointError(
                f"{name}: layer {layer} does not have the shape or type that {model} needs."
            )
        if not torch.isfinite(tensor).all():
            raise CheckpointError(f"{name}: layer {layer} holds values that are not numbers.")
    return dict(weights)


def _kind(tensor: torch.Tensor) -> tuple:
    """What may not differ: a sparse tensor, or one on no device at all, is no weight."""
    return tensor.dtype, tensor.layout, tensor.device


def _checked_metrics(metrics, name: str) -> dict:
    text, characters = [], 0
    try:
        for part in json.JSONEncoder(allow_nan=False).iterencode(metrics):
            text.append(part)
            characters += len(part)
            if characters > MAX_METRICS_CHARACTERS:
                break
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{name} has metrics that are not plain numbers and words."
        ) from error
    if not isinstance(metrics, dict) or characters > MAX_METRICS_CHARACTERS:
        raise CheckpointError(f"{name} has metrics that this app did not write.")
    return files.with_todays_keys(json.loads("".join(text)))


def load_model(path: Path) -> nn.Module:
    """The network with the file's weights, see `model_of`. Raises CheckpointError."""
    return model_of(read_checkpoint(path))


def model_of(checkpoint: Checkpoint) -> nn.Module:
    """The network with a checkpoint's weights, in eval mode on the CPU.

    Its attributes `temperature` and `ood_threshold` are what `predict` divides its logits by, and
    the `predict.ood_score` above which a picture is called unlike anything known.
    """
    model = build_model(checkpoint.model)
    model.load_state_dict(checkpoint.weights)
    model.ood_threshold = _number(checkpoint.metrics.get("ood_threshold"), math.inf)
    temperature = _number(checkpoint.metrics.get("temperature"), 1.0)
    model.temperature = (
        temperature if MIN_TEMPERATURE <= temperature <= 1 / MIN_TEMPERATURE else 1.0
    )
    return fold_norms(model).to(memory_format=torch.channels_last)


def _number(value, default: float) -> float:
    ok = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < files.MAX_NUMBER
    )
    return float(value) if ok else default
