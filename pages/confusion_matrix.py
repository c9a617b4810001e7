"""Confusion matrix: which classes are taken for which; any cell shows its images.

Below it the scores of each class and the calibration. Stands on fashion_core.evaluation (the
numbers) and fashion_core.charts.figures (the figures); the cell is in the URL.
"""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from fashion_core import evaluation
from fashion_core.catalog import ModelEntry
from fashion_core.charts.figures import (
    FEW_IMAGES,
    PLURALS,
    calibration_figure,
    confusion_figure,
    describe_cell,
)
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from fashion_core.text import BYTE_ORDER_MARK, format_count
from pages.parts import state
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.glossary import help_on, link_terms, meaning_of
from pages.parts.html import theme_is_dark
from pages.parts.images.grid import show_image_grid
from pages.parts.images.matrix import ask_cell, pick_cell, show_clickable_matrix, unpick_cell
from pages.parts.images.panel import show_image
from pages.parts.images.sheet import sheet, show_steps
from pages.parts.images.source import TEST_IMAGES, ask_images, describe_source
from pages.parts.lesson_line import show_lesson_line
from pages.parts.words import GLOSSARY

# In this file: confusion (10, 10) int64; labels, preds (N,) int64; probs (N, 10) float32.


@st.cache_data(max_entries=8, show_spinner=False)
def cached_scores(labels: np.ndarray, preds: np.ndarray) -> tuple[dict, list[dict]]:
    """The summary and the per-class report of some predictions."""
    return evaluation.summary(labels, preds), evaluation.per_class_report(labels, preds)


def show_metrics(summary: dict, split_name: str) -> None:
    """The four numbers on top: accuracy, macro F1, the worst class, the most confused pair."""
    meaning = "The share of these pictures that are classified correctly."
    if split_name == TEST_IMAGES:
        meaning = help_on("test")
    pair, count = summary["most_confused"], summary["most_confused_count"]
    pair_note, pair_help = "no mistake", None
    if pair:
        pair_note, pair_help = describe_pair(*pair), f"{describe_cell(count, *pair)}."
    accuracy = f"{summary['accuracy']:.1%}"
    images = f"of {format_count(int(summary['images']), 'image')}"
    macro_f1, worst = f"{summary['macro_f1']:.3f}", CLASS_NAMES[summary["worst_class"]]
    only = summary["classes"] == 1
    classes = "of its only class" if only else f"mean of {summary['classes']} classes"
    worst_f1 = f"F1 {summary['worst_f1']:.3f}"
    metrics = (
        ("Accuracy", accuracy, images, meaning),
        ("Macro F1", macro_f1, classes, meaning_of("Macro F1")),
        ("Worst class", worst, worst_f1, "The class with the lowest F1."),
        ("Most confused", f"{count:,}", pair_note, pair_help),
    )
    grid = st.grid(4, min_column_width=150)
    plain_note = {"border": True, "delta_color": "off", "delta_arrow": "off"}
    for label, value, note, help_text in metrics:
        grid.metric(label, value, note, help=help_text, **plain_note)


def describe_pair(true: int, pred: int) -> str:
    return f"{CLASS_NAMES[true]} → {CLASS_NAMES[pred]}"


# The matrix

MODE_LABELS = {
    "count": "Counts",
    "by true class": "% of true",
    "by predicted class": "% of predicted",
}


