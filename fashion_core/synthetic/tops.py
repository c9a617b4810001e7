"""T-shirts, pullovers, shirts, coats and dresses, which hang from the shoulders, and trousers.

x = 0 is the middle, y = 0 the neck or the waist. Lengths are in about a shoulder's width.
"""

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


@dataclass
class _Cut:
    """The measures of a garment that hangs from the shoulders.

    Widths of the body are from the middle to one side. A y is a place below the neck.
    """

    neck: float  # width of its opening
    neck_depth: float  # y of the neckline's lowest point
    neckline: str  # "round", "v" or "square"
    shoulder: float  # width
    slope: float  # y of the shoulder's end
    arm: float  # y of the armpit
    chest: float  # width at the armpit
    waist: float  # width
    waist_y: float
    hem: float  # width
    length: float  # y of the hem
    hem_sag: float  # by how much the hem's middle hangs lower
    sleeve: float  # length; 0 for none
    angle: float  # of the sleeve, from hanging straight down (0) to spread out (π/2)
    cuff: float  # the sleeve's width at its end
    bend: float  # at the elbow, in radians; 0 for a straight sleeve


def _cut(rng: Generator, **given) -> _Cut:
    """Random measures of a short garment without sleeves, but for those that are given."""
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
    measures |= given
    return _Cut(neck=neck, shoulder=shoulder, slope=slope, chest=chest, length=length, **measures)


def _sleeve_angle(rng: Generator) -> float:
    """Hanging, as in shop pictures, or spread, as people draw."""
    return rng.uniform(0.08, 0.5) if chance(rng, 0.4) else rng.uniform(0.45, 1.5)


def _long_sleeves(rng: Generator) -> dict[str, float]:
    """Measures of sleeves that end near the hip, straight or bent."""
    return {
        "sleeve": rng.uniform(0.85, 1.3),
        "cuff": rng.uniform(0.12, 0.22),
        "bend": rng.uniform(-0.5, 1.2) if chance(rng, 0.25) else 0.0,
        "angle": rng.uniform(0.06, 0.45) if chance(rng, 0.55) else rng.uniform(0.4, 1.5),
    }


# Body and sleeves


def _neckline(cut: _Cut) -> np.ndarray:
    """From the left to the right end of the neck: (n, 2)."""
    left, right = (-cut.neck, 0), (cut.neck, 0)
    if cut.neckline == "v":
        return np.array([left, (0, cut.neck_depth), right])
    if cut.neckline == "square":
        inner = cut.neck * 0.8
        return np.array([left, (-inner, cut.neck_depth), (inner, cut.neck_depth), right])
    return arc(left, right, cut.neck_depth)


def _body(cut: _Cut) -> np.ndarray:
    """The outline without sleeves: (n, 2)."""
    armpit = (cut.chest, cut.arm)
    side = through([armpit, (cut.waist, cut.waist_y), (cut.hem, cut.length)], 9)[1:]
    side = np.vstack([[(cut.shoulder, cut.slope), armpit], side])
    hem = arc((cut.hem, cut.length), (-cut.hem, cut.length), -cut.hem_sag)[1:-1]
    return np.vstack([_neckline(cut), side, hem, mirrored(side)])


def _across(cut: _Cut, y: float) -> float:
    """The body's width at y, from the middle to one side."""
    return np.interp(y, [cut.arm, cut.waist_y, cut.length], [cut.chest, cut.waist, cut.hem])


