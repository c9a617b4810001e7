"""The Inside page, run by Streamlit itself: its pictures, its sentences, its links."""

import json
import re
from functools import partial

import app_page
import numpy as np
import pytest
import torch
from app_page import press, words
from run_folders import make_run
from streamlit.testing.v1 import AppTest

from fashion_core import checkpoints, data, files, models
from fashion_core.inside import features, jobs, layers, projection, saliency
from fashion_core.metadata import CLASS_NAMES
from pages.parts import state
from pages.parts.inside.picture import pack_pixels, unpack_pixels
from pages.parts.inside.pixel import four, linear_html, maximum_html, mean_html
from pages.parts.inside.points import counts_frame, selected_frame
from pages.parts.inside.rows import checked_place

pytestmark = pytest.mark.usefixtures("runs_dir")
open_page = partial(app_page.open_page, "inside")
HEAT = np.eye(28, dtype=np.float32)


def component(app: AppTest, name: str) -> dict:
    """The data of the component with this key."""
    found = [each.proto for each in app.get("bidi_component") if name in each.proto.id]
    return json.loads(found[0].json)


def test_a_test_image_in_the_url_is_shown_layer_by_layer():
    app = open_page(model="fashion_cnn", image="18")
    assert "the true label is **Bag**" in words(app)
    rows = component(app, state.LAYER_ROWS)["layers"]
    assert [row["name"] for row in rows] == ["conv1", "conv2", "linear1", "linear2"]
    assert [len(row["maps"]) for row in rows] == [32, 64, 128, 10]
    assert [row["shown"] for row in rows] == [32, 24, 24, 10]
    assert all(len(each["kernel"]) == 9 for each in rows[0]["maps"])
    assert [each["text"] for each in rows[-1]["maps"]] == list(CLASS_NAMES)
    map_ = component(app, "map_pixel")["map"]
    assert map_["inputs"]["shape"] == [1, 28, 28]
    assert [stage["kind"] for stage in map_["stages"]] == ["convolution", "max-pool", "ReLU"]


def test_what_dead_and_saturated_mean_is_said_where_there_are_such_maps(monkeypatch):
    say = {layers.DEAD: "A dashed map is dead", layers.SATURATED: "A saturated map is high"}
    for there in say:
        monkeypatch.setattr(layers, "map_state", lambda values, there=there: there)
        said = words(open_page(model="fashion_cnn", image="18"))
        assert [state for state, sentence in say.items() if sentence in said] == [there]


def test_the_numbers_of_linear_layers_show_their_strongest_contributions():
    app = open_page(model="fashion_cnn")
    network = "conv1-conv2-linear1-linear2"
    app.session_state[state.PICKED_MAP] = network, 3, 9
    app.run()
    assert "linear2, Ankle boot" in words(app)
    table = next(element.value for element in app.html if "Product" in element.value)
    assert table.count("linear1, number") == 10
    assert "118 other inputs" in table


@pytest.mark.parametrize(
    ("network", "place"),
    [
        ("flatten, dense 5", r"picture, row \d+, column \d+"),
        ("conv 1, dense 5", r"conv1, row \d+, column \d+"),
        ("conv 4, dense 5", r"conv1, map \d, row \d+, column \d+"),
        ("conv 4, global avg, dense 5", r"mean, map \d"),
        ("conv 4, global, dense 5", r"maximum, number \d"),
        ("dense 5, dense 4", r"picture, row \d+, column \d+"),
    ],
)
def test_a_place_is_said_without_what_there_is_only_one_of(network, place):
    linear = next(each for each in layers_of(network) if each.kind == "linear")
    places = re.findall("<tr><td>(.*?)</td>", linear_html(linear, 2))
    assert places
    assert all(re.fullmatch(place, each) for each in places)


@pytest.mark.parametrize(
    ("network", "name"),
    [("global avg", "picture:"), ("conv 4, global avg", "conv1, map 0:")]
    + [("global", "picture is at"), ("conv 4, global", "conv1, map 0 is at")],
)
def test_a_mean_and_a_maximum_name_the_map_only_where_there_are_several(network, name):
    layer = layers_of(network)[-2]
    html = (mean_html if layer.kind == "mean" else maximum_html)(layer, 0)
    assert f" numbers of {name}" in html


