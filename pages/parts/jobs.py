"""A job for a model that takes minutes: the button that starts it, and how far it is.

Stands on fashion_core.inside.jobs, whose jobs go on when the page is left.
"""

import streamlit as st

from fashion_core.catalog import ModelEntry
from fashion_core.errors import InsideError
from fashion_core.inside import jobs
from fashion_core.runs import folders
from pages.parts import state
from pages.parts.html import plain


def show_job(key: str, entry: ModelEntry, kind: str = "features") -> None:
    """How far the job is, or a button that starts it and why the last one failed."""
    job, status = jobs.job_state(entry.path, kind)
    if job in folders.ACTIVE_STATES:
        show_progress(entry, kind)
        return
    if job in ("failed", "lost"):
        reason = status.get("message") or "The process ended without a word. Try again."
        st.error(plain(reason), icon=":material/error:")
    st.write(JOB_TEXTS[kind][0])
    label = JOB_TEXTS[kind][1]
    if st.button(label, icon=":material/play_arrow:", key=state.alike_key(kind, key)):
        try:
            jobs.start_job(entry.path, kind)
        except InsideError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            show_progress(entry, kind)


JOB_TEXTS = {
    "features": (
        "Here will be the nine training images that are most alike for this model. For that it"
        " looks once at all 55,000: some seconds with a small network, two minutes with a large"
        " one.",
        "Look at all training images",
    ),
    "tsne": (
        "t-SNE lays out the test images so that neighbours stay together. It takes a minute or two"
        " and is kept for this model.",
        "Lay out by t-SNE",
    ),
}


@st.fragment(run_every=1.0)
def show_progress(entry: ModelEntry, kind: str) -> None:
    """How far the job is; draws the page anew when it has ended."""
    job, status = jobs.job_state(entry.path, kind)
    if job not in folders.ACTIVE_STATES:
        if state.DIALOG not in st.session_state:  # which drawing the page anew would close
            st.rerun()
        st.write("It has ended. Close this and open it again.")
        return
    share, words = jobs.progress(status)
    st.progress(share, text=f"{jobs.KINDS[kind]}: {words}")
    st.caption("You can leave this page meanwhile.")
