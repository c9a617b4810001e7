"""Any picture a visitor brings → 28×28 pixels as Fashion-MNIST has them, step by step.

`open_picture` takes hostile bytes and hands back a PIL picture or a sentence; `prepare` makes pixels of it and keeps
every step, so that a page can show what the model sees and why. The recipe is the one that the data set was made with
(Xiao, Rasul, Vollgraf 2017, section 2: trim, longest edge to 28, centre, negate, grey), plus what a product shot does
not need: finding the background, plain (here) or not (in `cutouts`), and which of the two, cloth or background, is
the bright one.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from fashion_core import cutouts
from fashion_core.metadata import IMAGE_SIZE

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # what browsers, phones and paint programs save; told by content
JPEG_START, JPEG_SCAN = b"\xff\xd8\xff", b"\xff\xda"  # of the file, and of each of its passes over the whole picture
MAX_SCANS = 100  # a progressive JPEG has about ten; one of 50 megapixels takes 40 ms for each, even an empty one
MAX_FILE_BYTES = 20 * 1024 * 1024  # a 48-megapixel phone photo has about 12 MB
MAX_PIXELS = 25_000_000  # decoded to RGBA that is 100 MB, thrice that while it is made smaller: a small server's most
MAX_JPEG_PIXELS = 50_000_000  # a JPEG is decoded at reduced size, so a 48-megapixel phone photo is fine
MIN_EDGE = 8  # with less there is nothing to recognise, and no border to find the background from

WORK_EDGE = 336  # 12 × 28: the steps after "Smaller" work on at most this edge, for speed
FLAT = 3.0  # levels: a difference that is no more than rounding or invisible noise
GROUND_TOLERANCE = 24.0  # levels: how far a border pixel may be from the background's colour and still belong to it
CALM = 12.0  # levels: a background more uneven than this is noisy and smoothed before the object is looked for
MAX_THRESHOLD = 48.0  # levels: whatever the noise, a difference this large is seen as the object
ONE_SIDED = 0.97  # share of the object on one side of the background's brightness that makes it a drawing on it
PLANE = 3  # coefficients per channel of a background whose colour changes evenly; a bent one has 6
BENT_HANDICAP = 1.5  # a bent background must explain the border that much better than a plane
CLEAR = 0.08  # of the object's largest difference: fainter pixels do not count for the crop, JPEG adds them all around
SPECK_EDGE = 0.03  # of the picture's longest edge: smaller spots that lie apart do not count for the crop
SPECK_AREA = 0.01  # of the largest part's area, likewise
BLANK_AREA = 0.0002  # of the picture's area: an object with less is nothing
SMALL_HOLE = 0.004  # of the object's area: smaller holes are cloth of the background's colour, larger ones are holes
FAINT = 40.0  # levels: cloth that is this close to the background's shade around a hole goes on in the hole
GRAIN = 6.5  # levels: a background whose border differs more than this from any surface has a pattern
LINE_CONTRAST = 36.0  # levels, between boards or tiles and the lines that part them
LINES = 20  # changes that large along the border: so many are tiles, fewer may be pieces of cloth
MIN_PHOTO_EDGE = 64  # pixels: a smaller picture is no photo, and too small for telling patterns from cloth
PALEST = 60  # level of a photographed object's lightest parts: white cloth is still cloth
MIN_SPAN = 40.0  # levels: cloth with less between its lightest and its darkest parts is not stretched further
HALO = 8.0  # levels: a rim this much darker than both the object and the background is no shading
SHARPENING = 0.8  # share of the difference from a blurred copy that is added
REACH = 0.6  # of 28 pixels: the blur's standard deviation; this pair gives enlarged images back best
FRAMED = 2 / IMAGE_SIZE  # of the edge: a picture framed this closely to the data set's way is not cropped again

GROUNDS = ("auto", "light", "dark", "patterned")  # kinds of background that a correction may name; auto: found
MIN_CROP = 0.05  # of the picture's width and height: in less there is nothing to see
MIN_SIDE = 0.05  # of the border that must be light, or dark, to be taken for a background said to be so


class PictureError(ValueError):
    """A picture that cannot be used; its text is for visitors: what was wrong, the value, what to do."""


@dataclass(frozen=True)
class Step:
    """One step on the way to 28×28: a short name, a sentence, and its result, (H, W) or (H, W, 3) uint8."""

    name: str
    caption: str
    picture: np.ndarray


@dataclass(frozen=True)
class Prepared:
    """What the model sees, (28, 28) uint8 with background 0, the steps to it, and whether nothing was to be seen."""

    pixels: np.ndarray
    steps: tuple[Step, ...]
    blank: bool


# Opening what strangers send


def open_picture(source: bytes | Path) -> Image.Image:
    """Open and decode a PNG, JPEG, WebP, GIF or BMP picture: its first frame, large JPEGs at reduced size.

    The format is told by the content, never by the name; the size is read from the header before anything is decoded.
    Raises PictureError for everything else: no picture, damaged, too large, too small.
    """
    data = _read_bytes(source)
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        count = f"more than {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        limit = MAX_JPEG_PIXELS if data.startswith(JPEG_START) else MAX_PIXELS
        raise PictureError(f"This picture has {count}; {_pixel_limit(limit)}") from error
    except UnidentifiedImageError as error:
        raise PictureError(_unknown_format(data)) from error
    except Exception as error:  # a decoder fed with hostile bytes raises whatever it stumbles over
        raise PictureError(_damaged(error)) from error
    _check_size(picture)
    if data.startswith(JPEG_START) and data.count(JPEG_SCAN) > MAX_SCANS:
        raise PictureError(
            f"This JPEG is stored in more than {MAX_SCANS} passes, which no camera or picture program does, and would "
            "take too long to decode. Save it again, for example as a PNG."
        )
    return _decode(picture)


def _read_bytes(source: bytes | Path) -> bytes:
    """The file's bytes, after its size has been checked."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_FILE_BYTES:
            raise PictureError(
                f"This file has {size / 2**20:.1f} MB; the limit is {MAX_FILE_BYTES / 2**20:.0f} MB. "
                "Save it smaller, for example as a JPEG."
            )
        data = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise PictureError(f"{source} cannot be read: {error.strerror}. Check the path.") from error
    if not data:
        raise PictureError("This file is empty (0 bytes). Choose another one.")
    return data


