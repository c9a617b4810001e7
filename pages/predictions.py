"""Predictions: test images with predicted and true label; filters, sorts, paging, one image large.

It opens on the surest mistakes. Stands on fashion_core.evaluation (filters and sorts); every choice
is a parameter of the URL.
"""

import random
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from fashion_core import evaluation, paging
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.glossary import meaning_of
from pages.parts.history import has_returned
from pages.parts.images.grid import show_image_grid
from pages.parts.images.panel import show_image
from pages.parts.images.sheet import sheet, show_steps
from pages.parts.images.source import ask_images
from pages.parts.pager import ask_page_number

ANY = "Any"
# As they stand in the address, too
LABELS = {
    state.OUTCOME: {"wrong": "Wrong", "all": "All", "right": "Right"},
    state.SORT: {
        "index": "Index",
        "confident mistakes": "Confident mistakes",
        "least confident": "Least confident",
    },
}
OPENING = {state.OUTCOME: "wrong", state.SORT: "confident mistakes"}
LINKED = {state.OUTCOME: "all", state.SORT: "index"}
FILTER_DEFAULTS = {
    state.TRUE_LABEL: ANY,
    state.PREDICTED_LABEL: ANY,
    state.CONFIDENCE: (0, 100),
}
PARAMETERS = {*FILTER_DEFAULTS, *LABELS, state.PAGE, state.INDEX}


def linked_choice() -> dict[str, str]:
    """Outcome and sort as the address says. One without any choice means the surest mistakes.

    One that names others but not these means all by index, as in links of earlier versions. Hence
    not bind="query-params", which leaves out what is chosen at first.
    """
    choice = {}
    for key, usual in (LINKED if st.query_params.keys() & PARAMETERS else OPENING).items():
        linked = st.query_params.get(key)
        found = (each for each, label in LABELS[key].items() if label == linked)
        choice[key] = next(found, usual)
    return choice


def read_address() -> None:
    """Begin with what the address says, also of what Streamlit keeps from the last visit."""
    if not has_returned() and state.OUTCOME in st.session_state:
        return
    st.session_state.update(linked_choice())
    for key in {*FILTER_DEFAULTS, state.PAGE, state.INDEX} - set(st.query_params):
        st.session_state.pop(key, None)


def write_address() -> None:
    """Name outcome and sort where the address would be read as others.

    Never at the mere opening: what is written then becomes an entry of the browser's history.
    """
    chosen = {key: st.session_state[key] for key in LABELS}
    if linked_choice() != chosen:
        st.query_params.update({key: LABELS[key][chosen[key]] for key in LABELS})


def change_outcome() -> None:
    """Others: mistakes the surest first, everything else by index."""
    wrong = st.session_state[state.OUTCOME] == "wrong"
    st.session_state[state.SORT] = "confident mistakes" if wrong else "index"
    go_to_page(1)


def ask_outcome() -> str:
    """Mistakes, all or what is right, a click each."""
    return st.segmented_control(
        "Outcome",
        list(LABELS[state.OUTCOME]),
        format_func=LABELS[state.OUTCOME].get,
        required=True,
        key=state.OUTCOME,
        on_change=change_outcome,
        label_visibility="collapsed",
    )


def ask_filters() -> dict[str, Any]:
    """The filter bar; returns the arguments of `evaluation.select_indices`."""
    read_address()
    outcome = ask_outcome()
    bar = st.grid(4, min_column_width=130)
    bound = {"bind": "query-params", "on_change": go_to_page, "args": (1,)}
    classes = [ANY, *CLASS_NAMES]
    true = bar.selectbox("True label", classes, key=state.TRUE_LABEL, **bound)
    pred = bar.selectbox("Predicted label", classes, key=state.PREDICTED_LABEL, **bound)
    confidence = bar.slider(
        "Confidence",
        0,
        100,
        (0, 100),
        format="%d%%",
        key=state.CONFIDENCE,
        help=meaning_of("Confidence"),
        **bound,
    )
    low, high = sorted(confidence)  # the URL may name the two ends the wrong way round
    sort = bar.selectbox(
        "Sort by",
        list(LABELS[state.SORT]),
        format_func=LABELS[state.SORT].get,
        key=state.SORT,
        on_change=go_to_page,
        args=(1,),
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
    st.session_state.update(FILTER_DEFAULTS | LINKED)
    go_to_page(1)


# Pages of the grid. `found`: the indices (K,) int64 of the images that pass the filters, in order.

PER_PAGE = 50  # five rows of ten on a wide screen


def go_to_page(page: int) -> None:
    st.session_state[state.PAGE] = page


def go_to_random_page(page: int, pages: int) -> None:
    """Another page than the one that is shown, if there is one."""
    if pages > 1:  # a click may come before the browser has heard that only one is left
        other = random.randint(1, pages - 1)
        go_to_page(other + (other >= page))


def pick(index: int | None) -> None:
    st.session_state[state.INDEX] = index


def show_page_of_picked(found: np.ndarray) -> None:
    """Turn to the page that has the picked image, if it passes the filters."""
    page = paging.page_of(found, st.session_state[state.INDEX], PER_PAGE)
    if page:
        go_to_page(page)


def step_to(index: int, found: np.ndarray) -> None:
    """Pick the image before or after the picked one, in the order of the grid."""
    pick(index)
    show_page_of_picked(found)


def ask_page(found: np.ndarray, images: int) -> tuple[np.ndarray, int | None]:
    """Count, paging, random page, jump to an index below the number of all images.

    Returns the indices of the chosen page and the picked index.
    """
    pages = paging.page_count(len(found), PER_PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(found):,}** of {format_count(images, 'image')}", width="content")
        page = ask_page_number(pages, state.PAGE)
        st.space("stretch")
        st.button(
            "Random page",
            icon=":material/shuffle:",
            disabled=pages < 2,
            on_click=go_to_random_page,
            args=(page, pages),
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
    """The picked image beside the grid; `probs` (N, 10)."""
    with sheet(f"Image {index}", partial(pick, None)):
        show_steps(index, found, partial(step_to, found=found))
        if not paging.page_of(found, index, PER_PAGE):
            st.caption("This image does not match your filters.")
        image = split.pixels[index], split.labels[index], probs[index]
        show_image(index, *image, entry, split.name)


def show_nothing_found() -> None:
    """The empty state when no image passes the filters."""
    with st.container(border=True):
        st.info("No image matches these filters.", icon=":material/filter_alt_off:")
        st.button("Clear the filters", type="primary", on_click=clear_filters)


def show_predictions(entry: ModelEntry) -> None:
    """The filters, a page of the grid, and the picked image."""
    split, probs = ask_images(entry, "predictions", start_anew)
    found = evaluation.select_indices(split.labels, probs, **ask_filters())
    if not len(found):
        write_address()
        show_nothing_found()
        return
    shown, picked = ask_page(found, len(split.labels))
    write_address()  # once page and index stand in it
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
st.write("What the model calls each image. Pick one to look closer.")
show_with_model(show_predictions)
