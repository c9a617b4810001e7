"""Run folders as a worker leaves them, for the tests that start none."""

import json
import time

import numpy as np
import psutil

from fashion_core import files, predict
from fashion_core.config import TrainConfig
from fashion_core.metadata import NUM_CLASSES
from fashion_core.runs import film, folders

STEPS_PER_EPOCH = 860


def make_run(
    name,
    state="finished",
    config=None,
    *,
    epochs_done=1,
    accuracy=0.85,
    created_at=None,
    checkpoint_path=None,
    resumable=False,
    **status,
):
    """A run with curves, best after its first epoch; returns its id.

    `config`: by default of two epochs; `created_at`: seconds since 1970, by default now;
    `checkpoint_path`: of a model file that becomes its own; `status`: more of status.json.
    """
    run_id = folders.create_run(config or TrainConfig(epochs=2), name)
    run_dir = folders.run_dir_of(run_id)
    if created_at is not None:
        about = files.read_json(run_dir / "config.json")
        files.write_json(run_dir / "config.json", about | {"created_at": created_at})
    if checkpoint_path:
        (run_dir / "model.pt").write_bytes(checkpoint_path.read_bytes())
    if resumable:
        folders.resume_path(run_dir).write_bytes(b"kept")
    epochs = [epoch_event(epoch, accuracy) for epoch in range(1, epochs_done + 1)]
    write_events(run_dir, [step_event(1, 2.3), step_event(850, 1.9), *epochs])
    metrics = {
        "steps": STEPS_PER_EPOCH,
        "step": STEPS_PER_EPOCH * epochs_done,
        "epoch": epochs_done,
        "elapsed_seconds": 9.0 * epochs_done,
        "best_val_accuracy": accuracy,
        "best_epoch": 1,
    }
    files.write_json(run_dir / "status.json", {"state": state} | metrics | status)
    return run_id


def step_event(step, train_loss):
    """A line of metrics.jsonl."""
    epoch = 1 + (step - 1) // STEPS_PER_EPOCH
    seconds = step / 100
    return {
        "kind": "step",
        "epoch": epoch,
        "step": step,
        "train_loss": train_loss,
        "elapsed_seconds": seconds,
    }


def epoch_event(epoch, accuracy):
    """A line of metrics.jsonl; each epoch after the first is a tenth worse."""
    return {
        "kind": "epoch",
        "epoch": epoch,
        "step": STEPS_PER_EPOCH * epoch,
        "train_loss": 0.5,
        "val_loss": 0.4,
        "val_accuracy": accuracy - 0.1 * (epoch - 1),
        "elapsed_seconds": 9.0 * epoch,
    }


def write_events(run_dir, events):
    """Replace a run's metrics.jsonl."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (run_dir / "metrics.jsonl").write_text(lines)


def alive():
    """What the status of a run says whose process lives: it is this one."""
    me = psutil.Process()
    return {
        "pid": me.pid,
        "process_started_at": folders.process_start(me),
        "heartbeat_at": time.time(),
    }


GONE = {"pid": 2**22 + 1}  # of a process that is no more


def frame_at(step, epoch=0, filters=64):
    """A frame with as many digits as they come."""
    rng = np.random.default_rng(step)
    return film.Frame(
        epoch=epoch,
        step=step,
        probs=predict.softmax(rng.normal(size=(film.SHOWN + 1, NUM_CLASSES))),
        filters=rng.normal(size=(filters, 3, 3)).astype(np.float32),
        confusion=rng.integers(0, 500, (NUM_CLASSES, NUM_CLASSES)),
    )
