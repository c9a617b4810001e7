"""The learning-rate finder: some steps with ever larger rates, and the rate that they suggest.

Its folder is a contract between the page and the worker like a run's: config.json and the first
status.json are written by the launcher, all later ones by the worker, stop by the page. It takes
the machine as a run does. No torch.
"""

import itertools
import os
import shutil
import time
from dataclasses import dataclass, field, replace

import numpy as np

from fashion_core import files, limits
from fashion_core.config import TrainConfig
from fashion_core.errors import LabError, RunError
from fashion_core.runs import control, folders
from fashion_core.text import format_duration, format_value

STEPS = 200  # a second of the classic network; fewer leave too few steps for each tenfold rise


@dataclass(frozen=True)
class Search:
    """One look for a learning rate, as read from its folder; `problem` says what is wrong there.

    `rates` and `losses` have the same length; a search under way has fewer than `steps`.
    """

    state: str  # one of folders.STATES
    config: TrainConfig | None = None
    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    steps: int = STEPS
    elapsed_seconds: float = 0.0
    problem: str = ""
    created_at: float = 0.0  # seconds since 1970
    preparing: str = ""  # how far people's pictures are prepared

    @property
    def is_active(self) -> bool:
        return self.state in folders.ACTIVE_STATES

    @property
    def message(self) -> str:
        """Why it failed or ended early, in a sentence; empty when all is well."""
        if self.problem or self.state != "lost":
            return self.problem
        return (
            "The process ended without a word: it was killed, or the machine was switched off."
            " Look again."
        )


# The curve


# Below these nothing is learned in so few steps
FIRST_RATES = {"Adam": 1e-5, "AdamW": 1e-5, "Muon": 1e-5, "SGD": 1e-4}
LAST_RATE = 1.0
# Standard deviation of the bell that averages losses, an eighth of a tenfold rise (SGD: a tenth)
SMOOTHING_STEPS = 5
# Nats; a single loss above counts as this, so that it does not lift all of its neighbours
WORST_LOSS = 10.0
LEAST_STEPS = 20
LEAST_FALL = 0.9  # a lowest loss above this share of the first is no fall
RISE = 1.2  # the loss has turned when it is this many times its lowest
EXPLODED = 3.0  # and there is nothing more to see when it is this many times
DIVISOR = 10


def planned_rates(config: TrainConfig) -> list[float]:
    """The learning rates of the STEPS steps, each larger than the one before by the same factor."""
    rates = np.geomspace(FIRST_RATES[config.optimizer], LAST_RATE, STEPS)
    return rates.clip(max=LAST_RATE).tolist()


def smoothed_losses(losses: list[float]) -> np.ndarray:
    """N > 0 losses averaged with a bell of SMOOTHING_STEPS to both sides: (N,) nats.

    To both sides, because an average of the past alone would show every turn some steps too late.
    The ends are repeated.
    """
    reach = 3 * SMOOTHING_STEPS
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SMOOTHING_STEPS) ** 2)
    padded = np.pad(np.minimum(losses, WORST_LOSS), reach, mode="edge")
    return np.convolve(padded, bell / bell.sum(), mode="valid")


def has_exploded(losses: list[float]) -> bool:
    """True when the smoothed loss is so high above its lowest that larger rates tell nothing."""
    smooth = smoothed_losses(losses)
    return len(losses) >= LEAST_STEPS and smooth[-1] > EXPLODED * smooth.min()


def suggested_rate(rates: list[float], losses: list[float]) -> float | None:
    """A tenth of the rate at which the smoothed loss has risen a fifth above its lowest.

    Two significant digits; None where the loss did not fall.

    The test with rising rates is Smith's, "Cyclical Learning Rates for Training Neural Networks",
    2017, section 3.3. He reads the largest rate off the place where learning becomes ragged. The
    place of the steepest fall, which others take, is too early here: a fresh network falls fastest
    at whichever small rate first moves it. In short trainings with Adam, AdamW and SGD and batches
    of 16 to 128 a tenth of the turn came within a factor of two of the best rate; with batches of
    1,024 it was a third of the best or less.
    """
    if len(losses) < LEAST_STEPS:
        return None
    smooth = smoothed_losses(losses)
    lowest = int(smooth.argmin())
    if smooth[lowest] > LEAST_FALL * smooth[0]:
        return None
    risen = _risen(smooth)
    turn = rates[int(risen[0])] if len(risen) else rates[len(losses) - 1]
    return max(1e-5, float(f"{turn / DIVISOR:.2g}"))


def _risen(smooth: np.ndarray) -> np.ndarray:
    """Where smoothed losses (N,) are a fifth above their lowest, behind it: places, ascending."""
    lowest = int(smooth.argmin())
    return lowest + np.flatnonzero(smooth[lowest:] > RISE * smooth[lowest])


def describe_turn(losses: list[float]) -> str:
    """What the suggestion is a tenth of."""
    if len(_risen(smoothed_losses(losses))):
        return "the rate at which the loss turns and rises again"
    return "the highest rate tried, at which the loss had not risen yet"


