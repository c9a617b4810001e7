"""fashion_core.distillation: the shipped answers are the teacher's, others are refused."""

import shutil

import numpy as np
import pytest

from fashion_core import checkpoints, distillation, files, predict
from fashion_core.data import load_split
from fashion_core.errors import TeacherError


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The teacher and its answers in a folder of their own."""
    for path in (distillation.answers_path(), distillation.teacher_path()):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(files, "PRETRAINED_DIR", tmp_path)
    return tmp_path


def test_the_shipped_answers_are_the_teachers_to_the_images_and_each_mixed_copy():
    train = load_split("train").pixels
    chosen = np.linspace(0, len(train) - 1, 20).astype(int)
    model = checkpoints.load_model(distillation.teacher_path())
    copies = zip(distillation.read_answers(), distillation.mixed_copies(train), strict=True)
    for answers, pixels in copies:
        (fresh,) = distillation.ask_teacher(pixels[chosen])
        # Rounded to bfloat16 on the way
        np.testing.assert_allclose(answers[chosen], fresh, atol=0.3)
        exact = predict.predict_logits(model, pixels[chosen, :, ::-1].copy()) * model.temperature
        np.testing.assert_allclose(answers[chosen], exact, atol=0.5)  # to a mirror image the same


def test_the_teacher_is_right_about_nearly_all_training_images():
    assert (distillation.read_answers()[0].argmax(1) == load_split("train").labels).mean() > 0.96


def test_in_a_mixture_an_image_keeps_at_least_half_of_its_weight():
    greys = np.arange(0, 250, 5, dtype=np.uint8)  # of one image each
    pixels = np.broadcast_to(greys[:, None, None], (50, 28, 28))
    copies = np.stack(list(distillation.mixed_copies(pixels)))
    np.testing.assert_array_equal(copies, list(distillation.mixed_copies(pixels)))
    np.testing.assert_array_equal(copies[0], pixels)
    some = np.array([7, 0, 49])
    np.testing.assert_array_equal(copies[:, some], list(distillation.mixed_copies(pixels, some)))
    mixed = copies[1:, :, 0, 0].astype(int)
    np.testing.assert_array_equal(
        copies[1:], np.broadcast_to(mixed[..., None, None], (4, 50, 28, 28))
    )
    share = (mixed - greys) / 245  # of the longest way to another grey
    assert -0.5 <= share.min() < -0.2
    assert 0.2 < share.max() <= 0.5
    assert (mixed != greys).mean() > 0.8
    assert len({tuple(row) for row in mixed}) == distillation.MIXTURES


def test_answers_are_kept_as_they_were_given(copied):
    answers = (
        np.random.default_rng(0)
        .normal(size=(1 + distillation.MIXTURES, 55_000, 10))
        .astype(np.float16)
    )
    distillation.save_answers(answers)
    np.testing.assert_array_equal(distillation.read_answers(), answers)


def test_another_teachers_answers_are_refused(copied):
    distillation.teacher_path().write_bytes(b"another model")
    with pytest.raises(TeacherError, match="another teacher"):
        distillation.read_answers()


def test_a_missing_teacher_is_told_from_another_one(copied):
    distillation.teacher_path().unlink()
    with pytest.raises(TeacherError, match=r"wide_residual_net\.pt, is missing"):
        distillation.read_answers()


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no archive"])
def test_missing_and_damaged_answers_are_refused(copied, content):
    path = distillation.answers_path()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TeacherError, match="ask-teacher"):
        distillation.read_answers()


def test_answers_of_another_shape_are_refused(copied):
    distillation.save_answers(np.zeros((55_000, 10)))  # as before there were mixtures
    with pytest.raises(TeacherError, match=r"ten numbers.*ask-teacher"):
        distillation.read_answers()
