"""fashion_core.training: it learns, it covers, it repeats, and it says so when it fails."""

import dataclasses
import io
import itertools
import json
import math
import threading

import numpy as np
import pytest
import scipy.special
import torch
import torch.nn.functional as F

from fashion_core import distillation, resume, training
from fashion_core.config import TrainConfig
from fashion_core.data import Split, load_split
from fashion_core.errors import ResumeError, TrainingFailed
from fashion_core.metadata import OUTLIER
from fashion_core.transforms import normalise, random_mixup


def part(split: Split, count: int) -> Split:
    """The first images of a split."""
    return Split(split.name, split.pixels[:count], split.labels[:count], split.indices[:count])


@pytest.fixture(scope="module")
def val_split():
    return part(load_split("val"), 500)


@pytest.fixture(scope="module")
def train_split():
    return load_split("train")


def run(config: TrainConfig, train_split, val_split):
    state = training.new_state(config, torch.device("cpu"))
    return state, list(training.train(state, train_split, val_split))


def test_trying_rates_trains_with_each_of_them_whatever_the_config_says(train_split):
    """A rate of almost nothing changes nothing, the config's own rate does; each loss is that
    before its step.
    """
    config = TrainConfig(learning_rate=1.0, schedule="one-cycle", train_size=1_000, batch_size=512)
    state = training.new_state(config, torch.device("cpu"), "float32")
    before = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    # More steps than one epoch has
    losses = list(training.try_rates(state, train_split, [1e-5] * 3))
    assert losses == pytest.approx([math.log(10)] * 3, abs=0.2)
    assert all(
        torch.allclose(state.model.state_dict()[name], before[name], atol=1e-4) for name in before
    )
    assert state.step == 3
    losses = list(training.try_rates(state, train_split, [0.01] * 10))
    assert losses[-1] < losses[0] - 0.2


def test_trying_rates_with_sketches_ends_the_thread_that_draws(train_split):
    state = training.new_state(TrainConfig(synthetic=True, train_size=1_000), torch.device("cpu"))
    before = threading.active_count()
    tries = training.try_rates(state, train_split, [0.001] * 100)
    assert [math.isfinite(next(tries)) for _ in range(3)] == [True] * 3
    tries.close()
    assert threading.active_count() == before


def test_one_batch_is_learned_by_heart(train_split):
    state = training.new_state(TrainConfig(), torch.device("cpu"))
    pixels, labels = torch.tensor(train_split.pixels[:64]), torch.tensor(train_split.labels[:64])
    losses = [training._update(state, pixels, labels).item() for _ in range(150)]
    assert losses[0] == pytest.approx(math.log(10), abs=0.3)
    assert losses[-1] < 0.02


def test_a_short_training_beats_guessing_by_far(train_split, val_split):
    _, events = run(TrainConfig(train_size=5_000, epochs=2), train_split, val_split)
    assert events[-1]["val_accuracy"] > 0.7


def test_every_chosen_image_is_seen_once_an_epoch(train_split, val_split, monkeypatch):
    seen = []

    def spy(state, pixels, labels):
        seen.append((pixels.clone(), labels.clone()))
        state.step += 1
        return torch.zeros(())

    monkeypatch.setattr(training, "_update", spy)
    config = TrainConfig(train_size=1_000, epochs=1, batch_size=64)
    run(config, train_split, val_split)
    pixels, labels = training.training_tensors(config, train_split)
    found = np.sort(torch.cat([batch for batch, _ in seen]).flatten(1).sum(1).numpy())
    np.testing.assert_array_equal(found, np.sort(pixels.flatten(1).sum(1).numpy()))
    assert sum(len(batch) for _, batch in seen) == len(labels) == 1_000


def test_epochs_are_shuffled_differently(train_split, val_split, monkeypatch):
    firsts = []

    def spy(state, pixels, labels):
        if state.step % 16 == 0:
            firsts.append(pixels[0])
        state.step += 1
        return torch.zeros(())

    monkeypatch.setattr(training, "_update", spy)
    run(TrainConfig(train_size=1_000, epochs=2), train_split, val_split)
    assert not torch.equal(*firsts)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {
            "dropout": 0.3,
            "flips": True,
            "erasing": True,
            "mixup": 0.5,
            "optimizer": "SGD",
            "learning_rate": 0.01,
        },
    ],
)
def test_the_same_seed_repeats_and_another_does_not(train_split, val_split, extra):
    def losses(seed):
        config = TrainConfig(train_size=1_280, epochs=1, seed=seed, **extra)
        return [event["train_loss"] for event in run(config, train_split, val_split)[1]]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_events_are_plain_json_and_complete(train_split, val_split):
    config = TrainConfig(train_size=3_000, epochs=2)
    _, events = run(config, train_split, val_split)
    assert json.loads(json.dumps(events, allow_nan=False)) == events
    epochs = [event for event in events if event["kind"] == "epoch"]
    steps = [event for event in events if event["kind"] == "step"]
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert events[0]["step"] == 1  # the first point of the curve comes at once
    assert steps[-1]["step"] == epochs[-1]["step"] == 2 * config.steps_per_epoch
    assert all(b["step"] > a["step"] for a, b in itertools.pairwise(steps))


