"""The Runs page, run by Streamlit itself: ticks, filters, comparing, deleting, importing, damage.

Ticking by mouse and keys, CSV, renaming and pruning as a visitor does it are in
browser/test_runs_page.py.
"""

import errno
import json
import os
import re
import threading
import time
import tomllib
from concurrent import futures

import numpy as np
import pytest
import run_folders
from app_page import labelled, labels, open_page, press, words
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from fashion_core import checkpoints, files, limits, model_import, picture_zip
from fashion_core.charts.frames import epoch_frame
from fashion_core.config import TrainConfig
from fashion_core.pictures.opening import MAX_FILE_BYTES
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from pages.parts import once, state
from pages.parts.runs.differences import marked
from pages.parts.runs.leaderboard import UNKNOWN
from pages.parts.words import describe_model


def make_run(name, state="finished", accuracy=0.85, checkpoint_path=None, **settings):
    """An ended run of two epochs, better in the first than in the last."""
    return run_folders.make_run(
        name,
        state,
        TrainConfig(epochs=2, **settings),
        epochs_done=2,
        accuracy=accuracy,
        checkpoint_path=checkpoint_path,
    )


def names(app):
    """The names in the table of runs."""
    return app.dataframe[0].value["Name"].tolist()


def tick(app, *run_ids):
    app.session_state["ticked_runs"] = list(run_ids)
    return app.run()


def set_state(run_id, word):
    """What the run's worker would write."""
    path = folders.run_dir_of(run_id) / "status.json"
    files.write_json(path, {"state": word, "heartbeat_at": time.time()})


def curves_figure(app):
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_without_runs_it_says_what_will_be_here(runs_dir):
    app = open_page("runs")
    assert "table of your runs" in words(app)
    assert not app.dataframe


# Finding


def test_a_link_searches_filters_sorts_and_chooses_columns(runs_dir):
    make_run("Alpha", accuracy=0.8, seed=1)
    make_run("Beta", accuracy=0.9)
    make_run("Gamma", "failed", accuracy=0.7)
    sort = {"sort_by": "Validation", "order": "Ascending"}
    app = open_page("runs", search="epochs", state="Finished", columns=["Seed", "Name"], **sort)
    assert app.dataframe[0].value.values.tolist() == [[1, "Alpha"], [0, "Beta"]]


def test_a_link_of_nonsense_shows_what_is_shown_at_first(runs_dir):
    make_run("Alpha")
    asked = ("state", "sort_by", "columns", "tag", "smoothing")
    app = open_page("runs", runs="..,", curve="", by="", **dict.fromkeys(asked, "nonsense"))
    assert names(app) == ["Alpha"]
    assert curves_figure(app)["layout"]["xaxis"]["title"]["text"] == "Epoch"


def test_a_search_without_a_match_offers_to_clear_the_filters(runs_dir):
    make_run("Alpha")
    app = open_page("runs", search="nothing like this")
    assert "No run matches" in words(app)
    assert names(press(app, "Clear the filters")) == ["Alpha"]


def test_ticks_stay_with_their_runs_whatever_is_sorted_or_hidden(runs_dir):
    ids = {
        name: make_run(name, accuracy=accuracy)
        for name, accuracy in (("Apple", 0.7), ("Quince", 0.9), ("Zucchini", 0.8))
    }
    app = tick(open_page("runs"), ids["Apple"], ids["Zucchini"])
    for column in ("Validation", "Name"):
        app.selectbox(key="sort_by").set_value(column).run()
        rows = app.session_state["runs_table"]["selection"]["rows"]
        assert {names(app)[row] for row in rows} == {"Apple", "Zucchini"}, column
    app.text_input(key="search").set_value("zucchini").run()
    assert "**2** ticked, 1 of them hidden" in words(app)
    assert app.session_state["runs_table"]["selection"]["rows"] == [0]
    assert set(app.query_params["runs"].split(",")) == {ids["Apple"], ids["Zucchini"]}
    press(app, "Untick all")
    assert app.session_state["runs_table"]["selection"]["rows"] == []


