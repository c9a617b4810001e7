"""Train: a form starts a run or queues it, and the run's loss, accuracy and progress move live.

Stands on `fashion_core.config` (the form), `runs.queue` and `runs.control` (start, pause, stop, go
on), `runs.folders` and `runs.events` (what a run writes), `runs.rate_finder` (a learning rate),
`runs.sweep` (several runs at once), `architecture` (a network of one's own) and `charts` (curves).
"""

import time

import streamlit as st

from fashion_core import limits
from fashion_core.errors import DataError, LabError
from fashion_core.runs import folders, rate_finder
from fashion_core.runs import queue as run_queue
from pages.parts import state
from pages.parts.begun import bring_into_sight, remember_run
from pages.parts.cached import cached_split
from pages.parts.classify.drawn import drawn_pixels
from pages.parts.frame import run_through_router, show_data_missing
from pages.parts.html import plain
from pages.parts.lesson_line import show_lesson_line
from pages.parts.lesson_progress import keep_progress, remember_runs
from pages.parts.runs.builder import make_way, show_builder
from pages.parts.runs.form import ask_config, what_is_trained
from pages.parts.runs.form_address import read_address, write_address
from pages.parts.runs.live_run import kind_of_page, show_no_run, show_run
from pages.parts.runs.own_network import config_of, sync_with_url
from pages.parts.runs.queue import show_queue
from pages.parts.runs.rate_finder import search_key, show_finder
from pages.parts.times import name_of_run, visitor_zone
from pages.parts.visitor import visitor_name

REFRESH_SECONDS = 1.0
IDLE_SECONDS = 4.0  # while nothing trains: another tab may start something


def shown_run() -> folders.Run | None:
    """The paused run that was asked for, else the one that trains, else the one last started or
    looked at, else the newest trained here.
    """
    begun = [run for run in folders.list_runs() if run.state != "queued"]
    wanted = st.session_state.get(state.SHOWN_RUN)
    # Until something else is started
    asked = wanted if wanted == st.session_state.get(state.LOOKED_AT) else None
    choices = (
        *(run for run in begun if run.run_id == asked and run.state == "paused"),
        *(run for run in begun if run.is_active),
        *(run for run in begun if run.run_id == wanted),
        *(run for run in begun if not run.is_imported),
    )
    return next(iter(choices), None)


def ask_run() -> dict:
    """The form, whose button starts a run; returns its values, none where the data is missing."""
    if limits.read_only():
        st.info(limits.READ_ONLY_SENTENCE, icon=":material/lock:")
    values = {}
    try:
        cached_split("val")
        values = ask_config(start_run)
        write_address()
    except DataError as error:
        show_data_missing(error)
    if state.TRAIN_ERROR in st.session_state:
        st.error(plain(st.session_state.pop(state.TRAIN_ERROR)))
    return values


def start_run(values: dict, name: str) -> None:
    """Start or queue a run, or keep the sentence that says why not for below the button."""
    name = name.strip() or name_of_run(time.time(), visitor_zone(), what_is_trained())
    try:
        run_id = run_queue.start_or_add(config_of(values), name, drawn_pixels(), visitor_name())
    except LabError as error:
        st.session_state[state.START_PROBLEM] = str(error)
    else:
        st.session_state[state.SHOWN_RUN] = run_id
        remember_run(run_id)
        remember_runs([run_id])
        make_way(run_id)
        st.session_state.pop(state.TRAIN_ERROR, None)


def show_live(run: folders.Run | None) -> None:
    """The card of the run, which draws itself anew every few seconds."""
    # On a phone the run that the visitor watches stays before the form when it ends
    own = run is not None and run.run_id == st.session_state.get(state.SHOWN_RUN)
    with st.container(border=True, key="watched_run" if own else "live_run"):
        if run is None:
            st.subheader("No run yet", anchor=False)
            st.fragment(show_no_run, run_every=IDLE_SECONDS)()
            return
        every = REFRESH_SECONDS if run.is_active else IDLE_SECONDS
        st.fragment(show_run, run_every=every)(run.run_id, kind_of_page(run))


def finder_comes_first(run: folders.Run | None) -> bool:
    """Whether the learning-rate finder moves, or was asked for after the run."""
    search = rate_finder.read_search()
    if search is None or run is None:
        return search is not None
    return not run.is_active and run.created_at <= search.created_at


def show_introduction() -> None:
    """What to do on this page, which is less where nothing can be trained."""
    if limits.read_only():
        st.write("On this public copy nothing can be trained: look at the runs that are here.")
        return
    st.write(
        "Choose how to train, press start, and watch. Training goes on, and so does the queue,"
        " when you leave the page."
    )


run_through_router()
st.title("Train", anchor=False)
show_lesson_line("train")
show_introduction()
read_address()
sync_with_url()
run = shown_run()
form_column, live_column = st.columns([3, 7])
with form_column:
    values = ask_run()
    show_queue(run)
with live_column:
    show_builder(values)
    if finder_comes_first(run):
        show_finder(values)
        show_live(run)
    else:
        show_live(run)
        show_finder(values)
run_cards = {run.run_id: ("watched_run", "live_run")} if run else {}
bring_into_sight(run_cards | {search_key(rate_finder.read_search()): ("finder_card",)})
keep_progress()
