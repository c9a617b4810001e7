"""Confident learning: planted errors are found, and the list is cleanlab's."""

import numpy as np
import pytest
from cleanlab.filter import find_label_issues

from fashion_core import label_errors
from fashion_core.errors import InsideError
from fashion_core.metadata import NUM_CLASSES

# Two images of each of three classes; the last one has the label 2 and is called a 0
LABELS = np.array([0, 0, 1, 1, 2, 2])
PROBS = np.zeros((6, NUM_CLASSES))
PROBS[:, :3] = [
    [0.9, 0.1, 0.0],
    [0.7, 0.2, 0.1],
    [0.2, 0.8, 0.0],
    [0.4, 0.6, 0.0],
    [0.1, 0.0, 0.9],
    [0.8, 0.1, 0.1],
]


def confident_joint(labels, probs):
    """Counts (10, 10), equation 1 of the paper: rows the label, columns the class it is sure of."""
    guesses = label_errors.confident_labels(probs, label_errors.class_thresholds(labels, probs))
    counted = guesses != label_errors.UNSURE
    joint = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    np.add.at(joint, (labels[counted], guesses[counted]), 1)
    return joint


def planted(share=0.03, count=5_000):
    """True labels, those with errors, and what a good model says: mostly sure, sometimes not."""
    rng = np.random.default_rng(0)
    true = rng.integers(NUM_CLASSES, size=count)
    logits = rng.normal(size=(count, NUM_CLASSES))
    logits[np.arange(count), true] += rng.choice([2.0, 6.0], size=count, p=[0.1, 0.9])
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = rng.random(count) < share
    given = np.where(wrong, (true + rng.integers(1, NUM_CLASSES, size=count)) % NUM_CLASSES, true)
    return given, probs, np.flatnonzero(wrong)


def test_figures_worked_out_by_hand():
    thresholds = label_errors.class_thresholds(LABELS, PROBS)
    np.testing.assert_allclose(thresholds[:3], [0.8, 0.7, 0.5])
    assert np.isinf(thresholds[3:]).all()  # classes without images
    joint = confident_joint(LABELS, PROBS)
    assert joint[:3, :3].tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert joint.sum() == 4  # of two images it is not sure
    np.testing.assert_allclose(label_errors.margins(LABELS, PROBS), [0.8, 0.5, 0.6, 0.2, 0.8, -0.7])
    assert label_errors.doubtful_places(LABELS, PROBS).tolist() == [5]


def test_a_label_that_is_the_models_own_answer_is_not_doubted():
    """It is sure of class 1 in the second image, whose threshold is low, and still says 0."""
    labels, probs = np.array([0, 0, 1, 1]), np.zeros((4, NUM_CLASSES))
    probs[:, :3] = [[0.98, 0.01, 0.01], [0.5, 0.45, 0.05], [0.3, 0.4, 0.3], [0.28, 0.44, 0.28]]
    assert confident_joint(labels, probs)[0, 1] == 1
    assert label_errors.doubtful_places(labels, probs).tolist() == []


def test_one_list_after_another_has_each_place_once():
    joined = label_errors.join_places(np.array([4, 2]), np.array([1, 4, 0]))
    assert joined.tolist() == [4, 2, 1, 0]


def test_planted_errors_are_found_first():
    given, probs, wrong = planted()
    found = label_errors.doubtful_places(given, probs)
    assert len(set(found) & set(wrong)) > 0.75 * len(wrong)  # of some errors it is not sure
    assert len(set(found[:100]) & set(wrong)) == 100


def test_the_list_and_its_order_are_cleanlabs(test_set):
    for labels, probs in (planted()[:2], test_set):
        oracle = find_label_issues(
            labels,
            probs,
            filter_by="confident_learning",
            return_indices_ranked_by="normalized_margin",
            n_jobs=1,
        )
        assert len(oracle) > 100
        assert label_errors.doubtful_places(labels, probs).tolist() == oracle.tolist()


def test_accuracy_without_the_first_of_the_list():
    order, preds = np.array([5, 3]), PROBS.argmax(axis=1)
    for count, accuracy in ((0, 5 / 6), (1, 1.0), (2, 1.0)):
        found = label_errors.accuracy_without(LABELS, preds, order, count)
        assert found == pytest.approx(accuracy)
    assert np.isnan(label_errors.accuracy_without(LABELS, preds, np.arange(6), 6))


def test_answers_that_are_no_numbers_are_refused_in_a_sentence():
    broken = PROBS.copy()
    broken[2, 1] = np.nan
    with pytest.raises(InsideError, match=r"not finite numbers.*Choose another model"):
        label_errors.doubtful_places(LABELS, broken)