def _sleeve(cut: _Cut, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """The right sleeve's outline, (n, 2), and the line where the cuff begins, (2, 2)."""
    angle = cut.angle + rng.normal(0, 0.06)
    upper, lower = np.array((cut.shoulder, cut.slope)), np.array((cut.chest, cut.arm))
    way = np.array((np.sin(angle), np.cos(angle)))
    inward = np.array((-way[1], way[0]))
    if cut.bend:
        elbow = upper + way * cut.sleeve * 0.5
        inner_elbow = elbow + inward * (np.hypot(*(lower - upper)) + cut.cuff) / 2
        way = np.array((np.sin(angle - cut.bend), np.cos(angle - cut.bend)))
        inward = np.array((-way[1], way[0]))
        end = elbow + way * cut.sleeve * 0.5
        outline = [upper, elbow, end, end + inward * cut.cuff, inner_elbow, lower]
    else:
        end = upper + way * cut.sleeve
        outline = [upper, end, end + inward * cut.cuff, lower]
    back = way * min(0.09, cut.sleeve / 4)
    return np.array(outline), np.array([end - back, end + inward * cut.cuff - back])


def _sleeves(cut: _Cut, rng: Generator, cuffs: float) -> list[Shape]:
    """Both sleeves, with cuff lines in the share `cuffs` of the cases."""
    if not cut.sleeve:
        return []
    right, right_cuff = _sleeve(cut, rng)
    left, left_cuff = _sleeve(cut, rng) if chance(rng, 0.5) else (right, right_cuff)
    shapes = [(right, "cloth"), (mirrored(left), "cloth")]
    if chance(rng, cuffs):
        shapes += [(right_cuff, "line"), (mirrored(left_cuff), "line")]
    return shapes


def _top(cut: _Cut, rng: Generator, cuffs: float = 0.5) -> list[Shape]:
    """Sleeves and body, either in front, and now and then the neck's inside at the back."""
    sleeves, body = _sleeves(cut, rng, cuffs), [(_body(cut), "cloth")]
    shapes = sleeves + body if chance(rng, 0.5) else body + sleeves
    if cut.neckline == "round" and chance(rng, 0.4):
        back = arc((cut.neck, 0), (-cut.neck, 0), -cut.neck_depth * rng.uniform(-0.2, 0.5))
        shapes.append((np.vstack([_neckline(cut), back[1:-1]]), "inside"))
    return shapes


# Details of several garments


def _neck_rib(cut: _Cut, rng: Generator) -> list[Shape]:
    width = rng.uniform(0.03, 0.08)
    left, right = (-cut.neck - width, 0.01), (cut.neck + width, 0.01)
    if cut.neckline == "v":
        return [([left, (0, cut.neck_depth + width), right], "line")]
    return [(arc(left, right, cut.neck_depth + width), "line")]


def _line_across(cut: _Cut, y: float) -> Shape:
    return [(-_across(cut, y), y), (_across(cut, y), y)], "line"


def _stripes(cut: _Cut, rng: Generator) -> list[Shape]:
    """Bands or lines across the body."""
    top, bottom = sorted(rng.uniform(cut.arm, cut.length, 2))
    heights = np.linspace(top, bottom, int(rng.integers(1, 6)))
    if chance(rng, 0.5):
        return [_line_across(cut, y) for y in heights]
    thick, shapes = rng.uniform(0.03, 0.1), []
    for y in heights:
        width = _across(cut, y) * 0.98
        shapes.append((box(-width, y, width, min(y + thick, cut.length)), "trim"))
    return shapes


def _print(cut: _Cut, rng: Generator) -> list[Shape]:
    """A disc, a picture, a star, a word or a pocket on the chest."""
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
        star = np.stack([x + radius * np.cos(angle), y + size + radius * np.sin(angle)], 1)
        return [(star, "trim")]
    if kind == 3:
        places = np.linspace(x - size, x + size, int(rng.integers(5, 12)))
        return [(np.stack([places, y + rng.uniform(-0.04, 0.04, len(places))], 1), "line")]
    middle = rng.choice([-1, 1]) * rng.uniform(0.15, 0.25) * cut.chest / 0.45
    pocket = box(middle - 0.09, y, middle + 0.09, y + rng.uniform(0.14, 0.22))
    return [(pocket, rng.choice(["line", "trim"]))]


def _hem_line(cut: _Cut, rng: Generator) -> list[Shape]:
    y = cut.length - rng.uniform(0.04, 0.14)
    return [(arc((-_across(cut, y), y), (_across(cut, y), y), cut.hem_sag), "line")]


def _folds(cut: _Cut, rng: Generator) -> list[Shape]:
    """A few creases from the sides inwards."""
    lines = []
    for _ in range(int(rng.integers(1, 5))):
        y = rng.uniform(cut.arm, cut.length * 0.95)
        start = rng.choice([-1, 1]) * _across(cut, y)
        end = (start * rng.uniform(0.3, 0.8), y + rng.uniform(-0.15, 0.2))
        lines.append((arc((start, y), end, 0.03), "line"))
    return lines


def _buttons(top: float, bottom: float, x: float, count: int, size: float) -> list[Shape]:
    """A column of buttons."""
    return [(ellipse(x, y, size, size, count=9), "trim") for y in np.linspace(top, bottom, count)]


def _collar(cut: _Cut, rng: Generator, tip: float = 0.2) -> list[Shape]:
    """Two flaps that meet below the neck, their tips about `tip` long."""
    meet = (0, cut.neck_depth * rng.uniform(0.6, 1.0))
    drop, out = tip * rng.uniform(0.7, 1.4), cut.neck * rng.uniform(0.75, 1.3)
    rise = -rng.uniform(0.0, 0.08)
    return both_sides([(cut.neck, rise), meet, (out, meet[1] + drop)], trim_or_cloth(rng))


def _hood(cut: _Cut, rng: Generator) -> list[Shape]:
    width, height = cut.neck * rng.uniform(1.1, 1.5), rng.uniform(0.18, 0.42)
    outer = arc((-width, 0.04), (width, 0.04), -height, 13)
    inner = arc((width * 0.7, 0.04), (-width * 0.7, 0.04), height * rng.uniform(0.5, 0.8), 11)
    return [(outer, "cloth"), (inner, "inside")]


def _belt(cut: _Cut, rng: Generator) -> list[Shape]:
    """With or without a buckle."""
    y, thick = cut.waist_y * rng.uniform(0.85, 1.1), rng.uniform(0.04, 0.1)
    width = _across(cut, y) * rng.uniform(1.0, 1.06)
    shapes = [(box(-width, y, width, y + thick), "trim")]
    if chance(rng, 0.5):
        shapes.append((box(-0.07, y - 0.02, 0.07, y + thick + 0.02), "trim"))
    return shapes


# T-shirts


def t_shirt(rng: Generator) -> list[Shape]:
    """A T-shirt, or now and then a top without sleeves."""
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
        cut,
        rng,
        (0.4, _neck_rib),
        (0.3, _print),
        (0.12, _stripes),
        (0.25, _hem_line),
        (0.2, _folds),
    )


