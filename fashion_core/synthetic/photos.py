"""From fashion_core.sketches."""

import cv2
import numpy as np

from fashion_core.metadata import OUTLIER
from fashion_core.synthetic.canvas import (
    BAG,
    DRESS,
    EDGE,
    SHIFT,
    SHOES,
    TOPS,
    TROUSER,
    closed,
    enlarged,
    fitted,
    sub_pixels,
)


def photograph(image: np.ndarray, label: int, rng: np.random.Generator) -> np.ndarray:
    """An image as if cut out of a photo: (28, 28) uint8 in and out."""
    big = enlarged(image)
    mask = closed(big > rng.uniform(8, 30))
    if rng.random() < 0.7:
        big, mask = _turned(big, mask, rng)
    return photo_of(big.astype(np.float32), mask, label, rng)


def _turned(big, mask, rng):
    """An image and its mask turned, stretched and seen a little askew; the same shapes."""
    source = np.array([(0, 0), (EDGE, 0), (EDGE, EDGE), (0, EDGE)], np.float32)
    turn = rng.normal(0, 0.12) if rng.random() < 0.85 else rng.uniform(-0.6, 0.6)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = np.exp(rng.normal(0, 0.09, 2))
    target = ((source - EDGE / 2) * scale) @ rotation.T + EDGE / 2 + rng.normal(0, 3.5, (4, 2))
    if rng.random() < 0.5:
        target = target[[1, 0, 3, 2]]
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    return cv2.warpPerspective(big, matrix, (EDGE, EDGE)), cv2.warpPerspective(
        mask, matrix, (EDGE, EDGE)
    )


# What photos do


def photo_of(canvas, mask, label, rng):
    """Shades, patterns, surroundings and a bad cut: (EDGE, EDGE) float32 and 0/1 uint8 → (28, 28)
    uint8.
    """
    cloth = _reshaded(canvas, mask, rng)
    if rng.random() < 0.35:
        cloth = cloth + _pattern(rng)
    if rng.random() < 0.6:
        cloth = cloth * (1 + rng.uniform(0.1, 0.5) * _clouds(rng, 2))
    if rng.random() < 0.4:
        cloth = cloth + rng.uniform(5, 40) * _clouds(rng, int(rng.integers(4, 10)))
    cloth = np.clip(cloth, 8, 255)
    if rng.random() < 0.28:
        mask = _badly_cut(mask, rng)
    scene = np.zeros((EDGE, EDGE), np.float32)
    if label != OUTLIER and rng.random() < 0.4:
        scene, cloth, mask = _with_person(cloth, mask, label, rng)
    if rng.random() < 0.2:
        scene = np.maximum(scene, _shadow(mask, rng))
    if rng.random() < 0.2:
        scene = np.maximum(scene, _leftovers(mask, rng))
    scene = np.where(mask > 0, cloth, scene)
    if rng.random() < 0.3:
        scene = scene + rng.normal(0, rng.uniform(2, 14), scene.shape) * (scene > 0)
    return fitted(np.clip(scene, 0, 255).astype(np.uint8), rng)


def _reshaded(canvas, mask, rng):
    """Other shades for the same cloth: turned over, brighter, darker, flatter."""
    cloth = canvas.astype(np.float32)
    if rng.random() < 0.35:
        cloth = 255 - cloth
    inside = cloth[mask > 0]
    mean = inside.mean() if len(inside) else 128.0
    contrast, target = rng.uniform(0.25, 1.3), rng.uniform(40, 235)
    return (cloth - mean) * contrast + (target if rng.random() < 0.6 else mean)


def _clouds(rng, cells):
    """Smooth noise of about that many cells across: (EDGE, EDGE) float32, about -1…1."""
    coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC)


def _pattern(rng):
    """Stripes, checks or speckles: (EDGE, EDGE) float32."""
    y, x = np.mgrid[:EDGE, :EDGE].astype(np.float32)
    turn, pitch = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]), rng.uniform(5, 26)
    waves = np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / pitch)
    kind = rng.integers(3)
    if kind == 1:
        waves = waves + np.sin((y * np.cos(turn) - x * np.sin(turn)) * 2 * np.pi / pitch)
    if kind == 2:
        waves = _clouds(rng, int(rng.integers(8, 26)))
    hard = rng.random() < 0.5
    return rng.uniform(10, 80) * (
        np.sign(waves - rng.uniform(-0.6, 0.6)) if hard else waves
    ).astype(np.float32)


