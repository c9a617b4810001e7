"""How fast this machine trains a network: the seconds of an epoch, measured."""

import dataclasses
import threading
import time

import torch

from fashion_core.architecture import network_of
from fashion_core.config import ADDED_KINDS, TrainConfig
from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES
from fashion_core.runs.control import thread_count
from fashion_core.training import TrainState, new_state, update

MOST_IMAGES = 128  # in a measured batch; larger ones are counted from it
MOST_VALUES = 20_000_000  # between the layers: the server itself keeps them for the measured step
TIMED_SECONDS = 0.25  # a single step where it takes longer
_ONE_AT_A_TIME = threading.Lock()  # two at once would measure each other


def seconds_per_epoch(config: TrainConfig) -> float:
    """How long an epoch of this training takes here, from a few real steps with noise for images.

    Only the network, the optimizer and the batch count: reading and preparing other pictures, and
    the validation at the end, come on top. Takes a second at most, with a large network two steps.
    Raises ConfigError for a network beyond this copy's limits.
    """
    alone = dict.fromkeys(ADDED_KINDS, 0.0) | {"distillation": False}
    most = max(1, MOST_VALUES // sum(each.values for each in network_of(config.model).facts))
    size = min(config.batch_size, MOST_IMAGES, most)
    measured = dataclasses.replace(config, batch_size=size, **alone)
    threads = torch.get_num_threads()
    with _ONE_AT_A_TIME, torch.random.fork_rng():
        torch.set_num_threads(thread_count())
        try:
            seconds = _step_seconds(new_state(measured), size)
        finally:
            torch.set_num_threads(threads)
    return seconds / size * config.images_per_epoch


def _step_seconds(state: TrainState, size: int) -> float:
    """The seconds of a step, after a first one that makes room and is not counted."""
    pixels = torch.randint(0, 256, (size, IMAGE_SIZE, IMAGE_SIZE), dtype=torch.uint8)
    labels = torch.arange(size) % NUM_CLASSES
    state.model.train()
    state.optimizer.compute_model.train()
    update(state, pixels, labels).item()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < TIMED_SECONDS and steps < state.config.steps_per_epoch:
        update(state, pixels, labels).item()
        steps += 1
        state.step = 0  # of the schedule, which ends
    return (time.perf_counter() - began) / max(1, steps)
