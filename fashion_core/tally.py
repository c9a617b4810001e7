"""The class tally: what was drawn or brought, and how often the answer was right, per class.

Counts alone, in tally.json in the runs' folder, which several visitors may change at once; no
picture is kept. No torch.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from fashion_core import files
from fashion_core.errors import RunError
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES, OUTLIER
from fashion_core.runs import folders

NAMES = (*CLASS_NAMES, "None of these")  # of the rows and columns
SIZE = NUM_CLASSES + 1
MOST = 1_000_000  # of one cell; more was not counted by this app
LOCK_SECONDS = 5.0  # a change takes a few milliseconds


@dataclass(frozen=True)
class ClassCount:
    """One class of the tally: its name, how many were drawn, how many of them answered rightly."""

    name: str
    drawn: int
    right: int


def add(label_drawn: int, label_answered: int) -> int:
    """Count one picture. Labels 0…9, or OUTLIER for none of the ten and for an answer in doubt.

    Returns the number of the round, for `take_back`. Raises RunError where the count cannot be
    kept.
    """
    return _change(label_drawn, label_answered, 1)


def take_back(label_drawn: int, label_answered: int, round_number: int) -> None:
    """Undo one `add` with these labels; nothing where the tally has begun anew since.

    Raises RunError where that cannot be kept.
    """
    _change(label_drawn, label_answered, -1, round_number)


def clear() -> None:
    """Begin another round at nothing. Raises RunError."""
    with _locked():
        _write(np.zeros((SIZE, SIZE), np.int64), _read_round() + 1)


def _read_round() -> int:
    with contextlib.suppress(RunError):
        return int(files.number_or(files.read_json(tally_path()).get("round"), 0))
    return 0


def read_tally() -> np.ndarray:
    """Counts (11, 11) int64: rows what was drawn, columns the answers, the last is none of the ten.

    A missing file has none; one that this app did not write counts as missing.
    """
    with contextlib.suppress(RunError, KeyError, ValueError, TypeError, OverflowError):
        counts = np.array(files.read_json(tally_path())["counts"], np.int64)
        if counts.shape == (SIZE, SIZE) and counts.min() >= 0 and counts.max() <= MOST:
            return counts
    return np.zeros((SIZE, SIZE), np.int64)


def class_counts(counts: np.ndarray) -> list[ClassCount]:
    """Of counts (11, 11) the classes that were drawn, in their order."""
    rows = zip(NAMES, counts.sum(axis=1), counts.diagonal(), strict=True)
    return [ClassCount(name, int(drawn), int(right)) for name, drawn, right in rows if drawn]


def tally_path() -> Path:
    """The file that the counts are kept in."""
    return folders.runs_dir() / "tally.json"


def _change(label_drawn: int, label_answered: int, by: int, only_in: int | None = None) -> int:
    """Change one cell, perhaps in this round only; returns the round's number."""
    for label in (label_drawn, label_answered):
        if not OUTLIER <= label < NUM_CLASSES:
            raise ValueError(f"A label must be from {OUTLIER} to {NUM_CLASSES - 1}, not {label}.")
    with _locked():
        counts, round_number = read_tally(), _read_round()
        if only_in in (None, round_number):
            # OUTLIER, -1, is the last row and column
            counts[label_drawn, label_answered] = max(0, counts[label_drawn, label_answered] + by)
            _write(counts, round_number)
        return round_number


@contextlib.contextmanager
def _locked():
    try:
        folders.runs_dir().mkdir(parents=True, exist_ok=True)
        with FileLock(folders.runs_dir() / ".tally.lock", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise RunError("The tally is being changed by others. Try again in a moment.") from error
    except OSError as error:
        raise folders.unwritable(error, "The tally") from error


def _write(counts: np.ndarray, round_number: int) -> None:
    values = {"counts": np.minimum(counts, MOST).tolist(), "round": round_number}
    files.write_json(tally_path(), values)
