"""What changes which run trains: starting a process, asking it to pause or stop, deleting a run.

All of it happens under the launch lock, so that one of two who ask at once is always first.
"""

import contextlib
import errno
import math
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from fashion_core import files, limits
from fashion_core.errors import BusyMachineError, ConfigError, RunError
from fashion_core.runs import folders
from fashion_core.runs.folders import Run

# Locks


LAUNCH_SECONDS = 10.0  # longer than another start takes
# A killed worker is dead before the system has torn down its memory and let go of its lock
LOCK_SECONDS = 3.0


@contextlib.contextmanager
def launch_lock(seconds: float = LAUNCH_SECONDS):
    """Held by whoever changes which run trains, or waits, or how it is to go on.

    Raises RunError when another one holds it for longer than `seconds`, and in place of an OSError
    of what is done meanwhile.
    """
    try:
        folders.runs_dir().mkdir(parents=True, exist_ok=True)
        with FileLock(folders.runs_dir() / ".launch.lock", timeout=seconds):
            yield
    except Timeout as error:
        raise RunError("Another start is under way. Try again in a few seconds.") from error
    except OSError as error:
        raise folders.unwritable(error, "The runs' folder") from error


def worker_lock(seconds: float = LOCK_SECONDS) -> FileLock:
    """The lock that a worker holds while it trains; the system releases it when the worker dies."""
    return FileLock(folders.runs_dir() / ".worker.lock", timeout=seconds)


def training_now(seconds: float = LOCK_SECONDS) -> str:
    """A sentence that refuses a second start while something trains, or an empty string."""
    active = folders.active_run()
    if active:
        return f"“{active.name}” is training. Stop it or wait until it has finished."
    if folders.finder_active():
        return "A learning rate is being looked for. Stop that or wait until it is found."
    try:
        with worker_lock(seconds):
            return ""
    except Timeout:
        return "Another training process still holds the machine. Wait until it has finished."


# Starting


def launch(run: Run) -> None:
    """Start, or start again, the process of a run that exists; for those who hold the launch lock.

    It goes on from what it kept, up to the epochs that its status asks for. Raises RunError.
    """
    epochs = run.status.get("target_epochs", run.config.epochs)
    try:
        for name in ("stop", "pause"):
            (run.run_dir / name).unlink(missing_ok=True)
        _set_epochs(run, int(epochs))
        begun = {"state": "starting", "heartbeat_at": time.time()}
        files.write_json(run.run_dir / "status.json", folders.metrics_of(run.status) | begun)
    except OSError as error:
        raise folders.unwritable(error) from error
    spawn_worker(run.run_dir)


def _set_epochs(run: Run, epochs: int) -> None:
    """Change how many epochs a run trains; its config.json remembers how many they were."""
    if epochs == run.config.epochs:
        return
    try:
        config = replace(run.config, epochs=epochs)
    except ConfigError as error:
        raise RunError(str(error)) from error
    path = run.run_dir / "config.json"
    changes = {"config": config.to_dict(), "epochs_before": [*run.epochs_before, run.config.epochs]}
    files.write_json(path, files.read_json(path) | changes)


