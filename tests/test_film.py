"""runs.film and the worker's frames: what a training was like at each moment, kept small."""

import json
import struct

import numpy as np
import pytest
import torch
from PIL import Image
from run_folders import frame_at

from fashion_core import checkpoints, predict, training, worker
from fashion_core.config import TrainConfig
from fashion_core.data import load_split
from fashion_core.runs import film, folders
from fashion_core.runs.events import read_metrics
from pages.parts.runs.film import moments

QUICK = TrainConfig(model="conv 8, pool, dense 32", train_size=6_400, epochs=2)  # 200 steps


def test_frames_come_back_in_order_and_a_hundred_epochs_of_a_wide_network_fit(tmp_path):
    frames = [frame_at(step) for step in range(111)]
    for frame in frames:
        film.add_frame(tmp_path, frame)
    read = film.read_film(tmp_path)
    assert [each.step for each in read] == list(range(111))
    np.testing.assert_allclose(read[5].probs, frames[5].probs, atol=6e-4)
    np.testing.assert_allclose(read[5].filters, frames[5].filters, rtol=6e-3)
    np.testing.assert_array_equal(read[5].confusion, frames[5].confusion)
    assert film.film_path(tmp_path).stat().st_size < film.MAX_FILM_BYTES


def test_a_network_that_answers_with_no_numbers_is_not_filmed(tmp_path):
    frame = frame_at(1)
    film.add_frame(tmp_path, frame)
    frame.probs[3] = np.nan  # its loss will say so
    film.add_frame(tmp_path, frame)
    film.save_latest(tmp_path, frame)
    assert len(film.read_film(tmp_path)) == 1
    assert not film.latest_path(tmp_path).exists()


def test_a_film_at_its_limit_has_fewer_moments_but_reaches_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "MAX_FILM_BYTES", 30_000)
    for step in range(20):
        film.add_frame(tmp_path, frame_at(step))
        assert film.film_path(tmp_path).stat().st_size <= 30_000
    steps = [frame.step for frame in film.read_film(tmp_path)]
    assert (steps[0], steps[-1]) == (0, 19)
    assert steps == sorted(steps)
    assert 3 < len(steps) < 20
    told = [
        moment["moment"].split()[0] for moment in moments(film.read_film(tmp_path), 4)["frames"]
    ]
    assert told[1:] == ["Step" if step % 4 else "Epoch" for step in steps[1:]]


def test_lines_that_are_no_frames_are_skipped(tmp_path):
    film.add_frame(tmp_path, frame_at(1))
    good = json.loads(film.film_path(tmp_path).read_text())
    bad = [
        "not json",
        "[1, 2]",
        "{}",
        json.dumps(good | {"step": -1}),
        json.dumps(good | {"step": "5"}),
        json.dumps(good | {"epoch": True}),
        json.dumps(good | {"probs": [[0.1] * 10] * 19}),
        json.dumps(good | {"probs": [[1e999] * 10] * 20}),
        json.dumps(good | {"filters": []}),
        json.dumps(good | {"filters": [[1.0] * 8]}),
        json.dumps(good | {"confusion": [[-1] * 10] * 10}),
        json.dumps(good | {"confusion": [[1] * 9] * 10}),
    ]
    unfinished = json.dumps(good | {"step": 9})
    film.film_path(tmp_path).write_text("\n".join([*bad, json.dumps(good), unfinished]))
    assert [frame.step for frame in film.read_film(tmp_path)] == [1]
    assert film.read_film(tmp_path / "none") == []


def test_a_worker_that_goes_on_cuts_off_what_it_trains_again(tmp_path):
    for step in (0, 50, 100, 150):
        film.add_frame(tmp_path, frame_at(step))
    film.save_latest(tmp_path, frame_at(170))
    assert film.read_latest(tmp_path).step == 170
    film.cut_film(tmp_path, 100)
    assert [frame.step for frame in film.read_film(tmp_path)] == [0, 50, 100]
    assert film.read_latest(tmp_path) is None
    film.cut_film(tmp_path / "none", 100)  # a run of a version that kept no film


