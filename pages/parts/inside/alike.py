"""What a picture is like for a model: the training images nearest to it, and what that tells.

Stands on fashion_core.inside.features, which loads torch and hence waits for somebody to look, and,
for the features of all training images, which are computed once for each model, on
fashion_core.inside.jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fashion_core import files
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.errors import LabError
from fashion_core.inside import jobs
from fashion_core.metadata import CLASS_NAMES, TRAIN_SIZE
from pages.parts import state
from pages.parts.cached import cached_model, cached_split
from pages.parts.glossary import link_terms
from pages.parts.html import plain, png_data_uri
from pages.parts.inside.picture import Picture
from pages.parts.jobs import show_job

if TYPE_CHECKING:
    from fashion_core.inside.features import FeatureIndex

NEAREST = 9
INDICES = 2  # kept in memory, of 14 MB each


@st.cache_data(max_entries=20, show_spinner=False)
def cached_digest(path: str, fingerprint: str) -> str:
    """The digest of a model's file."""
    return files.digest_of(Path(path))


@st.cache_resource(max_entries=INDICES, show_spinner=False)
def _cached_index(path: str, digest: str, result: str, written: int) -> FeatureIndex | None:
    from fashion_core.inside import features

    return features.load_index(Path(result), digest, TRAIN_SIZE)


def index_of(entry: ModelEntry) -> FeatureIndex | None:
    """The features of all training images for a model; None until they have been computed."""
    result = jobs.result_path(entry.path, "features")
    try:
        written = result.stat().st_mtime_ns
        digest = cached_digest(str(entry.path), entry.fingerprint)
    except OSError:
        return None
    return _cached_index(str(entry.path), digest, str(result), written)


# On Inside and elsewhere


def show_alike(picture: Picture, entry: ModelEntry) -> None:
    """The nearest training images, large, or the way to have them computed."""
    index = index_of(entry)
    if index is None:
        show_job("inside", entry)
    else:
        show_nearest(picture.pixels, entry, index)


def show_alike_panel(key: str, pixels: np.ndarray, entries: Sequence[ModelEntry]) -> None:
    """The same for one or two models, folded; nothing is computed while it is closed.

    `key` as in `show_looks_panel`.
    """
    panel = st.expander(
        "What it is like",
        icon=":material/join_inner:",
        key=state.alike_key("panel", key),
        on_change="rerun",
    )
    if not panel.open:
        return
    for letter, entry in zip("AB", entries, strict=False):
        with panel:
            if len(entries) > 1:
                st.markdown(f"{letter} · {plain(entry.title)}")
            show_alike_of(f"{key}_{letter}", pixels, entry)


def show_alike_of(key: str, pixels: np.ndarray, entry: ModelEntry) -> None:
    """The nearest training images for one model, or the way to them, or why there are none."""
    try:  # here, because what is raised in a fragment or dialog comes no further
        index = index_of(entry)
        if index is None:
            show_job(key, entry)
        else:
            show_nearest(pixels, entry, index)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")


def show_nearest(
    pixels: np.ndarray, entry: ModelEntry, index: FeatureIndex, itself: int | None = None
) -> None:
    """The nearest training images of a picture (28, 28) uint8, and what they are.

    `itself`: the picture's own place in the training split, which is then not among them.
    """
    from fashion_core.inside import features

    model = cached_model(str(entry.path), entry.fingerprint)
    vector = features.penultimate(model, pixels[None])[0]
    found, distances = features.nearest(index, vector, NEAREST + 1)
    others = (found != itself) if itself is not None else slice(NEAREST)
    found, distances = found[others][:NEAREST], distances[others][:NEAREST]
    split = cached_split("train")
    st.markdown(describe_nearest(split.labels[found]))
    figures = "".join(
        figure_html(split, int(i), distance) for i, distance in zip(found, distances, strict=True)
    )
    st.html(f'<div class="alike">{figures}</div>')
    st.caption(
        link_terms(
            "The training images whose features, the inputs of the last layer, point most nearly"
            " the same way; where there are more than 64, along their 64 main directions. Under"
            " each: its index in the training file and its cosine distance, 0 for the same"
            " direction."
        )
    )


def describe_nearest(labels: np.ndarray) -> str:
    """What the nearest images (K,) are, in a sentence of Markdown."""
    from fashion_core.inside import features

    shares = features.label_shares(labels)
    best, count = shares[0]
    name = CLASS_NAMES[best]
    if count == len(labels):
        return f"It looks like **{name}** because these do: all {count} nearest are {name}."
    others = ", ".join(f"{number} {CLASS_NAMES[label]}" for label, number in shares[1:])
    return f"It looks like **{name}** because these do: {count} of {len(labels)}, beside {others}."


def figure_html(split: Split, place: int, distance: float) -> str:
    """One training image with its label, index and distance."""
    name, index = CLASS_NAMES[split.labels[place]], int(split.indices[place])
    source = png_data_uri(split.pixels[place])
    return (
        f'<figure><img src="{source}" alt="Training image {index}: {name}">'
        f"<figcaption><b>{name}</b><br>#{index} · {distance:.3f}</figcaption></figure>"
    )