def spawn_worker(run_dir: Path, module: str = "fashion_core.worker") -> None:
    """Start the process that works in this folder. Raises RunError, and then says so in its status.

    It runs `module` and has a session of its own, so it outlives this process.
    """
    try:
        with (run_dir / "worker.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", module, str(run_dir.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl+C in the server's console is not meant for it, on Windows neither
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
                | getattr(subprocess, "CREATE_NO_WINDOW", 0),
                cwd=files.PROJECT_DIR,
                env=_worker_environment(),
            )
    except OSError as error:
        busy = error.errno in (errno.EAGAIN, errno.ENOMEM)
        advice = f"{error.strerror}. Close other programs, then try again."
        if not busy:
            advice = folders.describe_unwritable(error)
        message = f"The training process could not be started: {advice}"
        metrics = folders.metrics_of(files.read_json(run_dir / "status.json"))
        failed = {"state": "failed", "message": message}
        files.write_json(run_dir / "status.json", metrics | failed)
        raise (BusyMachineError if busy else RunError)(message) from error


NICENESS = 10  # the server and the visitor's browser go first; others take what is left
AUTOGROUP, OOM_SCORE = Path("/proc/self/autogroup"), Path("/proc/self/oom_score_adj")


def step_behind() -> None:
    """Let whatever else the machine does go before this process, also in what memory there is."""
    with contextlib.suppress(OSError):  # Linux alone; where memory ends, the server is to live on
        OOM_SCORE.write_text("500")
    with contextlib.suppress(AttributeError, OSError):  # neither os.nice nor sessions on Windows
        # One that an ending worker has started has it already
        os.nice(max(0, NICENESS - os.nice(0)))
        # Most Linux kernels share the cores among sessions first: a process alone in its own is
        # nice to nobody unless its session is, man 7 sched, "The autogroup feature". One in
        # somebody else's session leaves that as it is
        if os.getsid(0) == os.getpid():
            AUTOGROUP.write_text(str(NICENESS))


# OpenMP's threads wait for each other by spinning. Not at all makes two threads on two idle cores
# 1.7 times slower; as long as its default makes them ten times slower on cores that others need
# too. Read when torch is loaded. glibc keeps what a step frees for the next one instead of giving
# it back to the system: up to a tenth faster in float32, some thousand page faults a step fewer.
# Read when the process begins.
THREADS_ENVIRONMENT = {
    "GOMP_SPINCOUNT": "10000",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
}


def _worker_environment() -> dict[str, str]:
    environment = THREADS_ENVIRONMENT | os.environ | {"PYTHONUNBUFFERED": "1"}
    # So that it finds the package although the app was started in another folder
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [path for path in paths if path not in ("", str(files.PROJECT_DIR))]
    environment["PYTHONPATH"] = os.pathsep.join([str(files.PROJECT_DIR), *others])
    # Relative ones mean this process's folder, not the worker's
    for name in ("FASHION_RUNS_DIR", "FASHION_DATA_DIR", "FASHION_PICTURES_DIR"):
        if environment.get(name):
            environment[name] = os.path.abspath(os.path.expanduser(environment[name]))
    return environment


# Asking


def request_stop(run_id: str) -> None:
    """Ask a run to stop after the weight update under way, or end one that is paused.

    Its model is then validated, unless that has just been done. While people's pictures are
    prepared there is none yet, and it ends after those under way. Raises RunError for an unknown
    run, one that does not train, or an unwritable folder.
    """
    limits.refuse_if_read_only()
    folders.run_dir_of(run_id)
    with launch_lock():
        run = folders.read_run(run_id)
        if run.state == "paused":
            files.write_json(run.run_dir / "status.json", run.status | {"state": "stopped"})
        else:
            _ask(run, "stop")


def request_pause(run_id: str) -> None:
    """Ask a run to keep all that going on needs and to end its process, at its next event.

    Raises RunError for an unknown run, one that does not train, or an unwritable folder.
    """
    limits.refuse_if_read_only()
    folders.run_dir_of(run_id)
    with launch_lock():
        _ask(folders.read_run(run_id), "pause")


def _ask(run: Run, what: str) -> None:
    if not run.is_active:
        raise RunError(f"“{run.name}” is not training any more: it is {run.state}.")
    (run.run_dir / what).touch()


def delete_run(run_id: str) -> None:
    """Delete a run's folder. Raises RunError while it is training or on a public copy."""
    limits.refuse_if_read_only()
    folders.run_dir_of(run_id)
    with launch_lock():  # else a run that waits could be started meanwhile
        run_dir = folders.run_dir_of(run_id)
        run = folders.read_run(run_id)
        problem = deleting_problem(run)
        if problem:
            raise RunError(problem)
        remove_folder(run_dir)


def deleting_problem(run: Run) -> str:
    """Why nobody may delete a run as long as it is as it is, or an empty string."""
    if run.is_active:
        return f"“{run.name}” is still training. Stop it on Train first."
    return folders.silent_problem(run)


DELETED = ".deleted-"  # before the name of a folder that is about to go


def remove_folder(run_dir: Path) -> None:
    """Delete a folder whatever its state, for those who hold the launch lock. Raises RunError."""
    # Renamed first: a reader sees a whole run or none, never half of one
    to_delete = run_dir.with_name(f"{DELETED}{run_dir.name}")
    for left in run_dir.parent.glob(f"{DELETED}*"):  # by a process that was killed meanwhile
        shutil.rmtree(left, ignore_errors=True)
    try:
        run_dir.rename(to_delete)
    except OSError as error:
        problem = folders.describe_unwritable(error)
        raise RunError(f"The run could not be deleted: {problem}") from error
    shutil.rmtree(to_delete, ignore_errors=True)


# Threads


def thread_count() -> int:
    """Threads for training: FASHION_TRAIN_THREADS, else all physical cores but one.

    Only cores that this process may use count. The one is left to the server and to a browser on
    the same machine. Two threads on two cores train faster while nobody looks, but a quarter slower
    with the page open, and a stroke then takes a second to be answered. Raises ConfigError where
    the setting is no number of threads.
    """
    asked = os.environ.get("FASHION_TRAIN_THREADS", "").strip()
    if asked:
        return min(_whole_number(asked), os.cpu_count() or 1)
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        usable = os.cpu_count() or 1
    usable = min(usable, _quota())
    return max(1, int(min(usable, psutil.cpu_count(logical=False) or usable)) - 1)


def _whole_number(asked: str) -> int:
    with contextlib.suppress(ValueError):
        if int(asked) > 0:
            return int(asked)
    shown = asked[: limits.SHOWN_CHARACTERS]
    raise ConfigError(f"FASHION_TRAIN_THREADS must be a whole number from 1, not {shown!r}.")


QUOTA_FILE = Path("/sys/fs/cgroup/cpu.max")  # of Linux's containers: microseconds of each period


def _quota() -> float:
    """How many processors a container may use up, rounded up; infinite where nothing says so."""
    with contextlib.suppress(OSError, ValueError):
        quota, period = QUOTA_FILE.read_text().split()
        return max(1, math.ceil(int(quota) / int(period)))
    return math.inf
