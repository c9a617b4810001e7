"""Any picture a visitor brings → 28×28 pixels as Fashion-MNIST has them, step by step.

`open_picture` takes hostile bytes and hands back a PIL picture or a sentence; `prepare` makes
pixels of it and keeps every step, so that a page can show what the model sees and why. The recipe
is the one that the data set was made with (Xiao, Rasul, Vollgraf 2017, section 2: trim, longest
edge to 28, centre, negate, grey), plus what a product shot does not need: finding the background,
plain (here) or not (in `cutouts`), and which of the two, cloth or background, is the bright one.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps

from fashion_core.metadata import IMAGE_SIZE
from fashion_core.pictures import background, garment, segment

WORK_EDGE = 336  # 12 × 28: the steps after "Smaller" work on at most this edge, for speed
# Pixels: a smaller picture is no photo, and too small for telling patterns from cloth
MIN_PHOTO_EDGE = 64

# Kinds of background that a correction may name; auto: found
GROUNDS = ("auto", "light", "dark", "patterned")
MIN_CROP = 0.05  # of the picture's width and height: in less there is nothing to see


@dataclass(frozen=True)
class Step:
    """One step on the way to 28×28: a short name, a sentence, and its result, (H, W) or (H, W, 3)
    uint8.
    """

    name: str
    caption: str
    picture: np.ndarray


@dataclass(frozen=True)
class Prepared:
    """What the model sees, (28, 28) uint8 with background 0, the steps to it, and whether nothing
    was to be seen.
    """

    pixels: np.ndarray
    steps: tuple[Step, ...]
    blank: bool


# From a picture to pixels


@dataclass(frozen=True)
class Correction:
    """What a visitor knows better than `prepare`; without arguments it leaves everything to be
    found.

    `invert` turns light and dark over within the object's outline. `crop` is the part that counts:
    left, top, right, bottom as fractions of the upright picture. `ground` names the background, one
    of GROUNDS. Raises ValueError.
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
    """Whether these are left, top, right and bottom of a part that is large enough to see something
    in it.
    """
    if (
        not isinstance(crop, tuple)
        or len(crop) != 4
        or not all(isinstance(edge, float | int) for edge in crop)
    ):
        return False
    left, top, right, bottom = crop
    apart = MIN_CROP - 1e-9  # 0.35 - 0.3 is less than 0.05
    return (
        left >= 0
        and top >= 0
        and right <= 1
        and bottom <= 1
        and right - left >= apart
        and bottom - top >= apart
    )