def layers_of(network: str) -> tuple[layers.Layer, ...]:
    torch.manual_seed(0)
    return layers.record(models.build_model(network), data.load_split("test").pixels[0]).layers


def test_the_maximum_shows_the_map_that_it_is_taken_from():
    app = open_page(model="wide_residual_net")
    rows = component(app, state.LAYER_ROWS)["layers"]
    network = "-".join(row["name"] for row in rows)
    app.session_state[state.PICKED_MAP] = network, len(rows) - 2, 5
    app.run()
    assert any("The largest of the 9 numbers of block4.conv2, map 5" in h.value for h in app.html)


def test_the_address_keeps_the_picked_map_and_how_strong_it_is():
    app = open_page(model="fashion_cnn", image="12")
    assert app.query_params.keys() == {"model", "image"}  # nothing is written at the opening
    app.session_state[state.PICKED_MAP] = "conv1-conv2-linear1-linear2", 1, 9
    app.run()
    assert app.query_params["layer"] == "conv2"
    assert app.query_params["map"] == "9"
    app = open_page(model="fashion_cnn", image="12", layer="conv2", map="9")
    assert component(app, state.LAYER_ROWS)["picked"] == [1, 9]
    output = passage_of(12).layers[1].output
    assert app.session_state[state.PICKED_RANK] == (1, layers.rank_of_map(output, 9))


@pytest.mark.parametrize(
    "query",
    [
        {"layer": "conv2"},
        {"map": "3"},
        {"layer": "conv9", "map": "3"},
        {"layer": "conv2", "map": "64"},
        {"layer": "conv2", "map": "-1"},
        {"layer": "conv2", "map": "٣"},
        {"layer": "conv2", "map": "9" * 5_000},
    ],
)
def test_a_map_that_is_not_there_is_taken_out_of_the_address(query):
    app = open_page(model="fashion_cnn", image="12", **query)
    strongest = int(layers.strongest_maps(passage_of(12).layers[0].output)[0])
    assert component(app, state.LAYER_ROWS)["picked"] == [0, strongest]
    assert app.query_params.keys() == {"model", "image"}
    assert state.PICKED_RANK not in app.session_state


def test_the_lesson_line_says_once_its_question_is_answered():
    ranks = [layers.rank_of_map(passage_of(12).layers[0].output, each) for each in range(32)]
    query = {"model": "fashion_cnn", "image": "12", "lesson": "2", "layer": "conv1"}
    strongest = ranks.index(max(ranks))
    app = open_page(**query, map=str(strongest))
    assert "Which filter of the first layer finds least" in words(app)
    app = open_page(**query, map=str(ranks.index(min(ranks))))
    assert "✓ Lesson, step 2 of 6, solved." in words(app)
    assert "stays nearly empty" in words(app)
    # Another map, as if the picture had changed: right is right for good, what is said is not
    app.session_state[state.PICKED_MAP] = (*app.session_state[state.PICKED_MAP][:2], strongest)
    shown = words(app.run())
    assert "✓ Lesson, step 2 of 6, solved." in shown
    assert "stays nearly empty" not in shown
    assert app.session_state[state.LESSON_DONE] == [2]
    app.query_params["lesson"] = "3"  # of another page: no line, and no drawing again and again
    assert "Lesson, step" not in words(app.run())


def passage_of(index: int) -> layers.Passage:
    model = checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    return layers.record(model, data.load_split("test").pixels[index])


def test_a_network_that_looks_at_the_mirror_image_shows_both_ways():
    app = open_page(model="wide_residual_net")
    before = component(app, state.LAYER_ROWS)["layers"][0]["bytes"]
    app.toggle(key=state.MIRROR).set_value(True).run()
    assert component(app, state.LAYER_ROWS)["layers"][0]["bytes"] != before
    assert any("of its mirror image" in element.value for element in app.html)


