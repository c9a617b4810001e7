"""Layer by layer: all that one forward pass computes of one picture, as arrays with names.

Nothing is said here of a particular network. The pass itself is written down, function by function,
so the numbers are the model's own whether or not its batch norms are folded. A layer is a
convolution, a linear layer, the maximum or mean over all places, or a pool of the picture itself,
with the steps that follow it: batch norm, pools, sum with the shortcut, ReLU.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from fashion_core.errors import InsideError
from fashion_core.metadata import IMAGE_SIZE
from fashion_core.transforms import normalise

# By the names of torch's functions: those that begin a layer, those that go on with one
FIRST_KINDS = {
    "conv2d": "convolution",
    "linear": "linear",
    "amax": "maximum",
    "adaptive_avg_pool2d": "mean",
}
POOLS = {"max_pool2d": "max-pool", "avg_pool2d": "mean-pool"}
NEXT_KINDS = {"batch_norm": "batch norm", "add": "sum", "relu": "ReLU"} | POOLS
# The same numbers in another form: whoever reads them reads what was there before
SAME_NUMBERS = {"flatten", "dropout"}
# Around the layers, for networks that look at the mirror image too
AROUND = {"flip", "cat", "unflatten", "mean"}
PICTURE = "picture"


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a layer. `kind` is one of FIRST_KINDS' or NEXT_KINDS' values.

    output: (C, H, W) or (C,) float32. settings: by the kind,
    convolution: weight (C, C_in, k, k), bias (C,), stride, padding; linear: weight (C, C_in), bias;
    batch norm: mean, deviation, scale, shift, (C,) each; max-pool and mean-pool: size;
    sum: other, what is added, with the shape of the output, and its name, source.
    """

    kind: str
    output: np.ndarray
    settings: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer with all of its steps, in the order of the data.

    name: that of its weights in the network, such as "block1.conv2", or its kind. inputs: what it
    reads, (C, H, W) or, for a linear layer, (C,). source: the name of the layer that made it, or
    PICTURE; source_shape: the shape that it had there.
    """

    name: str
    inputs: np.ndarray
    source: str
    source_shape: tuple[int, ...]
    steps: tuple[Step, ...]

    @property
    def kind(self) -> str:
        return self.steps[0].kind

    @property
    def output(self) -> np.ndarray:
        """(C, H, W) or (C,) float32, what goes on to the next layer."""
        return self.steps[-1].output


@dataclass(frozen=True, eq=False)
class Passage:
    """One picture's way through a network.

    logits: (ways, 10) float32, those of the picture and, in a network that looks at it too, of its
    mirror image. The layers are those of one of the ways.
    """

    layers: tuple[Layer, ...]
    logits: np.ndarray


def record(model: nn.Module, pixels: np.ndarray, way: int = 0) -> Passage:
    """Send one picture (28, 28) uint8 through the model and keep all that it computes.

    `way`: 0 for the picture itself, 1 for its mirror image, which only WideResidualNet looks at.
    Raises InsideError where a number is not finite, for a way that the model does not have, and for
    a network with a function that is not in the tables above; ValueError for other pixels.
    """
    if pixels.shape != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"pixels must be (28, 28), not {pixels.shape}")
    with torch.inference_mode():
        calls, logits = record_calls(model, normalise(torch.tensor(pixels[None])))
    ways = len(logits)
    if not 0 <= way < ways:
        raise InsideError("This network does not look at the mirror image. Look at the picture.")
    passage = Passage(_layers_of(model, calls, way), _array(logits))
    _refuse_not_finite(passage)
    return passage


# Writing the pass down


@dataclass(frozen=True, eq=False)
class Call:
    """One function that the forward pass called, with its own tensors."""

    name: str
    args: tuple
    kwargs: dict
    output: torch.Tensor


class _Recorder(TorchFunctionMode):
    """Keeps each call of a torch function that returns a tensor."""

    def __init__(self):
        super().__init__()
        self.calls: list[Call] = []

    def __torch_function__(self, function: Callable, types, args=(), kwargs=None):
        output = function(*args, **(kwargs or {}))
        if isinstance(output, torch.Tensor):
            name = getattr(function, "__name__", str(function))
            self.calls.append(Call(name, args, kwargs or {}, output))
        return output


def record_calls(model: nn.Module, images: torch.Tensor) -> tuple[list[Call], torch.Tensor]:
    """What the model calls for one of the images (1, 1, 28, 28), in order, and its logits.

    The logits (ways, 10) are those of the last linear layer: before a mean over the picture and its
    mirror image, and before the temperature.
    """
    was_training = model.training
    model.eval()
    images = images.to(next(model.parameters()).device)
    with _Recorder() as recorder:
        model(images)
    model.train(was_training)
    known = {*FIRST_KINDS, *NEXT_KINDS, *SAME_NUMBERS, *AROUND}
    strange = sorted({call.name for call in recorder.calls} - known)
    if strange:
        raise InsideError(
            f"This network computes {', '.join(strange)}, which cannot be shown here yet. Choose a"
            " model of another network."
        )
    logits = next(call.output for call in reversed(recorder.calls) if call.name == "linear")
    return recorder.calls, logits


# Layers of calls


def _layers_of(model: nn.Module, calls: list[Call], way: int) -> tuple[Layer, ...]:
    names = {id(weight): name for name, weight in model.named_parameters()}
    made_by: dict[int, tuple[str, tuple[int, ...]]] = {}  # by tensor: the layer's name, its shape
    layers: list[Layer] = []
    for call in calls:
        source = made_by.get(id(call.args[0]), (PICTURE, (1, IMAGE_SIZE, IMAGE_SIZE)))
        if call.name in SAME_NUMBERS:
            made_by[id(call.output)] = source
            continue
        if call.name in AROUND:
            continue
        step = Step(_kind_of(call), _array(call.output[way]), _settings_of(call, way, made_by))
        if call.name in FIRST_KINDS or not layers:
            inputs = _array(call.args[0][way])
            layers.append(Layer(_name_of(call, names), inputs, *source, (step,)))
        else:
            last = layers.pop()
            steps = (*last.steps, step)
            layers.append(Layer(last.name, last.inputs, last.source, last.source_shape, steps))
        made_by[id(call.output)] = (layers[-1].name, step.output.shape)
    return tuple(layers)


def _kind_of(call: Call) -> str:
    return (FIRST_KINDS | NEXT_KINDS)[call.name]


def _name_of(call: Call, names: dict[int, str]) -> str:
    """The module's name without the parts that only number or repeat: "widen1.0.weight"."""
    if len(call.args) < 2 or id(call.args[1]) not in names:
        return _kind_of(call)
    parts = names[id(call.args[1])].split(".")[:-1]
    return ".".join(part for part in parts if not part.isdigit())


