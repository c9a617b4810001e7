"""From fashion_core.garments."""

from dataclasses import dataclass

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

# What hangs from the shoulders


@dataclass
class _Cut:
    """Measures of something with a neck, shoulders and perhaps sleeves: x = 0 in the middle, y = 0
    at the neck.
    """

    neck: float
    neck_depth: float
    neckline: str  # "round", "v", "square"
    shoulder: float
    slope: float
    arm: float  # y of the armpit
    chest: float
    waist: float
    waist_y: float
    hem: float
    length: float
    hem_sag: float
    sleeve: float  # length; 0 for none
    angle: float  # from hanging straight down (0) to spread out (π/2)
    cuff: float
    bend: float  # at the elbow


def _cut(rng, **given):
    shoulder = given.pop("shoulder", rng.uniform(0.42, 0.56))
    neck = given.pop("neck", rng.uniform(0.13, 0.24))
    slope = rng.uniform(0.03, 0.17)
    chest = shoulder * rng.uniform(0.82, 1.0)
    length = given.pop("length", rng.uniform(1.0, 1.4))
    measures = {
        "neck_depth": rng.uniform(0.05, 0.17),
        "neckline": "round",
        "arm": slope + rng.uniform(0.24, 0.42),
        "waist": chest * rng.uniform(0.86, 1.04),
        "waist_y": length * rng.uniform(0.5, 0.65),
        "hem": chest * rng.uniform(0.9, 1.12),
        "hem_sag": rng.uniform(-0.02, 0.06),
        "sleeve": 0.0,
        "angle": _sleeve_angle(rng),
        "cuff": rng.uniform(0.13, 0.26),
        "bend": 0.0,
    }
    return _Cut(
        neck=neck, shoulder=shoulder, slope=slope, chest=chest, length=length, **(measures | given)
    )


def _sleeve_angle(rng):
    """Hanging, as in shop pictures, or spread, as people draw."""
    return rng.uniform(0.08, 0.5) if chance(rng, 0.4) else rng.uniform(0.45, 1.5)


def _neckline(cut):
    """From the left to the right end of the neck."""
    left, right = (-cut.neck, 0), (cut.neck, 0)
    if cut.neckline == "v":
        return np.array([left, (0, cut.neck_depth), right])
    if cut.neckline == "square":
        inner = cut.neck * 0.8
        return np.array([left, (-inner, cut.neck_depth), (inner, cut.neck_depth), right])
    return arc(left, right, cut.neck_depth)


def _body(cut):
    """The outline without sleeves."""
    side = [
        (cut.shoulder, cut.slope),
        (cut.chest, cut.arm),
        *through([(cut.chest, cut.arm), (cut.waist, cut.waist_y), (cut.hem, cut.length)], 9)[1:],
    ]
    hem = arc((cut.hem, cut.length), (-cut.hem, cut.length), -cut.hem_sag)[1:-1]
    return np.vstack([_neckline(cut), side, hem, mirrored(side)])


def _sleeve(cut, rng):
    """The right sleeve's outline and the line where the cuff begins."""
    angle = cut.angle + rng.normal(0, 0.06)
    upper, lower = np.array((cut.shoulder, cut.slope)), np.array((cut.chest, cut.arm))
    way = np.array((np.sin(angle), np.cos(angle)))
    inward = np.array((-way[1], way[0]))
    if cut.bend:
        elbow = upper + way * cut.sleeve * 0.5
        way2 = np.array((np.sin(angle - cut.bend), np.cos(angle - cut.bend)))
        inward2 = np.array((-way2[1], way2[0]))
        width = (np.hypot(*(lower - upper)) + cut.cuff) / 2
        end = elbow + way2 * cut.sleeve * 0.5
        outline = [upper, elbow, end, end + inward2 * cut.cuff, elbow + inward * width, lower]
        way, inward = way2, inward2
    else:
        end = upper + way * cut.sleeve
        outline = [upper, end, end + inward * cut.cuff, lower]
    back = way * min(0.09, cut.sleeve / 4)
    return np.array(outline), np.array([end - back, end + inward * cut.cuff - back])


