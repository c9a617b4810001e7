"""From fashion_core.pictures."""

import cv2
import numpy as np

FLAT = 3.0  # levels: a difference that is no more than rounding or invisible noise
# Levels: how far a border pixel may be from the background's colour and still belong to it
GROUND_TOLERANCE = 24.0
# Levels: a background more uneven than this is noisy and smoothed before the object is looked for
CALM = 12.0
MAX_THRESHOLD = 48.0  # levels: whatever the noise, a difference this large is seen as the object
PLANE = 3  # coefficients per channel of a background whose colour changes evenly; a bent one has 6
BENT_HANDICAP = 1.5  # a bent background must explain the border that much better than a plane
# Levels: a background whose border differs more than this from any surface has a pattern
GRAIN = 6.5
LINE_CONTRAST = 36.0  # levels, between boards or tiles and the lines that part them
LINES = 20  # changes that large along the border: so many are tiles, fewer may be pieces of cloth
# Of the border that must be light, or dark, to be taken for a background said to be so
MIN_SIDE = 0.05


def find_background(colour: np.ndarray, kind: str = "auto") -> np.ndarray:
    """The background's colour at each pixel of an (H, W, 3) uint8 picture: (H, W, 3) float32,
    0…255.

    One colour, or one that changes evenly across the picture or towards its corners: a surface per
    channel, fitted to the border. Of several guesses the one that most of the border agrees with is
    taken, then least squares over those who agree. The object may touch the border; in the data set
    it always does. A kind "light" or "dark" leaves one guess: the usual colour of the border's, or
    else the picture's, lighter or darker half.
    """
    places, border = _border(colour)
    guesses = (
        [_side_guess(colour, border, kind)]
        if kind in ("light", "dark")
        else _background_guesses(places, border)
    )
    surface = min(guesses, key=lambda guess: _disagreement(places, border, guess))
    for _ in range(2):
        agree = _distances(places, border, surface) < GROUND_TOLERANCE
        if not agree.any():  # confetti: one guess is as good as another
            break
        surface = np.linalg.lstsq(places[agree, : len(surface)], border[agree])[0]
        # One colour, then, and exactly that
        if np.ptp(places[:, : len(surface)] @ surface, axis=0).max() < 2 * FLAT:
            surface = np.vstack([np.median(border[agree], axis=0), np.zeros((len(surface) - 1, 3))])
    return _surface_over(surface, colour.shape)


