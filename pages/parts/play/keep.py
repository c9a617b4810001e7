"""After a game of drawing: keeping drawings in My pictures, with what was asked for as their label.

Asked, not assumed. Stands on fashion_core.my_pictures.
"""

import io
from collections.abc import Sequence

import streamlit as st
from PIL import Image

from fashion_core.game import Game, thing
from fashion_core.my_pictures import MyPicture, encode_brought, new_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.mine.store import attempt, store


def show_keep(game_id: str, played: Game) -> None:
    """The drawings to choose among and the button that keeps them; then the way to teach them."""
    drawn = [place for place, each in enumerate(played.rounds) if each.picture]
    if not drawn:
        return
    kept = st.session_state.get(state.game_kept_key(game_id), 0)
    with st.container(border=True, key="keep_card"):
        if kept:
            verb = "is" if kept == 1 else "are"
            st.write(f"{format_count(kept, 'drawing')} of this game {verb} in My pictures.")
            st.page_link("pages/my_pictures.py", label="Teach them", icon=":material/school:")
            return
        st.write("These drawings can teach a model what you mean. Keep those that came out well.")
        chosen = st.pills(
            "Drawings to keep",
            drawn,
            selection_mode="multi",
            default=drawn,
            format_func=lambda place: thing(played.rounds[place].label),
            key=state.kept_rounds_key(game_id),
            label_visibility="collapsed",
        )
        st.button(
            "Keep these to teach it",
            icon=":material/bookmark_add:",
            disabled=not chosen,
            on_click=_keep,
            args=(game_id, played, chosen),
        )


def _keep(game_id: str, played: Game, places: Sequence[int]) -> None:
    if st.session_state.get(state.game_kept_key(game_id)):  # a second click
        return
    added = [_my_picture(played, place) for place in places]
    if attempt(lambda: store().add(added), state.GAME_PROBLEM):
        st.session_state[state.game_kept_key(game_id)] = len(added)


def _my_picture(played: Game, place: int) -> tuple[MyPicture, bytes]:
    """A drawing as My pictures keeps it, with the content of its file."""
    drawn = played.rounds[place]
    picture = Image.open(io.BytesIO(drawn.picture)).convert("RGB")
    return new_picture(drawn.label, "game", prepare(picture).pixels), encode_brought(picture)
