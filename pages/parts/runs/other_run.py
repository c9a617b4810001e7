"""Another run behind the one that is shown: its curves dashed, and in words what it had
otherwise.
"""

import math
from dataclasses import replace

import pandas as pd
import streamlit as st

from fashion_core.charts.frames import curve_frame, with_other_loss
from fashion_core.runs.folders import Run
from fashion_core.text import unique_labels
from pages.parts import state
from pages.parts.html import plain
from pages.parts.picker import ask_id
from pages.parts.runs.curves import frames_of

AT_MOST = 30  # runs to choose from; Runs compares any
NONE = "none"  # the choice of no run, in the URL too
# Of a run that has ended: beside a single point the other curve would pass for its own
FEWEST_STEPS = 2


def ask_other(run: Run, everything: list[Run], steps: pd.DataFrame) -> Run | None:
    """The picker, where there is a choice: the run created before this one, until another one or
    none is chosen.

    `steps`: the run's own `plots.loss_frame`. The other one has the name by which it can be told
    from all of them.
    """
    others = _others_of(run, everything)
    if not others or not (run.is_active or len(steps) >= FEWEST_STEPS):
        return None
    names = unique_labels({each.run_id: each.name for each in (run, *others)})
    chosen = ask_id(
        "Compare with",
        {NONE: "Compare with no run"}
        | {other.run_id: f"– – {names[other.run_id]}" for other in others},
        default=others[0].run_id if others[0].created_at < run.created_at else NONE,
        key=state.BESIDE,
        parameter=state.BESIDE,
        label_visibility="collapsed",
        width=300,
    )
    other = next((other for other in others if other.run_id == chosen), None)
    if other is None or not any(map(len, frames_of(other))):
        return None
    return replace(other, name=names[other.run_id])


def _others_of(run: Run, everything: list[Run]) -> list[Run]:
    """The runs that it can be compared with: those created before it first, the newest of them
    first.
    """
    found = [
        other
        for other in everything
        if other.config and other.epochs_done and "steps" in other.status
    ]
    found = [other for other in found if other.run_id != run.run_id]
    return (
        sorted(found, key=lambda other: other.created_at >= run.created_at)[:AT_MOST]
        if run.config
        else []
    )


def frames_with(steps: pd.DataFrame, run: Run, other: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's `plots.loss_frame` with the other's losses, and the other's `plots.epoch_frame`.

    Both end where the run does; losses far beyond its own are left out, as they would press its
    curve flat.
    """
    steps_per_epoch, last_epoch, most = (
        run.config.steps_per_epoch,
        run.config.epochs,
        2 * steps["train_loss"].max(),
    )
    if not run.is_active and run.state != "paused":
        last_epoch = math.ceil(steps["step"].max() / steps_per_epoch)
    other_steps, epochs = frames_of(other)
    losses = curve_frame(other_steps, epochs, "train_loss", other.config.steps_per_epoch)
    losses = losses[losses["train_loss"] <= most]
    epochs = epochs[epochs["epoch"] <= last_epoch]
    seen = {
        "val_loss": epochs["val_loss"] <= most,
        "val_accuracy": epochs["val_accuracy"].between(0, 1),
    }
    epochs = epochs.assign(**{name: epochs[name].where(sound) for name, sound in seen.items()})
    return with_other_loss(steps, losses, steps_per_epoch, last_epoch * steps_per_epoch), epochs


def show_comparison(run: Run, other: Run) -> None:
    """Which run is the dashed one, how well it did, and what it had otherwise."""
    best = other.status.get("best_val_accuracy")
    best = f" ({best:.1%} at best)" if best is not None else ""
    differences = other.config.differences(run.config) or "the same settings"
    st.caption(
        plain(
            f"Dashed: “{other.name}” at the same epoch; in the charts below, what it got on"
            f" validation images{best}. It was trained with {differences}."
        )
    )
