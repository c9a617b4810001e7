"""The map: all test images as points, those alike for a model near each other.

Stands on fashion_core.inside.projection and fashion_core.charts.points. What box or lasso selects
appears below as images, counts and a CSV file. A small component shows the image under the pointer.
"""

import base64
import contextlib
import io
import time
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from fashion_core.catalog import ModelEntry, fingerprint_of
from fashion_core.charts.points import points_figure, selected_indices
from fashion_core.data import Split
from fashion_core.inside import features, jobs, projection
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, TEST_SIZE
from fashion_core.text import BYTE_ORDER_MARK
from pages.parts import state
from pages.parts.cached import (
    PART,
    SOON_SECONDS,
    cached_model,
    cached_split,
    cached_test_probs,
)
from pages.parts.frame import open_dialog
from pages.parts.glossary import link_terms
from pages.parts.html import theme_is_dark
from pages.parts.images.grid import show_image_grid
from pages.parts.images.panel import show_image
from pages.parts.inside.alike import cached_digest
from pages.parts.inside.picture import Picture
from pages.parts.jobs import show_job

# In this file: positions (10000, 2) float32, probs (10000, 10) float32, indices (K,) int64.

_hovered_image = st.components.v2.component(
    "hovered_image",
    html='<div class="hovered" hidden><i></i><span></span></div>',
    css=Path(__file__).with_name("hover.css").read_text("utf-8"),
    js=Path(__file__).with_name("hover.js").read_text("utf-8"),
)

FEATURE_PARTS = 40  # kept in memory, of two models; each is 0.3 MB, of a wide own network 2 MB


@st.cache_data(max_entries=FEATURE_PARTS, show_spinner=False)
def _cached_features_part(path: str, fingerprint: str, start: int) -> np.ndarray:
    """Features (PART, D) float16 of the test images from `start` on."""
    pixels = cached_split("test").pixels[start : start + PART]
    return features.penultimate(cached_model(path, fingerprint), pixels).astype(np.float16)


def cached_test_features(entry: ModelEntry) -> np.ndarray:
    """Features (10000, D) float32 of the test images; shows how far it is where it takes longer."""
    began, bar, parts = time.monotonic(), st.empty(), []
    for start in range(0, TEST_SIZE, PART):
        if time.monotonic() - began > SOON_SECONDS:
            bar.progress(
                start / TEST_SIZE, text=f"Laying out the {TEST_SIZE:,} test images: {start:,} done"
            )
        parts.append(_cached_features_part(str(entry.path), entry.fingerprint, start))
    bar.empty()
    return np.concatenate(parts).astype(np.float32)


def map_of(entry: ModelEntry) -> projection.PlaneMap:
    """The test images on the model's plane: kept ones come at once, others are kept then."""
    path = projection.map_path(entry.path)
    digest = cached_digest(str(entry.path), entry.fingerprint)
    kept = projection.load_map(path, digest, TEST_SIZE)
    if kept is None:
        kept = projection.lay_out(cached_test_features(entry))
        with contextlib.suppress(OSError):  # then it is laid out again
            if fingerprint_of(entry.path) == entry.fingerprint:
                projection.save_map(path, kept, digest)
    return kept


@st.cache_data(max_entries=1, show_spinner=False)
def cached_atlas() -> str:
    """All test images as one picture, 100 across, as an inline JPEG: 1.8 MB."""
    pixels = cached_split("test").pixels.reshape(-1, ACROSS, IMAGE_SIZE, IMAGE_SIZE)
    picture = pixels.transpose(0, 2, 1, 3).reshape(-1, ACROSS * IMAGE_SIZE)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=50)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


ACROSS = 100
LAYOUTS = {"pca": "PCA", "tsne": "t-SNE"}
COLORINGS = {"true": "True class", "pred": "Predicted class"}


