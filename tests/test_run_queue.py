"""fashion_core.runs.queue: what waits, whatever was done to its file, and by two at once.

No run is trained here: `spawned` stands in for the worker processes. Those are in test_worker.py.
"""

import json
import multiprocessing
import sys
import threading
import time
import types
from pathlib import Path

import numpy as np
import psutil
import pytest
from waiting import SECONDS

from fashion_core import files
from fashion_core.config import TrainConfig
from fashion_core.errors import RunError
from fashion_core.model_import import import_model
from fashion_core.runs import control, film, folders, rate_finder
from fashion_core.runs import queue as run_queue

ME = psutil.Process()
ALIVE = {"pid": ME.pid, "process_started_at": folders.process_start(ME)}


@pytest.fixture(autouse=True)
def spawned(runs_dir, monkeypatch):
    """The folders for which a worker would have been started."""
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    return started


def write_status(run_id, state, **values):
    files.write_json(
        folders.run_dir_of(run_id) / "status.json",
        {"state": state, "heartbeat_at": time.time()} | values,
    )


def ended_run(state="finished", epoch=2, **values):
    """A run that has trained `epoch` of 2 epochs of 10 steps and kept what going on needs."""
    run_id = folders.create_run(TrainConfig(epochs=2), "Old")
    write_status(
        run_id, state, steps=10, step=10 * epoch, epoch=epoch, elapsed_seconds=60.0, **values
    )
    folders.resume_path(folders.run_dir_of(run_id)).write_bytes(b"kept")
    (folders.run_dir_of(run_id) / "model.pt").write_bytes(b"model")
    return run_id


def training_run():
    run_id = folders.create_run(TrainConfig(), "Busy")
    write_status(run_id, "running", **ALIVE)
    return run_id


def waiting(*names):
    return [run_queue.start_or_add(TrainConfig(), name) for name in names]


def order():
    return [run.name for run in run_queue.read_queue().waiting]


def test_the_first_starts_and_the_others_wait_in_order(spawned):
    ids = waiting("A", "B", "C")
    assert spawned == ids[:1]
    assert order() == ["B", "C"]
    assert [folders.read_run(run_id).state for run_id in ids] == ["starting", "queued", "queued"]


def test_the_next_starts_only_when_nothing_trains(spawned):
    first, second, third = waiting("A", "B", "C")
    assert run_queue.start_next() is None
    write_status(first, "finished")
    assert run_queue.start_next() == second
    assert run_queue.start_next() is None
    write_status(second, "failed")
    assert run_queue.start_next() == third
    assert spawned == [first, second, third]


def test_nothing_starts_while_a_worker_holds_the_machine(spawned):
    first, _ = waiting("A", "B")
    write_status(first, "finished")
    with control.worker_lock():
        assert run_queue.start_next(wait=False) is None
    assert spawned == [first]


def test_several_wait_together_and_the_first_of_them_starts(spawned):
    named = [(f"Seed {seed}", TrainConfig(seed=seed)) for seed in range(3)]
    drawing = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    ids = run_queue.add_all(named, drawing=drawing)
    assert spawned == ids[:1]
    assert order() == ["Seed 1", "Seed 2"]
    for run_id in ids:
        np.testing.assert_array_equal(film.read_drawing(folders.run_dir_of(run_id)), drawing)


def test_a_waiting_run_moves_and_stays_within_the_queue():
    training_run()
    ids = waiting("A", "B", "C")
    run_queue.move(ids[2], -1)
    assert order() == ["A", "C", "B"]
    run_queue.move(ids[0], -1)
    assert order() == ["A", "C", "B"]
    run_queue.move(ids[0], 1)
    assert order() == ["C", "A", "B"]
    run_queue.move(ids[1], 99)
    assert order() == ["C", "A", "B"]


def test_a_cancelled_new_run_is_gone(runs_dir):
    training_run()
    first, _ = waiting("A", "B")
    run_queue.cancel(first)
    assert order() == ["B"]
    assert not (runs_dir / first).exists()


def test_what_waits_no_longer_is_neither_moved_nor_cancelled():
    run_id = training_run()
    for action in (run_queue.cancel, lambda run_id: run_queue.move(run_id, 1)):
        with pytest.raises(RunError, match="does not wait any more: it is running"):
            action(run_id)
        with pytest.raises(RunError, match="not a run id"):
            action("../x")


def test_a_finished_run_goes_on_and_remembers_its_epochs(spawned):
    run_id = ended_run(test_accuracy=0.9)
    assert run_queue.continue_run(run_id, 3) == "starting"
    run = folders.read_run(run_id)
    assert (run.state, run.config.epochs, run.epochs_before, run.name) == (
        "starting",
        5,
        (2,),
        "Old",
    )
    assert run.status["step"] == 20  # the page does not begin at nothing
    assert spawned == [run_id]


