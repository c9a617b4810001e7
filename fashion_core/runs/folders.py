"""Run folders: create one, start its process, read it, pause or stop it, and name its state. No
torch.

A run folder is the contract between the page and the worker; every file in it has exactly one
writer: config.json (launcher) · status.json (the worker while it lives, else a launcher that holds
the launch lock) · metrics.jsonl, model.pt, resume.pt, worker.log (worker) · stop, pause, notes.json
(page). Whatever is read from a folder may have been edited by hand and is checked. The
learning-rate finder has a folder of the same kind.
"""

import contextlib
import functools
import math
import os
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from fashion_core import files, limits
from fashion_core.config import TrainConfig
from fashion_core.errors import ConfigError, LimitError, RunError
from fashion_core.limits import read_only
from fashion_core.runs.annotations import (
    MAX_NAME_LENGTH,
    Annotations,
    check_annotations,
    read_annotations,
    write_annotations,
)
from fashion_core.text import format_duration, one_line, printable_lines

STATES = ("queued", "starting", "running", "paused", "finished", "stopped", "failed", "lost")
ACTIVE_STATES = ("starting", "running")

START_SECONDS = 60.0  # longer than a process takes to come up, even on a slow machine that swaps
# Longer than any pause between two status writes: a slow core measures the widest network
STALE_SECONDS = 900.0
# Two readings of when a process started: the system rounds when it was booted itself
START_TOLERANCE_SECONDS = 2.0
ENOUGH_STEPS = 20  # after fewer a run's speed says little: the first steps are slower
MAX_PROBLEM_LENGTH = 300  # what is wrong with a folder quotes values from it, however long
COLORS = 6  # runs take turns with the colours of their curves, `plots.SERIES_COLORS`
_RUN_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
FINDER = ".finder"  # no run id, so its folder is never taken for a run


