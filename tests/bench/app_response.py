"""How quickly the app answers, idle and while it trains, and what training through the page costs.

Drives a real Chromium on the same machine: medians of 20 page changes and of 20 strokes, idle and
during a run; the memory of server and worker; images per second of one run with its page open and
with no page open, in turns. With --other only strokes and page changes, of this version and of that
in turns.

    PYTHONPATH=.:tests python tests/bench/app_response.py [--other FOLDER]
"""

import argparse
import collections
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from app_server import (
    PROJECT_DIR,
    free_port,
    kill_workers,
    launch_browser,
    page_at_rest,
    start_server,
)
from playwright.sync_api import expect, sync_playwright

TRIES = 20
MINUTE = 60_000
TURNS, TURN_SECONDS, SETTLE_SECONDS = 8, 10, 4
PAGES = ("Predictions", "Confusion matrix", "Home", "Runs", "Classify")


def new_page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(MINUTE)
    return page


def page_changes(page) -> list[float]:
    """Seconds from a click in the sidebar to the new page, all of it drawn.

    By the script's state: the running man appears too late to tell that a page is still empty.
    """
    seconds = []
    for turn in range(TRIES):
        name = PAGES[turn % len(PAGES)]
        title = "Fashion CNN Lab" if name == "Home" else name
        began = time.perf_counter()
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=MINUTE)
        page_at_rest(page)
        seconds.append(time.perf_counter() - began)
        page.wait_for_timeout(300)
    return seconds


def strokes(page, app: str) -> list[float]:
    """Seconds from the end of a stroke to the new picture of what the model sees, with its
    answer.
    """
    page.goto(f"{app}/classify")
    page.locator("canvas").last.wait_for()
    page.wait_for_timeout(3_000)
    box = page.locator("canvas").last.bounding_box()
    seconds = []
    for turn in range(TRIES + 1):
        seen = page.locator("img.seen")
        before = seen.get_attribute("src") if seen.count() else ""
        draw_line(page, box, turn)
        began = time.perf_counter()
        page.wait_for_function(
            "before => (document.querySelector('img.seen') || {}).src > '' && "
            # Fmt: skip
            "document.querySelector('img.seen').src !== before",
            arg=before,
        )
        seconds.append(time.perf_counter() - began)
        page.wait_for_timeout(200)
    return seconds[1:]  # the first stroke loads the model


def draw_line(page, box: dict, turn: int) -> None:
    x, y = box["x"] + 30 + 10 * turn, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y + 150 + 2 * turn, steps=4)
    page.mouse.up()


def say(what: str, seconds: list[float]) -> None:
    print(
        f"{what}: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s, of"
        f" {len(seconds)}"
    )


def start_run(page, app: str, epochs: int) -> None:
    page.goto(f"{app}/train")
    settings = page.locator(".st-key-form_card summary").filter(has_text="Settings")
    box = page.get_by_role("spinbutton", name="Epochs")
    settings.or_(box).first.wait_for()
    if not box.is_visible():  # former versions show it at once
        settings.click()
    expect(box).to_be_visible(timeout=MINUTE)
    box.fill(str(epochs))
    box.press("Enter")
    began = time.perf_counter()
    page.get_by_role("button", name="Start training").click()
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for()
    expect(page.get_by_test_id("stMain").get_by_text("Running")).to_be_visible(timeout=MINUTE)
    print(f"first loss on the page {time.perf_counter() - began:.1f} s after Start")


def stop_run(page, app: str) -> None:
    page.goto(f"{app}/train")
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)
    stop.click(timeout=MINUTE)
    began = time.perf_counter()
    expect(page.get_by_test_id("stMain").get_by_text("Stopped")).to_be_visible(timeout=MINUTE)
    print(f"stopped {time.perf_counter() - began:.1f} s after Stop")


def memory(what: str, process: psutil.Process) -> None:
    info = process.memory_full_info()
    print(
        f"memory of the {what}: {info.rss / 1e6:.0f} MB, of which {info.uss / 1e6:.0f} MB its own"
    )


