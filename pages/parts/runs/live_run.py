"""One run as it trains or as it ended: title, progress, metrics, charts."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fashion_core.charts.frames import (
    KIND_SERIES,
    epoch_accuracies,
    epoch_frame,
    epoch_losses,
    loss_frame,
)
from fashion_core.charts.live import epoch_accuracy_spec, epoch_loss_spec, loss_spec
from fashion_core.errors import RunError
from fashion_core.runs import folders
from fashion_core.runs.events import (
    describe_lost_curves,
    metrics_version,
    read_log,
    read_metrics,
    should_have_events,
)
from pages.parts import state
from pages.parts.glossary import help_on, link_terms
from pages.parts.html import plain, theme_is_dark
from pages.parts.runs.buttons import show_title
from pages.parts.runs.continue_run import show_continue
from pages.parts.runs.drawing_after import show_drawing_after
from pages.parts.runs.film import accuracy_moments, show_film
from pages.parts.runs.other_run import ask_other, frames_with, show_comparison


def show_no_run() -> None:
    """The empty state. Draws the whole page anew when another tab has started something."""
    if folders.active_run():
        st.rerun()
    st.write(link_terms("Here you will see the loss of a run fall while the network learns."))


def show_run(run_id: str, drawn_for: tuple[str, str]) -> None:
    """One run, drawn anew every few seconds.

    Draws the whole page anew when that would be another one than it was `drawn_for`, or when there
    is something to say.
    """
    try:
        run = folders.read_run(run_id)
    except RunError:  # deleted meanwhile
        st.rerun()
    all_runs = folders.list_runs()
    if kind_of_page(run) != drawn_for or state.TRAIN_ERROR in st.session_state:
        st.rerun()
    show_title(run)
    show_progress(run)
    show_end(run)
    show_metrics(run)
    drawing_place = show_charts(read_events(run), run, all_runs)
    if run.state != "paused":
        show_continue(run)
    st.page_link("pages/runs.py", label="All runs", icon=":material/stacked_line_chart:")
    if not run.is_active and run.has_model:
        with drawing_place:  # filled last: the models may take a second to load
            show_drawing_after(run)


def kind_of_page(run: folders.Run) -> tuple[str, str]:
    """What the whole page depends on: the run's state, and another one that trains, by its id.

    One that starts or trains looks alike; the other one may have begun in another tab.
    """
    if run.is_active:
        return "active", ""
    active = folders.active_run()
    return run.state, active.run_id if active else ""


def read_events(run: folders.Run) -> list[dict]:
    """The run's events so far; only what is new is read from its file."""
    known, version = st.session_state.get(state.READ_EVENTS), metrics_version(run)
    if known is None or known["version"] != version:
        known = {"version": version, "events": [], "offset": 0}
        st.session_state[state.READ_EVENTS] = known
    new, known["offset"] = read_metrics(run.run_dir, known["offset"])
    known["events"] += new
    return known["events"]


def show_progress(run: folders.Run) -> None:
    """How far it is, as a bar and in words."""
    share, words = folders.progress(run)
    st.progress(share, text=words)


def show_end(run: folders.Run) -> None:
    """Why it failed, with its log; or how else it ended, if there is something to say."""
    if run.state not in ("failed", "lost"):
        if run.message:
            st.info(plain(run.message), icon=":material/info:")
        return
    silent = "This run ended without saying why. Continue it below, or start a new one."
    st.error(plain(run.message or silent), icon=":material/error:")
    if run.has_model:
        st.caption("Its best model up to that point was saved and can be used.")
    log = read_log(run.run_dir)
    if log:
        with st.expander("Log of the training process"):
            st.code(log, language=None)


# Of a run's status: key, label, format, glossary entry
METRICS = (
    ("train_loss", "Training loss", "{:.3f}", "loss"),
    ("best_val_accuracy", "Best validation", "{:.1%}", "validation"),
    ("test_accuracy", "Test accuracy", "{:.1%}", "test"),
    ("images_per_second", "Images/s", "{:,.0f}", "speed"),
)
SO_FAR = "Of the first 1,000 validation images; after each epoch of all 5,000."
METRIC_WIDTH = 125  # pixels; four fit beside the form, two on a phone


