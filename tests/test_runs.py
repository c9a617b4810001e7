"""fashion_core.runs.folders, control and events: whatever was done to a folder, it is told."""

import contextlib
import dataclasses
import errno
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from waiting import SECONDS

from fashion_core import files
from fashion_core.config import TrainConfig
from fashion_core.errors import ConfigError, RunError
from fashion_core.runs import control, folders, rate_finder
from fashion_core.runs import queue as run_queue
from fashion_core.runs.events import cut_metrics, read_log, read_metrics
from fashion_core.runs.folders import run_state

NOW = 1_000_000.0


def status(state, age=0.0, pid=True):
    return {"state": state, "heartbeat_at": NOW - age} | ({"pid": 1} if pid else {})


@pytest.mark.parametrize(
    ("values", "alive", "word"),
    [
        (status("running"), True, "running"),
        (status("starting"), True, "starting"),
        # The worker has not written its pid yet
        (status("starting", pid=False), False, "starting"),
        (status("starting", age=61, pid=False), False, "lost"),
        (status("starting", age=-3_600, pid=False), False, "lost"),  # the clock was put back
        (status("running"), False, "lost"),
        (status("starting"), False, "lost"),
        (status("running", age=901), True, "lost"),
        (status("running", age=300), True, "running"),  # it measures a large network on a slow core
        (status("paused", age=1e6), False, "paused"),
        (status("queued", age=1e6), False, "queued"),
        (status("finished", age=1e6), False, "finished"),
        (status("stopped", age=1e6), False, "stopped"),
        (status("failed", age=1e6), False, "failed"),
        ({"state": "dancing"}, True, "lost"),
        ({}, True, "lost"),
    ],
)
def test_run_state(values, alive, word):
    assert run_state(values, NOW, alive) == word


def test_this_process_is_alive_and_its_pid_alone_proves_nothing():
    me = psutil.Process()
    assert folders.process_alive(me.pid, folders.process_start(me))
    # Another process had that pid
    assert not folders.process_alive(me.pid, folders.process_start(me) - 60)


@pytest.mark.skipif(
    not psutil.LINUX, reason="how a set clock shows itself is the system's own affair"
)
@pytest.mark.parametrize("seconds", [-3_600, 60, 3_600])
def test_a_clock_that_is_set_makes_no_process_another_one(seconds, monkeypatch):
    me, booted = psutil.Process(), psutil.boot_time()
    started, told = folders.process_start(me), me.create_time()
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: booted + seconds)
    # So it is when the clock is set
    assert psutil.Process().create_time() == pytest.approx(told + seconds, abs=1)
    assert folders.process_alive(me.pid, started)


def test_a_config_of_something_else_is_none(runs_dir):
    run_dir = folders.run_dir_of(folders.create_run(TrainConfig()))
    files.write_json(run_dir / "config.json", {"hidden_size": 768})
    run = folders.read_run(run_dir.name)
    assert (run.config, run.state) == (None, "lost")
    assert "must be a JSON object" in run.problem


def test_whatever_is_written_is_read_at_once_and_what_a_reader_changes_stays_its_own(runs_dir):
    run_id = folders.create_run(TrainConfig(), "A")
    run_dir = folders.run_dir_of(run_id)
    for step in (1, 2, 3, 2):  # each file as long as the one before
        files.write_json(run_dir / "status.json", {"state": "finished", "step": step})
        folders.annotate_run(run_id, f"Name {step}", "", [])
        run = folders.read_run(run_id)
        assert (run.status["step"], run.name) == (step, f"Name {step}")
    run.status["step"] = 9
    assert folders.read_run(run_id).status["step"] == 2
    (run_dir / "status.json").unlink()
    assert "status.json cannot be read" in folders.read_run(run_id).problem


def test_a_dead_child_that_nobody_has_reaped_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    started = folders.process_start(psutil.Process(child.pid))
    deadline = time.monotonic() + SECONDS
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(child.pid, 0)  # a zombie still takes signal 0
    assert not folders.process_alive(child.pid, started)
    child.wait()


