"""Drawings that come as strokes, drawn as the app's canvas would hold them."""

import cv2
import numpy as np
from PIL import Image

Strokes = list[np.ndarray]  # the lines of a drawing: (n, 2) float32 each, x to the right, y down

# The canvas of the app, the margin that people leave, the medium brush
CANVAS_EDGE, CANVAS_MARGIN, PEN_WIDTH = 280, 20, 9
SUB_PIXEL_BITS = 3  # OpenCV takes coordinates in 1/8 pixels


def draw_strokes(strokes: Strokes) -> Image.Image:
    """A drawing, black on white, 280 × 280, grey.

    strokes: x and y in any unit, at least one point in all.
    """
    points = np.concatenate(strokes)  # (P, 2)
    low, size = points.min(axis=0), np.ptp(points, axis=0)  # (2,) each
    scale = (CANVAS_EDGE - 2 * CANVAS_MARGIN) / max(size.max(), 1e-6)
    corner = (CANVAS_EDGE - size * scale) / 2
    placed = [((line - low) * scale + corner) * 2**SUB_PIXEL_BITS for line in strokes]
    # The last point twice, or a single point would not be drawn
    whole = [np.rint([*line, line[-1]]).astype(np.int32) for line in placed]
    canvas = np.full((CANVAS_EDGE, CANVAS_EDGE), 255, np.uint8)
    cv2.polylines(canvas, whole, False, 0, PEN_WIDTH, cv2.LINE_AA, SUB_PIXEL_BITS)
    return Image.fromarray(canvas)
