"""Several pieces in one picture: where each of them is, as crops that a visitor can choose."""

import cv2
import numpy as np

from fashion_core.pictures.prepare import Prepared

Crop = tuple[float, float, float, float]  # left, top, right, bottom as fractions, see Correction

FOUND_STEP = "Light on dark"  # the step of `prepare` that shows the object alone
PAIR_STEP = "One of a pair"  # the step that has taken one of two shoes
GAP = 0.06  # of the longer edge: what is closer belongs together, as straps and soles do
ALIKE = 0.3  # of the largest piece's box: what is smaller is a part or a trifle
MARGIN = 0.03  # of the picture's width and height, left around a crop
MOST = 4  # pieces that are offered; more is a pattern


def pieces_in(prepared: Prepared) -> tuple[Crop, ...]:
    """The pieces that lie apart in a prepared picture, from left to right; none if it is one.

    None either if it is a pair of shoes of which `prepare` took one. The crops are fractions of
    what was prepared, the whole picture if it was not cropped before.
    """
    steps = {step.name: step.picture for step in prepared.steps}
    if prepared.blank or FOUND_STEP not in steps or PAIR_STEP in steps:
        return ()
    mask = steps[FOUND_STEP] > 0  # (H, W) bool
    boxes = _apart(_boxes(mask))
    largest = max(map(_area, boxes), default=0)
    pieces = sorted(box for box in boxes if _area(box) >= ALIKE * largest)
    if not 2 <= len(pieces) <= MOST:
        return ()
    height, width = mask.shape
    return tuple(_with_margin(box, width, height) for box in pieces)


def _boxes(mask: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom in pixels of what hangs together, gaps below GAP closed."""
    kernel = np.ones((max(1, round(GAP * max(mask.shape))),) * 2, np.uint8)
    joined = cv2.dilate(mask.astype(np.uint8), kernel)
    count, labels = cv2.connectedComponents(joined)
    labels[~mask] = 0
    boxes = []
    for label in range(1, count):
        rows, columns = np.nonzero(labels == label)
        if len(rows):
            box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            boxes.append(tuple(map(int, box)))
    return boxes


def _apart(boxes: list) -> list[tuple[int, int, int, int]]:
    """The boxes with those that overlap made one: a button lies within its shirt."""
    merged = []
    for box in boxes:
        for other in [other for other in merged if _overlap(box, other)]:
            merged.remove(other)
            box = (*map(min, box[:2], other[:2]), *map(max, box[2:], other[2:]))
        merged.append(box)
    return merged if len(merged) == len(boxes) else _apart(merged)


def _overlap(a: tuple, b: tuple) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _area(box: tuple) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _with_margin(box: tuple, width: int, height: int) -> Crop:
    left, top, right, bottom = box
    return (
        max(0.0, left / width - MARGIN),
        max(0.0, top / height - MARGIN),
        min(1.0, right / width + MARGIN),
        min(1.0, bottom / height + MARGIN),
    )
