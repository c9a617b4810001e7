"""Cross-validation: three runs answer all training images, each the fold that it left out.

A run's answers are in its folder and written by its worker alone. Runs that differ in nothing but
their fold belong together, however they were started. No torch.
"""

import contextlib
import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fashion_core import files
from fashion_core.config import ALL_FOLDS, FOLDS, HELD_OUT, RECIPES, TrainConfig
from fashion_core.data import Split, folds
from fashion_core.metadata import NUM_CLASSES
from fashion_core.runs.folders import ACTIVE_STATES, Run

FOLD_NAMES = tuple(name for name in HELD_OUT if name != ALL_FOLDS)
RECIPE = "Quick look"  # a minute or two for all three
UNDER_WAY = (*ACTIVE_STATES, "queued", "paused")


def fold_configs(
    config: TrainConfig | None = None, names: Iterable[str] = FOLD_NAMES
) -> list[tuple[str, TrainConfig]]:
    """A name and the config of the run for each of these folds; by default of RECIPE."""
    config = config or TrainConfig(**RECIPES[RECIPE][0])
    return [(f"Cross-validation {name}", dataclasses.replace(config, fold=name)) for name in names]


# The runs


def latest_runs(runs: Iterable[Run]) -> dict[str, Run | None]:
    """The run of each fold, None where it is missing, of those that belong together.

    `runs` are all there are, newest first. Complete ones come before others, then the newest.
    """
    groups: dict[TrainConfig, dict[str, Run | None]] = {}
    for run in runs:
        if run.config is None or run.config.fold == ALL_FOLDS or run.is_imported:
            continue
        shared = dataclasses.replace(run.config, fold=ALL_FOLDS)
        group = groups.setdefault(shared, dict.fromkeys(FOLD_NAMES))
        group[run.config.fold] = _better(group[run.config.fold], run)
    complete = [group for group in groups.values() if all(map(_has_answers, group.values()))]
    return next(iter([*complete, *groups.values()]), dict.fromkeys(FOLD_NAMES))


def _better(newer: Run | None, older: Run) -> Run:
    """Which of two runs of a fold counts: one that failed does not replace one with answers."""
    if newer is None:
        return older
    failed = newer.state not in UNDER_WAY and not _has_answers(newer)
    return older if failed and _has_answers(older) else newer


def _has_answers(run: Run | None) -> bool:
    return run is not None and run.state == "finished" and answers_path(run.run_dir).is_file()


def fold_problem(name: str, run: Run | None, answered: bool) -> str:
    """Why a fold will have no answers, in a sentence; empty if it has, or its run is under way."""
    if run is None:
        return f"Fold {name} has no run. It may have been deleted."
    if answered or run.state in UNDER_WAY:
        return ""
    if run.state == "finished":
        return f"“{run.name}” is finished, but its answers are missing or damaged."
    return f"“{run.name}” is {run.state}. {run.message}".strip()


# Their answers


def answers_path(run_dir: Path) -> Path:
    """Where a run keeps its answers to the fold that it left out."""
    return run_dir / "held_out.npz"


def save_answers(run_dir: Path, indices: np.ndarray, logits: np.ndarray) -> None:
    """Keep logits (n, 10) float32 of the images `indices` (n,), as float16 if they fit.

    Raises OSError.
    """
    with np.errstate(over="ignore"):
        short = logits.astype(np.float16)
    kept = short if np.isfinite(short).all() else logits
    with files.replacing(answers_path(run_dir)) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, indices=indices, logits=kept)


MAX_ANSWERS_BYTES = 5_000_000  # of 18,334 images they are 0.4 MB


def read_answers(run: Run, indices: np.ndarray) -> np.ndarray | None:
    """A finished run's logits (n, 10) float32 of the images `indices` (n,).

    None where they are missing, damaged, not finite, or of other images.
    """
    if not _has_answers(run):
        return None
    path = answers_path(run.run_dir)
    with contextlib.suppress(Exception):  # NumPy and zipfile raise many kinds for damaged files
        if path.stat().st_size > MAX_ANSWERS_BYTES:
            return None
        with np.load(path, allow_pickle=False) as content:
            same = np.array_equal(content["indices"], indices)
            logits = content["logits"].astype(np.float32)
        if same and logits.shape == (len(indices), NUM_CLASSES) and np.isfinite(logits).all():
            return logits
    return None


def fold_answers(
    runs: dict[str, Run | None], train_split: Split
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By fold the places (n,) of its images in the split and their logits (n, 10) float32.

    Only of folds that are answered.
    """
    numbers, found = folds(train_split.labels, FOLDS), {}
    for number, (name, run) in enumerate(runs.items()):
        places = np.flatnonzero(numbers == number)
        logits = read_answers(run, train_split.indices[places]) if run else None
        if logits is not None:
            found[name] = places, logits
    return found


def join_answers(answers: dict[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray | None:
    """The logits (N, 10) float32 of all images of the split; None while a fold has no answers."""
    if len(answers) < FOLDS:
        return None
    joined = np.empty((sum(len(places) for places, _ in answers.values()), NUM_CLASSES), np.float32)
    for places, logits in answers.values():
        joined[places] = logits
    return joined
