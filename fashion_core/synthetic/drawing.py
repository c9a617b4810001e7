"""Drawings: the outline of an image, or a garment as a line drawing, an icon or a shaded picture.

Parts and contours are lists of points on the canvas, (n, 2) float64 in pixels, masks (EDGE, EDGE)
uint8 of 0 and 1, canvases (EDGE, EDGE) uint8 with background 0 unless said otherwise.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from fashion_core.synthetic.canvas import (
    EDGE,
    MARGIN,
    SHIFT,
    draw_lines,
    enlarged,
    fill,
    fitted,
    sub_pixels,
)
from fashion_core.synthetic.garments import garment
from fashion_core.synthetic.parts import AREAS, Part
from fashion_core.synthetic.photos import photo_of

# A coat's or a shirt's bare outline is a pullover's: drawn so, they would teach a wrong class
TOLD_BY_DETAILS = (4, 6)


def outline(image: np.ndarray, label: int, rng: Generator) -> np.ndarray:
    """A drawing of an image's contours, and of some edges inside: (28, 28) uint8 in and out."""
    big = cv2.GaussianBlur(enlarged(image), (0, 0), rng.uniform(1.0, 2.6))
    mask = (big > rng.uniform(18, 70)).astype(np.uint8)
    move = _movement(rng)
    canvas = np.zeros((EDGE, EDGE), np.uint8)
    pen = Pen(rng)
    edges = _contours(mask, 12)
    manner = rng.random()
    if manner < 0.22:  # coloured in, as a silhouette or with its inner edges
        fill(canvas, [move(edge) for edge in edges], int(rng.integers(60, 256)))
        pen.ink = 255 if rng.random() < 0.5 else 0
    if label in TOLD_BY_DETAILS or rng.random() < 0.65:
        for edge in _inner_edges(big, mask, rng):
            pen.stroke(canvas, move(edge), closed=False, thin=True)
    for edge in edges:
        pen.stroke(canvas, move(edge), closed=True)
    if manner > 0.93:
        _hatch(canvas, mask, pen, rng)
    return fitted(canvas, rng)


def draw(_image: np.ndarray, label: int, rng: Generator) -> np.ndarray:
    """A garment of the class `label` drawn from nothing: (28, 28) uint8."""
    return drawing_of(garment(label, rng), label, rng)


def drawing_of(parts: list[Part], label: int, rng: Generator) -> np.ndarray:
    """The parts as a line drawing, in flat colours or shaded: (28, 28) uint8."""
    parts = _placed(parts, rng)
    manner = rng.random()
    if manner < 0.58:
        return fitted(_line_drawing(parts, label, rng), rng)
    if manner < 0.8:
        return fitted(_flat_colours(parts, rng), rng)
    canvas, mask = _shaded(parts, rng)
    return photo_of(canvas, mask, label, rng)


# Lines


class Pen:
    """How somebody draws all strokes of a picture: how thick, how shaky, how carefully closed."""

    def __init__(self, rng: Generator) -> None:
        self.rng = rng
        self.ink = 255
        self.width = max(1, round(EDGE * np.exp(rng.uniform(np.log(0.006), np.log(0.085)))))
        self.thin_width = max(1, round(self.width * rng.uniform(0.4, 1.0)))
        self.shake = rng.uniform(0, 1.6) * (rng.random() < 0.7)
        self.gaps = rng.random() < 0.25
        self.twice = rng.random() < 0.08

    def stroke(
        self, canvas: np.ndarray, points: np.ndarray, closed: bool, thin: bool = False
    ) -> None:
        """Draw (n, 2) points; `closed` joins the end to the start, if the pen is careful."""
        if len(points) < 2:
            return
        points = np.vstack([points, points[:1]]) if closed else points
        for _ in range(1 + self.twice):
            shaky = self._shaken(points)
            pieces = self._pieces(shaky) if self.gaps and len(shaky) > 12 else [shaky]
            draw_lines(canvas, pieces, False, self.ink, self.thin_width if thin else self.width)

    def _shaken(self, points: np.ndarray) -> np.ndarray:
        """The stroke as a hand draws it: (m, 2)."""
        if not (self.shake or self.gaps):
            return points
        length = np.abs(np.diff(points, axis=0)).sum()
        if length < 14:  # a button, a lace
            return points
        points = _even_points(points, 5.0)
        if not self.shake:
            return points
        along = np.linspace(0, len(points) * 5.0 / EDGE * 2 * np.pi, len(points))[:, None]
        waves = self.rng.uniform(0.5, 4, (3, 1, 2))
        phases = self.rng.uniform(0, 2 * np.pi, (3, 1, 2))
        return points + self.shake * np.sin(waves * along + phases).mean(axis=0) * 1.7

    def _pieces(self, points: np.ndarray) -> list[np.ndarray]:
        """The stroke without one to three short stretches."""
        keep = np.ones(len(points), bool)
        for start in self.rng.integers(0, len(points), self.rng.integers(1, 4)):
            keep[start : start + max(1, round(len(points) * self.rng.uniform(0.02, 0.1)))] = False
        runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(keep)) + 1)
        return [points[run] for run in runs if keep[run[0]] and len(run) > 1]


