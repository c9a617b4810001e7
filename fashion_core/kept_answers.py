"""A model's answers to the 10,000 test images, kept beside its file, so that nobody waits twice."""

import contextlib
from pathlib import Path

import numpy as np

from fashion_core import files
from fashion_core.metadata import NUM_CLASSES, TEST_SIZE

SUFFIX = ".test.npz"


def answers_path(model_path: Path) -> Path:
    """Where the answers of this model file are kept."""
    return model_path.with_suffix(SUFFIX)


def save_answers(model_path: Path, logits: np.ndarray, digest: str | None = None) -> None:
    """Keep the logits (10000, 10) float32 that `predict.predict_logits` gives for the test split.

    As float16, 200 kB, unless that would change a top class or be infinite. `digest`: that of the
    model file when it was loaded, where a run may have replaced it since. Raises OSError.
    """
    with np.errstate(over="ignore"):
        short = logits.astype(np.float16)
    same = np.array_equal(short.argmax(axis=1), logits.argmax(axis=1)) and np.isfinite(short).all()
    kept = {"logits": short if same else logits, "model": digest or files.digest_of(model_path)}
    with files.replacing(answers_path(model_path)) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **kept)


def read_answers(model_path: Path) -> np.ndarray | None:
    """The kept logits (10000, 10) float32; None where there are none of this very model file."""
    with contextlib.suppress(Exception):  # NumPy and zipfile raise many kinds for damaged files
        with np.load(answers_path(model_path), allow_pickle=False) as content:
            if content["model"] != files.digest_of(model_path):
                return None
            logits = content["logits"].astype(np.float32)
        if logits.shape == (TEST_SIZE, NUM_CLASSES) and np.isfinite(logits).all():
            return logits
    return None