def test_a_stopped_run_goes_on_to_the_epochs_that_were_planned():
    run_id = ended_run("stopped", epoch=1)
    run_queue.continue_run(run_id)
    assert (folders.read_run(run_id).config.epochs, folders.read_run(run_id).epochs_before) == (
        2,
        (),
    )


def test_going_on_forgets_old_requests(runs_dir):
    run_id = ended_run("stopped", epoch=1)
    for name in ("stop", "pause"):
        (runs_dir / run_id / name).touch()
    run_queue.continue_run(run_id)
    assert not (runs_dir / run_id / "stop").exists()
    assert not (runs_dir / run_id / "pause").exists()


def test_a_continued_run_waits_and_a_cancelled_one_is_what_it_was(spawned):
    run_id = ended_run("stopped", epoch=1, message="Out of time.")
    training_run()
    assert run_queue.continue_run(run_id, 4) == "queued"
    assert folders.read_run(run_id).config.epochs == 2
    run_queue.cancel(run_id)
    run = folders.read_run(run_id)
    assert (run.state, run.message, run.status["step"], run.config.epochs) == (
        "stopped",
        "Out of time.",
        10,
        2,
    )
    assert run.model_path.exists()
    assert spawned == []


def test_a_lost_run_that_waited_is_lost_again_when_cancelled():
    run_id = ended_run("running", epoch=1, pid=2**22 + 1)
    training_run()
    run_queue.continue_run(run_id, 1)
    run_queue.cancel(run_id)
    assert folders.read_run(run_id).state == "lost"


@pytest.mark.parametrize(
    ("make", "more", "words"),
    [
        (training_run, 1, "is running"),
        (lambda: ended_run(), 0, "at least one more"),
        (lambda: ended_run(), -1, "at least one more"),
        (lambda: ended_run(), 99, "between 1 and 100, not 101"),
        (lambda: ended_run("failed", epoch=1, cause="TrainingFailed"), 1, "diverged"),
    ],
)
def test_what_cannot_go_on_says_why(make, more, words, spawned):
    run_id = make()
    before = folders.read_run(run_id)
    with pytest.raises(RunError, match=words):
        run_queue.continue_run(run_id, more)
    assert folders.read_run(run_id) == before
    assert spawned == []


def test_a_model_without_its_training_cannot_go_on():
    run_id = ended_run()
    folders.resume_path(folders.run_dir_of(run_id)).unlink()
    with pytest.raises(RunError, match="only its model"):
        run_queue.continue_run(run_id, 1)


@pytest.mark.parametrize("state", ["lost", "finished"])
def test_a_run_of_which_nothing_is_kept_starts_over(state, spawned):
    """Killed between its first epoch and the validation, or its files were deleted."""
    run_id = ended_run(state)
    run = folders.read_run(run_id)
    for path in (run.model_path, folders.resume_path(run.run_dir)):
        path.unlink(missing_ok=True)
    assert run.epochs_done
    assert run_queue.continue_run(run_id) == "starting"


def test_a_run_that_failed_before_its_first_epoch_starts_over(spawned):
    run_id = folders.create_run(TrainConfig(), "No data")
    write_status(run_id, "failed", message="No data.")
    run_queue.continue_run(run_id)
    assert spawned == [run_id]


def test_a_paused_run_holds_the_queue_until_it_is_resumed(spawned):
    first, second = waiting("A", "B")
    write_status(first, "paused", steps=10, step=5)
    assert run_queue.start_next() is None
    assert run_queue.read_queue().paused_by.name == "A"
    run_queue.continue_run(first)
    assert spawned == [first, first]
    write_status(first, "finished")
    assert run_queue.start_next() == second


def test_a_paused_run_that_is_ended_holds_the_queue_no_longer():
    first, second = waiting("A", "B")
    write_status(first, "paused")
    control.request_stop(first)
    assert folders.read_run(first).state == "stopped"
    assert run_queue.start_next() == second


def test_the_queue_can_be_started_past_a_paused_run_and_goes_on(spawned):
    first, second, third = waiting("A", "B", "C")
    write_status(first, "paused", steps=10, step=5)
    assert run_queue.start_next(past_paused=True) == second
    write_status(second, "finished")
    assert run_queue.start_next() == third
    # Resumed meanwhile, it comes first; paused again, it holds the queue again.
    assert run_queue.continue_run(first) == "queued"
    write_status(third, "finished")
    assert run_queue.start_next() == first
    write_status(first, "paused")
    assert run_queue.read_queue().paused_by.run_id == first


