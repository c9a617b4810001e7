"""Model files: save and load. A file from outside is refused unless it is safe and fits.

A checkpoint is a dict saved with torch.save: {"format", "model", "config", "weights", "metrics"};
its card is model, config and the metrics beside them, as JSON. `metrics` holds plain JSON values
only. Beside a run's model stands what going on with its training needs, in a file of the same kind:
{"format", "config", "values"}.

A file of a kilobyte can hold lists of lists of the same lists, which written out would fill any
memory: nothing from it is turned into text before it is known to be small.
"""

import dataclasses
import io
import json
import math
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from fashion_core import files, limits
from fashion_core.architecture import read_network, refuse_too_large
from fashion_core.config import MODELS, TrainConfig
from fashion_core.errors import CheckpointError, ConfigError
from fashion_core.models import build_model, fold_norms

FORMAT = "fashion-cnn-lab/1"


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


# Writing


def save_checkpoint(path: Path, config: TrainConfig, weights: dict, metrics: dict) -> None:
    """Write a checkpoint in one step: a reader sees the old file or the new one. Raises OSError."""
    content = {
        "format": FORMAT,
        "model": config.model,
        "config": config.to_dict(),
        # Cloned: of a view torch would write all that it is a view of
        "weights": {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, tensor in weights.items()
        },
        "metrics": metrics,
    }
    _write_content(path, content)


def _write_content(path: Path, content: dict) -> None:
    try:
        with files.replacing(path) as temporary, temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the new name with nothing in it
    except RuntimeError as error:  # torch's zip writer reports a full disk this way
        raise OSError(f"{path.name} could not be written: {str(error).splitlines()[0]}") from error


RESUME_FORMAT = "fashion-cnn-lab/resume/3"


def save_resume(path: Path, config: TrainConfig, values: dict) -> None:
    """Keep what `resume.state_to_dict` says of a run, in one step. Raises OSError."""
    _write_content(path, {"format": RESUME_FORMAT, "config": config.to_dict(), "values": values})


# Reading


# What going on needs is four times the weights: them, the best ones and two averages
RESUME_COPIES = 4
# Of a file all but the tensors' numbers: about 10 kB, and a card's metrics
MAX_PICKLE_BYTES = 1_000_000


def read_checkpoint(path: Path) -> Checkpoint:
    """Read and check a model file without running any code in it. Raises CheckpointError."""
    return _checked(read_content(path), path.name)


def read_content(path: Path, copies: int = 1) -> object:
    """What a file of torch.save holds, without running any code in it. Raises CheckpointError.

    `copies`: how many times the weights of a model file it may hold.
    """
    _refuse_unsafe_size(path, copies * limits.most_model_bytes())
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error
    # Torch raises many kinds for damaged and unsafe files; none of them may pass
    except Exception as error:
        raise CheckpointError(
            f"{path.name} is damaged or holds more than weights, so it was not loaded. Use a .pt"
            " file that this app has saved, or torch.save(model.state_dict(), path)."
        ) from error


EARLIER_RESUME_FORMATS = ("fashion-cnn-lab/resume/1", "fashion-cnn-lab/resume/2")


def read_resume(path: Path, config: TrainConfig) -> dict:
    """What `save_resume` kept, for `resume.restore_state`, which checks its parts.

    Raises CheckpointError for a file that is damaged, unsafe, too large, or of a run with another
    config; only `epochs` may differ, since a run can be continued.
    """
    content = read_content(path, RESUME_COPIES)
    kind = content.get("format") if isinstance(content, dict) else None
    if kind in EARLIER_RESUME_FORMATS:
        raise CheckpointError(
            f"{path.name} was kept by an earlier version of this app, which trained differently."
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
    values = files.with_todays_keys(values)
    if isinstance(values.get("best_metrics"), dict):
        values["best_metrics"] = files.with_todays_keys(values["best_metrics"])
    return values


ZIP_START, ENTRY_MARK = b"PK\x03\x04", b"PK\x01\x02"
MAX_PARTS = 10_000  # of a model file; ours have some hundred at most


def _refuse_unsafe_size(path: Path, most: int) -> None:
    """Refuse by size, before anything is decoded: a zip can be far larger inside than outside."""
    try:
        size = path.stat().st_size
        if size > most:
            raise CheckpointError(f"{path.name} has {size:,} bytes; at most {most:,} are allowed.")
        with path.open("rb") as file:
            content = file.read(size)  # nothing of a device, which never ends
        # Else torch reads it as a bare pickle. Counted before the list, which could fill the memory
        if not content.startswith(ZIP_START) or content.count(ENTRY_MARK) > MAX_PARTS:
            raise zipfile.BadZipFile
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_unsafe_parts(archive, path.name, most)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} is not a model file, or only half of one was copied."
        ) from error
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no file {path}. Check the path.") from error
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error


