"""The Classify page: what is brought to it, good and bad. Strokes need a real browser."""

import io
import re

import app_page
import numpy as np
import pytest
from app_page import press, words
from made_figures import somebody
from made_pictures import encoded
from PIL import Image, ImageDraw
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from fashion_core import catalog, checkpoints, data, files, predict
from fashion_core.config import TrainConfig
from fashion_core.hypotheses import LEFT, RIGHT
from fashion_core.metadata import CLASS_NAMES
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import Correction, framed, prepare
from fashion_core.pictures.worn import LOWER, UPPER
from fashion_core.runs import folders
from pages.parts import state
from pages.parts.cached import cached_split
from pages.parts.classify.correction import TURNS
from pages.parts.html import png_data_uri


@pytest.fixture(autouse=True)
def _own_runs(runs_dir):
    """No runs but the test's own."""


@pytest.fixture
def unsure_model():
    """The id of a run whose model is the shipped one, but takes nothing for something it knows."""
    shipped = checkpoints.read_checkpoint(catalog.recommended_path())
    run_id = folders.create_run(TrainConfig(), "Knows nothing")
    folder = folders.run_dir_of(run_id)
    metrics = shipped.metrics | {"ood_threshold": -1e9}
    checkpoints.save_checkpoint(folder / "model.pt", shipped.config, shipped.weights, metrics)
    files.write_json(folder / "status.json", {"state": "finished", "epoch": 1})
    return run_id


def open_page(way: str = "Draw", model: str | None = None) -> AppTest:
    app = app_page.open_page("classify", **({"model": model} if model else {}))
    if way != "Draw":
        app.button_group(key="way").set_value(way).run()
    assert not app.exception
    return app


def upload(*files: tuple[str, bytes], model: str | None = None) -> AppTest:
    app = open_page("Upload", model)
    app.file_uploader[0].set_value([(name, content, "image/png") for name, content in files]).run()
    assert not app.exception
    return app


def html(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.get("html")]


def answers(app: AppTest) -> list[str]:
    """What the page says of each picture, as plain text."""
    return [
        " ".join(re.sub(r"<[^>]*>", " ", text).split())
        for text in html(app)
        if 'class="answer"' in text
    ]


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def trousers() -> Image.Image:
    picture = Image.new("RGB", (300, 400), (235, 230, 225))
    outline = [(95, 60), (205, 60), (220, 340), (165, 340), (150, 150), (135, 340), (80, 340)]
    ImageDraw.Draw(picture).polygon(outline, fill=(40, 50, 90))
    return picture


def test_an_empty_canvas_says_what_to_do():
    app = open_page()
    assert any("The answer appears here" in text.value for text in app.markdown)
    assert [(button.label, button.disabled) for button in app.button] == [
        ("Undo", True),
        ("Clear", True),
        ("Start with an example", False),
    ]
    assert answers(app) == []


def test_the_answer_to_an_upload_is_the_models():
    model = checkpoints.load_model(catalog.recommended_path())
    probs = predict.classify_pixels(model, prepare(trousers()).pixels).probs
    app = upload(("trousers.png", png(trousers())))
    (said,) = answers(app)
    assert winners(app) == ["bar-row winner"]
    assert said.startswith(f"Trouser, {probs.max():.1%}")
    for name, prob in zip(CLASS_NAMES, probs, strict=True):
        assert f"{name} {prob:.1%}" in said


def test_of_several_uploads_the_bad_ones_get_a_sentence_and_the_good_ones_an_answer():
    app = upload(
        ("a.png", png(trousers())),
        ("text.png", b"no picture"),
        ("half.png", png(trousers())[:200]),
        ("dot.png", png(Image.new("RGB", (1, 1)))),
        ("plain.png", png(Image.new("RGB", (300, 200), "navy"))),
        ("clear.png", png(Image.new("RGBA", (300, 200)))),
        ("b.jfif", encoded(trousers().convert("L"), "JPEG")),
        ("c", encoded(trousers(), "AVIF")),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic" + bytes(200)),
        ("drawing.svg", b"<svg/>"),
    )
    assert list(app.file_uploader[0].proto.type) == []  # what the browser would refuse in silence
    assert [said.split(",")[0] for said in answers(app)] == ["Trouser"] * 3
    parts = ("not a PNG", "damaged", "1 × 1", "share it as JPEG", "export it as PNG")
    for part, error in zip(parts, app.error, strict=True):
        assert part in error.value
    assert len([info for info in app.info if "nothing to see" in info.value]) == 2