def _unknown_format(data: bytes) -> str:
    """A sentence for bytes that are none of FORMATS; HEIC has its own, since phones send it."""
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"mif1"):
        return "This is a HEIC photo, which cannot be read here. Save or share it as JPEG and choose that one."
    if data.startswith((b"\x89PNG", JPEG_START, b"GIF8", b"BM")) or data[8:12] == b"WEBP":
        return _damaged(None)
    return (
        "This is not a PNG, JPEG, WebP, GIF or BMP picture, whatever its name says. Open it in a picture program "
        "and save it as PNG or JPEG."
    )


def _damaged(error: Exception | None) -> str:
    """A sentence for a picture that starts well and cannot be decoded."""
    reason = "it ends too early" if "truncated" in str(error) else "its content cannot be decoded"
    return f"This picture is damaged: {reason}. Save or download it again."


def _pixel_limit(limit: int) -> str:
    return (
        f"the limit is {limit / 1e6:.0f} million, so that one picture cannot use up the server's memory. "
        "Make it smaller and try again."
    )


def _check_size(picture: Image.Image) -> None:
    """Raise PictureError for too many or too few pixels, from the header alone."""
    width, height = picture.size
    _check_pixels(picture, MAX_JPEG_PIXELS if picture.format in ("JPEG", "MPO") else MAX_PIXELS)
    if min(width, height) < MIN_EDGE:
        raise PictureError(
            f"This picture has only {width:,} × {height:,} pixels; with fewer than {MIN_EDGE} along an edge nothing "
            "can be recognised. Choose a larger one."
        )


def _check_pixels(picture: Image.Image, limit: int) -> None:
    width, height = picture.size
    if width * height > limit:
        count = f"{width:,} × {height:,}, {width * height / 1e6:.0f} million pixels"
        raise PictureError(f"This picture has {count}; {_pixel_limit(limit)}")