def _sleeves(cut, rng, cuffs=0.5):
    """Both sleeves; a cuff line with the given chance."""
    if not cut.sleeve:
        return []
    right, right_cuff = _sleeve(cut, rng)
    left, left_cuff = _sleeve(cut, rng) if chance(rng, 0.5) else (right, right_cuff)
    parts = [(right, "cloth"), (mirrored(left), "cloth")]
    return parts + (
        [(right_cuff, "line"), (mirrored(left_cuff), "line")] if chance(rng, cuffs) else []
    )


def _top(cut, rng, cuffs=0.5):
    """Sleeves and body, whichever is in front, and now and then the inside of the neck at the
    back.
    """
    sleeves, body = _sleeves(cut, rng, cuffs), [(_body(cut), "cloth")]
    parts = sleeves + body if chance(rng, 0.5) else body + sleeves
    if cut.neckline == "round" and chance(rng, 0.4):
        back = arc((cut.neck, 0), (-cut.neck, 0), -cut.neck_depth * rng.uniform(-0.2, 0.5))
        parts.append((np.vstack([_neckline(cut), back[1:-1]]), "inside"))
    return parts


def _neck_rib(cut, rng):
    width = rng.uniform(0.03, 0.08)
    if cut.neckline == "v":
        return [
            (
                np.array(
                    [
                        (-cut.neck - width, 0.01),
                        (0, cut.neck_depth + width),
                        (cut.neck + width, 0.01),
                    ]
                ),
                "line",
            )
        ]
    return [
        (arc((-cut.neck - width, 0.01), (cut.neck + width, 0.01), cut.neck_depth + width), "line")
    ]


def _across(cut, y, share=1.0):
    """Half of the body's width at height y, times `share`."""
    width = np.interp(y, [cut.arm, cut.waist_y, cut.length], [cut.chest, cut.waist, cut.hem])
    return width * share


def _stripes(cut, rng):
    """Bands or lines across the body."""
    top, bottom = sorted(rng.uniform(cut.arm, cut.length, 2))
    count = int(rng.integers(1, 6))
    heights = np.linspace(top, bottom, count)
    if chance(rng, 0.5):
        return [(np.array([(-_across(cut, y), y), (_across(cut, y), y)]), "line") for y in heights]
    thick = rng.uniform(0.03, 0.1)
    boxes = [
        box(-_across(cut, y, 0.98), y, _across(cut, y, 0.98), min(y + thick, cut.length))
        for y in heights
    ]
    return [(stripe, "trim") for stripe in boxes]


def _print(cut, rng):
    """A picture, a word or a pocket on the chest."""
    x, y = rng.uniform(-0.12, 0.12), cut.arm + rng.uniform(0.05, 0.3)
    size = rng.uniform(0.06, 0.22)
    kind = rng.integers(5)
    if kind == 0:
        return [(ellipse(x, y + size, size, size), "trim")]
    if kind == 1:
        return [(box(x - size, y, x + size, y + size * rng.uniform(0.4, 1.8)), "trim")]
    if kind == 2:
        angle = np.arange(10) * np.pi / 5 - np.pi / 2
        radius = size * np.where(np.arange(10) % 2, 0.45, 1.0)
        return [
            (np.stack([x + radius * np.cos(angle), y + size + radius * np.sin(angle)], 1), "trim")
        ]
    if kind == 3:
        places = np.linspace(x - size, x + size, int(rng.integers(5, 12)))
        return [(np.stack([places, y + rng.uniform(-0.04, 0.04, len(places))], 1), "line")]
    left = rng.choice([-1, 1]) * rng.uniform(0.15, 0.25) * cut.chest / 0.45
    return [
        (
            box(left - 0.09, y, left + 0.09, y + rng.uniform(0.14, 0.22)),
            rng.choice(["line", "trim"]),
        )
    ]


def _hem_line(cut, rng):
    y = cut.length - rng.uniform(0.04, 0.14)
    return [(arc((-_across(cut, y), y), (_across(cut, y), y), cut.hem_sag), "line")]


def _folds(cut, rng):
    """A few creases from the armpits and the waist inwards."""
    lines = []
    for _ in range(int(rng.integers(1, 5))):
        y = rng.uniform(cut.arm, cut.length * 0.95)
        start = rng.choice([-1, 1]) * _across(cut, y)
        lines.append(
            (
                arc((start, y), (start * rng.uniform(0.3, 0.8), y + rng.uniform(-0.15, 0.2)), 0.03),
                "line",
            )
        )
    return lines


