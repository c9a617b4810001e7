"""The Confusion matrix page, on the real test images and the classic model."""

import json
from functools import partial

import app_page
import numpy as np
import pytest
from app_page import press
from sklearn import metrics
from streamlit.testing.v1 import AppTest

from fashion_core import checkpoints, evaluation, files
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import folders

pytestmark = pytest.mark.usefixtures("runs_dir")
open_page = partial(app_page.open_page, "confusion_matrix", model="fashion_cnn")


def component(app: AppTest, name: str) -> dict | None:
    """What "matrix_clicks" or "image_grid" was given; None if it is not on the page."""
    protos = [element.proto for element in app.get("bidi_component")]
    return next((json.loads(proto.json) for proto in protos if proto.component_name == name), None)


def figure(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def heading(app: AppTest) -> str:
    return app.subheader[0].value


def test_the_four_metrics_are_those_of_scikit_learn(test_set):
    labels, probs = test_set
    preds = probs.argmax(axis=1)
    f1 = metrics.f1_score(labels, preds, average=None)
    mistakes = metrics.confusion_matrix(labels, preds) * (1 - np.eye(10, dtype=int))
    true, pred = np.unravel_index(mistakes.argmax(), mistakes.shape)
    shown = {metric.label: (metric.value, metric.delta) for metric in open_page().metric}
    assert shown["Accuracy"] == (f"{metrics.accuracy_score(labels, preds):.1%}", "of 10,000 images")
    assert shown["Macro F1"][0] == f"{f1.mean():.3f}"
    assert shown["Worst class"] == (CLASS_NAMES[f1.argmin()], f"F1 {f1.min():.3f}")
    assert shown["Most confused"] == (
        f"{mistakes.max():,}",
        f"{CLASS_NAMES[true]} → {CLASS_NAMES[pred]}",
    )


def test_the_matrix_holds_the_counts_of_scikit_learn(test_set):
    labels, probs = test_set
    z = np.array(figure(open_page())["data"][0]["z"])
    np.testing.assert_array_equal(z, metrics.confusion_matrix(labels, probs.argmax(axis=1)))


def test_modes_change_the_numbers_and_the_diagonal_can_be_hidden():
    app = open_page()
    app.segmented_control(key="mode").set_value("by true class").run()
    np.testing.assert_allclose(np.sum(figure(app)["data"][0]["z"], axis=1), 100)
    app.segmented_control(key="mode").set_value("by predicted class").run()
    np.testing.assert_allclose(np.sum(figure(app)["data"][0]["z"], axis=0), 100)
    app.toggle(key="hide").set_value(True).run()
    assert all(figure(app)["data"][0]["z"][i][i] is None for i in range(10))
    assert not app.exception


def test_until_a_cell_is_picked_the_most_confused_one_is_shown(test_set):
    labels, probs = test_set
    mistakes = evaluation.confusion(labels, probs.argmax(axis=1)) * (1 - np.eye(10, dtype=int))
    true, pred = map(int, np.unravel_index(mistakes.argmax(), mistakes.shape))
    cell = evaluation.cell_indices(labels, probs, true, pred)
    app = open_page()
    assert any("The most confused pair" in caption.value for caption in app.caption)
    assert [item["index"] for item in component(app, "image_grid")["items"]] == cell[:24].tolist()
    shown = {"picked": [true, pred], "size": 10, "box": "matrix_box"}
    assert component(app, "matrix_clicks") == shown
    assert app.selectbox(key="true").value == app.selectbox(key="pred").value == "Choose"
    app.selectbox(key="true").select("Coat").run()
    app.selectbox(key="pred").select("Pullover").run()
    assert component(app, "matrix_clicks")["picked"] == [4, 2]
    press(app, "Close")
    assert component(app, "matrix_clicks") == shown


def test_an_image_of_the_cell_opens_in_its_place_and_leads_to_the_next(test_set):
    labels, probs = test_set
    first, second = evaluation.cell_indices(labels, probs, 6, 0)[:2]
    app = open_page(true="Shirt", pred="T-shirt/top")
    app.session_state["cell_image"] = int(first)
    assert heading(app.run()) == f"Image {first}"
    assert component(app, "image_grid") is None
    assert heading(press(app, "Next")) == f"Image {second}"
    assert "classified as T-shirt/top" in heading(press(app, "Back"))
    app.session_state["cell_image"] = int(first)
    app.selectbox(key="pred").select("Coat").run()
    assert heading(app).endswith("shirts classified as Coat")


def test_the_pickers_show_the_images_of_a_cell_in_words_and_mark_it_in_the_matrix(test_set):
    labels, probs = test_set
    cell = evaluation.cell_indices(labels, probs, 6, 0)
    app = open_page()
    app.selectbox(key="true").select("Shirt").run()
    app.selectbox(key="pred").select("T-shirt/top").run()
    assert heading(app) == f"{len(cell)} shirts classified as T-shirt/top"
    assert [item["index"] for item in component(app, "image_grid")["items"]] == cell[:24].tolist()
    assert component(app, "matrix_clicks")["picked"] == [6, 0]


def test_the_cell_comes_from_the_url():
    app = open_page(true="Coat", pred="Pullover")
    assert heading(app).endswith("coats classified as Pullover")
    assert component(app, "matrix_clicks")["picked"] == [4, 2]


def test_the_figure_stays_the_same_whatever_cell_is_picked():
    """A figure that changes is torn down and built anew in the browser."""
    app = open_page()
    before = app.get("plotly_chart")[0].proto.SerializeToString()
    app.selectbox(key="true").select("Shirt").run()
    app.selectbox(key="pred").select("Coat").run()
    assert app.get("plotly_chart")[0].proto.SerializeToString() == before


def test_a_confused_pair_is_picked_by_its_button_and_the_pickers_follow(test_set):
    labels, probs = test_set
    pairs = evaluation.most_confused(evaluation.confusion(labels, probs.argmax(axis=1)), 6)
    app = open_page()
    buttons = [button for button in app.button if (button.key or "").startswith("pair-")]
    assert len(buttons) == len(pairs)
    for button, (true, pred, images) in zip(buttons, pairs, strict=True):
        assert button.label == f"{CLASS_NAMES[true]} → {CLASS_NAMES[pred]} · {images}"
    true, pred, images = pairs[1]
    buttons[1].click().run()
    assert (app.selectbox(key="true").value, app.selectbox(key="pred").value) == (
        CLASS_NAMES[true],
        CLASS_NAMES[pred],
    )
    assert heading(app).startswith(f"{images} ")


def test_an_empty_cell_says_so(test_set):
    labels, probs = test_set
    true, pred = np.argwhere(evaluation.confusion(labels, probs.argmax(axis=1)) == 0)[0]
    app = open_page(true=CLASS_NAMES[true], pred=CLASS_NAMES[pred])
    assert heading(app).startswith("No ")
    assert any("never makes this mistake" in caption.value for caption in app.caption)
    assert component(app, "image_grid") is None


def test_a_class_that_is_never_named_is_not_called_a_mistake_that_is_never_made():
    shipped = checkpoints.read_checkpoint(files.PRETRAINED_DIR / "fashion_cnn.pt")
    shipped.weights["linear2.bias"][CLASS_NAMES.index("Shirt")] = -1e6
    run_id = folders.create_run(shipped.config, "Knows no shirts", "finished")
    checkpoints.save_checkpoint(
        folders.read_run(run_id).model_path, shipped.config, shipped.weights, {}
    )
    app = app_page.open_page("confusion_matrix", model=run_id, true="Shirt", pred="Shirt")
    assert heading(app).startswith("No shirts ")
    assert any("classifies none of them" in caption.value for caption in app.caption)


def test_a_large_cell_leads_to_all_its_images():
    app = open_page(true="Bag", pred="Bag")
    assert heading(app).endswith(" as Bag")
    assert len(component(app, "image_grid")["items"]) == 24
    link = next(link for link in app.get("page_link") if "in Predictions" in link.proto.label)
    assert link.proto.query_string == "true_label=Bag&predicted_label=Bag"


def test_it_says_how_far_it_can_be_trusted(test_set):
    labels, probs = test_set
    app = open_page()
    error = evaluation.calibration(labels, probs)["ece"]
    assert any(f"off by {error:.1%}" in caption.value for caption in app.caption)
    assert any("A point on the dashed line" in caption.value for caption in app.caption)
    bars, _, points = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"]
    full = [row for row in evaluation.calibration(labels, probs)["bins"] if row["images"]]
    assert len(bars["y"]) == len(full)
    assert points["x"] == pytest.approx([row["confidence"] for row in full])


def test_the_table_has_the_scores_of_scikit_learn_and_a_file_to_take_away(test_set):
    labels, probs = test_set
    app = open_page()
    expected = metrics.precision_recall_fscore_support(labels, probs.argmax(axis=1))
    for name, scores in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert app.dataframe[0].value[name].tolist() == pytest.approx(scores.tolist())
    assert app.dataframe[0].value["class"].tolist() == list(CLASS_NAMES)
    assert app.download_button[0].label == "Download as CSV"


@pytest.mark.parametrize(
    "query",
    [
        {"true": "Hat", "pred": "Shirt"},
        {"true": "Shirt"},
        {"true": "6", "pred": "0"},
        {"true": "", "pred": ""},
        {"true": "Choose", "pred": "Choose"},
        {"mode": "magic"},
        {"mode": ""},
        {"hide": "maybe"},
        {"hide": ""},
    ],
    ids=str,
)
def test_junk_in_the_url_leaves_no_cell_picked(query):
    app = open_page(**query)
    assert any("The most confused pair" in caption.value for caption in app.caption)
    assert all(np.diag(figure(app)["data"][0]["z"]) > 100)
