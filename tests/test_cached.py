"""pages.parts.cached: a model's answers are asked for once, in a job where that takes long."""

import app_page
import pytest
from run_folders import make_run
from waiting import wait_for

from fashion_core import kept_answers
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
