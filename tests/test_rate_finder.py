"""fashion_core.runs.rate_finder: the suggested rate, the process, its lock, damaged folders."""

import contextlib
import json
import math
import os
import shutil
import time

import psutil
import pytest
import torch
from waiting import wait_for, wait_for_state

from fashion_core import files, worker
from fashion_core.config import TrainConfig
from fashion_core.errors import RunError
from fashion_core.runs import control, folders, rate_finder
from fashion_core.runs import queue as run_queue
from fashion_core.runs.events import read_log

CONFIG = TrainConfig(train_size=2_000)
TINY = TrainConfig(model="flatten", train_size=1_000, epochs=1)
# A search that does not end while the test looks
SLOW = TrainConfig(batch_size=1024)
RATES = rate_finder.planned_rates(TrainConfig())


@pytest.fixture
def no_process_left(runs_dir):
    yield
    places = [folders.finder_dir(), *(run.run_dir for run in folders.list_runs())]
    for folder in places:
        with contextlib.suppress(psutil.Error, KeyError, RunError):
            psutil.Process(folders.read_status(folder)[1]["pid"]).kill()


# The curve


def valley(turn, floor=0.7, start=2.3):
    """Losses that fall from `start` to `floor` around `turn` / 100 and climb from `turn` on."""
    fall = [(start - floor) / (1 + (rate / (turn / 100)) ** 2) for rate in RATES]
    climb = [max(0.0, 20 * math.log10(rate / turn)) for rate in RATES]
    return [floor + down + up for down, up in zip(fall, climb, strict=True)]


@pytest.mark.parametrize("turn", [0.003, 0.02, 0.1])
def test_the_suggestion_is_a_tenth_of_the_turn(turn):
    suggested = rate_finder.suggested_rate(RATES, valley(turn))
    assert suggested == pytest.approx(turn / 10, rel=0.3)
    assert suggested == float(f"{suggested:.2g}")


def test_a_few_wild_losses_do_not_move_the_suggestion():
    losses = valley(0.02)
    noisy = [loss + 0.15 * math.sin(7 * place) for place, loss in enumerate(losses)]
    noisy[90] = 1e6
    assert rate_finder.suggested_rate(RATES, noisy) == pytest.approx(
        rate_finder.suggested_rate(RATES, losses), rel=0.4
    )


def test_a_loss_that_never_rises_suggests_a_tenth_of_the_highest_rate():
    losses = [2.3 - 0.01 * place for place in range(len(RATES))]
    assert rate_finder.suggested_rate(RATES, losses) == 0.1


@pytest.mark.parametrize(
    "losses", [[], [2.3] * 200, [2.3 + 0.01 * place for place in range(200)], [2.3, 0.1] * 5]
)
def test_without_a_fall_or_with_few_steps_nothing_is_suggested(losses):
    assert rate_finder.suggested_rate(RATES, losses) is None


def test_smoothing_keeps_a_constant_and_does_not_move_a_step():
    assert rate_finder.smoothed_losses([1.5] * 40) == pytest.approx([1.5] * 40)
    step = rate_finder.smoothed_losses([2.0] * 50 + [1.0] * 50)
    assert (step[49] + step[50]) / 2 == pytest.approx(1.5)


def test_it_has_exploded_at_three_times_the_lowest_loss():
    assert not rate_finder.has_exploded([1.0] * 40 + [2.9] * 40)
    assert rate_finder.has_exploded([1.0] * 40 + [3.1] * 40)
    assert not rate_finder.has_exploded([1.0, 9.0])


@pytest.mark.parametrize(
    ("optimizer", "first"), [("Adam", 1e-5), ("AdamW", 1e-5), ("Muon", 1e-5), ("SGD", 1e-4)]
)
def test_rates_rise_by_the_same_factor_up_to_one(optimizer, first):
    rates = rate_finder.planned_rates(TrainConfig(optimizer=optimizer))
    assert (rates[0], rates[-1], len(rates)) == (pytest.approx(first), 1.0, rate_finder.STEPS)
    assert rates[1] / rates[0] == pytest.approx(rates[-1] / rates[-2])


def test_a_curve_fits_whatever_it_does_not_depend_on():
    search = rate_finder.Search("finished", TrainConfig())
    assert rate_finder.fits(
        search, TrainConfig(learning_rate=0.01, epochs=9, schedule="one-cycle", seed=3)
    )
    assert not rate_finder.fits(search, TrainConfig(batch_size=128))
    assert not rate_finder.fits(rate_finder.Search("lost"), TrainConfig())


def test_words():
    config = TrainConfig(optimizer="AdamW", batch_size=128, flips=True, epochs=9)
    assert rate_finder.describe_config(TrainConfig()) == "FashionCNN, Adam, batches of 64"
    assert (
        rate_finder.describe_config(config) == "FashionCNN, AdamW, batches of 128, random flips on"
    )


def test_before_the_first_step_it_is_told_how_many_pictures_are_prepared():
    told = "Preparing people's pictures: 320 of 1,397"
    search = rate_finder.Search("starting", preparing=told)
    assert rate_finder.progress(search) == (0.0, told)
    assert rate_finder.progress(rate_finder.Search("starting")) == (0.0, "Getting ready")


# The process


def wait_for_end():
    wait_for(lambda: not rate_finder.read_search().is_active, "the search to end")
    return rate_finder.read_search()


