"""Any picture that a visitor brings → 28×28 pixels as Fashion-MNIST has them, step by step.

`prepare` keeps every step, so that a page can show what the model sees and why. The recipe is the
one that the data set was made with (Xiao, Rasul, Vollgraf 2017, section 2: trim, longest edge to
28, centre, negate, grey), plus what a product shot does not need: finding the background, plain
(`background`) or not (`segment`), and which of the two, cloth or background, is the bright one
(`garment`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps

from fashion_core.metadata import IMAGE_SIZE
from fashion_core.pictures.background import (
    BACKGROUND_TOLERANCE,
    FLAT,
    find_background,
    find_object,
    is_plain,
)
from fashion_core.pictures.garment import (
    Box,
    cropped,
    dark_is_bright,
    find_box,
    fit,
    inverted,
    is_photo_of_cloth,
    is_soft,
    light_on_dark,
    stands_out,
    without_faint_holes,
    without_soft_edges,
)
from fashion_core.pictures.opening import WORK_EDGE
from fashion_core.pictures.pairs import laid_down, one_of_a_pair
from fashion_core.pictures.segment import segment


@dataclass(frozen=True)
class Step:
    """One step on the way to 28×28: a short name, a sentence, and its result."""

    name: str
    caption: str
    picture: np.ndarray  # (H, W) or (H, W, 3) uint8


@dataclass(frozen=True)
class Prepared:
    """What the model sees, the steps to it, and whether nothing was to be seen."""

    pixels: np.ndarray  # (28, 28) uint8 with background 0
    steps: tuple[Step, ...]
    blank: bool


# Kinds of background that a correction may name; auto: found
BACKGROUNDS = ("auto", "light", "dark", "patterned")
MIN_CROP = 0.05  # of the picture's width and height: in less there is nothing to see


@dataclass(frozen=True)
class Correction:
    """What a visitor knows better than `prepare`. Without arguments everything is found.

    `invert` turns light and dark over within the object's outline. `crop` is the part that counts:
    left, top, right, bottom as fractions of the upright picture. `background` is its kind, one of
    BACKGROUNDS. `turns` is by how many quarters it is turned to the left. Raises ValueError.
    """

    invert: bool = False
    crop: tuple[float, float, float, float] | None = None
    background: str = "auto"
    turns: int = 0

    def __post_init__(self):
        if not isinstance(self.invert, bool):
            raise ValueError(f"invert must be True or False, not {self.invert!r}.")
        if self.background not in BACKGROUNDS:
            allowed = ", ".join(BACKGROUNDS)
            raise ValueError(f"background must be one of {allowed}, not {self.background!r}.")
        if self.turns not in range(4):
            raise ValueError(f"turns must be 0, 1, 2 or 3, not {self.turns!r}.")
        if self.crop is not None and not _is_crop(self.crop):
            raise ValueError(
                "crop must be four fractions from 0 to 1, left, top, right and bottom, at least "
                f"{MIN_CROP:.0%} apart, not {self.crop!r}."
            )


def _is_crop(crop: object) -> bool:
    """Whether these are left, top, right and bottom of a part in which something can be seen."""
    if not isinstance(crop, tuple) or len(crop) != 4:
        return False
    if not all(isinstance(edge, float | int) for edge in crop):
        return False
    left, top, right, bottom = crop
    apart = MIN_CROP - 1e-9  # 0.35 - 0.3 is less than 0.05
    inside = left >= 0 and top >= 0 and right <= 1 and bottom <= 1
    return inside and right - left >= apart and bottom - top >= apart


def prepare(picture: Image.Image, correction: Correction = Correction()) -> Prepared:
    """Make Fashion-MNIST pixels of a picture, which is not changed, and keep each step.

    Takes every mode that files come in, and any size. Where nothing stands out from the background,
    `blank` is True, `pixels` are all 0 and the steps end with the background. What the correction
    says is not looked for.
    """
    colour, outline, steps = _plain_colours(picture, correction)
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    steps.append(Step("Grey", "The data set knows no colours.", grey))
    found = _find(colour, grey, outline, correction.background)
    steps.append(Step("Background", found.background, _marked(colour, found.mask)))
    if found.box is None:
        return Prepared(np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8), tuple(steps), blank=True)
    cloth, mask, box = found.cloth, found.mask, found.box
    steps.append(Step("Light on dark", found.shades, cloth))
    shoe = one_of_a_pair(mask) if found.is_photo else None
    if shoe is not None:
        cloth = laid_down(cloth, shoe)
        mask, box = cloth > 0, find_box(cloth > 0) or box
        steps.append(Step("One of a pair", ONE_SHOE, cloth))
    if correction.invert:
        cloth = inverted(cloth, mask)
        box = find_box(cloth > 0) or box
        how = "You turned light and dark over within the outline."
        steps.append(Step("Turned over", how, cloth))
    part, how = cropped(cloth, box)
    steps.append(Step("Cropped", how, part))
    pixels = fit(part)
    how = "Longest edge made 28, centred, the brightest point made white."
    steps.append(Step("28 × 28", how, pixels))
    return Prepared(pixels, tuple(steps), blank=False)


# Where the object is


@dataclass(frozen=True)
class _Found:
    """The object in a picture, and a sentence each on the background and on its shades."""

    mask: np.ndarray  # (H, W) bool, where it is
    box: Box | None  # None: there is no object
    cloth: np.ndarray  # (H, W) uint8, its shades on 0
    background: str
    shades: str
    is_photo: bool = False


# Pixels: a smaller picture is no photo, and too small for telling patterns from cloth
MIN_PHOTO_EDGE = 64


def _find(colour: np.ndarray, grey: np.ndarray, outline: np.ndarray | None, kind: str) -> _Found:
    """The object on a background of this kind, one of BACKGROUNDS.

    colour (H, W, 3) uint8, grey (H, W) uint8; outline (H, W) bool is what is not transparent.
    """
    if outline is not None and kind == "auto":
        shades = dark_is_bright(grey, outline)
        return _Found(outline, find_box(outline), shades, TRANSPARENT, TURNED_OVER)
    background = find_background(colour, kind)
    patterned = kind == "patterned"
    if kind == "auto" and max(grey.shape) >= MIN_PHOTO_EDGE:
        patterned = not is_plain(colour, background)
    found = _find_in_photo(colour, grey) if patterned else None
    return found or _find_on_plain(colour, grey, background)


def _find_on_plain(colour: np.ndarray, grey: np.ndarray, background: np.ndarray) -> _Found:
    """What stands out from a background of one colour, (H, W, 3) float32."""
    distance = find_object(colour, background)
    mask = distance > 0
    box = find_box(stands_out(distance))
    if box is None:
        return _Found(mask, None, grey, _background_caption(background), "")
    cloth, shades = light_on_dark(grey, background, mask)
    if is_photo_of_cloth(colour, cloth, mask):
        mask = without_faint_holes(mask, grey, background)
        cloth = dark_is_bright(grey, mask)
        caption = _background_caption(background)
        return _Found(mask, box, cloth, caption, TURNED_OVER, is_photo=True)
    if is_soft(cloth):
        box = without_soft_edges(distance, box)
    return _Found(mask, box, cloth, _background_caption(background), shades)


def _find_in_photo(colour: np.ndarray, grey: np.ndarray) -> _Found | None:
    """What stands out from a floor, a bed or a carpet by its colours; None where nothing does."""
    mask = segment(colour)
    box = None if mask is None else find_box(mask)
    if box is None:
        return None
    return _Found(mask, box, dark_is_bright(grey, mask), PATTERNED, TURNED_OVER, True)


# From any picture to plain colours


TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def _plain_colours(
    picture: Image.Image, correction: Correction
) -> tuple[np.ndarray, np.ndarray | None, list[Step]]:
    """Upright, cropped, opaque, at most WORK_EDGE long: (H, W, 3) uint8, and the steps to it.

    Between them the outline, (H, W) bool, of a picture that is cut out already, otherwise None.
    """
    upright, turned = _upright(picture)
    crop = correction.crop
    if correction.turns:
        upright, turned = upright.transpose(TURNS[correction.turns - 1]), "Turned as you said."
    small, shrunk = _shrunk(_eight_bits(upright))
    whole = _shown(small)
    steps = [Step("Upright", turned, whole)]
    if crop:
        steps.append(Step("Your frame", "Only what is in your frame counts.", framed(whole, crop)))
        small, shrunk = _shrunk(_eight_bits(upright.crop(_in_pixels(crop, *upright.size))))
    pixels = np.asarray(small)
    laid, laid_how = _laid_on_plain(pixels)
    steps += [Step("Smaller", shrunk, _shown(small)), Step("Opaque", laid_how, laid)]
    return laid, _cut_out(pixels), steps


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
    """The picture turned as its EXIF orientation says, and a sentence."""
    try:
        if picture.getexif().get(ExifTags.Base.Orientation) in range(2, 9):
            upright = ImageOps.exif_transpose(picture)
            return upright, "Turned, since the camera noted how it was held."
    except Exception:  # EXIF is as hostile as the rest of a file; without it the picture is fine
        pass
    return picture, "Upright as it came."  # or as it was opened: a TIFF Pillow has turned itself


def _shrunk(picture: Image.Image) -> tuple[Image.Image, str]:
    """The picture with its longest edge at most WORK_EDGE, averaged over areas, and a sentence."""
    before = f"{picture.width:,} × {picture.height:,}"
    scale = WORK_EDGE / max(picture.size)
    if scale >= 1:
        return picture, f"Small enough as it is: {before}."
    width, height = (max(1, round(edge * scale)) for edge in picture.size)
    small = picture.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    return small, f"From {before} to {width:,} × {height:,}, which is plenty."


LIGHT = 200  # levels: what is lighter in the middle is seen better on black
VISIBLE = 127  # opacity from which a pixel belongs to what is seen
# Of its bounding box: a picture that is as full as this has round corners and is no outline
FULL = 0.93


def _cut_out(colour: np.ndarray) -> np.ndarray | None:
    """The outline of what is not transparent in (H, W, 3 or 4) uint8: (H, W) bool.

    None where nothing is, or where what is left is a whole picture and no garment.
    """
    if colour.shape[2] == 3 or colour[..., 3].min() > VISIBLE:
        return None
    outline = colour[..., 3] > VISIBLE
    box = find_box(outline)
    if box is None:
        return None
    top, bottom, left, right = box
    return None if outline.sum() > FULL * (bottom - top) * (right - left) else outline


def _laid_on_plain(colour: np.ndarray) -> tuple[np.ndarray, str]:
    """An (H, W, 3 or 4) uint8 picture laid on white: (H, W, 3) uint8, and a sentence.

    On black where what is visible of it is closer to white.
    """
    if colour.shape[2] == 3 or colour[..., 3].min() == 255:
        return np.ascontiguousarray(colour[..., :3]), "Nothing is transparent."
    alpha = colour[..., 3:].astype(np.float32) / 255
    visible = colour[..., :3][colour[..., 3] > VISIBLE]  # (n, 3)
    is_light = len(visible) > 0 and np.median(visible) > LIGHT
    laid = colour[..., :3] * alpha + (0 if is_light else 255) * (1 - alpha)
    how = "What is transparent becomes white."
    if is_light:
        how = "Laid on black: most of what can be seen of it is light."
    return np.rint(laid).astype(np.uint8), how


# What the steps show

PATTERNED = (
    "Not plain, so the piece is told from it by its colours (GrabCut). What is taken away is blue"
    " here."
)
TRANSPARENT = "Cut out already: what is not transparent is the piece. The rest is blue here."
TURNED_OVER = (
    "The cloth's own shades turned over: dark cloth is bright in the data set. Pale cloth still"
    " fills its outline."
)
ONE_SHOE = "Two alike parts side by side: one shoe is enough. It is laid down, as in the data set."


def _background_caption(background: np.ndarray) -> str:
    """A sentence on the background that was found, (H, W, 3) float32."""
    height, width = background.shape[:2]
    red, green, blue = background[height // 2, width // 2].round().astype(int)
    corners = background[[0, 0, -1, -1], [0, -1, 0, -1]]  # (4, 3)
    even = "even" if np.ptp(corners, axis=0).max() < FLAT else "shaded"
    return (
        f"Found along the border: {_colour_name(red, green, blue)}, {even} (red {red}, green"
        f" {green}, blue {blue}). Shown in blue here."
    )


def _colour_name(red: int, green: int, blue: int) -> str:
    light, dark = max(red, green, blue), min(red, green, blue)
    if dark > 235:
        return "white"
    if light < 20:
        return "black"
    return "coloured" if light - dark > 2 * BACKGROUND_TOLERANCE else "grey"


GLASS = 200  # grey behind what is transparent, where a step shows it
BLUE = (0, 114, 178)  # Okabe and Ito's, told apart with every kind of colour vision


def _shown(picture: Image.Image) -> np.ndarray:
    """An RGB or RGBA picture as a step shows it, what is transparent in grey: (H, W, 3) uint8."""
    if picture.mode == "RGB":
        return np.asarray(picture)
    glass = Image.new("RGBA", picture.size, (GLASS, GLASS, GLASS, 255))
    return np.asarray(Image.alpha_composite(glass, picture).convert("RGB"))


def framed(shown: np.ndarray, crop: tuple[float, float, float, float]) -> np.ndarray:
    """An (H, W, 3) uint8 picture with all but the crop dimmed, and a frame around that.

    crop: left, top, right, bottom as fractions.
    """
    left, top, right, bottom = _in_pixels(crop, shown.shape[1], shown.shape[0])
    dimmed = cv2.addWeighted(shown, 0.35, np.full_like(shown, GLASS), 0.65, 0)
    dimmed[top:bottom, left:right] = shown[top:bottom, left:right]
    thick = max(1, round(max(shown.shape) / 112))
    return cv2.rectangle(dimmed, (left, top), (right - 1, bottom - 1), BLUE, thick)


def _marked(colour: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture with all outside the mask tinted blue: (H, W, 3) uint8."""
    tinted = cv2.addWeighted(colour, 0.35, np.full_like(colour, BLUE), 0.65, 0)
    return np.where(mask[..., None], colour, tinted)
