"""After a game of drawing: keeping drawings in My pictures, with what was asked for as their label.

Asked, not assumed. Stands on fashion_core.my_pictures.
"""

import io
from dataclasses import replace

import streamlit as st
from PIL import Image

from fashion_core import limits
from fashion_core.game import Game, Round, thing
from fashion_core.my_pictures import MyPicture, encode_brought, new_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.mine.store import attempt, store
from pages.parts.play.games import all_games


def show_keep(game_id: str, played: Game) -> None:
    """The drawings to choose among and the button that keeps them; then the way to teach them."""
    drawn = [place for place, each in enumerate(played.rounds) if _is_drawn(each.picture)]
    if not drawn:
        return
    closed = limits.read_only()  # where nothing can be taught
    with st.container(border=True, key="keep_card"):
        kept = _kept_count(played)
        if kept:
            verb = "is" if kept == 1 else "are"
            st.write(f"{format_count(kept, 'drawing')} of this game {verb} in My pictures.")
            label, icon = ("My pictures", "photo_library") if closed else ("Teach them", "school")
            st.page_link("pages/my_pictures.py", label=label, icon=f":material/{icon}:")
            return
        why = "" if closed else "These drawings can teach a model what you mean. "
        st.write(f"{why}Keep those that came out well.")
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
            "Keep these" if closed else "Keep these to teach it",
            icon=":material/bookmark_add:",
            disabled=not chosen,
            on_click=_keep,
            args=(game_id,),
        )


def _keep(game_id: str) -> None:
    """Keep what is chosen now, once: in another tab or after a reload the game knows of it."""
    places = st.session_state[state.kept_rounds_key(game_id)]
    played = all_games().change(game_id, lambda each: each)
    if not places or played is None or _kept_count(played):
        return
    added = [_my_picture(played.rounds[place]) for place in places]
    ids, before = tuple(picture.picture_id for picture, _ in added), []

    def mark(each: Game) -> Game:
        before.append(each.kept)
        return replace(each, kept=ids) if each.kept == played.kept else each

    all_games().change(game_id, mark)
    if before != [played.kept]:  # in another tab, at this moment
        return
    if not attempt(lambda: store().add(added), state.GAME_PROBLEM):
        all_games().change(
            game_id, lambda each: replace(each, kept=()) if each.kept == ids else each
        )


def _kept_count(played: Game) -> int:
    """How many of a game's drawings were kept and are still there."""
    if not played.kept:
        return 0
    return len({each.picture_id for each in store().read_all()} & set(played.kept))


@st.cache_data(max_entries=100, show_spinner=False)
def _is_drawn(content: bytes) -> bool:
    """Whether a round's PNG shows anything: it may be missing, or rubbed out."""
    return bool(content) and not prepare(_opened(content)).blank


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def _my_picture(drawn: Round) -> tuple[MyPicture, bytes]:
    """A drawing as My pictures keeps it, with the content of its file."""
    picture = _opened(drawn.picture)
    return new_picture(drawn.label, "game", prepare(picture).pixels), encode_brought(picture)
