"""The Train page, run by Streamlit itself: the form, the queue, the run that is shown.

Starting, pausing and stopping real workers is in browser/test_train.py and browser/test_queue.py.
"""

import time

import numpy as np
import pytest
import streamlit as st
from app_page import labelled, labels, open_page, press, words
from run_folders import GONE, alive, epoch_event, frame_at, make_run, step_event, write_events

from fashion_core import files, predict
from fashion_core.charts.frames import loss_frame
from fashion_core.config import RECIPES, TrainConfig
from fashion_core.errors import RunError
from fashion_core.runs import control, film, folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.events import read_metrics
from pages.parts import state
from pages.parts.runs import form, form_address
from pages.parts.runs.drawing_after import describe_reason, learned_from
from pages.parts.runs.film import moments, with_latest
from pages.parts.runs.live_run import kind_of_page
from pages.parts.runs.other_run import frames_with


@pytest.fixture(autouse=True)
def started(runs_dir, monkeypatch):
    """The ids of the runs for which a worker would have been started; none is."""
    ids = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: ids.append(run_dir.name))
    return ids


# The form


def recipes(app):
    return labelled(app.pills, "Recipe")


def test_without_runs_it_says_what_will_be_here():
    app = open_page("train")
    assert "No run yet" in words(app)
    assert not labelled(app.button, "Start training").disabled


def test_a_run_starts_with_the_forms_values(started):
    app = open_page("train")
    app.number_input(key="train_epochs").set_value(3)
    app.toggle(key="train_flips").set_value(True)
    press(app, "Start training")
    (run,) = folders.list_runs()
    assert started == [run.run_id]
    assert (run.config.epochs, run.config.flips) == (3, True)


@pytest.mark.parametrize("busy_when_drawn", [False, True])
def test_a_click_counts_when_the_machine_was_taken_or_freed_since_the_page_was_drawn(
    busy_when_drawn, runs_dir, started
):
    other = folders.create_run(TrainConfig(), "Other", "starting" if busy_when_drawn else "stopped")
    app = open_page("train")
    app.text_input(key="run_name").set_value("Mine")  # typed just before, as the number
    app.number_input(key="train_epochs").set_value(2)
    now = {"state": "stopped" if busy_when_drawn else "starting", "heartbeat_at": time.time()}
    files.write_json(runs_dir / other / "status.json", now)
    press(app, "Add to queue" if busy_when_drawn else "Start training")
    (mine,) = (run for run in folders.list_runs() if run.run_id != other)
    assert (mine.name, mine.config.epochs) == ("Mine", 2)
    assert (started, waiting_names()) == (
        ([mine.run_id], []) if busy_when_drawn else ([], ["Mine"])
    )


def test_a_sweep_whose_values_were_typed_just_before_the_click_is_queued_as_typed():
    app = open_page("train")
    app.selectbox(key="vary").select("seed").run()
    labelled(app.text_input, "Values").set_value("4, 5")
    press(app, "Queue 3 runs")
    assert sorted(run.config.seed for run in folders.list_runs()) == [4, 5]
    labelled(app.text_input, "Values").set_value("four")
    press(app, "Queue 2 runs")
    assert "four" in words(app)
    assert len(folders.list_runs()) == 2


def test_a_recipe_fills_the_form():
    app = open_page("train")
    assert recipes(app).value == "Classic tutorial"
    for name, (changes, sentence) in RECIPES.items():
        recipes(app).set_value(name).run()
        assert recipes(app).value == name
        assert sentence in words(app)
        assert app.number_input(key="train_train_size").value == changes.get("train_size", 55_000)
        assert app.selectbox(key="train_schedule").value == changes.get("schedule", "constant")


def test_a_recipe_that_was_changed_says_what_and_comes_back_with_a_click():
    app = open_page("train")
    app.number_input(key="train_epochs").set_value(7)
    app.toggle(key="train_flips").set_value(True).run()
    assert recipes(app).value is None
    assert "Classic tutorial, changed: epochs 7, random flips on." in words(app)
    recipes(app).set_value("Classic tutorial").run()
    assert app.number_input(key="train_epochs").value == 5
    assert app.toggle(key="train_flips").value is False
    recipes(app).set_value(None).run()  # a click on the one that is picked
    assert recipes(app).value == "Classic tutorial"


