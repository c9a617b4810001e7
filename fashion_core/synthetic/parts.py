"""From fashion_core.garments."""

from dataclasses import dataclass

import numpy as np

# Closed: the garment's main stuff; another stuff; what is seen through an opening
AREAS = ("cloth", "trim", "inside")


@dataclass(frozen=True)
class Part:
    """An area or a line: points (n, 2) float64 (x, y), and one of "cloth", "trim", "inside" or
    "line".
    """

    points: np.ndarray
    kind: str


# Shapes that everything is made of


def chance(rng, share):
    return rng.random() < share


def between(rng, *ranges):
    """One random number per (low, high)."""
    return [rng.uniform(low, high) for low, high in ranges]


def arc(start, end, sag, count=9):
    """A parabola from start to end whose middle lies `sag` to the right of the way (below it, from
    left to right).
    """
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = np.linspace(0, 1, count)[:, None]
    way = end - start
    right = np.array([-way[1], way[0]]) / max(np.hypot(*way), 1e-9)
    return start + along * way + 4 * sag * along * (1 - along) * right


def ellipse(x, y, rx, ry, begin=0.0, end=2 * np.pi, count=20):
    angle = np.linspace(begin, end, count)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def box(left, top, right, bottom):
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def mirrored(points):
    """The same points on the other side of x = 0, in reversed order."""
    return (np.asarray(points, float) * (-1, 1))[::-1]


def band(points, width):
    """A strip of that width along a polyline, as a closed outline."""
    points = np.asarray(points, float)
    way = np.gradient(points, axis=0)
    normal = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return np.vstack([points + normal * width / 2, (points - normal * width / 2)[::-1]])


def through(points, count=24):
    """A smooth curve through the points (Catmull and Rom, 1974)."""
    p = np.asarray(points, float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    place = np.linspace(0, len(p) - 3 - 1e-9, count)
    i, t = place.astype(int), (place % 1)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def some(rng, *choices):
    """The parts of each (chance, function) that comes up."""
    return [part for share, make in choices if chance(rng, share) for part in make()]
