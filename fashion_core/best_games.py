"""The best games of this copy: a small JSON file in the runs' folder, which anybody may edit.

A public copy keeps none: names of strangers would stand there for strangers.
"""

import contextlib
import time
from dataclasses import asdict, dataclass

from filelock import FileLock

from fashion_core import files, limits
from fashion_core.errors import GameError, RunError
from fashion_core.game import DRAW, GUESS, MOST_POINTS
from fashion_core.runs import folders
from fashion_core.text import one_line

BEST_FILE = "best_games.json"
MOST = 10  # of each kind of game
MAX_NAME = 20  # characters
NOBODY = "Anonymous"
LOCK_SECONDS = 5.0  # far longer than the file is written


@dataclass(frozen=True)
class BestGame:
    """One row of the list."""

    name: str
    score: int
    kind: str
    model: str
    played_at: float  # seconds since 1970


def clean_nickname(name: str) -> str:
    """A nickname as it is kept: one line of printable characters, at most MAX_NAME of them."""
    return one_line(name[: 10 * MAX_NAME])[:MAX_NAME].strip() or NOBODY


def ranked(games: list[BestGame]) -> list[BestGame]:
    """The best MOST of each kind, the best first; of two alike the earlier one."""
    games = sorted(games, key=lambda each: (-each.score, each.played_at))
    return [each for kind in (DRAW, GUESS) for each in _of_kind(games, kind)[:MOST]]


def _of_kind(games: list[BestGame], kind: str) -> list[BestGame]:
    return [each for each in games if each.kind == kind]


def read_best(kind: str) -> list[BestGame]:
    """The best games of a kind, the best first; none on a public copy or where none can be read."""
    if limits.read_only():
        return []
    return _of_kind(_read_all(), kind)


def _read_all() -> list[BestGame]:
    with contextlib.suppress(RunError):  # missing, or damaged: the list begins anew
        rows = files.read_json(folders.runs_dir() / BEST_FILE).get("best")
        return ranked([row for row in map(_checked, rows if isinstance(rows, list) else []) if row])
    return []


def _checked(row) -> BestGame | None:
    """A row that somebody may have written by hand; None where it cannot be one."""
    if not isinstance(row, dict) or row.get("kind") not in (DRAW, GUESS):
        return None
    points, texts = files.number_or(row.get("score"), -1), (row.get("name"), row.get("model"))
    if not 0 <= points <= MOST_POINTS or not all(isinstance(text, str) for text in texts):
        return None
    name, model = clean_nickname(texts[0]), one_line(texts[1])[:60]
    return BestGame(
        name, int(points), row["kind"], model, folders.time_or_zero(row.get("played_at"))
    )


def belongs(score: int, kind: str) -> bool:
    """Whether a game would be among the best."""
    best = read_best(kind)
    return score > 0 and not limits.read_only() and (len(best) < MOST or score > best[-1].score)


def holds(kind: str, played_at: float) -> bool:
    """Whether the game that was entered at this time is among the best."""
    return any(each.played_at == played_at for each in read_best(kind))


def add_best(name: str, score: int, kind: str, model: str, played_at: float | None = None) -> None:
    """Enter a game, which stays out where better ones came before it.

    `played_at`: seconds since 1970, by default now. Raises GameError where this copy keeps none or
    the file cannot be written.
    """
    if limits.read_only():
        raise GameError("This is a public copy: it keeps no list of the best games.")
    played_at = time.time() if played_at is None else played_at
    added = BestGame(clean_nickname(name), score, kind, model, played_at)
    path = folders.runs_dir() / BEST_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{BEST_FILE}.lock"), timeout=LOCK_SECONDS):
            rows = ranked([*_read_all(), added])
            files.write_json(path, {"best": [asdict(row) for row in rows]})
    except OSError as error:  # a Timeout of the lock is one, too
        reason = error.strerror or "another tab is writing it"
        raise GameError(
            f"The list of the best games could not be written: {reason}. Try again, or free some"
            " disk space."
        ) from error
