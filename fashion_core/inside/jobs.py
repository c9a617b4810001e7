"""What takes minutes for a model and is kept: a job in a process of its own, with its progress.

A job's folder is a contract as a run's is: config.json and the first status.json are written by
whoever starts it, all later ones and the result by the process. A run's are in its folder, beside
its model; those of shipped models are in `.inside` in the runs' folder. One job works at a time,
the next waits.
"""

import contextlib
import time
from pathlib import Path

from filelock import FileLock, Timeout

from fashion_core import files
from fashion_core.errors import InsideError, RunError, TooManyJobs
from fashion_core.runs import control, folders
from fashion_core.text import format_duration

KINDS = {
    "features": "Comparing with all training images",
    "tsne": "Laying out the map",
    "answers": "Evaluating the 10,000 test images",
}
FOLDER = ".inside"  # in the runs' folder; not a run id, so it is never taken for a run


def job_dir(model_path: Path, kind: str) -> Path:
    """Where a job for this model works and keeps its result."""
    shipped = model_path.parent == files.PRETRAINED_DIR
    inside = folders.runs_dir() / FOLDER / model_path.stem
    return (inside if shipped else model_path.parent / "inside") / kind


def result_path(model_path: Path, kind: str) -> Path:
    """The file that a job leaves."""
    return job_dir(model_path, kind) / "result.npz"


def job_lock() -> FileLock:
    """The lock that a job holds while it works."""
    return FileLock(folders.runs_dir() / FOLDER / ".lock")


def start_job(model_path: Path, kind: str) -> None:
    """Start a job for a model, unless it is under way. Raises InsideError."""
    folder = job_dir(model_path, kind)
    if not model_path.is_file():  # its run was deleted meanwhile, and a folder would bring it back
        raise InsideError("The model is not there any more. Choose another one.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folders.runs_dir() / FOLDER).mkdir(exist_ok=True)
        with FileLock(folder / ".start", timeout=0):
            if is_active(model_path, kind):
                return
            _refuse_too_many()
            files.write_json(folder / "config.json", {"model": str(model_path.resolve())})
            begun = {"state": "starting", "heartbeat_at": time.time()}
            files.write_json(folder / "status.json", begun)
            control.spawn_worker(folder, "fashion_core.inside.job")
    except Timeout:
        return  # somebody else is starting it at this moment
    except OSError as error:
        reason = folders.describe_unwritable(error)
        raise InsideError(f"What this needs could not be written: {reason}") from error
    except RunError as error:
        raise InsideError(str(error)) from error


MOST_JOBS = 8  # that wait or work: each waits as a process


def _refuse_too_many() -> None:
    places = [*folders.runs_dir().glob("*/inside/*"), *(folders.runs_dir() / FOLDER).glob("*/*")]
    states = [_state_of(place)[0] for place in places if place.is_dir()]
    if sum(state in folders.ACTIVE_STATES for state in states) >= MOST_JOBS:
        raise TooManyJobs(f"{MOST_JOBS} such jobs wait already. Try again when some have ended.")


def _state_of(folder: Path) -> tuple[str, dict]:
    with contextlib.suppress(RunError):
        return folders.read_status(folder)
    return "", {}


def job_state(model_path: Path, kind: str) -> tuple[str, dict]:
    """The state of a job, one of folders.STATES or "" where there was none, and its status."""
    return _state_of(job_dir(model_path, kind))


def is_active(model_path: Path, kind: str) -> bool:
    """Whether a job for a model is under way or waits for another."""
    return job_state(model_path, kind)[0] in folders.ACTIVE_STATES


def progress(status: dict) -> tuple[float, str]:
    """How far a job is: a share 0…1 and the words for it."""
    step, steps = status.get("step", 0), status.get("steps", 0)
    if not step or not steps:
        return 0.0, status.get("message") or "Getting ready"
    left = status.get("elapsed_seconds", 0.0) * (steps / step - 1)
    return min(1.0, step / steps), f"{step:,} of {steps:,} · {format_duration(left)} left"
