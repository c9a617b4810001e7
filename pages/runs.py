"""Runs: every past run in a table, curves over each other, use, download, delete, bring in.

Stands on fashion_core.runs (folders), fashion_core.checkpoints (bring in) and fashion_core.plots (curves).
"""

import math
import tempfile
import time
from pathlib import Path

import pandas as pd
import streamlit as st

from fashion_core import checkpoints, plots, runs
from pages import _shared

METRICS = ("val_accuracy", "sketch_accuracy", "val_loss", "train_loss")
CURVES_AT_MOST = 6  # as many colours as can be told apart


def runs_table(found: list[runs.Run]) -> pd.DataFrame:
    """One row per run with what a visitor compares by."""
    rows = [
        {
            "Name": run.name,
            "State": run.state,
            "When": time.strftime("%d %b %Y, %H:%M", time.localtime(run.created_at)),
            "Configuration": run.config.describe() if run.config else run.problem,
            "Epochs": epochs_words(run),
            "Validation": 100 * run.status.get("best_val_accuracy", math.nan),
            "Test": 100 * run.status.get("test_accuracy", math.nan),
        }
        for run in found
    ]
    return pd.DataFrame(rows)


def epochs_words(run: runs.Run) -> str:
    """How many epochs it trained or is in, of how many; all of them for a run that was brought in."""
    if not run.config:
        return ""
    return f"{run.status.get('epoch', run.config.epochs):.0f} of {run.config.epochs}"


def ask_runs(found: list[runs.Run]) -> list[runs.Run]:
    """The table; returns the runs whose rows are ticked."""
    percent = st.column_config.NumberColumn(
        format="%.1f%%", width="small", help="Share named rightly; at best, for validation"
    )
    event = st.dataframe(
        runs_table(found),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # Streamlit keeps ticks by row: when a run comes or goes, they would move to another one.
        key=f"runs_table_{hash(tuple(run.run_id for run in found))}",
        column_config={
            "Validation": percent,
            "Test": percent,
            "Name": st.column_config.TextColumn(width=180),
            "Configuration": st.column_config.TextColumn(width=260),
        },
    )
    ticked = [found[row] for row in event.selection.rows if row < len(found)]
    st.caption("Tick rows to see only their curves, and to use, download or delete a run.")
    return ticked


def show_curves(chosen: list[runs.Run], found: list[runs.Run]) -> None:
    """Curves over each other. A run's colour follows from its place among all runs by age, so it mostly stays."""
    frames = [(run, plots.epoch_frame(runs.read_metrics(run.run_dir)[0])) for run in chosen]
    drawable = [(run, frame) for run, frame in frames if len(frame)]
    if len(drawable) > CURVES_AT_MOST:
        st.caption(f"Here are the curves of {CURVES_AT_MOST} runs, as many as can be told apart.")
    drawable = drawable[:CURVES_AT_MOST]
    ages = [run.run_id for run in reversed(found)]
    colors = plots.distinct_colors([ages.index(run.run_id) for run, _ in drawable])
    curves = [
        {"name": run.name, "frame": frame, "color": color} for (run, frame), color in zip(drawable, colors, strict=True)
    ]
    known = [metric for metric in METRICS if any(curve["frame"][metric].notna().any() for curve in curves)]
    if not known:
        st.caption("No finished epoch, so there is no curve yet.")
        return
    metric = st.segmented_control(
        "Curve", known, format_func=plots.METRIC_TITLES.get, default=known[0], key="curve", required=True
    )
    figure = plots.curves_figure(curves, metric, dark=_shared.theme_is_dark())
    st.plotly_chart(figure, key="curves", config={"displayModeBar": False})


def show_run(run: runs.Run) -> None:
    """One run: its state in words and what can be done with it."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{_shared.plain(run.name)}**", width="content")
            st.badge(run.state.capitalize(), **_shared.STATE_BADGES[run.state])
        st.caption(run.config.describe().capitalize() if run.config else "Its configuration cannot be read.")
        if run.message:
            st.write(_shared.plain(run.message))
        with st.container(horizontal=True):
            show_actions(run)


def show_actions(run: runs.Run) -> None:
    in_use = st.session_state.get(_shared.MODEL_KEY) == run.run_id
    if run.config and run.model_path.is_file():
        label = "In use" if in_use else "Use this model"
        if st.button(label, icon=":material/check:", disabled=in_use, key=f"use-{run.run_id}"):
            _shared.use_model(run.run_id)
        st.download_button(
            "Download .pt", run.model_path.read_bytes(), f"{run.run_id}.pt", icon=":material/download:",
            key=f"download-{run.run_id}", on_click="ignore",
        )  # fmt: skip
    if st.button("Delete", icon=":material/delete:", key=f"delete-{run.run_id}", disabled=runs.read_only()):
        if in_use:
            st.error("This model is in use. Pick another one in the sidebar first.")
        else:
            confirm_delete(run)


@st.dialog("Delete this run?")
def confirm_delete(run: runs.Run) -> None:
    st.write(f"“{_shared.plain(run.name)}”, its curves and its model will be gone for good.")
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", on_click=delete_run, args=(run.run_id,)):
            st.rerun()
        if st.button("Keep it"):
            st.rerun()


def delete_run(run_id: str) -> None:
    try:
        runs.delete_run(run_id)
    except runs.RunError as error:
        st.session_state["runs_error"] = str(error)


def ask_model_file() -> None:
    """Bring a model file in; a bad one is refused with a sentence."""
    with st.expander("Bring in a model file", icon=":material/upload_file:"):
        st.write("A .pt file that you downloaded here becomes a run again.")
        if "brought_in" in st.session_state:
            st.success(f"“{_shared.plain(st.session_state.pop('brought_in'))}” is now one of your runs.")
        key = f"model_file_{st.session_state.get('files_taken', 0)}"
        file = st.file_uploader("Model file", type="pt", max_upload_size=64, disabled=runs.read_only(), key=key)
        if file is not None and st.button("Bring it in", type="primary", disabled=runs.read_only()):
            try:
                bring_in(file)
            except (checkpoints.CheckpointError, runs.RunError) as error:
                st.error(_shared.plain(str(error)))
            else:
                st.session_state["brought_in"] = file.name
                st.session_state["files_taken"] = st.session_state.get("files_taken", 0) + 1  # empties the field
                st.rerun()


def bring_in(file) -> None:
    # The visitor's file name is only a label; the content goes to a name of our own, which messages begin with.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "This file"
        path.write_bytes(file.getvalue())
        checkpoints.bring_in(path, Path(file.name).stem)


_shared.run_through_router()
st.title("Runs")
st.write("Every training run is kept here until you delete it.")
if runs.read_only():
    st.info("This is a public copy: training and deleting are switched off.", icon=":material/lock:")
if "runs_error" in st.session_state:
    st.error(st.session_state.pop("runs_error"))
all_runs = runs.list_runs()
if not all_runs:
    st.info("Here will be a table of your runs and their curves.", icon=":material/stacked_line_chart:")
    st.page_link("pages/train.py", label="Start the first one", icon=":material/arrow_forward:")
else:
    ticked_runs = ask_runs(all_runs)
    show_curves(ticked_runs or all_runs, all_runs)
    for ticked_run in ticked_runs or all_runs[:1]:
        show_run(ticked_run)
ask_model_file()