def test_the_address_of_ticked_runs_opens_them_ticked_in_a_fresh_session(runs_dir):
    first, _, last = (make_run(name) for name in ("Apple", "Quince", "Zucchini"))
    app = tick(open_page("runs", search="zucchini"), first, last)
    fresh = open_page("runs", **app.query_params)
    assert set(fresh.session_state["ticked_runs"]) == {first, last}
    assert "**2** ticked, 1 of them hidden" in words(fresh)
    assert fresh.session_state["runs_table"]["selection"]["rows"] == [0]
    assert curves_figure(fresh) == curves_figure(app)
    press(fresh, "Untick all")
    assert " ticked" not in words(open_page("runs", **fresh.query_params))


# Comparing


def test_without_a_tick_the_runs_with_curves_are_the_ones_compared(runs_dir):
    for name in ("A", "B"):
        make_run(name)
    for name in ("No epoch", "None either"):
        folders.run_dir_of(make_run(name)).joinpath("metrics.jsonl").unlink()
    app = open_page("runs")
    assert sorted(app.dataframe[1].value["Name"]) == ["A", "B"]


def make_stopped(name, **settings):
    """A run that was stopped in its first epoch."""
    config = TrainConfig(epochs=2, **settings)
    return run_folders.make_run(name, "stopped", config, epochs_done=0, step=850)


def drawn_names(app):
    return [curve["name"] for curve in curves_figure(app)["data"]]


def test_a_run_stopped_in_its_first_epoch_has_a_curve_of_its_training_loss(runs_dir):
    early, whole = make_stopped("<b>Early</b>"), make_run("Whole")
    app = open_page("runs", runs=f"{early},{whole}")
    assert drawn_names(app) == ["Whole"]
    assert "Without a curve here: “<b>Early</b>” (no epoch finished)." in words(app)
    for x in ("Epoch", "Step", "Seconds"):
        app = open_page("runs", runs=f"{early},{whole}", curve="Training loss", by=x)
        assert len(drawn_names(app)) == 2, x
        assert "Without a curve" not in words(app)


def test_runs_of_which_none_has_finished_an_epoch_show_their_training_loss(runs_dir):
    app = open_page("runs", runs=make_stopped("Early"))
    assert drawn_names(app) == ["Early"]
    assert curves_figure(app)["layout"]["yaxis"]["title"]["text"] == "Training loss"


def test_a_mean_is_not_cut_to_what_a_run_stopped_at_once_has(runs_dir):
    for seed in (0, 1):
        make_run(f"Seed {seed}", seed=seed)
    make_stopped("Early", seed=2)
    app = open_page("runs", seeds="true", curve="Training loss")
    assert any("2 seeds" in name for name in drawn_names(app))
    assert "“Early” (no epoch finished)" in words(app)


def test_a_mean_keeps_a_finished_run_when_its_seed_is_trained_again_or_its_model_imported(runs_dir):
    for seed in (0, 1):
        make_run(f"Seed {seed}", seed=seed)
    before = curves_figure(open_page("runs", seeds="true"))
    make_stopped("Again", seed=0)
    copy = make_run("Copy", seed=1)
    (runs_dir / copy / "metrics.jsonl").unlink()
    files.write_json(runs_dir / copy / "status.json", {"state": "finished", "epoch": 1})
    after = curves_figure(open_page("runs", seeds="true"))
    assert [curve["y"] for curve in after["data"]] == [curve["y"] for curve in before["data"]]
    assert {curve["name"] for curve in after["data"]} == {"epochs 2, 2 seeds"}


def test_of_many_runs_without_a_curve_some_are_named_each_with_its_reason(runs_dir):
    damaged = make_run("Damaged")
    (runs_dir / damaged / "metrics.jsonl").unlink()
    ids = [make_run("Whole"), damaged, *(make_stopped(f"Early {i}") for i in range(5))]
    said = words(open_page("runs", runs=",".join(ids)))
    assert "“Early 0” (no epoch finished) and 1 more." in said
    assert "“Damaged”" not in said  # the oldest is the one that is not named
    said = words(open_page("runs", runs=",".join(ids[:2])))
    assert "Without a curve here: “Damaged” (metrics.jsonl is missing or damaged)." in said