def _badly_cut(mask, rng):
    """A corner or a bite missing, as when cloth and background look alike."""
    cut = mask.copy()
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, EDGE, 2)
        size = tuple(int(edge) for edge in rng.uniform(4, 20, 2))
        cv2.ellipse(cut, (int(x), int(y)), size, rng.uniform(0, 180), 0, 360, 0, -1)
    return cut if cut.sum() > 0.6 * mask.sum() else mask


def _shadow(mask, rng):
    shift = np.float32([[1, 0, rng.uniform(-9, 9)], [0, 1, rng.uniform(-2, 10)]])
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(1, 6))
    dark = cv2.warpAffine(soft, shift, (EDGE, EDGE)) * rng.uniform(20, 130)
    return np.where(dark > 15, dark, 0)


def _leftovers(mask, rng):
    """Pieces of a background that were taken for cloth."""
    scene = np.zeros((EDGE, EDGE), np.float32)
    value, texture = (
        rng.uniform(30, 230),
        rng.uniform(0, 40) * _clouds(rng, int(rng.integers(3, 14))),
    )
    kind = rng.integers(3)
    if kind == 0:  # a rim along the garment
        wide = np.ones((int(rng.integers(4, 14)),) * 2, np.uint8)
        scene = cv2.dilate(mask, wide).astype(np.float32) * (
            _clouds(rng, 4) > rng.uniform(-0.6, 0.4)
        )
    elif kind == 1:  # spots around it
        for _ in range(int(rng.integers(1, 6))):
            x, y = (int(place) for place in rng.uniform(0, EDGE, 2))
            size = tuple(int(edge) for edge in rng.uniform(2, 16, 2))
            cv2.ellipse(scene, (x, y), size, rng.uniform(0, 180), 0, 360, 1, -1)
    else:  # a strip at an edge: the floor, a wall, a table
        deep = int(rng.uniform(4, 30))
        scene[:deep] = 1
        scene = np.ascontiguousarray(np.rot90(scene, int(rng.integers(4))))
    return np.clip(scene * (value + texture), 0, 255).astype(np.float32)


def _with_person(cloth, mask, label, rng):
    """The person who wears or holds it, behind the garment, which becomes smaller: scene, cloth,
    mask.
    """
    scale = rng.uniform(0.5, 0.85)
    top = {TROUSER: 0.55, BAG: 0.6}.get(label, 0.5) if label not in SHOES else 0.85
    x, y = (
        rng.uniform(0.4, 0.6) * (1 - scale) * EDGE,
        rng.uniform(top - 0.15, top + 0.15) * (1 - scale) * EDGE,
    )
    matrix = np.float32([[scale, 0, x], [0, scale, y]])
    cloth = cv2.warpAffine(cloth.astype(np.float32), matrix, (EDGE, EDGE))
    mask = cv2.warpAffine(mask, matrix, (EDGE, EDGE), flags=cv2.INTER_NEAREST)
    scene = np.zeros((EDGE, EDGE), np.float32)
    left, above, width, height = cv2.boundingRect(mask)
    if not width:
        return scene, cloth, mask
    box = left, above, left + width, above + height
    skin, hair, other = rng.uniform(25, 210), rng.uniform(20, 255), rng.uniform(10, 250)
    if label in TOPS or label == DRESS:
        _paint_person(scene, box, label, (skin, hair, other), rng)
    elif label == TROUSER:
        _paint_torso(scene, box, (skin, other), rng)
    elif label in SHOES:
        _paint_leg(scene, box, rng.choice([skin, other]), rng)
    else:
        _paint_arm(scene, box, (skin, other), rng)
    return cv2.GaussianBlur(scene, (0, 0), 0.8), cloth, mask


def _paint_band(scene, start, end, wide_start, wide_end, value):
    start, end = np.asarray(start, float), np.asarray(end, float)
    way = (end - start) / max(np.hypot(*(end - start)), 1e-6)
    side = np.array((-way[1], way[0])) / 2
    corners = [
        start + side * wide_start,
        end + side * wide_end,
        end - side * wide_end,
        start - side * wide_start,
    ]
    cv2.fillConvexPoly(scene, sub_pixels(np.array(corners)), float(value), cv2.LINE_AA, SHIFT)


