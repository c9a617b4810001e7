"""fashion_core.runs.table: search, sort, differences, the best values, mean over seeds."""

import csv
import io
import math
import statistics
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from fashion_core.charts.frames import epoch_frame
from fashion_core.config import TrainConfig
from fashion_core.runs import table as run_table
from fashion_core.runs.annotations import Annotations
from fashion_core.runs.folders import Run
from fashion_core.text import BYTE_ORDER_MARK, unique_labels
from pages.parts.times import known_zone, name_of_run, say_day, say_time

NO_NOTES = Annotations()
NO_EPOCHS = epoch_frame([])


def run(
    run_id,
    name="",
    state="finished",
    notes=NO_NOTES,
    problem="",
    created_at=1.8e9,
    status=(),
    **config,
):
    config = None if problem else TrainConfig(**config)
    return Run(
        run_id,
        Path(run_id),
        state,
        name or run_id,
        config,
        created_at,
        dict(status),
        problem,
        notes,
    )


FOUND = [
    run(
        "r1",
        "Wide net",
        notes=Annotations(text="More dropout helped", tags=("paper", "Old")),
        dropout=0.25,
    ),
    run("r2", "narrow", state="failed", seed=1, optimizer="SGD"),
    run(
        "r3",
        "<b>x</b>",
        model="ResidualNet",
        notes=Annotations(tags=("paper",)),
        learning_rate=0.002,
    ),
    run("r4", problem="config.json is not valid JSON.", state="lost"),
]


def ids(**filters):
    return [found.run_id for found in run_table.select_runs(FOUND, **filters)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["r1", "r2", "r3", "r4"]),
        ("  WIDE ", ["r1"]),
        ("dropout helped", ["r1"]),
        ("helped wide", ["r1"]),
        ("wide narrow", []),
        ("paper", ["r1", "r3"]),
        ("sgd", ["r2"]),
        ("0.002", ["r3"]),
        ('"seed 1"', ["r2"]),
        ('"seed 1', []),  # a quote that is not closed is a character
        ("<b>", ["r3"]),
        ("not valid json", ["r4"]),
        ("r2", ["r2"]),
        (".*", []),
        ("lost", ["r4"]),
        ("mixup", []),
        ("dropout", ["r1"]),  # not those that have none
        ('"dropout 0.25"', ["r1"]),
        ('"learning rate 0.001"', ["r1", "r2"]),
    ],
)
def test_search_finds_all_words_in_name_note_tags_settings_and_id(query, found):
    assert ids(query=query) == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"states": ["failed", "lost"]}, ["r2", "r4"]),
        ({"networks": ["ResidualNet"]}, ["r3"]),
        ({"tags": ["paper"]}, ["r1", "r3"]),
        ({"tags": ["Old", "none"]}, ["r1"]),
        (
            {
                "tags": ["paper"],
                "networks": ["FashionCNN"],
                "query": "wide",
                "states": ["finished"],
            },
            ["r1"],
        ),
        ({"states": ["running"]}, []),
    ],
)
def test_filters_narrow_each_other(filters, found):
    assert ids(**filters) == found


def frame_of(found, disk_bytes=None):
    return run_table.runs_frame(found, disk_bytes or {})


def test_the_frame_has_a_row_per_run_also_for_damaged_ones_and_none():
    frame = frame_of(FOUND, {"r1": 2_500_000})
    assert list(frame.index) == ["r1", "r2", "r3", "r4"]
    assert list(frame) == list(run_table.COLUMNS)
    assert frame.loc["r1", ["Tags", "Disk", "Dropout"]].tolist() == ["paper, Old", 2.5, 0.25]
    assert frame.loc["r4", "Configuration"] == "config.json is not valid JSON."
    assert pd.isna(frame.loc["r4", "Seed"])
    assert frame_of([]).empty
    assert set(run_table.DEFAULT_COLUMNS) <= set(frame)


def test_what_cannot_be_an_accuracy_or_a_time_is_left_empty():
    status = {
        "best_val_accuracy": 57.0,
        "test_accuracy": -0.1,
        "epoch": 10**14,
        "elapsed_seconds": 1e14,
    }
    frame = frame_of([run("r", status=status, created_at=0.0)])
    assert frame[["Validation", "Test", "When"]].isna().all(axis=None)
    assert frame["Epochs done"]["r"] == 10**14


