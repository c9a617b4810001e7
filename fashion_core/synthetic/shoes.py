"""Sneakers, ankle boots and sandals.

From the side the toe is at x = 0, the heel at x = 1 and the floor at y = 0, so y is negative above
it. Sandals are also seen from above.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from fashion_core.synthetic.parts import (
    Shape,
    arc,
    band,
    between,
    box,
    chance,
    ellipse,
    some,
    through,
    trim_or_cloth,
)


def _footbed(rise: float, toe_spring: float) -> np.ndarray:
    """The foot's underside from toe to heel, on a heel of height `rise`: (15, 2)."""
    x = np.linspace(0.0, 1.0, 15)
    climb = np.clip((x - 0.32) / 0.5, 0, 1)
    y = rise * climb * climb * (3 - 2 * climb) + toe_spring * np.clip(1 - x / 0.22, 0, 1) ** 2
    return np.stack([x, -y], axis=1)


def _sole(
    rng: Generator, rise: float, thick: float, toe_spring: float
) -> tuple[list[Shape], np.ndarray]:
    """The sole, flat or on a heel, and the foot's underside, (15, 2)."""
    bed = _footbed(rise, toe_spring)
    if rise < 0.04:
        under = bed + (0, thick)
        under[:, 0] += np.linspace(-0.015, 0.015, len(bed))
        return [(np.vstack([bed, under[::-1]]), "trim")], bed
    kind = rng.choice(["wedge", "block", "thin"], p=[0.3, 0.45, 0.25])
    if kind == "wedge":
        under = np.stack([bed[:, 0], np.full(len(bed), thick)], axis=1)
        under[0, 1] = (under[0, 1] + bed[0, 1]) / 2
        return [(np.vstack([bed, under[::-1]]), "trim")], bed
    plate = np.vstack([bed, (bed + (0, max(thick * 0.6, 0.02)))[::-1]])
    wide = rng.uniform(0.14, 0.28) if kind == "block" else rng.uniform(0.03, 0.08)
    foot = wide * rng.uniform(0.7, 1.1)
    heel = [(1 - wide * 1.4, -rise), (1.0, -rise), (0.985, thick), (0.985 - foot, thick)]
    return [(heel, "trim"), (plate, "trim")], bed


def _as_worn(make: Callable, rng: Generator) -> list[Shape]:
    """One shoe, or a second one beside or behind it."""
    front = make(rng)
    if not chance(rng, 0.14):
        return front
    shift = np.array((rng.uniform(-0.35, 0.35), rng.uniform(-0.45, -0.12)))
    back = front if chance(rng, 0.7) else make(rng)
    return [(np.asarray(points) + shift, kind) for points, kind in back] + front


# Sneakers


@dataclass(frozen=True)
class _LowShoe:
    """The measures of a shoe that ends below the ankle."""

    bed: np.ndarray  # (15, 2), the foot's underside
    thick: float  # of the sole
    heel: float  # height of the back
    dip: float  # height where the ankle is
    toe: float  # height of the toe cap
    throat: tuple[float, float]  # where the laces begin
    tongue: tuple[float, float]  # where they end


def sneaker(rng: Generator) -> list[Shape]:
    """A low shoe from the side, or a pair."""
    return _as_worn(_low_shoe, rng)


def _low_shoe(rng: Generator) -> list[Shape]:
    rise = 0.0 if chance(rng, 0.9) else rng.uniform(0.04, 0.12)
    thick, spring = rng.uniform(0.03, 0.15), rng.uniform(0.0, 0.06)
    sole, bed = _sole(rng, rise, thick, spring)
    heel, dip, tongue = between(rng, (0.27, 0.44), (0.2, 0.32), (0.3, 0.46))
    toe, throat, instep = between(rng, (0.11, 0.22), (0.28, 0.42), (0.54, 0.64))
    shoe = _LowShoe(bed, thick, heel, dip, toe, (throat, -toe * 1.35), (instep, -tongue))
    top = [
        (1.0 + rng.uniform(-0.02, 0.02), -rise - 0.03),
        (0.99, -heel * 0.6),
        (0.97, -heel),
        (0.8, -dip),
        (0.66, -dip * rng.uniform(0.95, 1.1)),
        shoe.tongue,
    ]
    front = [shoe.tongue, shoe.throat, (0.14, -toe), (0.01, -toe * 0.55), (0.0, bed[0, 1])]
    upper = [(np.vstack([bed, through(top, 16), through(front, 14)[1:]]), "cloth")]
    shapes = sole + upper if chance(rng, 0.5) else upper + sole
    return shapes + some(
        shoe,
        rng,
        (0.7, _shoe_laces),
        (0.5, _toe_cap),
        (0.45, _side_mark),
        (0.35, _heel_cap),
        (0.3, _side_seam),
        (0.25, _sole_line),
    )


