"""Opening the files that strangers send: a decoded picture, or a sentence on why there is none."""

import io
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from fashion_core.errors import PictureError
from fashion_core.pictures.decoding import eight_bits, first_shown
from fashion_core.text import format_bytes

# What browsers, phones, scanners and paint programs save; told by content
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF", "TIFF")
FORMAT_NAMES = "PNG, JPEG, WebP, GIF, BMP, AVIF or TIFF"
JPEG_START = b"\xff\xd8\xff"
# A progressive JPEG has about ten; one of 50 megapixels takes 40 ms for each, even an empty one
MAX_SCANS = 100
# A camera's file has a few hundred at most; millions, which 20 MB can hold, take seconds to walk
MAX_SEGMENTS = 10_000
# Decoded to RGBA that is 100 MB, thrice that while it is made smaller: a small server's most
MAX_PIXELS = 25_000_000
# A JPEG is decoded at reduced size, so a 48-megapixel phone photo is fine
MAX_JPEG_PIXELS = 50_000_000


def open_picture(source: bytes | Path) -> Image.Image:
    """Open and decode a picture of one of FORMATS: its modes are Pillow's of at most 8 bits.

    Of an animation it is the first frame that shows something, of a TIFF the first page. The format
    is told by the content, never by the name. The size is read from the header before anything is
    decoded, and large JPEGs are decoded at reduced size. Raises PictureError for everything else:
    no picture, damaged, too large, too small.
    """
    data = _read_bytes(source)
    picture = _read_header(data)
    _check_size(picture)
    if data.startswith(JPEG_START) and _has_too_many_parts(data):
        raise PictureError(
            f"This JPEG is stored in more than {MAX_SCANS} passes or {MAX_SEGMENTS:,} pieces, which"
            " no camera or picture program does, and would take too long to decode. Save it again,"
            " for example as a PNG."
        )
    return _decode(picture, data)


MAX_FILE_BYTES = 20_000_000  # a 48-megapixel phone photo has about 12 MB


def _read_bytes(source: bytes | Path) -> bytes:
    """The file's bytes, of which there are some and not too many."""
    data, size = (source, len(source)) if isinstance(source, bytes) else _read_file(source)
    if size > MAX_FILE_BYTES:
        raise PictureError(
            f"This file has {format_bytes(size)}; the limit is {format_bytes(MAX_FILE_BYTES)}."
            " Save it smaller, for example as a JPEG."
        )
    if not data:
        raise PictureError("This file is empty (0 bytes). Choose another one.")
    return data


def _read_file(path: Path) -> tuple[bytes, int]:
    """A file's first MAX_FILE_BYTES and one more, and how many it has."""
    try:
        if path.exists() and not path.is_file():  # a pipe may never begin, a device never end
            raise PictureError(f"{path} is a folder, pipe or device. Name a picture's file.")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
            return data, max(len(data), os.fstat(file.fileno()).st_size)  # it may be growing
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}. Check the path.") from error


