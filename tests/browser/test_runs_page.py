"""The Runs page in a real browser: find, tick by mouse and keys, compare, rename, prune."""

import csv
import re
import shutil
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from app_server import IDLE, open_settings, page_at_rest, place_at_rest, served, visit
from playwright.sync_api import expect
from run_folders import alive, epoch_event, step_event, write_events

from fashion_core import files
from fashion_core.config import TrainConfig
from pages.parts.runs.table import NAME_WIDTH
from pages.parts.times import name_of_run

ROW, HEADER, TICK_X = 35, 35, 17  # pixels of the table, which is drawn on a canvas
BOLD = "<b>Bold</b> www.a.example"
RUNS = (  # oldest first: name, validation accuracy, state, settings
    ("Wide", 0.90, "finished", {"dropout": 0.25}),
    ("Narrow", 0.80, "finished", {"learning_rate": 0.002}),
    ("Narrow again", 0.82, "finished", {"learning_rate": 0.002, "seed": 1}),
    (BOLD, 0.85, "finished", {}),
    ("Too fast", 0.10, "failed", {"learning_rate": 1.0}),
)


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def app(runs_dir):
    """The address of a server of this file's own."""
    with served(runs_dir) as address:
        yield address


@pytest.fixture(autouse=True)
def _five_ended_runs(runs_dir):
    """The same five runs before each test."""
    created_at = time.time() - 86_400
    for i, (name, accuracy, state, settings) in enumerate(RUNS):
        run_dir = runs_dir / f"20260101-00000{i}-aaaa"
        shutil.rmtree(run_dir, ignore_errors=True)
        run_dir.mkdir()
        about = {"name": name, "created_at": created_at + 60 * i, "color": i}
        files.write_json(
            run_dir / "config.json", about | {"config": TrainConfig(epochs=2, **settings).to_dict()}
        )
        files.write_json(
            run_dir / "status.json", {"state": state, "epoch": 2, "best_val_accuracy": accuracy}
        )
        steps = [step_event(step, 2 / step) for step in range(1, 40)]
        write_events(run_dir, [*steps, epoch_event(1, accuracy), epoch_event(2, accuracy)])


def main(page):
    return page.get_by_test_id("stMain")


def table(page):
    return page.get_by_test_id("stDataFrame").first


def expect_names(table, *expected, column=1):
    """Wait until a table has these names, in this order.

    It is drawn on a canvas; for screen readers its cells are in the page, too.
    """
    table.scroll_into_view_if_needed()
    expect(table.locator(f'td[aria-colindex="{column}"]')).to_have_text(list(expected))


