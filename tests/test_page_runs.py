"""The Runs page, run by Streamlit itself: empty, normal and damaged; ticks, filters, notes,
pruning.
"""

import csv
import io
import json
import os

import pytest
import streamlit as st
from app_page import open_page
from streamlit.testing.v1 import AppTest

from fashion_core import files
from fashion_core.charts.frames import epoch_frame
from fashion_core.config import TrainConfig
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from pages.parts.runs.differences import marked


def words(app: AppTest) -> str:
    """Everything that the page says, in one text."""
    kinds = (
        "title",
        "subheader",
        "markdown",
        "caption",
        "text",
        "info",
        "warning",
        "error",
        "success",
    )
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def make_run(name: str, state="finished", accuracy=0.85, checkpoint_path=None, **config) -> str:
    """An ended run of two epochs, better in the first than in the last."""
    run_id = folders.create_run(TrainConfig(epochs=2, **config), name)
    run_dir = folders.run_dir_of(run_id)
    if checkpoint_path:
        (run_dir / "model.pt").write_bytes(checkpoint_path.read_bytes())
    step = {"kind": "step", "epoch": 1, "step": 1, "train_loss": 2.3, "elapsed_seconds": 0.1}
    epoch = {
        "kind": "epoch",
        "epoch": 1,
        "step": 860,
        "train_loss": 0.5,
        "val_loss": 0.4,
        "val_accuracy": accuracy,
        "elapsed_seconds": 9.0,
    }
    last = epoch | {"epoch": 2, "step": 1720, "val_accuracy": accuracy - 0.1}
    (run_dir / "metrics.jsonl").write_text(
        "".join(json.dumps(event) + "\n" for event in (step, epoch, last))
    )
    metrics = {"epoch": 2, "elapsed_seconds": 18.0, "best_val_accuracy": accuracy, "best_epoch": 1}
    files.write_json(run_dir / "status.json", {"state": state} | metrics)
    return run_id


def table(app: AppTest):
    """The table of runs as a frame."""
    return app.dataframe[0].value


def names(app: AppTest) -> list[str]:
    return table(app)["Name"].tolist()


def tick(app: AppTest, *run_ids: str) -> AppTest:
    app.session_state["ticked_runs"] = list(run_ids)
    return app.run()


def test_without_runs_it_says_what_will_be_here_and_where_to_start(runs_dir):
    app = open_page("runs")
    assert "table of your runs" in words(app)
    assert not app.dataframe


def test_the_table_is_searched_filtered_and_sorted_from_the_url(runs_dir):
    make_run("Alpha", accuracy=0.8, seed=1)
    make_run("Beta", accuracy=0.9)
    make_run("Gamma", "failed", accuracy=0.7)
    assert sorted(names(open_page("runs"))) == ["Alpha", "Beta", "Gamma"]
    assert names(open_page("runs", state="Failed")) == ["Gamma"]
    assert names(open_page("runs", search='"seed 1"')) == ["Alpha"]
    assert names(open_page("runs", sort_by="Validation")) == ["Beta", "Alpha", "Gamma"]
    assert names(open_page("runs", sort_by="Validation", order="Ascending")) == [
        "Gamma",
        "Alpha",
        "Beta",
    ]
    assert list(table(open_page("runs", columns=["Seed", "Name"]))) == ["Seed", "Name"]
    app = open_page(
        "runs",
        state="nonsense",
        sort_by="nonsense",
        columns="nonsense",
        tag="gone",
        smoothing="x",
        runs="..,",
    )
    assert not app.exception
    assert len(names(app)) == 3


def test_a_run_says_what_was_chosen_with_names_as_they_are_written(runs_dir):
    run_id = make_run("Alpha", optimizer="AdamW", model="ResidualNet")
    app = open_page("runs", runs=run_id)
    assert "Network ResidualNet, epochs 2, optimizer AdamW" in words(app)


def test_a_search_without_a_match_offers_to_clear_the_filters(runs_dir):
    make_run("Alpha")
    app = open_page("runs", search="nothing like this")
    assert "No run matches" in words(app)
    button(app, "Clear the filters").click().run()
    assert names(app) == ["Alpha"]


