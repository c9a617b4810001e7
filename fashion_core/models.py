"""The networks by name: images (N, 1, 28, 28) float32 in, logits (N, 10) out."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES


class FashionCNN(nn.Module):
    """The classic network: two 3×3 convolutions, two linear layers, 225,034 parameters.

    `dropout` (0…1) hides that share of the inputs of both linear layers while training; it has no
    parameters. Three things save work and leave the function as it is. ReLU stands after the pool
    instead of before it: the maximum and ReLU commute. And training cuts off the last two rows and
    columns of each image: the second pool drops the last row and column of its 11×11, and nothing
    else depends on them. And the gradient that comes back from the linear layers is laid out anew,
    as the pool and the convolutions want it.
    """

    seen = IMAGE_SIZE - 2  # pixels from the upper left that reach the answer

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.pool = nn.MaxPool2d(2)  # a module, so that the layer table sees it
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.linear1 = nn.Linear(64 * 5 * 5, 128)
        self.linear2 = nn.Linear(128, NUM_CLASSES)
        self.dropout = dropout

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must be (N, 1, 28, 28), not {tuple(images.shape)}")
        if self.training:
            images = images[:, :, : self.seen, : self.seen]  # N×1×26×26; below 24, 12, 10, 5
        x = F.relu(self.pool(self.conv1(images)))  # N×32×26×26 → N×32×13×13
        x = self.pool(self.conv2(x))  # N×64×11×11 → N×64×5×5
        if self.training and x.requires_grad:  # the layers before want channels_last
            x.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
        x = F.dropout(F.relu(x.flatten(1)), self.dropout, self.training)  # N×1600
        x = F.dropout(F.relu(self.linear1(x)), self.dropout, self.training)  # N×128
        return self.linear2(x)  # N×10


class FashionCNNNorm(nn.Module):
    """The classic network with a batch norm after each convolution, 225,226 parameters.

    `dropout` (0…1) hides that share of the inputs of both linear layers while training. There is no
    norm after the first linear layer: in training it would fail on a last batch of a single image.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.conv1, self.norm1 = nn.Conv2d(1, 32, kernel_size=3), nn.BatchNorm2d(32)
        self.conv2, self.norm2 = nn.Conv2d(32, 64, kernel_size=3), nn.BatchNorm2d(64)
        self.linear1 = nn.Linear(64 * 5 * 5, 128)
        self.linear2 = nn.Linear(128, NUM_CLASSES)
        self.dropout = dropout

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must be (N, 1, 28, 28), not {tuple(images.shape)}")
        x = F.relu(self.pool(self.norm1(self.conv1(images))))  # N×32×26×26 → N×32×13×13
        x = F.relu(self.pool(self.norm2(self.conv2(x))))  # N×64×11×11 → N×64×5×5
        x = F.dropout(x.flatten(1), self.dropout, self.training)  # N×1600
        x = F.dropout(F.relu(self.linear1(x)), self.dropout, self.training)  # N×128
        return self.linear2(x)  # N×10


class ResidualNet(nn.Module):
    """A small residual network with batch norm, 463,562 parameters: more to draw on than the
    classic one.

    `dropout` (0…1) hides that share of the inputs of the linear layer while training. The shortcuts
    are those of He et al., "Deep Residual Learning for Image Recognition", 2015; the maximum over
    all places at the end keeps a feature wherever it was found.
    """

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.stem = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.widen1, self.block1 = _ConvNorm(32, 64), _Residual(64)
        self.widen2, self.block2 = _ConvNorm(64, 128), _Residual(128)
        self.linear = nn.Linear(128, NUM_CLASSES)
        self.pool = nn.MaxPool2d(2)
        self.dropout = dropout

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must be (N, 1, 28, 28), not {tuple(images.shape)}")
        x = F.relu(self.pool(self.stem(images)))  # N×32×28×28 → N×32×14×14
        x = self.block1(F.relu(self.widen1(x)))  # N×64×14×14
        x = self.block2(F.relu(self.pool(self.widen2(x))))  # N×128×14×14 → N×128×7×7
        x = F.dropout(x.amax((2, 3)), self.dropout, self.training)  # N×128
        return self.linear(x)  # N×10


