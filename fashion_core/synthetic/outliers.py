"""Outliers: pictures of anything but clothes, from which a model learns to doubt.

A model that has only ever seen clothes calls a cat a bag with full confidence. Shown some other
pictures, and asked to spread its probability evenly over them, it learns to doubt also what it was
never shown. That is outlier exposure (Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection
with Outlier Exposure", 2019).
"""

import string

import cv2
import numpy as np
from numpy.random import Generator

from fashion_core.metadata import IMAGE_SIZE
from fashion_core.synthetic.parts import (
    Part,
    Shape,
    as_parts,
    between,
    box,
    chance,
    ellipse,
    mirrored,
)


def thing(rng: Generator) -> list[Part]:
    """A random thing, animal, face or shape, its hindmost part first."""
    return as_parts(THINGS[rng.integers(len(THINGS))](rng))


def scene(edge: int, image: np.ndarray, rng: Generator) -> np.ndarray:
    """A picture without a thing, from a sign to a landscape: (edge, edge) uint8.

    One in ten is `image`, (28, 28) uint8, in pieces.
    """
    kinds = (_signs, _signs, _scribbles, _scribbles, _loops, _landscape, _landscape, _noise, _blobs)
    kind = rng.integers(len(kinds) + 1)
    return _in_pieces(edge, image, rng) if kind == len(kinds) else kinds[kind](edge, rng)


# Scenes: (edge, edge) uint8 with background 0