@pytest.mark.parametrize(
    ("steps", "images"), [(860, 55_000), (157, 10_000), (54, 55_000), (1, 1_000), (3_438, 55_000)]
)
def test_events_stand_for_equal_parts_of_an_epoch(steps, images):
    ends = sorted(training.event_steps(steps, images, first=False))
    widths = np.diff([0, *ends])
    assert ends[-1] == steps
    assert widths.max() - widths.min() <= 1
    assert training.event_steps(steps, images, first=True) == {1, *ends}


def test_batches_drawn_ahead_are_those_drawn_one_by_one(train_split):
    pixels, labels = torch.tensor(train_split.pixels[:50]), torch.tensor(train_split.labels[:50])
    batches = list(zip(pixels.split(20), labels.split(20), strict=True))
    drawn = list(training.prefetched(iter(batches), seed=3, first_step=7))
    assert len(drawn) == 3
    for step, (batch, found) in enumerate(zip(batches, drawn, strict=True), start=7):
        for ours, expected in zip(found, training.with_synthetic(*batch, (3, step)), strict=True):
            assert torch.equal(ours, expected)


def test_epoch_loss_is_the_mean_over_images(train_split, val_split, monkeypatch):
    """With the loss of each image known, the epoch's mean must weigh the small last batch by its
    size.
    """

    def spy(state, pixels, labels):
        state.step += 1
        return labels.float().mean()

    monkeypatch.setattr(training, "_update", spy)
    config = TrainConfig(train_size=1_000, epochs=1, batch_size=96)
    _, events = run(config, train_split, val_split)
    _, labels = training.training_tensors(config, train_split)
    assert events[-1]["train_loss"] == pytest.approx(labels.float().mean().item(), abs=1e-4)


def test_reported_loss_has_no_label_smoothing_but_training_has(train_split):
    config = TrainConfig(label_smoothing=0.2)
    state = training.new_state(config, torch.device("cpu"), precision="float32")
    pixels, labels = torch.tensor(train_split.pixels[:64]), torch.tensor(train_split.labels[:64])
    logits = state.model.eval()(normalise(pixels))
    expected_gradient = torch.autograd.grad(
        F.cross_entropy(logits, labels, label_smoothing=0.2), state.model.linear2.bias
    )[0]
    reported = training._update(state, pixels, labels)
    assert reported.item() == pytest.approx(F.cross_entropy(logits, labels).item(), abs=1e-5)
    torch.testing.assert_close(
        state.model.linear2.bias.grad, expected_gradient, rtol=1e-4, atol=1e-6
    )


def test_distillation_is_the_divergence_of_softened_answers():
    """Against the formula written out with scipy's relative entropy."""
    logits, answers = torch.randn(2, 6, 10, generator=torch.Generator().manual_seed(0)).unbind()
    degree = training.TEACHER_TEMPERATURE
    said, guess = (np.exp(part.numpy() / degree) for part in (answers, logits))
    said, guess = (part / part.sum(1, keepdims=True) for part in (said, guess))
    expected = scipy.special.rel_entr(said, guess).sum(1).mean() * degree**2
    assert training.distillation_loss(logits, answers).item() == pytest.approx(expected, rel=1e-5)
    assert training.distillation_loss(answers, answers).item() == pytest.approx(0, abs=1e-6)


def test_a_student_follows_its_teacher_more_than_the_labels(train_split, monkeypatch):
    """A teacher that calls everything by the name of the next class is believed."""
    state = training.new_state(TrainConfig(distillation=True), torch.device("cpu"))
    pixels, labels = torch.tensor(train_split.pixels[:64]), torch.tensor(train_split.labels[:64])
    wrong = (labels + 1) % 10
    answers = 10.0 * F.one_hot(wrong, 10).float()
    for _ in range(150):
        training._update(state, pixels, labels, answers)
    preds = state.model.eval()(normalise(pixels)).argmax(1)
    assert (preds == wrong).float().mean() > 0.95