def _settings_of(call: Call, way: int, made_by: dict[int, tuple]) -> dict:
    """What the step computes with, see `Step`."""
    args, kwargs = call.args, call.kwargs
    if call.name == "conv2d":
        stride, padding = args[3][0], args[4][0]
        return _weights_of(call) | {"stride": stride, "padding": padding}
    if call.name == "linear":
        return _weights_of(call)
    if call.name == "batch_norm":
        mean, variance, scale, shift = (_array(value) for value in _norm_arguments(args, kwargs))
        deviation = np.sqrt(variance + kwargs.get("eps", args[-1]))
        return {"mean": mean, "deviation": deviation, "scale": scale, "shift": shift}
    if call.name in POOLS:
        return {"size": args[1]}
    if call.name == "add":
        # The layer adds its own result to the shortcut, which stands first
        source = made_by.get(id(args[0]), (PICTURE, ()))[0]
        return {"other": _array(args[0][way]), "source": source}
    return {}


def _norm_arguments(args: tuple, kwargs: dict) -> list[torch.Tensor]:
    """Running mean and variance, weight and bias of F.batch_norm, however they were passed."""
    names = ("running_mean", "running_var", "weight", "bias")
    given = dict(zip(names, args[1:5], strict=False)) | kwargs
    return [given[name] for name in names]


def _weights_of(call: Call) -> dict:
    weight, bias = call.args[1], call.args[2]
    zeros = np.zeros(len(weight), dtype=np.float32)
    return {"weight": _array(weight), "bias": zeros if bias is None else _array(bias)}


def _array(tensor: torch.Tensor) -> np.ndarray:
    """The same memory where that is possible: a model's weights are not copied."""
    return tensor.detach().float().cpu().numpy()


def _refuse_not_finite(passage: Passage) -> None:
    for layer in passage.layers:
        for step in layer.steps:
            if not np.isfinite(step.output).all():
                raise InsideError(
                    f"In the layer {layer.name} the {step.kind} gives numbers that are not finite"
                    " (NaN or infinite), so nothing after it means anything. Choose another model."
                )


# Maps of a layer

DEAD, SATURATED = "dead", "saturated"
SATURATED_SHARE = 0.5  # of a map's maximum; one that is nowhere below it hardly tells places apart


def map_state(values: np.ndarray) -> str:
    """DEAD for a map (H, W) that is zero everywhere, SATURATED for one that is high everywhere.

    High everywhere: nowhere below SATURATED_SHARE of its own maximum. Else an empty string. A
    single number, (), is never saturated.
    """
    highest = values.max()
    if highest <= 0 and values.min() == 0:
        return DEAD
    if values.size > 1 and values.min() >= SATURATED_SHARE * highest > 0:
        return SATURATED
    return ""


def strongest_maps(output: np.ndarray) -> np.ndarray:
    """The maps of a layer (C, H, W) or (C,), strongest first: (C,) int64.

    By the mean of their absolute values; those that are equal stay in order.
    """
    strength = np.abs(output).reshape(len(output), -1).mean(axis=1)
    return np.argsort(-strength, kind="stable")


def rank_of_map(output: np.ndarray, channel: int) -> int:
    """How many maps of a layer (C, H, W) or (C,) have a lower largest number than this one."""
    largest = output.reshape(len(output), -1).max(axis=1)
    return int((largest < largest[channel]).sum())
