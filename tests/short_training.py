"""Short trainings for tests: of a few images, validated on 500."""

import functools

import torch

from fashion_core import training
from fashion_core.config import TrainConfig
from fashion_core.data import Split, load_split

CPU = torch.device("cpu")


@functools.cache
def train_split() -> Split:
    return load_split("train")


@functools.cache
def val_split() -> Split:
    split = load_split("val")
    return Split(split.name, split.pixels[:500], split.labels[:500], split.indices[:500])


def run(config: TrainConfig) -> tuple[training.TrainState, list[dict]]:
    """A whole training: the state at its end and its events."""
    state = training.new_state(config, CPU)
    return state, list(training.train(state, train_split(), val_split()))


def first_images(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first training images: pixels (count, 28, 28) uint8, labels (count,) int64."""
    split = train_split()
    return torch.tensor(split.pixels[:count]), torch.tensor(split.labels[:count])
