"""The table of runs: filters, sort, columns, ticks, CSV. All of it stands in the URL."""

import pandas as pd
import streamlit as st

from fashion_core import catalog
from fashion_core.architecture import short_name
from fashion_core.config import MODELS
from fashion_core.runs import folders
from fashion_core.runs import table as run_table
from fashion_core.text import format_count, unique_labels
from pages.parts import state
from pages.parts.glossary import meaning_of
from pages.parts.history import has_returned
from pages.parts.times import visitor_zone, when_column
from pages.parts.visitor import visitor_name
from pages.parts.words import GLOSSARY

# Filters

NO_FILTERS = {state.SEARCH: "", state.RUN_STATE: [], state.NETWORK: [], state.TAG: []}


def ask_filters(found: list[folders.Run]) -> dict:
    """Search and filters in a row; returns the arguments of `run_table.select_runs`."""
    bar = st.grid(5, min_column_width=130)
    some = {"bind": "query-params", "placeholder": "Any"}
    query = bar.text_input(
        "Search",
        key=state.SEARCH,
        bind="query-params",
        type="search",
        placeholder="Name, note, tag…",
        help=(
            "Runs with all of these words in their name, note, tags, settings or id. Quotes keep"
            " words together."
        ),
    )
    states = bar.multiselect(
        "State", folders.STATES, format_func=str.capitalize, key=state.RUN_STATE, **some
    )
    names = unique_labels({name: short_name(name) for name in network_names(found)})
    networks = bar.multiselect(
        "Network", list(names), format_func=names.get, key=state.NETWORK, **some
    )
    known_tags = sorted({tag for run in found for tag in run.annotations.tags}, key=str.casefold)
    tags = bar.multiselect("Tag", known_tags, key=state.TAG, disabled=not known_tags, **some)
    bar.selectbox(
        "Sort by",
        run_table.COLUMNS,
        index=run_table.COLUMNS.index("When"),
        key=state.SORT_BY,
        bind="query-params",
    )
    return {"query": query or "", "states": states, "networks": networks, "tags": tags}


def network_names(found: list[folders.Run]) -> list[str]:
    """The known networks, and the descriptions of those that visitors have built."""
    built = {run.config.model for run in found if run.config} - MODELS.keys()
    return [*MODELS, *sorted(built)]


def show_nothing_found(found: list[folders.Run]) -> None:
    """What stands in the table's place when no run passes the filters."""
    with st.container(horizontal=True, vertical_alignment="center"):
        show_counts([], found)
    with st.container(border=True):
        st.info("No run matches these filters.", icon=":material/filter_alt_off:")
        st.button("Clear the filters", type="primary", on_click=clear_filters)


def clear_filters() -> None:
    """Let all runs pass."""
    st.session_state.update(NO_FILTERS)


# The table


def ask_order(
    shown: list[folders.Run], found: list[folders.Run], disk_bytes: dict[str, int]
) -> list[folders.Run]:
    """Counts, order, columns, CSV and the table; returns the runs in the order of its rows.

    `shown` are those of all `found` that pass the filters; `disk_bytes` is by run id.
    """
    zone = visitor_zone()
    frame = run_table.runs_frame(shown, disk_bytes, zone, catalog.model_names())
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", key="run_counts"
        ):
            show_counts(shown, found)
        st.space("stretch")
        order = st.segmented_control(
            "Order",
            ("Descending", "Ascending"),
            default="Descending",
            required=True,
            key=state.ORDER,
            bind="query-params",
            label_visibility="collapsed",
        )
        columns = ask_columns()
        sort_by = st.session_state[state.SORT_BY]
        frame = run_table.sorted_frame(frame, sort_by, order == "Ascending")
        if sort_by == "When":  # who sorts by a result wants the best, whoever trained it
            frame = run_table.own_first(frame, shown, visitor_name())
        st.download_button(
            "CSV",
            lambda: run_table.table_csv(
                frame, columns, zone
            ),  # made only when somebody downloads it
            "runs.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(
        "Click a row to open its run. Tick its box, or press Shift + Space in the row, to compare"
        " it."
    )
    draw_table(frame, columns)
    by_id = {run.run_id: run for run in shown}
    return [by_id[run_id] for run_id in frame.index]


