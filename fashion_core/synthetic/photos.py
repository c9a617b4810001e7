"""Photos: an image or a shaded drawing as if cut out of one, with its person, shadow and leftovers.

Masks are (EDGE, EDGE) uint8 of 0 and 1, cloth and scenes (EDGE, EDGE) float32 in 0…255. A box
is left, top, right, bottom in pixels.
"""

import cv2
import numpy as np
from numpy.random import Generator

from fashion_core.metadata import OUTLIER
from fashion_core.synthetic.canvas import EDGE, SHIFT, enlarged, fitted, sub_pixels
from fashion_core.synthetic.parts import Point

Box = tuple[int, int, int, int]
Values = tuple[float, ...]  # levels of skin, hair and clothes


def photograph(image: np.ndarray, label: int, rng: Generator) -> np.ndarray:
    """An image as if cut out of a photo: (28, 28) uint8 in and out."""
    big = enlarged(image)
    mask = (big > rng.uniform(8, 30)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    if rng.random() < 0.7:
        big, mask = turned(big, mask, rng)
    return photo_of(big.astype(np.float32), mask, label, rng)


def retaken(image: np.ndarray, rng: Generator) -> np.ndarray:
    """A photo that is prepared already, (28, 28) uint8, as another one would have come out."""
    big = enlarged(image)
    mask = (big > 12).astype(np.uint8)
    big, mask = turned(big, mask, rng)
    inside = big[mask > 0]
    mean = inside.mean() if len(inside) else 128.0
    cloth = (big - mean) * rng.uniform(0.6, 1.3) + mean + rng.uniform(-45, 45)
    if rng.random() < 0.4:
        cloth = cloth * (1 + rng.uniform(0.1, 0.3) * _clouds(rng, 2))
    if rng.random() < 0.12:
        mask = _badly_cut(mask, rng)
    scene = _leftovers(mask, rng) if rng.random() < 0.12 else np.zeros((EDGE, EDGE), np.float32)
    scene = np.where(mask > 0, np.clip(cloth, 8, 255), scene)
    return fitted(np.clip(scene, 0, 255).astype(np.uint8), rng)


def turned(big: np.ndarray, mask: np.ndarray, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """An image, (EDGE, EDGE) uint8, and its mask turned, stretched and seen a little askew."""
    source = np.array([(0, 0), (EDGE, 0), (EDGE, EDGE), (0, EDGE)], np.float32)
    turn = rng.normal(0, 0.12) if rng.random() < 0.85 else rng.uniform(-0.6, 0.6)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = np.exp(rng.normal(0, 0.09, 2))
    target = ((source - EDGE / 2) * scale) @ rotation.T + EDGE / 2 + rng.normal(0, 3.5, (4, 2))
    if rng.random() < 0.5:
        target = target[[1, 0, 3, 2]]
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    big, mask = (cv2.warpPerspective(values, matrix, (EDGE, EDGE)) for values in (big, mask))
    return big, mask


def photo_of(canvas: np.ndarray, mask: np.ndarray, label: int, rng: Generator) -> np.ndarray:
    """Shades, patterns, surroundings and a bad cut for a garment or thing: (28, 28) uint8.

    canvas (EDGE, EDGE) float32 in 0…255. A label OUTLIER has no person around it.
    """
    cloth = _textured(_reshaded(canvas, mask, rng), rng)
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


# The cloth


def _reshaded(canvas: np.ndarray, mask: np.ndarray, rng: Generator) -> np.ndarray:
    """Other shades for the same cloth: inverted, brighter, darker, flatter; not yet in 0…255."""
    cloth = canvas.astype(np.float32)
    if rng.random() < 0.35:
        cloth = 255 - cloth
    inside = cloth[mask > 0]
    mean = inside.mean() if len(inside) else 128.0
    contrast, target = rng.uniform(0.25, 1.3), rng.uniform(40, 235)
    return (cloth - mean) * contrast + (target if rng.random() < 0.6 else mean)


def _textured(cloth: np.ndarray, rng: Generator) -> np.ndarray:
    """Patterns, folds and stains, and all of it within 8…255."""
    if rng.random() < 0.35:
        cloth = cloth + _pattern(rng)
    if rng.random() < 0.6:
        cloth = cloth * (1 + rng.uniform(0.1, 0.5) * _clouds(rng, 2))
    if rng.random() < 0.4:
        cloth = cloth + rng.uniform(5, 40) * _clouds(rng, int(rng.integers(4, 10)))
    return np.clip(cloth, 8, 255)


def _clouds(rng: Generator, cells: int) -> np.ndarray:
    """Smooth noise of about that many cells across: (EDGE, EDGE) float32, about -1…1."""
    coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC)


def _pattern(rng: Generator) -> np.ndarray:
    """Stripes, checks or speckles to add to the cloth: (EDGE, EDGE) float32, about -80…80."""
    y, x = np.mgrid[:EDGE, :EDGE].astype(np.float32)
    turn, pitch = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]), rng.uniform(5, 26)
    waves = np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / pitch)
    kind = rng.integers(3)
    if kind == 1:
        waves = waves + np.sin((y * np.cos(turn) - x * np.sin(turn)) * 2 * np.pi / pitch)
    if kind == 2:
        waves = _clouds(rng, int(rng.integers(8, 26)))
    hard, strength = rng.random() < 0.5, rng.uniform(10, 80)
    if hard:
        waves = np.sign(waves - rng.uniform(-0.6, 0.6))
    return strength * waves.astype(np.float32)