def test_a_field_filled_before_the_browser_has_drawn_the_last_one_undoes_neither():
    app = open_page("train")
    images = app.number_input(key="train_train_size")
    epochs = app.number_input(key="train_epochs")
    recipes(app).set_value("Classic tutorial")  # what that page shows, and sends with every field
    images.set_value(1_000).run()
    epochs.set_value(1).run()
    assert recipes(app).value is None
    assert "changed: epochs 1, training images 1,000." in words(app)


def refreshed(app):
    return open_page("train", **app.query_params)


def test_a_refresh_keeps_the_recipe():
    app = open_page("train")
    assert state.RECIPE not in app.query_params
    recipes(app).set_value("Quick look").run()
    fresh = refreshed(app)
    assert recipes(fresh).value == "Quick look"
    assert fresh.number_input(key="train_train_size").value == 36_000
    recipes(fresh).set_value("Classic tutorial").run()
    assert state.RECIPE not in fresh.query_params


def test_back_to_a_form_as_it_was_at_first_shows_that(monkeypatch):
    app = open_page("train")
    recipes(app).set_value("Quick look").run()
    app.number_input(key="train_epochs").set_value(7).run()
    monkeypatch.setattr(form_address, "has_returned", lambda: True)
    for name in form_address.form_parameters() & app.query_params.keys():
        del app.query_params[name]
    app.run()
    assert recipes(app).value == "Classic tutorial"
    assert not form_address.form_parameters() & app.query_params.keys()


def test_a_refresh_keeps_what_was_changed_in_a_recipe():
    app = open_page("train")
    recipes(app).set_value("Quick look").run()
    app.number_input(key="train_learning_rate").set_value(0.003)
    app.number_input(key="train_epochs").set_value(7)
    app.toggle(key="train_flips").set_value(True)
    app.selectbox(key="train_optimizer").set_value("SGD")
    app.selectbox(key="train_model").set_value("ResidualNet").run()
    fresh = refreshed(app)
    changes = (
        "Quick look, changed: network ResidualNet, epochs 7, learning rate 0.003, optimizer SGD,"
        " random flips on."
    )
    assert changes in words(app)
    assert changes in words(fresh)
    press(fresh, "Start training")
    (run,) = folders.list_runs()
    assert (run.config.learning_rate, run.config.flips) == (0.003, True)
    fresh.number_input(key="train_epochs").set_value(2).run()
    assert "train_epochs" not in fresh.query_params


def test_a_refresh_keeps_a_network_of_ones_own_and_the_recipe_it_was_put_in():
    app = open_page("train", recipe="Quick look", layers="conv 9, pool avg, dense 20 linear")
    assert "Quick look, changed: network" in words(app)
    assert "train_model" not in app.query_params
    assert app.number_input(key="train_train_size").value == 36_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("epochs", "0"),
        ("epochs", "101"),
        ("epochs", "5.5"),
        ("epochs", "9" * 5_000),
        ("learning_rate", "nan"),
        ("learning_rate", "inf"),
        ("learning_rate", "quick"),
        ("flips", "yes"),
        ("optimizer", "<b>Adam</b>"),
        ("model", "Your own network"),
        ("model", "conv 8"),
    ],
)
def test_a_link_with_a_value_that_no_field_takes_leaves_that_of_the_recipe(name, text):
    app = open_page("train", recipe="Quick look", **{f"train_{name}": text})
    assert recipes(app).value == "Quick look"
    assert f"train_{name}" not in app.query_params


def test_a_link_with_an_unknown_recipe_opens_the_first_one():
    app = open_page("train", recipe="<b>Best</b>", train_epochs="7")
    assert "Classic tutorial, changed: epochs 7." in words(app)
    assert state.RECIPE not in app.query_params


def test_a_link_with_more_epochs_than_this_copy_allows_leaves_those_that_it_does(monkeypatch):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "3")
    app = open_page("train", recipe="Quick look", train_epochs="50")
    assert app.number_input(key="train_epochs").value == 2


