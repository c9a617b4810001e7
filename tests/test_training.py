"""fashion_core.training: it learns, it covers, it repeats, and it says so when it fails."""

import dataclasses
import itertools
import json
import math
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from short_training import CPU, first_images, run, train_split, val_split

from fashion_core import distillation, predict, training
from fashion_core.config import TrainConfig
from fashion_core.errors import ConfigError, TrainingFailed
from fashion_core.losses import NO_LABEL, objective, soft_targets
from fashion_core.transforms import normalise, random_mixup


def new_state(**choices) -> training.TrainState:
    return training.new_state(TrainConfig(**choices), CPU, "float32")


# It learns


def test_one_batch_is_learned_by_heart():
    state, batch = new_state(), first_images(64)
    losses = [training.update(state, *batch).item() for _ in range(150)]
    assert losses[0] == pytest.approx(math.log(10), abs=0.3)
    assert losses[-1] < 0.02


def test_a_short_training_beats_guessing_by_far():
    _, events = run(TrainConfig(train_size=5_000, epochs=2))
    assert events[-1]["val_accuracy"] > 0.7


def test_a_student_follows_its_teacher_more_than_the_labels():
    """A teacher that calls everything by the name of the next class is believed."""
    state = new_state(distillation=True)
    pixels, labels = first_images(64)
    wrong = (labels + 1) % 10
    for _ in range(150):
        training.update(state, pixels, labels, 10.0 * F.one_hot(wrong, 10).float())
    preds = state.model.eval()(normalise(pixels)).argmax(1)
    assert (preds == wrong).float().mean() > 0.95


def gradient_of(loss: torch.Tensor, state) -> torch.Tensor:
    return torch.autograd.grad(loss, state.model.linear2.bias)[0]


def test_labels_alone_teach_what_a_table_of_their_shares_teaches():
    pixels, labels = first_images(64)
    assert TrainConfig().has_labels_only
    for option in ("label_smoothing", "mixup", "synthetic", "drawings", "photos", "others"):
        assert not TrainConfig(**{option: 0.1}).has_labels_only
    assert not TrainConfig(distillation=True).has_labels_only
    assert not TrainConfig(start_model="fashion_cnn").has_labels_only
    state = new_state()
    logits = state.model.eval()(normalise(pixels))
    loss = F.cross_entropy(logits, soft_targets(labels))
    expected = gradient_of(loss, state)
    assert training.update(state, pixels, labels).item() == pytest.approx(loss.item(), abs=1e-5)
    torch.testing.assert_close(state.model.linear2.bias.grad, expected, rtol=1e-4, atol=1e-6)


def test_label_smoothing_is_trained_with_but_not_reported():
    state, (pixels, labels) = new_state(label_smoothing=0.2), first_images(64)
    logits = state.model.eval()(normalise(pixels))
    plain_loss = F.cross_entropy(logits, labels).item()
    expected = gradient_of(F.cross_entropy(logits, labels, label_smoothing=0.2), state)
    assert training.update(state, pixels, labels).item() == pytest.approx(plain_loss, abs=1e-5)
    torch.testing.assert_close(state.model.linear2.bias.grad, expected, rtol=1e-4, atol=1e-6)


def test_of_a_mixture_both_labels_count_by_their_shares_and_neither_is_reported():
    state, (pixels, labels) = new_state(mixup=0.3, label_smoothing=0.2), first_images(50)
    images, shares = random_mixup(
        normalise(pixels), F.one_hot(labels, 10).float(), 15, torch.Generator().manual_seed(0)
    )
    logits = state.model.eval()(images)
    plain_loss = F.cross_entropy(logits[15:], labels[15:]).item()
    expected = gradient_of(F.cross_entropy(logits, shares, label_smoothing=0.2), state)
    assert training.update(state, pixels, labels).item() == pytest.approx(plain_loss, abs=1e-5)
    torch.testing.assert_close(state.model.linear2.bias.grad, expected, rtol=1e-4, atol=1e-6)


def test_what_has_no_label_is_not_reported_but_taught_by_the_teacher():
    state, (pixels, labels) = new_state(distillation=True), first_images(64)
    labels[1::2] = NO_LABEL
    teacher_logits = torch.randn(64, 10, generator=torch.Generator().manual_seed(0))
    logits = state.model.eval()(normalise(pixels))
    plain_loss = F.cross_entropy(logits[::2], labels[::2]).item()
    expected = gradient_of(objective(logits, soft_targets(labels), teacher_logits), state)
    reported = training.update(state, pixels, labels, teacher_logits)
    assert reported.item() == pytest.approx(plain_loss, abs=1e-5)
    torch.testing.assert_close(state.model.linear2.bias.grad, expected, rtol=1e-4, atol=1e-6)