@pytest.mark.parametrize("pid", [-1, 0, 2**40, 10**30])
def test_a_nonsense_pid_is_not_alive(pid):
    assert not folders.process_alive(pid, 0.0)


def make_run(state="finished", **values):
    run_id = folders.create_run(TrainConfig(epochs=2), "A run")
    files.write_json(folders.run_dir_of(run_id) / "status.json", {"state": state} | values)
    return run_id


def test_a_new_run_is_starting_and_remembers_its_config(runs_dir):
    run = folders.read_run(folders.create_run(TrainConfig(epochs=9), "  Mine\n"))
    assert (run.state, run.name, run.config.epochs, run.is_active) == ("starting", "Mine", 9, True)


@pytest.mark.parametrize(
    "bad", ["..", "../x", "a/b", "/etc", "", ".", "A B", "x" * 65, "a\0b", ".deleted-x", None, 7]
)
def test_an_id_that_could_leave_the_folder_is_refused(runs_dir, bad):
    for action in (folders.read_run, control.request_stop, control.delete_run):
        with pytest.raises(RunError, match="not a run id"):
            action(bad)


def test_a_link_out_of_the_folder_is_no_run(runs_dir, tmp_path):
    (tmp_path / "outside").mkdir()
    (runs_dir / "sneaky").symlink_to(tmp_path / "outside")
    with pytest.raises(RunError, match="no run"):
        control.delete_run("sneaky")
    assert (tmp_path / "outside").is_dir()


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("status.json", "{", "not valid JSON"),
        ("status.json", "[1]", "JSON object"),
        ("status.json", '{"state": NaN}', "not valid JSON"),
        ("status.json", "[" * 100_000, "not valid JSON"),
        ("status.json", " " * 300_000, "larger than"),
        ("status.json", None, "cannot be read"),
        ("status.json", b"\xff\xfe", "not valid JSON"),
        ("config.json", "{}{}", "not valid JSON"),
        ("config.json", '{"config": {"epochs": -1}}', "epochs"),
        ("config.json", '{"config": {"rm": 1}}', "Unknown"),
        ("config.json", '{"config": 3}', "JSON object"),
    ],
)
def test_a_damaged_folder_is_listed_with_what_is_wrong(runs_dir, file, content, words):
    run_id = make_run()
    path = runs_dir / run_id / file
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content)
    (run,) = folders.list_runs()
    assert run.state == "lost"
    assert words in run.message


def test_a_run_whose_status_a_power_cut_has_emptied_keeps_its_config_and_can_go_on(runs_dir):
    run_id = make_run("running")
    (runs_dir / run_id / "status.json").write_text("")
    folders.resume_path(runs_dir / run_id).write_bytes(b"kept")
    (run,) = folders.list_runs()
    assert (run.state, run.config.epochs, run.name) == ("lost", 2, "A run")
    assert run_queue.continue_problem(run) == ""


def test_a_folder_that_is_there_already_is_left_alone(runs_dir, monkeypatch):
    monkeypatch.setattr(secrets, "token_hex", lambda _: "same")
    monkeypatch.setattr(time, "strftime", lambda *_: "now")
    run_id = make_run()
    with pytest.raises(RunError, match="at the same moment"):
        make_run()
    assert folders.read_run(run_id).state == "finished"


