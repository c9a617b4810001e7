"""The Compare page and the second model, on the real test images and the shipped models."""

import json
import re
import shutil
from functools import partial

import app_page
import numpy as np
import pytest
from shipped_answers import shipped_probs
from sklearn import metrics
from streamlit.testing.v1 import AppTest

from fashion_core import catalog, comparison, files
from fashion_core.config import TrainConfig
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import control, folders

pytestmark = pytest.mark.usefixtures("runs_dir")
open_page = partial(app_page.open_page, "compare")
open_pair = partial(open_page, model="fashion_cnn", **{"with": "fashion_cnn_norm"})


@pytest.fixture(scope="module")
def small_models(tmp_path_factory):
    """A folder with the two shipped models that are evaluated in two seconds, not in twenty."""
    folder = tmp_path_factory.mktemp("pretrained")
    for name in ("fashion_cnn", "fashion_cnn_norm"):
        for path in files.PRETRAINED_DIR.glob(f"{name}.*"):
            shutil.copy2(path, folder)
    return folder


@pytest.fixture(autouse=True)
def _only_small_models(small_models, monkeypatch):
    monkeypatch.setattr(files, "PRETRAINED_DIR", small_models)
    monkeypatch.setattr(catalog, "RECOMMENDED", "fashion_cnn_norm")


@pytest.fixture(scope="module")
def second(test_set):
    """B's probabilities (10000, 10) on the test split: the classic network with batch norm."""
    return shipped_probs("fashion_cnn_norm")


def make_model(name: str, content: bytes) -> str:
    run_id = folders.create_run(TrainConfig(), name)
    (folders.run_dir_of(run_id) / "model.pt").write_bytes(content)
    files.write_json(folders.run_dir_of(run_id) / "status.json", {"state": "finished", "epoch": 1})
    return run_id


