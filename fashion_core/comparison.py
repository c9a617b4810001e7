"""Two models on the same images, arrays in, numbers out: who is right where, and which images
changed sides.

A is the first model, B the second; a difference is always B minus A.
"""

import numpy as np

from fashion_core import evaluation
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES


def totals(labels, preds_a, preds_b):
    """How often each of two models is right, alone and together, as a dict of plain values.

    `labels`, `preds_a`, `preds_b`: (N,) integers 0…9, N > 0. Keys: accuracy_a, accuracy_b
    (fractions), both, only_a, only_b, neither (images that are named rightly by these), images, and
    chance: how likely two equally good models would be at least this far apart by luck (the exact
    sign test of McNemar, "Note on the sampling error of the difference between correlated
    proportions", 1947).
    """
    # Imported here, as scikit-learn is in evaluation: only a page that compares pays for it.
    from scipy.stats import binomtest

    right_a, right_b = _right(labels, preds_a), _right(labels, preds_b)
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    discordant = only_a + only_b
    return {
        "accuracy_a": evaluation.accuracy(labels, preds_a),
        "accuracy_b": evaluation.accuracy(labels, preds_b),
        "both": int(np.sum(right_a & right_b)),
        "only_a": only_a,
        "only_b": only_b,
        "neither": int(np.sum(~right_a & ~right_b)),
        "images": len(right_a),
        "chance": float(binomtest(only_b, discordant).pvalue) if discordant else 1.0,
    }


def per_class(labels, preds_a, preds_b):
    """Who finds how much of each class: ten dicts in class order.

    `labels`, `preds_a`, `preds_b`: (N,) integers 0…9. Keys: class (name), recall_a, recall_b
    (fractions, 0 for a class without images), difference (recall_b - recall_a), only_a, only_b
    (images that only this one names rightly).
    """
    right_a, right_b = _right(labels, preds_a), _right(labels, preds_b)
    rows = []
    for place, name in enumerate(CLASS_NAMES):
        a, b = right_a[np.asarray(labels) == place], right_b[np.asarray(labels) == place]
        recall_a, recall_b = (float(right.sum() / max(len(right), 1)) for right in (a, b))
        row = {
            "class": name,
            "recall_a": recall_a,
            "recall_b": recall_b,
            "difference": recall_b - recall_a,
        }
        rows.append(row | {"only_a": int(np.sum(a & ~b)), "only_b": int(np.sum(b & ~a))})
    return rows


def prediction_changes(labels, probs_a, probs_b, true, pred):
    """The images of a cell that only one of two models puts there: (came, left), positions, B's
    surest first.

    `labels` (N,) int64, `probs_a`, `probs_b` (N, 10); `true`, `pred` are classes 0…9. `came`:
    images of class `true` that B calls `pred` and A does not; `left`: those that A calls so and B
    does not. Both (M,) int64; there are as many more in `came` than in `left` as this cell of B's
    confusion matrix holds more than A's.
    """
    (preds_a, _), (preds_b, confidences) = (
        evaluation.predictions(probs_a),
        evaluation.predictions(probs_b),
    )
    in_a, in_b = ((np.asarray(labels) == true) & (preds == pred) for preds in (preds_a, preds_b))
    came, left = np.flatnonzero(in_b & ~in_a), np.flatnonzero(in_a & ~in_b)
    return tuple(found[np.argsort(-confidences[found], kind="stable")] for found in (came, left))


def most_changed(difference, count):
    """The cells that hold most images more or fewer: up to `count` tuples (true, pred, images),
    largest change first.

    `difference`: (10, 10) int64; `images` has its sign. Ties keep the order of the classes, cells
    without a change are left out.
    """
    order = np.argsort(-np.abs(difference), axis=None, kind="stable")[:count]
    cells = [(int(cell) // NUM_CLASSES, int(cell) % NUM_CLASSES) for cell in order]
    return [
        (true, pred, int(difference[true, pred])) for true, pred in cells if difference[true, pred]
    ]


def _right(labels, preds):
    labels, preds = np.asarray(labels), np.asarray(preds)
    if labels.shape != preds.shape:
        raise ValueError(
            f"labels and preds must be (N,) of one length, not {labels.shape} and {preds.shape}"
        )
    return labels == preds
