"""The clock of a round, and the notes at its end.

The browser shows the clock; that the time is up, the server says. Stands on fashion_core.game.
"""

from pathlib import Path

import streamlit as st

from fashion_core import game
from fashion_core.game import LATE_SECONDS, ROUND_SECONDS, Game
from pages.parts import state
from pages.parts.play.games import all_games, now

_clock = st.components.v2.component(
    "round_clock",
    html='<div class="clock" role="timer"><div><i></i></div><b></b></div>',
    js=Path(__file__).with_name("clock.js").read_text("utf-8"),
    isolate_styles=False,
)
_chime = st.components.v2.component(
    "round_chime", js=Path(__file__).with_name("chime.js").read_text("utf-8")
)

SOON_SECONDS = 5.0  # the bar changes its colour
A_MOMENT = 0.1  # seconds by which the server is asked later than the round ends


def show_clock(game_id: str, played: Game) -> None:
    """The time that is left; when there is none, the whole page is drawn anew."""
    _clock(
        key=state.clock_key(game_id, played.place),
        data={
            "left": game.seconds_left(played, now()),
            "late": LATE_SECONDS + A_MOMENT,
            "total": ROUND_SECONDS,
            "soon": SOON_SECONDS,
        },
        on_over_change=lambda: None,
    )


RISING, FALLING = (523.3, 784.0), (392.0, 261.6)  # Hz: c'' g'', g' c'


def show_chime(game_id: str, played: Game) -> None:
    """The notes for the round before this place, if sounds are wanted."""
    is_on = bool(st.session_state.get(state.GAME_SOUND))
    won = played.place > 0 and played.rounds[played.place - 1].won
    name = state.sheet_key(game_id, played.place) if played.place else ""
    data = {"on": is_on, "round": name, "notes": RISING if won else FALLING}
    _chime(key="chime", height=0, data=data)


def ask_sound() -> None:
    """The switch for sounds, which are off at first."""
    st.toggle("Sounds", key=state.GAME_SOUND, persist_state="session")


def restart_clock(game_id: str) -> None:
    """Put the round back to before its clock ran."""
    all_games().change(game_id, game.repeat_round)
