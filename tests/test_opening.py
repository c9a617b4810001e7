"""Opening: hostile files end in a sentence, all others in a picture that is not too large."""

import contextlib
import struct
import zlib

import numpy as np
import pytest
from made_pictures import encoded, exif, shirt
from PIL import Image

from fashion_core.errors import PictureError
from fashion_core.pictures.opening import JPEG_SCAN, MAX_FILE_BYTES, MAX_SCANS, open_picture
from fashion_core.pictures.prepare import prepare


def jpeg_of_scans(count: int) -> bytes:
    """A grey JPEG whose last scan is repeated until it has this many."""
    whole = encoded(Image.new("L", (60, 40), "white"), "JPEG", progressive=True)
    last = whole.rindex(JPEG_SCAN)
    missing = count - whole.count(JPEG_SCAN)
    return whole[:-2] + missing * whole[last:-2] + whole[-2:]


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of rubbish whose header claims a size: decoding it would say "damaged"."""

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, content in ((b"IHDR", header), (b"IDAT", b"rubbish"), (b"IEND", b"")):
        whole += struct.pack(">I", len(content)) + kind + content
        whole += struct.pack(">I", zlib.crc32(kind + content))
    return whole


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_format_opens_from_bytes_and_from_a_path_of_any_name(kind, tmp_path):
    path = tmp_path / "picture.txt"
    path.write_bytes(encoded(shirt(), kind))
    for source in (path, path.read_bytes()):
        opened = np.asarray(open_picture(source).convert("L"), int)
        assert np.abs(opened - np.asarray(shirt().convert("L"), int)).mean() < 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b"just some text, renamed to .png", "not a PNG, JPEG, WebP, GIF or BMP"),
        (encoded(shirt(), "TIFF"), "not a PNG, JPEG, WebP, GIF or BMP"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a PNG, JPEG, WebP, GIF or BMP"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(200), "HEIC"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (encoded(shirt(), "JPEG")[:1000], "ends too early"),
        (encoded(shirt(), "PNG")[:500], "damaged"),
        (encoded(shirt(), "WEBP")[:500], "damaged"),
        (encoded(shirt(), "BMP")[:5000], "ends too early"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "1 × 1 pixels"),
        (encoded(Image.new("RGB", (2000, 7)), "PNG"), "2,000 × 7 pixels"),
        (png_claiming(6000, 5000), "6,000 × 5,000, 30 million pixels; the limit is 25 million"),
        (png_claiming(20_000, 20_000), "more than 179 million pixels; the limit is 25 million"),
        (png_claiming(2**31 - 1, 2**31 - 1), "million pixels; the limit is 25 million"),
        (jpeg_of_scans(101), "more than 100 passes"),
        (png_claiming(300, 300), "damaged"),
        (bytes(MAX_FILE_BYTES + 1), "20.0 MB; the limit is 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_a_file_that_is_no_picture_or_too_much_ends_in_a_sentence(source, words):
    with pytest.raises(PictureError) as caught:
        open_picture(source)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_jpeg_of_many_scans_opens_up_to_the_limit():
    assert open_picture(jpeg_of_scans(MAX_SCANS)).size == (60, 40)


def test_a_missing_file_ends_in_a_sentence(tmp_path):
    with pytest.raises(PictureError, match=r"no\.png cannot be read: No such file"):
        open_picture(tmp_path / "no.png")


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on damaged EXIF data
def test_a_damaged_file_of_any_kind_never_raises_anything_but_a_sentence():
    rng = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        options = {} if kind in ("GIF", "BMP") else {"exif": exif(6)}
        whole = encoded(shirt().resize((64, 48)), kind, **options)
        for _ in range(60):
            broken = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for place in rng.integers(0, len(broken), rng.integers(0, 20)):
                broken[place] = rng.integers(256)
            with contextlib.suppress(PictureError):
                assert prepare(open_picture(bytes(broken))).pixels.shape == (28, 28)


def test_a_long_jpeg_that_cannot_be_reduced_is_refused_before_it_is_decoded():
    with pytest.raises(
        PictureError, match="50,000 × 600, 30 million pixels; the limit is 25 million"
    ):
        open_picture(encoded(Image.new("L", (50_000, 600)), "JPEG"))


def test_a_large_jpeg_is_decoded_at_reduced_size():
    # 48 megapixels, as phones have
    opened = open_picture(encoded(Image.new("RGB", (8000, 6000), "white"), "JPEG"))
    assert max(opened.size) <= 1000


def test_only_the_first_frame_of_an_animation_counts():
    frames = {"save_all": True, "append_images": [Image.new("RGB", (280, 280), "red")] * 2}
    alone = prepare(shirt()).pixels
    for kind in ("GIF", "WEBP"):
        opened = open_picture(encoded(shirt(), kind, lossless=True, **frames))
        np.testing.assert_allclose(prepare(opened).pixels, alone, atol=3)
