"""Training in a real browser: start, watch, refresh, leave, stop, use; two tabs, two servers."""

import re

import numpy as np
import psutil
import pytest
from app_server import (
    free_port,
    kill_workers,
    open_settings,
    overflow,
    page_at_rest,
    start_server,
    visit,
    watch_console,
)
from playwright.sync_api import expect

from fashion_core.config import TrainConfig, field_spec
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import film, folders
from fashion_core.runs import queue as run_queue

LOSS_CHART = '[data-testid="stVegaLiteChart"]'


@pytest.fixture(autouse=True)
def _no_run_left(runs_dir):
    yield
    kill_workers(runs_dir)


def open_train(page, app):
    visit(page, f"{app}/train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()


def main(page):
    return page.get_by_test_id("stMain")


def start_long_run(page):
    """Start a run that does not end by itself while the test looks."""
    open_settings(page)
    page.get_by_role("spinbutton", name="Epochs").fill("50")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    expect(page.get_by_text("changed: epochs 50")).to_be_visible()
    page_at_rest(page)
    page.get_by_role("button", name="Start training").click()


def button(page, name):
    return main(page).get_by_role("button", name=name, exact=True)


def top_of_the_chart(page) -> float:
    """Pixels from the top of the run's card, wherever the page is scrolled to."""
    page_at_rest(page)
    return page.evaluate(
        "chart => document.querySelector(chart).getBoundingClientRect().top"
        " - document.querySelector('.st-key-watched_run, .st-key-live_run')"
        ".getBoundingClientRect().top",
        LOSS_CHART,
    )


def progress(page) -> str:
    return page.get_by_test_id("stProgress").inner_text()


def test_a_refresh_starts_what_was_chosen_before_it(page, app):
    open_train(page, app)
    page.get_by_role("radio", name="Quick look").click()
    open_settings(page)
    page.get_by_role("spinbutton", name="Epochs").fill("3")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    changes = "Quick look, changed: epochs 3."
    expect(page.get_by_text(changes)).to_be_visible()
    expect(page).to_have_url(re.compile(r"train\?(?=.*recipe=Quick.look)(?=.*train_epochs=3)"))
    page_at_rest(page)
    page.reload()
    expect(page.get_by_text(changes)).to_be_visible()
    open_settings(page)
    expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("3")
    page_at_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Glossary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Glossary")
    assert "train_epochs" not in page.url
    page_at_rest(page)
    page.go_back()
    expect(page.get_by_text(changes)).to_be_visible()


def test_start_on_a_phone_watch_a_chart_that_grows_refresh_stop_and_use(page, phone, app):
    """A mark put on the drawing must stay: a chart built anew would lose the hover."""
    open_train(page, app)
    expect(button(page, "Start training")).to_be_in_viewport(ratio=1)
    open_train(phone, app)
    expect(button(phone, "Start training")).to_be_in_viewport(ratio=1)
    phone.set_viewport_size({"width": 390, "height": 664})  # the form is longer than that
    start_long_run(phone)
    expect(button(phone, "Stop")).to_be_in_viewport(ratio=1)
    expect(main(page).get_by_text("Running")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_contain_text("step")
    page_at_rest(page)  # the chart of a former run is gone
    drawing = page.locator(f"{LOSS_CHART} canvas, {LOSS_CHART} svg").first
    drawing.evaluate("element => element.setAttribute('data-mark', 'kept')")
    for _ in range(4):
        expect(page.get_by_test_id("stProgress")).not_to_have_text(progress(page))
        assert drawing.get_attribute("data-mark") == "kept"
    visit(page)
    expect(main(page).get_by_text("Running")).to_be_visible()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("is training now")).to_be_visible()
    page_at_rest(page)
    page.get_by_role("link", name="Watch it live").click()
    expect(page.locator(LOSS_CHART).first).to_be_visible()
    before = [top_of_the_chart(session) for session in (phone, page)]
    button(phone, "Stop").click()
    for session in (phone, page):
        expect(main(session).get_by_text("Stopped")).to_be_visible()
        expect(session.get_by_role("button", name="Use this model")).to_be_enabled()
        page_at_rest(session)
    # What a run that has ended offers moves no curve
    assert [top_of_the_chart(session) for session in (phone, page)] == before
    more = page.get_by_role("button", name=re.compile("Continue for .* more epochs"))
    expect(more).to_be_enabled()
    page.get_by_role("button", name="Use this model").click()
    expect(page).to_have_url(re.compile(r"model=\d{8}-\d{6}-"))
    expect(page.get_by_role("button", name="In use on all pages")).to_be_disabled()


def test_two_tabs_see_a_run_pause_and_go_on_and_its_killed_worker_is_lost(page, app, runs_dir):
    open_train(page, app)
    start_long_run(page)
    expect(page.get_by_test_id("stProgress")).to_contain_text("step")
    second = page.context.new_page()
    second.bring_to_front()  # the mouse is for the tab in front
    visit(second, f"{app}/train")
    expect(main(second).get_by_text("Running")).to_be_visible()
    second.get_by_role("button", name="Add to queue").click()
    expect(main(second).get_by_text("1 waiting")).to_be_visible()
    main(second).get_by_role("button", name="Cancel: Classic tutorial,").first.click()
    expect(main(second).get_by_text("Nothing waits")).to_be_visible()
    button(second, "Pause").click()
    expect(main(page).get_by_text("Paused")).to_be_visible()
    page_at_rest(page)
    paused_at = steps_done(page)
    page.bring_to_front()
    visit(page)
    expect(main(page).get_by_text("Paused")).to_be_visible()
    assert steps_done(page) == paused_at
    button(page, "Resume").click()
    expect(main(page).get_by_text("Running")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).not_to_contain_text(f"step {paused_at:,} of")
    assert steps_done(page) > paused_at
    kill_workers(runs_dir)
    expect(main(second).get_by_text("Lost")).to_be_visible()
    expect(second.get_by_text("ended without a word")).to_be_visible()


def steps_done(page) -> int:
    return int(re.search(r"step ([\d,]+)", progress(page))[1].replace(",", ""))


def test_a_run_survives_a_killed_server_and_is_shown_by_the_next(new_context, tmp_path):
    port = free_port()
    server = start_server(tmp_path, port)
    page = new_context().new_page()
    errors = watch_console(page)
    try:
        open_train(page, f"http://127.0.0.1:{port}")
        start_long_run(page)
        expect(page.locator(LOSS_CHART).first).to_be_visible()
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
        visit(page, f"http://127.0.0.1:{port}/train")
        expect(main(page).get_by_text("Running")).to_be_visible()
        button(page, "Stop").click()
        expect(main(page).get_by_text("Stopped")).to_be_visible()
    finally:
        server.kill()
        server.wait()
        kill_workers(tmp_path)


def names_fit(whole) -> bool:
    """Whether what each picture of a film is called is within its place, whatever it is called."""
    return whole.evaluate(
        """(film, names) => [...film.querySelectorAll(".called")].every((called) =>
          names.every((name) => {
            called.childNodes[1].textContent = name
            called.lastChild.textContent = " 100.0%"
            return called.childNodes[1].getClientRects().length === 1
              && called.scrollHeight <= called.clientHeight
              && called.scrollWidth <= called.clientWidth
          }))""",
        list(CLASS_NAMES),
    )


def test_the_film_of_two_epochs_grows_and_runs_from_the_untrained_network_to_the_end(
    page, phone, app, runs_dir, monkeypatch
):
    monkeypatch.setenv("FASHION_RUNS_DIR", str(runs_dir))
    drawing = np.zeros((28, 28), np.uint8)
    drawing[6:22, 10:18] = 200
    config = TrainConfig(model="conv 8, pool, dense 32", train_size=2_560, epochs=2)
    run_id = run_queue.start_or_add(config, "Filmed", drawing)
    visit(page, f"{app}/train")
    whole = page.get_by_role("group", name="Film of the training")
    moment, slider = whole.locator(".words"), whole.get_by_role("slider")
    expect(moment).to_contain_text("Epoch 2 · ")
    expect(slider).to_have_attribute("max", "4")
    frames = film.read_film(folders.run_dir_of(run_id))
    for place in (4, 0):
        slider.fill(str(place))
        top = [CLASS_NAMES[row.argmax()] for row in frames[place].probs]
        called = [words.strip("✓✗ ") for words in whole.locator(".called").all_inner_texts()]
        assert len(called) == 21
        assert all(words.startswith(name) for words, name in zip(called, top, strict=True))
        assert all(re.search(r"\s\d+\.\d%$", words) for words in called), called
        right = frames[place].confusion.trace() / frames[place].confusion.sum()
        expect(moment).to_contain_text(f"{right:.1%}")
    expect(moment).to_contain_text("Untrained")
    whole.get_by_role("button", name="Play").click()
    expect(moment).to_contain_text("Epoch 2 · ")
    expect(whole.get_by_role("listitem", name="The drawing, called")).to_be_visible()
    assert names_fit(whole)
    visit(phone, f"{app}/train")
    narrow = phone.get_by_role("group", name="Film of the training")
    narrow.get_by_role("slider").press("Home")  # by keyboard
    expect(narrow.locator(".words")).to_contain_text("Untrained")
    assert narrow.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert names_fit(narrow)
    visit(phone, f"{app}/runs")  # where it stays when other runs have followed
    phone.get_by_text("Film of the training").click()
    narrow.get_by_role("slider").press("Home")
    expect(narrow.locator(".words")).to_contain_text("Untrained")
    assert overflow(phone) == 0


def test_nothing_starts_with_another_value_than_a_field_shows(page, app, runs_dir, monkeypatch):
    monkeypatch.setenv("FASHION_RUNS_DIR", str(runs_dir))
    known = {run.run_id for run in folders.list_runs()}
    visit(page, f"{app}/train")
    open_settings(page)
    assert page.get_by_role("combobox", name="Schedule").evaluate(
        """(field, names) => names.every((name) => {
          const shown = field.value
          field.value = name
          const fits = field.scrollWidth <= field.clientWidth
          field.value = shown
          return fits
        })""",
        field_spec("schedule")["names"],
    )
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("5000")
    page.get_by_role("button", name="Start training").click()
    refusal = page.get_by_role("alert").filter(has_text="Epochs is 5000; allowed is 1 to 100")
    expect(refusal).to_be_in_viewport(ratio=1)
    expect(epochs).to_be_focused()
    assert {run.run_id for run in folders.list_runs()} == known
