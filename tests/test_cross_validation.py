"""Cross-validation: which runs belong together, what stands in their files, and what is missing."""

import dataclasses

import numpy as np
import pytest
from run_folders import make_run
from short_training import CPU, train_split

from fashion_core import checkpoints, cross_validation, data, model_import, predict, training
from fashion_core.config import FOLDS, TrainConfig
from fashion_core.cross_validation import FOLD_NAMES
from fashion_core.runs import folders, sweep

pytestmark = pytest.mark.usefixtures("runs_dir")


def fold_places(number):
    return np.flatnonzero(data.folds(train_split().labels, FOLDS) == number)


def make_fold(number, state="finished", answers=True, config=None, **more):
    """A run that leaves out this fold; its answers are the number of the fold."""
    named = cross_validation.fold_configs(config)[number]
    run_id = make_run(named[0], state, named[1], **more)
    if answers:
        indices = train_split().indices[fold_places(number)]
        logits = np.full((len(indices), 10), number, np.float32)
        cross_validation.save_answers(folders.run_dir_of(run_id), indices, logits)
    return run_id


def latest():
    return cross_validation.latest_runs(folders.list_runs())


def ids(runs):
    return [run and run.run_id for run in runs.values()]


def test_the_fold_left_out_is_not_learned_from_and_all_else_is():
    learned = []
    for name in FOLD_NAMES:
        pixels, _ = training.training_tensors(TrainConfig(fold=name), train_split())
        learned.append({image.tobytes() for image in pixels.numpy()})
        assert len(learned[-1]) == len(pixels) == TrainConfig(fold=name).learned_size
    for number, images in enumerate(learned):
        held_out = train_split().pixels[fold_places(number)]
        assert not any(image.tobytes() in images for image in held_out)
    assert len(learned[0] | learned[1]) == len(train_split().labels)


def test_the_answers_are_the_best_weights_own_calibrated_of_the_fold():
    config = TrainConfig(model="flatten", train_size=1_000, epochs=1, fold="3 of 3")
    state = training.new_state(config, CPU)
    state.best_metrics = {"temperature": 2.0}
    indices, logits = training.held_out_answers(state, train_split())
    places = fold_places(2)
    assert indices.tolist() == train_split().indices[places].tolist()
    expected = predict.predict_logits(state.model, train_split().pixels[places[:200]]) / 2
    np.testing.assert_allclose(logits[:200], expected, rtol=1e-4, atol=1e-5)


def test_three_runs_answer_every_image_once():
    made = [make_fold(number) for number in range(FOLDS)]
    runs = latest()
    assert ids(runs) == made
    answers = cross_validation.fold_answers(runs, train_split())
    joined = cross_validation.join_answers(answers)
    np.testing.assert_array_equal(joined[:, 3], data.folds(train_split().labels, FOLDS))


def test_runs_with_other_settings_do_not_belong_together_and_complete_ones_come_first():
    other = TrainConfig(epochs=7)
    complete = [make_fold(number, created_at=1_000.0 + number) for number in range(FOLDS)]
    make_fold(0, config=other)
    make_run("No fold")
    assert ids(latest()) == complete
    folders.run_dir_of(complete[1]).joinpath("config.json").write_text("{")  # of another version
    assert [run and run.config.epochs for run in latest().values()] == [7, None, None]


def test_a_run_that_failed_does_not_replace_one_with_answers_but_one_under_way_does():
    answered = make_fold(0, created_at=1_000.0)
    make_fold(0, "failed", answers=False, created_at=2_000.0)
    assert latest()["1 of 3"].run_id == answered
    again = make_fold(0, "paused", answers=False, created_at=3_000.0)
    assert latest()["1 of 3"].run_id == again


def test_what_is_missing_is_said_and_damaged_answers_are_not_taken():
    make_fold(0, "failed", answers=False, message="The loss exploded.")
    damaged = make_fold(1)
    runs = latest()
    path = cross_validation.answers_path(folders.run_dir_of(damaged))
    indices, logits = train_split().indices[fold_places(1)], np.zeros((18_333, 10), np.float32)
    broken = logits.copy()
    broken[5, 5] = np.nan
    for content in ((indices, broken), (indices + 1, logits), (indices[1:], logits[1:])):
        cross_validation.save_answers(path.parent, *content)
        assert cross_validation.read_answers(runs["2 of 3"], indices) is None
    path.write_bytes(b"no archive")
    answers = cross_validation.fold_answers(runs, train_split())
    assert answers == {}
    assert cross_validation.join_answers(answers) is None
    problems = [cross_validation.fold_problem(*item, answered=False) for item in runs.items()]
    assert problems == [
        "“Cross-validation 1 of 3” is failed. The loss exploded.",
        "“Cross-validation 2 of 3” is finished, but its answers are missing or damaged.",
        "Fold 3 of 3 has no run. It may have been deleted.",
    ]


def test_the_missing_runs_are_made_as_the_others():
    config = TrainConfig(epochs=7)
    (named,) = cross_validation.fold_configs(config, ["2 of 3"])
    assert named == ("Cross-validation 2 of 3", dataclasses.replace(config, fold="2 of 3"))


def test_a_sweep_makes_runs_that_belong_together():
    values = sweep.parse_values("fold", ", ".join(FOLD_NAMES))
    config = TrainConfig(model="ResidualNet")
    for name, swept in sweep.named_configs(config, "fold", values):
        make_run(name, config=swept)
    assert [run.config.model for run in latest().values()] == ["ResidualNet"] * FOLDS


def test_an_imported_model_is_no_run_of_a_fold(checkpoint_path):
    path, content = checkpoint_path, checkpoints.read_checkpoint(checkpoint_path)
    config = dataclasses.replace(content.config, fold="1 of 3")
    checkpoints.save_checkpoint(path, config, content.weights, content.metrics)
    model_import.import_model(path, "Theirs")
    assert ids(latest()) == [None] * FOLDS
