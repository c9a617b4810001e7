"""Freeing disk space: a rule, the list of runs that it deletes, and only then the button."""

import time

import pandas as pd
import streamlit as st

from fashion_core import limits
from fashion_core.runs import folders, pruning
from fashion_core.runs import table as run_table
from fashion_core.text import format_bytes, format_count, format_list
from pages.parts import state
from pages.parts.runs.card import ask_delete
from pages.parts.times import visitor_zone, when_column
from pages.parts.visitor import deleting_problem

KEEP_ALL = "keep all"


def ask_pruning(found: list[folders.Run], disk_bytes: dict[str, int]) -> None:
    """What the runs take on disk, the rule, and what it deletes; `disk_bytes` by run id."""
    total = format_bytes(sum(disk_bytes.values()))
    words = f"Free up disk space: {format_count(len(found), 'run')}, {total} on disk"
    # With a key it stays open as the words change
    with st.expander(words, icon=":material/cleaning_services:", key="pruning"):
        if limits.read_only():
            st.info(limits.READ_ONLY_SENTENCE, icon=":material/lock:")
            return
        st.write("Choose what goes. You see the list first; nothing is deleted before you say so.")
        rule = ask_rule()
        if rule == KEEP_ALL:
            return
        in_use = st.session_state.get(state.MODEL)
        to_delete = pruning.runs_to_prune(found, rule, ask_count(rule), time.time(), in_use)
        to_delete = [run for run in to_delete if not deleting_problem(run)]
        if to_delete:
            show_preview(to_delete, disk_bytes)
        else:
            st.caption("No run goes under this rule.")
        kept = ["runs that have not ended", "the model in use", "folders that are no runs"]
        if not limits.delete_any():
            kept.append("other visitors' runs")
        st.caption(f"What always stays: {format_list(kept)}.")


def ask_rule() -> str:
    """One of the core's rules, or KEEP_ALL."""
    words = {KEEP_ALL: "Keep all runs"} | pruning.RULES
    return st.radio(
        "What goes",
        list(words),
        key=state.PRUNE_RULE,
        horizontal=True,
        label_visibility="collapsed",
        format_func=words.get,
    )


# Of each rule that has a number: its label and what is proposed
COUNTS = {
    "newest": ("How many runs", 20),
    "best": ("How many runs, by validation accuracy", 10),
    "older": ("Days", 30),
}


def ask_count(rule: str) -> int:
    """How many runs stay, or from how many days on they go; 1 for a rule without a number."""
    if rule not in COUNTS:
        return 1
    label, proposed = COUNTS[rule]
    return st.number_input(label, 1, 10_000, proposed, key=state.prune_count_key(rule), width=260)


def show_preview(to_delete: list[folders.Run], disk_bytes: dict[str, int]) -> None:
    """What would go, and the button."""
    freed = format_bytes(sum(disk_bytes.get(run.run_id, 0) for run in to_delete))
    what = format_count(len(to_delete), "run")
    st.markdown(f"**{what} would go**, which frees {freed}:")
    show_table(run_table.runs_frame(to_delete, disk_bytes, visitor_zone()))
    if st.button(f"Delete {what}", icon=":material/delete:", key="prune"):
        ask_delete(to_delete)


def show_table(frame: pd.DataFrame) -> None:
    """The columns of a `runs.table.runs_frame` by which one decides."""
    config = {
        "When": when_column(visitor_zone()),
        "Validation": st.column_config.NumberColumn(format="%.1f%%"),
        "Disk": st.column_config.NumberColumn(format="%.1f MB"),
    }
    st.dataframe(
        frame[["Name", "State", *config]],
        hide_index=True,
        column_config=config,
        key="prune_preview",
        placeholder="",
        alt="What would go",
    )