def _border(colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels along the border: places, (N, 6) rows (1, x, y, x², y², xy) with x, y in -1…1, and
    colours, (N, 3).
    """
    height, width = colour.shape[:2]
    strip = np.ones((height, width), bool)
    thick = max(1, min(height, width) // 56)
    strip[thick : height - thick, thick : width - thick] = False
    rows, columns = np.nonzero(strip)
    step = max(1, len(rows) // 2000)  # more would not make it better, only slower
    rows, columns = rows[::step], columns[::step]
    x, y = 2 * columns / max(1, width - 1) - 1, 2 * rows / max(1, height - 1) - 1
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1), colour[
        rows, columns
    ].astype(np.float64)


def _background_guesses(places: np.ndarray, border: np.ndarray) -> list[np.ndarray]:
    """Surfaces that the background may lie on: planes, (3, 3), and one that is bent, (6, 3)."""
    x, y = places[:, 1], places[:, 2]
    signs = [(sx, sy) for sx in (-1, 1) for sy in (-1, 1)]
    near = [(x * sx >= (x * sx).max() - 0.1) & (y * sy >= (y * sy).max() - 0.1) for sx, sy in signs]
    corners = np.stack([np.median(border[corner], axis=0) for corner in near])
    flat = [np.vstack([one, np.zeros((2, 3))]) for one in (*corners, np.median(border, axis=0))]
    slanted = np.linalg.lstsq(np.array([(1, *sign) for sign in signs], float), corners)[0]
    bent = np.linalg.lstsq(places, border)[0]
    return [*flat, slanted, bent]


def _side_guess(colour: np.ndarray, border: np.ndarray, kind: str) -> np.ndarray:
    """A plane of one colour, (3, 3): the median of the border's "light" or "dark" pixels, else of
    the picture's.
    """
    sign = 1 if kind == "light" else -1
    picture = colour.reshape(-1, 3).astype(np.float64)
    middle = np.percentile(picture.mean(axis=1), (2, 98)).mean()
    for pixels in (border, picture):
        side = pixels[sign * (pixels.mean(axis=1) - middle) >= 0]
        if len(side) > MIN_SIDE * len(pixels):
            break
    return np.vstack([np.median(side, axis=0), np.zeros((2, 3))])


def _distances(places: np.ndarray, border: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """How far each of the border's pixels is from the surface, in its farthest channel: (N,)
    levels.
    """
    away = np.abs(border - places[:, : len(surface)] @ surface)
    return np.maximum(np.maximum(away[:, 0], away[:, 1]), away[:, 2])


def _disagreement(places: np.ndarray, border: np.ndarray, surface: np.ndarray) -> float:
    """Mean distance of the border from the surface; what is not background counts alike, however
    far it is.
    """
    mean = np.minimum(_distances(places, border, surface), GROUND_TOLERANCE).mean()
    return mean if len(surface) == PLANE else BENT_HANDICAP * mean + FLAT


def _surface_over(surface: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The surface's value at each pixel of a picture of this shape, (H, W, 3) float32 in 0…255."""
    y, x = (np.linspace(-1, 1, edge, dtype=np.float32)[:, None] for edge in shape[:2])
    const, x1, y1, x2, y2, xy = np.vstack([surface, np.zeros((6 - len(surface), 3))]).astype(
        np.float32
    )
    values = (const + y1 * y + y2 * y * y)[:, None] + (x1 * x + x2 * x * x)[None]
    if xy.any():
        values += xy * (y[:, None] * x[None])
    return np.clip(values, 0, 255)


def find_object(colour: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """How far an (H, W, 3) uint8 picture is from its background, in the farthest channel: (H, W)
    float32, 0…255.

    0 where it is background. How large a difference must be to count follows from how uneven the
    background is along the border.
    """
    far = _largest_channel(cv2.absdiff(colour.astype(np.float32), ground))
    rim = rim_of(far)
    calm = rim[rim < GROUND_TOLERANCE]
    unevenness = np.percentile(calm, 75) if len(calm) else MAX_THRESHOLD
    if unevenness > CALM:
        smooth = cv2.GaussianBlur(colour, (3, 3), 0).astype(np.float32)
        far = _largest_channel(cv2.absdiff(smooth, ground))
    far[far <= min(FLAT + 3 * unevenness, MAX_THRESHOLD)] = 0
    return far


def is_plain(colour: np.ndarray, ground: np.ndarray) -> bool:
    """Whether the ground that was found is one: most of the border of an (H, W, 3) uint8 picture is
    close to it.

    In the data set's images the cloth takes up to a third of the border, in a few pieces; the rest
    is quite even there.
    """
    far = _largest_channel(cv2.absdiff(colour.astype(np.float32), ground))
    unevenness = np.median(rim_of(far))
    return bool(
        unevenness < FLAT or (unevenness < GRAIN and _changes(rim_of(far) > LINE_CONTRAST) < LINES)
    )


def _changes(flags: np.ndarray) -> int:
    """How often a row of flags changes from one to the next."""
    return int(np.count_nonzero(flags[1:] != flags[:-1]))


def rim_of(values: np.ndarray) -> np.ndarray:
    """The outermost pixels of an (H, W) array, once around."""
    return np.concatenate([values[0], values[:, -1], values[-1, ::-1], values[::-1, 0]])


def _largest_channel(colour: np.ndarray) -> np.ndarray:
    """The largest of the three channels of an (H, W, 3) array: (H, W)."""
    red, green, blue = cv2.split(colour)
    return cv2.max(cv2.max(red, green), blue)