def test_a_file_name_is_text_and_nothing_else():
    name = "[x](http://example.org) <img src=x onerror=alert(1)>.png"
    app = upload((name, png(trousers())), (name, b"no picture"))
    assert not any("<img src=x" in text for text in html(app))
    for text in (*(text.value for text in app.markdown), app.error[0].value):
        assert "[x](" not in text


def test_only_so_many_pictures_are_answered_at_once():
    app = upload(*((f"{number}.png", png(trousers())) for number in range(14)))
    assert len(answers(app)) == 12
    assert "12 of your 14" in app.info[0].value
    assert "forgotten when you leave Upload" in app.info[0].value


def test_a_photo_is_answered():
    app = open_page("Camera")
    buffer = io.BytesIO()
    trousers().save(buffer, "JPEG")
    app.get("camera_input")[0].set_value(("photo.jpg", buffer.getvalue(), "image/jpeg")).run()
    assert not app.exception
    assert answers(app)[0].startswith("Trouser")


def test_a_photo_stays_while_another_way_is_shown_and_goes_when_it_is_taken_back():
    app = open_page("Camera")
    buffer = io.BytesIO()
    trousers().save(buffer, "JPEG")
    app.get("camera_input")[0].set_value(("photo.jpg", buffer.getvalue(), "image/jpeg")).run()
    for way in ("Samples", "Camera"):
        app.button_group(key="way").set_value(way).run()
    assert answers(app)[0].startswith("Trouser")
    app.get("camera_input")[0].set_value(("photo.jpg", buffer.getvalue(), "image/jpeg")).run()
    app.get("camera_input")[0].set_value(None).run()
    assert not app.exception
    assert not answers(app)


def test_where_the_browser_gives_no_camera_the_page_says_why(monkeypatch):
    address = property(
        lambda _: "http://192.0.2.7:8501/classify?way=Camera"
    )  # only browsers say it
    monkeypatch.setattr(ContextProxy, "url", address)
    app = open_page("Camera")
    assert "browsers give it only to pages at https" in app.info[0].value
    assert not app.get("camera_input")


def test_samples_show_one_test_image_of_each_class_with_its_index():
    app, split = open_page("Samples"), data.load_split("test")
    indices = [int(text.value[1:]) for text in app.caption if text.value.startswith("#")]
    assert [split.labels[index] for index in indices] == list(range(10))
    names = [button.label for button in app.button]
    assert names[:10] == list(CLASS_NAMES)
    app.button[3].click().run()
    assert not app.exception
    assert any(f"Test image {indices[3]}" in text.value for text in app.markdown)
    assert f"the true label is {CLASS_NAMES[3]}" in answers(app)[0]
    app.button[10].click().run()
    assert names[10] == "Show others"
    assert [int(text.value[1:]) for text in app.caption if text.value.startswith("#")] != indices


def test_a_sample_comes_through_unchanged():
    app, split = open_page("Samples"), data.load_split("test")
    model = checkpoints.load_model(catalog.recommended_path())
    index = int(next(text.value for text in app.caption if text.value.startswith("#"))[1:])
    app.button[0].click().run()
    answer = predict.classify_pixels(model, prepare(Image.fromarray(split.pixels[index])).pixels)
    assert answers(app)[0].startswith(f"{CLASS_NAMES[answer.label]}, {answer.probs.max():.1%}")
    assert answer.label == predict.predict_probs(model, split.pixels[index : index + 1])[0].argmax()


def test_a_picture_unlike_anything_known_is_said_to_be_so(unsure_model):
    app = upload(("trousers.png", png(trousers())), model=unsure_model)
    (said,) = answers(app)
    assert said.startswith("Perhaps Trouser, ")
    assert winners(app) == ["bar-row winner doubted"]  # its bar is not that of a sure answer
    assert "does not look like anything the model knows. Trouser is its best guess." in said


def test_low_confidence_names_the_two_candidates(test_set):
    _, probs = test_set
    model = checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    pixels = data.load_split("test").pixels
    # Between two classes, and like clothes all the same
    for index in np.argsort(np.abs(probs.max(axis=1) - 0.5)):
        picture = Image.fromarray(pixels[index])
        answer = predict.classify_pixels(model, prepare(picture).pixels)
        if answer.recognised and answer.probs.max() < 0.55:
            break
    best, second = (CLASS_NAMES[i] for i in answer.probs.argsort()[::-1][:2])
    app = upload(("between.png", png(picture)), model="fashion_cnn")
    (said,) = answers(app)
    assert f"Not sure: it wavers between {best} and {second}" in said
    assert winners(app) == ["bar-row winner doubted"]