def test_no_more_curves_are_drawn_than_can_be_told_apart(runs_dir):
    for i in range(8):
        make_run(f"Run {i}")
    app = open_page("runs")
    assert len(curves_figure(app)["data"]) == 6
    assert "6 curves of 8" in words(app)


def with_color(run_id, color):
    """The run, whose curve would like this colour."""
    path = folders.run_dir_of(run_id) / "config.json"
    files.write_json(path, files.read_json(path) | {"color": color})
    return run_id


def drawn_colors(app):
    """By its name the colour of each curve."""
    return {curve["name"]: curve["line"]["color"] for curve in curves_figure(app)["data"]}


def dots(app):
    """The colours of the cards, from the top."""
    found = (re.search(r'run-color" style="background: (#\w+)', html.body) for html in app.html)
    return [dot[1] for dot in found if dot]


def row_colors(app):
    """By its name the colour of each row's dot in Differences, None where there is none."""
    proto = app.dataframe[1].proto
    rules = re.findall(r"(#T_[^{]*){\s*color: (#\w+)", proto.arrow_data.styler.styles)
    inks = {int(row): ink for cells, ink in rules for row in re.findall(r"row(\d+)_col0", cells)}
    return {name: inks.get(row) for row, name in enumerate(app.dataframe[1].value["Name"])}


def test_curves_drawn_together_have_colours_of_their_own_the_same_everywhere(runs_dir):
    for i in range(6):
        with_color(make_run(f"Run {i}"), i % 2)
    app = open_page("runs")
    colors = drawn_colors(app)
    assert len(set(colors.values())) == len(colors) == 6
    assert row_colors(app) == colors
    assert dots(app) == [colors["Run 5"]]


def test_a_mean_has_a_colour_of_its_own_which_all_of_its_runs_have(runs_dir):
    for name, settings in (("A", {}), ("B", {"seed": 1}), ("Other", {"flips": True})):
        with_color(make_run(name, **settings), 3)
    colors = drawn_colors(open_page("runs", seeds="true"))
    mean = next(color for name, color in colors.items() if "2 seeds" in name)
    assert mean != colors["Other"]
    rows = row_colors(open_page("runs", seeds="true"))
    assert rows == {"A": mean, "B": mean, "Other": colors["Other"]}


def test_only_runs_whose_curve_is_drawn_have_a_dot_also_when_the_metric_changes(runs_dir):
    early, whole = make_stopped("Early"), make_run("Whole")
    app = open_page("runs", runs=f"{early},{whole}", open=early)
    assert row_colors(app) == drawn_colors(app) | {"Early": None}
    assert dots(app) == list(drawn_colors(app).values())
    app.button_group(key="curve").set_value("train_loss").run()
    assert row_colors(app) == drawn_colors(app)
    assert row_colors(open_page("runs", curve="Training loss")).keys() == {"Early", "Whole"}
    assert dots(app) == [drawn_colors(app)[name] for name in ("Early", "Whole")]


def test_a_curve_keeps_its_colour_when_another_run_is_ticked(runs_dir):
    older, newer, third = (with_color(make_run(name), 2) for name in ("Older", "Newer", "Third"))
    for first, second in ((older, newer), (newer, older)):
        before = drawn_colors(app := open_page("runs", runs=first))
        after = drawn_colors(tick(app, first, second, third))
        assert before.items() <= after.items()
        assert len(set(after.values())) == 3
        tick(app, first)
        assert drawn_colors(tick(app, third)) == {"Third": after["Third"]}


def test_seeds_of_one_configuration_become_one_row_and_one_curve(runs_dir):
    for seed, accuracy in ((0, 0.80), (1, 0.82), (2, 0.84)):
        make_run(f"Seed {seed}", accuracy=accuracy, seed=seed)
    app = open_page("runs", seeds="true")
    row = app.dataframe[2].value.iloc[0]
    assert (row["Seeds"], row["Validation"]) == ("0, 1, 2", "82.0 ± 2.0%")
    assert {curve["name"] for curve in curves_figure(app)["data"]} == {"epochs 2, 3 seeds"}