def show_counts(shown: list[folders.Run], found: list[folders.Run]) -> None:
    """How many runs are shown and how many ticked, also where no row shows it."""
    st.markdown(f"**{len(shown):,}** of {format_count(len(found), 'run')}", width="content")
    ticked = {run.run_id for run in ticked_runs(found)}
    if ticked:
        hidden = len(ticked - {run.run_id for run in shown})
        words = f"**{len(ticked):,}** ticked" + (f", {hidden:,} of them hidden" if hidden else "")
        st.markdown(words, width="content")
        st.button("Untick all", type="tertiary", icon=":material/close:", on_click=untick_all)


def ask_columns() -> list[str]:
    """The columns and their order; a table without any shows the names."""
    with st.popover("Columns", icon=":material/view_column:"):
        chosen = st.multiselect(
            "Columns, in this order",
            run_table.COLUMNS,
            default=run_table.DEFAULT_COLUMNS,
            key=state.COLUMNS,
            bind="query-params",
            width=320,
        )
    return chosen or ["Name"]


def draw_table(frame: pd.DataFrame, columns: list[str]) -> None:
    """The rows, those of ticked runs ticked wherever a filter or a sort has put them."""
    shown = list(frame.index)
    rows = sorted(shown.index(run_id) for run_id in ticked_ids() if run_id in shown)
    drawn = st.session_state.get(state.RUNS_TABLE)
    # Streamlit keeps ticks and the clicked cell by row: put right only when the rows have moved or
    # the run of the cell was closed, so that a click on the same cell counts again
    if drawn is None:  # a table that begins anew holds no cell
        st.session_state[state.TAKEN_CELL] = None
    moved = st.session_state.get(state.TABLE_RUNS, shown) != shown
    clicked = drawn is not None and bool(drawn["selection"].get("cells"))
    stale = clicked and (moved or st.session_state.get(state.OPENED_RUN) is None)
    if drawn is not None and (stale or sorted(drawn["selection"]["rows"]) != rows):
        st.session_state[state.RUNS_TABLE] = {"selection": {"rows": rows}}
        st.session_state[state.TAKEN_CELL] = None
    st.session_state[state.TABLE_RUNS] = shown
    st.dataframe(
        frame[columns].round({"Seconds": 0}),
        hide_index=True,
        on_select=take_ticks,
        selection_mode=("multi-row", "single-cell"),
        selection_default={"selection": {"rows": rows}},
        key=state.RUNS_TABLE,
        placeholder="",
        column_config={column: column_config(column) for column in columns},
        alt="Past runs with their settings and results",
    )


# Pixels. A name shows its seconds: they alone tell apart two runs of a recipe in one minute
NAME_WIDTH = 244
WIDTHS = {"Name": NAME_WIDTH, "Configuration": 156, "Tags": 120, "Note": 260}
HELP = {
    "Configuration": "What differs from the classic tutorial's settings.",
    "Epochs done": GLOSSARY["epoch"],
    "Validation": "Accuracy on 5,000 images kept out of training, at the best epoch.",
    "Test": GLOSSARY["test"],
    "Best epoch": (
        "The epoch after which the weights were kept, also one that Stop cut short: the best on the"
        " validation images, or on average where it learns other pictures too."
    ),
    "Disk": "What the run's folder takes, in MB.",
}


