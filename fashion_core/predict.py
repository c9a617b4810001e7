"""The only place that runs a trained model for answers: pixels in, probabilities out.

torch is loaded by who has a model: kept answers are read without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fashion_core import files
from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES

if TYPE_CHECKING:
    from torch import nn

# The ood_score above which a picture is not recognised: a filled one, a line drawing
THRESHOLDS = ("ood_threshold", "line_ood_threshold")
# Activations stay in the cache: much faster than 1,000 at a time, and no memory to speak of
EVAL_BATCH_SIZE = 250
FAST_FROM = 8  # pictures; to lay out the weights anew takes longer than fewer of them gain


@dataclass(frozen=True)
class Answer:
    """What a model says of one picture: the top class, and whether it knows such pictures."""

    label: int
    probs: np.ndarray  # (10,) float32, sums to 1
    recognised: bool


def predict_logits(
    model: nn.Module, pixels: np.ndarray, batch_size: int = EVAL_BATCH_SIZE
) -> np.ndarray:
    """Logits (N, 10) float32 for pixels (N, 28, 28) uint8.

    Every image is covered, and the model's mode is restored. The logits are divided by
    `model.temperature`, which `load_model` sets from the checkpoint, so that their softmax is
    calibrated. From FAST_FROM pictures on the model's forward is called with `fast`, see `models`.
    Raises ValueError for another shape or type of pixels.
    """
    import torch

    from fashion_core.transforms import normalise

    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    logits = np.empty((len(pixels), NUM_CLASSES), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(pixels), batch_size):
            batch = torch.tensor(pixels[start : start + batch_size]).to(device)
            images = normalise(batch).to(memory_format=torch.channels_last)
            found = model(images, fast=True) if len(batch) >= FAST_FROM else model(images)
            logits[start : start + batch_size] = found.float().cpu().numpy()
    model.train(was_training)
    logits /= getattr(model, "temperature", 1.0)
    return logits


# Pictures that are answered between two reports: half a second of the largest network on one core
PART = EVAL_BATCH_SIZE
Report = Callable[[int, int], None]  # pictures done, pictures in all


def predict_in_parts(model: nn.Module, pixels: np.ndarray, report: Report) -> np.ndarray:
    """As `predict_logits`, with a report after each PART of the pictures."""
    parts = [np.empty((0, NUM_CLASSES), np.float32)]
    for start in range(0, len(pixels), PART):
        parts.append(predict_logits(model, pixels[start : start + PART]))
        report(min(start + PART, len(pixels)), len(pixels))
    return np.concatenate(parts)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, 10) float32 from logits (N, 10); each row sums to 1."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)


def ood_score(logits: np.ndarray) -> np.ndarray:
    """How unlike anything known pictures with these logits (N, 10) are: (N,), in nats.

    It is minus the cross-entropy of the even distribution against softmax(logits), the very loss
    that training on outliers makes small (Hendrycks, Mazeika and Dietterich, "Deep Anomaly
    Detection with Outlier Exposure", 2019, section 4.2). At most -log 10, where the probabilities
    are even; a garment between two classes stays far below that.
    """
    top = logits.max(axis=-1)
    log_total = top + np.log(np.exp(logits - top[..., None]).sum(axis=-1))
    return logits.mean(axis=-1) - log_total


VISIBLE = 40  # of 255: cloth or ink, not the soft edge of either
MAX_LINES = 0.9  # of what they enclose; nearly all photos of clothes fill more of their outline


def is_line_drawing(pixels: np.ndarray) -> np.ndarray:
    """Whether pictures are lines with nothing between: (N,) bool for pixels (N, 28, 28) uint8.

    That is so where less than MAX_LINES of all that lies between two visible pixels, both in its
    row and in its column, is visible itself.
    """
    visible = pixels > VISIBLE  # (N, 28, 28)
    enclosed = np.ones_like(visible)
    for axis in (1, 2):
        before = np.maximum.accumulate(visible, axis)
        behind = np.flip(np.maximum.accumulate(np.flip(visible, axis), axis), axis)
        enclosed &= before & behind
    return visible.sum(axis=(1, 2)) < MAX_LINES * enclosed.sum(axis=(1, 2))


def recognised(model: nn.Module, logits: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Whether the model knows such pictures: (N,) bool for logits (N, 10), pixels (N, 28, 28).

    Not where the `ood_score` is above `model.line_ood_threshold` in a line drawing and above
    `model.ood_threshold` in any other picture. `load_model` sets both from the checkpoint; a model
    without them recognises everything but an empty picture.
    """
    filled = getattr(model, "ood_threshold", np.inf)
    return _within(filled, getattr(model, "line_ood_threshold", filled), logits, pixels)


def _within(filled: float, lines: float, logits: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    known = ood_score(logits) <= np.where(is_line_drawing(pixels), lines, filled)
    return known & pixels.any(axis=(1, 2))


def kept_answer(card: dict, probs: np.ndarray, pixels: np.ndarray) -> Answer:
    """What the model with this card says of an image, from its kept probabilities (10,).

    pixels (28, 28) uint8. As `classify_pixels`, without the model; a card without thresholds
    recognises everything but an empty picture.
    """
    filled = files.number_or(card.get(THRESHOLDS[0]), np.inf)
    lines = files.number_or(card.get(THRESHOLDS[1]), filled)
    logits = np.log(np.maximum(probs, np.finfo(np.float32).tiny))  # all but a constant of them
    is_known = bool(_within(filled, lines, logits[None], pixels[None])[0])
    return Answer(int(probs.argmax()), probs, is_known)


# Nats by which a part may be less sure than the whole: where a figure was found, that is no single
# garment. In tests/bench/worn.py 0 gives 54 % of the figures right, 1 gives 58 %.
PART_MARGIN = 1.0


def part_is_surer(model: nn.Module, whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Whether a model is about as sure of a part of each picture as of the whole, or surer.

    (N,) bool for the pixels of both, (N, 28, 28) uint8: the part's `ood_score` is no higher by
    PART_MARGIN. Not where a part is empty.
    """
    surer = part.any(axis=(1, 2))
    if surer.any():
        scores = [ood_score(predict_logits(model, each[surer])) for each in (part, whole)]
        surer[surer] = scores[0] < scores[1] + PART_MARGIN
    return surer


# Nats by which a model must be surer of a picture turned by a quarter: upright is the rule. Of 196
# validation photos 2 mends eight that were taken sideways and breaks one; 3 mends only five of
# them, and 1 breaks two.
TURN_MARGIN = 2.0


def surest_turns(model: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """By how many quarter turns to the left each picture should be answered: (N,) of 0, 1 or 3.

    pixels (N, 28, 28) uint8. Not 0 only where the `ood_score` of the turned picture is lower by
    more than TURN_MARGIN, and never for a line drawing.
    """
    turns = np.array([0, 1, 3])
    chosen = np.zeros(len(pixels), np.int64)
    filled = ~is_line_drawing(pixels)
    if filled.any():
        turned = [np.rot90(pixels[filled], count, (1, 2)).copy() for count in turns]
        scores = np.stack([ood_score(predict_logits(model, each)) for each in turned])  # (3, n)
        surer = scores.min(axis=0) < scores[0] - TURN_MARGIN
        chosen[filled] = np.where(surer, turns[scores.argmin(axis=0)], 0)
    return chosen


def predict_probs(model: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """Probabilities (N, 10) float32 for pixels (N, 28, 28) uint8."""
    return softmax(predict_logits(model, pixels))


def classify_pixels(model: nn.Module, pixels: np.ndarray) -> Answer:
    """The model's answer for one image (28, 28) uint8. Raises ValueError for another shape."""
    if pixels.shape != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"pixels must be (28, 28), not {pixels.shape}")
    logits = predict_logits(model, pixels[None])
    probs = softmax(logits)[0]
    is_known = bool(recognised(model, logits, pixels[None])[0])
    return Answer(int(probs.argmax()), probs, is_known)
