"""Play: six things to draw against the clock, or six answers of the model to guess; then the sheet.

Stands on fashion_core.game (the rules); the games are kept on the server, in pages.parts.play.
"""

import streamlit as st

from fashion_core.catalog import ModelEntry
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.play.games import current_game
from pages.parts.play.rounds import show_pause, show_round
from pages.parts.play.sheet import show_sheet
from pages.parts.play.start import show_start, start_wanted


def show_play(entry: ModelEntry) -> None:
    """Where the visitor's game is: not begun, between two rounds, in one, or over."""
    start_wanted(entry)
    game_id, played = current_game()
    if played is None:
        show_start(entry)
    elif played.is_over:
        show_sheet(game_id, played)
    elif played.is_running:
        show_round(game_id, played, entry)
    else:
        show_pause(game_id, played, entry)


run_through_router()
st.title("Play", anchor=False)
show_with_model(show_play)
