"""What drawn garments and things are made of: areas, lines and the shapes to build them from.

All points are (x, y) with x to the right and y downwards. Functions that draw at random take a
generator, and the same generator state gives the same shapes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

# Kinds of areas: the main stuff, another stuff, and what is seen through an opening
AREAS = ("cloth", "trim", "inside")

Point = tuple[float, float] | np.ndarray  # (x, y)
Points = list[Point] | np.ndarray  # (n, 2)
# What a part is made from: its points and its kind
Shape = tuple[Points, str]


@dataclass(frozen=True)
class Part:
    """An area or a line of a garment or a thing.

    An area's outline is closed by itself. Units are a garment's own until `drawing` places the part
    on its canvas. Then they are pixels.
    """

    points: np.ndarray  # (n, 2) float64
    kind: str  # one of AREAS, or "line"


def as_parts(shapes: Iterable[Shape]) -> list[Part]:
    """The shapes as parts, in the same order."""
    return [Part(np.asarray(points, np.float64).reshape(-1, 2), kind) for points, kind in shapes]


# Choices


def chance(rng: Generator, share: float) -> bool:
    """True in this share of the cases, 0…1."""
    return rng.random() < share


def between(rng: Generator, *ranges: tuple[float, float]) -> list[float]:
    """One random number per (low, high)."""
    return [rng.uniform(low, high) for low, high in ranges]


def trim_or_cloth(rng: Generator) -> str:
    """The kind of a part that may be of the garment's own stuff."""
    return rng.choice(["trim", "cloth"])


def some(measures: object, rng: Generator, *choices: tuple[float, Callable]) -> list[Shape]:
    """The shapes of each (chance, function of measures and rng) that comes up."""
    return [shape for share, make in choices if chance(rng, share) for shape in make(measures, rng)]


# Shapes, each (n, 2) float64


def arc(start: Point, end: Point, sag: float, count: int = 9) -> np.ndarray:
    """A parabola from start to end, (count, 2).

    Its middle lies `sag` to the right of the way: below it, when it goes from left to right.
    """
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = np.linspace(0, 1, count)[:, None]
    way = end - start
    right = np.array([-way[1], way[0]]) / max(np.hypot(*way), 1e-9)
    return start + along * way + 4 * sag * along * (1 - along) * right


def ellipse(
    x: float,
    y: float,
    rx: float,
    ry: float,
    begin: float = 0.0,
    end: float = 2 * np.pi,
    count: int = 20,
) -> np.ndarray:
    """An ellipse around (x, y), or its part between two angles in radians: (count, 2)."""
    angle = np.linspace(begin, end, count)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """A rectangle: (4, 2)."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def mirrored(points: Points) -> np.ndarray:
    """The same points on the other side of x = 0, in reversed order."""
    return (np.asarray(points, float) * (-1, 1))[::-1]


def both_sides(points: Points, kind: str) -> list[Shape]:
    """The shape and its mirror image."""
    return [(points, kind), (mirrored(points), kind)]


def band(points: Points, width: float) -> np.ndarray:
    """A strip of that width along a polyline of n points, as a closed outline: (2n, 2)."""
    points = np.asarray(points, float)
    way = np.gradient(points, axis=0)
    normal = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return np.vstack([points + normal * width / 2, (points - normal * width / 2)[::-1]])


def through(points: Points, count: int = 24) -> np.ndarray:
    """A smooth curve through the points (Catmull and Rom, 1974): (count, 2)."""
    p = np.asarray(points, float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    place = np.linspace(0, len(p) - 3 - 1e-9, count)
    i, t = place.astype(int), (place % 1)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