@pytest.mark.parametrize(
    ("label", "value", "sentence"),
    [
        ("Epochs", "5000", "Epochs is 5000; allowed is 1 to 100. Change it, then start."),
        ("Maps of layer 1", "900", "Maps of layer 1 is 900, which is not allowed. Change it,"),
    ],
)
def test_a_number_out_of_range_is_named_with_what_is_allowed(label, value, sentence, monkeypatch):
    told = {state.FORM_CHECK: {"refused": {"label": label, "value": value}}}
    monkeypatch.setattr(st, "session_state", told)
    form.refuse_start()
    assert told[state.START_PROBLEM].startswith(sentence)


def test_every_value_stands_whole_in_the_form():
    formats = {field.key: field.proto.format for field in open_page("train").number_input}
    for changes, _ in RECIPES.values():
        for name, value in TrainConfig(**changes).to_dict().items():
            if isinstance(value, float):
                assert float(formats[f"train_{name}"] % value) == value, name


def test_the_form_says_how_long_a_run_takes_once_one_like_it_was_trained():
    steps = TrainConfig().steps_per_epoch
    made = {"steps": steps, "step": steps, "elapsed_seconds": 60.0}
    make_run("Timed", config=TrainConfig(), **made)
    app = open_page("train")
    assert "About 5 min of training" in words(app)
    app.selectbox(key="vary").select("seed").run()
    assert "Together about 15 min of training" in words(app)
    app.number_input(key="train_batch_size").set_value(512).run()
    assert "of training on this machine" not in words(app)


def test_a_public_copy_invites_nobody_to_train(monkeypatch):
    steps = TrainConfig().steps_per_epoch
    make_run("Timed", config=TrainConfig(), steps=steps, step=steps, elapsed_seconds=60.0)
    inviting = ("Choose how to train", "About 5 min of training", "Runs that you add")
    said = words(open_page("train"))
    assert all(words_there in said for words_there in inviting)
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    said = words(open_page("train"))
    assert not any(words_there in said for words_there in inviting)
    assert "nothing can be trained: look at the runs that are here" in said
    assert "nothing can be added" in said


def test_limits_are_said_and_bite(monkeypatch, checkpoint_path):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "3")
    monkeypatch.setenv("FASHION_MAX_RUNS", "1")
    app = open_page("train")
    assert "at most 3 epochs per run, 1 run kept" in words(app)
    epochs = app.number_input(key="train_epochs")
    assert epochs.value == epochs.max == 3
    longest = max(RECIPES, key=lambda name: RECIPES[name][0].get("epochs", 0))
    recipes(app).set_value(longest).run()
    assert app.number_input(key="train_epochs").value == 3
    make_run("Old", checkpoint_path=checkpoint_path)
    press(app, "Start training")
    assert "Delete some on the Runs page" in words(app)
    assert len(folders.list_runs()) == 1


def test_a_limit_that_cannot_be_read_is_explained_and_starts_nothing(monkeypatch):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "ten")
    app = open_page("train")
    assert "FASHION_MAX_EPOCHS is 'ten'" in words(app)
    press(app, "Start training")
    assert folders.list_runs() == []


# Sweep and queue


def waiting_names():
    return [run.name for run in run_queue.read_queue().waiting]


def test_a_sweep_is_queued_with_one_click_then_moved_and_cancelled():
    folders.create_run(TrainConfig(), "First")
    app = open_page("train")
    app.selectbox(key="vary").select("seed").run()
    assert "Queue 3 runs" in labels(app)
    labelled(app.text_input, "Values").set_value("0, 7").run()
    press(app, "Queue 2 runs")
    assert waiting_names() == ["Seed 0", "Seed 7"]
    waiting = [run.run_id for run in run_queue.read_queue().waiting]
    assert app.session_state[state.STARTED_RUNS] == waiting  # so that the lesson counts them
    press(app, "Earlier: Seed 7")
    assert waiting_names() == ["Seed 7", "Seed 0"]
    press(app, "Cancel: Seed 7")
    assert waiting_names() == ["Seed 0"]


def test_a_value_that_is_none_is_a_sentence():
    app = open_page("train")
    app.selectbox(key="vary").select("seed").run()
    labelled(app.text_input, "Values").set_value("0, x").run()
    assert "must be a whole number, not 'x'" in words(app)
    assert not [label for label in labels(app) if label.startswith("Queue")]


