"""Confident learning: which labels a model's answers make doubtful, and what that is worth.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal
of Artificial Intelligence Research 70, 2021. The answers must be to images that the model has not
learned from. In this file: labels (N,) int64, 0…9; probs (N, 10), each row sums to 1; places index
into the N images.
"""

import numpy as np

from fashion_core import evaluation
from fashion_core.errors import InsideError
from fashion_core.metadata import NUM_CLASSES

UNSURE = -1  # no class reaches its threshold


def class_thresholds(labels: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """From which probability on a model counts as sure of each class: (10,) float64.

    The mean probability of class j over the images with label j, equation 2 of the paper. Infinite
    for a class without images.
    """
    thresholds = np.full(NUM_CLASSES, np.inf)
    for label in np.unique(labels):
        thresholds[label] = probs[labels == label, label].mean(dtype=np.float64)
    return thresholds


def confident_labels(probs: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The class (N,) int64 of which the model is sure, UNSURE where there is none.

    Of several that reach their thresholds it is the most probable one.
    """
    sure = probs >= thresholds
    best = np.where(sure, probs, -1.0).argmax(axis=1)
    return np.where(sure.any(axis=1), best, UNSURE)


def margins(labels: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """The normalised margin (N,) of each label, -1…1: how far it is ahead of the best other class.

    -1: the model is certain of another class; 1: certain of the label.
    """
    others = np.array(probs, dtype=np.float64)
    others[np.arange(len(labels)), labels] = -np.inf
    return probs[np.arange(len(labels)), labels] - others.max(axis=1)


def doubtful_places(labels: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """The places (K,) int64 of the doubtful labels, the most doubtful first.

    Those off the diagonal of the confident joint, ranked by their margins. Not where the label is
    the model's own answer, although another class with a lower threshold is sure. Raises
    InsideError where a probability is not a finite number.
    """
    if not np.isfinite(probs).all():
        raise InsideError(
            "The model's answers to some images are not finite numbers, so no label can be doubted."
            " Choose another model."
        )
    guesses = confident_labels(probs, class_thresholds(labels, probs))
    doubtful = (guesses != UNSURE) & (guesses != labels) & (probs.argmax(axis=1) != labels)
    places = np.flatnonzero(doubtful)
    return places[np.argsort(margins(labels, probs)[places], kind="stable")]


def join_places(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The places (K,) of one list, then those of a second list (M,) that are not in the first."""
    return np.concatenate([first, second[~np.isin(second, first)]]).astype(np.int64)


def accuracy_without(labels: np.ndarray, preds: np.ndarray, order: np.ndarray, count: int) -> float:
    """The accuracy, 0…1, over all images but the first `count` of `order` (K,), which are places.

    NaN where no image is left.
    """
    kept = np.ones(len(labels), bool)
    kept[order[:count]] = False
    return evaluation.accuracy(labels[kept], preds[kept]) if kept.any() else float("nan")
