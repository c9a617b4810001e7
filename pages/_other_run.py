"""Another run behind the one that is shown: its curves dashed, and in words what it had otherwise."""

import math

import pandas as pd
import streamlit as st

from fashion_core import plots, run_table
from fashion_core.runs import Run
from pages import _run_curves, _shared

AT_MOST = 30  # runs to choose from; Runs compares any
NONE = ""
OFF_KEY = "compares_no_run"  # whether the visitor chose none


def others_of(run: Run, everything: list[Run]) -> list[Run]:
    """The runs that it can be compared with: those created before it first, the newest of them first."""
    found = [other for other in everything if other.config and other.epochs_done and "steps" in other.status]
    found = [other for other in found if other.run_id != run.run_id]
    return sorted(found, key=lambda other: other.created_at >= run.created_at)[:AT_MOST]


def ask_other(run: Run, others: list[Run]) -> Run | None:
    """The picker, where there is a choice: the run before, until another one or none is chosen."""
    if not others or not run.config:
        return None
    by_id, labels = {other.run_id: other for other in others}, {NONE: "Compare with no run"}
    labels |= run_table.told_apart({run_id: f"Beside it: {other.name}" for run_id, other in by_id.items()})
    # Kept beside the widget's own value: the browser sends labels, and those change when a run is renamed or deleted.
    key, picker = f"other_{run.run_id}", f"other_{run.run_id}_picker"
    if st.session_state.get(key) not in labels:
        has_one_before = others[0].created_at < run.created_at and not st.session_state.get(OFF_KEY)
        st.session_state[key] = others[0].run_id if has_one_before else NONE
    drawn = st.session_state.get("other_labels"), st.session_state.get(picker)
    if drawn != (labels, st.session_state[key]):
        st.session_state[picker] = st.session_state[key]
    st.session_state["other_labels"] = labels
    st.selectbox(
        "Compare with",
        list(labels),
        format_func=lambda run_id: labels.get(run_id, run_id),
        key=picker,
        on_change=_remember,
        args=(key, picker, labels),
        label_visibility="collapsed",
        width=260,
    )
    other = by_id.get(st.session_state[key])
    return other if other and any(map(len, _run_curves.frames_of(other))) else None


def _remember(key: str, picker: str, labels: dict[str, str]) -> None:
    chosen = st.session_state[picker]
    if chosen in labels:
        st.session_state[key], st.session_state[OFF_KEY] = chosen, chosen == NONE


def frames_with(steps: pd.DataFrame, run: Run, other: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's `plots.loss_frame` with the other's losses, and the other's `plots.epoch_frame`.

    Both end where the run does; losses far beyond its own are left out, as they would press its curve flat.
    """
    steps_per_epoch, last_epoch, most = run.config.steps_per_epoch, run.config.epochs, 2 * steps["train_loss"].max()
    if not run.is_active and run.state != "paused":
        last_epoch = math.ceil(steps["step"].max() / steps_per_epoch)
    other_steps, epochs = _run_curves.frames_of(other)
    losses = plots.curve_frame(other_steps, epochs, "train_loss", other.config.steps_per_epoch)
    losses = losses[losses["train_loss"] <= most]
    epochs = epochs[epochs["epoch"] <= last_epoch]
    seen = {"val_loss": epochs["val_loss"] <= most, "val_accuracy": epochs["val_accuracy"].between(0, 1)}
    epochs = epochs.assign(**{name: epochs[name].where(sound) for name, sound in seen.items()})
    return plots.with_other_loss(steps, losses, steps_per_epoch, last_epoch * steps_per_epoch), epochs


def show_words(run: Run, other: Run) -> None:
    """Which run is the dashed one, and what it had otherwise."""
    settings = other.config.differences(run.config) or "the same"
    words = f"Dashed: “{other.name}” at the same epoch, below on validation images. Its settings: {settings}."
    st.caption(_shared.plain(words))