def _tank_top(rng: Generator) -> list[Shape]:
    cut = _cut(
        rng,
        shoulder=rng.uniform(0.26, 0.4),
        neck=rng.uniform(0.17, 0.24),
        neck_depth=rng.uniform(0.15, 0.4),
        length=rng.uniform(1.0, 1.5),
    )
    cut.chest, cut.waist, cut.hem = rng.uniform(0.38, 0.5, 3)
    return _top(cut, rng) + some(cut, rng, (0.3, _print), (0.3, _hem_line))


# Pullovers


def pullover(rng: Generator) -> list[Shape]:
    """With a round or V neck, a turtleneck or a hood."""
    neckline = rng.choice(["round", "v"], p=[0.8, 0.2])
    cut = _cut(rng, length=rng.uniform(0.95, 1.4), neckline=neckline, **_long_sleeves(rng))
    hood = chance(rng, 0.25)
    turtle = not hood and neckline == "round" and chance(rng, 0.28)
    shapes = _hood(cut, rng) if hood else []
    shapes += _top(cut, rng, 0.65)
    if turtle:
        shapes += _turtleneck(cut, rng)
    return shapes + some(
        cut,
        rng,
        (0.0 if turtle else 0.5, _neck_rib),
        (0.6, _hem_line),
        (0.3, _rib_ticks),
        (0.2, _stripes),
        (0.15, _print),
        (0.15, _zigzag),
        (0.7 if hood else 0.0, _hoodie_details),
        (0.2, _folds),
    )


def _turtleneck(cut: _Cut, rng: Generator) -> list[Shape]:
    height = rng.uniform(0.08, 0.24)
    shapes = [(box(-cut.neck, -height, cut.neck, cut.neck_depth * 0.5), "cloth")]
    if chance(rng, 0.4):
        shapes.append(([(-cut.neck, -height / 2), (cut.neck, -height / 2)], "line"))
    return shapes


def _hoodie_details(cut: _Cut, rng: Generator) -> list[Shape]:
    """A pocket on the belly and two strings."""
    top, bottom = cut.length * rng.uniform(0.58, 0.7), cut.length * rng.uniform(0.85, 0.95)
    wide, narrow = cut.waist * rng.uniform(0.5, 0.75), cut.waist * rng.uniform(0.3, 0.5)
    pocket = [(-narrow, top), (narrow, top), (wide, bottom), (-wide, bottom)]
    strings = [[(x, cut.neck_depth), (x * 1.1, cut.neck_depth + 0.25)] for x in (-0.06, 0.06)]
    return [(pocket, trim_or_cloth(rng)), *((string, "line") for string in strings)]


