"""A drawn shirt as a picture and as a file, for the tests of fashion_core.pictures."""

import io

import numpy as np
from PIL import Image, ImageDraw

SHIRT = [
    (100, 50),
    (180, 50),
    (240, 90),
    (222, 130),
    (190, 112),
    (190, 235),
    (90, 235),
    (90, 112),
    (58, 130),
    (40, 90),
]


def shirt(ink="black", background="white", fill=None) -> Image.Image:
    """A shirt drawn with an 8-pixel pen on a 280×280 canvas."""
    picture = Image.new("RGB", (280, 280), background)
    ImageDraw.Draw(picture).polygon(SHIRT, outline=ink, fill=fill, width=8)
    return picture


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    """The picture as a file of this kind."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    """A camera's note on how it was held; 6: turn the picture by 90° clockwise."""
    note = Image.Exif()
    note[0x0112] = orientation
    return note


def as_picture(colour: np.ndarray) -> Image.Image:
    """Levels of any type, (H, W) or (H, W, 3), as a picture."""
    return Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
