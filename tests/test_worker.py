"""fashion_core.worker: it finishes, stops, fails in words, dies, goes on, and never runs twice.

As a real process where that is the claim; else `work` does the same in this one, which is faster.
"""

import contextlib
import dataclasses
import errno
import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from waiting import SECONDS, wait_for, wait_for_first_loss, wait_for_state, worker_process

from fashion_core import (
    checkpoints,
    cross_validation,
    data,
    evaluation,
    files,
    kept_answers,
    picture_sets,
    predict,
    training,
    worker,
)
from fashion_core.config import FOLDS, TrainConfig
from fashion_core.data import load_split
from fashion_core.errors import (
    CheckpointError,
    DataError,
    LimitError,
    RunError,
    TeacherError,
    TrainingFailed,
)
from fashion_core.runs import control, film, folders, rate_finder
from fashion_core.runs import queue as run_queue
from fashion_core.runs import status as run_status
from fashion_core.runs.events import read_log, read_metrics, should_have_events
from fashion_core.synthetic import people

QUICK = TrainConfig(train_size=2_000, epochs=1)
LINEAR = "flatten"  # where the network is no part of the claim: ten sums
LINEAR_RUN = TrainConfig(model=LINEAR, train_size=1_000, epochs=1, learning_rate=0.01)
LONG = TrainConfig(epochs=100)


@pytest.fixture(autouse=True)
def _no_worker_left(runs_dir, monkeypatch):
    monkeypatch.delenv("FASHION_TRAIN_THREADS", raising=False)
    yield
    for run in folders.list_runs():
        with contextlib.suppress(psutil.Error, KeyError):
            if run.status["pid"] != os.getpid():
                psutil.Process(run.status["pid"]).kill()


@pytest.fixture
def work(monkeypatch):
    """Does a worker's work in a run's folder in this process; returns the run as it then is."""
    monkeypatch.setattr(worker.control, "step_behind", lambda: None)
    threads = torch.get_num_threads()

    def act(run_id):
        worker.main(folders.run_dir_of(run_id))
        return folders.read_run(run_id)

    yield act
    torch.set_num_threads(threads)


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_run_outlives_its_starter_and_finishes_with_a_model_and_its_test_accuracy():
    code = (
        "from fashion_core.runs import queue; from fashion_core.config import TrainConfig;"
        f"print(queue.start_or_add(TrainConfig.from_dict({QUICK.to_dict()})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=files.PROJECT_DIR,
        check=True,
    )
    run = wait_for_state(done.stdout.strip(), "finished", "failed", "lost")
    assert run.state == "finished", read_log(run.run_dir)
    checkpoint = checkpoints.read_checkpoint(run.model_path)
    assert checkpoint.config == QUICK
    assert checkpoint.metrics["test_accuracy"] == run.status["test_accuracy"] > 0.5
    events, _ = read_metrics(run.run_dir)
    assert events[-1]["val_accuracy"] == run.status["best_val_accuracy"]
    answers = kept_answers.read_answers(run.model_path)
    accuracy = evaluation.accuracy(load_split("test").labels, answers.argmax(1))
    assert accuracy == checkpoint.metrics["test_accuracy"]
    model = checkpoints.load_model(run.model_path)
    some = predict.predict_logits(model, load_split("test").pixels[:200])
    np.testing.assert_allclose(answers[:200], some, atol=0.02)  # kept as float16
    assert not list(run.run_dir.glob("*.tmp"))


def cpu_seconds(process):
    """What a process has worked so far, however many others share the cores."""
    times = process.cpu_times()
    return times.user + times.system


def test_a_training_lets_all_else_go_first_and_stops_in_its_first_epoch_within_two_seconds():
    run_id = run_queue.start_or_add(LONG, "Long")
    wait_for_first_loss(run_id)
    process = worker_process(run_id)
    assert_polite(process)
    before = worked = cpu_seconds(process)
    control.request_stop(run_id)
    deadline = time.monotonic() + SECONDS
    while folders.read_run(run_id).is_active:
        assert time.monotonic() < deadline
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            worked = cpu_seconds(process)
        time.sleep(0.02)
    run = folders.read_run(run_id)
    assert run.state == "stopped", read_log(run.run_dir)
    assert worked - before < max(2, before)  # its start tells how fast this machine is
    assert (run.status["epoch"], run.status["best_epoch"]) == (1, 1)
    assert not checkpoints.load_model(run.model_path).training


