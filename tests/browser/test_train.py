"""Training in a real browser: start, watch, refresh, leave, stop, use; two tabs, two servers."""

import re

import psutil
import pytest
from app_server import free_port, kill_workers, start_server, watch_console
from playwright.sync_api import expect

LOSS_CHART = '[data-testid="stVegaLiteChart"]'


@pytest.fixture(autouse=True)
def _no_run_left(runs_dir):
    yield
    kill_workers(runs_dir)


def open_train(page, app):
    page.goto(f"{app}/train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()


def main(page):
    return page.get_by_test_id("stMain")


def start_long_run(page, app):
    """Start a run that does not end by itself while the test looks, and wait for its curve."""
    open_train(page, app)
    page.get_by_role("spinbutton", name="Epochs").fill("50")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.get_by_role("button", name="Start training").click()
    expect(main(page).get_by_text("Running")).to_be_visible()
    expect(page.locator(LOSS_CHART).first).to_be_visible()


def stop(page):
    main(page).get_by_role("button", name="Stop", exact=True).click()
    expect(main(page).get_by_text("Stopped")).to_be_visible()


def progress(page) -> str:
    return page.get_by_test_id("stProgress").inner_text()


def test_start_watch_a_chart_that_grows_and_is_not_rebuilt_refresh_stop_and_use(page, app):
    """A mark put on the drawing must stay: a chart built anew would lose the hover."""
    start_long_run(page, app)
    drawing = page.locator(f"{LOSS_CHART} canvas, {LOSS_CHART} svg").first
    drawing.evaluate("element => element.setAttribute('data-mark', 'kept')")
    for _ in range(4):
        expect(page.get_by_test_id("stProgress")).not_to_have_text(progress(page))
        assert drawing.get_attribute("data-mark") == "kept"
    page.reload()
    expect(main(page).get_by_text("Running")).to_be_visible()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("is training now")).to_be_visible()
    page.get_by_role("link", name="Watch it live").click()
    expect(page.locator(LOSS_CHART).first).to_be_visible()
    stop(page)
    page.get_by_role("button", name="Use this model").click()
    expect(page).to_have_url(re.compile(r"model=\d{8}-\d{6}-"))
    expect(page.get_by_role("button", name="In use on all pages")).to_be_disabled()


def test_the_button_is_in_sight_at_once_and_after_it_the_run_on_a_phone_too(page, phone, app):
    open_train(page, app)
    expect(page.get_by_role("button", name="Start training")).to_be_in_viewport(ratio=1)
    open_train(phone, app)
    expect(phone.get_by_role("button", name="Start training")).to_be_in_viewport(ratio=1)
    phone.get_by_role("button", name="Start training").click()
    expect(main(phone).get_by_role("button", name="Stop", exact=True)).to_be_in_viewport(ratio=1)
    stop(phone)


def test_a_second_tab_that_starts_too_waits_and_a_killed_worker_is_lost_within_ten_seconds(
    page, app, runs_dir
):
    second = page.context.new_page()
    for tab in (second, page):
        open_train(tab, app)
    for tab in (page, second):  # before the second can know of the first
        tab.get_by_role("button", name="Start training").click(no_wait_after=True)
    expect(main(second).get_by_text("1 waiting")).to_be_visible()
    main(second).get_by_role("button", name="Cancel: Run of").first.click()
    expect(main(second).get_by_text("Nothing waits")).to_be_visible()
    kill_workers(runs_dir)
    expect(main(page).get_by_text("Lost")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("ended without a word")).to_be_visible()


def test_a_run_survives_a_killed_server_and_is_shown_by_the_next(new_context, tmp_path):
    port = free_port()
    server = start_server(tmp_path, port)
    page = new_context().new_page()
    errors = watch_console(page)
    try:
        start_long_run(page, f"http://127.0.0.1:{port}")
        assert errors == []
        server.kill()
        server.wait()
        workers = [
            p
            for p in psutil.process_iter(["cmdline"])
            if "fashion_core.worker" in (p.info["cmdline"] or [])
        ]
        assert any(str(tmp_path) in " ".join(process.info["cmdline"]) for process in workers)
        server = start_server(tmp_path, port)
        page.goto(f"http://127.0.0.1:{port}/train")
        expect(main(page).get_by_text("Running")).to_be_visible()
        stop(page)
    finally:
        server.kill()
        server.wait()
        kill_workers(tmp_path)
