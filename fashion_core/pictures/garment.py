"""The garment in a picture: its box, its shades bright on 0, its place in 28×28 pixels.

A mask is (H, W) bool, cloth (H, W) uint8 with background 0, a box top, bottom, left, right in
pixels, the second and the last exclusive.
"""

import cv2
import numpy as np

from fashion_core.metadata import IMAGE_SIZE
from fashion_core.pictures.background import FLAT, rim_of

Box = tuple[int, int, int, int]

# Where it is

# Of the picture's longest edge: smaller spots that lie apart do not count for the crop
SPECK_EDGE = 0.03
SPECK_AREA = 0.01  # of the largest part's area, likewise
BLANK_AREA = 0.0002  # of the picture's area: an object with less is nothing


def find_box(mask: np.ndarray) -> Box | None:
    """The object's bounding box in a mask, specks left out; None if there is no object."""
    edge = SPECK_EDGE * max(mask.shape)
    kernel = np.ones((max(1, round(edge)),) * 2, np.uint8)
    # So that dots and dashes near the object belong to it
    joined = cv2.dilate(mask.astype(np.uint8), kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    labels = np.where(mask, labels, 0)
    areas = np.bincount(labels.ravel(), minlength=count)
    areas[0] = 0
    if areas.sum() <= BLANK_AREA * mask.size:
        return None
    extents = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) - len(kernel) + 1
    kept = (areas > 0) & ((areas >= SPECK_AREA * areas.max()) | (extents > 2 * edge))
    rows, columns = (np.flatnonzero(kept[labels].any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


CLEAR = 0.08  # of the largest value: JPEG adds fainter differences all around an object


def stands_out(values: np.ndarray) -> np.ndarray:
    """Where values, (H, W) from 0 on, are large enough to count for the crop: (H, W) bool."""
    return values > CLEAR * values.max()


def without_soft_edges(distance: np.ndarray, box: Box) -> Box:
    """The box of an object without the soft edges that would make it smaller in 28×28 pixels.

    distance (H, W) float32 is that from the background. An edge that fades over up to a 28th of the
    object, as in an enlarged image, is cut where it has half its height.
    """
    top, bottom, left, right = box
    inside = distance[top:bottom, left:right]
    band = round(max(inside.shape) / IMAGE_SIZE)
    rows, columns = inside.max(axis=1), inside.max(axis=0)
    return (
        top + _fading(rows, band),
        bottom - _fading(rows[::-1], band),
        left + _fading(columns, band),
        right - _fading(columns[::-1], band),
    )


def _fading(profile: np.ndarray, band: int) -> int:
    """How many of the first `band` values of (n,) are less than half of those half a band later."""
    ahead = max(1, round(band / 2))
    count = max(0, min(band, len(profile) - ahead))
    high = np.flatnonzero(profile[:count] >= profile[ahead : ahead + count] / 2)
    return int(high[0]) if len(high) else 0


# Its shades

# Share of the object on one side of the background's brightness that makes it a drawing on it
ONE_SIDED = 0.97
# Of the object's area: smaller holes are cloth of the background's colour, larger ones are holes
SMALL_HOLE = 0.004


def light_on_dark(
    grey: np.ndarray, background: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, str]:
    """The object bright on 0 as in the data set, (H, W) uint8, and a sentence that says how.

    grey (H, W) uint8, background (H, W, 3) float32. An object on one side of the background's
    brightness (a drawing, a shop picture on white) is measured by its distance from the background.
    One with both lighter and darker parts, or none that differ in brightness, keeps its own shades,
    inverted if it is darker than the background.
    """
    level = cv2.cvtColor(background, cv2.COLOR_RGB2GRAY)
    difference = grey - level
    whole = without_faint_holes(mask, grey, background)
    halo = _halo(grey, level, whole)
    lighter = (difference[mask] > 2 * FLAT).sum()
    darker = (difference[mask] < -2 * FLAT).sum()
    one_sided = max(lighter, darker) > max(ONE_SIDED * (lighter + darker), mask.sum() / 2)
    if one_sided and not halo:
        is_lighter = lighter > darker
        value = np.where(mask, difference if is_lighter else -difference, 0)
        how = "Lighter than the background: kept."
        if not is_lighter:
            how = "Darker than the background: turned over."
        return np.clip(np.rint(value), 0, 255).astype(np.uint8), how
    keep = halo < 0 or (halo == 0 and np.median(grey[whole]) > level.mean())
    how = "Cut out of the background, its shades " + ("kept." if keep else "turned over.")
    return np.where(whole, grey if keep else 255 - grey, 0).astype(np.uint8), how


HALO = 8.0  # levels: a rim this much darker than both the object and the background is no shading


def _halo(grey: np.ndarray, level: np.ndarray, mask: np.ndarray) -> int:
    """-1 if the object's rim is darker than it and the background, +1 if it is lighter, else 0.

    A dark rim is what is left of a black background that the object was cut from and laid on a
    coloured one. level (H, W) float32 is the background's brightness.
    """
    usual = level.mean()
    if not HALO < usual < 255 - HALO:
        return 0
    size = max(3, round(max(mask.shape) / 56) | 1)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    edge = mask & ~inner
    if not edge.any():  # the object is all of the picture
        return 0
    # At some edges cloth touches the border
    darker, rim, lighter = np.percentile(grey[edge], (45, 50, 55))
    inside = np.median(grey[inner]) if inner.any() else rim
    return int(lighter > max(inside, usual) + HALO) - int(darker < min(inside, usual) - HALO)


def without_small_holes(mask: np.ndarray, share: float) -> np.ndarray:
    """The mask with holes filled that are smaller than this share of its area.

    A bag's handle stays open.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < share * mask.sum()
    small[0] = False  # the mask itself
    return mask | small[labels]


# Levels: cloth that is this close to the background's shade around a hole goes on in the hole
FAINT = 40.0


def _with_faint_holes_filled(mask: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """The mask with those holes filled around which cloth hardly differs from the background.

    They are cloth of the background's shade: towards a hole that one looks through, cloth does not
    fade. contrast (H, W) float32 is the difference in levels.
    """
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    grown = cv2.dilate(labels.astype(np.float32), np.ones((3, 3)))
    touched = np.where(mask, grown, 0).astype(np.int64)  # the hole beside each pixel of cloth
    counts = np.bincount(touched.ravel(), minlength=labels.max() + 1)
    faint = np.bincount(touched.ravel(), contrast.ravel(), len(counts)) < FAINT * counts
    on_border = np.unique(rim_of(labels))
    faint[on_border] = False
    faint[0] = False  # the mask itself
    return mask | faint[labels]


def inverted(cloth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The object with light and dark exchanged within its outline; what lies outside stays 0.

    An outline with small gaps counts as closed. What lies in the picture's corners is no object but
    its background: then all of the picture is inverted.
    """
    filled = _outline_filled(mask)
    if np.count_nonzero(mask[[0, 0, -1, -1], [0, -1, 0, -1]]) >= 3:
        filled[:] = True
    if not filled.any():
        return cloth
    lightest, darkest = int(cloth[filled].max()), int(cloth[filled].min())
    return np.where(filled, lightest + darkest - cloth.astype(np.int16), 0).astype(np.uint8)


def _outline_filled(mask: np.ndarray) -> np.ndarray:
    """The mask with all that it surrounds, also where it has gaps of SPECK_EDGE."""
    # Odd, or closing would move everything by half a pixel
    reach = round(SPECK_EDGE * max(mask.shape)) | 1
    padded = np.pad(mask.astype(np.uint8), reach)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(closed, contours, -1, 1, cv2.FILLED)
    return filled[reach:-reach, reach:-reach] > 0


# Levels in which the middle shade of white and of black cloth is shown: white cloth is still cloth
PALEST, DARKEST = 110.0, 215.0
FAINTEST = 30  # level of the cloth's lightest spot, so that its outline is filled


def dark_is_bright(grey: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The object's own shades inverted, as the data set's were: (H, W) uint8, 0 outside the mask.

    The light in a room is not a studio's, so only the middle shade is moved. Even cloth stays even,
    and pale cloth fills its outline.
    """
    value = 255 - grey.astype(np.float32)
    middle = np.median(value[mask])
    level = PALEST + (DARKEST - PALEST) * middle / 255
    return np.where(mask, np.clip(np.rint(level + value - middle), FAINTEST, 255), 0).astype(
        np.uint8
    )


def without_faint_holes(mask: np.ndarray, grey: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The mask without small holes and those around which cloth hardly differs from the background.

    grey (H, W) uint8, background (H, W, 3) float32.
    """
    level = cv2.cvtColor(background, cv2.COLOR_RGB2GRAY)
    whole = without_small_holes(mask, SMALL_HOLE)
    return _with_faint_holes_filled(whole, np.abs(grey - level))


COLOURED = 2  # levels between two channels: grey pictures are drawings or the data set's own
SOLID = 0.7  # of what its outline encloses: a drawing's lines cover less


def is_photo_of_cloth(colour: np.ndarray, cloth: np.ndarray, mask: np.ndarray) -> bool:
    """Whether this is a photo of a garment and no drawing: soft, coloured and solid.

    colour (H, W, 3) uint8, cloth (H, W) uint8.
    """
    if not is_soft(cloth):
        return False
    inside = colour[mask]  # (n, 3)
    spread = np.median(np.ptp(inside.astype(np.int16), axis=1))
    return bool(spread >= COLOURED and mask.sum() >= SOLID * _outline_filled(mask).sum())


# Its place in 28×28 pixels

# Of the edge: a picture framed this closely to the data set's way is not cropped again
FRAMED = 2 / IMAGE_SIZE


def cropped(cloth: np.ndarray, box: Box) -> tuple[np.ndarray, str]:
    """The part in the box, or all of it if it is framed as in the data set, and a sentence."""
    top, bottom, left, right = box
    height, width = cloth.shape
    margins = np.array([top, height - bottom]), np.array([left, width - right])
    uneven = max(abs(np.subtract(*pair)) for pair in margins)
    tight = min(pair.max() for pair in margins)
    if height == width and max(uneven, tight) <= FRAMED * width:
        return cloth, "Already framed as in the data set."
    how = f"The object's {right - left} × {bottom - top} pixels, without the rest."
    return cloth[top:bottom, left:right], how


def fit(cloth: np.ndarray) -> np.ndarray:
    """An (H, W) uint8 object on 0, its longest edge made 28 and centred: (28, 28) uint8.

    The brightest point becomes 255, as in 999 of 1,000 images of the data set, so that a faint
    pencil counts as much as a marker. An odd pixel of margin goes to the top and the left, as it
    does there.
    """
    height, width = cloth.shape
    scale = IMAGE_SIZE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(cloth, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if scale < 0.5 and is_soft(cloth):
        small = _sharpened(small)
    top, left = (IMAGE_SIZE - size[1] + 1) // 2, (IMAGE_SIZE - size[0] + 1) // 2
    pixels = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    pixels[top : top + size[1], left : left + size[0]] = small
    return cv2.convertScaleAbs(pixels, alpha=255 / max(1, pixels.max()))


def is_soft(cloth: np.ndarray) -> bool:
    """Whether brightness changes over several pixels, as in photos.

    In enlarged pixels it changes from one to the next.
    """
    steps = np.abs(np.diff(cloth.astype(np.int16), axis=1))
    spread = np.minimum(steps[:, 1:], steps[:, :-1]).sum()
    return bool(spread > steps.sum() / 2)


SHARPENING = 0.8  # share of the difference from a blurred copy that is added
# Of 28 pixels: the blur's standard deviation; this pair gives enlarged images back best
REACH = 0.6


def _sharpened(small: np.ndarray) -> np.ndarray:
    """Contours made clearer, as the data set's makers did after shrinking; what is 0 stays 0."""
    blurred = cv2.GaussianBlur(small, (0, 0), REACH)
    return cv2.addWeighted(small, 1 + SHARPENING, blurred, -SHARPENING, 0) * (small > 0)