def test_mixtures_are_made_until_the_last_seventh_of_the_steps():
    config = TrainConfig(mixup=0.3, epochs=7, train_size=6_400)  # 100 steps each
    counts = [training.mixed_images(config, step, 64) for step in range(700)]
    assert counts == 600 * [20] + 100 * [0]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_of_the_smallest_batch_one_image_keeps_its_label_alone(count):
    assert math.isfinite(training.update(new_state(mixup=0.9), *first_images(count)).item())


def test_one_cycle_follows_torchs():
    config = TrainConfig(schedule="one-cycle", train_size=6_400, epochs=3, learning_rate=0.01)
    total = config.epochs * config.steps_per_epoch
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=total, pct_start=0.25, cycle_momentum=False
    )
    for step in range(total):
        expected = optimizer.param_groups[0]["lr"]
        assert training.learning_rate_at(config, step) == pytest.approx(expected, rel=1e-6)
        optimizer.step()
        if step < total - 1:
            oracle.step()


def test_constant_schedule_is_constant():
    config = TrainConfig(learning_rate=0.005)
    assert {training.learning_rate_at(config, step) for step in (0, 100, 4299)} == {0.005}


# It covers


def spied(monkeypatch, loss=lambda labels: torch.zeros(())) -> list[tuple]:
    """Lets no weight change; the batches that would have, as they come."""
    batches = []

    def spy(state, pixels, labels):
        batches.append((pixels, labels))
        state.step += 1
        return loss(labels)

    monkeypatch.setattr(training, "update", spy)
    return batches


def test_every_chosen_image_comes_once_an_epoch_in_another_order_each(monkeypatch):
    batches = spied(monkeypatch)
    config = TrainConfig(train_size=1_000, epochs=2)
    run(config)
    pixels, labels = training.training_tensors(config, train_split())
    expected = sorted(zip(pixels.flatten(1).sum(1).tolist(), labels.tolist(), strict=True))
    orders = []
    for epoch in (batches[:16], batches[16:]):
        sums = torch.cat([images for images, _ in epoch]).flatten(1).sum(1).tolist()
        names = torch.cat([names for _, names in epoch]).tolist()
        orders.append(list(zip(sums, names, strict=True)))
        assert sorted(orders[-1]) == expected
    assert orders[0] != orders[1]


def test_epoch_loss_is_the_mean_over_images(monkeypatch):
    """With the loss of each image known, the small last batch must weigh by its size."""
    spied(monkeypatch, loss=lambda labels: labels.float().mean())
    config = TrainConfig(train_size=1_000, epochs=1, batch_size=96)
    _, events = run(config)
    _, labels = training.training_tensors(config, train_split())
    assert events[-1]["train_loss"] == pytest.approx(labels.float().mean().item(), abs=1e-4)


def test_the_teachers_answers_stay_with_their_images_and_mixed_copies():
    config = TrainConfig(distillation=True, train_size=1_000, seed=3)
    plain, labels = training.training_tensors(
        dataclasses.replace(config, distillation=False), train_split()
    )
    copies, same_labels, teacher_logits = training.training_tensors(config, train_split())
    assert torch.equal(copies[0], plain)
    assert torch.equal(same_labels, labels)
    assert teacher_logits.shape == (1 + distillation.MIXTURES, 1_000, 10)
    for pixels, logits in zip(copies, teacher_logits, strict=True):
        (fresh,) = distillation.ask_teacher(pixels[:20].numpy())
        np.testing.assert_allclose(logits[:20], fresh, atol=0.3)


@pytest.mark.parametrize("batch_size", [37, 64])
def test_every_other_image_of_a_students_batch_is_a_mixed_copy_without_a_label(batch_size):
    """With numbers for pictures: a thousand in five copies; 37 leaves one for the last batch."""
    numbers = torch.arange(5_000).view(5, 1_000)
    state = new_state(distillation=True, batch_size=batch_size)
    found = []
    for batch in training._shuffled(state, (numbers, torch.arange(1_000) % 10, numbers)):
        rows = zip(*(part.tolist() for part in batch), strict=True)
        for place, (number, label, answer) in enumerate(rows):
            copy, image = divmod(number, 1_000)
            assert (copy > 0) == (place % 2 == 1)
            assert label == (NO_LABEL if copy else image % 10)
            assert answer == number
            found.append((image, copy))
    assert sorted(image for image, _ in found) == list(range(1_000))
    assert {copy for _, copy in found} == set(range(5))


def test_batches_drawn_ahead_are_those_drawn_one_by_one():
    batches = list(zip(*(part.split(20) for part in first_images(50)), strict=True))
    config = TrainConfig(synthetic=True, seed=3)
    drawn = list(training.prefetched(iter(batches), config, first_step=7))
    assert len(drawn) == 3
    for step, (batch, found) in enumerate(zip(batches, drawn, strict=True), start=7):
        alone = training.with_added(*batch, config, step)
        for ours, expected in zip(found, alone, strict=True):
            assert torch.equal(ours, expected)