def show_matrix(confusion: np.ndarray, cell: tuple[int, int] | None) -> None:
    """The matrix with its modes, and the most confused pairs as buttons."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            mode = st.segmented_control(
                "Numbers",
                list(MODE_LABELS),
                format_func=MODE_LABELS.get,
                default="count",
                required=True,
                key=state.MODE,
                bind="query-params",
                label_visibility="collapsed",
            )
            hide = st.toggle(
                "Hide the diagonal",
                key=state.HIDE,
                bind="query-params",
                help="So that the mistakes show.",
            )
        # An empty ?mode= in the URL comes as None.
        figure = confusion_figure(confusion, mode or "count", hide, theme_is_dark())
        alt = "Confusion matrix: true labels down, predicted across. The pickers reach every cell."
        show_clickable_matrix(figure, cell, alt)
        show_pairs(confusion)


PAIRS = 6


def show_pairs(confusion: np.ndarray) -> None:
    """The most confused pairs; a click picks the cell."""
    pairs = evaluation.most_confused(confusion, PAIRS)
    if not pairs:
        return
    st.markdown("**Most confused pairs**")
    with st.container(horizontal=True, gap="xsmall"):
        for true, pred, count in pairs:
            label = f"{describe_pair(true, pred)} · {count:,}"
            st.button(label, key=f"pair-{true}-{pred}", on_click=pick_cell, args=(true, pred))


# The shown cell: the picked one, or the most confused

MAX_IMAGES = 24  # of one cell, beside the matrix; the Predictions page has them all


def most_confused_cell(confusion: np.ndarray) -> tuple[int, int] | None:
    """The cell that is shown until one is picked; None where there is no mistake."""
    pairs = evaluation.most_confused(confusion, 1)
    return pairs[0][:2] if pairs else None


def show_side(
    confusion: np.ndarray,
    picked: tuple[int, int] | None,
    cell: tuple[int, int] | None,
    split: Split,
    probs: np.ndarray,
    entry: ModelEntry,
) -> None:
    """The cell with its images, or one of them large.

    Once something was picked it is a sheet, which on a phone lies over the page.
    """
    if cell is None:
        st.caption("Click a cell of the matrix, or choose it here, and its images appear.")
        return
    indices = evaluation.cell_indices(split.labels, probs, *cell)
    opened = st.session_state.get(state.CELL_IMAGE)
    words = describe_cell(len(indices), *cell)
    if opened in indices:
        with sheet(f"Image {opened}", partial(open_image, None), "Back"):
            st.caption(words)
            show_steps(opened, indices, open_image)
            image = split.pixels[opened], split.labels[opened], probs[opened]
            show_image(opened, *image, entry, split.name)
        return
    open_image(None)  # it is of another cell
    if picked:
        with sheet(words, unpick_cell):
            show_cell(confusion, cell, indices, split, probs)
    else:
        st.subheader(words, anchor=False)
        st.caption("The most confused pair. Click any cell of the matrix, or choose it above.")
        show_cell(confusion, cell, indices, split, probs)


def show_cell(
    confusion: np.ndarray,
    cell: tuple[int, int],
    indices: np.ndarray,
    split: Split,
    probs: np.ndarray,
) -> None:
    """What share of its class a cell has, and its images: their indices (K,), surest first."""
    true, pred = cell
    if not len(indices):
        never = "never makes this mistake on these images"
        if true == pred:
            never = "classifies none of them correctly"
        reason = f"the model {never}" if confusion[true].any() else "none of these is of this class"
        st.caption(f"No image here: {reason}.")
        if most_confused_cell(confusion):
            st.button("Show the most confused pair", on_click=unpick_cell)
        return
    share = len(indices) / confusion[true].sum()
    st.caption(f"{share:.1%} of all {PLURALS[true]}. Surest first; pick an image to look closer.")
    show_image_grid("cell_grid", indices[:MAX_IMAGES], split, probs, open_image, compact=True)
    query = {state.TRUE_LABEL: CLASS_NAMES[true], state.PREDICTED_LABEL: CLASS_NAMES[pred]}
    if split.name != TEST_IMAGES:
        query[state.IMAGES] = describe_source(split.name)
    label = "See it in Predictions" if len(indices) == 1 else f"All {len(indices):,} in Predictions"
    st.page_link(
        "pages/predictions.py", label=label, icon=":material/grid_view:", query_params=query
    )


def open_image(index: int | None) -> None:
    """Show an image large, or none. It stays open as long as it is in the shown cell."""
    st.session_state[state.CELL_IMAGE] = index


# All images


# Pixels. All columns together fit on a phone; where there is more room they share it
CLASS_WIDTH, SUPPORT_WIDTH, SCORE_WIDTH = 92, 58, 68


def show_classes(report: list[dict], confusion: np.ndarray) -> None:
    """The scores of each class as a table, and as a CSV file to take away."""
    frame = pd.DataFrame(report)
    # Of a class without images there is nothing to score: a zero would look like a failure
    frame.loc[frame["support"] == 0, ["precision", "recall", "f1"]] = None
    frame.loc[confusion.sum(axis=0) == 0, "precision"] = None  # none was called so
    columns = {
        "class": st.column_config.Column("Class", width=CLASS_WIDTH),
        "support": st.column_config.NumberColumn(
            "Images",
            help="Images of this class: its support.",
            format="localized",
            width=SUPPORT_WIDTH,
        ),
    }
    for name, term in (("precision", "precision"), ("recall", "recall"), ("f1", "F1")):
        columns[name] = st.column_config.ProgressColumn(
            name.capitalize(),
            help=GLOSSARY[term],
            format="%.3f",
            min_value=0,
            max_value=1,
            width=SCORE_WIDTH,
        )
    st.subheader("Each class", anchor=False)
    st.caption(link_terms("Precision, recall and F1 of each class; a click on a head sorts."))
    st.dataframe(
        frame,
        hide_index=True,
        column_config=columns,
        height="content",
        alt="The scores of each class",
    )
    st.download_button(
        "Download as CSV",
        lambda: BYTE_ORDER_MARK + frame.to_csv(index=False),
        "per_class.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def show_calibration(labels: np.ndarray, probs: np.ndarray) -> None:
    """Whether the model is as often right as it is sure."""
    table = evaluation.calibration(labels, probs)
    st.subheader("Calibration", anchor=False, help=help_on("calibration"))
    st.caption(
        link_terms(
            "The point on a bar stands at how sure it is there on average. A point on the dashed"
            " line means that what it calls 80% sure is right four times in five. On average it is"
            f" off by {table['ece']:.1%} (expected calibration error). A pale bar stands for fewer"
            f" than {FEW_IMAGES} images and says little. Hover over a bar to see how many."
        )
    )
    figure = calibration_figure(table["bins"], theme_is_dark())
    alt = "How often it is right, over how sure it is; the dashed line is where both are equal"
    st.plotly_chart(figure, key="calibration", config={"displayModeBar": False}, alt=alt)


def show_confusion(entry: ModelEntry) -> None:
    """Everything about one model's predictions on the images that were asked for."""
    split, probs = ask_images(entry, "confusion_matrix", partial(open_image, None))
    preds, _ = evaluation.predictions(probs)
    confusion = evaluation.confusion(split.labels, preds)
    summary, report = cached_scores(split.labels, preds)
    show_metrics(summary, split.name)
    left, right = st.columns([2, 1])
    with right, st.container(border=True):
        picked = ask_cell()
        cell = picked or most_confused_cell(confusion)
        show_side(confusion, picked, cell, split, probs, entry)
    with left:
        show_matrix(confusion, cell)
    show_classes(report, confusion)
    show_calibration(split.labels, probs)


run_through_router()
st.title("Confusion matrix", anchor=False)
show_lesson_line("confusion_matrix")
st.write("Which clothes are taken for which. Click any cell to see its images.")
show_with_model(show_confusion)
