"""Another run behind the one that is shown: its curves dashed, and in words what it had otherwise."""

import pandas as pd
import streamlit as st

from fashion_core import plots
from fashion_core.runs import Run
from pages import _run_curves, _shared

AT_MOST = 30  # runs to choose from; Runs compares any
NONE = ""
OFF_KEY = "compares_no_run"  # whether the visitor chose none


def others_of(run: Run, everything: list[Run]) -> list[Run]:
    """The runs with curves that it can be compared with: those begun before it first, the newest of them first."""
    found = [other for other in everything if other.config and other.epochs_done and "steps" in other.status]
    found = [other for other in found if other.run_id != run.run_id]
    return sorted(found, key=lambda other: other.created_at >= run.created_at)[:AT_MOST] if run.config else []


def ask_other(run: Run, others: list[Run]) -> Run | None:
    """The picker, where there is a choice: the run before, until another one or none is chosen."""
    if not others:
        return None
    by_id, key = {other.run_id: other for other in others}, f"other_{run.run_id}"
    if st.session_state.get(key, NONE) not in (NONE, *by_id):  # deleted meanwhile
        del st.session_state[key]
    has_one_before = others[0].created_at < run.created_at
    chosen = st.selectbox(
        "Compare with",
        [NONE, *by_id],
        format_func=lambda run_id: f"Beside it: {by_id[run_id].name}" if run_id in by_id else "Compare with no run",
        index=int(has_one_before and not st.session_state.get(OFF_KEY)),
        key=key,
        persist_state="session",
        on_change=_remember,
        args=(key,),
        label_visibility="collapsed",
        width=260,
    )
    return by_id.get(chosen)


def _remember(key: str) -> None:
    st.session_state[OFF_KEY] = st.session_state[key] == NONE


def frames_with(steps: pd.DataFrame, run: Run, other: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's `plots.loss_frame` with the other's losses, and the other's `plots.epoch_frame`, as long as the run."""
    steps_per_epoch, last_epoch = run.config.steps_per_epoch, run.config.epochs
    frames = _run_curves.frames_of(other)
    losses = plots.curve_frame(*frames, "train_loss", other.config.steps_per_epoch)
    steps = plots.with_other_loss(steps, losses, steps_per_epoch, last_epoch * steps_per_epoch)
    return steps, frames[1][frames[1]["epoch"] <= last_epoch]


def show_words(run: Run, other: Run) -> None:
    """Which run is the dashed one, and what it had otherwise."""
    differences = other.config.differences(run.config)
    words = f"with {differences}" if differences else "with the same settings"
    st.caption(_shared.plain(f"Dashed, epoch by epoch: “{other.name}”, {words}."))