# It repeats, and says what it does


EVERYTHING_RANDOM = {"dropout": 0.3, "flips": True, "erasing": True, "mixup": 0.5}


@pytest.mark.parametrize("extra", [{}, EVERYTHING_RANDOM | {"optimizer": "SGD"}])
def test_the_same_seed_repeats_and_another_does_not(extra):
    def losses(seed):
        config = TrainConfig(train_size=1_280, epochs=1, seed=seed, learning_rate=0.01, **extra)
        return [event["train_loss"] for event in run(config)[1]]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_events_are_plain_json_and_complete():
    config = TrainConfig(train_size=3_000, epochs=2)
    _, events = run(config)
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


def test_a_setting_chooses_the_device(monkeypatch):
    monkeypatch.setenv("FASHION_DEVICE", "CUDA")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert training.pick_device().type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no NVIDIA GPU"):
        training.pick_device()
    monkeypatch.setenv("FASHION_DEVICE", "abacus")
    with pytest.raises(ConfigError, match="cpu, cuda, mps, not 'abacus'"):
        training.pick_device()


@pytest.mark.parametrize(
    ("has", "precision"),
    [
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, "bfloat16"),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": False}, "float32"),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": True}, "bfloat16"),
        # Training was 1.4 to 1.6 times slower in bfloat16 on one of these
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": False}, "float32"),
        ({"architecture": "aarch64"}, "float32"),
    ],
)
def test_precision_is_the_faster_one_of_the_hardware(monkeypatch, has, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert training.pick_precision(CPU) == precision


# Validation and the end


def test_validation_equals_a_plain_loop():
    state = new_state()
    result = training.validate(state, val_split())
    with torch.no_grad():
        logits = state.model.eval()(normalise(torch.tensor(val_split().pixels)))
    labels = torch.tensor(val_split().labels)
    assert result["val_loss"] == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-4)
    accuracy = (logits.argmax(1) == labels).float().mean().item()
    assert result["val_accuracy"] == pytest.approx(accuracy)


def test_validation_reports_how_many_pictures_of_all_kinds_are_answered():
    config, told = TrainConfig(synthetic=0.5), []
    state = training.new_state(config, CPU)
    training.validate(state, val_split(), lambda *counts: told.append(counts))
    total = 500 + len(training.val_synthetic(val_split())[0])
    assert (told[0], told[-1]) == ((predict.PART, total), (total, total))


def test_best_weights_are_the_best_and_not_the_last():
    state = new_state()
    training.validate(state, val_split())
    kept = {name: tensor.clone() for name, tensor in state.best_weights.items()}
    state.best_score = (1.0, 0.0)  # nothing can be better now
    training.update(state, *first_images(64))
    assert training.validate(state, val_split())["best"] is False
    assert all(torch.equal(kept[name], state.best_weights[name]) for name in kept)


def test_final_metrics_belong_to_the_best_weights():
    state, _ = run(TrainConfig(train_size=1_000, epochs=1))
    with torch.no_grad():
        state.model.linear2.weight.zero_()  # what comes after the best must not count
    metrics = training.final_metrics(state, val_split())
    assert metrics["test_accuracy"] == pytest.approx(metrics["val_accuracy"], abs=1e-6)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def grow(model):
    model.linear2.weight.mul_(1e4)


def spoil(model):
    model.conv1.weight.fill_(math.nan)


@pytest.mark.parametrize(
    ("change", "sentence"), [(grow, "learning rate below 0.5"), (spoil, "no longer a number")]
)
def test_a_training_that_diverges_ends_with_a_sentence(change, sentence):
    state = new_state(learning_rate=0.5, train_size=1_000)
    with torch.no_grad():
        change(state.model)
    with pytest.raises(TrainingFailed, match=sentence):
        list(training.train(state, train_split(), val_split()))


# Looking for a learning rate


def test_trying_rates_trains_with_each_of_them_whatever_the_config_says():
    """A rate of almost nothing changes nothing; each loss is that before its step."""
    state = new_state(learning_rate=1.0, schedule="one-cycle", train_size=1_000, batch_size=512)
    before = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    # More steps than one epoch has
    losses = list(training.try_rates(state, train_split(), [1e-5] * 3))
    assert losses == pytest.approx([math.log(10)] * 3, abs=0.2)
    for name, tensor in state.model.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=1e-4)
    assert state.step == 3
    losses = list(training.try_rates(state, train_split(), [0.01] * 10))
    assert losses[-1] < losses[0] - 0.2


def test_trying_rates_with_synthetic_pictures_ends_the_thread_that_draws():
    before = threading.active_count()
    state = new_state(synthetic=True, train_size=1_000)
    tries = training.try_rates(state, train_split(), [0.001] * 100)
    assert all(math.isfinite(next(tries)) for _ in range(3))
    tries.close()
    assert threading.active_count() == before