def _even_points(points: np.ndarray, distance: float) -> np.ndarray:
    """The same polyline with points about `distance` pixels apart: (m, 2)."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    count = max(3, round(along[-1] / distance) + 1)
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)


def _line_drawing(parts: list[Part], label: int, rng: Generator) -> np.ndarray:
    """Ink on nothing: (EDGE, EDGE) uint8."""
    canvas, pen = np.zeros((EDGE, EDGE), np.uint8), Pen(rng)
    see_through, merged = rng.random() < 0.15, rng.random() < 0.4
    if label not in TOLD_BY_DETAILS and rng.random() < 0.25:
        parts = _bare(parts)
    if merged:
        _draw_merged_outline(canvas, [part for part in parts if part.kind == "cloth"], pen)
        parts = [part for part in parts if part.kind != "cloth"]
    solid_trim = rng.random() < 0.12
    for part in parts:
        is_area, is_cloth = part.kind in AREAS, part.kind == "cloth"
        inked = solid_trim and not is_cloth
        if is_area and (inked or not see_through):
            fill(canvas, [part.points], pen.ink if inked else 0)
        thin = not is_area or not (is_cloth or _is_large(part))
        pen.stroke(canvas, part.points, closed=is_area, thin=thin)
    if rng.random() < 0.08:
        _hatch(canvas, _mask_of(parts), pen, rng)
    return canvas


def _bare(parts: list[Part]) -> list[Part]:
    """Without lines, openings and small details."""
    return [
        part for part in parts if part.kind == "cloth" or (part.kind == "trim" and _is_large(part))
    ]


def _draw_merged_outline(canvas: np.ndarray, parts: list[Part], pen: Pen) -> None:
    """Draw the outline around several overlapping areas, without the seams between them."""
    for edge in _contours(_mask_of(parts), 8):
        smooth = cv2.approxPolyDP(edge.astype(np.float32), 0.7, True)  # (m, 1, 2)
        pen.stroke(canvas, smooth[:, 0], closed=True)


def _is_large(part: Part) -> bool:
    return np.ptp(part.points, axis=0).max() > EDGE * 0.3


def _mask_of(parts: list[Part]) -> np.ndarray:
    """Where the areas are: (EDGE, EDGE) uint8 of 0 and 1."""
    mask = np.zeros((EDGE, EDGE), np.uint8)
    for part in parts:
        if part.kind in AREAS:
            cv2.fillPoly(mask, [sub_pixels(part.points)], 1, cv2.LINE_8, SHIFT)
    return mask


def _hatch(canvas: np.ndarray, mask: np.ndarray, pen: Pen, rng: Generator) -> None:
    """Draw parallel lines all over the mask."""
    gap, lean = rng.uniform(4, 12), rng.uniform(-1.2, 1.2)
    layer = np.zeros_like(canvas)
    pen.ink = 255
    for start in np.arange(-EDGE * abs(lean), EDGE * (1 + abs(lean)), gap):
        line = np.array([(start, 0.0), (start + lean * EDGE, EDGE)])
        pen.stroke(layer, line, closed=False, thin=True)
    np.maximum(canvas, layer * mask, out=canvas)


def _contours(mask: np.ndarray, shortest: int) -> list[np.ndarray]:
    """Outlines of a mask and of its holes, (n, 2) float64 each, n at least `shortest`."""
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [edge[:, 0].astype(np.float64) for edge in found if len(edge) >= shortest]


def _inner_edges(big: np.ndarray, mask: np.ndarray, rng: Generator) -> list[np.ndarray]:
    """Where the brightness of an image, (EDGE, EDGE) uint8, changes inside the mask: contours."""
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8))
    if rng.random() < 0.5:
        high = rng.uniform(60, 220)
        edges = cv2.Canny(cv2.convertScaleAbs(big), high * 0.5, high) & (inside * 255)
    else:
        values = big[inside > 0]
        level = np.quantile(values, rng.uniform(0.15, 0.85)) if len(values) else 128
        lighter = (big > level).astype(np.uint8)
        edges = cv2.morphologyEx(lighter, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) & inside
    return _contours((edges > 0).astype(np.uint8), int(rng.integers(10, 30)))


# Areas


def _flat_colours(parts: list[Part], rng: Generator) -> np.ndarray:
    """An icon: areas of one brightness each, with or without an outline; (EDGE, EDGE) uint8."""
    canvas, pen = np.zeros((EDGE, EDGE), np.uint8), Pen(rng)
    silhouette = rng.random() < 0.35
    cloth = int(rng.integers(40, 256))
    trim = cloth if silhouette else int(rng.integers(0, 256))
    shades = {"cloth": cloth, "trim": trim, "inside": int(rng.integers(0, 256))}
    outlined = not silhouette and rng.random() < 0.6
    drop_lines = silhouette and rng.random() < 0.6
    pen.ink = 0 if silhouette else int(rng.choice([255, 255, 0, rng.integers(0, 256)]))
    if outlined and pen.ink < 40:
        pen.ink = 255
    for part in parts:
        if part.kind in AREAS:
            fill(canvas, [part.points], shades[part.kind])
            if outlined or (silhouette and not drop_lines and part.kind != "cloth"):
                pen.stroke(canvas, part.points, closed=True, thin=silhouette)
        elif not drop_lines:
            pen.stroke(canvas, part.points, closed=False, thin=True)
    return canvas


def _shaded(parts: list[Part], rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """A garment as a photo shows it: a canvas, (EDGE, EDGE) float32 in 0…255, and its mask."""
    canvas = np.zeros((EDGE, EDGE), np.uint8)
    cloth = int(rng.integers(30, 250))
    contrast = rng.uniform(0, 90)
    shades = {kind: int(np.clip(cloth + rng.normal(0, contrast), 12, 255)) for kind in AREAS}
    shades["cloth"] = cloth
    seam = int(np.clip(cloth + rng.choice([-1, 1]) * rng.uniform(10, 70), 5, 255))
    for part in parts:
        is_area = part.kind in AREAS
        if is_area:
            fill(canvas, [part.points], shades[part.kind])
        if not is_area or rng.random() < 0.7:
            draw_lines(canvas, [part.points], is_area, seam)
    soft = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.6, 1.8))
    return soft.astype(np.float32), _mask_of(parts)


# Places and movements


def _placed(parts: list[Part], rng: Generator) -> list[Part]:
    """The parts turned, bent and scaled into the canvas, their points in pixels."""
    pieces = placed_lines([part.points for part in parts], rng)
    return [Part(piece, part.kind) for piece, part in zip(pieces, parts, strict=True)]


def placed_lines(lines: list[np.ndarray], rng: Generator) -> list[np.ndarray]:
    """Lines of points (n, 2), in any unit, turned, bent and scaled into the canvas: in pixels."""
    points = np.vstack(lines)  # (n, 2)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = max(np.ptp(points, axis=0).max(), 1e-6)
    move = _movement(rng)
    moved = move((points - middle) * ((EDGE - 2 * MARGIN) / size) + EDGE / 2)
    corner, extent = moved.min(axis=0), np.ptp(moved, axis=0)
    scale = (EDGE - 2 * MARGIN) / max(extent.max(), 1e-6)
    moved = (moved - corner - extent / 2) * scale + EDGE / 2
    return np.split(moved, np.cumsum([len(line) for line in lines])[:-1])


def _movement(rng: Generator) -> Callable[[np.ndarray], np.ndarray]:
    """A random map of points (n, 2) on the canvas: mirrored, turned, stretched, sheared, bent."""
    turn = rng.normal(0, 0.1) if rng.random() < 0.85 else rng.uniform(-0.7, 0.7)
    stretch = np.diag(np.exp(rng.normal(0, 0.1, 2)) * (rng.choice([-1, 1]), 1))
    shear = np.array([[1, rng.normal(0, 0.06)], [rng.normal(0, 0.04), 1]])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ shear @ stretch
    waves, phases = rng.uniform(1, 5, (2, 2)), rng.uniform(0, 2 * np.pi, (2, 2))
    bend = rng.uniform(0, 2.4)

    def move(points: np.ndarray) -> np.ndarray:
        centred = (points - EDGE / 2) @ matrix.T
        angle = centred / EDGE * waves[0] * 2 + phases[0]
        return centred + bend * np.sin(angle[:, ::-1]) + EDGE / 2

    return move
