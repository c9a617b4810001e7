"""Wrong labels: images whose label is doubtful, the most doubtful first, and near duplicates.

Stands on fashion_core.label_errors (confident learning), duplicates and cross_validation; every
choice is a parameter of the URL.
"""

import streamlit as st

from fashion_core.catalog import ModelEntry
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.labels.folds import show_cross_validation, training_probs
from pages.parts.labels.grid import (
    Listing,
    ask_kind,
    ask_page,
    ask_split,
    make_listing,
    show_grid,
)
from pages.parts.labels.picked import show_picked
from pages.parts.labels.worth import show_worth


def show_labels(entry: ModelEntry) -> None:
    """The choice of a split, then its list or, while there are no answers, the way to them."""
    split_name = ask_split()
    listing = make_listing(split_name, entry, training_probs)
    if listing.probs is None:
        show_cross_validation()
    else:
        show_worth(listing)
    show_list(listing, entry)


def show_list(listing: Listing, entry: ModelEntry) -> None:
    """A page of the list and the picked image."""
    places = ask_kind(listing)
    shown, picked = ask_page(listing, places)
    # A row of columns in both cases, as on Predictions
    columns = st.columns([1] if picked is None else [2, 1])
    with columns[0]:
        show_grid(listing, shown, picked)
    if picked is not None:
        with columns[1]:
            show_picked(listing, places, picked, entry)


run_through_router()
st.title("Wrong labels", anchor=False)
st.write(
    "See which labels a model doubts. It only guesses: look at each image before you call a label"
    " wrong."
)
show_with_model(show_labels)
