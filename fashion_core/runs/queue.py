"""The queue: runs that wait, the next one to train, and going on with a run. No torch.

A run waits if its status says `queued`; queue.json in the runs' folder holds their order and which
paused runs it was started past, so that a lost or damaged one loses nothing else. Both are written
under the launch lock alone. The next run is started by the worker that ends, and by any page that
finds nothing training, which covers a killed worker and a machine that was restarted. A paused run
holds the queue until it is resumed or ended, or the queue is started past it.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from fashion_core import files, limits
from fashion_core.config import TrainConfig
from fashion_core.errors import ConfigError, LimitError, RunError
from fashion_core.runs import control, folders
from fashion_core.runs.folders import Run
from fashion_core.text import format_count

# No process works on it, so one can go on with it
ENDED_STATES = ("finished", "paused", "stopped", "lost", "failed")
MAX_ENTRIES = 1_000  # of queue.json; more was not written by this app


@dataclass(frozen=True)
class Queue:
    """What waits, in order. `problem` says in a sentence what is wrong with queue.json, if
    anything.
    """

    # Those that wait, and those that waited until their folders were damaged, which have a
    # `problem`
    rows: list[Run]
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
    """The queue as it is; whatever is wrong with its file is in `problem`, and the runs wait by
    their age.
    """
    order, skipped, problem = _read_file()
    everything = folders.list_runs()
    places = {run_id: place for place, run_id in enumerate(order)}
    rows = [
        run for run in everything if run.state == "queued" or (run.problem and run.run_id in places)
    ]
    rows.sort(key=lambda run: (places.get(run.run_id, len(places)), run.created_at, run.run_id))
    paused_by = next(
        (run for run in everything if run.state == "paused" and run.run_id not in skipped), None
    )
    return Queue(rows, paused_by, problem)


def start_or_add(config: TrainConfig, name: str = "") -> str:
    """Start training if nothing trains, else let the run wait at the end of the queue; returns its
    id.

    Raises RunError when this copy does not allow it or nothing can be written.
    """
    control.refuse_read_only()
    with control.launch_lock():
        folders.check_limits(config.epochs)
        waits = bool(control.training_now()) or read_queue().will_start
        if waits:
            _check_queue(added=1)
        run_id = folders.create_run(config, name, "queued")
        if waits:
            _append([run_id])
        else:
            control.launch(folders.read_run(run_id))
    if waits:
        start_next()  # what had trained may have ended meanwhile
    return run_id


def add_all(named: list[tuple[str, TrainConfig]]) -> list[str]:
    """Let several runs wait at the end of the queue, all or none; returns their ids. Raises
    RunError.
    """
    control.refuse_read_only()
    with control.launch_lock():
        folders.check_limits(
            max((config.epochs for _, config in named), default=0), added=len(named)
        )
        at_once = 0 if control.training_now() or read_queue().paused_by else 1
        _check_queue(added=len(named) - at_once)
        added = []
        try:
            for name, config in named:
                added.append(folders.create_run(config, name, "queued"))
        except RunError:
            for run_id in added:
                control.remove_folder(folders.run_dir_of(run_id))
            raise
        _append(added)
    start_next()
    return added


def continue_run(run_id: str, more_epochs: int = 0) -> str:
    """Go on with a run that has ended or is paused, for `more_epochs` after those that it has
    finished.

    With 0 it goes on up to the epochs that it was to train. Starts at once if nothing trains, else
    waits in the queue, a paused run first. Returns the state, "starting" or "queued". Raises
    RunError with what stands against it.
    """
    control.refuse_read_only()
    folders.run_dir_of(run_id)
    with control.launch_lock():
        run = folders.read_run(run_id)
        # A status that cannot be read does not know how many are done
        countable = run.config and not run.problem
        epochs = run.epochs_done + more_epochs if more_epochs and countable else 0
        refusal = continue_problem(run, epochs)
        if refusal:
            raise RunError(refusal)
        epochs = epochs or run.config.epochs
        busy = bool(control.training_now())
        if busy:
            _check_queue(added=1)
        wanted = {"state": "queued", "heartbeat_at": time.time(), "target_epochs": epochs}
        before = {
            key: run.status[key] for key in ("state", "message", "cause") if key in run.status
        }
        before["state"] = run.state  # a lost run's status still says `running`
        metrics = folders.metrics_of(run.status)
        files.write_json(run.run_dir / "status.json", metrics | wanted | {"before": before})
        if busy:
            _append([run_id], first=run.state == "paused")
            return "queued"
        _write_file(*_without(run_id))
        control.launch(folders.read_run(run_id))
        return "starting"


def continue_problem(run: Run, epochs: int = 0) -> str:
    """Why a run cannot go on up to `epochs` (0: those it was to train), in a sentence, or an empty
    string.
    """
    if run.config is None:
        return run.message
    if run.state not in ENDED_STATES:
        return f"“{run.name}” is {run.state}; only a run that is paused or has ended can go on."
    if folders.silent_problem(run):
        return folders.silent_problem(run)
    if run.status.get("cause") == "TrainingFailed":
        return (
            "Its loss ran away, and going on would end the same way. Start a new run with what its"
            " message advises."
        )
    kept = folders.resume_path(run.run_dir).is_file()
    if not kept and run.model_path.is_file():
        return "There is only its model; what going on needs was not kept."
    # Where nothing is kept it begins anew
    total, done = epochs or run.config.epochs, run.epochs_done if kept else 0
    if total < done or (total == done and run.state == "finished"):
        return f"It has trained {format_count(done, 'epoch')} already. Choose at least one more."
    try:
        TrainConfig.from_dict(run.config.to_dict() | {"epochs": total})
        allowed = limits.read_limits()
    except (ConfigError, LimitError) as error:
        return str(error)
    return allowed.epochs_problem(total) or allowed.time_problem(
        run.status.get("elapsed_seconds", 0.0)
    )


def describe_continuation(run: Run, more_epochs: int) -> str:
    """What going on means for the learning rate, in a sentence."""
    total = run.epochs_done + more_epochs
    in_all = f"To {format_count(total, 'epoch')} in all"
    if run.config.schedule == "constant":
        return f"{in_all}, at the same learning rate, as if it had never ended."
    if total == run.config.epochs:
        return f"{in_all}, on the learning rate's cycle as planned."
    return (
        f"{in_all}. The learning rate's cycle is laid out anew over all {total:,}: it goes on with "
        "the rate that a run of that length has there, and falls to almost nothing at the end."
    )


def start_next(past_paused: bool = False, wait: bool = True) -> str | None:
    """Start the run that waits first, unless something trains or a paused run holds the queue;
    returns its id.

    `past_paused` starts the queue although runs are paused, which hold it no longer. Without `wait`
    it does nothing while others start or end something. Raises RunError for an unwritable folder.
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
    folders.check_limits()  # where they cannot be read, all wait until that is mended
    for run in queue.waiting:
        _write_file(*_without(run.run_id))
        try:
            folders.check_limits(int(run.status.get("target_epochs", run.config.epochs)))
            control.launch(run)
            return run.run_id
        except RunError as error:  # it does not block the others
            failed = folders.metrics_of(run.status)
            files.write_json(
                run.run_dir / "status.json", failed | {"state": "failed", "message": str(error)}
            )
    return None