def test_of_each_class_two_images_are_asked():
    labels = load_split("val").labels
    assert labels[film.shown_images(labels)].tolist() == [*range(10), *range(10)]


def test_a_drawing_comes_back_and_anything_else_in_its_place_is_none(tmp_path):
    pixels = np.arange(784).reshape(28, 28).astype(np.uint8)
    assert film.read_drawing(tmp_path) is None
    film.save_drawing(tmp_path, pixels)
    np.testing.assert_array_equal(film.read_drawing(tmp_path), pixels)
    path = tmp_path / "drawing.png"
    whole = path.read_bytes()
    Image.new("L", (29, 28)).save(path)
    assert film.read_drawing(tmp_path) is None
    Image.new("RGB", (28, 28)).save(path)
    assert film.read_drawing(tmp_path) is None
    huge = whole.replace(struct.pack(">II", 28, 28), struct.pack(">II", 100_000, 100_000))
    for junk in (b"", b"GIF89a", whole[:60], huge):
        path.write_bytes(junk)
        assert film.read_drawing(tmp_path) is None


@pytest.fixture
def filmed(runs_dir, monkeypatch):
    """Trains a run in this process, with a drawing; returns it as it then is."""
    monkeypatch.setattr(worker.control, "step_behind", lambda: None)
    monkeypatch.setattr(worker, "thread_count", torch.get_num_threads)

    def train(config, drawing=None):
        run_dir = folders.run_dir_of(folders.create_run(config))
        if drawing is not None:
            film.save_drawing(run_dir, drawing)
        worker.main(run_dir)
        return folders.read_run(run_dir.name)

    return train


def test_a_run_is_filmed_from_its_beginning_and_its_training_is_as_without(filmed, monkeypatch):
    monkeypatch.setattr(worker._Camera, "LATEST_SECONDS", 0.0)
    drawing = load_split("test").pixels[0]
    run = filmed(QUICK, drawing)
    frames, (events, _) = film.read_film(run.run_dir), read_metrics(run.run_dir)
    assert (frames[0].epoch, frames[0].step) == (0, 0)
    assert [frame.epoch for frame in frames if frame.epoch] == [1, 1, 1, 2]
    assert [frame.step for frame in frames if frame.epoch] == [100, 140, 180, 200]
    assert len([frame for frame in frames if not frame.epoch]) == 1 + 4  # every 1,280 images
    epochs = [event for event in events if event["kind"] == "epoch"]
    for frame, event in zip((frames[-4], frames[-1]), epochs, strict=True):
        assert frame.confusion.sum() == len(load_split("val").labels)
        assert frame.confusion.trace() / frame.confusion.sum() == event["val_accuracy"]
    assert run.status["best_epoch"] == 2
    model = checkpoints.load_model(run.model_path)
    model.temperature = 1.0
    asked = load_split("val").pixels[film.shown_images(load_split("val").labels)]
    probs = predict.predict_probs(model, np.concatenate([asked, drawing[None]]))
    np.testing.assert_allclose(frames[-1].probs, probs, atol=6e-4)
    np.testing.assert_allclose(frames[-1].filters, model.conv1.weight[:, 0].detach(), rtol=6e-3)
    latest = film.read_latest(run.run_dir)
    assert latest.step == 160  # between the frames of 140 and 180 steps
    assert latest.probs.shape == (21, 10)
    np.testing.assert_array_equal(latest.confusion, frames[-3].confusion)
    assert_as_without(events)


def assert_as_without(events):
    """The losses of a training that nobody films, to the last bit."""
    state = training.new_state(QUICK)
    plain = list(training.train(state, load_split("train"), load_split("val")))
    assert [event["train_loss"] for event in events] == [event["train_loss"] for event in plain]