def test_the_teachers_answers_stay_with_their_images_and_mixtures(train_split):
    config = TrainConfig(distillation=True, train_size=1_000, seed=3)
    plain, labels = training.training_tensors(
        dataclasses.replace(config, distillation=False), train_split
    )
    versions, same_labels, answers = training.training_tensors(config, train_split)
    assert torch.equal(versions[0], plain)
    assert torch.equal(same_labels, labels)
    assert answers.shape == (1 + distillation.MIXTURES, 1_000, 10)
    for version in range(len(versions)):
        (fresh,) = distillation.ask_teacher(versions[version, :20].numpy())
        np.testing.assert_allclose(answers[version, :20], fresh, atol=0.3)


@pytest.mark.parametrize("batch_size", [37, 64])
def test_every_other_image_of_a_students_batch_is_a_mixture_without_a_label(batch_size):
    """With numbers for pictures: a thousand images in five versions; 37 leaves one image for the
    last batch.
    """
    numbers = torch.arange(5_000).view(5, 1_000)
    state = training.new_state(
        TrainConfig(distillation=True, batch_size=batch_size), torch.device("cpu")
    )
    seen = []
    for batch in training._shuffled(state, (numbers, torch.arange(1_000) % 10, numbers)):
        for place, (number, label, answer) in enumerate(
            zip(*(part.tolist() for part in batch), strict=True)
        ):
            version, image = divmod(number, 1_000)
            assert (version > 0) == (place % 2 == 1)
            assert label == (OUTLIER if version else image % 10)
            assert answer == number
            seen.append((image, version))
    assert sorted(image for image, _ in seen) == list(range(1_000))
    assert {version for _, version in seen} == set(range(5))


def gradient_of_last_bias(state, *batch):
    training._update(state, *batch)
    return state.model.linear2.bias.grad


def test_of_a_mixture_only_the_teacher_says_what_it_shows(train_split):
    config = TrainConfig(distillation=True, label_smoothing=0.2)
    state = training.new_state(config, torch.device("cpu"), precision="float32")
    pixels, labels = torch.tensor(train_split.pixels[:64]), torch.tensor(train_split.labels[:64])
    labels[1::2] = OUTLIER
    answers = torch.randn(64, 10, generator=torch.Generator().manual_seed(0))
    logits = state.model.eval()(normalise(pixels))
    named = F.cross_entropy(logits[::2], labels[::2], label_smoothing=0.2)
    expected = 0.1 * named + 0.9 * training.distillation_loss(logits, answers)
    (gradient,) = torch.autograd.grad(expected, state.model.linear2.bias)
    torch.testing.assert_close(
        gradient_of_last_bias(state, pixels, labels, answers), gradient, rtol=1e-4, atol=1e-6
    )


def test_what_is_nothing_is_taught_as_every_class_alike(train_split):
    state = training.new_state(
        TrainConfig(synthetic=True), torch.device("cpu"), precision="float32"
    )
    pixels, labels = torch.tensor(train_split.pixels[:64]), torch.tensor(train_split.labels[:64])
    labels[48:] = OUTLIER
    logits = state.model.eval()(normalise(pixels))
    spread = torch.full((16, 10), 0.1)
    expected = (
        48 * F.cross_entropy(logits[:48], labels[:48]) + 16 * F.cross_entropy(logits[48:], spread)
    ) / 64
    (gradient,) = torch.autograd.grad(expected, state.model.linear2.bias)
    torch.testing.assert_close(
        gradient_of_last_bias(state, pixels, labels), gradient, rtol=1e-4, atol=1e-6
    )


def test_of_a_mixture_both_labels_count_by_their_shares_and_the_reported_loss_is_that_of_the_others(
    train_split,
):
    config = TrainConfig(mixup=0.3, label_smoothing=0.2)
    state = training.new_state(config, torch.device("cpu"), precision="float32")
    pixels, labels = torch.tensor(train_split.pixels[:50]), torch.tensor(train_split.labels[:50])
    images, own = random_mixup(normalise(pixels), 15, torch.Generator().manual_seed(config.seed))
    logits = state.model.eval()(images)
    targets = own[:, None] * F.one_hot(labels, 10) + (1 - own[:, None]) * F.one_hot(
        labels.flip(0), 10
    )
    expected = F.cross_entropy(logits, targets, label_smoothing=0.2)
    (gradient,) = torch.autograd.grad(expected, state.model.linear2.bias)
    reported = training._update(state, pixels, labels)
    torch.testing.assert_close(state.model.linear2.bias.grad, gradient, rtol=1e-4, atol=1e-6)
    assert reported.item() == pytest.approx(
        F.cross_entropy(logits[15:], labels[15:]).item(), abs=1e-5
    )