@pytest.mark.parametrize(
    "broken",
    ["drawing", "", "é", pack_pixels(np.ones((28, 28), np.uint8))[:8], "eNpjYAAAAAIAAQ=="],
)
def test_an_address_without_its_whole_picture_is_a_sentence_with_ways_on(broken):
    app = open_page(picture=broken)
    assert "no picture that can be read" in words(app)
    press(app, "Show a test image")
    assert "true label" in words(app)


def test_a_brought_picture_opens_in_a_fresh_session_and_a_blank_one_is_a_sentence():
    pixels = data.load_split("test").pixels[3]
    app = open_page(picture=pack_pixels(pixels), model="fashion_cnn")
    assert "A brought picture" in words(app)
    assert np.array_equal(unpack_pixels(app.query_params["picture"]), pixels)
    assert component(app, state.LAYER_ROWS)["layers"]
    app.session_state[state.PICTURE_NAMES] = {pack_pixels(pixels): "a *photo*"}
    assert "a *photo*" in words(app.run())
    app = open_page(picture=pack_pixels(pixels * 0), model="fashion_cnn")
    assert "one plain colour" in words(app)


def test_any_picture_fits_into_an_address_and_nothing_larger_comes_out():
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    assert len(pack_pixels(noise)) <= 1_064
    assert np.array_equal(unpack_pixels(pack_pixels(noise)), noise)
    assert unpack_pixels(pack_pixels(np.zeros(50_000_000, np.uint8))) is None


@pytest.mark.filterwarnings("ignore:invalid value")
def test_activations_that_are_no_numbers_are_a_sentence(tmp_path):
    path = files.PRETRAINED_DIR / "fashion_cnn.pt"
    kept = checkpoints.read_checkpoint(path)
    # Finite weights, as a model file must have, whose sums are not
    weights = {name: torch.full_like(value, 1e38) for name, value in kept.weights.items()}
    checkpoints.save_checkpoint(tmp_path / "model.pt", kept.config, weights, {})
    app = open_page(model=make_run("Huge", checkpoint_path=tmp_path / "model.pt"))
    assert "not finite" in words(app)


def test_junk_from_a_browser_picks_nothing():
    passage = layers.record(
        checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt"),
        np.ones((28, 28), dtype=np.uint8),
    )
    assert checked_place([1, 63], passage) == (1, 63)
    for junk in (None, "x", [1], [1, 64], [4, 0], [-1, 0], [0.0, 1], [0, "1"], {"a": 1}):
        assert checked_place(junk, passage) is None


def test_a_picked_test_image_leads_inside():
    app = app_page.open_page("predictions", model="fashion_cnn", index="7")
    (link,) = [each.proto for each in app.get("page_link") if each.proto.label == "Look inside"]
    assert link.query_string == "image=7"


def test_where_it_looks_is_drawn_and_said_for_any_class():
    app = open_page(model="fashion_cnn", image="0", view="Where it looks")
    assert "speaks for **Ankle boot**" in words(app)
    assert words(app).count("It looks ") == 2
    alts = [
        element.value for element in app.html if "What speaks for Ankle boot: " in element.value
    ]
    assert len(alts) == 2
    ask = app_page.labelled(app.selectbox, "Ask")
    assert ask.options[0] == "Why Ankle boot?"
    ask.set_value(CLASS_NAMES.index("Shirt")).run()
    assert "speaks for **Shirt**, which it gives" in words(app)


def test_panels_on_other_pages_compute_only_while_they_are_open(monkeypatch):
    asked = []
    occluded_logits = saliency.occluded_logits

    def count(*args):
        asked.append(args)
        return occluded_logits(*args)

    monkeypatch.setattr(saliency, "occluded_logits", count)
    query = {"model": "fashion_cnn", "index": "7"}
    app = app_page.open_page("predictions", **query)
    assert not asked
    app.session_state[state.looks_key("panel", "test_image")] = True
    app.run()
    assert len(asked) == 7  # four rows of the picture at a time
    assert any("What speaks for Shirt" in element.value for element in app.html)