SIGNS = string.digits * 3 + string.ascii_letters + "&%?!#@$"
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def _signs(edge: int, rng: Generator) -> np.ndarray:
    """One to four digits or letters."""
    canvas = np.zeros((edge, edge), np.uint8)
    text = "".join(rng.choice(list(SIGNS), rng.choice([1, 1, 1, 2, 3, 4])))
    font, thick = int(rng.choice(FONTS)), int(rng.integers(1, 12))
    (width, height), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = 0.75 * edge / max(width, height)
    place = (int((edge - width * scale) / 2), int((edge + height * scale) / 2))
    cv2.putText(canvas, text, place, font, scale, 255, thick, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((edge / 2, edge / 2), rng.normal(0, 12), 1.0)
    return cv2.warpAffine(canvas, turn, (edge, edge))


def _draw(canvas: np.ndarray, points: np.ndarray, width: int) -> None:
    """Draw a white polyline of points (n, 2), as fractions of the canvas."""
    places = np.rint(points * len(canvas)).astype(np.int32)
    cv2.polylines(canvas, [places], False, 255, width, cv2.LINE_AA)


def _scribbles(edge: int, rng: Generator) -> np.ndarray:
    """Strokes that go nowhere, a single dot or dash among them."""
    canvas = np.zeros((edge, edge), np.uint8)
    width = int(rng.integers(1, 9))
    for _ in range(int(rng.choice([1, 1, 2, 3, 5]))):
        _draw(canvas, _stroke(int(rng.integers(2, 14)), rng), width)
    return canvas


def _stroke(count: int, rng: Generator) -> np.ndarray:
    """A stroke of `count` random points or steps, some of them smooth: (n, 2), around 0.5."""
    if chance(rng, 0.5):
        points = rng.uniform(0.1, 0.9, (count, 2))
    else:
        points = np.cumsum(rng.normal(0, 0.12, (count, 2)), 0)
    points = points - points.mean(axis=0) + rng.uniform(0.35, 0.65, 2)
    if count > 3 and chance(rng, 0.7):
        fine, coarse = np.linspace(0, count - 1, 6 * count), np.arange(count)
        points = np.stack([np.interp(fine, coarse, points[:, axis]) for axis in (0, 1)], axis=1)
        points = cv2.GaussianBlur(points, (1, 9), 3)
    return points


def _loops(edge: int, rng: Generator) -> np.ndarray:
    """A pen that goes round and round: a spiral, a coil or a knot of loops."""
    canvas = np.zeros((edge, edge), np.uint8)
    turns = rng.uniform(1.5, 9)
    t = np.linspace(0, 1, int(30 * turns))
    angle = 2 * np.pi * turns * t + 0.3 * np.cumsum(rng.normal(0, 0.1, len(t)))
    radius = np.interp(t, np.linspace(0, 1, 6), rng.uniform(0.05, 0.4, 6))
    drift = np.outer(t - 0.5, rng.normal(0, 0.3, 2))
    circle = np.stack([np.cos(angle), rng.uniform(0.4, 1) * np.sin(angle)], axis=1)
    _draw(canvas, 0.5 + drift + radius[:, None] * circle, int(rng.integers(1, 9)))
    return canvas


def _landscape(edge: int, rng: Generator) -> np.ndarray:
    """Sky, hills and a sun that fill the picture."""
    x = np.linspace(0, 1, edge)
    sky = np.linspace(*rng.uniform(20, 255, 2), edge)[:, None]
    canvas = np.tile(sky, (1, edge)).astype(np.float32)
    if chance(rng, 0.5):
        place = tuple(int(p) for p in rng.uniform(0.1, 0.9, 2) * (edge, edge / 2))
        radius, value = int(rng.uniform(4, 14)), float(rng.uniform(0, 255))
        cv2.circle(canvas, place, radius, value, -1, cv2.LINE_AA)
    for base in np.sort(rng.uniform(0.25, 0.95, int(rng.integers(1, 5)))):
        waves = sum(
            rng.uniform(0, 0.1) * np.sin(x * rng.uniform(2, 14) + rng.uniform(0, 7))
            for _ in range(int(rng.integers(1, 4)))
        )
        canvas[x[:, None] > (base + waves)[None]] = rng.uniform(0, 255)
    canvas += rng.normal(0, rng.uniform(0, 25), canvas.shape)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _noise(edge: int, rng: Generator) -> np.ndarray:
    """Noise of any grain, hard or soft."""
    grain = int(rng.integers(3, edge))
    coarse = rng.uniform(0, 255, (grain, grain)).astype(np.float32)
    how = cv2.INTER_NEAREST if chance(rng, 0.5) else cv2.INTER_CUBIC
    canvas = np.clip(cv2.resize(coarse, (edge, edge), interpolation=how), 0, 255)
    if chance(rng, 0.4):
        canvas = np.where(canvas > rng.uniform(80, 230), 255, 0)
    return canvas.astype(np.uint8)


def _blobs(edge: int, rng: Generator) -> np.ndarray:
    """A few soft or hard spots and bars."""
    canvas = np.zeros((edge, edge), np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        place = rng.uniform(0, edge, 2).astype(int).tolist()
        size = (rng.uniform(2, edge / 3, 2).astype(int) + 1).tolist()
        thick = -1 if chance(rng, 0.6) else int(rng.integers(1, 6))
        value = int(rng.integers(40, 256))
        if chance(rng, 0.5):
            cv2.ellipse(canvas, place, size, rng.uniform(0, 180), 0, 360, value, thick)
        else:
            cv2.rectangle(canvas, place, np.add(place, size).tolist(), value, thick)
    return cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 6)) if chance(rng, 0.5) else canvas


def _in_pieces(edge: int, image: np.ndarray, rng: Generator) -> np.ndarray:
    """An image of clothes as shuffled tiles: all of its texture, nothing of its shape."""
    count = int(rng.choice([3, 4, 7]))
    size = IMAGE_SIZE // count
    tiles = image[: size * count, : size * count].reshape(count, size, count, size)
    tiles = tiles.swapaxes(1, 2).reshape(-1, size, size)  # (count², size, size)
    shuffled = rng.permutation(tiles).reshape(count, count, size, size)
    shuffled = shuffled.swapaxes(1, 2).reshape(size * count, size * count)
    return cv2.resize(np.ascontiguousarray(shuffled), (edge, edge), interpolation=cv2.INTER_CUBIC)


