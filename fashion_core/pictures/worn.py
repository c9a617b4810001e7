"""Worn clothes: the upper and the lower part of a figure, each prepared as a picture of its own.

In a photo of somebody dressed, head, hands and what is worn below a garment stay with it, and all
together is a tall thin figure. A figure is told by a face: skin, narrower than the cloth below it
and of another colour. The upper part ends where the cloth changes its colour.

A mask is (H, W) bool, colour (H, W, 3) uint8, lab the same in CIE Lab as float32.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fashion_core.pictures.garment import cropped, dark_is_bright, find_box, fit
from fashion_core.pictures.parts_of import FOUND_STEP, PAIR_STEP
from fashion_core.pictures.prepare import Prepared, Step

UPPER, LOWER = "Upper part", "Lower part"
COLOUR_STEP = "Opaque"  # the step of `prepare` that shows the picture in its colours
TURNED_STEP = "Turned over"  # the step in which a visitor has turned light and dark over
MIN_EDGE = 64  # pixels: in a smaller picture skin cannot be told from cloth


def worn_parts(prepared: Prepared) -> dict[str, Prepared]:
    """UPPER, and LOWER where the cloth changes, of a figure in a prepared photo; {} if it is none.

    Neither has the head or skin in it. None either where a visitor has turned the shades over.
    """
    steps = {step.name: step.picture for step in prepared.steps}
    if prepared.blank or FOUND_STEP not in steps or {PAIR_STEP, TURNED_STEP} & set(steps):
        return {}
    colour, mask = steps[COLOUR_STEP], steps[FOUND_STEP] > 0
    figure = find_figure(colour, mask) if max(mask.shape) >= MIN_EDGE else None
    if figure is None:
        return {}
    parts = {UPPER: figure.upper, LOWER: figure.lower}
    found = {name: part for name, part in parts.items() if part is not None and find_box(part)}
    return {name: _prepared(prepared, name, colour, part) for name, part in found.items()}


CAPTIONS = {
    UPPER: "What is worn below the head, down to where the cloth changes, without skin.",
    LOWER: "What is worn from the change of cloth on, without skin.",
}


def _prepared(whole: Prepared, name: str, colour: np.ndarray, mask: np.ndarray) -> Prepared:
    """The part in the mask on its way to 28×28, after the steps that it shares with the whole."""
    shared = [step.name for step in whole.steps].index(FOUND_STEP)
    cloth = dark_is_bright(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), mask)
    part, how = cropped(cloth, find_box(mask))
    pixels = fit(part)
    steps = (
        *whole.steps[:shared],
        Step(name, CAPTIONS[name], cloth),
        Step("Cropped", how, part),
        Step("28 × 28", whole.steps[-1].caption, pixels),
    )
    return Prepared(pixels, steps, blank=False)


# The figure


@dataclass(frozen=True)
class Figure:
    """Where garments are worn, as masks; lower is None where the cloth never changes."""

    upper: np.ndarray
    lower: np.ndarray | None


MAX_AROUND = 0.25  # of the background: where more has the colour of skin, it is a wooden floor
MIN_CLOTH = 0.2  # of the object: with less, skin was not told from cloth


def find_figure(colour: np.ndarray, mask: np.ndarray) -> Figure | None:
    """The garments that somebody wears, None if the object in the mask is nobody."""
    skin = skin_in(colour)
    if not mask.any() or skin[~mask].sum() > MAX_AROUND * np.count_nonzero(~mask):
        return None
    face = _find_face(skin & mask, mask)
    if face is None:
        return None
    lab = cv2.cvtColor(colour.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    cloth = _cloth_below(face, lab, skin, mask)
    if cloth is None or cloth.sum() < MIN_CLOTH * mask.sum() or not _is_above(face, cloth):
        return None
    seam = cloth_changes(lab, cloth)
    if seam is None:
        return Figure(cloth, None)
    is_upper = np.arange(len(cloth))[:, None] < seam
    return Figure(_large_parts(cloth & is_upper), _large_parts(cloth & ~is_upper))


# Skin of all tones has these shades of red and blue and differs in brightness (Chai and Ngan, "Face
# segmentation using skin-color map in videophone applications", 1999)
RED, BLUE = (133, 173), (77, 127)


def skin_in(colour: np.ndarray) -> np.ndarray:
    """What has the colour of skin, as a mask without specks."""
    _, red, blue = cv2.split(cv2.cvtColor(colour, cv2.COLOR_RGB2YCrCb))
    skin = (red >= RED[0]) & (red <= RED[1]) & (blue >= BLUE[0]) & (blue <= BLUE[1])
    kernel = _square(skin, 100)
    opened = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel) > 0


def _square(mask: np.ndarray, share: int) -> np.ndarray:
    """A kernel with an edge of this share of the mask's longest, odd, at least 3 pixels."""
    edge = max(3, round(max(mask.shape) / share) | 1)
    return np.ones((edge, edge), np.uint8)


HEAD_ENDS = 0.5  # of the figure's height: skin below that is hands or legs
NARROW = 0.75  # of the figure's width: a head is narrower
MOSTLY = 0.4  # of a row of the figure: the rest of a face's rows is hair
HAIR = 0.15  # of the figure's height: more is not above a face
MIN_FACE = 0.015  # of the figure's area: skin of less is a button or a fold
ROUND = 0.45  # of its box: a face fills more
SHAPES = (0.5, 2.5)  # height of a face, perhaps cut off by the frame, over its width


