"""The queue: runs that wait, the next one to train, and going on with a run.

A run waits if its status says `queued`; queue.json in the runs' folder holds their order and which
paused runs it was started past, so that a lost or damaged one loses nothing else. Both are written
under the launch lock alone. The next run is started by the worker that ends, and by any page that
finds nothing training, which covers a killed worker and a machine that was restarted. A paused run
holds the queue until it is resumed or ended, or the queue is started past it. No torch.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fashion_core import files, limits
from fashion_core.config import TrainConfig
from fashion_core.errors import BusyMachineError, LabError, LimitError, RunError
from fashion_core.runs import control, film, folders
from fashion_core.runs.folders import Run
from fashion_core.text import format_count


@dataclass(frozen=True)
class Queue:
    """What waits, in order; `problem` says in a sentence what is wrong with queue.json."""

    rows: list[Run]  # those that wait, and those that did until their folders were damaged
    paused_by: Run | None  # the paused run that it waits for
    problem: str = ""

    @property
    def waiting(self) -> list[Run]:
        return [run for run in self.rows if not run.problem]

    @property
    def will_start(self) -> bool:
        """Whether the next run starts by itself as soon as nothing trains."""
        return bool(self.waiting) and self.paused_by is None


def read_queue() -> Queue:
    """The queue as it is; what its file does not name waits at the end, by age."""
    order, skipped, problem = _read_file()
    everything = folders.list_runs()
    places = {run_id: place for place, run_id in enumerate(order)}
    damaged = [run for run in everything if run.problem and run.run_id in places]
    rows = damaged + [run for run in everything if run.state == "queued"]
    rows.sort(key=lambda run: (places.get(run.run_id, len(places)), run.created_at, run.run_id))
    paused = [run for run in everything if run.state == "paused" and run.run_id not in skipped]
    return Queue(rows, next(iter(paused), None), problem)


# Joining it


def start_or_add(
    config: TrainConfig,
    name: str = "",
    drawing: np.ndarray | None = None,
    owner: str = "",
    fill: Callable[[Path], None] | None = None,
) -> str:
    """Start training if nothing trains, else let the run wait at the end; returns its id.

    `drawing`: pixels (28, 28) uint8 that the run's film asks, too; `owner`: who starts it. `fill`
    puts into the run's folder what its training needs beside; it may raise OSError. Raises RunError
    when this copy does not allow it or nothing can be written.
    """
    limits.refuse_if_read_only()
    with control.launch_lock():
        folders.check_limits(config.epochs)
        folders.check_network(config.model)
        waits = bool(control.training_now()) or read_queue().will_start
        if waits:
            _check_queue(added=1)
        run_id = folders.create_run(config, name, "queued", owner)
        with _whole_or_not([run_id]):
            _keep_drawing(run_id, drawing)
            if fill:
                fill(folders.run_dir_of(run_id))
            if waits:
                _append([run_id])
            else:
                control.launch(folders.read_run(run_id))
    if waits:
        _start_if_free()  # what had trained may have ended meanwhile
    return run_id


@contextlib.contextmanager
def _whole_or_not(added: list[str]) -> Iterator[None]:
    """Take these new runs away again where what follows fails: a queued one would start some day.

    One whose own status says why it failed stays.
    """
    try:
        yield
    except (OSError, RunError):
        for run_id in added:
            run_dir = folders.run_dir_of(run_id)
            if files.read_json(run_dir / "status.json").get("state") != "failed":
                control.remove_folder(run_dir)
        raise


def _keep_drawing(run_id: str, drawing: np.ndarray | None) -> None:
    if drawing is not None:
        with contextlib.suppress(OSError):  # a film without it is no reason not to train
            film.save_drawing(folders.run_dir_of(run_id), drawing)


def add_all(
    named: list[tuple[str, TrainConfig]], owner: str = "", drawing: np.ndarray | None = None
) -> list[str]:
    """Let these runs of one owner wait at the end, all or none; returns their ids.

    `drawing`: as in `start_or_add`. Raises RunError.
    """
    limits.refuse_if_read_only()
    with control.launch_lock():
        most_epochs = max((config.epochs for _, config in named), default=0)
        folders.check_limits(most_epochs, added=len(named))
        for _, config in named:
            folders.check_network(config.model)
        at_once = 0 if control.training_now() or read_queue().paused_by else 1
        _check_queue(added=len(named) - at_once)
        added = []
        with _whole_or_not(added):
            for name, config in named:
                added.append(folders.create_run(config, name, "queued", owner))
                _keep_drawing(added[-1], drawing)
            _append(added)
    _start_if_free()
    return added


# Going on


# No process works on it, so one can go on with it
ENDED_STATES = ("finished", "paused", "stopped", "lost", "failed")


def continue_run(run_id: str, more_epochs: int = 0) -> str:
    """Go on with a run that has ended or is paused; returns its state, "starting" or "queued".

    `more_epochs` count from those that it has finished; with 0 it goes on up to the epochs that it
    was to train. Starts at once if nothing trains, else waits in the queue, a paused run first.
    Raises RunError with what stands against it.
    """
    limits.refuse_if_read_only()
    folders.run_dir_of(run_id)
    with control.launch_lock():
        run = folders.read_run(run_id)
        epochs = 0
        # A status that cannot be read does not know how many are done
        if more_epochs and run.config and not run.problem:
            epochs = run.epochs_done + more_epochs
        refusal = continue_problem(run, epochs)
        if refusal:
            raise RunError(refusal)
        epochs = epochs or run.config.epochs
        busy = bool(control.training_now())
        if busy:
            _check_queue(added=1)
        # The queue first: a run that says that it waits would start some day
        if busy:
            _append([run_id], first=run.state == "paused")
            _write_queued(run, epochs)
            return "queued"
        _write_file(*_without(run_id))
        _write_queued(run, epochs)
        control.launch(folders.read_run(run_id))
        return "starting"


def _write_queued(run: Run, epochs: int) -> None:
    before = {key: run.status[key] for key in ("message", "cause") if key in run.status}
    before["state"] = run.state  # a lost run's status still says `running`
    queued = {"state": "queued", "heartbeat_at": time.time(), "target_epochs": epochs}
    metrics = folders.metrics_of(run.status)
    files.write_json(run.run_dir / "status.json", metrics | queued | {"before": before})


def continue_problem(run: Run, epochs: int = 0) -> str:
    """A sentence that refuses to go on with a run, or an empty string.

    `epochs`: how many it shall have trained in the end; 0: those it was to train.
    """
    if run.config is None:
        return run.message
    if run.state not in ENDED_STATES:
        return (
            f"“{run.name}” is {run.state}; only a run that is paused or has ended can go on. Wait"
            " until it has."
        )
    silent = folders.silent_problem(run)
    if silent:
        return silent
    if run.diverged:
        return (
            "Its loss diverged, and going on would end the same way."
            " Start a new run with what its message advises."
        )
    kept = folders.resume_path(run.run_dir).is_file()
    if not kept and run.model_path.is_file():
        return (
            "There is only its model; what going on needs was not kept. Use it as it is, or start a"
            " new run."
        )
    total = epochs or run.config.epochs
    done = run.epochs_done if kept else 0  # where nothing is kept it begins anew
    if total < done or (total == done and run.state == "finished"):
        return f"It has trained {format_count(done, 'epoch')} already. Choose at least one more."
    try:
        replace(run.config, epochs=total)
        allowed = limits.read_limits()
    except LabError as error:
        return str(error)
    elapsed_seconds = run.status.get("elapsed_seconds", 0.0)
    return allowed.epochs_problem(total) or allowed.time_problem(elapsed_seconds)


def describe_continuation(run: Run, more_epochs: int) -> str:
    """What going on means for the learning rate, in a sentence."""
    total = run.epochs_done + more_epochs
    in_all = f"To {format_count(total, 'epoch')} in all"
    if run.config.schedule == "constant":
        return f"{in_all}, at the same learning rate, as if it had never ended."
    if total == run.config.epochs:
        return f"{in_all}, on the learning rate's cycle as planned."
    return (
        f"{in_all}. The learning rate goes on from where it would be by now in a run of"
        f" {format_count(total, 'epoch')}, and falls to almost nothing at the end."
    )


# The next one


def start_next(past_paused: bool = False, wait: bool = True) -> str | None:
    """Start the run that waits first, unless something trains or a paused run holds the queue.

    Returns its id, or None if none was started. `past_paused` starts the queue although runs are
    paused, which hold it no longer. Without `wait` it does nothing while others start or end
    something. Raises RunError for an unwritable folder.
    """
    if limits.read_only():
        return None
    try:
        with control.launch_lock(control.LAUNCH_SECONDS if wait else 0):
            return _start_next(past_paused, control.LOCK_SECONDS if wait else 0)
    except RunError:
        if wait:
            raise
        return None


def _start_if_free() -> None:
    """Start the run that waits first; where the machine has no room for it, it goes on waiting."""
    with contextlib.suppress(BusyMachineError):
        start_next()


def _start_next(past_paused: bool, lock_seconds: float) -> str | None:
    queue = read_queue()
    if past_paused and queue.paused_by:
        order, skipped, _ = _read_file()
        paused = [run.run_id for run in folders.list_runs() if run.state == "paused"]
        _write_file(order, sorted({*skipped, *paused}))
    elif queue.paused_by:
        return None
    if not queue.waiting or control.training_now(lock_seconds):
        return None
    folders.check_limits()  # where they cannot be read, all wait until that is fixed
    for run in queue.waiting:
        waiting = files.read_json(run.run_dir / "status.json")
        _write_file(*_without(run.run_id))
        try:
            folders.check_limits(int(run.status.get("target_epochs", run.config.epochs)))
            control.launch(run)
            return run.run_id
        except BusyMachineError:  # it would be so for each of them: all wait
            files.write_json(run.run_dir / "status.json", waiting)
            _append([run.run_id], first=True)
            raise
        except RunError as error:  # it does not block the others
            failed = {"state": "failed", "message": str(error)}
            metrics = folders.metrics_of(run.status)
            files.write_json(run.run_dir / "status.json", metrics | failed)
    return None


# Changing it


def move(run_id: str, places: int) -> None:
    """Move a waiting run so many places, -1 is one earlier. Raises RunError if it does not wait."""
    limits.refuse_if_read_only()
    with control.launch_lock():
        order = [run.run_id for run in read_queue().rows]
        place = order.index(_waiting_run(run_id).run_id)
        order.insert(max(0, place + places), order.pop(place))
        _write_file(order, _read_file()[1])


def cancel(run_id: str) -> None:
    """Let a run wait no longer: a new one is deleted, one that was there before is what it was.

    Raises RunError if it does not wait.
    """
    limits.refuse_if_read_only()
    with control.launch_lock():
        run = _waiting_run(run_id)
        _write_file(*_without(run_id))
        kept = run.model_path.exists() or folders.resume_path(run.run_dir).exists()
        trained = kept or run.status.get("step")
        if not trained and "before" not in files.read_json(run.run_dir / "status.json"):
            control.remove_folder(run.run_dir)
            return
        metrics = folders.metrics_of(run.status)
        files.write_json(run.run_dir / "status.json", metrics | _status_before(run))


def forget(run_id: str) -> None:
    """Take a damaged run's place in the queue away; its folder stays. Raises RunError."""
    limits.refuse_if_read_only()
    with control.launch_lock():
        _write_file(*_without(run_id))


