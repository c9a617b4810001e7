"""The numbers about a model: against scikit-learn, counting by hand and closed forms."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from fashion_core import evaluation, paging
from fashion_core.metadata import CLASS_NAMES


@pytest.fixture
def labels():
    return np.random.default_rng(1).integers(0, 10, 3000)


@pytest.fixture
def probs(labels):
    """Probabilities that are right about two times in three, with ties and certainty among them."""
    rng = np.random.default_rng(2)
    probs = np.exp(2 * (rng.normal(size=(len(labels), 10)) + 2.2 * np.eye(10)[labels]))
    probs /= probs.sum(axis=1, keepdims=True)
    probs[:20] = 0.1
    probs[20:40] = np.eye(10)[rng.integers(0, 10, 20)]
    return probs.astype(np.float32)


@pytest.fixture
def preds(probs):
    return probs.argmax(axis=1)


def test_confusion_agrees_with_scikit_learn(labels, preds):
    ours = evaluation.confusion(labels, preds)
    np.testing.assert_array_equal(ours, metrics.confusion_matrix(labels, preds, labels=range(10)))
    assert ours.dtype == np.int64


def test_confusion_has_the_true_class_down_and_the_predicted_across():
    assert evaluation.confusion([6], [0])[6, 0] == 1


def test_confusion_has_ten_classes_even_of_nothing():
    np.testing.assert_array_equal(evaluation.confusion([], []), np.zeros((10, 10)))


@pytest.mark.parametrize(
    ("labels", "preds"), [([10], [0]), ([0], [-1]), ([0, 1], [0]), ([[0]], [[0]])]
)
def test_confusion_refuses_what_is_no_pair_of_class_lists(labels, preds):
    with pytest.raises(ValueError, match=r"0…9|one length"):
        evaluation.confusion(labels, preds)


def test_per_class_report_agrees_with_scikit_learn(labels, preds):
    report = evaluation.per_class_report(labels, preds)
    assert [row["class"] for row in report] == list(CLASS_NAMES)
    theirs = metrics.precision_recall_fscore_support(labels, preds)  # (10,) each
    for name, expected in zip(("precision", "recall", "f1", "support"), theirs, strict=True):
        np.testing.assert_allclose([row[name] for row in report], expected)
    assert {type(row["support"]) for row in report} == {int}
    assert {type(row["f1"]) for row in report} == {float}


def test_per_class_report_of_a_class_that_never_occurs_is_zero_without_a_warning(recwarn):
    row = evaluation.per_class_report([0, 0], [0, 0])[5]
    assert (row["precision"], row["recall"], row["f1"], row["support"]) == (0, 0, 0, 0)
    assert not recwarn


def test_summary_agrees_with_scikit_learn(labels, preds):
    summary = evaluation.summary(labels, preds)
    assert summary["accuracy"] == pytest.approx(metrics.accuracy_score(labels, preds))
    assert summary["macro_f1"] == pytest.approx(metrics.f1_score(labels, preds, average="macro"))
    f1 = metrics.f1_score(labels, preds, average=None)
    assert summary["worst_class"] == f1.argmin()
    assert summary["worst_f1"] == pytest.approx(f1.min())
    true, pred = summary["most_confused"]
    assert np.sum((labels == true) & (preds == pred)) == summary["most_confused_count"]
    assert summary["images"] == len(labels)


def test_summary_of_a_perfect_model_names_no_mistake():
    summary = evaluation.summary([3, 4], [3, 4])
    assert summary["accuracy"] == 1
    assert summary["most_confused"] is None
    assert summary["worst_class"] in (3, 4)


def test_macro_f1_is_the_mean_of_the_classes_that_have_images():
    summary = evaluation.summary([3, 3, 4, 4], [3, 3, 4, 8])  # F1: 1, 2/3, nothing of class 8
    assert summary["macro_f1"] == pytest.approx(5 / 6)
    assert summary["classes"] == 2


def test_accuracy_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no images"):
        evaluation.accuracy([], [])


def test_most_confused_is_sorted_and_leaves_out_the_diagonal_and_empty_cells():
    counts = np.diag(np.full(10, 900))
    counts[6, 0], counts[0, 6], counts[2, 4], counts[4, 2] = 50, 70, 50, 0
    assert evaluation.most_confused(counts, 10) == [(0, 6, 70), (2, 4, 50), (6, 0, 50)]
    assert evaluation.most_confused(counts, 1) == [(0, 6, 70)]
    assert counts[0, 0] == 900


def test_largest_cells_come_with_their_sign_and_ties_in_the_order_of_the_classes():
    difference = np.zeros((10, 10), dtype=np.int64)
    difference[6, 0], difference[6, 6], difference[2, 4] = -12, 30, 12
    assert evaluation.largest_cells(difference, 5) == [(6, 6, 30), (2, 4, 12), (6, 0, -12)]
    assert evaluation.largest_cells(difference, 1) == [(6, 6, 30)]


def test_cells_partition_the_images_highest_confidence_first(labels, probs, preds):
    confidences = probs.max(axis=1)
    everything = []
    for true in range(10):
        for pred in range(10):
            cell = evaluation.cell_indices(labels, probs, true, pred)
            assert len(cell) == evaluation.confusion(labels, preds)[true, pred]
            assert (np.diff(confidences[cell]) <= 0).all()
            everything += cell.tolist()
    assert sorted(everything) == list(range(len(labels)))


@pytest.mark.parametrize("true", [None, 6])
@pytest.mark.parametrize("pred", [None, 0])
@pytest.mark.parametrize("outcome", evaluation.OUTCOMES)
@pytest.mark.parametrize("confidence", [(0.0, 1.0), (0.3, 0.8), (1.0, 1.0)])
def test_select_indices_keeps_exactly_what_passes(
    labels, probs, preds, true, pred, outcome, confidence
):
    low, high = confidence
    filters = {"true": true, "pred": pred, "outcome": outcome}
    found = evaluation.select_indices(
        labels, probs, **filters, min_confidence=low, max_confidence=high
    )
    confidences = probs.max(axis=1)
    expected = [
        i
        for i in range(len(labels))
        if (true is None or labels[i] == true)
        and (pred is None or preds[i] == pred)
        and (outcome == "all" or (preds[i] == labels[i]) == (outcome == "right"))
        and low <= confidences[i] <= high
    ]
    assert found.tolist() == expected


def test_confident_mistakes_come_first_and_ties_by_index(labels, probs, preds):
    found = evaluation.select_indices(labels, probs, sort="confident mistakes")
    confidences = probs.max(axis=1)
    wrong = preds != labels
    expected = sorted(
        range(len(labels)), key=lambda i: (not wrong[i], -confidences[i] if wrong[i] else 0, i)
    )
    assert found.tolist() == expected


def test_least_confident_images_come_first_and_ties_by_index(labels, probs):
    found = evaluation.select_indices(labels, probs, sort="least confident")
    confidences = probs.max(axis=1)
    assert found.tolist() == sorted(range(len(labels)), key=lambda i: (confidences[i], i))
    assert found[:20].tolist() == list(range(20))


def test_a_confidence_a_hair_above_one_is_inside_the_full_range():
    probs = np.zeros((1, 10), dtype=np.float32)
    probs[0, 3] = np.nextafter(np.float32(1), np.float32(2))
    assert evaluation.select_indices([3], probs).tolist() == [0]


@pytest.mark.parametrize("change", [{"outcome": "maybe"}, {"sort": "beauty"}])
def test_select_indices_refuses_unknown_words(labels, probs, change):
    with pytest.raises(ValueError, match="must be among"):
        evaluation.select_indices(labels, probs, **change)


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (10_000, 200)])
def test_page_count(count, pages):
    assert paging.page_count(count, 50) == pages


def test_page_of_names_the_page_that_holds_the_index():
    found = np.random.default_rng(0).permutation(10_000)[:777]
    for index in found[[0, 49, 50, 776]]:
        page = paging.page_of(found, index, 50)
        assert index in found[(page - 1) * 50 : page * 50]
    assert paging.page_of(np.array([3, 5]), 4, 50) is None
    assert paging.page_of(np.array([3, 5]), None, 50) is None


def test_neighbour_steps_in_the_order_shown_and_stops_at_the_ends():
    found = np.array([8, 3, 5])
    assert paging.neighbour(found, 3, 1) == 5
    assert paging.neighbour(found, 3, -1) == 8
    assert paging.neighbour(found, 8, -1) is None
    assert paging.neighbour(found, 5, 1) is None
    assert paging.neighbour(found, 4, 1) is None


def test_calibration_error_is_near_zero_when_calibrated_and_the_gap_when_overconfident():
    rng = np.random.default_rng(3)
    confidences = rng.uniform(0.5, 1, 200_000)
    labels = np.where(rng.random(len(confidences)) < confidences, 0, 1)
    probs = np.zeros((len(confidences), 10))
    probs[:, 0], probs[:, 1] = confidences, 1 - confidences
    assert evaluation.calibration(labels, probs)["ece"] < 0.005
    certain = np.tile(np.eye(10)[0], (len(labels), 1))
    assert evaluation.calibration(labels, certain)["ece"] == pytest.approx(np.mean(labels == 1))


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_temperature_finds_by_how_much_logits_are_over_or_underconfident(factor):
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 2, (20_000, 10))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probs.cumsum(axis=1) > rng.random((len(probs), 1))).argmax(axis=1)
    assert evaluation.temperature(labels, factor * logits) == pytest.approx(factor, rel=0.03)


def test_calibration_bins_agree_with_counting(labels, probs, preds):
    table = evaluation.calibration(labels, probs, bins=7)
    confidences = probs.max(axis=1).astype(np.float64)
    gaps = 0
    for place, row in enumerate(table["bins"]):
        inside = (confidences > place / 7) & (confidences <= (place + 1) / 7)
        assert row["images"] == inside.sum()
        if row["images"]:
            assert row["confidence"] == pytest.approx(confidences[inside].mean())
            assert row["accuracy"] == pytest.approx(np.mean(preds[inside] == labels[inside]))
            gaps += row["images"] * abs(row["accuracy"] - row["confidence"])
        else:
            assert row["confidence"] is row["accuracy"] is None
    assert sum(row["images"] for row in table["bins"]) == len(labels)
    assert table["ece"] == pytest.approx(gaps / len(labels))


def test_calibration_counts_a_confidence_on_an_edge_in_the_lower_bin():
    probs = np.zeros((3, 10))
    probs[:, 0], probs[:, 1] = [0.5, 0.75, 1.0], [0.5, 0.25, 0.0]
    rows = evaluation.calibration([0, 0, 0], probs, bins=4)["bins"]
    assert [row["images"] for row in rows] == [0, 1, 1, 1]


# Picture sets


# Classes that are right, class that is named, confidence in it, doubted, ood_score
PICTURES = [
    ({0}, 0, 0.9, False, -5),
    ({0}, 6, 0.8, True, -2),
    ({0, 6}, 6, 0.7, False, -5),
    ({0, 6}, 4, 0.95, False, -4),
    ({6}, 6, 0.6, True, -1),
    ({4}, 3, 0.95, False, -3),
    (set(), 8, 0.99, True, -1.5),
    (set(), 8, 0.4, False, -3.5),
]


def picture_arrays(pictures):
    allowed = np.array([[label in right for label in range(10)] for right, *_ in pictures], bool)
    probs = np.zeros((len(pictures), 10), np.float32)
    for row, (_, pred, confidence, *_) in zip(probs, pictures, strict=True):
        row[:] = (1 - confidence) / 9
        row[pred] = confidence
    doubted, scores = (np.array([picture[i] for picture in pictures]) for i in (3, 4))
    return allowed.reshape(-1, 10), probs, doubted.astype(bool), scores


def test_a_picture_set_report_agrees_with_counting_by_hand():
    report = evaluation.picture_set_report(*picture_arrays(PICTURES))
    rows = {row["class"]: row for row in report["per_class"]}
    assert list(rows) == list(CLASS_NAMES)
    assert rows["T-shirt/top"] == {
        "class": "T-shirt/top",
        "accuracy": 2 / 4,
        "support": 4,
        "doubted": 1 / 4,
    }
    assert rows["Shirt"] == {"class": "Shirt", "accuracy": 2 / 3, "support": 3, "doubted": 1 / 3}
    assert rows["Coat"] == {"class": "Coat", "accuracy": 0, "support": 1, "doubted": 0}
    assert rows["Bag"] == {"class": "Bag", "accuracy": None, "support": 0, "doubted": None}
    assert report["accuracy"] == pytest.approx((2 / 4 + 2 / 3 + 0) / 3)
    assert report["doubted"] == 2 / 6
    # The score -1.5 is above those of five of six garments, -3.5 above those of three
    auroc = pytest.approx((5 + 3) / (2 * 6))
    assert report["outliers"] == {"count": 2, "doubted": 1 / 2, "auroc": auroc}


def test_the_confusion_of_a_picture_set_counts_pictures_of_one_class():
    confusion = np.array(evaluation.picture_set_report(*picture_arrays(PICTURES))["confusion"])
    cells = {(0, 0): 1, (0, 6): 1, (6, 6): 1, (4, 3): 1}
    assert {tuple(cell): confusion[tuple(cell)] for cell in np.argwhere(confusion)} == cells
    assert confusion.shape == (10, 10)


def test_a_picture_of_two_classes_has_the_label_that_is_named_if_it_is_right():
    allowed, preds = np.zeros((3, 10), bool), [7, 9, 3]
    allowed[0, [5, 7]] = allowed[1, [5, 7]] = allowed[2, 3] = True
    labels = evaluation.labels_that_count(allowed, np.eye(10, dtype=np.float32)[preds])
    assert labels.tolist() == [7, 5, 3]


def test_the_worst_mistakes_are_the_most_confident_ones_on_garments():
    allowed, probs, *_ = picture_arrays(PICTURES)
    assert evaluation.worst_mistakes(allowed, probs, 10).tolist() == [3, 5, 1]
    assert evaluation.worst_mistakes(allowed, probs, 2).tolist() == [3, 5]


@pytest.mark.parametrize(
    ("pictures", "accuracy", "outliers"),
    [(PICTURES[:1], 1, 0), (PICTURES[-1:], None, 1), ([], None, 0)],
)
def test_what_cannot_be_measured_is_none(pictures, accuracy, outliers):
    report = evaluation.picture_set_report(*picture_arrays(pictures))
    assert report["accuracy"] == accuracy
    assert report["outliers"]["count"] == outliers
    assert report["outliers"]["auroc"] is None
    json.dumps(report, allow_nan=False)


def test_auroc_agrees_with_scipy_on_ties():
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 9, 300).astype(float)
    allowed = np.zeros((300, 10), bool)
    allowed[100:, 2] = True
    probs = np.full((300, 10), 0.1, np.float32)
    report = evaluation.picture_set_report(allowed, probs, scores > 5, scores)
    statistic = stats.mannwhitneyu(scores[:100], scores[100:]).statistic
    assert report["outliers"]["auroc"] == pytest.approx(statistic / (100 * 200))


def test_importing_evaluation_does_not_load_scikit_learn():
    code = "import sys, fashion_core.evaluation; print('sklearn' in sys.modules)"
    paths = [path for path in sys.path if path]
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "False"
