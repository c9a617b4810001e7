"""python -m fashion_core.worker RUN_DIR: one training run from its config.json to its final status.

Joins data, training, checkpoints and runs. It is started by `runs.start_run` and talks to the page only through the
run's folder.
"""

import contextlib
import json
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from fashion_core import runs
from fashion_core.config import TrainConfig

STATUS_SECONDS = 0.5  # how often the status is refreshed between epochs: the page looks once a second
NICENESS = 10  # the server and the visitor's browser go first; training takes what is left


class _Status:
    """The run's status.json, which from now on only this process writes."""

    def __init__(self, run_dir: Path, **values):
        self.path = run_dir / "status.json"
        self.values = values
        self.written_at = 0.0

    def write(self, **changes) -> None:
        self.values |= changes | {"heartbeat_at": time.time()}
        runs.write_json(self.path, self.values)
        self.written_at = time.monotonic()

    def write_sometimes(self, **changes) -> None:
        self.values |= changes
        if time.monotonic() - self.written_at > STATUS_SECONDS:
            self.write()


def main(run_dir: Path) -> int:
    """Train the run; the exit status is 0 for finished and stopped, 1 for failed."""
    process = psutil.Process()
    status = _Status(run_dir, state="starting", pid=process.pid, process_started_at=process.create_time())
    try:
        status.write()
        with runs.worker_lock():
            _train(run_dir, status)
        return 0
    except BaseException as error:
        traceback.print_exc()
        # On a full disk even this may fail; then the dead process makes the run `lost`.
        with contextlib.suppress(OSError):
            status.write(state="failed", message=_sentence(error))
        return 1


def _sentence(error: BaseException) -> str:
    """What went wrong, for a visitor."""
    from fashion_core.data import DataError
    from fashion_core.training import TrainingFailed

    if isinstance(error, (DataError, TrainingFailed, runs.RunError)):
        return str(error)
    if isinstance(error, runs.Timeout):
        return "Another run is training. Start again when it has finished."
    if isinstance(error, MemoryError):
        return "The machine ran out of memory. Try a smaller batch."
    if isinstance(error, OSError):
        return f"A file could not be written: {error.strerror or error}. Free some disk space and start again."
    return f"Training ended with an error: {type(error).__name__}: {error}"[:500]


def _train(run_dir: Path, status: _Status) -> None:
    # Imported here, after the first status: torch takes a second or two to load, the data meanwhile half of one.
    from fashion_core.data import load_split

    with ThreadPoolExecutor(1) as loader:
        splits = loader.submit(lambda: [load_split(name) for name in ("train", "val")])
        import torch

        from fashion_core import training

    with contextlib.suppress(AttributeError, OSError):  # no os.nice on Windows
        os.nice(NICENESS)
    torch.set_num_threads(thread_count())
    training.keep_freed_memory()
    config = TrainConfig.from_dict(runs.read_json(run_dir / "config.json")["config"])
    state = training.new_state(config)
    status.values |= {"device": state.device.type, "precision": state.precision, "threads": torch.get_num_threads()}
    status.values["steps"] = config.steps_per_epoch
    train_split, val_split = splits.result()
    stopped = _follow(run_dir, status, state, training.train(state, train_split, val_split))
    if stopped:
        training.validate(state, val_split)
    figures = training.final_figures(state, None if stopped else load_split("test"))
    _save_model(run_dir, state, figures | {"elapsed_seconds": status.values.get("elapsed_seconds", 0.0)})
    kept = {key: figures[key] for key in ("test_accuracy",) if key in figures}
    status.write(state="stopped" if stopped else "finished", **_best(state), **kept)


def _follow(run_dir: Path, status: _Status, state, events) -> bool:
    """Write each event and refresh the status until training ends (False) or a stop is asked for (True)."""
    with (run_dir / "metrics.jsonl").open("a", encoding="utf-8") as metrics:
        for event in events:
            metrics.write(json.dumps(event, allow_nan=False) + "\n")
            metrics.flush()
            changes = {key: value for key, value in event.items() if key not in ("kind", "best", "learning_rate")}
            if event["kind"] == "epoch":
                if event["best"]:
                    _save_model(run_dir, state, {})
                status.write(state="running", **changes, **_best(state))
            elif status.values["state"] == "starting":
                status.write(state="running", **changes)
            else:
                status.write_sometimes(**changes)
            if (run_dir / "stop").exists():
                return True
    return False


def _best(state) -> dict:
    return {"best_val_accuracy": state.best_figures["val_accuracy"], "best_epoch": state.best_epoch}


def _save_model(run_dir: Path, state, figures: dict) -> None:
    from fashion_core.checkpoints import save_checkpoint

    figures = {**state.best_figures, **figures}
    save_checkpoint(run_dir / "model.pt", state.config, state.best_weights, figures)


def thread_count() -> int:
    """Threads for training: FASHION_TRAIN_THREADS, else all physical cores this process may use but one.

    The one is left to the server and to a browser on the same machine. Two threads on two cores train faster while
    nobody looks, but a quarter slower with the page open, and a stroke then takes a second to be answered.
    """
    asked = os.environ.get("FASHION_TRAIN_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return min(int(asked), os.cpu_count() or 1)
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        usable = os.cpu_count() or 1
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable) - 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