def worker() -> psutil.Process:
    return next(
        p
        for p in psutil.process_iter(["cmdline"])
        if "fashion_core.worker" in (p.info["cmdline"] or [])
    )


def speeds(run_dir: Path, seconds: float) -> list[float]:
    """Images per second of each step event that the run writes in the next `seconds`."""
    from fashion_core.runs.events import read_metrics

    _, offset = read_metrics(run_dir)
    time.sleep(seconds)
    events, _ = read_metrics(run_dir, offset)
    return [event["images_per_second"] for event in events if event["kind"] == "step"]


def page_cost(page, app: str, runs_dir: Path) -> None:
    """One run, its page open and closed in turns; the mean of each turn's median speed."""
    from fashion_core.config import TrainConfig
    from fashion_core.runs import control, folders
    from fashion_core.runs import queue as run_queue

    run_id = run_queue.start_or_add(TrainConfig(epochs=100))
    while folders.read_run(run_id).state == "starting":
        time.sleep(0.5)
    watched, alone = [], []
    for _ in range(TURNS):
        page.goto("about:blank")
        time.sleep(SETTLE_SECONDS)
        alone.append(statistics.median(speeds(runs_dir / run_id, TURN_SECONDS)))
        page.goto(f"{app}/train")
        time.sleep(SETTLE_SECONDS)
        watched.append(statistics.median(speeds(runs_dir / run_id, TURN_SECONDS)))
    control.request_stop(run_id)
    share = 1 - statistics.mean(watched) / statistics.mean(alone)
    print(
        f"training with its page open: {statistics.mean(watched):,.0f} images/s, alone "
        # Fmt: skip
        f"{statistics.mean(alone):,.0f}: {share:.1%} slower, {TURNS} turns of {TURN_SECONDS} s each"
    )


ROUNDS = 2


def against(other: Path) -> None:
    """Strokes and page changes of this version and of another one, in turns."""
    taken = {folder: collections.defaultdict(list) for folder in (PROJECT_DIR, other)}
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        for folder in [*taken] * ROUNDS:
            with tempfile.TemporaryDirectory() as runs:
                port = free_port()
                app, server = f"http://127.0.0.1:{port}", start_server(Path(runs), port, folder)
                page = new_page(browser)
                try:
                    taken[folder]["stroke to answer, idle"] += strokes(page, app)
                    page_changes(page)  # every page once, so that its data are in the caches
                    taken[folder]["page change, idle"] += page_changes(page)
                    start_run(page, app, epochs=100)
                    taken[folder]["stroke to answer, during a run"] += strokes(page, app)
                    taken[folder]["page change, during a run"] += page_changes(page)
                finally:
                    page.close()
                    server.kill()
                    server.wait()
                    kill_workers(Path(runs))
    for folder, measured in taken.items():
        for what, seconds in measured.items():
            say(f"{folder.name}: {what}", seconds)


def main() -> None:
    import os

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["FASHION_RUNS_DIR"] = folder
        port = free_port()
        server = start_server(Path(folder), port)
        app, browser = f"http://127.0.0.1:{port}", launch_browser(playwright)
        try:
            page = new_page(browser)
            say("stroke to answer, idle", strokes(page, app))
            page_changes(page)  # every page once, so that its data are in the caches
            say("page change, idle", page_changes(page))
            memory("server", psutil.Process(server.pid))
            start_run(page, app, epochs=100)
            say("stroke to answer, during a run", strokes(page, app))
            say("page change, during a run", page_changes(page))
            memory("worker", worker())
            stop_run(page, app)
            page_cost(page, app, Path(folder))
        finally:
            browser.close()
            server.kill()
            server.wait()
            kill_workers(Path(folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--other", type=Path, help="folder of another version")
    arguments = parser.parse_args()
    if arguments.other:
        against(arguments.other.resolve())
    else:
        main()
