"""Opening: hostile files end in a sentence, all others in a picture that is not too large."""

import contextlib
import os
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from made_pictures import encoded, exif, shirt
from PIL import Image

from fashion_core.errors import PictureError
from fashion_core.pictures.decoding import BLOCK, MAX_FRAMES
from fashion_core.pictures.opening import (
    FORMATS,
    JPEG_END,
    JPEG_SCAN,
    MAX_FILE_BYTES,
    MAX_SCANS,
    MAX_SEGMENTS,
    open_picture,
)
from fashion_core.pictures.prepare import prepare

NO_PICTURE = "not a PNG, JPEG, WebP, GIF, BMP, AVIF or TIFF"


def jpeg_of_scans(count: int) -> bytes:
    """A grey JPEG whose last scan is repeated until it has this many."""
    whole = encoded(Image.new("L", (60, 40), "white"), "JPEG", progressive=True)
    last = whole.rindex(JPEG_SCAN)
    missing = count - whole.count(JPEG_SCAN)
    return whole[:-2] + missing * whole[last:-2] + whole[-2:]


def with_head(jpeg: bytes, more: bytes) -> bytes:
    """A JPEG with more before its first segment."""
    return jpeg[:2] + more + jpeg[2:]


def with_tail(jpeg: bytes, more: bytes) -> bytes:
    """A JPEG with more before its end."""
    return jpeg[:-2] + more + jpeg[-2:]


def comment(content: bytes) -> bytes:
    """A JPEG's segment that may hold anything."""
    return b"\xff\xfe" + struct.pack(">H", 2 + len(content)) + content