def t_shirt(rng):
    if chance(rng, 0.14):
        return _tank_top(rng)
    cut = _cut(
        rng,
        length=rng.uniform(0.9, 1.5),
        sleeve=rng.uniform(0.18, 0.48),
        neckline=rng.choice(["round", "v", "square"], p=[0.72, 0.24, 0.04]),
        neck=rng.uniform(0.13, 0.3),
        cuff=rng.uniform(0.2, 0.34),
    )
    return _top(cut, rng, 0.35) + some(
        rng,
        (0.4, lambda: _neck_rib(cut, rng)),
        (0.3, lambda: _print(cut, rng)),
        (0.12, lambda: _stripes(cut, rng)),
        (0.25, lambda: _hem_line(cut, rng)),
        (0.2, lambda: _folds(cut, rng)),
    )


def _tank_top(rng):
    cut = _cut(
        rng,
        shoulder=rng.uniform(0.26, 0.4),
        neck=rng.uniform(0.17, 0.24),
        neck_depth=rng.uniform(0.15, 0.4),
        length=rng.uniform(1.0, 1.5),
    )
    cut.chest, cut.waist, cut.hem = (rng.uniform(0.38, 0.5) for _ in range(3))
    return _top(cut, rng) + some(
        rng, (0.3, lambda: _print(cut, rng)), (0.3, lambda: _hem_line(cut, rng))
    )


def _long_sleeves(rng):
    """Sleeve measures that end near the hip, straight or bent."""
    return {
        "sleeve": rng.uniform(0.85, 1.3),
        "cuff": rng.uniform(0.12, 0.22),
        "bend": rng.uniform(-0.5, 1.2) if chance(rng, 0.25) else 0.0,
        "angle": rng.uniform(0.06, 0.45) if chance(rng, 0.55) else rng.uniform(0.4, 1.5),
    }


def pullover(rng):
    neckline = rng.choice(["round", "v"], p=[0.8, 0.2])
    cut = _cut(rng, length=rng.uniform(0.95, 1.4), neckline=neckline, **_long_sleeves(rng))
    hood = chance(rng, 0.25)
    turtle = not hood and neckline == "round" and chance(rng, 0.28)
    parts = _hood(cut, rng) if hood else []
    parts += _top(cut, rng, 0.65)
    if turtle:
        height = rng.uniform(0.08, 0.24)
        parts.append((box(-cut.neck, -height, cut.neck, cut.neck_depth * 0.5), "cloth"))
        parts += (
            [(np.array([(-cut.neck, -height / 2), (cut.neck, -height / 2)]), "line")]
            if chance(rng, 0.4)
            else []
        )
    return parts + some(
        rng,
        (0.5 * (not turtle), lambda: _neck_rib(cut, rng)),
        (0.6, lambda: _hem_line(cut, rng)),
        (0.3, lambda: _rib_ticks(cut, rng)),
        (0.2, lambda: _stripes(cut, rng)),
        (0.15, lambda: _print(cut, rng)),
        (0.15, lambda: _zigzag(cut, rng)),
        (0.7 * hood, lambda: _hoodie_details(cut, rng)),
        (0.2, lambda: _folds(cut, rng)),
    )


def _hood(cut, rng):
    width, height = cut.neck * rng.uniform(1.1, 1.5), rng.uniform(0.18, 0.42)
    outer = arc((-width, 0.04), (width, 0.04), -height, 13)
    inner = arc((width * 0.7, 0.04), (-width * 0.7, 0.04), height * rng.uniform(0.5, 0.8), 11)
    return [(outer, "cloth"), (inner, "inside")]


def _hoodie_details(cut, rng):
    top, bottom = cut.length * rng.uniform(0.58, 0.7), cut.length * rng.uniform(0.85, 0.95)
    wide, narrow = cut.waist * rng.uniform(0.5, 0.75), cut.waist * rng.uniform(0.3, 0.5)
    pocket = np.array([(-narrow, top), (narrow, top), (wide, bottom), (-wide, bottom)])
    strings = [
        np.array([(x, cut.neck_depth), (x * 1.1, cut.neck_depth + 0.25)]) for x in (-0.06, 0.06)
    ]
    return [(pocket, rng.choice(["trim", "cloth"]))] + [(string, "line") for string in strings]


