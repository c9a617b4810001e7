"""Run folders: where they are, making one, reading it, and the word for the run's state.

A run folder is the contract between the page and the worker; docs/architecture.md lists its files
and who writes each. Whatever is read from a folder may have been edited by hand and is checked. The
learning-rate finder has a folder of the same kind. No torch.
"""

import contextlib
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

from fashion_core import architecture, files, limits
from fashion_core.config import MODELS, TrainConfig
from fashion_core.errors import ConfigError, LabError, LimitError, RunError, TrainingFailed
from fashion_core.metadata import TEST_SIZE
from fashion_core.runs.annotations import (
    ANNOTATIONS_FILE,
    MAX_NAME_LENGTH,
    Annotations,
    check_annotations,
    read_annotations,
    write_annotations,
)
from fashion_core.text import format_duration, one_line, printable_lines

STATES = ("queued", "starting", "running", "paused", "finished", "stopped", "failed", "lost")
ACTIVE_STATES = ("starting", "running")
FINAL_STATES = ("finished", "stopped", "failed", "lost")  # a run in any other state may still go on


@dataclass(frozen=True)
class Run:
    """One run as read from its folder; `problem` says in a sentence what is wrong with that."""

    run_id: str
    run_dir: Path
    state: str  # one of STATES
    name: str
    config: TrainConfig | None = None
    created_at: float = 0.0  # seconds since 1970
    status: dict = field(default_factory=dict)
    problem: str = ""
    annotations: Annotations = field(default_factory=Annotations)
    color: int = 0  # the place in `charts.colors.SERIES_COLORS` that its curve gets if it is free
    epochs_before: tuple[
        int, ...
    ] = ()  # what it was to train before it was continued, oldest first
    owner: str = ""  # the name of who started it, as they gave it; empty: it belongs to everybody

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self.is_active and (self.run_dir / "stop").exists()

    @property
    def has_ended(self) -> bool:
        return self.state in FINAL_STATES

    def belongs_to(self, visitor: str) -> bool:
        """Whether it is a visitor's by the name that they gave, or everybody's."""
        return not self.owner or self.owner.casefold() == visitor.casefold()

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
        if steps > 0:  # `epoch` counts the one under way too
            return int(self.status.get("step", 0) // steps)
        return self.status.get("epoch", 0)  # an imported one knows no steps, its epochs are whole

    @property
    def is_imported(self) -> bool:
        """Whether it was made of a model file and never trained here."""
        return self.state == "finished" and "steps" not in self.status

    @property
    def trained_elsewhere(self) -> bool:
        """Whether it only holds foreign weights: nobody knows how those were trained."""
        return "input_scaling" in self.status

    @property
    def diverged(self) -> bool:
        """Whether it failed because its loss exploded or was no number any more."""
        return self.status.get("cause") == TrainingFailed.__name__

    @property
    def message(self) -> str:
        """Why it failed, or what is wrong with its folder; empty when all is well."""
        if self.problem:
            return self.problem
        if self.state == "lost":
            return (
                "The training process ended without a word: it was killed, or the machine was"
                " switched off. Go on with it or, where memory was short, start anew with a smaller"
                " batch."
            )
        return self.status.get("message", "")


# Where they are


_RUN_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
FINDER = ".finder"  # not a run id, so its folder is never taken for a run


def runs_dir() -> Path:
    """Where run folders are kept: FASHION_RUNS_DIR, else checkpoints/runs of the project."""
    wished = os.environ.get("FASHION_RUNS_DIR")
    return Path(os.path.expanduser(wished or files.PROJECT_DIR / "checkpoints" / "runs"))


def run_dir_of(run_id: str) -> Path:
    """The folder of a run. Raises RunError for an id that leads elsewhere or is unknown."""
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise RunError(f"{str(run_id)[:80]!r} is not a run id. Pick a run from the table.")
    run_dir = runs_dir() / run_id
    # isdir is False too where the folder may not be entered
    if not os.path.isdir(run_dir) or os.path.islink(run_dir):
        raise RunError(
            f"There is no run {run_id!r}. It may have been deleted. Pick another one on Runs."
        )
    return run_dir


def finder_dir() -> Path:
    """The folder of the learning-rate finder, which looks for one rate at a time."""
    return runs_dir() / FINDER


def resume_path(run_dir: Path) -> Path:
    """Where a run keeps what going on with its training needs."""
    return run_dir / "resume.pt"


# Making one


COLORS = 6  # runs take turns with the colours of their curves, `charts.colors.SERIES_COLORS`


def create_run(
    config: TrainConfig, name: str = "", state: str = "starting", owner: str = ""
) -> str:
    """Make a new run folder with its config and a first status; returns its id.

    `owner`: the name of who starts it, if they gave one. Raises RunError when it cannot be written
    or this copy does not keep any more runs.
    """
    check_limits(added=1)
    created_at = time.time()
    begun = time.gmtime(created_at)
    run_id = time.strftime("%Y%m%d-%H%M%S", begun) + "-" + secrets.token_hex(4)
    run_dir = runs_dir() / run_id
    fallback = time.strftime("Run of %d %b, %H:%M:%S UTC", begun)
    values = {
        "name": clean_name(name, fallback),
        "created_at": created_at,
        "config": config.to_dict(),
        "color": _next_color(),
    }
    if owner := clean_name(owner, ""):
        values["owner"] = owner
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


def clean_name(name: str, fallback: str) -> str:
    """A visitor's name for a run in one line of at most 60 characters, or the fallback."""
    return one_line(name)[:MAX_NAME_LENGTH].strip() or fallback


def _next_color() -> int:
    newest = next(iter(list_runs()), None)
    return (newest.color + 1) % COLORS if newest else 0


def check_limits(epochs: int = 0, added: int = 0) -> None:
    """Raises RunError when this copy allows no run of so many epochs, or not `added` more runs."""
    try:
        allowed = limits.read_limits()
        limits.read_network_limits()  # while one cannot be read, nothing starts
    except LimitError as error:
        raise RunError(str(error)) from error
    problem = allowed.epochs_problem(epochs)
    if added and not problem:
        problem = allowed.runs_problem(len(_run_names()), added)
    if problem:
        raise RunError(problem)


def check_network(model: str) -> None:
    """Raises RunError when this copy allows no network as large as this description's."""
    if model in MODELS:
        return
    try:
        architecture.refuse_too_large(architecture.read_network(model))
    except ConfigError as error:
        raise RunError(str(error)) from error


def unwritable(error: OSError, what: str = "The run's folder") -> RunError:
    """The error to raise when something in the runs' folder could not be written."""
    return RunError(f"{what} could not be written: {describe_unwritable(error)}")


def describe_unwritable(error: OSError) -> str:
    """Why something in the runs' folder could not be written, and what to do about it."""
    reason = error.strerror or str(error)
    if error.errno in files.DISK_FULL:
        return f"{reason}. Free some disk space."
    return (
        f"{reason}. Let this app write to {runs_dir()},"
        " or set FASHION_RUNS_DIR to a folder where it may."
    )


def annotate_run(run_id: str, name: str, text: str, tags: Iterable[str]) -> None:
    """Write a run's name, note and tags; an empty name gives it back its first one.

    Raises RunError for an unknown run or on a public copy, AnnotationsError for what is too long
    or cannot be written.
    """
    limits.refuse_if_read_only()
    write_annotations(run_dir_of(run_id), check_annotations(name, text, tags))


# Its state


START_SECONDS = 60.0  # longer than a process takes to come up, even on a slow machine that swaps
# Longer than any pause between two status writes: a slow core measures the widest network
STALE_SECONDS = 900.0
# Two readings of when a process started: the system rounds when it was booted itself
START_TOLERANCE_SECONDS = 2.0


def run_state(status: dict, now: float, process_alive: bool) -> str:
    """The word for a run: its status, or `lost` if the process that should write it does not.

    A worker that has no pid yet gets START_SECONDS to come up, a living one may be silent for
    STALE_SECONDS.
    """
    state = status.get("state")
    if state not in STATES:
        return "lost"
    if state not in ACTIVE_STATES:
        return state
    patience = STALE_SECONDS if "pid" in status else START_SECONDS
    silence = now - status.get("heartbeat_at", 0.0)
    # One that never came up is not waited for until a clock that was put back has caught up
    silent = (silence if "pid" in status else abs(silence)) > patience
    dead = not process_alive and "pid" in status
    return "lost" if silent or dead else state


def process_start(process: psutil.Process) -> float:
    """When a process started, in seconds after the system's own start.

    So setting the clock changes nothing. On Windows in seconds since 1970, which psutil keeps there
    as they were. On macOS a server that is itself started after the clock was set tells it
    differently, and takes a run from before for another process.
    """
    return process.create_time() - (0.0 if psutil.WINDOWS else psutil.boot_time())


def process_alive(pid: int, process_started_at: float) -> bool:
    """True if that very process lives, of which `process_start` said `process_started_at`.

    A zombie does not live, nor does another process that was given its pid.
    """
    try:
        process = psutil.Process(pid)
        same = abs(process_start(process) - process_started_at) < START_TOLERANCE_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False


def silent_problem(run: Run) -> str:
    """Why nobody may touch the folder of a run that counts as lost, or an empty string.

    Its process may live although it was silent for too long, as after the machine has slept; it
    would write again.
    """
    pid = run.status.get("pid") if run.state == "lost" else None
    if pid is None or not process_alive(pid, run.status.get("process_started_at", 0.0)):
        return ""
    return (
        f"“{run.name}” has been silent for long, but its process {pid} lives."
        " Wait for a word from it, or end it."
    )


def read_status(folder: Path) -> tuple[str, dict]:
    """The word for what a worker does in a folder, and its status, checked. Raises RunError."""
    return judged_status(files.read_json(folder / "status.json"))


def judged_status(values: dict) -> tuple[str, dict]:
    """The same from the content of a status.json."""
    status = _checked_status(values)
    return _judged(status), status


def _judged(status: dict) -> str:
    # Asked only of a run that should have a process: it takes a while
    works = status.get("state") in ACTIVE_STATES and "pid" in status
    alive = works and process_alive(status["pid"], status.get("process_started_at", 0.0))
    return run_state(status, time.time(), alive)


# Reading


MAX_PROBLEM_LENGTH = 300  # what is wrong with a folder quotes values from it, however long


def read_run(run_id: str) -> Run:
    """Read one run; a damaged folder gives one with a `problem`. Raises RunError for a bad id."""
    run_dir = run_dir_of(run_id)
    content = _content_of(str(run_dir))
    about = content.about if content.config else {}
    return Run(
        run_id=run_id,
        run_dir=run_dir,
        state="lost" if content.problem else _judged(content.status),
        name=content.annotations.name or clean_name(str(about.get("name", "")), run_id),
        config=content.config,
        created_at=time_or_zero(about.get("created_at")),
        status=dict(content.status),
        problem=content.problem,
        annotations=content.annotations,
        color=int(files.number_or(about.get("color"), zlib.crc32(run_id.encode()))) % COLORS,
        epochs_before=_checked_epochs(about.get("epochs_before")),
        owner=clean_name(str(about.get("owner") or ""), ""),
    )


@dataclass(frozen=True)
class _Content:
    """What stands in the files of a run's folder, checked."""

    annotations: Annotations
    about: dict  # config.json
    config: TrainConfig | None
    status: dict
    problem: str
    is_final: bool  # not where the system would not read, as with too many open files


# Every page reads every run several times, and hardly one has changed: what its files hold is kept,
# by its folder, with the versions of the files.
_contents: dict[str, tuple[tuple, _Content]] = {}
MAX_CONTENTS = 2_000


def _content_of(run_dir: str) -> _Content:
    names = (ANNOTATIONS_FILE, "config.json", "status.json")
    versions = tuple(_version(os.path.join(run_dir, name)) for name in names)
    kept_versions, kept = _contents.get(run_dir, ((), None))
    if kept and kept_versions == versions:
        return kept
    content = _read_files(Path(run_dir))
    if len(_contents) >= MAX_CONTENTS:
        _contents.clear()
    if content.is_final:
        _contents[run_dir] = versions, content
    return content


def _version(path: str) -> tuple[int, ...]:
    """What changes whenever a file is written or replaced, or why it is unreadable."""
    try:
        stat = os.stat(path)
    except OSError as error:
        return (error.errno or 0,)
    return stat.st_ctime_ns, stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read_files(run_dir: Path) -> _Content:
    annotations, about, config, status, problems = read_annotations(run_dir), {}, None, {}, []
    try:
        about = files.read_json(run_dir / "config.json")
        config = TrainConfig.from_dict(about.get("config"))
    except LabError as error:
        problems.append(error)
    try:
        status = _checked_status(files.read_json(run_dir / "status.json"))
    except LabError as error:  # as a power cut may leave it: its model is usable, and it can go on
        problems.append(error)
    is_final = not any(isinstance(error.__cause__, OSError) for error in problems)
    advice = "Mend the file, or delete the run." if is_final else "Let this app read it."
    problem = f"{str(problems[0])[:MAX_PROBLEM_LENGTH]} {advice}" if problems else ""
    return _Content(annotations, about, config, status, problem, is_final)


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
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        return sorted(names, reverse=True)
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


# What a status holds


# What a run has measured; it keeps this when it is started again
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
    "drawings_accuracy",
    "photos_accuracy",
    "best_val_accuracy",
    "best_epoch",
    "test_accuracy",
    "ood_threshold",
    "line_ood_threshold",
)
_PROCESS_NUMBERS = (
    "pid",
    "process_started_at",
    "heartbeat_at",
    "threads",
    "target_epochs",
    "tested",  # test images that its best weights have answered
    "validated",  # pictures of the validation under way, of `to_validate`
    "to_validate",
    "prepared",  # pictures of the set of people's pictures that is prepared now, of `to_prepare`
    "to_prepare",
)
_COUNTS = ("pid", "epoch", "step", "steps", "best_epoch", "threads")
_COUNTS += ("tested", "validated", "to_validate", "prepared", "to_prepare")
_TEXTS = ("state", "message", "device", "precision", "cause", "input_scaling")
_MAX_TEXT_LENGTH = 2_000


