"""fashion_core.runs.pruning: which runs go under which rule, and what they take on disk."""

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest
from waiting import SECONDS

from fashion_core.config import TrainConfig
from fashion_core.runs import pruning
from fashion_core.runs.folders import STATES, Run
from fashion_core.runs.pruning import DAY_SECONDS, runs_to_prune
from fashion_core.text import format_bytes

NOW = 1_800_000_000.0


def run(run_id, state="finished", days=1.0, accuracy=None, config=TrainConfig()):  # noqa: B008 (it is frozen)
    status = {} if accuracy is None else {"best_val_accuracy": accuracy}
    return Run(run_id, Path(run_id), state, run_id, config, NOW - days * DAY_SECONDS, status)


FOUND = [
    run("a", days=1, accuracy=0.90),
    run("b", days=2, accuracy=0.92),
    run("c", "failed", days=3),
    run("d", days=4, accuracy=0.92),
    run("e", "lost", days=5, accuracy=0.5),
    run("f", "stopped", days=6, accuracy=0.93),
]


def gone(rule, count=1, found=FOUND, in_use=None):
    return "".join(to_delete.run_id for to_delete in runs_to_prune(found, rule, count, NOW, in_use))


@pytest.mark.parametrize(
    ("rule", "count", "ids"),
    [
        ("newest", 1, "bcdef"),
        ("newest", 4, "ef"),
        ("newest", 6, ""),
        ("newest", 99, ""),
        ("best", 1, "abcde"),
        ("best", 2, "acde"),  # of the two with 0.92 the newer stays
        ("best", 4, "ce"),
        ("older", 3, "def"),  # c is exactly three days old
        ("older", 6, ""),
        ("failed", 1, "ce"),
    ],
)
def test_what_goes_under_each_rule_newest_first_whatever_the_order_of_the_list(rule, count, ids):
    assert gone(rule, count) == ids
    assert gone(rule, count, FOUND[::-1]) == ids


@pytest.mark.parametrize("state", [*STATES, "paused", "something new"])
def test_only_runs_that_have_ended_go(state):
    found = [run("a"), run("b", state, days=400)]
    expected = "b" if state in ("finished", "stopped", "failed", "lost") else ""
    for rule in ("newest", "best", "older"):
        assert gone(rule, 1, found) == expected, rule


@pytest.mark.parametrize("rule", pruning.RULES)
def test_the_model_in_use_and_folders_that_are_no_runs_stay(rule):
    found = [
        run("a", accuracy=0.9),
        run("b", "failed", days=9),
        run("c", "lost", days=9, config=None),
    ]
    found.append(
        dataclasses.replace(run("d", "lost", days=9), problem="status.json is not valid JSON.")
    )
    assert gone(rule, 1, found) == "b"
    assert gone(rule, 1, found, in_use="b") == ""


def test_a_run_of_unknown_age_is_not_old():
    assert gone("older", 1, [run("a", days=NOW / DAY_SECONDS)]) == ""


@pytest.mark.parametrize("accuracy", [57.0, -3.0, 1e14])
def test_an_accuracy_that_is_none_does_not_count_as_the_best(accuracy):
    assert gone("best", 1, [run("a", accuracy=accuracy), run("b", days=2, accuracy=0.1)]) == "a"


@pytest.mark.parametrize(("rule", "count"), [("nothing", 1), ("newest", 0), ("older", -1)])
def test_a_rule_or_count_that_makes_no_sense_is_refused(rule, count):
    with pytest.raises(ValueError, match="at least 1"):
        runs_to_prune(FOUND, rule, count, NOW)


def test_disk_use_counts_all_files_as_find_does_and_follows_no_link(tmp_path):
    folder = tmp_path / "run"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a").write_bytes(b"x" * 1_000)
    (folder / "deep" / "er" / "b").write_bytes(b"x" * 234)
    (tmp_path / "outside").write_bytes(b"x" * 5_000)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    listing = subprocess.run(
        ["find", folder, "-type", "f", "-printf", "%s\n"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert pruning.disk_use(folder) == sum(map(int, listing.stdout.split())) == 1_234


def test_a_file_that_goes_while_it_is_counted_leaves_the_others_counted(tmp_path, monkeypatch):
    for name in "abc":
        (tmp_path / name).write_bytes(b"x" * 1_000)

    class Scan(list):
        def __enter__(self):
            os.unlink(self[0].path)  # listed, and gone
            return self

        def __exit__(self, *_):
            pass

    real = os.scandir
    monkeypatch.setattr(pruning.os, "scandir", lambda folder: Scan(real(folder)))
    assert pruning.disk_use(tmp_path) == 2_000


def test_disk_use_of_a_run_that_is_gone_is_nothing(tmp_path):
    assert pruning.disk_use(tmp_path / "gone") == 0


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 kB"), (1, "1 kB"), (999_000, "999 kB"), (1_840_000, "1.8 MB"), (2.314e9, "2.31 GB")],
)
def test_sizes_in_words(size, words):
    assert format_bytes(size) == words
