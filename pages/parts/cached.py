"""Cached pass-throughs to the core; the keys contain a file's fingerprint, not its name alone.

torch is loaded with the first model: what needs only kept answers does without.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fashion_core import catalog, data, files, kept_answers, predict
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.errors import CheckpointError, InsideError, TooManyJobs
from fashion_core.inside import jobs
from fashion_core.metadata import NUM_CLASSES
from pages.parts.jobs import show_progress

if TYPE_CHECKING:
    from torch import nn

MODEL_CACHE_SIZE = 8  # models kept in memory; the largest has 8 MB


@st.cache_resource(max_entries=MODEL_CACHE_SIZE, show_spinner=False)
def cached_model(path: str, fingerprint: str) -> nn.Module:
    """The model of a checkpoint, in eval mode and not to be changed. Raises CheckpointError."""
    import torch
    from threadpoolctl import threadpool_limits

    from fashion_core import checkpoints

    # Two that wait for each other take ten times as long for one picture where visitors or a
    # training share the cores; what takes long has a process of its own. numpy's wait by spinning
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    return checkpoints.load_model(Path(path))


def load_model(entry: ModelEntry) -> None:
    """Load a model before it is needed, and say so where that takes long.

    Raises CheckpointError.
    """
    with st.spinner("Loading the model"):
        cached_model(str(entry.path), entry.fingerprint)


@st.cache_resource(show_spinner=False)
def cached_split(name: str) -> Split:
    """A split of the data set, read-only arrays. Raises DataError."""
    return data.load_split(name)


# Pictures that are evaluated between two words on how far it is. Of more pixels Streamlit would
# compare some at random, to tell whether they are those that it has kept an answer for
PART = 500
PARTS_KEPT = 160  # in memory, of eight models; each is 20 kB
SOON_SECONDS = 0.3  # what takes longer shows how far it is
JOB_SECONDS = 10.0  # what takes longer goes on in a process of its own when the page is left


@st.cache_data(max_entries=PARTS_KEPT, show_spinner=False)
def _cached_logits_part(path: str, fingerprint: str, pixels: np.ndarray) -> np.ndarray:
    """Logits (N, 10) float32 for pixels (N, 28, 28) uint8, of PART pictures at most."""
    return predict.predict_logits(cached_model(path, fingerprint), pixels)


def logits_in_parts(
    entry: ModelEntry,
    pixels: np.ndarray,
    what: str,
    hand_over: Callable[[], None] | None = None,
) -> np.ndarray:
    """Logits (N, 10) float32 for pixels (N, 28, 28) uint8, with a bar where that takes long.

    `what` is evaluated, in words. `hand_over` is called once where it would take over JOB_SECONDS.
    Raises CheckpointError, and what `hand_over` raises.
    """
    load_model(entry)  # the first time with torch, which counts for nothing here
    total, began, bar = len(pixels), time.monotonic(), st.empty()
    parts = [np.empty((0, NUM_CLASSES), np.float32)]
    for start in range(0, total, PART):
        seconds = time.monotonic() - began
        if hand_over and start == PART and seconds * total / start > JOB_SECONDS:
            hand_over()
        if seconds > SOON_SECONDS:
            bar.progress(start / total, text=f"Evaluating {what}: {start:,} done")
        part = pixels[start : start + PART]
        parts.append(_cached_logits_part(str(entry.path), entry.fingerprint, part))
    bar.empty()
    return np.concatenate(parts)


@st.cache_data(max_entries=MODEL_CACHE_SIZE, show_spinner=False)
def _cached_kept_probs(path: str, fingerprint: str, kept_at: int) -> np.ndarray | None:
    """See `kept_test_probs`; `kept_at` changes when they do."""
    logits = kept_answers.read_answers(Path(path))
    return None if logits is None else predict.softmax(logits)


def kept_test_probs(entry: ModelEntry) -> np.ndarray | None:
    """Probabilities (10000, 10) float32 that are kept beside a model; None where none are."""
    kept_path = kept_answers.answers_path(entry.path)
    kept_at = kept_path.stat().st_mtime_ns if kept_path.is_file() else 0
    return _cached_kept_probs(str(entry.path), entry.fingerprint, kept_at)


def cached_test_probs(entry: ModelEntry) -> np.ndarray:
    """Probabilities (10000, 10) float32 of one model on the test split.

    Kept ones come at once. Else the model is asked, and its answers are kept: here while a bar
    shows how far it is or, where that takes long, in a job whose progress is drawn instead of the
    rest of the page. Raises CheckpointError, DataError, TooManyJobs.
    """
    kept = kept_test_probs(entry)
    if kept is not None:
        return kept
    if jobs.is_active(entry.path, "answers"):
        _wait_for_answers(entry)
    try:
        logits = _ask_test_images(entry)
    except CheckpointError as error:  # every run's file has the same name
        raise CheckpointError(f"{entry.title}: {error}") from error
    with contextlib.suppress(OSError):  # then they are asked for again
        digest = files.digest_of(entry.path)
        if catalog.fingerprint_of(entry.path) == entry.fingerprint:
            kept_answers.save_answers(entry.path, logits, digest)
    return predict.softmax(logits)


def _ask_test_images(entry: ModelEntry) -> np.ndarray:
    """Logits (10000, 10) float32; a slow model is asked by a job, which ends this drawing."""

    def hand_over() -> None:
        try:
            jobs.start_job(entry.path, "answers")
        except TooManyJobs:
            raise
        except InsideError:
            return  # then it is asked here
        _wait_for_answers(entry)

    pixels = cached_split("test").pixels
    return logits_in_parts(entry, pixels, f"the {len(pixels):,} test images", hand_over)


def _wait_for_answers(entry: ModelEntry) -> None:
    """Draw how far the job is, and nothing below it."""
    show_progress(entry, "answers")
    st.stop()
