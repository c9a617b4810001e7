"""Lesson, run by Streamlit itself: what counts as an answer to each step, and what does not."""

import json

import numpy as np
import pytest
from app_page import labels, open_page, press, words
from run_folders import make_run, step_event, write_events

from fashion_core.config import TrainConfig
from fashion_core.inside.layers import rank_of_map
from fashion_core.runs import folders
from pages.parts import state
from pages.parts.lesson_progress import checked_progress
from pages.parts.lesson_steps import STEPS


def visit(app) -> str:
    """The lesson drawn anew; what it says."""
    app.switch_page("pages/lesson.py").run()
    assert not app.exception
    return words(app)


def drawing(height: int) -> dict:
    """A black box of this height in the middle of the canvas, 160 pixels wide."""
    pixels = np.full((280, 280, 4), 255, np.uint8)
    top = 140 - height // 2
    pixels[top : top + height, 60:220, :3] = 17
    return {"strokes": [{"type": "path"}], "pixels": pixels}


def test_a_drawing_counts_when_more_than_half_of_its_numbers_are_above_zero(runs_dir):
    app = open_page("lesson")
    assert "0 of 6" in app.get("progress")[0].proto.text
    app.session_state[state.DRAWING] = drawing(30)
    assert "not yet more than half" in visit(app)
    app.session_state[state.DRAWING] = drawing(160)
    assert "never sees anything but these numbers" in visit(app)
    assert app.session_state[state.LESSON_DONE] == [1]
    press(app, "Begin anew")
    assert app.session_state[state.LESSON_DONE] == [1]  # the drawing is still there


def test_a_public_copy_counts_only_the_steps_that_need_no_training(runs_dir, monkeypatch):
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page("lesson")
    for done, told, first_open in (
        ([], "0 of the 4 steps done that this public copy allows", 1),
        ([1, 2, 3], "2 of the 4 steps done that this public copy allows", 5),
        ([1, 2, 5, 6], "4 of the 4 steps done that this public copy allows", 0),
    ):
        assert "all that this public copy allows" not in words(app)
        app.session_state[state.LESSON_DONE] = done
        said = visit(app)
        assert app.get("progress")[0].proto.text == told
        is_open = [step.proto.expanded for step in app.expander]
        assert is_open == [number == first_open for number in range(1, 7)]
    assert "all that this public copy allows: a picture, a filter, a mistake and a trick." in said
    monkeypatch.delenv("FASHION_READ_ONLY")
    assert "You have been through all" not in visit(app)
    assert app.get("progress")[0].proto.text == "4 of 6 steps done"
    app.session_state[state.LESSON_DONE] = [1, 2, 3, 4, 5, 6]
    assert "through all of it: a picture, a filter, a loss, a rate" in visit(app)


def test_a_map_counts_when_it_is_one_of_the_weakest_of_the_first_layer(runs_dir):
    output = np.array([[[3.0]], [[1.0]], [[2.0]]])
    assert [rank_of_map(output, channel) for channel in range(3)] == [2, 0, 1]
    app = open_page("lesson")
    for picked, sentence in (
        ((1, 0), "not of the first layer"),
        ((0, 9), "9 maps of the first layer find less"),
        ((0, 3), "stays nearly empty"),
    ):
        app.session_state[state.PICKED_RANK] = picked
        assert sentence in visit(app)
    assert app.session_state[state.LESSON_DONE] == [2]


def test_runs_of_this_visitor_count_when_the_loss_fell_or_nothing_was_learned(runs_dir):
    app = open_page("lesson")
    learned = make_run("Mine", accuracy=0.9)
    write_events(folders.run_dir_of(learned), [step_event(1, 2.3), step_event(850, 0.4)])
    visit(app)
    assert app.session_state[state.LESSON_DONE] == []  # somebody else's, as far as it knows
    app.session_state[state.STARTED_RUNS] = [learned]
    text = visit(app)
    assert "fell from 2.30 to 0.40" in text
    assert "it learned all the same" in text
    config = TrainConfig(learning_rate=1.0)
    chance = make_run("Wild", config=config, accuracy=0.1)
    app.session_state[state.STARTED_RUNS] = [learned, chance]
    assert "that is guessing" in visit(app)
    diverged = make_run("Far", "failed", config=config, cause="TrainingFailed")
    app.session_state[state.STARTED_RUNS] = ["20200101-000000-gone", diverged]
    assert "diverged" in visit(app)
    assert app.session_state[state.LESSON_DONE] == [3, 4]


def test_a_cell_counts_when_it_is_among_the_most_confused(runs_dir):
    app = open_page("lesson", model="fashion_cnn")
    for cell, sentence in (
        ((6, 6), "on the diagonal"),
        ((9, 0), "Look for the highest numbers"),
        ((6, 0), "as T-shirt/top. At 28 × 28"),
    ):
        app.session_state[state.SEEN_CELL] = cell
        assert sentence in visit(app)
    assert app.session_state[state.LESSON_DONE] == [5]


