"""fashion_core.kept_answers: what is kept is what the model says, and only of this very model."""

import numpy as np
import pytest

from fashion_core import checkpoints, data, files, kept_answers, predict


@pytest.fixture
def model_path(checkpoint_path):
    return checkpoint_path


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(size=(10_000, 10)).astype(np.float32) * 5


def test_answers_come_back_with_the_same_top_classes(model_path, logits):
    kept_answers.save_answers(model_path, logits)
    kept = kept_answers.read_answers(model_path)
    assert kept.dtype == np.float32
    assert np.array_equal(kept.argmax(1), logits.argmax(1))
    assert np.abs(kept - logits).max() < 0.01


def test_a_tie_in_short_numbers_is_kept_in_full(model_path, logits):
    logits[0] = 0
    logits[0, 3], logits[0, 2] = 20.0001, 20.0
    kept_answers.save_answers(model_path, logits)
    assert kept_answers.read_answers(model_path)[0].argmax() == 3


def test_numbers_too_large_to_be_short_are_kept_in_full(model_path, logits):
    logits[5, 5] = -1e6
    kept_answers.save_answers(model_path, logits)
    assert np.array_equal(kept_answers.read_answers(model_path), logits)


def test_answers_of_a_model_that_was_replaced_meanwhile_do_not_count(model_path, logits):
    digest = files.digest_of(model_path)
    with model_path.open("ab") as file:
        file.write(b"changed")
    kept_answers.save_answers(model_path, logits, digest)
    assert kept_answers.read_answers(model_path) is None


def test_answers_of_another_model_or_broken_ones_do_not_count(model_path, logits):
    assert kept_answers.read_answers(model_path) is None
    kept_answers.save_answers(model_path, logits)
    path = kept_answers.answers_path(model_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    assert kept_answers.read_answers(model_path) is None
    path.write_bytes(whole)
    with model_path.open("ab") as file:
        file.write(b"changed")
    assert kept_answers.read_answers(model_path) is None


def test_every_shipped_model_comes_with_the_answers_that_it_gives():
    split = data.load_split("test")
    for path in sorted(files.PRETRAINED_DIR.glob("*.pt")):
        kept = kept_answers.read_answers(path)
        assert kept is not None, path
        some = slice(0, 10_000, 500)
        logits = predict.predict_logits(checkpoints.load_model(path), split.pixels[some])
        assert np.array_equal(kept[some].argmax(1), logits.argmax(1))
        assert np.abs(kept[some] - logits).max() < 0.05
