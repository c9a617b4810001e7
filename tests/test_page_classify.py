"""The Classify page, run by Streamlit itself: what is brought to it, good and bad. Strokes need a real browser."""

import io
import re

import app_page
import numpy as np
import pytest
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from fashion_core import checkpoints, data, pictures, predict, runs
from fashion_core.config import TrainConfig
from fashion_core.metadata import CLASS_NAMES


@pytest.fixture(autouse=True)
def _own_runs(runs_dir):
    """No runs but the test's own."""


@pytest.fixture
def unsure_model():
    """The id of a run whose model is the shipped one, but takes nothing for something it knows."""
    shipped = checkpoints.read_checkpoint(checkpoints.recommended_path())
    run_id = runs.create_run(TrainConfig(), "Knows nothing")
    folder = runs.run_dir_of(run_id)
    metrics = shipped.metrics | {"known_certainty": 1e9}
    checkpoints.save_checkpoint(folder / "model.pt", shipped.config, shipped.weights, metrics)
    runs.write_json(folder / "status.json", {"state": "finished", "epoch": 1})
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
    return [" ".join(re.sub(r"<[^>]*>", " ", text).split()) for text in html(app) if 'class="answer"' in text]


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
    model = checkpoints.load_model(checkpoints.recommended_path())
    probs = predict.classify_pixels(model, pictures.prepare(trousers()).pixels).probs
    (said,) = answers(upload(("trousers.png", png(trousers()))))
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
        ("b.png", png(trousers().convert("L"))),
    )
    assert [said.split(",")[0] for said in answers(app)] == ["Trouser", "Trouser"]
    sentences = [error.value for error in app.error]
    assert [
        words for words, text in zip(("not a PNG", "damaged", "1 × 1"), sentences, strict=True) if words in text
    ] == [
        "not a PNG",
        "damaged",
        "1 × 1",
    ]
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


def test_a_photo_is_answered():
    app = open_page("Camera")
    buffer = io.BytesIO()
    trousers().save(buffer, "JPEG")
    app.get("camera_input")[0].set_value(("photo.jpg", buffer.getvalue(), "image/jpeg")).run()
    assert not app.exception
    assert answers(app)[0].startswith("Trouser")


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
    model = checkpoints.load_model(checkpoints.recommended_path())
    index = int(next(text.value for text in app.caption if text.value.startswith("#"))[1:])
    app.button[0].click().run()
    probs = predict.predict_probs(model, split.pixels[index : index + 1])[0]
    said = float(re.search(r", ([\d.]+)%", answers(app)[0])[1]) / 100
    assert said == pytest.approx(probs.max(), abs=0.15)


def test_a_picture_unlike_anything_known_is_said_to_be_so(unsure_model):
    (said,) = answers(upload(("trousers.png", png(trousers())), model=unsure_model))
    assert said.startswith("I do not know this")
    assert "does not look like anything the model knows. If it had to choose: Trouser" in said


def test_low_confidence_names_the_two_candidates():
    model, rng = checkpoints.load_model(checkpoints.recommended_path()), np.random.default_rng(0)
    answer = None
    while answer is None or not answer.recognised or answer.probs.max() > 0.55:
        picture = Image.new("L", (200, 200), 255)
        ImageDraw.Draw(picture).polygon(rng.integers(20, 180, 8).tolist(), fill=0)
        answer = predict.classify_pixels(model, pictures.prepare(picture).pixels)
    best, second = (CLASS_NAMES[i] for i in answer.probs.argsort()[::-1][:2])
    (said,) = answers(upload(("blob.png", png(picture))))
    assert f"Not sure: it wavers between {best} and {second}" in said


def test_the_steps_are_drawn_once_they_are_unfolded():
    app = open_page("Samples")
    app.button[0].click().run()
    assert not any('class="steps"' in text for text in html(app))
    app.session_state["steps_sample"] = True
    app.run()
    (steps,) = [text for text in html(app) if 'class="steps"' in text]
    prepared = pictures.prepare(Image.new("L", (28, 28)))
    assert steps.count("<figure>") == 8
    assert all(f"<b>{step.name}.</b>" in steps for step in prepared.steps)


def test_without_data_only_samples_explains_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "none"))
    st.cache_resource.clear()
    app = upload(("trousers.png", png(trousers())))
    assert answers(app)[0].startswith("Trouser")
    app.button_group(key="way").set_value("Samples").run()
    assert not app.exception
    assert any("not here yet" in warning.value for warning in app.warning)
    app.button_group(key="way").set_value("Draw").run()
    assert any("The answer appears here" in text.value for text in app.markdown)


def test_without_any_model_the_way_to_one_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "PRETRAINED_DIR", tmp_path)
    for way in ("Draw", "Upload", "Camera", "Samples"):
        app = open_page(way)
        assert any("Train one" in info.value for info in app.info)


def test_a_model_file_that_is_damaged_meanwhile_ends_in_a_sentence(unsure_model):
    app = upload(("trousers.png", png(trousers())), model=unsure_model)
    path = runs.run_dir_of(unsure_model) / "model.pt"
    path.write_bytes(path.read_bytes()[:1000])
    app.run()
    assert not app.exception
    assert answers(app) == []
    assert "not a model file" in app.error[0].value.replace("\\", "")
