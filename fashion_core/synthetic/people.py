"""People's drawings and photos to learn from, made anew each time: other pens, turns and shades.

Stands on `picture_sets`, where they lie. A drawing is redrawn with another pen, turned, stretched,
bent, mirrored, now and then closed, filled in or without its last stroke. A photo is turned,
shaded and cut out anew.
"""

import contextlib
import functools

import cv2
import numpy as np
from numpy.random import Generator

from fashion_core import picture_sets
from fashion_core.errors import PictureSetError
from fashion_core.metadata import IMAGE_SIZE, OUTLIER
from fashion_core.picture_sets import PictureSet, Report, Strokes
from fashion_core.synthetic.canvas import EDGE, enlarged, fitted
from fashion_core.synthetic.drawing import Pen, placed_lines
from fashion_core.synthetic.photos import retaken, turned

SOURCES = {"drawings": "quickdraw", "photos": "clothing"}  # what fetch-pictures calls them

# Other things that are bags to most people: a network that learns that they are none doubts
# briefcases and totes drawn with straight lines
LIKE_A_BAG = ("backpack", "suitcase")


@functools.lru_cache(maxsize=6)
def read_pictures(kind: str, split: str) -> PictureSet:
    """All of people's "drawings" or "photos" that are here, of "train", "val" or "test".

    None of LIKE_A_BAG is in "train". Raises PictureSetError where there are none, with the command
    that fetches them.
    """
    wanted = [each.part(split) for each in read_sets(kind)]
    if not sum(len(each.keys) for each in wanted):
        raise _nothing_here(f"{kind} by people", kind)
    pictures = picture_sets.joined(kind, wanted)
    if split == "train":
        is_clear = pictures.allowed.any(axis=1) | ~np.isin(pictures.keys, LIKE_A_BAG)
        pictures = pictures.choose(list(np.flatnonzero(is_clear)))
    return pictures


def _nothing_here(what: str, kind: str) -> PictureSetError:
    return PictureSetError(
        f"There are no {what} in {picture_sets.pictures_dir()}. Fetch some with:"
        f" python -m fashion_core fetch-pictures {SOURCES[kind]}"
    )


def read_sets(kind: str, report: Report | None = None) -> list[PictureSet]:
    """The sets of people's "drawings" or "photos" that are here, whole, perhaps none.

    `report` is called as the pictures of one set after the other are prepared.
    """
    found = []
    for name in picture_sets.list_picture_sets(mine=False):  # mine are taught, not measured with
        folder = picture_sets.pictures_dir() / name
        if kind not in picture_sets.kinds_of_files(folder):
            continue  # preparing its pictures takes a minute
        with contextlib.suppress(PictureSetError):  # of one that is empty or damaged
            found.append(picture_sets.load_picture_set(folder, report))
    # One with files of both kinds may be either
    return [each for each in found if (each.strokes is not None) == (kind == "drawings")]


def read_garments(kind: str, split: str) -> PictureSet:
    """Those of `read_pictures` that show one of the ten classes. Raises PictureSetError."""
    pictures = read_pictures(kind, split)
    return pictures.choose(list(np.flatnonzero(pictures.allowed.any(axis=1))))


def garments(
    kind: str, split: str, count: int, seed: int | tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Garments by people, made anew: pixels (count, 28, 28) uint8, labels (count,) int64.

    A class of which there are four times as many comes twice as often. Of a picture that may be
    either of two classes the label is one of them, by chance. The same seed makes the same
    pictures. Raises PictureSetError.
    """
    pictures, rng = read_pictures(kind, split), np.random.default_rng(seed)
    weights = np.sqrt(pictures.allowed.sum(axis=0))  # (10,)
    if not weights.any():
        raise _nothing_here(f"{kind} of garments", kind)
    labels = rng.choice(len(weights), count, p=weights / weights.sum())
    indices = [rng.choice(np.flatnonzero(pictures.allowed[:, label])) for label in labels]
    return _made_anew(pictures, indices, rng), labels.astype(np.int64)


def other_things(
    split: str, count: int, seed: int | tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Other things by people, made anew, drawings and photos; of one kind if only that is here.

    pixels (count, 28, 28) uint8, labels (count,) all OUTLIER. The kind of which there are four
    times as many comes twice as often. Raises PictureSetError where neither is here.
    """
    rng = np.random.default_rng(seed)
    found = []
    for kind in SOURCES:
        with contextlib.suppress(PictureSetError):
            pictures = read_pictures(kind, split)
            found.append((pictures, np.flatnonzero(~pictures.allowed.any(axis=1))))
    weights = np.sqrt([len(outliers) for _, outliers in found])
    if not weights.any():
        raise _nothing_here("pictures of other things", "drawings")
    ends = np.rint(count * np.cumsum(weights) / weights.sum()).astype(int)  # of each kind's part
    made = [
        _made_anew(pictures, rng.choice(outliers, share), rng)
        for (pictures, outliers), share in zip(found, np.diff(ends, prepend=0), strict=True)
    ]
    return np.concatenate(made), np.full(count, OUTLIER, np.int64)


def _made_anew(pictures: PictureSet, indices: list[int], rng: Generator) -> np.ndarray:
    """These pictures as other hands and cameras would have made them: (n, 28, 28) uint8."""
    made = [
        retaken(pictures.pixels[index], rng)
        if pictures.strokes is None
        else redraw(pictures.strokes[index], rng)
        for index in indices
    ]
    return np.array(made, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


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


# What lines of a drawing are drawn again with: narrower, as they are, wider, in pixels of EDGE
WIDTHS = (-3, -2, 0, 0, 2, 3, 5)
BEND = 3.0  # pixels of EDGE by which a line may move, the standard deviation


def redraw_pixels(image: np.ndarray, rng: Generator) -> np.ndarray:
    """A drawing of which no strokes are known, drawn anew by another hand: (28, 28) uint8 both."""
    big, _ = turned(enlarged(image), np.zeros((EDGE, EDGE), np.uint8), rng)
    field = rng.normal(0, BEND, (2, 4, 4)).astype(np.float32)  # smooth: 16 points and between
    shift = [cv2.resize(each, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC) for each in field]
    rows, columns = np.mgrid[:EDGE, :EDGE].astype(np.float32)
    big = cv2.remap(big, columns + shift[0], rows + shift[1], cv2.INTER_LINEAR)
    width = int(rng.choice(WIDTHS))
    if width:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(width), abs(width)))
        big = cv2.dilate(big, kernel) if width > 0 else _thinned(big, kernel)
    return fitted(big, rng)


def _thinned(big: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The picture with narrower lines, or as it is where hardly anything would be left of them."""
    thin = cv2.erode(big, kernel)
    return thin if thin.sum() > 0.5 * big.sum() else big


def varied(
    pixels: np.ndarray, are_lines: np.ndarray, count: int, rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Some of these pictures made anew: their places (count,) int64, and (count, 28, 28) uint8.

    pixels (N, 28, 28) uint8; are_lines (N,) bool, which of them are line drawings. All come about
    equally often.
    """
    places = np.resize(rng.permutation(len(pixels)), count)
    made = [(redraw_pixels if are_lines[i] else retaken)(pixels[i], rng) for i in places]
    return places, np.array(made, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


def _fill_in(canvas: np.ndarray, lines: list[np.ndarray], width: int, value: int) -> None:
    """Fill what the lines enclose, small gaps in them closed."""
    drawn = np.zeros_like(canvas)
    whole = [np.rint(line).astype(np.int32) for line in lines]
    cv2.polylines(drawn, whole, False, 1, max(2, width))
    drawn = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    outlines, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outlines, -1, value, cv2.FILLED)
