"""The list of doubtful labels and near duplicates: what is in it, its pages, the CSV file.

Stands on fashion_core.label_errors and fashion_core.duplicates. In this file places (K,) int64 are
those of images in the listed split; what a visitor sees and picks is an image's index in its file.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from fashion_core import duplicates, label_errors, paging
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.duplicates import Twin
from fashion_core.metadata import CLASS_NAMES, TEST_SIZE, TRAIN_FILE_SIZE
from fashion_core.text import BYTE_ORDER_MARK, format_signed
from pages.parts import state
from pages.parts.cached import cached_split, cached_test_probs
from pages.parts.glossary import link_terms
from pages.parts.html import png_data_uri
from pages.parts.images.grid import describe_images, show_image_buttons
from pages.parts.pager import ask_page_number
from pages.parts.words import outcome_of

TEST, TRAIN = "test", "train"  # our split and the file that it is from have the same name
SPLIT_LABELS = {TEST: "Test images", TRAIN: "Training images"}
FILE_SIZES = {TEST: TEST_SIZE, TRAIN: TRAIN_FILE_SIZE}


@dataclass(frozen=True, eq=False)
class Listing:
    """What is known of a split's labels.

    probs: (N, 10) float32, None where nothing has answered; margins: (N,), None likewise; doubtful:
    places (K,), the most doubtful first; twin_places: (M,), the closest pairs first.
    """

    split: Split
    probs: np.ndarray | None
    margins: np.ndarray | None
    doubtful: np.ndarray
    twin_places: np.ndarray
    twins: dict[int, list[Twin]]  # by index

    @functools.cached_property
    def preds(self) -> np.ndarray:
        """The top classes (N,)."""
        return self.probs.argmax(axis=1)


def make_listing(
    split_name: str, entry: ModelEntry, training_probs: Callable[[], np.ndarray | None]
) -> Listing:
    """The listing of a split: of the test images by a model, of the others by a cross-validation.

    Raises CheckpointError, DataError, InsideError.
    """
    split = cached_split(split_name)
    probs = cached_test_probs(entry) if split_name == TEST else training_probs()
    margins, doubtful = None, np.empty(0, np.int64)
    if probs is not None:
        doubtful = label_errors.doubtful_places(split.labels, probs)
        margins = label_errors.margins(split.labels, probs)
    twin_places = duplicates.twin_places(split_name, split.indices)
    twins = duplicates.twins_of(split_name)
    return Listing(split, probs, margins, doubtful, twin_places, twins)


# Choices

ALL, DOUBTFUL, TWINS = "All", "Doubtful labels", "Near duplicates"


def ask_split() -> str:
    """TEST or TRAIN."""
    chosen = st.segmented_control(
        "Images",
        list(SPLIT_LABELS),
        format_func=SPLIT_LABELS.get,
        default=TEST,
        required=True,
        key=state.SPLIT,
        bind="query-params",
        on_change=start_anew,
        label_visibility="collapsed",
    )
    return chosen or TEST


def ask_kind(listing: Listing) -> np.ndarray:
    """Which images are listed; returns their places."""
    if listing.probs is None:
        return listing.twin_places
    chosen = st.segmented_control(
        "List",
        [ALL, DOUBTFUL, TWINS],
        default=ALL,
        required=True,
        key=state.LISTED,
        bind="query-params",
        on_change=go_to_page,
        args=(1,),
        label_visibility="collapsed",
    )
    if chosen == DOUBTFUL:
        return listing.doubtful
    if chosen == TWINS:
        return listing.twin_places
    return label_errors.join_places(listing.doubtful, listing.twin_places)


def start_anew() -> None:
    """Other images: nothing is picked among them, and the first page shows."""
    pick(None)
    go_to_page(1)


PER_PAGE = 50  # five rows of ten on a wide screen


def go_to_page(page: int) -> None:
    st.session_state[state.LISTED_PAGE] = page


def pick(index: int | None) -> None:
    st.session_state[state.LISTED_IMAGE] = index


def step_to(index: int, indices: np.ndarray) -> None:
    """Pick the image before or after the picked one in the list, and turn to its page."""
    pick(index)
    show_page_of_picked(indices)


def show_page_of_picked(indices: np.ndarray) -> None:
    page = paging.page_of(indices, st.session_state[state.LISTED_IMAGE], PER_PAGE)
    if page:
        go_to_page(page)


def ask_page(listing: Listing, places: np.ndarray) -> tuple[np.ndarray, int | None]:
    """Count, paging, jump to an index, CSV; returns the places on the page and the picked index."""
    name = listing.split.name
    with st.container(horizontal=True, vertical_alignment="center"):
        images = "image" if len(places) == 1 else "images"
        what = "near duplicates" if listing.probs is None else f"{images} in the list"
        st.markdown(f"**{len(places):,}** {what}", width="content")
        pages = paging.page_count(len(places), PER_PAGE)
        page = ask_page_number(pages, state.LISTED_PAGE)
        st.space("stretch")
        picked = st.number_input(
            "Go to index",
            0,
            FILE_SIZES[name] - 1,
            None,
            key=state.LISTED_IMAGE,
            bind="query-params",
            placeholder="Go to index",
            label_visibility="collapsed",
            on_change=show_page_of_picked,
            args=(listing.split.indices[places],),
            width=160,
        )
        show_download(listing, places)
    return places[(page - 1) * PER_PAGE : page * PER_PAGE], picked


def show_download(listing: Listing, places: np.ndarray) -> None:
    """The list as a CSV file."""
    st.download_button(
        "Download as CSV",
        lambda: BYTE_ORDER_MARK + listing_frame(listing, places).to_csv(index=False),
        f"{listing.split.name}_labels.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def listing_frame(listing: Listing, places: np.ndarray) -> pd.DataFrame:
    """A row for each listed image, in order; without answers only what is known without them."""
    split = listing.split
    frame = pd.DataFrame(
        {"index": split.indices[places], "label": [CLASS_NAMES[i] for i in split.labels[places]]}
    )
    if listing.probs is not None:
        frame["predicted_label"] = [CLASS_NAMES[pred] for pred in listing.preds[places]]
        frame["confidence"] = listing.probs[places].max(axis=1).round(4)
        frame["margin"] = listing.margins[places].round(4)
        frame["doubtful"] = np.isin(places, listing.doubtful)
    twins = [listing.twins.get(int(index), []) for index in split.indices[places]]
    frame["near_duplicates"] = ["; ".join(map(describe_twin, found)) for found in twins]
    return frame


def describe_twin(twin: Twin) -> str:
    return f"{twin.file} {twin.index}"


# The grid


def show_grid(listing: Listing, shown: np.ndarray, picked: int | None) -> None:
    """The images at these places as buttons."""
    st.caption(link_terms(describe_grid(listing)))
    if len(shown):
        items = [grid_item(listing, int(place)) for place in shown]
        name = describe_images(listing.split.name)
        show_image_buttons("grid", items, pick, picked, name=name)
    else:
        st.info("This model doubts no label. Choose another model or list.", icon=":material/task:")
        st.button("Show the whole list", on_click=_show_all)


def _show_all() -> None:
    st.session_state[state.LISTED] = ALL


def describe_grid(listing: Listing) -> str:
    """What stands under each image."""
    twins = (
        f"“≈” its near duplicate, which differs by less than {duplicates.MAX_DIFFERENCE:g} of 255"
        " grey levels (root mean square)."
    )
    if listing.probs is None:
        return f"Under each image: its index in the training file, its label, and after {twins}"
    return (
        "Under each image: its index, its label, what the model says, the margin, and after"
        f" {twins}"
    )


def grid_item(listing: Listing, place: int) -> dict:
    """One button: index, label, what the model says, the margin, the twins."""
    split = listing.split
    index, label = int(split.indices[place]), CLASS_NAMES[split.labels[place]]
    lines, spoken = [("quiet", f"#{index}"), ("", label)], f"Image {index}, label {label}"
    if listing.probs is not None:
        pred, margin = CLASS_NAMES[listing.preds[place]], format_signed(listing.margins[place])
        kind, outcome = outcome_of(pred == label)
        lines += [(kind, f"{outcome[0]} {pred}"), ("quiet", f"margin {margin}")]
        spoken += f", the model says {pred}, margin {margin}"
    twins = listing.twins.get(index, [])
    lines += [("quiet", f"≈ {describe_twin(twin)}") for twin in twins[:1]]
    spoken += "".join(f", nearly the same as {describe_twin(twin)}" for twin in twins)
    return {
        "index": index,
        "source": png_data_uri(split.pixels[place]),
        "lines": lines,
        "label": spoken,
    }
