"""Pictures of anything but clothes, for learning to doubt: things, faces, letters, scribbles,
landscapes, noise.

A model that has only ever seen clothes calls a cat a bag with all confidence; shown some other
pictures and asked to spread its probability evenly over them, it learns to doubt also what it was
never shown (Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier Exposure",
2019).
"""

import string

import cv2
import numpy as np

from fashion_core.synthetic.parts import Part

SIGNS = string.digits * 3 + string.ascii_letters + "&%?!#@$"
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def thing(rng: np.random.Generator) -> list[Part]:
    """A random thing, animal, face or shape as areas and lines, in the manner of
    `garments.garment`.
    """
    parts = THINGS[rng.integers(len(THINGS))](rng)
    return [Part(np.asarray(points, np.float64).reshape(-1, 2), kind) for points, kind in parts]


def scene(edge: int, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture without a thing: signs, scribbles, a landscape, noise or `image`, (28, 28) uint8,
    in pieces.

    Returns (edge, edge) uint8.
    """
    kinds = (_signs, _signs, _scribbles, _scribbles, _loops, _landscape, _landscape, _noise, _blobs)
    kind = rng.integers(len(kinds) + 1)
    return _in_pieces(edge, image, rng) if kind == len(kinds) else kinds[kind](edge, rng)


# Scenes


def _signs(edge, rng):
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


def _scribbles(edge, rng):
    """Strokes that go nowhere, a single dot or dash among them."""
    canvas = np.zeros((edge, edge), np.uint8)
    width = int(rng.integers(1, 9))
    for _ in range(int(rng.choice([1, 1, 2, 3, 5]))):
        count = int(rng.integers(2, 14))
        points = (
            rng.uniform(0.1, 0.9, (count, 2))
            if rng.random() < 0.5
            else np.cumsum(rng.normal(0, 0.12, (count, 2)), 0)
        )
        points = points - points.mean(axis=0) + rng.uniform(0.35, 0.65, 2)
        if count > 3 and rng.random() < 0.7:
            fine = np.linspace(0, count - 1, 6 * count)
            points = np.stack(
                [np.interp(fine, np.arange(count), points[:, axis]) for axis in (0, 1)], axis=1
            )
            points = cv2.GaussianBlur(points, (1, 9), 3)
        cv2.polylines(
            canvas, [np.rint(points * edge).astype(np.int32)], False, 255, width, cv2.LINE_AA
        )
    return canvas


def _loops(edge, rng):
    """A pen that goes round and round: a spiral, a coil or a knot of loops."""
    canvas = np.zeros((edge, edge), np.uint8)
    turns = rng.uniform(1.5, 9)
    t = np.linspace(0, 1, int(30 * turns))
    angle = 2 * np.pi * turns * t + 0.3 * np.cumsum(rng.normal(0, 0.1, len(t)))
    radius = np.interp(t, np.linspace(0, 1, 6), rng.uniform(0.05, 0.4, 6))
    drift = np.outer(t - 0.5, rng.normal(0, 0.3, 2))
    points = (
        0.5
        + drift
        + radius[:, None] * np.stack([np.cos(angle), rng.uniform(0.4, 1) * np.sin(angle)], axis=1)
    )
    width = int(rng.integers(1, 9))
    cv2.polylines(canvas, [np.rint(points * edge).astype(np.int32)], False, 255, width, cv2.LINE_AA)
    return canvas


def _landscape(edge, rng):
    """Sky, hills and a sun that fill the picture."""
    x = np.linspace(0, 1, edge)
    canvas = np.tile(np.linspace(*rng.uniform(20, 255, 2), edge)[:, None], (1, edge)).astype(
        np.float32
    )
    if rng.random() < 0.5:
        place = tuple(int(p) for p in rng.uniform(0.1, 0.9, 2) * (edge, edge / 2))
        cv2.circle(
            canvas, place, int(rng.uniform(4, 14)), float(rng.uniform(0, 255)), -1, cv2.LINE_AA
        )
    for base in np.sort(rng.uniform(0.25, 0.95, int(rng.integers(1, 5)))):
        waves = sum(
            rng.uniform(0, 0.1) * np.sin(x * rng.uniform(2, 14) + rng.uniform(0, 7))
            for _ in range(int(rng.integers(1, 4)))
        )
        canvas[np.linspace(0, 1, edge)[:, None] > (base + waves)[None]] = rng.uniform(0, 255)
    canvas += rng.normal(0, rng.uniform(0, 25), canvas.shape)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _noise(edge, rng):
    """Noise of any grain, hard or soft."""
    grain = int(rng.integers(3, edge))
    coarse = rng.uniform(0, 255, (grain, grain)).astype(np.float32)
    how = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_CUBIC
    canvas = np.clip(cv2.resize(coarse, (edge, edge), interpolation=how), 0, 255)
    if rng.random() < 0.4:
        canvas = np.where(canvas > rng.uniform(80, 230), 255, 0)
    return canvas.astype(np.uint8)


def _blobs(edge, rng):
    """A few soft or hard spots and bars."""
    canvas = np.zeros((edge, edge), np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        place, size = (
            rng.uniform(0, edge, 2).astype(int),
            rng.uniform(2, edge / 3, 2).astype(int) + 1,
        )
        thick = -1 if rng.random() < 0.6 else int(rng.integers(1, 6))
        value = int(rng.integers(40, 256))
        if rng.random() < 0.5:
            cv2.ellipse(
                canvas,
                tuple(map(int, place)),
                tuple(map(int, size)),
                rng.uniform(0, 180),
                0,
                360,
                value,
                thick,
            )
        else:
            cv2.rectangle(
                canvas, tuple(map(int, place)), tuple(map(int, place + size)), value, thick
            )
    return cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 6)) if rng.random() < 0.5 else canvas


def _in_pieces(edge, image, rng):
    """An image of clothes cut into tiles that are shuffled: all of its texture, nothing of its
    shape.
    """
    count = int(rng.choice([3, 4, 7]))
    size = 28 // count
    tiles = (
        image[: size * count, : size * count]
        .reshape(count, size, count, size)
        .swapaxes(1, 2)
        .reshape(-1, size, size)
    )
    mixed = (
        rng.permutation(tiles)
        .reshape(count, count, size, size)
        .swapaxes(1, 2)
        .reshape(size * count, size * count)
    )
    return cv2.resize(np.ascontiguousarray(mixed), (edge, edge), interpolation=cv2.INTER_CUBIC)


# Things: parts around the origin, y downwards, about one unit large


def _ring(x, y, rx, ry=None, count=18, begin=0.0, end=2 * np.pi):
    angle = np.linspace(begin, end, count)
    return np.stack([x + rx * np.cos(angle), y + (ry or rx) * np.sin(angle)], axis=1)


def _box(left, top, right, bottom):
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _star(rng):
    points, inner = int(rng.integers(3, 9)), rng.uniform(0.3, 1.0)
    angle = np.arange(2 * points) * np.pi / points - np.pi / 2
    radius = np.where(np.arange(2 * points) % 2, 0.5 * inner, 0.5)
    return [(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), "cloth")]


def _heart(rng):
    t = np.linspace(0, 2 * np.pi, 30)
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 34
    return [(np.stack([16 * np.sin(t) ** 3 / 34 * rng.uniform(0.8, 1.2), y], axis=1), "cloth")]


def _face(rng):
    wide, high, eye = rng.uniform(0.32, 0.5), 0.5, rng.uniform(0.03, 0.09)
    eye_y, apart = rng.uniform(-0.18, 0.0), rng.uniform(0.12, 0.22)
    smile = rng.uniform(-0.1, 0.15)
    hair = (
        [(_ring(0, -0.15, wide * 1.15, high * rng.uniform(0.75, 1.3)), "inside")]
        if rng.random() < 0.6
        else []
    )
    ears = (
        [(_ring(s * wide, 0, 0.07, 0.12, 9), "cloth") for s in (-1, 1)]
        if rng.random() < 0.5
        else []
    )
    head = [(_ring(0, 0, wide, high, 24), "cloth")]
    eyes = [(_ring(s * apart, eye_y, eye, count=10), "trim") for s in (-1, 1)]
    x = np.linspace(-0.18, 0.18, 9)
    mouth = [(np.stack([x, 0.25 + smile * (1 - (x / 0.18) ** 2)], axis=1), "line")]
    nose = (
        [(np.array([(0, eye_y + 0.05), (0.05, 0.1), (0, 0.12)]), "line")]
        if rng.random() < 0.5
        else []
    )
    neck = [(_box(-0.15, 0.35, 0.15, 0.7), "cloth")] if rng.random() < 0.3 else []
    return [*hair, *ears, *neck, *head, *eyes, *mouth, *nose]


def _cat(rng):
    ears = [([(s * 0.38, -0.2), (s * 0.36, -0.55), (s * 0.1, -0.38)], "cloth") for s in (-1, 1)]
    whiskers = [
        ([(s * 0.12, 0.12), (s * 0.5, 0.05 + 0.1 * i)], "line") for s in (-1, 1) for i in range(2)
    ]
    eyes = [(_ring(s * 0.16, -0.06, 0.05, count=10), "trim") for s in (-1, 1)]
    body = [(_ring(0, 0.75, 0.35, 0.5), "cloth")] if rng.random() < 0.4 else []
    return [
        *body,
        *ears,
        (_ring(0, 0, 0.42, 0.36), "cloth"),
        *eyes,
        ([(0, 0.08), (0.04, 0.13), (-0.04, 0.13)], "trim"),
        *whiskers,
    ]


def _house(rng):
    wide, high = rng.uniform(0.35, 0.6), rng.uniform(0.4, 0.8)
    windows = [
        (_box(x, 0.15, x + 0.14, 0.3), "trim")
        for x in rng.uniform(-wide, wide - 0.14, int(rng.integers(0, 4)))
    ]
    return [
        (_box(-wide, 0, wide, high), "cloth"),
        (
            [
                (-wide * 1.15, 0),
                (rng.uniform(-0.1, 0.1), -rng.uniform(0.25, 0.6)),
                (wide * 1.15, 0),
            ],
            "trim",
        ),
        (_box(-0.1, high * 0.5, 0.1, high), "trim"),
        *windows,
    ]


def _tree(rng):
    trunk = (_box(-0.07, 0.1, 0.07, rng.uniform(0.5, 0.9)), "trim")
    if rng.random() < 0.5:
        return [
            trunk,
            *[
                (_ring(*rng.uniform(-0.25, 0.25, 2) - (0, 0.2), rng.uniform(0.2, 0.4)), "cloth")
                for _ in range(4)
            ],
        ]
    return [
        trunk,
        *[
            ([(-w, y), (0, y - 0.5), (w, y)], "cloth")
            for w, y in ((0.45, 0.2), (0.36, -0.05), (0.26, -0.3))
        ],
    ]


def _car(rng):
    roof = rng.uniform(0.2, 0.4)
    wheels = [(_ring(x, 0.2, 0.13), "trim") for x in (-0.3, 0.32)]
    cabin = ([(-0.35, 0), (-0.22, -roof), (0.2, -roof), (0.36, 0)], rng.choice(["cloth", "inside"]))
    return [cabin, (_box(-0.62, 0, 0.62, 0.2), "cloth"), *wheels]


def _fish(rng):
    tail = ([(0.35, 0), (0.65, -0.22), (0.65, 0.22)], "cloth")
    return [
        tail,
        (_ring(0, 0, 0.45, rng.uniform(0.15, 0.32)), "cloth"),
        (_ring(-0.25, -0.05, 0.03, count=8), "trim"),
    ]


def _cup(rng):
    ear = _ring(0.35, 0.05, 0.2, 0.22, 14)
    low = rng.uniform(0.2, 0.36)
    body = [(-0.36, -0.35), (0.36, -0.35), (low, 0.45), (-low, 0.45)]
    return [(ear, "trim"), (_ring(0.35, 0.05, 0.12, 0.14, 12), "inside"), (body, "cloth")]


def _flower(rng):
    count, radius = int(rng.integers(4, 9)), rng.uniform(0.12, 0.22)
    angles = np.arange(count) * 2 * np.pi / count
    petals = [
        (_ring(0.26 * np.cos(a), 0.26 * np.sin(a), radius, count=12), "cloth") for a in angles
    ]
    return [
        ([(0, 0.1), (rng.uniform(-0.1, 0.1), 1.0)], "line"),
        *petals,
        (_ring(0, 0, 0.14), "trim"),
    ]


def _stick_figure(rng):
    arms = rng.uniform(-0.3, 0.3)
    lines = [
        [(0, -0.2), (0, 0.3)],
        [(-0.3, arms), (0, -0.05), (0.3, arms)],
        [(-0.2, 0.75), (0, 0.3), (0.2, 0.75)],
    ]
    return [(_ring(0, -0.36, 0.16), "cloth"), *[(line, "line") for line in lines]]


def _bottle(rng):
    neck, wide = rng.uniform(0.06, 0.12), rng.uniform(0.16, 0.3)
    half = [(neck, -0.6), (neck, -0.25), (wide, -0.05), (wide, 0.6)]
    label = [(_box(-wide, 0.1, wide, 0.4), "trim")] if rng.random() < 0.6 else []
    return [([*half, *[(-x, y) for x, y in half[::-1]]], "cloth"), *label]


def _glasses(rng):
    size = rng.uniform(0.16, 0.26)
    rings = [(_ring(s * 0.3, 0, size), "cloth") for s in (-1, 1)]
    return [
        *rings,
        ([(-0.3 + size, 0), (0.3 - size, 0)], "line"),
        *[([(s * (0.3 + size), 0), (s * 0.7, -0.1)], "line") for s in (-1, 1)],
    ]


def _plane_shape(rng):
    """A random polygon or oval, perhaps with something in it."""
    count = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(0.2, 0.6, count)
    outline = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
    inner = (
        [(_ring(*rng.uniform(-0.1, 0.1, 2), rng.uniform(0.05, 0.15)), "trim")]
        if rng.random() < 0.4
        else []
    )
    return [
        (outline if rng.random() < 0.7 else _ring(0, 0, 0.5, rng.uniform(0.3, 0.5), 24), "cloth"),
        *inner,
    ]


def _fruit(rng):
    """An apple, a pear or a lemon, with a stalk and perhaps a leaf."""
    angle = np.linspace(0, 2 * np.pi, 28)
    waist, dent = rng.uniform(-0.25, 0.1), rng.uniform(0, 0.25)
    radius = 0.45 * (1 - dent * np.exp(-((angle - 1.5 * np.pi) ** 2) / 0.15))
    x = radius * np.cos(angle) * (1 + waist * -np.sin(angle)) * rng.uniform(0.8, 1.1)
    stalk = ([(0, -0.45 * (1 - dent)), (rng.uniform(-0.1, 0.1), -0.6)], "line")
    leaf = [(_ring(0.14, -0.56, 0.14, 0.06, 10), "trim")] if rng.random() < 0.6 else []
    return [(np.stack([x, radius * np.sin(angle)], axis=1), "cloth"), stalk, *leaf]


def _sitting_animal(rng):
    """A cat, dog or bird that sits: a round head upon a larger body, ears and tail or beak."""
    head, wide, lean = rng.uniform(0.16, 0.24), rng.uniform(0.22, 0.36), rng.uniform(-0.15, 0.15)
    top = -0.45
    ears = [
        (
            [
                (lean + s * 0.05, top - head * 0.8),
                (lean + s * head, top - head * 1.7),
                (lean + s * head, top),
            ],
            "cloth",
        )
        for s in (-1, 1)
    ]
    tail = np.array([(wide * 0.8, 0.45), (wide + 0.2, 0.4), (wide + 0.25, rng.uniform(-0.2, 0.3))])
    beak = [
        ([(lean - head, top), (lean - head - 0.15, top + 0.05), (lean - head, top + 0.1)], "trim")
    ]
    return [
        (tail, "line"),
        (_ring(0, 0.12, wide, 0.42, 20), "cloth"),
        *(ears if rng.random() < 0.75 else beak),
        (_ring(lean, top, head, count=16), "cloth"),
        *[(_ring(lean + s * 0.4 * head, top, 0.03, count=8), "trim") for s in (-1, 1)],
    ]


def _furniture(rng):
    """A chair, a table or a lamp."""
    kind = rng.integers(3)
    legs = rng.uniform(0.25, 0.5)
    if kind == 0:
        back = (_box(-legs, -0.6, -legs + 0.1, 0.05), "cloth")
        return [
            back,
            (_box(-legs, 0, legs, 0.12), "cloth"),
            *[(_box(x, 0.1, x + 0.08, 0.6), "cloth") for x in (-legs, legs - 0.08)],
        ]
    if kind == 1:
        return [
            (_box(-0.6, -0.2, 0.6, -0.08), "cloth"),
            *[(_box(x, -0.1, x + 0.08, 0.4), "cloth") for x in (-0.55, 0.47)],
        ]
    shade = [(-0.2, -0.6), (0.2, -0.6), (legs, -0.1), (-legs, -0.1)]
    return [
        (_box(-0.03, -0.1, 0.03, 0.5), "trim"),
        (shade, "cloth"),
        (_ring(0, 0.55, 0.25, 0.08, 14), "cloth"),
    ]


def _device(rng):
    """A telephone, a screen, a book or a picture frame: a box within a box."""
    wide, high, rim = rng.uniform(0.25, 0.55), rng.uniform(0.35, 0.6), rng.uniform(0.03, 0.1)
    inner = (_box(-wide + rim, -high + rim, wide - rim, high - rng.uniform(1, 3) * rim), "inside")
    button = [(_ring(0, high - rim, 0.03, count=8), "trim")] if rng.random() < 0.5 else []
    return [
        (_box(-wide, -high, wide, high), "cloth"),
        *([inner] if rng.random() < 0.8 else []),
        *button,
    ]


def _plant(rng):
    """A cactus, a mushroom or leaves in a pot."""
    pot = ([(-0.3, 0.3), (0.3, 0.3), (0.2, 0.65), (-0.2, 0.65)], "trim")
    kind = rng.integers(3)
    if kind == 0:
        arms = [
            (_ring(s * 0.25, rng.uniform(-0.2, 0.05), 0.08, 0.18, 12), "cloth") for s in (-1, 1)
        ]
        return [pot, (_ring(0, -0.1, 0.16, 0.45, 18), "cloth"), *arms]
    if kind == 1:
        cap = _ring(0, 0, 0.5, rng.uniform(0.3, 0.5), 16, np.pi, 2 * np.pi)
        dots = [(_ring(x, -0.15, 0.06, count=8), "inside") for x in (-0.2, 0.05, 0.25)]
        return [(_box(-0.13, -0.02, 0.13, 0.45), "cloth"), (cap, "cloth"), *dots]
    spread = np.linspace(-1.2, 1.2, int(rng.integers(3, 7)))
    return [
        *[
            (
                [
                    (0, 0.35),
                    (0.35 * np.sin(a - 0.2), -0.2),
                    (0.6 * np.sin(a), 0.2 - 0.7 * np.cos(a)),
                    (0.35 * np.sin(a + 0.2), -0.2),
                ],
                "cloth",
            )
            for a in spread
        ],
        pot,
    ]


def _weather(rng):
    """A cloud, a moon, a sun with rays, an umbrella or a flash of lightning."""
    kind = rng.integers(5)
    if kind == 0:
        return [
            (_ring(x, y, r), "cloth")
            for x, y, r in ((-0.3, 0.1, 0.2), (0, -0.05, 0.3), (0.32, 0.1, 0.2))
        ]
    if kind == 1:
        outer, inner = _ring(0, 0, 0.5, 0.5, 20, 0.7, 5.6), _ring(0.2, 0, 0.38, 0.38, 20, 5.3, 1.0)
        return [(np.concatenate([outer, inner]), "cloth")]
    if kind == 2:
        rays = np.linspace(0, 2 * np.pi, int(rng.integers(6, 14)), endpoint=False)
        ends = [
            ([(0.35 * np.cos(a), 0.35 * np.sin(a)), (0.6 * np.cos(a), 0.6 * np.sin(a))], "line")
            for a in rays
        ]
        return [(_ring(0, 0, 0.27), "cloth"), *ends]
    if kind == 3:
        roof = _ring(0, 0, 0.6, 0.5, 16, np.pi, 2 * np.pi)
        return [(roof, "cloth"), ([(0, 0), (0, 0.5), (0.08, 0.58), (0.16, 0.5)], "line")]
    return [
        ([(0.1, -0.6), (-0.25, 0.1), (0, 0.1), (-0.1, 0.6), (0.28, -0.12), (0.03, -0.12)], "cloth")
    ]


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
    _plane_shape,
    _plane_shape,
    _fruit,
    _sitting_animal,
    _sitting_animal,
    _furniture,
    _device,
    _plant,
    _weather,
)