def test_mixtures_are_made_until_the_last_seventh_of_the_steps():
    config = TrainConfig(mixup=0.3, epochs=7, train_size=6_400)  # 100 steps each
    counts = [training.mixed_images(config, step, 64) for step in range(700)]
    assert counts == 600 * [20] + 100 * [0]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_of_the_smallest_batch_one_image_keeps_its_label_alone(train_split, count):
    state = training.new_state(TrainConfig(mixup=0.9), torch.device("cpu"))
    pixels, labels = (
        torch.tensor(train_split.pixels[:count]),
        torch.tensor(train_split.labels[:count]),
    )
    assert math.isfinite(training._update(state, pixels, labels).item())


def test_one_cycle_follows_torchs():
    config = TrainConfig(schedule="one-cycle", train_size=6_400, epochs=3, learning_rate=0.01)
    total = config.epochs * config.steps_per_epoch
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    oracle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=total, pct_start=0.25, cycle_momentum=False
    )
    for step in range(total):
        assert training.learning_rate_at(config, step) == pytest.approx(
            optimizer.param_groups[0]["lr"], rel=1e-6
        )
        optimizer.step()
        if step < total - 1:
            oracle.step()


def test_constant_schedule_is_constant():
    config = TrainConfig(learning_rate=0.005)
    assert {training.learning_rate_at(config, step) for step in (0, 100, 4299)} == {0.005}


def test_best_weights_are_the_best_and_not_the_last(train_split, val_split):
    state = training.new_state(TrainConfig(), torch.device("cpu"))
    training.validate(state, val_split)
    kept = {name: tensor.clone() for name, tensor in state.best_weights.items()}
    state.best_score = (1.0, 0.0)  # nothing can be better now
    pixels, labels = torch.tensor(train_split.pixels[:64]), torch.tensor(train_split.labels[:64])
    training._update(state, pixels, labels)
    assert training.validate(state, val_split)["best"] is False
    assert all(torch.equal(kept[name], state.best_weights[name]) for name in kept)


def test_validation_equals_a_plain_loop(val_split):
    state = training.new_state(TrainConfig(), torch.device("cpu"))
    result = training.validate(state, val_split)
    with torch.no_grad():
        logits = state.model.eval()(normalise(torch.tensor(val_split.pixels)))
    labels = torch.tensor(val_split.labels)
    assert result["val_loss"] == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-4)
    assert result["val_accuracy"] == pytest.approx(
        (logits.argmax(1) == labels).float().mean().item()
    )


def test_a_loss_that_runs_away_ends_with_a_sentence(train_split, val_split):
    config = TrainConfig(optimizer="SGD", learning_rate=1.0, train_size=5_000, epochs=3, seed=1)
    state = training.new_state(config, torch.device("cpu"))
    with torch.no_grad():
        state.model.linear2.weight.mul_(1e4)
    with pytest.raises(TrainingFailed, match="learning rate below 1"):
        list(training.train(state, train_split, val_split))


def test_a_loss_that_is_no_number_ends_with_a_sentence(train_split, val_split):
    state = training.new_state(TrainConfig(train_size=1_000), torch.device("cpu"))
    with torch.no_grad():
        state.model.conv1.weight.fill_(math.nan)
    with pytest.raises(TrainingFailed, match="no longer a number"):
        list(training.train(state, train_split, val_split))


def test_precision_is_asked_of_the_hardware():
    cpu = torch.device("cpu")
    has_bfloat16 = torch.cpu._is_avx512_bf16_supported()
    assert training.pick_precision(cpu) == ("bfloat16" if has_bfloat16 else "float32")


def test_final_figures_belong_to_the_best_weights(train_split, val_split):
    state, _ = run(TrainConfig(train_size=1_000, epochs=1), train_split, val_split)
    with torch.no_grad():
        state.model.linear2.weight.zero_()  # what comes after the best must not count
    metrics = training.final_metrics(state, val_split)
    assert metrics["test_accuracy"] == pytest.approx(metrics["val_accuracy"], abs=1e-6)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


# Going on