def _paint_person(scene, box, label, values, rng):
    """Head, arms and legs of somebody who wears a top or a dress."""
    left, top, right, bottom = box
    skin, hair, other = values
    middle, width, height = (left + right) / 2, right - left, bottom - top
    unit = min(width, height * (0.75 if label != DRESS else 0.4))
    if rng.random() < 0.85:  # legs first, the rest lies over them
        trousers = other if label != DRESS and rng.random() < 0.8 else skin
        gap, leg = unit * rng.uniform(0.12, 0.2), unit * rng.uniform(0.2, 0.34)
        length = height * rng.uniform(0.2, 1.3)
        for side in (-1, 1):
            place = np.array((middle + side * gap, bottom - 0.15 * height))
            _paint_band(
                scene,
                place,
                place + (side * unit * rng.uniform(-0.02, 0.1), length),
                leg,
                leg * 0.7,
                trousers,
            )
    if rng.random() < 0.85:
        arm = unit * rng.uniform(0.12, 0.2)
        for side, edge in ((-1, left), (1, right)):
            shoulder = np.array((edge - side * arm * 0.7, top + height * 0.12))
            hand = shoulder + (
                side * unit * rng.uniform(-0.1, 0.2),
                min(height, 1.3 * unit) * rng.uniform(0.5, 1.0),
            )
            _paint_band(scene, shoulder, hand, arm, arm * 0.7, skin)
    if rng.random() < 0.85:
        head = unit * rng.uniform(0.15, 0.22)
        centre = (int(middle + rng.normal(0, 2)), int(top - head * rng.uniform(0.8, 1.3)))
        _paint_band(
            scene, (middle, top - head), (middle, top + height * 0.15), head, head * 1.3, skin
        )
        if rng.random() < 0.8:
            size = (
                max(1, int(head * rng.uniform(1.0, 1.4))),
                max(1, int(head * rng.uniform(1.2, 2.2))),
            )
            cv2.ellipse(scene, centre, size, 0, 0, 360, float(hair), -1, cv2.LINE_AA)
        cv2.ellipse(
            scene,
            centre,
            (max(1, int(head * 0.8)), max(1, int(head * 1.1))),
            0,
            0,
            360,
            float(skin),
            -1,
            cv2.LINE_AA,
        )


def _paint_torso(scene, box, values, rng):
    """Somebody's top above the trousers, and the shoes or feet below."""
    left, top, right, bottom = box
    skin, other = values
    middle, width = (left + right) / 2, right - left
    if rng.random() < 0.8:
        torso = width * rng.uniform(0.85, 1.2)
        above = rng.uniform(0.1, 1.2) * width
        _paint_band(
            scene, (middle, top - above), (middle, top + 0.12 * width), torso, torso * 0.95, other
        )
        if rng.random() < 0.6:
            for side in (-1, 1):
                edge = middle + side * torso * 0.55
                _paint_band(
                    scene,
                    (edge, top - above),
                    (edge + side * 3, top + width * 0.4),
                    width * 0.16,
                    width * 0.12,
                    skin,
                )
    if rng.random() < 0.7:
        shoe = rng.choice([skin, rng.uniform(20, 250)])
        for side in (-1, 1):
            centre = (int(middle + side * width * rng.uniform(0.15, 0.35)), int(bottom))
            cv2.ellipse(
                scene,
                centre,
                (max(1, int(width * 0.14)), max(1, int(width * 0.1))),
                0,
                0,
                360,
                float(shoe),
                -1,
            )


def _paint_leg(scene, box, value, rng):
    """The leg above a shoe."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    for heel in (0.3, 0.7)[:: rng.choice([-1, 1])][: 1 + (rng.random() < 0.2)]:
        place = np.array((left + width * (heel + rng.uniform(-0.08, 0.08)), top + height * 0.5))
        thick = width * rng.uniform(0.2, 0.38)
        _paint_band(
            scene,
            place,
            place + (rng.uniform(-0.15, 0.15) * width, -EDGE),
            thick,
            thick * 1.3,
            value,
        )


def _paint_arm(scene, box, values, rng):
    """An arm that holds the bag, or the side of the person who carries it."""
    left, top, right, bottom = box
    skin, other = values
    middle, width, height = (left + right) / 2, right - left, bottom - top
    if rng.random() < 0.5:
        side = rng.choice([-1, 1])
        body = middle + side * width * rng.uniform(0.3, 0.7)
        _paint_band(
            scene, (body, top - height), (body, bottom + height), width * 0.7, width * 0.8, other
        )
    start = (middle + rng.uniform(-0.6, 0.6) * width, top - rng.uniform(0.3, 1.0) * height)
    _paint_band(
        scene,
        start,
        (middle, top + 0.05 * height),
        width * 0.18,
        width * 0.13,
        rng.choice([skin, other]),
    )
