"""fashion_core.resume: a training goes on as if it had never been interrupted, or is refused."""

import dataclasses
import io
import itertools
import math

import pytest
import torch
from short_training import CPU, run, train_split, val_split

from fashion_core import resume, training
from fashion_core.config import TrainConfig
from fashion_core.errors import ResumeError
from fashion_core.models import build_model


def saved(values: dict) -> dict:
    """The values as they come back from a file."""
    file = io.BytesIO()
    torch.save(values, file)
    return torch.load(io.BytesIO(file.getvalue()), weights_only=True)


def interrupted(config, stops):
    """The events of a training that is kept and restored after so many events each time."""
    state, events = training.new_state(config, CPU), []
    for stop in stops:
        events += itertools.islice(training.train(state, train_split(), val_split()), stop)
        values = saved(resume.state_to_dict(state))
        torch.manual_seed(12_345)  # whatever else uses the global generator meanwhile
        state = resume.restore_state(config, values, CPU)
    events += training.train(state, train_split(), val_split())
    return state, events


def without_times(events):
    return [{key: value for key, value in event.items() if "second" not in key} for event in events]


EVERYTHING_RANDOM = {
    "optimizer": "AdamW",
    "schedule": "one-cycle",
    "dropout": 0.3,
    "flips": True,
    "mixup": 0.5,
}


@pytest.mark.parametrize(
    "extra",
    [
        EVERYTHING_RANDOM,
        {"model": "FashionCNNNorm", "optimizer": "SGD", "learning_rate": 0.01, "synthetic": 0.2},
        {"distillation": True, "flips": True, "shifts": True, "erasing": True},
        {"model": "FashionCNNNorm", "optimizer": "Muon", "weight_decay": 0.05},
    ],
    ids=["everything random", "batch norm, synthetic", "teacher", "Muon"],
)
def test_a_restored_training_equals_one_never_interrupted(monkeypatch, extra):
    """Bit for bit: kept amid an epoch, before its validation, after it, and in the next one."""
    monkeypatch.setattr(training, "IMAGES_PER_EVENT", 250)
    monkeypatch.setattr(training, "VAL_SYNTHETIC", 50)
    training.val_synthetic.cache_clear()
    config = TrainConfig(train_size=1_000, epochs=2, **extra)
    state, events = run(config)
    first_epoch = 1 + [event["kind"] for event in events].index("epoch")
    restored, others = interrupted(config, stops=[2, first_epoch - 3, 1, 2])
    training.val_synthetic.cache_clear()
    assert without_times(others) == without_times(events)
    weights, other_weights = state.model.state_dict(), restored.model.state_dict()
    assert all(torch.equal(weights[name], other_weights[name]) for name in weights)
    assert (restored.best_epoch, restored.best_score) == (state.best_epoch, state.best_score)
    seconds = [event["elapsed_seconds"] for event in others]
    assert seconds == sorted(seconds)


def test_a_finished_training_goes_on_for_more_epochs():
    """With a constant learning rate it equals one that was to have that many epochs."""
    config = TrainConfig(train_size=1_000, epochs=1)
    state, events = run(config)
    longer = dataclasses.replace(config, epochs=2)
    state = resume.restore_state(longer, resume.state_to_dict(state), CPU)
    events += training.train(state, train_split(), val_split())
    assert without_times(events) == without_times(run(longer)[1])


def former_values(model: str, values: dict) -> dict:
    """What the version before kept: flat vectors, Muon's layers first, the others after them."""
    parameters = list(build_model(model).parameters())
    matrices = [place for place, parameter in enumerate(parameters) if parameter.ndim > 1]
    hidden = matrices[1:-1]
    others = [place for place in range(len(parameters)) if place not in hidden]

    def flat(tensors):
        return torch.cat([tensors[place].flatten() for place in [*hidden, *others]])

    former = {key: value for key, value in values.items() if not key.startswith("exp_avg")}
    return former | {"averages": flat(values["exp_avg"]), "squares": flat(values["exp_avg_sq"])}


def test_what_the_version_before_kept_is_restored():
    config = TrainConfig(
        model="FashionCNNNorm", optimizer="Muon", learning_rate=0.01, train_size=1_000, epochs=2
    )
    state = training.new_state(config, CPU)
    events = training.train(state, train_split(), val_split())
    list(itertools.islice(events, 3))
    values = saved(former_values(config.model, resume.state_to_dict(state)))
    restored = resume.restore_state(config, values, CPU)
    expected = without_times(events)
    torch.set_rng_state(values["dropout_generator"])
    found = without_times(training.train(restored, train_split(), val_split()))
    assert found == expected


@pytest.fixture(scope="module")
def kept():
    state, _ = run(TrainConfig(train_size=1_000, epochs=1))
    return resume.state_to_dict(state)


def forget_weights(values):
    del values["weights"]["conv1.bias"]


def spoil_generator(values):
    values["generator"] = torch.full_like(values["generator"], 255)


def change_bias(tensor):
    return lambda values: values["weights"].update({"conv1.bias": tensor})


def change_average(tensor):
    return lambda values: values.update(exp_avg=[tensor, *values["exp_avg"][1:]])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: values.pop("step"),
        lambda values: values.update(extra=1),
        lambda values: values.update(step=-1),
        lambda values: values.update(step=True),
        lambda values: values.update(step=10**400),
        lambda values: values.update(epoch=2, step=32),
        lambda values: values.update(epoch=torch.ones(3)),
        lambda values: values.update(epoch_batches=3),
        lambda values: values.update(epoch_batches=3, step=19, epoch_images=192),
        lambda values: values.update(best_score=(math.nan, 0.0)),
        lambda values: values.update(best_score=(1.0,)),
        lambda values: values.update(best_metrics={}),
        lambda values: values.update(best_metrics=[1]),
        lambda values: values.update(best_weights={}),
        lambda values: values.update(exp_avg=values["exp_avg"][1:]),
        lambda values: values.update(exp_avg=tuple(values["exp_avg"])),
        lambda values: values.update(exp_avg_sq=values["exp_avg_sq"][::-1]),
        lambda values: values.update(averages=torch.zeros(3)),
        lambda values: values.update(averages=torch.full((225_034,), math.nan)),
        lambda values: values.update(squares=[1.0]),
        lambda values: values.update(steps=torch.zeros(1)),
        change_average(torch.full((32, 1, 3, 3), math.nan)),
        change_average(torch.zeros(32, 1, 3, 3, dtype=torch.float64)),
        change_bias(torch.full((32,), math.nan)),
        change_bias(torch.zeros(32).to_sparse()),
        change_bias(torch.zeros(32, dtype=torch.float64)),
        forget_weights,
        spoil_generator,
    ],
)
def test_what_was_kept_is_refused_unless_it_fits(kept, spoil):
    values = {key: dict(value) if isinstance(value, dict) else value for key, value in kept.items()}
    spoil(values)
    with pytest.raises(ResumeError, match=r"kept|damaged"):
        resume.restore_state(TrainConfig(train_size=1_000, epochs=1), values)


def test_what_was_kept_of_another_network_is_refused(kept):
    with pytest.raises(ResumeError, match="weights is not as expected"):
        resume.restore_state(TrainConfig(model="ResidualNet", train_size=1_000, epochs=1), kept)
    with pytest.raises(ResumeError, match="the whole is not"):
        resume.restore_state(TrainConfig(), [])