def _refuse_unsafe_parts(archive: zipfile.ZipFile, name: str, most: int) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > most:
        raise CheckpointError(
            f"{name} would unpack to {unpacked:,} bytes; it was not made by this app."
        )
    pickles = [part for part in parts if part.filename.lower().endswith("data.pkl")]
    for part in pickles:
        if part.file_size > MAX_PICKLE_BYTES:
            raise CheckpointError(
                f"{name} says {part.file_size:,} bytes beside its weights;"
                f" at most {MAX_PICKLE_BYTES:,} are allowed. It was not made by this app."
            )
    # Torch's reader calls it with any number, and fills as much memory with zeros
    if any(b"bytearray" in _read_part(archive, part) for part in pickles):
        raise CheckpointError(f"{name} holds more than weights, so it was not loaded.")


def _read_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """What a part holds, never more than its header says. Raises BadZipFile."""
    # Of other ways to pack Python unpacks more than it is asked for
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    try:
        with archive.open(part) as file:
            return file.read(part.file_size)
    except Exception as error:  # a damaged or encrypted part raises many kinds
        raise zipfile.BadZipFile from error


# Checking


MAX_QUOTED = 300  # characters of what is wrong with a file, which quotes values from it
MAX_METRICS_CHARACTERS = 100_000  # a card is about 4 kB


def _checked(content, name: str) -> Checkpoint:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(
            f"{name} was not saved by this app: its format is not {FORMAT}. Weights from elsewhere"
            " can be imported on the page Runs; then use that run's model.pt."
        )
    model, weights, metrics = (content.get(key) for key in ("model", "weights", "metrics"))
    model = _checked_network(model, name)
    config = _checked_config(content, name)
    if config.model != model:
        raise CheckpointError(
            f"{name} says both {model} and {config.model}: it has been changed by hand."
        )
    return Checkpoint(
        model, config, _checked_weights(model, weights, name), _checked_metrics(metrics, name)
    )


def _checked_network(model, name: str) -> str:
    """The name of a known network, or its description, small enough to be built here."""
    if isinstance(model, str) and model in MODELS:
        return model
    try:
        network = read_network(model)
        refuse_too_large(network)
    except ConfigError as error:
        said = repr(model[:40]) if isinstance(model, str) else f"a {type(model).__name__}"
        raise CheckpointError(
            f"{name} is of the network {said}; this app knows {', '.join(MODELS)}, and"
            f" descriptions of networks. {error}"
        ) from error
    return network.text


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
        problem = str(error)[:MAX_QUOTED]
        raise CheckpointError(
            f"{name} has a training configuration that does not fit: {problem}"
        ) from error


def _checked_weights(model: str, weights, name: str) -> dict[str, torch.Tensor]:
    expected = build_model(model).state_dict()
    if not isinstance(weights, dict) or set(weights) != set(expected):
        raise CheckpointError(f"{name} does not have the layers of {model}.")
    for layer, tensor in weights.items():
        if not _is_like(tensor, expected[layer]):
            raise CheckpointError(
                f"{name}: layer {layer} does not have the shape or type that {model} needs."
            )
        if not torch.isfinite(tensor).all():
            raise CheckpointError(f"{name}: layer {layer} holds values that are not numbers.")
        if layer.endswith("running_var") and (tensor < 0).any():
            raise CheckpointError(f"{name}: layer {layer} holds variances below 0.")
    return dict(weights)


def _is_like(value, expected: torch.Tensor) -> bool:
    """Whether it is a tensor of this shape and kind; a sparse one, or one on no device, is not."""
    if not isinstance(value, torch.Tensor) or value.is_nested or value.shape != expected.shape:
        return False
    kinds = [(tensor.dtype, tensor.layout, tensor.device) for tensor in (value, expected)]
    return kinds[0] == kinds[1]


def _checked_metrics(metrics, name: str) -> dict:
    text, characters = [], 0
    try:
        # Piece by piece: what is small in the file can be huge as text
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


# Using


MIN_TEMPERATURE = 0.05  # a hand-edited file must not make all answers certain or all alike


def load_model(path: Path) -> nn.Module:
    """The network with the file's weights, see `model_of`. Raises CheckpointError."""
    return model_of(read_checkpoint(path))


def model_of(checkpoint: Checkpoint) -> nn.Module:
    """The network with a checkpoint's weights, in eval mode on the CPU.

    Its attributes: `temperature`, by which `predict` divides its logits, `ood_threshold`, the
    `predict.ood_score` above which a picture is called unlike anything known, and
    `line_ood_threshold`, the same for line drawings.
    """
    model = build_model(checkpoint.model)
    model.load_state_dict(checkpoint.weights)
    metrics = checkpoint.metrics
    model.ood_threshold = float(files.number_or(metrics.get("ood_threshold"), math.inf))
    line_threshold = files.number_or(metrics.get("line_ood_threshold"), model.ood_threshold)
    model.line_ood_threshold = float(line_threshold)
    temperature = float(files.number_or(metrics.get("temperature"), 1.0))
    usable = MIN_TEMPERATURE <= temperature <= 1 / MIN_TEMPERATURE
    model.temperature = temperature if usable else 1.0
    return fold_norms(model).to(memory_format=torch.channels_last)
