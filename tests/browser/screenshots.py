"""Pictures of every page × {light, dark} × {1280, 390 px} × {empty, normal, failed}; nothing may
overflow sideways.

    make screenshots

They go to docs/screenshots/all/ (ignored by git), and the ones that the README shows to
docs/screenshots/. Exit status 1 if a page is wider than its screen, shows a traceback or logs an
error.
"""

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from app_server import PROJECT_DIR, free_port, launch_browser, overflow, start_server, watch_console
from playwright.sync_api import expect, sync_playwright

from fashion_core.config import RECIPES, TrainConfig
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue

DOCS = PROJECT_DIR / "docs" / "screenshots"
PAGES = (
    "home",
    "train",
    "runs",
    "predictions",
    "confusion_matrix",
    "compare",
    "classify",
    "inside",
)
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
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
MINUTE = 60_000


def train(config: TrainConfig, name: str) -> None:
    """A real run from its start to its end."""
    run_id = run_queue.start_or_add(config, name)
    while folders.read_run(run_id).is_active:
        time.sleep(0.5)


def fill(state: str) -> None:
    """The run folders of a state of the app."""
    if state == "normal":
        quick = TrainConfig(**RECIPES["Quick look"][0])
        train(quick, "Quick look")
        train(replace(quick, learning_rate=0.004, schedule="one-cycle", epochs=6), "One cycle")
        train(replace(quick, flips=True, dropout=0.25, epochs=6), "Flips and dropout")
    if state == "failed":
        train(
            TrainConfig(optimizer="SGD", learning_rate=1.0, weight_decay=0.5, batch_size=16),
            "Too fast",
        )


def draw_shirt(page) -> None:
    page.locator("canvas").last.wait_for(timeout=MINUTE)
    page.wait_for_timeout(1_500)
    page.locator("canvas").last.scroll_into_view_if_needed()
    box = page.locator("canvas").last.bounding_box()
    page.mouse.move(box["x"] + SHIRT[0][0], box["y"] + SHIRT[0][1])
    page.mouse.down()
    for x, y in SHIRT[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=3)
    page.mouse.up()
    page.locator("img.seen").wait_for(timeout=MINUTE)


def visit(page, app: str, name: str, state: str) -> None:
    """Open a page and bring it into the state that the picture should show."""
    cell = "?true=Shirt&pred=T-shirt%2Ftop"
    query = {"predictions": "?index=68", "confusion_matrix": cell, "compare": cell}
    normal = state == "normal"
    page.goto(f"{app}/{'' if name == 'home' else name}{query.get(name, '') if normal else ''}")
    page.get_by_role("heading", level=1).wait_for(timeout=MINUTE)
    wait_until_settled(page)
    if name == "classify" and normal:
        draw_shirt(page)
    wait_until_settled(page)


def wait_until_settled(page) -> None:
    """Until nothing is being loaded, worked on or drawn any more."""
    for _ in range(2):
        page.wait_for_timeout(1_000)
        for sign in ("stSpinner", "stSkeleton", "stStatusWidget"):
            expect(page.get_by_test_id(sign)).to_have_count(0, timeout=MINUTE)


def photograph(browser, app: str, name: str, state: str, width: int, scheme: str) -> list[str]:
    """One picture of a whole page; returns what is wrong with it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    errors = watch_console(page)
    visit(page, app, name, state)
    too_wide = overflow(page)
    wrong = [f"console: {error}" for error in errors] + (
        [f"{too_wide} px too wide"] if too_wide > 0 else []
    )
    wrong += ["a traceback"] * page.get_by_test_id("stException").count()
    height = page.evaluate(
        "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight"
    )
    page.set_viewport_size({"width": width, "height": min(max(900, height), 3_000)})
    page.wait_for_timeout(500)
    page.screenshot(path=DOCS / "all" / f"{name}-{state}-{scheme}-{width}.png")
    context.close()
    return [f"{name}, {state}, {scheme}, {width} px: {what}" for what in wrong]


def photograph_state(browser, state: str) -> list[str]:
    """Every page of one state of the app: empty (no runs, no data), normal, failed."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        runs_dir, port = Path(folder) / "runs", free_port()
        runs_dir.mkdir()
        os.environ["FASHION_RUNS_DIR"] = str(runs_dir)
        fill(state)
        environment = {"FASHION_DATA_DIR": str(Path(folder) / "none")} if state == "failed" else {}
        server = start_server(runs_dir, port, **environment)
        try:
            for name in PAGES:
                for width in WIDTHS:
                    for scheme in SCHEMES:
                        wrong += photograph(
                            browser, f"http://127.0.0.1:{port}", name, state, width, scheme
                        )
                print(f"{state}: {name}")
        finally:
            server.kill()
            server.wait()
    return wrong


def main() -> int:
    (DOCS / "all").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        wrong = [
            what
            for state in ("normal", "empty", "failed")
            for what in photograph_state(browser, state)
        ]
        browser.close()
    for name in PAGES:
        shutil.copy(DOCS / "all" / f"{name}-normal-light-1280.png", DOCS / f"{name}.png")
    print("\n".join(wrong) or "Nothing overflows, nothing logs an error.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