def assert_polite(process):
    assert process.nice() == control.NICENESS
    autogroup = Path(f"/proc/{process.pid}/autogroup")
    if autogroup.exists():  # else its niceness is all that counts
        assert autogroup.read_text().split()[-2:] == ["nice", str(control.NICENESS)]


def test_a_killed_worker_is_lost_its_model_stays_and_the_queue_goes_on(work, monkeypatch):
    config = TrainConfig(train_size=2_000, epochs=100)
    killed, following = run_queue.add_all([("Killed", config), ("Following", LINEAR_RUN)])
    wait_for(lambda: folders.read_run(killed).status.get("best_val_accuracy"), "the first epoch")
    worker_process(killed).kill()
    wait_for(lambda: folders.read_run(killed).state == "lost", "the word lost", seconds=10)
    checkpoints.load_model(folders.read_run(killed).model_path)
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    assert run_queue.start_next() == following  # what any page does
    assert work(following).state == "finished"


def test_a_worker_that_finds_the_lock_taken_fails_in_words(work):
    with control.worker_lock():
        run = work(folders.create_run(QUICK, "Second"))
    assert run.state == "failed"
    assert "Start again when it has finished" in run.message


def test_missing_data_fails_with_the_ways_to_supply_it(work, tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "nothing"))
    run = work(folders.create_run(QUICK))
    assert run.state == "failed"
    assert "FASHION_DATA_DIR" in run.message


def test_a_run_that_diverges_fails_with_advice_and_what_happened_is_in_its_log(work, capsys):
    config = TrainConfig(
        optimizer="SGD", learning_rate=1.0, batch_size=16, train_size=10_000, weight_decay=0.5
    )
    run = work(folders.create_run(config))
    assert (run.state, run.status["cause"]) == ("failed", "TrainingFailed")
    assert "learning rate below 1" in run.message
    step = int(run.message.split(" at step ")[1].split(":")[0].replace(",", ""))
    assert run.status["step"] == step > 1
    assert "TrainingFailed" in capsys.readouterr().err


def test_a_full_disk_while_the_model_is_saved_fails_in_words(work, monkeypatch):
    monkeypatch.setattr(checkpoints, "save_checkpoint", full)
    run = work(folders.create_run(LINEAR_RUN))
    assert run.state == "failed"
    assert "No space left on device. Free some disk space" in run.message


def test_what_a_killed_worker_had_half_written_is_removed(work):
    run_id = folders.create_run(LINEAR_RUN)
    left = folders.run_dir_of(run_id) / "model.pt.123-456.tmp"
    left.write_bytes(b"half")
    assert work(run_id).state == "finished"
    assert not left.exists()


def test_a_disk_on_which_not_even_the_status_can_be_written_is_lost():
    run_id = folders.create_run(QUICK)
    code = f"""
from pathlib import Path
from fashion_core import files, worker
write_json, writes = files.write_json, []
def full_after_one(*args):
    writes.append(args)
    if len(writes) > 1:
        raise OSError(28, "No space left on device")
    write_json(*args)
files.write_json = full_after_one
worker.main(Path({str(folders.run_dir_of(run_id))!r}))
"""
    with control.worker_lock():  # it fails at once, and cannot even say so
        done = subprocess.run([sys.executable, "-c", code], cwd=files.PROJECT_DIR, timeout=SECONDS)
    assert done.returncode == 0
    assert folders.read_run(run_id).state == "lost"


def test_a_stop_that_comes_as_the_last_epoch_ends_cuts_nothing_short(work, monkeypatch):
    run_id = folders.create_run(LINEAR_RUN)
    measure = training.validate

    def stopped_meanwhile(*args):
        control.request_stop(run_id)
        return measure(*args)

    monkeypatch.setattr(training, "validate", stopped_meanwhile)
    run = work(run_id)
    assert (run.run_dir / "stop").exists()
    assert run.state == "finished", run.message
    assert run.status["test_accuracy"] > 0.5