# Things: shapes around the origin, y downwards, about one unit large


def _oval(
    x: float,
    y: float,
    rx: float,
    ry: float | None = None,
    count: int = 18,
    begin: float = 0.0,
    end: float = 2 * np.pi,
) -> np.ndarray:
    """A circle or an ellipse of `count` points, or its part between two angles: (count, 2)."""
    return ellipse(x, y, rx, ry or rx, begin, end, count)


def _star(rng: Generator) -> list[Shape]:
    points, inner = int(rng.integers(3, 9)), rng.uniform(0.3, 1.0)
    angle = np.arange(2 * points) * np.pi / points - np.pi / 2
    radius = np.where(np.arange(2 * points) % 2, 0.5 * inner, 0.5)
    return [(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), "cloth")]


def _heart(rng: Generator) -> list[Shape]:
    t = np.linspace(0, 2 * np.pi, 30)
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 34
    return [(np.stack([16 * np.sin(t) ** 3 / 34 * rng.uniform(0.8, 1.2), y], axis=1), "cloth")]


def _face(rng: Generator) -> list[Shape]:
    """With or without hair, ears, a nose and a neck."""
    wide, high, eye = rng.uniform(0.32, 0.5), 0.5, rng.uniform(0.03, 0.09)
    eye_y, apart, smile = between(rng, (-0.18, 0.0), (0.12, 0.22), (-0.1, 0.15))
    behind = []
    if chance(rng, 0.6):
        behind.append((_oval(0, -0.15, wide * 1.15, high * rng.uniform(0.75, 1.3)), "inside"))
    if chance(rng, 0.5):
        behind += [(_oval(side * wide, 0, 0.07, 0.12, 9), "cloth") for side in (-1, 1)]
    eyes = [(_oval(side * apart, eye_y, eye, count=10), "trim") for side in (-1, 1)]
    x = np.linspace(-0.18, 0.18, 9)
    mouth = (np.stack([x, 0.25 + smile * (1 - (x / 0.18) ** 2)], axis=1), "line")
    nose = [([(0, eye_y + 0.05), (0.05, 0.1), (0, 0.12)], "line")] if chance(rng, 0.5) else []
    if chance(rng, 0.3):
        behind.append((box(-0.15, 0.35, 0.15, 0.7), "cloth"))
    return [*behind, (_oval(0, 0, wide, high, 24), "cloth"), *eyes, mouth, *nose]


def _cat(rng: Generator) -> list[Shape]:
    ears = [([(s * 0.38, -0.2), (s * 0.36, -0.55), (s * 0.1, -0.38)], "cloth") for s in (-1, 1)]
    eyes = [(_oval(side * 0.16, -0.06, 0.05, count=10), "trim") for side in (-1, 1)]
    nose = ([(0, 0.08), (0.04, 0.13), (-0.04, 0.13)], "trim")
    whiskers = [
        ([(side * 0.12, 0.12), (side * 0.5, 0.05 + 0.1 * i)], "line")
        for side in (-1, 1)
        for i in range(2)
    ]
    body = [(_oval(0, 0.75, 0.35, 0.5), "cloth")] if chance(rng, 0.4) else []
    return [*body, *ears, (_oval(0, 0, 0.42, 0.36), "cloth"), *eyes, nose, *whiskers]


def _house(rng: Generator) -> list[Shape]:
    wide, high = between(rng, (0.35, 0.6), (0.4, 0.8))
    windows = [
        (box(x, 0.15, x + 0.14, 0.3), "trim")
        for x in rng.uniform(-wide, wide - 0.14, int(rng.integers(0, 4)))
    ]
    ridge = (rng.uniform(-0.1, 0.1), -rng.uniform(0.25, 0.6))
    roof = [(-wide * 1.15, 0), ridge, (wide * 1.15, 0)]
    door = box(-0.1, high * 0.5, 0.1, high)
    return [(box(-wide, 0, wide, high), "cloth"), (roof, "trim"), (door, "trim"), *windows]


