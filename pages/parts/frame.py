"""What every page stands in: the guard for the router, the style, the sidebar, dialogs, failures.

Stands on fashion_core.runs (what trains) and pages.parts.picker (the model in use).
"""

import runpy
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fashion_core import files, limits
from fashion_core.catalog import ModelEntry
from fashion_core.errors import DataError, LabError, RunError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from pages.parts import state
from pages.parts.document import keep_document
from pages.parts.html import plain
from pages.parts.picker import ask_model, model_in_use
from pages.parts.words import STATE_BADGES, model_score

# The router's


def run_through_router() -> None:
    """First line of every page: makes sure that the router has run before it.

    Until st.navigation has been called once, a fresh server takes the folder pages/ for Streamlit's
    older multipage form and runs the page that was asked for alone, without the router, its sidebar
    and its style.
    """
    if not st.session_state.pop(state.ROUTED, False):
        runpy.run_path(str(files.PROJECT_DIR / "streamlit_app.py"), run_name="__main__")
        st.stop()


def show_style() -> None:
    """The app's few style rules. Called by the router on every page."""
    st.html(Path(__file__).with_name("style.css"))


def show_sidebar(page: str) -> None:
    """The model picker and a line on what trains. Called by the router with the page's title."""
    # Drawing the page closes a dialog, unless a button opens one anew
    st.session_state.pop(state.DIALOG, None)
    if page != "Train":
        st.session_state.pop(state.LOOKED_AT, None)
        _forget_ended_run()
    if _shows_ends(page):
        st.session_state.pop(state.WATCHED_RUN, None)
    with st.sidebar:
        ask_model()
        keep_document(page)
        _show_training_line(page)


def _forget_ended_run() -> None:
    """Let Train begin with its form again, on a phone too, once a run that ended was left."""
    shown = st.session_state.get(state.SHOWN_RUN)
    if shown and not any(run.run_id == shown and not run.has_ended for run in folders.list_runs()):
        del st.session_state[state.SHOWN_RUN]


# The sidebar's line on training


def _shows_ends(page: str) -> bool:
    """Whether the page shows itself how a run has ended: Runs, and Train unless a paused one is
    looked at there.
    """
    looked_at = st.session_state.get(state.LOOKED_AT)
    if page == "Train" and looked_at and looked_at == st.session_state.get(state.SHOWN_RUN):
        return not any(
            run.run_id == looked_at and run.state == "paused" for run in folders.list_runs()
        )
    return page in ("Train", "Runs")


def _show_training_line(page: str) -> None:
    """What trains and how many wait, or has just ended; nothing where nothing does."""
    run, queue = folders.active_run(), run_queue.read_queue()
    works = _what_works(run)
    _watch(run)
    if works or (queue.will_start and not limits.read_only()):
        _show_training_line_live(works)
        return
    if queue.paused_by:
        _show_training_status(None, queue)
    if _shows_ends(page):
        st.session_state.pop(state.UNTOLD_RUNS, None)
    _tell_ends()
    if state.WATCHED_RUN in st.session_state:
        _show_ended_run(st.session_state[state.WATCHED_RUN], page)


@st.fragment(run_every=2.0)
def _show_training_line_live(drawn_for: str) -> None:
    """The line, kept up to date; draws the whole page anew when something else works than before.

    `drawn_for` is what worked when the page was drawn. While a dialog of `open_dialog` is open, the
    page waits: it is drawn anew when the dialog closes.
    """
    run, queue = folders.active_run(), run_queue.read_queue()
    if not _what_works(run) and queue.will_start:
        run_queue.start_next(wait=False)  # its worker was killed, or the machine was restarted
        run = folders.active_run()
    works = _what_works(run)
    _watch(run)
    changed = works != drawn_for or not (works or queue.will_start)
    if state.DIALOG not in st.session_state:
        if changed:
            st.rerun()
        # On Train and Runs too: Train goes on to the next run. A fragment's toast takes the place
        # of an open dialog
        _tell_ends()
    _show_training_status(run, queue)


def _watch(run: folders.Run | None) -> None:
    """Remember that this visitor saw the run training, so that its end can be told."""
    if run is None:
        return
    st.session_state[state.WATCHED_RUN] = run.run_id
    untold = st.session_state.setdefault(state.UNTOLD_RUNS, [])
    if run.run_id not in untold:
        untold.append(run.run_id)


