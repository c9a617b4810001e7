"""pages.parts.cached: a model's answers are asked for once, in a job where that takes long."""

import app_page
import numpy as np
import pytest
from run_folders import make_run
from waiting import wait_for

from fashion_core import catalog, kept_answers, predict
from fashion_core.data import load_split
from fashion_core.runs import folders
from pages.parts import cached


@pytest.fixture
def model_path(runs_dir, checkpoint_path):
    """The model of a run without answers, as an imported or stopped one is."""
    return folders.read_run(make_run("Brought", checkpoint_path=checkpoint_path)).model_path


def open_predictions(model_path):
    return app_page.open_page("predictions", model=model_path.parent.name)


def test_answers_that_were_asked_for_are_kept_beside_the_model(model_path):
    assert "10,000 images" in app_page.words(open_predictions(model_path))
    assert kept_answers.read_answers(model_path) is not None


def test_a_slow_model_is_asked_by_a_job_that_goes_on_without_the_page(model_path, monkeypatch):
    monkeypatch.setattr(cached, "JOB_SECONDS", 0)
    for _ in range(2):  # the second visit finds the job at work, not another one
        page = app_page.words(open_predictions(model_path))
        assert "You can leave this page meanwhile" in page
        assert "10,000 images" not in page
    wait_for(lambda: kept_answers.read_answers(model_path) is not None, "the answers")
    assert "10,000 images" in app_page.words(open_predictions(model_path))


def test_one_picture_of_many_that_is_replaced_is_asked_anew(monkeypatch):
    """Of larger arrays Streamlit compares some numbers only."""
    entry = next(each for each in catalog.list_models() if each.model_id == "fashion_cnn")
    pixels = load_split("test").pixels[: 3 * cached.PART - 1].copy()
    cached.logits_in_parts(entry, pixels, "these")
    asked = []
    predict_logits = predict.predict_logits

    def count(model, part):
        asked.append(len(part))
        return predict_logits(model, part)

    monkeypatch.setattr(cached.predict, "predict_logits", count)
    for place in (0, len(pixels) // 2, len(pixels) - 1):
        pixels[place, 14, 14] ^= 255
        found = cached.logits_in_parts(entry, pixels, "these")
    assert asked == [cached.PART, cached.PART, cached.PART - 1]
    model = cached.cached_model(str(entry.path), entry.fingerprint)
    assert np.array_equal(found, predict_logits(model, pixels))
    assert cached.logits_in_parts(entry, pixels[:0], "none").shape == (0, 10)