def _rib_ticks(cut: _Cut, rng: Generator) -> list[Shape]:
    """The ribs of the hem."""
    places = np.linspace(-cut.hem, cut.hem, int(rng.integers(7, 18)))[1:-1]
    return [([(x, cut.length - 0.09), (x, cut.length)], "line") for x in places]


def _zigzag(cut: _Cut, rng: Generator) -> list[Shape]:
    y, count = rng.uniform(cut.arm, cut.length * 0.8), int(rng.integers(5, 14))
    width = _across(cut, y)
    heights = y + np.where(np.arange(count) % 2, 0.06, -0.06)
    return [(np.stack([np.linspace(-width, width, count), heights], 1), "line")]


# Shirts


def shirt(rng: Generator) -> list[Shape]:
    """With long or short sleeves, mostly with a collar and buttons; at times a polo shirt."""
    short = chance(rng, 0.38)
    if short:
        sleeves = {"sleeve": rng.uniform(0.22, 0.5), "cuff": rng.uniform(0.2, 0.3)}
    else:
        sleeves = _long_sleeves(rng)
    cut = _cut(
        rng,
        length=rng.uniform(1.0, 1.6),
        hem_sag=rng.uniform(-0.02, 0.16),
        neck_depth=rng.uniform(0.1, 0.3),
        neckline=rng.choice(["round", "v"], p=[0.4, 0.6]),
        **sleeves,
    )
    shapes = _top(cut, rng, 0.6)
    shapes += _collar(cut, rng) if chance(rng, 0.93) else _neck_rib(cut, rng)
    shapes += _shirt_front(cut, short, rng)
    return shapes + some(
        cut, rng, (0.4, _chest_pockets), (0.12, _stripes), (0.12, _checks), (0.2, _folds)
    )


def _shirt_front(cut: _Cut, short: bool, rng: Generator) -> list[Shape]:
    """Placket and buttons down to the hem, or of a polo shirt down to the chest."""
    start, x = cut.neck_depth, rng.uniform(0.0, 0.05)
    polo = short and chance(rng, 0.15)
    end = start + rng.uniform(0.25, 0.4) if polo else cut.length + cut.hem_sag * 0.9
    plackets = [(-x, x), (0,), (x,)][rng.integers(3)]
    shapes = []
    if chance(rng, 0.85):
        shapes += [([(place, start), (place, end)], "line") for place in plackets]
    if chance(rng, 0.85):
        count = int(rng.integers(2, 4)) if polo else int(rng.integers(3, 9))
        x, size = between(rng, (-0.02, 0.02), (0.012, 0.035))
        shapes += _buttons(start + 0.06, end - 0.08, x, count, size)
    return shapes


def _chest_pockets(cut: _Cut, rng: Generator) -> list[Shape]:
    x, y, w, h = between(
        rng, (0.14, 0.24), (cut.arm - 0.02, cut.arm + 0.12), (0.07, 0.11), (0.13, 0.22)
    )
    tip = (x, y + h * rng.uniform(1.0, 1.25))
    pocket = [(x - w, y), (x + w, y), (x + w, y + h), tip, (x - w, y + h)]
    return both_sides(pocket, "trim") if chance(rng, 0.4) else [(pocket, "trim")]


def _checks(cut: _Cut, rng: Generator) -> list[Shape]:
    columns = np.linspace(-cut.chest, cut.chest, int(rng.integers(4, 9)))[1:-1]
    upright = [([(x, cut.arm), (x, cut.length)], "line") for x in columns]
    return upright + _stripes(cut, rng) if chance(rng, 0.6) else upright


# Coats


def coat(rng: Generator) -> list[Shape]:
    """Of any length below the waist: with lapels, a collar or a hood."""
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
    shapes = _hood(cut, rng) if hood else []
    shapes += _top(cut, rng, 0.45)
    if not hood or chance(rng, 0.3):
        shapes += _lapels(cut, rng) if chance(rng, 0.7) else _collar(cut, rng, 0.25)
    shapes += _coat_front(cut, rng)
    return shapes + some(
        cut,
        rng,
        (0.6, _coat_pockets),
        (0.28, _belt),
        (0.2, _folds),
        (0.12, _quilting),
        (0.15, _hem_line),
    )


