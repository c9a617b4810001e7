"""Bags, seen from the front: x = 0 in the middle, y = 0 where the body begins."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from fashion_core.synthetic.parts import (
    Shape,
    arc,
    band,
    between,
    both_sides,
    box,
    chance,
    ellipse,
    mirrored,
    some,
    through,
    trim_or_cloth,
)


@dataclass(frozen=True)
class _Body:
    """The measures of a bag's body."""

    width: float  # from the middle to one side, at the top
    height: float
    flare: float  # width at the bottom, in widths at the top


def bag(rng: Generator) -> list[Shape]:
    """A handbag, tote, backpack, shoulder bag or clutch."""
    return [_handbag, _handbag, _tote, _backpack, _shoulder_bag, _clutch][rng.integers(6)](rng)


def _outline(body: _Body, round_edge: float) -> np.ndarray:
    """The body's outline with its corners cut by `round_edge`."""
    width, height, low = body.width, body.height, body.width * body.flare
    r = min(round_edge, height * 0.45, width * 0.45)
    right = [
        (width - r, 0),
        (width, r * 0.6),
        (low, height - r),
        (low - r * 0.3, height - r * 0.3),
        (low - r, height),
    ]
    right = right if r > 0.01 else [(width, 0), (low, height)]
    return np.vstack([right, mirrored(right)])


def _handle(
    half: float, height: float, y: float = 0.0, thick: float = 0.04, square: bool = False
) -> np.ndarray:
    """An arch over the bag, `half` to each side of the middle, its ends at y."""
    angle = np.linspace(0, np.pi, 17)
    x, up = np.cos(angle), np.sin(angle) ** (0.5 if square else 1.0)
    return band(np.stack([half * x, y - height * up], axis=1), thick)


def _details(body: _Body, rng: Generator) -> list[Shape]:
    return some(
        body, rng, (0.35, _flap), (0.3, _zip), (0.25, _pocket), (0.25, _clasp), (0.2, _seams)
    )


def _flap(body: _Body, rng: Generator) -> list[Shape]:
    """Round, pointed or square, with or without a clasp."""
    width, deep = body.width, body.height * rng.uniform(0.3, 0.65)
    flaps = (
        arc((width, 0), (-width, 0), -deep, 13),
        [(width, 0), (0, deep), (-width, 0)],
        [(width, 0), (width, deep), (-width, deep), (-width, 0)],
    )
    flap = flaps[rng.integers(3)]
    if chance(rng, 0.5):
        clasp = box(-0.04, deep - 0.05, 0.04, deep + 0.06)
    else:
        clasp = ellipse(0, deep, 0.04, 0.04, count=10)
    shapes = [(flap, trim_or_cloth(rng))]
    return [*shapes, (clasp, "trim")] if chance(rng, 0.7) else shapes


def _zip(body: _Body, rng: Generator) -> list[Shape]:
    y = body.height * rng.uniform(0.06, 0.3)
    return [([(-body.width * 0.9, y), (body.width * 0.9, y)], "line")]


def _pocket(body: _Body, rng: Generator) -> list[Shape]:
    top, half = body.height * rng.uniform(0.4, 0.6), body.width * rng.uniform(0.4, 0.75)
    pocket = box(-half, top, half, body.height * rng.uniform(0.8, 0.94))
    return [(pocket, trim_or_cloth(rng))]


def _clasp(body: _Body, rng: Generator) -> list[Shape]:
    return [(ellipse(0, body.height * rng.uniform(0.02, 0.25), 0.05, 0.05, count=12), "trim")]


def _seams(body: _Body, rng: Generator) -> list[Shape]:
    x = body.width * rng.uniform(0.5, 0.8)
    return both_sides([(x, 0), (x * body.flare, body.height)], "line")


def _handbag(rng: Generator) -> list[Shape]:
    body = _Body(*between(rng, (0.38, 0.6), (0.5, 0.95), (0.9, 1.45)))
    half = body.width * rng.uniform(0.4, 0.9)
    high, thick = between(rng, (0.2, 0.65), (0.025, 0.09))
    square = chance(rng, 0.3)
    handles = [(_handle(half, high, 0.03, thick, square), "trim")]
    if chance(rng, 0.5):
        handles.insert(0, (_handle(half * 0.92, high * 0.85, 0.03, thick, square), "trim"))
    outline = _outline(body, rng.uniform(0, 0.25))
    return [*handles, (outline, "cloth"), *_details(body, rng)]


