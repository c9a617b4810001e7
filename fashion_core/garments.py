"""Garments as a designer's flat drawing: per class a random shape made of parts, in a plane with y downwards.

Every function takes a random generator and returns parts in the order in which they are painted, the hindmost first.
Lengths are in units of about a shoulder's width or a shoe's length; only proportions matter, since every picture is
cropped and refitted. Nothing here knows how a part will be drawn: `sketches` outlines, fills or shades it.
"""

from dataclasses import dataclass

import numpy as np

from fashion_core.metadata import CLASS_NAMES

AREAS = ("cloth", "trim", "inside")  # closed: the garment's main stuff; another stuff; what is seen through an opening


@dataclass(frozen=True)
class Part:
    """An area or a line: points (n, 2) float64 (x, y), and one of "cloth", "trim", "inside" or "line"."""

    points: np.ndarray
    kind: str


def garment(label: int, rng: np.random.Generator) -> list[Part]:
    """A random garment of the class `label` (0…9). Raises IndexError for another label."""
    parts = _GARMENTS[CLASS_NAMES[label]](rng)
    return [Part(np.asarray(points, np.float64).reshape(-1, 2), kind) for points, kind in parts]


# Shapes that everything is made of


def _chance(rng, share):
    return rng.random() < share


def _between(rng, *ranges):
    """One random number per (low, high)."""
    return [rng.uniform(low, high) for low, high in ranges]


def _arc(start, end, sag, count=9):
    """A parabola from start to end whose middle lies `sag` to the right of the way (below it, from left to right)."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = np.linspace(0, 1, count)[:, None]
    way = end - start
    right = np.array([-way[1], way[0]]) / max(np.hypot(*way), 1e-9)
    return start + along * way + 4 * sag * along * (1 - along) * right


def _ellipse(x, y, rx, ry, begin=0.0, end=2 * np.pi, count=20):
    angle = np.linspace(begin, end, count)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def _box(left, top, right, bottom):
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _mirrored(points):
    """The same points on the other side of x = 0, in reversed order."""
    return (np.asarray(points, float) * (-1, 1))[::-1]


def _band(points, width):
    """A strip of that width along a polyline, as a closed outline."""
    points = np.asarray(points, float)
    way = np.gradient(points, axis=0)
    normal = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return np.vstack([points + normal * width / 2, (points - normal * width / 2)[::-1]])


def _through(points, count=24):
    """A smooth curve through the points (Catmull and Rom, 1974)."""
    p = np.asarray(points, float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    place = np.linspace(0, len(p) - 3 - 1e-9, count)
    i, t = place.astype(int), (place % 1)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


# What hangs from the shoulders


@dataclass
class _Cut:
    """Measures of something with a neck, shoulders and perhaps sleeves: x = 0 in the middle, y = 0 at the neck."""

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
    return _Cut(neck=neck, shoulder=shoulder, slope=slope, chest=chest, length=length, **(measures | given))


def _sleeve_angle(rng):
    """Hanging, as in shop pictures, or spread, as people draw."""
    return rng.uniform(0.08, 0.5) if _chance(rng, 0.4) else rng.uniform(0.45, 1.5)


def _neckline(cut):
    """From the left to the right end of the neck."""
    left, right = (-cut.neck, 0), (cut.neck, 0)
    if cut.neckline == "v":
        return np.array([left, (0, cut.neck_depth), right])
    if cut.neckline == "square":
        inner = cut.neck * 0.8
        return np.array([left, (-inner, cut.neck_depth), (inner, cut.neck_depth), right])
    return _arc(left, right, cut.neck_depth)


def _body(cut):
    """The outline without sleeves."""
    side = [
        (cut.shoulder, cut.slope),
        (cut.chest, cut.arm),
        *_through([(cut.chest, cut.arm), (cut.waist, cut.waist_y), (cut.hem, cut.length)], 9)[1:],
    ]
    hem = _arc((cut.hem, cut.length), (-cut.hem, cut.length), -cut.hem_sag)[1:-1]
    return np.vstack([_neckline(cut), side, hem, _mirrored(side)])


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
    left, left_cuff = _sleeve(cut, rng) if _chance(rng, 0.5) else (right, right_cuff)
    parts = [(right, "cloth"), (_mirrored(left), "cloth")]
    return parts + ([(right_cuff, "line"), (_mirrored(left_cuff), "line")] if _chance(rng, cuffs) else [])


def _top(cut, rng, cuffs=0.5):
    """Sleeves and body, whichever is in front, and now and then the inside of the neck at the back."""
    sleeves, body = _sleeves(cut, rng, cuffs), [(_body(cut), "cloth")]
    parts = sleeves + body if _chance(rng, 0.5) else body + sleeves
    if cut.neckline == "round" and _chance(rng, 0.4):
        back = _arc((cut.neck, 0), (-cut.neck, 0), -cut.neck_depth * rng.uniform(-0.2, 0.5))
        parts.append((np.vstack([_neckline(cut), back[1:-1]]), "inside"))
    return parts


def _neck_rib(cut, rng):
    width = rng.uniform(0.03, 0.08)
    if cut.neckline == "v":
        return [(np.array([(-cut.neck - width, 0.01), (0, cut.neck_depth + width), (cut.neck + width, 0.01)]), "line")]
    return [(_arc((-cut.neck - width, 0.01), (cut.neck + width, 0.01), cut.neck_depth + width), "line")]


def _across(cut, y, share=1.0):
    """Half of the body's width at height y, times `share`."""
    width = np.interp(y, [cut.arm, cut.waist_y, cut.length], [cut.chest, cut.waist, cut.hem])
    return width * share


