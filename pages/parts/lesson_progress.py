"""Which steps of the lesson are done, and the runs that a visitor started for it.

Kept in the session and, so that both survive a refresh, in the browser's own storage. What comes
from there is checked: a visitor can write anything into it.
"""

import json
import re
from pathlib import Path

import streamlit as st

from pages.parts import state

# What it does is said in lesson_progress.js.
_browser_progress = st.components.v2.component(
    "lesson_progress", js=Path(__file__).with_name("lesson_progress.js").read_text("utf-8")
)

STEP_COUNT = 6
MOST_RUNS = 20  # that are remembered as the visitor's own
_RUN_ID = re.compile(r"[0-9a-z-]{1,64}")


def steps_done() -> set[int]:
    """The numbers 1…6 of the steps that are done."""
    return set(st.session_state.get(state.LESSON_DONE, ()))


def mark_done(number: int) -> None:
    st.session_state[state.LESSON_DONE] = sorted(steps_done() | {number})


def forget_progress() -> None:
    """Begin the lesson anew; the runs stay the visitor's own."""
    st.session_state[state.LESSON_DONE] = []


def started_runs() -> list[str]:
    """The ids of the runs that this visitor started, the newest last."""
    return st.session_state.get(state.STARTED_RUNS, [])


def remember_run(run_id: str) -> None:
    st.session_state[state.STARTED_RUNS] = [*started_runs(), run_id][-MOST_RUNS:]


def keep_progress() -> None:
    """Hear once in a session what the browser keeps, then let it keep what the session has."""

    def take_in() -> None:
        done, runs = checked_progress(st.session_state[state.LESSON_PROGRESS].get("kept"))
        st.session_state[state.LESSON_DONE] = sorted(steps_done() | done)
        mine = [run for run in runs if run not in started_runs()] + started_runs()
        st.session_state[state.STARTED_RUNS] = mine[-MOST_RUNS:]
        st.session_state[state.LESSON_HEARD] = True

    values = {"done": sorted(steps_done()), "runs": started_runs()}
    heard = st.session_state.get(state.LESSON_HEARD, False)
    _browser_progress(
        key=state.LESSON_PROGRESS,
        data={"heard": heard, "value": json.dumps(values)},
        height=0,
        on_kept_change=take_in,
    )


def checked_progress(text: object) -> tuple[set[int], list[str]]:
    """The steps and run ids in what a browser kept; nothing of anything else."""
    try:
        values = json.loads(text)
        done, runs = values["done"], values["runs"]
        done = {each for each in done if type(each) is int and 1 <= each <= STEP_COUNT}
        runs = [each for each in runs if isinstance(each, str) and _RUN_ID.fullmatch(each)]
    except (TypeError, ValueError, KeyError, RecursionError):
        return set(), []
    return done, runs[-MOST_RUNS:]