SORTABLE = [
    run("a", "beta", status={"best_val_accuracy": 0.9}, seed=2, created_at=1.8e9),
    run("b", "Alpha", status={"best_val_accuracy": 0.8}, seed=1, created_at=1.7e9),
    run("c", "gamma", seed=1, created_at=0.0),
    run("d", "alpha", status={"best_val_accuracy": 0.9}, seed=3, created_at=1.6e9, flips=True),
    run("e", problem="?"),
]


@pytest.mark.parametrize(
    ("column", "up", "down"),
    [
        ("Validation", "badce", "adbce"),  # equals keep their order, those without come last
        ("Name", "bdaec", "ceabd"),
        ("Seed", "bcade", "dabce"),
        ("Random flips", "abcde", "dabce"),
        ("Tags", "abcde", "abcde"),
    ],
)
def test_sorting(column, up, down):
    frame = frame_of(SORTABLE)
    assert "".join(run_table.sorted_frame(frame, column, True).index) == up
    assert "".join(run_table.sorted_frame(frame, column, False).index) == down


def test_every_column_can_be_sorted_by_either_way():
    frame = frame_of(SORTABLE)
    for column in run_table.COLUMNS:
        for ascending in (True, False):
            assert sorted(run_table.sorted_frame(frame, column, ascending).index) == list("abcde")


def test_times_are_those_of_the_zone_that_is_asked_for():
    found = [replace(run("a"), created_at=1_790_000_000.7)]
    for zone, clock in (("UTC", "2026-09-21T14:13:20"), ("Asia/Tokyo", "2026-09-21T23:13:20")):
        assert run_table.runs_frame(found, {}, zone)["When"]["a"].isoformat() == clock


@pytest.mark.parametrize("name", [None, "", "No/Where", "../../etc/passwd", "x" * 300])
def test_a_zone_that_a_browser_does_not_say_or_makes_up_is_utc(name):
    assert known_zone(name) == "UTC"
    assert known_zone("Asia/Tokyo") == "Asia/Tokyo"


def test_sorting_by_time_puts_unknown_ages_last():
    frame = frame_of(SORTABLE[:4])
    assert "".join(run_table.sorted_frame(frame, "When", False).index) == "abdc"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "plain, with comma", 'quo"te'])
def test_csv_is_the_table_as_shown_and_no_formula(name):
    frame = frame_of([run("r", name, status={"best_val_accuracy": 0.6646000146865845})])
    text = run_table.table_csv(frame, ["Validation", "Name"])
    assert text.startswith(BYTE_ORDER_MARK)  # for spreadsheets
    named = run_table.table_csv(frame, ["When"], "Asia/Tokyo").removeprefix(BYTE_ORDER_MARK)
    assert named.startswith("When (Asia/Tokyo)\n")
    header, row = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)))
    assert header == ["Validation %", "Name"]
    assert row == ["66.46", "'" + name if name[0] in "=+-@" else name]


def test_runs_of_the_same_name_are_told_apart():
    found = [
        run("20260101-000000-aaaa", "Same"),
        run("20260101-000000-bbbb", "Same"),
        run("c", "Other"),
    ]
    assert list(run_table.unique_names(found).values()) == ["Same (aaaa)", "Same (bbbb)", "Other"]
    assert unique_labels({"1-aaaa": "Same", "2-aaaa": "Same"}) == {
        "1-aaaa": "Same (1-aaaa)",
        "2-aaaa": "Same (2-aaaa)",
    }


# Differences


def epochs_of(*rows):
    """An epoch frame with these (val_accuracy, val_loss)."""
    events = [
        {"kind": "epoch", "epoch": i, "step": 10 * i, "val_accuracy": accuracy, "val_loss": loss}
        for i, (accuracy, loss) in enumerate(rows, 1)
    ]
    return epoch_frame(events)


def test_only_what_differs_is_in_the_table_in_the_order_of_the_form():
    found = [run("a", seed=1, learning_rate=0.002), run("b"), run("c", flips=True)]
    assert run_table.differing_labels(found) == ["Learning rate", "Random flips", "Seed"]
    frame = run_table.difference_frame(found, dict.fromkeys("abc", NO_EPOCHS))
    assert list(frame)[:4] == ["Name", "Learning rate", "Random flips", "Seed"]
    assert "Batch size" not in frame
    assert run_table.differing_labels([run("a"), run("b")]) == []