def _stripes(cut, rng):
    """Bands or lines across the body."""
    top, bottom = sorted(rng.uniform(cut.arm, cut.length, 2))
    count = int(rng.integers(1, 6))
    heights = np.linspace(top, bottom, count)
    if _chance(rng, 0.5):
        return [(np.array([(-_across(cut, y), y), (_across(cut, y), y)]), "line") for y in heights]
    thick = rng.uniform(0.03, 0.1)
    boxes = [_box(-_across(cut, y, 0.98), y, _across(cut, y, 0.98), min(y + thick, cut.length)) for y in heights]
    return [(stripe, "trim") for stripe in boxes]


def _print(cut, rng):
    """A picture, a word or a pocket on the chest."""
    x, y = rng.uniform(-0.12, 0.12), cut.arm + rng.uniform(0.05, 0.3)
    size = rng.uniform(0.06, 0.22)
    kind = rng.integers(5)
    if kind == 0:
        return [(_ellipse(x, y + size, size, size), "trim")]
    if kind == 1:
        return [(_box(x - size, y, x + size, y + size * rng.uniform(0.4, 1.8)), "trim")]
    if kind == 2:
        angle = np.arange(10) * np.pi / 5 - np.pi / 2
        radius = size * np.where(np.arange(10) % 2, 0.45, 1.0)
        return [(np.stack([x + radius * np.cos(angle), y + size + radius * np.sin(angle)], 1), "trim")]
    if kind == 3:
        places = np.linspace(x - size, x + size, int(rng.integers(5, 12)))
        return [(np.stack([places, y + rng.uniform(-0.04, 0.04, len(places))], 1), "line")]
    left = rng.choice([-1, 1]) * rng.uniform(0.15, 0.25) * cut.chest / 0.45
    return [(_box(left - 0.09, y, left + 0.09, y + rng.uniform(0.14, 0.22)), rng.choice(["line", "trim"]))]


def _hem_line(cut, rng):
    y = cut.length - rng.uniform(0.04, 0.14)
    return [(_arc((-_across(cut, y), y), (_across(cut, y), y), cut.hem_sag), "line")]


def _folds(cut, rng):
    """A few creases from the armpits and the waist inwards."""
    lines = []
    for _ in range(int(rng.integers(1, 5))):
        y = rng.uniform(cut.arm, cut.length * 0.95)
        start = rng.choice([-1, 1]) * _across(cut, y)
        lines.append((_arc((start, y), (start * rng.uniform(0.3, 0.8), y + rng.uniform(-0.15, 0.2)), 0.03), "line"))
    return lines


def _some(rng, *choices):
    """The parts of each (chance, function) that comes up."""
    return [part for share, make in choices if _chance(rng, share) for part in make()]


