"""How runs differ: the settings in which they do, the best values marked; the mean over seeds."""

from functools import partial

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from fashion_core import catalog
from fashion_core.charts.colors import SERIES_COLORS
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from fashion_core.text import format_share, format_value
from pages.parts.glossary import link_terms, meaning_of
from pages.parts.runs.curves import frames_of
from pages.parts.runs.table import NAME_WIDTH

COMPARED_AT_MOST = 50  # rows; more are a table to search, not one to compare


def show_differences(chosen: list[folders.Run], colors: dict[str, int]) -> None:
    """The card with one row per run, and only those settings that are not alike in all of them.

    `colors`: of each run whose curve is drawn its place in SERIES_COLORS, by run id.
    """
    compared = [run for run in chosen if run.config][:COMPARED_AT_MOST]
    with st.container(border=True):
        st.subheader("Differences", anchor=False)
        if len(compared) < 2:
            st.caption(
                "Tick two runs or more, and here is what differs between their settings and"
                " results."
            )
            return
        epochs = {run.run_id: frames_of(run)[1] for run in compared}
        frame = run_table.difference_frame(compared, epochs, catalog.model_names())
        labels = run_table.differing_labels(compared)
        if not labels:
            st.caption(link_terms("These runs have the same settings, their seeds too."))
        st.dataframe(
            marked(frame, [colors.get(run.run_id) for run in compared]),
            hide_index=True,
            placeholder="–",
            column_config={
                **{name: st.column_config.Column(help=meaning_of(name)) for name in frame},
                COLOR_COLUMN: st.column_config.Column(width=55),
                "Name": st.column_config.Column(width=NAME_WIDTH),
            },
            alt="Differing settings and best values of the chosen runs",
        )
        if labels:  # a table cannot hold links
            st.caption(link_terms(f"They differ in: {', '.join(labels)}."))
        st.caption(
            link_terms(
                "★ the best of these runs. Accuracies are those of the model that a run has kept,"
                " from its best epoch."
            )
        )


BEST_STYLE = "font-weight: bold; background-color: rgba(92, 118, 255, 0.22)"
COLOR_COLUMN = "Curve"
NUMBER_FORMATS = {
    **{name: f"{{:.{run_table.DECIMALS[name]}f}}%" for name in run_table.HIGHEST_IS_BEST},
    **{name: f"{{:.{run_table.DECIMALS[name]}f}}" for name in run_table.LOWEST_IS_BEST},
    "Best epoch": "{:.0f}",
    "Seconds": "{:,.0f}",
    "Seed": "{:.0f}",
}


def marked(frame: pd.DataFrame, colors: list[int | None]) -> Styler:
    """A `runs.table.difference_frame` with each run's colour, a star and a tint on best values.

    `colors`: of each row the place of its curve in SERIES_COLORS, None where no curve is drawn.
    """
    best = run_table.best_cells(frame)
    dots = ["–" if color is None else "●" for color in colors]
    frame = frame.assign(**{COLOR_COLUMN: dots})[[COLOR_COLUMN, *frame]]
    inks = ["" if color is None else f"color: {SERIES_COLORS[color]}" for color in colors]
    style = frame.style.apply(lambda _: inks, subset=[COLOR_COLUMN])
    for column in frame.select_dtypes("number"):
        pattern = number_format(frame[column])
        style = style.format(pattern, subset=[column], na_rep="–")
        if column in best:
            cells = (best[column], [column])
            style = style.format("★ " + pattern, subset=cells)
            style = style.map(lambda _: BEST_STYLE, subset=cells)
    return style


def number_format(values: pd.Series) -> str | partial:
    """How the numbers of a column are written; rates and shares with all the digits they have."""
    if values.name in NUMBER_FORMATS:
        return NUMBER_FORMATS[values.name]
    if values.name in run_table.SHARES_OF_A_BATCH:
        return format_share
    return partial(format_value, "") if values.dtype.kind == "f" else "{:,.0f}"


def show_seeds(found: list[folders.Run]) -> None:
    """The card with mean ± standard deviation of what was trained with several seeds."""
    seeds = run_table.seed_frame(found, catalog.model_names())
    if seeds.empty:
        return
    table = seeds[["Configuration", "Seeds", "Runs"]].copy()
    for column in run_table.ACCURACIES:
        pairs = zip(seeds[f"{column} mean"], seeds[f"{column} std"], strict=True)
        table[column] = [
            f"{mean:.1f} ± {std:.1f}%" if pd.notna(std) else "–" for mean, std in pairs
        ]
    with st.container(border=True):
        st.subheader("Mean over seeds", anchor=False)
        st.dataframe(
            table, hide_index=True, alt="Mean and standard deviation of accuracies over seeds"
        )
        st.caption(
            link_terms(
                "Finished runs that differ by their seed alone; ± is the sample standard deviation."
            )
        )
