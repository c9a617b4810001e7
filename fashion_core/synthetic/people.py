"""People's drawings to learn from: their strokes drawn anew with other pens, and other things.

Stands on `picture_sets`, where the drawings lie. A drawing is redrawn each time it is used: another
pen, turned, stretched, bent, mirrored, now and then closed, filled in or without its last stroke.
"""

import functools

import cv2
import numpy as np
from numpy.random import Generator

from fashion_core import picture_sets
from fashion_core.errors import PictureSetError
from fashion_core.metadata import IMAGE_SIZE, OUTLIER
from fashion_core.picture_sets import PictureSet, Strokes
from fashion_core.synthetic.canvas import EDGE, fitted
from fashion_core.synthetic.drawing import Pen, placed_lines

# A third is of anything but clothes: what is drawn much like a garment must be known, too
OUTLIER_SHARE = 1 / 3


@functools.lru_cache(maxsize=3)
def read_drawings(split: str) -> PictureSet:
    """All drawings by people that are here, of "train", "val" or "test".

    Raises PictureSetError where there are none, with the command that fetches them.
    """
    folder = picture_sets.pictures_dir()
    found = [
        picture_sets.load_picture_set(folder / name) for name in picture_sets.list_picture_sets()
    ]
    drawn = [each.part(split) for each in found if each.strokes is not None]
    if not sum(len(each.keys) for each in drawn):
        raise PictureSetError(
            f"There are no drawings by people in {folder}. Fetch some with:"
            " python -m fashion_core fetch-pictures quickdraw"
        )
    return PictureSet(
        "drawings",
        np.concatenate([each.pixels for each in drawn]),
        np.concatenate([each.allowed for each in drawn]),
        tuple(source for each in drawn for source in each.sources),
        tuple(key for each in drawn for key in each.keys),
        tuple(strokes for each in drawn for strokes in each.strokes),
        tuple(problem for each in drawn for problem in each.problems),
    )


def redrawn_batch(
    drawings: PictureSet, count: int, seed: int | tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Drawings by people, every class alike often: pixels (count, 28, 28) uint8, labels (count,).

    Of a drawing that may be either of two classes the label is one of them, by chance; that of
    another thing is OUTLIER. The same seed makes the same pictures.
    """
    rng = np.random.default_rng(seed)
    others = round(count * OUTLIER_SHARE)
    chosen = [_choose(drawings.allowed, rng) for _ in range(count - others)]
    outliers = np.flatnonzero(~drawings.allowed.any(axis=1))
    chosen += (
        [(int(index), OUTLIER) for index in rng.choice(outliers, others)] if len(outliers) else []
    )
    made = [redraw(drawings.strokes[index], rng) for index, _ in chosen]
    labels = np.array([label for _, label in chosen], np.int64)
    return np.array(made, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE), labels


def _choose(allowed: np.ndarray, rng: Generator) -> tuple[int, int]:
    """The index of a drawing that has a class, and this class, from allowed (N, 10) bool."""
    label = rng.choice(np.flatnonzero(allowed.any(axis=0)))
    return int(rng.choice(np.flatnonzero(allowed[:, label]))), int(label)


def redraw(strokes: Strokes, rng: Generator) -> np.ndarray:
    """A drawing drawn anew by another hand: (28, 28) uint8. strokes: (n, 2) each, any unit."""
    if len(strokes) > 2 and rng.random() < 0.15:
        strokes = strokes[:-1]
    lines = placed_lines([np.asarray(line, np.float64) for line in strokes], rng)
    canvas, pen = np.zeros((EDGE, EDGE), np.uint8), Pen(rng)
    if rng.random() < 0.12:
        _fill_in(canvas, lines, pen.width, int(rng.integers(60, 256)))
        pen.ink = 255 if rng.random() < 0.5 else 0
    for line in lines:
        gap = np.hypot(*(line[0] - line[-1]))
        closed = len(line) > 8 and gap < 0.15 * EDGE and rng.random() < 0.4
        pen.stroke(canvas, line, closed=closed)
    return fitted(canvas, rng)


def _fill_in(canvas: np.ndarray, lines: list[np.ndarray], width: int, value: int) -> None:
    """Fill what the lines enclose, small gaps in them closed."""
    drawn = np.zeros_like(canvas)
    whole = [np.rint(line).astype(np.int32) for line in lines]
    cv2.polylines(drawn, whole, False, 1, max(2, width))
    drawn = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    outlines, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outlines, -1, value, cv2.FILLED)
