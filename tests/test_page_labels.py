"""The Wrong labels page: the ranked list, its choices, and the way to the training images."""

import csv
import dataclasses
import io
import json
import re
from functools import partial

import app_page
import numpy as np
import pytest
from app_page import labels as button_labels
from app_page import press, words
from run_folders import alive, make_run
from short_training import train_split

from fashion_core import (
    checkpoints,
    cross_validation,
    data,
    duplicates,
    evaluation,
    files,
    label_errors,
)
from fashion_core.config import FOLDS
from fashion_core.cross_validation import FOLD_NAMES
from fashion_core.inside import features, jobs
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import control, folders
from pages.parts.labels.grid import Listing, listing_frame

pytestmark = pytest.mark.usefixtures("runs_dir")
open_page = partial(app_page.open_page, "labels", model="fashion_cnn")
TRAINING = {"split": "Training images"}


def items(app):
    protos = [element.proto for element in app.get("bidi_component")]
    return next(json.loads(p.json)["items"] for p in protos if p.component_name == "image_grid")


def shown(app):
    return [item["index"] for item in items(app)]


def make_folds(states, **other):
    """Runs of the folds; those that are finished have answers, sure of the label but for ten.

    `other`: what their training has otherwise than the one that is offered.
    """
    split = train_split()
    numbers = data.folds(split.labels, FOLDS)
    said = split.labels.copy()
    said[:10] = (said[:10] + 1) % 10
    logits = np.where(np.arange(10) == said[:, None], 9, 0).astype(np.float32)
    for number, state in enumerate(states):
        if state is None:
            continue
        name, config = cross_validation.fold_configs()[number]
        config = dataclasses.replace(config, **other)
        more = alive() if state == "running" else {}
        run_id = make_run(name, state, config, **more)
        places = np.flatnonzero(numbers == number)
        if state == "finished":
            folder = folders.run_dir_of(run_id)
            cross_validation.save_answers(folder, split.indices[places], logits[places])


def test_the_test_images_are_ranked_and_the_accuracy_without_the_first_is_told(test_set):
    labels, probs = test_set
    doubtful = label_errors.doubtful_places(labels, probs)
    app = open_page()
    assert shown(app) == doubtful[:50].tolist()
    first, index = items(app)[0], doubtful[0]
    assert first["lines"][:3] == [
        ["quiet", f"#{index}"],
        ["", CLASS_NAMES[labels[index]]],
        ["wrong", f"✗ {CLASS_NAMES[probs[index].argmax()]}"],
    ]
    assert f"{len(doubtful)}** of 10,000 test images" in words(app)
    assert "flatters the model" in words(app)
    app.number_input(key="without").set_value(20).run()
    preds = probs.argmax(axis=1)
    after = label_errors.accuracy_without(labels, preds, doubtful, 20)
    metrics = [metric.value for metric in app.metric]
    assert metrics == [f"{evaluation.accuracy(labels, preds):.1%}", f"{after:.1%}"]


def test_the_url_says_what_is_listed_and_picked_and_a_duplicate_shows_its_twin():
    app = open_page(list="Near duplicates", listed_image="4998", list_page="9")
    assert set(shown(app)) == duplicates.twins_of("test").keys()
    assert "Test image 4998" in [heading.value for heading in app.subheader]
    html = "".join(element.value for element in app.html)
    assert "Training #13360" in html
    assert "Look at all training images" in button_labels(app)  # the way to its neighbours
    press(app, "Next")
    assert app.session_state["listed_image"] == shown(app)[shown(app).index(4998) + 1]
    press(app, "Close")
    assert not app.subheader


def test_the_file_has_every_listed_image_with_what_is_known(test_set):
    labels, probs = test_set
    split, places = data.load_split("test"), np.array([3741, 4998])
    margins, twins = label_errors.margins(labels, probs), duplicates.twins_of("test")
    listing = Listing(split, probs, margins, places[:1], places[1:], twins)
    rows = list(csv.DictReader(io.StringIO(listing_frame(listing, places).to_csv(index=False))))
    assert [row["index"] for row in rows] == ["3741", "4998"]
    assert [row["doubtful"] for row in rows] == ["True", "False"]
    assert [row["near_duplicates"] for row in rows] == ["", "train 13360"]
    assert float(rows[0]["margin"]) == pytest.approx(margins[3741], abs=1e-4)