def _rib_ticks(cut, rng):
    places = np.linspace(-cut.hem, cut.hem, int(rng.integers(7, 18)))[1:-1]
    return [(np.array([(x, cut.length - 0.09), (x, cut.length)]), "line") for x in places]


def _zigzag(cut, rng):
    y, count = rng.uniform(cut.arm, cut.length * 0.8), int(rng.integers(5, 14))
    width = _across(cut, y)
    heights = y + np.where(np.arange(count) % 2, 0.06, -0.06)
    return [(np.stack([np.linspace(-width, width, count), heights], 1), "line")]


def _buttons(top, bottom, x, count, size):
    return [(ellipse(x, y, size, size, count=9), "trim") for y in np.linspace(top, bottom, count)]


def _collar(cut, rng, tip=0.2):
    """Two flaps that meet below the neck."""
    meet = (0, cut.neck_depth * rng.uniform(0.6, 1.0))
    drop, out = tip * rng.uniform(0.7, 1.4), cut.neck * rng.uniform(0.75, 1.3)
    rise = -rng.uniform(0.0, 0.08)
    flap = np.array([(cut.neck, rise), meet, (out, meet[1] + drop)])
    kind = rng.choice(["trim", "cloth"])
    return [(flap, kind), (mirrored(flap), kind)]


def shirt(rng):
    short = chance(rng, 0.38)
    sleeves = (
        {"sleeve": rng.uniform(0.22, 0.5), "cuff": rng.uniform(0.2, 0.3)}
        if short
        else _long_sleeves(rng)
    )
    cut = _cut(
        rng,
        length=rng.uniform(1.0, 1.6),
        hem_sag=rng.uniform(-0.02, 0.16),
        neck_depth=rng.uniform(0.1, 0.3),
        neckline=rng.choice(["round", "v"], p=[0.4, 0.6]),
        **sleeves,
    )
    parts = _top(cut, rng, 0.6)
    parts += _collar(cut, rng) if chance(rng, 0.93) else _neck_rib(cut, rng)
    start, x = cut.neck_depth, rng.uniform(0.0, 0.05)
    polo = short and chance(rng, 0.15)
    end = start + rng.uniform(0.25, 0.4) if polo else cut.length + cut.hem_sag * 0.9
    plackets = [(-x, x), (0,), (x,)][rng.integers(3)]
    parts += (
        [(np.array([(place, start), (place, end)]), "line") for place in plackets]
        if chance(rng, 0.85)
        else []
    )
    if chance(rng, 0.85):
        count = int(rng.integers(2, 4)) if polo else int(rng.integers(3, 9))
        parts += _buttons(
            start + 0.06, end - 0.08, rng.uniform(-0.02, 0.02), count, rng.uniform(0.012, 0.035)
        )
    return parts + some(
        rng,
        (0.4, lambda: _chest_pockets(cut, rng)),
        (0.12, lambda: _stripes(cut, rng)),
        (0.12, lambda: _checks(cut, rng)),
        (0.2, lambda: _folds(cut, rng)),
    )


def _chest_pockets(cut, rng):
    x, y, w, h = between(
        rng, (0.14, 0.24), (cut.arm - 0.02, cut.arm + 0.12), (0.07, 0.11), (0.13, 0.22)
    )
    pocket = np.array(
        [
            (x - w, y),
            (x + w, y),
            (x + w, y + h),
            (x, y + h * rng.uniform(1.0, 1.25)),
            (x - w, y + h),
        ]
    )
    return [(pocket, "trim")] + ([(mirrored(pocket), "trim")] if chance(rng, 0.4) else [])


def _checks(cut, rng):
    columns = np.linspace(-cut.chest, cut.chest, int(rng.integers(4, 9)))[1:-1]
    upright = [(np.array([(x, cut.arm), (x, cut.length)]), "line") for x in columns]
    return upright + (_stripes(cut, rng) if chance(rng, 0.6) else [])


