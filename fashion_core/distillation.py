"""What a shipped wide net answers to the training images, for smaller networks to learn from.

It is also asked about mixtures of two images each: pictures that no label exists for, so that a
student hears how the teacher judges what lies between the training images too, instead of learning
55,000 answers by heart (Beyer et al., "Knowledge distillation: A good teacher is patient and
consistent", 2022).

Asking it anew would take minutes before every training, so its answers are shipped beside it:
logits (1 + MIXTURES, 55000, 10) float16, first those of the images, then of each mixture of all
images, in the order of the train split. They are those to the mirror images too, since the teacher
looks at both.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from fashion_core import checkpoints, files
from fashion_core.errors import TeacherError
from fashion_core.metadata import NUM_CLASSES, TRAIN_SIZE
from fashion_core.predict import predict_logits

TEACHER = "wide_residual_net"
MIXTURES = 4  # of every image with another one
PART = 1_000  # images that are mixed, or that the teacher is asked about, at a time


def answers_path() -> Path:
    """Where the teacher's answers are kept."""
    return files.PRETRAINED_DIR / f"{TEACHER}.answers.npz"


def teacher_path() -> Path:
    """Where the teacher itself is kept."""
    return files.PRETRAINED_DIR / f"{TEACHER}.pt"


def mixed_copies(pixels: np.ndarray, chosen: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The images (N, 28, 28) uint8, then MIXTURES mixed copies of all of them; always the same.

    `chosen`: the places (n,) of those to give, mixed as if all were: (n, 28, 28) each.

    In a mixed copy another image shines through each, at a weight drawn evenly from 0 to ½ (mixup,
    Zhang et al., 2018).
    """
    chosen = np.arange(len(pixels)) if chosen is None else chosen
    yield pixels[chosen]
    for number in range(MIXTURES):
        # Raw PCG64, which is fixed for good: the shipped answers must be those to the same mixtures
        # everywhere
        raw = np.random.PCG64(number).random_raw(2 * len(pixels))  # (2N,) uint64
        partner_keys, weight_keys = raw.reshape(2, -1)  # (N,) each
        partners = partner_keys.argsort(kind="stable")[chosen]  # (n,)
        weights = (1 + (weight_keys[chosen] >> np.uint64(57))).astype(np.uint16)  # 1…128 of 256ths
        yield _mixed(pixels, chosen, partners, weights[:, np.newaxis, np.newaxis])


def _mixed(
    pixels: np.ndarray, chosen: np.ndarray, partners: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Each chosen image (n,) with its partner (n,) at that weight (n, 1, 1), in 256ths:
    (n, 28, 28) uint8.
    """
    mixed = np.empty((len(chosen), *pixels.shape[1:]), np.uint8)
    for start in range(0, len(chosen), PART):
        part = slice(start, start + PART)
        own = (256 - weights[part]) * pixels[chosen[part]]  # (PART, 28, 28) uint16
        other = weights[part] * pixels[partners[part]]
        mixed[part] = (own + other + 128) >> 8
    return mixed


def read_answers() -> np.ndarray:
    """The teacher's logits (1 + MIXTURES, 55000, 10) float32 for `mixed_copies` of the train split.

    Raises TeacherError when they are missing, damaged or another model's.
    """
    path = answers_path()
    try:
        with np.load(path, allow_pickle=False) as file:
            answers, digest = file["answers"], str(file["teacher"])
    except Exception as error:  # numpy and zipfile raise many kinds for missing and damaged files
        raise _unusable("with the teacher's answers is missing or damaged") from error
    expected = _teacher_digest()
    if not expected:
        raise TeacherError(
            f"The teacher, {TEACHER}.pt, is missing. Bring it back to {path.parent.name}."
        )
    if digest != expected:
        raise _unusable("holds the answers of another teacher")
    if answers.shape != (1 + MIXTURES, TRAIN_SIZE, NUM_CLASSES) or not np.isfinite(answers).all():
        raise _unusable("does not hold ten numbers for each training image and its mixtures")
    return answers.astype(np.float32)


def _unusable(what: str) -> TeacherError:
    return TeacherError(
        f"{answers_path().name} {what}. Make it anew with: python -m fashion_core ask-teacher"
    )


def ask_teacher(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """The teacher's logits (n, 10) float32 for pixels (N, 28, 28) uint8, in parts of PART images.

    Raises CheckpointError when the teacher cannot be loaded.
    """
    model = checkpoints.load_model(teacher_path())
    model.temperature = 1.0  # as it was trained, not calibrated
    for start in range(0, len(pixels), PART):
        # Up to three times as fast; what is lost is far below its doubts
        with torch.autocast("cpu", torch.bfloat16):
            answers = predict_logits(model, pixels[start : start + PART])
        yield answers


def save_answers(answers: np.ndarray) -> None:
    """Keep the teacher's logits (1 + MIXTURES, 55000, 10) beside it. Raises OSError."""
    with files.replacing(answers_path()) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, answers=answers.astype(np.float16), teacher=_teacher_digest())


def _teacher_digest() -> str:
    path = teacher_path()
    return files.digest_of(path) if path.is_file() else ""
