"""The background of a picture: its colour at each pixel, and what stands out from it.

Colours are levels, 0…255. "Border" means the pixels along the picture's four edges.
"""

import cv2
import numpy as np

FLAT = 3.0  # levels: a difference that is no more than rounding or invisible noise
# Levels: how far a border pixel may be from the background's colour and still belong to it
BACKGROUND_TOLERANCE = 24.0


def find_background(colour: np.ndarray, kind: str = "auto") -> np.ndarray:
    """The background's colour at each pixel of an (H, W, 3) uint8 picture: (H, W, 3) float32.

    It is one colour, or one that changes evenly across the picture or towards its corners: a
    surface per channel, fitted to the border. Of several guesses the one that most of the border
    agrees with is taken, then least squares over those who agree. The object may touch the border,
    as it always does in the data set. A kind "light" or "dark" leaves one guess: the usual colour
    of the border's, or else the picture's, lighter or darker half.
    """
    places, border = _border(colour)
    if kind in ("light", "dark"):
        surface = _side_guess(colour, border, kind)
    else:
        guesses = _background_guesses(places, border)
        surface = min(guesses, key=lambda guess: _disagreement(places, border, guess))
    for _ in range(2):
        agree = _distances(places, border, surface) < BACKGROUND_TOLERANCE
        if not agree.any():  # confetti: one guess is as good as another
            break
        surface = np.linalg.lstsq(places[agree, : len(surface)], border[agree])[0]
        if np.ptp(places[:, : len(surface)] @ surface, axis=0).max() < 2 * FLAT:
            # One colour, then, and exactly that
            surface = np.vstack([np.median(border[agree], axis=0), np.zeros((len(surface) - 1, 3))])
    return _surface_over(surface, colour.shape)


# A surface is (3, 3) for a plane and (6, 3) for a bent one: its coefficients for 1, x, y, x², y²
# and xy, x and y in -1…1, per channel


def _border(colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most about 2,000 pixels along the border: their places and their colours.

    places (N, 6) float64: rows (1, x, y, x², y², xy); colours (N, 3) float64.
    """
    height, width = colour.shape[:2]
    strip = np.ones((height, width), bool)
    thick = max(1, min(height, width) // 56)
    strip[thick : height - thick, thick : width - thick] = False
    rows, columns = np.nonzero(strip)
    step = max(1, len(rows) // 2000)  # more would not make it better, only slower
    rows, columns = rows[::step], columns[::step]
    x, y = 2 * columns / max(1, width - 1) - 1, 2 * rows / max(1, height - 1) - 1
    places = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)
    return places, colour[rows, columns].astype(np.float64)


def _background_guesses(places: np.ndarray, border: np.ndarray) -> list[np.ndarray]:
    """Surfaces that the background may lie on: six planes, (3, 3), and one that is bent, (6, 3)."""
    x, y = places[:, 1], places[:, 2]
    signs = [(sx, sy) for sx in (-1, 1) for sy in (-1, 1)]
    near = [(x * sx >= (x * sx).max() - 0.1) & (y * sy >= (y * sy).max() - 0.1) for sx, sy in signs]
    corners = np.stack([np.median(border[corner], axis=0) for corner in near])  # (4, 3)
    flat = [np.vstack([one, np.zeros((2, 3))]) for one in (*corners, np.median(border, axis=0))]
    slanted = np.linalg.lstsq(np.array([(1, *sign) for sign in signs], float), corners)[0]
    bent = np.linalg.lstsq(places, border)[0]
    return [*flat, slanted, bent]


# Of the border that must be light, or dark, to be taken for a background said to be so
MIN_SIDE = 0.05


def _side_guess(colour: np.ndarray, border: np.ndarray, kind: str) -> np.ndarray:
    """A plane of one colour, (3, 3): the median of the "light" or "dark" pixels.

    They are the border's, or the whole picture's if the border has too few of them.
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
    """How far each border pixel is from the surface, in its farthest channel: (N,) levels."""
    away = np.abs(border - places[:, : len(surface)] @ surface)
    return np.maximum(np.maximum(away[:, 0], away[:, 1]), away[:, 2])


PLANE = 3  # coefficients per channel of a background whose colour changes evenly
BENT_HANDICAP = 1.5  # a bent background must explain the border that much better than a plane


def _disagreement(places: np.ndarray, border: np.ndarray, surface: np.ndarray) -> float:
    """Mean distance of the border from the surface, in levels.

    Pixels that are not background count alike, however far they are.
    """
    mean = np.minimum(_distances(places, border, surface), BACKGROUND_TOLERANCE).mean()
    return mean if len(surface) == PLANE else BENT_HANDICAP * mean + FLAT


def _surface_over(surface: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The surface's value at each pixel of a picture of this shape: (H, W, 3) float32."""
    y, x = (np.linspace(-1, 1, edge, dtype=np.float32)[:, None] for edge in shape[:2])
    all_six = np.vstack([surface, np.zeros((6 - len(surface), 3))]).astype(np.float32)
    const, x1, y1, x2, y2, xy = all_six
    values = (const + y1 * y + y2 * y * y)[:, None] + (x1 * x + x2 * x * x)[None]
    if xy.any():
        values += xy * (y[:, None] * x[None])
    return np.clip(values, 0, 255)


# Levels: a background more uneven than this is noisy and smoothed before the object is looked for
CALM = 12.0
MAX_THRESHOLD = 48.0  # levels: whatever the noise, a difference this large is seen as the object


def find_object(colour: np.ndarray, background: np.ndarray) -> np.ndarray:
    """How far an (H, W, 3) uint8 picture is from its background: (H, W) float32 levels.

    The farthest channel counts, and the distance is 0 where it is background. How large a
    difference must be to count follows from how uneven the background is along the border.
    """
    distance = _distance(colour, background)
    rim = rim_of(distance)
    calm = rim[rim < BACKGROUND_TOLERANCE]
    unevenness = np.percentile(calm, 75) if len(calm) else MAX_THRESHOLD
    if unevenness > CALM:
        distance = _distance(cv2.GaussianBlur(colour, (3, 3), 0), background)
    distance[distance <= min(FLAT + 3 * unevenness, MAX_THRESHOLD)] = 0
    return distance


# Levels: a background whose border differs more than this from any surface has a pattern
GRAIN = 6.5
LINE_CONTRAST = 36.0  # levels, between boards or tiles and the lines that separate them
LINES = 20  # changes that large along the border: so many are tiles, fewer may be pieces of cloth


def is_plain(colour: np.ndarray, background: np.ndarray) -> bool:
    """Whether most of the border of an (H, W, 3) uint8 picture is close to the background found.

    In the data set's images the cloth takes up to a third of the border, in a few pieces, and the
    rest is quite even there.
    """
    rim = rim_of(_distance(colour, background))
    unevenness = np.median(rim)
    has_lines = _changes(rim > LINE_CONTRAST) >= LINES
    return bool(unevenness < FLAT or (unevenness < GRAIN and not has_lines))


def _changes(flags: np.ndarray) -> int:
    """How often a row of flags changes from one to the next."""
    return int(np.count_nonzero(flags[1:] != flags[:-1]))


def rim_of(values: np.ndarray) -> np.ndarray:
    """The outermost pixels of an (H, W) array, once around: (2H + 2W,)."""
    return np.concatenate([values[0], values[:, -1], values[-1, ::-1], values[::-1, 0]])


def _distance(colour: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The difference of two (H, W, 3) pictures in their farthest channel: (H, W) float32."""
    red, green, blue = cv2.split(cv2.absdiff(colour.astype(np.float32), background))
    return cv2.max(cv2.max(red, green), blue)
