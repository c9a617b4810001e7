"""A round of a game: the word with the button that starts its clock, then the canvas or the image.

Stands on fashion_core.game; the canvas is that of pages.parts.classify.
"""

import io
import json

import numpy as np
import streamlit as st
from PIL import Image

from fashion_core import game, predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError
from fashion_core.game import DRAW, GUESS, ROUND_SECONDS, Game, Guess, points_of, thing
from fashion_core.metadata import CLASS_NAMES
from fashion_core.pictures.prepare import prepare
from pages.parts import state
from pages.parts.cached import cached_model, load_model
from pages.parts.classify.canvas import ask_drawing
from pages.parts.html import escaped, image_html, plain
from pages.parts.play.clock import ask_sound, restart_clock, show_chime, show_clock
from pages.parts.play.games import change_game, leave_game, now

# Before the clock runs


def show_pause(game_id: str, played: Game, entry: ModelEntry) -> None:
    """How the round before ended, what comes next, the button that starts its clock.

    The button comes last: Streamlit loses the fragments of a run that begins before this one ends,
    and with them all strokes of the round.
    """
    show_problem()
    show_chime(game_id, played)
    if played.kind == DRAW:  # so that the first stroke of a round need not wait for it
        load_model(entry)
    with st.container(border=True, key="round_card"):
        if played.place:
            show_outcome(played, played.place - 1)
        st.caption(f"Round {played.place + 1} of {len(played.rounds)}")
        time = f"<small>in {ROUND_SECONDS:.0f} seconds</small>"
        st.html(f'<p class="word">{_next_task(played)} {time}</p>')
        buttons = st.container(horizontal=True, vertical_alignment="center")
        start = buttons.container(width="content")
        buttons.button("Leave this game", type="tertiary", on_click=leave_game)
        ask_sound()
        start.button(
            "Start the clock",
            icon=":material/timer:",
            type="primary",
            on_click=change_game,
            args=(game_id, game.begin_round),
        )


def show_problem() -> None:
    """Why the round begins anew, once."""
    problem = st.session_state.pop(state.GAME_PROBLEM, None)
    if problem:
        st.warning(plain(problem), icon=":material/error:")


def show_outcome(played: Game, place: int) -> None:
    """How a round ended, in words, with its picture and points."""
    ended = played.rounds[place]
    with st.container(horizontal=True, vertical_alignment="center", key="last_round"):
        if ended.picture:
            kind = "sample" if played.kind == GUESS else "brought"
            st.html(image_html(pixels_of(ended.picture), kind, "The last round"), width=84)
        mark = "✓" if ended.won else "✗"
        words = game.describe_outcome(played, place)
        points = points_of(ended)
        st.html(f"<p><b>{mark} {points} points.</b> {escaped(words)}</p>", width="stretch")


def _task(played: Game) -> str:
    """What is to be done, as HTML."""
    if played.kind == GUESS:
        # By its name: another one may be in use by now
        return f"What does {escaped(played.round.model or 'the model')} call this?"
    return f"Draw <b>{escaped(thing(played.round.label))}</b>"


def _next_task(played: Game) -> str:
    """What is to be done next, as HTML; an image is not shown before its clock runs."""
    return "Guess the next image" if played.kind == GUESS else _task(played)