def _lapels(cut: _Cut, rng: Generator) -> list[Shape]:
    """With or without a notch, and with or without what is worn below."""
    meet = (0, max(cut.neck_depth, rng.uniform(0.25, 0.6)))
    out, y = cut.shoulder * rng.uniform(0.4, 0.72), meet[1] * rng.uniform(0.35, 0.6)
    notch = [(out * 0.72, y * 0.9)] if chance(rng, 0.5) else []
    lapel = [(cut.neck, -0.03), meet, (out, y), *notch, (cut.neck * 1.15, y * 0.5)]
    lapels = both_sides(lapel, trim_or_cloth(rng))
    inside = [(-cut.neck, 0), (cut.neck, 0), meet]
    return [(inside, "inside"), *lapels] if chance(rng, 0.5) else lapels


def _coat_front(cut: _Cut, rng: Generator) -> list[Shape]:
    """The front's edge from neck to hem: standing open, with a zip, plain or with buttons."""
    start, end = cut.neck_depth, cut.length + cut.hem_sag * 0.9
    kind = rng.random()
    if kind < 0.14:
        gap = rng.uniform(0.05, 0.22)
        return [([(0, start), (gap, end), (-gap, end)], "inside")]
    edge = np.array([(0, start), (rng.uniform(-0.02, 0.02), end)])
    if kind < 0.34:
        return [(edge, "line"), *_coat_zip(edge, start, end, rng)]
    if kind < 0.42:
        return [(edge, "line")]
    return [(edge, "line"), *_coat_buttons(start, end, rng)]


def _coat_zip(edge: np.ndarray, start: float, end: float, rng: Generator) -> list[Shape]:
    """Teeth between two heights, a second line beside the front's edge, (2, 2), or both."""
    shapes, ticks = [], np.linspace(start, end, int(rng.integers(8, 22)))
    if chance(rng, 0.4):
        shapes += [([(-0.025, y), (0.025, y)], "line") for y in ticks]
    if chance(rng, 0.5):
        shapes.insert(0, (edge + (0.05, 0), "line"))
    return shapes


def _coat_buttons(start: float, end: float, rng: Generator) -> list[Shape]:
    """One or two columns of buttons between two heights."""
    count, size = int(rng.integers(2, 7)), rng.uniform(0.018, 0.05)
    first, last = start + 0.1, start + (end - start) * rng.uniform(0.5, 0.95)
    if chance(rng, 0.35):
        x = rng.uniform(0.09, 0.16)
        right = _buttons(first, last, x, count, size)
        return right + _buttons(first, last, -x, count, size)
    return _buttons(first, last, rng.uniform(0.0, 0.07), count, size)


def _coat_pockets(cut: _Cut, rng: Generator) -> list[Shape]:
    y, x, width = cut.length * rng.uniform(0.55, 0.7), cut.waist * 0.55, rng.uniform(0.08, 0.15)
    kind = rng.integers(3)
    if kind == 0:
        return both_sides([(x - width / 2, y + 0.16), (x + width, y)], "line")
    height = rng.uniform(0.05, 0.1) if kind == 1 else rng.uniform(0.15, 0.28)
    return both_sides(box(x - width, y, x + width, y + height), "trim")


def _quilting(cut: _Cut, rng: Generator) -> list[Shape]:
    heights = np.linspace(cut.arm, cut.length, int(rng.integers(4, 10)))[:-1]
    return [_line_across(cut, y) for y in heights]


# Dresses


def dress(rng: Generator) -> list[Shape]:
    """On straps, without sleeves, or with short or long ones."""
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
    wide = kind in ("short", "long")
    cut.chest = shoulder * rng.uniform(0.95, 1.15) if wide else rng.uniform(0.28, 0.42)
    cut.waist, cut.waist_y = cut.chest * rng.uniform(0.62, 1.0), rng.uniform(0.6, 0.95)
    cut.hem = cut.chest * rng.uniform(0.85, 1.3) if chance(rng, 0.4) else rng.uniform(0.5, 1.15)
    return _dress_body(cut, kind == "straps", rng) + some(
        cut,
        rng,
        (0.45, _waist_line),
        (0.2, _belt),
        (0.35, _skirt_folds),
        (0.2, _ruffles),
        (0.12, _stripes),
        (0.1, _dots),
        (0.12, _dress_buttons),
    )


