"""How much disk space runs take, and which of them may go. Nothing is deleted here."""

import contextlib
import os
import stat
from pathlib import Path

from fashion_core.runs.folders import Run

DAY_SECONDS = 86_400

RULES = {  # what a visitor can ask to be pruned, in words
    "newest": "Keep only the newest",
    "best": "Keep only the best",
    "older": "Delete runs older than",
    "failed": "Delete failed and lost runs",
}


def disk_use(folder: Path) -> int:
    """Bytes of all files in a run's folder and below it.

    Links are not followed; what cannot be read counts 0.
    """
    total, open_folders = 0, [folder]
    while open_folders:
        try:
            with os.scandir(open_folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        open_folders.append(entry.path)
                    else:
                        total += _file_size(entry)
        except OSError:  # deleted meanwhile, or not ours to read
            continue
    return total


def _file_size(entry: os.DirEntry) -> int:
    with contextlib.suppress(OSError):  # replaced meanwhile: the others still count
        status = entry.stat(follow_symlinks=False)
        return status.st_size if stat.S_ISREG(status.st_mode) else 0
    return 0


def runs_to_prune(
    found: list[Run], rule: str, count: int, now: float, in_use: str | None = None
) -> list[Run]:
    """The runs that go under one of `RULES`, newest first.

    `count`: how many stay, or the age in days; `now`: seconds since 1970; `in_use`: the id of the
    model in use. Whatever the rule, these stay: runs that have not ended, the model in use, and
    folders in which something cannot be read, which may be somebody's own. A run of unknown age is
    not old, but the last of the newest. Raises ValueError for an unknown rule or a count below 1.
    """
    if rule not in RULES or count < 1:
        raise ValueError(f"rule {rule!r} must be one of {tuple(RULES)}, count {count!r} at least 1")
    newest = sorted(found, key=lambda run: (run.created_at, run.run_id), reverse=True)
    ids = {run.run_id for run in _under_rule(newest, rule, count, now) if _may_go(run)}
    return [run for run in newest if run.run_id in ids - {in_use}]


def _under_rule(newest: list[Run], rule: str, count: int, now: float) -> list[Run]:
    if rule == "newest":
        return newest[count:]
    if rule == "best":
        return sorted(newest, key=_validation, reverse=True)[count:]
    if rule == "older":
        return [run for run in newest if 0 < run.created_at < now - count * DAY_SECONDS]
    return [run for run in newest if run.state in ("failed", "lost")]


def _may_go(run: Run) -> bool:
    return bool(run.config) and not run.problem and run.has_ended


def _validation(run: Run) -> float:
    """The best validation accuracy, or below all others where there is none or it is none."""
    value = run.status.get("best_val_accuracy", -1.0)
    return value if 0 <= value <= 1 else -1.0