def test_of_two_answers_only_the_doubted_one_loses_its_colour(unsure_model):
    app = app_page.open_page("classify", way="Upload", **{"with": unsure_model})
    app.file_uploader[0].set_value([("trousers.png", png(trousers()), "image/png")]).run()
    assert winners(app) == ["bar a winner", "bar b winner doubted"]


def winners(app: AppTest) -> list[str]:
    """The style classes of the bars that stand for the answers."""
    found = [re.findall(r'<div class="(bar[^"]*winner[^"]*)"', text) for text in html(app)]
    return [each for of_text in found for each in of_text]


def test_the_steps_and_corrections_are_drawn_once_they_are_unfolded():
    app = open_page("Samples")
    app.button[0].click().run()
    assert not any('class="steps"' in text for text in html(app))
    assert not app.slider  # nor are the ways to correct it
    app.session_state["steps_sample"] = True
    app.run()
    (steps,) = [text for text in html(app) if 'class="steps"' in text]
    prepared = prepare(Image.new("L", (28, 28)))
    assert steps.count("<figure>") == 8
    assert all(f"<b>{step.name}.</b>" in steps for step in prepared.steps)
    picture_key(app)
    assert len(app.slider) == 2


def test_without_data_only_samples_explains_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "none"))
    cached_split.clear()
    app = upload(("trousers.png", png(trousers())))
    assert answers(app)[0].startswith("Trouser")
    app.button_group(key="way").set_value("Samples").run()
    assert not app.exception
    assert any("not here yet" in warning.value for warning in app.warning)
    app.button_group(key="way").set_value("Draw").run()
    assert any("The answer appears here" in text.value for text in app.markdown)


def test_without_any_model_the_way_to_one_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PRETRAINED_DIR", tmp_path)
    for way in ("Draw", "Upload", "Camera", "Samples"):
        app = open_page(way)
        assert any("Train one" in info.value for info in app.info)


def test_a_model_file_that_is_damaged_meanwhile_ends_in_a_sentence(unsure_model):
    app = upload(("trousers.png", png(trousers())), model=unsure_model)
    path = folders.run_dir_of(unsure_model) / "model.pt"
    path.write_bytes(path.read_bytes()[:1000])
    app.run()
    assert not app.exception
    assert answers(app) == []
    assert "not a model file" in app.error[0].value.replace("\\", "")


# Correcting


def src_seen(app: AppTest) -> list[str]:
    """The images that the model sees, as the page shows them."""
    return [
        re.search(r'src="([^"]*)"', text)[1]
        for text in html(app)
        if text.startswith('<img class="seen"')
    ]


def shirt_beside_a_dark_pole() -> Image.Image:
    picture = Image.new("RGB", (400, 300), (235, 235, 230))
    draw = ImageDraw.Draw(picture)
    draw.polygon(
        [(60, 60), (160, 60), (200, 110), (160, 130), (160, 250), (60, 250), (60, 130), (20, 110)],
        "#a03040",
    )
    draw.rectangle((300, 10, 340, 290), fill="#202020")
    return picture


def unfold_corrections(app: AppTest, key: str) -> None:
    """Unfold the ways to correct a picture, where they are folded."""
    if not app.session_state[state.adjust_key(key)]:
        app.session_state[state.adjust_key(key)] = True
        app.run()


def picture_key(app: AppTest, number: int = 0) -> str:
    """The key of this of the pictures, whose ways to correct are unfolded."""
    panels = [panel for panel in app.expander if panel.label == "Adjust the picture"]
    key = panels[number].key.removeprefix(state.adjust_key(""))
    unfold_corrections(app, key)
    return key


def correct(app: AppTest, key: str, what: str, value) -> None:
    """Move one of the ways to correct a picture, as a visitor does."""
    unfold_corrections(app, key)
    kind = {
        "invert": app.toggle,
        "background": app.button_group,
        "turn": app.button_group,
        "across": app.slider,
        "down": app.slider,
    }[what]
    kind(key=f"{what}_{key}").set_value(value).run()
    assert not app.exception