def test_ticks_stay_with_their_runs_whatever_is_sorted_or_hidden(runs_dir):
    ids = {
        name: make_run(name, accuracy=accuracy)
        for name, accuracy in (("Apple", 0.7), ("Quince", 0.9), ("Zucchini", 0.8))
    }
    app = tick(open_page("runs"), ids["Apple"], ids["Zucchini"])
    for column in ("Validation", "Name", "When"):
        app.selectbox(key="sort_by").set_value(column).run()
        rows = app.session_state["runs_table"]["selection"]["rows"]
        assert {names(app)[row] for row in rows} == {"Apple", "Zucchini"}, column
    app.text_input(key="search").set_value("zucchini").run()
    assert "**2** ticked, 1 of them hidden" in words(app)
    assert app.session_state["runs_table"]["selection"]["rows"] == [0]
    assert set(app.query_params["runs"].split(",")) == {ids["Apple"], ids["Zucchini"]}
    button(app, "Untick all").click().run()
    assert app.session_state["runs_table"]["selection"]["rows"] == []


def test_the_csv_is_the_table_as_shown(runs_dir, monkeypatch):
    make_run("=HYPERLINK(1)", accuracy=0.8)
    make_run("Other", accuracy=0.9)
    offered, download_button = {}, st.download_button
    monkeypatch.setattr(
        st,
        "download_button",
        lambda label, data, *rest, **more: (
            offered.update({label: data}) or download_button(label, data, *rest, **more)
        ),
    )
    open_page("runs", columns=["Validation", "Name"], sort_by="Validation")
    rows = list(csv.reader(io.StringIO(offered["CSV"]())))
    assert rows == [["Validation %", "Name"], ["90", "Other"], ["80", "'=HYPERLINK(1)"]]


def test_two_ticked_runs_show_what_differs_and_which_is_best(runs_dir):
    worse, better = (
        make_run("Worse", accuracy=0.8, seed=1),
        make_run("Better", accuracy=0.9, learning_rate=0.002),
    )
    app = tick(open_page("runs"), worse, better)
    differences = app.dataframe[1].value
    assert {"Learning rate", "Seed"} <= set(differences)
    assert "Batch size" not in differences
    row = differences[differences["Name"] == "Better"].iloc[0]
    assert (row["Validation"], row["Best epoch"]) == (pytest.approx(90.0), 1)
    assert "Delete all 2 ticked runs" in [element.label for element in app.button]


def test_seeds_of_one_configuration_become_one_row(runs_dir):
    for seed, accuracy in ((0, 0.80), (1, 0.82), (2, 0.84)):
        make_run(f"Seed {seed}", accuracy=accuracy, seed=seed)
    app = open_page("runs", seeds="true")
    assert app.dataframe[2].value[["Seeds", "Validation"]].values.tolist() == [
        ["0, 1, 2", "82.00 ± 2.00 %"]
    ]
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [curve["name"] for curve in figure["data"]] == ["epochs 2, 3 seeds"] * 3


def test_curves_can_be_drawn_by_seconds_and_smoothed(runs_dir):
    make_run("One")
    app = open_page("runs", curve="Training loss", by="Seconds", smoothing="0.6")
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Seconds"
    assert figure["layout"]["yaxis"]["title"]["text"] == "Training loss"


def test_a_link_without_its_values_shows_what_is_shown_at_first(runs_dir):
    make_run("One")
    app = open_page("runs", curve="", by="")
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Epoch"


def test_a_paused_run_leads_to_the_page_that_can_end_it(runs_dir):
    run_id = make_run("Held", "paused")
    app = tick(open_page("runs"), run_id)
    assert "Resume or stop" in [button.label for button in app.button]


def test_no_more_curves_are_drawn_than_can_be_told_apart(runs_dir):
    for i in range(8):
        make_run(f"Run {i}")
    app = open_page("runs")
    assert len(json.loads(app.get("plotly_chart")[0].proto.spec)["data"]) == 6
    assert "6 curves of 8" in words(app)


def test_a_run_is_renamed_noted_and_tagged_and_found_by_it(runs_dir):
    run_id = make_run("First")
    app = open_page("runs")
    button(app, "Name and notes").click().run()
    next(field for field in app.text_input if field.label == "Name").set_value("**Second**")
    next(field for field in app.text_input if field.label.startswith("Tags")).set_value(
        "paper, ,Paper,wide"
    )
    app.text_area[0].set_value("Why I did it")
    button(app, "Save").click().run()
    assert not app.exception
    assert folders.read_run(run_id).annotations.tags == ("paper", "wide")
    again = open_page("runs", search="why", tag="wide")
    assert names(again) == ["**Second**"]
    assert "\\*\\*Second\\*\\*" in words(again)
    assert "Why I did it" in words(again)


def test_without_a_tick_the_runs_with_curves_are_the_ones_compared(runs_dir):
    for name in ("A", "B"):
        make_run(name)
    for name in ("No epoch", "None either"):
        folders.run_dir_of(make_run(name)).joinpath("metrics.jsonl").unlink()
    app = open_page("runs")
    assert sorted(app.dataframe[1].value["Name"]) == ["A", "B"]


