"""Waiting for what another process does, for the tests that start real workers."""

import time

import psutil

from fashion_core.runs import folders
from fashion_core.runs.events import read_metrics

SECONDS = 120  # only ends what hangs: a training may share two slow cores with all the other tests


def wait_for(condition, what, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def wait_for_state(run_id, *states):
    wait_for(
        lambda: folders.read_run(run_id).state in states, f"{states}: {folders.read_run(run_id)}"
    )
    return folders.read_run(run_id)


def wait_for_first_loss(run_id):
    wait_for(lambda: read_metrics(folders.run_dir_of(run_id))[0], "the first loss")


def worker_process(run_id):
    return psutil.Process(folders.read_run(run_id).status["pid"])