def _tree(rng: Generator) -> list[Shape]:
    """A leafy tree or a fir."""
    trunk = (box(-0.07, 0.1, 0.07, rng.uniform(0.5, 0.9)), "trim")
    if chance(rng, 0.5):
        crown = [
            _oval(*rng.uniform(-0.25, 0.25, 2) - (0, 0.2), rng.uniform(0.2, 0.4)) for _ in range(4)
        ]
    else:
        sizes = ((0.45, 0.2), (0.36, -0.05), (0.26, -0.3))
        crown = [[(-wide, y), (0, y - 0.5), (wide, y)] for wide, y in sizes]
    return [trunk, *((leaves, "cloth") for leaves in crown)]


def _car(rng: Generator) -> list[Shape]:
    roof = rng.uniform(0.2, 0.4)
    wheels = [(_oval(x, 0.2, 0.13), "trim") for x in (-0.3, 0.32)]
    cabin = ([(-0.35, 0), (-0.22, -roof), (0.2, -roof), (0.36, 0)], rng.choice(["cloth", "inside"]))
    return [cabin, (box(-0.62, 0, 0.62, 0.2), "cloth"), *wheels]


def _fish(rng: Generator) -> list[Shape]:
    tail = ([(0.35, 0), (0.65, -0.22), (0.65, 0.22)], "cloth")
    body = (_oval(0, 0, 0.45, rng.uniform(0.15, 0.32)), "cloth")
    return [tail, body, (_oval(-0.25, -0.05, 0.03, count=8), "trim")]


def _cup(rng: Generator) -> list[Shape]:
    low = rng.uniform(0.2, 0.36)
    body = [(-0.36, -0.35), (0.36, -0.35), (low, 0.45), (-low, 0.45)]
    ear = [
        (_oval(0.35, 0.05, 0.2, 0.22, 14), "trim"),
        (_oval(0.35, 0.05, 0.12, 0.14, 12), "inside"),
    ]
    return [*ear, (body, "cloth")]


def _flower(rng: Generator) -> list[Shape]:
    count, radius = int(rng.integers(4, 9)), rng.uniform(0.12, 0.22)
    angles = np.arange(count) * 2 * np.pi / count
    petals = [
        (_oval(0.26 * np.cos(a), 0.26 * np.sin(a), radius, count=12), "cloth") for a in angles
    ]
    stem = ([(0, 0.1), (rng.uniform(-0.1, 0.1), 1.0)], "line")
    return [stem, *petals, (_oval(0, 0, 0.14), "trim")]


def _stick_figure(rng: Generator) -> list[Shape]:
    arms = rng.uniform(-0.3, 0.3)
    lines = [
        [(0, -0.2), (0, 0.3)],
        [(-0.3, arms), (0, -0.05), (0.3, arms)],
        [(-0.2, 0.75), (0, 0.3), (0.2, 0.75)],
    ]
    return [(_oval(0, -0.36, 0.16), "cloth"), *((line, "line") for line in lines)]


def _bottle(rng: Generator) -> list[Shape]:
    neck, wide = between(rng, (0.06, 0.12), (0.16, 0.3))
    half = [(neck, -0.6), (neck, -0.25), (wide, -0.05), (wide, 0.6)]
    label = [(box(-wide, 0.1, wide, 0.4), "trim")] if chance(rng, 0.6) else []
    return [(np.vstack([half, mirrored(half)]), "cloth"), *label]


def _glasses(rng: Generator) -> list[Shape]:
    size = rng.uniform(0.16, 0.26)
    rings = [(_oval(side * 0.3, 0, size), "cloth") for side in (-1, 1)]
    bridge = ([(-0.3 + size, 0), (0.3 - size, 0)], "line")
    ends = [([(side * (0.3 + size), 0), (side * 0.7, -0.1)], "line") for side in (-1, 1)]
    return [*rings, bridge, *ends]


