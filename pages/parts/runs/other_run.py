"""Another run behind the one that is shown: its curves dashed, and how its settings differ."""

import math
from dataclasses import replace

import pandas as pd
import streamlit as st

from fashion_core import catalog
from fashion_core.charts.frames import curve_frame, with_other_loss
from fashion_core.runs.folders import Run
from fashion_core.text import unique_labels
from pages.parts import state
from pages.parts.glossary import link_plain
from pages.parts.picker import ask_id
from pages.parts.runs.curves import frames_of

AT_MOST = 30  # runs to choose from; Runs compares any
NONE = "none"  # the choice of no run, in the URL too
# Of a run that has ended: beside a single point the other curve would be taken for its own
FEWEST_STEPS = 2


def ask_other(run: Run, all_runs: list[Run], steps: pd.DataFrame) -> Run | None:
    """The picker, where there is a choice; at first it is the run created before this one.

    Not one that taught a model, if this one does not, and the other way round: they differ in all.

    `steps`: the run's own `charts.frames.loss_frame`. The other run comes back with a name that no
    other one has.
    """
    others = _others_of(run, all_runs)
    if not others or not (run.is_active or len(steps) >= FEWEST_STEPS):
        return None
    names = unique_labels({each.run_id: each.name for each in (run, *others)})
    alike = [each for each in others if _is_taught(each) == _is_taught(run)]
    chosen = ask_id(
        "Compare with",
        {NONE: "Compare with no run"}
        | {other.run_id: f"– – {names[other.run_id]}" for other in others},
        default=alike[0].run_id if alike and alike[0].created_at < run.created_at else NONE,
        key=state.BESIDE,
        parameter=state.BESIDE,
        label_visibility="collapsed",
        width=300,
    )
    other = next((other for other in others if other.run_id == chosen), None)
    if other is None or not any(map(len, frames_of(other))):
        return None
    return replace(other, name=names[other.run_id])


def _is_taught(run: Run) -> bool:
    return bool(run.config.start_model)


def _others_of(run: Run, all_runs: list[Run]) -> list[Run]:
    """The runs that it can be compared with, newest first; those created after it come last."""
    if not run.config:
        return []
    trained = [
        other
        for other in all_runs
        if other.run_id != run.run_id
        and other.config
        and other.epochs_done
        and "steps" in other.status
    ]
    return sorted(trained, key=lambda other: other.created_at >= run.created_at)[:AT_MOST]


def frames_with(steps: pd.DataFrame, run: Run, other: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's `charts.frames.loss_frame` with the other's losses, and the other's `epoch_frame`.

    Both end where the run does; losses far beyond its own are left out, as they would press its
    curve flat.
    """
    steps_per_epoch, last_epoch = run.config.steps_per_epoch, run.config.epochs
    if not run.is_active and run.state != "paused":
        last_epoch = math.ceil(steps["step"].max() / steps_per_epoch)
    highest = 2 * steps["train_loss"].max()
    other_steps, epochs = frames_of(other)
    losses = curve_frame(other_steps, epochs, "train_loss", other.config.steps_per_epoch)
    losses = losses[losses["train_loss"] <= highest]
    epochs = epochs[epochs["epoch"] <= last_epoch]
    epochs = epochs.assign(
        val_loss=epochs["val_loss"].where(epochs["val_loss"] <= highest),
        val_accuracy=epochs["val_accuracy"].where(epochs["val_accuracy"].between(0, 1)),
    )
    return with_other_loss(steps, losses, steps_per_epoch, last_epoch * steps_per_epoch), epochs


def show_comparison(run: Run, other: Run) -> None:
    """Which run is the dashed one, how well it did, and how its settings differ."""
    best = other.status.get("best_val_accuracy")
    best = f" ({best:.1%} at best)" if best is not None else ""
    taught = other.config.start_model or run.config.start_model
    differences = other.config.differences(run.config, catalog.model_names() if taught else None)
    st.caption(
        link_plain(
            f"Dashed: “{other.name}” at the same epoch; in the charts below, what it got on"
            f" validation images{best}. It was trained with {differences or 'the same settings'}."
        )
    )
