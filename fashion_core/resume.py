"""What going on with a training needs: taken from a `TrainState`, or checked and put into one.

A file with it may come from a stranger, so nothing in it is believed before it has the same keys,
types and shapes as what a new training of that configuration keeps.
"""

import math

import torch

from fashion_core import training
from fashion_core.config import TrainConfig
from fashion_core.errors import ResumeError
from fashion_core.optimizers import Optimizer
from fashion_core.training import TrainState

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
        "exp_avg": state.optimizer.exp_avg,
        "exp_avg_sq": state.optimizer.exp_avg_sq,
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
    if isinstance(values, dict):
        values = _with_lists(state.optimizer, values)
    _check_alike("the whole", values, _expected_values(state, values))
    _check_counts(config, values)
    _restore_tensors(state, values)
    for name in KEPT_VALUES:
        setattr(state, name, values[name])
    _restore_generators(state, values)
    return state


def _restore_tensors(state: TrainState, values: dict) -> None:
    state.model.load_state_dict(values["weights"])
    with torch.no_grad():
        torch._foreach_copy_(state.optimizer.exp_avg, values["exp_avg"])
        torch._foreach_copy_(state.optimizer.exp_avg_sq, values["exp_avg_sq"])
        state.optimizer.steps.copy_(values["steps"])


def _restore_generators(state: TrainState, values: dict) -> None:
    state.epoch_generator = values["epoch_generator"]
    try:
        state.generator.set_state(values["epoch_generator"])  # only to see that it is one
        state.generator.set_state(values["generator"])
        torch.set_rng_state(values["dropout_generator"])
    except RuntimeError as error:
        raise ResumeError(
            "The state of a random generator is damaged, so training cannot go on."
        ) from error


# What the optimizer remembers, in files of the version before: one flat vector (P,) each
FORMER_VECTORS = {"averages": "exp_avg", "squares": "exp_avg_sq"}


def _with_lists(optimizer: Optimizer, values: dict) -> dict:
    """The values with a list of tensors in place of each former vector."""
    lists = {}
    for former, name in FORMER_VECTORS.items():
        if former in values:
            _check_alike(former, values[former], torch.cat([p.flatten() for p in optimizer.params]))
            lists[name] = _unpacked(optimizer, values[former])
    return {key: value for key, value in values.items() if key not in FORMER_VECTORS} | lists


def _unpacked(optimizer: Optimizer, vector: torch.Tensor) -> list[torch.Tensor]:
    """A vector (P,) as tensors in the order of the weights; Muon's stood first in it."""
    places = range(len(optimizer.params))
    order = sorted(places, key=lambda place: place not in optimizer.muon_places)
    parts = vector.split([optimizer.params[place].numel() for place in order])
    by_place = dict(zip(order, parts, strict=True))
    return [by_place[place].view_as(optimizer.params[place]) for place in places]


# Refusing what does not fit


def _expected_values(state: TrainState, values) -> dict:
    """What the values must be built like: a new state's, after an epoch with the best of it."""
    expected = state_to_dict(state)
    epoch = values.get("epoch") if isinstance(values, dict) else None
    if isinstance(epoch, int) and epoch:
        metrics = values.get("best_metrics")
        names = {"val_loss", "val_accuracy"}
        if isinstance(metrics, dict):
            names |= set(metrics)
        expected |= {"best_weights": expected["weights"], "best_metrics": dict.fromkeys(names, 0.0)}
    return expected


def _check_alike(name: str, value, expected) -> None:
    """Refuse a value with other keys, lengths, types or shapes than the expected one."""
    if not _is_alike(value, expected):
        raise ResumeError(
            f"What was kept of this run does not fit its configuration: {name} is not as expected."
        )
    if isinstance(expected, dict):
        for key in expected:
            _check_alike(key, value[key], expected[key])
    elif isinstance(expected, (list, tuple)):
        for part, expected_part in zip(value, expected, strict=True):
            _check_alike(name, part, expected_part)


def _is_alike(value, expected) -> bool:
    """Whether they are of one kind; of dicts, lists and tuples without looking at the parts."""
    if not isinstance(value, type(expected)) or isinstance(value, bool):
        return False
    if isinstance(expected, dict):
        return value.keys() == expected.keys()
    if isinstance(expected, (list, tuple)):
        return len(value) == len(expected)
    if isinstance(expected, torch.Tensor):
        return _is_alike_tensor(value, expected)
    if isinstance(expected, float):
        return math.isfinite(value) or value == expected
    return True


def _is_alike_tensor(value: torch.Tensor, expected: torch.Tensor) -> bool:
    same = (value.shape, value.dtype, value.layout) == (
        expected.shape,
        expected.dtype,
        expected.layout,
    )
    return same and value.device.type == "cpu" and bool(torch.isfinite(value).all())


def _check_counts(config: TrainConfig, values: dict) -> None:
    """Refuse counts that contradict each other or the config."""
    epoch, batches, per_epoch = values["epoch"], values["epoch_batches"], config.steps_per_epoch
    alike = (
        0 <= epoch <= config.epochs,
        0 <= batches <= per_epoch,
        values["step"] == epoch * per_epoch + batches,
        (batches > 0) == (values["epoch_images"] > 0) == (values["epoch_seconds"] > 0),
        values["elapsed_seconds"] >= 0,
    )
    if not all(alike):
        raise ResumeError(
            f"What was kept of this run contradicts itself: step {values['step']:,}, epoch"
            f" {epoch:,} of {config.epochs}, {batches:,} of {per_epoch:,} batches."
        )