def test_seeds_that_differ_in_their_last_digit_can_be_told_apart(runs_dir):
    found = [folders.read_run(make_run("Same", seed=seed)) for seed in (20261127, 20261128)]
    frame = run_table.difference_frame(found, {run.run_id: epoch_frame([]) for run in found})
    table = marked(frame, [0, 1]).to_html()
    assert "20261127" in table
    assert "20261128" in table


def test_notes_that_are_too_long_are_refused_with_a_sentence(runs_dir):
    run_id = make_run("First")
    app = open_page("runs")
    button(app, "Name and notes").click().run()
    next(field for field in app.text_input if field.label.startswith("Tags")).set_value("t" * 25)
    button(app, "Save").click().run()
    assert "at most 24 characters, not 25" in words(app)
    assert not folders.read_run(run_id).annotations.tags


def prune(app: AppTest, rule: str, count: int | None = None) -> AppTest:
    app.radio(key="prune_rule").set_value(rule).run()
    if count:
        app.number_input(key=f"prune_{rule}").set_value(count).run()
    return app


def test_pruning_shows_what_goes_asks_back_and_then_deletes_just_that(runs_dir, checkpoint_path):
    used = make_run("In use", accuracy=0.1, checkpoint_path=checkpoint_path)
    make_run("Bad", accuracy=0.2)
    make_run("Good", accuracy=0.9)
    queued = make_run("Waiting", "queued", accuracy=0.1)
    app = prune(open_page("runs", model=used), "best", 1)
    assert "**1 run would go**" in words(app)
    assert app.dataframe[-1].value["Name"].tolist() == ["Bad"]
    button(app, "Delete 1 run").click().run()
    assert len(folders.list_runs()) == 4
    button(app, "Delete it").click().run()
    assert not app.exception
    assert {run.name for run in folders.list_runs()} == {"In use", "Good", "Waiting"}
    assert {used, queued} <= {run.run_id for run in folders.list_runs()}


def test_a_rule_under_which_nothing_goes_has_no_button(runs_dir):
    make_run("Only")
    app = prune(open_page("runs"), "failed")
    assert "No run goes" in words(app)
    assert not [element for element in app.button if element.key == "prune"]


def test_several_ticked_runs_are_deleted_after_asking_back(runs_dir):
    ids = [make_run(f"Run {i}") for i in range(3)]
    app = tick(open_page("runs"), *ids[:2])
    button(app, "Delete all 2 ticked runs").click().run()
    button(app, "Delete them").click().run()
    assert [run.run_id for run in folders.list_runs()] == [ids[2]]
    assert "2 runs were deleted" in words(app)


def test_of_ticked_runs_the_one_that_trains_is_named_and_the_others_go(runs_dir):
    ids = [make_run("First"), make_run("Second"), folders.create_run(TrainConfig(), "Busy")]
    app = tick(open_page("runs"), *ids)
    button(app, "Delete all 3 ticked runs").click().run()
    button(app, "Delete them").click().run()
    assert [run.name for run in folders.list_runs()] == ["Busy"]
    assert "“Busy” is still training" in words(app)
    assert "2 of 3 runs were deleted" in words(app)


def test_a_read_only_copy_neither_prunes_nor_renames(runs_dir, monkeypatch):
    make_run("Old")
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page("runs")
    assert "nothing can be deleted here" in words(app)
    assert button(app, "Name and notes").disabled
    assert "prune_rule" not in [choice.key for choice in app.radio]


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
        (
            f'{{"kind": "epoch", "epoch": {HUGE}, "step": 1e300, "train_loss": 1e308, "val_loss":'
            ' 1, "val_accuracy": 1}\n'
        ),
    ),
    "an epoch of another world": (
        "metrics.jsonl",
        (
            '{"kind": "epoch", "epoch": 1e14, "step": 1e14, "train_loss": 1e14, "val_loss": -1e14,'
            ' "val_accuracy": 57, "elapsed_seconds": -1e14}\n'
        ),
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
    shown = table(app).set_index("Name")
    assert len(shown) == len(BROKEN) + 2
    assert "not valid JSON" in shown.loc[ids["half a config"], "Configuration"]
    assert "cannot be read" in shown.loc["foreign", "Configuration"]
    everything = tick(app, *ids.values(), "foreign")
    assert not everything.exception
    for run_id in [*ids.values(), "foreign"]:
        assert not tick(app, run_id).exception, run_id
    tick(app, ids["broken notes"])
    assert "notes\\.json is not valid JSON" in words(app)
