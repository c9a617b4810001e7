"""Where the garment is on a floor, a bed, a carpet or before a wall, told by its colours.

Where the background is not plain there is no one colour to take away. GrabCut (Rother, Kolmogorov,
Blake 2004, in OpenCV) separates two mixtures of colours with as short a contour as it can, given a
beginning. Ours: a colour that is more usual in the middle of the picture than along its border is
the garment's.
"""

import cv2
import numpy as np

from fashion_core.pictures.garment import without_small_holes

# Of the picture: less is a speck, more is everything, neither is a garment
MIN_SHARE, MAX_SHARE = 0.03, 0.95
# GrabCut works on at most this edge: 10 ms on one core, 40 at worst. 28 pixels come out the same.
EDGE = 128


def segment(colour: np.ndarray) -> np.ndarray | None:
    """Where the garment is in an (H, W, 3) uint8 picture: (H, W) bool, always the same mask.

    None where no garment can be told from the background: next to nothing is left, or nearly
    everything.
    """
    height, width = colour.shape[:2]
    scale = min(1, EDGE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    mask = _cleaned(_grab_cut(small, _cloth_likelihood(_colour_kinds(small))))
    if not MIN_SHARE < mask.mean() < MAX_SHARE:
        return None
    large = cv2.resize(mask.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR)
    return large > 127


BINS = 16  # per channel, for counting colours


def _colour_kinds(colour: np.ndarray) -> np.ndarray:
    """The number of each pixel's kind of colour, as the eye tells them apart (CIE Lab).

    (H, W) int64 in 0…BINS³-1.
    """
    lab = cv2.cvtColor(colour, cv2.COLOR_RGB2LAB).astype(np.int64)
    light, red_green, yellow_blue = cv2.split(lab)
    # Few colours lie in the outer half of a and b
    a, b = (
        np.clip((channel - 64) // (128 // BINS), 0, BINS - 1)
        for channel in (red_green, yellow_blue)
    )
    return (light // (256 // BINS) * BINS + a) * BINS + b


def _frequencies(kinds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How usual each kind of colour is where the weights, (H, W), are: (BINS³,) with sum 1.

    Neighbouring colours are blurred together.
    """
    counts = np.bincount(kinds.ravel(), weights.ravel(), BINS**3).reshape((BINS,) * 3)
    for axis in range(3):
        along = np.moveaxis(counts, axis, 0)
        counts = along.copy()
        counts[1:] += along[:-1] / 2
        counts[:-1] += along[1:] / 2
        counts = np.moveaxis(counts, 0, axis)
    return counts.ravel() / max(counts.sum(), 1e-9)


# Of half the picture: how far, as a standard deviation, the middle's colours are gathered
MIDDLE = 0.45


def _cloth_likelihood(kinds: np.ndarray) -> np.ndarray:
    """The middle's share in how usual each pixel's colour is in middle and border together.

    (H, W) float32 in 0…1.
    """
    y, x = (np.linspace(-1, 1, edge) for edge in kinds.shape)
    middle = np.exp(-(y[:, None] ** 2 + x**2) / (2 * MIDDLE**2))
    inside = _frequencies(kinds, middle)[kinds]
    outside = _frequencies(kinds, _strip(kinds.shape).astype(float))[kinds]
    return cv2.GaussianBlur((inside / (inside + outside + 1e-9)).astype(np.float32), (0, 0), 2)


STRIP = 2  # pixels along the border, at EDGE, that tell the background's colours


def _strip(shape: tuple[int, int]) -> np.ndarray:
    """The pixels along the border: (H, W) bool."""
    strip = np.ones(shape, bool)
    strip[STRIP:-STRIP, STRIP:-STRIP] = False
    return strip


LIKELY = 0.6  # likelihood from which a pixel is taken for the garment's to begin with
ROUNDS = 2  # of GrabCut; more of them cost time and change little


def _grab_cut(small: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    """GrabCut from what is likely to be cloth: (H, W) bool.

    The border is background, except where cloth is likely to touch it.
    """
    cloth = likelihood > LIKELY
    labels = np.where(cloth, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[_strip(cloth.shape) & ~cloth] = cv2.GC_BGD
    if not MIN_SHARE < cloth.mean() < MAX_SHARE:  # too few colours for a mixture of five
        return cloth
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # it begins with k-means from random points
    cv2.grabCut(small, labels, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


# Of the largest part's area: a pair of shoes has two parts, a knot in the wood does not count
LARGE_PART = 0.15
# Of the object's area: smaller holes are buttons and prints, larger ones are looked through
SMALL_HOLE = 0.01


def _cleaned(mask: np.ndarray) -> np.ndarray:
    """The large parts of an (H, W) bool mask, without threads and small holes."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    kept = (areas > 0) & (areas >= LARGE_PART * areas.max())
    return without_small_holes(kept[labels], SMALL_HOLE)
