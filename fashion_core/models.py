"""The networks by name: images (N, 1, 28, 28) float32 in, logits (N, 10) out.

Each `forward` takes `fast`: whether its layers may compute in a layout that only they can read, see
`blocked`. The answers are the same but for rounding, as long as all numbers are finite. Who looks
into the layers leaves it out.
"""

import functools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fashion_core.architecture import Layer, Network, read_network, refuse_too_large
from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES

# Pixels from the upper left that reach the classic network's answer: its pools drop the rest
SEEN_EDGE = 26


class Convolution(nn.Conv2d):
    """A 2-D convolution whose weights may be more exact than its images: float32 beside bfloat16.

    It computes in the images' type. In the layout of `blocked` PyTorch trains no bfloat16 weights,
    but oneDNN rounds float32 weights by itself.
    """

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.dtype == self.weight.dtype:
            return super().forward(images)
        if not images.is_mkldnn:
            bias = None if self.bias is None else self.bias.to(images.dtype)
            return self._conv_forward(images, self.weight.to(images.dtype), bias)
        options = (self.stride, self.padding, self.dilation, False, (0, 0), self.groups)
        return torch.convolution(images, self.weight, self.bias, *options)


class FashionCNN(nn.Module):
    """The classic network: two 3×3 convolutions, two linear layers, 225,034 parameters.

    `dropout` (0…1) hides that share of the inputs of both linear layers while training; it has no
    parameters.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.conv1 = Convolution(1, 32, kernel_size=3)
        self.conv2 = Convolution(32, 64, kernel_size=3)
        self.pool = nn.MaxPool2d(2)
        self.linear1 = nn.Linear(64 * 5 * 5, 128)
        self.linear2 = nn.Linear(128, NUM_CLASSES)
        self.dropout = dropout

    def forward(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        check_shape(images)
        # Two things leave the function as it is and save a sixth of a step (26.4 → 22.0 ms for 64
        # images in float32 on one core): ReLU after the pool instead of before it, since the
        # maximum and ReLU commute, and, where it is `fast`, no pixels that the pools drop.
        if fast:
            images = blocked(images[:, :, :SEEN_EDGE, :SEEN_EDGE])  # N×1×26×26; below 24, 12, 10, 5
        x = relu(self.pool(self.conv1(images)))  # N×32×26×26 → N×32×13×13
        x = relu(self.pool(self.conv2(x)))  # N×64×11×11 → N×64×5×5
        x = F.dropout(dense(x).flatten(1), self.dropout, self.training)  # N×1600
        x = F.dropout(relu(self.linear1(x)), self.dropout, self.training)  # N×128
        return self.linear2(x)  # N×10


class FashionCNNNorm(nn.Module):
    """The classic network with a batch norm after each convolution, 225,226 parameters.

    `dropout` (0…1) hides that share of the inputs of both linear layers while training. There is no
    norm after the first linear layer: in training it would fail on a last batch of a single image.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.conv1, self.norm1 = Convolution(1, 32, kernel_size=3), nn.BatchNorm2d(32)
        self.conv2, self.norm2 = Convolution(32, 64, kernel_size=3), nn.BatchNorm2d(64)
        self.linear1 = nn.Linear(64 * 5 * 5, 128)
        self.linear2 = nn.Linear(128, NUM_CLASSES)
        self.dropout = dropout

    def forward(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        check_shape(images)
        x = blocked(images) if fast else images
        x = relu(self.pool(self.norm1(self.conv1(x))))  # N×32×26×26 → N×32×13×13
        x = relu(self.pool(self.norm2(self.conv2(x))))  # N×64×11×11 → N×64×5×5
        x = F.dropout(dense(x).flatten(1), self.dropout, self.training)  # N×1600
        x = F.dropout(relu(self.linear1(x)), self.dropout, self.training)  # N×128
        return self.linear2(x)  # N×10


class ResidualNet(nn.Module):
    """A small residual network of seven convolutions with batch norm, 463,562 parameters.

    `dropout` (0…1) hides that share of the inputs of the linear layer while training. The shortcuts
    are those of He et al., "Deep Residual Learning for Image Recognition", 2015; the maximum over
    all places at the end keeps a feature wherever it was found.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.stem = Convolution(1, 32, kernel_size=3, padding=1)
        self.widen1, self.block1 = _ConvNorm(32, 64), _Residual(64)
        self.widen2, self.block2 = _ConvNorm(64, 128), _Residual(128)
        self.linear = nn.Linear(128, NUM_CLASSES)
        self.pool = nn.MaxPool2d(2)
        self.dropout = dropout

    def forward(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        check_shape(images)
        x = blocked(images) if fast else images
        x = relu(self.pool(self.stem(x)))  # N×32×28×28 → N×32×14×14
        x = self.block1(relu(self.widen1(x)))  # N×64×14×14
        x = self.block2(relu(self.pool(self.widen2(x))))  # N×128×14×14 → N×128×7×7
        x = F.dropout(dense(x).amax((2, 3)), self.dropout, self.training)  # N×128
        return self.linear(x)  # N×10


class DeepResidualNet(nn.Module):
    """A residual network of three stages, 1,940,970 parameters: enough for drawings and photos too.

    `dropout` (0…1) hides that share of the inputs of the linear layer while training. It is
    `ResidualNet` with a norm after the first convolution and one stage more.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.stem = _ConvNorm(1, 32)
        self.widen1, self.block1 = _ConvNorm(32, 64), _Residual(64)
        self.widen2, self.block2 = _ConvNorm(64, 128), _Residual(128)
        self.widen3, self.block3 = _ConvNorm(128, 256), _Residual(256)
        self.linear = nn.Linear(256, NUM_CLASSES)
        self.pool = nn.MaxPool2d(2)
        self.dropout = dropout

    def forward(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        check_shape(images)
        x = blocked(images) if fast else images
        x = relu(self.pool(self.stem(x)))  # N×32×28×28 → N×32×14×14
        x = self.block1(relu(self.widen1(x)))  # N×64×14×14
        x = self.block2(relu(self.pool(self.widen2(x))))  # N×128×14×14 → N×128×7×7
        x = self.block3(relu(self.pool(self.widen3(x))))  # N×256×7×7 → N×256×3×3
        x = F.dropout(dense(x).amax((2, 3)), self.dropout, self.training)  # N×256
        return self.linear(x)  # N×10


class WideResidualNet(nn.Module):
    """A residual network that begins at full resolution, 1,959,530 parameters: the most accurate.

    `dropout` (0…1) hides that share of the inputs of the linear layer while training. It is
    `DeepResidualNet` with a residual block before the first pool and each pool after the
    convolution that widens. When it is not training it answers with the mean of the logits of each
    image and of its mirror image.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.stem, self.block1 = _ConvNorm(1, 32), _Residual(32)
        self.widen2, self.block2 = _ConvNorm(32, 64), _Residual(64)
        self.widen3, self.block3 = _ConvNorm(64, 128), _Residual(128)
        self.widen4, self.block4 = _ConvNorm(128, 256), _Residual(256)
        self.linear = nn.Linear(256, NUM_CLASSES)
        self.pool = nn.MaxPool2d(2)
        self.dropout = dropout

    def forward(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        check_shape(images)
        if self.training:
            return self._logits(images, fast)
        both = self._logits(torch.cat([images, images.flip(-1)]), fast)  # 2N×10
        return both.unflatten(0, (2, -1)).mean(0)  # N×10

    def _logits(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        x = blocked(images) if fast else images
        x = self.block1(relu(self.stem(x)))  # N×32×28×28
        x = self.block2(relu(self.pool(self.widen2(x))))  # N×64×28×28 → N×64×14×14
        x = self.block3(relu(self.pool(self.widen3(x))))  # N×128×14×14 → N×128×7×7
        x = self.block4(relu(self.pool(self.widen4(x))))  # N×256×7×7 → N×256×3×3
        x = F.dropout(dense(x).amax((2, 3)), self.dropout, self.training)  # N×256
        return self.linear(x)  # N×10


def check_shape(images: torch.Tensor) -> None:
    """Raises ValueError unless the images are (N, 1, 28, 28)."""
    if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"images must be (N, 1, 28, 28), not {tuple(images.shape)}")


def blocked(images: torch.Tensor) -> torch.Tensor:
    """Images (N, C, H, W) in the layout in which convolutions and pools are fastest here.

    On x86 that is oneDNN's own, which keeps 8 or 16 channels side by side, in float32 from AVX2
    on, in bfloat16 where the processor has instructions for it: a step of the classic network takes
    a fifth less with AVX-512, its answers a quarter. Nothing but these layers, batch norms, ReLU
    and sums can read it, nor does autocast; `dense` ends it. Its ReLU and max-pool make 0 of what
    is no number. Elsewhere the channels stand last.
    """
    on_cpu = images.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    if on_cpu and _has_fast_blocks(images.dtype):
        return images.contiguous().to_mkldnn()
    return images.to(memory_format=torch.channels_last)


@functools.cache
def _has_fast_blocks(dtype: torch.dtype) -> bool:
    # On other processors than x86 nobody has measured it
    needed = {torch.float32: "avx2", torch.bfloat16: "avx512_bf16"}.get(dtype, "")
    return torch.backends.mkldnn.is_available() and torch.cpu.get_capabilities().get(needed, False)


def dense(x: torch.Tensor) -> torch.Tensor:
    """The same numbers where every function can read them: N×C×H×W as before `blocked`."""
    return x.to_dense() if x.is_mkldnn else x


def relu(x: torch.Tensor) -> torch.Tensor:
    """ReLU of numbers of any shape; in place where those of `blocked` need no gradient."""
    return F.relu(x, inplace=x.is_mkldnn and not torch.is_grad_enabled())


class _ConvNorm(nn.Sequential):
    """A convolution, then batch norm, which makes a bias superfluous; 3×3 and as large as before.

    `options`: another kernel_size, padding or stride.
    """

    def __init__(self, channels_in: int, channels_out: int, **options: int):
        options = {"kernel_size": 3, "padding": 1} | options
        super().__init__(
            Convolution(channels_in, channels_out, bias=False, **options),
            nn.BatchNorm2d(channels_out),
        )


class _Residual(nn.Module):
    """Two convolutions that learn what to add to their input: N×C×H×W → N×C×H×W."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1, self.conv2 = _ConvNorm(channels, channels), _ConvNorm(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return relu(x + self.conv2(relu(self.conv1(x))))


class DescribedNet(nn.Module):
    """A network as its description says, see `architecture`.

    `dropout` (0…1) hides that share of the inputs of each linear layer while training, beside what
    the description says. The layers that have weights are made in the order of the data.
    """

    def __init__(self, network: Network, dropout: float = 0.0):
        super().__init__()
        self.pool, self.mean_pool = nn.MaxPool2d(2), nn.AvgPool2d(2)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.dropout = dropout
        # What `forward` does, step by step: a name and what belongs to it
        self.steps: list[tuple[str, str | float]] = []
        shapes = [(1, IMAGE_SIZE, IMAGE_SIZE)] + [facts.shape for facts in network.facts]
        outputs = Layer("dense", NUM_CLASSES, linear=True)
        for layer, shape in zip((*network.layers, outputs), shapes, strict=False):
            self._add(layer, shape)
        _pool_before_relu(self.steps)

    def _add(self, layer: Layer, shape: tuple[int, ...]) -> None:
        """Make the layer's weights and steps; `shape`: that of its input for one image."""
        if layer.kind == "conv":
            options = {"kernel_size": layer.kernel, "padding": layer.padding}
            make = _ConvNorm if layer.norm else Convolution
            self._add_part("conv", make(shape[0], layer.size, stride=layer.stride, **options))
        elif layer.kind == "residual":
            self._add_part("residual", _Residual(layer.size))
        elif layer.kind == "dense":
            self.steps += [("flatten", ""), ("dropout", self.dropout)]
            self._add_part("linear", nn.Linear(math.prod(shape), layer.size))
        elif layer.kind == "dropout":
            self.steps.append(("dropout", layer.share))
        else:
            mean = " mean" if layer.average else ""
            self.steps.append((layer.kind + mean, ""))
        if layer.kind in ("conv", "dense") and not layer.linear:
            self.steps.append(("relu", ""))

    def _add_part(self, kind: str, part: nn.Module) -> None:
        count = sum(name.startswith(kind) for name, _ in self.named_children())
        self.add_module(f"{kind}{count + 1}", part)
        self.steps.append(("part", f"{kind}{count + 1}"))

    def forward(self, images: torch.Tensor, fast: bool = False) -> torch.Tensor:
        check_shape(images)
        x = blocked(images) if fast else images  # N×1×28×28
        for step, value in self.steps:
            x = self._do(step, value, x)
        return x  # N×10

    def _do(self, step: str, value: str | float, x: torch.Tensor) -> torch.Tensor:
        """One step: N×C×H×W or N×C in and out, the shapes that `architecture` computes."""
        if step == "part":
            return getattr(self, value)(x)
        if step == "dropout":
            kept = F.dropout(dense(x), value, self.training)
            return blocked(kept) if x.is_mkldnn else kept
        if step == "global":
            return dense(x).amax((2, 3))  # N×C
        if step == "global mean":
            return self.mean(dense(x)).flatten(1)  # N×C
        if step == "flatten":
            return dense(x).flatten(1)  # N×(C·H·W)
        if step == "relu":
            return relu(x)
        return self.mean_pool(x) if step == "pool mean" else self.pool(x)  # N×C×H/2×W/2


def _pool_before_relu(steps: list[tuple[str, str | float]]) -> None:
    """Let each ReLU wait for the max-pools after it: the same function, a quarter of its work."""
    for place in range(len(steps) - 1):
        if (steps[place][0], steps[place + 1][0]) == ("relu", "pool"):
            steps[place], steps[place + 1] = steps[place + 1], steps[place]


NETWORKS = {
    "FashionCNN": FashionCNN,
    "FashionCNNNorm": FashionCNNNorm,
    "ResidualNet": ResidualNet,
    "DeepResidualNet": DeepResidualNet,
    "WideResidualNet": WideResidualNet,
}


def build_model(name: str, dropout: float = 0.0) -> nn.Module:
    """A freshly initialised network of this name, or as this text describes it.

    Raises ConfigError for a text that describes none, or one beyond this copy's limits, before
    anything is allocated.
    """
    if name in NETWORKS:
        return NETWORKS[name](dropout=dropout)
    network = read_network(name)
    refuse_too_large(network)
    return DescribedNet(network, dropout)


def fold_norms(model: nn.Module) -> nn.Module:
    """The model with each batch norm folded into the layer before: 1.5 times as fast.

    Its answers stay the same. Changes the model, which cannot be trained any further, and returns
    it.
    """
    for layer in model.eval().modules():
        if isinstance(layer, _ConvNorm):
            layer[0], layer[1] = fuse_conv_bn_eval(layer[0], layer[1]), nn.Identity()
        elif isinstance(layer, FashionCNNNorm):
            layer.conv1, layer.norm1 = fuse_conv_bn_eval(layer.conv1, layer.norm1), nn.Identity()
            layer.conv2, layer.norm2 = fuse_conv_bn_eval(layer.conv2, layer.norm2), nn.Identity()
    return model


def has_folded_norms(model: nn.Module) -> bool:
    """Whether `fold_norms` found any batch norm to fold."""
    return any(isinstance(layer, nn.Identity) for layer in model.modules())


def count_parameters(model: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def layer_table(model: nn.Module) -> list[dict]:
    """One row per layer in the order of the data: name, kind, shape for one image, parameters.

    The shapes are those of the outputs, measured by sending one blank image through the model, so
    they cannot disagree with it.
    """
    rows = []
    handles = [
        layer.register_forward_hook(_recorder(rows, name))
        for name, layer in model.named_modules()
        if not list(layer.children())
    ]
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE))
    for handle in handles:
        handle.remove()
    return rows


def _recorder(rows: list[dict], name: str) -> Callable:
    """A forward hook that adds a layer's row."""

    def record(layer: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
        rows.append(
            {
                "name": name,
                "kind": type(layer).__name__,
                "shape": tuple(output.shape[1:]),
                "parameters": count_parameters(layer),
            }
        )

    return record
