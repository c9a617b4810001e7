"""The learning-rate finder on the Train page, run by Streamlit itself: each of its states, and
using what it found.
"""

import time

import psutil
import pytest
from app_page import open_page
from test_pages import button, words
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


def alive() -> dict:
    me = psutil.Process()
    return {
        "pid": me.pid,
        "process_started_at": folders.process_start(me),
        "heartbeat_at": time.time(),
    }


def found(config=None, **status):
    """A search that has ended with a curve whose suggestion is near 0.002."""
    write_search(config or TrainConfig(), rates=RATES, losses=valley(0.02), steps=200, **status)
    return rate_finder.suggested_rate(RATES, valley(0.02))


def charts(app) -> list[str]:
    return [
        element.proto.alt
        for element in app.get("vega_lite_chart")
        if "learning rate" in element.proto.alt
    ]


def test_nothing_yet_says_what_it_does_and_a_click_starts_it_for_the_forms_values(launched):
    app = open_page("train")
    assert "Tries many, a step each, and suggests one." in words(app)
    # And clicked at once, before the page was drawn anew
    app.selectbox(key="train_optimizer").select("SGD")
    button(app, "Find a learning rate").click().run()
    assert not app.exception
    assert launched == [folders.finder_dir()]
    assert rate_finder.read_search().config.optimizer == "SGD"
    assert button(app, "Finding a learning rate…").disabled
    assert "Getting ready" in [bar.proto.text for bar in app.get("progress")]
    assert "Starting" in words(app)


@pytest.mark.parametrize(("age", "first"), [(60, "Found"), (-60, "Ended")])
def test_of_what_has_ended_the_later_stands_first(age, first):
    found()
    run_id = folders.create_run(TrainConfig(epochs=2), "Ended")
    files.write_json(folders.run_dir_of(run_id) / "status.json", {"state": "finished", "step": 1})
    about = files.read_json(folders.finder_dir() / "config.json")
    files.write_json(
        folders.finder_dir() / "config.json", about | {"created_at": time.time() + age}
    )
    titles = [title.value for title in open_page("train").subheader]
    assert titles.index("Learning rate finder") == (0 if first == "Found" else 1)


def test_a_rate_at_which_the_loss_had_not_turned_is_said_to_be_one():
    write_search(rates=RATES, losses=[2.3 - 0.01 * place for place in range(200)], steps=200)
    assert "0.1 is a tenth of the highest rate tried, at which the loss had not risen yet" in words(
        open_page("train")
    )


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
    assert "Step 40 of 200 · at most 4 s left" in [bar.proto.text for bar in app.get("progress")]
    assert charts(app) == ["Loss over learning rate, raw and smoothed"]
    assert "Finding a learning rate" in [link.proto.label for link in app.sidebar.get("page_link")]
    button(app, "Add to queue").click().run()
    assert not app.exception
    assert len(run_queue.read_queue().waiting) == 1
    button(app, "Stop").click().run()
    assert rate_finder.is_stopping()
    assert button(app, "Stopping…").disabled


def test_what_was_found_is_marked_used_and_put_away():
    rate = found()
    app = open_page("train")
    assert "For FashionCNN, Adam, batches of 64" in words(app)
    assert charts(app) == [f"Loss over learning rate, raw and smoothed; {rate:g} is marked"]
    assert "another configuration" not in words(app)
    button(app, f"Use {rate:g}").click().run()
    assert not app.exception
    assert app.number_input(key="train_learning_rate").value == rate
    assert button(app, f"{rate:g} is in the form").disabled
    app.button(key="close_finder").click().run()
    assert rate_finder.read_search() is None
    assert "Tries many, a step each" in words(app)


def test_a_changed_form_says_that_the_curve_is_not_its_own():
    found()
    app = open_page("train")
    app.number_input(key="train_epochs").set_value(9).run()
    assert "another configuration" not in words(app)
    app.number_input(key="train_batch_size").set_value(128).run()
    assert "another configuration" in words(app)


def test_a_curve_without_a_fall_suggests_nothing():
    write_search(rates=RATES, losses=[2.3] * 200, steps=200)
    assert "none is suggested" in words(open_page("train"))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ({"state": "failed", "message": "The machine ran out of memory."}, "ran out of memory"),
        (
            {"state": "running", "pid": 2**22 + 1, "heartbeat_at": time.time()},
            "ended without a word",
        ),
        (
            {"state": "stopped", "rates": RATES, "losses": [2.3] * 30, "steps": 200},
            "Stopped after step 30 of 200",
        ),
        ({"losses": "no curve"}, "does not hold a curve"),
    ],
)
def test_every_other_end_is_a_sentence_and_another_search_can_begin(status, sentence):
    write_search(**status)
    app = open_page("train")
    assert sentence in words(app).replace("\\", "")
    assert not button(app, "Find a learning rate").disabled


def test_not_while_a_run_trains_and_not_on_a_read_only_copy(monkeypatch):
    run_id = folders.create_run(TrainConfig(), "Busy")
    app = open_page("train")
    assert button(app, "Find a learning rate").disabled
    assert "Not while “Busy” trains" in words(app)
    files.write_json(folders.run_dir_of(run_id) / "status.json", {"state": "finished"})
    found()
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page("train")
    assert button(app, "Find a learning rate").disabled
    assert app.button(key="close_finder").disabled


def test_a_start_that_comes_too_late_is_refused_in_words(launched):
    app = open_page("train")
    folders.create_run(TrainConfig(), "Quicker")
    button(app, "Find a learning rate").click().run()
    assert "“Quicker” is training" in words(app)
    assert launched == []
