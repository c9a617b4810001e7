"""The picked image of the list: large, with the model's answer, its twins and nearest images."""

from functools import partial

import numpy as np
import streamlit as st

from fashion_core import paging
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.duplicates import Twin
from fashion_core.errors import LabError
from fashion_core.metadata import CLASS_NAMES
from fashion_core.text import format_signed
from pages.parts.cached import cached_split
from pages.parts.glossary import link_terms
from pages.parts.html import bars_html, plain, png_data_uri
from pages.parts.images.panel import show_large
from pages.parts.images.sheet import sheet, show_steps
from pages.parts.inside.alike import index_of, show_nearest
from pages.parts.jobs import show_job
from pages.parts.labels.grid import PER_PAGE, TEST, Listing, pick, step_to
from pages.parts.words import outcome_of


def show_picked(listing: Listing, places: np.ndarray, index: int, entry: ModelEntry) -> None:
    """The image `index` of the file beside the grid of the listed places (K,)."""
    indices = listing.split.indices[places]
    kind = "Test" if listing.split.name == TEST else "Training"
    with sheet(f"{kind} image {index}", partial(pick, None)):
        show_steps(index, indices, partial(step_to, indices=indices))
        place = place_of(listing.split, index)
        if place is None:
            st.info(
                link_terms(
                    "This one is a validation image, so no fold holds it. Pick another image."
                ),
                icon=":material/info:",
            )
            return
        if not paging.page_of(indices, index, PER_PAGE):
            st.caption("This image is not in the list.")
        show_image(listing, place, index)
        show_twins(listing.twins.get(index, []))
        show_neighbours(listing, place, entry)


def place_of(split: Split, index: int) -> int | None:
    """Where the image `index` of the file is in the split, None where it is not."""
    page = paging.page_of(split.indices, index, 1)
    return None if page is None else page - 1


def show_image(listing: Listing, place: int, index: int) -> None:
    """The image with its label, the model's answer, its rank and the classes as bars."""
    split, label = listing.split, int(listing.split.labels[place])
    words, bars = f"Label <b>{CLASS_NAMES[label]}</b>", ""
    if listing.probs is not None:
        probs = listing.probs[place]
        pred = int(probs.argmax())
        kind, outcome = outcome_of(pred == label)
        said = f'<b class="{kind}">{outcome[0]} {CLASS_NAMES[pred]}</b>'
        words += (
            f"<br>The model says {said}, {probs[pred]:.1%}"
            f"<br>Margin {format_signed(listing.margins[place])}<br>{describe_rank(listing, place)}"
        )
        names = [f"{name} (label)" if i == label else name for i, name in enumerate(CLASS_NAMES)]
        bars = bars_html(names, probs)
    show_large(index, split.pixels[place], label, words, bars, split.name)


def describe_rank(listing: Listing, place: int) -> str:
    rank = paging.page_of(listing.doubtful, place, 1)
    return f"Doubt {rank:,} of {len(listing.doubtful):,}" if rank else "Not doubtful"


# Twins


def show_twins(twins: list[Twin]) -> None:
    """The images that are nearly the same as the picked one."""
    if not twins:
        return
    st.markdown("**Near duplicates**")
    st.html(f'<div class="alike">{"".join(map(twin_html, twins))}</div>')
    st.caption(
        link_terms(
            "Under each: its label, its file and index, and by how many of 255 grey levels it"
            " differs (root mean square)."
        )
    )


def twin_html(twin: Twin) -> str:
    pixels, label = image_of(twin)
    name, file = CLASS_NAMES[label], "Test" if twin.file == TEST else "Training"
    return (
        f'<figure><img src="{png_data_uri(pixels)}" alt="{file} image {twin.index}: {name}">'
        f"<figcaption><b>{name}</b><br>{file} #{twin.index} · {twin.difference:.1f}</figcaption>"
        "</figure>"
    )


def image_of(twin: Twin) -> tuple[np.ndarray, int]:
    """Pixels (28, 28) uint8 and label of an image in a file, which may be a validation image."""
    names = ("test",) if twin.file == TEST else ("train", "val")
    splits = [cached_split(name) for name in names]
    split = next(each for each in splits if place_of(each, twin.index) is not None)
    place = place_of(split, twin.index)
    return split.pixels[place], int(split.labels[place])


# Neighbours


def show_neighbours(listing: Listing, place: int, entry: ModelEntry) -> None:
    """The nearest training images for the model in use, or the way to have them computed."""
    st.markdown("**What it is like**")
    try:
        index = index_of(entry)
        if index is None:
            show_job("labels", entry)
        else:
            itself = None if listing.split.name == TEST else place
            show_nearest(listing.split.pixels[place], entry, index, itself)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
