"""Before a game: the two kinds, what they are worth, the best games of this copy.

Stands on fashion_core.game and fashion_core.best_games.
"""

import secrets
from dataclasses import replace

import streamlit as st

from fashion_core import game
from fashion_core.best_games import read_best
from fashion_core.catalog import ModelEntry
from fashion_core.errors import LabError
from fashion_core.game import DRAW, GUESS, ROUND_SECONDS, RULES, SURE, Game
from pages.parts import state
from pages.parts.cached import cached_split, cached_test_probs
from pages.parts.history import has_returned
from pages.parts.html import escaped, plain, png_of
from pages.parts.play.clock import ask_sound
from pages.parts.play.games import start_game

KINDS = {
    DRAW: (
        "Draw",
        f"You get a word and {ROUND_SECONDS:.0f} seconds. After each stroke the model says what it"
        f" sees; the round is yours when it is sure of the right one, with at least {SURE:.0%}.",
    ),
    GUESS: (
        "Guess the model",
        f"No drawing: you see a test image and have {ROUND_SECONDS:.0f} seconds to say what the"
        " model calls it. It is often wrong here, and that is what you are after.",
    ),
}


def show_start(entry: ModelEntry) -> None:
    """The two games as cards, sounds, and the best games."""
    st.write(f"Six rounds against {plain(entry.title)}. {RULES}")
    for column, kind in zip(st.columns(2), KINDS, strict=True):
        title, words = KINDS[kind]
        with column, st.container(border=True, height="stretch", key=f"kind_{kind}"):
            st.subheader(title, anchor=False)
            st.write(words)
            label, key = f"Play: {title}", f"play_{kind}"
            st.button(label, type="primary", key=key, on_click=want, args=(kind,))
            show_best(kind)
    ask_sound()


def want(kind: str) -> None:
    """Have a game of this kind begin as soon as the model can play it."""
    st.session_state[state.WANTED_GAME] = kind


def start_wanted(entry: ModelEntry) -> None:
    """Begin the game that was asked for, also after drawings that waited for a slow model.

    Raises CheckpointError, DataError, and then it is not wanted any more.
    """
    if has_returned():
        stop_wanting()
    kind = st.session_state.get(state.WANTED_GAME)
    if kind is None:
        return
    waiting = st.empty()
    waiting.button("Not now", type="tertiary", icon=":material/close:", on_click=stop_wanting)
    try:
        start_game(new_game(kind, entry))
    except LabError:
        stop_wanting()
        raise
    stop_wanting()
    waiting.empty()


def stop_wanting() -> None:
    st.session_state.pop(state.WANTED_GAME, None)


def new_game(kind: str, entry: ModelEntry) -> Game:
    """A game that nobody can foresee. Raises CheckpointError, DataError."""
    seed = secrets.randbits(64)
    if kind == DRAW:
        return game.new_drawing_game(seed)
    split, probs = cached_split("test"), cached_test_probs(entry)
    played = game.new_guessing_game(seed, split.labels, probs.argmax(axis=1), entry.title)
    rounds = [replace(each, picture=png_of(split.pixels[each.index])) for each in played.rounds]
    return replace(played, rounds=tuple(rounds))


def show_best(kind: str) -> None:
    """The best games of this kind; nothing where there are none."""
    best = read_best(kind)
    if not best:
        return
    rows = "".join(
        f"<tr><td>{place}</td><td>{escaped(each.name)}</td><td>{escaped(each.model)}</td>"
        f"<td>{each.score}</td></tr>"
        for place, each in enumerate(best, 1)
    )
    st.markdown("**The best games here**")
    st.html(
        '<table class="layers"><tr><th></th><th>Who</th><th>Against</th><th>Points</th></tr>'
        f"{rows}</table>"
    )