def _find_face(skin: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """The face with the neck as a mask: skin in narrow rows of the figure's upper half."""
    rows, widths = np.flatnonzero(mask.any(axis=1)), mask.sum(axis=1)
    height = rows[-1] + 1 - rows[0]
    is_face = (skin.sum(axis=1) > MOSTLY * widths) & (widths < NARROW * widths.max())
    is_face[rows[0] + round(HEAD_ENDS * height) :] = False
    first, last = _longest_run(is_face)
    if last == first or first - rows[0] > HAIR * height:
        return None
    face = np.zeros_like(skin)
    face[first:last] = skin[first:last]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(face.astype(np.uint8))
    largest = 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
    _, _, wide, tall, area = stats[largest]
    is_round = SHAPES[0] < tall / wide < SHAPES[1] and area > ROUND * wide * tall
    return labels == largest if is_round and area > MIN_FACE * mask.sum() else None


def _longest_run(values: np.ndarray) -> tuple[int, int]:
    """Where the longest run of True in (n,) bool begins and ends, the end exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], values.astype(np.int8), [0]])))
    if not len(edges):
        return 0, 0
    longest = np.argmax(edges[1::2] - edges[::2])
    return int(edges[2 * longest]), int(edges[2 * longest + 1])


# How far somebody's skin is from the middle shade of their face, its brightness counting less,
# since shadows change it
WEIGHTS, ALIKE = np.array([0.4, 1, 1], np.float32), 14.0
MAX_BARE = 0.3  # of the trunk: a neckline shows less skin, where there is more it is cloth


def _cloth_below(
    face: np.ndarray, lab: np.ndarray, skin: np.ndarray, mask: np.ndarray
) -> np.ndarray | None:
    """What is worn below the face as a mask, without skin; None where it is like the face."""
    chin = np.flatnonzero(face.any(axis=1))[-1] + 1
    below = mask & (np.arange(len(mask))[:, None] >= chin)
    distance = np.linalg.norm((lab - np.median(lab[face], axis=0)) * WEIGHTS, axis=2)
    if not below.any() or np.median(distance[below]) < ALIKE:
        return None
    bare = skin & (distance < ALIKE)
    if bare[_trunk(below)].mean() > MAX_BARE:
        return _large_parts(below)
    return _large_parts(below & ~bare)


def _trunk(below: np.ndarray) -> np.ndarray:
    """The upper third of what is below a head, without arms: its middle third."""
    rows, columns = (np.flatnonzero(below.any(axis=axis)) for axis in (1, 0))
    width, middle = np.ptp(columns) + 1, int(np.median(np.nonzero(below)[1]))
    trunk = np.zeros_like(below)
    third = slice(max(0, middle - width // 6), middle + width // 6 + 1)
    trunk[rows[0] : rows[0] + len(rows) // 3 + 1, third] = True
    return trunk & below


SMALL_PART = 0.1  # of the largest part's area: what is smaller is no garment


def _large_parts(mask: np.ndarray) -> np.ndarray:
    """The mask without threads and small parts."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _square(mask, 80))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    return ((areas > 0) & (areas >= SMALL_PART * areas.max()))[labels]


ASIDE = 0.2  # of the cloth's width: a face is no further from its middle


def _is_above(face: np.ndarray, cloth: np.ndarray) -> bool:
    """Whether the face is over the middle of the cloth."""
    columns = np.flatnonzero(cloth.any(axis=0))
    aside = np.nonzero(face)[1].mean() - np.median(np.nonzero(cloth)[1])
    return bool(abs(aside) < ASIDE * len(columns))


# The change of cloth

MIN_ROWS = 10  # in fewer nothing changes
MIN_PART = 0.2  # of the cloth's height: a smaller part is a hem or a collar
MIN_CHANGE = 12.0  # between the two colours, in CIE Lab
EXPLAINED = 0.4  # of the rows' distances from one colour: how much two colours must save


def cloth_changes(lab: np.ndarray, cloth: np.ndarray) -> int | None:
    """The row from which on other cloth is worn; None where it does not change.

    The rows' middle colours above it and below it are as close as can be to two colours (a change
    point by least absolute deviations).
    """
    rows = np.flatnonzero(cloth.any(axis=1))
    if len(rows) < MIN_ROWS:
        return None
    colours = np.array([np.median(lab[row][cloth[row]], axis=0) for row in rows])  # (n, 3)
    least = max(2, round(MIN_PART * len(rows)))
    cuts = range(least, len(rows) - least)
    losses = [_spread(colours[:cut]) + _spread(colours[cut:]) for cut in cuts]
    cut = cuts[int(np.argmin(losses))]
    change = np.median(colours[:cut], axis=0) - np.median(colours[cut:], axis=0)
    is_clear = min(losses) <= (1 - EXPLAINED) * _spread(colours)
    return int(rows[cut]) if is_clear and np.linalg.norm(change) >= MIN_CHANGE else None


def _spread(colours: np.ndarray) -> float:
    """The sum of the distances of colours, (n, 3), from their median."""
    return float(np.abs(colours - np.median(colours, axis=0)).sum())