def test_the_worker_is_told_the_folders_that_this_process_means(runs_dir, monkeypatch, tmp_path):
    told = {}
    monkeypatch.setattr(subprocess, "Popen", lambda _, env, **rest: told.update(env))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FASHION_RUNS_DIR", "~/here")
    monkeypatch.setenv("FASHION_DATA_DIR", "data")
    monkeypatch.setenv("FASHION_PICTURES_DIR", "pictures")
    # As a worker has it
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(files.PROJECT_DIR), "more"]))
    run_queue.start_or_add(TrainConfig())
    assert str(folders.runs_dir()) == told["FASHION_RUNS_DIR"]
    assert (told["FASHION_RUNS_DIR"], told["FASHION_DATA_DIR"]) == (
        str(tmp_path / "here"),
        str(tmp_path / "data"),
    )
    assert told["FASHION_PICTURES_DIR"] == str(tmp_path / "pictures")
    assert told["PYTHONPATH"].split(os.pathsep) == [str(files.PROJECT_DIR), "more"]


@pytest.mark.parametrize(("quota", "threads"), [("200000 100000", 1), ("350000 100000", 3)])
def test_a_container_trains_on_no_more_than_it_may_use(monkeypatch, tmp_path, quota, threads):
    monkeypatch.delenv("FASHION_TRAIN_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(16), raising=False)
    monkeypatch.setattr(control.psutil, "cpu_count", lambda logical: 16)
    monkeypatch.setattr(control, "QUOTA_FILE", tmp_path / "cpu.max")
    assert control.thread_count() == 15
    (tmp_path / "cpu.max").write_text("max 100000")
    assert control.thread_count() == 15
    (tmp_path / "cpu.max").write_text(quota)
    assert control.thread_count() == threads


def test_a_number_of_threads_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("FASHION_TRAIN_THREADS", " 1 ")
    assert control.thread_count() == 1
    for asked in ("two", "0", "-1", "1.5"):
        monkeypatch.setenv("FASHION_TRAIN_THREADS", asked)
        with pytest.raises(ConfigError, match=f"whole number from 1, not '{asked}'"):
            control.thread_count()


def test_what_a_page_cannot_show_is_taken_out_of_a_status(runs_dir):
    make_run("stopped", steps=-5, step=3, message="a\ud800b\nc")
    (run,) = folders.list_runs()
    assert run.message == "a b\nc"
    assert folders.progress(run)[0] == 0.0


def test_values_of_the_wrong_type_in_a_status_are_dropped(runs_dir):
    make_run(
        "running",
        pid="x",
        epoch=[1],
        step=True,
        train_loss="1e9",
        message={"a": 1},
        heartbeat_at=None,
    )
    (run,) = folders.list_runs()
    assert set(run.status) == {"state"}
    assert run.state == "lost"


@pytest.mark.parametrize("number", ["1e300", "1" + "0" * 400, "-1e16"])
def test_numbers_that_no_run_can_have_are_dropped(runs_dir, number):
    run_id = make_run()
    (runs_dir / run_id / "status.json").write_text(
        f'{{"state": "finished", "epoch": {number}, "steps": 3}}'
    )
    path = runs_dir / run_id / "config.json"
    path.write_text(path.read_text().replace('"created_at": ', f'"created_at": {number}, "was": '))
    (run,) = folders.list_runs()
    assert run.status == {"state": "finished", "steps": 3}
    assert run.created_at == 0.0
    assert folders.progress(run)[0] == 0.0


def test_a_count_that_is_nearly_nothing_is_no_count(runs_dir):
    """A number of steps per epoch of 1e-300 would make infinitely many epochs of one step."""
    make_run("running", steps=1e-300, step=5)
    assert folders.progress(folders.list_runs()[0])[0] == 0.0


@pytest.mark.parametrize("file", ["config.json", "status.json", "metrics.jsonl"])
def test_a_pipe_in_a_files_place_is_not_waited_for(runs_dir, file):
    run_id = make_run()
    (runs_dir / run_id / file).unlink(missing_ok=True)
    os.mkfifo(runs_dir / run_id / file)
    (run,) = folders.list_runs()
    assert read_metrics(run.run_dir) == ([], 0)
    assert ("not a file" in run.message) == (file != "metrics.jsonl")


def test_what_is_wrong_with_a_folder_is_told_in_few_words(runs_dir):
    run_id = make_run()
    (runs_dir / run_id / "config.json").write_text(json.dumps({"config": {"model": "x" * 100_000}}))
    assert len(folders.read_run(run_id).message) <= folders.MAX_PROBLEM_LENGTH


def test_a_changed_config_is_read_again(runs_dir):
    run_id = make_run()
    assert folders.read_run(run_id).config.epochs == 2
    values = files.read_json(runs_dir / run_id / "config.json")
    files.write_json(runs_dir / run_id / "config.json", values | {"config": {"epochs": 11}})
    assert folders.read_run(run_id).config.epochs == 11


def test_a_link_is_no_model(runs_dir, checkpoint_path):
    run_id = make_run()
    (runs_dir / run_id / "model.pt").symlink_to(checkpoint_path)
    assert not folders.read_run(run_id).has_model
    (runs_dir / run_id / "model.pt").unlink()
    (runs_dir / run_id / "model.pt").write_bytes(checkpoint_path.read_bytes())
    assert folders.read_run(run_id).has_model


def test_runs_take_turns_with_the_colours_and_keep_theirs_when_others_go(runs_dir, monkeypatch):
    clock = iter(range(1_700_000_000, 1_700_001_000))
    monkeypatch.setattr(time, "time", lambda: next(clock))
    started = [make_run() for _ in range(8)]
    colors = {run.run_id: run.color for run in folders.list_runs()}
    assert [colors[run_id] for run_id in started] == [0, 1, 2, 3, 4, 5, 0, 1]
    for run_id in started[1:7:2]:
        control.delete_run(run_id)
    assert all(run.color == colors[run.run_id] for run in folders.list_runs())


@pytest.mark.parametrize("color", [None, "red", -1, 1e300, 7.5, True])
def test_a_run_without_a_colour_of_its_own_always_gets_the_same(runs_dir, color):
    run_id = make_run()
    path = runs_dir / run_id / "config.json"
    files.write_json(path, files.read_json(path) | {"color": color})
    shown = folders.read_run(run_id).color
    assert shown in range(folders.COLORS)
    assert folders.read_run(run_id).color == shown


def test_there_are_as_many_colours_as_series_can_have():
    from fashion_core.charts.colors import SERIES_COLORS

    assert len(SERIES_COLORS) == folders.COLORS


def test_foreign_files_in_the_runs_folder_are_no_runs(runs_dir):
    (runs_dir / "notes.txt").write_text("x")
    (runs_dir / ".hidden").mkdir()
    assert [run.state for run in folders.list_runs()] == []


def test_a_missing_runs_folder_is_empty(monkeypatch, tmp_path):
    monkeypatch.setenv("FASHION_RUNS_DIR", str(tmp_path / "none"))
    assert folders.list_runs() == []


STEP = {"kind": "step", "epoch": 1, "step": 1, "train_loss": 2.3, "elapsed_seconds": 0.1}


def test_metrics_are_read_on_from_where_the_last_reading_ended(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps(STEP) + "\n" + json.dumps(STEP | {"step": 2})[:20])
    events, offset = read_metrics(tmp_path)
    assert [event["step"] for event in events] == [1]
    path.write_text(json.dumps(STEP) + "\n" + json.dumps(STEP | {"step": 2}) + "\n")
    events, offset = read_metrics(tmp_path, offset)
    assert [event["step"] for event in events] == [2]
    assert read_metrics(tmp_path, offset) == ([], offset)


@pytest.mark.parametrize(
    "line",
    [
        "no",
        "{",
        "[]",
        "3",
        '{"kind": "step"}',
        '{"kind": "x"}',
        json.dumps(STEP | {"train_loss": "low"}),
        json.dumps(STEP).replace("2.3", "NaN"),
        json.dumps(STEP).replace("2.3", "1e999"),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_event_is_skipped(tmp_path, line):
    (tmp_path / "metrics.jsonl").write_text(line + "\n" + json.dumps(STEP) + "\n")
    assert read_metrics(tmp_path)[0] == [STEP]


def test_events_after_a_point_are_cut_off(tmp_path):
    step = {"kind": "step", "train_loss": 1.0, "elapsed_seconds": 1.0}
    epoch = step | {"kind": "epoch", "val_loss": 1.0, "val_accuracy": 0.5, "best": True}
    events = [
        step | {"epoch": 1, "step": 5},
        step | {"epoch": 1, "step": 10},
        epoch | {"epoch": 1, "step": 10},
    ]
    beyond = [
        step | {"epoch": 2, "step": 15},
        step | {"epoch": 2, "step": 20},
        epoch | {"epoch": 2, "step": 20},
    ]
    path = tmp_path / "metrics.jsonl"
    lines = [json.dumps(event) + "\n" for event in events + beyond]
    path.write_text("".join(lines) + "rubbish\n" + lines[0][:9])
    cut_metrics(tmp_path, epoch=1, step=10)
    assert path.read_text() == "".join(lines[:3])
    inode = path.stat().st_ino
    cut_metrics(tmp_path, epoch=1, step=10)
    assert path.stat().st_ino == inode  # nothing to cut: readers may go on
    path.write_text("".join(lines))
    # Paused between an epoch's last step and its validation
    cut_metrics(tmp_path, epoch=1, step=20)
    assert path.read_text() == "".join(lines[:5])
    cut_metrics(tmp_path, epoch=0, step=10)
    assert path.read_text() == "".join(lines[:2])
    cut_metrics(tmp_path / "none", epoch=0, step=0)


@pytest.mark.parametrize("state", ["finished", "stopped", "paused", "failed", "queued"])
def test_what_does_not_train_cannot_be_paused_or_stopped(runs_dir, state):
    run_id = make_run(state)
    with pytest.raises(RunError, match=f"not training any more: it is {state}"):
        control.request_pause(run_id)
    if state != "paused":  # which can be ended for good
        with pytest.raises(RunError, match=f"not training any more: it is {state}"):
            control.request_stop(run_id)


@pytest.mark.parametrize("listed", ["x", [True, "5", -1, 10**9, None], {"a": 1}, 7])
def test_hand_edited_earlier_epochs_are_dropped(runs_dir, listed):
    run_id = make_run()
    about = files.read_json(runs_dir / run_id / "config.json")
    files.write_json(runs_dir / run_id / "config.json", about | {"epochs_before": listed})
    assert folders.read_run(run_id).epochs_before == ()


def test_no_metrics_yet(tmp_path):
    assert read_metrics(tmp_path) == ([], 0)


def test_the_log_is_shown_from_its_end(tmp_path):
    (tmp_path / "worker.log").write_text("a" * 10_000 + "the end\n")
    assert read_log(tmp_path).endswith("the end")
    assert len(read_log(tmp_path)) <= 8_000


def test_a_log_that_is_a_pipe_or_a_link_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "worker.log")
    assert read_log(tmp_path) == ""
    (tmp_path / "private").write_text("of somebody else")
    (tmp_path / "worker.log").unlink()
    (tmp_path / "worker.log").symlink_to(tmp_path / "private")
    assert read_log(tmp_path) == ""


def test_a_reader_never_sees_half_a_status(tmp_path):
    path = tmp_path / "status.json"
    values = {"state": "running", "filler": "x" * 50_000}
    files.write_json(path, values)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            files.write_json(path, values)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(files.read_json(path) == values for _ in range(300))
    finally:
        stop.set()
        writer.join()


def test_a_finished_run_can_be_deleted(runs_dir):
    run_id = make_run()
    control.delete_run(run_id)
    assert folders.list_runs() == []
    assert [path.name for path in runs_dir.iterdir()] == [".launch.lock"]


def test_what_a_killed_process_left_of_a_deleted_run_goes_with_the_next(runs_dir):
    (runs_dir / ".deleted-before").mkdir(parents=True)
    control.delete_run(make_run())
    assert list(runs_dir.glob(".deleted-*")) == []


def test_a_training_run_cannot_be_deleted(runs_dir):
    run_id = folders.create_run(TrainConfig())
    with pytest.raises(RunError, match="is still training"):
        control.delete_run(run_id)
    assert folders.read_run(run_id).state == "starting"


def test_a_silent_run_whose_process_lives_is_left_alone(runs_dir):
    started = folders.process_start(psutil.Process())
    run_id = make_run(
        "running", pid=os.getpid(), process_started_at=started, heartbeat_at=time.time() - 10_000
    )
    assert folders.read_run(run_id).state == "lost"
    for act in (control.delete_run, run_queue.continue_run):
        with pytest.raises(RunError, match=f"process {os.getpid()} lives"):
            act(run_id)
    assert folders.read_run(run_id).status["state"] == "running"


@pytest.mark.parametrize("silent_seconds", [0, 10_000])
def test_a_run_of_another_version_is_left_alone_while_its_process_lives(runs_dir, silent_seconds):
    started, heard = folders.process_start(psutil.Process()), time.time() - silent_seconds
    run_id = make_run("running", pid=os.getpid(), process_started_at=started, heartbeat_at=heard)
    path = folders.run_dir_of(run_id) / "config.json"
    values = files.read_json(path)
    files.write_json(path, values | {"config": values["config"] | {"of_tomorrow": 1}})
    assert "of_tomorrow" in folders.read_run(run_id).problem
    with pytest.raises(RunError, match=f"process {os.getpid()} lives"):
        control.delete_run(run_id)
    assert folders.read_run(run_id).status["state"] == "running"


def test_a_run_whose_process_cannot_be_started_keeps_its_metrics(runs_dir, monkeypatch):
    run_id = make_run("finished", epoch=2, best_val_accuracy=0.9)

    def no_process(*_, **__):
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", no_process)
    with pytest.raises(RunError, match="could not be started: Resource temporarily unavailable"):
        run_queue.continue_run(run_id)
    run = folders.read_run(run_id)
    assert (run.state, run.epochs_done, run.status["best_val_accuracy"]) == ("failed", 2, 0.9)


def test_a_machine_without_room_for_a_process_fails_none_that_waits(runs_dir, monkeypatch):
    named = [(name, TrainConfig()) for name in "ABC"]
    with control.worker_lock():
        added = run_queue.add_all(named)

    def no_process(*_, **__):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", no_process)
    assert run_queue.start_next(wait=False) is None
    with pytest.raises(RunError, match="Close other programs"):
        run_queue.start_next()
    assert [run.run_id for run in run_queue.read_queue().waiting] == added
    added += run_queue.add_all([("D", TrainConfig())])  # no refusal: it waits like the others
    assert {folders.read_run(run_id).state for run_id in added} == {"queued"}


@pytest.mark.parametrize(
    "start", [run_queue.start_or_add, lambda one: run_queue.add_all([("", one)])]
)
@pytest.mark.parametrize("busy", [True, False])
def test_a_start_that_a_full_disk_refuses_leaves_no_run_that_starts_later(
    runs_dir, monkeypatch, start, busy
):
    write_json = files.write_json

    def full_but_for_new_runs(path, values):
        if path.name == "queue.json" or values.get("state") == "starting":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_json(path, values)

    monkeypatch.setattr(files, "write_json", full_but_for_new_runs)
    machine = control.worker_lock() if busy else contextlib.nullcontext()
    with machine, pytest.raises(RunError, match="Free some disk space"):
        start(TrainConfig())
    assert folders.list_runs() == []


def test_a_folder_that_may_not_be_entered_is_as_good_as_none(runs_dir, monkeypatch):
    run_id = make_run()
    stat = os.stat

    def guarded(path, *args, **kwargs):
        if str(path).startswith(f"{runs_dir}{os.sep}"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", guarded)
    assert folders.list_runs() == []
    assert run_queue.read_queue().rows == []
    assert rate_finder.read_search() is None
    assert read_metrics(runs_dir / run_id) == ([], 0)
    with pytest.raises(RunError, match="There is no run"):
        folders.read_run(run_id)


def test_links_among_the_runs_hide_nothing(runs_dir):
    run_id = make_run()
    for name, target in (("to-itself", "to-itself"), ("elsewhere", run_id)):
        (runs_dir / name).symlink_to(runs_dir / target)
    assert [run.run_id for run in folders.list_runs()] == [run_id]


@pytest.mark.parametrize("name", ["config.json", "status.json"])
def test_a_file_that_could_not_be_read_for_a_moment_is_read_again(runs_dir, monkeypatch, name):
    run_id = make_run(epoch=2)
    read_json = files.read_json

    def too_many_files(path):
        if path.name == name:
            raise RunError(f"{name} cannot be read: Too many open files.") from OSError(
                errno.EMFILE, ""
            )
        return read_json(path)

    monkeypatch.setattr(files, "read_json", too_many_files)
    assert "Too many open files" in folders.read_run(run_id).problem
    monkeypatch.setattr(files, "read_json", read_json)
    run = folders.read_run(run_id)
    assert (run.problem, run.state, run.epochs_done) == ("", "finished", 2)


def test_a_start_waits_while_a_worker_holds_the_lock(runs_dir):
    with control.worker_lock():
        assert folders.read_run(run_queue.start_or_add(TrainConfig())).state == "queued"


def test_an_unwritable_folder_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FASHION_RUNS_DIR", str(tmp_path / "file" / "runs"))
    with pytest.raises(
        RunError,
        match=f"could not be written.*write to {tmp_path}/file/runs, or set FASHION_RUNS_DIR",
    ):
        run_queue.start_or_add(TrainConfig())


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free some disk space"),
        (None, "Free some disk space"),
        (errno.EACCES, "set FASHION_RUNS_DIR"),
    ],
)
def test_what_to_do_depends_on_why_nothing_can_be_written(runs_dir, number, advice):
    error = OSError(number, "So it is") if number else OSError("So it is")
    words = folders.describe_unwritable(error)
    assert words.startswith("So it is. ")
    assert advice in words


@pytest.mark.parametrize(("refusals", "replaced"), [(3, True), (10_000, False)])
def test_a_file_that_somebody_reads_is_replaced_once_it_is_read(
    tmp_path, monkeypatch, refusals, replaced
):
    """As on Windows, where os.replace fails meanwhile."""
    tries, real = [], os.replace

    def refuse_at_first(source, target):
        tries.append(target)
        if len(tries) <= refusals:
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse_at_first)
    monkeypatch.setattr(files, "REPLACE_SECONDS", 0)
    with contextlib.nullcontext() if replaced else pytest.raises(PermissionError):
        files.write_json(tmp_path / "x.json", {"a": 1})
    assert (tmp_path / "x.json").exists() == replaced


