"""The Play page, run by Streamlit itself; strokes need a browser, drawings can be put there."""

import numpy as np
import pytest
import streamlit as st
from app_page import labels, open_page, press, words
from PIL import Image, ImageDraw
from run_folders import make_run

from fashion_core import best_games, game
from fashion_core.game import DRAW, GUESS, Game, Round, begin_round
from fashion_core.metadata import CLASS_NAMES
from fashion_core.my_pictures import encode_brought, my_folder
from fashion_core.runs import folders
from pages.parts import state
from pages.parts.cached import cached_model
from pages.parts.play import start
from pages.parts.play.games import all_games, now

TROUSER, SANDAL, BAG = 1, 5, 8
CORNERS = [(95, 35), (185, 35), (205, 245), (155, 245), (140, 115), (125, 245), (75, 245)]


@pytest.fixture(autouse=True)
def _own_folders(runs_dir, tmp_path, monkeypatch):
    """No runs, no list and no pictures but the test's own."""
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "pictures"))


def trousers() -> dict:
    """What the canvas says of filled trousers."""
    image = Image.new("RGBA", (280, 280), "white")
    ImageDraw.Draw(image).polygon(CORNERS, "#111111")
    return {"strokes": [{"type": "path"}], "pixels": np.asarray(image)}


def html(app) -> str:
    texts = [element.proto.body for element in app.get("html")]
    return "\n".join(text for text in texts if not text.startswith("<style"))


def game_of(*asked: int, **options) -> str:
    """The id of a game that asks for these classes and whose first clock runs."""
    return all_games().add(begin_round(Game(DRAW, tuple(map(Round, asked))), now()))


def draw(app, drawing: dict):
    app.session_state[state.DRAWING] = drawing
    app.run()
    assert not app.exception
    return app


def kept(game_id: str) -> Game:
    return all_games().change(game_id, lambda game: game)


def test_a_sure_answer_wins_and_a_reload_shows_the_round_as_it_was():
    game_id = game_of(SANDAL, TROUSER)
    app = draw(open_page("play", game=game_id), trousers())
    assert "I see <b>trousers</b>" in html(app)
    began_at = kept(game_id).round.began_at
    app = open_page("play", game=game_id)  # a new session, as after a reload
    assert "I see <b>trousers</b>" in html(app)
    assert app.session_state[state.DRAWING]["strokes"] == trousers()["strokes"]
    assert kept(game_id).round.began_at == began_at
    press(app, "Skip this one")
    assert "It took a sandal for trousers" in html(app)
    press(app, "Start the clock")
    assert state.DRAWING not in app.session_state  # a new sheet
    draw(app, trousers())
    assert "You won 1 of 2 rounds" in words(app)
    assert "Fooled it most" in html(app)
    assert my_folder().read_all() == []  # asked, not assumed
    app.button_group(key=state.kept_rounds_key(game_id)).set_value([0]).run()
    press(app, "Keep these to teach it")
    assert [each.label for each in my_folder().read_all()] == [SANDAL]
    assert "Keep these to teach it" not in labels(app)


@pytest.mark.parametrize("asked", [TROUSER, SANDAL])
def test_a_sheet_that_was_rubbed_out_with_the_eraser_earns_and_fools_nothing(monkeypatch, asked):
    monkeypatch.setattr(game, "is_sure", lambda *_: False)  # else trousers would win at once
    game_id = game_of(asked)
    app = draw(open_page("play", game=game_id), trousers())
    assert kept(game_id).round.picture
    white = np.full((280, 280, 4), 255, np.uint8)
    draw(app, {"strokes": [*trousers()["strokes"], {"type": "path"}], "pixels": white})
    press(app, "Skip this one")
    assert "0 of 600 points" in words(app)
    assert "Fooled it most" not in html(app)
    assert "There was nothing to see of" in html(app)


def test_the_visitors_own_drawing_comes_back_after_the_game():
    app = open_page("classify")
    own = trousers() | {"strokes": [{"type": "path", "fill": "own"}]}
    draw(app, own)
    app.session_state[state.GAME] = game_of(BAG)
    app.switch_page("pages/play.py").run()
    assert state.DRAWING not in app.session_state
    app.switch_page("pages/classify.py").run()
    assert app.session_state[state.DRAWING]["strokes"] == own["strokes"]


def test_a_round_whose_time_is_up_is_over_however_the_page_comes_back():
    game_id = all_games().add(begin_round(Game(DRAW, (Round(BAG), Round(TROUSER))), now() - 22))
    app = draw(open_page("play", game=game_id), trousers())
    assert "There was nothing to see of a bag" in html(app)
    assert "Start the clock" in labels(app)