def column_config(column: str) -> dict:
    """How a column is drawn: its numbers, its width and its help."""
    words = HELP.get(column) or meaning_of(column)
    if column == "When":
        return when_column(visitor_zone(), width=150)
    if column in run_table.ACCURACIES:
        return st.column_config.NumberColumn(format="%.1f%%", width="small", help=words)
    if column == "Disk":
        return st.column_config.NumberColumn(format="%.1f MB", width="small", help=words)
    if column == "Seconds":
        return st.column_config.NumberColumn(format="localized", width="small")
    if column in run_table.SHARES_OF_A_BATCH:
        return st.column_config.NumberColumn(format="percent", width="small", help=words)
    if column in run_table.SHARES_AND_RATES:
        # All the digits that a value has
        return st.column_config.NumberColumn(format="%g", width="small", help=words)
    if column in run_table.WHOLE_NUMBERS:
        return st.column_config.NumberColumn(format="localized", width="small", help=words)
    if column in run_table.FIELDS.values():
        return st.column_config.Column(width="small", help=words)
    return st.column_config.Column(width=WIDTHS.get(column), help=words)


# Ticks

TICKS_IN_URL = 50  # a longer address is cut off by some programs


def ticked_ids() -> list[str]:
    """Ids of the ticked runs; on the first look and after Back those that the URL names."""
    if has_returned() or state.TICKED_RUNS not in st.session_state:
        ids = st.query_params.get(state.TICKED_IN_URL, "").split(",")
        st.session_state[state.TICKED_RUNS] = ids
    return st.session_state[state.TICKED_RUNS]


def take_ticks() -> None:
    """Keep the table's ticks as they are now, and those of runs that it does not show."""
    shown = st.session_state[state.TABLE_RUNS]
    rows = st.session_state[state.RUNS_TABLE]["selection"]["rows"]
    ticked = [shown[row] for row in sorted(rows) if row < len(shown)]
    hidden = [run_id for run_id in ticked_ids() if run_id not in shown]
    st.session_state[state.TICKED_RUNS] = hidden + ticked
    take_click(shown)


# The opened run


def take_click(shown: list[str]) -> None:
    """Open the run of the clicked cell; `shown` are the ids of the rows.

    The table keeps the cell while rows are ticked and sorted: each click counts once.
    """
    cell = next(iter(st.session_state[state.RUNS_TABLE]["selection"].get("cells", ())), None)
    if cell and cell != st.session_state.get(state.TAKEN_CELL) and cell[0] < len(shown):
        st.session_state[state.OPENED_RUN] = shown[cell[0]]
    st.session_state[state.TAKEN_CELL] = cell


def opened_run(found: list[folders.Run]) -> folders.Run | None:
    """The opened run, if it still is there; the URL is made to name it."""
    if has_returned() or state.OPENED_RUN not in st.session_state:
        st.session_state[state.OPENED_RUN] = st.query_params.get(state.OPENED_RUN)
    opened = next((run for run in found if run.run_id == st.session_state[state.OPENED_RUN]), None)
    if opened is None:
        st.session_state[state.OPENED_RUN] = None
        st.query_params.pop(state.OPENED_RUN, None)
    elif st.query_params.get(state.OPENED_RUN) != opened.run_id:
        st.query_params[state.OPENED_RUN] = opened.run_id
    return opened


def close_run() -> None:
    """Open none."""
    st.session_state[state.OPENED_RUN] = None


def untick_all() -> None:
    """Tick none, hidden ones neither."""
    st.session_state[state.TICKED_RUNS] = []


def ticked_runs(found: list[folders.Run]) -> list[folders.Run]:
    """The ticked runs that still are there, newest first; the URL is made to name them."""
    ids = set(ticked_ids())
    ticked = [run for run in found if run.run_id in ids]
    st.session_state[state.TICKED_RUNS] = [run.run_id for run in ticked]
    named = ",".join(run.run_id for run in ticked[:TICKS_IN_URL])
    if named != st.query_params.get(state.TICKED_IN_URL, ""):
        if named:
            st.query_params[state.TICKED_IN_URL] = named
        else:
            del st.query_params[state.TICKED_IN_URL]
    return ticked