def show_points(picture: Picture, entry: ModelEntry) -> None:
    """The map with its choices, the picture among the points, and what is selected."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layout = st.segmented_control(
            "Layout",
            list(LAYOUTS),
            default="pca",
            required=True,
            format_func=LAYOUTS.get,
            key=state.LAYOUT,
            bind="query-params",
            help=link_terms(
                "PCA: the plane on which the features spread most. t-SNE keeps neighbours together;"
                " distances between its groups mean nothing."
            ),
        )
        coloring = st.segmented_control(
            "Colour",
            list(COLORINGS),
            default="true",
            required=True,
            format_func=COLORINGS.get,
            key=state.COLORING,
            bind="query-params",
        )
    split, probs = cached_split("test"), cached_test_probs(entry)
    model = cached_model(str(entry.path), entry.fingerprint)
    vector = features.penultimate(model, picture.pixels[None])[0]
    if layout == "tsne":
        positions = tsne_of(entry)
        if positions is None:
            show_job("map", entry, "tsne")
            return
        mark = projection.among_neighbours(positions, cached_test_features(entry), vector)
    else:
        laid_out = map_of(entry)
        positions, mark = laid_out.positions, projection.on_plane(laid_out.plane, vector)
    show_map(positions, mark, split, probs, coloring, entry)


def tsne_of(entry: ModelEntry) -> np.ndarray | None:
    """The positions that the job has left for this model, if it has."""
    path = jobs.result_path(entry.path, "tsne")
    digest = cached_digest(str(entry.path), entry.fingerprint)
    return projection.load_positions(path, digest, TEST_SIZE)


@st.fragment
def show_map(
    positions: np.ndarray,
    mark: np.ndarray,
    split: Split,
    probs: np.ndarray,
    coloring: str,
    entry: ModelEntry,
) -> None:
    """The figure and below it what is selected; selecting reruns only this."""
    preds = probs.argmax(axis=1)
    colored = split.labels if coloring == "true" else preds
    figure = points_figure(positions, colored, preds != split.labels, mark, theme_is_dark())
    with st.container(key="map_box", border=True):
        st.caption(
            "Draw around points with the lasso, or take the box, to see their images. A ring is a"
            " mistake; the star is the picture above, in t-SNE amid the images most like it."
        )
        event = st.plotly_chart(
            figure,
            key=state.POINTS,
            on_select="rerun",
            selection_mode=("lasso", "box"),
            config={"displaylogo": False, "scrollZoom": True},
            alt="All test images as points, those alike for the model near each other",
        )
        words = [CLASS_NAMES[label] for label in split.labels]
        _hovered_image(
            key="hovered_image",
            data={"box": "map_box", "atlas": cached_atlas(), "across": ACROSS, "words": words},
        )
    indices = selected_indices(list(event.selection.points), TEST_SIZE)
    if len(indices):
        show_selected(indices, split, probs)
    else:
        st.caption("Selected images appear here, with their counts and a CSV file.")
    show_opened_image(split, probs, entry)


SHOWN = 60  # of the selected images; the CSV file has them all


def show_selected(indices: np.ndarray, split: Split, probs: np.ndarray) -> None:
    """The selected images: how many of each class, the first of them, a CSV file."""
    labels, preds = split.labels[indices], probs[indices].argmax(axis=1)
    wrong = int((labels != preds).sum())
    st.subheader(f"{len(indices):,} selected, mistakes: {wrong:,}", anchor=False)
    left, right = st.columns([1, 2])
    with left:
        st.dataframe(
            counts_frame(labels, preds),
            hide_index=True,
            height="content",
            alt="How many of the selected images have each label, and how many each answer",
        )
        frame = selected_frame(indices, labels, probs[indices])
        st.download_button(
            "Download as CSV",
            lambda: BYTE_ORDER_MARK + frame.to_csv(index=False),
            "selected.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    with right:
        if len(indices) > SHOWN:
            st.caption(f"The first {SHOWN} by index. Pick one to look closer.")
        show_image_grid("map_grid", indices[:SHOWN], split, probs, open_image)


def counts_frame(labels: np.ndarray, preds: np.ndarray) -> pd.DataFrame:
    """How many of these images (K,) are of each class, and are called so; most first."""
    counts = [np.bincount(values, minlength=len(CLASS_NAMES)) for values in (labels, preds)]
    frame = pd.DataFrame({"Class": CLASS_NAMES, "True": counts[0], "Predicted": counts[1]})
    frame = frame[(frame["True"] > 0) | (frame["Predicted"] > 0)]
    return frame.sort_values("True", ascending=False, kind="stable")


def selected_frame(indices: np.ndarray, labels: np.ndarray, probs: np.ndarray) -> pd.DataFrame:
    """A row for each selected image; `labels` (K,), `probs` (K, 10)."""
    preds = probs.argmax(axis=1)
    return pd.DataFrame(
        {
            "index": indices,
            "true_label": [CLASS_NAMES[label] for label in labels],
            "predicted_label": [CLASS_NAMES[pred] for pred in preds],
            "confidence": probs.max(axis=1).round(4),
        }
    )


def open_image(index: int) -> None:
    st.session_state[state.OPENED_IMAGE] = index


def show_opened_image(split: Split, probs: np.ndarray, entry: ModelEntry) -> None:
    """The dialog of an image that was clicked, if one was."""
    index = st.session_state.pop(state.OPENED_IMAGE, None)
    if index is not None:
        image = split.pixels[index], split.labels[index], probs[index]
        open_dialog(f"Image {index}", show_image, index, *image, entry)