def coat(rng):
    cut = _cut(
        rng,
        length=rng.uniform(1.15, 1.6) if chance(rng, 0.45) else rng.uniform(1.5, 2.4),
        neck_depth=rng.uniform(0.1, 0.5),
        neckline=rng.choice(["round", "v"], p=[0.35, 0.65]),
        **_long_sleeves(rng),
    )
    cut.hem = cut.chest * rng.uniform(0.92, 1.5)
    cut.waist = cut.chest * rng.uniform(0.78, 1.05)
    hood = chance(rng, 0.22)
    parts = _hood(cut, rng) if hood else []
    parts += _top(cut, rng, 0.45)
    if not hood or chance(rng, 0.3):
        parts += _lapels(cut, rng) if chance(rng, 0.7) else _collar(cut, rng, 0.25)
    parts += _opening(cut, rng)
    return parts + some(
        rng,
        (0.6, lambda: _coat_pockets(cut, rng)),
        (0.28, lambda: _belt(cut, rng)),
        (0.2, lambda: _folds(cut, rng)),
        (0.12, lambda: _quilting(cut, rng)),
        (0.15, lambda: _hem_line(cut, rng)),
    )


def _lapels(cut, rng):
    meet = (0, max(cut.neck_depth, rng.uniform(0.25, 0.6)))
    out, y = cut.shoulder * rng.uniform(0.4, 0.72), meet[1] * rng.uniform(0.35, 0.6)
    notch = [(out * 0.72, y * 0.9)] if chance(rng, 0.5) else []
    flap = np.array([(cut.neck, -0.03), meet, (out, y), *notch, (cut.neck * 1.15, y * 0.5)])
    kind = rng.choice(["trim", "cloth"])
    inside = np.array([(-cut.neck, 0), (cut.neck, 0), meet])
    shirt = [(inside, "inside")] if chance(rng, 0.5) else []
    return [*shirt, (flap, kind), (mirrored(flap), kind)]


def _opening(cut, rng):
    """The front's edge from neck to hem: a line with buttons or a zip, or standing open."""
    start, end = cut.neck_depth, cut.length + cut.hem_sag * 0.9
    kind = rng.random()
    if kind < 0.14:
        gap = rng.uniform(0.05, 0.22)
        return [(np.array([(0, start), (gap, end), (-gap, end)]), "inside")]
    middle = [(np.array([(0, start), (rng.uniform(-0.02, 0.02), end)]), "line")]
    if kind < 0.34:
        ticks = np.linspace(start, end, int(rng.integers(8, 22)))
        teeth = (
            [(np.array([(-0.025, y), (0.025, y)]), "line") for y in ticks]
            if chance(rng, 0.4)
            else []
        )
        return (
            middle
            + ([(line[0] + (0.05, 0), "line") for line in middle] if chance(rng, 0.5) else [])
            + teeth
        )
    if kind < 0.42:
        return middle
    count, size = int(rng.integers(2, 7)), rng.uniform(0.018, 0.05)
    first, last = start + 0.1, start + (end - start) * rng.uniform(0.5, 0.95)
    if chance(rng, 0.35):
        x = rng.uniform(0.09, 0.16)
        return (
            middle + _buttons(first, last, x, count, size) + _buttons(first, last, -x, count, size)
        )
    return middle + _buttons(first, last, rng.uniform(0.0, 0.07), count, size)


def _coat_pockets(cut, rng):
    y, x, width = cut.length * rng.uniform(0.55, 0.7), cut.waist * 0.55, rng.uniform(0.08, 0.15)
    kind = rng.integers(3)
    if kind == 0:
        pocket, what = np.array([(x - width / 2, y + 0.16), (x + width, y)]), "line"
    elif kind == 1:
        pocket, what = box(x - width, y, x + width, y + rng.uniform(0.05, 0.1)), "trim"
    else:
        pocket, what = box(x - width, y, x + width, y + rng.uniform(0.15, 0.28)), "trim"
    return [(pocket, what), (mirrored(pocket), what)]


def _belt(cut, rng):
    y, thick = cut.waist_y * rng.uniform(0.85, 1.1), rng.uniform(0.04, 0.1)
    width = _across(cut, y, rng.uniform(1.0, 1.06))
    parts = [(box(-width, y, width, y + thick), "trim")]
    return parts + (
        [(box(-0.07, y - 0.02, 0.07, y + thick + 0.02), "trim")] if chance(rng, 0.5) else []
    )