def _shoe_laces(shoe: _LowShoe, rng: Generator) -> list[Shape]:
    return _laces(np.array(shoe.throat), np.array(shoe.tongue), rng)


def _laces(start: np.ndarray, end: np.ndarray, rng: Generator) -> list[Shape]:
    """Short strokes across the instep, crossed or not, and now and then a bow."""
    count, length = int(rng.integers(3, 7)), rng.uniform(0.06, 0.14)
    lines = []
    for share in np.linspace(0.05, 0.92, count):
        place = start + share * (end - start)
        lean = rng.uniform(-0.03, 0.06)
        lines.append([place + (-0.01, -0.015), place + (length * 0.6 + lean, length)])
        if chance(rng, 0.3):
            lines.append([place + (length * 0.6, 0), place + (0, length * 0.8)])
    if chance(rng, 0.2):
        lines += [ellipse(end[0] + dx, end[1] + 0.02, 0.06, 0.03, count=10) for dx in (-0.05, 0.05)]
    return [(line, "line") for line in lines]


def _toe_cap(shoe: _LowShoe, rng: Generator) -> list[Shape]:
    throat = shoe.throat[0]
    start, end = (throat * 0.75, -shoe.toe * 1.15), (throat * 0.7, shoe.bed[3, 1])
    return [(arc(start, end, rng.uniform(-0.08, 0.1)), "line")]


def _side_mark(shoe: _LowShoe, rng: Generator) -> list[Shape]:
    """Stripes, a curved mark or a disc on the shoe's side."""
    height, kind = shoe.dip, rng.integers(3)
    if kind == 0:
        places = 0.45 + 0.07 * np.arange(rng.integers(2, 5))
        return [([(x, -0.03), (x + 0.06, -height * 0.8)], "line") for x in places]
    if kind == 1:
        mark = [(0.82, -height * 0.8), (0.55, -0.08), (0.42, -0.09), (0.46, -height * 0.7)]
        return [(through(mark, 12), "line")]
    return [(ellipse(rng.uniform(0.6, 0.75), -height * 0.5, 0.06, 0.06, count=12), "trim")]


def _heel_cap(shoe: _LowShoe, rng: Generator) -> list[Shape]:
    return [(arc((0.97, -shoe.heel * 0.9), (0.84, -0.02), rng.uniform(-0.05, 0.08)), "line")]


def _side_seam(shoe: _LowShoe, _rng: Generator) -> list[Shape]:
    return [(arc(shoe.throat, (0.62, -0.06), 0.05), "line")]


def _sole_line(shoe: _LowShoe, _rng: Generator) -> list[Shape]:
    return [(shoe.bed + (0, shoe.thick * 0.5), "line")]


# Ankle boots


@dataclass(frozen=True)
class _Boot:
    """The measures of a boot; heights are above the floor."""

    bed: np.ndarray  # (15, 2), the foot's underside
    rise: float  # height of the heel below it
    shaft: float  # height of the opening
    back: float  # x of the opening's back
    front: float  # x of its front
    toe: float  # height of the toe cap
    ankle: float  # height of the ankle
    bridge: tuple[float, float]  # where the laces begin
    bend: tuple[float, float]  # where foot and leg meet


def ankle_boot(rng: Generator) -> list[Shape]:
    """A flat or heeled boot from the side, or a pair."""
    return _as_worn(_boot, rng)


