"""Curves of several runs over each other: by epoch, step or seconds, smoothed, mean over seeds."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fashion_core import catalog
from fashion_core.charts.colors import SERIES_COLORS
from fashion_core.charts.figures import METRIC_TITLES, X_TITLES, curves_figure
from fashion_core.charts.frames import curve_frame, epoch_frame, mean_frame, step_frame
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from fashion_core.runs.events import describe_lost_curves, read_metrics, should_have_events
from pages.parts import state
from pages.parts.glossary import link_terms
from pages.parts.html import plain, theme_is_dark

METRICS = (
    "val_accuracy",
    "synthetic_accuracy",
    "drawings_accuracy",
    "photos_accuracy",
    "val_loss",
    "train_loss",
)
CURVES_AT_MOST = len(SERIES_COLORS)  # as many as can be told apart


def frames_of(run: folders.Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The run's `step_frame` and `epoch_frame` of `charts.frames`, not to be changed."""
    try:
        status = (run.run_dir / "metrics.jsonl").stat()
    except OSError:  # not written yet, or deleted meanwhile
        return _no_frames()
    return _cached_frames(str(run.run_dir), status.st_mtime_ns, status.st_size)


@st.cache_resource(show_spinner=False)
def _no_frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    return step_frame([]), epoch_frame([])


# A resource, because data would be copied at every look
@st.cache_resource(max_entries=200, show_spinner=False)
def _cached_frames(run_dir: str, mtime_ns: int, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    events, _ = read_metrics(Path(run_dir))
    return step_frame(events), epoch_frame(events)


# The card


@st.fragment
def show_curves(found: list[folders.Run], ticked: bool) -> None:
    """The curves of the first of these runs that have any; its controls draw it alone anew."""
    with st.container(border=True):
        groups, as_mean = ask_groups([run for run in found if run.config])
        drawn = first_with_curves(groups)
        if not drawn:
            show_no_curve(found)
            return
        metric, x, smoothing = ask_view(known_metrics(drawn))
        curves = curves_of(drawn, metric, smoothing)
        figure = curves_figure(curves, metric, x, theme_is_dark(), smoothing)
        words = f"{METRIC_TITLES[metric]} by {X_TITLES[x].lower()}, one curve per run"
        st.plotly_chart(figure, key="curves", config={"displayModeBar": False}, alt=words)
        if len(drawn) == CURVES_AT_MOST < len(groups):
            few = f"Here are {CURVES_AT_MOST} curves of {len(groups):,}, as many as can be told"
            st.caption(f"{few} apart." if ticked else f"{few} apart. Tick runs to choose.")
        if as_mean:
            st.caption(
                link_terms(
                    "A mean reaches as far as all of its runs; of two runs with the same seed the"
                    " first one counts."
                )
            )


def show_no_curve(found: list[folders.Run]) -> None:
    """Why none of these runs has a curve."""
    ended = [run for run in found if not run.is_active]
    lost = [run for run in ended if should_have_events(run) and not any(map(len, frames_of(run)))]
    if lost:
        one = f"“{plain(lost[0].name)}”"
        whose = one if len(lost) == 1 else f"{len(lost):,} of these runs"
        st.warning(describe_lost_curves(whose), icon=":material/warning:")
        return
    st.caption(link_terms("None of these runs has finished an epoch, so there is no curve yet."))


def ask_groups(found: list[folders.Run]) -> tuple[list[list[folders.Run]], bool]:
    """The title and a switch; returns the runs of each curve.

    Also whether runs that differ by their seed alone are one curve.
    """
    by_seed = run_table.seed_groups(found)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Curves", anchor=False, width="content")
        st.space("stretch")
        as_mean = any(len(group) > 1 for group in by_seed) and st.toggle(
            "Mean over seeds",
            key=state.SEEDS_AS_MEAN,
            bind="query-params",
            help=(
                "One line for runs that differ by their seed alone, with a band of one standard"
                " deviation."
            ),
        )
    return (by_seed if as_mean else [[run] for run in found]), as_mean


def first_with_curves(groups: list[list[folders.Run]]) -> list[list[folders.Run]]:
    """The first groups with a finished epoch, without the runs that have none.

    No more files are read than need be.
    """
    drawn = []
    for group in groups:
        with_epochs = [run for run in group if len(frames_of(run)[1])]
        drawn += [with_epochs] if with_epochs else []
        if len(drawn) == CURVES_AT_MOST:
            break
    return drawn


def with_curves(found: list[folders.Run]) -> list[folders.Run]:
    """Those of these runs of which `show_curves` draws a curve each."""
    groups = first_with_curves([[run] for run in found if run.config])
    return [run for group in groups for run in group]


def known_metrics(drawn: list[list[folders.Run]]) -> list[str]:
    """The metrics that at least one of these runs has measured."""
    frames = [frames_of(run)[1] for group in drawn for run in group]
    return [metric for metric in METRICS if any(frame[metric].notna().any() for frame in frames)]


# What is drawn

SMOOTHING_HELP = (
    "An exponential moving average with bias correction, as TensorBoard has it. 0 shows every value"
    " as it is; the nearer to 1, the longer the past counts. The raw curve stays pale behind."
)


def ask_view(known: list[str]) -> tuple[str, str, float]:
    """The metric, what it is drawn by, and the smoothing 0…0.99."""
    bound = {"bind": "query-params", "required": True, "wrap": True}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Curve",
            known,
            format_func=METRIC_TITLES.get,
            default=known[0],
            key=state.CURVE_METRIC,
            **bound,
        )
        x = st.segmented_control(
            "By",
            list(X_TITLES),
            format_func=X_TITLES.get,
            default="epoch",
            key=state.CURVE_X,
            **bound,
        )
        smoothing = st.slider(
            "Smoothing",
            min_value=0.0,
            max_value=0.99,
            value=0.0,
            step=0.01,
            key=state.SMOOTHING,
            bind="query-params",
            help=SMOOTHING_HELP,
            width=200,
        )
    return metric or known[0], x or "epoch", smoothing  # a hand-cut link can leave both empty


def curves_of(groups: list[list[folders.Run]], metric: str, smoothing: float) -> list[dict]:
    """What `charts.figures.curves_figure` draws: a curve per group, its run's or their mean."""
    names = run_table.unique_names([group[0] for group in groups])
    curves = []
    for group in groups:
        first = group[0]
        points = [curve_frame(*frames_of(run), metric, run.config.steps_per_epoch) for run in group]
        name, frame = names[first.run_id], points[0]
        if len(group) > 1:
            words = run_table.describe_group(group, catalog.model_names())
            name = f"{words}, {len(group)} seeds"
            frame = mean_frame(points, metric, smoothing)
        curves.append({"name": name, "frame": frame, "color": first.color})
    return curves