def _read_header(data: bytes) -> Image.Image:
    """The picture with its format and size, nothing decoded yet."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        count = f"more than {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        limit = MAX_JPEG_PIXELS if data.startswith(JPEG_START) else MAX_PIXELS
        raise PictureError(f"This picture has {count}; {_pixel_limit(limit)}") from error
    except UnidentifiedImageError as error:
        raise PictureError(_unknown_format(data)) from error
    except Exception as error:  # a decoder fed with hostile bytes raises whatever it stumbles over
        raise PictureError(_other_format(data) or _damaged(error)) from error


def _unknown_format(data: bytes) -> str:
    """A sentence for bytes that are none of FORMATS."""
    other = _other_format(data)
    if other:
        return other
    starts = (b"\x89PNG", JPEG_START, b"GIF8", b"BM", b"II*\0", b"MM\0*")
    if data.startswith(starts) or data[8:12] == b"WEBP" or data[4:12] == b"ftypavif":
        return _damaged(None)
    return (
        f"This is not a {FORMAT_NAMES} picture, whatever its name says. Open it in a picture"
        " program and save it as PNG or JPEG."
    )


# Marks in the header of the ISO container that phones use; mif1 and msf1 may also hold an AVIF
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
SVG_HEAD = 4096  # bytes within which a drawing's first element stands, after comments and titles


def _other_format(data: bytes) -> str:
    """What to do with a known format that cannot be read; empty if it is none of those."""
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return (
            "This is a HEIC photo, which cannot be read here. Save or share it as JPEG and choose"
            " that one."
        )
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<svg" in data[:SVG_HEAD]:
        return (
            "This is an SVG drawing, which is made of lines instead of pixels and cannot be read"
            " here. Open it in a drawing program, export it as PNG and choose that one."
        )
    if data.startswith(b"%PDF"):
        return "This is a PDF document, not a picture. Save the page as PNG and choose that one."
    return ""


def _damaged(error: Exception | None) -> str:
    """A sentence for a picture that starts well and cannot be decoded."""
    reason = "it ends too early" if "truncated" in str(error) else "its content cannot be decoded"
    return f"This picture is damaged: {reason}. Save or download it again."


def _pixel_limit(limit: int) -> str:
    return (
        f"the limit is {limit / 1e6:.0f} million, so that one picture cannot use up the server's"
        " memory. Make it smaller and try again."
    )


MIN_EDGE = 8  # with less there is nothing to recognise, and no border to find the background from


def _check_size(picture: Image.Image) -> None:
    """Raise PictureError for too many or too few pixels, from the header alone."""
    width, height = picture.size
    _check_pixels(picture, MAX_JPEG_PIXELS if picture.format in ("JPEG", "MPO") else MAX_PIXELS)
    if min(width, height) < MIN_EDGE:
        raise PictureError(
            f"This picture has only {width:,} × {height:,} pixels; with fewer than {MIN_EDGE} along"
            " an edge nothing can be recognised. Choose a larger one."
        )


def _check_pixels(picture: Image.Image, limit: int) -> None:
    width, height = picture.size
    if width * height > limit:
        count = f"{width:,} × {height:,}, {width * height / 1e6:.0f} million pixels"
        raise PictureError(f"This picture has {count}; {_pixel_limit(limit)}")


JPEG_SCAN = b"\xff\xda"  # the start of each pass over the whole picture
JPEG_END = b"\xff\xd9"
# What ends the picture or is followed by a length. Not so 00, a byte of the picture; 01 to BF,
# which mean nothing; D0 to D7, between its parts; D8, its start; FF, which fills.
JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")


def _has_too_many_parts(data: bytes) -> bool:
    """Whether a JPEG has too many scans or segments, not counting a video or picture appended."""
    segments = list(islice(_jpeg_segments(data), MAX_SEGMENTS + 1))
    scans = sum(data.startswith(JPEG_SCAN, place) for place in segments)
    return scans > MAX_SCANS or len(segments) > MAX_SEGMENTS


def _jpeg_segments(data: bytes) -> Iterator[int]:
    """Where the segments begin that a decoder comes across, up to the end of the picture.

    Like a decoder it leaps over their content, which may be anything, and passes over what should
    not be between them: a file that could lead it astray would hide its scans.
    """
    found = JPEG_MARKER.search(data)
    while found and found[0] != JPEG_END:
        yield found.start()
        length = int.from_bytes(data[found.end() : found.end() + 2])  # its own two bytes included
        found = JPEG_MARKER.search(data, found.end() + length)


WORK_EDGE = 336  # 12 × 28: for speed, all that follows works on at most this edge


def _decode(picture: Image.Image, data: bytes) -> Image.Image:
    """The decoded frame that counts, of a JPEG at the smallest of its four scales that is enough.

    `data` are the bytes of its file.
    """
    try:
        if picture.format in ("JPEG", "MPO"):
            picture.draft(None, (2 * WORK_EDGE, 2 * WORK_EDGE))
            _check_pixels(picture, MAX_PIXELS)  # a long strip stays as large as it is
        return eight_bits(first_shown(picture), data)
    except PictureError:
        raise
    except Exception as error:  # see _read_header
        raise PictureError(_damaged(error)) from error
