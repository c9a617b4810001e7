"""Numbers about one model from its answers: confusion matrix, report per class, calibration.

Arrays in, plain values out. A model's confidence in an answer is its highest probability
(top-label confidence). scikit-learn and scipy are imported where they are used: the training
worker reads this module too and would pay for them in memory and start-up time.
"""

import numpy as np

from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES


def accuracy(labels: np.ndarray, preds: np.ndarray) -> float:
    """The fraction 0…1 of `preds` that equal `labels`.

    Both (N,) int64, classes 0…9. Raises ValueError without any image.
    """
    labels, preds = _checked_pair(labels, preds)
    if not len(labels):
        raise ValueError("accuracy of no images at all is undefined")
    return float(np.mean(labels == preds))


def class_mean_accuracy(allowed: np.ndarray, preds: np.ndarray) -> float:
    """The mean over classes of the fraction 0…1 of their pictures that are classified correctly.

    `allowed`: (N, 10) bool, the classes that are right for each picture. A picture counts for each
    of them, so one that may be either of two counts twice. `preds`: (N,) int64. Classes without a
    picture do not count. Raises ValueError where no class has one.
    """
    right = allowed[np.arange(len(preds)), preds]  # (N,) bool
    shares = [right[allowed[:, label]].mean() for label in np.flatnonzero(allowed.any(axis=0))]
    if not shares:
        raise ValueError("accuracy of no pictures at all is undefined")
    return float(np.mean(shares))


def confusion(labels: np.ndarray, preds: np.ndarray) -> np.ndarray:
    """The confusion matrix: how many images of each true class got each predicted class.

    `labels`, `preds`: (N,) int64, classes 0…9. Returns (10, 10) int64, rows = true, columns =
    predicted, always all ten classes. Raises ValueError for other classes or different lengths.
    """
    labels, preds = _checked_pair(labels, preds)
    counts = np.bincount(labels * NUM_CLASSES + preds, minlength=NUM_CLASSES**2)  # (100,)
    return counts.reshape(NUM_CLASSES, NUM_CLASSES).astype(np.int64)


def per_class_report(labels: np.ndarray, preds: np.ndarray) -> list[dict]:
    """Precision, recall, F1 and support of each class.

    `labels`, `preds`: (N,) int64, classes 0…9. Returns ten dicts in class order with the keys class
    (name), precision, recall, f1 (fractions 0…1, 0 where nothing was predicted or nothing was
    there) and support (int, images of this class).
    """
    counts = confusion(labels, preds)  # (10, 10); scikit-learn takes 1.6 s to load for this
    right, support, predicted = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = right / np.maximum(predicted, 1), right / np.maximum(support, 1)  # (10,)
    f1 = 2 * right / np.maximum(predicted + support, 1)  # (10,)
    return [
        {
            "class": name,
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "support": int(support[i]),
        }
        for i, name in enumerate(CLASS_NAMES)
    ]


def summary(labels: np.ndarray, preds: np.ndarray) -> dict:
    """The confusion matrix in a few numbers.

    `labels`, `preds`: (N,) int64, classes 0…9, N > 0. Keys: accuracy and macro_f1 (fractions 0…1;
    macro F1 is the unweighted mean of the classes that have images), classes (int, how many these
    are), worst_class (0…9, the lowest F1 of them), worst_f1, most_confused ((true, pred), None
    without a mistake), most_confused_count and images (int).
    """
    report = per_class_report(labels, preds)
    present = [i for i, row in enumerate(report) if row["support"]]
    worst = min(present, key=lambda i: report[i]["f1"], default=0)
    pairs = most_confused(confusion(labels, preds), 1)
    return {
        "accuracy": accuracy(labels, preds),
        "macro_f1": float(np.mean([report[i]["f1"] for i in present])),
        "classes": len(present),
        "worst_class": worst,
        "worst_f1": report[worst]["f1"],
        "most_confused": pairs[0][:2] if pairs else None,
        "most_confused_count": pairs[0][2] if pairs else 0,
        "images": len(labels),
    }


def most_confused(confusion: np.ndarray, count: int) -> list[tuple[int, int, int]]:
    """The cells off the diagonal with the most images.

    `confusion`: (10, 10) int64. Returns up to `count` tuples (true, pred, images), most first, ties
    in the order of the classes; cells without an image are left out.
    """
    mistakes = np.array(confusion)
    np.fill_diagonal(mistakes, 0)
    return largest_cells(mistakes, count)


