"""Pictures of every page × {light, dark} × {1280, 390 px} × {empty, normal, failed}; nothing may
overflow sideways.

    make screenshots

They go to docs/screenshots/all/ (ignored by git), and the ones that the README shows to
docs/screenshots/. Where people's pictures are here, the pages that can show them are also
photographed with them. Exit status 1 if a page is wider than its screen, shows a traceback, logs an
error or does not come to rest. With names (`screenshots.py train inside`) only those pages.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from app_server import (
    PROJECT_DIR,
    free_port,
    kill_workers,
    launch_browser,
    open_settings,
    overflow,
    start_server,
    unfold,
    watch_console,
)
from listed_pages import page_titles
from playwright.sync_api import Error, expect, sync_playwright

from fashion_core import picture_sets
from fashion_core.config import RECIPES, TrainConfig
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue

DOCS = PROJECT_DIR / "docs" / "screenshots"
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
LONGEST = 300_000  # ms; only ends what hangs: preparing people's drawings takes minutes


# What is trained before

LONGEST_TRAINING = 600  # seconds; only ends what hangs
# Curves need epochs, not images: with all 55,000 the trainings take half an hour on busy cores
FEW_IMAGES = 6_000


def train(config: TrainConfig, name: str, end: str = "finished") -> None:
    """A real run from its start to its end, which must be this state."""
    run_id = run_queue.start_or_add(config, name)
    deadline = time.monotonic() + LONGEST_TRAINING
    while (run := folders.read_run(run_id)).is_active and time.monotonic() < deadline:
        time.sleep(0.5)
    if run.state != end:
        message = run.status.get("message", "")
        raise SystemExit(f"The run {name} should be {end} and is {run.state}. {message}")
    print(f"trained: {name}", flush=True)


def fill(state: str) -> None:
    """The run folders of a state of the app."""
    if state == "normal":
        quick = TrainConfig(**RECIPES["Quick look"][0])
        quick = replace(quick, batch_size=64, train_size=FEW_IMAGES)
        train(quick, "Quick look")
        train(replace(quick, learning_rate=0.004, epochs=6), "Lower learning rate")
        train(replace(quick, flips=True, dropout=0.25, epochs=6), "Flips and dropout")
    if state == "failed":
        too_fast = TrainConfig(optimizer="SGD", learning_rate=1.0, weight_decay=0.5, batch_size=16)
        train(too_fast, "Too fast", "failed")


# What is photographed

EDGE = 280  # pixels of the canvas
SHIRT = [
    (100, 50),
    (60, 70),
    (30, 120),
    (60, 135),
    (80, 110),
    (80, 240),
    (200, 240),
    (200, 110),
    (220, 135),
]
SHIRT += [(250, 120), (220, 70), (180, 50), (140, 65), (100, 50)]
CELL = {"true": "Shirt", "pred": "T-shirt/top"}
PEOPLE = {"drawings": "People's drawings", "photos": "People's photos"}


@dataclass(frozen=True)
class Shot:
    """A page as it is opened: the picture's name, the page, its query, what is done on it."""

    name: str
    page: str
    query: dict[str, str] | None = None
    act: Callable | None = None


def draw_shirt(page) -> None:
    page.locator("canvas").last.wait_for()
    page.wait_for_timeout(1_500)
    page.locator("canvas").last.scroll_into_view_if_needed()
    box = page.locator("canvas").last.bounding_box()
    shown = box["width"] / EDGE  # as large as the screen has room for
    places = [(box["x"] + shown * x, box["y"] + shown * y) for x, y in SHIRT]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    page.locator("img.seen").wait_for()


def open_sources(page) -> None:
    open_settings(page)
    unfold(page.locator(".st-key-form_card"), "Learns from")


