"""fashion_core.runs.annotations: what visitors write, and files damaged, forged, written twice."""

import json
import os
import threading

import pytest

from fashion_core.config import TrainConfig
from fashion_core.errors import AnnotationsError, RunError
from fashion_core.runs import folders
from fashion_core.runs.annotations import (
    Annotations,
    check_annotations,
    read_annotations,
    write_annotations,
)

WRITTEN = Annotations("Wide", "Tried more dropout.\n\nIt helped: ½ point.", ("baseline", "paper 2"))


def test_what_is_written_is_read_again(tmp_path):
    write_annotations(tmp_path, WRITTEN)
    assert read_annotations(tmp_path) == WRITTEN
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]


def test_no_file_is_no_notes(tmp_path):
    assert read_annotations(tmp_path) == Annotations()


def test_what_a_visitor_writes_is_cleaned():
    checked = check_annotations(
        " a\tb\x00 ", "  one\u202e \r\n\x07two\n\n", ["x", " X ", "", "a,b", "\n"]
    )
    assert checked == Annotations("a b", "one\n two", ("x", "a b"))


@pytest.mark.parametrize(
    ("name", "text", "tags", "words"),
    [
        ("n" * 61, "", [], "name may have at most 60 characters, not 61"),
        ("", "t" * 2_001, [], "note may have at most 2,000 characters, not 2,001"),
        ("", "", ["t" * 25], "tag may have at most 24 characters, not 25"),
        ("", "", [str(i) for i in range(9)], "at most 8 tags, not 9"),
    ],
)
def test_what_is_too_long_is_refused_with_a_sentence(name, text, tags, words):
    with pytest.raises(AnnotationsError, match=words):
        check_annotations(name, text, tags)


def test_the_longest_notes_fit_into_the_file(tmp_path):
    longest = check_annotations("😀" * 60, "😀" * 2_000, [f"{i}" + "😀" * 23 for i in range(8)])
    write_annotations(tmp_path, longest)
    assert read_annotations(tmp_path) == longest


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "JSON object"),
        ("[" * 40_000, "not valid JSON"),
        ("\udcff", "not valid JSON"),
        (" " * 60_000, "too large"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path, content, words):
    (tmp_path / "notes.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    read = read_annotations(tmp_path)
    assert words in read.problem
    assert read.name == ""


def test_a_pipe_or_folder_in_the_files_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "notes.json")
    assert "no file" in read_annotations(tmp_path).problem


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"name": 3, "text": ["x"], "tags": "abc"}, Annotations()),
        ({"tags": [1, None, "a", {"b": 1}, "A"]}, Annotations(tags=("a",))),
        (
            {"name": "n" * 99, "text": "t" * 9_999, "tags": ["t" * 99] * 3},
            Annotations("n" * 60, "t" * 2_000, ("t" * 24,)),
        ),
        ({"tags": [str(i) for i in range(99)]}, Annotations(tags=tuple("01234567"))),
        ({"name": "a\nb\u0000\ud800", "other": 1}, Annotations("a b")),
    ],
)
def test_hand_edited_values_are_dropped_or_cut(tmp_path, values, read):
    (tmp_path / "notes.json").write_text(json.dumps(values))
    assert read_annotations(tmp_path) == read


def test_a_file_that_links_elsewhere_is_replaced_and_its_target_left_alone(tmp_path):
    (tmp_path / "outside").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.json").symlink_to(tmp_path / "outside")
    write_annotations(tmp_path / "run", WRITTEN)
    assert (tmp_path / "outside").read_text() == "mine"
    assert read_annotations(tmp_path / "run") == WRITTEN


def test_two_browsers_at_once_end_in_one_of_the_two_outcomes(tmp_path):
    """Both write from one process, as one server does; a reader never sees half of one."""
    outcomes = [Annotations(letter, letter * 2_000, (letter,)) for letter in "ab"]
    write_annotations(tmp_path, outcomes[0])
    errors = []

    def write(outcome):
        try:
            for _ in range(150):
                write_annotations(tmp_path, outcome)
        except AnnotationsError as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(outcome,)) for outcome in outcomes]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert read_annotations(tmp_path) in outcomes
    for writer in writers:
        writer.join()
    assert errors == []
    assert read_annotations(tmp_path) in outcomes
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]


def test_notes_of_a_run_that_is_gone_are_a_sentence(tmp_path):
    with pytest.raises(AnnotationsError, match="still there"):
        write_annotations(tmp_path / "gone", WRITTEN)


# As a run's name


def test_a_run_is_called_by_its_notes_and_by_its_first_name_when_that_is_taken_back(runs_dir):
    run_id = folders.create_run(TrainConfig(), "First")
    folders.annotate_run(run_id, "Second", "Why", ["a"])
    run = folders.read_run(run_id)
    assert (run.name, run.annotations.text, run.annotations.tags) == ("Second", "Why", ("a",))
    folders.annotate_run(run_id, "", "", [])
    assert folders.read_run(run_id).name == "First"


def test_a_run_whose_folder_is_damaged_keeps_the_name_of_its_notes(runs_dir):
    run_id = folders.create_run(TrainConfig(), "First")
    folders.annotate_run(run_id, "Second", "", [])
    (runs_dir / run_id / "config.json").write_text("{")
    assert folders.read_run(run_id).name == "Second"


def test_notes_cannot_leave_the_runs_folder(runs_dir):
    with pytest.raises(RunError, match="not a run id"):
        folders.annotate_run("..", "x", "", [])
