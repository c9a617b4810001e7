"""Which frame of a picture counts, and how more than 8 bits a channel become 8.

`opening` has checked the size and the format before.
"""

import cv2
import numpy as np
from PIL import Image

# Formats whose frames are one animation; the pages of a TIFF are different pictures
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
MAX_FRAMES = 100  # looked at: at ten a second, ten seconds of nothing
MAX_FRAME_PIXELS = 50_000_000  # of all frames looked at together: about a second of decoding


def first_shown(picture: Image.Image) -> Image.Image:
    """The picture at its first frame that shows something, or at the first where none does.

    Many animations fade in from an empty frame. A damaged later frame ends the search.
    """
    picture.load()
    if picture.format not in ANIMATED or not getattr(picture, "is_animated", False):
        return picture
    affordable = MAX_FRAME_PIXELS // (picture.width * picture.height)
    for place in range(min(MAX_FRAMES, affordable)):
        try:
            picture.seek(place)
            picture.load()
        except Exception:  # its end, or whatever a decoder stumbles over
            break
        if _shows_something(picture):
            return picture
    picture.seek(0)
    picture.load()
    return picture


SMALL_EDGE = 112  # pixels: enough to see whether there is anything
# Levels from the frame's usual colour, in any channel. A fainter frame is still fading in.
DIFFERENCE = 32
SHARE = 0.002  # of the frame's pixels must differ: less is a speck


def _shows_something(picture: Image.Image) -> bool:
    """Whether enough pixels have another colour, or another transparency, than most."""
    size = (min(SMALL_EDGE, picture.width), min(SMALL_EDGE, picture.height))
    frame = picture.resize(size, Image.Resampling.NEAREST).convert("RGBA")
    pixels = np.asarray(frame).astype(int)  # (H, W, 4), 0…255
    pixels[..., :3] *= pixels[..., 3:] > 0  # what is transparent has no colour
    usual = np.median(pixels, axis=(0, 1))
    return (np.abs(pixels - usual).max(axis=2) > DIFFERENCE).mean() > SHARE


# Deep channels

DEEP_MODES = ("I", "F")  # besides all that begin with I;16
DEEPEST = 65_535  # the white of 16 bits
PNG_DEPTH, PNG_COLOUR = 24, 25  # places of two bytes of a PNG's header
PNG_HAS_CHANNELS = (2, 4, 6)  # RGB, grey with alpha, RGB with alpha


def eight_bits(picture: Image.Image, data: bytes) -> Image.Image:
    """A picture with more than 8 bits a channel as one with 8, any other as it is.

    `data` are the bytes of its file. Pillow clips deep greys and keeps only the upper half of deep
    colours, so cameras and scanners that use a part of the range would send black pictures.
    """
    if picture.mode in DEEP_MODES or picture.mode.startswith("I;16"):
        return _with_info_of(picture, Image.fromarray(_scaled(np.asarray(picture))))
    if picture.format == "PNG" and data[PNG_DEPTH] == 16 and data[PNG_COLOUR] in PNG_HAS_CHANNELS:
        return _deep_colours(picture, data)
    return picture


def _deep_colours(picture: Image.Image, data: bytes) -> Image.Image:
    """A PNG of 16 bits and several channels, read by OpenCV, which keeps all of them."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        return picture
    levels = np.empty(pixels.shape, np.uint8)
    levels[..., :3] = _scaled(pixels[..., 2::-1])  # OpenCV's are blue, green, red
    levels[..., 3:] = pixels[..., 3:] // 257  # opacity, if there is any, is never stretched
    return _with_info_of(picture, Image.fromarray(levels))


BLOCK = 65_536  # pixels scaled at a time: as 64-bit numbers those of a whole picture fill gigabytes


def _scaled(levels: np.ndarray) -> np.ndarray:
    """Levels of any type as uint8: 16 bits by a division, a smaller or another range stretched.

    They are (H, W) or (H, W, C).
    """
    rows = levels.reshape(levels.shape[0] * levels.shape[1], -1)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]
    low = min(_finite(rows[block]).min() for block in blocks)
    high = max(_finite(rows[block]).max() for block in blocks)
    whole = low >= 0 and high <= DEEPEST and high - low > DEEPEST / 2
    scaled = np.empty(rows.shape, np.uint8)
    for block in blocks:
        part = _finite(rows[block])
        if whole or low == high:
            scaled[block] = np.clip(part, 0, DEEPEST) // 257  # 65,535 = 255 × 257
        else:
            scaled[block] = np.round((part - low) * (255 / (high - low)))
    return scaled.reshape(levels.shape)


def _finite(levels: np.ndarray) -> np.ndarray:
    """As float64, which holds every level of 32 bits, without those that are no number."""
    return np.nan_to_num(levels.astype(np.float64), copy=False, posinf=DEEPEST, neginf=0)


def _with_info_of(picture: Image.Image, copy: Image.Image) -> Image.Image:
    """The copy with what the camera noted, such as how it was held."""
    if "exif" in picture.info:
        copy.info["exif"] = picture.info["exif"]
    return copy
