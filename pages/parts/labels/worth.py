"""What the doubts are worth: how many there are, and the accuracy without the first N."""

import streamlit as st

from fashion_core import evaluation, label_errors
from pages.parts import state
from pages.parts.glossary import link_terms
from pages.parts.labels.grid import SPLIT_LABELS, TEST, Listing

AT_FIRST = 100  # images that are left out before the visitor says how many


def show_worth(listing: Listing) -> None:
    """The number of doubtful labels, and a choice of N with the accuracy before and after."""
    labels, doubtful = listing.split.labels, listing.doubtful
    with st.container(border=True):
        st.markdown(link_terms(describe_doubts(listing)))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            count = st.number_input(
                "Leave out the first",
                0,
                len(doubtful),
                min(AT_FIRST, len(doubtful)),
                key=state.WITHOUT,
                bind="query-params",
                width=160,
            )
            before = evaluation.accuracy(labels, listing.preds)
            after = label_errors.accuracy_without(labels, listing.preds, doubtful, count)
            with st.container(horizontal=True, width="content"):  # side by side on a phone, too
                st.metric("Accuracy on all", f"{before:.1%}", width=140)
                st.metric(f"Without {count:,}", f"{after:.1%}", width=140)
        st.caption(
            "This flatters the model: it is its own judge, and whatever it doubts counts as its"
            " mistake before. Only labels that you have found wrong yourself may be left out."
        )


def describe_doubts(listing: Listing) -> str:
    """How many labels are doubtful, whose doubts these are, and what is known of duplicates."""
    split = listing.split
    kind = SPLIT_LABELS[split.name].lower()
    whose = "the model in use" if split.name == TEST else "a cross-validation"
    return (
        f"**{len(listing.doubtful):,}** of {len(split.labels):,} {kind} have a label that"
        f" {whose} doubts: it gives another class at least the probability that images labelled as"
        " that other class get on average (confident learning). The margin says how strong the"
        " doubt is, down to −1: the probability of the label minus that of the best other class."
        f" Whatever their labels, {len(listing.twin_places):,} of the {kind} have a near duplicate;"
        " none has an exact copy."
    )
