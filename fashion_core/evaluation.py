"""Arrays in, numbers out: confusion, per-class report, mistakes, most confused, calibration.

scikit-learn is imported where it is used: the training worker reads this module too and would pay
for it in memory and start-up time.
"""

import numpy as np

from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

OUTCOMES = ("all", "right", "wrong")
SORTS = ("index", "confident mistakes", "least confident")


def accuracy(labels, preds):
    """The fraction of `preds` that equal `labels`; both (N,) int64, N > 0. A float in 0…1."""
    labels, preds = _checked_pair(labels, preds)
    if not len(labels):
        raise ValueError("accuracy of no images at all is undefined")
    return float(np.mean(labels == preds))


def confusion(labels, preds):
    """How often each true class got each predicted class.

    `labels`, `preds`: (N,) integers 0…9. Returns (10, 10) int64, rows = true, columns = predicted,
    always all ten classes. Raises ValueError for classes outside 0…9 or different lengths.
    """
    labels, preds = _checked_pair(labels, preds)
    counts = np.bincount(labels * NUM_CLASSES + preds, minlength=NUM_CLASSES**2)
    return counts.reshape(NUM_CLASSES, NUM_CLASSES).astype(np.int64)


def per_class_report(labels, preds):
    """Precision, recall, F1 and support of each class, from scikit-learn.

    `labels`, `preds`: (N,) integers 0…9. Returns ten dicts in class order with class (name),
    precision, recall, f1 (fractions 0…1; 0 where nothing was predicted or nothing was there) and
    support (int, true images).
    """
    from sklearn.metrics import precision_recall_fscore_support

    labels, preds = _checked_pair(labels, preds)
    scores = precision_recall_fscore_support(
        labels, preds, labels=range(NUM_CLASSES), zero_division=0.0
    )
    names = ("precision", "recall", "f1", "support")
    rows = [dict(zip(names, map(float, row), strict=True)) for row in zip(*scores, strict=True)]
    return [
        {"class": name, **row, "support": int(row["support"])}
        for name, row in zip(CLASS_NAMES, rows, strict=True)
    ]


def summary(labels, preds):
    """The four numbers on top of the confusion page, as a dict of plain values.

    `labels`, `preds`: (N,) integers 0…9, N > 0. Keys: accuracy, macro_f1 (mean F1 of the ten
    classes, unweighted), worst_class (int, lowest F1 of the classes that have images), worst_f1,
    most_confused ((true, pred) or None without a mistake), most_confused_count, images.
    """
    report = per_class_report(labels, preds)
    present = [i for i, row in enumerate(report) if row["support"]]
    worst = min(present, key=lambda i: report[i]["f1"], default=0)
    pairs = most_confused(confusion(labels, preds), 1)
    return {
        "accuracy": accuracy(labels, preds),
        "macro_f1": float(np.mean([row["f1"] for row in report])),
        "worst_class": worst,
        "worst_f1": report[worst]["f1"],
        "most_confused": pairs[0][:2] if pairs else None,
        "most_confused_count": pairs[0][2] if pairs else 0,
        "images": len(labels),
    }


