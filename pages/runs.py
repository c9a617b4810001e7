"""Runs: find past runs, compare their curves and settings, name, use and delete them, tidy up, bring a model in.

Stands on fashion_core.runs (folders), run_table (search, differences, seeds), plots (curves) and housekeeping.
"""

import streamlit as st

from fashion_core import housekeeping, limits, run_table, runs
from pages import _bring_in, _differences, _housekeeping, _run_card, _run_curves, _runs_table, _shared


def show_no_runs() -> None:
    with st.container(border=True):
        st.subheader("No run yet", anchor=False)
        st.write("Here will be a table of your runs, their curves over each other, and what sets them apart.")
        if not limits.read_only():
            st.page_link("pages/train.py", label="Start the first one", icon=":material/arrow_forward:")


def show_runs(found: list[runs.Run]) -> None:
    disk_bytes = {run.run_id: housekeeping.disk_use(run.run_dir) for run in found}
    shown = run_table.select_runs(found, **_runs_table.ask_filters(found))
    if shown:
        shown = _runs_table.ask_order(shown, found, disk_bytes)
    else:
        _runs_table.show_nothing_found(found)
    ticked = _runs_table.ticked_runs(found)
    chosen = ticked or shown
    if chosen:
        _run_curves.show_curves(chosen, bool(ticked))
        _differences.show_differences(ticked or _run_curves.with_curves(shown) or shown)
        _differences.show_seeds(chosen)
        _run_card.show_runs(ticked or shown[:1])
    _housekeeping.ask_pruning(found, disk_bytes)


_shared.run_through_router()
st.title("Runs", anchor=False)
st.write("Every training run is kept here until you delete it. Tick some to compare them.")
if limits.read_only():
    st.info("This is a public copy: training, renaming and deleting are switched off.", icon=":material/lock:")
_run_card.show_outcome()
all_runs = runs.list_runs()
if all_runs:
    show_runs(all_runs)
else:
    show_no_runs()
_bring_in.ask_model_file()
