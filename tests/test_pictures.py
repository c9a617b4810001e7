"""Pictures: hostile files end in a sentence, and whatever can be seen comes out as the data set
would have it.
"""

import contextlib
import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from fashion_core import catalog, checkpoints, data, predict
from fashion_core.errors import PictureError
from fashion_core.pictures import garment
from fashion_core.pictures.opening import JPEG_SCAN, MAX_FILE_BYTES, MAX_SCANS, open_picture
from fashion_core.pictures.prepare import (
    BLUE,
    GROUNDS,
    Correction,
    _eight_bits,
    _find,
    _upright,
    framed,
    prepare,
)

STEP_NAMES = [
    "Upright",
    "Smaller",
    "On white",
    "Grey",
    "Background",
    "Light on dark",
    "Cropped",
    "28 × 28",
]
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


def shirt(ink="black", ground="white", mode="RGB", fill=None) -> Image.Image:
    """A shirt drawn with an 8-pixel pen on a 280×280 canvas."""
    picture = Image.new(mode, (280, 280), ground)
    ImageDraw.Draw(picture).polygon(SHIRT, outline=ink, fill=fill, width=8)
    return picture


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg_of_scans(count: int) -> bytes:
    """A grey JPEG whose last scan is repeated until it has this many."""
    whole = encoded(Image.new("L", (60, 40), "white"), "JPEG", progressive=True)
    last = whole.rindex(JPEG_SCAN)
    missing = count - whole.count(JPEG_SCAN)
    return whole[:-2] + missing * whole[last:-2] + whole[-2:]


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose pixels are rubbish: decoding it would say
    "damaged".
    """

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", b"rubbish")
        + chunk(b"IEND", b"")
    )


# Opening


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_format_opens_from_bytes_and_from_a_path_of_any_name(kind, tmp_path):
    path = tmp_path / "picture.txt"
    path.write_bytes(encoded(shirt(), kind))
    for source in (path, path.read_bytes()):
        opened = np.asarray(open_picture(source).convert("L"), int)
        assert np.abs(opened - np.asarray(shirt("black").convert("L"), int)).mean() < 2


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
    turned = Image.Exif()
    turned[0x0112] = 6
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        whole = encoded(
            shirt().resize((64, 48)), kind, **({} if kind in ("GIF", "BMP") else {"exif": turned})
        )
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


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("size", [32, 48, 200])
def test_a_picture_that_is_all_object_has_pixels_too(ground, size):
    checkered = np.indices((size, size)).sum(0) % 2 * 255
    noise = np.random.default_rng(size).integers(0, 256, (size, size, 3))
    for values in (checkered, noise):
        picture = Image.fromarray(values.astype(np.uint8))
        assert prepare(picture, Correction(ground=ground)).pixels.shape == (28, 28)


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


# One drawing, many ways to save it


def deep(picture: Image.Image) -> Image.Image:
    """16 bits per pixel instead of 8."""
    return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)


def transparent(picture: Image.Image) -> Image.Image:
    """Opaque where the picture is dark, nothing where it is white."""
    ink = Image.new("RGBA", picture.size, "black")
    ink.putalpha(Image.fromarray(255 - np.asarray(picture.convert("L"))))
    return ink


def turned(picture: Image.Image) -> Image.Image:
    """Lying on its side, with the EXIF note that says so."""
    lying = picture.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn it by 90° clockwise"
    return open_picture(encoded(lying, "PNG", exif=exif))


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_orientation_that_means_nothing_turns_nothing_and_says_so(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = prepare(open_picture(encoded(shirt(), "JPEG", exif=exif))).steps[0]
    assert "no other way up" in opened.caption
    assert "Turned" in prepare(turned(shirt())).steps[0].caption


WAYS = {
    "grey": lambda picture: picture.convert("L"),
    "one bit": lambda picture: picture.convert("1"),
    "palette": lambda picture: picture.quantize(16),
    "grey with alpha": lambda picture: picture.convert("LA"),
    "colour with alpha": lambda picture: picture.convert("RGBA"),
    "CMYK": lambda picture: open_picture(encoded(picture.convert("CMYK"), "JPEG", quality=95)),
    "16 bits": deep,
    "16-bit PNG": lambda picture: open_picture(encoded(deep(picture), "PNG")),
    "32 bits": lambda picture: Image.fromarray(np.asarray(deep(picture)).astype(np.int32)),
    "transparent": transparent,
    "transparent palette": lambda picture: open_picture(encoded(transparent(picture), "GIF")),
    "white on transparent": lambda picture: Image.merge(
        "RGBA", [Image.new("L", picture.size, 255)] * 3 + [transparent(picture).getchannel("A")]
    ),
    "EXIF": turned,
    "light on dark": lambda picture: Image.fromarray(255 - np.asarray(picture)),
    "JPEG": lambda picture: open_picture(encoded(picture, "JPEG", quality=80)),
    "faint": lambda picture: picture.point(lambda level: 225 + level * 30 // 255),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_drawing_comes_out_the_same_however_it_was_saved(way):
    expected = prepare(shirt()).pixels.astype(int)
    got = prepare(WAYS[way](shirt()))
    assert not got.blank
    assert np.abs(got.pixels - expected).mean() < 6


def test_16_bit_greys_are_scaled_and_not_clipped():
    ramp = np.tile(np.linspace(0, 65535, 200).astype(np.uint16), (100, 1))
    grey = _eight_bits(Image.fromarray(ramp)).getchannel(0)
    np.testing.assert_array_equal(np.asarray(grey), ramp // 257)


def test_a_picture_is_not_changed():
    picture = transparent(shirt())
    before = picture.tobytes()
    prepare(picture)
    assert picture.tobytes() == before


# Nothing to see


def gradient(*shape: int) -> Image.Image:
    """A wall in evening light."""
    across = np.linspace(120, 200, shape[1])
    return Image.fromarray(
        np.repeat(np.tile(across, (shape[0], 1))[..., None], 3, axis=2).astype(np.uint8)
    )


def noisy(level: int, spread: float) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(
        np.clip(rng.normal(level, spread, (300, 400, 3)), 0, 255).astype(np.uint8)
    )


def dusty() -> Image.Image:
    """A scanned empty page."""
    page = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(page).rectangle((140, 90, 142, 92), fill="black")
    return page


@pytest.mark.parametrize(
    "picture",
    [
        dusty(),
        *(
            Image.new("RGB", (280, 280), colour)
            for colour in ("white", "black", "#3060a0", "#808080")
        ),
        Image.new("RGBA", (280, 280), (0, 0, 0, 0)),
        Image.new("RGBA", (280, 280), (255, 255, 255, 0)),
        gradient(200, 300),
        noisy(200, 3),
        noisy(120, 16),
        Image.new("L", (1, 1)),
        Image.new("L", (8, 4000)),
    ],
    ids=[
        "dust",
        "white",
        "black",
        "blue",
        "grey",
        "clear",
        "clear white",
        "gradient",
        "wall",
        "grain",
        "1 × 1",
        "thread",
    ],
)
def test_a_picture_of_nothing_is_blank(picture):
    prepared = prepare(picture)
    assert prepared.blank
    assert not prepared.pixels.any()
    assert [step.name for step in prepared.steps] == STEP_NAMES[:5]


# What Zalando's recipe says


def test_the_steps_are_named_and_every_one_is_a_picture():
    prepared = prepare(shirt())
    assert [step.name for step in prepared.steps] == STEP_NAMES
    for step in prepared.steps:
        assert step.picture.dtype == np.uint8
        assert step.picture.ndim in (2, 3)
        assert step.caption.endswith(".")
    np.testing.assert_array_equal(prepared.steps[-1].picture, prepared.pixels)


def test_an_object_fills_28_along_its_longest_edge_keeps_its_shape_and_stands_in_the_middle():
    picture = Image.new("RGB", (400, 300), "white")
    # 200 × 100, in the lower left
    ImageDraw.Draw(picture).rectangle((20, 150, 219, 249), fill="black")
    expected = np.zeros((28, 28), np.uint8)
    expected[7:21] = 255
    np.testing.assert_array_equal(prepare(picture).pixels, expected)


def test_shrinking_averages_areas():
    rng = np.random.default_rng(0)
    cloth = rng.integers(0, 256, (140, 70), dtype=np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    means = cloth.reshape(28, 10, 14, 10).mean(axis=(1, 3))
    pixels = garment.fit(cloth)
    np.testing.assert_allclose(pixels[:, 7:21], means * 255 / means.max(), atol=2)
    assert not pixels[:, :7].any()
    assert not pixels[:, 21:].any()


def test_soft_pictures_are_sharpened_and_enlarged_pixels_are_not():
    rng = np.random.default_rng(0)
    hard = rng.integers(50, 200, (28, 28), dtype=np.uint8).repeat(10, axis=0).repeat(10, axis=1)
    soft = cv2.GaussianBlur(hard, (0, 0), 6)

    def contrast_gained(cloth):
        means = cloth.reshape(28, 10, 28, 10).mean(axis=(1, 3))
        pixels = garment.fit(cloth)
        return (pixels.std() / pixels.mean()) / (means.std() / means.mean())

    assert contrast_gained(hard) == pytest.approx(1, abs=0.02)
    assert contrast_gained(soft) > 1.2


def test_an_odd_margin_goes_to_the_left_and_the_top_as_in_the_data_set():
    tall, wide = (
        garment.fit(np.full((28, 15), 200, np.uint8)),
        garment.fit(np.full((15, 28), 200, np.uint8)),
    )
    np.testing.assert_array_equal(np.flatnonzero(tall.any(axis=0)), np.arange(7, 22))
    np.testing.assert_array_equal(np.flatnonzero(wide.any(axis=1)), np.arange(7, 22))


def test_place_and_size_do_not_matter():
    expected = prepare(shirt()).pixels.astype(int)
    larger = Image.new("RGB", (900, 700), "white")
    larger.paste(shirt().resize((560, 560), Image.Resampling.NEAREST), (300, 90))
    assert np.abs(prepare(larger).pixels - expected).mean() < 10


def test_specks_do_not_move_the_crop():
    spotted = shirt()
    for x, y in [(5, 7), (270, 12), (262, 266), (14, 250)]:
        ImageDraw.Draw(spotted).ellipse((x, y, x + 2, y + 2), fill=(60, 60, 60))
    np.testing.assert_array_equal(prepare(spotted).pixels, prepare(shirt()).pixels)


def test_separate_strokes_all_count():
    sandals = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(sandals).rectangle((40, 120, 90, 160), fill="black")
    ImageDraw.Draw(sandals).rectangle((190, 120, 240, 160), fill="black")
    columns = prepare(sandals).pixels.max(axis=0)
    assert columns[0] == columns[-1] == 255
    assert columns[14] == 0


@pytest.mark.parametrize("bend", [0.0, 0.2, 0.4])
def test_a_photographed_drawing_on_shaded_paper_is_cut_out_cleanly(bend):
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    # From one side, and falling off towards the corners
    light = 0.9 - 0.1 * x - bend * (x * x + y * y) / 2
    paper = np.asarray(shirt((40, 40, 60), (235, 230, 220)), float) * light[..., None]
    paper += np.random.default_rng(0).normal(0, 3, paper.shape)
    got = prepare(Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8))).pixels
    stroke = prepare(shirt()).pixels > 0
    assert got[~cv2.dilate(stroke.astype(np.uint8), np.ones((3, 3))).astype(bool)].mean() < 5
    assert got[stroke].mean() > 100


def test_cloth_on_a_ground_of_the_same_brightness_is_found_by_its_colour():
    picture = shirt((200, 30, 30), (40, 116, 40), fill=(200, 30, 30))  # both of luminance 81
    filled = prepare(shirt(fill="black")).pixels > 127
    assert ((prepare(picture).pixels > 127) == filled).mean() > 0.98


def test_a_hole_large_enough_to_look_through_stays_open():
    bag = Image.new("RGB", (280, 280), (120, 150, 190))
    draw = ImageDraw.Draw(bag)
    draw.ellipse((90, 20, 190, 160), outline=(60, 30, 20), width=14)
    draw.rectangle((40, 120, 240, 250), fill=(60, 30, 20))
    # Lighter than the ground: no drawing on it
    draw.rectangle((100, 150, 180, 170), fill=(250, 240, 220))
    pixels = prepare(bag).pixels
    assert pixels[5, 14] == 0
    assert pixels[22, 14] > 127


def test_a_button_of_the_grounds_colour_is_cloth_and_no_hole():
    ground = (120, 150, 190)
    coat = shirt((60, 30, 20), ground, fill=(60, 30, 20))
    ImageDraw.Draw(coat).rectangle((110, 150, 170, 200), fill=(250, 240, 220))
    ImageDraw.Draw(coat).ellipse((136, 90, 142, 96), fill=ground)
    cloth = next(step.picture for step in prepare(coat).steps if step.name == "Light on dark")
    assert 50 < cloth[93, 139] < 200


# Images of the data set come back as they were


@pytest.fixture(scope="module")
def known():
    """The model that the app starts with, and 300 validation images that it gets right."""
    split, model = data.load_split("val"), checkpoints.load_model(catalog.recommended_path())
    right = predict.predict_probs(model, split.pixels[:500]).argmax(axis=1) == split.labels[:500]
    chosen = np.flatnonzero(right)[:300]
    assert len(chosen) == 300
    return model, split.pixels[chosen], split.labels[chosen]


def larger(pixels: np.ndarray, interpolation=cv2.INTER_NEAREST) -> np.ndarray:
    return cv2.resize(pixels, (280, 280), interpolation=interpolation)


def off_centre(pixels: np.ndarray, edge: int = 100) -> np.ndarray:
    canvas = np.zeros((edge, edge), np.uint8)
    top, left = np.random.default_rng(int(pixels.sum())).integers(0, edge - len(pixels) + 1, 2)
    canvas[top : top + len(pixels), left : left + len(pixels)] = pixels
    return canvas


def on_colour(pixels: np.ndarray, ground: tuple, cloth: tuple) -> np.ndarray:
    share = pixels[..., None] / 255
    return np.rint(np.array(ground) * (1 - share) + np.array(cloth) * share).astype(np.uint8)


def segment_on_colour(pixels: np.ndarray, ground: tuple, empty: int = 0) -> np.ndarray:
    return np.where(pixels[..., None] != empty, pixels[..., None], np.array(ground, np.uint8))


def smooth(pixels: np.ndarray) -> np.ndarray:
    """Enlarged as paint programs do it."""
    return np.asarray(Image.fromarray(pixels).resize((280, 280), Image.Resampling.BICUBIC))


def jpeg(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(open_picture(encoded(Image.fromarray(pixels), "JPEG", quality=60)))


CASES = {
    "as they are": lambda pixels: pixels,
    "enlarged": larger,
    "enlarged linearly": lambda pixels: larger(pixels, cv2.INTER_LINEAR),
    "enlarged smoothly": smooth,
    "off centre": off_centre,
    "off centre, enlarged": lambda pixels: off_centre(smooth(pixels), 400),
    "off centre, enlarged, JPEG": lambda pixels: jpeg(off_centre(smooth(pixels), 400)),
    "inverted": lambda pixels: 255 - pixels,
    "inverted, enlarged": lambda pixels: 255 - larger(pixels),
    "inverted, enlarged smoothly": lambda pixels: 255 - smooth(pixels),
    "black on blue": lambda pixels: on_colour(larger(pixels), (70, 120, 200), (0, 0, 0)),
    "white on green": lambda pixels: on_colour(larger(pixels), (90, 140, 70), (255, 255, 255)),
    "cut out on red": lambda pixels: segment_on_colour(larger(pixels), (200, 40, 40)),
    "cut out on pale blue": lambda pixels: segment_on_colour(larger(pixels), (200, 220, 240)),
    "cut out on mid-grey": lambda pixels: segment_on_colour(pixels, (128, 128, 128)),
    "cut out on mid-grey, enlarged": lambda pixels: segment_on_colour(
        larger(pixels), (128, 128, 128)
    ),
    "cut out on mid-grey, enlarged smoothly": lambda pixels: np.where(
        larger(pixels) > 0, smooth(pixels), 128
    ),
    "cut out on mid-grey, inverted": lambda pixels: segment_on_colour(
        255 - larger(pixels), (128, 128, 128), 255
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_model_sees_the_same_class_in_an_image_of_the_data_set(case, known):
    model, pixels, labels = known
    seen = np.stack([prepare(Image.fromarray(CASES[case](image))).pixels for image in pixels])
    same = (predict.predict_probs(model, seen).argmax(axis=1) == labels).mean()
    assert same >= 0.98, f"{case}: {same:.3f}"


def test_an_image_of_the_data_set_comes_back_as_it_was(known):
    changes = [
        np.abs(prepare(Image.fromarray(image)).pixels - image.astype(int)) for image in known[1]
    ]
    assert np.mean(changes) < 1
    assert np.quantile(np.max(changes, axis=(1, 2)), 0.9) <= 5


def test_soft_edges_do_not_make_an_object_smaller():
    sharp = np.zeros((28, 28), np.uint8)
    sharp[:, 6:22] = 200
    soft = Image.fromarray(sharp).resize((280, 280), Image.Resampling.BICUBIC)
    canvas = Image.new("L", (330, 330))
    canvas.paste(soft, (20, 30))
    cropped = next(step.picture for step in prepare(canvas).steps if step.name == "Cropped")
    assert abs(cropped.shape[1] - 160) <= 2  # 8 more with its fading edges


def test_cloth_of_the_grounds_own_grey_is_no_hole():
    y, x = np.mgrid[:280, :280]
    shades = 170 - np.hypot(x - 140, y - 190)  # as grey as the ground on a ring of 42 pixels
    vest = np.where((abs(x - 140) < 90) & (abs(y - 140) < 120), shades, 128).astype(np.uint8)
    vest[40:80, 120:160] = 128  # something to look through: cloth does not fade towards it
    cloth = next(
        step.picture
        for step in prepare(Image.fromarray(vest)).steps
        if step.name == "Light on dark"
    )
    assert cloth[190, 140 + 42] > 0
    assert not cloth[60, 140]


# Photos on grounds that are not plain


def boards(rng) -> np.ndarray:
    """A wooden floor: (320, 240, 3) float."""
    grain = cv2.GaussianBlur(rng.normal(0, 1, (320, 240)), (0, 0), 2, sigmaY=40)
    shade = 1 + 0.08 * grain / grain.std() + rng.normal(0, 0.1, 6).repeat(40)
    return shade[..., None] * rng.uniform(0.6, 1.2) * np.array((170, 120, 75))


def squares(rng) -> np.ndarray:
    """A chequered blanket."""
    y, x = np.mgrid[:320, :240] // rng.integers(15, 40)
    return np.where(((y + x) % 2)[..., None], rng.uniform(40, 220, 3), rng.uniform(40, 220, 3))


def pile(rng) -> np.ndarray:
    """A carpet."""
    return rng.uniform(60, 200, 3) * (1 + 0.25 * rng.normal(0, 1, (320, 240, 1)))


def room(rng) -> np.ndarray:
    """A wall in uneven light above a wooden floor."""
    ground = boards(rng)
    ground[: rng.integers(120, 240)] = (
        rng.uniform(140, 230, 3) * np.linspace(0.8, 1.1, 240)[:, None]
    )
    return ground


def photo(pixels: np.ndarray, ground, rng) -> Image.Image:
    """A garment of the data set, in any colour, on a ground; dark where its image is bright, as the
    originals are.
    """
    edge = int(rng.integers(150, 230))
    large = np.clip(cv2.resize(pixels, (edge, edge), interpolation=cv2.INTER_CUBIC), 0, 255) / 255.0
    covered = (
        cv2.GaussianBlur(cv2.resize(np.float32(pixels > 12), (edge, edge)), (0, 0), 2)[..., None]
        > 0.5
    )
    cloth = (20 + 225 * (1 - large[..., None])) * rng.uniform(0.5, 1, 3)
    scene = ground(rng)
    top, left = rng.integers(10, 310 - edge), rng.integers(0, 240 - edge)
    part = scene[top : top + edge, left : left + edge]
    part[:] = np.where(covered, cloth, part)
    scene += rng.normal(0, 4, scene.shape)
    return open_picture(
        encoded(Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8)), "JPEG", quality=80)
    )


@pytest.mark.parametrize(
    ("ground", "gain"), [(boards, 0.1), (squares, 0.4), (pile, 0), (room, 0.3)]
)
def test_garments_on_patterned_grounds_are_recognised_more_often_when_cut_out(
    ground, gain, known, monkeypatch
):
    model, pixels, labels = known
    photos = [
        photo(image, ground, np.random.default_rng(number))
        for number, image in enumerate(pixels[:60])
    ]

    def share_right():
        seen = np.stack([prepare(picture).pixels for picture in photos])
        return (predict.predict_probs(model, seen).argmax(axis=1) == labels[:60]).mean()

    segment = share_right()
    monkeypatch.setattr(segment, "segment", lambda colour: None)
    as_if_plain = share_right()
    assert segment >= 0.85
    assert segment >= as_if_plain + gain


def test_white_cloth_on_a_dark_floor_stays_visible():
    cloth = prepare(shirt(fill="black")).pixels > 127
    folds = np.random.default_rng(0).integers(13, 60, (28, 28))  # nearly white, since 0 is
    seen = prepare(photo(np.uint8(cloth * folds), boards, np.random.default_rng(0))).pixels
    assert np.quantile(seen[cloth], 0.05) > 130


def test_the_same_photo_gives_the_same_pixels(known):
    for number, image in enumerate(known[1][:20]):
        picture = photo(image, squares, np.random.default_rng(number))
        cv2.setRNGSeed(number + 1)
        first, second = prepare(picture), prepare(picture)
        np.testing.assert_array_equal(first.pixels, second.pixels)


def test_the_steps_say_how_a_photo_was_cut_out(known):
    steps = {
        step.name: step.caption
        for step in prepare(photo(known[1][0], boards, np.random.default_rng(0))).steps
    }
    assert list(steps) == STEP_NAMES
    assert "GrabCut" in steps["Background"]
    assert "dark cloth is bright" in steps["Light on dark"]


# What a visitor corrects


def test_without_a_correction_everything_is_found_as_ever():
    np.testing.assert_array_equal(prepare(shirt(), Correction()).pixels, prepare(shirt()).pixels)
    assert [step.name for step in prepare(shirt(), Correction()).steps] == STEP_NAMES


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"invert": "yes"}, "invert must be True or False, not 'yes'"),
        ({"ground": "blue"}, "ground must be one of auto, light, dark, patterned, not 'blue'"),
        ({"crop": (0.2, 0.2, 0.8)}, "crop must be four fractions"),
        ({"crop": [0.2, 0.2, 0.8, 0.8]}, "crop must be four fractions"),
        ({"crop": (0.2, 0.2, 0.8, "1")}, "crop must be four fractions"),
        ({"crop": (0.8, 0.2, 0.2, 0.8)}, "at least 5% apart"),
        ({"crop": (0.2, 0.5, 0.8, 0.54)}, "at least 5% apart"),
        ({"crop": (0.5, 0.2, 0.54, 0.8)}, "at least 5% apart"),
        ({"crop": (-0.1, 0, 1, 1)}, "from 0 to 1"),
        ({"crop": (0, 0, 1, 1.1)}, "from 0 to 1"),
        ({"crop": (0, 0, 1, float("nan"))}, "from 0 to 1"),
    ],
    ids=str,
)
def test_a_correction_that_makes_no_sense_is_refused_with_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        Correction(**wrong)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "crop", [(0, 0, 1, 1), (0.3, 0.3, 0.35, 0.35), (0.95, 0.95, 1, 1), (0.5, 0, 1, 0.6)]
)
def test_each_crop_that_is_allowed_can_be_taken_of_every_picture(crop):
    for picture in (shirt(), Image.new("L", (8, 4000)), Image.new("1", (1, 1)), turned(shirt())):
        assert prepare(picture, Correction(crop=crop)).pixels.shape == (28, 28)


@pytest.mark.parametrize("way", ["grey", "palette", "transparent", "16 bits", "JPEG", "EXIF"])
def test_a_frame_around_the_garment_is_as_good_as_a_picture_of_it_alone(way):
    two = Image.new("RGB", (560, 280), "white")
    two.paste(shirt(), (0, 0))
    ImageDraw.Draw(two).ellipse((330, 40, 520, 240), fill="black")
    picture = WAYS[way](two)
    upright = _upright(picture)[0]
    alone, both = prepare(upright.crop((0, 0, 280, 280))), prepare(picture)
    cut = prepare(picture, Correction(crop=(0.0, 0.0, 0.5, 1.0)))
    np.testing.assert_array_equal(cut.pixels, alone.pixels)
    assert np.abs(cut.pixels - both.pixels.astype(int)).mean() > 20
    assert [step.name for step in cut.steps] == [STEP_NAMES[0], "Your frame", *STEP_NAMES[1:]]


def test_the_frame_is_shown_on_the_whole_picture():
    whole = np.full((100, 200, 3), 90, np.uint8)
    shown = framed(whole, (0.25, 0.1, 0.75, 0.6))
    assert (shown[12:58, 52:148] == 90).all()
    assert (shown[10, 50:150] == BLUE).all()
    assert (shown[:10] != 90).all()
    assert (whole == 90).all()


def test_turning_over_makes_dark_cloth_of_an_outline_and_light_seams():
    plain, inverted = prepare(shirt()), prepare(shirt(), Correction(invert=True))
    assert plain.pixels[18, 14] == 0
    assert inverted.pixels[18, 14] == 255
    assert inverted.pixels[2, 0] == inverted.pixels[27, 2] == 0  # outside
    names = [step.name for step in inverted.steps]
    assert names[names.index("Light on dark") + 1] == "Turned over"


def test_turning_over_twice_is_the_same():
    rng = np.random.default_rng(0)
    for picture in (
        shirt(),
        shirt("#808080", fill="#c0c0c0"),
        photo(np.full((28, 28), 90, np.uint8), boards, rng),
    ):
        colour = np.asarray(picture)
        found = _find(colour, cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), "auto")
        once = garment.turned_over(found.cloth, found.mask)
        assert (once != found.cloth).any()
        assert once.max() == found.cloth.max()
        np.testing.assert_array_equal(garment.turned_over(once, found.mask), found.cloth)


def test_turning_over_mends_a_background_that_was_taken_for_the_object():
    picture = shirt(fill="black").crop((42, 52, 239, 234))  # it touches every edge
    wrong = prepare(picture, Correction(ground="dark"))
    right = prepare(picture, Correction(ground="dark", invert=True))
    assert wrong.pixels[14, 14] == 0
    assert ((right.pixels > 127) == (prepare(picture).pixels > 127)).mean() > 0.97


def test_a_picture_of_nothing_stays_blank_whatever_is_corrected():
    for ground in GROUNDS:
        assert prepare(
            Image.new("RGB", (280, 280), "navy"), Correction(True, (0.1, 0.1, 0.9, 0.9), ground)
        ).blank


def test_a_background_said_to_be_light_or_dark_is_the_one_that_is_taken_away():
    halves = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(halves).rectangle((0, 0, 139, 279), fill="black")
    light, dark = (prepare(halves, Correction(ground=ground)) for ground in ("light", "dark"))
    for prepared in (light, dark):
        assert "Darker" in light.steps[5].caption
        assert "Lighter" in dark.steps[5].caption
        np.testing.assert_array_equal(prepared.pixels[:, 7:21], 255)
    assert "white" in light.steps[4].caption
    assert "black" in dark.steps[4].caption


def test_a_light_background_of_which_the_border_shows_nothing_is_found_inside():
    picture = Image.new("RGB", (280, 280), "navy")  # cloth all around
    ImageDraw.Draw(picture).rectangle((100, 60, 180, 220), fill="white")
    # Too little of the border to count
    ImageDraw.Draw(picture).rectangle((0, 0, 9, 9), fill="yellow")
    assert "white" in prepare(picture, Correction(ground="light")).steps[4].caption
    assert "white" not in prepare(picture).steps[4].caption


def test_a_background_said_to_be_patterned_is_told_apart_by_colours():
    picture = shirt((200, 30, 30), (235, 230, 225), fill=(200, 30, 30))
    assert "GrabCut" not in prepare(picture).steps[4].caption
    assert "GrabCut" in prepare(picture, Correction(ground="patterned")).steps[4].caption
    filled = prepare(shirt(fill="black")).pixels > 127
    assert ((prepare(picture, Correction(ground="patterned")).pixels > 50) == filled).mean() > 0.9