def _plain_shape(rng: Generator) -> list[Shape]:
    """A random polygon or oval, perhaps with something in it."""
    count = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(0.2, 0.6, count)
    outline = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
    inner = []
    if chance(rng, 0.4):
        inner.append((_oval(*rng.uniform(-0.1, 0.1, 2), rng.uniform(0.05, 0.15)), "trim"))
    if not chance(rng, 0.7):
        outline = _oval(0, 0, 0.5, rng.uniform(0.3, 0.5), 24)
    return [(outline, "cloth"), *inner]


def _fruit(rng: Generator) -> list[Shape]:
    """An apple, a pear or a lemon, with a stalk and perhaps a leaf."""
    angle = np.linspace(0, 2 * np.pi, 28)
    waist, dent = between(rng, (-0.25, 0.1), (0, 0.25))
    radius = 0.45 * (1 - dent * np.exp(-((angle - 1.5 * np.pi) ** 2) / 0.15))
    x = radius * np.cos(angle) * (1 + waist * -np.sin(angle)) * rng.uniform(0.8, 1.1)
    stalk = ([(0, -0.45 * (1 - dent)), (rng.uniform(-0.1, 0.1), -0.6)], "line")
    leaf = [(_oval(0.14, -0.56, 0.14, 0.06, 10), "trim")] if chance(rng, 0.6) else []
    return [(np.stack([x, radius * np.sin(angle)], axis=1), "cloth"), stalk, *leaf]


def _sitting_animal(rng: Generator) -> list[Shape]:
    """A cat, dog or bird that sits: a round head upon a larger body, ears and tail or beak."""
    head, wide, lean = between(rng, (0.16, 0.24), (0.22, 0.36), (-0.15, 0.15))
    top = -0.45
    tail = [(wide * 0.8, 0.45), (wide + 0.2, 0.4), (wide + 0.25, rng.uniform(-0.2, 0.3))]
    left, ears = lean - head, []
    for side in (-1, 1):
        inner, outer = lean + side * 0.05, lean + side * head
        ears.append([(inner, top - head * 0.8), (outer, top - head * 1.7), (outer, top)])
    beak = [(left, top), (left - 0.15, top + 0.05), (left, top + 0.1)]
    features = [(ear, "cloth") for ear in ears] if chance(rng, 0.75) else [(beak, "trim")]
    eyes = [(_oval(lean + s * 0.4 * head, top, 0.03, count=8), "trim") for s in (-1, 1)]
    body = (_oval(0, 0.12, wide, 0.42, 20), "cloth")
    return [(tail, "line"), body, *features, (_oval(lean, top, head, count=16), "cloth"), *eyes]


def _furniture(rng: Generator) -> list[Shape]:
    """A chair, a table or a lamp."""
    kind = rng.integers(3)
    wide = rng.uniform(0.25, 0.5)
    if kind == 0:
        legs = [box(x, 0.1, x + 0.08, 0.6) for x in (-wide, wide - 0.08)]
        boards = [box(-wide, -0.6, -wide + 0.1, 0.05), box(-wide, 0, wide, 0.12), *legs]
        return [(board, "cloth") for board in boards]
    if kind == 1:
        legs = [box(x, -0.1, x + 0.08, 0.4) for x in (-0.55, 0.47)]
        return [(board, "cloth") for board in (box(-0.6, -0.2, 0.6, -0.08), *legs)]
    shade = [(-0.2, -0.6), (0.2, -0.6), (wide, -0.1), (-wide, -0.1)]
    foot = _oval(0, 0.55, 0.25, 0.08, 14)
    return [(box(-0.03, -0.1, 0.03, 0.5), "trim"), (shade, "cloth"), (foot, "cloth")]


def _device(rng: Generator) -> list[Shape]:
    """A telephone, a screen, a book or a picture frame: a box within a box."""
    wide, high, rim = between(rng, (0.25, 0.55), (0.35, 0.6), (0.03, 0.1))
    inner = box(-wide + rim, -high + rim, wide - rim, high - rng.uniform(1, 3) * rim)
    button = [(_oval(0, high - rim, 0.03, count=8), "trim")] if chance(rng, 0.5) else []
    screen = [(inner, "inside")] if chance(rng, 0.8) else []
    return [(box(-wide, -high, wide, high), "cloth"), *screen, *button]


