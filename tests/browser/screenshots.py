"""Pictures of every page × {light, dark} × {1280, 390 px} × {empty, normal, failed}; nothing may overflow sideways.

    make screenshots

They go to docs/screenshots/all/ (ignored by git), and the ones that the README shows to docs/screenshots/.
Exit status 1 if a page is wider than its screen, shows a traceback or logs an error.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from app_server import PROJECT_DIR, free_port, launch_browser, start_server, watch_console
from playwright.sync_api import expect, sync_playwright

from fashion_core.config import RECIPES, TrainConfig

DOCS = PROJECT_DIR / "docs" / "screenshots"
PAGES = ("home", "train", "runs", "predictions", "confusion_matrix", "classify")
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
SHIRT = [(100, 50), (60, 70), (30, 120), (60, 135), (80, 110), (80, 240), (200, 240), (200, 110), (220, 135)]
SHIRT += [(250, 120), (220, 70), (180, 50), (140, 65), (100, 50)]
MINUTE = 60_000


def make_run(runs_dir: Path, name: str, state: str, config: TrainConfig, message: str = "") -> None:
    """A run folder as a worker leaves it, with a curve of its own."""
    run_dir = runs_dir / f"20261122-1{len(list(runs_dir.iterdir())):05d}-{state}"
    run_dir.mkdir()
    about = {"name": name, "created_at": time.time() - 3600 + 60 * len(list(runs_dir.iterdir()))}
    (run_dir / "config.json").write_text(json.dumps(about | {"config": config.to_dict()}))
    steps = config.steps_per_epoch
    events, best = [], 0.0
    done = config.epochs if state == "finished" else 1
    for step in range(1, steps * done + 1, 20):
        loss = 0.2 + 2.1 / (1 + step / 60) + 0.05 * ((step * 7919) % 13 - 6) / 6
        event = {
            "kind": "step",
            "epoch": 1 + step // steps,
            "step": step,
            "train_loss": loss,
            "elapsed_seconds": step / 200,
        }
        events.append(event | {"images_per_second": 12_000.0, "learning_rate": config.learning_rate})
    for epoch in range(1, done + 1):
        best = 0.915 - 0.09 / epoch
        losses = {"train_loss": 0.2 + 0.35 / epoch, "val_loss": 0.25 + 0.2 / epoch, "val_accuracy": best}
        event = {"kind": "epoch", "epoch": epoch, "step": epoch * steps, "elapsed_seconds": epoch * steps / 200}
        events.append(event | losses | {"images_per_second": 12_000.0})
    (run_dir / "metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    status = {"state": state, "message": message, "steps": steps, "step": steps * done, "epoch": done}
    status |= {"elapsed_seconds": steps * done / 200, "train_loss": 0.25, "best_val_accuracy": best}
    status |= {"images_per_second": 12_000.0} | ({"test_accuracy": best - 0.004} if state == "finished" else {})
    (run_dir / "status.json").write_text(json.dumps(status))


def fill(runs_dir: Path, state: str) -> None:
    """The run folders of a state of the app."""
    if state == "normal":
        make_run(runs_dir, "Five epochs", "finished", TrainConfig())
        make_run(runs_dir, "With flips", "finished", TrainConfig(flips=True, epochs=8))
        make_run(runs_dir, "Quick look", "finished", TrainConfig(**RECIPES["Quick look"][0]))
    if state == "failed":
        words = "The loss is no longer a number at step 321: the weights have run away. Try a learning rate below 1."
        make_run(runs_dir, "Too fast", "failed", TrainConfig(learning_rate=1.0, optimizer="SGD"), words)
        log = runs_dir / next(path.name for path in runs_dir.iterdir() if "failed" in path.name) / "worker.log"
        log.write_text("fashion_core.training.TrainingFailed: " + words)


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
    query = {"predictions": "?index=68", "confusion_matrix": "?true=Shirt&pred=T-shirt%2Ftop"}
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
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    wrong = [f"console: {error}" for error in errors] + ([f"{overflow} px too wide"] if overflow > 0 else [])
    wrong += ["a traceback"] * page.get_by_test_id("stException").count()
    height = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
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
        fill(runs_dir, state)
        environment = {"FASHION_DATA_DIR": str(Path(folder) / "none")} if state == "failed" else {}
        server = start_server(runs_dir, port, **environment)
        try:
            for name in PAGES:
                for width in WIDTHS:
                    for scheme in SCHEMES:
                        wrong += photograph(browser, f"http://127.0.0.1:{port}", name, state, width, scheme)
                print(f"{state}: {name}")
        finally:
            server.kill()
            server.wait()
    return wrong


def main() -> int:
    (DOCS / "all").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        wrong = [what for state in ("normal", "empty", "failed") for what in photograph_state(browser, state)]
        browser.close()
    for name in PAGES:
        shutil.copy(DOCS / "all" / f"{name}-normal-light-1280.png", DOCS / f"{name}.png")
    print("\n".join(wrong) or "Nothing overflows, nothing logs an error.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
