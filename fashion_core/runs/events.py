"""What a training tells while it runs: the events in metrics.jsonl, and the end of worker.log."""

import json
import os
from pathlib import Path

from fashion_core import files
from fashion_core.runs.folders import Run

MAX_METRICS_BYTES = 50_000_000  # 100 epochs write about 1 MB, with synthetic pictures twice that
# What an event of each kind must have
EVENT_KEYS = {
    "step": ("epoch", "step", "train_loss", "elapsed_seconds"),
    "epoch": ("epoch", "step", "train_loss", "val_loss", "val_accuracy", "elapsed_seconds"),
}


def read_metrics(run_dir: Path, offset: int = 0) -> tuple[list[dict], int]:
    """The events after byte `offset` of metrics.jsonl, and the offset to go on from.

    A last line without newline is still being written and is left for the next time; lines that are
    not events are skipped. A missing file has no events.
    """
    path = run_dir / "metrics.jsonl"
    if not os.path.isfile(path):  # opening a pipe would wait for ever
        return [], offset
    try:
        with path.open("rb") as file:
            file.seek(offset)
            text = file.read(max(0, MAX_METRICS_BYTES - offset))
    except OSError:
        return [], offset
    whole = text[: text.rfind(b"\n") + 1]
    events = [event for event in map(_parse_event, whole.splitlines()) if event]
    return events, offset + len(whole)


def _parse_event(line: bytes) -> dict | None:
    try:
        event = json.loads(line, parse_constant=files.refuse_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("kind") not in ("step", "epoch"):
        return None
    numbers = {
        key: value
        for key, value in files.with_todays_keys(event).items()
        if files.number_or(value, None) is not None
    }
    complete = all(key in numbers for key in EVENT_KEYS[event["kind"]])
    return {"kind": event["kind"]} | numbers if complete else None


def should_have_events(run: Run) -> bool:
    """Whether metrics.jsonl must hold events of the run, going by its status.

    Without readable ones that file is missing or damaged. An imported run never had any.
    """
    # The first step has an event, unless the loss was no number from the beginning
    return not run.is_imported and run.status.get("step", 0) > 1


def describe_lost_curves(whose: str) -> str:
    """The sentences where such a run would have its curves; `whose`: “Name”, this run."""
    return (
        f"The curves of {whose} cannot be read, because metrics.jsonl in the run's folder is"
        " missing or damaged. Nothing of the model is lost. For new curves, put back a copy of that"
        " file, or train again with the same settings."
    )


def metrics_version(run: Run) -> tuple:
    """Changes whenever metrics.jsonl may have been cut, so that what was read of it is outdated."""
    try:
        inode = (run.run_dir / "metrics.jsonl").stat().st_ino
    except OSError:
        inode = 0
    return run.run_id, inode, run.status.get("process_started_at")


def cut_metrics(run_dir: Path, epoch: int, step: int) -> None:
    """Drop all events after `epoch` finished epochs and `step` weight updates, and all other lines.

    For a worker that goes on from there: its predecessor may have come further before it was
    killed. A missing file stays missing. Raises OSError.
    """
    path = run_dir / "metrics.jsonl"
    if not path.exists():
        return
    with path.open("rb") as file:
        text = file.read(MAX_METRICS_BYTES)
    lines = text.splitlines(keepends=True)
    kept = b"".join(line for line in lines if _is_done(_parse_event(line), epoch, step))
    if kept != text:
        with files.replacing(path) as temporary:
            temporary.write_bytes(kept)


def _is_done(event: dict | None, epoch: int, step: int) -> bool:
    if event is None:
        return False
    # A step's event belongs to the epoch under way
    finished = epoch if event["kind"] == "epoch" else epoch + 1
    return event["step"] <= step and event["epoch"] <= finished


def read_log(run_dir: Path, last_bytes: int = 8_000) -> str:
    """The end of the worker's log as text; empty where that is no file of its own."""
    path = run_dir / "worker.log"
    # Opening a pipe would wait for ever, a link could lead to any file of the machine
    if os.path.islink(path) or not os.path.isfile(path):
        return ""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - last_bytes))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