SCANS = (MAX_SCANS + 1) * (JPEG_SCAN + b"\0\x02")  # their headers only


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of rubbish whose header claims a size: decoding it would say "damaged"."""

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, content in ((b"IHDR", header), (b"IDAT", b"rubbish"), (b"IEND", b"")):
        whole += struct.pack(">I", len(content)) + kind + content
        whole += struct.pack(">I", zlib.crc32(kind + content))
    return whole


@pytest.mark.parametrize("kind", FORMATS)
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
        (b"just some text, renamed to .png", NO_PICTURE),
        (encoded(shirt(), "PPM"), NO_PICTURE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NO_PICTURE),
        (b"\x00\x00\x00\x18ftypheic" + bytes(200), "HEIC photo"),
        (b"\x00\x00\x00\x18ftypmif1" + bytes(200), "HEIC photo"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg width='9'/>", "export it as PNG"),
        (b"%PDF-1.7\n", "PDF document"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (encoded(shirt(), "JPEG")[:1000], "ends too early"),
        (encoded(shirt(), "PNG")[:500], "damaged"),
        (encoded(shirt(), "WEBP")[:500], "damaged"),
        (encoded(shirt(), "BMP")[:5000], "ends too early"),
        (encoded(shirt(), "AVIF")[:300], "damaged"),
        (encoded(shirt(), "TIFF")[:300], "ends too early"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "1 × 1 pixels"),
        (encoded(Image.new("RGB", (2000, 7)), "PNG"), "2,000 × 7 pixels"),
        (png_claiming(6000, 5000), "6,000 × 5,000, 30 million pixels; the limit is 25 million"),
        (png_claiming(20_000, 20_000), "more than 179 million pixels; the limit is 25 million"),
        (png_claiming(2**31 - 1, 2**31 - 1), "million pixels; the limit is 25 million"),
        (jpeg_of_scans(MAX_SCANS + 1), "more than 100 passes"),
        (with_head(jpeg_of_scans(1000), comment(JPEG_END)), "more than 100 passes"),
        (with_head(jpeg_of_scans(1000), b"\xff\xff" + comment(JPEG_END)), "more than 100 passes"),
        (with_tail(jpeg_of_scans(10), b"odd\xff\0" + comment(JPEG_END) + SCANS), "100 passes"),
        (with_tail(jpeg_of_scans(10), b"\xff\x02\xff\xff" + SCANS), "more than 100 passes"),
        (with_tail(jpeg_of_scans(10), b"\xff\xfe\0\0" + SCANS), "more than 100 passes"),
        (with_tail(jpeg_of_scans(10), MAX_SEGMENTS * comment(b"")), "10,000 pieces"),
        (png_claiming(300, 300), "damaged"),
        (bytes(MAX_FILE_BYTES + 1), "20.0 MB; the limit is 20.0 MB"),
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


def test_only_the_scans_of_the_jpeg_itself_count():
    video = np.random.default_rng(0).bytes(8_000_000)  # as phones append to a photo
    assert video.count(JPEG_SCAN) > MAX_SCANS
    photo = encoded(shirt(), "JPEG", progressive=True)
    for file in (photo + video, with_head(photo, comment(JPEG_END + SCANS)), photo + SCANS):
        assert open_picture(file).tobytes() == open_picture(photo).tobytes()


def test_a_missing_file_ends_in_a_sentence(tmp_path):
    with pytest.raises(PictureError, match=r"no\.png cannot be read: No such file"):
        open_picture(tmp_path / "no.png")


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "endless.png").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe.png", tmp_path / "endless.png", tmp_path):
        with pytest.raises(PictureError, match="is a folder, pipe or device"):
            open_picture(path)


def test_a_file_that_is_too_large_is_refused_with_its_size_and_not_read_whole(tmp_path):
    path = tmp_path / "sparse.png"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(PictureError, match=r"the limit is 20\.0 MB"):
        open_picture(path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on damaged EXIF data
def test_a_damaged_file_of_any_kind_never_raises_anything_but_a_sentence():
    rng = np.random.default_rng(0)
    for kind in FORMATS:
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


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_that_shows_something_counts(kind):
    def answer(*frames):
        later = {"save_all": True, "append_images": frames[1:]}
        lossless = {"lossless": True} if kind == "WEBP" else {}
        return prepare(open_picture(encoded(frames[0], kind, **lossless, **later)))

    white, red = (Image.new("RGB", (280, 280), colour) for colour in ("white", "red"))
    faint = Image.blend(white, shirt(), 0.05)
    alone = answer(shirt()).pixels
    for frames in ((shirt(), red, white), (white, white, shirt(), red), (white, faint, shirt())):
        np.testing.assert_allclose(answer(*frames).pixels, alone, atol=3)
    assert answer(white, red, white).blank


def test_of_a_tiff_the_first_page_counts_and_a_long_empty_animation_is_not_followed():
    pages = {"save_all": True, "append_images": [shirt()]}
    assert prepare(open_picture(encoded(Image.new("L", (280, 280), 255), "TIFF", **pages))).blank
    empty = [Image.new("L", (280, 280), 254 - i % 2) for i in range(MAX_FRAMES)]
    late = encoded(empty[0], "GIF", save_all=True, append_images=[*empty[1:], shirt()])
    assert prepare(open_picture(late)).blank


@pytest.mark.parametrize("ends", [(0, 65_535), (0, 255), (0, 1_000), (30_000, 31_000)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_deep_picture_is_seen_whatever_part_of_its_range_it_uses(ends, channels):
    grey = np.asarray(shirt().convert("L"), float)
    deep = np.interp(grey, (0, 255), ends).astype(np.uint16)
    alone = prepare(shirt()).pixels
    if channels > 1:
        deep = np.stack(3 * [deep] + (channels - 3) * [np.full_like(deep, 65_535)], axis=2)
    files = [cv2.imencode(".png", deep)[1].tobytes()]
    if channels == 1:
        files.append(encoded(Image.fromarray(deep), "TIFF"))
        files.append(encoded(Image.fromarray((deep / 65_535).astype(np.float32)), "TIFF"))
    for file in files:
        np.testing.assert_allclose(prepare(open_picture(file)).pixels, alone, atol=3)


def test_a_deep_picture_of_one_level_is_blank_and_one_is_turned_as_its_camera_says():
    assert prepare(open_picture(encoded(Image.new("I;16", (64, 64), 300), "PNG"))).blank
    deep = Image.fromarray(np.asarray(shirt().convert("L")).astype(np.uint16))
    turned = prepare(open_picture(encoded(deep, "PNG", exif=exif(6)))).pixels
    np.testing.assert_allclose(turned, np.rot90(prepare(shirt()).pixels, -1), atol=12)


def scaled_at_once(levels: np.ndarray) -> np.ndarray:
    """Deep levels as 8 bits, with no thought for memory."""
    levels = np.nan_to_num(levels.astype(float), posinf=65_535, neginf=0)
    low, high = levels.min(), levels.max()
    if (low >= 0 and high <= 65_535 and high - low > 65_535 / 2) or low == high:
        return (np.clip(levels, 0, 65_535) // 257).astype(np.uint8)
    return np.round((levels - low) * (255 / (high - low))).astype(np.uint8)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
@pytest.mark.parametrize(
    "ends", [(0, 65_535), (300, 9_000), (0, 40_000), (-9_000, 100_000), (-(2**31), 2**31 - 1)]
)
def test_a_deep_picture_is_scaled_block_by_block_as_it_would_be_at_once(dtype, ends):
    rng = np.random.default_rng(0)
    low, high = np.clip(ends, 0, 65_535) if dtype == np.uint16 else ends
    # Sorted: no block has both ends
    levels = np.sort(rng.uniform(low, high, (300, 260, 4)), axis=0).astype(dtype)
    assert levels[..., 0].size > BLOCK
    if dtype == np.float32:
        levels[rng.random(levels.shape) < 0.01] = np.nan
        levels[5, 5], levels[6, 6] = np.inf, -np.inf
    for grey in (levels[..., 0], levels[::-1, :, 0].copy()):
        opened = open_picture(encoded(Image.fromarray(grey), "TIFF"))
        np.testing.assert_array_equal(opened, scaled_at_once(grey))
    if dtype == np.uint16:
        opened = np.asarray(open_picture(cv2.imencode(".png", levels[..., :3])[1].tobytes()))
        np.testing.assert_array_equal(opened[..., ::-1], scaled_at_once(levels[..., :3]))
        opened = np.asarray(open_picture(cv2.imencode(".png", levels)[1].tobytes()))
        np.testing.assert_array_equal(opened[..., 2::-1], scaled_at_once(levels[..., :3]))
        np.testing.assert_array_equal(opened[..., 3], levels[..., 3] // 257)


@pytest.mark.parametrize("shape", [(1000, 2000), (1000, 2000, 3), (1000, 2000, 4), (8, 250_000, 3)])
@pytest.mark.parametrize("white", [1_000, 65_535])
def test_a_deep_picture_does_not_fill_the_memory(shape, white):
    deep = np.zeros(shape, np.uint16)
    deep[:, shape[1] // 2 :] = white
    file = cv2.imencode(".png", deep)[1].tobytes()
    tracemalloc.start()
    try:
        open_picture(file)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2_000_000  # bytes a pixel
    finally:
        tracemalloc.stop()
