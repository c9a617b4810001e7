"""fashion_core.limits: what the environment sets, and what is said when it cannot be read."""

import math

import pytest

from fashion_core import limits
from fashion_core.errors import LimitError
from fashion_core.limits import Limits, read_limits
from fashion_core.text import format_count

NAMES = ("FASHION_MAX_EPOCHS", "FASHION_MAX_MINUTES", "FASHION_MAX_RUNS", "FASHION_MAX_QUEUE")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in (*NAMES, "FASHION_READ_ONLY"):
        monkeypatch.delenv(name, raising=False)


def test_without_settings_nothing_is_limited():
    allowed = read_limits()
    assert allowed == Limits(math.inf, math.inf, math.inf, math.inf)
    assert allowed.describe() == allowed.epochs_problem(100) == allowed.time_problem(1e9) == ""
    assert (
        allowed.runs_problem(10_000, 20)
        == allowed.queue_problem(10_000, 20)
        == limits.problem()
        == ""
    )


def test_settings_are_read_and_said(monkeypatch):
    for name, value in zip(NAMES, ("5", " 2.5 ", "1000", "0"), strict=True):
        monkeypatch.setenv(name, value)
    assert read_limits() == Limits(5, 2.5, 1_000, 0)
    said = (
        "This copy allows at most 5 epochs per run, 2.5 minutes per run, 1,000 runs kept, 0 runs"
        " waiting."
    )
    assert read_limits().describe() == said


@pytest.mark.parametrize(
    ("ask", "fits", "beyond", "words"),
    [
        (Limits(epochs=5).epochs_problem, 5, 6, "at most 5 epochs per run, not 6"),
        (Limits(minutes=1).time_problem, 59.9, 60, "at most 1 minute per run"),
        (Limits(runs=3).runs_problem, 2, 3, "at most 3 runs; there are 3, and 1 more"),
        (Limits(runs=1).runs_problem, 0, 1, "at most 1 run; there is 1, and 1 more"),
        (Limits(queue=0).queue_problem, -1, 0, "no run can wait"),
        (Limits(queue=2).queue_problem, 1, 2, "at most 2 runs can wait; there are 2"),
    ],
)
def test_the_last_that_fits_and_the_first_that_does_not(ask, fits, beyond, words):
    assert ask(fits) == ""
    assert words in ask(beyond)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0 runs"), (1, "1 run"), (1_200, "1,200 runs"), (0.5, "0.5 runs"), (1.0, "1 run")],
)
def test_a_count_in_words(value, words):
    assert format_count(value, "run") == words


def test_several_runs_must_fit_together():
    assert Limits(runs=5).runs_problem(2, 3) == ""
    assert "3 more would be too many" in Limits(runs=5).runs_problem(3, 3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value", ["ten", "-1", "nan", "inf", "1e400", "9" * 500, "9" * 5_000, "5 epochs", "\u0663x"]
)
def test_a_value_that_is_none_is_a_sentence(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(LimitError, match=f"^{name} is '.*'; it must be a .*number") as caught:
        read_limits()
    assert len(str(caught.value)) < 200
    assert limits.problem() == str(caught.value)


@pytest.mark.parametrize(
    ("value", "anybody", "explained"), [("", False, False), ("1", True, False), ("ja", False, True)]
)
def test_only_a_clear_yes_lets_anybody_delete(monkeypatch, value, anybody, explained):
    monkeypatch.setenv("FASHION_DELETE_ANY", value)
    assert limits.delete_any() == anybody
    assert ("FASHION_DELETE_ANY" in limits.problem()) == explained


@pytest.mark.parametrize("name", ["FASHION_MAX_EPOCHS", "FASHION_MAX_MINUTES", "FASHION_MAX_RUNS"])
def test_nothing_at_all_is_no_limit_but_an_error(monkeypatch, name):
    monkeypatch.setenv(name, "0")
    with pytest.raises(LimitError, match=name):
        read_limits()


@pytest.mark.parametrize(
    ("value", "closed", "explained"),
    [
        ("", False, False),
        ("0", False, False),
        ("off", False, False),
        ("1", True, False),
        (" True ", True, False),
        ("ja", True, True),
        ("2", True, True),
    ],
)
def test_a_copy_is_read_only_when_in_doubt(monkeypatch, value, closed, explained):
    monkeypatch.setenv("FASHION_READ_ONLY", value)
    assert limits.read_only() == closed
    assert ("FASHION_READ_ONLY" in limits.problem()) == explained
