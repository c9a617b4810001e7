"""Two models side by side: against counting image by image, and against the sign test's closed
form.
"""

from math import comb

import numpy as np
import pytest

from fashion_core import comparison, evaluation
from fashion_core.metadata import CLASS_NAMES


@pytest.fixture
def labels():
    return np.random.default_rng(1).integers(0, 10, 2000)


def probs_of(labels, seed, skill):
    rng = np.random.default_rng(seed)
    scores = np.exp(rng.normal(size=(len(labels), 10)) + skill * np.eye(10)[labels])
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def probs_a(labels):
    return probs_of(labels, 2, 2.2)


@pytest.fixture
def probs_b(labels):
    return probs_of(labels, 3, 2.5)


def test_totals_agree_with_counting_image_by_image(labels, probs_a, probs_b):
    preds_a, preds_b = probs_a.argmax(axis=1), probs_b.argmax(axis=1)
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for label, a, b in zip(labels, preds_a, preds_b, strict=True):
        counts[bool(a == label), bool(b == label)] += 1
    got = comparison.totals(labels, preds_a, preds_b)
    assert [got[key] for key in ("both", "only_a", "only_b", "neither")] == list(counts.values())
    assert got["accuracy_a"] == evaluation.accuracy(labels, preds_a)
    assert got["accuracy_b"] == evaluation.accuracy(labels, preds_b)
    assert got["images"] == 2000
    assert got["accuracy_b"] - got["accuracy_a"] == pytest.approx(
        (got["only_b"] - got["only_a"]) / 2000
    )


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 1), (2, 8), (9, 3), (5, 5)])
def test_chance_is_the_exact_sign_test(only_a, only_b):
    labels = np.zeros(only_a + only_b + 3, dtype=int)
    preds_a, preds_b = labels.copy(), labels.copy()
    preds_b[:only_a] = 1
    preds_a[only_a : only_a + only_b] = 1
    n, fewer = only_a + only_b, min(only_a, only_b)
    expected = min(1.0, 2 * sum(comb(n, i) for i in range(fewer + 1)) / 2**n)
    assert comparison.totals(labels, preds_a, preds_b)["chance"] == pytest.approx(expected)


def test_models_that_are_right_on_the_same_images_may_well_be_equally_good():
    assert comparison.totals([0, 1], [0, 2], [0, 3])["chance"] == 1.0


def test_per_class_agrees_with_counting(labels, probs_a, probs_b):
    preds_a, preds_b = probs_a.argmax(axis=1), probs_b.argmax(axis=1)
    rows = comparison.per_class(labels, preds_a, preds_b)
    assert [row["class"] for row in rows] == list(CLASS_NAMES)
    for place, row in enumerate(rows):
        mine = [i for i in range(len(labels)) if labels[i] == place]
        assert row["recall_a"] == pytest.approx(sum(preds_a[i] == place for i in mine) / len(mine))
        assert row["recall_b"] == pytest.approx(sum(preds_b[i] == place for i in mine) / len(mine))
        assert row["difference"] == pytest.approx(row["recall_b"] - row["recall_a"])
        assert row["only_a"] == sum(preds_a[i] == place != preds_b[i] for i in mine)
        assert row["only_b"] == sum(preds_b[i] == place != preds_a[i] for i in mine)


def test_per_class_of_a_class_without_images_is_zero():
    row = comparison.per_class([0], [0], [1])[5]
    assert (row["recall_a"], row["recall_b"], row["difference"], row["only_a"]) == (0, 0, 0, 0)


def test_changed_sides_are_those_that_only_one_puts_there_and_explain_every_cell_of_the_difference(
    labels, probs_a, probs_b
):
    preds_a, preds_b = probs_a.argmax(axis=1), probs_b.argmax(axis=1)
    difference = evaluation.confusion(labels, preds_b) - evaluation.confusion(labels, preds_a)
    for true in range(10):
        for pred in range(10):
            came, left = comparison.prediction_changes(labels, probs_a, probs_b, true, pred)
            cell = [i for i in range(len(labels)) if labels[i] == true]
            assert sorted(came) == [i for i in cell if preds_b[i] == pred != preds_a[i]]
            assert sorted(left) == [i for i in cell if preds_a[i] == pred != preds_b[i]]
            assert len(came) - len(left) == difference[true, pred]
            for found in (came, left):
                assert (np.diff(probs_b[found].max(axis=1)) <= 0).all()


def test_most_changed_is_largest_first_with_its_sign():
    difference = np.zeros((10, 10), dtype=np.int64)
    difference[6, 0], difference[6, 6], difference[2, 4] = -12, 30, 12
    assert comparison.most_changed(difference, 5) == [(6, 6, 30), (2, 4, 12), (6, 0, -12)]
    assert comparison.most_changed(difference, 1) == [(6, 6, 30)]


def test_answers_to_different_images_are_refused():
    with pytest.raises(ValueError, match="one length"):
        comparison.totals([0, 1], [0, 1], [0])
