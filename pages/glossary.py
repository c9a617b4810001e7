"""Glossary: every term of the app in one sentence, with a link to where it can be seen.

Stands on pages.parts.glossary; the term that was asked for is in the URL.
"""

import streamlit as st

from pages.parts import state
from pages.parts.frame import run_through_router
from pages.parts.glossary import TERMS, Term, term_of
from pages.parts.html import plain


def show_asked_term() -> None:
    """The term that a link asked for, before all others."""
    asked = st.query_params.get(state.TERM, "")
    name = term_of(asked)
    if name:
        with st.container(border=True, key="asked_term"):
            show_term(name, TERMS[name])
    elif asked:
        st.info(f"There is no term “{plain(asked[:40])}” here. Search for a part of it.")


def ask_search() -> str:
    """What a visitor looks for, in lower case."""
    text = st.text_input(
        "Search", placeholder="Part of a term, such as rate", key=state.TERM_SEARCH, width=360
    )
    return text.strip().casefold()


def clear_search() -> None:
    st.session_state[state.TERM_SEARCH] = ""


def show_terms(wanted: str) -> None:
    """All terms in their alphabet, or those in which `wanted` stands."""
    names = sorted(TERMS, key=str.casefold)
    found = [name for name in names if wanted in " ".join((name, *TERMS[name].forms)).casefold()]
    found = found or [name for name in names if wanted in TERMS[name].meaning.casefold()]
    if not found:
        st.caption("No term has that in it.")
        st.button("Show all terms", on_click=clear_search)
    # Two columns of whole cards, which a phone lays below each other
    half = (len(found) + 1) // 2
    for column, part in zip(st.columns(2, gap="large"), (found[:half], found[half:]), strict=True):
        with column:
            for name in part:
                show_term(name, TERMS[name])


def show_term(name: str, term: Term) -> None:
    """One term with the link to a page where it can be seen."""
    st.markdown(f"**{name}**  \n{term.meaning}")
    st.page_link(
        f"pages/{term.page}.py",
        label=f"{page_title(term.page)}: {term.see}",
        icon=":material/arrow_forward:",
        query_params=dict(term.query) or None,
    )


def page_title(page: str) -> str:
    """What the sidebar calls a page."""
    return "Wrong labels" if page == "labels" else page.replace("_", " ").capitalize()


run_through_router()
st.title("Glossary", anchor=False)
st.write("Each term in one sentence, with a link to a page where you can see it.")
show_asked_term()
show_terms(ask_search())
