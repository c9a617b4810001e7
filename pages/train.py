"""Train: a form starts runs or lets them wait; loss, accuracy and progress are drawn live; pause,
stop, go on.

Stands on fashion_core.runs (read, pause, stop), fashion_core.run_queue (start, wait, go on),
fashion_core.config (the form), fashion_core.rate_finder (a learning rate) and fashion_core.plots
(frames).
"""

import streamlit as st

from fashion_core import limits
from fashion_core.config import TrainConfig
from fashion_core.errors import DataError, RunError
from fashion_core.runs import folders, rate_finder
from fashion_core.runs import queue as run_queue
from pages.parts.cached import cached_split
from pages.parts.frame import run_through_router, show_data_missing
from pages.parts.html import plain
from pages.parts.runs.form import ask_config
from pages.parts.runs.live_run import kind_of_state, show_none, show_run
from pages.parts.runs.queue import show_queue
from pages.parts.runs.rate_finder import show_finder

REFRESH_SECONDS = 1.0
IDLE_SECONDS = 4.0  # while nothing trains: another tab may start something


def start_run(values: dict, name: str) -> None:
    try:
        run_id = run_queue.start_or_add(TrainConfig.from_dict(values), name)
    except (RunError, ValueError, OSError) as error:
        st.session_state["train_error"] = str(error)
    else:
        st.session_state["shown_run"] = run_id
        st.session_state.pop("train_error", None)
    st.rerun()


def shown_run() -> folders.Run | None:
    """The run that is training, else the one last started or looked at, else the newest that was
    trained here.
    """
    everything = [run for run in folders.list_runs() if run.state != "queued"]
    active = next((run for run in everything if run.is_active), None)
    looked_at = next(
        (run for run in everything if run.run_id == st.session_state.get("shown_run")), None
    )
    trained = (run for run in everything if run.state != "finished" or "step" in run.status)
    return active or looked_at or next(trained, None)


def show_live(run: folders.Run | None) -> None:
    with st.container(border=True):
        if run is None:
            st.subheader("No run yet", anchor=False)
            st.fragment(show_none, run_every=IDLE_SECONDS)()
            return
        every = REFRESH_SECONDS if run.is_active else IDLE_SECONDS
        st.fragment(show_run, run_every=every)(run.run_id, kind_of_state(run))


run_through_router()
st.title("Train")
st.write(
    "Choose how to train, press start, and watch. It goes on, and so does the queue, when you leave"
    " the page."
)
run = shown_run()
form_column, live_column = st.columns([3, 7])
chosen_values = {}
with form_column:
    if limits.read_only():
        st.info(
            "This is a public copy: training and deleting are switched off.", icon=":material/lock:"
        )
    try:
        cached_split("val")
        pressed, chosen_values, chosen_name = ask_config()
        if pressed:
            start_run(chosen_values, chosen_name)
    except DataError as error:
        show_data_missing(error)
    if "train_error" in st.session_state:
        st.error(plain(st.session_state.pop("train_error")))
    show_queue(run)
with live_column:
    # What moves stands first, then what was asked for last.
    search = rate_finder.read_search()
    finder_first = search is not None and not (
        run and (run.is_active or run.created_at > search.created_at)
    )
    if finder_first:
        show_finder(chosen_values)
    show_live(run)
    if not finder_first:
        show_finder(chosen_values)