def test_best_means_best_and_not_last():
    found = run(
        "a",
        status={"best_val_accuracy": 0.9, "best_epoch": 2, "val_loss": 0.6, "test_accuracy": 0.84},
    )
    best = run_table.best_metrics(found, epochs_of((0.80, 0.5), (0.90, 0.4), (0.85, 0.6)))
    assert (best["Validation"], best["Best epoch"], best["Lowest validation loss"]) == (
        90.0,
        2,
        0.4,
    )
    assert best["Test"] == 84.0


@pytest.mark.parametrize(
    ("accuracy", "epoch", "synthetic"),
    [
        # Kept for both its accuracies: the second epoch's is higher on images alone
        (0.84, 1, 70.0),
        (0.86, 3, math.nan),  # its third epoch was cut short
    ],
)
def test_the_metrics_are_those_of_the_model_that_was_kept_as_in_the_table(
    accuracy, epoch, synthetic
):
    found = run("a", status={"best_val_accuracy": accuracy, "best_epoch": epoch})
    epochs = epochs_of((0.84, 0.5), (0.85, 0.4)).assign(synthetic_accuracy=[0.7, 0.6])
    best = run_table.best_metrics(found, epochs)
    assert (best["Validation"], best["Best epoch"]) == (100 * accuracy, epoch)
    assert best["Synthetic"] == pytest.approx(synthetic, nan_ok=True)
    shown = run_table.difference_frame([found], {found.run_id: epochs.assign(photos_accuracy=0.9)})
    assert ("Photos" in shown, "Drawings" in shown) == (epoch == 1, False)
    row = frame_of([found]).iloc[0]
    assert (row["Validation"], row["Best epoch"]) == (best["Validation"], best["Best epoch"])


def test_an_epoch_with_an_impossible_accuracy_is_not_the_best():
    best = run_table.best_metrics(run("a"), epochs_of((0.8, 0.5), (57.0, 0.4), (math.nan, 0.6)))
    assert (best["Validation"], best["Best epoch"]) == (80.0, 1)


def test_a_run_without_epochs_has_the_metrics_of_its_status():
    found = run("a", status={"best_val_accuracy": 0.5, "best_epoch": 3, "val_loss": 0.7})
    best = run_table.best_metrics(found, NO_EPOCHS)
    assert (best["Validation"], best["Best epoch"], best["Lowest validation loss"]) == (
        50.0,
        3,
        0.7,
    )


def test_the_best_cell_of_each_column_is_marked_the_lowest_of_losses_and_all_of_equals():
    tests = {"a": 0.8, "b": 0.8, "c": 0.7}
    found = [run(name, status={"test_accuracy": test}) for name, test in tests.items()]
    epochs = {"a": epochs_of((0.9, 0.3)), "b": epochs_of((0.8, 0.2)), "c": NO_EPOCHS}
    best = run_table.best_cells(run_table.difference_frame(found, epochs))
    assert best == {"Validation": ["a"], "Lowest validation loss": ["b"], "Test": ["a", "b"]}


def test_runs_that_look_equally_good_all_get_a_star():
    epochs = {"a": epochs_of((0.9, 0.3)), "alike": epochs_of((0.9004, 0.30004))}
    found = [run(name, seed=len(name)) for name in epochs]
    assert run_table.best_cells(run_table.difference_frame(found, epochs)) == {}
    found.append(run("worse"))
    frame = run_table.difference_frame(found, epochs | {"worse": epochs_of((0.8996, 0.4))})
    assert run_table.best_cells(frame)["Lowest validation loss"] == ["a", "alike"]
    assert run_table.best_cells(frame).get("Validation") is None  # 90.0% all three
    frame = run_table.difference_frame(found, epochs | {"worse": epochs_of((0.8994, 0.4))})
    assert run_table.best_cells(frame)["Validation"] == ["a", "alike"]
    again = run_table.difference_frame(found, epochs | {"alike": epochs["a"], "worse": NO_EPOCHS})
    assert run_table.best_cells(again) == {}


def test_a_visitors_own_runs_come_first_in_the_order_that_they_have():
    owners = {"a": "", "b": "Ada", "c": "Bob", "d": "ada"}
    found = [replace(run(name), owner=owner) for name, owner in owners.items()]
    frame = run_table.runs_frame(found, {})
    assert list(run_table.own_first(frame, found, "Ada").index) == ["b", "d", "a", "c"]
    assert list(run_table.own_first(frame, found, "").index) == list("abcd")


def test_of_one_value_none_is_the_best():
    frame = run_table.difference_frame(
        [run("a"), run("b")], {"a": epochs_of((0.9, 0.3)), "b": NO_EPOCHS}
    )
    assert run_table.best_cells(frame) == {}