def test_a_damaged_queue_says_so_in_a_row(runs_dir):
    folders.create_run(TrainConfig(), "First")
    broken = run_queue.start_or_add(TrainConfig(), "Broken")
    (runs_dir / broken / "config.json").write_text("{")
    app = open_page("train")
    assert "config.json is not valid JSON" in words(app)
    labelled(app.button, "Take it out of the queue").click().run()
    assert "Nothing waits" in words(app)
    (runs_dir / "queue.json").write_text("{")
    assert "queue.json is not valid JSON" in words(app.run())


def test_the_queue_is_started_past_a_paused_run_which_runs_leads_back_to(runs_dir, started):
    paused = make_run("Held", "paused", resumable=True)
    waits = folders.create_run(TrainConfig(), "Waits", "queued")
    app = open_page("train")
    assert "“Held” is paused" in words(app)
    assert started == []
    press(app, "Start the queue")
    assert started == [waits]
    files.write_json(runs_dir / waits / "status.json", {"state": "finished"})
    press(open_page("runs", runs=paused), "Resume or stop")
    press(open_page("train"), "Resume")
    assert started == [waits, paused]


def test_a_paused_run_is_within_reach_when_a_later_one_is_shown():
    make_run("Held", "paused", resumable=True)
    make_run("Later")
    app = open_page("train")
    assert "“Held” is paused." in words(app)
    assert "Resume" not in labels(app)
    press(app, "Show it")
    assert "Show it" not in labels(app)
    assert {"Resume", "Stop"} <= set(labels(app))


def shown_name(app):
    return app.subheader[0].value


def test_a_paused_run_is_within_reach_while_another_one_trains_and_so_is_that():
    paused = make_run("Held", "paused", resumable=True)
    make_run("Live", "running", **alive())
    app = open_page("train")
    assert "“Held” is paused." in words(app)
    assert "this one also waits for “Held”, which is paused" in words(app)
    assert shown_name(app) == "Live"
    press(app, "Show it")
    assert shown_name(app.run()) == "Held"
    assert {"Resume", "Stop"} <= set(labels(app))
    assert "“Live” trains." in words(app)
    press(app, "Show it")
    assert shown_name(app) == "Live"
    app = press(open_page("runs", runs=paused), "Resume or stop")
    assert shown_name(app) == "Held"
    app.switch_page("pages/glossary.py").run()
    assert shown_name(app.switch_page("pages/train.py").run()) == "Live"


def test_what_waits_for_a_run_that_trains_and_a_paused_one_is_said_in_one_way():
    make_run("Held", "paused", resumable=True)
    live = make_run("Live", "running", **alive())
    folders.create_run(TrainConfig(), "Waits", "queued")
    app = open_page("train")
    said = words(app)
    assert "“Held” is paused, and the queue waits for it, too." in said
    assert "this one also waits for “Held”" in said
    assert "this one starts when what is before it has ended" not in said
    assert "Start the queue" not in labels(app)
    press(app, "Do not wait for it")
    said = words(app)
    assert "“Held” is paused." in said  # it holds nothing any more and stays within reach
    assert "Show it" in labels(app)
    assert "this one starts when what is before it has ended" in said
    assert folders.read_run(live).is_active


def test_a_page_that_shows_a_paused_run_learns_that_another_one_began_or_ended():
    paused = folders.read_run(make_run("Held", "paused", resumable=True))
    assert kind_of_page(paused) == ("paused", "")
    live = make_run("Live", "running", **alive())
    assert kind_of_page(paused) == ("paused", live)
    assert kind_of_page(folders.read_run(live)) == ("active", "")


# Continuing a run


def more_epochs(app):
    return labelled(app.number_input, "Continue for")


def test_a_run_that_has_ended_continues_for_more_epochs():
    run_id = make_run("Old", "running", resumable=True, **GONE)
    app = open_page("train")
    more_epochs(app).set_value(3).run()
    assert "To 4 epochs in all" in words(app)
    press(app, "Continue for 3 more epochs")
    assert folders.read_run(run_id).config.epochs == 4
    assert "Planned for 2 epochs, then for 4." in words(app)