def test_a_model_that_is_deleted_in_a_round_gives_the_round_anew(checkpoint_path):
    run_id = make_run("Mine", checkpoint_path=checkpoint_path)
    game_id = game_of(TROUSER)
    app = open_page("play", game=game_id, model=run_id)
    cached_model.clear()
    (folders.run_dir_of(run_id) / "model.pt").write_bytes(b"")
    draw(app, trousers())
    assert "The round begins anew" in words(app)
    assert not kept(game_id).is_running
    for path in sorted(folders.run_dir_of(run_id).iterdir()):
        path.unlink()
    app.run()
    press(app, "Start the clock")
    draw(app, trousers())
    assert "You won 1 of 1 rounds" in words(app)
    assert kept(game_id).rounds[0].model != "Mine"


def test_ids_of_games_are_fit_for_the_keys_of_components():
    ids = {all_games().add(Game(DRAW, (Round(BAG),))) for _ in range(50)}
    assert len(ids) == 50
    assert all(game_id.isalnum() for game_id in ids)


def test_a_forgotten_game_is_a_sentence():
    app = open_page("play", game="of-yesterday")
    assert "not here any more" in words(app)
    assert "game" not in app.query_params


def test_guessing_what_the_model_says_needs_only_buttons_and_the_best_are_listed():
    app = press(open_page("play"), "Play: Guess the model")
    game_id = app.session_state[state.GAME]
    for _ in range(6):
        press(app, "Start the clock")
        press(app, CLASS_NAMES[kept(game_id).round.label])
    assert "You won 6 of 6 rounds" in words(app)
    assert kept(game_id).kind == GUESS
    app.text_input(key=state.NICKNAME).set_value(" <i>Ada</i> ")
    press(app, "Enter")
    assert [each.name for each in best_games.read_best(GUESS)] == ["<i>Ada</i>"]
    assert "Enter" not in labels(app)
    press(app, "Other games")
    assert "&lt;i&gt;Ada&lt;/i&gt;" in html(app)


def test_a_game_that_others_have_beaten_meanwhile_is_told_so_and_not_entered():
    rounds = (Round(TROUSER, began_at=0.0, seconds=2.0, won=True),)
    app = open_page("play", game=all_games().add(Game(DRAW, rounds, 1)))
    for played_at in range(1, 11):
        best_games.add_best("Faster", 500, DRAW, "Any", float(played_at))
    press(app, "Enter")
    assert "Others have more points by now: it is not among the ten best any more." in words(app)
    assert {each.name for each in best_games.read_best(DRAW)} == {"Faster"}


def test_a_game_is_said_to_be_among_the_best_only_as_long_as_it_is():
    rounds = (Round(TROUSER, began_at=0.0, seconds=2.0, won=True),)
    app = open_page("play", game=all_games().add(Game(DRAW, rounds, 1)))
    press(app, "Enter")
    assert "among the best games here" in words(app)
    for played_at in range(1, 11):
        best_games.add_best("Later", 500, DRAW, "Any", float(played_at))
    said = words(app.run())
    assert "among the best games here" not in said
    assert "not among the ten best any more" in said


def test_a_public_copy_asks_for_no_name(monkeypatch):
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    rounds = (Round(TROUSER, began_at=0.0, seconds=2.0, won=True),)
    app = open_page("play", game=all_games().add(Game(DRAW, rounds, 1)))
    assert "95 of 600 points" in words(app)
    assert not app.text_input


def test_drawings_that_were_kept_are_not_offered_again_after_a_reload_nor_blank_ones():
    sheets = (
        Image.fromarray(trousers()["pixels"]).convert("RGB"),
        Image.new("RGB", (280, 280), "white"),
    )
    drawn, rubbed_out = map(encode_brought, sheets)
    rounds = Round(TROUSER, picture=drawn), Round(BAG, picture=rubbed_out)
    game_id = all_games().add(Game(DRAW, rounds, place=2))
    app = open_page("play", game=game_id)
    press(app, "Keep these to teach it")
    assert [each.label for each in my_folder().read_all()] == [TROUSER]
    app = open_page("play", game=game_id)
    assert "Keep these to teach it" not in labels(app)
    assert "1 drawing of this game is in My pictures" in words(app)


def test_a_game_that_waits_for_a_slow_model_begins_when_that_has_answered(monkeypatch):
    waiting = [True]

    def slow(*_):
        if waiting:
            waiting.pop()
            st.stop()
        return game

    game = Game(GUESS, (Round(TROUSER, picture=encode_brought(Image.new("RGB", (28, 28)))),))
    monkeypatch.setattr(start, "new_game", slow)
    app = open_page("play")
    press(app, "Play: Guess the model")
    assert "Start the clock" not in labels(app)
    app.run()
    assert "Start the clock" in labels(app)