def largest_cells(matrix: np.ndarray, count: int) -> list[tuple[int, int, int]]:
    """The cells of a matrix that are farthest from 0, whatever their sign.

    `matrix`: (10, 10) int64. Returns up to `count` tuples (row, column, value), largest first, ties
    in the order of the classes; cells with 0 are left out.
    """
    order = np.argsort(-np.abs(matrix), axis=None, kind="stable")[:count]
    cells = [divmod(int(cell), NUM_CLASSES) for cell in order]
    return [(row, column, int(matrix[row, column])) for row, column in cells if matrix[row, column]]


def predictions(probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The predicted class of each image and the confidence in it.

    `probs`: (N, 10) float32. Returns preds (N,) int64, classes 0…9, and confidences (N,) float64,
    0…1, the highest probability of each row.
    """
    probs = np.asarray(probs)
    preds = probs.argmax(axis=1).astype(np.int64)
    confidences = probs.max(axis=1).astype(np.float64)
    return preds, np.minimum(confidences, 1.0)  # a float32 softmax may give a hair more than 1


def cell_indices(labels: np.ndarray, probs: np.ndarray, true: int, pred: int) -> np.ndarray:
    """Positions of the images in one cell of the confusion matrix, highest confidence first.

    `labels`: (N,) int64; `probs`: (N, 10) float32; `true`, `pred`: classes 0…9. Returns (M,) int64;
    images with the same confidence keep their order.
    """
    preds, confidences = predictions(probs)
    cell = np.flatnonzero((np.asarray(labels) == true) & (preds == pred))
    return cell[np.argsort(-confidences[cell], kind="stable")]


OUTCOMES = ("all", "right", "wrong")
SORTS = ("index", "confident mistakes", "least confident")


def select_indices(
    labels: np.ndarray,
    probs: np.ndarray,
    *,
    true: int | None = None,
    pred: int | None = None,
    outcome: str = "all",
    min_confidence: float = 0.0,
    max_confidence: float = 1.0,
    sort: str = "index",
) -> np.ndarray:
    """Positions of the images that pass every filter, in the order of `sort`: (M,) int64.

    `labels`: (N,) int64; `probs`: (N, 10) float32; `true`, `pred`: a class 0…9, or None for any;
    `outcome`: one of `OUTCOMES`; both ends of the confidence range 0…1 are inside it. `sort`: one
    of `SORTS`; "confident mistakes" puts mistakes first, those with the highest confidence at the
    top. Ties keep the order of the index. Raises ValueError for an unknown outcome or sort.
    """
    if outcome not in OUTCOMES or sort not in SORTS:
        raise ValueError(
            f"outcome {outcome!r} and sort {sort!r} must be among {OUTCOMES} and {SORTS}"
        )
    labels = np.asarray(labels)
    preds, confidences = predictions(probs)
    wrong = preds != labels  # (N,) bool
    keep = (confidences >= min_confidence) & (confidences <= max_confidence)
    if true is not None:
        keep &= labels == true
    if pred is not None:
        keep &= preds == pred
    if outcome != "all":
        keep &= wrong == (outcome == "wrong")
    found = np.flatnonzero(keep)
    keys = {
        "index": found,
        "confident mistakes": np.where(wrong, -confidences, 1.0)[found],
        "least confident": confidences[found],
    }
    return found[np.argsort(keys[sort], kind="stable")]


def calibration(labels: np.ndarray, probs: np.ndarray, bins: int = 10) -> dict:
    """Whether answers given with a confidence of 80 % are right 80 % of the time.

    `labels`: (N,) int64; `probs`: (N, 10) float32. Confidences are sorted into `bins` equally wide
    bins of 0…1, a value on an edge into the lower one. Keys: bins, a list of dicts with low, high
    (edges), images (int), confidence and accuracy (means, fractions 0…1, None in an empty bin); and
    ece, the expected calibration error: the mean gap between confidence and accuracy, weighted by
    images (Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3).
    """
    preds, confidences = predictions(probs)
    right = preds == np.asarray(labels)  # (N,) bool
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.digitize(confidences, edges[1:-1], right=True)  # (N,) int64, 0…bins - 1
    rows = []
    for i in range(bins):
        inside = places == i
        row = {"low": float(edges[i]), "high": float(edges[i + 1]), "images": int(inside.sum())}
        row["confidence"] = float(confidences[inside].mean()) if row["images"] else None
        row["accuracy"] = float(right[inside].mean()) if row["images"] else None
        rows.append(row)
    full = [row for row in rows if row["images"]]
    gaps = [row["images"] * abs(row["accuracy"] - row["confidence"]) for row in full]
    return {"bins": rows, "ece": sum(gaps) / max(len(right), 1)}


def picture_set_report(
    allowed: np.ndarray, probs: np.ndarray, doubted: np.ndarray, ood_scores: np.ndarray
) -> dict:
    """How a model does on a picture set, in plain values; None where there is nothing to measure.

    `allowed`: (N, 10) bool, the classes that are right for each picture, none for an outlier.
    `probs`: (N, 10) float32; `doubted`: (N,) bool, not recognised; `ood_scores`: (N,) in nats.
    A picture that may be either of two classes is right if either is named, and counts for both.

    Keys: accuracy, the mean over the classes that have pictures; per_class, ten dicts with class
    (name), accuracy, support (pictures) and doubted (share); confusion, (10, 10) counts of the
    pictures with one class only; doubted, the share of the garments; outliers, a dict of count,
    doubted (share) and auroc, of `ood_scores` between outliers and garments.
    """
    preds, _ = predictions(probs)
    right = allowed[np.arange(len(preds)), preds]  # (N,) bool
    per_class = [
        {
            "class": name,
            "accuracy": _share(right[allowed[:, label]]),
            "support": int(allowed[:, label].sum()),
            "doubted": _share(doubted[allowed[:, label]]),
        }
        for label, name in enumerate(CLASS_NAMES)
    ]
    accuracies = [row["accuracy"] for row in per_class if row["support"]]
    counts = allowed.sum(axis=1)  # (N,) classes of each picture
    labels = allowed.argmax(axis=1)  # (N,), of one class where there is only one
    return {
        "accuracy": float(np.mean(accuracies)) if accuracies else None,
        "per_class": per_class,
        "confusion": confusion(labels[counts == 1], preds[counts == 1]).tolist(),
        "doubted": _share(doubted[counts > 0]),
        "outliers": {
            "count": int((counts == 0).sum()),
            "doubted": _share(doubted[counts == 0]),
            "auroc": _auroc(counts == 0, ood_scores),
        },
    }


def labels_that_count(allowed: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """One right class for each garment, (N,) int64: the one that is named, if it is right.

    `allowed`: (N, 10) bool, at least one class each; `probs`: (N, 10). So that a picture of either
    of two classes counts as in `picture_set_report`.
    """
    preds, _ = predictions(probs)
    right = allowed[np.arange(len(preds)), preds]  # (N,) bool
    return np.where(right, preds, allowed.argmax(axis=1))


def _share(chosen: np.ndarray) -> float | None:
    """The share 0…1 of True in (N,) bool; None of nothing."""
    return float(chosen.mean()) if len(chosen) else None


def _auroc(is_outlier: np.ndarray, ood_scores: np.ndarray) -> float | None:
    """The area under the ROC curve: how often an outlier has a higher score than a garment, 0…1.

    `is_outlier`: (N,) bool; `ood_scores`: (N,). None unless there are both.
    """
    if is_outlier.all() or not is_outlier.any():
        return None
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_outlier, ood_scores))


def worst_mistakes(allowed: np.ndarray, probs: np.ndarray, count: int) -> np.ndarray:
    """Positions of the garments that are classified wrong with the highest confidence, (M,) int64.

    `allowed`: (N, 10) bool, the classes that are right, none for an outlier; `probs`: (N, 10).
    """
    preds, confidences = predictions(probs)
    right = allowed[np.arange(len(preds)), preds]  # (N,) bool
    wrong = np.flatnonzero(allowed.any(axis=1) & ~right)
    return wrong[np.argsort(-confidences[wrong], kind="stable")][:count]


LARGEST_TEMPERATURE = 20.0


def temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """The temperature: the number that logits are divided by for the best calibrated softmax.

    `labels`: (N,) int64; `logits`: (N, 10) float32. It minimises the mean cross-entropy, which has
    one minimum, between 1/20 and 20 (Guo et al., 2017, section 4.2).
    """
    from scipy.optimize import minimize_scalar

    labels, logits = np.asarray(labels), np.asarray(logits, dtype=np.float64)
    logits = logits - logits.max(axis=1, keepdims=True)  # so that exp() does not overflow
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)  # (N, 10)
        return (np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, labels]).mean()

    bound = np.log(LARGEST_TEMPERATURE)
    found = minimize_scalar(loss, bounds=(-bound, bound), method="bounded")
    return float(np.exp(found.x))


def _checked_pair(labels: np.ndarray, preds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as (N,) int64; ValueError unless they have one length and classes 0…9."""
    labels, preds = np.asarray(labels, dtype=np.int64), np.asarray(preds, dtype=np.int64)
    if labels.ndim != 1 or labels.shape != preds.shape:
        raise ValueError(
            f"labels and preds must be (N,) of one length, not {labels.shape} and {preds.shape}"
        )
    both = np.concatenate([labels, preds])
    if both.size and (both.min() < 0 or both.max() >= NUM_CLASSES):
        raise ValueError(f"classes must be 0…{NUM_CLASSES - 1}, not {both.min()}…{both.max()}")
    return labels, preds
