"""python -m fashion_core.worker RUN_DIR: one training run from its config.json to its final status.

Joins data, training, checkpoints and runs. It is started by `runs.control` and talks to the page
only through the run's folder. Where the folder has a resume.pt, it goes on from there. In the
learning-rate finder's folder it tries rates instead, under the same lock. When it ends, whatever
the way, it starts the next run that waits.
"""

import contextlib
import functools
import json
import math
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import Timeout

from fashion_core import files, limits
from fashion_core.config import TrainConfig
from fashion_core.errors import CheckpointError, LabError, ResumeError, RunError
from fashion_core.predict import THRESHOLDS
from fashion_core.runs import control, film, folders, rate_finder
from fashion_core.runs import queue as run_queue
from fashion_core.runs.control import thread_count
from fashion_core.runs.events import cut_metrics
from fashion_core.runs.status import StatusFile

if TYPE_CHECKING:  # torch is loaded later, see `_prepare`
    from torch import nn

    from fashion_core.data import Split
    from fashion_core.training import TrainState


def main(run_dir: Path) -> int:
    """Train the run, or find a learning rate; returns 1 for failed, 0 for every other end."""
    work = _find_rate if run_dir.name == folders.FINDER else _train
    status = StatusFile(run_dir, state="starting", **_known_metrics(run_dir))
    try:
        status.write()
        with control.worker_lock():
            _clear_up(run_dir)
            work(run_dir, status)
        return 0
    except BaseException as error:
        traceback.print_exc()
        # On a full disk even this may fail; then the dead process makes the run `lost`
        with contextlib.suppress(OSError):
            status.write(state="failed", message=_sentence(error), cause=type(error).__name__)
        return 1
    finally:
        _start_next()


def _clear_up(run_dir: Path) -> None:
    """Remove what a worker before this one had half written when it was killed."""
    for name in ("model.pt", "resume.pt"):
        for left in run_dir.glob(f"{name}.*.tmp"):
            with contextlib.suppress(OSError):
                left.unlink()


def _known_metrics(run_dir: Path) -> dict:
    """What this run has measured before, so that the page does not begin at nothing."""
    with contextlib.suppress(RunError):
        return folders.metrics_of(folders.read_run(run_dir.name).status)
    return {}


def _start_next() -> None:
    """Start the run that waits first. If that fails, the next page that is opened tries again."""
    try:
        run_queue.start_next()
    except RunError:
        traceback.print_exc()


def _sentence(error: BaseException) -> str:
    """What went wrong, for a visitor."""
    if isinstance(error, (CheckpointError, ResumeError)):
        return (
            f"{error} Training cannot go on from there; the model up to that point is kept."
            " Start a new run."
        )
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, Timeout):
        return "Another run is training. Start again when it has finished."
    # torch says "can't allocate memory" of a CPU, on Windows "not enough", "out of memory" of a GPU
    no_memory = re.search("can't allocate memory|not enough memory|out of memory", str(error))
    if no_memory or isinstance(error, MemoryError):
        return "The machine ran out of memory. Try a smaller batch."
    if isinstance(error, OSError):
        return f"A file could not be written: {folders.describe_unwritable(error)}"
    told = f"{type(error).__name__}: {error}"[:500]
    return f"Training ended with an error. Try again, or with other settings. It was {told}"


def _prepare(*names: str) -> list:
    """Load these splits and torch, and step behind all else on the machine. Raises DataError."""
    # Imported here, after the first status: torch takes a second or two to load, the data meanwhile
    # half of one
    from fashion_core.data import load_split

    with ThreadPoolExecutor(1) as loader:
        splits = loader.submit(lambda: [load_split(name) for name in names])
        import torch

    from fashion_core.optimizers import flush_tiny_numbers

    control.step_behind()
    flush_tiny_numbers()
    torch.set_num_threads(thread_count())
    return splits.result()


