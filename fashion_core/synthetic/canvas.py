"""What drawings, photos and outliers share: the canvas they are made on, and its last step.

Coordinates on the canvas are pixels, 0…EDGE, as (x, y).
"""

import cv2
import numpy as np
from numpy.random import Generator

from fashion_core.metadata import IMAGE_SIZE
from fashion_core.pictures.garment import fit, stands_out

EDGE = 4 * IMAGE_SIZE  # pictures are drawn at this size and shrunk as a visitor's are
MARGIN = 10  # pixels around what is drawn
SHIFT = 3  # OpenCV takes whole numbers of 1/8 pixels


def sub_pixels(points: np.ndarray) -> np.ndarray:
    """Points (n, 2) float64 as OpenCV draws them with `SHIFT`: (n, 2) int32."""
    return np.rint(points * (1 << SHIFT)).astype(np.int32)


def fill(canvas: np.ndarray, areas: list[np.ndarray], value: float) -> None:
    """Fill outlines, (n, 2) each, on a canvas (EDGE, EDGE). Outlines within outlines are holes."""
    cv2.fillPoly(canvas, [sub_pixels(area) for area in areas], value, cv2.LINE_AA, SHIFT)


def draw_lines(
    canvas: np.ndarray, lines: list[np.ndarray], closed: bool, value: float, width: int = 1
) -> None:
    """Draw polylines, (n, 2) each, of one width in pixels on a canvas (EDGE, EDGE)."""
    lines = [sub_pixels(line) for line in lines]
    cv2.polylines(canvas, lines, closed, value, width, cv2.LINE_AA, SHIFT)


def enlarged(image: np.ndarray) -> np.ndarray:
    """(28, 28) → (EDGE, EDGE) uint8, smoothly, with a margin all around."""
    edge = EDGE - 2 * MARGIN
    big = cv2.resize(image, (edge, edge), interpolation=cv2.INTER_CUBIC)
    return cv2.copyMakeBorder(big, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=0)


def fitted(canvas: np.ndarray, rng: Generator) -> np.ndarray:
    """The canvas, (EDGE, EDGE) uint8, cropped and fitted as every picture is: (28, 28) uint8.

    Now and then the crop is not quite right, as with a visitor's picture.
    """
    left, top, width, height = cv2.boundingRect(stands_out(canvas).astype(np.uint8))
    if not width:
        return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    if rng.random() < 0.3:
        off = np.rint(rng.normal(0, 0.035, 4) * max(width, height)).astype(int)
        left, top = (min(max(0, edge), EDGE - 1) for edge in (left + off[0], top + off[1]))
        width, height = max(8, width + off[2]), max(8, height + off[3])
    return fit(np.ascontiguousarray(canvas[top : top + height, left : left + width]))