def test_seeds_that_differ_in_their_last_digit_can_be_told_apart(runs_dir):
    found = [folders.read_run(make_run("Same", seed=seed)) for seed in (20261127, 20261128)]
    frame = run_table.difference_frame(found, {run.run_id: epoch_frame([]) for run in found})
    table = marked(frame, [0, 1]).to_html()
    assert "20261127" in table
    assert "20261128" in table


# One run


def test_a_run_says_what_was_chosen_with_names_as_they_are_written(runs_dir):
    run_id = make_run("Alpha", optimizer="AdamW", model="ResidualNet")
    assert "Network ResidualNet, epochs 2, optimizer AdamW" in words(open_page("runs", runs=run_id))
    other = make_run("Beta", start_model="fashion_cnn")
    app = open_page("runs", runs=f"{run_id},{other}", open=other)
    assert set(app.dataframe[1].value["Taught from"]) == {"", "Classic CNN, distilled"}
    said = words(app)
    assert "They differ in: Network, Optimizer, Taught from." in said
    assert "taught from Classic CNN, distilled" in said


def test_a_link_opens_a_run_below_the_table_until_it_is_closed(runs_dir):
    older, newer = make_run("Older"), make_run("Newer")
    app = open_page("runs", open=older, runs=f"{older},{newer}")
    cards = [button.key for button in app.button if button.label == "Delete"]
    assert cards == [f"delete-{older}", f"delete-{newer}"]  # it is not there twice
    press(app, "Close this run")
    assert "open" not in app.query_params
    assert not open_page("runs", open="../../etc").exception


def test_annotations_that_are_too_long_are_refused_with_a_sentence(runs_dir):
    run_id = make_run("First")
    app = press(open_page("runs"), "Name and notes")
    labelled(app.text_input, "Tags").set_value("t" * 25)
    press(app, "Save")
    assert "at most 24 characters, not 25" in words(app)
    assert not folders.read_run(run_id).annotations.tags


# Deleting


def test_delete_asks_back(runs_dir, checkpoint_path):
    make_run("Mine", checkpoint_path=checkpoint_path)
    app = press(open_page("runs"), "Delete")
    assert len(folders.list_runs()) == 1
    press(app, "Delete it")
    assert folders.list_runs() == []


def test_a_run_can_be_used_and_then_not_be_deleted(runs_dir, checkpoint_path):
    run_id = make_run("Mine", checkpoint_path=checkpoint_path)
    app = press(open_page("runs"), "Use this model")
    assert app.session_state["model"] == run_id
    press(app, "Delete")
    assert "“Mine” is the model in use. Pick another one in the sidebar first." in words(app)
    assert folders.read_run(run_id).state == "finished"


def test_a_run_that_trains_cannot_be_deleted_and_says_what_to_do_first(runs_dir):
    run_id = folders.create_run(TrainConfig(), "Busy")
    app = open_page("runs", open=run_id)
    delete = app.button(key=f"delete-{run_id}")
    assert delete.disabled
    assert "“Busy” is still training. Stop it on Train first." in delete.help.replace("\\", "")
    set_state(run_id, "stopped")
    assert not app.run().button(key=f"delete-{run_id}").disabled


def test_ticked_runs_of_which_one_trains_are_not_deleted_before_that_is_known(runs_dir):
    ids = [make_run("First"), make_run("Second"), folders.create_run(TrainConfig(), "Busy")]
    app = press(open_page("runs", runs=",".join(ids)), "Delete all 3 ticked runs")
    assert "“Busy” is still training. Stop it on Train first. Or untick it." in words(app)
    assert "Delete them" not in labels(app)
    assert len(folders.list_runs()) == 3


def test_of_ticked_runs_the_one_that_began_meanwhile_is_named_and_the_others_go(runs_dir):
    ids = [make_run("First"), make_run("Second"), make_run("Busy", "stopped")]
    app = press(open_page("runs", runs=",".join(ids)), "Delete all 3 ticked runs")
    set_state(ids[-1], "starting")
    press(app, "Delete them")
    assert [run.name for run in folders.list_runs()] == ["Busy"]
    assert "“Busy” is still training" in words(app)
    assert "2 of 3 runs were deleted" in words(app)