def metrics_of(values: dict) -> dict:
    """The metrics among the values of a status or of an event of the training."""
    return {key: value for key, value in values.items() if key in METRIC_KEYS}


def _checked_status(values: dict) -> dict:
    """The known keys of a status whose values have the right type; the rest is dropped."""
    status = {}
    for key, value in files.with_todays_keys(values).items():
        if key in _TEXTS and isinstance(value, str):
            status[key] = printable_lines(value[:_MAX_TEXT_LENGTH])
        elif key in (*METRIC_KEYS, *_PROCESS_NUMBERS) and files.number_or(value, None) is not None:
            status[key] = max(0, int(value)) if key in _COUNTS else value
    return status


def _checked_epochs(values) -> tuple[int, ...]:
    """The whole numbers among hand-edited `epochs_before`."""
    listed = values if isinstance(values, list) else []
    return tuple(value for value in listed[-100:] if type(value) is int and 0 < value < 1_000)


def time_or_zero(value) -> float:
    """Seconds since 1970, or 0.0 for what cannot be the time at which a run was made."""
    seconds = files.number_or(value, 0.0)
    return seconds if 0 <= seconds < time.time() + 86_400 else 0.0


# How far it is


ENOUGH_STEPS = 20  # after fewer a run's speed says little: the first steps are slower


