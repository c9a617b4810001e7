"""The lesson in a real browser, walked on a phone: done in the app, kept through a refresh."""

from app_server import (
    answers_of,
    canvas_at_rest,
    canvas_has_spoken,
    open_settings,
    page_at_rest,
    unfold,
    visit,
)
from playwright.sync_api import expect

from fashion_core.runs import folders


def step(phone, number):
    return phone.locator(f".st-key-lesson_step_{number}")


def expect_done(phone, count):
    """The page says so, and the browser keeps it."""
    expect(phone.get_by_text(f"{count} of 6 steps done")).to_be_visible()
    expect_kept(phone, "done", count)


def expect_kept(phone, name, count):
    """Wait until the browser keeps so many: steps that are "done", or "runs"."""
    phone.wait_for_function(
        """([name, count]) => {
          const kept = document.cookie.match(/fashion_lesson=([^;]+)/)
          return kept && JSON.parse(decodeURIComponent(kept[1]))[name].length === count
        }""",
        arg=[name, count],
    )


def back_to_lesson(phone):
    page_at_rest(phone)
    phone.go_back()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Lesson")
    page_at_rest(phone)


def fill_canvas(phone):
    """A thick zigzag that leaves little white."""
    box = canvas_at_rest(phone)
    phone.mouse.move(box["x"] + 60, box["y"] + 60)
    phone.mouse.down()
    for row in range(60, 230, 14):
        for column in (220, 60):
            phone.mouse.move(box["x"] + column, box["y"] + row, steps=3)
    phone.mouse.up()


def draw_as_asked(phone, answered):
    """Step 1, whose question goes along to Classify and leads back."""
    step(phone, 1).get_by_role("link", name="Draw on Classify").click()
    place = canvas_at_rest(phone)
    expect(phone.locator(".st-key-lesson_line")).to_contain_text("Lesson, step 1 of 6")
    with answered():
        phone.get_by_role("radio", name="Thick").click()
    fill_canvas(phone)
    expect(phone.locator(".answer")).to_be_visible()
    assert canvas_at_rest(phone) == place
    canvas_has_spoken(phone)
    phone.get_by_role("link", name="Back to the lesson").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Lesson")


def test_the_lesson_is_walked_on_a_phone_and_a_refresh_loses_nothing(
    phone, app, runs_dir, monkeypatch
):
    monkeypatch.setenv("FASHION_RUNS_DIR", str(runs_dir))
    answered = answers_of(phone)
    visit(phone, f"{app}/lesson?model=fashion_cnn")
    expect_done(phone, 0)
    draw_as_asked(phone, answered)
    expect_done(phone, 1)

    visit(phone)  # a new session, which knows from the browser what was done
    expect_done(phone, 1)

    unfold(step(phone, 5))
    step(phone, 5).get_by_role("link", name="Open the confusion matrix").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Confusion matrix")
    page_at_rest(phone)
    phone.get_by_role("button", name="Shirt → T-shirt/top").click()
    expect(phone.locator(".st-key-picked_panel h3", has_text="as T-shirt/top")).to_be_visible()
    back_to_lesson(phone)
    expect_done(phone, 2)

    unfold(step(phone, 4))
    step(phone, 4).get_by_role("button", name="Fill in a short training").click()
    open_settings(phone)
    rate = phone.get_by_role("spinbutton", name="Learning rate")
    rate.fill("1")
    rate.press("Enter")
    expect(phone.get_by_text("learning rate 1").first).to_be_visible()
    page_at_rest(phone)
    phone.get_by_role("button", name="Start training").click()
    expect(
        phone.get_by_test_id("stMain")
        .get_by_text("Failed")
        .or_(phone.get_by_test_id("stMain").get_by_text("Finished"))
        .first
    ).to_be_visible()
    expect_kept(phone, "runs", 1)
    visit(phone)  # on Train, which also says what the visitor started
    expect(phone.get_by_role("heading", level=1)).to_have_text("Train")
    back_to_lesson(phone)
    expect_done(phone, 3)
    assert folders.list_runs()[0].config.learning_rate == 1.0
