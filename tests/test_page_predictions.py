"""The Predictions page, on the real test images and the classic model."""

import json
import re
from functools import partial

import app_page
import numpy as np
import pytest
from app_page import press
from streamlit.testing.v1 import AppTest

from fashion_core import evaluation
from fashion_core.metadata import CLASS_NAMES

PER_PAGE = 50

pytestmark = pytest.mark.usefixtures("runs_dir")
open_page = partial(app_page.open_page, "predictions", model="fashion_cnn")
open_all = partial(open_page, outcome="All")


def grids(app: AppTest) -> list[dict]:
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.component_name == "image_grid"]


def grid_items(app: AppTest) -> list[dict]:
    return grids(app)[0]["items"]


def shown(app: AppTest) -> list[int]:
    return [item["index"] for item in grid_items(app)]


def count(app: AppTest) -> int:
    return next(
        int(text.value.split("**")[1].replace(",", ""))
        for text in app.markdown
        if "10,000 images" in text.value
    )


def headings(app: AppTest) -> list[str]:
    return [element.value for element in app.subheader]


def test_it_opens_on_the_surest_mistakes_and_all_or_what_is_right_is_a_click_away(test_set):
    labels, probs = test_set
    app = open_page()
    mistakes = evaluation.select_indices(labels, probs, outcome="wrong", sort="confident mistakes")
    assert count(app) == len(mistakes)
    assert shown(app) == mistakes[:PER_PAGE].tolist()
    app.pagination[0].select(3).run()
    app.segmented_control(key="outcome").set_value("all").run()
    assert (count(app), shown(app)) == (10_000, list(range(PER_PAGE)))
    app.segmented_control(key="outcome").set_value("right").run()
    assert count(app) == 10_000 - len(mistakes)
    app.segmented_control(key="outcome").set_value("wrong").run()
    assert shown(app) == mistakes[:PER_PAGE].tolist()


def test_a_tile_has_one_line_and_says_the_rest_to_those_who_listen(test_set):
    labels, probs = test_set
    app = open_all()
    assert grids(app)[0]["name"] == "Test images"
    assert shown(app) == list(range(PER_PAGE))
    for index, item in enumerate(grid_items(app)):
        true, pred = CLASS_NAMES[labels[index]], CLASS_NAMES[probs[index].argmax()]
        kind, mark = ("right", "✓") if pred == true else ("wrong", "✗")
        assert item["lines"] == [[kind, f"{mark} {pred}"]]
        confidence = f"{probs[index].max():.1%}"
        assert item["label"] == (
            f"Image {index}, {kind}: predicted {pred} with {confidence}, true label {true}"
        )
        assert item["source"].startswith("data:image/png;base64,")
    assert not headings(app)


def test_filters_and_sort_come_from_the_url(test_set):
    labels, probs = test_set
    app = open_page(
        true_label="Shirt", outcome="Wrong", confidence=["50", "90"], sort="Confident mistakes"
    )
    expected = evaluation.select_indices(
        labels,
        probs,
        true=6,
        outcome="wrong",
        min_confidence=0.5,
        max_confidence=0.9,
        sort="confident mistakes",
    )
    assert count(app) == len(expected) > 0
    assert shown(app) == expected[:PER_PAGE].tolist()


def test_the_address_names_outcome_and_sort_only_where_it_would_be_read_as_others(monkeypatch):
    app = open_page()
    assert set(app.query_params) == {"model"}
    monkeypatch.setattr("random.randint", lambda low, high: high)
    press(app, "Random page")
    named = {key: app.query_params[key] for key in ("outcome", "sort")}
    assert named == {"outcome": "Wrong", "sort": "Confident mistakes"}
    seen = shown(app)
    again = app_page.open_page("predictions", **app.query_params)
    assert shown(again) == seen
    assert set(open_page(outcome="All").query_params) == {"model", "outcome"}
    press(app := open_page(true_label="Shirt", predicted_label="Sandal"), "Clear the filters")
    assert app.query_params["outcome"] == "All"


def test_each_filter_narrows_the_images(test_set):
    labels, probs = test_set
    preds = probs.argmax(axis=1)
    app = open_all()
    app.selectbox(key="predicted_label").select("Coat").run()
    assert count(app) == np.sum(preds == 4)
    app.segmented_control(key="outcome").set_value("right").run()
    assert count(app) == np.sum((preds == 4) & (labels == 4))
    app.slider(key="confidence").set_range(0, 60).run()
    assert count(app) == np.sum((preds == 4) & (labels == 4) & (probs.max(axis=1) <= 0.6))
    assert not app.exception


def test_least_confident_comes_first_when_asked(test_set):
    _, probs = test_set
    app = open_all()
    app.selectbox(key="sort").select("least confident").run()
    confidences = probs[shown(app)].max(axis=1)
    assert (np.diff(confidences) >= 0).all()
    assert confidences[0] == probs.max(axis=1).min()


def test_paging_shows_the_next_images_and_a_filter_leads_back_to_the_first_page():
    app = open_all()
    app.pagination[0].select(200).run()
    assert shown(app) == list(range(9950, 10_000))
    app.pagination[0].select(5).run()
    assert shown(app) == list(range(200, 250))
    app.selectbox(key="true_label").select("Bag").run()
    assert app.pagination[0].value == 1
    assert app.pagination[0].num_pages == 20