def progress(run: Run) -> tuple[float, str]:
    """How far a run is: a share 0…1 and the words for it, with speed and time left."""
    status = run.status
    steps, step = status.get("steps", 0), status.get("step", 0)
    preparing = describe_preparing(status) if run.is_active else ""
    if run.state == "queued" or not run.config or not steps or not step:
        beginning = "Stopping" if run.is_stopping else _describe_beginning(run.state)
        return 0.0, preparing or beginning
    share = _trained_share(run)
    epoch = min(run.config.epochs, math.ceil(step / steps))
    words = f"Epoch {epoch} of {run.config.epochs}, step {step:,} of {steps * run.config.epochs:,}"
    seconds = status.get("elapsed_seconds", 0.0)
    if preparing:
        return share, f"{preparing} · {words}"
    if run.state != "running":
        return share, f"{words} · {seconds:,.0f} s of training"
    if measuring := describe_measuring(run):
        return share, f"{words} · {seconds:,.0f} s of training · {measuring}"
    measuring = _describe_measured_so_far(status)
    if run.is_stopping:
        doing = f"Stopping · {measuring}" if measuring else "Stopping"
        return share, f"{doing} · {words}"
    if measuring:
        return share, f"{words} · {measuring}"
    left = (1 - share) * seconds / share
    speed = status.get("images_per_second", 0)
    return share, f"{words} · {speed:,.0f} images/s · {format_duration(left)} left"