def test_it_is_fooled_when_it_calls_a_drawing_something_else(runs_dir):
    app = open_page("lesson")
    app.session_state[state.DRAWING] = drawing(200)
    visit(app)
    app.selectbox(key=state.LESSON_DRAWN).select("Sandal").run()
    assert 6 in app.session_state[state.LESSON_DONE]  # a box is no sandal
    app.selectbox(key=state.LESSON_DRAWN).select("Ankle boot").run()
    said = words(app)
    assert ("You drew an ankle boot, it says" in said) != ("does not know what" in said)


def test_what_was_said_of_one_drawing_is_not_taken_for_the_next(runs_dir):
    app = open_page("lesson")
    app.session_state[state.DRAWING] = drawing(200)
    visit(app)
    app.selectbox(key=state.LESSON_DRAWN).select("Sandal").run()
    assert 6 in app.session_state[state.LESSON_DONE]
    visit(app)
    assert app.selectbox(key=state.LESSON_DRAWN).value == "Sandal"  # of the same drawing still
    app.session_state[state.LESSON_DONE] = []
    app.session_state[state.DRAWING] = drawing(30)
    assert "You drew" not in visit(app)
    assert app.selectbox(key=state.LESSON_DRAWN).value is None
    assert 6 not in app.session_state[state.LESSON_DONE]


def test_what_was_drawn_is_asked_again_when_the_lesson_begins_anew(runs_dir):
    app = open_page("lesson")
    app.session_state[state.DRAWING] = drawing(200)
    visit(app)
    app.selectbox(key=state.LESSON_DRAWN).select("Sandal").run()
    press(app, "Begin anew")
    assert app.selectbox(key=state.LESSON_DRAWN).value is None
    assert 6 not in app.session_state[state.LESSON_DONE]


def test_the_drawing_of_a_game_is_not_taken_for_the_visitors_own(runs_dir):
    app = open_page("lesson")
    app.session_state[state.DRAWING] = drawing(160)
    app.session_state[state.SHEET] = "a-game_0"
    assert "never sees anything" not in visit(app)
    app.session_state[state.DRAWING] = drawing(30)
    app.session_state[state.PUT_ASIDE] = {None: {state.DRAWING: drawing(160)}}
    assert "never sees anything but these numbers" in visit(app)


def test_the_question_goes_along_to_the_page_of_its_step_until_it_is_done_or_closed(runs_dir):
    app = open_page("classify")
    assert "Lesson, step" not in words(app)
    app = open_page("classify", lesson="1")
    assert f"**Lesson, step 1 of 6:** {STEPS[0].question}" in words(app)
    assert "Lesson, step" not in words(app.switch_page("pages/inside.py").run())
    assert "Lesson, step 1" in words(app.switch_page("pages/classify.py").run())
    app.session_state[state.DRAWING] = drawing(160)
    visit(app)
    assert app.session_state[state.LESSON_DONE] == [1]
    assert "Lesson, step" not in words(app.switch_page("pages/classify.py").run())
    app = press(open_page("lesson"), STEPS[2].link)
    assert "Lesson, step 3 of 6" in words(app)
    press(app, "Close the lesson's question")
    assert "Lesson, step" not in words(app.run())


@pytest.mark.parametrize("number", ["0", "7", "-1", "one", "", "²", "1" * 5_000])
def test_a_step_that_there_is_not_leads_to_no_question(runs_dir, number):
    assert "Lesson, step" not in words(open_page("confusion_matrix", lesson=number))


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_each_step_has_its_question_on_its_page(runs_dir, number):
    step = STEPS[number - 1]
    query = dict(step.query) | {"lesson": str(number)}
    assert f"Lesson, step {number} of 6:** {step.question}" in words(open_page(step.page, **query))


def test_the_form_of_train_is_filled_in(runs_dir):
    app = open_page("lesson")
    press(app, STEPS[3].link)
    assert app.title[0].value == "Train"
    assert app.number_input(key="train_train_size").value == 10_000
    assert app.selectbox(key="train_optimizer").value == "Adam"
    assert "Start training" in labels(app)


@pytest.mark.parametrize("text", [None, 5, "none", "[]", '{"done": 3, "runs": []}', "[" * 10_000])
def test_junk_from_the_browsers_storage_is_nothing(text):
    assert checked_progress(text) == (set(), [], 0)


def test_of_what_the_browser_kept_only_steps_and_run_ids_count():
    kept = {"done": [1, 6, 7, 0, "2", True], "runs": ["20260101-a", "../x", 3], "round": 2}
    assert checked_progress(json.dumps(kept)) == ({1, 6}, ["20260101-a"], 2)
    assert checked_progress(json.dumps(kept | {"round": -1.5}))[2] == 0


def test_a_run_that_broke_off_is_said_to_and_one_that_was_stopped_counts_by_its_loss(runs_dir):
    app = open_page("lesson")
    app.session_state[state.STARTED_RUNS] = [make_run("Killed", "lost")]
    assert "“Killed” broke off" in visit(app)
    stopped = make_run("Short", "stopped")
    write_events(folders.run_dir_of(stopped), [step_event(1, 2.3), step_event(850, 0.4)])
    app.session_state[state.STARTED_RUNS] = [stopped]
    assert "fell from 2.30 to 0.40" in visit(app)