def test_a_start_passes_a_held_queue(spawned):
    first, _ = waiting("A", "B")
    write_status(first, "paused")
    run_id = run_queue.start_or_add(TrainConfig(), "Now")
    assert spawned == [first, run_id]
    assert order() == ["B"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"order": 3}',
        '{"order": ["x", 1]}',
        '{"order": [], "passed": "x"}',
        " " * 300_000,
        json.dumps({"order": ["x"] * 5_000}),
        "[" * 100_000,
        "\x00",
        None,
    ],
)
def test_a_damaged_queue_file_loses_only_the_order(runs_dir, content):
    training_run()
    ids = waiting("A", "B", "C")
    run_queue.move(ids[2], -2)
    path = runs_dir / "queue.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    queue = run_queue.read_queue()
    assert [run.name for run in queue.waiting] == ["A", "B", "C"]
    assert bool(queue.problem) == (content is not None)
    run_queue.move(ids[0], 1)  # the next change repairs it
    assert order() == ["B", "A", "C"]
    assert run_queue.read_queue().problem == ""


def test_foreign_entries_of_the_queue_file_are_nothing(runs_dir):
    training_run()
    ids = waiting("A", "B")
    values = {"order": ["../../etc", "gone", ids[1], ids[1], ids[0]], "passed": []}
    (runs_dir / "queue.json").write_text(json.dumps(values))
    assert order() == ["B", "A"]


def test_a_damaged_folder_in_the_queue_says_so_and_blocks_nobody(runs_dir, spawned):
    busy = training_run()
    first, second = waiting("A", "B")
    (runs_dir / first / "config.json").write_text("{")
    row = run_queue.read_queue().rows[0]
    assert row.run_id == first
    assert row.message.startswith("config.json is not valid JSON. Mend the file, or delete")
    write_status(busy, "finished")
    assert run_queue.start_next() == second
    run_queue.forget(first)
    assert run_queue.read_queue().rows == []
    assert (runs_dir / first).exists()


def test_a_waiting_run_that_cannot_start_fails_in_words_and_blocks_nobody(spawned):
    busy = training_run()
    first, second = waiting("A", "B")
    write_status(first, "queued", target_epochs=1_000)
    write_status(busy, "finished")
    assert run_queue.start_next() == second
    assert "between 1 and 100, not 1000" in folders.read_run(first).message
    assert folders.read_run(first).state == "failed"


def test_limits_that_cannot_be_read_leave_the_queue_alone(monkeypatch, spawned):
    busy = training_run()
    waiting("A", "B")
    write_status(busy, "finished")
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "ten")
    with pytest.raises(RunError, match="FASHION_MAX_EPOCHS"):
        run_queue.start_next()
    assert run_queue.start_next(wait=False) is None
    assert (order(), spawned) == (["A", "B"], [])


def test_a_run_that_failed_at_once_is_still_there_when_its_second_try_is_cancelled(runs_dir):
    run_id = folders.create_run(TrainConfig(), "No data")
    write_status(run_id, "failed", message="There is no data.")
    training_run()
    assert run_queue.continue_run(run_id) == "queued"
    run_queue.cancel(run_id)
    run = folders.read_run(run_id)
    assert (run.state, run.message) == ("failed", "There is no data.")


@pytest.mark.parametrize(
    "before", [7, {"state": "running"}, {"state": ["x"]}, {"state": "paused", "message": 3}]
)
def test_a_hand_edited_past_is_no_trap(before):
    run_id = ended_run("queued", before=before)
    run_queue.cancel(run_id)
    assert folders.read_run(run_id).state in ("stopped", "paused")


def test_a_read_only_copy_changes_nothing(monkeypatch, spawned):
    busy = training_run()
    (run_id,) = waiting("A")
    write_status(busy, "finished")
    old = ended_run()
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    for action in (
        lambda: run_queue.start_or_add(TrainConfig()),
        lambda: run_queue.add_all([("A", TrainConfig())]),
        lambda: run_queue.continue_run(old, 1),
        lambda: run_queue.cancel(run_id),
        lambda: run_queue.move(run_id, 1),
        lambda: control.request_pause(run_id),
        lambda: control.delete_run(old),
        lambda: folders.annotate_run(old, "Mine", "", []),
        lambda: import_model(Path("model.pt"), "Mine"),
        lambda: rate_finder.start(TrainConfig()),
        rate_finder.forget,
    ):
        with pytest.raises(RunError, match="public copy"):
            action()
    assert run_queue.start_next() is None
    assert spawned == []
    assert folders.read_run(old).name == "Old"


# Limits