def _decode(picture: Image.Image) -> Image.Image:
    """The decoded first frame. A JPEG comes out at the smallest of its four scales that is enough for the work."""
    try:
        if picture.format in ("JPEG", "MPO"):
            picture.draft(None, (2 * WORK_EDGE, 2 * WORK_EDGE))
            _check_pixels(picture, MAX_PIXELS)  # a long strip stays as large as it is
        picture.load()
    except PictureError:
        raise
    except Exception as error:  # see open_picture
        raise PictureError(_damaged(error)) from error
    return picture


# From a picture to pixels


@dataclass(frozen=True)
class Correction:
    """What a visitor knows better than `prepare`; without arguments it leaves everything to be found.

    `invert` turns light and dark over within the object's outline. `crop` is the part that counts: left, top, right,
    bottom as fractions of the upright picture. `ground` names the background, one of GROUNDS. Raises ValueError.
    """

    invert: bool = False
    crop: tuple[float, float, float, float] | None = None
    ground: str = "auto"

    def __post_init__(self):
        if not isinstance(self.invert, bool):
            raise ValueError(f"invert must be True or False, not {self.invert!r}.")
        if self.ground not in GROUNDS:
            raise ValueError(f"ground must be one of {', '.join(GROUNDS)}, not {self.ground!r}.")
        if self.crop is not None and not _is_crop(self.crop):
            raise ValueError(
                "crop must be four fractions from 0 to 1, left, top, right and bottom, at least "
                f"{MIN_CROP:.0%} apart, not {self.crop!r}."
            )


def _is_crop(crop) -> bool:
    """Whether these are left, top, right and bottom of a part that is large enough to see something in it."""
    if not isinstance(crop, tuple) or len(crop) != 4 or not all(isinstance(edge, float | int) for edge in crop):
        return False
    left, top, right, bottom = crop
    apart = MIN_CROP - 1e-9  # 0.35 - 0.3 is less than 0.05
    return left >= 0 and top >= 0 and right <= 1 and bottom <= 1 and right - left >= apart and bottom - top >= apart


def prepare(picture: Image.Image, correction: Correction = Correction()) -> Prepared:
    """Make Fashion-MNIST pixels of a picture, which is not changed, and keep each step.

    Takes every mode that files come in, and any size. Where nothing stands out from the background, `blank` is True,
    `pixels` are all 0 and the steps end with the background. What the correction says is not looked for.
    """
    colour, steps = _plain_colours(picture, correction.crop)
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    steps.append(Step("Grey", "The data set knows no colours.", grey))
    found = _find(colour, grey, correction.ground)
    steps.append(Step("Background", found.ground, _marked(colour, found.mask)))
    if found.box is None:
        return Prepared(np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8), tuple(steps), blank=True)
    cloth, box = found.cloth, found.box
    steps.append(Step("Light on dark", found.shades, cloth))
    if correction.invert:
        cloth = turned_over(cloth, found.mask)
        box = find_box(cloth > 0) or box
        steps.append(Step("Turned over", "You turned light and dark over within the outline.", cloth))
    cropped, caption = _crop(cloth, box)
    steps.append(Step("Cropped", caption, cropped))
    pixels = fit(cropped)
    steps.append(Step("28 × 28", "Longest edge made 28, centred, the brightest point made white.", pixels))
    return Prepared(pixels, tuple(steps), blank=False)


@dataclass(frozen=True)
class _Found:
    """The object in a picture: where it is, its box (None: nothing is), its shades on 0, sentences on how."""

    mask: np.ndarray  # (H, W) bool
    box: tuple[int, int, int, int] | None
    cloth: np.ndarray  # (H, W) uint8
    ground: str
    shades: str


def _find(colour: np.ndarray, grey: np.ndarray, kind: str) -> _Found:
    """The object on a background of this kind, one of GROUNDS."""
    ground = find_ground(colour, kind)
    found = None
    if kind == "patterned" or (kind == "auto" and max(grey.shape) >= MIN_PHOTO_EDGE and not is_plain(colour, ground)):
        found = _find_in_photo(colour, grey)
    return found or _find_on_plain(colour, grey, ground)