def _t_shirt(rng):
    if _chance(rng, 0.14):
        return _tank_top(rng)
    cut = _cut(
        rng,
        length=rng.uniform(0.9, 1.5),
        sleeve=rng.uniform(0.18, 0.48),
        neckline=rng.choice(["round", "v", "square"], p=[0.72, 0.24, 0.04]),
        neck=rng.uniform(0.13, 0.3),
        cuff=rng.uniform(0.2, 0.34),
    )
    return _top(cut, rng, 0.35) + _some(
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
    return _top(cut, rng) + _some(rng, (0.3, lambda: _print(cut, rng)), (0.3, lambda: _hem_line(cut, rng)))


def _long_sleeves(rng):
    """Sleeve measures that end near the hip, straight or bent."""
    return {
        "sleeve": rng.uniform(0.85, 1.3),
        "cuff": rng.uniform(0.12, 0.22),
        "bend": rng.uniform(-0.5, 1.2) if _chance(rng, 0.25) else 0.0,
        "angle": rng.uniform(0.06, 0.45) if _chance(rng, 0.55) else rng.uniform(0.4, 1.5),
    }


def _pullover(rng):
    neckline = rng.choice(["round", "v"], p=[0.8, 0.2])
    cut = _cut(rng, length=rng.uniform(0.95, 1.4), neckline=neckline, **_long_sleeves(rng))
    hood = _chance(rng, 0.25)
    turtle = not hood and neckline == "round" and _chance(rng, 0.28)
    parts = _hood(cut, rng) if hood else []
    parts += _top(cut, rng, 0.65)
    if turtle:
        height = rng.uniform(0.08, 0.24)
        parts.append((_box(-cut.neck, -height, cut.neck, cut.neck_depth * 0.5), "cloth"))
        parts += [(np.array([(-cut.neck, -height / 2), (cut.neck, -height / 2)]), "line")] if _chance(rng, 0.4) else []
    return parts + _some(
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
    outer = _arc((-width, 0.04), (width, 0.04), -height, 13)
    inner = _arc((width * 0.7, 0.04), (-width * 0.7, 0.04), height * rng.uniform(0.5, 0.8), 11)
    return [(outer, "cloth"), (inner, "inside")]


def _hoodie_details(cut, rng):
    top, bottom = cut.length * rng.uniform(0.58, 0.7), cut.length * rng.uniform(0.85, 0.95)
    wide, narrow = cut.waist * rng.uniform(0.5, 0.75), cut.waist * rng.uniform(0.3, 0.5)
    pocket = np.array([(-narrow, top), (narrow, top), (wide, bottom), (-wide, bottom)])
    strings = [np.array([(x, cut.neck_depth), (x * 1.1, cut.neck_depth + 0.25)]) for x in (-0.06, 0.06)]
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
    return [(_ellipse(x, y, size, size, count=9), "trim") for y in np.linspace(top, bottom, count)]


def _collar(cut, rng, tip=0.2):
    """Two flaps that meet below the neck."""
    meet = (0, cut.neck_depth * rng.uniform(0.6, 1.0))
    drop, out = tip * rng.uniform(0.7, 1.4), cut.neck * rng.uniform(0.75, 1.3)
    rise = -rng.uniform(0.0, 0.08)
    flap = np.array([(cut.neck, rise), meet, (out, meet[1] + drop)])
    kind = rng.choice(["trim", "cloth"])
    return [(flap, kind), (_mirrored(flap), kind)]


def _shirt(rng):
    short = _chance(rng, 0.38)
    sleeves = {"sleeve": rng.uniform(0.22, 0.5), "cuff": rng.uniform(0.2, 0.3)} if short else _long_sleeves(rng)
    cut = _cut(
        rng,
        length=rng.uniform(1.0, 1.6),
        hem_sag=rng.uniform(-0.02, 0.16),
        neck_depth=rng.uniform(0.1, 0.3),
        neckline=rng.choice(["round", "v"], p=[0.4, 0.6]),
        **sleeves,
    )
    parts = _top(cut, rng, 0.6)
    parts += _collar(cut, rng) if _chance(rng, 0.93) else _neck_rib(cut, rng)
    start, x = cut.neck_depth, rng.uniform(0.0, 0.05)
    polo = short and _chance(rng, 0.15)
    end = start + rng.uniform(0.25, 0.4) if polo else cut.length + cut.hem_sag * 0.9
    plackets = [(-x, x), (0,), (x,)][rng.integers(3)]
    parts += [(np.array([(place, start), (place, end)]), "line") for place in plackets] if _chance(rng, 0.85) else []
    if _chance(rng, 0.85):
        count = int(rng.integers(2, 4)) if polo else int(rng.integers(3, 9))
        parts += _buttons(start + 0.06, end - 0.08, rng.uniform(-0.02, 0.02), count, rng.uniform(0.012, 0.035))
    return parts + _some(
        rng,
        (0.4, lambda: _chest_pockets(cut, rng)),
        (0.12, lambda: _stripes(cut, rng)),
        (0.12, lambda: _checks(cut, rng)),
        (0.2, lambda: _folds(cut, rng)),
    )


def _chest_pockets(cut, rng):
    x, y, w, h = _between(rng, (0.14, 0.24), (cut.arm - 0.02, cut.arm + 0.12), (0.07, 0.11), (0.13, 0.22))
    pocket = np.array([(x - w, y), (x + w, y), (x + w, y + h), (x, y + h * rng.uniform(1.0, 1.25)), (x - w, y + h)])
    return [(pocket, "trim")] + ([(_mirrored(pocket), "trim")] if _chance(rng, 0.4) else [])


def _checks(cut, rng):
    columns = np.linspace(-cut.chest, cut.chest, int(rng.integers(4, 9)))[1:-1]
    upright = [(np.array([(x, cut.arm), (x, cut.length)]), "line") for x in columns]
    return upright + (_stripes(cut, rng) if _chance(rng, 0.6) else [])


def _coat(rng):
    cut = _cut(
        rng,
        length=rng.uniform(1.15, 1.6) if _chance(rng, 0.45) else rng.uniform(1.5, 2.4),
        neck_depth=rng.uniform(0.1, 0.5),
        neckline=rng.choice(["round", "v"], p=[0.35, 0.65]),
        **_long_sleeves(rng),
    )
    cut.hem = cut.chest * rng.uniform(0.92, 1.5)
    cut.waist = cut.chest * rng.uniform(0.78, 1.05)
    hood = _chance(rng, 0.22)
    parts = _hood(cut, rng) if hood else []
    parts += _top(cut, rng, 0.45)
    if not hood or _chance(rng, 0.3):
        parts += _lapels(cut, rng) if _chance(rng, 0.7) else _collar(cut, rng, 0.25)
    parts += _opening(cut, rng)
    return parts + _some(
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
    notch = [(out * 0.72, y * 0.9)] if _chance(rng, 0.5) else []
    flap = np.array([(cut.neck, -0.03), meet, (out, y), *notch, (cut.neck * 1.15, y * 0.5)])
    kind = rng.choice(["trim", "cloth"])
    inside = np.array([(-cut.neck, 0), (cut.neck, 0), meet])
    shirt = [(inside, "inside")] if _chance(rng, 0.5) else []
    return [*shirt, (flap, kind), (_mirrored(flap), kind)]


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
        teeth = [(np.array([(-0.025, y), (0.025, y)]), "line") for y in ticks] if _chance(rng, 0.4) else []
        return middle + ([(line[0] + (0.05, 0), "line") for line in middle] if _chance(rng, 0.5) else []) + teeth
    if kind < 0.42:
        return middle
    count, size = int(rng.integers(2, 7)), rng.uniform(0.018, 0.05)
    first, last = start + 0.1, start + (end - start) * rng.uniform(0.5, 0.95)
    if _chance(rng, 0.35):
        x = rng.uniform(0.09, 0.16)
        return middle + _buttons(first, last, x, count, size) + _buttons(first, last, -x, count, size)
    return middle + _buttons(first, last, rng.uniform(0.0, 0.07), count, size)


def _coat_pockets(cut, rng):
    y, x, width = cut.length * rng.uniform(0.55, 0.7), cut.waist * 0.55, rng.uniform(0.08, 0.15)
    kind = rng.integers(3)
    if kind == 0:
        pocket, what = np.array([(x - width / 2, y + 0.16), (x + width, y)]), "line"
    elif kind == 1:
        pocket, what = _box(x - width, y, x + width, y + rng.uniform(0.05, 0.1)), "trim"
    else:
        pocket, what = _box(x - width, y, x + width, y + rng.uniform(0.15, 0.28)), "trim"
    return [(pocket, what), (_mirrored(pocket), what)]


def _belt(cut, rng):
    y, thick = cut.waist_y * rng.uniform(0.85, 1.1), rng.uniform(0.04, 0.1)
    width = _across(cut, y, rng.uniform(1.0, 1.06))
    parts = [(_box(-width, y, width, y + thick), "trim")]
    return parts + ([(_box(-0.07, y - 0.02, 0.07, y + thick + 0.02), "trim")] if _chance(rng, 0.5) else [])


def _quilting(cut, rng):
    heights = np.linspace(cut.arm, cut.length, int(rng.integers(4, 10)))[:-1]
    return [(np.array([(-_across(cut, y), y), (_across(cut, y), y)]), "line") for y in heights]


def _dress(rng):
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
    cut.chest = shoulder * rng.uniform(0.95, 1.15) if kind in ("short", "long") else rng.uniform(0.28, 0.42)
    cut.waist, cut.waist_y = cut.chest * rng.uniform(0.62, 1.0), rng.uniform(0.6, 0.95)
    cut.hem = cut.chest * rng.uniform(0.85, 1.3) if _chance(rng, 0.4) else rng.uniform(0.5, 1.15)
    return _dress_body(cut, kind, rng) + _some(
        rng,
        (0.45, lambda: _waist_line(cut, rng)),
        (0.2, lambda: _belt(cut, rng)),
        (0.35, lambda: _skirt_folds(cut, rng)),
        (0.2, lambda: _ruffles(cut, rng)),
        (0.12, lambda: _stripes(cut, rng)),
        (0.1, lambda: _dots(cut, rng)),
        (0.12, lambda: _buttons(cut.neck_depth + 0.06, cut.waist_y, 0, int(rng.integers(2, 6)), 0.02)),
    )


def _dress_body(cut, kind, rng):
    skirt = _arc((cut.waist, cut.waist_y), (cut.hem, cut.length), rng.uniform(-0.12, 0.12))
    hem = _arc((cut.hem, cut.length), (-cut.hem, cut.length), -cut.hem_sag * 2)[1:-1]
    if kind == "straps":
        top = rng.uniform(0.15, 0.3)
        side = np.vstack([[(cut.chest * 0.95, top), (cut.chest, cut.arm)], skirt])
        bust = _arc((-side[0][0], top), tuple(side[0]), rng.uniform(-0.06, 0.1))[1:-1]
        x = cut.chest * rng.uniform(0.5, 0.85)
        lean = x * rng.uniform(0.7, 1.05)
        if _chance(rng, 0.5):
            straps = [(np.array([(s * x, top + 0.02), (s * lean, 0)]), "line") for s in (-1, 1)]
        else:
            straps = [(_band(np.array([(s * x, top + 0.02), (s * lean, 0)]), 0.06), "cloth") for s in (-1, 1)]
        straps = [] if _chance(rng, 0.15) else straps
        return [*straps, (np.vstack([bust, side, hem, _mirrored(side)]), "cloth")]
    side = np.vstack([[(cut.shoulder, cut.slope), (cut.chest, cut.arm)], skirt])
    body = [(np.vstack([_neckline(cut), side, hem, _mirrored(side)]), "cloth")]
    sleeves = _sleeves(cut, rng, 0.3)
    return sleeves + body if _chance(rng, 0.5) else body + sleeves


def _waist_line(cut, rng):
    return [(_arc((-cut.waist, cut.waist_y), (cut.waist, cut.waist_y), rng.uniform(-0.04, 0.06)), "line")]


def _skirt_folds(cut, rng):
    places = np.linspace(-1, 1, int(rng.integers(3, 8)))[1:-1]
    high = cut.waist_y if _chance(rng, 0.6) else rng.uniform(cut.waist_y, cut.length * 0.85)
    width = np.interp(high, [cut.waist_y, cut.length], [cut.waist, cut.hem])
    return [
        (_arc((p * width, high), (p * cut.hem * 0.97, cut.length * rng.uniform(0.9, 1)), p * 0.05), "line")
        for p in places
    ]


def _ruffles(cut, rng):
    lines = []
    for y in np.linspace(cut.length * rng.uniform(0.6, 0.9), cut.length * 0.97, int(rng.integers(1, 4))):
        width, count = np.interp(y, [cut.waist_y, cut.length], [cut.waist, cut.hem]), int(rng.integers(9, 24))
        wave = y + 0.03 * np.sin(np.linspace(0, np.pi * count / 2, 24))
        lines.append((np.stack([np.linspace(-width, width, 24), wave], 1), "line"))
    return lines


def _dots(cut, rng):
    spots = []
    for _ in range(int(rng.integers(6, 18))):
        y = rng.uniform(cut.arm, cut.length * 0.95)
        spots.append((_ellipse(rng.uniform(-0.85, 0.85) * _across(cut, y), y, 0.03, 0.03, count=8), "trim"))
    return spots


# Trousers


def _trouser(rng):
    waist, hip_extra, crotch = _between(rng, (0.26, 0.44), (0.0, 0.1), (0.45, 0.8))
    length = rng.uniform(0.85, 1.3) if _chance(rng, 0.13) else rng.uniform(1.6, 2.7)
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
    outer = _through(right[:4], 12) if _chance(rng, 0.6) else np.array(right[:4])
    half = np.vstack([outer, right[4:]])
    gap = np.array([(0.012 if _chance(rng, 0.5) else 0.0, crotch)])
    waist_sag = rng.uniform(-0.03, 0.05)
    top = _arc((-waist, 0), (waist, 0), waist_sag)[1:-1]
    parts = [(np.vstack([top, half, gap, _mirrored(gap), _mirrored(half)]), "cloth")]
    band = rng.uniform(0.07, 0.14)
    knee = (half[len(outer) - 1] + (hip, crotch)) / 2

    def waistband():
        return [(_arc((-waist * 1.01, band), (waist * 1.01, band), waist_sag), "line")]

    def fly():
        low = crotch * rng.uniform(0.6, 0.85)
        straight = np.array([(0, band), (0, crotch)])
        flap = _through([(0.08, band), (0.08, low * 0.8), (0, low)], 8)
        return [(straight, "line")] + ([(flap, "line")] if _chance(rng, 0.5) else [])

    def pockets():
        pocket = _arc((waist * 0.5, band), (hip, crotch * 0.5), rng.uniform(0.02, 0.08))
        return [(pocket, "line"), (_mirrored(pocket), "line")]

    def creases():
        crease = np.array([(waist * 0.5, crotch * 0.6), (middle, length)])
        return [(crease, "line"), (_mirrored(crease), "line")]

    def hems():
        y = length - rng.uniform(0.05, 0.15)
        line = np.array([(middle - ankle / 2 - 0.005, y), (middle + ankle / 2 + 0.01, y)])
        return [(line, "line"), (_mirrored(line), "line")]

    def loops():
        places = np.linspace(-waist * 0.8, waist * 0.8, int(rng.integers(3, 6)))
        return [(_box(x - 0.012, 0, x + 0.012, band), "trim") for x in places]

    def knee_marks():
        x, y = knee
        mark = np.array([(x * 0.55, y), (x * 0.85, y + 0.05)])
        return [(mark, "line"), (_mirrored(mark), "line")]

    return parts + _some(
        rng,
        (0.65, waistband),
        (0.5, fly),
        (0.45, pockets),
        (0.2, creases),
        (0.3, hems),
        (0.15, loops),
        (0.15, knee_marks),
        (0.1, lambda: [(_ellipse(0, band / 2, 0.025, 0.025, count=8), "trim")]),
    )


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
    heel = np.array([(1 - wide * 1.4, -rise), (1.0, -rise), (0.985, ground), (0.985 - foot, ground)])
    return [(heel, "trim"), plate], bed


def _low_shoe(rng):
    rise = 0.0 if _chance(rng, 0.9) else rng.uniform(0.04, 0.12)
    thick, spring = rng.uniform(0.03, 0.15), rng.uniform(0.0, 0.06)
    sole, bed = _sole(rng, rise, thick, spring)
    heel, dip, tongue = _between(rng, (0.27, 0.44), (0.2, 0.32), (0.3, 0.46))
    toe, throat = rng.uniform(0.11, 0.22), rng.uniform(0.28, 0.42)
    instep = rng.uniform(0.54, 0.64)
    top = _through(
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
    front = _through(
        [(instep, -tongue), (throat, -toe * 1.35), (0.14, -toe), (0.01, -toe * 0.55), (0.0, bed[0, 1])], 14
    )
    upper = [(np.vstack([bed, top, front[1:]]), "cloth")]
    parts = sole + upper if _chance(rng, 0.5) else upper + sole
    slope = np.array([(throat, -toe * 1.35), (instep, -tongue)])
    return parts + _some(
        rng,
        (0.7, lambda: _laces(slope, rng)),
        (
            0.5,
            lambda: [(_arc((throat * 0.75, -toe * 1.15), (throat * 0.7, bed[3, 1]), rng.uniform(-0.08, 0.1)), "line")],
        ),
        (0.45, lambda: _side_mark(rng, dip)),
        (0.35, lambda: [(_arc((0.97, -heel * 0.9), (0.84, -0.02), rng.uniform(-0.05, 0.08)), "line")]),
        (0.3, lambda: [(_arc((throat, -toe * 1.35), (0.62, -0.06), 0.05), "line")]),
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
        lines.append((np.array([place + (-0.01, -0.015), place + (length * 0.6 + lean, length)]), "line"))
        if _chance(rng, 0.3):
            lines.append((np.array([place + (length * 0.6, 0), place + (0, length * 0.8)]), "line"))
    if _chance(rng, 0.2):
        lines += [(_ellipse(end[0] + dx, end[1] + 0.02, 0.06, 0.03, count=10), "line") for dx in (-0.05, 0.05)]
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
        return [(_through([(0.82, -height * 0.8), (0.55, -0.08), (0.42, -0.09), (0.46, -height * 0.7)], 12), "line")]
    return [(_ellipse(rng.uniform(0.6, 0.75), -height * 0.5, 0.06, 0.06, count=12), "trim")]


def _sneaker(rng):
    return _as_worn(_low_shoe, rng)


def _as_worn(make, rng, pair=0.14):
    """One shoe, or a second one beside or behind it."""
    front = make(rng)
    if not _chance(rng, pair):
        return front
    shift = np.array((rng.uniform(-0.35, 0.35), rng.uniform(-0.45, -0.12)))
    back = front if _chance(rng, 0.7) else make(rng)
    return [(np.asarray(points) + shift, kind) for points, kind in back] + front


def _boot(rng):
    rise = rng.uniform(0.06, 0.34) if _chance(rng, 0.5) else 0.0
    thick, spring = rng.uniform(0.03, 0.13), rng.uniform(0.0, 0.05)
    sole, bed = _sole(rng, rise, thick, spring)
    shaft = rise + (rng.uniform(0.55, 1.0) if _chance(rng, 0.8) else rng.uniform(0.95, 1.5))
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
    outline = np.vstack([bed, _through(heel, 10), _through(instep + toes, 18)])
    parts = sole + [(outline, "cloth")] if _chance(rng, 0.5) else [(outline, "cloth"), *sole]
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
                np.array([(x - w, -shaft), (x + w, -shaft), (x + w * 0.4, -ankle * 0.6), (x - w * 0.4, -ankle * 0.6)]),
                "trim",
            )
        ]

    def strap():
        y = -ankle * rng.uniform(0.75, 1.1)
        return [(_band([(0.44, y * 0.95), (0.98, y)], rng.uniform(0.05, 0.1)), "trim")]

    def cuff():
        y = -shaft + rng.uniform(0.06, 0.2)
        edge = rng.uniform(0.0, 0.05)
        return [(_box(front - edge, -shaft, back + edge, y), rng.choice(["trim", "cloth"]))]

    return parts + _some(
        rng,
        (0.4, laces),
        (0.25, zip_line),
        (0.2, elastic),
        (0.2, strap),
        (0.3, cuff),
        (0.3, lambda: [(_arc((0.3, -toe * 1.3), (0.27, bed[4, 1]), rng.uniform(-0.06, 0.08)), "line")]),
        (0.15, lambda: [(_box(back - 0.05, -shaft - 0.08, back + 0.01, -shaft + 0.02), "trim")]),
        (0.2, lambda: [(_arc((0.99, -rise - 0.25), (0.75, -rise * 0.8), 0.05), "line")]),
    )


def _ankle_boot(rng):
    return _as_worn(_boot, rng)


def _sandal(rng):
    return _sandal_from_above(rng) if _chance(rng, 0.38) else _as_worn(_sandal_from_the_side, rng)


def _sandal_from_the_side(rng):
    rise = rng.uniform(0.08, 0.5) if _chance(rng, 0.5) else rng.uniform(0.0, 0.05)
    thick, spring = rng.uniform(0.03, 0.14), rng.uniform(0.0, 0.04)
    sole, bed = _sole(rng, rise, thick, spring)

    def on_bed(x):
        return np.array((x, np.interp(x, bed[:, 0], bed[:, 1])))

    straps = []
    width = rng.uniform(0.025, 0.12)
    for start in np.sort(rng.uniform(0.08, 0.42, int(rng.integers(1, 4)))):
        end, height = start + rng.uniform(0.08, 0.26), rng.uniform(0.1, 0.24)
        straps.append(_band(_arc(on_bed(start), on_bed(end), -height, 11), width))
    if _chance(rng, 0.72):
        high = rise + rng.uniform(0.28, 0.6)
        ankle = rng.uniform(0.55, 0.68)
        straps.append(_band(_arc((ankle, -high * 0.97), (0.97, -high), rng.uniform(-0.05, 0.06)), width))
        straps.append(
            _band(_through([(0.97, -high), (1.0, -rise - 0.12), (0.96, -rise)], 8), width * rng.uniform(0.8, 1.6))
        )
        if _chance(rng, 0.45):
            straps.append(
                _band(_through([(ankle, -high), (0.48, -rise * 0.5 - 0.22), on_bed(0.25) - (0, 0.1)], 10), width)
            )
        if _chance(rng, 0.4):
            straps.append(_band(_arc(on_bed(0.7), (ankle + 0.05, -high), 0.03), width))
    if _chance(rng, 0.25):
        straps.append(np.vstack([_arc(on_bed(0.8), (0.98, -rise - 0.25), 0.03), [(1.0, -rise)]]))
    kind = str(rng.choice(["cloth", "trim"]))
    parts = [(strap, kind) for strap in straps]
    if _chance(rng, 0.12):
        kind, parts = "trim", [(strap[: len(strap) // 2], "line") for strap in straps]
    soles = [(points, "cloth" if kind == "trim" else "trim") for points, _ in sole]
    return parts + soles if _chance(rng, 0.5) else soles + parts


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
    left = [(0, length), (-heel, 0.86), (-heel * 0.95, 0.6), (-wide * 0.9, 0.3), (-wide * 0.7, 0.09), (lean, 0)]
    sole = np.vstack([_through(right, 18), _through(left, 18)[1:-1]])
    parts = [(sole, "cloth")]
    width = rng.uniform(0.02, 0.07)
    if _chance(rng, 0.6):
        toe, ends = np.array((lean * 0.5, rng.uniform(0.12, 0.22))), rng.uniform(0.38, 0.6)
        sag = rng.uniform(0.0, 0.06)
        lines = [_arc(toe, (wide * 0.95, ends), -sag), _arc(toe, (-wide * 0.95, ends), sag)]
    else:
        count = int(rng.integers(1, 5))
        heights = np.sort(rng.uniform(0.14, 0.85, count)) if count > 1 else [rng.uniform(0.2, 0.4)]
        lines = [
            _arc((-wide * 0.95, y), (wide * 0.95, y + rng.uniform(-0.1, 0.1)), -rng.uniform(0, 0.07)) for y in heights
        ]
        width = rng.uniform(0.05, 0.26) if count == 1 else width
    as_lines = _chance(rng, 0.3) and width < 0.08
    parts += [(line, "line") if as_lines else (_band(line, width), "trim") for line in lines]
    if _chance(rng, 0.55):
        gap = wide * 2 + rng.uniform(0.02, 0.3)
        parts += [(np.asarray(points) * (-1, 1) + (gap, rng.uniform(-0.02, 0.02)), kind) for points, kind in parts]
    return parts


# Bags


def _bag(rng):
    return [_handbag, _handbag, _tote, _backpack, _shoulder_bag, _clutch][rng.integers(6)](rng)


def _bag_body(width, height, flare, round_edge):
    """Half-width `width` at the top, times `flare` at the bottom; corners cut by `round_edge`."""
    low, r = width * flare, min(round_edge, height * 0.45, width * 0.45)
    right = [(width - r, 0), (width, r * 0.6), (low, height - r), (low - r * 0.3, height - r * 0.3), (low - r, height)]
    right = right if r > 0.01 else [(width, 0), (low, height)]
    return np.vstack([right, _mirrored(right)])


def _handle(half, height, y=0.0, thick=0.04, square=0.0):
    """An arch over the bag."""
    angle = np.linspace(0, np.pi, 17)
    x, up = np.cos(angle), np.sin(angle) ** (0.5 if square else 1.0)
    return _band(np.stack([half * x, y - height * up], axis=1), thick)


def _bag_details(width, height, flare, rng):
    def flap():
        deep = height * rng.uniform(0.3, 0.65)
        shape = rng.integers(3)
        if shape == 0:
            low = _arc((width, 0), (-width, 0), -deep, 13)
        elif shape == 1:
            low = np.array([(width, 0), (0, deep), (-width, 0)])
        else:
            low = np.array([(width, 0), (width, deep), (-width, deep), (-width, 0)])
        clasp = (
            _box(-0.04, deep - 0.05, 0.04, deep + 0.06)
            if _chance(rng, 0.5)
            else _ellipse(0, deep, 0.04, 0.04, count=10)
        )
        return [(low, rng.choice(["trim", "cloth"]))] + ([(clasp, "trim")] if _chance(rng, 0.7) else [])

    def zip_line():
        y = height * rng.uniform(0.06, 0.3)
        return [(np.array([(-width * 0.9, y), (width * 0.9, y)]), "line")]

    def pocket():
        top, half = height * rng.uniform(0.4, 0.6), width * rng.uniform(0.4, 0.75)
        return [(_box(-half, top, half, height * rng.uniform(0.8, 0.94)), rng.choice(["trim", "cloth"]))]

    def clasp():
        return [(_ellipse(0, height * rng.uniform(0.02, 0.25), 0.05, 0.05, count=12), "trim")]

    def seams():
        x = width * rng.uniform(0.5, 0.8)
        line = np.array([(x, 0), (x * flare, height)])
        return [(line, "line"), (_mirrored(line), "line")]

    return _some(rng, (0.35, flap), (0.3, zip_line), (0.25, pocket), (0.25, clasp), (0.2, seams))


def _handbag(rng):
    width, height, flare = _between(rng, (0.38, 0.6), (0.5, 0.95), (0.9, 1.45))
    parts = []
    half, high, thick = width * rng.uniform(0.4, 0.9), rng.uniform(0.2, 0.65), rng.uniform(0.025, 0.09)
    square = _chance(rng, 0.3)
    if _chance(rng, 0.5):
        parts.append((_handle(half * 0.92, high * 0.85, 0.03, thick, square), "trim"))
    parts.append((_handle(half, high, 0.03, thick, square), "trim"))
    body = _bag_body(width, height, flare, rng.uniform(0, 0.25))
    return [*parts, (body, "cloth"), *_bag_details(width, height, flare, rng)]


def _tote(rng):
    width, height, flare = _between(rng, (0.38, 0.55), (0.75, 1.15), (0.85, 1.1))
    half, high, thick = width * rng.uniform(0.4, 0.65), rng.uniform(0.4, 0.9), rng.uniform(0.02, 0.08)
    handle = _handle(half, high, 0.02, thick)
    back = [(handle + (0.05, 0.03), "trim")] if _chance(rng, 0.6) else []
    body = [(_bag_body(width, height, flare, rng.uniform(0, 0.08)), "cloth")]
    front = [(handle, "trim")]
    parts = back + body + front if _chance(rng, 0.5) else back + front + body
    if _chance(rng, 0.3):
        size = rng.uniform(0.1, 0.22)
        parts.append((_ellipse(0, height * 0.55, size, size), "trim"))
    return parts + (_bag_details(width, height, flare, rng) if _chance(rng, 0.3) else [])


def _shoulder_bag(rng):
    width, height, flare = _between(rng, (0.4, 0.65), (0.4, 0.8), (0.85, 1.2))
    thick = rng.uniform(0.015, 0.06)
    strap = _handle(width * rng.uniform(0.75, 1.02), rng.uniform(0.6, 1.5), 0.06, thick, _chance(rng, 0.25))
    body = _bag_body(width, height, flare, rng.uniform(0.02, 0.4))
    return [(strap, "trim"), (body, "cloth"), *_bag_details(width, height, flare, rng)]


def _clutch(rng):
    width, height = rng.uniform(0.5, 0.75), rng.uniform(0.4, 0.75)
    body = [(_bag_body(width, height, rng.uniform(0.92, 1.1), rng.uniform(0, 0.25)), "cloth")]
    loop = [(_handle(rng.uniform(0.1, 0.25), rng.uniform(0.15, 0.5), 0.05, 0.035), "trim")] if _chance(rng, 0.6) else []
    return loop + body + _bag_details(width, height, 1.0, rng)


def _backpack(rng):
    width, height = rng.uniform(0.36, 0.5), rng.uniform(0.85, 1.25)
    top = _through([(width, 0.35), (width * 0.85, 0.08), (0, 0.0), (-width * 0.85, 0.08), (-width, 0.35)], 15)
    low = width * rng.uniform(0.95, 1.12)
    body = np.vstack([top, [(-low, height - 0.1), (-low + 0.08, height), (low - 0.08, height), (low, height - 0.1)]])
    loop = (_handle(rng.uniform(0.08, 0.16), rng.uniform(0.1, 0.22), 0.03, 0.035), "trim")
    strap = _band(
        _through([(width * 0.8, 0.12), (width * 1.25, 0.45), (low, height * 0.85)], 10), rng.uniform(0.04, 0.09)
    )
    straps = [(strap, "trim"), (_mirrored(strap), "trim")] if _chance(rng, 0.5) else []
    half, pocket_top = width * rng.uniform(0.55, 0.85), height * rng.uniform(0.48, 0.62)
    pocket = np.vstack(
        [_arc((-half, pocket_top), (half, pocket_top), -0.06), [(half, height * 0.93), (-half, height * 0.93)]]
    )
    zips = [(_arc((-width * 0.8, 0.38), (width * 0.8, 0.38), -0.2), "line")] if _chance(rng, 0.5) else []
    flap = [(np.vstack([top, _arc((-width, 0.35), (width, 0.35), 0.12)[1:-1]]), "trim")] if _chance(rng, 0.25) else []
    pockets = [(pocket, rng.choice(["trim", "cloth"]))] if _chance(rng, 0.85) else []
    return [loop, *straps, (body, "cloth"), *zips, *flap, *pockets]


_GARMENTS = {
    "T-shirt/top": _t_shirt,
    "Trouser": _trouser,
    "Pullover": _pullover,
    "Dress": _dress,
    "Coat": _coat,
    "Sandal": _sandal,
    "Shirt": _shirt,
    "Sneaker": _sneaker,
    "Bag": _bag,
    "Ankle boot": _ankle_boot,
}
