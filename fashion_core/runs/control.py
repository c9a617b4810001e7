"""From fashion_core.runs."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from fashion_core import files, limits
from fashion_core.errors import ConfigError, RunError
from fashion_core.limits import read_only
from fashion_core.runs import folders
from fashion_core.runs.folders import Run

LAUNCH_SECONDS = 10.0  # longer than another start takes
# A killed worker is dead before the system has torn down its memory and let go of its lock
LOCK_SECONDS = 3.0
# OpenMP's threads wait for each other by spinning. Not at all makes two threads on two idle cores
# 1.7 times slower; as long as its default makes them ten times slower on cores that others need
# too. Read when torch is loaded.
THREADS_ENVIRONMENT = {"GOMP_SPINCOUNT": "10000"}


def refuse_read_only() -> None:
    """Raises RunError on a read-only copy."""
    if read_only():
        raise RunError(
            f"This copy is read-only: training is switched off. {limits.problem()}".strip()
        )


@contextlib.contextmanager
def launch_lock(seconds: float = LAUNCH_SECONDS):
    """Held by whoever changes which run trains, or waits, or how it is to go on; so one of two is
    always first.

    Raises RunError when another one holds it for longer than `seconds`.
    """
    try:
        folders.runs_dir().mkdir(parents=True, exist_ok=True)
        with FileLock(folders.runs_dir() / ".launch.lock", timeout=seconds):
            yield
    except Timeout as error:
        raise RunError("Another start is under way. Try again in a few seconds.") from error
    except OSError as error:
        raise folders.unwritable(error, "The runs' folder") from error


def launch(run: Run) -> None:
    """Start, or start again, the process of a run that exists; for those who hold the launch lock.

    It goes on from what it kept, up to the epochs that its status asks for. Raises RunError.
    """
    epochs = run.status.get("target_epochs", run.config.epochs)
    try:
        for name in ("stop", "pause"):
            (run.run_dir / name).unlink(missing_ok=True)
        _set_epochs(run, int(epochs))
        files.write_json(
            run.run_dir / "status.json",
            folders.metrics_of(run.status) | {"state": "starting", "heartbeat_at": time.time()},
        )
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
    changes = {"config": config.to_dict(), "epochs_before": [*run.epochs_before, run.config.epochs]}
    files.write_json(
        run.run_dir / "config.json", files.read_json(run.run_dir / "config.json") | changes
    )


def spawn_worker(run_dir: Path) -> None:
    environment = THREADS_ENVIRONMENT | os.environ | {"PYTHONUNBUFFERED": "1"}
    # Without PYTHONPATH the worker would only find the package when the app was started in the
    # project's folder.
    others = [
        path
        for path in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if path not in ("", str(files.PROJECT_DIR))
    ]
    environment["PYTHONPATH"] = os.pathsep.join([str(files.PROJECT_DIR), *others])
    # Relative ones mean this process's folder, not the worker's
    for name in ("FASHION_RUNS_DIR", "FASHION_DATA_DIR"):
        if environment.get(name):
            environment[name] = os.path.abspath(os.path.expanduser(environment[name]))
    try:
        with (run_dir / "worker.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "fashion_core.worker", str(run_dir.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl+C in the server's console is not meant for it; the same on Windows:
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                cwd=files.PROJECT_DIR,
                env=environment,
            )
    except OSError as error:
        message = f"The training process could not be started: {error.strerror}."
        status = run_dir / "status.json"
        files.write_json(
            status,
            folders.metrics_of(files.read_json(status)) | {"state": "failed", "message": message},
        )
        raise RunError(message) from error


def worker_lock(seconds: float = LOCK_SECONDS) -> FileLock:
    """The lock that a worker holds while it trains; the system releases it when the worker dies."""
    return FileLock(folders.runs_dir() / ".worker.lock", timeout=seconds)


def training_now(seconds: float = LOCK_SECONDS) -> str:
    """A sentence that refuses a second start while a run is training or the finder at work, or an
    empty string.
    """
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


def request_stop(run_id: str) -> None:
    """Ask a run to stop at its next event, ten a second with a small network, or end one that is
    paused.

    Raises RunError for an unknown run, one that does not train, or an unwritable folder.
    """
    refuse_read_only()
    folders.run_dir_of(run_id)
    with launch_lock():
        run = folders.read_run(run_id)
        if run.state == "paused":
            files.write_json(run.run_dir / "status.json", run.status | {"state": "stopped"})
        else:
            _ask(run, "stop")


def request_pause(run_id: str) -> None:
    """Ask a run to keep everything that going on needs, and to end its process, at its next event.

    Raises RunError for an unknown run, one that does not train, or an unwritable folder.
    """
    refuse_read_only()
    folders.run_dir_of(run_id)
    with launch_lock():
        _ask(folders.read_run(run_id), "pause")


def _ask(run: Run, what: str) -> None:
    if not run.is_active:
        raise RunError(f"“{run.name}” is not training any more: it is {run.state}.")
    (run.run_dir / what).touch()


def delete_run(run_id: str) -> None:
    """Delete a run's folder. Raises RunError while it is training or on a read-only copy."""
    if read_only():
        raise RunError("This copy is read-only: runs cannot be deleted.")
    folders.run_dir_of(run_id)
    with launch_lock():  # else a run that waits could be started meanwhile
        run_dir = folders.run_dir_of(run_id)
        run = folders.read_run(run_id)
        if run.is_active:
            raise RunError(f"“{run.name}” is still training. Stop it first.")
        if folders.silent_problem(run):
            raise RunError(folders.silent_problem(run))
        remove_folder(run_dir)


def remove_folder(run_dir: Path) -> None:
    """Delete a run's folder whatever its state, for those who hold the launch lock. Raises
    RunError.
    """
    # Renamed first: a reader sees a whole run or none, never half of one.
    to_delete = run_dir.with_name(f".deleted-{run_dir.name}")
    shutil.rmtree(to_delete, ignore_errors=True)
    try:
        run_dir.rename(to_delete)
    except OSError as error:
        raise RunError(f"The run could not be deleted: {error.strerror}.") from error
    shutil.rmtree(to_delete, ignore_errors=True)
