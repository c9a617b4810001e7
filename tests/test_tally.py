"""tally: what a class drew and how often it was right, counted by several at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fashion_core import tally
from fashion_core.metadata import OUTLIER


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_RUNS_DIR", str(tmp_path / "runs"))


def told() -> list[tuple]:
    counts = tally.class_counts(tally.read_tally())
    return [(each.name, each.drawn, each.right) for each in counts]


def test_each_class_has_its_drawings_and_its_right_answers():
    assert told() == []
    for labels in ((0, 0), (0, 6), (9, 9), (OUTLIER, OUTLIER), (OUTLIER, 8), (5, OUTLIER)):
        tally.add(*labels)
    assert told() == [
        ("T-shirt/top", 2, 1),
        ("Sandal", 1, 0),
        ("Ankle boot", 1, 1),
        ("None of these", 2, 1),
    ]
    tally.take_back(0, 6, 0)
    tally.take_back(9, 8, 0)  # never counted
    assert told()[0] == ("T-shirt/top", 1, 1)
    assert told()[2] == ("Ankle boot", 1, 1)
    tally.clear()
    assert told() == []


def test_what_was_counted_before_a_new_beginning_takes_nothing_away_after_it():
    before = tally.add(8, 8)
    tally.clear()
    after = tally.add(8, 8)
    tally.take_back(8, 8, before)  # a visitor who changes their mind
    assert told() == [("Bag", 1, 1)]
    tally.take_back(8, 8, after)
    assert told() == []


def test_nobody_is_lost_when_a_class_draws_at_once():
    with ThreadPoolExecutor(8) as visitors:
        list(visitors.map(lambda i: tally.add(i % 10, i % 10), range(60)))
    assert told() == [(name, 6, 6) for name in tally.NAMES[:-1]]


@pytest.mark.parametrize(
    "text", ["no json", "{}", '{"counts": [[1]]}', '{"counts": "x"}', '{"round": 1e999}']
)
def test_a_damaged_file_counts_as_none_and_is_written_anew(text):
    tally.add(1, 1)
    tally.tally_path().write_text(text)
    assert told() == []
    tally.add(2, 2)
    assert told() == [("Pullover", 1, 1)]


@pytest.mark.parametrize("labels", [(10, 0), (0, -2)])
def test_a_label_that_is_none_is_refused(labels):
    with pytest.raises(ValueError, match="from -1 to 9"):
        tally.add(*labels)
