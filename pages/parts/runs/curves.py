"""Curves of several runs over each other: by epoch, step or seconds, smoothed, mean over seeds."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fashion_core import catalog
from fashion_core.charts.colors import SERIES_COLORS, distinct_places
from fashion_core.charts.figures import METRIC_TITLES, X_TITLES, curves_figure
from fashion_core.charts.frames import curve_frame, epoch_frame, mean_frame, step_frame
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from fashion_core.runs.events import describe_lost_curves, read_metrics, should_have_events
from fashion_core.text import format_list
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


def show_curves(found: list[folders.Run], ticked: bool) -> dict[str, int]:
    """The curves of the first of these runs that have any.

    Returns by run id the places in SERIES_COLORS of the runs that are drawn.
    """
    colors = {}
    draw_card(found, ticked, colors)
    return colors


@st.fragment
def draw_card(found: list[folders.Run], ticked: bool, colors: dict[str, int]) -> None:
    """The card, which its controls draw alone anew as long as the same runs are drawn.

    `colors` is empty when the page begins, and gets those of the runs that are drawn.
    """
    with st.container(border=True):
        groups, as_mean = ask_groups([run for run in found if run.config])
        known = known_metrics(groups)
        if not known:
            show_no_curve(found)
            return
        metric, x, smoothing = ask_view(known)
        drawn = first_with_curves(groups, metric)
        places = keep_places(drawn)
        if colors and colors != places:  # the rest of the page shows them too
            st.rerun()
        colors.update(places)
        curves = curves_of(drawn, metric, smoothing, places)
        figure = curves_figure(curves, metric, x, theme_is_dark(), smoothing)
        words = f"{METRIC_TITLES[metric]} by {X_TITLES[x].lower()}, one curve per run"
        st.plotly_chart(figure, key="curves", config={"displayModeBar": False}, alt=words)
        if len(drawn) == CURVES_AT_MOST < len(groups):
            few = f"Here are {CURVES_AT_MOST} curves of {len(groups):,}, as many as can be told"
            st.caption(f"{few} apart." if ticked else f"{few} apart. Tick runs to choose.")
        show_missing(groups, drawn, metric)
        if as_mean:
            st.caption(
                link_terms(
                    "A mean reaches as far as all of its runs; of two runs with the same seed the"
                    " first one that finished counts. Imported models have no curve."
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
    st.caption("None of these runs has trained a step here, so there is no curve.")


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


def first_with_curves(groups: list[list[folders.Run]], metric: str) -> list[list[folders.Run]]:
    """The first groups that have a curve of this metric, each with the runs that make it.

    No more files are read than need be.
    """
    drawn = []
    for group in groups:
        with_points = runs_of_curve(group, metric)
        drawn += [with_points] if with_points else []
        if len(drawn) == CURVES_AT_MOST:
            break
    return drawn


def runs_of_curve(group: list[folders.Run], metric: str) -> list[folders.Run]:
    """Those of the group with a finished epoch; only without any such one those with a step.

    A mean reaches as far as all of its runs, so one that was stopped at once would cut it.
    """
    with_epochs = [run for run in group if len(frames_of(run)[1])]
    if with_epochs or metric != "train_loss":
        return with_epochs
    return [run for run in group if len(frames_of(run)[0])]


def known_metrics(groups: list[list[folders.Run]]) -> list[str]:
    """The metrics that at least one of the first runs with curves has measured."""
    drawn = first_with_curves(groups, METRICS[0])
    if not drawn:  # within the first epoch there are only steps
        return ["train_loss"] if first_with_curves(groups, "train_loss") else []
    frames = [frames_of(run)[1] for group in drawn for run in group]
    return [metric for metric in METRICS if any(frame[metric].notna().any() for frame in frames)]


# Runs without a curve

NAMED_AT_MOST = 5


def show_missing(
    groups: list[list[folders.Run]], drawn: list[list[folders.Run]], metric: str
) -> None:
    """Names the runs that have no curve while others have one, each with the reason."""
    if len(drawn) == CURVES_AT_MOST:  # what comes later was not looked at
        last = next(place for place, group in enumerate(groups) if drawn[-1][0] in group)
        groups = groups[: last + 1]
    shown = {run.run_id for group in drawn for run in group if has_points(run, metric)}
    missing = [run for group in groups for run in group if run.run_id not in shown]
    if not missing:
        return
    told = [f"“{run.name}” ({why_no_curve(run)})" for run in missing[:NAMED_AT_MOST]]
    more = len(missing) - len(told)
    told += [f"{more:,} more"] if more else []
    st.caption(plain(f"Without a curve here: {format_list(told)}."))


def has_points(run: folders.Run, metric: str) -> bool:
    """Whether it has measured this metric at least once."""
    return len(curve_frame(*frames_of(run), metric, run.config.steps_per_epoch)) > 0


def why_no_curve(run: folders.Run) -> str:
    """Why this run has no curve of a metric that others have, in a few words."""
    steps, epochs = frames_of(run)
    if len(epochs):
        return "not measured"
    if len(steps):
        return "no epoch finished"
    if run.is_imported:
        return "not trained here"
    if should_have_events(run) and not run.is_active:
        return "metrics.jsonl is missing or damaged"
    return "no step trained"


# Colours


def keep_places(drawn: list[list[folders.Run]]) -> dict[str, int]:
    """By run id the place of its curve's colour; runs of one mean share it.

    A curve keeps its colour whatever is drawn beside it, and gets it again if it is still free.
    """
    held = st.session_state.get(state.CURVE_COLORS, {})
    by_curve = distinct_places({group[0].run_id: group[0].color for group in drawn}, held)
    places = {run.run_id: by_curve[group[0].run_id] for group in drawn for run in group}
    others = {run_id: place for run_id, place in held.items() if run_id not in places}
    # First those that are drawn: of them it would be seen that they change
    st.session_state[state.CURVE_COLORS] = places | others
    return places


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


def curves_of(
    groups: list[list[folders.Run]], metric: str, smoothing: float, places: dict[str, int]
) -> list[dict]:
    """What `charts.figures.curves_figure` draws: a curve per group, its run's or their mean.

    `places`: of `keep_places`.
    """
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
        curves.append({"name": name, "frame": frame, "color": places[first.run_id]})
    return curves