def _trained_share(run: Run) -> float:
    """Which share of its steps a run has taken, 0…1."""
    steps = run.status.get("steps", 0) * run.config.epochs if run.config else 0
    return min(1.0, run.status.get("step", 0) / steps) if steps else 0.0


def describe_measuring(run: Run) -> str:
    """On what a run is measured that has taken its last step, or an empty string.

    It takes a large network a minute, and is a good part of what teaching one takes.
    """
    if run.state != "running" or _trained_share(run) < 1:
        return ""
    preparing, so_far = describe_preparing(run.status), _describe_measured_so_far(run.status)
    return preparing or so_far or "measuring on the validation images"


def _describe_measured_so_far(status: dict) -> str:
    """On how many images a run that trains is measured so far, or an empty string."""
    if status.get("to_validate"):
        done = status.get("validated", 0)
        return f"measuring: {done:,} of {status['to_validate']:,} validation pictures"
    if status.get("tested"):
        return f"measuring: {status['tested']:,} of the {TEST_SIZE:,} test images"
    return ""


def describe_preparing(status: dict) -> str:
    """How far people's pictures are prepared that a worker waits for, or an empty string."""
    if not status.get("to_prepare"):
        return ""
    done = status.get("prepared", 0)
    return f"Preparing people's pictures: {done:,} of {status['to_prepare']:,}"


def _describe_beginning(state: str) -> str:
    if state == "queued":
        return "Waits in the queue"
    return "Getting ready" if state in ACTIVE_STATES else "Nothing was trained"


def expected_seconds(config: TrainConfig, past: Iterable[Run]) -> float | None:
    """How long this training takes, going by the first past run whose steps were the same work.

    None without one. Imported ones do not count: they do not say how many steps they took, and were
    trained who knows where.
    """
    for run in past:
        step, seconds = run.status.get("step", 0), run.status.get("elapsed_seconds", 0.0)
        if not run.config or step < ENOUGH_STEPS or seconds <= 0:
            continue
        if _work_of_a_step(run.config) == _work_of_a_step(config):
            return seconds / step * config.epochs * config.steps_per_epoch
    return None


def _work_of_a_step(config: TrainConfig) -> tuple:
    costly = config.optimizer == "Muon"  # the others take the same time
    pictures = (config.train_size, config.added_counts, config.distillation)
    return (config.model, config.batch_size, *pictures, costly)