def show_metrics(run: folders.Run) -> None:
    """Four metrics in a row, a dash for what is not known yet.

    A paused run keeps what it was last known to reach, as one that trains.
    """
    moments = accuracy_moments(run)
    with st.container(horizontal=True):
        for key, label, pattern, entry in METRICS:
            value, meaning = run.status.get(key), help_on(entry)
            if key == "best_val_accuracy" and value is None and not run.has_ended:
                label, meaning = "Validation so far", SO_FAR
                value = None if moments.empty else moments["accuracy"].iloc[-1]
            words = "–" if value is None else pattern.format(value)
            st.metric(label, words, help=meaning, width=METRIC_WIDTH)


# Charts

CHART_HEIGHT = 260  # pixels


def show_charts(
    events: list[dict], run: folders.Run, all_runs: list[folders.Run]
) -> DeltaGenerator:
    """The curves of its events and, dashed, those of one of the other runs.

    Returns the place below the loss of each step and the film, which a visitor watches: what comes
    when the run ends does not move them.
    """
    steps, epochs = loss_frame(events), epoch_frame(events)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Loss per step**", help=help_on("loss"), width="content")
        # Beside the title: the chart lays its own buttons over the right end under the mouse
        other = ask_other(run, all_runs, steps)
    if steps.empty:
        show_no_curve(run)
        return st.container()
    other_epochs = None
    if other:
        steps, other_epochs = frames_with(steps, run, other)
    show_step_chart(steps, run, other)
    if other:
        show_comparison(run, other)
    show_film(run)
    place = st.container()
    if not (run.has_ended and epochs.empty):
        show_epoch_charts(epochs, other_epochs, run)
    else:
        st.caption(link_terms("Its first epoch is not finished, so there are no curves per epoch."))
    return place


def show_no_curve(run: folders.Run) -> None:
    """The place of the curve of a run without a step to draw, and why there is none."""
    if run.is_active:
        show_expected("The curve starts here with the first step.")
        return
    with st.container(height=CHART_HEIGHT, border=False):
        if should_have_events(run):
            st.warning(describe_lost_curves("this run"), icon=":material/warning:")
        else:
            st.caption("This run has not trained a step.")


def show_expected(words: str) -> None:
    """A chart's place, with what will stand there."""
    with st.container(height=CHART_HEIGHT, border=False):
        st.caption(words)


def show_step_chart(steps: pd.DataFrame, run: folders.Run, other: folders.Run | None) -> None:
    """The loss of each step: a `charts.frames.loss_frame`, or that of `frames_with`."""
    st.vega_lite_chart(
        steps,
        loss_spec(CHART_HEIGHT, other is not None, theme_is_dark()),
        key=f"loss-{run.run_id}",
        alt="Training loss per step, raw and smoothed" + describe_dashes(other is not None),
    )


def show_epoch_charts(
    epochs: pd.DataFrame, other_epochs: pd.DataFrame | None, run: folders.Run
) -> None:
    """Losses and validation accuracy of each epoch: two `charts.frames.epoch_frame`.

    Within the first epoch the accuracy at the moments of the film, from its first tenth on.
    """
    dashed = other_epochs is not None
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss per epoch**", help=help_on("epoch"))
        if epochs.empty:
            show_expected("The first epoch is not finished yet.")
        else:
            st.vega_lite_chart(
                epoch_losses(epochs, other_epochs),
                epoch_loss_spec(CHART_HEIGHT, dashed),
                key=f"epoch-loss-{run.run_id}",
                alt="Training and validation loss per epoch" + describe_dashes(dashed),
            )
    with right:
        show_accuracies(epochs, other_epochs, run)


def show_accuracies(
    epochs: pd.DataFrame, other_epochs: pd.DataFrame | None, run: folders.Run
) -> None:
    """The chart of validation accuracy, or its place."""
    st.markdown("**Validation accuracy**", help=help_on("validation"))
    dashed = other_epochs is not None
    if epochs.empty:
        moments, kinds = accuracy_moments(run), []
        if moments.empty:
            show_expected("It starts here within the first epoch.")
            return
        accuracies = pd.concat([epoch_accuracies(epochs, other_epochs), moments])
        alt = "Validation accuracy within the first epoch" + describe_dashes(dashed)
    else:
        accuracies = epoch_accuracies(epochs, other_epochs)
        kinds = [name for kind, name in KIND_SERIES.items() if getattr(run.config, kind, 0)]
        alt = "Validation accuracy per epoch" + describe_dashes(dashed)
    st.vega_lite_chart(
        accuracies,
        epoch_accuracy_spec(CHART_HEIGHT, tuple(kinds), dashed),
        key=f"epoch-accuracy-{run.run_id}",
        alt=alt,
    )


def describe_dashes(dashed: bool) -> str:
    """The end of a chart's alt text."""
    return ", dashed that of another run" if dashed else ""