def test_a_run_that_failed_before_there_was_anything_to_keep_is_tried_again_as_it_was(started):
    run_id = make_run("No room", "failed", message="A file could not be written.", step=0)
    app = open_page("train")
    assert "Continue for" not in words(app)
    press(app, "Try again")
    assert started == [run_id]
    assert folders.read_run(run_id).config.epochs == 2


def test_a_run_whose_status_is_lost_goes_on_as_planned(runs_dir, started):
    run_id = make_run("Power cut", "running", resumable=True)
    (runs_dir / run_id / "status.json").write_text("")
    app = open_page("train")
    assert "Continue for" not in words(app)
    press(app, "Go on")
    assert (started, folders.read_run(run_id).config.epochs) == ([run_id], 2)


def test_a_run_that_cannot_be_continued_says_why(checkpoint_path):
    make_run("Imported", checkpoint_path=checkpoint_path)
    assert "cannot be continued" in words(open_page("train"))
    make_run("Diverged", "failed", cause="TrainingFailed", message="The loss rose.")
    assert "would end the same way" in words(open_page("train"))


def test_why_a_run_does_not_go_on_stays_until_another_try(monkeypatch):
    make_run("Old", "stopped", resumable=True)
    app = open_page("train")

    def refuse(*_):
        raise RunError("Another start is under way.")

    monkeypatch.setattr(run_queue, "continue_run", refuse)
    press(app, "Continue for 1 more epoch")
    assert "Another start is under way" in words(app)
    assert "Another start is under way" in words(app.run())
    more_epochs(app).set_value(2).run()
    assert "Another start is under way" not in words(app)


def test_a_copy_that_allows_fewer_epochs_than_were_planned_continues_up_to_those(monkeypatch):
    make_run("Long", "stopped", TrainConfig(epochs=10), resumable=True)
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "4")
    field = more_epochs(open_page("train"))
    assert (field.value, field.max) == (3, 3)
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "1")
    assert "It has trained 1 epoch; this copy allows 1. Start a new run" in words(
        open_page("train")
    )


# The run that is shown


def test_a_failed_run_shows_why_and_its_log(runs_dir):
    run_id = make_run("Bad", "failed", message="The loss is no longer a number at step 7.")
    (runs_dir / run_id / "worker.log").write_text("TrainingFailed: step 7")
    text = words(open_page("train"))
    assert "no longer a number" in text
    assert "TrainingFailed: step 7" in text


def test_a_name_is_text_and_not_markup():
    make_run("[x](http://evil) **b** :red[r] A&amp;B")
    name = open_page("train").subheader[0].value
    assert "\\[x\\]\\(http" in name
    assert name.endswith("A\\&amp;B")


def test_a_run_that_ended_is_forgotten_on_another_page_and_a_paused_one_is_not():
    """On a phone the form would stand below the old run for good."""
    ended, paused = make_run("Ended"), make_run("Paused", "paused")
    for run_id, kept in ((ended, False), (paused, True)):
        app = open_with(run_id)
        assert state.SHOWN_RUN in app.session_state
        app.switch_page("pages/glossary.py").run()
        assert (state.SHOWN_RUN in app.session_state) == kept


# Another run behind it


def make_rated_run(name, created_at, learning_rate=0.001):
    config = TrainConfig(epochs=2, learning_rate=learning_rate)
    return make_run(name, config=config, created_at=created_at)


def open_with(run_id):
    app = open_page("train")
    return show(app, run_id)


def show(app, run_id):
    app.session_state["shown_run"] = run_id
    return app.run()


def beside(app):
    """The pickers of the run to compare with: one or none."""
    return [picker for picker in app.selectbox if picker.label == "Compare with"]


def loss_spec(app):
    return app.get("vega_lite_chart")[0].proto.spec