def _waiting_run(run_id: str) -> Run:
    run = folders.read_run(run_id)
    if run.state != "queued":
        raise RunError(f"“{run.name}” does not wait any more: it is {run.state}.")
    return run


def _status_before(run: Run) -> dict:
    """State, message and cause before it was queued, from a file that may have been edited."""
    before = files.read_json(run.run_dir / "status.json").get("before")
    before = before if isinstance(before, dict) else {}
    texts = {key: before[key] for key in ("message", "cause") if isinstance(before.get(key), str)}
    state = before.get("state")
    return texts | {"state": state if state in ENDED_STATES else "stopped"}


def _check_queue(added: int) -> None:
    try:
        problem = limits.read_limits().queue_problem(len(read_queue().waiting), added)
    except LimitError as error:
        problem = str(error)
    if problem:
        raise RunError(problem)


# queue.json: {"order": [run ids], "skipped": [ids of paused runs that hold the queue no longer]}


MAX_ENTRIES = 1_000  # of each list; more was not written by this app
BY_AGE = "The runs wait in the order in which they were added."


def _path() -> Path:
    return folders.runs_dir() / "queue.json"


def _read_file() -> tuple[list[str], list[str], str]:
    """Order, skipped, and what is wrong with the file in two sentences."""
    if not os.path.exists(_path()):  # False too where the folder may not be entered
        return [], [], ""
    try:
        values = files.with_todays_keys(files.read_json(_path()))
    except RunError as error:
        return [], [], f"{error} {BY_AGE}"
    order, skipped = values.get("order"), values.get("skipped", [])
    if not _lists_runs(order) or not _lists_runs(skipped) or len(order) > MAX_ENTRIES:
        return [], [], f"queue.json does not list runs. {BY_AGE}"
    return order, skipped, ""


def _lists_runs(ids) -> bool:
    return isinstance(ids, list) and all(isinstance(one, str) for one in ids)


def _write_file(order: list[str], skipped: list[str]) -> None:
    files.write_json(_path(), {"order": order[:MAX_ENTRIES], "skipped": skipped[:MAX_ENTRIES]})


def _without(run_id: str) -> tuple[list[str], list[str]]:
    """Order and skipped without one run: it neither waits nor is it a pause to be skipped."""
    order = [run.run_id for run in read_queue().rows if run.run_id != run_id]
    return order, [one for one in _read_file()[1] if one != run_id]


def _append(added: list[str], first: bool = False) -> None:
    order = [run.run_id for run in read_queue().rows if run.run_id not in added]
    skipped = [one for one in _read_file()[1] if one not in added]
    _write_file(added + order if first else order + added, skipped)