def move(run_id: str, places: int) -> None:
    """Move a waiting run by so many places, -1 is one earlier. Raises RunError if it does not wait
    any more.
    """
    control.refuse_read_only()
    with control.launch_lock():
        order = [run.run_id for run in read_queue().rows]
        place = order.index(_waiting_run(run_id).run_id)
        order.insert(max(0, place + places), order.pop(place))
        _write_file(order, _read_file()[1])


def cancel(run_id: str) -> None:
    """Let a run wait no longer: a new one is deleted, one that was there before is what it was.

    Raises RunError if it does not wait any more.
    """
    control.refuse_read_only()
    with control.launch_lock():
        run = _waiting_run(run_id)
        _write_file(*_without(run_id))
        trained = (
            run.model_path.exists()
            or folders.resume_path(run.run_dir).exists()
            or run.status.get("step")
        )
        if not trained and "before" not in files.read_json(run.run_dir / "status.json"):
            control.remove_folder(run.run_dir)
            return
        metrics = folders.metrics_of(run.status)
        files.write_json(run.run_dir / "status.json", metrics | _status_before(run))


def forget(run_id: str) -> None:
    """Take a damaged run's place in the queue away; its folder stays. Raises RunError."""
    control.refuse_read_only()
    with control.launch_lock():
        _write_file(*_without(run_id))


def _waiting_run(run_id: str) -> Run:
    run = folders.read_run(run_id)
    if run.state != "queued":
        raise RunError(f"“{run.name}” does not wait any more: it is {run.state}.")
    return run


def _status_before(run: Run) -> dict:
    """State, message and cause of the time before it was queued again, from a file that may have
    been edited.
    """
    before = files.read_json(run.run_dir / "status.json").get("before")
    before = before if isinstance(before, dict) else {}
    texts = {
        key: before[key][:2000] for key in ("message", "cause") if isinstance(before.get(key), str)
    }
    return texts | {"state": before["state"] if before.get("state") in ENDED_STATES else "stopped"}


def _check_queue(added: int) -> None:
    try:
        problem = limits.read_limits().queue_problem(len(read_queue().waiting), added)
    except LimitError as error:
        problem = str(error)
    if problem:
        raise RunError(problem)


# queue.json: {"order": [run ids], "skipped": [ids of paused runs that hold the queue no longer]}


def _path() -> Path:
    return folders.runs_dir() / "queue.json"


def _read_file() -> tuple[list[str], list[str], str]:
    """Order, skipped, and what is wrong with the file in a sentence."""
    if not os.path.exists(_path()):  # False too where the folder may not be entered
        return [], [], ""
    try:
        values = files.read_json(_path())
    except RunError as error:
        return [], [], f"{error} The runs wait in the order in which they were added."
    values = files.with_todays_keys(values)
    order, skipped = values.get("order"), values.get("skipped", [])
    good = all(
        isinstance(ids, list) and all(isinstance(one, str) for one in ids)
        for ids in (order, skipped)
    )
    if not good or len(order) > MAX_ENTRIES:
        return (
            [],
            [],
            "queue.json does not list runs. The runs wait in the order in which they were added.",
        )
    return order, skipped, ""


def _write_file(order: list[str], skipped: list[str]) -> None:
    files.write_json(_path(), {"order": order[:MAX_ENTRIES], "skipped": skipped[:MAX_ENTRIES]})


def _without(run_id: str) -> tuple[list[str], list[str]]:
    """Order and skipped as they are, both without one run: it neither waits nor is it a pause to be
    skipped.
    """
    order = [run.run_id for run in read_queue().rows]
    return [one for one in order if one != run_id], [
        one for one in _read_file()[1] if one != run_id
    ]


def _append(added: list[str], first: bool = False) -> None:
    order, skipped = (
        [run.run_id for run in read_queue().rows if run.run_id not in added],
        _read_file()[1],
    )
    _write_file(
        added + order if first else order + added, [one for one in skipped if one not in added]
    )
