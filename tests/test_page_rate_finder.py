"""The learning-rate finder on the Train page, run by Streamlit itself: each of its states.

Using what it found is in browser/test_finding_a_rate.py.
"""

import time

import pytest
from app_page import labelled, open_page, press, words
from run_folders import GONE, alive, make_run
from test_rate_finder import RATES, valley, write_search

from fashion_core import files
from fashion_core.config import TrainConfig
from fashion_core.runs import control, folders, rate_finder
from fashion_core.runs import queue as run_queue


@pytest.fixture(autouse=True)
def launched(runs_dir, monkeypatch):
    """The folders for which a process would have been started; none is."""
    folders = []
    monkeypatch.setattr(control, "spawn_worker", folders.append)
    return folders


def find():
    """A search that has ended with a curve whose suggestion is near 0.002."""
    write_search(TrainConfig(), rates=RATES, losses=valley(0.02), steps=200)
    return rate_finder.suggested_rate(RATES, valley(0.02))


def alts(app):
    """What the finder's charts say to those who listen."""
    found = [chart.proto.alt for chart in app.get("vega_lite_chart")]
    return [alt for alt in found if "learning rate" in alt]


def progress_texts(app):
    return [bar.proto.text for bar in app.get("progress")]


def test_nothing_yet_says_what_it_does_and_a_click_starts_it_for_the_forms_values(launched):
    app = open_page("train")
    assert "Tries many rates, one step each, and suggests one." in words(app)
    # And clicked at once, before the page was drawn anew
    app.selectbox(key="train_optimizer").select("SGD")
    press(app, "Find a learning rate")
    assert launched == [folders.finder_dir()]
    assert rate_finder.read_search().config.optimizer == "SGD"
    assert labelled(app.button, "Finding a learning rate…").disabled
    assert "Getting ready" in progress_texts(app)
    assert "Starting" in words(app)


@pytest.mark.parametrize("first", ["Learning rate finder", "Ended"])
def test_of_what_has_ended_the_later_stands_first(first):
    find()
    config_path, finder_is_later = folders.finder_dir() / "config.json", first != "Ended"
    files.write_json(config_path, files.read_json(config_path) | {"created_at": 2.0})
    make_run("Ended", created_at=1.0 if finder_is_later else 3.0)
    titles = [title.value for title in open_page("train").subheader]
    assert titles[0] == first
    assert len(titles) == 2


def test_while_it_runs_it_shows_its_curve_and_stops_and_a_run_waits():
    write_search(
        state="running",
        rates=RATES,
        losses=valley(0.02)[:40],
        steps=200,
        elapsed_seconds=1.0,
        **alive(),
    )
    app = open_page("train")
    assert "Step 40 of 200 · at most 4 s left" in progress_texts(app)
    assert alts(app) == ["Loss over learning rate, raw and smoothed"]
    assert "Finding a learning rate" in [link.proto.label for link in app.sidebar.get("page_link")]
    press(app, "Add to queue")
    assert len(run_queue.read_queue().waiting) == 1
    press(app, "Stop")
    assert rate_finder.is_stopping()
    assert labelled(app.button, "Stopping…").disabled


def test_what_was_found_is_marked_and_a_changed_form_says_that_the_curve_is_not_its_own():
    rate = find()
    app = open_page("train")
    assert alts(app) == [f"Loss over learning rate, raw and smoothed; {rate:g} is marked"]
    app.number_input(key="train_epochs").set_value(9).run()
    assert "another configuration" not in words(app)
    app.number_input(key="train_batch_size").set_value(128).run()
    assert "another configuration" in words(app)


def test_every_other_end_is_a_sentence_and_another_search_can_begin():
    app = open_page("train")
    for status, sentence in (
        ({"state": "failed", "message": "The machine ran out of memory."}, "ran out of memory"),
        ({"state": "running", "heartbeat_at": time.time()} | GONE, "ended without a word"),
        ({"state": "stopped", "rates": RATES, "losses": [2.3] * 30}, "after step 30 of 200"),
        ({"losses": "no curve"}, "does not hold a curve"),
        ({"rates": RATES, "losses": [2.3] * 200}, "none is suggested"),
    ):
        write_search(**{"steps": 200} | status)
        app.run()
        assert sentence in words(app)
        assert not labelled(app.button, "Find a learning rate").disabled


def test_not_while_a_run_trains_and_not_on_a_read_only_copy(monkeypatch):
    run_id = folders.create_run(TrainConfig(), "Busy")
    app = open_page("train")
    assert labelled(app.button, "Find a learning rate").disabled
    assert "Not while “Busy” trains" in words(app)
    files.write_json(folders.run_dir_of(run_id) / "status.json", {"state": "finished"})
    find()
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app.run()
    assert labelled(app.button, "Find a learning rate").disabled
    assert app.button(key="close_finder").disabled


def test_a_start_that_comes_too_late_is_refused_in_words(launched):
    app = open_page("train")
    folders.create_run(TrainConfig(), "Quicker")
    press(app, "Find a learning rate")
    assert "“Quicker” is training" in words(app)
    assert launched == []