def _boot(rng: Generator) -> list[Shape]:
    rise = rng.uniform(0.06, 0.34) if chance(rng, 0.5) else 0.0
    thick, spring = rng.uniform(0.03, 0.13), rng.uniform(0.0, 0.05)
    sole, bed = _sole(rng, rise, thick, spring)
    shaft = rise + (rng.uniform(0.55, 1.0) if chance(rng, 0.8) else rng.uniform(0.95, 1.5))
    back, front, toe, ankle = between(rng, (0.9, 1.06), (0.42, 0.62), (0.12, 0.24), (0.45, 0.6))
    heel_x, ankle_x, bend_x = between(rng, (0.97, 1.03), (0.9, 0.97), (0.46, 0.56))
    heel = [(1.0, -rise - 0.02), (heel_x, -rise - 0.16), (ankle_x, -ankle), (back, -shaft)]
    bridge, bend = (0.36, -toe * 1.5 - rise * 0.6 * 0.4), (bend_x, -ankle)
    foot = [(front, -shaft), bend, bridge, (0.14, -toe), (0.01, -toe * 0.5), (0.0, bed[0, 1])]
    upper = [(np.vstack([bed, through(heel, 10), through(foot, 18)]), "cloth")]
    shapes = sole + upper if chance(rng, 0.5) else upper + sole
    return shapes + some(
        _Boot(bed, rise, shaft, back, front, toe, ankle, bridge, bend),
        rng,
        (0.4, _boot_laces),
        (0.25, _boot_zip),
        (0.2, _elastic),
        (0.2, _boot_strap),
        (0.3, _boot_cuff),
        (0.3, _boot_toe_cap),
        (0.15, _pull_tab),
        (0.2, _boot_heel_cap),
    )


def _boot_laces(boot: _Boot, rng: Generator) -> list[Shape]:
    """Laces up to the bend, and on along the leg."""
    bend, top = np.array(boot.bend), np.array((boot.front + 0.01, -boot.shaft * 0.92))
    lower = _laces(np.array(boot.bridge), bend, rng)
    return lower + _laces(bend, top, rng)


def _boot_zip(boot: _Boot, rng: Generator) -> list[Shape]:
    x = rng.uniform(0.68, 0.84)
    return [([(x, -boot.shaft), (x, -boot.rise - 0.1)], "line")]


def _elastic(boot: _Boot, rng: Generator) -> list[Shape]:
    """The stretchy piece at the ankle of a boot without laces."""
    x, w = 0.72, rng.uniform(0.06, 0.13)
    top, bottom = -boot.shaft, -boot.ankle * 0.6
    return [([(x - w, top), (x + w, top), (x + w * 0.4, bottom), (x - w * 0.4, bottom)], "trim")]


def _boot_strap(boot: _Boot, rng: Generator) -> list[Shape]:
    y = -boot.ankle * rng.uniform(0.75, 1.1)
    return [(band([(0.44, y * 0.95), (0.98, y)], rng.uniform(0.05, 0.1)), "trim")]


def _boot_cuff(boot: _Boot, rng: Generator) -> list[Shape]:
    y = -boot.shaft + rng.uniform(0.06, 0.2)
    edge = rng.uniform(0.0, 0.05)
    return [(box(boot.front - edge, -boot.shaft, boot.back + edge, y), trim_or_cloth(rng))]


def _boot_toe_cap(boot: _Boot, rng: Generator) -> list[Shape]:
    return [(arc((0.3, -boot.toe * 1.3), (0.27, boot.bed[4, 1]), rng.uniform(-0.06, 0.08)), "line")]


def _pull_tab(boot: _Boot, _rng: Generator) -> list[Shape]:
    back, top = boot.back, -boot.shaft
    return [(box(back - 0.05, top - 0.08, back + 0.01, top + 0.02), "trim")]


def _boot_heel_cap(boot: _Boot, _rng: Generator) -> list[Shape]:
    return [(arc((0.99, -boot.rise - 0.25), (0.75, -boot.rise * 0.8), 0.05), "line")]


# Sandals


def sandal(rng: Generator) -> list[Shape]:
    """A sandal from the side or from above, or a pair."""
    return _sandal_from_above(rng) if chance(rng, 0.38) else _as_worn(_sandal_from_the_side, rng)