@pytest.mark.parametrize("kind", [DataError, TrainingFailed, TeacherError, RunError, LimitError])
def test_what_is_written_for_visitors_is_told_as_it_is(kind):
    assert worker._sentence(kind("So it is. Do this.")) == "So it is. Do this."


def test_too_little_memory_is_said_in_words():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert worker._sentence(caught.value) == "The machine ran out of memory. Try a smaller batch."
    assert worker._sentence(RuntimeError("CUDA out of memory.")) == worker._sentence(MemoryError())


def test_a_run_that_goes_on_after_a_stop_in_mid_epoch_has_the_model_that_its_status_tells_of():
    run_id = folders.create_run(TINY, "Cut short")
    run_dir = folders.run_dir_of(run_id)
    state = training.new_state(TINY)
    steps = training.train(state, load_split("train"), load_split("val"))
    assert next(steps)["kind"] == "step"
    assert state.epoch_batches
    checkpoints.save_checkpoint(
        run_dir / "model.pt", TINY, state.model.state_dict(), {"val_accuracy": 0.99}
    )
    state.best_score, state.best_metrics, state.best_epoch = (0.5, 0.0), {"val_accuracy": 0.5}, 1
    state.best_weights = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    epoch = {"kind": "epoch", "epoch": 1, "step": 5, "val_accuracy": 0.4, "best": False}
    status = worker.StatusFile(run_dir, state="running")
    camera = worker._Camera(run_dir, state, load_split("val"))
    assert worker._follow(run_dir, status, state, [epoch], camera) == ("finished", "")
    kept = checkpoints.read_checkpoint(run_dir / "model.pt").metrics["val_accuracy"]
    assert kept == files.read_json(run_dir / "status.json")["best_val_accuracy"] == 0.5


def test_a_hand_edited_config_fails_in_words(work):
    run_id = folders.create_run(QUICK)
    path = folders.run_dir_of(run_id) / "config.json"
    path.write_text(json.dumps({"config": {"epochs": -3}}))
    assert "epochs must be between" in work(run_id).message


# Pausing, going on, and the queue


RANDOM = TrainConfig(
    model="conv 8, pool, conv 16, pool, dense 32",
    train_size=3_000,
    epochs=3,
    optimizer="AdamW",
    schedule="one-cycle",
    dropout=0.2,
    flips=True,
    learning_rate=0.002,
)
TINY = TrainConfig(train_size=1_000, epochs=1)


def events_of(run_id):
    """All events without what depends on the clock."""
    events, _ = read_metrics(folders.run_dir_of(run_id))
    return [{key: value for key, value in event.items() if "second" not in key} for event in events]