def _dress_body(cut: _Cut, strapped: bool, rng: Generator) -> list[Shape]:
    """Bodice and skirt, on straps or from the shoulders, with sleeves if the cut has any."""
    skirt = arc((cut.waist, cut.waist_y), (cut.hem, cut.length), rng.uniform(-0.12, 0.12))
    hem = arc((cut.hem, cut.length), (-cut.hem, cut.length), -cut.hem_sag * 2)[1:-1]
    if strapped:
        top = rng.uniform(0.15, 0.3)
        side = np.vstack([[(cut.chest * 0.95, top), (cut.chest, cut.arm)], skirt])
        bust = arc((-side[0][0], top), tuple(side[0]), rng.uniform(-0.06, 0.1))[1:-1]
        body = np.vstack([bust, side, hem, mirrored(side)])
        return [*_straps(cut, top, rng), (body, "cloth")]
    side = np.vstack([[(cut.shoulder, cut.slope), (cut.chest, cut.arm)], skirt])
    body = [(np.vstack([_neckline(cut), side, hem, mirrored(side)]), "cloth")]
    sleeves = _sleeves(cut, rng, 0.3)
    return sleeves + body if chance(rng, 0.5) else body + sleeves


def _straps(cut: _Cut, top: float, rng: Generator) -> list[Shape]:
    """Two thin or wide straps from a bodice that ends at the height `top`, or none."""
    x = cut.chest * rng.uniform(0.5, 0.85)
    lean = x * rng.uniform(0.7, 1.05)
    lines = [np.array([(side * x, top + 0.02), (side * lean, 0)]) for side in (-1, 1)]
    thin = chance(rng, 0.5)
    if chance(rng, 0.15):
        return []
    return [(line, "line") if thin else (band(line, 0.06), "cloth") for line in lines]


def _waist_line(cut: _Cut, rng: Generator) -> list[Shape]:
    left, right = (-cut.waist, cut.waist_y), (cut.waist, cut.waist_y)
    return [(arc(left, right, rng.uniform(-0.04, 0.06)), "line")]


def _skirt_width(cut: _Cut, y: float) -> float:
    """The skirt's width at y, from the middle to one side."""
    return np.interp(y, [cut.waist_y, cut.length], [cut.waist, cut.hem])


def _skirt_folds(cut: _Cut, rng: Generator) -> list[Shape]:
    places = np.linspace(-1, 1, int(rng.integers(3, 8)))[1:-1]
    high = cut.waist_y if chance(rng, 0.6) else rng.uniform(cut.waist_y, cut.length * 0.85)
    width, lines = _skirt_width(cut, high), []
    for place in places:
        end = (place * cut.hem * 0.97, cut.length * rng.uniform(0.9, 1))
        lines.append((arc((place * width, high), end, place * 0.05), "line"))
    return lines


def _ruffles(cut: _Cut, rng: Generator) -> list[Shape]:
    """Waves across the skirt."""
    highest, count = cut.length * rng.uniform(0.6, 0.9), int(rng.integers(1, 4))
    lines = []
    for y in np.linspace(highest, cut.length * 0.97, count):
        width, waves = _skirt_width(cut, y), int(rng.integers(9, 24))
        heights = y + 0.03 * np.sin(np.linspace(0, np.pi * waves / 2, 24))
        lines.append((np.stack([np.linspace(-width, width, 24), heights], 1), "line"))
    return lines


def _dots(cut: _Cut, rng: Generator) -> list[Shape]:
    dots = []
    for _ in range(int(rng.integers(6, 18))):
        y = rng.uniform(cut.arm, cut.length * 0.95)
        x = rng.uniform(-0.85, 0.85) * _across(cut, y)
        dots.append((ellipse(x, y, 0.03, 0.03, count=8), "trim"))
    return dots


def _dress_buttons(cut: _Cut, rng: Generator) -> list[Shape]:
    return _buttons(cut.neck_depth + 0.06, cut.waist_y, 0, int(rng.integers(2, 6)), 0.02)


# Trousers