def _find_on_plain(colour: np.ndarray, grey: np.ndarray, ground: np.ndarray) -> _Found:
    """What stands out from a background of one colour."""
    far = find_object(colour, ground)
    mask = far > 0
    box = find_box(far > CLEAR * far.max())
    if box is None:
        return _Found(mask, None, grey, _ground_caption(ground), "")
    cloth, shades = light_on_dark(grey, ground, mask)
    return _Found(mask, trimmed(far, box) if _is_soft(cloth) else box, cloth, _ground_caption(ground), shades)


def _find_in_photo(colour: np.ndarray, grey: np.ndarray) -> _Found | None:
    """What stands out from a floor, a bed, a carpet by its colours; None where nothing can be told apart."""
    mask = cutouts.cut_out(colour)
    box = None if mask is None else find_box(mask)
    if box is None:
        return None
    return _Found(mask, box, dark_is_bright(grey, mask), PATTERNED, TURNED_AND_STRETCHED)


def _plain_colours(picture: Image.Image, crop=None) -> tuple[np.ndarray, list[Step]]:
    """Upright, cropped, opaque, at most WORK_EDGE long: (H, W, 3) uint8, and the steps to it."""
    upright, turned = _upright(picture)
    small, shrunk = _shrunk(_eight_bits(upright))
    whole = _shown(small)
    steps = [Step("Upright", turned, whole)]
    if crop:
        steps.append(Step("Your frame", "Only what is in your frame counts.", framed(whole, crop)))
        small, shrunk = _shrunk(_eight_bits(upright.crop(_in_pixels(crop, *upright.size))))
    laid, laid_how = _laid_on_plain(np.asarray(small))
    return laid, [*steps, Step("Smaller", shrunk, _shown(small)), Step("On white", laid_how, laid)]