def prepare(picture: Image.Image, correction: Correction = Correction()) -> Prepared:
    """Make Fashion-MNIST pixels of a picture, which is not changed, and keep each step.

    Takes every mode that files come in, and any size. Where nothing stands out from the background,
    `blank` is True, `pixels` are all 0 and the steps end with the background. What the correction
    says is not looked for.
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
        cloth = garment.turned_over(cloth, found.mask)
        box = garment.find_box(cloth > 0) or box
        steps.append(
            Step("Turned over", "You turned light and dark over within the outline.", cloth)
        )
    cropped, caption = garment.crop(cloth, box)
    steps.append(Step("Cropped", caption, cropped))
    pixels = garment.fit(cropped)
    steps.append(
        Step("28 × 28", "Longest edge made 28, centred, the brightest point made white.", pixels)
    )
    return Prepared(pixels, tuple(steps), blank=False)


@dataclass(frozen=True)
class _Found:
    """The object in a picture: where it is, its box (None: nothing is), its shades on 0, sentences
    on how.
    """

    mask: np.ndarray  # (H, W) bool
    box: tuple[int, int, int, int] | None
    cloth: np.ndarray  # (H, W) uint8
    ground: str
    shades: str


def _find(colour: np.ndarray, grey: np.ndarray, kind: str) -> _Found:
    """The object on a background of this kind, one of GROUNDS."""
    ground = background.find_background(colour, kind)
    found = None
    if kind == "patterned" or (
        kind == "auto"
        and max(grey.shape) >= MIN_PHOTO_EDGE
        and not background.is_plain(colour, ground)
    ):
        found = _find_in_photo(colour, grey)
    return found or _find_on_plain(colour, grey, ground)


def _find_on_plain(colour: np.ndarray, grey: np.ndarray, ground: np.ndarray) -> _Found:
    """What stands out from a background of one colour."""
    far = background.find_object(colour, ground)
    mask = far > 0
    box = garment.find_box(garment.stands_out(far))
    if box is None:
        return _Found(mask, None, grey, _background_caption(ground), "")
    cloth, shades = garment.light_on_dark(grey, ground, mask)
    return _Found(
        mask,
        garment.trimmed(far, box) if garment.is_soft(cloth) else box,
        cloth,
        _background_caption(ground),
        shades,
    )


def _find_in_photo(colour: np.ndarray, grey: np.ndarray) -> _Found | None:
    """What stands out from a floor, a bed, a carpet by its colours; None where nothing can be told
    apart.
    """
    mask = segment.segment(colour)
    box = None if mask is None else garment.find_box(mask)
    if box is None:
        return None
    return _Found(mask, box, garment.dark_is_bright(grey, mask), PATTERNED, TURNED_AND_STRETCHED)


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


def _in_pixels(
    crop: tuple[float, float, float, float], width: int, height: int
) -> tuple[int, int, int, int]:
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
    """The picture turned as its EXIF orientation says, and a sentence; broken EXIF data count as
    none.
    """
    try:
        if picture.getexif().get(ExifTags.Base.Orientation) in range(2, 9):
            return (
                ImageOps.exif_transpose(picture),
                "Turned, since the camera noted how it was held.",
            )
    # EXIF is as hostile as the rest of a file, and the picture is fine without it
    except Exception:
        pass
    return picture, "As it came: the camera noted no other way up."


def _shrunk(picture: Image.Image) -> tuple[Image.Image, str]:
    """The picture with its longest edge at most WORK_EDGE, averaged over areas, and a sentence."""
    scale = WORK_EDGE / max(picture.size)
    if scale >= 1:
        return picture, f"Small enough as it is: {picture.width:,} × {picture.height:,}."
    size = tuple(max(1, round(edge * scale)) for edge in picture.size)
    caption = (
        f"From {picture.width:,} × {picture.height:,} to {size[0]:,} × {size[1]:,}, which is"
        " plenty."
    )
    return picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0), caption


def _laid_on_plain(colour: np.ndarray) -> tuple[np.ndarray, str]:
    """An (H, W, 3 or 4) uint8 picture laid on white, on black if all that is visible is white: (H,
    W, 3) uint8.
    """
    if colour.shape[2] == 3 or colour[..., 3].min() == 255:
        return np.ascontiguousarray(colour[..., :3]), "Nothing is transparent."
    alpha = colour[..., 3:].astype(np.float32) / 255
    seen = colour[..., :3][colour[..., 3] > 127]
    white = len(seen) > 0 and seen.min() > 255 - background.GROUND_TOLERANCE
    laid = colour[..., :3] * alpha + (0 if white else 255) * (1 - alpha)
    caption = (
        "Laid on black: what can be seen of it is white."
        if white
        else "What is transparent becomes white."
    )
    return np.rint(laid).astype(np.uint8), caption


# What the steps show

PATTERNED = (
    "Not plain, so the piece is told from it by its colours (GrabCut). What is taken away is blue"
    " here."
)
TURNED_AND_STRETCHED = (
    "Turned over, dark cloth is bright in the data set; stretched, so that pale cloth stays"
    " visible."
)
GLASS = 200  # grey behind what is transparent, where a step shows it

BLUE = (0, 114, 178)  # Okabe and Ito's, told apart with every kind of colour vision


def _background_caption(ground: np.ndarray) -> str:
    """A sentence on the background that was found."""
    red, green, blue = ground[ground.shape[0] // 2, ground.shape[1] // 2].round().astype(int)
    light, dark = max(red, green, blue), min(red, green, blue)
    name = "coloured" if light - dark > 2 * background.GROUND_TOLERANCE else "grey"
    name = "white" if dark > 235 else "black" if light < 20 else name
    corners = ground[[0, 0, -1, -1], [0, -1, 0, -1]]
    even = "even" if np.ptp(corners, axis=0).max() < background.FLAT else "shaded"
    return (
        f"Found along the border: {name}, {even} (red {red}, green {green}, blue {blue}). Shown in"
        " blue here."
    )


def _shown(picture: Image.Image) -> np.ndarray:
    """An RGB or RGBA picture as a step shows it, what is transparent in grey: (H, W, 3) uint8."""
    if picture.mode == "RGB":
        return np.asarray(picture)
    glass = Image.new("RGBA", picture.size, (GLASS, GLASS, GLASS, 255))
    return np.asarray(Image.alpha_composite(glass, picture).convert("RGB"))


def framed(shown: np.ndarray, crop: tuple[float, float, float, float]) -> np.ndarray:
    """An (H, W, 3) uint8 picture with all but a part (left, top, right, bottom as fractions)
    dimmed, and a frame.
    """
    left, top, right, bottom = _in_pixels(crop, shown.shape[1], shown.shape[0])
    dimmed = cv2.addWeighted(shown, 0.35, np.full_like(shown, GLASS), 0.65, 0)
    dimmed[top:bottom, left:right] = shown[top:bottom, left:right]
    thick = max(1, round(max(shown.shape) / 112))
    return cv2.rectangle(dimmed, (left, top), (right - 1, bottom - 1), BLUE, thick)


def _marked(colour: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture with its background tinted blue, (H, W, 3) uint8."""
    tinted = cv2.addWeighted(colour, 0.35, np.full_like(colour, BLUE), 0.65, 0)
    return np.where(mask[..., None], colour, tinted)