@dataclass(frozen=True)
class _Legs:
    """The measures of trousers: widths from the middle to one side, y from the waist down."""

    waist: float  # width
    hip: float  # width
    crotch: float  # y where the legs part
    length: float  # y of the hems
    middle: float  # x of a leg's middle at its hem
    ankle: float  # the leg's whole width there
    sag: float  # by how much the waist's middle hangs lower
    band: float  # y where the waistband ends
    knee: np.ndarray  # (2,), between crotch and hem on the right leg's outer side


def trouser(rng: Generator) -> list[Shape]:
    """Long or short, narrow or wide."""
    waist, hip_extra, crotch = between(rng, (0.26, 0.44), (0.0, 0.1), (0.45, 0.8))
    length = rng.uniform(0.85, 1.3) if chance(rng, 0.13) else rng.uniform(1.6, 2.7)
    leg, ankle = waist * rng.uniform(0.85, 1.05), waist * rng.uniform(0.3, 0.95)
    middle = rng.uniform(ankle / 2 + 0.01, ankle / 2 + rng.uniform(0.02, 0.35))
    hip = waist + hip_extra
    thigh = (max(hip * 0.96, middle + leg / 2 * 0.9), crotch * 1.2)
    outer = [(waist, 0), (hip, crotch * 0.7), thigh, (middle + ankle / 2, length)]
    outer = through(outer, 12) if chance(rng, 0.6) else np.array(outer)
    right = np.vstack([outer, [(middle - ankle / 2, length)]])
    gap = [(0.012 if chance(rng, 0.5) else 0.0, crotch)]
    sag, waistband = between(rng, (-0.03, 0.05), (0.07, 0.14))
    top = arc((-waist, 0), (waist, 0), sag)[1:-1]
    outline = np.vstack([top, right, gap, mirrored(gap), mirrored(right)])
    knee = (outer[-1] + (hip, crotch)) / 2
    return [(outline, "cloth")] + some(
        _Legs(waist, hip, crotch, length, middle, ankle, sag, waistband, knee),
        rng,
        (0.65, _waistband),
        (0.5, _fly),
        (0.45, _trouser_pockets),
        (0.2, _creases),
        (0.3, _leg_hems),
        (0.15, _belt_loops),
        (0.15, _knee_marks),
        (0.1, _trouser_button),
    )


def _waistband(legs: _Legs, _rng: Generator) -> list[Shape]:
    width = legs.waist * 1.01
    return [(arc((-width, legs.band), (width, legs.band), legs.sag), "line")]


def _fly(legs: _Legs, rng: Generator) -> list[Shape]:
    low = legs.crotch * rng.uniform(0.6, 0.85)
    shapes = [([(0, legs.band), (0, legs.crotch)], "line")]
    if chance(rng, 0.5):
        shapes.append((through([(0.08, legs.band), (0.08, low * 0.8), (0, low)], 8), "line"))
    return shapes


def _trouser_pockets(legs: _Legs, rng: Generator) -> list[Shape]:
    start, end = (legs.waist * 0.5, legs.band), (legs.hip, legs.crotch * 0.5)
    return both_sides(arc(start, end, rng.uniform(0.02, 0.08)), "line")


def _creases(legs: _Legs, _rng: Generator) -> list[Shape]:
    return both_sides([(legs.waist * 0.5, legs.crotch * 0.6), (legs.middle, legs.length)], "line")


def _leg_hems(legs: _Legs, rng: Generator) -> list[Shape]:
    y, half = legs.length - rng.uniform(0.05, 0.15), legs.ankle / 2
    return both_sides([(legs.middle - half - 0.005, y), (legs.middle + half + 0.01, y)], "line")


def _belt_loops(legs: _Legs, rng: Generator) -> list[Shape]:
    places = np.linspace(-legs.waist * 0.8, legs.waist * 0.8, int(rng.integers(3, 6)))
    return [(box(x - 0.012, 0, x + 0.012, legs.band), "trim") for x in places]


def _knee_marks(legs: _Legs, _rng: Generator) -> list[Shape]:
    x, y = legs.knee
    return both_sides([(x * 0.55, y), (x * 0.85, y + 0.05)], "line")


def _trouser_button(legs: _Legs, _rng: Generator) -> list[Shape]:
    return [(ellipse(0, legs.band / 2, 0.025, 0.025, count=8), "trim")]
