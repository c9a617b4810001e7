"""One run as it trains or as it ended: title, progress, metrics, charts, and what to do next."""

import streamlit as st

from fashion_core import limits
from fashion_core.charts.frames import epoch_accuracies, epoch_frame, epoch_losses, loss_frame
from fashion_core.charts.live import epoch_accuracy_spec, epoch_loss_spec, loss_spec
from fashion_core.errors import RunError
from fashion_core.runs import folders
from fashion_core.runs.events import metrics_version, read_log, read_metrics
from pages.parts.frame import MODEL_KEY, WANTED_KEY, use_model
from pages.parts.html import plain
from pages.parts.runs.buttons import show_title
from pages.parts.runs.continue_run import show_continue
from pages.parts.runs.other_run import ask_other, frames_with, show_comparison
from pages.parts.words import GLOSSARY

CHART_HEIGHT = 260
FIGURE_WIDTH = 125  # pixels; four fit beside the form, two on a phone


def read_events(run: folders.Run) -> list[dict]:
    """The run's events so far; only what is new is read from its file."""
    seen, version = st.session_state.get("seen_events"), metrics_version(run)
    if seen is None or seen["version"] != version:
        seen = st.session_state["seen_events"] = {"version": version, "events": [], "offset": 0}
    new, seen["offset"] = read_metrics(run.run_dir, seen["offset"])
    seen["events"] += new
    return seen["events"]


def kind_of_state(run: folders.Run) -> str:
    """What the whole page depends on: one that starts or trains looks alike."""
    return "active" if run.is_active else run.state


def show_none() -> None:
    """The empty state. Draws the whole page anew when another tab has started something."""
    if folders.active_run():
        st.rerun()
    st.write(
        "Here the loss of a run falls while it learns. This copy trains none."
        if limits.read_only()
        else "Here you will see the loss fall while the network learns."
    )


def show_run(run_id: str, drawn_for: str) -> None:
    """One run: title, progress, metrics, charts. Reruns alone every few seconds.

    Draws the whole page anew when the run is in another state than it was `drawn_for`, when another
    one trains now, whichever tab began it, or when there is something to say.
    """
    try:
        run = folders.read_run(run_id)
    except RunError:  # deleted meanwhile
        st.rerun()
    everything = folders.list_runs()
    active = next((each for each in everything if each.is_active), None)
    if (
        kind_of_state(run) != drawn_for
        or (active and active.run_id != run_id)
        or "train_error" in st.session_state
    ):
        st.rerun()
    show_title(run)
    show_progress(run)
    if run.state in ("failed", "lost"):
        show_failure(run)
    elif run.message:
        st.info(plain(run.message), icon=":material/info:")
    show_metrics(run)
    show_charts(read_events(run), run, everything)
    if run.state != "paused":
        show_continue(run)
    if not run.is_active and run.has_model:
        show_next_steps(run)


def show_progress(run: folders.Run) -> None:
    share, words = folders.progress(run)
    st.progress(share, text=words)


def show_failure(run: folders.Run) -> None:
    st.error(plain(run.message or "This run did not end well."), icon=":material/error:")
    if run.has_model:
        st.caption("Its best model up to that point was saved and can be used.")
    log = read_log(run.run_dir)
    if log:
        with st.expander("Log of the training process"):
            st.code(log, language=None)


def show_metrics(run: folders.Run) -> None:
    status = run.status
    metrics = (
        ("Training loss", status.get("train_loss"), "{:.3f}", "loss"),
        ("Best validation", status.get("best_val_accuracy"), "{:.1%}", "validation"),
        ("Test accuracy", status.get("test_accuracy"), "{:.1%}", "test"),
        ("Images/s", status.get("images_per_second"), "{:,.0f}", "speed"),
    )
    with st.container(horizontal=True):
        for label, value, pattern, word in metrics:
            words = "–" if value is None else pattern.format(value)
            st.metric(label, words, help=GLOSSARY[word], width=FIGURE_WIDTH)


def show_charts(events: list[dict], run: folders.Run, everything: list[folders.Run]) -> None:
    """The curves of its events and, dashed, those of one of the other runs."""
    steps, epochs = loss_frame(events), epoch_frame(events)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Loss per step**", help=GLOSSARY["loss"], width="content")
        # Beside the title: over the right end the chart lays its own buttons while the mouse is on
        # it.
        other = ask_other(run, everything, steps)
    if steps.empty:
        st.container(height=CHART_HEIGHT, border=False).caption(
            "The curve starts here in a few seconds."
            if run.is_active
            else "This run has not trained a step."
        )
        return
    other_epochs, dashed = None, ", dashed that of another run" if other else ""
    if other:
        steps, other_epochs = frames_with(steps, run, other)
    st.vega_lite_chart(
        steps,
        loss_spec(CHART_HEIGHT, bool(other)),
        key=f"loss-{run.run_id}",
        alt="Training loss per step, raw and smoothed" + dashed,
    )
    if other:
        show_comparison(run, other)
    if epochs.empty:
        if run.is_active:
            st.container(height=CHART_HEIGHT, border=False).caption("The first epoch is under way.")
        else:
            st.caption("Its first epoch is not finished, so there are no curves per epoch.")
        return
    left, right = st.columns(2)
    left.markdown("**Loss per epoch**", help=GLOSSARY["epoch"])
    left.vega_lite_chart(
        epoch_losses(epochs, other_epochs),
        epoch_loss_spec(CHART_HEIGHT, bool(other)),
        key=f"epoch-loss-{run.run_id}",
        alt="Training and validation loss per epoch" + dashed,
    )
    right.markdown("**Validation accuracy**", help=GLOSSARY["validation"])
    learns_synthetic = bool(run.config and run.config.synthetic)
    right.vega_lite_chart(
        epoch_accuracies(epochs, other_epochs),
        epoch_accuracy_spec(CHART_HEIGHT, learns_synthetic, bool(other)),
        key=f"epoch-accuracy-{run.run_id}",
        alt="Validation accuracy per epoch" + dashed,
    )


def show_next_steps(run: folders.Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        in_use = st.session_state.get(MODEL_KEY) == run.run_id
        label = "In use on all pages" if in_use else "Use this model"
        if st.button(label, icon=":material/check:", disabled=in_use):
            use_model(run.run_id)
        if st.button("See its mistakes", icon=":material/grid_on:"):
            st.session_state[WANTED_KEY] = run.run_id
            st.switch_page("pages/confusion_matrix.py")
        st.page_link("pages/runs.py", label="All runs", icon=":material/stacked_line_chart:")
