"""The networks by name: images (N, 1, 28, 28) float32 in, logits (N, 10) out."""

import torch
import torch.nn.functional as F
from torch import nn

from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES


class FashionCNN(nn.Module):
    """The classic network: two 3×3 convolutions, two linear layers, 225,034 parameters.

    `dropout` (0…1) hides that share of the inputs of both linear layers while training; it has no parameters.
    ReLU stands after the pool instead of before it: the maximum and ReLU commute, so this is the same function
    with a quarter of the work.
    """

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
        x = F.relu(self.pool(self.conv1(images)))  # N×32×26×26 → N×32×13×13
        x = F.relu(self.pool(self.conv2(x)))  # N×64×11×11 → N×64×5×5
        x = F.dropout(x.flatten(1), self.dropout, self.training)  # N×1600
        x = F.dropout(F.relu(self.linear1(x)), self.dropout, self.training)  # N×128
        return self.linear2(x)  # N×10


_MODELS = {"FashionCNN": FashionCNN}


def build_model(name: str, dropout: float = 0.0) -> nn.Module:
    """A freshly initialised network. Raises KeyError for a name that `config.MODELS` does not have."""
    return _MODELS[name](dropout=dropout)


def count_parameters(model: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def layer_table(model: nn.Module) -> list[dict]:
    """One row per layer in the order of the data: name, kind, output shape for one image, parameters.

    The shapes are measured by sending one blank image through the model, so they cannot disagree with it.
    """
    rows = []

    def record(name):
        def hook(layer, _inputs, output):
            shape = tuple(output.shape[1:])
            row = {"name": name, "kind": type(layer).__name__, "shape": shape, "parameters": count_parameters(layer)}
            rows.append(row)

        return hook

    leaves = [(name, layer) for name, layer in model.named_modules() if next(layer.children(), None) is None]
    handles = [layer.register_forward_hook(record(name)) for name, layer in leaves]
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE))
    for handle in handles:
        handle.remove()
    return rows
