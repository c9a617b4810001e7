"""Numbers about two models on the same images: who is right where, and which predictions changed.

Arrays in, plain values out. A is the first model, B the second; a difference is always B minus A.
"""

import numpy as np

from fashion_core import evaluation
from fashion_core.metadata import CLASS_NAMES


def totals(labels: np.ndarray, preds_a: np.ndarray, preds_b: np.ndarray) -> dict:
    """How often each of two models is right, alone and together.

    `labels`, `preds_a`, `preds_b`: (N,) int64, classes 0…9, N > 0. Keys: accuracy_a, accuracy_b
    (fractions 0…1), both, only_a, only_b, neither (images that these classify correctly, int),
    images (int), and p_value (0…1): how likely two equally good models would differ at least this
    much by luck, from the discordant images alone (the exact sign test of McNemar, "Note on the
    sampling error of the difference between correlated proportions", 1947).
    """
    # Imported here: only a page that compares pays for it. scipy.stats takes four times as long
    from scipy.special import bdtr

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
        # Both tails of the binomial distribution with even chances, which is symmetric
        "p_value": min(1.0, 2 * float(bdtr(min(only_a, only_b), discordant, 0.5))),
    }


def per_class(labels: np.ndarray, preds_a: np.ndarray, preds_b: np.ndarray) -> list[dict]:
    """The recall of both models on each class: ten dicts in class order.

    `labels`, `preds_a`, `preds_b`: (N,) int64, classes 0…9. Keys: class (name), recall_a, recall_b
    (fractions 0…1, 0 for a class without images), difference (recall_b - recall_a), only_a, only_b
    (images that only this one classifies correctly, int).
    """
    labels = np.asarray(labels)
    right_a, right_b = _right(labels, preds_a), _right(labels, preds_b)
    rows = []
    for true, name in enumerate(CLASS_NAMES):
        a, b = right_a[labels == true], right_b[labels == true]  # (M,) bool each
        support = max(len(a), 1)
        recall_a, recall_b = float(a.sum() / support), float(b.sum() / support)
        row = {
            "class": name,
            "recall_a": recall_a,
            "recall_b": recall_b,
            "difference": recall_b - recall_a,
            "only_a": int(np.sum(a & ~b)),
            "only_b": int(np.sum(b & ~a)),
        }
        rows.append(row)
    return rows


def prediction_changes(
    labels: np.ndarray, probs_a: np.ndarray, probs_b: np.ndarray, true: int, pred: int
) -> tuple[np.ndarray, np.ndarray]:
    """The images that only one of two models puts into a cell: (came, left), positions.

    `labels`: (N,) int64; `probs_a`, `probs_b`: (N, 10) float32; `true`, `pred`: classes 0…9.
    `came`: images of class `true` that B calls `pred` and A does not; `left`: those that A calls so
    and B does not. Both (M,) int64, B's highest confidence first. `came` has as many more images
    than `left` as this cell of B's confusion matrix has more than A's.
    """
    preds_a, _ = evaluation.predictions(probs_a)
    preds_b, confidences = evaluation.predictions(probs_b)
    is_true = np.asarray(labels) == true
    in_a, in_b = is_true & (preds_a == pred), is_true & (preds_b == pred)  # (N,) bool
    came, left = np.flatnonzero(in_b & ~in_a), np.flatnonzero(in_a & ~in_b)
    return _by_confidence(came, confidences), _by_confidence(left, confidences)


GROUPS = ("right_a", "right_b", "only_a", "only_b", "both", "neither", "one")


def group_indices(
    labels: np.ndarray,
    probs_a: np.ndarray,
    probs_b: np.ndarray,
    group: str,
    true: int | None = None,
) -> np.ndarray:
    """The images that one of the numbers counts: positions (M,) int64.

    `labels`: (N,) int64; `probs_a`, `probs_b`: (N, 10) float32. `group`: one of `GROUPS`, by who
    classifies them correctly; "one": exactly one of the two. `true`: of this class 0…9 alone. The
    highest confidence comes first: A's where the group is about A, else B's. Raises ValueError for
    an unknown group.
    """
    if group not in GROUPS:
        raise ValueError(f"group {group!r} must be one of {GROUPS}")
    preds_a, confidences_a = evaluation.predictions(probs_a)
    preds_b, confidences_b = evaluation.predictions(probs_b)
    a, b = _right(labels, preds_a), _right(labels, preds_b)  # (N,) bool each
    masks = {
        "right_a": a,
        "right_b": b,
        "only_a": a & ~b,
        "only_b": b & ~a,
        "both": a & b,
        "neither": ~a & ~b,
        "one": a ^ b,
    }
    wanted = masks[group] if true is None else masks[group] & (np.asarray(labels) == true)
    confidences = confidences_a if group in ("right_a", "only_a") else confidences_b
    return _by_confidence(np.flatnonzero(wanted), confidences)


def _by_confidence(found: np.ndarray, confidences: np.ndarray) -> np.ndarray:
    """The positions `found` (M,), highest of the confidences (N,) first."""
    return found[np.argsort(-confidences[found], kind="stable")]


def _right(labels: np.ndarray, preds: np.ndarray) -> np.ndarray:
    """Which predictions are correct: (N,) bool; ValueError for different lengths."""
    labels, preds = np.asarray(labels), np.asarray(preds)
    if labels.shape != preds.shape:
        raise ValueError(
            f"labels and preds must be (N,) of one length, not {labels.shape} and {preds.shape}"
        )
    return labels == preds