def _badly_cut(mask: np.ndarray, rng: Generator) -> np.ndarray:
    """A mask with a corner or a bite missing, as when cloth and background look alike."""
    cut = mask.copy()
    for _ in range(int(rng.integers(1, 4))):
        _fill_random_ellipse(cut, (4, 20), 0, rng)
    return cut if cut.sum() > 0.6 * mask.sum() else mask


def _fill_random_ellipse(
    canvas: np.ndarray, radii: tuple[float, float], value: float, rng: Generator
) -> None:
    """Fill an ellipse anywhere, turned anyhow, its radii between two lengths in pixels."""
    place = tuple(int(edge) for edge in rng.uniform(0, EDGE, 2))
    size = tuple(int(radius) for radius in rng.uniform(*radii, 2))
    cv2.ellipse(canvas, place, size, rng.uniform(0, 180), 0, 360, value, -1)


# The surroundings


def _shadow(mask: np.ndarray, rng: Generator) -> np.ndarray:
    """What the garment throws beside itself: a scene."""
    shift = np.float32([[1, 0, rng.uniform(-9, 9)], [0, 1, rng.uniform(-2, 10)]])
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(1, 6))
    dark = cv2.warpAffine(soft, shift, (EDGE, EDGE)) * rng.uniform(20, 130)
    return np.where(dark > 15, dark, 0)


def _leftovers(mask: np.ndarray, rng: Generator) -> np.ndarray:
    """Pieces of a background that were taken for cloth: a scene."""
    where = np.zeros((EDGE, EDGE), np.float32)
    value, roughness = rng.uniform(30, 230), rng.uniform(0, 40)
    texture = roughness * _clouds(rng, int(rng.integers(3, 14)))
    kind = rng.integers(3)
    if kind == 0:  # a rim along the garment
        wide = np.ones((int(rng.integers(4, 14)),) * 2, np.uint8)
        holes = _clouds(rng, 4) > rng.uniform(-0.6, 0.4)
        where = cv2.dilate(mask, wide).astype(np.float32) * holes
    elif kind == 1:  # spots around it
        for _ in range(int(rng.integers(1, 6))):
            _fill_random_ellipse(where, (2, 16), 1, rng)
    else:  # a strip at an edge: the floor, a wall, a table
        deep = int(rng.uniform(4, 30))
        where[:deep] = 1
        where = np.ascontiguousarray(np.rot90(where, int(rng.integers(4))))
    return np.clip(where * (value + texture), 0, 255).astype(np.float32)


# The person who wears or holds it

TOPS, TROUSER, DRESS, SHOES, BAG = (0, 2, 4, 6), 1, 3, (5, 7, 9), 8
# Where the garment stands in the picture: 0 at its top, 1 at its bottom, elsewhere in the middle
HEIGHTS = {TROUSER: 0.55, BAG: 0.6} | dict.fromkeys(SHOES, 0.85)


