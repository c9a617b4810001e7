"""From fashion_core.garments."""

import numpy as np

from fashion_core.synthetic.parts import arc, band, between, box, chance, ellipse, some, through

# Shoes from the side: the toe at x = 0, the heel at x = 1, the ground at y = 0


def _footbed(rise, toe_spring):
    """The foot's underside from toe to heel, lifted by a heel of height `rise`: (n, 2)."""
    x = np.linspace(0.0, 1.0, 15)
    climb = np.clip((x - 0.32) / 0.5, 0, 1)
    y = rise * climb * climb * (3 - 2 * climb) + toe_spring * np.clip(1 - x / 0.22, 0, 1) ** 2
    return np.stack([x, -y], axis=1)


def _sole(rng, rise, thick, spring):
    """The sole, flat or on a heel, and the foot's underside."""
    bed = _footbed(rise, spring)
    if rise < 0.04:
        under = bed + (0, thick)
        under[:, 0] += np.linspace(-0.015, 0.015, len(bed))
        return [(np.vstack([bed, under[::-1]]), "trim")], bed
    ground = thick
    kind = rng.choice(["wedge", "block", "thin"], p=[0.3, 0.45, 0.25])
    if kind == "wedge":
        under = np.stack([bed[:, 0], np.full(len(bed), ground)], axis=1)
        under[0, 1] = (under[0, 1] + bed[0, 1]) / 2
        return [(np.vstack([bed, under[::-1]]), "trim")], bed
    layer = max(thick * 0.6, 0.02)
    plate = (np.vstack([bed, (bed + (0, layer))[::-1]]), "trim")
    wide = rng.uniform(0.14, 0.28) if kind == "block" else rng.uniform(0.03, 0.08)
    foot = wide * rng.uniform(0.7, 1.1)
    heel = np.array(
        [(1 - wide * 1.4, -rise), (1.0, -rise), (0.985, ground), (0.985 - foot, ground)]
    )
    return [(heel, "trim"), plate], bed


def _low_shoe(rng):
    rise = 0.0 if chance(rng, 0.9) else rng.uniform(0.04, 0.12)
    thick, spring = rng.uniform(0.03, 0.15), rng.uniform(0.0, 0.06)
    sole, bed = _sole(rng, rise, thick, spring)
    heel, dip, tongue = between(rng, (0.27, 0.44), (0.2, 0.32), (0.3, 0.46))
    toe, throat = rng.uniform(0.11, 0.22), rng.uniform(0.28, 0.42)
    instep = rng.uniform(0.54, 0.64)
    top = through(
        [
            (1.0 + rng.uniform(-0.02, 0.02), -rise - 0.03),
            (0.99, -heel * 0.6),
            (0.97, -heel),
            (0.8, -dip),
            (0.66, -dip * rng.uniform(0.95, 1.1)),
            (instep, -tongue),
        ],
        16,
    )
    front = through(
        [
            (instep, -tongue),
            (throat, -toe * 1.35),
            (0.14, -toe),
            (0.01, -toe * 0.55),
            (0.0, bed[0, 1]),
        ],
        14,
    )
    upper = [(np.vstack([bed, top, front[1:]]), "cloth")]
    parts = sole + upper if chance(rng, 0.5) else upper + sole
    slope = np.array([(throat, -toe * 1.35), (instep, -tongue)])
    return parts + some(
        rng,
        (0.7, lambda: _laces(slope, rng)),
        (
            0.5,
            lambda: [
                (
                    arc(
                        (throat * 0.75, -toe * 1.15),
                        (throat * 0.7, bed[3, 1]),
                        rng.uniform(-0.08, 0.1),
                    ),
                    "line",
                )
            ],
        ),
        (0.45, lambda: _side_mark(rng, dip)),
        (
            0.35,
            lambda: [(arc((0.97, -heel * 0.9), (0.84, -0.02), rng.uniform(-0.05, 0.08)), "line")],
        ),
        (0.3, lambda: [(arc((throat, -toe * 1.35), (0.62, -0.06), 0.05), "line")]),
        (0.25, lambda: [(bed + (0, thick * 0.5), "line")]),
    )


def _laces(slope, rng):
    """Short strokes across the instep, crossed or not, and now and then a bow."""
    start, end = slope
    count, length = int(rng.integers(3, 7)), rng.uniform(0.06, 0.14)
    lines = []
    for share in np.linspace(0.05, 0.92, count):
        place = start + share * (end - start)
        lean = rng.uniform(-0.03, 0.06)
        lines.append(
            (np.array([place + (-0.01, -0.015), place + (length * 0.6 + lean, length)]), "line")
        )
        if chance(rng, 0.3):
            lines.append((np.array([place + (length * 0.6, 0), place + (0, length * 0.8)]), "line"))
    if chance(rng, 0.2):
        lines += [
            (ellipse(end[0] + dx, end[1] + 0.02, 0.06, 0.03, count=10), "line")
            for dx in (-0.05, 0.05)
        ]
    return lines


