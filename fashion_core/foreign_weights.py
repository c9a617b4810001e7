"""Weights that were trained elsewhere: a plain state_dict of exactly one of our networks.

It is told by shapes, so that names do not matter, and loaded without running any code in it. What
its training did to the pixels is found on validation images and folded into the first convolution,
so that the network takes this app's input.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fashion_core import checkpoints, evaluation, limits, training
from fashion_core.checkpoints import Checkpoint
from fashion_core.config import MODELS, TrainConfig
from fashion_core.data import Split
from fashion_core.errors import CheckpointError
from fashion_core.metadata import PIXEL_MEAN, PIXEL_STD
from fashion_core.models import build_model
from fashion_core.predict import Report, predict_in_parts, predict_logits, softmax
from fashion_core.text import format_count

Layer = dict[str, Tensor]  # "weight", "bias", "running_mean" and so on


def is_foreign(content: object) -> bool:
    """Whether what a file holds was saved by something else than this app."""
    return not (isinstance(content, dict) and "format" in content)


def read_foreign(
    path: Path, val_split: Split, test_split: Split, report: Report = lambda done, total: None
) -> Checkpoint:
    """The checkpoint of a file of foreign weights, .pt, .pth or .safetensors, told by content.

    `report` is called with the images that were answered, and how many they will be. The metrics
    are input_scaling, one of SCALINGS, val_accuracy, test_accuracy, per_class and what
    `training.calibrate` returns. Raises CheckpointError with what was found and what would fit.
    """
    model, weights = fit_network(read_state_dict(path), path.name)
    tried = len(SCALINGS) * len(val_split.labels[:SCALING_IMAGES])
    counts = [tried, len(val_split.labels), len(test_split.labels)]

    def report_after(before: int) -> Report:
        return lambda done, _: report(before + done, sum(counts))

    scaling = find_scaling(model, weights, val_split, report_after(0))
    weights = with_our_scaling(model, weights, scaling)
    checkpoint = Checkpoint(model, TrainConfig(model=model), weights, {})
    network = checkpoints.model_of(checkpoint)
    val_logits = predict_in_parts(network, val_split.pixels, report_after(counts[0]))
    if not np.isfinite(val_logits).all():
        raise CheckpointError(
            f"{path.name}: with these weights the network's answers are no numbers: they are too"
            " large. Perhaps that training diverged: import the weights of an earlier epoch."
        )
    test_logits = predict_in_parts(network, test_split.pixels, report_after(sum(counts[:2])))
    test_preds = test_logits.argmax(1)
    metrics = {
        "input_scaling": scaling,
        "val_accuracy": evaluation.accuracy(val_split.labels, val_logits.argmax(1)),
        "test_accuracy": evaluation.accuracy(test_split.labels, test_preds),
        "per_class": evaluation.per_class_report(test_split.labels, test_preds),
    }
    sure = training.calibrate(val_split.labels, val_logits, val_split.pixels)
    return Checkpoint(model, checkpoint.config, weights, metrics | sure)


# Reading

# Under which training scripts keep their weights beside the optimizer's state and the epoch
USUAL_KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params")


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, in its order. Raises CheckpointError."""
    if looks_like_safetensors(path):
        return read_safetensors(path)
    content = checkpoints.read_content(path)
    for key in USUAL_KEYS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    usable = isinstance(content, dict) and all(
        isinstance(name, str) and _is_plain(value) for name, value in content.items()
    )
    if not usable:
        raise _no_weights(path.name)
    return dict(content)


def _no_weights(name: str) -> CheckpointError:
    return CheckpointError(
        f"{name} holds no state_dict: no names with their weights. Save one with"
        " torch.save(model.state_dict(), path)."
    )


def _is_plain(value: object) -> bool:
    """Whether it is a tensor with all its numbers in memory: not sparse, nested or on no device."""
    if not isinstance(value, Tensor) or value.is_nested or value.is_quantized:
        return False
    return value.layout == torch.strided and value.device.type == "cpu"


LENGTH_BYTES = 8  # at the beginning: how many bytes of JSON follow
SAFETENSORS_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
}