CORRECTIONS = {
    "invert": (True, Correction(invert=True)),
    "across": ((0, 55), Correction(crop=(0.0, 0.0, 0.55, 1.0))),
    "down": ((0, 40), Correction(crop=(0.0, 0.0, 1.0, 0.4))),
    "background": ("Dark", Correction(background="dark")),
    "turn": ("Left", Correction(turns=1)),
}


@pytest.mark.parametrize("what", CORRECTIONS)
def test_each_correction_changes_what_the_model_sees_and_its_answer_and_is_taken_back(what):
    value, correction = CORRECTIONS[what]
    model = checkpoints.load_model(catalog.recommended_path())
    prepared = prepare(shirt_beside_a_dark_pole(), correction)
    answer = predict.classify_pixels(model, prepared.pixels)
    app = upload(("shirt.png", png(shirt_beside_a_dark_pole())))
    key = picture_key(app)
    before, said = src_seen(app), answers(app)
    assert app.button(key=f"reset_{key}").disabled
    correct(app, key, what, value)
    assert src_seen(app) == [png_data_uri(prepared.pixels)] != before
    assert f"{CLASS_NAMES[answer.label]}, {answer.probs.max():.1%}" in answers(app)[0]
    app.button(key=f"reset_{key}").click().run()
    assert not app.exception
    assert src_seen(app) == before
    assert answers(app) == said
    assert app.button(key=f"reset_{key}").disabled


def test_a_background_can_be_said_to_be_patterned():
    app = upload(("shirt.png", png(shirt_beside_a_dark_pole())))
    key = picture_key(app)
    correct(app, key, "background", "Coloured or patterned")
    prepared = prepare(shirt_beside_a_dark_pole(), Correction(background="patterned"))
    assert src_seen(app) == [png_data_uri(prepared.pixels)]


def test_corrections_of_one_picture_leave_the_others_alone():
    app = upload(
        ("a.png", png(shirt_beside_a_dark_pole())), ("b.png", png(shirt_beside_a_dark_pole()))
    )
    first, second = src_seen(app)
    correct(app, picture_key(app, 1), "across", (0, 55))
    assert src_seen(app)[0] == first == second
    assert src_seen(app)[1] != second


def test_another_sample_begins_without_corrections():
    app, split = open_page("Samples"), data.load_split("test")
    indices = [int(text.value[1:]) for text in app.caption if text.value.startswith("#")]
    app.button[0].click().run()
    correct(app, "sample", "invert", True)
    correct(app, "sample", "across", (30, 70))
    app.button[1].click().run()
    assert not app.exception
    expected = prepare(Image.fromarray(split.pixels[indices[1]])).pixels
    assert src_seen(app) == [png_data_uri(expected)]


def test_another_photo_begins_without_corrections():
    app = open_page("Camera")
    for picture in (shirt_beside_a_dark_pole(), trousers()):
        content = io.BytesIO()
        picture.save(content, "JPEG")
        app.get("camera_input")[0].set_value(("photo.jpg", content.getvalue(), "image/jpeg")).run()
        prepared = prepare(open_picture(content.getvalue()))
        assert src_seen(app) == [png_data_uri(prepared.pixels)]
        correct(app, "photo", "invert", True)


def test_a_frame_that_is_pushed_together_stays_wide_enough():
    app = upload(("shirt.png", png(shirt_beside_a_dark_pole())))
    key = picture_key(app)
    for ends in ((100, 100), (0, 0), (50, 52)):
        correct(app, key, "across", ends)
        assert len(src_seen(app)) == 1


def test_the_frame_is_shown_on_the_picture():
    app = upload(("shirt.png", png(shirt_beside_a_dark_pole())))
    key = picture_key(app)
    correct(app, key, "across", (10, 60))
    upright = prepare(shirt_beside_a_dark_pole()).steps[0].picture
    shown = png_data_uri(framed(upright, (0.1, 0.0, 0.6, 1.0)))
    assert [text for text in html(app) if "What is in the frame counts" in text and shown in text]


def two_pieces() -> Image.Image:
    """A red piece on the left, and lower on the right a blue one."""
    picture = Image.new("RGB", (500, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(30, 20), (130, 20), (130, 180), (80, 120), (30, 180)], "red")
    draw.polygon([(350, 80), (470, 80), (470, 280), (410, 200), (350, 280)], "blue")
    return picture


