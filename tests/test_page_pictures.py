"""People's pictures on the pages: as another set to browse, and as what a run learns from."""

import dataclasses
import json
from urllib.parse import parse_qsl

import numpy as np
import pytest
from app_page import open_page, words
from made_pictures import shirt
from test_my_pictures import made

from fashion_core import checkpoints, my_pictures, picture_report, picture_sets
from fashion_core.files import PRETRAINED_DIR
from fashion_core.metadata import OUTLIER
from pages.parts.images import source
from pages.parts.images.source import describe_image

WORDS = ("t-shirt", "pants", "sweater")


@pytest.fixture
def pictures_dir(tmp_path, monkeypatch):
    """Thirty drawings of each of three words, boxes of different heights."""
    folder = tmp_path / "pictures" / "quickdraw"
    folder.mkdir(parents=True)
    for word in WORDS:
        lines = []
        for key in range(30):
            high = 60 + 5 * key
            strokes = [[[0, 100, 100, 0, 0], [0, 0, high, high, 0]]]
            known = {"word": word, "key_id": f"{word}{key}", "recognized": True}
            lines.append(json.dumps(known | {"drawing": strokes}))
        (folder / f"{word}.ndjson").write_text("\n".join(lines))
    (folder / "LICENSE.txt").write_text("Drawn for a test, free to use.")
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "pictures"))
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "prepared")
    return folder


def held_out(folder) -> int:
    return len(picture_sets.load_picture_set(folder).part("test").keys)


def test_predictions_shows_the_drawings_that_nothing_learned_from(pictures_dir):
    app = open_page("predictions", model="fashion_cnn", images="People's drawings")
    assert not app.exception
    assert f"of {held_out(pictures_dir)} images" in words(app)
    assert "Drawn for a test, free to use." in words(app)
    app.number_input(key="index").set_value(0).run()
    assert not app.exception
    assert "Image 0" in words(app)


def test_another_page_opens_on_the_test_images_and_on_what_its_link_says(pictures_dir):
    app = open_page("predictions", model="fashion_cnn", images="People's drawings")
    app.query_params.pop("images")
    app.switch_page("pages/confusion_matrix.py").run()
    assert not app.exception
    assert "10,000" in app.metric[0].help
    app.query_params["images"] = "People's drawings"
    app.switch_page("pages/predictions.py").run()
    assert not app.exception
    assert f"of {held_out(pictures_dir)} images" in words(app)


def test_a_public_copy_shows_nobody_the_pictures_in_its_folder(pictures_dir, monkeypatch):
    my_pictures.my_folder().add([made(0, 100)])
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page("predictions", model="fashion_cnn", images="My pictures")
    assert "of 10,000 images" in words(app)


def test_the_matrix_counts_the_drawings(pictures_dir):
    app = open_page("confusion_matrix", model="fashion_cnn", images="People's drawings")
    assert not app.exception
    assert f"of {held_out(pictures_dir)} images" in str([each.delta for each in app.metric])
    assert "10,000" not in app.metric[0].help


def test_a_folder_of_ones_own_shows_what_evaluate_measures_of_whole_pictures(tmp_path, monkeypatch):
    folder = tmp_path / "pictures" / "test"  # a name that a split has, too
    for name in ("Shirt", "T-shirt_top|Shirt", "Trousers", "Bag"):
        (folder / name).mkdir(parents=True)
    for place, name in enumerate(("Shirt", "Shirt", "T-shirt_top|Shirt")):
        shirt(fill=("red", "green", "blue")[place]).save(folder / name / f"{place}.png")
    (folder / "Bag" / "half.png").write_bytes(b"half")
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(folder.parent))
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "prepared")
    app = open_page("predictions", model="fashion_cnn", images="test")
    said = words(app)
    assert "of 3 images" in said
    assert "1 may be of either of two classes: either answer is right" in said
    assert "The folder Trousers is named like no class and was left out." in said
    model = checkpoints.load_model(PRETRAINED_DIR / "fashion_cnn.pt")
    report = picture_report.report_on(model, picture_sets.load_picture_set(folder))
    assert f"{report['accuracy']:.1%} are right, as the mean over the classes" in said
    assert f"doubts {report['doubted']:.1%}." in said