def test_two_models_look_and_find_likenesses_side_by_side_in_compare():
    app = app_page.open_page(
        "compare", model="fashion_cnn", group="both", **{"with": "fashion_cnn_norm"}
    )
    app.session_state[state.looks_key("panel", "test_image")] = True
    app.session_state[state.PAIR_IMAGE] = 5
    app.run()
    assert not app.exception
    shown = [element.value for element in app.html if "What speaks for" in element.value]
    assert len(shown) == 2
    assert "Look at all training images" not in app_page.labels(app)
    app.session_state[state.alike_key("panel", "test_image")] = True
    app.session_state[state.PAIR_IMAGE] = 5
    app.run()
    assert app_page.labels(app).count("Look at all training images") == 2


SHIPPED = files.PRETRAINED_DIR / "fashion_cnn.pt"


def test_what_a_picture_is_like_begins_with_a_button_and_shows_how_far_it_is(monkeypatch):
    started = []
    monkeypatch.setattr(jobs.control, "spawn_worker", lambda *args: started.append(args))
    app = open_page(model="fashion_cnn", view="What it is like")
    assert "all 55,000" in words(app)
    press(app, "Look at all training images")
    assert len(started) == 1
    assert "You can leave this page meanwhile" in words(app)


def test_the_nine_nearest_training_images_are_shown_with_label_index_and_distance():
    split = data.load_split("train")
    model = checkpoints.load_model(SHIPPED)
    vector = features.penultimate(model, data.load_split("test").pixels[18:19])[0]
    rows = np.random.default_rng(0).normal(size=(55_000, 64)).astype(np.float32)
    index = features.FeatureIndex(rows, np.eye(128, 64, dtype=np.float32), "")
    near = [5, 50, 500, 5_000, 7, 70, 700, 7_000, 9]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[near] = features.project(vector, index.basis) + 0.001 * rows[near]
    index = features.FeatureIndex(rows, index.basis, files.digest_of(SHIPPED))
    path = jobs.result_path(SHIPPED, "features")
    path.parent.mkdir(parents=True)
    features.save_index(path, index)
    app = open_page(model="fashion_cnn", image="18", view="What it is like")
    (shown,) = [element.value for element in app.html if 'class="alike"' in element.value]
    assert shown.count("<figure>") == 9
    for place in near:
        name = CLASS_NAMES[split.labels[place]]
        assert f"Training image {split.indices[place]}: {name}" in shown
    assert "It looks like **" in words(app)


def test_the_map_has_both_layouts_and_says_what_is_selected(test_set):
    app = open_page(model="fashion_cnn", view="Map")
    assert app.get("plotly_chart")
    assert "Selected images appear here" in words(app)
    app_page.labelled(app.segmented_control, "Layout").set_value("tsne").run()
    assert "Lay out by t-SNE" in app_page.labels(app)
    path = jobs.result_path(SHIPPED, "tsne")
    path.parent.mkdir(parents=True)
    positions = np.random.default_rng(0).normal(size=(10_000, 2)).astype(np.float32)
    projection.save_positions(path, positions, files.digest_of(SHIPPED))
    app.run()
    assert not app.exception
    assert app.get("plotly_chart")
    labels, probs = test_set
    indices = np.array([3, 8, 9])
    frame = selected_frame(indices, labels[indices], probs[indices])
    assert frame["index"].tolist() == [3, 8, 9]
    assert frame["true_label"].tolist() == [CLASS_NAMES[labels[i]] for i in indices]
    assert counts_frame(np.array([6, 6, 0]), np.array([6, 0, 0]))["True"].tolist() == [2, 1]


def test_a_layout_that_there_is_not_falls_back_and_leaves_the_address():
    app = open_page(model="fashion_cnn", view="Map", layout="UMAP")
    assert app_page.labelled(app.segmented_control, "Layout").value == "pca"
    assert "layout" not in app.query_params
    app = open_page(model="fashion_cnn", view="Map", layout="t-SNE")
    assert "Lay out by t-SNE" in app_page.labels(app)


def test_four_digits_and_no_minus_before_zero():
    assert [four(value) for value in (0.12345, -12.25, 0.0, -0.0, -0.00001)] == [
        "0.1235",
        "−12.25",
        "0.0000",
        "0.0000",
        "0.0000",
    ]
