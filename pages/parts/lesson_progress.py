"""Which steps of the lesson are done, and the runs that a visitor started for it.

Kept in the session and, so that both survive a refresh, in a cookie. What comes from there is
checked: a visitor can write anything into it.
"""

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from pages.parts import state

# What it does is said in lesson_progress.js.
_browser_progress = st.components.v2.component(
    "lesson_progress", js=Path(__file__).with_name("lesson_progress.js").read_text("utf-8")
)

COOKIE = "fashion_lesson"
STEP_COUNT = 6
MOST_RUNS = 20  # that are remembered as the visitor's own
_RUN_ID = re.compile(r"[0-9a-z-]{1,64}")


def steps_done() -> set[int]:
    """The numbers 1…6 of the steps that are done."""
    _read_cookie()
    return set(st.session_state[state.LESSON_DONE])


def mark_done(number: int) -> None:
    st.session_state[state.LESSON_DONE] = sorted(steps_done() | {number})


def forget_progress() -> None:
    """Begin the lesson anew, in other tabs too: another round of it."""
    _read_cookie()
    st.session_state[state.LESSON_DONE] = []
    st.session_state[state.STARTED_RUNS] = []
    # By the clock: two tabs that begin anew one after the other are in different rounds
    later = st.session_state[state.LESSON_ROUND] + 1
    st.session_state[state.LESSON_ROUND] = max(int(time.time()), later)


def started_runs() -> list[str]:
    """The ids of the runs that this visitor started, the newest last."""
    _read_cookie()
    return st.session_state[state.STARTED_RUNS]


def remember_runs(run_ids: Sequence[str]) -> None:
    st.session_state[state.STARTED_RUNS] = [*started_runs(), *run_ids][-MOST_RUNS:]


def keep_progress() -> None:
    """Let the browser keep what the session has. Called by the pages that change it, at the end.

    It adds that to what it kept from another tab, unless the lesson has begun anew since.
    """
    values = {"done": sorted(steps_done()), "runs": started_runs()}
    values["round"] = st.session_state[state.LESSON_ROUND]
    data = {"cookie": COOKIE, "values": values, "most": MOST_RUNS}
    _browser_progress(key=state.LESSON_PROGRESS, data=data, height=0)


def _read_cookie() -> None:
    """Begin a session with what the browser brought along."""
    done, runs, number = checked_progress(unquote(st.context.cookies.get(COOKIE, "")))
    st.session_state.setdefault(state.LESSON_DONE, sorted(done))
    st.session_state.setdefault(state.STARTED_RUNS, runs)
    st.session_state.setdefault(state.LESSON_ROUND, number)


def checked_progress(text: object) -> tuple[set[int], list[str], int]:
    """The steps, run ids and round in what a browser kept; nothing of anything else."""
    try:
        values = json.loads(text)
        done, runs = values["done"], values["runs"]
        done = {each for each in done if type(each) is int and 1 <= each <= STEP_COUNT}
        runs = [each for each in runs if isinstance(each, str) and _RUN_ID.fullmatch(each)]
        number = values.get("round", 0)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        return set(), [], 0
    return done, runs[-MOST_RUNS:], number if type(number) is int and 0 <= number < 1e11 else 0
