"""The games that are played: on the server, so that reloading a page neither cheats nor loses.

The id of a visitor's game is in the session and in the URL. Stands on fashion_core.game.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import streamlit as st

from fashion_core import game
from fashion_core.game import Game
from pages.parts import state
from pages.parts.history import has_returned

MOST_GAMES = 500  # kept at a time, about 30 kB each; then the one that rests longest is forgotten


class Games:
    """Games by id. Two tabs, or two clicks at once, change a game one after the other."""

    def __init__(self):
        self._games: OrderedDict[str, Game] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, added: Game) -> str:
        """Keep a new game; returns its id, which nobody can guess.

        Letters and figures only: Streamlit refuses two underscores in a component's key.
        """
        game_id = secrets.token_hex(9)
        with self._lock:
            self._games[game_id] = added
            while len(self._games) > MOST_GAMES:
                self._games.popitem(last=False)
        return game_id

    def change(self, game_id: str, change: Callable[[Game], Game]) -> Game | None:
        """Put what `change` makes of a game in its place; None where there is no such game."""
        with self._lock:
            if game_id not in self._games:
                return None
            self._games[game_id] = change(self._games[game_id])
            self._games.move_to_end(game_id)
            return self._games[game_id]


@st.cache_resource(show_spinner=False)
def all_games() -> Games:
    """Those of all visitors, as long as the server runs."""
    return Games()


def now() -> float:
    """The clock of the games, in seconds: the server's, which never goes back."""
    return time.monotonic()


def start_game(new: Game) -> None:
    """Make a new game the visitor's."""
    st.session_state[state.GAME] = all_games().add(new)


def leave_game() -> None:
    """Go back to the beginning; the game is forgotten in its time."""
    st.session_state[state.GAME] = ""


def current_game() -> tuple[str, Game | None]:
    """The visitor's game and its id; no game where there is none, or none any more.

    A round whose time is up is over.
    """
    if has_returned():
        st.session_state.pop(state.GAME, None)
    wanted = st.session_state.get(state.GAME, st.query_params.get(state.GAME, ""))
    played = all_games().change(wanted, lambda each: game.tick(each, now()))
    st.session_state[state.GAME] = wanted if played else ""
    _write_to_url(st.session_state[state.GAME])
    if wanted and not played:
        st.warning(
            "That game is not here any more: the server was started anew, or many games were played"
            " since. Start another one.",
            icon=":material/history:",
        )
    return wanted, played


def _write_to_url(game_id: str) -> None:
    if not game_id:
        st.query_params.pop(state.GAME, None)
    elif st.query_params.get(state.GAME) != game_id:
        st.query_params[state.GAME] = game_id


def change_game(game_id: str, rule: Callable[..., Game], *values) -> Game | None:
    """Apply one of the rules of fashion_core.game that take the time, now."""
    return all_games().change(game_id, lambda each: rule(each, now(), *values))
