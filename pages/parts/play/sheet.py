"""After a game: all six rounds, the score, what fooled the model most, what can be kept of it.

Stands on fashion_core.game_sheet (the sheet as a PNG) and fashion_core.best_games.
"""

import time
from dataclasses import replace

import streamlit as st

from fashion_core import best_games, game
from fashion_core.errors import GameError
from fashion_core.game import DRAW, MOST_POINTS, Game, points_of, thing
from fashion_core.game_sheet import sheet_png
from pages.parts import state
from pages.parts.html import escaped, plain, png_data_uri
from pages.parts.play.clock import show_chime
from pages.parts.play.games import all_games, leave_game
from pages.parts.play.keep import show_keep
from pages.parts.play.rounds import pixels_of, show_problem
from pages.parts.play.start import want


def show_sheet(game_id: str, played: Game) -> None:
    """The sheet of a game that is over, and the ways on."""
    show_problem()
    st.subheader(f"{game.score(played)} of {MOST_POINTS} points", anchor=False)
    st.write(describe_game(played))
    st.html(sheet_html(played))
    show_ways_on(played)
    if played.kind == DRAW:
        show_keep(game_id, played)
    show_nickname(game_id, played)
    show_chime(game_id, played)


def describe_game(played: Game) -> str:
    """What came of a game, in a sentence or two."""
    won = sum(each.won for each in played.rounds)
    words = f"You won {won} of {len(played.rounds)} rounds."
    place = game.fooled_most(played)
    if place is not None:
        words += f" What fooled it most: {game.describe_outcome(played, place)}"
    return plain(words)


def sheet_html(played: Game) -> str:
    """All rounds as pictures with what was said of them."""
    figures = [_figure_html(played, place) for place in range(len(played.rounds))]
    return f'<div class="game-sheet">{"".join(figures)}</div>'


def _figure_html(played: Game, place: int) -> str:
    ended = played.rounds[place]
    source = f' src="{png_data_uri(pixels_of(ended.picture))}"' if ended.picture else ""
    name = thing(ended.label) if played.kind == DRAW else f"test image {ended.index}"
    picture = f'<img{source} alt="{escaped(name)}">' if source else '<div class="none"></div>'
    mark, words = "✓" if ended.won else "✗", game.describe_outcome(played, place)
    said = ""
    if played.kind == DRAW and ended.guesses:
        said = f"<br><small>It said: {escaped(game.describe_guesses(ended.guesses))}.</small>"
    fooled = place == game.fooled_most(played)
    kind = f"{played.kind} fooled" if fooled else played.kind
    badge = "<em>Fooled it most</em>" if fooled else ""
    head = f"<b>{mark} {escaped(name[0].upper() + name[1:])} · {points_of(ended)}</b>"
    return (
        f'<figure class="{kind}">{picture}{badge}'
        f"<figcaption>{head}<br>{escaped(words)}{said}</figcaption></figure>"
    )


def show_ways_on(played: Game) -> None:
    """Play again, the other game, the sheet as a picture."""
    with st.container(horizontal=True, vertical_alignment="center"):
        icon = ":material/replay:"
        st.button("Play again", icon=icon, type="primary", on_click=want, args=(played.kind,))
        st.download_button(
            "Sheet as PNG",
            lambda: sheet_png(played),
            "fashion-game.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button("Other games", type="tertiary", on_click=leave_game)


def show_nickname(game_id: str, played: Game) -> None:
    """The way among the best games; nothing where the game does not belong there."""
    if played.listed:
        is_held = best_games.holds(played.kind, played.listed)
        st.caption(
            "This game is among the best games here."
            if is_held
            else "Others have more points by now: it is not among the ten best any more."
        )
        return
    points = game.score(played)
    if not best_games.belongs(points, played.kind):
        return
    with st.form("best_game", border=True):
        st.write("This game is among the ten best here. Enter it under a nickname if you like.")
        st.text_input(
            "Nickname",
            max_chars=best_games.MAX_NAME,
            key=state.NICKNAME,
            help="Everybody who opens this copy sees it. Empty: Anonymous.",
        )
        # Called back: by the next drawing others may have been faster, and there is no form
        st.form_submit_button(
            "Enter", icon=":material/leaderboard:", on_click=_enter, args=(game_id, played)
        )


def _enter(game_id: str, played: Game) -> None:
    """Enter a game once, however often and in however many tabs it is asked for."""
    name, entered_at = st.session_state[state.NICKNAME], time.time()
    before = []

    def mark(each: Game) -> Game:
        before.append(each.listed)
        return replace(each, listed=each.listed or entered_at)

    all_games().change(game_id, mark)
    if before != [0.0]:
        return
    models = ", ".join(dict.fromkeys(each.model for each in played.rounds if each.model))
    try:
        best_games.add_best(name, game.score(played), played.kind, models, entered_at)
    except GameError as error:
        all_games().change(game_id, lambda each: replace(each, listed=0.0))
        st.session_state[state.GAME_PROBLEM] = str(error)
