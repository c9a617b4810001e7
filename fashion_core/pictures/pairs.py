"""A pair of shoes: one of the two is enough, and in the data set it lies on its side.

Masks are (H, W) bool, outlines (N, 2) int in pixels, x before y.
"""

import cv2
import numpy as np

# The smaller of two alike parts has at least this share of the larger one's area
ALIKE_AREA = 0.65
ALIKE_SHAPE = 0.35  # distance of two outlines (OpenCV's matchShapes) up to which they are alike
ALIKE_MIRRORED = 0.7  # what two parts share of their union when one is mirrored onto the other
BOTH = 0.85  # of the object: what two parts must have together


EDGE = 112  # pixels: a pair is looked for in a mask of at most this size


def one_of_a_pair(mask: np.ndarray) -> np.ndarray | None:
    """The larger of two alike parts that lie side by side: (H, W) bool; None if it is no pair."""
    height, width = mask.shape
    scale = min(1, EDGE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not small.any():
        return None
    part = _one_of_two_parts(small)
    part = _one_half(small) if part is None else part
    if part is None:
        return None
    grown = cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) & ~(small & ~part)
    return mask & (cv2.resize(grown, (width, height), interpolation=cv2.INTER_NEAREST) > 0)


def _one_of_two_parts(mask: np.ndarray) -> np.ndarray | None:
    """The larger of two parts that do not touch."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    if len(areas) < 2:
        return None
    second, first = np.argsort(areas)[-2:]
    if (
        areas[second] < ALIKE_AREA * areas[first]
        or areas[[first, second]].sum() < BOTH * mask.sum()
    ):
        return None
    parts = labels == first + 1, labels == second + 1
    likeness = cv2.matchShapes(*map(_outline, parts), cv2.CONTOURS_MATCH_I3, 0)
    is_pair = likeness < ALIKE_SHAPE and all(map(_is_slim, parts))
    return parts[0] if is_pair else None


# Of the object's longest edge: how deep the notches between two shoes are at least
NOTCH = 0.07
NOTCHES = 5  # so many of the deepest are tried, two at a time


def _one_half(mask: np.ndarray) -> np.ndarray | None:
    """The larger half of an object that a line between two notches cuts into mirrored ones."""
    outline = cv2.approxPolyDP(_outline(mask), 1.5, True).reshape(-1, 2)
    edge = max(cv2.boundingRect(outline)[2:])
    ends = _notches(outline, NOTCH * edge)
    found, best = None, ALIKE_MIRRORED
    for i, end in enumerate(ends):
        for start in ends[:i]:
            halves = _halves(mask, start, end)
            likeness = _mirrored_likeness(*halves, start, end)
            if likeness > best and all(map(_is_like_a_shoe, halves)):
                found, best = max(halves, key=np.count_nonzero), likeness
    return found


def _outline(mask: np.ndarray) -> np.ndarray:
    """The longest outline of a mask that is not empty."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(outlines, key=cv2.contourArea)


def _notches(outline: np.ndarray, depth: float) -> np.ndarray:
    """The deepest points of an outline's notches that are that deep, the deepest first: (n, 2)."""
    hull = np.sort(cv2.convexHull(outline, returnPoints=False), axis=0)
    defects = cv2.convexityDefects(outline, hull) if len(hull) > 3 else None
    if defects is None:
        return np.zeros((0, 2), int)
    defects = defects.reshape(-1, 4)  # start, end, deepest point, 256 × its depth
    deep = defects[defects[:, 3] >= 256 * depth]
    return outline[deep[np.argsort(-deep[:, 3])][:NOTCHES, 2]]


def _sides(mask: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, ...]:
    """How far each of a mask's pixels lies beside the line, its places, the line's normal."""
    way = (end - start) / max(np.hypot(*(end - start)), 1e-6)
    normal = np.array((-way[1], way[0]))
    places = np.argwhere(mask)[:, ::-1]  # (n, 2), x before y
    return (places - start) @ normal, places, normal


def _halves(mask: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The parts of a mask on either side of the line through two points."""
    beside, places, _ = _sides(mask, start, end)
    first = np.zeros_like(mask)
    first[places[beside > 0, 1], places[beside > 0, 0]] = True
    return first, mask & ~first


def _mirrored_likeness(
    first: np.ndarray, second: np.ndarray, start: np.ndarray, end: np.ndarray
) -> float:
    """What two halves share of their union, 0…1, when one is mirrored across the line."""
    beside, places, normal = _sides(first, start, end)
    x, y = np.rint(places - 2 * beside[:, None] * normal).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < first.shape[1]) & (y < first.shape[0])
    shared = np.count_nonzero(second[y[inside], x[inside]])
    return shared / max(1, np.count_nonzero(first) + np.count_nonzero(second) - shared)


MIN_SOLIDITY = 0.9  # of its convex hull: a shoe from above has no deep notches, a sleeve makes one
MIN_SLIMNESS, MAX_SLIMNESS = 1.6, 4.2  # length by width: no bag, and no trouser leg


def _is_like_a_shoe(part: np.ndarray) -> bool:
    if not part.any():
        return False
    outline = _outline(part)
    hull = cv2.contourArea(cv2.convexHull(outline))
    return cv2.contourArea(outline) >= MIN_SOLIDITY * hull and _is_slim(part)


def _is_slim(part: np.ndarray) -> bool:
    width, length = sorted(cv2.minAreaRect(_outline(part))[1])
    return bool(MIN_SLIMNESS * width <= length <= MAX_SLIMNESS * max(width, 1.0))


def laid_down(cloth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The part of an (H, W) uint8 cloth in the mask, its long axis made level, as shoes lie.

    (E, E) uint8 with E large enough for all of it.
    """
    (x, y), (width, height), angle = cv2.minAreaRect(_outline(mask))
    if height > width:
        angle += 90
    edge = int(np.ceil(np.hypot(*mask.shape)))
    turn = cv2.getRotationMatrix2D((x, y), angle, 1.0)
    turn[:, 2] += edge / 2 - np.array((x, y))
    return cv2.warpAffine(np.where(mask, cloth, 0).astype(np.uint8), turn, (edge, edge))
