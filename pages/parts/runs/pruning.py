"""Housekeeping: what runs take on disk, and old ones deleted after a look at the list of what
goes.
"""

import time

import pandas as pd
import streamlit as st

from fashion_core import limits
from fashion_core.runs import folders, pruning
from fashion_core.runs import table as run_table
from fashion_core.text import format_bytes, format_count
from pages.parts.frame import MODEL_KEY
from pages.parts.runs.card import ask_delete

NOTHING = "nothing"
PREVIEW_COLUMNS = ["Name", "State", "When", "Validation", "Disk"]
DEFAULT_COUNTS = {"newest": 20, "best": 10, "older": 30}


def ask_pruning(found: list[folders.Run], disk_bytes: dict[str, int]) -> None:
    """A rule, the list of what goes under it, and only then the button."""
    total = format_bytes(sum(disk_bytes.values()))
    words = f"Housekeeping: {format_count(len(found), 'run')}, {total} on disk"
    # Stays open as the words change
    with st.expander(words, icon=":material/cleaning_services:", key="housekeeping"):
        if limits.read_only():
            st.info("This copy is read-only: nothing can be deleted here.", icon=":material/lock:")
            return
        st.write("Choose what goes. You see the list first; nothing is deleted before you say so.")
        rule, count = ask_rule()
        if rule == NOTHING:
            return
        in_use = st.session_state.get(MODEL_KEY)
        to_delete = pruning.runs_to_prune(found, rule, count, time.time(), in_use)
        if to_delete:
            show_preview(to_delete, disk_bytes)
        else:
            st.caption("No run goes under this rule.")
        st.caption(
            "Runs that have not ended, the model in use, and folders that cannot be read as runs"
            " always stay."
        )


def ask_rule() -> tuple[str, int]:
    rule = st.radio(
        "What goes",
        [NOTHING, *pruning.RULES],
        key="prune_rule",
        horizontal=True,
        label_visibility="collapsed",
        format_func=lambda name: (
            pruning.RULES[name][0] if name in pruning.RULES else "Keep all runs"
        ),
    )
    if rule not in DEFAULT_COUNTS:
        return rule, 1
    unit = pruning.RULES[rule][1]
    label = (
        "Days"
        if rule == "older"
        else f"How many runs, {unit}"
        if rule == "best"
        else "How many runs"
    )
    return rule, st.number_input(
        label, 1, 10_000, DEFAULT_COUNTS[rule], key=f"prune_{rule}", width=260
    )


def show_preview(to_delete: list[folders.Run], disk_bytes: dict[str, int]) -> None:
    frame = run_table.runs_frame(to_delete, disk_bytes)[PREVIEW_COLUMNS]
    freed = format_bytes(sum(disk_bytes.get(run.run_id, 0) for run in to_delete))
    what = format_count(len(to_delete), "run")
    st.markdown(f"**{what} would go**, which frees {freed}:")
    show_table(frame)
    if st.button(f"Delete {what}", type="primary", icon=":material/delete:", key="prune"):
        ask_delete(to_delete)


def show_table(frame: pd.DataFrame) -> None:
    config = {
        "When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        "Validation": st.column_config.NumberColumn(format="%.1f%%"),
        "Disk": st.column_config.NumberColumn(format="%.1f MB"),
    }
    st.dataframe(
        frame,
        hide_index=True,
        column_config=config,
        key="prune_preview",
        placeholder="",
        alt="What would go",
    )
