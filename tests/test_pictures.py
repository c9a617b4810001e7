"""Pictures: whatever can be seen comes out as the data set would have it, step by step."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_pictures import as_picture, encoded, exif, shirt
from PIL import Image, ImageDraw

from fashion_core import checkpoints, data, files, predict
from fashion_core.metadata import CLASS_NAMES
from fashion_core.pictures import garment
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import (
    BACKGROUNDS,
    BLUE,
    Correction,
    Prepared,
    _eight_bits,
    _find,
    _upright,
    framed,
    prepare,
)

STEP_NAMES = [
    "Upright",
    "Smaller",
    "Opaque",
    "Grey",
    "Background",
    "Light on dark",
    "Cropped",
    "28 × 28",
]


def caption(prepared: Prepared, name: str) -> str:
    """What is said of the step of that name."""
    return next(step.caption for step in prepared.steps if step.name == name)


def result(prepared: Prepared, name: str) -> np.ndarray:
    """What came out of the step of that name."""
    return next(step.picture for step in prepared.steps if step.name == name)


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
    return open_picture(encoded(lying, "PNG", exif=exif(6)))


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_orientation_that_means_nothing_turns_nothing_and_says_so(orientation):
    picture = open_picture(encoded(shirt(), "JPEG", exif=exif(orientation)))
    assert caption(prepare(picture), "Upright") == "Upright as it came."
    assert "Turned" in caption(prepare(turned(shirt())), "Upright")


@pytest.mark.parametrize("save", [lambda picture: picture, deep])
def test_a_tiff_with_a_note_is_turned_once_and_nothing_wrong_is_said_of_its_camera(save):
    lying = shirt().transpose(Image.Transpose.ROTATE_90)
    tiff = prepare(open_picture(encoded(save(lying), "TIFF", exif=exif(6))))
    np.testing.assert_allclose(tiff.pixels, prepare(shirt()).pixels, atol=3)
    assert caption(tiff, "Upright") == "Upright as it came."


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


# Nothing to see, or nothing else


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("size", [32, 48, 200])
def test_a_picture_that_is_all_object_has_pixels_too(background, size):
    checkered = np.indices((size, size)).sum(0) % 2 * 255
    noise = np.random.default_rng(size).integers(0, 256, (size, size, 3))
    for values in (checkered, noise):
        assert prepare(as_picture(values), Correction(background=background)).pixels.shape == (
            28,
            28,
        )


def gradient() -> Image.Image:
    """A wall in evening light."""
    return as_picture(np.linspace(120, 200, 300)[None, :, None] + np.zeros((200, 300, 3)))


def noisy(level: int, spread: float) -> Image.Image:
    return as_picture(np.random.default_rng(0).normal(level, spread, (300, 400, 3)))


def dusty() -> Image.Image:
    """A scanned empty page."""
    page = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(page).rectangle((140, 90, 142, 92), fill="black")
    return page


EMPTY = {
    "dust": dusty(),
    "white": Image.new("RGB", (280, 280), "white"),
    "black": Image.new("RGB", (280, 280), "black"),
    "blue": Image.new("RGB", (280, 280), "#3060a0"),
    "grey": Image.new("RGB", (280, 280), "#808080"),
    "clear": Image.new("RGBA", (280, 280), (0, 0, 0, 0)),
    "clear white": Image.new("RGBA", (280, 280), (255, 255, 255, 0)),
    "gradient": gradient(),
    "wall": noisy(200, 3),
    "grain": noisy(120, 16),
    "1 × 1": Image.new("L", (1, 1)),
    "thread": Image.new("L", (8, 4000)),
}


@pytest.mark.parametrize("what", EMPTY)
def test_a_picture_of_nothing_is_blank(what):
    prepared = prepare(EMPTY[what])
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
    tall, wide = (garment.fit(np.full(shape, 200, np.uint8)) for shape in ((28, 15), (15, 28)))
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
    got = prepare(as_picture(paper)).pixels
    stroke = prepare(shirt()).pixels > 0
    assert got[~cv2.dilate(stroke.astype(np.uint8), np.ones((3, 3))).astype(bool)].mean() < 5
    assert got[stroke].mean() > 100


def test_cloth_on_a_background_of_the_same_brightness_is_found_by_its_colour():
    picture = shirt((200, 30, 30), (40, 116, 40), fill=(200, 30, 30))  # both of luminance 81
    filled = prepare(shirt(fill="black")).pixels > 127
    assert ((prepare(picture).pixels > 127) == filled).mean() > 0.98


def test_a_hole_large_enough_to_look_through_stays_open():
    bag = Image.new("RGB", (280, 280), (120, 150, 190))
    draw = ImageDraw.Draw(bag)
    draw.ellipse((90, 20, 190, 160), outline=(60, 30, 20), width=14)
    draw.rectangle((40, 120, 240, 250), fill=(60, 30, 20))
    # Lighter than the background: no drawing on it
    draw.rectangle((100, 150, 180, 170), fill=(250, 240, 220))
    pixels = prepare(bag).pixels
    assert pixels[5, 14] == 0
    assert pixels[22, 14] > 127


def test_a_button_of_the_backgrounds_colour_is_cloth_and_no_hole():
    background = (120, 150, 190)
    coat = shirt((60, 30, 20), background, fill=(60, 30, 20))
    ImageDraw.Draw(coat).rectangle((110, 150, 170, 200), fill=(250, 240, 220))
    ImageDraw.Draw(coat).ellipse((136, 90, 142, 96), fill=background)
    cloth = result(prepare(coat), "Light on dark")
    assert 50 < cloth[93, 139] < 200


# Images of the data set come back as they were


@pytest.fixture(scope="module")
def known():
    """A deep model that is fast, and 100 validation images that it gets right."""
    split = data.load_split("val")
    model = checkpoints.load_model(Path(__file__).parent / "former" / "residual_net.pt")
    right = predict.predict_probs(model, split.pixels[:150]).argmax(axis=1) == split.labels[:150]
    chosen = np.flatnonzero(right)[:100]
    assert len(chosen) == 100
    return model, split.pixels[chosen], split.labels[chosen]


def larger(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (280, 280), interpolation=cv2.INTER_NEAREST)


def off_centre(pixels: np.ndarray, edge: int = 100) -> np.ndarray:
    canvas = np.zeros((edge, edge), np.uint8)
    top, left = np.random.default_rng(int(pixels.sum())).integers(0, edge - len(pixels) + 1, 2)
    canvas[top : top + len(pixels), left : left + len(pixels)] = pixels
    return canvas


def on_colour(pixels: np.ndarray, background: tuple, cloth: tuple) -> np.ndarray:
    """Drawn on a colour: shades between it and another one."""
    share = pixels[..., None] / 255
    return np.rint(np.array(background) * (1 - share) + np.array(cloth) * share).astype(np.uint8)


def laid_on_colour(pixels: np.ndarray, background: tuple, empty: int = 0) -> np.ndarray:
    """Cut out, its shades kept, and laid on a colour."""
    return np.where(pixels[..., None] != empty, pixels[..., None], np.array(background, np.uint8))


def smooth(pixels: np.ndarray) -> np.ndarray:
    """Enlarged as paint programs do it."""
    return np.asarray(Image.fromarray(pixels).resize((280, 280), Image.Resampling.BICUBIC))


def jpeg(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(open_picture(encoded(Image.fromarray(pixels), "JPEG", quality=60)))


GREY = (128, 128, 128)
CASES = {
    "as they are": lambda pixels: pixels,
    "enlarged": larger,
    "enlarged smoothly": smooth,
    "off centre": off_centre,
    "off centre, enlarged, JPEG": lambda pixels: jpeg(off_centre(smooth(pixels), 400)),
    "inverted": lambda pixels: 255 - pixels,
    "inverted, enlarged smoothly": lambda pixels: 255 - smooth(pixels),
    "black on blue": lambda pixels: on_colour(larger(pixels), (70, 120, 200), (0, 0, 0)),
    "white on green": lambda pixels: on_colour(larger(pixels), (90, 140, 70), (255, 255, 255)),
    "cut out on red": lambda pixels: laid_on_colour(larger(pixels), (200, 40, 40)),
    "cut out on pale blue": lambda pixels: laid_on_colour(larger(pixels), (200, 220, 240)),
    "cut out on grey": lambda pixels: laid_on_colour(pixels, GREY),
    "cut out on grey, enlarged": lambda pixels: laid_on_colour(larger(pixels), GREY),
    "cut out on grey, smooth": lambda pixels: np.where(larger(pixels) > 0, smooth(pixels), 128),
    "cut out on grey, inverted": lambda pixels: laid_on_colour(255 - larger(pixels), GREY, 255),
}


@pytest.mark.parametrize("case", CASES)
def test_the_model_sees_the_same_class_in_an_image_of_the_data_set(case, known):
    model, pixels, labels = known
    seen = np.stack([prepare(Image.fromarray(CASES[case](image))).pixels for image in pixels])
    assert (predict.predict_probs(model, seen).argmax(axis=1) == labels).mean() >= 0.98


def test_an_image_of_the_data_set_comes_back_as_it_was(known):
    pixels = known[1]
    made = np.stack([prepare(Image.fromarray(image)).pixels for image in pixels])
    changes = np.abs(made - pixels.astype(int))
    assert np.mean(changes) < 1
    assert np.quantile(np.max(changes, axis=(1, 2)), 0.9) <= 5


def test_soft_edges_do_not_make_an_object_smaller():
    sharp = np.zeros((28, 28), np.uint8)
    sharp[:, 6:22] = 200
    soft = Image.fromarray(sharp).resize((280, 280), Image.Resampling.BICUBIC)
    canvas = Image.new("L", (330, 330))
    canvas.paste(soft, (20, 30))
    cropped = result(prepare(canvas), "Cropped")
    assert abs(cropped.shape[1] - 160) <= 2  # 8 more with its fading edges


def test_cloth_of_the_backgrounds_own_grey_is_no_hole():
    y, x = np.mgrid[:280, :280]
    shades = 170 - np.hypot(x - 140, y - 190)  # as grey as the background on a ring of 42 pixels
    vest = np.where((abs(x - 140) < 90) & (abs(y - 140) < 120), shades, 128).astype(np.uint8)
    vest[40:80, 120:160] = 128  # something to look through: cloth does not fade towards it
    cloth = result(prepare(Image.fromarray(vest)), "Light on dark")
    assert cloth[190, 140 + 42] > 0
    assert not cloth[60, 140]


# Photos on backgrounds that are not plain: (320, 240, 3) float64


def boards(rng) -> np.ndarray:
    """A wooden floor."""
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
    background = boards(rng)
    light = np.linspace(0.8, 1.1, 240)[:, None]
    background[: rng.integers(120, 240)] = rng.uniform(140, 230, 3) * light
    return background


def photo(pixels: np.ndarray, background, rng) -> Image.Image:
    """A garment of the data set in any colour, dark where its image is bright, on a background."""
    edge = int(rng.integers(150, 230))
    large = np.clip(cv2.resize(pixels, (edge, edge), interpolation=cv2.INTER_CUBIC), 0, 255) / 255.0
    covered = cv2.GaussianBlur(cv2.resize(np.float32(pixels > 12), (edge, edge)), (0, 0), 2) > 0.5
    cloth = (20 + 225 * (1 - large[..., None])) * rng.uniform(0.5, 1, 3)
    scene = background(rng)
    top, left = rng.integers(10, 310 - edge), rng.integers(0, 240 - edge)
    part = scene[top : top + edge, left : left + edge]
    part[:] = np.where(covered[..., None], cloth, part)
    scene += rng.normal(0, 4, scene.shape)
    return open_picture(encoded(as_picture(scene), "JPEG", quality=80))


@pytest.mark.parametrize(
    ("background", "gain"), [(boards, 0.1), (squares, 0.4), (pile, 0), (room, 0.3)]
)
def test_garments_on_patterned_backgrounds_are_recognised_more_often_when_segmented(
    background, gain, known, monkeypatch
):
    model, pixels, labels = known
    photos = [
        photo(image, background, np.random.default_rng(number))
        for number, image in enumerate(pixels[:60])
    ]

    def accuracy():
        seen = np.stack([prepare(picture).pixels for picture in photos])
        return (predict.predict_probs(model, seen).argmax(axis=1) == labels[:60]).mean()

    segmented = accuracy()
    monkeypatch.setattr("fashion_core.pictures.prepare.segment", lambda colour: None)
    as_if_plain = accuracy()
    assert segmented >= 0.85
    assert segmented >= as_if_plain + gain


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


def test_the_steps_say_how_a_photo_was_segmented(known):
    prepared = prepare(photo(known[1][0], boards, np.random.default_rng(0)))
    assert [step.name for step in prepared.steps] == STEP_NAMES
    assert "GrabCut" in caption(prepared, "Background")
    assert "dark cloth is bright" in caption(prepared, "Light on dark")


# What a visitor corrects


def test_without_a_correction_everything_is_found_as_ever():
    np.testing.assert_array_equal(prepare(shirt(), Correction()).pixels, prepare(shirt()).pixels)
    assert [step.name for step in prepare(shirt(), Correction()).steps] == STEP_NAMES


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"invert": "yes"}, "invert must be True or False, not 'yes'"),
        (
            {"background": "blue"},
            "background must be one of auto, light, dark, patterned, not 'blue'",
        ),
        ({"crop": (0.2, 0.2, 0.8)}, "crop must be four fractions"),
        ({"crop": [0.2, 0.2, 0.8, 0.8]}, "crop must be four fractions"),
        ({"crop": (0.2, 0.2, 0.8, "1")}, "crop must be four fractions"),
        ({"turns": 4}, "turns must be 0, 1, 2 or 3"),
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


@pytest.mark.parametrize("turns", range(4))
def test_a_picture_is_turned_to_the_left_by_quarters_and_the_frame_lies_on_what_is_seen(turns):
    picture = shirt().transpose(Image.Transpose.ROTATE_270)
    seen = picture.rotate(90 * turns, expand=True)
    turned = prepare(picture, Correction(turns=turns, crop=(0.0, 0.0, 1.0, 0.7)))
    np.testing.assert_array_equal(
        turned.pixels, prepare(seen, Correction(crop=(0.0, 0.0, 1.0, 0.7))).pixels
    )
    assert turned.steps[0].picture.shape[:2] == seen.size[::-1]


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
        found = _find(colour, cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), None, "auto")
        once = garment.inverted(found.cloth, found.mask)
        assert (once != found.cloth).any()
        assert once.max() == found.cloth.max()
        np.testing.assert_array_equal(garment.inverted(once, found.mask), found.cloth)


def test_turning_over_corrects_a_background_that_was_taken_for_the_object():
    picture = shirt(fill="black").crop((42, 52, 239, 234))  # it touches every edge
    wrong = prepare(picture, Correction(background="dark"))
    right = prepare(picture, Correction(background="dark", invert=True))
    assert wrong.pixels[14, 14] == 0
    assert ((right.pixels > 127) == (prepare(picture).pixels > 127)).mean() > 0.97


def test_a_picture_of_nothing_stays_blank_whatever_is_corrected():
    for background in BACKGROUNDS:
        correction = Correction(True, (0.1, 0.1, 0.9, 0.9), background)
        assert prepare(Image.new("RGB", (280, 280), "navy"), correction).blank


def test_a_background_said_to_be_light_or_dark_is_the_one_that_is_taken_away():
    halves = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(halves).rectangle((0, 0, 139, 279), fill="black")
    light, dark = (
        prepare(halves, Correction(background=background)) for background in ("light", "dark")
    )
    for prepared, name, other in ((light, "white", "Darker"), (dark, "black", "Lighter")):
        np.testing.assert_array_equal(prepared.pixels[:, 7:21], 255)
        assert name in caption(prepared, "Background")
        assert other in caption(prepared, "Light on dark")


def test_a_light_background_of_which_the_border_shows_nothing_is_found_inside():
    picture = Image.new("RGB", (280, 280), "navy")  # cloth all around
    ImageDraw.Draw(picture).rectangle((100, 60, 180, 220), fill="white")
    # Too little of the border to count
    ImageDraw.Draw(picture).rectangle((0, 0, 9, 9), fill="yellow")
    said_so = prepare(picture, Correction(background="light"))
    assert "white" in caption(said_so, "Background")
    assert "white" not in caption(prepare(picture), "Background")


def test_a_background_said_to_be_patterned_is_told_apart_by_colours():
    picture = shirt((200, 30, 30), (235, 230, 225), fill=(200, 30, 30))
    said_so = prepare(picture, Correction(background="patterned"))
    assert "GrabCut" not in caption(prepare(picture), "Background")
    assert "GrabCut" in caption(said_so, "Background")
    filled = prepare(shirt(fill="black")).pixels > 127
    assert ((said_so.pixels > 50) == filled).mean() > 0.9


# Cut out already, and photos


@pytest.mark.parametrize("kept", [0.0, 0.3])
@pytest.mark.parametrize("shade", [255, 250, 120, 0])
def test_what_is_cut_out_keeps_its_outline_whatever_its_shade(shade, kept):
    cut = Image.new("RGBA", (240, 240))  # all transparent
    draw = ImageDraw.Draw(cut)
    draw.polygon(
        [(60, 20), (180, 20), (200, 220), (140, 220), (120, 90), (100, 220), (40, 220)],
        fill=(shade, shade, shade, 255),
    )
    if kept:
        draw.rectangle((60, 20, 180, 36), fill=(90, 50, 20, 255))  # a belt
    pixels = prepare(cut).pixels
    assert pixels[25, 7] > 60
    assert pixels[25, 20] > 60
    assert pixels[25, 14] == 0  # and the gap between them


# Light garments with a dark detail: corners, boxes
LIGHT_CUT_OUTS = {
    "Trouser": (
        [(60, 20), (180, 20), (200, 220), (140, 220), (120, 90), (100, 220), (40, 220)],
        [(60, 20, 180, 36)],  # a belt
    ),
    "Ankle boot": (
        [(60, 20), (130, 20), (135, 120), (200, 150), (215, 216), (50, 216)],
        [(50, 200, 215, 216)],  # a sole
    ),
    "T-shirt/top": (
        [(85, 25), (155, 25), (220, 70), (195, 105), (170, 88), (170, 215), (70, 215), (70, 88)]
        + [(45, 105), (20, 70)],
        [(115, top, 125, top + 10) for top in range(50, 210, 28)],  # buttons
    ),
}


@pytest.mark.parametrize("name", LIGHT_CUT_OUTS)
def test_a_light_cut_out_with_a_dark_detail_is_its_class_unless_the_visitor_says_otherwise(name):
    model = checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    corners, details = LIGHT_CUT_OUTS[name]
    cut = Image.new("RGBA", (240, 240))
    draw = ImageDraw.Draw(cut)
    draw.polygon(corners, fill="#f5f5f5")
    for box in details:
        draw.rectangle(box, fill="#5a3214")
    for picture in (cut, cut.quantize(8)):
        opened = open_picture(encoded(picture, "PNG"))
        pixels = prepare(opened).pixels
        probs = predict.predict_probs(model, pixels[None])[0]
        assert CLASS_NAMES[probs.argmax()] == name
        on_white = prepare(opened, Correction(background="light")).pixels
        assert np.abs(on_white - pixels.astype(int)).mean() > 10


def test_a_picture_with_round_transparent_corners_is_no_outline():
    badge = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(badge)
    draw.rounded_rectangle((0, 0, 199, 199), 20, fill=(255, 255, 255, 255))
    draw.rectangle((80, 30, 120, 170), fill=(20, 20, 20, 255))
    pixels = prepare(badge).pixels
    assert (pixels > 0).mean() < 0.5  # the bar, not the badge


def test_even_cloth_in_a_photo_stays_even_and_pale_cloth_is_seen():
    rng = np.random.default_rng(0)
    floor = np.array([150, 110, 70]) + rng.normal(0, 14, (200, 200, 1))
    for shade in (235, 120, 30):
        photo = floor.copy()
        photo[40:170, 50:150] = np.array([shade, shade, shade - 12]) + rng.normal(
            0, 3, (130, 100, 1)
        )
        photo[:, 95:105][150:] = floor[:, 95:105][150:]
        pixels = prepare(Image.fromarray(photo.clip(0, 255).astype(np.uint8))).pixels
        inside = pixels[6:20, 8:19]
        assert inside.min() > 150
        assert np.ptp(inside.astype(int)) < 60