class DeepResidualNet(nn.Module):
    """A residual network of three stages with batch norm, 1,940,970 parameters: large enough for
    sketches too.

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

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must be (N, 1, 28, 28), not {tuple(images.shape)}")
        x = F.relu(self.pool(self.stem(images)))  # N×32×28×28 → N×32×14×14
        x = self.block1(F.relu(self.widen1(x)))  # N×64×14×14
        x = self.block2(F.relu(self.pool(self.widen2(x))))  # N×128×14×14 → N×128×7×7
        x = self.block3(F.relu(self.pool(self.widen3(x))))  # N×256×7×7 → N×256×3×3
        x = F.dropout(x.amax((2, 3)), self.dropout, self.training)  # N×256
        return self.linear(x)  # N×10


class WideResidualNet(nn.Module):
    """A residual network that begins at full resolution, 1,959,530 parameters: the most accurate
    one here.

    `dropout` (0…1) hides that share of the inputs of the linear layer while training. It is
    `DeepResidualNet` with a residual block before the first pool and each pool after the
    convolution that widens. When it is not training it looks at each image and at its mirror image
    and answers with the mean of both logits.
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

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(f"images must be (N, 1, 28, 28), not {tuple(images.shape)}")
        if self.training:
            return self._logits(images)
        both = self._logits(torch.cat([images, images.flip(-1)]))  # 2N×10
        return both.unflatten(0, (2, -1)).mean(0)  # N×10

    def _logits(self, images: torch.Tensor) -> torch.Tensor:
        x = self.block1(F.relu(self.stem(images)))  # N×32×28×28
        x = self.block2(F.relu(self.pool(self.widen2(x))))  # N×64×28×28 → N×64×14×14
        x = self.block3(F.relu(self.pool(self.widen3(x))))  # N×128×14×14 → N×128×7×7
        x = self.block4(F.relu(self.pool(self.widen4(x))))  # N×256×7×7 → N×256×3×3
        x = F.dropout(x.amax((2, 3)), self.dropout, self.training)  # N×256
        return self.linear(x)  # N×10


class _ConvNorm(nn.Sequential):
    """A 3×3 convolution that keeps the size, then batch norm, which makes a bias superfluous."""

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
        )


class _Residual(nn.Module):
    """Two convolutions that learn what to add to their input: N×C×H×W → N×C×H×W."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1, self.conv2 = _ConvNorm(channels, channels), _ConvNorm(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


_MODELS = {
    "FashionCNN": FashionCNN,
    "FashionCNNNorm": FashionCNNNorm,
    "ResidualNet": ResidualNet,
    "DeepResidualNet": DeepResidualNet,
    "WideResidualNet": WideResidualNet,
}


def build_model(name: str, dropout: float = 0.0) -> nn.Module:
    """A freshly initialised network. Raises KeyError for a name that `config.MODELS` does not
    have.
    """
    return _MODELS[name](dropout=dropout)


def fold_norms(model: nn.Module) -> nn.Module:
    """The same function of a trained model, 1.5 times as fast: each batch norm folded into the
    layer before.

    Changes the model, which cannot be trained any further, and returns it.
    """
    for layer in model.eval().modules():
        if isinstance(layer, _ConvNorm):
            layer[0], layer[1] = fuse_conv_bn_eval(layer[0], layer[1]), nn.Identity()
        elif isinstance(layer, FashionCNNNorm):
            layer.conv1, layer.norm1 = fuse_conv_bn_eval(layer.conv1, layer.norm1), nn.Identity()
            layer.conv2, layer.norm2 = fuse_conv_bn_eval(layer.conv2, layer.norm2), nn.Identity()
    return model


def count_parameters(model: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def layer_table(model: nn.Module) -> list[dict]:
    """One row per layer in the order of the data: name, kind, output shape for one image,
    parameters.

    The shapes are measured by sending one blank image through the model, so they cannot disagree
    with it.
    """
    rows = []

    def record(name):
        def hook(layer, _inputs, output):
            shape = tuple(output.shape[1:])
            row = {
                "name": name,
                "kind": type(layer).__name__,
                "shape": shape,
                "parameters": count_parameters(layer),
            }
            rows.append(row)

        return hook

    leaves = [
        (name, layer)
        for name, layer in model.named_modules()
        if next(layer.children(), None) is None
    ]
    handles = [layer.register_forward_hook(record(name)) for name, layer in leaves]
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE))
    for handle in handles:
        handle.remove()
    return rows