def _in_pixels(crop: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int]:
    """The crop's left, top, right, bottom in pixels of a picture of this size; never empty."""
    left, right = (round(edge * width) for edge in crop[::2])
    top, bottom = (round(edge * height) for edge in crop[1::2])
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """RGB or RGBA of 8 bits. Deep greys are scaled, since Pillow's own conversion clips them."""
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        deep = np.clip(np.asarray(picture), 0, 65535)
        return Image.fromarray((deep // 257).astype(np.uint8)).convert("RGB")  # 65,535 = 255 × 257
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _upright(picture: Image.Image) -> tuple[Image.Image, str]:
    """The picture turned as its EXIF orientation says, and a sentence; broken EXIF data count as none."""
    try:
        if picture.getexif().get(ExifTags.Base.Orientation) in range(2, 9):
            return ImageOps.exif_transpose(picture), "Turned, since the camera noted how it was held."
    except Exception:  # EXIF is as hostile as the rest of a file, and the picture is fine without it
        pass
    return picture, "As it came: the camera noted no other way up."


def _shrunk(picture: Image.Image) -> tuple[Image.Image, str]:
    """The picture with its longest edge at most WORK_EDGE, averaged over areas, and a sentence."""
    scale = WORK_EDGE / max(picture.size)
    if scale >= 1:
        return picture, f"Small enough as it is: {picture.width:,} × {picture.height:,}."
    size = tuple(max(1, round(edge * scale)) for edge in picture.size)
    caption = f"From {picture.width:,} × {picture.height:,} to {size[0]:,} × {size[1]:,}, which is plenty."
    return picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0), caption


def _laid_on_plain(colour: np.ndarray) -> tuple[np.ndarray, str]:
    """An (H, W, 3 or 4) uint8 picture laid on white, on black if all that is visible is white: (H, W, 3) uint8."""
    if colour.shape[2] == 3 or colour[..., 3].min() == 255:
        return np.ascontiguousarray(colour[..., :3]), "Nothing is transparent."
    alpha = colour[..., 3:].astype(np.float32) / 255
    seen = colour[..., :3][colour[..., 3] > 127]
    white = len(seen) > 0 and seen.min() > 255 - GROUND_TOLERANCE
    laid = colour[..., :3] * alpha + (0 if white else 255) * (1 - alpha)
    caption = "Laid on black: what can be seen of it is white." if white else "What is transparent becomes white."
    return np.rint(laid).astype(np.uint8), caption


def find_ground(colour: np.ndarray, kind: str = "auto") -> np.ndarray:
    """The background's colour at each pixel of an (H, W, 3) uint8 picture: (H, W, 3) float32, 0…255.

    One colour, or one that changes evenly across the picture or towards its corners: a surface per channel, fitted to
    the border. Of several guesses the one that most of the border agrees with is taken, then least squares over those
    who agree. The object may touch the border; in the data set it always does. A kind "light" or "dark" leaves one
    guess: the usual colour of the border's, or else the picture's, lighter or darker half.
    """
    places, border = _border(colour)
    guesses = [_side_guess(colour, border, kind)] if kind in ("light", "dark") else _ground_guesses(places, border)
    surface = min(guesses, key=lambda guess: _disagreement(places, border, guess))
    for _ in range(2):
        agree = _distances(places, border, surface) < GROUND_TOLERANCE
        if not agree.any():  # confetti: one guess is as good as another
            break
        surface = np.linalg.lstsq(places[agree, : len(surface)], border[agree])[0]
        if np.ptp(places[:, : len(surface)] @ surface, axis=0).max() < 2 * FLAT:  # one colour, then, and exactly that
            surface = np.vstack([np.median(border[agree], axis=0), np.zeros((len(surface) - 1, 3))])
    return _surface_over(surface, colour.shape)


def _border(colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels along the border: places, (N, 6) rows (1, x, y, x², y², xy) with x, y in -1…1, and colours, (N, 3)."""
    height, width = colour.shape[:2]
    strip = np.ones((height, width), bool)
    thick = max(1, min(height, width) // 56)
    strip[thick : height - thick, thick : width - thick] = False
    rows, columns = np.nonzero(strip)
    step = max(1, len(rows) // 2000)  # more would not make it better, only slower
    rows, columns = rows[::step], columns[::step]
    x, y = 2 * columns / max(1, width - 1) - 1, 2 * rows / max(1, height - 1) - 1
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1), colour[rows, columns].astype(np.float64)


def _ground_guesses(places: np.ndarray, border: np.ndarray) -> list[np.ndarray]:
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
    """A plane of one colour, (3, 3): the median of the border's "light" or "dark" pixels, else of the picture's."""
    sign = 1 if kind == "light" else -1
    picture = colour.reshape(-1, 3).astype(np.float64)
    middle = np.percentile(picture.mean(axis=1), (2, 98)).mean()
    for pixels in (border, picture):
        side = pixels[sign * (pixels.mean(axis=1) - middle) >= 0]
        if len(side) > MIN_SIDE * len(pixels):
            break
    return np.vstack([np.median(side, axis=0), np.zeros((2, 3))])


def _distances(places: np.ndarray, border: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """How far each of the border's pixels is from the surface, in its farthest channel: (N,) levels."""
    away = np.abs(border - places[:, : len(surface)] @ surface)
    return np.maximum(np.maximum(away[:, 0], away[:, 1]), away[:, 2])


def _disagreement(places: np.ndarray, border: np.ndarray, surface: np.ndarray) -> float:
    """Mean distance of the border from the surface; what is not background counts alike, however far it is."""
    mean = np.minimum(_distances(places, border, surface), GROUND_TOLERANCE).mean()
    return mean if len(surface) == PLANE else BENT_HANDICAP * mean + FLAT


def _surface_over(surface: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The surface's value at each pixel of a picture of this shape, (H, W, 3) float32 in 0…255."""
    y, x = (np.linspace(-1, 1, edge, dtype=np.float32)[:, None] for edge in shape[:2])
    const, x1, y1, x2, y2, xy = np.vstack([surface, np.zeros((6 - len(surface), 3))]).astype(np.float32)
    values = (const + y1 * y + y2 * y * y)[:, None] + (x1 * x + x2 * x * x)[None]
    if xy.any():
        values += xy * (y[:, None] * x[None])
    return np.clip(values, 0, 255)


def find_object(colour: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """How far an (H, W, 3) uint8 picture is from its background, in the farthest channel: (H, W) float32, 0…255.

    0 where it is background. How large a difference must be to count follows from how uneven the background is along
    the border.
    """
    far = _largest_channel(cv2.absdiff(colour.astype(np.float32), ground))
    rim = _rim(far)
    calm = rim[rim < GROUND_TOLERANCE]
    unevenness = np.percentile(calm, 75) if len(calm) else MAX_THRESHOLD
    if unevenness > CALM:
        smooth = cv2.GaussianBlur(colour, (3, 3), 0).astype(np.float32)
        far = _largest_channel(cv2.absdiff(smooth, ground))
    far[far <= min(FLAT + 3 * unevenness, MAX_THRESHOLD)] = 0
    return far


def is_plain(colour: np.ndarray, ground: np.ndarray) -> bool:
    """Whether the ground that was found is one: most of the border of an (H, W, 3) uint8 picture is close to it.

    In the data set's images the cloth takes up to a third of the border, in a few pieces; the rest is quite even there.
    """
    far = _largest_channel(cv2.absdiff(colour.astype(np.float32), ground))
    unevenness = np.median(_rim(far))
    return bool(unevenness < FLAT or (unevenness < GRAIN and _changes(_rim(far) > LINE_CONTRAST) < LINES))


def _changes(flags: np.ndarray) -> int:
    """How often a row of flags changes from one to the next."""
    return int(np.count_nonzero(flags[1:] != flags[:-1]))


def _rim(values: np.ndarray) -> np.ndarray:
    """The outermost pixels of an (H, W) array, once around."""
    return np.concatenate([values[0], values[:, -1], values[-1, ::-1], values[::-1, 0]])


def _largest_channel(colour: np.ndarray) -> np.ndarray:
    """The largest of the three channels of an (H, W, 3) array: (H, W)."""
    red, green, blue = cv2.split(colour)
    return cv2.max(cv2.max(red, green), blue)


def find_box(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """The object's bounding box (top, bottom, left, right) in an (H, W) bool mask, specks left out; None if blank."""
    edge = SPECK_EDGE * max(mask.shape)
    kernel = np.ones((max(1, round(edge)),) * 2, np.uint8)
    joined = cv2.dilate(mask.astype(np.uint8), kernel)  # so that dots and dashes near the object belong to it
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


def trimmed(far: np.ndarray, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The box (top, bottom, left, right) without soft edges, which would make the object smaller; (H, W) float32.

    An edge that fades over up to a 28th of the object, as in an enlarged image, is cut where it has half its height.
    """
    top, bottom, left, right = box
    inside = far[top:bottom, left:right]
    band = round(max(inside.shape) / IMAGE_SIZE)
    rows, columns = inside.max(axis=1), inside.max(axis=0)
    return (
        top + _fading(rows, band),
        bottom - _fading(rows[::-1], band),
        left + _fading(columns, band),
        right - _fading(columns[::-1], band),
    )


def _fading(profile: np.ndarray, band: int) -> int:
    """How many of a profile's first `band` values are less than half of what follows half a band later."""
    ahead = max(1, round(band / 2))
    count = min(band, len(profile) - ahead)
    high = np.flatnonzero(profile[: max(0, count)] >= profile[ahead : ahead + max(0, count)] / 2)
    return int(high[0]) if len(high) else 0


def light_on_dark(grey: np.ndarray, ground: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, str]:
    """The object bright on 0 as in the data set, (H, W) uint8, and a sentence that says how.

    An object on one side of the background's brightness (a drawing, a shop picture on white) is measured by its
    distance from the background. One with both lighter and darker parts, or none that differ in brightness, keeps its
    own shades, turned over if it is darker than the background.
    """
    level = cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY)
    lift = grey - level
    whole = _cloth_in_holes(cutouts.without_small_holes(mask, SMALL_HOLE), np.abs(lift))
    halo = _halo(grey, level, whole)
    lighter, darker = (lift[mask] > 2 * FLAT).sum(), (lift[mask] < -2 * FLAT).sum()
    one_sided = max(lighter, darker) > max(ONE_SIDED * (lighter + darker), mask.sum() / 2)
    if one_sided and not halo:
        value = np.where(mask, lift if lighter > darker else -lift, 0)
        caption = (
            "Lighter than the background: kept." if lighter > darker else "Darker than the background: turned over."
        )
        return np.clip(np.rint(value), 0, 255).astype(np.uint8), caption
    keep = halo < 0 or (halo == 0 and np.median(grey[whole]) > level.mean())
    caption = "Cut out of the background, its shades " + ("kept." if keep else "turned over.")
    return np.where(whole, grey if keep else 255 - grey, 0).astype(np.uint8), caption


def _halo(grey: np.ndarray, level: np.ndarray, mask: np.ndarray) -> int:
    """-1 if the object has a rim darker than itself and the background, +1 for a lighter one, else 0.

    A dark rim is what is left of a black background that the object was cut from and laid on a coloured one.
    """
    ground = level.mean()
    if not HALO < ground < 255 - HALO:
        return 0
    size = max(3, round(max(mask.shape) / 56) | 1)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    edge = mask & ~inner
    if not edge.any():  # the object is all of the picture
        return 0
    darker, rim, lighter = np.percentile(grey[edge], (45, 50, 55))  # at some edges cloth touches the border
    inside = np.median(grey[inner]) if inner.any() else rim
    return int(lighter > max(inside, ground) + HALO) - int(darker < min(inside, ground) - HALO)


def _cloth_in_holes(mask: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """The (H, W) bool mask with those holes filled around which there is hardly any contrast to the background.

    They are cloth of the background's shade: towards a hole that one looks through, cloth does not fade.
    """
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    touched = np.where(mask, cv2.dilate(labels.astype(np.float32), np.ones((3, 3))), 0).astype(np.int64)
    counts = np.bincount(touched.ravel(), minlength=labels.max() + 1)
    faint = np.bincount(touched.ravel(), contrast.ravel(), len(counts)) < FAINT * counts
    on_border = np.unique(_rim(labels))
    faint[on_border] = False
    faint[0] = False  # the mask itself
    return mask | faint[labels]


def turned_over(cloth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The (H, W) uint8 object with light and dark exchanged within its outline; what lies outside stays 0.

    An outline with small gaps counts as closed. What lies in the picture's corners is no object but its background:
    then all of the picture is turned over.
    """
    filled = _outline_filled(mask)
    if np.count_nonzero(mask[[0, 0, -1, -1], [0, -1, 0, -1]]) >= 3:
        filled[:] = True
    if not filled.any():
        return cloth
    lightest, darkest = int(cloth[filled].max()), int(cloth[filled].min())
    return np.where(filled, lightest + darkest - cloth.astype(np.int16), 0).astype(np.uint8)


def _outline_filled(mask: np.ndarray) -> np.ndarray:
    """An (H, W) bool mask with all that it surrounds, also where it has gaps of SPECK_EDGE."""
    reach = round(SPECK_EDGE * max(mask.shape)) | 1  # odd, or closing would move everything by half a pixel
    padded = np.pad(mask.astype(np.uint8), reach)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(closed, contours, -1, 1, cv2.FILLED)
    return filled[reach:-reach, reach:-reach] > 0


def dark_is_bright(grey: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The object's shades turned over, as the data set's were, and stretched: (H, W) uint8, 0 outside the mask.

    The light in a room is not a studio's: without stretching, white cloth would be as good as nothing.
    """
    value = 255 - grey.astype(np.float32)
    dim, bright = np.percentile(value[mask], (2, 98))
    dim = min(dim, bright - MIN_SPAN)
    stretched = PALEST + (255 - PALEST) * (value - dim) / (bright - dim)
    return np.where(mask, np.clip(np.rint(stretched), PALEST / 2, 255), 0).astype(np.uint8)


def _crop(cloth: np.ndarray, box: tuple[int, int, int, int]) -> tuple[np.ndarray, str]:
    """The part in the box, or all of it if that is framed as the data set's images are, and a sentence."""
    top, bottom, left, right = box
    height, width = cloth.shape
    margins = np.array([top, height - bottom]), np.array([left, width - right])
    uneven = max(abs(np.subtract(*pair)) for pair in margins)
    tight = min(pair.max() for pair in margins)
    if height == width and max(uneven, tight) <= FRAMED * width:
        return cloth, "Already framed as in the data set."
    return cloth[top:bottom, left:right], f"The object's {right - left} × {bottom - top} pixels, without the rest."


def fit(cloth: np.ndarray) -> np.ndarray:
    """An (H, W) uint8 object on 0 with its longest edge made 28, the aspect kept, centred: (28, 28) uint8.

    The brightest point becomes 255, as in 999 of 1,000 images of the data set, so that a faint pencil counts as much as
    a marker. An odd pixel of margin goes to the top and the left, as it does there.
    """
    height, width = cloth.shape
    scale = IMAGE_SIZE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(cloth, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if scale < 0.5 and _is_soft(cloth):
        small = _sharpened(small)
    top, left = (IMAGE_SIZE - size[1] + 1) // 2, (IMAGE_SIZE - size[0] + 1) // 2
    pixels = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    pixels[top : top + size[1], left : left + size[0]] = small
    return cv2.convertScaleAbs(pixels, alpha=255 / max(1, pixels.max()))


def _is_soft(cloth: np.ndarray) -> bool:
    """Whether brightness changes over several pixels, as in photos, not from one to the next, as in enlarged pixels."""
    steps = np.abs(np.diff(cloth.astype(np.int16), axis=1))
    spread = np.minimum(steps[:, 1:], steps[:, :-1]).sum()
    return bool(spread > steps.sum() / 2)


def _sharpened(small: np.ndarray) -> np.ndarray:
    """Contours made clearer, as the makers of the data set did after shrinking; what is 0 stays 0."""
    blurred = cv2.GaussianBlur(small, (0, 0), REACH)
    return cv2.addWeighted(small, 1 + SHARPENING, blurred, -SHARPENING, 0) * (small > 0)


# What the steps show

PATTERNED = "Not plain, so the piece is told from it by its colours (GrabCut). What is taken away is blue here."
TURNED_AND_STRETCHED = "Turned over, dark cloth is bright in the data set; stretched, so that pale cloth stays visible."
GLASS = 200  # grey behind what is transparent, where a step shows it

BLUE = (0, 114, 178)  # Okabe and Ito's, told apart with every kind of colour vision


def _ground_caption(ground: np.ndarray) -> str:
    """A sentence on the background that was found."""
    red, green, blue = ground[ground.shape[0] // 2, ground.shape[1] // 2].round().astype(int)
    light, dark = max(red, green, blue), min(red, green, blue)
    name = "coloured" if light - dark > 2 * GROUND_TOLERANCE else "grey"
    name = "white" if dark > 235 else "black" if light < 20 else name
    corners = ground[[0, 0, -1, -1], [0, -1, 0, -1]]
    even = "even" if np.ptp(corners, axis=0).max() < FLAT else "shaded"
    return f"Found along the border: {name}, {even} (red {red}, green {green}, blue {blue}). Shown in blue here."


def _shown(picture: Image.Image) -> np.ndarray:
    """An RGB or RGBA picture as a step shows it, what is transparent in grey: (H, W, 3) uint8."""
    if picture.mode == "RGB":
        return np.asarray(picture)
    glass = Image.new("RGBA", picture.size, (GLASS, GLASS, GLASS, 255))
    return np.asarray(Image.alpha_composite(glass, picture).convert("RGB"))


def framed(shown: np.ndarray, crop: tuple[float, float, float, float]) -> np.ndarray:
    """An (H, W, 3) uint8 picture with all but a part (left, top, right, bottom as fractions) dimmed, and a frame."""
    left, top, right, bottom = _in_pixels(crop, shown.shape[1], shown.shape[0])
    dimmed = cv2.addWeighted(shown, 0.35, np.full_like(shown, GLASS), 0.65, 0)
    dimmed[top:bottom, left:right] = shown[top:bottom, left:right]
    thick = max(1, round(max(shown.shape) / 112))
    return cv2.rectangle(dimmed, (left, top), (right - 1, bottom - 1), BLUE, thick)


def _marked(colour: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture with its background tinted blue, (H, W, 3) uint8."""
    tinted = cv2.addWeighted(colour, 0.35, np.full_like(colour, BLUE), 0.65, 0)
    return np.where(mask[..., None], colour, tinted)