def _train(run_dir: Path, status: StatusFile) -> None:
    train_split, val_split = _prepare("train", "val")
    from fashion_core import cross_validation, training
    from fashion_core.data import load_split

    config = TrainConfig.from_dict(files.read_json(run_dir / "config.json")["config"])
    state = _first_state(run_dir, config)
    status.values |= {"step": state.step, "elapsed_seconds": state.elapsed_seconds}
    status.write()  # a run that begins anew is no longer where it was
    if config.start_model:
        _begin_teaching(run_dir, state)
    end = _prepare_pictures(status, _kinds_needed(config), lambda: _asked_end(run_dir, ""))
    if end:  # what the run keeps, if anything, is as it was
        status.write(state=end, message=STOPPED_PREPARING if end == "stopped" else "")
        return
    status.values |= {"device": state.device.type, "precision": state.precision}
    status.values |= {"threads": thread_count(), "steps": config.steps_per_epoch}
    camera = _Camera(run_dir, state, val_split)
    measuring = functools.partial(_report_validated, status)
    stopping = functools.partial(_stop_asked, run_dir)
    events = training.train(state, train_split, val_split, measuring, stopping)
    try:
        end, message = _follow(run_dir, status, state, events, camera)
    finally:
        status.values["step"] = state.step  # also where it failed between two events
    if end != "finished":
        _save_resume(run_dir, state)  # before the weights as they are may count as the best
    if end == "paused":
        status.write(state=end)
        return
    if end == "stopped" and state.epoch_batches:  # else that has just been done
        training.validate(state, val_split, measuring)
    test_split = load_split("test") if end == "finished" else None
    if end == "finished" and any(getattr(config, kind) for kind in (*PEOPLES_KINDS, "others")):
        # The test measures on both
        _prepare_pictures(status, PEOPLES_KINDS)
    metrics = training.final_metrics(
        state, test_split, lambda done, total: status.write_sometimes(tested=done)
    )
    _save_model(run_dir, status, state, metrics | {"elapsed_seconds": state.elapsed_seconds})
    if "test_accuracy" in metrics:
        status.values["test_accuracy"] = metrics["test_accuracy"]
        _keep_answers(run_dir / "model.pt", state)
    if end == "finished" and config.held_out_fold is not None:
        cross_validation.save_answers(run_dir, *training.held_out_answers(state, train_split))
    if config.start_model:
        _report_teaching(run_dir, state, metrics)
    status.write(state=end, message=message, **_best(state))


def _report_validated(status: StatusFile, done: int, total: int) -> None:
    """Tell how far a validation is; afterwards nothing of it."""
    status.write_sometimes(validated=done, to_validate=total)
    if done == total:
        status.values.pop("to_validate")


PEOPLES_KINDS = ("drawings", "photos")
STOPPED_PREPARING = (
    "Stopped while people's pictures were prepared. Those that are done are kept for the next run."
)


def _kinds_needed(config: TrainConfig) -> list[str]:
    """The kinds of people's pictures without which this training cannot go on to its end."""
    needed = {kind for kind in PEOPLES_KINDS if getattr(config, kind) or config.others}
    if config.start_model:  # what teaching did to drawings is reported
        needed.add("drawings")
    return sorted(needed)


class _Interrupted(Exception):
    """Raised out of the preparing of pictures when the page asks the run to end."""


def _prepare_pictures(
    status: StatusFile,
    kinds: Sequence[str],
    asked: Callable[[], tuple[str, str] | None] = lambda: None,
) -> str:
    """Prepare people's pictures of these kinds, for this run and all later ones.

    The status tells how far it is. Returns the state to end in that `asked` named meanwhile, or an
    empty string.
    """

    def report(done: int, total: int) -> None:
        status.write_sometimes(prepared=done, to_prepare=total)
        if asked():
            raise _Interrupted

    if not kinds:
        return ""
    from fashion_core.synthetic.people import read_sets  # which loads OpenCV

    end = ""
    try:
        for kind in kinds:
            read_sets(kind, report)
    except _Interrupted:
        end, _ = asked()
    if status.values.pop("to_prepare", 0):
        status.write()
    return end


def _begin_teaching(run_dir: Path, state: "TrainState") -> None:
    """Raises CheckpointError, ConfigError and PictureSetError."""
    from fashion_core import checkpoints, taught, training

    checkpoint = checkpoints.read_checkpoint(run_dir / taught.START_FILE)
    training.teach(state, checkpoint, taught.read_taught(run_dir))


def _report_teaching(run_dir: Path, state: "TrainState", metrics: dict) -> None:
    """Tell before and after. Where that cannot be written, the model is there all the same."""
    from fashion_core import checkpoints, taught

    start = checkpoints.read_checkpoint(run_dir / taught.START_FILE)
    before, after = checkpoints.model_of(start), checkpoints.load_model(run_dir / "model.pt")
    before_test = files.number_or(start.metrics.get("test_accuracy"), None)
    test = before_test, metrics.get("test_accuracy")
    with contextlib.suppress(OSError):
        taught.save_report(run_dir, taught.report(before, after, state.taught, test))