def colours_in_frame(app: AppTest, key: str) -> set[str]:
    """Those of the two pieces that are in what counts, turned and framed as the page has it."""
    unfold_corrections(app, key)
    (left, right), (top, bottom) = (
        app.slider(key=f"{name}_{key}").value for name in ("across", "down")
    )
    crop = (left / 100, top / 100, right / 100, bottom / 100)
    turns = TURNS[app.button_group(key=f"turn_{key}").value]
    prepared = prepare(two_pieces(), Correction(crop=crop, turns=turns))
    assert src_seen(app) == [png_data_uri(prepared.pixels)]
    (part,) = [step.picture.astype(int) for step in prepared.steps if step.name == "Smaller"]
    is_red, is_blue = part[..., 0] > part[..., 2], part[..., 2] > part[..., 0]
    assert max(is_red.sum(), is_blue.sum()) > 5_000
    return {name for name, where in (("red", is_red), ("blue", is_blue)) if where.any()}


def test_a_frame_turns_with_the_picture():
    app = upload(("two.png", png(two_pieces())))
    key = picture_key(app)
    press(app, "Only piece 2")
    assert colours_in_frame(app, key) == {"blue"}
    upright = [slider.value for slider in app.slider]
    for turn in ("Left", "Right", "Upside down", "Right", "As it came"):
        correct(app, key, "turn", turn)
        assert colours_in_frame(app, key) == {"blue"}
    assert [slider.value for slider in app.slider] == upright
    away_and_back(app)  # the former turn is known there, too
    correct(app, key, "turn", "Left")
    away_and_back(app)
    correct(app, key, "turn", "Upside down")
    assert colours_in_frame(app, key) == {"blue"}
    correct(app, key, "across", (50, 52))
    for turn in ("Left", "Upside down"):  # pushed together, it stays where it is
        correct(app, key, "turn", turn)
    assert app.slider(key=f"across_{key}").value == (50, 55)