def open_runs(page, app, query=""):
    visit(page, f"{app}/runs{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    expect(table(page).locator("canvas").first).to_be_visible()
    settle(page)


def settle(page):
    """Until the page has drawn everything anew."""
    page_at_rest(page)
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def search(page, words):
    page.get_by_role("searchbox", name="Search").fill(words)
    page.keyboard.press("Enter")


def choose(page, label, option):
    box = page.get_by_role("combobox", name=label)
    settle(page)
    box.focus()
    page.keyboard.type(option)
    page.keyboard.press("Enter")


def tick(page, row, ticked):
    """Tick a row with the mouse and wait until so many are ticked."""
    settle(page)
    table(page).locator(".dvn-scroller").click(
        position={"x": TICK_X, "y": HEADER + ROW * row + ROW // 2}
    )
    expect(main(page).get_by_text(f"{ticked} ticked").first).to_be_visible()


def test_runs_are_found_and_filtered_and_a_link_shows_the_same(page, app, runs_dir):
    open_runs(page, app)
    expect_names(table(page), "Too fast", BOLD, "Narrow again", "Narrow", "Wide")
    choose(page, "Sort by", "Validation")
    expect_names(table(page), "Wide", BOLD, "Narrow again", "Narrow", "Too fast")
    search(page, "NARROW 0.002")
    expect_names(table(page), "Narrow again", "Narrow")
    expect(page).to_have_url(re.compile("(?=.*search=NARROW)(?=.*sort_by=Validation)"))
    visit(page)
    expect_names(table(page), "Narrow again", "Narrow")
    search(page, "")
    choose(page, "State", "Failed")
    expect_names(table(page), "Too fast")
    page.keyboard.press("Escape")  # the list of states stays open for more of them
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    (row,) = csv.DictReader(lines)
    assert row["Name"] == "Too fast"
    created_at = files.read_json(runs_dir / "20260101-000004-aaaa" / "config.json")["created_at"]
    there = datetime.fromtimestamp(created_at, ZoneInfo("Asia/Kolkata"))  # the visitor's clock
    (when,) = [value for name, value in row.items() if re.match(r"When \(Asia/(Kolk|Calc)", name)]
    assert when == f"{there:%Y-%m-%d %H:%M:%S}"
    open_runs(page, app, "?search=bold")  # an address in a name is no link
    expect(main(page).get_by_text("a.example").filter(visible=True).first).to_be_visible()
    expect(main(page).get_by_role("link", name="a.example")).to_have_count(0)


def click_name(page, row):
    """Click a run's name in the table."""
    settle(page)
    place = place_at_rest(table(page))
    x, y = place["x"] + 120, place["y"] + HEADER + ROW * row + ROW // 2
    page.mouse.move(x, y, steps=5)  # the table wants to have seen the mouse come
    page.wait_for_timeout(300)
    page.evaluate(IDLE)
    page.mouse.click(x, y)


def test_a_click_on_a_name_opens_the_run_and_a_visitors_own_come_first(page, app, runs_dir):
    path = runs_dir / "20260101-000001-aaaa" / "config.json"
    files.write_json(path, files.read_json(path) | {"owner": "Ada"})
    open_runs(page, app)
    click_name(page, 1)
    card = page.locator(".st-key-opened_run")
    expect(card).to_contain_text("20260101-000003-aaaa")
    expect(card).to_be_in_viewport()
    tick(page, 0, 1)  # leaves it open
    click_name(page, 3)
    expect(card).to_contain_text("started by Ada")
    expect(card.get_by_role("button", name="Delete")).to_be_disabled()
    expect(page).to_have_url(re.compile("open=20260101-000001-aaaa"))
    card.get_by_role("button", name="Close this run").click()
    expect(card).to_have_count(0)
    click_name(page, 3)  # the same cell again
    expect(card).to_contain_text("started by Ada")
    main(page).get_by_role("button", name="Your name").click()
    page.get_by_role("textbox", name="Your name").fill("Ada")
    page.keyboard.press("Enter")
    expect_names(table(page), "Narrow", "Too fast", BOLD, "Narrow again", "Wide")
    page.wait_for_function("document.cookie.includes('fashion_visitor=Ada')")
    visit(page)
    expect_names(table(page), "Narrow", "Too fast", BOLD, "Narrow again", "Wide")
    expect(card.get_by_role("button", name="Delete")).to_be_enabled()
    expect(main(page).get_by_role("button", name="You: Ada")).to_be_visible()


def test_ticked_runs_are_compared_and_stay_ticked(page, app):
    open_runs(page, app)
    tick(page, 4, 1)  # Wide
    settle(page)
    table(page).locator(".dvn-scroller").click(
        position={"x": 120, "y": HEADER + ROW * 2 + ROW // 2}
    )
    page.keyboard.press("ArrowDown")
    settle(page)  # the row of the cell opens
    page.keyboard.press("Shift+Space")  # Narrow
    expect(main(page).get_by_text("2 ticked").first).to_be_visible()
    expect_names(page.get_by_test_id("stDataFrame").nth(1), "Narrow", "Wide", column=2)
    headers = page.get_by_test_id("stDataFrame").nth(1).locator("th").all_text_contents()
    assert headers[2:5] == ["Learning rate", "Dropout", "Validation"]
    for label in ("Training loss", "Seconds"):
        main(page).get_by_role("radio", name=label).click()
        expect(page).to_have_url(re.compile(label.replace(" ", r"\+")))
        settle(page)
    page.get_by_role("slider", name="Smoothing").focus()
    page.keyboard.press("End")
    chart = page.get_by_test_id("stPlotlyChart")
    expect(chart).to_have_count(1)
    # Lists, because the chart before may still be there for a moment.
    expect(chart.locator(".xtitle")).to_have_text(["Seconds"])
    expect(chart.locator(".ytitle")).to_have_text(["Training loss"])
    expect(chart.locator(".scatterlayer .trace")).to_have_count(4)  # two raw, two smoothed
    assert sorted(chart.locator(".legendtext").all_text_contents()) == ["Narrow", "Wide"]
    search(page, "wide")
    expect(main(page).get_by_text("2 ticked, 1 of them hidden")).to_be_visible()
    visit(page)
    expect(main(page).get_by_text("2 ticked, 1 of them hidden")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart").locator(".xtitle")).to_have_text(["Seconds"])


def test_a_curve_that_another_metric_brings_gives_its_run_a_dot(page, app, runs_dir):
    wide, narrow = (f"20260101-00000{i}-aaaa" for i in range(2))
    write_events(runs_dir / wide, [step_event(step, 2 / step) for step in range(1, 40)])
    open_runs(page, app, f"?runs={wide},{narrow}")
    expect(page.locator(".run-color")).to_have_count(1)
    main(page).get_by_role("radio", name="Training loss").click()  # draws its card alone
    expect(page.locator(".run-color")).to_have_count(2)


@pytest.mark.parametrize("what", ["Classic tutorial,", "Drawings and photos,"])
def test_the_name_of_a_recipe_is_seen_up_to_its_seconds(page, app, runs_dir, what):
    for i, seconds in enumerate((5, 5, 6)):  # both tables have the newest first
        path = runs_dir / f"20260101-00000{i}-aaaa" / "config.json"
        name = name_of_run(seconds, "Europe/Berlin", what)
        files.write_json(path, files.read_json(path) | {"name": name})
    open_runs(page, app, "?runs=" + ",".join(f"20260101-00000{i}-aaaa" for i in range(3)))
    for place, first, left in ((0, 2, ROW), (1, 0, 55)):
        later, same, again = (_name_cell(page, place, first + row, left) for row in range(3))
        assert later != same, place
        assert same == again, place


def _name_cell(page, place, row, left):
    """A picture of the name in a row of a table whose names begin so far from the left."""
    shown = page.get_by_test_id("stDataFrame").nth(place)
    shown.scroll_into_view_if_needed()
    settle(page)
    box, top = shown.bounding_box(), HEADER + ROW * row + 4
    size = {"width": NAME_WIDTH - 8, "height": ROW - 8}
    return page.screenshot(clip={"x": box["x"] + left + 4, "y": box["y"] + top} | size)


def test_a_note_being_written_outlives_the_end_of_a_run_and_new_names_and_tags_a_refresh(
    page, app, runs_dir
):
    status = runs_dir / "20260101-000004-aaaa" / "status.json"
    ended = {"state": "finished", "epoch": 2}
    files.write_json(status, ended | alive() | {"state": "running"})
    open_runs(page, app, "?search=wide")
    line = page.get_by_test_id("stSidebar").get_by_text("Too fast")
    expect(line).to_be_visible()
    page.get_by_role("button", name="Name and notes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Tags").fill("paper")
    note = dialog.get_by_role("textbox", name="Note")
    note.press_sequentially("Half a sen")
    files.write_json(status, ended)
    expect(line).to_have_count(0)  # the page has been drawn anew
    note.press_sequentially("tence")
    expect(note).to_have_value("Half a sentence")
    expect(dialog.get_by_role("textbox", name="Tags")).to_have_value("paper")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Name and notes").click()
    expect(note).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    rename(page)
    open_runs(page, app, "?tag=paper")
    expect_names(table(page), "<i>Best</i> so far")
    expect(main(page).get_by_text("<i>Best</i> so far", exact=True).last).to_be_visible()


def rename(page):
    page.get_by_role("button", name="Name and notes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Tags").fill("paper")
    dialog.get_by_role("textbox", name="Name").fill("<i>Best</i> so far")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def test_pruning_shows_what_goes_before_it_goes(page, app, runs_dir):
    open_runs(page, app)
    expect(page.locator(".legendtext")).to_have_count(5)  # what is drawn last moves what is below
    page.get_by_text("Free up disk space").click()
    expect(main(page).get_by_text("Choose what goes")).to_be_visible()
    settle(page)
    best = main(page).get_by_text("Keep only the best")
    place_at_rest(best)
    best.click()
    expect(page.get_by_role("radio", name="Keep only the best")).to_be_checked()
    page.get_by_role("spinbutton", name="How many runs").fill("2")
    page.keyboard.press("Enter")
    expect(main(page).get_by_text("3 runs would go")).to_be_visible()
    expect_names(page.get_by_test_id("stDataFrame").last, "Too fast", "Narrow again", "Narrow")
    assert len(list(runs_dir.glob("2026*"))) == 5
    page.get_by_role("button", name="Delete 3 runs").click()
    page.get_by_role("button", name="Delete them").click()
    expect(main(page).get_by_text("3 runs were deleted")).to_be_visible()
    expect_names(table(page), BOLD, "Wide")
    assert len(list(runs_dir.glob("2026*"))) == 2


def test_on_train_the_run_that_is_compared_with_stays_chosen_among_runs_of_its_name(
    page, app, runs_dir
):
    for run_dir in runs_dir.glob("2026*"):
        for name, changes in (
            ("config", {"name": "Same"}),
            ("status", {"steps": 860, "step": 1720}),
        ):
            path = run_dir / f"{name}.json"
            files.write_json(path, files.read_json(path) | changes)
    visit(page, f"{app}/train")
    words = main(page).get_by_text("Dashed: “Same")
    expect(words).to_contain_text("trained with learning rate 0.001 (here 1).")  # the one before
    page.get_by_role("combobox", name="Compare with").click()
    expect(page.get_by_role("option")).to_have_count(5)
    page.get_by_role("option").last.click()
    open_settings(page)
    for epochs in ("7", "8"):  # the browser sends its label with every other change
        expect(words).to_contain_text("dropout 0.25 (here 0)")
        page.get_by_role("spinbutton", name="Epochs").fill(epochs)
        page.keyboard.press("Enter")
        expect(main(page).get_by_text(f"changed: epochs {epochs}")).to_be_visible()
    expect(words).to_contain_text("dropout 0.25 (here 0)")