def test_three_runs_for_the_training_images_are_queued_with_one_click(monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    app = open_page(**TRAINING)
    assert "a minute or two in all" in words(app)
    assert set(shown(app)) <= duplicates.twins_of("train").keys()  # what is known without answers
    press(app, "Train 3 runs")
    runs = {run.config.fold: run.state for run in folders.list_runs()}
    assert runs == {"1 of 3": "starting", "2 of 3": "queued", "3 of 3": "queued"}
    assert len(started) == 1
    assert all(f"Cross-validation {name}" in words(app) for name in FOLD_NAMES)


def test_runs_that_another_tab_trained_meanwhile_are_not_trained_again():
    app = open_page(**TRAINING)
    make_folds(["finished"] * FOLDS)
    press(app, "Train 3 runs")
    assert len(folders.list_runs()) == FOLDS
    assert "already here" in app.toast[0].value


@pytest.mark.parametrize(
    ("meanwhile", "folds"),
    [
        (["queued", "queued", "queued"], ["1 of 3", "2 of 3", "3 of 3"]),
        (["finished", "failed", None], ["1 of 3", "2 of 3", "2 of 3", "3 of 3"]),
    ],
)
def test_only_what_another_tab_left_is_trained(monkeypatch, meanwhile, folds):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    app = open_page(**TRAINING)
    make_folds(meanwhile)
    press(app, "Train 3 runs")
    assert sorted(run.config.fold for run in folders.list_runs()) == folds


def test_what_another_network_has_trained_meanwhile_is_no_part_of_what_is_offered(monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    app = open_page(**TRAINING)
    make_folds(["queued", "queued", None], model="FashionCNNNorm")
    press(app, "Train 3 runs")
    added = [run.config for run in folders.list_runs() if run.config.model == "FashionCNN"]
    assert sorted(config.fold for config in added) == sorted(FOLD_NAMES)


def test_answers_of_three_runs_make_the_list_of_training_images():
    make_folds(["finished"] * FOLDS)
    app = open_page(**TRAINING, list="Doubtful labels")
    assert sorted(shown(app)) == train_split().indices[:10].tolist()
    assert "10** of 55,000 training images" in words(app)
    assert app.number_input(key="without").value == 10
    validation_image = int(data.load_split("val").indices[0])
    app.number_input(key="listed_image").set_value(validation_image).run()
    assert "This one is a validation image" in words(app)


def test_a_training_image_is_not_among_its_own_neighbours():
    shipped, place = files.PRETRAINED_DIR / "fashion_cnn.pt", 100
    model, split = checkpoints.load_model(shipped), train_split()
    vector = features.penultimate(model, split.pixels[[place]])[0]
    rows = np.random.default_rng(0).normal(size=(len(split.labels), 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    basis = np.eye(128, 64, dtype=np.float32)
    near = [place, 5, 50, 500, 5_000, 7, 70, 700, 7_000, 9]
    rows[near] = features.project(vector, basis) + 0.001 * rows[near]
    path = jobs.result_path(shipped, "features")
    path.parent.mkdir(parents=True)
    index = features.FeatureIndex(rows, basis, files.digest_of(shipped))
    features.save_index(path, index)
    app = open_page(**TRAINING, listed_image=str(split.indices[place]))
    (shown,) = [element.value for element in app.html if 'class="alike"' in element.value]
    found = {int(number) for number in re.findall(r"Training image (\d+)", shown)}
    assert found == set(split.indices[near[1:]].tolist())


def test_a_missing_or_failed_fold_is_a_sentence_with_a_way_on(monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    make_folds(["finished", "failed", None])
    app = open_page(**TRAINING)
    assert "“Cross-validation 2 of 3” is failed" in words(app)
    assert "Fold 3 of 3 has no run" in words(app)
    press(app, "Train 2 missing runs")
    assert sorted(run.config.fold for run in folders.list_runs()) == [
        "1 of 3",
        "2 of 3",
        "2 of 3",
        "3 of 3",
    ]


def test_why_nothing_can_be_trained_is_said(monkeypatch):
    monkeypatch.setenv("FASHION_MAX_RUNS", "2")
    app = press(open_page(**TRAINING), "Train 3 runs")
    assert "at most 2 runs" in app.toast[0].value
    assert not folders.list_runs()
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page(**TRAINING)
    assert app.button(key="train_folds").disabled
    assert "public copy" in words(app)