def test_a_copy_with_limits_refuses_what_is_beyond_them(monkeypatch, spawned):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "5")
    monkeypatch.setenv("FASHION_MAX_QUEUE", "2")
    monkeypatch.setenv("FASHION_MAX_RUNS", "4")
    with pytest.raises(RunError, match="at most 5 epochs per run, not 6"):
        run_queue.start_or_add(TrainConfig(epochs=6))
    old = ended_run()
    with pytest.raises(RunError, match="at most 5 epochs per run, not 6"):
        run_queue.continue_run(old, 4)
    waiting("A", "B", "C")
    with pytest.raises(RunError, match="at most 2 runs can wait"):
        run_queue.continue_run(old, 1)
    monkeypatch.setenv("FASHION_MAX_QUEUE", "9")
    with pytest.raises(RunError, match=r"keeps at most 4 runs.*Delete some"):
        run_queue.start_or_add(TrainConfig())
    with pytest.raises(RunError, match="keeps at most 4 runs"):
        run_queue.add_all([("A", TrainConfig()), ("B", TrainConfig())])
    assert len(folders.list_runs()) == 4
    assert len(spawned) == 1


def test_a_run_that_has_used_up_its_time_cannot_go_on(monkeypatch):
    run_id = ended_run("stopped", epoch=1)  # after 60 s
    monkeypatch.setenv("FASHION_MAX_MINUTES", "1")
    with pytest.raises(RunError, match="at most 1 minute per run"):
        run_queue.continue_run(run_id, 1)


@pytest.mark.parametrize(
    "name", ["FASHION_MAX_EPOCHS", "FASHION_MAX_MINUTES", "FASHION_MAX_RUNS", "FASHION_MAX_QUEUE"]
)
def test_a_bad_limit_starts_nothing_and_is_explained(monkeypatch, spawned, name):
    monkeypatch.setenv(name, "many")
    with pytest.raises(RunError, match=f"{name} is 'many'"):
        run_queue.start_or_add(TrainConfig())
    assert folders.list_runs() == []
    assert spawned == []


# Two at once


def outcomes_of(*actions):
    """What threads that begin together return or raise."""
    gate, outcomes = threading.Barrier(len(actions), timeout=SECONDS), []

    def act(action):
        gate.wait()
        try:
            outcomes.append(action())
        except RunError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=act, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    return outcomes


def test_of_many_who_start_the_queue_at_once_one_does(spawned):
    busy = training_run()
    waiting("A", "B", "C")
    write_status(busy, "finished")
    started = outcomes_of(*[run_queue.start_next] * 6)
    assert len(spawned) == 1
    assert [run_id for run_id in started if run_id] == spawned


def test_of_many_starts_at_once_one_trains_and_the_others_wait(spawned):
    ids = outcomes_of(*[lambda: run_queue.start_or_add(TrainConfig())] * 5)
    assert len(spawned) == 1
    assert sorted(run.run_id for run in run_queue.read_queue().waiting) == sorted(
        set(ids) - set(spawned)
    )


def test_of_two_who_cancel_or_continue_at_once_one_does(spawned):
    training_run()
    (run_id,) = waiting("A")
    outcomes = outcomes_of(*[lambda: run_queue.cancel(run_id)] * 3)
    assert sum(outcome is None for outcome in outcomes) == 1
    old = ended_run("paused", epoch=1)
    outcomes = outcomes_of(*[lambda: run_queue.continue_run(old)] * 3)
    assert outcomes.count("queued") == 1
    assert all(
        "only a run that is paused" in str(outcome) for outcome in outcomes if outcome != "queued"
    )


def cancel_in_a_process(run_id, gate, answers):
    gate.wait()
    try:
        run_queue.cancel(run_id)
        answers.put("cancelled")
    except RunError as error:
        answers.put(str(error))


def start_in_a_process(gate, answers):
    control.spawn_worker = lambda run_dir: None
    gate.wait()
    answers.put(run_queue.start_next() or "none")


def test_a_cancel_and_a_start_of_the_same_run_by_two_processes_end_in_one_of_the_two(monkeypatch):
    # A new process runs the main module; tests of pages leave the app there.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    busy = training_run()
    (run_id,) = waiting("A")
    write_status(busy, "finished")
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2, timeout=SECONDS), context.Queue()
    processes = [
        context.Process(target=cancel_in_a_process, args=(run_id, gate, answers), daemon=True),
        context.Process(target=start_in_a_process, args=(gate, answers), daemon=True),
    ]
    for process in processes:
        process.start()
    said = {answers.get(timeout=SECONDS) for _ in processes}
    for process in processes:
        process.join(SECONDS)
        assert not process.is_alive()
    if "cancelled" in said:
        assert said == {"cancelled", "none"}
        assert [run.run_id for run in folders.list_runs()] == [busy]
    else:
        assert said == {run_id, "“A” does not wait any more: it is starting."}
        assert folders.read_run(run_id).state == "starting"