def most_confused(confusion, count):
    """The cells off the diagonal with the most images.

    `confusion`: (10, 10) int64. Returns up to `count` tuples (true, pred, images), most first, ties
    in the order of the classes; cells without an image are left out.
    """
    mistakes = np.array(confusion)
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:count]
    cells = [(int(cell) // NUM_CLASSES, int(cell) % NUM_CLASSES) for cell in order]
    return [(true, pred, int(mistakes[true, pred])) for true, pred in cells if mistakes[true, pred]]


def cell_indices(labels, probs, true, pred):
    """Positions of the images of class `true` that were called `pred`, surest first.

    `labels` (N,) int64, `probs` (N, 10). Returns (M,) int64; images with the same confidence keep
    their order.
    """
    preds, confidences = predictions(probs)
    cell = np.flatnonzero((np.asarray(labels) == true) & (preds == pred))
    return cell[np.argsort(-confidences[cell], kind="stable")]


def predictions(probs):
    """The predicted class and how sure the model is of it.

    `probs` (N, 10). Returns preds (N,) int64 and confidences (N,) float64, the highest probability
    of each row.
    """
    probs = np.asarray(probs)
    # A float32 softmax may give a hair more than 1.
    return probs.argmax(axis=1).astype(np.int64), np.minimum(
        probs.max(axis=1).astype(np.float64), 1.0
    )


def select_indices(
    labels,
    probs,
    *,
    true=None,
    pred=None,
    outcome="all",
    min_confidence=0.0,
    max_confidence=1.0,
    sort="index",
):
    """Positions of the images that pass every filter, in the order of `sort`.

    `labels` (N,) int64, `probs` (N, 10) float; `true`, `pred`: a class 0…9 or None for any;
    `outcome`: one of `OUTCOMES`; both ends of the confidence range (0…1) count as inside. `sort`:
    "index"; "confident mistakes", mistakes first and the surest of them first, then the right ones;
    "least confident". Ties keep the order of the index. Returns (M,) int64. Raises ValueError for
    an unknown outcome or sort.
    """
    if outcome not in OUTCOMES or sort not in SORTS:
        raise ValueError(
            f"outcome {outcome!r} and sort {sort!r} must be among {OUTCOMES} and {SORTS}"
        )
    labels = np.asarray(labels)
    preds, confidences = predictions(probs)
    wrong = preds != labels
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


def page_count(count, per_page):
    """How many pages of `per_page` images `count` images fill; at least 1, so that there is a page
    to stand on.
    """
    return max(1, -(-count // per_page))


def page_of(found, index, per_page):
    """The page 1… of `found` (M,) that holds `index`, or None where it is not in `found`."""
    places = np.flatnonzero(np.asarray(found) == index)
    return int(places[0]) // per_page + 1 if len(places) else None


def neighbour(found, index, by):
    """The image `by` places after (or before) `index` in `found` (M,), or None at an end or without
    `index`.
    """
    places = np.flatnonzero(np.asarray(found) == index)
    place = int(places[0]) + by if len(places) else -1
    return int(found[place]) if 0 <= place < len(found) else None


def calibration(labels, probs, bins=10):
    """Whether "80 % sure" is right 80 % of the time.

    `labels` (N,) int64, `probs` (N, 10). Confidences are sorted into `bins` equally wide bins of
    0…1, a value on an edge into the lower one. Returns {"bins": [...], "ece": float}; each bin a
    dict with low, high, images (int), confidence and accuracy (means, None in an empty bin). ece:
    expected calibration error, the gaps weighted by images (Guo et al., "On Calibration of Modern
    Neural Networks", 2017, equation 3).
    """
    preds, confidences = predictions(probs)
    right = preds == np.asarray(labels)
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.digitize(confidences, edges[1:-1], right=True)
    rows = []
    for i in range(bins):
        inside = places == i
        row = {"low": float(edges[i]), "high": float(edges[i + 1]), "images": int(inside.sum())}
        row["confidence"] = float(confidences[inside].mean()) if row["images"] else None
        row["accuracy"] = float(right[inside].mean()) if row["images"] else None
        rows.append(row)
    gaps = [
        row["images"] * abs(row["accuracy"] - row["confidence"]) for row in rows if row["images"]
    ]
    return {"bins": rows, "ece": sum(gaps) / max(len(right), 1)}


def temperature(labels, logits):
    """The number that logits must be divided by for their softmax to be calibrated best.

    `labels` (N,) int64, `logits` (N, 10). It minimises the mean cross-entropy, which has one
    minimum, between 1/20 and 20 (Guo et al., 2017, section 4.2).
    """
    from scipy.optimize import minimize_scalar

    labels, logits = np.asarray(labels), np.asarray(logits, dtype=np.float64)
    logits = logits - logits.max(axis=1, keepdims=True)
    rows = np.arange(len(labels))

    def loss(log_temperature):
        cooled = logits / np.exp(log_temperature)
        return (np.log(np.exp(cooled).sum(axis=1)) - cooled[rows, labels]).mean()

    return float(
        np.exp(minimize_scalar(loss, bounds=(-np.log(20), np.log(20)), method="bounded").x)
    )


def _checked_pair(labels, preds):
    labels, preds = np.asarray(labels, dtype=np.int64), np.asarray(preds, dtype=np.int64)
    if labels.ndim != 1 or labels.shape != preds.shape:
        raise ValueError(
            f"labels and preds must be (N,) of one length, not {labels.shape} and {preds.shape}"
        )
    both = np.concatenate([labels, preds])
    if both.size and (both.min() < 0 or both.max() >= NUM_CLASSES):
        raise ValueError(f"classes must be 0…{NUM_CLASSES - 1}, not {both.min()}…{both.max()}")
    return labels, preds
