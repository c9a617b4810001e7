"""From fashion_core.garments."""

import numpy as np

from fashion_core.synthetic.parts import (
    arc,
    band,
    between,
    box,
    chance,
    ellipse,
    mirrored,
    some,
    through,
)

# Bags


def bag(rng):
    return [_handbag, _handbag, _tote, _backpack, _shoulder_bag, _clutch][rng.integers(6)](rng)


def _bag_body(width, height, flare, round_edge):
    """Half-width `width` at the top, times `flare` at the bottom; corners cut by `round_edge`."""
    low, r = width * flare, min(round_edge, height * 0.45, width * 0.45)
    right = [
        (width - r, 0),
        (width, r * 0.6),
        (low, height - r),
        (low - r * 0.3, height - r * 0.3),
        (low - r, height),
    ]
    right = right if r > 0.01 else [(width, 0), (low, height)]
    return np.vstack([right, mirrored(right)])


def _handle(half, height, y=0.0, thick=0.04, square=0.0):
    """An arch over the bag."""
    angle = np.linspace(0, np.pi, 17)
    x, up = np.cos(angle), np.sin(angle) ** (0.5 if square else 1.0)
    return band(np.stack([half * x, y - height * up], axis=1), thick)


def _bag_details(width, height, flare, rng):
    def flap():
        deep = height * rng.uniform(0.3, 0.65)
        shape = rng.integers(3)
        if shape == 0:
            low = arc((width, 0), (-width, 0), -deep, 13)
        elif shape == 1:
            low = np.array([(width, 0), (0, deep), (-width, 0)])
        else:
            low = np.array([(width, 0), (width, deep), (-width, deep), (-width, 0)])
        clasp = (
            box(-0.04, deep - 0.05, 0.04, deep + 0.06)
            if chance(rng, 0.5)
            else ellipse(0, deep, 0.04, 0.04, count=10)
        )
        return [(low, rng.choice(["trim", "cloth"]))] + (
            [(clasp, "trim")] if chance(rng, 0.7) else []
        )

    def zip_line():
        y = height * rng.uniform(0.06, 0.3)
        return [(np.array([(-width * 0.9, y), (width * 0.9, y)]), "line")]

    def pocket():
        top, half = height * rng.uniform(0.4, 0.6), width * rng.uniform(0.4, 0.75)
        return [
            (box(-half, top, half, height * rng.uniform(0.8, 0.94)), rng.choice(["trim", "cloth"]))
        ]

    def clasp():
        return [(ellipse(0, height * rng.uniform(0.02, 0.25), 0.05, 0.05, count=12), "trim")]

    def seams():
        x = width * rng.uniform(0.5, 0.8)
        line = np.array([(x, 0), (x * flare, height)])
        return [(line, "line"), (mirrored(line), "line")]

    return some(rng, (0.35, flap), (0.3, zip_line), (0.25, pocket), (0.25, clasp), (0.2, seams))


def _handbag(rng):
    width, height, flare = between(rng, (0.38, 0.6), (0.5, 0.95), (0.9, 1.45))
    parts = []
    half, high, thick = (
        width * rng.uniform(0.4, 0.9),
        rng.uniform(0.2, 0.65),
        rng.uniform(0.025, 0.09),
    )
    square = chance(rng, 0.3)
    if chance(rng, 0.5):
        parts.append((_handle(half * 0.92, high * 0.85, 0.03, thick, square), "trim"))
    parts.append((_handle(half, high, 0.03, thick, square), "trim"))
    body = _bag_body(width, height, flare, rng.uniform(0, 0.25))
    return [*parts, (body, "cloth"), *_bag_details(width, height, flare, rng)]


def _tote(rng):
    width, height, flare = between(rng, (0.38, 0.55), (0.75, 1.15), (0.85, 1.1))
    half, high, thick = (
        width * rng.uniform(0.4, 0.65),
        rng.uniform(0.4, 0.9),
        rng.uniform(0.02, 0.08),
    )
    handle = _handle(half, high, 0.02, thick)
    back = [(handle + (0.05, 0.03), "trim")] if chance(rng, 0.6) else []
    body = [(_bag_body(width, height, flare, rng.uniform(0, 0.08)), "cloth")]
    front = [(handle, "trim")]
    parts = back + body + front if chance(rng, 0.5) else back + front + body
    if chance(rng, 0.3):
        size = rng.uniform(0.1, 0.22)
        parts.append((ellipse(0, height * 0.55, size, size), "trim"))
    return parts + (_bag_details(width, height, flare, rng) if chance(rng, 0.3) else [])


def _shoulder_bag(rng):
    width, height, flare = between(rng, (0.4, 0.65), (0.4, 0.8), (0.85, 1.2))
    thick = rng.uniform(0.015, 0.06)
    strap = _handle(
        width * rng.uniform(0.75, 1.02), rng.uniform(0.6, 1.5), 0.06, thick, chance(rng, 0.25)
    )
    body = _bag_body(width, height, flare, rng.uniform(0.02, 0.4))
    return [(strap, "trim"), (body, "cloth"), *_bag_details(width, height, flare, rng)]


def _clutch(rng):
    width, height = rng.uniform(0.5, 0.75), rng.uniform(0.4, 0.75)
    body = [(_bag_body(width, height, rng.uniform(0.92, 1.1), rng.uniform(0, 0.25)), "cloth")]
    loop = (
        [(_handle(rng.uniform(0.1, 0.25), rng.uniform(0.15, 0.5), 0.05, 0.035), "trim")]
        if chance(rng, 0.6)
        else []
    )
    return loop + body + _bag_details(width, height, 1.0, rng)


def _backpack(rng):
    width, height = rng.uniform(0.36, 0.5), rng.uniform(0.85, 1.25)
    top = through(
        [(width, 0.35), (width * 0.85, 0.08), (0, 0.0), (-width * 0.85, 0.08), (-width, 0.35)], 15
    )
    low = width * rng.uniform(0.95, 1.12)
    body = np.vstack(
        [
            top,
            [
                (-low, height - 0.1),
                (-low + 0.08, height),
                (low - 0.08, height),
                (low, height - 0.1),
            ],
        ]
    )
    loop = (_handle(rng.uniform(0.08, 0.16), rng.uniform(0.1, 0.22), 0.03, 0.035), "trim")
    strap = band(
        through([(width * 0.8, 0.12), (width * 1.25, 0.45), (low, height * 0.85)], 10),
        rng.uniform(0.04, 0.09),
    )
    straps = [(strap, "trim"), (mirrored(strap), "trim")] if chance(rng, 0.5) else []
    half, pocket_top = width * rng.uniform(0.55, 0.85), height * rng.uniform(0.48, 0.62)
    pocket = np.vstack(
        [
            arc((-half, pocket_top), (half, pocket_top), -0.06),
            [(half, height * 0.93), (-half, height * 0.93)],
        ]
    )
    zips = (
        [(arc((-width * 0.8, 0.38), (width * 0.8, 0.38), -0.2), "line")] if chance(rng, 0.5) else []
    )
    flap = (
        [(np.vstack([top, arc((-width, 0.35), (width, 0.35), 0.12)[1:-1]]), "trim")]
        if chance(rng, 0.25)
        else []
    )
    pockets = [(pocket, rng.choice(["trim", "cloth"]))] if chance(rng, 0.85) else []
    return [loop, *straps, (body, "cloth"), *zips, *flap, *pockets]
