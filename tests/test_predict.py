"""fashion_core.predict: every image is asked once, in order, and the model is left as it was."""

import numpy as np
import pytest
import torch

from fashion_core import catalog, checkpoints
from fashion_core.data import load_split
from fashion_core.models import build_model
from fashion_core.predict import (
    PART_MARGIN,
    classify_pixels,
    is_line_drawing,
    kept_answer,
    ood_score,
    part_is_surer,
    predict_logits,
    predict_probs,
    recognised,
    softmax,
    surest_turns,
)
from fashion_core.transforms import normalise


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return build_model("FashionCNN").eval()


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (25, 28, 28), dtype=np.uint8)


def test_probabilities_equal_a_plain_forward_pass(model, pixels):
    with torch.no_grad():
        expected = model(normalise(torch.from_numpy(pixels))).softmax(1).numpy()
    np.testing.assert_allclose(predict_probs(model, pixels), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 7, 25, 100])
def test_every_image_is_covered_whatever_the_batch(model, pixels, batch_size):
    whole = predict_logits(model, pixels)
    np.testing.assert_allclose(
        predict_logits(model, pixels, batch_size), whole, rtol=1e-4, atol=1e-5
    )


def test_no_image_at_all_gives_no_row(model):
    assert predict_probs(model, np.zeros((0, 28, 28), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize("training", [True, False])
def test_the_models_mode_is_restored(model, pixels, training):
    model.train(training)
    predict_logits(model, pixels)
    assert model.training is training


def test_softmax_and_ood_score_equal_torch_even_for_large_logits():
    logits = np.float32([[1000, 0, -1000], [1, 2, 3]])
    tensor = torch.from_numpy(logits)
    np.testing.assert_allclose(softmax(logits), tensor.softmax(1), rtol=1e-6)
    even = torch.full((2, 3), 1 / 3)
    expected = torch.nn.functional.cross_entropy(tensor, even, reduction="none")
    np.testing.assert_allclose(-ood_score(logits), expected, rtol=1e-6)


def test_the_ood_score_is_greatest_for_even_probabilities_whatever_the_level_of_the_logits():
    even = np.full((1, 10), 7.0, np.float32)
    torn = even.copy()
    torn[0, :2] += 9  # between two classes, but sure that it is none of the others
    assert ood_score(even)[0] == pytest.approx(-np.log(10))
    assert ood_score(torn)[0] < -7


def test_probabilities_are_those_of_the_logits_at_the_models_temperature(model, pixels):
    plain = predict_logits(model, pixels)
    try:
        model.temperature = 2.0
        np.testing.assert_allclose(predict_probs(model, pixels), softmax(plain / 2), rtol=1e-5)
    finally:
        del model.temperature


def test_the_answer_is_the_top_class(model, pixels):
    answer = classify_pixels(model, pixels[0])
    assert answer.label == int(answer.probs.argmax())
    assert answer.probs.sum() == pytest.approx(1)


def test_lines_have_a_threshold_of_their_own(model):
    cloth, lines = np.zeros((2, 28, 28), np.uint8)
    cloth[4:24, 6:22] = 120
    lines[[4, 23], 6:22] = lines[4:24, [6, 21]] = 255  # an outline
    pixels = np.stack([cloth, lines])
    assert is_line_drawing(pixels).tolist() == [False, True]
    logits = predict_logits(model, pixels)
    try:
        model.ood_threshold, model.line_ood_threshold = 0.0, -100.0
        assert recognised(model, logits, pixels).tolist() == [True, False]
    finally:
        del model.ood_threshold, model.line_ood_threshold


def test_above_the_ood_threshold_nothing_is_recognised(model, pixels):
    level = float(ood_score(predict_logits(model, pixels[:1]))[0])
    try:
        model.ood_threshold = level + 0.01
        assert classify_pixels(model, pixels[0]).recognised
        model.ood_threshold = level - 0.01
        assert not classify_pixels(model, pixels[0]).recognised
    finally:
        del model.ood_threshold


def test_a_kept_answer_is_doubted_as_the_answer_of_the_model_is():
    """Of test images and of what is no garment, from the probabilities and the card alone."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
    outline = np.zeros((28, 28), np.uint8)
    outline[[4, 23], 6:22] = outline[4:24, [6, 21]] = 255
    blank = np.zeros((28, 28), np.uint8)
    pictures = [*load_split("test").pixels[:40], *noise, outline, blank]
    entry = next(each for each in catalog.list_models() if each.model_id == catalog.RECOMMENDED)
    shipped = checkpoints.load_model(entry.path)
    said = [classify_pixels(shipped, each) for each in pictures]
    kept = [
        kept_answer(entry.card, answer.probs, each)
        for answer, each in zip(said, pictures, strict=True)
    ]
    assert [each.recognised for each in kept] == [each.recognised for each in said]
    assert {each.recognised for each in said[:-1]} == {True, False}
    assert [each.label for each in kept] == [each.label for each in said]


def test_an_empty_picture_is_never_recognised(model):
    assert not classify_pixels(model, np.zeros((28, 28), np.uint8)).recognised


def test_other_shapes_are_refused(model):
    with pytest.raises(ValueError, match="pixels must be"):
        classify_pixels(model, np.zeros((1, 28, 28), np.uint8))


class Known(torch.nn.Linear):
    """Its ood_score falls with the brightness of a picture's upper left pixel."""

    def forward(self, images):
        bright = images[:, 0, 0, 0] - normalise(torch.zeros(1, 28, 28, dtype=torch.uint8)).min()
        return 5 * bright[:, None] * torch.eye(10)[:1]


def test_a_part_is_preferred_unless_it_is_clearly_more_unlike_what_the_model_knows():
    whole, part = np.full((4, 28, 28), 100, np.uint8), np.full((4, 28, 28), 200, np.uint8)
    part[1], part[2], part[3] = 90, 40, 0
    scores = [ood_score(predict_logits(Known(1, 1), each)) for each in (whole, part)]
    assert 0 < scores[1][1] - scores[0][1] < PART_MARGIN < scores[1][2] - scores[0][2]
    assert part_is_surer(Known(1, 1), whole, part).tolist() == [True, True, False, False]
    assert not part_is_surer(Known(1, 1), whole, np.zeros_like(whole)).any()


def test_a_picture_is_turned_where_that_is_much_surer_and_never_a_line_drawing():
    corners = [(0, 0), (0, -1), (-1, -1), (-1, 0)]  # clockwise
    pixels = np.full((5, 28, 28), 50, np.uint8)
    for picture, corner in zip(pixels, corners, strict=False):
        picture[corner] = 255
    pixels[4, 2:-2, 2:-2], pixels[4, 0, -1] = 0, 255  # lines only
    assert surest_turns(Known(1, 1), pixels).tolist() == [0, 1, 0, 3, 0]
    pixels[1, 0, 0] = 240  # hardly less
    assert surest_turns(Known(1, 1), pixels[1:2]).tolist() == [0]
