"""How the app serves a school class: many sessions at once over Streamlit's own protocol.

Prints, each for this version and, with --other FOLDER, for that one in turns: seconds from a
server's start to the first page; from a first visit to Predictions, the matrix and Compare on a
cold server; until the last of 30 visitors who come at once sees Classify; from a stroke to its
answer, alone and with 30 visitors of one stroke each three seconds, idle and while a run trains;
what those visitors cost the run; the server's memory, and by how much it grows over 200 visitors.

    PYTHONPATH=.:tests python tests/bench/visitors.py [--other FOLDER] [--visitors 30]
"""

import argparse
import asyncio
import contextlib
import itertools
import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from app_server import PROJECT_DIR, free_port, kill_workers, start_server
from websocket_visitor import Visitor

SECONDS_PER_STROKE = 3.0
CLASS_SECONDS = 30
COLD_PAGES = ("predictions", "confusion_matrix", "compare")
COMING_AND_GOING = 200
STROKES_ALONE = 20


@contextlib.contextmanager
def server_of(folder: Path, runs: Path) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    server = start_server(runs, port, folder=folder)
    try:
        yield port, psutil.Process(server.pid)
    finally:
        server.kill()
        server.wait()


async def opening(port: int, page: str) -> float:
    async with Visitor(port) as visitor:
        seconds = await visitor.open(page)
        assert not visitor.exceptions, visitor.exceptions
        return seconds


async def openings(port: int, visitors: int) -> float:
    """Seconds until the last of them sees Classify."""
    return max(await asyncio.gather(*(opening(port, "classify") for _ in range(visitors))))


async def strokes(port: int, count: int) -> list[float]:
    """Seconds of the strokes of one visitor who is alone; the first loads the model."""
    async with Visitor(port) as visitor:
        await visitor.open("classify")
        seconds = [await visitor.stroke() for _ in range(count + 1)][1:]
        assert not visitor.exceptions, visitor.exceptions
        return seconds


async def class_of(port: int, visitors: int, seconds: float) -> list[float]:
    """Seconds of all strokes of visitors who draw one each three seconds on average."""

    async def draw() -> list[float]:
        taken, end = [], time.monotonic() + seconds
        async with Visitor(port) as visitor:
            await visitor.open("classify")
            while time.monotonic() < end:
                await asyncio.sleep(random.uniform(0, 2 * SECONDS_PER_STROKE))
                taken.append(await visitor.stroke())
            assert not visitor.exceptions, visitor.exceptions
        return taken

    return [*itertools.chain(*await asyncio.gather(*(draw() for _ in range(visitors))))]


def memory(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


def start_and_first_page(folder: Path, runs: Path) -> float:
    began = time.perf_counter()
    with server_of(folder, runs) as (port, _):
        asyncio.run(opening(port, ""))
        return time.perf_counter() - began


def cold_visit(folder: Path, runs: Path, page: str) -> float:
    with server_of(folder, runs) as (port, _):
        return asyncio.run(opening(port, page))


@contextlib.contextmanager
def training(runs: Path) -> Iterator[Path]:
    """The folder of a run that trains meanwhile."""
    from fashion_core.config import TrainConfig
    from fashion_core.runs import folders
    from fashion_core.runs import queue as run_queue

    os.environ["FASHION_RUNS_DIR"] = str(runs)
    run_id = run_queue.start_or_add(TrainConfig(epochs=100))
    while folders.read_run(run_id).state == "starting":
        time.sleep(0.5)
    try:
        yield runs / run_id
    finally:
        kill_workers(runs)


class Speed:
    """Images per second of a run between two looks at it."""

    def __init__(self, run_dir: Path):
        self.run_dir, self.offset = run_dir, 0

    def since_last(self) -> float:
        """The median of the steps since the last look, nan where there was none."""
        from fashion_core.runs.events import read_metrics

        events, self.offset = read_metrics(self.run_dir, self.offset)
        speeds = [event["images_per_second"] for event in events if event["kind"] == "step"]
        return statistics.median(speeds or [math.nan])


def measure(folder: Path, visitors: int) -> dict[str, float]:
    rows = {}
    with tempfile.TemporaryDirectory() as temporary:
        runs = Path(temporary)
        rows["server start to first page, s"] = start_and_first_page(folder, runs)
        for page in COLD_PAGES:
            rows[f"cold server, first visit to {page}, s"] = cold_visit(folder, runs, page)
        with server_of(folder, runs) as (port, process):
            asyncio.run(opening(port, "classify"))
            rows["stroke, alone, median s"] = statistics.median(
                asyncio.run(strokes(port, STROKES_ALONE))
            )
            rows["memory with a model in use, MB"] = memory(process)
            rows[f"{visitors} open Classify, the last, s"] = asyncio.run(openings(port, visitors))
            taken = sorted(asyncio.run(class_of(port, visitors, CLASS_SECONDS)))
            rows[f"{visitors} draw, 95th of 100 strokes, s"] = taken[int(0.95 * len(taken))]
            rows |= during_a_run(runs, port, visitors)
            before = memory(process)
            for _ in range(COMING_AND_GOING):
                asyncio.run(opening(port, "classify"))
            rows["memory after 200 more visitors, times before"] = memory(process) / before
    return rows


def during_a_run(runs: Path, port: int, visitors: int) -> dict[str, float]:
    rows = {}
    with training(runs) as run_dir:
        speed = Speed(run_dir)
        time.sleep(10)
        speed.since_last()
        time.sleep(15)
        alone = speed.since_last()
        rows["stroke during a run, median s"] = statistics.median(
            asyncio.run(strokes(port, STROKES_ALONE))
        )
        speed.since_last()
        taken = sorted(asyncio.run(class_of(port, visitors, CLASS_SECONDS)))
        rows[f"{visitors} draw during a run, 95th of 100 strokes, s"] = taken[
            int(0.95 * len(taken))
        ]
        rows["strokes answered meanwhile"] = len(taken)
        rows["what they cost the run, share"] = 1 - speed.since_last() / alone
    return rows


def main(folders: list[Path], visitors: int) -> None:
    results = [measure(folder, visitors) for folder in folders]
    for name in results[0]:
        print(f"{name}: {' against '.join(f'{result[name]:.2f}' for result in results)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--other", type=Path, help="folder of another version")
    parser.add_argument("--visitors", type=int, default=30)
    arguments = parser.parse_args()
    others = [arguments.other.resolve()] if arguments.other else []
    main([PROJECT_DIR, *others], arguments.visitors)
