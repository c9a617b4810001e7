"""Cached pass-throughs to the core; the keys contain a file's fingerprint, not its name alone.

torch is loaded with the first model: what needs only kept answers does without.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fashion_core import data, kept_answers, predict
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.errors import CheckpointError

if TYPE_CHECKING:
    from torch import nn

MODEL_CACHE_SIZE = 8  # models kept in memory; the largest has 8 MB


@st.cache_resource(max_entries=MODEL_CACHE_SIZE, show_spinner=False)
def cached_model(path: str, fingerprint: str) -> nn.Module:
    """The model of a checkpoint, in eval mode and not to be changed. Raises CheckpointError."""
    from fashion_core import checkpoints

    return checkpoints.load_model(Path(path))


@st.cache_resource(show_spinner=False)
def cached_split(name: str) -> Split:
    """A split of the data set, read-only arrays. Raises DataError."""
    return data.load_split(name)


PROBS_PART = 1_000  # test images that are evaluated between two words on how far it is
PROBS_CACHE_SIZE = 80  # such parts kept in memory, of eight models; each is 40 kB
SOON_SECONDS = 0.3  # what takes longer shows how far it is


@st.cache_data(max_entries=PROBS_CACHE_SIZE, show_spinner=False)
def _cached_probs_part(path: str, fingerprint: str, start: int) -> np.ndarray:
    """Probabilities (PROBS_PART, 10) float32 of the test images from `start` on."""
    pixels = cached_split("test").pixels[start : start + PROBS_PART]
    return predict.predict_probs(cached_model(path, fingerprint), pixels)


@st.cache_data(max_entries=MODEL_CACHE_SIZE, show_spinner=False)
def _kept_probs(path: str, fingerprint: str) -> np.ndarray | None:
    """Probabilities (10000, 10) float32 that are kept beside a model; None where none are."""
    logits = kept_answers.read_answers(Path(path))
    return None if logits is None else predict.softmax(logits)


def cached_test_probs(entry: ModelEntry) -> np.ndarray:
    """Probabilities (10000, 10) float32 of one model on the test split.

    Where it takes longer, as with a large network, a bar shows how far it is. Raises
    CheckpointError, DataError.
    """
    kept = _kept_probs(str(entry.path), entry.fingerprint)
    if kept is not None:
        return kept
    total = len(cached_split("test").labels)
    began, bar, parts = time.monotonic(), st.empty(), []
    for start in range(0, total, PROBS_PART):
        if time.monotonic() - began > SOON_SECONDS:
            bar.progress(start / total, text=f"Evaluating the 10,000 test images: {start:,} done")
        try:
            parts.append(_cached_probs_part(str(entry.path), entry.fingerprint, start))
        except CheckpointError as error:  # every run's file has the same name
            raise CheckpointError(f"{entry.title}: {error}") from error
    bar.empty()
    return np.concatenate(parts)