def _tote(rng: Generator) -> list[Shape]:
    body = _Body(*between(rng, (0.38, 0.55), (0.75, 1.15), (0.85, 1.1)))
    half = body.width * rng.uniform(0.4, 0.65)
    high, thick = between(rng, (0.4, 0.9), (0.02, 0.08))
    handle = _handle(half, high, 0.02, thick)
    back = [(handle + (0.05, 0.03), "trim")] if chance(rng, 0.6) else []
    cloth = [(_outline(body, rng.uniform(0, 0.08)), "cloth")]
    front = [(handle, "trim")]
    shapes = back + cloth + front if chance(rng, 0.5) else back + front + cloth
    if chance(rng, 0.3):
        size = rng.uniform(0.1, 0.22)
        shapes.append((ellipse(0, body.height * 0.55, size, size), "trim"))
    if chance(rng, 0.3):
        shapes += _details(body, rng)
    return shapes


def _shoulder_bag(rng: Generator) -> list[Shape]:
    body = _Body(*between(rng, (0.4, 0.65), (0.4, 0.8), (0.85, 1.2)))
    thick = rng.uniform(0.015, 0.06)
    half, high = body.width * rng.uniform(0.75, 1.02), rng.uniform(0.6, 1.5)
    strap = _handle(half, high, 0.06, thick, chance(rng, 0.25))
    outline = _outline(body, rng.uniform(0.02, 0.4))
    return [(strap, "trim"), (outline, "cloth"), *_details(body, rng)]


def _clutch(rng: Generator) -> list[Shape]:
    width, height = between(rng, (0.5, 0.75), (0.4, 0.75))
    outline = _outline(_Body(width, height, rng.uniform(0.92, 1.1)), rng.uniform(0, 0.25))
    shapes = [(outline, "cloth")]
    if chance(rng, 0.6):
        loop = _handle(rng.uniform(0.1, 0.25), rng.uniform(0.15, 0.5), 0.05, 0.035)
        shapes.insert(0, (loop, "trim"))
    return shapes + _details(_Body(width, height, 1.0), rng)


def _backpack(rng: Generator) -> list[Shape]:
    body = _Body(*between(rng, (0.36, 0.5), (0.85, 1.25), (0.95, 1.12)))
    width, height, low = body.width, body.height, body.width * body.flare
    top = through(
        [(width, 0.35), (width * 0.85, 0.08), (0, 0.0), (-width * 0.85, 0.08), (-width, 0.35)], 15
    )
    bottom = [(-low, height - 0.1), (-low + 0.08, height)]
    outline = np.vstack([top, bottom, mirrored(bottom)])
    loop = _handle(rng.uniform(0.08, 0.16), rng.uniform(0.1, 0.22), 0.03, 0.035)
    strap = through([(width * 0.8, 0.12), (width * 1.25, 0.45), (low, height * 0.85)], 10)
    strap = band(strap, rng.uniform(0.04, 0.09))
    straps = both_sides(strap, "trim") if chance(rng, 0.5) else []
    return [(loop, "trim"), *straps, (outline, "cloth"), *_backpack_front(body, top, rng)]


def _backpack_front(body: _Body, top: np.ndarray, rng: Generator) -> list[Shape]:
    """A zip, a flap below the rounded `top`, a pocket, or some of them."""
    width, height, shapes = body.width, body.height, []
    half, pocket_top = width * rng.uniform(0.55, 0.85), height * rng.uniform(0.48, 0.62)
    upper = arc((-half, pocket_top), (half, pocket_top), -0.06)
    pocket = np.vstack([upper, [(half, height * 0.93), (-half, height * 0.93)]])
    if chance(rng, 0.5):
        shapes.append((arc((-width * 0.8, 0.38), (width * 0.8, 0.38), -0.2), "line"))
    if chance(rng, 0.25):
        lower = arc((-width, 0.35), (width, 0.35), 0.12)[1:-1]
        shapes.append((np.vstack([top, lower]), "trim"))
    if chance(rng, 0.85):
        shapes.append((pocket, trim_or_cloth(rng)))
    return shapes
