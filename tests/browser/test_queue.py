"""A sweep in a real browser, from the click to the best run's answers."""

import re

import onnxruntime
import pytest
from app_server import (
    canvas_at_rest,
    kill_workers,
    open_more,
    open_settings,
    page_at_rest,
    visit,
    watch_console,
)
from playwright.sync_api import expect
from waiting import wait_for

from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.text import file_stem


@pytest.fixture(autouse=True)
def _own_runs(runs_dir, monkeypatch):
    """The server's run folders, for this process too; nothing is left training or waiting."""
    monkeypatch.setenv("FASHION_RUNS_DIR", str(runs_dir))
    yield
    for run in run_queue.read_queue().waiting:
        run_queue.cancel(run.run_id)
    kill_workers(runs_dir)


def main(page):
    return page.get_by_test_id("stMain")


def open_train(page, app):
    # How large the network is is no part of the claim
    visit(page, f"{app}/train?layers=conv+8,+pool,+dense+16")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    open_settings(page)


def fill_number(page, label, value):
    field = page.get_by_role("spinbutton", name=label)
    field.fill(value)
    field.press("Enter")


def test_a_sweep_trains_with_no_page_open_and_the_best_is_continued_exported_and_asked(
    new_context, app
):
    before = {run.run_id for run in folders.list_runs()}
    context = new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_train(page, app)
    open_more(page)
    fill_number(page, "Training images", "1000")
    fill_number(page, "Epochs", "1")
    page.get_by_role("textbox", name="Name of the run").fill("Row")
    page.get_by_role("textbox", name="Name of the run").press("Enter")
    page.get_by_text("Sweep").click()
    page.get_by_role("textbox", name="Values").fill("0.001, 0.003")
    page.get_by_role("textbox", name="Values").press("Enter")
    page.get_by_role("button", name="Queue 2 runs").click()
    expect(main(page).get_by_text("1 waiting")).to_be_visible()
    context.close()
    ids = [run.run_id for run in folders.list_runs() if run.run_id not in before]
    assert len(ids) == 2
    # Nothing looks at the app meanwhile, only at the folders.
    active = ("queued", "starting", "running")
    wait_for(
        lambda: not any(folders.read_run(run_id).state in active for run_id in ids),
        "the sweep",
        seconds=300,  # pytest ends all tests at 600
    )
    assert {folders.read_run(run_id).state for run_id in ids} == {"finished"}
    best = max(map(folders.read_run, ids), key=lambda run: run.status["best_val_accuracy"])
    page = new_context().new_page()
    errors = watch_console(page)
    compare_and_continue(page, app, best)
    export_and_ask(page, app, best)
    assert errors == []


def compare_and_continue(page, app, best):
    visit(page, f"{app}/runs?search=Row&sort_by=Validation")
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    headers = page.get_by_test_id("stDataFrame").nth(1).locator("th")
    expect(headers.filter(has_text="Learning rate")).to_have_count(1)
    card = main(page).locator(f".st-key-run-{best.run_id}")
    expect(card.get_by_text(best.name).first).to_be_visible()
    card.get_by_role("button", name="Continue for 1 more epoch").click()
    watch = card.get_by_role("link", name="Watch it live")
    watch.wait_for()
    page_at_rest(page)  # a page that is left while it is drawn logs errors
    watch.click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Epoch 2 of 2")
    expect(main(page).get_by_text("Finished").first).to_be_visible()


def export_and_ask(page, app, best):
    visit(page, f"{app}/runs?search=Row&sort_by=Validation")
    card = main(page).locator(f".st-key-run-{best.run_id}")
    card.get_by_text("Export", exact=True).click()
    card.get_by_role("radio", name="ONNX").click()
    expect(card.get_by_text("onnxruntime.InferenceSession")).to_be_visible()
    card.get_by_role("button", name="Make the file").click()
    stem = file_stem(best.name, best.run_id)
    with page.expect_download() as download:
        card.get_by_role("button", name=f"Download {stem}.onnx").click()
    assert (
        onnxruntime.InferenceSession(download.value.path().read_bytes()).get_inputs()[0].name
        == "pixels"
    )
    card.get_by_role("button", name="Use this model").click()
    expect(page).to_have_url(re.compile(f"model={best.run_id}"))
    page_at_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Classify", exact=True).click()
    canvas_at_rest(page)
    page.get_by_role("button", name="Start with an example").click()
    expect(page.get_by_role("status").get_by_role("heading")).to_have_text(re.compile(r"\w"))
    assert best.run_id in page.url