def list_shots(state: str) -> list[Shot]:
    """Every page; in the normal state with something picked, and with its other faces."""
    if state != "normal":
        return [Shot(name, name) for name in page_titles()]
    queries = {"predictions": {"index": "68"}, "confusion_matrix": CELL, "compare": CELL}
    acts = dict.fromkeys(("home", "classify"), draw_shirt)
    shots = [Shot(name, name, queries.get(name), acts.get(name)) for name in page_titles()]
    shots.append(Shot("train-sources", "train", act=open_sources))
    for view in ("Where it looks", "What it is like", "Map"):
        shots.append(Shot(f"inside-{view.split()[-1].lower()}", "inside", {"view": view}))
    for kind, images in PEOPLE.items() if picture_sets.list_picture_sets() else ():
        shots.append(Shot(f"predictions-{kind}", "predictions", {"images": images, "index": "7"}))
        shots.append(
            Shot(f"confusion_matrix-{kind}", "confusion_matrix", CELL | {"images": images})
        )
    return shots


# Photographing


def visit(page, app: str, shot: Shot) -> None:
    """Open a page and bring it into the state that the picture should show."""
    path = "" if shot.page == "home" else shot.page
    page.goto(f"{app}/{path}?{urlencode(shot.query or {})}")
    page.get_by_role("heading", level=1).wait_for()
    wait_until_settled(page)
    if shot.act:
        shot.act(page)
        wait_until_settled(page)


# A finished run keeps its progress bar, so bars say nothing
UNSETTLED = (
    "[data-testid='stSpinner']",
    "[data-testid='stSkeleton']",
    "[data-test-script-state='running']",
    "[data-stale='true']",
)


def wait_until_settled(page) -> None:
    """Until nothing is being loaded, worked on or drawn any more."""
    for _ in range(2):
        page.wait_for_timeout(1_000)
        for sign in UNSETTLED:
            expect(page.locator(sign)).to_have_count(0, timeout=LONGEST)


def photograph(browser, app: str, shot: Shot, width: int, scheme: str, path: Path) -> list[str]:
    """One picture of a whole page; returns what is wrong with it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(LONGEST)
    page = context.new_page()
    wrong = watch_console(page)
    try:
        visit(page, app, shot)
    except (Error, AssertionError) as error:
        wrong.append(f"it does not come to rest: {error}")
    if (too_wide := overflow(page)) > 0:
        wrong.append(f"{too_wide} px too wide")
    wrong += ["a traceback"] * page.get_by_test_id("stException").count()
    height = page.evaluate(
        "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
    )
    page.set_viewport_size({"width": width, "height": min(max(900, height), 3_000)})
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    context.close()
    return [f"{path.stem}: {what}" for what in wrong]


def photograph_state(browser, state: str, names: list[str]) -> list[str]:
    """Every page, or the named ones, of one state of the app: empty (no runs), normal, failed (no
    data either).
    """
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        runs_dir, port = Path(folder) / "runs", free_port()
        runs_dir.mkdir()
        os.environ["FASHION_RUNS_DIR"] = str(runs_dir)
        environment = {"FASHION_DATA_DIR": str(Path(folder) / "none")} if state == "failed" else {}
        try:
            fill(state)
            server = start_server(runs_dir, port, **environment)
            try:
                wrong += photograph_all(browser, f"http://127.0.0.1:{port}", state, names)
            finally:
                server.kill()
                server.wait()
        finally:
            kill_workers(runs_dir)
    return wrong


def photograph_all(browser, app: str, state: str, names: list[str]) -> list[str]:
    """The pictures of one state, from an app that is in it."""
    wrong = []
    for shot in list_shots(state):
        if names and shot.page not in names:
            continue
        for width in WIDTHS:
            for scheme in SCHEMES:
                path = DOCS / "all" / f"{shot.name}-{state}-{scheme}-{width}.png"
                wrong += photograph(browser, app, shot, width, scheme, path)
        print(f"{state}: {shot.name}", flush=True)
    return wrong


def main(names: list[str]) -> int:
    (DOCS / "all").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        wrong = [
            what
            for state in ("normal", "empty", "failed")
            for what in photograph_state(browser, state, names)
        ]
        browser.close()
    for shown in DOCS.glob("*.png"):  # by the README
        if not names or shown.stem in names:
            shutil.copy(DOCS / "all" / f"{shown.stem}-normal-light-1280.png", shown)
    print("\n".join(wrong) or "Nothing overflows, nothing logs an error.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
