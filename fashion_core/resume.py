"""From fashion_core.training."""

import math

import torch

from fashion_core import training
from fashion_core.config import TrainConfig
from fashion_core.errors import ResumeError
from fashion_core.training import TrainState

# Keeping a training and going on with it

KEPT_VALUES = (
    "epoch",
    "step",
    "best_score",
    "best_metrics",
    "best_epoch",
    "best_weights",
    "elapsed_seconds",
    "epoch_batches",
    "epoch_images",
    "epoch_loss",
    "epoch_seconds",
)


def state_to_dict(state: TrainState) -> dict:
    """All that going on needs, as tensors and plain values, for `restore_state`.

    The tensors are the state's own: save them before training goes on. It is whole only between two
    events.
    """
    now = state.generator.get_state()
    return {
        "weights": dict(state.model.state_dict()),
        "averages": state.optimizer.averages,
        "squares": state.optimizer.squares,
        "steps": state.optimizer.steps,
        "generator": now,
        "epoch_generator": state.epoch_generator if state.epoch_batches else now,
        "dropout_generator": torch.get_rng_state(),  # torch's global one
    } | {name: getattr(state, name) for name in KEPT_VALUES}


def restore_state(
    config: TrainConfig,
    values: dict,
    device: torch.device | None = None,
    precision: str | None = None,
) -> TrainState:
    """The state from which `state_to_dict` made the values. Sets torch's global generator.

    Raises ResumeError when anything is missing, has another shape or type than the config asks for,
    or is no number.
    """
    state = training.new_state(config, device, precision)
    _check_alike("the whole", values, _expected_values(state, values))
    _check_counts(config, values)
    state.model.load_state_dict(values["weights"])
    with torch.no_grad():
        for name in ("averages", "squares", "steps"):
            getattr(state.optimizer, name).copy_(values[name])
    for name in KEPT_VALUES:
        setattr(state, name, values[name])
    state.epoch_generator = values["epoch_generator"]
    try:
        state.generator.set_state(values["epoch_generator"])  # only to see that it is one
        state.generator.set_state(values["generator"])
        torch.set_rng_state(values["dropout_generator"])
    except RuntimeError as error:
        raise ResumeError(
            "The state of a random generator is damaged, so training cannot go on."
        ) from error
    return state


def _expected_values(state: TrainState, values) -> dict:
    """What the values must be built like: as those of a new state, with the best of an epoch if
    there was one.
    """
    expected = state_to_dict(state)
    if isinstance(values, dict) and values.get("epoch"):
        metrics = values.get("best_metrics")
        names = {"val_loss", "val_accuracy"} | (
            set(metrics) if isinstance(metrics, dict) else set()
        )
        expected |= {"best_weights": expected["weights"], "best_metrics": dict.fromkeys(names, 0.0)}
    return expected


def _check_alike(name: str, value, expected) -> None:
    """Refuse a value that is not built like the expected one: the same keys, lengths, types and
    shapes.
    """
    parts = []
    alike = isinstance(value, type(expected)) and not isinstance(value, bool)
    if alike and isinstance(expected, dict):
        alike = value.keys() == expected.keys()
        parts = [(key, value[key], expected[key]) for key in expected] if alike else []
    elif alike and isinstance(expected, (list, tuple)):
        alike = len(value) == len(expected)
        parts = [(name, *pair) for pair in zip(value, expected, strict=True)] if alike else []
    elif alike and isinstance(expected, torch.Tensor):
        alike = (value.shape, value.dtype, value.layout) == (
            expected.shape,
            expected.dtype,
            expected.layout,
        )
        alike = alike and value.device.type == "cpu" and bool(torch.isfinite(value).all())
    elif alike and isinstance(expected, float):
        alike = math.isfinite(value) or value == expected
    if not alike:
        raise ResumeError(
            f"What was kept of this run does not fit its configuration: {name} is not as expected."
        )
    for part in parts:
        _check_alike(*part)


def _check_counts(config: TrainConfig, values: dict) -> None:
    """Refuse counts that contradict each other or the config."""
    epoch, batches, per_epoch = values["epoch"], values["epoch_batches"], config.steps_per_epoch
    in_range = (
        0 <= epoch <= config.epochs and 0 <= batches <= per_epoch and values["elapsed_seconds"] >= 0
    )
    if (
        not in_range
        or values["step"] != epoch * per_epoch + batches
        or (batches > 0) != (values["epoch_images"] > 0)
    ):
        raise ResumeError(
            f"What was kept of this run contradicts itself: step {values['step']:,}, epoch"
            f" {epoch:,} of {config.epochs}, {batches:,} of {per_epoch:,} batches."
        )