# Seeds


def seeded(run_id, seed, accuracy, state="finished", **config):
    status = {"steps": 860, "step": 860, "best_val_accuracy": accuracy}
    return run(run_id, state=state, status=status, seed=seed, **config)


def test_runs_that_differ_by_seed_alone_become_one_row_with_mean_and_sample_deviation():
    found = [
        seeded("a", 0, 0.90),
        seeded("b", 7, 0.91),
        seeded("c", 3, 0.95),
        seeded("d", 0, 0.5, flips=True),
    ]
    (row,) = run_table.seed_frame(found).to_dict("records")
    assert (row["Configuration"], row["Seeds"], row["Runs"]) == ("classic tutorial", "0, 3, 7", 3)
    assert row["Validation mean"] == pytest.approx(statistics.mean([90, 91, 95]))
    assert row["Validation std"] == pytest.approx(statistics.stdev([90, 91, 95]))
    assert math.isnan(row["Test mean"])


def test_the_same_seed_twice_counts_once_and_unfinished_runs_not_at_all():
    found = [
        seeded("a", 0, 0.90),
        seeded("b", 0, 0.99),
        seeded("c", 1, 0.5, "stopped"),
        seeded("d", 2, 0.92),
    ]
    (row,) = run_table.seed_frame(found).to_dict("records")
    assert (row["Seeds"], row["Validation mean"]) == ("0, 2", pytest.approx(91.0))


def test_of_one_seed_the_first_run_that_came_furthest_counts_in_the_place_of_the_first():
    at_once = replace(seeded("b", 0, 0.0, "running"), status={"steps": 860, "step": 7})
    found = [at_once, seeded("c", 1, 0.9), seeded("d", 0, 0.8, "stopped")]

    def counted(*more):
        (group,) = run_table.seed_groups([*found, *more])
        return [each.run_id for each in group]

    assert counted() == ["d", "c"]
    assert counted(seeded("e", 0, 0.9), seeded("f", 0, 0.9), seeded("g", 1, 0.9)) == ["e", "c"]


def test_an_imported_model_is_no_seed_of_its_configuration():
    imported = run("copy", status={"epoch": 2, "best_val_accuracy": 0.9})
    elsewhere = run("theirs", seed=2, status={"steps": 860, "input_scaling": "0 to 1"})
    found = [imported, elsewhere, seeded("a", 0, 0.9), seeded("b", 1, 0.8)]
    (group,) = run_table.seed_groups(found)
    assert [each.run_id for each in group] == ["a", "b"]


def test_one_seed_alone_has_no_mean():
    assert run_table.seed_frame([seeded("a", 0, 0.9), seeded("b", 1, 0.9, flips=True)]).empty
    assert run_table.seed_frame([run("x", problem="?")]).empty


def test_only_whole_epochs_count_as_done():
    statuses = (
        {"epoch": 4, "step": 2_980, "steps": 860},
        {"epoch": 5, "step": 4_300, "steps": 860},
        {"epoch": 12},
        {},
    )
    found = [
        Run(f"r{i}", Path("r"), "stopped", "r", TrainConfig(), status=status)
        for i, status in enumerate(statuses)
    ]
    assert run_table.runs_frame(found, {})["Epochs done"].tolist() == [3, 5, 12, pd.NA]


def test_a_time_is_the_zones_own_and_named_only_where_the_zone_is_unknown():
    assert say_time(0, "UTC") == "1 Jan 1970, 00:00 UTC"
    assert say_time(0, "Asia/Tokyo") == "1 Jan 1970, 09:00"
    assert say_day("2026-05-03") == "3 May 2026"
    assert say_day("some day") == "some day"
    assert name_of_run(0, "UTC") == "Run of 1 Jan, 00:00:00 UTC"
    assert name_of_run(0, "UTC", "Quick look,") == "Quick look, 1 Jan, 00:00:00 UTC"
    assert name_of_run(0, "Asia/Tokyo") == "Run of 1 Jan, 09:00:00"


def test_a_run_that_was_continued_is_no_other_seed_of_one_that_was_not():
    once = [seeded(f"r{seed}", seed, 0.9) for seed in (0, 1)]
    continued = replace(seeded("r2", 2, 0.9), epochs_before=(5,))
    groups = run_table.seed_groups([*once, continued])
    assert [[each.run_id for each in group] for group in groups] == [["r0", "r1"], ["r2"]]