def pixels_of(picture: bytes) -> np.ndarray:
    """The pixels of a kept PNG, (H, W) uint8."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"))


# While it runs


def show_round(game_id: str, played: Game, entry: ModelEntry) -> None:
    """The word, the clock, and what the visitor plays with."""
    if played.kind == DRAW:
        _load_model(game_id, entry)
    with st.container(key="round_card", gap="small"):
        st.html(f'<p class="word">{_task(played)}</p>')
        show_clock(game_id, played)
        if played.kind == DRAW:
            show_drawing_round(game_id, played.place, entry)
        else:
            show_guessing_round(game_id, played)


def _load_model(game_id: str, entry: ModelEntry) -> None:
    """Before the canvas is there to be drawn on: it may be another model than before the round."""
    try:
        load_model(entry)
    except CheckpointError as error:
        _begin_anew(game_id, entry, error)


def _begin_anew(game_id: str, entry: ModelEntry, error: CheckpointError) -> None:
    """Put the round back to before its clock ran, and say why."""
    restart_clock(game_id)
    problem = f"{entry.title} cannot answer: {error} The round begins anew: pick another model."
    st.session_state[state.GAME_PROBLEM] = problem
    st.rerun()


@st.fragment
def show_drawing_round(game_id: str, place: int, entry: ModelEntry) -> None:
    """The canvas and what the model sees on it; a stroke reruns only this."""
    came_at = now()
    played = change_game(game_id, game.tick)
    if _is_past(played, place):
        st.rerun()
    sheet = state.sheet_key(game_id, place)
    said = st.container()  # above the canvas: below it many screens end
    with st.container(border=True, key="canvas_card"):
        picture = ask_drawing(f"play_{sheet}", sheet, _begun(played))
    try:
        played = _take_in(game_id, played, picture, came_at, entry)
    except CheckpointError as error:
        _begin_anew(game_id, entry, error)
    if _is_past(played, place):
        st.rerun()
    said.html(said_html(played.round.guesses))
    show_way_out(game_id)


def _is_past(played: Game | None, place: int) -> bool:
    """Whether this round is not the one that is played, or not any more."""
    return played is None or played.place != place or not played.is_running


def _begun(played: Game) -> dict | None:
    """The drawing that the server has of this round, for a page that was loaded anew."""
    if not played.round.strokes:
        return None
    pixels = np.asarray(Image.open(io.BytesIO(played.round.picture)).convert("RGBA"))
    return {"strokes": list(played.round.strokes), "pixels": pixels}


def _take_in(
    game_id: str, played: Game, picture: Image.Image | None, came_at: float, entry: ModelEntry
) -> Game | None:
    """Have the model answer a drawing that it has not seen yet. Raises CheckpointError."""
    prepared = None if picture is None else prepare(picture)
    is_blank = prepared is None or prepared.blank  # a sheet that was rubbed out shows nothing
    content = b"" if is_blank else _png(picture)
    if content == played.round.picture:
        return played
    guess, objects = None, []
    if not is_blank:
        model = cached_model(str(entry.path), entry.fingerprint)
        answer = predict.classify_pixels(model, prepared.pixels)
        guess = (answer.label, float(answer.probs[answer.label]), answer.recognised)
        objects = st.session_state[state.DRAWING]["strokes"]
    return change_game(game_id, _heard_at(came_at), guess, content, _bounded(objects), entry.title)


def _heard_at(came_at: float):
    """The rule that takes in an answer, with the time at which the drawing came."""
    return lambda each, _, *values: game.hear_answer(each, came_at, *values)


MOST_STROKE_BYTES = 200_000  # that the server keeps for a page that is loaded anew


def _bounded(objects: list[dict]) -> list[dict]:
    return objects if len(json.dumps(objects)) <= MOST_STROKE_BYTES else []


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.convert("L").save(file, "PNG", compress_level=1)
    return file.getvalue()


SAID = 3  # as many of the last words are shown


def said_html(guesses: tuple[Guess, ...]) -> str:
    """What the model says it sees, the last words large."""
    minds = game.changes_of_mind(guesses)[-SAID:]
    if not minds:
        words = "<small>It says here what it sees, after each stroke.</small>"
        return f'<div class="said" role="status"><p>{words}</p></div>'
    before = "".join(f"{escaped(_seen(each))} … " for each in minds[:-1])
    last, share = minds[-1], guesses[-1].prob
    sure = f" <small>{share:.1%}</small>" if last.recognised else ""
    now_seen = f"<b>{escaped(_seen(last))}</b>{sure}"
    return f'<div class="said" role="status"><p>I see {before}{now_seen}</p></div>'


def _seen(guess: Guess) -> str:
    return thing(guess.label) if guess.recognised else "nothing I know"


def show_way_out(game_id: str) -> None:
    """The button that ends a round before its time."""
    st.button(
        "Skip this one",
        icon=":material/skip_next:",
        type="tertiary",
        on_click=change_game,
        args=(game_id, game.give_up),
    )


# The game without drawing


def show_guessing_round(game_id: str, played: Game) -> None:
    """The test image and a button for each class."""
    index = played.round.index
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=232):
            st.html(image_html(pixels_of(played.round.picture), "seen", f"Test image {index}"))
            st.caption(f"Test image {index}")
        with st.container(key="choices", gap="small"):
            for label, name in enumerate(CLASS_NAMES):
                st.button(
                    name,
                    key=f"choice_{label}",
                    width="stretch",
                    on_click=change_game,
                    args=(game_id, game.choose, label),
                )
    show_way_out(game_id)
