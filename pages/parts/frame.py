"""The only Streamlit helpers: cached pass-throughs to the core, the model picker, and what several
pages show.
"""

import runpy
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fashion_core import catalog, files, limits
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError, DataError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from pages.parts.html import plain
from pages.parts.words import describe_model, model_labels

ROUTED_KEY = "routed"  # from the router to the page that it runs
WANTED_KEY = "wanted_model"  # from a button to the picker, which is drawn before the page
MODEL_KEY = "model"  # session state and URL parameter of the sidebar's picker
DIALOG_KEY = "dialog_open"  # there while a dialog is open that drawing the page anew would close


# The model in use


def run_through_router() -> None:
    """First line of every page: makes sure that the router has run before it.

    Until st.navigation has been called once, a fresh server takes the folder pages/ for Streamlit's
    older multipage form and runs the page that was asked for alone, without the router, its sidebar
    and its style.
    """
    if not st.session_state.pop(ROUTED_KEY, False):
        runpy.run_path(str(files.PROJECT_DIR / "streamlit_app.py"), run_name="__main__")
        st.stop()


def show_style() -> None:
    """The app's few style rules. Called by the router on every page."""
    st.html(Path(__file__).with_name("style.css"))


def show_sidebar() -> None:
    """The model picker and, while something trains, a line with its progress. Called by the router
    on every page.
    """
    # Drawing the page closes a dialog, unless a button opens one anew
    st.session_state.pop(DIALOG_KEY, None)
    with st.sidebar:
        _ask_model(catalog.list_models())
        _show_training_line()


def _ask_model(entries: list[ModelEntry]) -> None:
    by_id = {entry.model_id: entry for entry in entries}
    if not by_id:
        st.caption("No model yet. Train one and it appears here.")
        return
    wanted = (
        st.session_state.pop(WANTED_KEY, None)
        or st.session_state.get(MODEL_KEY)
        or st.query_params.get(MODEL_KEY)
    )
    if wanted and wanted not in by_id:
        st.warning(
            "The model you asked for is not here, or not any more. This one is used instead."
        )
    st.session_state[MODEL_KEY] = wanted if wanted in by_id else next(iter(by_id))
    labels = model_labels(entries)
    chosen = st.selectbox(
        "Model in use",
        list(labels),
        format_func=lambda model_id: labels.get(model_id, model_id),
        key=MODEL_KEY,
        help="The model that all pages ask: shipped ones and your own runs.",
    )
    st.caption(describe_model(by_id[chosen].card) if chosen in by_id else "")
    # Not bind="query-params": that writes the label, which changes with the score, and a link must
    # last.
    if st.query_params.get(MODEL_KEY, next(iter(by_id))) != chosen:
        st.query_params[MODEL_KEY] = chosen


def use_model(model_id: str) -> None:
    """Make a model the one in use and draw the whole page anew, also from inside a fragment."""
    st.session_state[WANTED_KEY] = model_id
    st.rerun()


def model_in_use() -> ModelEntry | None:
    """The sidebar's choice; None when there is no model at all."""
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    return entries.get(st.session_state.get(MODEL_KEY)) or next(iter(entries.values()), None)


def _what_works(run: folders.Run | None) -> str:
    """What takes the machine: a run by its id, the learning-rate finder, or nothing."""
    return run.run_id if run else "finder" if folders.finder_active() else ""


@st.fragment(run_every=2.0)
def _show_training_line_live(drawn_for: str) -> None:
    """What trains and how many wait. Draws the whole page anew when it is not `drawn_for` that
    works any more.

    While a dialog of `open_dialog` is open that waits: the page is drawn anew when the dialog
    closes.
    """
    run, queue = folders.active_run(), run_queue.read_queue()
    if not _what_works(run) and queue.will_start:
        run_queue.start_next(wait=False)  # its worker was killed, or the machine was restarted
        run = folders.active_run()
    works = _what_works(run)
    changed = works != drawn_for or not (works or queue.will_start)
    if changed and DIALOG_KEY not in st.session_state:
        st.rerun()
    _show_training_status(run, queue)


def _show_training_status(run: folders.Run | None, queue: run_queue.Queue) -> None:
    finding = run is None and folders.finder_active()
    parts = [f"{plain(run.name)}: {folders.progress(run)[0]:.0%}"] if run else []
    parts += ["Finding a learning rate"] if finding else []
    parts += [f"{plain(queue.paused_by.name)} is paused"] if queue.paused_by and not run else []
    parts += [f"{len(queue.waiting)} waiting"] if queue.waiting else []
    icon = (
        ":material/model_training:"
        if run or finding or queue.will_start
        else ":material/pause_circle:"
    )
    st.page_link("pages/train.py", label=" · ".join(parts) or "Nothing trains", icon=icon)


def _show_training_line() -> None:
    run, queue = folders.active_run(), run_queue.read_queue()
    works = _what_works(run)
    if works or (queue.will_start and not limits.read_only()):
        _show_training_line_live(works)
    elif queue.paused_by:
        _show_training_status(None, queue)


# What several pages show


def open_dialog(title: str, show: Callable, *args) -> None:
    """Open a dialog that stays, with all that is typed in it, until it is answered or put away."""
    st.session_state[DIALOG_KEY] = True
    st.dialog(title, on_dismiss="rerun")(show)(*args)


def show_data_missing(error: DataError) -> None:
    """The empty state when Fashion-MNIST cannot be found: what is wrong and how to supply it."""
    st.warning("**Fashion-MNIST is not here yet**", icon=":material/database_off:")
    st.text(str(error))
    st.caption("Classify still works for drawings and pictures: it only needs the shipped model.")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()


def show_with_model(show: Callable[[ModelEntry], None]) -> None:
    """Call `show` with the model in use; where there is none, or it or the data cannot be read, say
    so instead.
    """
    entry = model_in_use()
    try:
        if entry:
            show(entry)
        else:
            show_no_model()
    except DataError as error:
        show_data_missing(error)
    except CheckpointError as error:
        st.error(plain(str(error)), icon=":material/error:")


def show_no_model() -> None:
    """The empty state when there is no model at all."""
    if limits.read_only():
        st.info(
            "There is no model yet, and this public copy does not train one.",
            icon=":material/lock:",
        )
        return
    st.info(
        "There is no model yet. Train one and it appears here.", icon=":material/model_training:"
    )
    st.page_link("pages/train.py", label="Train a model", icon=":material/arrow_forward:")