def test_an_image_of_a_set_is_called_as_visitors_call_the_set():
    names = ("test", "train", "set/train", "set/quickdraw", "set/my-pictures")
    told = [describe_image(name, 3) for name in names]
    assert told == [
        "Test image 3",
        "Training image 3",
        "train, image 3",
        "People's drawings, image 3",
        "My pictures, image 3",
    ]


def test_the_scores_follow_a_picture_that_got_another_label(pictures_dir):
    mine = my_pictures.my_folder()
    mine.add([made(0, 100)])
    (kept,) = mine.read_all()
    seen = set()
    for label in range(10):
        mine.relabel(kept.picture_id, label)
        app = open_page("confusion_matrix", model="fashion_cnn", images="My pictures")
        seen.add(app.metric[0].value)
    assert seen == {"0.0%", "100.0%"}


def test_a_set_that_is_gone_or_empty_is_said_and_the_test_images_stay(pictures_dir):
    for path in pictures_dir.glob("*.ndjson"):
        path.unlink()
    app = open_page("predictions", model="fashion_cnn", images="People's drawings")
    assert "holds no picture that can be used" in app.error[0].value
    assert "of 10,000 images" in words(app)


def test_without_sets_nothing_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "none"))
    app = open_page("predictions", model="fashion_cnn", images="People's drawings")
    assert "of 10,000 images" in words(app)


def test_train_says_what_of_peoples_pictures_is_here(pictures_dir):
    app = open_page("train")
    said = words(app)
    assert (
        "By people, here: 90 drawings; about six in ten are learned, the others held out." in said
    )
    assert "fetch-pictures clothing" in said
    app.number_input(key="train_drawings").set_value(0.2).run()
    assert "Fashion-MNIST's own 55,000 images: 80% of each batch." in words(app)


def test_homes_link_opens_the_drawings(pictures_dir):
    app = open_page("home", model="all_round_net")
    link = next(each for each in app.get("page_link") if "See what it calls" in each.proto.label)
    asked = dict(parse_qsl(link.proto.query_string))
    app = open_page("predictions", model="all_round_net", **asked)
    assert f"of {held_out(pictures_dir)} images" in words(app)


def test_my_own_pictures_are_judged_as_they_were_answered(pictures_dir):
    mine, brought = my_pictures.my_folder(), made(1, 100)
    as_answered = np.rot90(brought[0].pixels)
    mine.add([(dataclasses.replace(brought[0], pixels=as_answered), brought[1])])
    split = source._read_set("my-pictures")
    np.testing.assert_array_equal(split.pixels, as_answered[None])


def test_my_own_pictures_count_by_the_best_guess_and_the_others_are_said(pictures_dir):
    mine = my_pictures.my_folder()
    mine.add([made(1, 100)])
    app = open_page("confusion_matrix", model="fashion_cnn", images="My pictures")
    assert "Here the best guess counts, in doubt too" in words(app)
    assert "Left out" not in words(app)
    mine.add([made(OUTLIER, 60), made(OUTLIER, 70), made(my_pictures.UNLABELLED, 80)])
    app = open_page("predictions", model="fashion_cnn", images="My pictures")
    assert "Left out: 2 labelled “none of these” and 1 without a label." in words(app)
    assert "What could not be used" not in words(app)


def test_pictures_of_which_none_has_a_label_are_said_to_have_none(pictures_dir):
    my_pictures.my_folder().add([made(my_pictures.UNLABELLED, 100)])
    app = open_page("predictions", model="fashion_cnn", images="My pictures")
    assert "none has one of the ten classes as its label" in app.error[0].value
    assert str(pictures_dir.parent) not in words(app)
