"""Predictions: test images with predicted and true label; filters, sorts, paging, one image large.

Stands on fashion_core.evaluation (filters and sorts); every choice is a parameter of the URL.
"""

import random
from typing import Any

import numpy as np
import streamlit as st

from fashion_core import evaluation
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages.parts import state
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.images.grid import show_image_grid
from pages.parts.images.panel import show_image
from pages.parts.images.source import ask_images

ANY = "Any"
SORT_LABELS = {
    "index": "Index",
    "confident mistakes": "Confident mistakes",
    "least confident": "Least confident",
}
FILTER_DEFAULTS = {
    state.TRUE_LABEL: ANY,
    state.PREDICTED_LABEL: ANY,
    state.OUTCOME: "all",
    state.CONFIDENCE: (0, 100),
}


def ask_filters() -> dict[str, Any]:
    """The filter bar; returns the arguments of `evaluation.select_indices`."""
    bar = st.grid(5, min_column_width=130)
    bound = {"bind": "query-params", "on_change": go_to_page, "args": (1,)}
    classes = [ANY, *CLASS_NAMES]
    true = bar.selectbox("True label", classes, key=state.TRUE_LABEL, **bound)
    pred = bar.selectbox("Predicted label", classes, key=state.PREDICTED_LABEL, **bound)
    outcome = bar.selectbox(
        "Outcome", evaluation.OUTCOMES, format_func=str.capitalize, key=state.OUTCOME, **bound
    )
    confidence = bar.slider(
        "Confidence", 0, 100, (0, 100), format="%d%%", key=state.CONFIDENCE, **bound
    )
    low, high = sorted(confidence)  # the URL may name the two ends the wrong way round
    sort = bar.selectbox(
        "Sort by", list(SORT_LABELS), format_func=SORT_LABELS.get, key=state.SORT, **bound
    )
    return {
        "true": None if true == ANY else CLASS_NAMES.index(true),
        "pred": None if pred == ANY else CLASS_NAMES.index(pred),
        "outcome": outcome,
        "min_confidence": low / 100,
        "max_confidence": high / 100,
        "sort": sort,
    }


def start_anew() -> None:
    """Other images: nothing is picked among them, and the first page shows."""
    pick(None)
    go_to_page(1)


def clear_filters() -> None:
    st.session_state.update(FILTER_DEFAULTS)
    go_to_page(1)


# Pages of the grid. `found`: the indices (K,) int64 of the images that pass the filters, in order.

PER_PAGE = 50  # five rows of ten on a wide screen


def go_to_page(page: int) -> None:
    st.session_state[state.PAGE] = page


def go_to_random_page(pages: int) -> None:
    go_to_page(random.randint(1, pages))


def pick(index: int | None) -> None:
    st.session_state[state.INDEX] = index


def show_page_of_picked(found: np.ndarray) -> None:
    """Turn to the page that has the picked image, if it passes the filters."""
    page = evaluation.page_of(found, st.session_state[state.INDEX], PER_PAGE)
    if page:
        go_to_page(page)


def step(found: np.ndarray, by: int) -> None:
    """Pick the image before or after the picked one, in the order of the grid."""
    pick(evaluation.neighbour(found, st.session_state[state.INDEX], by))
    show_page_of_picked(found)


def ask_page(found: np.ndarray, images: int) -> tuple[np.ndarray, int | None]:
    """Count, paging, random page, jump to an index below the number of all images.

    Returns the indices of the chosen page and the picked index.
    """
    pages = evaluation.page_count(len(found), PER_PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(found):,}** of {images:,} images", width="content")
        page = st.pagination(pages, key=state.PAGE, bind="query-params")
        st.space("stretch")
        st.button(
            "Random page", icon=":material/shuffle:", on_click=go_to_random_page, args=(pages,)
        )
        picked = st.number_input(
            "Go to index",
            0,
            images - 1,
            None,
            key=state.INDEX,
            bind="query-params",
            placeholder="Go to index",
            label_visibility="collapsed",
            on_change=show_page_of_picked,
            args=(found,),
            width=160,
        )
    return found[(page - 1) * PER_PAGE : page * PER_PAGE], picked


# The picked image


def show_panel(
    index: int, found: np.ndarray, split: Split, probs: np.ndarray, entry: ModelEntry
) -> None:
    """The picked image beside the grid; `probs` (10000, 10)."""
    with st.container(border=True, key="picked_panel", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Image {index}", anchor=False, width="stretch")
            st.button(
                "Close", icon=":material/close:", type="tertiary", on_click=pick, args=(None,)
            )
        with st.container(horizontal=True):
            show_step("Previous", ":material/chevron_left:", index, found, -1)
            show_step("Next", ":material/chevron_right:", index, found, 1)
        if not evaluation.page_of(found, index, PER_PAGE):
            st.caption("This image does not match your filters.")
        image = split.pixels[index], split.labels[index], probs[index]
        show_image(index, *image, entry, split.name)


def show_step(label: str, icon: str, index: int, found: np.ndarray, by: int) -> None:
    """The button to the image before or after this one."""
    at_end = evaluation.neighbour(found, index, by) is None
    args = (found, by)
    st.button(label, icon=icon, type="tertiary", disabled=at_end, on_click=step, args=args)


def show_nothing_found() -> None:
    """The empty state when no image passes the filters."""
    with st.container(border=True):
        st.info("No image matches these filters.", icon=":material/filter_alt_off:")
        st.button("Clear the filters", type="primary", on_click=clear_filters)


def show_predictions(entry: ModelEntry) -> None:
    """The filters, a page of the grid, and the picked image."""
    split, probs = ask_images(entry, start_anew)
    found = evaluation.select_indices(split.labels, probs, **ask_filters())
    if not len(found):
        show_nothing_found()
        return
    shown, picked = ask_page(found, len(split.labels))
    # A row of columns in both cases: the grid stays the same element in the browser and keeps the
    # keyboard's focus.
    columns = st.columns([1] if picked is None else [2, 1])
    with columns[0]:
        show_image_grid("grid", shown, split, probs, pick, picked)
    if picked is not None:
        with columns[1]:
            show_panel(picked, found, split, probs, entry)


run_through_router()
st.title("Predictions", anchor=False)
st.write("See what the model calls each image. Pick one to look closer.")
show_with_model(show_predictions)
