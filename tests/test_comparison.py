"""Two models side by side: against counting image by image and the sign test's closed form."""

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
def probs(labels):
    """The answers of A and of B, which is a little better: (2000, 10) each."""
    return probs_of(labels, 2, 2.2), probs_of(labels, 3, 2.5)


@pytest.fixture
def preds(probs):
    return tuple(each.argmax(axis=1) for each in probs)


def test_totals_agree_with_counting_image_by_image(labels, preds):
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for label, a, b in zip(labels, *preds, strict=True):
        counts[bool(a == label), bool(b == label)] += 1
    totals = comparison.totals(labels, *preds)
    keys = ("both", "only_a", "only_b", "neither")
    assert [totals[key] for key in keys] == list(counts.values())
    assert totals["accuracy_a"] == evaluation.accuracy(labels, preds[0])
    assert totals["accuracy_b"] == evaluation.accuracy(labels, preds[1])
    assert totals["images"] == len(labels)


def test_the_images_of_a_number_are_as_many_as_it_says_of_its_kind_and_surest_first(
    labels, preds, probs
):
    totals = comparison.totals(labels, *preds)
    right = [each == labels for each in preds]
    for group in ("only_a", "only_b", "both", "neither"):
        found = comparison.group_indices(labels, *probs, group)
        assert len(set(found)) == len(found) == totals[group]
        expected = [group in ("only_a", "both"), group in ("only_b", "both")]
        assert [set(of_model[found]) for of_model in right] == [{each} for each in expected]
        surest = probs[0 if group == "only_a" else 1][found].max(axis=1)
        assert (np.diff(surest) <= 0).all()
    found = comparison.group_indices(labels, *probs, "one", true=3)
    row = comparison.per_class(labels, *preds)[3]
    assert len(found) == row["only_a"] + row["only_b"]
    assert set(labels[found]) == {3}
    with pytest.raises(ValueError, match="must be one of"):
        comparison.group_indices(labels, *probs, "magic")


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (0, 1), (2, 8), (9, 3), (5, 5)])
def test_the_p_value_is_that_of_the_exact_sign_test(only_a, only_b):
    labels = np.zeros(only_a + only_b + 3, dtype=int)
    preds_a, preds_b = labels.copy(), labels.copy()
    preds_b[:only_a] = 1
    preds_a[only_a : only_a + only_b] = 1
    n, fewer = only_a + only_b, min(only_a, only_b)
    expected = min(1.0, 2 * sum(comb(n, i) for i in range(fewer + 1)) / 2**n)
    assert comparison.totals(labels, preds_a, preds_b)["p_value"] == pytest.approx(expected)


def test_per_class_agrees_with_counting(labels, preds):
    preds_a, preds_b = preds
    rows = comparison.per_class(labels, preds_a, preds_b)
    assert [row["class"] for row in rows] == list(CLASS_NAMES)
    for true, row in enumerate(rows):
        mine = [i for i in range(len(labels)) if labels[i] == true]
        assert row["recall_a"] == pytest.approx(sum(preds_a[i] == true for i in mine) / len(mine))
        assert row["recall_b"] == pytest.approx(sum(preds_b[i] == true for i in mine) / len(mine))
        assert row["difference"] == pytest.approx(row["recall_b"] - row["recall_a"])
        assert row["only_a"] == sum(preds_a[i] == true != preds_b[i] for i in mine)
        assert row["only_b"] == sum(preds_b[i] == true != preds_a[i] for i in mine)


def test_per_class_of_a_class_without_images_is_zero():
    row = comparison.per_class([0], [0], [1])[5]
    assert (row["recall_a"], row["recall_b"], row["difference"], row["only_a"]) == (0, 0, 0, 0)


def test_prediction_changes_explain_every_cell_of_the_difference(labels, probs, preds):
    preds_a, preds_b = preds
    difference = evaluation.confusion(labels, preds_b) - evaluation.confusion(labels, preds_a)
    for (true, pred), change in np.ndenumerate(difference):
        came, left = comparison.prediction_changes(labels, *probs, true, pred)
        cell = [i for i in range(len(labels)) if labels[i] == true]
        assert sorted(came) == [i for i in cell if preds_b[i] == pred != preds_a[i]]
        assert sorted(left) == [i for i in cell if preds_a[i] == pred != preds_b[i]]
        assert len(came) - len(left) == change
        for found in (came, left):
            assert (np.diff(probs[1][found].max(axis=1)) <= 0).all()


def test_answers_to_different_images_are_refused():
    with pytest.raises(ValueError, match="one length"):
        comparison.totals([0, 1], [0, 1], [0])
