"""The table of runs: filters, sort, columns, ticks, CSV. All of it stands in the URL, ticks by the
runs' ids.
"""

import pandas as pd
import streamlit as st

from fashion_core.config import MODELS
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from fashion_core.text import format_count
from pages.parts.words import GLOSSARY

TICKED_KEY = "ticked_runs"  # ids of the ticked runs, also of those that a filter hides
SHOWN_KEY = "shown_runs"  # ids of the table's rows as they were last drawn
TABLE_KEY = "runs_table"
TICKED_PARAMETER = "runs"
TICKS_IN_URL = 50  # a longer address is cut off by some programs
FILTERS = {"search": "", "state": [], "network": [], "tag": []}

WIDTHS = {"Name": 180, "Configuration": 220, "Tags": 120, "Note": 260}
HELP = {
    "Configuration": "What differs from the classic tutorial's settings.",
    "Epochs done": GLOSSARY["epoch"],
    "Validation": (
        "Share of 5,000 images kept out of training that was named rightly, at the best epoch."
    ),
    "Test": GLOSSARY["test"],
    "Best epoch": (
        "The epoch after which the kept model was best on validation images, also one that Stop cut"
        " short."
    ),
    "Disk": "What the run's folder takes, in MB.",
}


def ask_filters(found: list[folders.Run]) -> dict:
    """Search and filters in a row; returns the arguments of `run_table.select_runs`."""
    bar = st.grid(5, min_column_width=130)
    query = bar.text_input(
        "Search",
        key="search",
        bind="query-params",
        type="search",
        placeholder="Name, note, tag…",
        help=(
            "Runs with all of these words in their name, note, tags, settings or id. Quotes keep"
            " words together."
        ),
    )
    some = {"bind": "query-params", "placeholder": "Any"}
    states = bar.multiselect(
        "State", folders.STATES, format_func=str.capitalize, key="state", **some
    )
    networks = bar.multiselect("Network", list(MODELS), key="network", **some)
    tags = sorted({tag for run in found for tag in run.annotations.tags}, key=str.casefold)
    chosen_tags = bar.multiselect("Tag", tags, key="tag", disabled=not tags, **some)
    bar.selectbox(
        "Sort by",
        run_table.COLUMNS,
        index=run_table.COLUMNS.index("When"),
        key="sort_by",
        bind="query-params",
    )
    return {"query": query or "", "states": states, "networks": networks, "tags": chosen_tags}


def clear_filters() -> None:
    st.session_state.update(FILTERS)