def test_the_system_is_not_asked_about_the_process_of_a_run_that_has_ended(runs_dir, monkeypatch):
    make_run("finished", pid=1, process_started_at=0.0)
    monkeypatch.setattr(folders, "process_alive", None)  # not to be called
    assert [run.state for run in folders.list_runs()] == ["finished"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("", "x"), ("  ", "x"), ("a\nb\tc", "a b c"), ("\x00\u202e<b>", "<b>"), ("n" * 99, "n" * 60)],
)
def test_names_become_one_printable_line(name, kept):
    assert folders.clean_name(name, "x") == kept


def past(config, **status) -> folders.Run:
    return folders.Run("past", Path("past"), "finished", "Past", config, status=status)


def test_how_long_a_training_takes_is_told_by_the_newest_run_of_the_same_work():
    config = TrainConfig(epochs=10, train_size=6_400, learning_rate=0.01)  # 100 steps an epoch
    others = [
        {"batch_size": 128},
        {"model": "ResidualNet"},
        {"train_size": 3_200},
        {"synthetic": True},
    ]
    others += [{"distillation": True}, {"optimizer": "Muon"}]
    runs_before = [
        past(dataclasses.replace(config, **other), step=100, elapsed_seconds=1.0)
        for other in others
    ]
    runs_before += [
        past(config, step=3, elapsed_seconds=9.0),
        past(config),
        past(None, step=100, elapsed_seconds=9.0),
    ]
    assert folders.expected_seconds(config, runs_before) is None
    slower = dataclasses.replace(config, epochs=3, learning_rate=0.1, flips=True, optimizer="SGD")
    runs_before += [
        past(slower, step=200, elapsed_seconds=5.0),
        past(config, step=100, elapsed_seconds=99.0),
    ]
    assert folders.expected_seconds(config, runs_before) == pytest.approx(25.0)