# The search


def start(config: TrainConfig) -> None:
    """Look for a learning rate in a process of its own; the last curve is forgotten.

    Raises RunError while a run trains or another search is under way, when this copy does not allow
    it, or when nothing can be written.
    """
    limits.refuse_if_read_only()
    with control.launch_lock():
        folders.check_limits()
        folders.check_network(config.model)
        busy = control.training_now()
        if busy:
            raise RunError(busy)
        _launch(config)


def _launch(config: TrainConfig) -> None:
    folder, now = folders.finder_dir(), time.time()
    # Renamed when whole: a reader never sees a part of it
    new = folder.with_name(f"{folders.FINDER}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir(parents=True)
        files.write_json(new / "config.json", {"created_at": now, "config": config.to_dict()})
        files.write_json(new / "status.json", {"state": "starting", "heartbeat_at": now})
        if folder.exists():
            control.remove_folder(folder)
        new.rename(folder)
    except OSError as error:
        raise folders.unwritable(error, "The finder's folder") from error
    control.spawn_worker(folder)


def request_stop() -> None:
    """Ask the search to end after its current step.

    Raises RunError when there is none, on a public copy and where nothing can be written.
    """
    limits.refuse_if_read_only()
    with control.launch_lock():
        if not folders.finder_active():
            raise RunError("No learning rate is being looked for any more. Start another search.")
        (folders.finder_dir() / "stop").touch()


def is_stopping() -> bool:
    """Whether the search has been asked to end."""
    return (folders.finder_dir() / "stop").exists()


def forget() -> None:
    """Delete the last curve. Raises RunError while it is being drawn or on a public copy."""
    limits.refuse_if_read_only()
    with control.launch_lock():
        if folders.finder_active():
            raise RunError("The learning rate is still being looked for. Stop that first.")
        if folders.finder_dir().exists():
            control.remove_folder(folders.finder_dir())


def read_search() -> Search | None:
    """The search under way or the last one, with a `problem` if its folder is damaged, or None."""
    folder = folders.finder_dir()
    if not os.path.isdir(folder):  # False too where the folder above may not be entered
        return None
    try:
        about, values = (files.read_json(folder / name) for name in ("config.json", "status.json"))
        config = TrainConfig.from_dict(about.get("config"))
        state, status = folders.judged_status(values)
        rates, losses = _checked_curve(values)
    except LabError as error:
        problem = str(error)[: folders.MAX_PROBLEM_LENGTH]
        return Search("lost", problem=f"{problem} Search again.")
    return Search(
        state=state,
        config=config,
        rates=rates,
        losses=losses,
        steps=max(len(losses), status.get("steps", STEPS)),
        elapsed_seconds=status.get("elapsed_seconds", 0.0),
        problem=status.get("message", ""),
        created_at=folders.time_or_zero(about.get("created_at")),
        preparing=folders.describe_preparing(status),
    )


MAX_STEPS = 1_000  # of a status that may have been edited


def _checked_curve(values: dict) -> tuple[list[float], list[float]]:
    """Rates and losses of a status that may have been edited. Raises RunError."""
    rates, losses = values.get("rates", []), values.get("losses", [])
    good = _are_numbers(rates) and _are_numbers(losses) and len(losses) <= len(rates)
    good = good and all(low < high <= LAST_RATE for low, high in itertools.pairwise([0, *rates]))
    if not good or not all(0 <= loss < files.MAX_NUMBER for loss in losses):
        raise RunError("status.json does not hold a curve, so it was not written by this app.")
    return rates[: len(losses)], losses


def _are_numbers(values) -> bool:
    listed = isinstance(values, list) and len(values) <= MAX_STEPS
    return listed and all(type(value) in (int, float) for value in values)


def progress(search: Search) -> tuple[float, str]:
    """How far a search is: a share 0…1 and the words for it."""
    step = len(search.losses)
    if not step:
        return 0.0, search.preparing or "Getting ready"
    left = format_duration(search.elapsed_seconds * (search.steps / step - 1))
    return min(1.0, step / search.steps), f"Step {step} of {search.steps} · at most {left} left"


# What a curve does not depend on, or only by chance
IRRELEVANT = ("learning_rate", "schedule", "epochs", "seed")


def fits(search: Search, config: TrainConfig) -> bool:
    """Whether the curve was found for this config, apart from what it does not depend on."""
    same = {name: getattr(config, name) for name in IRRELEVANT}
    return bool(search.config) and replace(search.config, **same) == config


def describe_config(config: TrainConfig) -> str:
    """What a curve was found for: "FashionCNN, Adam, batches of 64, flips on"."""
    usual = TrainConfig()
    named = ("model", "optimizer", "batch_size", *IRRELEVANT)
    rest = replace(config, **{name: getattr(usual, name) for name in named})
    words = (
        f"{format_value('model', config.model)}, {config.optimizer}, batches of {config.batch_size}"
    )
    return words if rest == usual else f"{words}, {rest.describe()}"