def test_a_run_is_shown_beside_the_one_before_it_until_another_or_none_is_chosen():
    first = make_rated_run("First", created_at=2.0)
    assert not beside(open_page("train"))
    second = make_rated_run("Second", created_at=1.0, learning_rate=0.01)
    third = make_rated_run("Third", created_at=3.0)
    fourth = make_rated_run("Fourth", created_at=4.0)
    make_run("Never began", "failed", step=0)
    app = open_with(third)
    # Created before it, and not as long before as the second
    assert beside(app)[0].value == first
    assert "trained with the same settings" in words(app)
    assert '"other"' in loss_spec(app)
    beside(app)[0].select(second).run()
    assert "“Second” at the same epoch" in words(app)
    assert "learning rate 0.01 (here 0.001)." in words(app)
    assert beside(show(app, fourth))[0].value == second
    # It has none before it, and is not compared with itself
    assert beside(show(app, second))[0].value == "none"
    assert beside(show(app, first))[0].value == second
    beside(app)[0].select("none").run()
    assert "Dashed" not in words(app)
    assert '"other"' not in loss_spec(app)
    assert "none" in app.query_params["beside"]
    assert beside(open_page("train", beside=second))[0].value == second


def test_runs_of_one_name_have_labels_of_their_own_and_a_choice_survives_a_new_name():
    older, newer, shown = (
        make_rated_run("Same", place, rate) for place, rate in enumerate((0.01, 0.02, 0.03))
    )
    app = open_with(shown)
    assert f"“Same ({newer[-4:]})”" in words(app)
    beside(app)[0].select(older).run()
    folders.annotate_run(older, "Another", "", [])
    app.run()
    assert "“Another” at the same epoch" in words(app.run())
    assert "learning rate 0.01 (here 0.03)" in words(app)


def test_a_run_that_goes_or_breaks_while_it_is_compared_with_gives_way(runs_dir):
    first, second, third = (make_rated_run(name, place) for place, name in enumerate("ABC"))
    app = open_with(third)
    beside(app)[0].select(first).run()
    control.delete_run(first)
    app.run()
    assert beside(app)[0].value == second
    assert beside(app)[0].proto.set_value  # the browser is told, too
    assert "“B” at the same epoch" in words(app)
    (runs_dir / second / "metrics.jsonl").unlink()
    assert "Dashed" not in words(app.run())
    files.write_json(runs_dir / third / "config.json", {})  # the shown one is edited
    assert not app.run().exception


def test_damaged_metrics_are_not_taken_for_a_run_without_a_step(runs_dir):
    run_id = make_run("Damaged")
    (runs_dir / run_id / "metrics.jsonl").write_bytes(np.random.default_rng(0).bytes(4_000))
    shown = words(open_with(run_id))
    assert "not trained a step" not in shown
    assert "cannot be read, because metrics.jsonl in the run's folder is missing or dam" in shown
    assert "Nothing of the model is lost" in shown


@pytest.mark.parametrize("step", [0, 1])  # at 1 the loss was no number
def test_a_run_without_an_event_to_read_has_not_trained(runs_dir, step):
    run_id = make_run("Failed", "failed", step=step)
    write_events(runs_dir / run_id, [])
    assert "not trained a step" in words(open_with(run_id))


def test_a_run_that_ended_with_its_first_step_is_shown_alone(runs_dir):
    make_run("Before")
    run_id = make_run("Diverged", "failed")
    write_events(runs_dir / run_id, [step_event(1, 2.3)])
    app = open_with(run_id)
    assert not beside(app)
    assert '"points"' in loss_spec(app)  # a dot where a line would not be seen


def test_an_early_end_cuts_the_other_run_too_and_a_diverged_one_does_not_flatten_the_curve():
    run = folders.read_run(make_run("Short", "stopped", TrainConfig(epochs=50)))
    other = folders.read_run(make_run("Long"))
    steps = [step_event(*pair) for pair in ((430, 1.5), (700, 40.0), (860, 1.0), (1_720, 0.5))]
    epochs = [epoch_event(1, 0.5) | {"val_loss": 30.0}, epoch_event(2, 0.5) | {"val_loss": 1.0}]
    write_events(other.run_dir, [*steps, *epochs])
    both, others_epochs = frames_with(loss_frame(read_metrics(run.run_dir)[0]), run, other)
    assert both["step"].dropna().max() == 860  # one epoch, as the run was stopped in it
    assert both["other"].max() < 2
    assert others_epochs["epoch"].tolist() == [1]
    assert others_epochs["val_loss"].isna().all()


# The film