def looks_like_safetensors(path: Path) -> bool:
    """Whether a file begins as https://github.com/huggingface/safetensors says: a length, JSON."""
    try:
        with path.open("rb") as file:
            start = file.read(LENGTH_BYTES + 1)
    except OSError as error:
        raise CheckpointError(
            f"{path.name} cannot be read: {error.strerror}. Choose it again."
        ) from error
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    return start[LENGTH_BYTES:] == b"{" and length <= checkpoints.MAX_PICKLE_BYTES


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file by name, in the order of their names.

    Writers of this format sort tensors as they like. Raises CheckpointError.
    """
    if path.stat().st_size > limits.most_model_bytes():
        raise CheckpointError(
            f"{path.name} has {path.stat().st_size:,} bytes; at most"
            f" {limits.most_model_bytes():,} are allowed. Save the weights alone in it."
        )
    data = path.read_bytes()
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    content = bytearray(data[LENGTH_BYTES + length :])
    try:
        header = json.loads(data[LENGTH_BYTES : LENGTH_BYTES + length])
        header.pop("__metadata__", None)
        # Entries that share their bytes would be copied once each
        ends = [each["data_offsets"] for each in header.values()]
        if sum(max(0, end - start) for start, end in ends) > len(content):
            raise ValueError("the tensors have more bytes than the file")
        tensors = {name: _tensor(header[name], content) for name in sorted(header, key=_natural)}
    # RuntimeError: torch, of a shape without numbers whose strides overflow
    except (ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"{path.name} is a damaged safetensors file. Copy or download it again."
        ) from error
    return tensors


def _tensor(entry: dict, content: bytearray) -> Tensor:
    """One tensor as its header's entry says; ValueError or KeyError where that cannot be."""
    kind, shape, (start, end) = (
        SAFETENSORS_TYPES[entry["dtype"]],
        entry["shape"],
        entry["data_offsets"],
    )
    size = math.prod(shape) * kind.itemsize
    if min(shape, default=0) < 0 or not 0 <= start <= end <= len(content) or end - start != size:
        raise ValueError("a tensor is not where the header says")
    if size == 0:
        return torch.empty(shape, dtype=kind)
    return torch.frombuffer(content[start:end], dtype=kind).reshape(shape)