def components(app: AppTest, name: str) -> list[dict]:
    """What was handed to the components of one name, in the order of the page."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.component_name == name]


def figure(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def words(app: AppTest) -> str:
    kinds = ("markdown", "caption", "subheader", "text", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def picker(app: AppTest):
    return app.selectbox(key="compare_with_picker")


def test_the_metrics_are_those_of_counting(test_set, second):
    labels, probs = test_set
    right_a, right_b = probs.argmax(axis=1) == labels, second.argmax(axis=1) == labels
    shown = {metric.label: (metric.value, metric.delta) for metric in open_pair().metric}
    points = f"{100 * (right_b.mean() - right_a.mean()):+.2f}".replace("-", "−")
    assert shown["Accuracy of A"] == (f"{right_a.mean():.1%}", "10,000 images")
    assert shown["Accuracy of B"] == (f"{right_b.mean():.1%}", f"{points} points")
    assert shown["Only A right"][0] == f"{np.sum(right_a & ~right_b):,}"
    assert shown["Only B right"][0] == f"{np.sum(right_b & ~right_a):,}"
    assert shown["Both right"][0] == f"{np.sum(right_a & right_b):,}"
    assert shown["Neither right"][0] == f"{np.sum(~right_a & ~right_b):,}"


def test_the_matrix_is_the_second_minus_the_first_by_scikit_learn(test_set, second):
    labels, probs = test_set
    expected = metrics.confusion_matrix(labels, second.argmax(axis=1)) - metrics.confusion_matrix(
        labels, probs.argmax(axis=1)
    )
    shown = np.array(figure(open_pair())["data"][0]["z"])
    np.testing.assert_array_equal(shown, np.where(np.eye(10) > 0, -expected, expected))


def test_each_class_has_its_recalls_and_their_difference(test_set, second):
    labels, probs = test_set
    frame = open_pair().dataframe[0].value
    for name, shares in (("recall_a", probs), ("recall_b", second)):
        expected = metrics.recall_score(labels, shares.argmax(axis=1), average=None)
        assert frame[name].tolist() == pytest.approx((100 * expected).tolist())
    assert frame["difference"].tolist() == pytest.approx(
        (frame["recall_b"] - frame["recall_a"]).tolist()
    )


def test_a_cell_shows_the_images_that_came_and_those_that_left_with_both_predictions(
    test_set, second
):
    labels, probs = test_set
    came, left = comparison.prediction_changes(labels, probs, second, 6, 0)
    app = open_pair()
    assert components(app, "image_grid") == []
    assert components(app, "matrix_clicks") == [
        {"picked": None, "size": 10, "box": "difference_box"}
    ]
    before = app.get("plotly_chart")[0].proto.SerializeToString()
    app.selectbox(key="true").select("Shirt").run()
    app.selectbox(key="pred").select("T-shirt/top").run()
    assert not app.exception
    assert components(app, "matrix_clicks")[0]["picked"] == [6, 0]
    assert app.get("plotly_chart")[0].proto.SerializeToString() == before
    assert (
        f"{abs(len(came) - len(left))} {'more' if len(came) > len(left) else 'fewer'} shirts"
        in words(app)
    )
    grids = components(app, "image_grid")
    assert [[item["index"] for item in grid["items"]] for grid in grids] == [
        came.tolist(),
        left.tolist(),
    ]
    index = int(came[0])
    a, b = (CLASS_NAMES[shares[index].argmax()] for shares in (probs, second))
    spoken = grids[0]["items"][0]["label"]
    assert spoken.startswith(f"Image {index}, true label Shirt; A says {a} with ")
    assert f"; B says {b} with {second[index].max():.1%}, wrong" in spoken


@pytest.mark.parametrize("group", ["right_a", "only_a", "only_b", "neither"])
def test_every_number_opens_its_images_and_they_lead_on(group, test_set, second):
    labels, probs = test_set
    found = comparison.group_indices(labels, probs, second, group)
    app = open_pair(true="Shirt", pred="Coat")
    value = next(metric.value for metric in app.metric if metric.label.lower() == title_of(group))
    assert value in (f"{len(found):,}", f"{len(found) / 10_000:.1%}")
    app.button(key=f"see_{group}").click().run()
    assert not app.exception
    (grid,) = components(app, "image_grid")
    assert [item["index"] for item in grid["items"]] == found[:60].tolist()
    assert components(app, "matrix_clicks")[0]["picked"] is None  # the cell gives way
    app.session_state["pair_image"] = int(found[0])
    app.run()
    app_page.press(app, "Next")
    assert f"Image {found[1]}" in [heading.value for heading in app.subheader]
    app_page.press(app, "Back")
    fresh = open_page(**app.query_params)
    assert components(fresh, "image_grid") == [grid]
    fresh.selectbox(key="true").select("Shirt").run()
    fresh.selectbox(key="pred").select("Coat").run()
    assert components(fresh, "matrix_clicks")[0]["picked"] == [6, 4]
    assert "group" not in fresh.query_params


def title_of(group: str) -> str:
    return {"right_a": "accuracy of a", "neither": "neither right"}.get(
        group, f"only {group[-1]} right"
    )


def test_a_number_of_a_class_opens_that_classs_images(test_set, second):
    labels, probs = test_set
    found = comparison.group_indices(labels, probs, second, "only_b", true=6)
    app = open_pair(group="only_b", group_class="Shirt")
    assert len(found) == app.dataframe[0].value["only_b"][6]
    assert [item["index"] for item in components(app, "image_grid")[0]["items"]] == found.tolist()
    assert components(open_pair(group="magic", group_class="Hat"), "image_grid") == []


def test_both_models_are_chosen_on_the_page_and_the_sidebar_follows():
    app = open_pair()
    first = app.selectbox(key="compare_first")
    assert first.value == "fashion_cnn"
    first.select("fashion_cnn_norm").run()  # B until now: the two change places
    assert not app.exception
    assert app.session_state["model"] == "fashion_cnn_norm"
    assert app.sidebar.selectbox(key="model_picker").value == "fashion_cnn_norm"
    assert picker(app).value == "fashion_cnn"
    app.sidebar.selectbox(key="model_picker").select("fashion_cnn").run()
    assert app.selectbox(key="compare_first").value == "fashion_cnn"


def test_a_largest_change_is_picked_by_its_button():
    app = open_pair()
    button = next(button for button in app.button if (button.key or "").startswith("change-"))
    true, pred, change = re.fullmatch(r"(.*) → (.*) · ([+−]\d+)", button.label).groups()
    z = np.array(figure(app)["data"][0]["z"])
    assert abs(z).max() == abs(int(change.replace("−", "-")))
    button.click().run()
    assert (app.selectbox(key="true").value, app.selectbox(key="pred").value) == (true, pred)


def test_the_second_model_survives_other_pages_and_the_address_opens_it_with_its_cell(
    checkpoint_path,
):
    run_id = make_model("Mine", checkpoint_path.read_bytes())
    app = open_page()
    assert picker(app).value == "fashion_cnn"
    assert "with" not in app.query_params
    picker(app).select(run_id).run()
    assert run_id in app.query_params["with"]
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/compare.py").run()
    assert picker(app).value == run_id
    assert run_id in app.query_params["with"]
    app.selectbox(key="true").select("Shirt").run()
    app.selectbox(key="pred").select("Coat").run()
    fresh = open_page(**app.query_params)
    assert picker(fresh).value == run_id
    assert components(fresh, "matrix_clicks")[0]["picked"] == [6, 4]


def test_a_chosen_model_keeps_its_place_under_a_new_name(checkpoint_path):
    """The browser sends labels, and this one is not known any more."""
    run_id = make_model("Mine", checkpoint_path.read_bytes())
    app = open_page()
    picker(app).select(run_id).run()
    folders.annotate_run(run_id, "Another", "", [])
    app.run()
    assert picker(app).proto.set_value  # the browser is told the new one
    assert any(label.startswith("Another") for label in picker(app).options)
    assert picker(app.run()).value == run_id
    assert not app.toast


def test_a_model_is_never_compared_with_itself():
    app = open_page(model="fashion_cnn")
    assert picker(app).value == catalog.RECOMMENDED
    app.sidebar.selectbox(key="model_picker").select(catalog.RECOMMENDED).run()
    assert picker(app).value == "fashion_cnn"
    assert not app.toast
    assert picker(open_page(**{"with": catalog.RECOMMENDED})).value == "fashion_cnn"


@pytest.mark.parametrize("junk", ["../../etc/passwd", "nosuch", "20260101-000000-dead"])
def test_an_unknown_second_model_in_the_url_is_said_to_be_gone(junk):
    app = open_page(**{"with": junk})
    assert "not here" in app.toast[0].value
    assert picker(app).value == "fashion_cnn"
    assert not app.run().toast


@pytest.mark.parametrize(
    "query", [{"with": ""}, {"true": "Hat", "pred": "Shirt"}, {"true": "", "pred": ""}], ids=str
)
def test_other_junk_in_the_url_is_passed_over(query):
    app = open_page(**query)
    assert components(app, "matrix_clicks")[0]["picked"] is None
    assert not app.toast


def test_a_second_model_that_is_deleted_meanwhile_is_said_to_be_gone(checkpoint_path):
    run_id = make_model("Mine", checkpoint_path.read_bytes())
    app = open_page(**{"with": run_id})
    control.delete_run(run_id)
    app.run()
    assert not app.exception
    assert "not here" in app.toast[0].value
    assert picker(app).value == "fashion_cnn"


def test_a_damaged_second_model_is_one_sentence_and_another_can_be_chosen(checkpoint_path):
    run_id = make_model("Broken", checkpoint_path.read_bytes()[:5_000])
    app = open_page(**{"with": run_id})
    assert app.error[0].value.startswith("Broken")  # which of the two it is
    assert "half of one" in words(app)
    picker(app).select("fashion_cnn").run()
    assert not app.exception
    assert not app.error


def test_an_only_model_is_not_compared(tmp_path, monkeypatch):
    shipped = catalog.recommended_path()
    (tmp_path / shipped.name).write_bytes(shipped.read_bytes())
    monkeypatch.setattr(files, "PRETRAINED_DIR", tmp_path)
    app = open_page()
    assert "is the only model here" in app.info[0].value
    assert [link.proto.label for link in app.get("page_link")] == [
        "Train a model",
        "Import a model file",
    ]
    assert picker(app).disabled
    monkeypatch.setenv("FASHION_READ_ONLY", "1")  # where no second one can be made
    assert [link.proto.label for link in open_page().get("page_link")] == ["See its mistakes"]


def test_a_models_name_is_text_and_not_markup(checkpoint_path):
    run_id = make_model("[x](http://evil) <b>b</b>", checkpoint_path.read_bytes())
    app = open_page(model=run_id, true="Shirt", pred="Shirt")
    assert "[x](" not in words(app)
    assert all(
        "<b>b</b>" not in text for row in figure(app)["data"][0]["hovertext"] for text in row
    )
