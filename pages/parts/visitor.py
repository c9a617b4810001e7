"""The name that a visitor may give once: the browser keeps it, and their runs are told by it.

No account and no password: whoever gives the same name has the same runs.
"""

from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from fashion_core import limits
from fashion_core.runs import control, folders
from fashion_core.runs.annotations import MAX_NAME_LENGTH
from pages.parts import state

COOKIE = "fashion_visitor"  # as visitor.js writes it

_keep_in_browser = st.components.v2.component(
    "keep_visitor", js=Path(__file__).with_name("visitor.js").read_text("utf-8")
)


def visitor_name() -> str:
    """The name that was given in this session, else the one that the browser brought along."""
    if state.VISITOR not in st.session_state:
        kept = unquote(st.context.cookies.get(COOKIE, ""))
        st.session_state[state.VISITOR] = folders.clean_name(kept, "")
    return st.session_state[state.VISITOR]


def ask_visitor() -> None:
    """The field for the name. One to a page."""
    name = visitor_name()
    st.session_state.setdefault(state.VISITOR_FIELD, name)
    st.text_input(
        "Your name",
        max_chars=MAX_NAME_LENGTH,
        key=state.VISITOR_FIELD,
        placeholder="Optional",
        on_change=_take_name,
        help="Runs that you start carry it, and come first. This browser keeps it; no account.",
    )
    if state.NAME_GIVEN in st.session_state:  # else another tab may know better
        _keep_in_browser(key=state.VISITOR_KEEPER, data={"name": name}, height=0)


def _take_name() -> None:
    st.session_state[state.VISITOR] = folders.clean_name(st.session_state[state.VISITOR_FIELD], "")
    st.session_state[state.NAME_GIVEN] = True


def may_delete(run: folders.Run) -> bool:
    """Whether this visitor may delete a run from the page."""
    return limits.delete_any() or run.belongs_to(visitor_name())


def deleting_problem(run: folders.Run) -> str:
    """A sentence that refuses to delete a run, or an empty string."""
    if may_delete(run):
        return control.deleting_problem(run)
    return (
        f"“{run.name}” was started by {run.owner}. Only its owner can delete it here: if that is"
        " you, give that name under Your name."
    )