def _with_person(
    cloth: np.ndarray, mask: np.ndarray, label: int, rng: Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A scene with the person behind the garment, and its cloth and mask made smaller to fit."""
    scale = rng.uniform(0.5, 0.85)
    height = HEIGHTS.get(label, 0.5)
    x = rng.uniform(0.4, 0.6) * (1 - scale) * EDGE
    y = rng.uniform(height - 0.15, height + 0.15) * (1 - scale) * EDGE
    matrix = np.float32([[scale, 0, x], [0, scale, y]])
    cloth = cv2.warpAffine(cloth.astype(np.float32), matrix, (EDGE, EDGE))
    mask = cv2.warpAffine(mask, matrix, (EDGE, EDGE), flags=cv2.INTER_NEAREST)
    scene = np.zeros((EDGE, EDGE), np.float32)
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return scene, cloth, mask
    box = left, top, left + width, top + height
    skin, hair, other = rng.uniform(25, 210), rng.uniform(20, 255), rng.uniform(10, 250)
    if label in TOPS or label == DRESS:
        _paint_person(scene, box, label == DRESS, (skin, hair, other), rng)
    elif label == TROUSER:
        _paint_torso(scene, box, (skin, other), rng)
    elif label in SHOES:
        _paint_leg(scene, box, rng.choice([skin, other]), rng)
    else:
        _paint_arm(scene, box, (skin, other), rng)
    return cv2.GaussianBlur(scene, (0, 0), 0.8), cloth, mask


def _paint_limb(
    scene: np.ndarray,
    start: Point,
    end: Point,
    width_at_start: float,
    width_at_end: float,
    value: float,
) -> None:
    """Paint a straight limb between two points."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    way = (end - start) / max(np.hypot(*(end - start)), 1e-6)
    side = np.array((-way[1], way[0])) / 2
    start_side, end_side = side * width_at_start, side * width_at_end
    corners = [start + start_side, end + end_side, end - end_side, start - start_side]
    cv2.fillConvexPoly(scene, sub_pixels(np.array(corners)), float(value), cv2.LINE_AA, SHIFT)


def _paint_ellipse(
    scene: np.ndarray,
    centre: tuple[float, float],
    radii: tuple[float, float],
    value: float,
    line_type: int = cv2.LINE_AA,
) -> None:
    """Paint an upright ellipse, at least a pixel large."""
    x, y = (int(place) for place in centre)
    rx, ry = (max(1, int(radius)) for radius in radii)
    cv2.ellipse(scene, (x, y), (rx, ry), 0, 0, 360, float(value), -1, line_type)


def _paint_person(
    scene: np.ndarray, box: Box, is_dress: bool, values: Values, rng: Generator
) -> None:
    """Paint who wears a top or a dress in box: values are those of skin, hair and trousers."""
    left, top, right, bottom = box
    skin, hair, other = values
    unit = min(right - left, (bottom - top) * (0.4 if is_dress else 0.75))
    if rng.random() < 0.85:  # legs first, the rest lies over them
        bare = is_dress or rng.random() >= 0.8
        _paint_legs(scene, box, unit, skin if bare else other, rng)
    if rng.random() < 0.85:
        _paint_arms(scene, box, unit, skin, rng)
    if rng.random() < 0.85:
        _paint_head(scene, box, unit, (skin, hair), rng)


def _paint_legs(scene: np.ndarray, box: Box, unit: float, value: float, rng: Generator) -> None:
    left, top, right, bottom = box
    middle, height = (left + right) / 2, bottom - top
    gap, leg = unit * rng.uniform(0.12, 0.2), unit * rng.uniform(0.2, 0.34)
    length = height * rng.uniform(0.2, 1.3)
    for side in (-1, 1):
        hip = np.array((middle + side * gap, bottom - 0.15 * height))
        foot = hip + (side * unit * rng.uniform(-0.02, 0.1), length)
        _paint_limb(scene, hip, foot, leg, leg * 0.7, value)


def _paint_arms(scene: np.ndarray, box: Box, unit: float, value: float, rng: Generator) -> None:
    left, top, right, bottom = box
    height, arm = bottom - top, unit * rng.uniform(0.12, 0.2)
    for side, edge in ((-1, left), (1, right)):
        shoulder = np.array((edge - side * arm * 0.7, top + height * 0.12))
        out = side * unit * rng.uniform(-0.1, 0.2)
        hand = shoulder + (out, min(height, 1.3 * unit) * rng.uniform(0.5, 1.0))
        _paint_limb(scene, shoulder, hand, arm, arm * 0.7, value)


def _paint_head(scene: np.ndarray, box: Box, unit: float, values: Values, rng: Generator) -> None:
    """Paint neck, head and mostly hair; values are those of skin and hair."""
    left, top, right, bottom = box
    skin, hair = values
    middle, head = (left + right) / 2, unit * rng.uniform(0.15, 0.22)
    centre = middle + rng.normal(0, 2), top - head * rng.uniform(0.8, 1.3)
    chest = (middle, top + (bottom - top) * 0.15)
    _paint_limb(scene, (middle, top - head), chest, head, head * 1.3, skin)
    if rng.random() < 0.8:
        radii = head * rng.uniform(1.0, 1.4), head * rng.uniform(1.2, 2.2)
        _paint_ellipse(scene, centre, radii, hair)
    _paint_ellipse(scene, centre, (head * 0.8, head * 1.1), skin)


def _paint_torso(scene: np.ndarray, box: Box, values: Values, rng: Generator) -> None:
    """Paint who wears trousers in box: a top, arms, and shoes or feet; values of skin and top."""
    left, top, right, bottom = box
    skin, other = values
    middle, width = (left + right) / 2, right - left
    if rng.random() < 0.8:
        torso = width * rng.uniform(0.85, 1.2)
        neck = top - rng.uniform(0.1, 1.2) * width
        belly = (middle, top + 0.12 * width)
        _paint_limb(scene, (middle, neck), belly, torso, torso * 0.95, other)
        if rng.random() < 0.6:
            for side in (-1, 1):
                edge = middle + side * torso * 0.55
                hand = (edge + side * 3, top + width * 0.4)
                _paint_limb(scene, (edge, neck), hand, width * 0.16, width * 0.12, skin)
    if rng.random() < 0.7:
        shoe = rng.choice([skin, rng.uniform(20, 250)])
        for side in (-1, 1):
            centre = middle + side * width * rng.uniform(0.15, 0.35), bottom
            _paint_ellipse(scene, centre, (width * 0.14, width * 0.1), shoe, cv2.LINE_8)


def _paint_leg(scene: np.ndarray, box: Box, value: float, rng: Generator) -> None:
    """Paint the leg above a shoe, or two above a pair."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    heels = (0.3, 0.7)[:: rng.choice([-1, 1])]
    for heel in heels[: 1 + (rng.random() < 0.2)]:
        foot = np.array((left + width * (heel + rng.uniform(-0.08, 0.08)), top + height * 0.5))
        thick = width * rng.uniform(0.2, 0.38)
        knee = foot + (rng.uniform(-0.15, 0.15) * width, -EDGE)
        _paint_limb(scene, foot, knee, thick, thick * 1.3, value)


def _paint_arm(scene: np.ndarray, box: Box, values: Values, rng: Generator) -> None:
    """Paint an arm that holds a bag, perhaps the body beside it; values of skin and clothes."""
    left, top, right, bottom = box
    skin, other = values
    middle, width, height = (left + right) / 2, right - left, bottom - top
    if rng.random() < 0.5:
        body = middle + rng.choice([-1, 1]) * width * rng.uniform(0.3, 0.7)
        head, feet = (body, top - height), (body, bottom + height)
        _paint_limb(scene, head, feet, width * 0.7, width * 0.8, other)
    shoulder = (middle + rng.uniform(-0.6, 0.6) * width, top - rng.uniform(0.3, 1.0) * height)
    hand = (middle, top + 0.05 * height)
    value = rng.choice([skin, other])
    _paint_limb(scene, shoulder, hand, width * 0.18, width * 0.13, value)