def test_a_finished_run_shows_its_film_and_one_without_says_so():
    run_id = make_run("Filmed")
    sentence = "There is no film of this training"
    assert sentence in words(open_page("train"))
    for step in (0, 100, 860):
        film.add_frame(folders.run_dir_of(run_id), frame_at(step, epoch=step // 860))
    app = open_page("train")
    assert "What it calls them" in words(app)
    assert sentence not in words(app)


def test_the_latest_moment_follows_the_film_until_the_film_has_a_later_one():
    known = moments([frame_at(0), frame_at(100)], 860)
    shown = with_latest(known, frame_at(150))["frames"]
    assert [each["moment"] for each in shown] == ["Untrained", "Step 100", "Step 150"]
    assert [each["counted"] for each in shown] == ["", "", " at step 100"]
    assert with_latest(known, frame_at(100)) == known
    assert with_latest(known, frame_at(150, filters=32)) == known  # of another network
    assert with_latest(known, None) == known


def test_accuracy_shows_from_the_first_tenth_of_the_first_epoch_on():
    run_id = make_run("Young", "running", epochs_done=0, accuracy=None, **alive())
    waiting = words(open_page("train"))
    assert "The first epoch is not finished yet" in waiting
    assert "It starts here within the first epoch" in waiting
    for step in (0, 86):
        film.add_frame(folders.run_dir_of(run_id), frame_at(step))
    app = open_page("train")
    assert "The first epoch is not finished yet" in words(app)
    assert "It starts here within the first epoch" not in words(app)
    right = frame_at(86).confusion
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Validation so far"] == f"{right.trace() / right.sum():.1%}"


def test_a_run_paused_in_its_first_epoch_keeps_its_accuracy_and_its_charts():
    run_id = make_run("Held", "paused", epochs_done=0, accuracy=None, step=86)
    film.add_frame(folders.run_dir_of(run_id), frame_at(86))
    right = frame_at(86).confusion
    app = open_with(run_id)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Validation so far"] == f"{right.trace() / right.sum():.1%}"
    assert "Best validation" not in shown
    assert "The first epoch is not finished yet" in words(app)
    assert "cannot be read" not in words(app)


def test_after_a_run_the_last_drawing_is_answered_by_the_new_and_the_shipped_model(
    checkpoint_path,
):
    run_id = make_run("Fresh", checkpoint_path=checkpoint_path, step=860)
    assert "Draw something on Classify, and here you see" in words(open_page("train"))
    drawing = np.zeros((28, 28), np.uint8)
    drawing[4:24, 9:19] = 255
    film.save_drawing(folders.run_dir_of(run_id), drawing)
    app = open_page("train")
    html = "".join(each.proto.body for each in app.get("html"))
    assert "A · Fresh" in html
    assert "B · All-round net" in html
    assert "learned from photos" in words(app)


def test_of_a_taught_model_it_is_said_that_it_was_taught():
    answers = [predict.Answer(label, np.full(10, 0.1, np.float32), True) for label in (1, 1, 3)]
    config = TrainConfig(start_model="all_round_net", drawings=0.2).to_dict()
    for pair in (answers[:2], answers[1:]):
        said = describe_reason(*pair, learned_from(config))
        assert "was taught pictures that were kept here" in said


@pytest.mark.parametrize(("recipe", "says_so"), [("Quick look", True), ("Deep net", False)])
def test_a_recipe_that_learns_product_photos_only_says_so_before_it_starts(recipe, says_so):
    app = open_page("train")
    recipes(app).select(recipe).run()
    assert ("Learns from no drawings" in words(app)) == says_so


def test_what_was_drawn_is_asked_in_the_film_of_a_run_that_starts(started):
    app = open_page("train")
    press(app, "Start training")
    assert film.read_drawing(folders.run_dir_of(started[0])) is None
    pixels = np.full((280, 280, 4), 255, np.uint8)
    pixels[60:220, 100:180, :3] = 0  # a filled rectangle
    app = open_page("train")
    app.session_state[state.DRAWING] = {"strokes": [{"type": "path"}], "pixels": pixels}
    press(app, "Add to queue")
    (waiting,) = (run for run in folders.list_runs() if run.run_id not in started)
    drawing = film.read_drawing(waiting.run_dir)
    assert drawing[14, 14] > 100
    assert drawing[0, 0] == 0
