"""Runs: find past runs, compare their curves and settings, name, use, export and delete them.

Stands on `fashion_core.runs` (folders, table, annotations, pruning), `charts` (curves) and
`catalog` (importing a model file).
"""

import streamlit as st

from fashion_core import limits
from fashion_core.runs import folders, pruning
from fashion_core.runs import table as run_table
from pages.parts.frame import run_through_router
from pages.parts.html import plain
from pages.parts.runs.card import show_cards, show_opened, show_outcome
from pages.parts.runs.curves import show_curves
from pages.parts.runs.differences import show_differences, show_seeds
from pages.parts.runs.import_model import ask_model_file
from pages.parts.runs.leaderboard import show_leaderboard
from pages.parts.runs.pruning import ask_pruning
from pages.parts.runs.table import (
    ask_filters,
    ask_order,
    close_run,
    opened_run,
    show_nothing_found,
    ticked_runs,
)
from pages.parts.visitor import ask_visitor, visitor_name


def show_no_runs() -> None:
    """The empty state, with the way to the first run."""
    with st.container(border=True):
        st.subheader("No run yet", anchor=False)
        st.write(
            "Here will be a table of your runs, their curves over each other, and what sets them"
            " apart."
        )
        if not limits.read_only():
            st.page_link(
                "pages/train.py", label="Start the first one", icon=":material/arrow_forward:"
            )


def show_runs(found: list[folders.Run]) -> None:
    """The table; below it the ticked runs, or else the shown ones, compared and as cards."""
    disk_bytes = {run.run_id: pruning.disk_use(run.run_dir) for run in found}
    shown = run_table.select_runs(found, **ask_filters(found))
    if shown:
        shown = ask_order(shown, found, disk_bytes)
    else:
        show_nothing_found(found)
    ticked, opened = ticked_runs(found), opened_run(found)
    place = st.container()  # also where none is open: what follows keeps its place
    chosen = ticked or shown
    colors = show_curves(chosen, bool(ticked)) if chosen else {}
    if opened:
        with place:
            show_opened(opened, colors, close_run)
    if chosen:
        drawn = [run for run in shown if run.run_id in colors]
        show_differences(ticked or drawn or shown, colors)
        show_seeds(chosen)
        show_cards(ticked or shown[:1], colors, opened and opened.run_id)
    ask_pruning(found, disk_bytes)


run_through_router()
st.title("Runs", anchor=False)
with st.container(horizontal=True, vertical_alignment="center"):
    st.write("Every training run is kept here until you delete it. Tick some to compare them.")
    name = visitor_name()
    with st.popover(
        f"You: {plain(name)}" if name else "Your name", icon=":material/person:", key="visitor_box"
    ):
        ask_visitor()
if limits.read_only():
    st.info(limits.READ_ONLY_SENTENCE, icon=":material/lock:")
show_outcome()
all_runs = folders.list_runs()
if not all_runs:
    show_no_runs()
else:
    show_runs(all_runs)
show_leaderboard()
ask_model_file()