def _natural(name: str) -> list:
    """A key that sorts "conv2" before "conv10"."""
    parts = re.split("([0-9]+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


# Fitting


def fit_network(tensors: dict[str, Tensor], name: str) -> tuple[str, dict[str, Tensor]]:
    """The network whose layers these are, and its weights by our names.

    Layers of the same shapes are taken in their order, unless all have our names. Raises
    CheckpointError.
    """
    layers = layers_of({_bare(name): tensor for name, tensor in tensors.items()})
    if not layers:
        raise _no_weights(name)
    found = list(layers.values())
    kinds = Counter(map(_kind, found))
    for model in MODELS:
        expected = layers_of(build_model(model).state_dict())
        if Counter(map(_kind, expected.values())) == kinds:
            if layers.keys() == expected.keys():  # our names, in whatever order
                found = [layers[place] for place in expected]
            return model, _renamed(expected, found, name)
    classic = layers_of(build_model("FashionCNN").state_dict()).values()
    raise CheckpointError(
        f"{name} holds {describe_layers(found)}. None of the networks here has exactly these. The"
        f" classic one has {describe_layers(classic)}. Home shows the layers of the others."
    )


PREFIXES = ("module.", "model.", "_orig_mod.")  # of parallel, wrapped and compiled networks


def _bare(name: str) -> str:
    """A tensor's name without what wrappers put before it."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def layers_of(tensors: dict[str, Tensor]) -> dict[str, Layer]:
    """The tensors of each layer, in the order in which the layers first appear.

    "model.conv1.weight" is the weight of the layer "model.conv1". Counts of batches, which change
    no answer, are left out.
    """
    layers: dict[str, Layer] = defaultdict(dict)
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition(".")
        if part != "num_batches_tracked":
            layers[layer][part] = tensor
    return dict(layers)


def _kind(layer: Layer) -> tuple:
    """What two layers that can stand for each other have in common."""
    return tuple(sorted((part, tuple(tensor.shape)) for part, tensor in layer.items()))


def _renamed(expected: dict[str, Layer], found: list[Layer], name: str) -> dict[str, Tensor]:
    """The found layers under the names of the expected ones, float32 and checked."""
    queues = defaultdict(list)
    for layer in found:
        queues[_kind(layer)].append(layer)
    weights = {}
    for place, layer in expected.items():
        for part, tensor in queues[_kind(layer)].pop(0).items():
            if not tensor.is_floating_point():
                kind = str(tensor.dtype).removeprefix("torch.")
                raise CheckpointError(
                    f"{name}: {place}.{part} is made of {kind}. Save the weights as float32."
                )
            weights[f"{place}.{part}"] = tensor.detach().float().contiguous()
            if not torch.isfinite(weights[f"{place}.{part}"]).all():
                raise CheckpointError(
                    f"{name}: {place}.{part} holds values that are not numbers. Import the weights"
                    " of an earlier epoch."
                )
        if "running_mean" in layer:
            weights[f"{place}.num_batches_tracked"] = torch.tensor(0)
    return weights


MOST_LAYERS = 8  # named in a sentence


def describe_layers(layers: Iterable[Layer]) -> str:
    """Layers in words: "2 layers: convolution 1 → 32, 3×3; linear 1600 → 128"."""
    layers = list(layers)
    words = [_describe_layer(layer) for layer in layers[:MOST_LAYERS]]
    more = f"; {len(layers) - MOST_LAYERS} more" if len(layers) > MOST_LAYERS else ""
    return f"{format_count(len(layers), 'layer')}: {'; '.join(words)}{more}"


def _describe_layer(layer: Layer) -> str:
    weight = layer.get("weight")
    shape = () if weight is None else tuple(weight.shape)
    if len(shape) == 4:
        return f"convolution {shape[1]} → {shape[0]}, {shape[2]}×{shape[3]}"
    if len(shape) == 2:
        return f"linear {shape[1]} → {shape[0]}"
    if "running_mean" in layer:
        return f"batch norm of {shape[0] if shape else '?'}"
    return "something of the shape " + "×".join(map(str, shape)) if shape else "of an unknown kind"


# Scaling of the input

# What training scripts do to a pixel of 0…1: subtract the first number, divide by the second
SCALINGS = {
    "0 to 1": (0.0, 1.0),
    "-1 to 1": (0.5, 0.5),
    "mean and standard deviation of Fashion-MNIST": (PIXEL_MEAN, PIXEL_STD),
    "mean and standard deviation of MNIST": (0.1307, 0.3081),
    "0 to 255": (0.0, 1 / 255),
}
SCALING_IMAGES = 1_000  # validation images: enough to tell scalings apart


def find_scaling(model: str, weights: dict[str, Tensor], val_split: Split, report: Report) -> str:
    """The one of SCALINGS with which most validation images are classified correctly.

    Of several as good, the one that gives the true classes the highest mean probability.
    """
    pixels, labels = val_split.pixels[:SCALING_IMAGES], val_split.labels[:SCALING_IMAGES]

    def score(scaling: str) -> tuple[float, float]:
        scaled = with_our_scaling(model, weights, scaling)
        checkpoint = Checkpoint(model, TrainConfig(model=model), scaled, {})
        probs = softmax(predict_logits(checkpoints.model_of(checkpoint), pixels))
        true = probs[range(len(labels)), labels]
        return evaluation.accuracy(labels, probs.argmax(1)), float(true.mean())

    scores = {}
    for tried, scaling in enumerate(SCALINGS, start=1):
        scores[scaling] = score(scaling)
        report(tried * len(labels), len(SCALINGS) * len(labels))
    return max(scores, key=scores.get)


def with_our_scaling(model: str, weights: dict[str, Tensor], scaling: str) -> dict[str, Tensor]:
    """The weights for this app's input instead of one scaled like this.

    Theirs is x = a · ours + b at each pixel, so the first convolution's weights take the factor and
    its bias, or the mean of the norm behind it, takes the rest. At the border of a network that
    pads it is not exact: it pads with another grey.
    """
    mean, std = SCALINGS[scaling]
    factor, rest = PIXEL_STD / std, (PIXEL_MEAN - mean) / std
    first, norm = _first_layers(model)
    kernels = weights[f"{first}.weight"]  # (out, 1, 3, 3)
    added = rest * kernels.sum((1, 2, 3))  # (out,)
    changed = {f"{first}.weight": factor * kernels}
    if f"{first}.bias" in weights:
        changed[f"{first}.bias"] = weights[f"{first}.bias"] + added
    else:
        changed[f"{norm}.running_mean"] = weights[f"{norm}.running_mean"] - added
    return weights | changed


def _first_layers(model: str) -> tuple[str, str]:
    """Our names of the first two layers of a network: a convolution, and what follows."""
    first, second, *_ = layers_of(build_model(model).state_dict())
    return first, second