@functools.cache
def trained_alone(config):
    """State and events of the same training, uninterrupted, with a worker's number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(worker.thread_count())
    try:
        state = training.new_state(config)
        return state, list(training.train(state, load_split("train"), load_split("val")))
    finally:
        torch.set_num_threads(threads)


def test_a_run_paused_in_its_first_epoch_then_killed_and_continued_equals_one_left_alone(
    work, monkeypatch
):
    run_id = folders.create_run(RANDOM, "Interrupted")
    (folders.run_dir_of(run_id) / "pause").touch()  # it pauses after its first step
    run = work(run_id)
    assert run.state == "paused", read_log(run.run_dir)
    assert (run.status["step"], run.is_active, run.epochs_done) == (1, False, 0)
    assert run_queue.continue_run(run_id) == "starting"
    wait_for(lambda: folders.read_run(run_id).status.get("best_epoch"), "the first epoch")
    worker_process(run_id).kill()
    wait_for_state(run_id, "lost")
    seconds = folders.read_run(run_id).status["elapsed_seconds"]
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    run_queue.continue_run(run_id)
    run = work(run_id)
    assert run.state == "finished", run.message
    assert run.status["elapsed_seconds"] > 0.5 * seconds  # it goes on counting from what was kept
    state, alone = trained_alone(RANDOM)
    assert events_of(run_id) == [
        {key: event[key] for key in event if "second" not in key and key != "best"}
        for event in alone
    ]
    assert run.status["best_val_accuracy"] == state.best_metrics["val_accuracy"]
    assert (run.status["epoch"], run.status["best_epoch"]) == (3, state.best_epoch)
    weights = checkpoints.read_checkpoint(run.model_path).weights
    assert all(torch.equal(weights[name], state.best_weights[name]) for name in weights)


def test_a_finished_run_continues_and_its_final_metrics_are_replaced(work, monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    run_id = run_queue.start_or_add(LINEAR_RUN, "Short")
    before = work(run_id)
    run_queue.continue_run(run_id, 2)
    run = work(run_id)
    assert run.state == "finished", run.message
    assert [event["epoch"] for event in events_of(run_id) if event["kind"] == "epoch"] == [1, 2, 3]
    assert (run.config.epochs, run.epochs_before) == (3, (1,))
    assert run.status["test_accuracy"] > before.status["test_accuracy"]
    metrics = checkpoints.read_checkpoint(run.model_path).metrics
    assert (metrics["test_accuracy"], metrics["epochs_done"]) == (run.status["test_accuracy"], 3)


def test_a_run_paused_and_resumed_keeps_its_answers_to_the_fold_that_it_left_out(work, monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    config = dataclasses.replace(TINY, model=LINEAR, fold="2 of 3")
    run_id = folders.create_run(config)
    (folders.run_dir_of(run_id) / "pause").touch()
    run = work(run_id)
    assert run.state == "paused", run.message
    assert not cross_validation.answers_path(run.run_dir).exists()
    run_queue.continue_run(run_id)
    run = work(run_id)
    assert run.state == "finished", run.message
    split = load_split("train")
    places = np.flatnonzero(data.folds(split.labels, FOLDS) == 1)
    logits = cross_validation.read_answers(run, split.indices[places])
    model = checkpoints.load_model(run.model_path)
    expected = predict.predict_logits(model, split.pixels[places[:500]])
    np.testing.assert_allclose(logits[:500], expected, rtol=0.01, atol=0.01)


def test_the_queue_goes_on_without_a_page_past_a_run_that_fails():
    ids = [folders.create_run(LINEAR_RUN, name, "queued") for name in ("Bad", "Good")]
    folders.resume_path(folders.run_dir_of(ids[0])).write_bytes(b"no such thing")
    run_queue.start_next()
    wait_for(
        lambda: (
            not any(
                folders.read_run(run_id).state in ("queued", "starting", "running")
                for run_id in ids
            )
        ),
        "all",
    )
    assert [folders.read_run(run_id).state for run_id in ids] == ["failed", "finished"]
    assert "Training cannot go on from there" in folders.read_run(ids[0]).message
    starts = [folders.read_run(run_id).status["process_started_at"] for run_id in ids]
    assert starts == sorted(starts)


def test_a_worker_takes_tiny_numbers_for_0(work):
    small = torch.tensor(1e-30)
    assert small * 1e-9 > 0
    run = work(folders.create_run(dataclasses.replace(QUICK, model=LINEAR)))
    assert run.state == "finished"
    assert small * 1e-9 == 0


def test_the_status_tells_how_far_the_measuring_on_the_test_images_is(work, monkeypatch):
    config = dataclasses.replace(QUICK, model=LINEAR)
    run_id, told = folders.create_run(config), []
    monkeypatch.setattr(run_status, "SECONDS", -1.0)  # every time that it may be written
    write_json = files.write_json

    def write(path, values):
        write_json(path, values)
        if path.name == "status.json" and "tested" in values:
            told.append(folders.progress(folders.read_run(run_id))[1])

    monkeypatch.setattr(files, "write_json", write)
    assert work(run_id).state == "finished"
    assert f"measuring: {predict.PART} of the 10,000 test images" in told[0]
    assert "10,000 of the 10,000" in told[10_000 // predict.PART - 1]
    assert "measuring" not in told[-1]  # it has ended


@pytest.fixture
def pictures_dir(tmp_path, monkeypatch):
    """A hundred drawings of pants, none prepared, and a photo that nobody may need."""
    folder = tmp_path / "pictures"
    (folder / "quickdraw").mkdir(parents=True)
    (folder / "clothing" / "Trouser").mkdir(parents=True)
    (folder / "clothing" / "Trouser" / "a.png").write_bytes(b"never opened")
    lines = [
        json.dumps({"key_id": str(key), "drawing": [[[0, 90, 90, 0], [0, 0, 99 + key, 99 + key]]]})
        for key in range(100)
    ]
    (folder / "quickdraw" / "pants.ndjson").write_text("\n".join(lines))
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(folder))
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "prepared")
    people.read_pictures.cache_clear()
    yield folder
    people.read_pictures.cache_clear()


@pytest.fixture
def prepared(monkeypatch):
    """What is prepared, as it is."""
    items, prepare_one = [], picture_sets._prepare_one
    monkeypatch.setattr(
        picture_sets, "_prepare_one", lambda item: items.append(item) or prepare_one(item)
    )
    return items


DRAWINGS = TrainConfig(model=LINEAR, train_size=1_000, epochs=1, drawings=0.2)


@pytest.mark.parametrize("asked", ["stop", "pause"])
def test_a_run_ends_while_peoples_pictures_are_prepared_and_goes_on_later(
    work, pictures_dir, prepared, monkeypatch, asked
):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    run_id = folders.create_run(DRAWINGS)
    (folders.run_dir_of(run_id) / asked).touch()
    run = work(run_id)
    assert run.state == {"stop": "stopped", "pause": "paused"}[asked], run.message
    assert ("while people's pictures were prepared" in run.message) == (asked == "stop")
    assert (len(prepared), run.has_model) == (picture_sets.AT_ONCE, False)
    assert "to_prepare" not in run.status
    run_queue.continue_run(run_id)
    run = work(run_id)
    assert run.state == "finished", run.message
    assert len([item for item in prepared if not isinstance(item.content, Path)]) == 100


def test_the_status_tells_how_many_of_peoples_pictures_are_prepared(
    work, pictures_dir, monkeypatch
):
    run_id, told = folders.create_run(DRAWINGS), []
    monkeypatch.setattr(run_status, "SECONDS", -1.0)
    write_json = files.write_json

    def write(path, values):
        write_json(path, values)
        if path.name == "status.json":
            told.append(folders.progress(folders.read_run(run_id)))

    monkeypatch.setattr(files, "write_json", write)
    assert work(run_id).state == "finished"
    first = told.index((0.0, "Preparing people's pictures: 16 of 100"))
    assert told[first + 6] == (0.0, "Preparing people's pictures: 100 of 100")
    assert told[first + 7] == (0.0, "Getting ready")


def test_a_stopped_run_prepares_no_pictures_of_the_kind_that_it_does_not_learn(
    work, pictures_dir, prepared, monkeypatch
):
    train = training.train

    def stopped_at_once(*args):
        control.request_stop(run_id)
        yield from train(*args)

    monkeypatch.setattr(training, "train", stopped_at_once)
    run_id = folders.create_run(DRAWINGS)
    run = work(run_id)
    assert (run.state, run.has_model) == ("stopped", True), run.message
    assert not any(isinstance(item.content, Path) for item in prepared)
    assert "held_out" not in checkpoints.read_checkpoint(run.model_path).metrics


def test_a_run_that_begins_anew_is_no_longer_where_it_was(work, monkeypatch):
    run_id = folders.create_run(QUICK)
    status = folders.run_dir_of(run_id) / "status.json"
    files.write_json(status, files.read_json(status) | {"step": 300, "steps": 4_300})
    seen = []
    monkeypatch.setattr(
        worker, "_prepare_pictures", lambda *_: seen.append(folders.read_run(run_id)) or "stopped"
    )
    run = work(run_id)
    assert [each.status["step"] for each in (*seen, run)] == [0, 0]
    assert not should_have_events(run)


def test_a_search_for_a_rate_stops_while_peoples_pictures_are_prepared(
    pictures_dir, prepared, monkeypatch
):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: (run_dir / "stop").touch())
    monkeypatch.setattr(worker.control, "step_behind", lambda: None)
    rate_finder.start(DRAWINGS)
    worker.main(folders.finder_dir())
    search = rate_finder.read_search()
    assert (search.state, search.message) == ("stopped", worker.STOPPED_PREPARING)
    assert len(prepared) == picture_sets.AT_ONCE


def test_a_stop_comes_between_two_events_and_the_run_goes_on_bit_for_bit(work, monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    run_id, update = folders.create_run(RANDOM), training.update

    def stopped_in_the_third(state, *args):
        if state.step == 2:
            control.request_stop(run_id)
        return update(state, *args)

    assert 3 not in training.event_steps(RANDOM.steps_per_epoch, RANDOM.images_per_epoch, True)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(training, "update", stopped_in_the_third)
        meanwhile.setattr(worker._Camera, "_after_this", lambda self: 3)
        run = work(run_id)
    assert (run.state, run.status["step"]) == ("stopped", 3), run.message
    assert len(film.read_film(run.run_dir)) == 1  # only the network as it began
    run_queue.continue_run(run_id)
    run = work(run_id)
    assert run.state == "finished", run.message
    state, _ = trained_alone(RANDOM)
    weights = checkpoints.read_checkpoint(run.model_path).weights
    assert all(torch.equal(weights[name], state.best_weights[name]) for name in weights)


def test_a_stop_while_an_epoch_is_validated_does_not_validate_it_again(work, monkeypatch):
    config = dataclasses.replace(QUICK, model=LINEAR, epochs=2)
    run_id, told, calls = folders.create_run(config), [], []
    monkeypatch.setattr(run_status, "SECONDS", -1.0)
    validate, write_json = training.validate, files.write_json

    def stopped_meanwhile(*args):
        calls.append(args)
        control.request_stop(run_id)
        return validate(*args)

    def write(path, values):
        write_json(path, values)
        if path.name == "status.json" and "to_validate" in values:
            told.append(folders.progress(folders.read_run(run_id))[1])

    monkeypatch.setattr(training, "validate", stopped_meanwhile)
    monkeypatch.setattr(files, "write_json", write)
    run = work(run_id)
    assert (run.state, run.status["best_epoch"], len(calls)) == ("stopped", 1, 1), run.message
    assert told[0].startswith(
        f"Stopping · measuring: {predict.PART} of 5,000 validation pictures · Epoch 1 of 2"
    )
    assert len(told) == 5_000 // predict.PART
    assert "to_validate" not in run.status


def test_the_status_tells_how_far_the_measuring_of_a_stopped_run_is(work, monkeypatch):
    run_id, told = folders.create_run(LONG), []
    (folders.run_dir_of(run_id) / "stop").touch()
    monkeypatch.setattr(run_status, "SECONDS", -1.0)
    write_json = files.write_json

    def write(path, values):
        write_json(path, values)
        if path.name == "status.json":
            told.append(folders.progress(folders.read_run(run_id))[1])

    monkeypatch.setattr(files, "write_json", write)
    assert work(run_id).state == "stopped"
    assert told[0] == "Stopping"
    measured = [each for each in told if "measuring" in each]
    first, last = measured[0], measured[5_000 // predict.PART - 1]
    assert first.startswith(f"Stopping · measuring: {predict.PART} of 5,000 validation pictures")
    assert last.startswith("Stopping · measuring: 5,000 of 5,000 validation pictures")
    assert "Stopping" not in told[-1]


def test_a_run_ends_when_its_time_is_up(work, monkeypatch):
    monkeypatch.setenv("FASHION_MAX_MINUTES", "0.001")
    run = work(folders.create_run(LONG))
    assert run.state == "stopped", run.message
    assert "at most 0.001 minutes per run" in run.message
    checkpoints.load_model(run.model_path)


@pytest.mark.parametrize("config", [TINY, TrainConfig(train_size=1_000, epochs=1, seed=3)])
def test_a_resume_file_of_another_run_is_refused(config, runs_dir, checkpoint_path):
    checkpoints.save_resume(runs_dir / "resume.pt", TrainConfig(train_size=2_000), {"step": 1})
    with pytest.raises(CheckpointError, match="another configuration"):
        worker._first_state(runs_dir, config)
    (runs_dir / "resume.pt").write_bytes(checkpoint_path.read_bytes())
    with pytest.raises(CheckpointError, match="not saved by this app"):
        worker._first_state(runs_dir, config)
    checkpoints._write_content(
        runs_dir / "resume.pt", {"format": checkpoints.EARLIER_RESUME_FORMATS[-1]}
    )
    with pytest.raises(CheckpointError, match="earlier version of this app"):
        worker._first_state(runs_dir, config)
