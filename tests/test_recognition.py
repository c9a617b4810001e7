"""The recommended model names other people's pictures, and doubts what is none of the ten."""

import numpy as np
import pytest
from recognition_set import KINDS, answers, recalls

from fashion_core import checkpoints


@pytest.fixture(scope="module")
def answered():
    """Per kind: labels, top classes, recognised."""
    model = checkpoints.load_model(checkpoints.recommended_path())
    return {kind: answers(model, kind) for kind in (*KINDS, "other")}


@pytest.mark.parametrize(("kind", "bar"), [("sketch", 0.8), ("photo", 0.7), ("icon", 0.82)])
def test_pictures_that_no_model_has_learnt_from_are_named(answered, kind, bar):
    labels, preds, _ = answered[kind]
    assert recalls(labels, preds).mean() >= bar


def test_what_is_none_of_the_ten_is_doubted_and_garments_are_not(answered):
    garments = np.concatenate([answered[kind][2] for kind in KINDS])
    assert np.mean(~answered["other"][2]) >= 0.9
    assert np.mean(~garments) <= 0.05
