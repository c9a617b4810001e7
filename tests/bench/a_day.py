"""Whether the server's memory grows in a day: 200 visitors in 24 hours of a clock that runs faster.

Everything by which the server knows the time is speeded up by faketime (Debian's package faketime):
its timers, how long sessions and caches are kept, the dates it writes. The visitors are spread
evenly over the day, live in ordinary time, open one page after another, and draw on Classify.

    PYTHONPATH=.:tests python tests/bench/a_day.py [--speed 120]
"""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path

import click
import psutil
from app_server import free_port, start_server
from websocket_visitor import Visitor

HOURS = 24
VISITORS = 200
PAGES = ("", "classify", "predictions", "confusion_matrix", "compare", "train", "runs", "lecture")
PRELOADED = "/usr/$LIB/faketime/libfaketimeMT.so.1"  # the loader knows what $LIB is


async def visit(port: int, page: str) -> None:
    async with Visitor(port) as visitor:
        await visitor.open(page)
        if page == "classify":
            await visitor.stroke()
        assert not visitor.exceptions, visitor.exceptions


def a_day(port: int, server: psutil.Process, speed: float) -> list[float]:
    """The memory of the server, in MB, before the first visitor and after each."""
    for page in PAGES:  # what is loaded once
        asyncio.run(visit(port, page))
    memory = [server.memory_info().rss / 1e6]
    began = time.monotonic()
    for number, page in zip(range(1, VISITORS + 1), itertools.cycle(PAGES), strict=False):
        asyncio.run(visit(port, page))
        memory.append(server.memory_info().rss / 1e6)
        due = began + number / VISITORS * HOURS * 3600 / speed
        time.sleep(max(0.0, due - time.monotonic()))
    return memory


@click.command()
@click.option("--speed", default=120.0, help="How many times as fast the server's clock runs.")
def main(speed: float) -> None:
    faked = {"LD_PRELOAD": PRELOADED, "FAKETIME": f"+0 x{speed:g}"}
    # Half a minute of a visitor's time, not of the server's
    faked["STREAMLIT_SERVER_WEBSOCKET_PING_INTERVAL"] = f"{30 * speed:.0f}"
    with tempfile.TemporaryDirectory() as runs:
        port = free_port()
        server = start_server(Path(runs), port, **faked)
        try:
            memory = a_day(port, psutil.Process(server.pid), speed)
        finally:
            server.kill()
            server.wait()
    for hour in range(0, HOURS + 1, 3):
        print(f"after {hour:2} h: {memory[hour * VISITORS // HOURS]:.0f} MB")
    print(f"MEMORY AFTER {HOURS} h: {memory[-1] / memory[0]:.3f} times that before")


if __name__ == "__main__":
    main()