def _keep_answers(model_path: Path, state: "TrainState") -> None:
    """So that no page has to ask the model all test images again."""
    from fashion_core.kept_answers import save_answers

    with contextlib.suppress(OSError):  # the pages then ask
        save_answers(model_path, state.test_logits / state.best_metrics["temperature"])


def _find_rate(folder: Path, status: StatusFile) -> None:
    """Train a few steps with ever larger learning rates; the status holds the losses so far."""
    (train_split,) = _prepare("train")
    from fashion_core import training

    config = TrainConfig.from_dict(files.read_json(folder / "config.json")["config"])
    if _prepare_pictures(status, _kinds_needed(config), lambda: _asked_end(folder, "")):
        status.write(state="stopped", message=STOPPED_PREPARING)
        return
    allowed, rates = limits.read_limits(), rate_finder.planned_rates(config)
    losses, began, end, message = [], time.perf_counter(), "finished", ""
    status.values |= {"steps": len(rates), "rates": rates, "losses": losses}
    for loss in training.try_rates(training.new_state(config), train_split, rates):
        if not math.isfinite(loss):
            break  # as exploded as a loss can be
        losses.append(loss)
        seconds = time.perf_counter() - began
        status.write_sometimes(state="running", step=len(losses), elapsed_seconds=seconds)
        message = allowed.time_problem(seconds)
        if message or (folder / "stop").exists():
            end = "stopped"
        if end == "stopped" or rate_finder.has_exploded(losses):
            break
    status.write(state=end, message=message)


def _first_state(run_dir: Path, config: TrainConfig) -> "TrainState":
    """The state as this run left it, else a new one. Raises CheckpointError, ResumeError."""
    from fashion_core import checkpoints, resume, training

    path = folders.resume_path(run_dir)
    if path.exists():
        state = resume.restore_state(config, checkpoints.read_resume(path, config))
    else:
        state = training.new_state(config)
    cut_metrics(run_dir, state.epoch, state.step)
    film.cut_film(run_dir, state.step)
    return state


def _follow(
    run_dir: Path,
    status: StatusFile,
    state: "TrainState",
    events: Iterable[dict],
    camera: "_Camera",
) -> tuple[str, str]:
    """Write events and status until training ends; returns the state that it ends in, and why."""
    allowed = limits.read_limits()
    # A stop may then have kept a model of which going on knows nothing
    cut_short = state.epoch_batches > 0
    with (run_dir / "metrics.jsonl").open("a", encoding="utf-8") as metrics:
        for event in events:
            metrics.write(json.dumps(event, allow_nan=False) + "\n")
            metrics.flush()
            changes = folders.metrics_of(event)
            if event["kind"] == "epoch" or not _stop_asked(run_dir):
                camera.watch(event)  # which takes seconds with a large network
            if event["kind"] == "epoch":
                # The curve up to the point from which a power cut lets it go on
                os.fsync(metrics.fileno())
                if event["best"] or cut_short:
                    _save_model(run_dir, status, state, {"epochs_done": state.epoch})
                    cut_short = False
                _save_resume(run_dir, state)
                status.write(state="running", **changes, **_best(state))
            elif status.values["state"] == "starting":
                status.write(state="running", **changes)
            else:
                status.write_sometimes(**changes)
            if state.epoch == state.config.epochs:
                continue  # all is done: there is nothing to pause or to cut short
            end = _asked_end(run_dir, allowed.time_problem(state.elapsed_seconds))
            if end:
                return end
    return "finished", ""