def away_and_back(app: AppTest) -> None:
    for page in ("glossary", "classify"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception


def test_pictures_keep_their_corrections_on_other_pages_until_they_are_removed():
    picture = png(shirt_beside_a_dark_pole())
    app = upload(("a.png", picture), ("b.png", picture))
    key = picture_key(app, 1)
    for what, (value, _) in CORRECTIONS.items():
        correct(app, key, what, value)
    before, said = src_seen(app), answers(app)
    away_and_back(app)
    assert src_seen(app) == before
    assert answers(app) == said
    away_and_back(app)  # without having drawn a change in between
    assert src_seen(app) == before
    unfold_corrections(app, key)
    assert app.slider(key=f"down_{key}").value != (0, 100)
    press(app, "Remove 2 pictures from before")
    assert state.kept_correction_key(key) not in app.session_state


def test_a_photo_and_a_sample_keep_their_corrections_on_other_pages_until_there_is_another():
    photo = ("photo.jpg", encoded(shirt_beside_a_dark_pole(), "JPEG"), "image/jpeg")
    app = open_page("Camera")
    app.get("camera_input")[0].set_value(photo).run()
    plain = src_seen(app)
    correct(app, "photo", "turn", "Left")
    turned = src_seen(app)
    away_and_back(app)
    assert src_seen(app) == turned != plain
    app.get("camera_input")[0].set_value(photo).run()
    assert src_seen(app) == plain
    app = open_page("Samples")
    app.button[0].click().run()
    correct(app, "sample", "invert", True)
    inverted = src_seen(app)
    away_and_back(app)
    assert src_seen(app) == inverted
    app.button[1].click().run()
    assert src_seen(app) != inverted
    unfold_corrections(app, "sample")
    assert not app.toggle(key="invert_sample").value


# Two models


def said_by_two(app: AppTest) -> list[str]:
    """The headings of both answers, A's first."""
    (text,) = [text for text in html(app) if 'class="answer"' in text]
    heads = re.findall(r"<h3>(.*?)</h3>", text)
    assert all("<span>" in head for head in heads)  # the name, which is not broken
    return [re.sub("</?span>", "", head) for head in heads]


def expected_of(model_id: str, picture: Image.Image) -> tuple[str, np.ndarray]:
    """The heading and the probabilities of one shipped model's answer."""
    model = checkpoints.load_model(files.PRETRAINED_DIR / f"{model_id}.pt")
    answer = predict.classify_pixels(model, prepare(picture).pixels)
    known = f"{CLASS_NAMES[answer.label]}, {answer.probs.max():.1%}"
    return known if answer.recognised else f"Perhaps {known}", answer.probs


def test_a_second_model_answers_beside_the_first_and_is_off_by_default():
    app = upload(("trousers.png", png(trousers())))
    picker = app.selectbox(key="classify_with_picker")
    assert picker.value is None
    assert len(said_by_two(app)) == 1
    picker.select("fashion_cnn").run()
    assert not app.exception
    (head_a, probs_a), (head_b, probs_b) = (
        expected_of(name, trousers()) for name in (catalog.RECOMMENDED, "fashion_cnn")
    )
    assert said_by_two(app) == [head_a, head_b]
    (text,) = answers(app)
    for name, a, b in zip(CLASS_NAMES, probs_a, probs_b, strict=True):
        assert f"{name} A {a:.1%} B {b:.1%}" in text
    assert "fashion_cnn" in app.query_params["with"]
    app.selectbox(key="classify_with_picker").set_value(None).run()
    assert said_by_two(app) == [head_a]
    assert "with" not in app.query_params


def test_the_second_model_comes_from_the_url_and_survives_another_page():
    app_page.open_page("classify", way="")
    app = app_page.open_page("classify", way="Samples", **{"with": "fashion_cnn"})
    app.button[3].click().run()
    assert len(said_by_two(app)) == 2
    assert answers(app)[0].count("the true label is Dress") == 2
    app.switch_page("pages/runs.py").run()
    app.switch_page("pages/classify.py").run()
    assert app.selectbox(key="classify_with_picker").value == "fashion_cnn"


def test_a_second_model_that_is_not_there_or_damaged_leaves_the_first_its_answer(unsure_model):
    app = app_page.open_page("classify", **{"with": "nosuch"})
    assert "not here" in app.toast[0].value
    assert app.selectbox(key="classify_with_picker").value is None
    path = folders.run_dir_of(unsure_model) / "model.pt"
    path.write_bytes(path.read_bytes()[:1000])
    app = app_page.open_page("classify", way="Upload", **{"with": unsure_model})
    app.file_uploader[0].set_value([("trousers.png", png(trousers()), "image/png")]).run()
    assert not app.exception
    assert "not a model file" in app.error[0].value.replace("\\", "")
    assert len(said_by_two(app)) == 1


def test_of_somebody_dressed_the_surer_part_is_answered_and_the_others_are_a_click_away():
    app = upload(("worn.png", png(somebody())))
    (choice,) = [group for group in app.button_group if group.label.startswith("Somebody")]
    assert (choice.options, choice.value) == (["Whole picture", UPPER, LOWER], UPPER)
    (upper,) = answers(app)
    assert upper.startswith("Pullover, 9")
    choice.set_value(LOWER).run()
    assert not app.exception
    (lower,) = answers(app)
    assert lower.startswith("Trouser, ")
    app.button_group(key=choice.key).set_value("Whole picture").run()
    assert answers(app) not in ([upper], [lower])


def test_a_garment_on_its_side_is_answered_upright_and_as_it_came_a_click_away():
    lying = trousers().transpose(Image.Transpose.ROTATE_90)
    app = upload(("lying.png", png(lying)))
    (choice,) = [group for group in app.button_group if "on its side" in group.label]
    assert (choice.options, choice.value) == (["Whole picture", LEFT, RIGHT], RIGHT)
    assert answers(app)[0].startswith("Trouser, ")
    choice.set_value("Whole picture").run()
    assert not app.exception
    assert not answers(app)[0].startswith("Trouser, ")
    assert app.button_group(key=choice.key).value == "Whole picture"
    app = upload(("trousers.png", png(trousers())))
    assert not [group for group in app.button_group if group.label.endswith("What counts:")]


def what_counts(app: AppTest):
    (choice,) = [group for group in app.button_group if group.label.endswith("What counts:")]
    return choice


def test_what_counts_stays_as_it_was_picked_until_the_corrections_are_taken_back():
    app = upload(("worn.png", png(somebody())))
    key = picture_key(app)
    what_counts(app).set_value(LOWER).run()
    before = answers(app)
    correct(app, key, "across", (20, 80))
    assert what_counts(app).value == LOWER
    correct(app, key, "across", (0, 100))
    assert what_counts(app).value == LOWER
    away_and_back(app)
    assert what_counts(app).value == LOWER
    assert answers(app) == before
    correct(app, key, "across", (20, 80))
    press(app, "Take corrections back")
    assert what_counts(app).value == UPPER


def test_of_two_garments_in_one_picture_each_is_offered_as_a_frame():
    sheet = Image.new("RGB", (640, 400), "white")
    for place in (0, 320):
        sheet.paste(trousers().resize((300, 400)), (place, 0))
    app = upload(("two.png", png(sheet)))
    assert "There seem to be 2 pieces here" in words(app)
    press(app, "Only piece 2")
    picture_key(app)
    (across,) = [slider.value for slider in app.slider if "left to right" in slider.label]
    assert across[0] > 45
    assert [said.split(",")[0] for said in answers(app)] == ["Trouser"]
    assert "pieces here" not in words(app)
    press(app, "Take corrections back")
    assert "There seem to be 2 pieces here" in words(app)


SKETCH = files.PROJECT_DIR / "tests" / "recognition" / "sketch" / "trouser-1.png"


def draw_sketch(app: AppTest) -> None:
    """A drawing on the canvas, which AppTest does not run."""
    app.session_state[state.DRAWING] = {
        "strokes": [{"type": "path"}],
        "pixels": np.asarray(Image.open(SKETCH).convert("RGBA")),
    }
    app.run()
    assert not app.exception


def test_home_says_why_a_drawing_is_blank_and_links_to_no_black_picture():
    app = open_page()
    draw_sketch(app)
    for frame, is_blank in (((0, 5), True), ((0, 100), False)):
        app.switch_page("pages/classify.py").run()
        correct(app, "drawing", "across", frame)
        app.switch_page("pages/home.py").run()
        assert not app.exception
        assert ("There is nothing to see" in words(app)) == is_blank
        assert ("You have framed a part of it on Classify." in words(app)) == is_blank
        labels = [link.proto.label for link in app.get("page_link")]
        assert "Open on Classify" in labels
        assert labels.count("Look inside") == (0 if is_blank else 1)
        looks = [each for each in app.expander if each.label == "Where it looks"]
        assert len(looks) == (0 if is_blank else 1)


def test_the_example_takes_over_nothing_of_the_drawing_that_was_cleared():
    app = open_page()
    draw_sketch(app)
    correct(app, "drawing", "invert", True)
    correct(app, "drawing", "across", (0, 40))
    press(app, "Clear")
    press(app, "Start with an example")
    unfold_corrections(app, "drawing")
    assert not app.toggle(key="invert_drawing").value
    assert app.slider(key="across_drawing").value == (0, 100)
    assert state.CLEARED not in app.session_state
    press(app, "Undo")
    press(app, "Start with an example")
    assert state.UNDONE not in app.session_state


def clear_twice() -> None:
    """The second time before the browser has heard that the button is disabled."""
    import streamlit as st

    from pages.parts import state
    from pages.parts.classify import canvas

    st.session_state.update({state.REPLACED: [], state.KNOWN_DRAWINGS: [], state.CANVAS_START: {}})
    st.session_state[state.DRAWING] = {"strokes": [{"type": "path"}]}
    canvas.clear()
    canvas.clear()
    canvas.undo()


def test_a_second_click_on_clear_still_leaves_the_drawing_to_undo():
    app = AppTest.from_function(clear_twice).run()
    assert not app.exception
    assert app.session_state[state.DRAWING]["strokes"] == [{"type": "path"}]


def test_the_drawing_keeps_its_correction_on_other_pages():
    app = open_page("classify")
    draw_sketch(app)
    unfold_corrections(app, "drawing")
    app.segmented_control(key=state.correction_key("turn", "drawing")).set_value("Left").run()
    app.switch_page("pages/lesson.py").run().run()
    app.switch_page("pages/classify.py").run()
    unfold_corrections(app, "drawing")
    turn = app.segmented_control(key=state.correction_key("turn", "drawing"))
    assert turn.value == "Left"
    drawing = app.session_state[state.DRAWING]
    app.session_state[state.DRAWING] = {}  # the canvas was cleared
    app.run()
    app.session_state[state.DRAWING] = drawing
    app.run()
    unfold_corrections(app, "drawing")
    turn = app.segmented_control(key=state.correction_key("turn", "drawing"))
    assert turn.value == "As it came"