def interrupted(config, train_split, val_split, stops):
    """The events of a training that is kept, as in a file, and restored after so many events each
    time.
    """
    state, events = training.new_state(config, torch.device("cpu")), []
    for stop in [*stops, None]:
        events += itertools.islice(training.train(state, train_split, val_split), stop)
        if stop is None:
            return state, events
        file = io.BytesIO()
        torch.save(resume.state_to_dict(state), file)
        torch.manual_seed(12_345)  # whatever else uses the global generator meanwhile
        values = torch.load(io.BytesIO(file.getvalue()), weights_only=True)
        state = resume.restore_state(config, values, torch.device("cpu"))
    raise AssertionError


def without_times(events):
    return [{key: value for key, value in event.items() if "second" not in key} for event in events]


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {
            "optimizer": "AdamW",
            "schedule": "one-cycle",
            "dropout": 0.3,
            "flips": True,
            "mixup": 0.5,
        },
        {"model": "FashionCNNNorm", "optimizer": "SGD", "learning_rate": 0.01, "dropout": 0.2},
        {"synthetic": True, "label_smoothing": 0.1},
        {"distillation": True, "flips": True, "shifts": True, "erasing": True},
        {"model": "FashionCNNNorm", "optimizer": "Muon", "weight_decay": 0.05},
    ],
    ids=["tutorial", "everything random", "batch norm", "synthetic", "teacher", "Muon"],
)
def test_a_restored_training_equals_one_never_interrupted(
    train_split, val_split, monkeypatch, extra
):
    """Bit for bit: kept in the middle of an epoch, before its validation, after it, and in the next
    one.
    """
    monkeypatch.setattr(training, "IMAGES_PER_EVENT", 250)
    monkeypatch.setattr(training, "VAL_SYNTHETIC", 50)
    training.val_synthetic.cache_clear()
    config = TrainConfig(train_size=1_000, epochs=2, **extra)
    state, events = run(config, train_split, val_split)
    first_epoch = next(
        number for number, event in enumerate(events, start=1) if event["kind"] == "epoch"
    )
    restored, others = interrupted(config, train_split, val_split, stops=[2, first_epoch - 3, 1, 2])
    training.val_synthetic.cache_clear()
    assert without_times(others) == without_times(events)
    weights, other_weights = state.model.state_dict(), restored.model.state_dict()
    assert all(torch.equal(weights[name], other_weights[name]) for name in weights)
    assert (restored.best_epoch, restored.best_score) == (state.best_epoch, state.best_score)
    seconds = [event["elapsed_seconds"] for event in others]
    assert seconds == sorted(seconds)


def test_a_finished_training_goes_on_for_more_epochs(train_split, val_split):
    """With a constant learning rate it equals one that was to have that many epochs from the
    beginning.
    """
    config = TrainConfig(train_size=1_000, epochs=1)
    state, events = run(config, train_split, val_split)
    longer = dataclasses.replace(config, epochs=2)
    state = resume.restore_state(longer, resume.state_to_dict(state), torch.device("cpu"))
    events += training.train(state, train_split, val_split)
    assert without_times(events) == without_times(run(longer, train_split, val_split)[1])


@pytest.fixture(scope="module")
def kept(train_split, val_split):
    state, _ = run(TrainConfig(train_size=1_000, epochs=1), train_split, val_split)
    return resume.state_to_dict(state)


def forget_weights(values):
    del values["weights"]["conv1.bias"]


def spoil_generator(values):
    values["generator"] = torch.full_like(values["generator"], 255)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: values.pop("step"),
        lambda values: values.update(extra=1),
        lambda values: values.update(step=-1),
        lambda values: values.update(step=True),
        lambda values: values.update(step=10**400),
        lambda values: values.update(epoch=2, step=32),
        lambda values: values.update(epoch_batches=3),
        lambda values: values.update(best_score=(math.nan, 0.0)),
        lambda values: values.update(best_score=(1.0,)),
        lambda values: values.update(best_metrics={}),
        lambda values: values.update(best_metrics=[1]),
        lambda values: values.update(best_weights={}),
        lambda values: values.update(averages=values["averages"][1:]),
        lambda values: values.update(squares=torch.full_like(values["squares"], math.nan)),
        lambda values: values.update(steps=torch.zeros(1)),
        lambda values: values["weights"].update({"conv1.bias": torch.full((32,), math.nan)}),
        lambda values: values["weights"].update({"conv1.bias": torch.zeros(32).to_sparse()}),
        lambda values: values["weights"].update(
            {"conv1.bias": torch.zeros(32, dtype=torch.float64)}
        ),
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