def _sandal_from_the_side(rng: Generator) -> list[Shape]:
    rise = rng.uniform(0.08, 0.5) if chance(rng, 0.5) else rng.uniform(0.0, 0.05)
    thick, spring = rng.uniform(0.03, 0.14), rng.uniform(0.0, 0.04)
    sole, bed = _sole(rng, rise, thick, spring)
    straps, width = [], rng.uniform(0.025, 0.12)
    for start in np.sort(rng.uniform(0.08, 0.42, int(rng.integers(1, 4)))):
        end, height = start + rng.uniform(0.08, 0.26), rng.uniform(0.1, 0.24)
        straps.append(band(arc(_on_bed(bed, start), _on_bed(bed, end), -height, 11), width))
    if chance(rng, 0.72):
        straps += _ankle_straps(bed, rise, width, rng)
    if chance(rng, 0.25):
        back = arc(_on_bed(bed, 0.8), (0.98, -rise - 0.25), 0.03)
        straps.append(np.vstack([back, [(1.0, -rise)]]))
    kind = str(rng.choice(["cloth", "trim"]))
    shapes = [(strap, kind) for strap in straps]
    if chance(rng, 0.12):
        kind, shapes = "trim", [(strap[: len(strap) // 2], "line") for strap in straps]
    soles = [(points, "cloth" if kind == "trim" else "trim") for points, _ in sole]
    return shapes + soles if chance(rng, 0.5) else soles + shapes


def _on_bed(bed: np.ndarray, x: float) -> np.ndarray:
    """The point (2,) of the foot's underside at x."""
    return np.array((x, np.interp(x, bed[:, 0], bed[:, 1])))


def _ankle_straps(bed: np.ndarray, rise: float, width: float, rng: Generator) -> list[np.ndarray]:
    """Around the ankle and the heel, perhaps towards the toes or down to the sole: outlines."""
    high, ankle = rise + rng.uniform(0.28, 0.6), rng.uniform(0.55, 0.68)
    around = arc((ankle, -high * 0.97), (0.97, -high), rng.uniform(-0.05, 0.06))
    heel = through([(0.97, -high), (1.0, -rise - 0.12), (0.96, -rise)], 8)
    straps = [band(around, width), band(heel, width * rng.uniform(0.8, 1.6))]
    if chance(rng, 0.45):
        toes = _on_bed(bed, 0.25) - (0, 0.1)
        straps.append(band(through([(ankle, -high), (0.48, -rise * 0.5 - 0.22), toes], 10), width))
    if chance(rng, 0.4):
        straps.append(band(arc(_on_bed(bed, 0.7), (ankle + 0.05, -high), 0.03), width))
    return straps


def _sandal_from_above(rng: Generator) -> list[Shape]:
    """One or a pair, the toes at y = 0 and the heel at y = 1."""
    wide, heel, lean = between(rng, (0.15, 0.22), (0.1, 0.16), (-0.03, 0.05))
    arch = heel * rng.uniform(0.75, 1.0)
    right = [(lean, 0), (wide * 0.85, 0.08), (wide, 0.27), (arch, 0.58), (heel, 0.85), (0, 1.0)]
    left = [
        (0, 1.0),
        (-heel, 0.86),
        (-heel * 0.95, 0.6),
        (-wide * 0.9, 0.3),
        (-wide * 0.7, 0.09),
        (lean, 0),
    ]
    sole = np.vstack([through(right, 18), through(left, 18)[1:-1]])
    lines, width = _straps_from_above(wide, lean, rng)
    if chance(rng, 0.3) and width < 0.08:
        straps = [(line, "line") for line in lines]
    else:
        straps = [(band(line, width), "trim") for line in lines]
    shapes = [(sole, "cloth"), *straps]
    if chance(rng, 0.55):
        gap = wide * 2 + rng.uniform(0.02, 0.3)
        shapes += [
            (np.asarray(points) * (-1, 1) + (gap, rng.uniform(-0.02, 0.02)), kind)
            for points, kind in shapes
        ]
    return shapes


def _straps_from_above(wide: float, lean: float, rng: Generator) -> tuple[list[np.ndarray], float]:
    """The straps' middle lines, from the toes as of a flip-flop or across, and their width."""
    width = rng.uniform(0.02, 0.07)
    if chance(rng, 0.6):
        toe, ends = (lean * 0.5, rng.uniform(0.12, 0.22)), rng.uniform(0.38, 0.6)
        sag = rng.uniform(0.0, 0.06)
        return [arc(toe, (wide * 0.95, ends), -sag), arc(toe, (-wide * 0.95, ends), sag)], width
    count = int(rng.integers(1, 5))
    heights = np.sort(rng.uniform(0.14, 0.85, count)) if count > 1 else [rng.uniform(0.2, 0.4)]
    lines = [
        arc((-wide * 0.95, y), (wide * 0.95, y + rng.uniform(-0.1, 0.1)), -rng.uniform(0, 0.07))
        for y in heights
    ]
    return lines, rng.uniform(0.05, 0.26) if count == 1 else width
