"""Lecture: what stands on the wall while a class draws: the address, the tally, the way on.

Stands on fashion_core.tally; which drawings were right is said under each answer on Home and
Classify.
"""

import streamlit as st

from fashion_core import limits, tally
from fashion_core.errors import RunError
from fashion_core.metadata import NUM_CLASSES, OUTLIER
from pages.parts.address import address_for_others, describe_hindrance, qr_html
from pages.parts.frame import run_through_router
from pages.parts.html import escaped, plain
from pages.parts.projector import link_projector_view

REFRESH_SECONDS = 3.0


def show_address() -> None:
    """The code that opens the app on a phone, or why there is none."""
    st.subheader("Open it on your phone", anchor=False)
    address, who = address_for_others(st.context.url, "lecture")
    if address:
        st.html(qr_html(address, "large"))
        link = f'<a href="{escaped(address)}" target="_blank">{escaped(address)}</a>'
        st.html(f'<p class="address"><b>{link}</b></p>')
        if who:
            st.caption(who)
        return
    st.info(
        "You have opened the app under an address that only this machine knows."
        f" {describe_hindrance(st.context.url, 'lecture')}, and a QR code for everybody's phone"
        " stands here.",
        icon=":material/qr_code_2:",
    )


@st.fragment(run_every=REFRESH_SECONDS)
def show_tally() -> None:
    """How many pictures of each class were classified correctly, kept up to date."""
    counts = tally.read_tally()
    rows = tally.class_counts(counts)
    st.subheader("What everybody here tried", anchor=False)
    if not rows:
        st.write(
            "Draw on Classify and say under the answer what it was. Here you see how often the"
            " model was right. The tally holds counts, no pictures."
        )
        st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")
        return
    drawn, right = int(counts.sum()), int(counts.diagonal().sum())
    st.metric(
        "Classified correctly",
        f"{right:,} of {drawn:,}",
        f"{right / drawn:.1%}",
        delta_color="off",
        delta_arrow="off",
    )
    st.html(tally_html(rows))
    doubted = int(counts[:NUM_CLASSES, OUTLIER].sum())
    in_doubt = f" An answer in doubt does not count as correct: {doubted:,} so far."
    st.caption(
        "Outlined: how many were tried. Filled: those classified correctly."
        + (in_doubt if doubted else "")
    )
    # In two steps: it is on every phone of the class, and the bars above it grow
    off = limits.read_only()
    why = limits.READ_ONLY_SENTENCE if off else None
    with st.popover("Begin anew", icon=":material/restart_alt:", disabled=off, help=why):
        st.write("This sets all counts to zero, for everybody.")
        st.button("Set all to zero", on_click=begin_anew)


def tally_html(rows: list[tally.ClassCount]) -> str:
    """Each class with a bar of how many were tried, and in it those classified correctly."""
    most = max(row.drawn for row in rows)
    return '<div class="bars tally">' + "".join(tally_row(row, most) for row in rows) + "</div>"


def tally_row(row: tally.ClassCount, most: int) -> str:
    """One class; the bar of `most` drawings takes the whole width."""
    drawn, right = row.drawn / most, row.right / row.drawn
    return (
        f'<div class="bar-row"><span>{row.name}</span>'
        f'<div class="bar" style="width: {drawn:.1%}"><i style="width: {right:.1%}"></i></div>'
        f"<b>{row.right:,} of {row.drawn:,}</b></div>"
    )


def begin_anew() -> None:
    try:
        tally.clear()
    except RunError as error:
        st.toast(plain(str(error)), icon=":material/error:")


def show_ways_on() -> None:
    """The projector view, and where the class goes."""
    with st.container(horizontal=True, gap="medium"):
        link_projector_view("lecture")
        st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")
        st.page_link("pages/lesson.py", label="Lesson", icon=":material/school:")
        st.page_link("pages/glossary.py", label="Glossary", icon=":material/dictionary:")


run_through_router()
st.title("Lecture", anchor=False)
st.write("For the wall of a classroom: everybody opens the app, draws, and sees how it goes.")
show_ways_on()
address_column, tally_column = st.columns([2, 3], gap="medium")
with address_column, st.container(border=True):
    show_address()
with tally_column, st.container(border=True):
    show_tally()