def test_a_run_is_deleted_by_who_started_it_or_by_anybody_if_this_copy_says_so(
    runs_dir, monkeypatch
):
    run_id = make_run("Hers")
    path = runs_dir / run_id / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"owner": "Ada"}))
    newer = make_run("Anybody's")
    kept = property(lambda _: {"fashion_visitor": "Gr%C3%A9ta"})
    monkeypatch.setattr(ContextProxy, "cookies", kept)
    app = open_page("runs", runs=run_id)
    assert names(app) == ["Anybody's", "Hers"]
    assert app.button(key=f"delete-{run_id}").disabled
    assert "started by Ada" in words(app)
    press(tick(app, run_id, newer), "Delete all 2 ticked runs")
    assert "Only its owner can delete it" in words(app)
    app.radio(key="prune_rule").set_value("newest").run()
    assert "No run goes" in words(app.number_input(key="prune_newest").set_value(1).run())
    assert app.text_input(key="visitor_field").value == "Gréta"
    app.text_input(key="visitor_field").set_value("ada").run()
    assert names(app) == ["Hers", "Anybody's"]
    assert not app.button(key=f"delete-{run_id}").disabled
    monkeypatch.setenv("FASHION_DELETE_ANY", "1")
    app = press(open_page("runs", open=run_id), "Delete")
    delete = next(button for button in app.button if button.label == "Delete it")
    assert delete.proto.type == "secondary"  # what destroys is never the first choice
    press(app, "Delete it")
    assert [run.name for run in folders.list_runs()] == ["Anybody's"]


def test_pruning_shows_what_goes_and_leaves_the_model_in_use_and_what_waits(
    runs_dir, checkpoint_path
):
    used = make_run("In use", accuracy=0.1, checkpoint_path=checkpoint_path)
    make_run("Bad", accuracy=0.2)
    make_run("Good", accuracy=0.9)
    make_run("Waiting", "queued", accuracy=0.1)
    app = open_page("runs", model=used)
    app.radio(key="prune_rule").set_value("failed").run()
    assert "No run goes" in words(app)
    assert not [label for label in labels(app) if label.startswith("Delete 1")]
    app.radio(key="prune_rule").set_value("best").run()
    app.number_input(key="prune_best").set_value(1).run()
    assert "**1 run would go**" in words(app)
    assert app.dataframe[-1].value["Name"].tolist() == ["Bad"]
    press(app, "Delete 1 run")
    assert len(folders.list_runs()) == 4
    press(app, "Delete it")
    assert {run.name for run in folders.list_runs()} == {"In use", "Good", "Waiting"}


def test_pruning_leaves_out_a_run_that_counts_as_lost_while_its_process_lives(runs_dir):
    """Of its list nothing can be unticked, so that one such run would keep all the others."""
    silent = run_folders.alive() | {"heartbeat_at": time.time() - 2 * folders.STALE_SECONDS}
    run_folders.make_run("Silent", "running", **silent)
    make_run("Broken", "failed")
    assert {run.name: run.state for run in folders.list_runs()}["Silent"] == "lost"
    app = open_page("runs")
    app.radio(key="prune_rule").set_value("failed").run()
    assert app.dataframe[-1].value["Name"].tolist() == ["Broken"]
    press(press(app, "Delete 1 run"), "Delete it")
    assert [run.name for run in folders.list_runs()] == ["Silent"]


# Importing


def import_file(content: bytes, name="mine.pt"):
    app = open_page("runs")
    app.file_uploader[0].upload(name, content, "application/octet-stream").run()
    return press(app, "Import")


def test_a_good_model_file_becomes_a_run_whatever_it_is_called(runs_dir, checkpoint_path):
    app = import_file(checkpoint_path.read_bytes(), "../../mine.pt")
    assert [run.name for run in folders.list_runs()] == ["mine"]
    assert "is now one of your runs" in words(app)