def test_random_page_is_another_one_of_the_pages(monkeypatch):
    app = open_page(true_label="Bag")
    for end, page in ((max, 20), (max, 19), (min, 1), (min, 2)):
        monkeypatch.setattr("random.randint", lambda low, high, end=end: end(low, high))
        press(app, "Random page")
        assert app.pagination[0].value == page
    assert len(shown(app)) == PER_PAGE
    app = open_page(true_label="Dress", predicted_label="Coat")  # on one page
    assert 0 < len(shown(app)) < PER_PAGE
    assert next(each for each in app.button if each.label == "Random page").disabled


def panel_of(app: AppTest) -> str:
    found = (element.value for element in app.get("html"))
    return next(html for html in found if 'class="bars"' in html and "picked" in html)


def test_an_answer_in_doubt_says_so_and_has_no_sure_bar(test_set):
    _, probs = test_set
    unsure, sure = (probs.max(axis=1) < 0.6).argmax(), (probs.max(axis=1) > 0.99).argmax()
    doubted = panel_of(open_page(index=str(unsure)))
    assert "winner doubted" in doubted
    assert re.search("Not sure|does not look like anything", doubted)
    assert "doubted" not in panel_of(open_page(index=str(sure)))


def test_the_picked_image_opens_with_its_index_and_ten_bars(test_set):
    labels, probs = test_set
    app = open_page(index="23")
    assert headings(app) == ["Image 23"]
    panel = panel_of(app)
    bars = re.findall(
        r'<div class="bar-row( winner)?"><span>([^<]+)</span>.*?<b>([\d.]+%)</b>', panel
    )
    assert [name.removesuffix(" (true)") for _, name, _ in bars] == list(CLASS_NAMES)
    assert [share for *_, share in bars] == [f"{prob:.1%}" for prob in probs[23]]
    assert [place for place, (winner, *_) in enumerate(bars) if winner] == [probs[23].argmax()]
    assert [place for place, (_, name, _) in enumerate(bars) if "(true)" in name] == [labels[23]]


def test_jumping_to_an_index_opens_it_and_turns_to_its_page():
    app = open_all()
    app.number_input(key="index").set_value(7777).run()
    assert headings(app) == ["Image 7777"]
    assert 7777 in shown(app)
    assert app.pagination[0].value == 7777 // PER_PAGE + 1


def test_next_and_previous_walk_through_what_the_filters_show_and_close_closes():
    app = open_page(outcome="Wrong")
    first, second = shown(app)[:2]
    app.number_input(key="index").set_value(first).run()
    assert next(button for button in app.button if button.label == "Previous").disabled
    press(app, "Next")
    assert headings(app) == [f"Image {second}"]
    press(app, "Previous")
    assert headings(app) == [f"Image {first}"]
    press(app, "Close")
    assert not headings(app)
    assert app.number_input(key="index").value is None


def test_stepping_past_the_last_image_of_a_page_turns_the_page():
    app = open_page(index=str(PER_PAGE - 1))
    press(app, "Next")
    assert app.pagination[0].value == 2
    assert shown(app)[0] == PER_PAGE


def test_a_picked_image_that_the_filters_hide_is_still_shown_and_says_so(test_set):
    labels, _ = test_set
    index = int(np.flatnonzero(labels != 8)[0])
    app = open_page(true_label="Bag", index=str(index))
    assert headings(app) == [f"Image {index}"]
    assert any("does not match your filters" in caption.value for caption in app.caption)


def test_an_empty_result_says_so_and_the_button_clears_the_filters():
    app = open_page(true_label="Shirt", predicted_label="Sandal", outcome="Right")
    assert [info.value for info in app.info] == ["No image matches these filters."]
    assert not grids(app)
    press(app, "Clear the filters")
    assert count(app) == 10_000


@pytest.mark.parametrize(
    "query",
    [
        {"page": "99999"},
        {"page": "0"},
        {"page": "-3"},
        {"page": "abc"},
        {"page": ""},
        {"page": "1.5"},
        {"index": "10000"},
        {"index": "-1"},
        {"index": "abc"},
        {"index": "nan"},
        {"index": ""},
        {"index": "9" * 40},
        {"true_label": "Hat"},
        {"predicted_label": ""},
        {"outcome": "maybe"},
        {"sort": "beauty"},
        {"confidence": "50"},
        {"confidence": ["5", "900"]},
        {"confidence": ["nan", "inf"]},
        {"confidence": ["a", "b"]},
    ],
    ids=str,
)
def test_junk_in_the_url_falls_back_to_the_whole_test_set(query):
    app = open_page(**query)
    assert count(app) == 10_000
    assert shown(app)[0] == 0
    assert not headings(app)


def test_a_confidence_range_that_stands_the_wrong_way_round_is_read_all_the_same(test_set):
    _, probs = test_set
    app = open_page(confidence=["90", "10"])
    assert count(app) == np.sum((probs.max(axis=1) >= 0.1) & (probs.max(axis=1) <= 0.9))


def test_a_page_beyond_the_filtered_ones_falls_back_to_the_first():
    app = open_page(true_label="Bag", page="150")
    assert app.pagination[0].value == 1
    assert len(shown(app)) == PER_PAGE
