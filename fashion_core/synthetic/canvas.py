"""From fashion_core.sketches."""

import cv2
import numpy as np

from fashion_core.metadata import IMAGE_SIZE
from fashion_core.pictures.garment import fit

EDGE = 4 * IMAGE_SIZE  # pictures are drawn at this size and shrunk like a visitor's
MARGIN = 10  # pixels around a drawing
SHIFT = 3  # OpenCV takes coordinates in 1/8 pixels

TOPS, TROUSER, DRESS, SHOES, BAG = (0, 2, 4, 6), 1, 3, (5, 7, 9), 8
# A coat's or a shirt's bare outline is a pullover's; drawn so, they would teach a wrong name
TOLD_BY_DETAILS = (4, 6)


def sub_pixels(points):
    return np.rint(points * (1 << SHIFT)).astype(np.int32)


def enlarged(image):
    """(28, 28) → (EDGE, EDGE) uint8, smoothly, with a margin all around."""
    edge = EDGE - 2 * MARGIN
    big = cv2.resize(image, (edge, edge), interpolation=cv2.INTER_CUBIC)
    return cv2.copyMakeBorder(big, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=0)


def closed(mask):
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))


def fitted(canvas, rng):
    """Cropped to what can be seen, now and then not quite, and fitted as every picture is: (28, 28)
    uint8.
    """
    seen = (canvas > 0.08 * canvas.max()).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(seen)
    if not width:
        return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    if rng.random() < 0.3:
        off = np.rint(rng.normal(0, 0.035, 4) * max(width, height)).astype(int)
        left, top = (min(max(0, edge), EDGE - 1) for edge in (left + off[0], top + off[1]))
        width, height = max(8, width + off[2]), max(8, height + off[3])
    return fit(np.ascontiguousarray(canvas[top : top + height, left : left + width]))