def show_nothing_found(found: list[folders.Run]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        show_counts([], found)
    with st.container(border=True):
        st.info("No run matches these filters.", icon=":material/filter_alt_off:")
        st.button("Clear the filters", type="primary", on_click=clear_filters)


def ask_order(
    shown: list[folders.Run], found: list[folders.Run], disk_bytes: dict[str, int]
) -> list[folders.Run]:
    """What is shown, its order and columns, CSV, and the table; returns the runs in the order of
    its rows.
    """
    frame = run_table.runs_frame(shown, disk_bytes)
    with st.container(horizontal=True, vertical_alignment="center"):
        show_counts(shown, found)
        st.space("stretch")
        ascending = st.segmented_control(
            "Order",
            ("Descending", "Ascending"),
            default="Descending",
            required=True,
            key="order",
            bind="query-params",
            label_visibility="collapsed",
        )
        columns = ask_columns()
        frame = run_table.sorted_frame(frame, st.session_state["sort_by"], ascending == "Ascending")
        st.download_button(
            "CSV",
            lambda: run_table.table_csv(frame, columns),
            "runs.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("Tick rows with the mouse, or with the arrow keys and Shift + Space.")
    draw_table(frame, columns)
    by_id = {run.run_id: run for run in shown}
    return [by_id[run_id] for run_id in frame.index]


def show_counts(shown: list[folders.Run], found: list[folders.Run]) -> None:
    """How many runs are shown and how many ticked, also where no row shows it."""
    st.markdown(f"**{len(shown):,}** of {format_count(len(found), 'run')}", width="content")
    ticked = {run.run_id for run in ticked_runs(found)}
    if ticked:
        hidden = len(ticked - {run.run_id for run in shown})
        st.markdown(
            f"**{len(ticked):,}** ticked" + (f", {hidden:,} of them hidden" if hidden else ""),
            width="content",
        )
        st.button("Untick all", type="tertiary", icon=":material/close:", on_click=untick_all)


def ask_columns() -> list[str]:
    with st.popover("Columns", icon=":material/view_column:"):
        chosen = st.multiselect(
            "Columns, in this order",
            run_table.COLUMNS,
            default=run_table.DEFAULT_COLUMNS,
            key="columns",
            bind="query-params",
            width=320,
        )
    return chosen or ["Name"]


def draw_table(frame: pd.DataFrame, columns: list[str]) -> None:
    """The rows, those of ticked runs ticked wherever a filter or a sort has put them."""
    shown = list(frame.index)
    rows = sorted(shown.index(run_id) for run_id in ticked_ids() if run_id in shown)
    state = st.session_state.get(TABLE_KEY)
    # Streamlit keeps ticks by row: they are put right when the rows have moved, and else left to
    # the browser.
    if state is not None and sorted(state["selection"]["rows"]) != rows:
        st.session_state[TABLE_KEY] = {"selection": {"rows": rows}}
    st.session_state[SHOWN_KEY] = shown
    st.dataframe(
        frame[columns],
        hide_index=True,
        on_select=take_ticks,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        key=TABLE_KEY,
        placeholder="",
        column_config={column: column_config(column) for column in columns},
        alt="Past runs with their settings and results",
    )


def column_config(column: str):
    words = HELP.get(column)
    if column == "When":
        return st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", width=150)
    if column in run_table.ACCURACIES:
        return st.column_config.NumberColumn(format="%.1f%%", width="small", help=words)
    if column == "Disk":
        return st.column_config.NumberColumn(format="%.1f MB", width="small", help=words)
    if column == "Seconds":
        return st.column_config.NumberColumn(format="%.0f", width="small")
    if column in run_table.SHARES_AND_RATES:
        # All the digits that a value has
        return st.column_config.NumberColumn(format="%g", width="small")
    if column in run_table.FIELDS.values():
        return st.column_config.Column(width="small")
    return st.column_config.Column(width=WIDTHS.get(column), help=words)


# Ticks


def ticked_ids() -> list[str]:
    """Ids of the ticked runs; on the first look those that the URL names."""
    if TICKED_KEY not in st.session_state:
        st.session_state[TICKED_KEY] = st.query_params.get(TICKED_PARAMETER, "").split(",")
    return st.session_state[TICKED_KEY]


def take_ticks() -> None:
    """The table's ticks as they are now, and those of runs that it does not show."""
    shown = st.session_state[SHOWN_KEY]
    rows = st.session_state[TABLE_KEY]["selection"]["rows"]
    hidden = [run_id for run_id in ticked_ids() if run_id not in shown]
    st.session_state[TICKED_KEY] = hidden + [shown[row] for row in sorted(rows) if row < len(shown)]


def untick_all() -> None:
    st.session_state[TICKED_KEY] = []


def ticked_runs(found: list[folders.Run]) -> list[folders.Run]:
    """The ticked runs that still are there, newest first; the URL is made to name them."""
    ids = set(ticked_ids())
    ticked = [run for run in found if run.run_id in ids]
    st.session_state[TICKED_KEY] = [run.run_id for run in ticked]
    named = ",".join(run.run_id for run in ticked[:TICKS_IN_URL])
    if named != st.query_params.get(TICKED_PARAMETER, ""):
        if named:
            st.query_params[TICKED_PARAMETER] = named
        else:
            del st.query_params[TICKED_PARAMETER]
    return ticked