def _quilting(cut, rng):
    heights = np.linspace(cut.arm, cut.length, int(rng.integers(4, 10)))[:-1]
    return [(np.array([(-_across(cut, y), y), (_across(cut, y), y)]), "line") for y in heights]


def dress(rng):
    shoulder = rng.uniform(0.2, 0.44)
    kind = rng.choice(["none", "straps", "short", "long"], p=[0.38, 0.2, 0.24, 0.18])
    sleeves = {
        "short": {"sleeve": rng.uniform(0.12, 0.4), "cuff": rng.uniform(0.14, 0.26)},
        "long": _long_sleeves(rng),
    }
    cut = _cut(
        rng,
        shoulder=shoulder,
        neck=shoulder * rng.uniform(0.4, 0.8),
        neck_depth=rng.uniform(0.05, 0.35),
        neckline=rng.choice(["round", "v", "square"], p=[0.6, 0.25, 0.15]),
        length=rng.uniform(1.5, 2.9),
        **sleeves.get(kind, {}),
    )
    cut.chest = (
        shoulder * rng.uniform(0.95, 1.15) if kind in ("short", "long") else rng.uniform(0.28, 0.42)
    )
    cut.waist, cut.waist_y = cut.chest * rng.uniform(0.62, 1.0), rng.uniform(0.6, 0.95)
    cut.hem = cut.chest * rng.uniform(0.85, 1.3) if chance(rng, 0.4) else rng.uniform(0.5, 1.15)
    return _dress_body(cut, kind, rng) + some(
        rng,
        (0.45, lambda: _waist_line(cut, rng)),
        (0.2, lambda: _belt(cut, rng)),
        (0.35, lambda: _skirt_folds(cut, rng)),
        (0.2, lambda: _ruffles(cut, rng)),
        (0.12, lambda: _stripes(cut, rng)),
        (0.1, lambda: _dots(cut, rng)),
        (
            0.12,
            lambda: _buttons(cut.neck_depth + 0.06, cut.waist_y, 0, int(rng.integers(2, 6)), 0.02),
        ),
    )


def _dress_body(cut, kind, rng):
    skirt = arc((cut.waist, cut.waist_y), (cut.hem, cut.length), rng.uniform(-0.12, 0.12))
    hem = arc((cut.hem, cut.length), (-cut.hem, cut.length), -cut.hem_sag * 2)[1:-1]
    if kind == "straps":
        top = rng.uniform(0.15, 0.3)
        side = np.vstack([[(cut.chest * 0.95, top), (cut.chest, cut.arm)], skirt])
        bust = arc((-side[0][0], top), tuple(side[0]), rng.uniform(-0.06, 0.1))[1:-1]
        x = cut.chest * rng.uniform(0.5, 0.85)
        lean = x * rng.uniform(0.7, 1.05)
        if chance(rng, 0.5):
            straps = [(np.array([(s * x, top + 0.02), (s * lean, 0)]), "line") for s in (-1, 1)]
        else:
            straps = [
                (band(np.array([(s * x, top + 0.02), (s * lean, 0)]), 0.06), "cloth")
                for s in (-1, 1)
            ]
        straps = [] if chance(rng, 0.15) else straps
        return [*straps, (np.vstack([bust, side, hem, mirrored(side)]), "cloth")]
    side = np.vstack([[(cut.shoulder, cut.slope), (cut.chest, cut.arm)], skirt])
    body = [(np.vstack([_neckline(cut), side, hem, mirrored(side)]), "cloth")]
    sleeves = _sleeves(cut, rng, 0.3)
    return sleeves + body if chance(rng, 0.5) else body + sleeves


def _waist_line(cut, rng):
    return [
        (arc((-cut.waist, cut.waist_y), (cut.waist, cut.waist_y), rng.uniform(-0.04, 0.06)), "line")
    ]


def _skirt_folds(cut, rng):
    places = np.linspace(-1, 1, int(rng.integers(3, 8)))[1:-1]
    high = cut.waist_y if chance(rng, 0.6) else rng.uniform(cut.waist_y, cut.length * 0.85)
    width = np.interp(high, [cut.waist_y, cut.length], [cut.waist, cut.hem])
    return [
        (
            arc(
                (p * width, high), (p * cut.hem * 0.97, cut.length * rng.uniform(0.9, 1)), p * 0.05
            ),
            "line",
        )
        for p in places
    ]