@dataclass(frozen=True)
class Run:
    """One run as read from its folder; `problem` says in a sentence what is wrong with the folder,
    if anything.
    """

    run_id: str
    run_dir: Path
    state: str
    name: str
    config: TrainConfig | None = None
    created_at: float = 0.0  # seconds since 1970
    status: dict = field(default_factory=dict)
    problem: str = ""
    annotations: Annotations = field(default_factory=Annotations)
    color: int = 0  # its place in `plots.SERIES_COLORS`, from its start to its end
    # How many it was to train before it was continued, oldest first
    epochs_before: tuple[int, ...] = ()

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def model_path(self) -> Path:
        return self.run_dir / "model.pt"

    @property
    def has_model(self) -> bool:
        """A link is no model: it could lead to any file of the machine."""
        return bool(self.config) and self.model_path.is_file() and not self.model_path.is_symlink()

    @property
    def epochs_done(self) -> int:
        """Whole epochs that it has trained, as far as its status knows."""
        steps = self.status.get("steps", 0)
        # A status counts the epoch under way; that of a run that was brought in knows no steps, its
        # epochs are whole.
        return (
            int(self.status.get("step", 0) // steps) if steps > 0 else self.status.get("epoch", 0)
        )

    @property
    def message(self) -> str:
        """Why it failed, or what is wrong with its folder; empty when all is well."""
        if self.problem:
            return self.problem
        if self.state == "lost":
            return (
                "The training process ended without a word: it was killed, or the machine was"
                " switched off."
            )
        return self.status.get("message", "")


def runs_dir() -> Path:
    """Where run folders are kept: FASHION_RUNS_DIR, else checkpoints/runs of the project."""
    return Path(
        os.path.expanduser(
            os.environ.get("FASHION_RUNS_DIR") or files.PROJECT_DIR / "checkpoints" / "runs"
        )
    )


def run_dir_of(run_id: str) -> Path:
    """The folder of a run. Raises RunError for an id that could leave the runs' folder or does not
    exist.
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise RunError(f"{str(run_id)[:80]!r} is not a run id. Pick a run from the table.")
    run_dir = runs_dir() / run_id
    # False too where the folder may not be entered
    if not os.path.isdir(run_dir) or os.path.islink(run_dir):
        raise RunError(f"There is no run {run_id!r}. It may have been deleted.")
    return run_dir


def finder_dir() -> Path:
    """The folder of the learning-rate finder, which looks for one rate at a time."""
    return runs_dir() / FINDER


def resume_path(run_dir: Path) -> Path:
    """Where a run keeps what going on with its training needs."""
    return run_dir / "resume.pt"


def clean_name(name: str, fallback: str) -> str:
    """A visitor's name for a run in one line of at most 60 printable characters, or the
    fallback.
    """
    return one_line(name)[:MAX_NAME_LENGTH].strip() or fallback


def create_run(config: TrainConfig, name: str = "", state: str = "starting") -> str:
    """Make a new run folder with its config and a first status; returns its id.

    Raises RunError when it cannot be written or this copy does not keep any more runs.
    """
    check_limits(added=1)
    created_at = time.time()
    run_id = time.strftime("%Y%m%d-%H%M%S", time.localtime(created_at)) + "-" + secrets.token_hex(4)
    run_dir = runs_dir() / run_id
    fallback = time.strftime("Run of %d %b, %H:%M:%S", time.localtime(created_at))
    values = {
        "name": clean_name(name, fallback),
        "created_at": created_at,
        "config": config.to_dict(),
    }
    values["color"] = _next_color()
    try:
        runs_dir().mkdir(parents=True, exist_ok=True)
        run_dir.mkdir()
    except FileExistsError as error:
        raise RunError("Another run was started at the same moment. Try again.") from error
    except OSError as error:
        raise unwritable(error) from error
    try:
        files.write_json(run_dir / "config.json", values)
        files.write_json(run_dir / "status.json", {"state": state, "heartbeat_at": created_at})
    except OSError as error:
        shutil.rmtree(run_dir, ignore_errors=True)
        raise unwritable(error) from error
    return run_id


def unwritable(error: OSError, what: str = "The run's folder") -> RunError:
    return RunError(f"{what} could not be written: {describe_unwritable(error)}")


def describe_unwritable(error: OSError) -> str:
    """Why something in the runs' folder could not be written, and in a second sentence what to
    do.
    """
    reason = error.strerror or str(error)
    if error.errno in files.DISK_FULL:
        return f"{reason}. Free some disk space."
    return (
        f"{reason}. Let this app write to {runs_dir()}, or set FASHION_RUNS_DIR to a folder where"
        " it may."
    )


def _next_color() -> int:
    newest = next(iter(list_runs()), None)
    return (newest.color + 1) % COLORS if newest else 0


def check_limits(epochs: int = 0, added: int = 0) -> None:
    """Raises RunError when this copy allows no run of so many epochs, or not `added` more runs."""
    try:
        allowed = limits.read_limits()
    except LimitError as error:
        raise RunError(str(error)) from error
    problem = allowed.epochs_problem(epochs) or (
        allowed.runs_problem(len(_run_names()), added) if added else ""
    )
    if problem:
        raise RunError(problem)


def metrics_of(status: dict) -> dict:
    """What of a status outlives a start, or one that fails."""
    return {key: value for key, value in status.items() if key in METRIC_KEYS}


def annotate_run(run_id: str, name: str, text: str, tags) -> None:
    """Write a run's name, note and tags; an empty name gives it back the one that it was started
    with.

    Raises RunError for an unknown run or on a read-only copy, AnnotationsError for what is too long
    or cannot be written.
    """
    if read_only():
        raise RunError("This copy is read-only: names, notes and tags cannot be changed.")
    write_annotations(run_dir_of(run_id), check_annotations(name, text, tags))


# Reading


def run_state(status: dict, now: float, process_alive: bool) -> str:
    """The word for a run: its status, unless the process that should be writing it is dead or
    silent.

    A worker that has no pid yet gets START_SECONDS to come up, a living one may be silent for
    STALE_SECONDS.
    """
    state = status.get("state")
    if state not in STATES:
        return "lost"
    if state not in ACTIVE_STATES:
        return state
    silent = now - status.get("heartbeat_at", 0.0) > (
        STALE_SECONDS if "pid" in status else START_SECONDS
    )
    dead = not process_alive and "pid" in status
    return "lost" if silent or dead else state


def process_start(process: psutil.Process) -> float:
    """When a process started, in seconds after the system's own start, so that setting the clock
    changes nothing.

    On Windows in seconds since 1970, which psutil keeps there as they were. On macOS a server that
    is itself started after the clock was set tells it differently, and takes a run from before for
    another process.
    """
    return process.create_time() - (0.0 if psutil.WINDOWS else psutil.boot_time())


def process_alive(pid: int, process_started_at: float) -> bool:
    """True if that very process lives: a zombie does not, nor does another one that was given its
    pid.

    `process_started_at` is what `process_start` said of it.
    """
    try:
        process = psutil.Process(pid)
        same = abs(process_start(process) - process_started_at) < START_TOLERANCE_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False


def silent_problem(run: Run) -> str:
    """Why nobody may touch the folder of a run that counts as lost, in two sentences, or an empty
    string.

    Its process may live although it was silent for too long, as after the machine has slept; it
    would write again.
    """
    pid = run.status.get("pid") if run.state == "lost" else None
    if pid is None or not process_alive(pid, run.status.get("process_started_at", 0.0)):
        return ""
    return (
        f"“{run.name}” has been silent for long, but its process {pid} lives. Wait for a word from"
        " it, or end it."
    )


def read_run(run_id: str) -> Run:
    """Read one run. Raises RunError for a bad or unknown id; a damaged folder gives a Run with a
    `problem`.
    """
    run_dir = run_dir_of(run_id)
    versions = tuple(
        _version(os.path.join(run_dir, name))
        for name in ("notes.json", "config.json", "status.json")
    )
    try:
        written, about, config, status, problem = _read_files(str(run_dir), versions)
    except _Unreadable as error:
        written, about, config, status, problem = error.args[0]
    if config is None:
        name = written.name or run_id
        return Run(
            run_id,
            run_dir,
            "lost",
            name=name,
            status=dict(status),
            problem=problem,
            annotations=written,
        )
    return Run(
        run_id=run_id,
        run_dir=run_dir,
        state="lost" if problem else _judged(status),
        name=written.name or clean_name(str(about.get("name", "")), run_id),
        config=config,
        created_at=time_or_zero(about.get("created_at")),
        status=dict(status),
        problem=problem,
        annotations=written,
        color=int(files.number_or(about.get("color"), zlib.crc32(run_id.encode()))) % COLORS,
        epochs_before=_checked_epochs(about.get("epochs_before")),
    )


def read_status(folder: Path) -> tuple[str, dict]:
    """The word for what a worker does in a folder, and its status, checked. Raises RunError."""
    return judged_status(files.read_json(folder / "status.json"))


def judged_status(values: dict) -> tuple[str, dict]:
    """The same from the content of a status.json. Raises RunError."""
    status = _checked_status(values)
    return _judged(status), status


def _judged(status: dict) -> str:
    # Asked of those alone: it takes a while
    works = status.get("state") in ACTIVE_STATES and "pid" in status
    alive = works and process_alive(status["pid"], status.get("process_started_at", 0.0))
    return run_state(status, time.time(), alive)


def _version(path: str) -> tuple[int, ...]:
    """What changes whenever a file is written or replaced, or why it cannot be looked at."""
    try:
        stat = os.stat(path)
    except OSError as error:
        return (error.errno or 0,)
    return stat.st_ctime_ns, stat.st_mtime_ns, stat.st_size, stat.st_ino


class _Unreadable(Exception):
    """Carries what `_read_files` found where the system would not read: too many open files may
    have passed by then.
    """


# Every page reads every run at every look, several times, and hardly one has changed: what its
# files hold is kept.
@functools.lru_cache(maxsize=2_000)
def _read_files(
    run_dir: str, versions: tuple
) -> tuple[Annotations, dict, TrainConfig | None, dict, str]:
    """What stands in a run's folder, checked: notes, config.json, the config in it, the status,
    what is wrong.
    """
    folder = Path(run_dir)
    written, about, config, status, problems = (
        read_annotations(folder),
        {},
        None,
        {},
        [],
    )
    try:
        about = files.read_json(folder / "config.json")
        config = TrainConfig.from_dict(about.get("config"))
    except (RunError, ConfigError) as error:
        problems.append(error)
    try:
        status = _checked_status(files.read_json(folder / "status.json"))
    # As a power cut may leave it: its model can be used, and it can go on
    except RunError as error:
        problems.append(error)
    read = written, about, config, status, str(problems[0])[:MAX_PROBLEM_LENGTH] if problems else ""
    if any(isinstance(error.__cause__, OSError) for error in problems):
        raise _Unreadable(read)
    return read


def progress(run: Run) -> tuple[float, str]:
    """How far a run is: a share 0…1 and the words for it, with speed and time left while it
    trains.
    """
    status = run.status
    steps, step = status.get("steps", 0), status.get("step", 0)
    if not run.config or not steps or not step:
        waiting = {
            "queued": "Waits in the queue",
            "starting": "Getting ready",
            "running": "Getting ready",
        }
        return 0.0, waiting.get(run.state, "Nothing was trained")
    share = min(1.0, step / (steps * run.config.epochs))
    epoch = min(run.config.epochs, math.ceil(step / steps))
    words = f"Epoch {epoch} of {run.config.epochs}, step {step:,} of {steps * run.config.epochs:,}"
    seconds = status.get("elapsed_seconds", 0.0)
    if run.state != "running":
        return share, f"{words} · {seconds:,.0f} s"
    left = (1 - share) * seconds / share
    speed = status.get("images_per_second", 0)
    return share, f"{words} · {speed:,.0f} images/s · {format_duration(left)} left"


def expected_seconds(config: TrainConfig, past: Iterable[Run]) -> float | None:
    """How long this training takes, going by the first of the past runs whose steps were the same
    work; None without.

    Nothing that was brought in counts: it does not say how many steps it took, and was trained who
    knows where.
    """

    def work(config: TrainConfig) -> tuple:
        costly = config.optimizer == "Muon"  # the others take the same time
        return (
            config.model,
            config.batch_size,
            config.train_size,
            config.synthetic,
            config.distillation,
            costly,
        )

    for run in past:
        step, seconds = run.status.get("step", 0), run.status.get("elapsed_seconds", 0.0)
        if run.config and work(run.config) == work(config) and step >= ENOUGH_STEPS and seconds > 0:
            return seconds / step * config.epochs * config.steps_per_epoch
    return None


def list_runs() -> list[Run]:
    """All runs, newest first; a damaged one is listed with its problem."""
    found = []
    for name in _run_names():
        with contextlib.suppress(RunError):  # deleted between the listing and the reading
            found.append(read_run(name))
    return sorted(found, key=lambda run: (run.created_at, run.run_id), reverse=True)


def _run_names() -> list[str]:
    """The names in the runs' folder that can be runs, newest first."""
    try:
        entries = [entry for entry in os.scandir(runs_dir()) if _RUN_ID.fullmatch(entry.name)]
        return sorted(
            (entry.name for entry in entries if entry.is_dir(follow_symlinks=False)), reverse=True
        )
    except OSError:
        return []


def active_run() -> Run | None:
    """The run that is starting or training now."""
    return next((run for run in list_runs() if run.is_active), None)


def finder_active() -> bool:
    """Whether a learning rate is being looked for, which takes the machine as a run does."""
    try:
        return read_status(finder_dir())[0] in ACTIVE_STATES
    except RunError:  # nothing was ever looked for, or its folder is damaged
        return False


def time_or_zero(value) -> float:
    """Seconds since 1970, or 0.0 for what can be no time at which a run was made."""
    seconds = files.number_or(value, 0.0)
    return seconds if 0 <= seconds < time.time() + 86_400 else 0.0


# What a status tells of the training itself; a run that is started again keeps it.
METRIC_KEYS = (
    "epoch",
    "step",
    "steps",
    "images_per_second",
    "elapsed_seconds",
    "train_loss",
    "val_loss",
    "val_accuracy",
    "synthetic_accuracy",
    "best_val_accuracy",
    "best_epoch",
    "test_accuracy",
)
_STATUS_NUMBERS = (
    *METRIC_KEYS,
    "pid",
    "process_started_at",
    "heartbeat_at",
    "threads",
    "target_epochs",
)
_STATUS_COUNTS = ("pid", "epoch", "step", "steps", "best_epoch", "threads")
_STATUS_TEXTS = ("state", "message", "device", "precision", "cause")


def _checked_epochs(values) -> tuple[int, ...]:
    """The whole numbers among hand-edited `epochs_before`."""
    listed = values if isinstance(values, list) else []
    return tuple(value for value in listed[-100:] if type(value) is int and 0 < value < 1_000)


def _checked_status(values: dict) -> dict:
    """The known keys whose values have the right type; everything else in a hand-edited status is
    dropped.
    """
    values = files.with_todays_keys(values)
    numbers = {
        key: values[key]
        for key in _STATUS_NUMBERS
        if files.number_or(values.get(key), None) is not None
    }
    texts = {key: values[key][:2000] for key in _STATUS_TEXTS if isinstance(values.get(key), str)}
    texts = {key: printable_lines(text) for key, text in texts.items()}
    return (
        numbers
        | {key: max(0, int(numbers[key])) for key in _STATUS_COUNTS if key in numbers}
        | texts
    )
