"""Curves of several runs over each other: by epoch, step or seconds, smoothed, as a mean over seeds."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fashion_core import plots, run_table, runs
from pages import _shared

METRICS = ("val_accuracy", "sketch_accuracy", "val_loss", "train_loss")
CURVES_AT_MOST = len(plots.SERIES_COLORS)  # as many as can be told apart
SMOOTHING_HELP = (
    "An exponential moving average with bias correction, as TensorBoard has it. 0 shows every value as it is; the "
    "nearer to 1, the longer the past counts. The raw curve stays pale behind."
)


@st.cache_data(max_entries=200, show_spinner=False)
def _cached_frames(run_dir: str, mtime_ns: int, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    events, _ = runs.read_metrics(Path(run_dir))
    return plots.step_frame(events), plots.epoch_frame(events)


def frames_of(run: runs.Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's `plots.step_frame` and `plots.epoch_frame`, read again only when its file has changed."""
    try:
        status = (run.run_dir / "metrics.jsonl").stat()
    except OSError:  # not written yet, or deleted meanwhile
        return plots.step_frame([]), plots.epoch_frame([])
    return _cached_frames(str(run.run_dir), status.st_mtime_ns, status.st_size)


@st.fragment
def show_curves(chosen: list[runs.Run]) -> None:
    """The card with the curves of these runs; its controls draw it alone anew."""
    frames = {run.run_id: frames_of(run) for run in chosen}
    drawable = [run for run in chosen if run.config and len(frames[run.run_id][1])]
    with st.container(border=True):
        st.subheader("Curves", anchor=False)
        if not drawable:
            st.caption("None of these runs has finished an epoch, so there is no curve yet.")
            return
        known = [metric for metric in METRICS if any(frames[run.run_id][1][metric].notna().any() for run in drawable)]
        metric, x, smoothing, as_mean = ask_view(known, drawable)
        groups = run_table.seed_groups(drawable) if as_mean else [[run] for run in drawable]
        curves = curves_of(groups[:CURVES_AT_MOST], frames, metric, smoothing)
        figure = plots.curves_figure(curves, metric, x, _shared.theme_is_dark(), smoothing)
        words = f"{plots.METRIC_TITLES[metric]} by {plots.X_TITLES[x].lower()}, one curve per run"
        st.plotly_chart(figure, key="curves", config={"displayModeBar": False}, alt=words)
        if len(groups) > CURVES_AT_MOST:
            st.caption(f"Here are {CURVES_AT_MOST} of {len(groups):,} curves, as many as can be told apart.")
        if as_mean:
            st.caption("A mean reaches as far as all of its runs; of two runs with the same seed the newer one counts.")


def ask_view(known: list[str], drawable: list[runs.Run]) -> tuple[str, str, float, bool]:
    """The metric, what it is drawn by, the smoothing, and whether runs that differ by seed alone become one curve."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Curve", known, format_func=plots.METRIC_TITLES.get, default=known[0], key="curve", bind="query-params",
            required=True, wrap=True,
        )  # fmt: skip
        x = st.segmented_control(
            "By", list(plots.X_TITLES), format_func=plots.X_TITLES.get, default="epoch", key="by", bind="query-params",
            required=True,
        )  # fmt: skip
        smoothing = st.slider(
            "Smoothing", 0.0, 0.99, 0.0, 0.01, key="smoothing", bind="query-params", help=SMOOTHING_HELP, width=200
        )
        several = any(len(group) > 1 for group in run_table.seed_groups(drawable))
        as_mean = several and st.toggle(
            "Mean over seeds", key="seeds", bind="query-params",
            help="One line for runs that differ by their seed alone, with a band of one standard deviation.",
        )  # fmt: skip
    return metric, x, smoothing, as_mean


def curves_of(groups: list[list[runs.Run]], frames: dict, metric: str, smoothing: float) -> list[dict]:
    """What `plots.curves_figure` draws: a curve per group, its run's own or the mean of its runs."""
    names = run_table.unique_names([group[0] for group in groups])
    curves = []
    for group in groups:
        first = group[0]
        points = [plots.curve_frame(*frames[run.run_id], metric, run.config.steps_per_epoch) for run in group]
        name, frame = names[first.run_id], points[0]
        if len(group) > 1:
            name = f"{run_table.group_words(group)}, {len(group)} seeds"
            frame = plots.mean_frame(points, metric, smoothing)
        curves.append({"name": name, "frame": frame, "color": first.color})
    return curves