def _ruffles(cut, rng):
    lines = []
    for y in np.linspace(
        cut.length * rng.uniform(0.6, 0.9), cut.length * 0.97, int(rng.integers(1, 4))
    ):
        width, count = (
            np.interp(y, [cut.waist_y, cut.length], [cut.waist, cut.hem]),
            int(rng.integers(9, 24)),
        )
        wave = y + 0.03 * np.sin(np.linspace(0, np.pi * count / 2, 24))
        lines.append((np.stack([np.linspace(-width, width, 24), wave], 1), "line"))
    return lines


def _dots(cut, rng):
    spots = []
    for _ in range(int(rng.integers(6, 18))):
        y = rng.uniform(cut.arm, cut.length * 0.95)
        spots.append(
            (ellipse(rng.uniform(-0.85, 0.85) * _across(cut, y), y, 0.03, 0.03, count=8), "trim")
        )
    return spots


# Trousers


def trouser(rng):
    waist, hip_extra, crotch = between(rng, (0.26, 0.44), (0.0, 0.1), (0.45, 0.8))
    length = rng.uniform(0.85, 1.3) if chance(rng, 0.13) else rng.uniform(1.6, 2.7)
    leg, ankle = waist * rng.uniform(0.85, 1.05), waist * rng.uniform(0.3, 0.95)
    middle = rng.uniform(ankle / 2 + 0.01, ankle / 2 + rng.uniform(0.02, 0.35))
    hip = waist + hip_extra
    right = [
        (waist, 0),
        (hip, crotch * 0.7),
        (max(hip * 0.96, middle + leg / 2 * 0.9), crotch * 1.2),
        (middle + ankle / 2, length),
        (middle - ankle / 2, length),
    ]
    outer = through(right[:4], 12) if chance(rng, 0.6) else np.array(right[:4])
    half = np.vstack([outer, right[4:]])
    gap = np.array([(0.012 if chance(rng, 0.5) else 0.0, crotch)])
    waist_sag = rng.uniform(-0.03, 0.05)
    top = arc((-waist, 0), (waist, 0), waist_sag)[1:-1]
    parts = [(np.vstack([top, half, gap, mirrored(gap), mirrored(half)]), "cloth")]
    band = rng.uniform(0.07, 0.14)
    knee = (half[len(outer) - 1] + (hip, crotch)) / 2

    def waistband():
        return [(arc((-waist * 1.01, band), (waist * 1.01, band), waist_sag), "line")]

    def fly():
        low = crotch * rng.uniform(0.6, 0.85)
        straight = np.array([(0, band), (0, crotch)])
        flap = through([(0.08, band), (0.08, low * 0.8), (0, low)], 8)
        return [(straight, "line")] + ([(flap, "line")] if chance(rng, 0.5) else [])

    def pockets():
        pocket = arc((waist * 0.5, band), (hip, crotch * 0.5), rng.uniform(0.02, 0.08))
        return [(pocket, "line"), (mirrored(pocket), "line")]

    def creases():
        crease = np.array([(waist * 0.5, crotch * 0.6), (middle, length)])
        return [(crease, "line"), (mirrored(crease), "line")]

    def hems():
        y = length - rng.uniform(0.05, 0.15)
        line = np.array([(middle - ankle / 2 - 0.005, y), (middle + ankle / 2 + 0.01, y)])
        return [(line, "line"), (mirrored(line), "line")]

    def loops():
        places = np.linspace(-waist * 0.8, waist * 0.8, int(rng.integers(3, 6)))
        return [(box(x - 0.012, 0, x + 0.012, band), "trim") for x in places]

    def knee_marks():
        x, y = knee
        mark = np.array([(x * 0.55, y), (x * 0.85, y + 0.05)])
        return [(mark, "line"), (mirrored(mark), "line")]

    return parts + some(
        rng,
        (0.65, waistband),
        (0.5, fly),
        (0.45, pockets),
        (0.2, creases),
        (0.3, hems),
        (0.15, loops),
        (0.15, knee_marks),
        (0.1, lambda: [(ellipse(0, band / 2, 0.025, 0.025, count=8), "trim")]),
    )