def test_a_file_that_is_clicked_twice_is_imported_once(monkeypatch):
    monkeypatch.setattr(once.st, "session_state", {})
    done = []

    def fail(report):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        once.outcome_once("file", fail, print)
    for _ in range(2):
        said = once.outcome_once("file", lambda report: done.append(1) or "Imported", print)
        assert said == "Imported"
    assert done == [1]


def test_an_import_comes_to_its_end_when_the_visitor_leaves_and_is_heard_of_again(monkeypatch):
    monkeypatch.setattr(once.st, "session_state", {})
    monkeypatch.setattr(once, "SHOW_SECONDS", 0.01)
    left, begun = threading.Event(), []

    def bring(report):
        begun.append(1)
        report(3, 10)
        assert left.wait(60)
        return "Imported"

    def leave(done, total):
        """What Streamlit does at a call when the visitor has clicked elsewhere."""
        left.set()
        raise RerunException(RerunData())

    with pytest.raises(RerunException):
        once.outcome_once("file", bring, leave)
    assert once.outcome_once("file", bring, print) == "Imported"
    assert begun == [1]
    once.st.session_state[state.IMPORTED]["other"] = failed = futures.Future(), []
    failed[0].set_exception(OSError("no space left"))
    assert once.outcome_once("other", lambda report: "Anew", print) == "Anew"


def test_a_bad_model_file_is_refused_with_a_sentence(runs_dir):
    app = import_file(b"PK\x03\x04 half a zip", "weights.bin")
    assert "not a model file" in words(app)
    assert list(app.file_uploader[0].proto.type) == []  # what the browser would refuse in silence
    assert folders.list_runs() == []


def test_a_file_that_lies_about_its_scaling_is_an_ordinary_model_or_none(runs_dir, checkpoint_path):
    content = checkpoints.read_checkpoint(checkpoint_path)
    metrics = content.metrics | {"input_scaling": ["0 to 1"], "test_accuracy": 0.5}
    checkpoints.save_checkpoint(checkpoint_path, content.config, content.weights, metrics)
    import_file(checkpoint_path.read_bytes())
    assert [run.has_model for run in folders.list_runs()] == [True]


def test_the_server_takes_files_as_large_as_the_fields_say():
    config = tomllib.loads((files.PROJECT_DIR / ".streamlit" / "config.toml").read_text())
    largest = max(picture_zip.MAX_ZIP_BYTES, limits.most_model_bytes(), MAX_FILE_BYTES)
    assert config["server"]["maxUploadSize"] << 20 >= largest


def test_a_full_disk_refuses_a_model_file_with_a_sentence(runs_dir, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model_import, "import_model", full)
    assert "No space left on device. Free some disk space" in words(import_file(b"a model"))


# Folders as they should not be

HUGE = "1" + "0" * 400
BROKEN = {
    "half a config": ("config.json", '{"name": "x", "config": {'),
    "a strange config": ("config.json", '{"config": {"epochs": [1]}}'),
    "huge numbers": (
        "status.json",
        f'{{"state": "finished", "epoch": {HUGE}, "best_val_accuracy": 1e308, "step": 1e15}}',
    ),
    "NaN": ("status.json", '{"state": "finished", "best_val_accuracy": NaN}'),
    "metrics that are none": (
        "metrics.jsonl",
        'x\n{"kind": "epoch"}\n[1]\n{"kind": "step", "step": "x"}\n',
    ),
    "huge metrics": (
        "metrics.jsonl",
        f'{{"kind": "epoch", "epoch": {HUGE}, "step": 1e300, "train_loss": 1e308, "val_loss": 1,'
        ' "val_accuracy": 1}\n',
    ),
    "an epoch of another world": (
        "metrics.jsonl",
        '{"kind": "epoch", "epoch": 1e14, "step": 1e14, "train_loss": 1e14, "val_loss": -1e14,'
        ' "val_accuracy": 57, "elapsed_seconds": -1e14}\n',
    ),
    "broken notes": ("notes.json", "{"),
    "huge notes": ("notes.json", '{"text": "' + "x" * 100_000 + '"}'),
    "no status": ("status.json", None),
    "no config": ("config.json", None),
    "no metrics": ("metrics.jsonl", None),
}