@pytest.mark.usefixtures("no_process_left")
def test_a_search_ends_with_a_curve_and_a_rate_and_a_run_started_meanwhile_follows():
    rate_finder.start(CONFIG)
    waiting = run_queue.start_or_add(TINY, "Follows")
    assert folders.read_run(waiting).state == "queued"
    search = wait_for_end()
    assert search.state == "finished", (search.message, read_log(folders.finder_dir()))
    assert search.config == CONFIG
    # It ended when the loss exploded
    assert rate_finder.LEAST_STEPS < len(search.losses) < rate_finder.STEPS
    assert search.losses[0] == pytest.approx(math.log(10), abs=0.1)  # a fresh network guesses
    assert search.rates == rate_finder.planned_rates(CONFIG)[: len(search.losses)]
    assert 0.0005 < rate_finder.suggested_rate(search.rates, search.losses) < 0.01
    run = wait_for_state(waiting, "finished", "failed", "lost")
    assert run.state == "finished"
    began = psutil.boot_time() + run.status["process_started_at"]
    assert (
        began > json.loads((folders.finder_dir() / "status.json").read_text())["heartbeat_at"] - 1
    )


@pytest.mark.usefixtures("no_process_left")
def test_a_killed_search_is_lost_and_the_queue_goes_on_with_the_next_page(monkeypatch):
    rate_finder.start(SLOW)
    wait_for(lambda: rate_finder.read_search().losses, "the first loss")
    waiting = run_queue.start_or_add(TINY, "Follows")
    assert run_queue.start_next(wait=False) is None
    psutil.Process(folders.read_status(folders.finder_dir())[1]["pid"]).kill()
    wait_for(lambda: rate_finder.read_search().state == "lost", "the word lost", seconds=10)
    assert "killed" in rate_finder.read_search().message
    monkeypatch.setattr(control, "spawn_worker", lambda folder: None)
    assert run_queue.start_next() == waiting  # what any page does
    assert folders.read_run(waiting).state == "starting"


@pytest.fixture
def in_this_process(runs_dir, monkeypatch):
    """No worker is started: a test does its work itself."""
    monkeypatch.setattr(control, "spawn_worker", lambda folder: None)
    monkeypatch.setattr(worker.control, "step_behind", lambda: None)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("in_this_process")
def test_a_search_stops_when_asked_and_can_then_be_forgotten():
    rate_finder.start(CONFIG)
    with pytest.raises(RunError, match="Stop that first"):
        rate_finder.forget()
    rate_finder.request_stop()
    worker.main(folders.finder_dir())
    search = rate_finder.read_search()
    assert (search.state, search.message) == ("stopped", "")
    assert len(search.losses) < rate_finder.STEPS
    with pytest.raises(RunError, match="any more"):
        rate_finder.request_stop()
    rate_finder.forget()
    assert rate_finder.read_search() is None


@pytest.mark.usefixtures("in_this_process")
def test_without_data_it_fails_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "nothing"))
    rate_finder.start(CONFIG)
    worker.main(folders.finder_dir())
    search = rate_finder.read_search()
    assert search.state == "failed"
    assert "FASHION_DATA_DIR" in search.message


# What stands against it


def test_it_is_refused_while_a_run_or_another_search_trains_or_the_lock_is_held(
    runs_dir, monkeypatch
):
    launched = []
    monkeypatch.setattr(control, "spawn_worker", launched.append)
    run_id = folders.create_run(TINY, "Busy")
    with pytest.raises(RunError, match="“Busy” is training"):
        rate_finder.start(CONFIG)
    files.write_json(runs_dir / run_id / "status.json", {"state": "finished"})
    with control.worker_lock(), pytest.raises(RunError, match="still holds the machine"):
        rate_finder.start(CONFIG)
    assert launched == []
    rate_finder.start(CONFIG)
    assert launched == [folders.finder_dir()]
    with pytest.raises(RunError, match="being looked for"):
        rate_finder.start(CONFIG)


def test_its_folder_is_no_run(runs_dir, monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda folder: None)
    rate_finder.start(CONFIG)
    assert folders.list_runs() == []
    assert rate_finder.read_search().state == "starting"


def write_search(config=CONFIG, **status):
    folder = folders.finder_dir()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    files.write_json(folder / "config.json", {"config": config.to_dict()})
    (folder / "status.json").write_text(json.dumps({"state": "finished"} | status))


@pytest.mark.parametrize(
    "bad",
    [
        {"losses": "much"},
        {"losses": [1.0]},  # more losses than rates
        {"losses": [1.0], "rates": [-1.0]},
        {"losses": [1.0], "rates": [7.0]},
        {"losses": [1.0, 1.0], "rates": [0.1, 0.1]},
        {"losses": [True], "rates": [0.1]},
        {"losses": [-1.0], "rates": [0.1]},
        {"losses": [1e300], "rates": [0.1]},
        {"losses": [None], "rates": [0.1]},
        {"losses": [1.0] * 2_000, "rates": [place / 2_000 for place in range(1, 2_001)]},
    ],
)
def test_a_status_that_holds_no_curve_is_a_problem_in_words(runs_dir, bad):
    write_search(**bad)
    search = rate_finder.read_search()
    assert (search.state, search.losses) == ("lost", [])
    assert "does not hold a curve" in search.message


def test_a_damaged_folder_is_a_problem_in_words_and_does_not_hold_the_machine(runs_dir):
    write_search(state="running", pid=os.getpid(), process_started_at=0.0, heartbeat_at=time.time())
    assert rate_finder.read_search().state == "lost"
    assert not folders.finder_active()
    (folders.finder_dir() / "config.json").write_text('{"config": {"epochs": -3}}')
    assert "epochs must be between" in rate_finder.read_search().message
    (folders.finder_dir() / "status.json").write_text("{")
    assert "not valid JSON" in rate_finder.read_search().message
    assert not folders.finder_active()
    assert control.training_now() == ""