def _tell_ends() -> None:
    """One toast for each run that this visitor saw training and that has ended since."""
    untold = st.session_state.get(state.UNTOLD_RUNS, [])
    for run_id in list(untold):
        try:
            run = folders.read_run(run_id)
        except RunError:  # deleted
            untold.remove(run_id)
            continue
        if run.has_ended:  # else it trains, is paused, or waits
            # The sidebar is folded on a phone, its end is often out of sight, and the next run may
            # have its line
            label, icon = _describe_end(run)
            st.toast(label, icon=icon, duration="long")
            untold.remove(
                run_id
            )  # last: a click in this moment begins the page anew before the toast


def _what_works(run: folders.Run | None) -> str:
    """What takes the machine: a run by its id, the learning-rate finder, or nothing."""
    if run:
        return run.run_id
    return "finder" if folders.finder_active() else ""


def _show_training_status(run: folders.Run | None, queue: run_queue.Queue) -> None:
    finding = run is None and folders.finder_active()
    parts = []
    if run:
        parts.append(f"{plain(run.name)}: {plain(_describe_progress(run))}")
    if finding:
        parts.append("Finding a learning rate")
    if queue.paused_by and not run:
        parts.append(f"{plain(queue.paused_by.name)} is paused")
    if queue.waiting:
        parts.append(f"{len(queue.waiting)} waiting")
    moves = run or finding or queue.will_start
    icon = ":material/model_training:" if moves else ":material/pause_circle:"
    st.page_link("pages/train.py", label=" · ".join(parts) or "Nothing trains", icon=icon)


def _describe_progress(run: folders.Run) -> str:
    """What a run does beside training, else how far it is."""
    if run.is_stopping:
        return "stopping"
    return folders.describe_measuring(run) or f"{folders.progress(run)[0]:.1%}"


ENDED = {
    "finished": "has finished",
    "stopped": "was stopped",
    "failed": "has failed",
    "lost": "has ended without a word",
}


def _show_ended_run(run_id: str, page: str) -> None:
    """How the run ended that this visitor saw training last; a click leads to it on Train."""
    try:
        run = folders.read_run(run_id)
    except RunError:  # deleted
        return
    if not run.has_ended:  # it is paused, or waits
        return
    label, icon = _describe_end(run)
    if page == "Train":  # where a paused one is looked at, and stays until it is clicked away
        st.button(label, icon=icon, type="tertiary", on_click=_show_on_train, args=(run_id,))
        return
    _show_on_train(run_id)
    st.page_link("pages/train.py", label=label, icon=icon)


def _show_on_train(run_id: str) -> None:
    st.session_state[state.SHOWN_RUN] = run_id


def _describe_end(run: folders.Run) -> tuple[str, str]:
    """How a run ended and how good its model is, and the icon for it."""
    score = model_score(run.status)
    told = f" · {score[1]:.1%} {score[0]}" if score and run.has_model else ""
    return f"“{plain(run.name)}” {ENDED[run.state]}{told}", STATE_BADGES[run.state]["icon"]


# Dialogs


def open_dialog(title: str, show: Callable, *args) -> None:
    """Open a dialog that stays, with all that is typed in it, until it is answered or put away."""
    st.session_state[state.DIALOG] = True
    st.dialog(title, on_dismiss="rerun")(show)(*args)


# What a page shows instead of itself


def show_with_model(show: Callable[[ModelEntry], None]) -> None:
    """Call `show` with the model in use, or say why that is not possible."""
    entry = model_in_use()
    try:
        if entry:
            show(entry)
        else:
            show_no_model()
    except DataError as error:
        show_data_missing(error)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.caption("Another model may answer: choose one.")


def show_no_model() -> None:
    """The empty state when there is no model at all."""
    if limits.read_only():
        sentence = f"There is no model yet. {limits.READ_ONLY_SENTENCE}"
        st.info(sentence, icon=":material/lock:")
        return
    sentence = "There is no model yet. Train one and it appears here."
    st.info(sentence, icon=":material/model_training:")
    st.page_link("pages/train.py", label="Train a model", icon=":material/arrow_forward:")


def show_data_missing(error: DataError) -> None:
    """The empty state when Fashion-MNIST cannot be found: what is wrong and how to supply it."""
    st.warning("**Fashion-MNIST is not here yet**", icon=":material/database_off:")
    st.text(str(error))
    st.caption("Classify still works for drawings and pictures: it only needs the shipped model.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Look again", icon=":material/refresh:"):
            st.rerun()
        if st.button("Classify", icon=":material/draw:", on_click=_choose_to_draw):
            st.switch_page("pages/classify.py")


def _choose_to_draw() -> None:
    st.session_state[state.WAY] = "Draw"