def _side_mark(rng, height):
    """Stripes, a curved mark or a disc on the shoe's side."""
    kind = rng.integers(3)
    if kind == 0:
        return [
            (np.array([(x, -0.03), (x + 0.06, -height * 0.8)]), "line")
            for x in 0.45 + 0.07 * np.arange(rng.integers(2, 5))
        ]
    if kind == 1:
        return [
            (
                through(
                    [(0.82, -height * 0.8), (0.55, -0.08), (0.42, -0.09), (0.46, -height * 0.7)], 12
                ),
                "line",
            )
        ]
    return [(ellipse(rng.uniform(0.6, 0.75), -height * 0.5, 0.06, 0.06, count=12), "trim")]


def sneaker(rng):
    return _as_worn(_low_shoe, rng)


def _as_worn(make, rng, pair=0.14):
    """One shoe, or a second one beside or behind it."""
    front = make(rng)
    if not chance(rng, pair):
        return front
    shift = np.array((rng.uniform(-0.35, 0.35), rng.uniform(-0.45, -0.12)))
    back = front if chance(rng, 0.7) else make(rng)
    return [(np.asarray(points) + shift, kind) for points, kind in back] + front


def _boot(rng):
    rise = rng.uniform(0.06, 0.34) if chance(rng, 0.5) else 0.0
    thick, spring = rng.uniform(0.03, 0.13), rng.uniform(0.0, 0.05)
    sole, bed = _sole(rng, rise, thick, spring)
    shaft = rise + (rng.uniform(0.55, 1.0) if chance(rng, 0.8) else rng.uniform(0.95, 1.5))
    back, front = rng.uniform(0.9, 1.06), rng.uniform(0.42, 0.62)
    toe, ankle = rng.uniform(0.12, 0.24), rng.uniform(0.45, 0.6)
    lift = rise * 0.6
    heel = [
        (1.0, -rise - 0.02),
        (rng.uniform(0.97, 1.03), -rise - 0.16),
        (rng.uniform(0.9, 0.97), -ankle),
        (back, -shaft),
    ]
    instep = [(front, -shaft), (rng.uniform(0.46, 0.56), -ankle), (0.36, -toe * 1.5 - lift * 0.4)]
    toes = [(0.14, -toe), (0.01, -toe * 0.5), (0.0, bed[0, 1])]
    outline = np.vstack([bed, through(heel, 10), through(instep + toes, 18)])
    parts = sole + [(outline, "cloth")] if chance(rng, 0.5) else [(outline, "cloth"), *sole]
    slope = np.array([(0.36, -toe * 1.5 - lift * 0.4), (front + 0.01, -shaft * 0.92)])

    def laces():
        middle = np.array(instep[1])
        lower = _laces(np.array([slope[0], middle]), rng)
        return lower + _laces(np.array([middle, slope[1]]), rng)

    def zip_line():
        x = rng.uniform(0.68, 0.84)
        return [(np.array([(x, -shaft), (x, -rise - 0.1)]), "line")]

    def elastic():
        x, w = 0.72, rng.uniform(0.06, 0.13)
        return [
            (
                np.array(
                    [
                        (x - w, -shaft),
                        (x + w, -shaft),
                        (x + w * 0.4, -ankle * 0.6),
                        (x - w * 0.4, -ankle * 0.6),
                    ]
                ),
                "trim",
            )
        ]

    def strap():
        y = -ankle * rng.uniform(0.75, 1.1)
        return [(band([(0.44, y * 0.95), (0.98, y)], rng.uniform(0.05, 0.1)), "trim")]

    def cuff():
        y = -shaft + rng.uniform(0.06, 0.2)
        edge = rng.uniform(0.0, 0.05)
        return [(box(front - edge, -shaft, back + edge, y), rng.choice(["trim", "cloth"]))]

    return parts + some(
        rng,
        (0.4, laces),
        (0.25, zip_line),
        (0.2, elastic),
        (0.2, strap),
        (0.3, cuff),
        (
            0.3,
            lambda: [(arc((0.3, -toe * 1.3), (0.27, bed[4, 1]), rng.uniform(-0.06, 0.08)), "line")],
        ),
        (0.15, lambda: [(box(back - 0.05, -shaft - 0.08, back + 0.01, -shaft + 0.02), "trim")]),
        (0.2, lambda: [(arc((0.99, -rise - 0.25), (0.75, -rise * 0.8), 0.05), "line")]),
    )