def test_progress_in_words(runs_dir):
    run_id = folders.create_run(TrainConfig(epochs=4), "")
    me = psutil.Process()
    values = {
        "pid": me.pid,
        "process_started_at": folders.process_start(me),
        "heartbeat_at": time.time(),
    }
    values |= {"steps": 100, "step": 100, "elapsed_seconds": 10.0, "images_per_second": 15_900.4}
    files.write_json(runs_dir / run_id / "status.json", {"state": "running"} | values)
    share, words = folders.progress(folders.read_run(run_id))
    assert share == 0.25
    assert words == "Epoch 1 of 4, step 100 of 400 · 15,900 images/s · 30 s left"
    measured = values | {"state": "running", "step": 400, "elapsed_seconds": 40}
    for tested, told in (
        ({}, "measuring on the validation images"),
        ({"tested": 500}, "measuring: 500 of the 10,000 test images"),
    ):
        files.write_json(runs_dir / run_id / "status.json", measured | tested)
        words = folders.progress(folders.read_run(run_id))[1]
        assert words == f"Epoch 4 of 4, step 400 of 400 · 40 s of training · {told}"
        assert folders.describe_measuring(folders.read_run(run_id)) == told
    validating = values | {"state": "running", "validated": 2_000, "to_validate": 5_000}
    files.write_json(runs_dir / run_id / "status.json", validating)
    told = "measuring: 2,000 of 5,000 validation pictures"
    words = folders.progress(folders.read_run(run_id))[1]
    assert words == f"Epoch 1 of 4, step 100 of 400 · {told}"
    assert folders.describe_measuring(folders.read_run(run_id)) == ""  # steps are to come
    control.request_stop(run_id)
    words = folders.progress(folders.read_run(run_id))[1]
    assert words == f"Stopping · {told} · Epoch 1 of 4, step 100 of 400"
    files.write_json(runs_dir / run_id / "status.json", values | {"state": "running"})
    words = folders.progress(folders.read_run(run_id))[1]
    assert words == "Stopping · Epoch 1 of 4, step 100 of 400"
    files.write_json(runs_dir / run_id / "status.json", values | {"state": "paused"})
    words = folders.progress(folders.read_run(run_id))[1]
    assert words == "Epoch 1 of 4, step 100 of 400 · 10 s of training"
    preparing = {"prepared": 320, "to_prepare": 1397}
    for more, expected in (
        ({"state": "starting", "step": 0}, "Preparing people's pictures: 320 of 1,397"),
        ({"state": "stopped", "step": 0}, "Nothing was trained"),
    ):
        files.write_json(runs_dir / run_id / "status.json", values | preparing | more)
        assert folders.progress(folders.read_run(run_id)) == (0.0, expected)
    # Trained to its end before, and waiting for more epochs
    files.write_json(runs_dir / run_id / "status.json", values | {"state": "queued", "step": 400})
    assert folders.progress(folders.read_run(run_id)) == (0.0, "Waits in the queue")