def _plant(rng: Generator) -> list[Shape]:
    """A cactus, a mushroom or leaves in a pot."""
    pot = ([(-0.3, 0.3), (0.3, 0.3), (0.2, 0.65), (-0.2, 0.65)], "trim")
    kind = rng.integers(3)
    if kind == 0:
        arms = [
            (_oval(side * 0.25, rng.uniform(-0.2, 0.05), 0.08, 0.18, 12), "cloth")
            for side in (-1, 1)
        ]
        return [pot, (_oval(0, -0.1, 0.16, 0.45, 18), "cloth"), *arms]
    if kind == 1:
        cap = _oval(0, 0, 0.5, rng.uniform(0.3, 0.5), 16, np.pi, 2 * np.pi)
        dots = [(_oval(x, -0.15, 0.06, count=8), "inside") for x in (-0.2, 0.05, 0.25)]
        return [(box(-0.13, -0.02, 0.13, 0.45), "cloth"), (cap, "cloth"), *dots]
    angles = np.linspace(-1.2, 1.2, int(rng.integers(3, 7)))
    return [*((_leaf(angle), "cloth") for angle in angles), pot]


def _leaf(angle: float) -> list[tuple[float, float]]:
    """A long leaf from the pot, at an angle in radians from upright."""
    tip = (0.6 * np.sin(angle), 0.2 - 0.7 * np.cos(angle))
    left, right = (0.35 * np.sin(angle - 0.2), -0.2), (0.35 * np.sin(angle + 0.2), -0.2)
    return [(0, 0.35), left, tip, right]


def _weather(rng: Generator) -> list[Shape]:
    """A cloud, a moon, a sun with rays, an umbrella or a flash of lightning."""
    return [_cloud, _moon, _sun, _umbrella, _lightning][rng.integers(5)](rng)


def _cloud(_rng: Generator) -> list[Shape]:
    balls = ((-0.3, 0.1, 0.2), (0, -0.05, 0.3), (0.32, 0.1, 0.2))
    return [(_oval(x, y, radius), "cloth") for x, y, radius in balls]


def _moon(_rng: Generator) -> list[Shape]:
    outer, inner = _oval(0, 0, 0.5, 0.5, 20, 0.7, 5.6), _oval(0.2, 0, 0.38, 0.38, 20, 5.3, 1.0)
    return [(np.concatenate([outer, inner]), "cloth")]


def _sun(rng: Generator) -> list[Shape]:
    angles = np.linspace(0, 2 * np.pi, int(rng.integers(6, 14)), endpoint=False)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (n, 2)
    return [(_oval(0, 0, 0.27), "cloth"), *(([0.35 * way, 0.6 * way], "line") for way in ways)]


def _umbrella(_rng: Generator) -> list[Shape]:
    roof = _oval(0, 0, 0.6, 0.5, 16, np.pi, 2 * np.pi)
    return [(roof, "cloth"), ([(0, 0), (0, 0.5), (0.08, 0.58), (0.16, 0.5)], "line")]


def _lightning(_rng: Generator) -> list[Shape]:
    flash = [(0.1, -0.6), (-0.25, 0.1), (0, 0.1), (-0.1, 0.6), (0.28, -0.12), (0.03, -0.12)]
    return [(flash, "cloth")]


THINGS = (
    _star,
    _heart,
    _face,
    _face,
    _cat,
    _house,
    _tree,
    _car,
    _fish,
    _cup,
    _flower,
    _stick_figure,
    _bottle,
    _glasses,
    _plain_shape,
    _plain_shape,
    _fruit,
    _sitting_animal,
    _sitting_animal,
    _furniture,
    _device,
    _plant,
    _weather,
)