def test_folders_as_they_should_not_be_break_nothing_and_say_what_is_wrong(
    runs_dir, checkpoint_path
):
    ids = {}
    for what, (file, content) in BROKEN.items():
        ids[what] = make_run(what, checkpoint_path=checkpoint_path)
        path = runs_dir / ids[what] / file
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content)
    (runs_dir / "foreign").mkdir()
    (runs_dir / "foreign" / "holiday.jpg").write_bytes(b"x" * 1_000)
    (runs_dir / "linked").symlink_to(runs_dir / "foreign")
    ids["piped"] = make_run("piped")
    os.mkfifo(runs_dir / ids["piped"] / "notes.json")
    app = open_page("runs")
    shown = app.dataframe[0].value.set_index("Name")
    assert len(shown) == len(BROKEN) + 2
    assert "not valid JSON" in shown.loc[ids["half a config"], "Configuration"]
    assert "cannot be read" in shown.loc["foreign", "Configuration"]
    ticked = [*ids.values(), "foreign"]
    assert not tick(app, *ticked).exception
    for start in range(0, len(ticked), 5):  # a card for each
        assert not tick(app, *ticked[start : start + 5]).exception, ticked[start : start + 5]
    assert "notes.json is not valid JSON" in words(tick(app, ids["broken notes"]))


RANDOM_BYTES = np.random.default_rng(0).bytes(4_000)


def test_damaged_metrics_are_not_taken_for_an_unfinished_epoch(runs_dir):
    for name in ("Mine", "Another"):
        (runs_dir / make_run(name) / "metrics.jsonl").write_bytes(RANDOM_BYTES)
    run_folders.write_events(runs_dir / run_folders.make_run("New", "failed", step=0), [])
    app = open_page("runs")
    assert "The curves of 2 of these runs cannot be read, because metrics.jsonl" in words(app)
    tick(app, *(run.run_id for run in folders.list_runs() if run.name == "Mine"))
    assert "The curves of “Mine” cannot be read" in words(app)
    assert "has trained a step" not in words(app)
    tick(app, *(run.run_id for run in folders.list_runs() if run.name == "New"))
    assert "None of these runs has trained a step here" in words(app)


def test_a_filter_in_the_address_does_not_stand_in_the_way_to_train(runs_dir):
    run_id = run_folders.make_run("Mine", "paused", resumable=True)
    app = open_page("runs", state="Paused")
    tick(app, run_id)
    press(app, "Resume or stop")
    assert not app.exception
    assert "Resume" in labels(app)


def test_foreign_weights_are_no_training_and_no_sample_of_one(runs_dir):
    for seed in (0, 1):
        make_run(f"Seed {seed}", accuracy=0.8 + seed / 50, seed=seed)
    config, scaled = TrainConfig(epochs=2), {"input_scaling": "0 to 1"}
    foreign = run_folders.make_run("Theirs", config=config, accuracy=0.5, **scaled)
    app = open_page("runs", seeds="true")
    row = app.dataframe[2].value.iloc[0]
    assert (row["Seeds"], row["Validation"]) == ("0, 1", "81.0 ± 1.4%")
    tick(app, foreign)
    assert "Trained elsewhere" in words(app)
    card = {"model": "FashionCNN", "config": config.to_dict(), **scaled}
    assert describe_model(card) == "FashionCNN, trained elsewhere."


def test_seconds_of_a_last_stage_stand_as_a_dash_with_the_reason(runs_dir):
    app = open_page("runs", against="seconds")
    ranked = app.dataframe[-1]
    assert ranked.value.set_index("Name")["Seconds"].isna()["All-round net"]
    assert ranked.proto.placeholder == UNKNOWN
    assert f"Where {UNKNOWN} stands" in words(app)
    home = open_page("home", model="all_round_net")
    trained = labelled(home.metric, "Trained for")
    assert "last stage alone" in trained.help
    home = open_page("home", model="fashion_cnn")
    assert "last stage" not in labelled(home.metric, "Trained for").help


def test_a_link_that_leaves_the_axis_empty_shows_the_chart_as_at_first(runs_dir):
    app = open_page("runs", against="")
    assert not app.exception
