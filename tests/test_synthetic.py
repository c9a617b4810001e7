"""Synthetic training pictures: repeatable, framed as in the data set, worth learning from."""

from dataclasses import replace

import numpy as np
import pytest

from fashion_core import data, training
from fashion_core.config import TrainConfig
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES, OUTLIER
from fashion_core.predict import predict_logits
from fashion_core.synthetic.batches import SHARES, pictures_like, synthetic_batch
from fashion_core.synthetic.canvas import EDGE, fitted
from fashion_core.synthetic.drawing import TOLD_BY_DETAILS
from fashion_core.synthetic.garments import garment
from fashion_core.synthetic.parts import AREAS


@pytest.fixture(scope="module")
def some():
    """Twenty validation images of each class: pixels (200, 28, 28), labels (200,)."""
    split = data.load_split("val")
    chosen = np.concatenate(
        [np.flatnonzero(split.labels == label)[:20] for label in range(NUM_CLASSES)]
    )
    return split.pixels[chosen], split.labels[chosen]


@pytest.mark.parametrize("kind", SHARES)
def test_the_same_seed_makes_the_same_pictures_and_another_one_others(some, kind):
    pixels, labels = some
    first, again, other = (
        pictures_like(kind, pixels, labels, seed) for seed in ((0, 7), (0, 7), (0, 8))
    )
    assert np.array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).mean() > 0.99


@pytest.mark.parametrize("kind", SHARES)
def test_every_picture_is_framed_as_in_the_data_set(some, kind):
    made = pictures_like(kind, *some, seed=3)
    assert made.shape == (200, 28, 28)
    assert made.dtype == np.uint8
    assert (made.max(axis=(1, 2)) == 255).all()  # the brightest point is white, so nothing is empty
    rows, columns = made.any(axis=2), made.any(axis=1)
    longest = np.maximum(rows.sum(axis=1), columns.sum(axis=1))
    assert np.median(longest) == 28
    assert np.median(made) < 128  # the background


def test_the_kinds_come_in_their_shares_and_in_the_order_of_the_images(some):
    pixels, labels = some
    made, made_labels = synthetic_batch(pixels, labels, seed=5)
    drawn, outliers = (round(SHARES[kind] * 200) for kind in ("drawn", "outlier"))
    assert sum(SHARES.values()) == pytest.approx(1)
    assert len(made) == 200
    assert np.array_equal(made_labels[:-outliers], labels[:-outliers])
    assert (made_labels[-outliers:] == OUTLIER).all()
    assert np.array_equal(made[:drawn], pictures_like("drawn", pixels[:drawn], labels[:drawn], 5))


@pytest.mark.parametrize("label", range(NUM_CLASSES), ids=CLASS_NAMES)
def test_a_drawn_garment_is_made_of_known_finite_parts_and_varies(label):
    rng = np.random.default_rng(1)
    drawings = [garment(label, rng) for _ in range(60)]
    for parts in drawings:
        assert any(part.kind == "cloth" for part in parts)
        for part in parts:
            assert part.kind in (*AREAS, "line")
            assert part.points.shape == (len(part.points), 2)
            assert np.isfinite(part.points).all()
    assert len({len(parts) for parts in drawings}) > 5


def test_a_class_that_is_told_by_its_details_is_never_drawn_as_a_bare_outline():
    rng = np.random.default_rng(2)
    for label in TOLD_BY_DETAILS:
        for _ in range(40):
            assert any(part.kind != "cloth" for part in garment(label, rng)), CLASS_NAMES[label]


def test_a_model_that_learns_from_synthetic_pictures_understands_drawings_better():
    train, val = data.load_split("train"), data.load_split("val")
    val = replace(val, pixels=val.pixels[:400], labels=val.labels[:400], indices=val.indices[:400])
    pixels, labels = training.val_synthetic(val)
    accuracies = {}
    for learns in (False, True):
        config = TrainConfig(epochs=1, train_size=3_000, learning_rate=0.002, synthetic=learns)
        state = training.new_state(config)
        events = [event for event in training.train(state, train, val) if event["kind"] == "epoch"]
        accuracies[learns] = float((predict_logits(state.model, pixels).argmax(1) == labels).mean())
        assert ("synthetic_accuracy" in events[-1]) == learns
    assert events[-1]["synthetic_accuracy"] == pytest.approx(accuracies[True])
    assert events[-1]["step"] == config.steps_per_epoch == 94
    assert accuracies[True] > accuracies[False] + 0.1


def test_an_object_at_the_edge_of_a_picture_is_cropped_too():
    canvas = np.zeros((EDGE, EDGE), np.uint8)
    canvas[:, -3:] = 255
    for turned in (canvas, canvas.T):
        for seed in range(300):
            assert fitted(turned, np.random.default_rng(seed)).shape == (28, 28)