def ankle_boot(rng):
    return _as_worn(_boot, rng)


def sandal(rng):
    return _sandal_from_above(rng) if chance(rng, 0.38) else _as_worn(_sandal_from_the_side, rng)


def _sandal_from_the_side(rng):
    rise = rng.uniform(0.08, 0.5) if chance(rng, 0.5) else rng.uniform(0.0, 0.05)
    thick, spring = rng.uniform(0.03, 0.14), rng.uniform(0.0, 0.04)
    sole, bed = _sole(rng, rise, thick, spring)

    def on_bed(x):
        return np.array((x, np.interp(x, bed[:, 0], bed[:, 1])))

    straps = []
    width = rng.uniform(0.025, 0.12)
    for start in np.sort(rng.uniform(0.08, 0.42, int(rng.integers(1, 4)))):
        end, height = start + rng.uniform(0.08, 0.26), rng.uniform(0.1, 0.24)
        straps.append(band(arc(on_bed(start), on_bed(end), -height, 11), width))
    if chance(rng, 0.72):
        high = rise + rng.uniform(0.28, 0.6)
        ankle = rng.uniform(0.55, 0.68)
        straps.append(
            band(arc((ankle, -high * 0.97), (0.97, -high), rng.uniform(-0.05, 0.06)), width)
        )
        straps.append(
            band(
                through([(0.97, -high), (1.0, -rise - 0.12), (0.96, -rise)], 8),
                width * rng.uniform(0.8, 1.6),
            )
        )
        if chance(rng, 0.45):
            straps.append(
                band(
                    through(
                        [(ankle, -high), (0.48, -rise * 0.5 - 0.22), on_bed(0.25) - (0, 0.1)], 10
                    ),
                    width,
                )
            )
        if chance(rng, 0.4):
            straps.append(band(arc(on_bed(0.7), (ankle + 0.05, -high), 0.03), width))
    if chance(rng, 0.25):
        straps.append(np.vstack([arc(on_bed(0.8), (0.98, -rise - 0.25), 0.03), [(1.0, -rise)]]))
    kind = str(rng.choice(["cloth", "trim"]))
    parts = [(strap, kind) for strap in straps]
    if chance(rng, 0.12):
        kind, parts = "trim", [(strap[: len(strap) // 2], "line") for strap in straps]
    soles = [(points, "cloth" if kind == "trim" else "trim") for points, _ in sole]
    return parts + soles if chance(rng, 0.5) else soles + parts


def _sandal_from_above(rng):
    length, wide, heel = 1.0, rng.uniform(0.15, 0.22), rng.uniform(0.1, 0.16)
    lean = rng.uniform(-0.03, 0.05)
    right = [
        (lean, 0),
        (wide * 0.85, 0.08),
        (wide, 0.27),
        (heel * rng.uniform(0.75, 1.0), 0.58),
        (heel, 0.85),
        (0, length),
    ]
    left = [
        (0, length),
        (-heel, 0.86),
        (-heel * 0.95, 0.6),
        (-wide * 0.9, 0.3),
        (-wide * 0.7, 0.09),
        (lean, 0),
    ]
    sole = np.vstack([through(right, 18), through(left, 18)[1:-1]])
    parts = [(sole, "cloth")]
    width = rng.uniform(0.02, 0.07)
    if chance(rng, 0.6):
        toe, ends = np.array((lean * 0.5, rng.uniform(0.12, 0.22))), rng.uniform(0.38, 0.6)
        sag = rng.uniform(0.0, 0.06)
        lines = [arc(toe, (wide * 0.95, ends), -sag), arc(toe, (-wide * 0.95, ends), sag)]
    else:
        count = int(rng.integers(1, 5))
        heights = np.sort(rng.uniform(0.14, 0.85, count)) if count > 1 else [rng.uniform(0.2, 0.4)]
        lines = [
            arc((-wide * 0.95, y), (wide * 0.95, y + rng.uniform(-0.1, 0.1)), -rng.uniform(0, 0.07))
            for y in heights
        ]
        width = rng.uniform(0.05, 0.26) if count == 1 else width
    as_lines = chance(rng, 0.3) and width < 0.08
    parts += [(line, "line") if as_lines else (band(line, width), "trim") for line in lines]
    if chance(rng, 0.55):
        gap = wide * 2 + rng.uniform(0.02, 0.3)
        parts += [
            (np.asarray(points) * (-1, 1) + (gap, rng.uniform(-0.02, 0.02)), kind)
            for points, kind in parts
        ]
    return parts