class _Camera:
    """Films a training: the network as it begins, ten times in the first epoch, then four.

    So much happens in the first epoch that its end alone would miss most of it. A training of many
    epochs is filmed after each of the later ones only: its film would be too long. Between two
    frames it is asked about the shown pictures every few steps, which is kept until the next time.
    """

    MANY_EPOCHS = 20
    QUICK = 1_000  # validation images asked within an epoch: a tenth of a second each time
    LATEST_SECONDS = 2.0  # between looks, each 6 ms of the classic network's time on one core

    def __init__(self, run_dir: Path, state: "TrainState", val_split: "Split"):
        self.run_dir, self.state, self.val_split = run_dir, state, val_split
        self.shown = film.shown_images(val_split.labels)
        self.drawing = film.read_drawing(run_dir)
        self.looked_at = time.monotonic()
        # What validation images were called last: too slow to ask at every look
        self.confusion = next((f.confusion for f in reversed(film.read_film(run_dir))), None)
        self.next_step = self._after_this()
        if state.step == 0 and self.confusion is None:
            self._shoot(None)

    def watch(self, event: dict) -> None:
        """Add a frame where the event calls for one. Raises OSError."""
        if event["kind"] == "epoch":
            self._shoot(self.state.val_logits)
            self.next_step = self._after_this()
        elif not self._within_epoch():
            return  # the event of its end comes next
        elif self.state.step >= self.next_step:
            self.next_step = self._after_this()
            self._shoot(None)
        elif time.monotonic() - self.looked_at >= self.LATEST_SECONDS:
            self._save_latest()

    def _after_this(self) -> float:
        """The step from which on the next moment within an epoch is filmed."""
        if self.state.config.start_model:  # teaching is short; looks would make it twice as long
            return math.inf
        if self.state.epoch and self.state.config.epochs > self.MANY_EPOCHS:
            return math.inf
        parts = 4 if self.state.epoch else 10
        return self.state.step + math.ceil(self.state.config.steps_per_epoch / parts)

    def _within_epoch(self) -> bool:
        return self.state.step % self.state.config.steps_per_epoch > 0

    def _shoot(self, val_logits: np.ndarray | None) -> None:
        """Add a frame; val_logits (N, 10) of all validation images, None if they are not known."""
        from fashion_core import evaluation, predict

        if val_logits is None:
            pixels = self.val_split.pixels[: self.QUICK]
            val_logits = predict.predict_logits(self.state.model, pixels)
        preds = val_logits.argmax(axis=1)
        self.confusion = evaluation.confusion(self.val_split.labels[: len(preds)], preds)
        film.add_frame(self.run_dir, self._frame())

    def _save_latest(self) -> None:
        """Replace the latest moment, once the film has begun."""
        if self.confusion is not None:
            film.save_latest(self.run_dir, self._frame())

    def _frame(self) -> film.Frame:
        """What the shown pictures are called now, with the last confusion."""
        from fashion_core import predict

        pixels = self.val_split.pixels[self.shown]
        if self.drawing is not None:
            pixels = np.concatenate([pixels, self.drawing[None]])
        self.looked_at = time.monotonic()
        return film.Frame(
            epoch=self.state.epoch,
            step=self.state.step,
            probs=predict.predict_probs(self.state.model, pixels),
            filters=_first_filters(self.state.model),
            confusion=self.confusion,
        )


def _first_filters(model: "nn.Module") -> np.ndarray:
    """The weights of the first layer as pictures, (C, K, K) float32: what it looks for.

    A linear layer that reads the picture looks at all of it at once.
    """
    weights = next(each for each in model.parameters() if each.ndim > 1)  # (C, 1, K, K), (C, K·K)
    kept = max(1, MOST_FILTER_NUMBERS // weights[0].numel())
    filters = weights[:kept].detach().float().cpu().numpy()
    edge = math.isqrt(weights[0].numel())
    return filters.reshape(-1, edge, edge)


MOST_FILTER_NUMBERS = 7_840  # in a frame: 313 kernels of 5×5, or ten pictures


def _stop_asked(run_dir: Path) -> bool:
    return (run_dir / "stop").exists()


def _asked_end(run_dir: Path, out_of_time: str) -> tuple[str, str] | None:
    """The state to end in, and why, when the page asks for it or the time is up."""
    if _stop_asked(run_dir):
        return "stopped", ""
    if (run_dir / "pause").exists():
        return "paused", ""
    return ("stopped", out_of_time) if out_of_time else None


def _best(state: "TrainState") -> dict:
    best = state.best_metrics
    thresholds = {name: best[name] for name in THRESHOLDS if name in best}
    return {
        "best_val_accuracy": best["val_accuracy"],
        "best_epoch": state.best_epoch,
        **thresholds,
    }


def _save_model(run_dir: Path, status: StatusFile, state: "TrainState", metrics: dict) -> None:
    from fashion_core.checkpoints import save_checkpoint

    metrics = {**state.best_metrics, **metrics}
    save_checkpoint(run_dir / "model.pt", state.config, state.best_weights, metrics)
    status.values.pop("test_accuracy", None)  # that of the weights before


def _save_resume(run_dir: Path, state: "TrainState") -> None:
    from fashion_core import checkpoints, resume

    checkpoints.save_resume(folders.resume_path(run_dir), state.config, resume.state_to_dict(state))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
