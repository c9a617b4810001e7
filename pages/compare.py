"""Compare: the model in use against a second one: who is right where, and whose answer changed.

Stands on fashion_core.comparison (the numbers) and fashion_core.charts.figures (the figure); model
and cell are in the URL.
"""

import numpy as np
import pandas as pd
import streamlit as st

from fashion_core import comparison, evaluation
from fashion_core.catalog import ModelEntry
from fashion_core.charts.figures import describe_difference, difference_figure, signed
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages.parts import state
from pages.parts.cached import cached_split, cached_test_probs
from pages.parts.frame import open_dialog, run_through_router, show_with_model
from pages.parts.html import plain, theme_is_dark
from pages.parts.images.grid import show_image_buttons
from pages.parts.images.matrix import ask_cell, pick_cell, show_clickable_matrix
from pages.parts.images.pair import pair_item, show_pair_image
from pages.parts.picker import ask_second_model
from pages.parts.words import GLOSSARY, model_label

# In this file: a confusion is (10, 10) int64, probs are (10000, 10) float32; a cell is the true and
# the predicted class.


def show_alone(entry: ModelEntry) -> None:
    """There is only one model."""
    name = plain(entry.title)
    st.info(
        f"{name} is the only model here. Train a second one and see what changes.",
        icon=":material/compare:",
    )
    st.page_link("pages/train.py", label="Train a model", icon=":material/arrow_forward:")
    st.page_link("pages/runs.py", label="Import a model file", icon=":material/upload_file:")


def ask_models(entry: ModelEntry) -> ModelEntry | None:
    """The two models side by side; returns the second one."""
    with st.container(border=True):
        left, right = st.columns(2)
        left.markdown(f"**A**, the model in use  \n{plain(model_label(entry))}")
        left.caption("Choose another one in the sidebar.")
        with right:
            return ask_second_model(entry, state.COMPARE_WITH, "B, compared with it")


def show_totals(totals: dict) -> None:
    """Who is right how often, and whether the difference may be luck."""
    points = 100 * (totals["accuracy_b"] - totals["accuracy_a"])
    metrics = (
        ("Accuracy of A", f"{totals['accuracy_a']:.1%}", f"{totals['images']:,} images"),
        ("Accuracy of B", f"{totals['accuracy_b']:.1%}", f"{signed_points(points)} points"),
        ("Only A right", f"{totals['only_a']:,}", "images"),
        ("Only B right", f"{totals['only_b']:,}", "images"),
        ("Both right", f"{totals['both']:,}", "images"),
        ("Neither right", f"{totals['neither']:,}", "images"),
    )
    grid = st.grid(6, min_column_width=130)
    for label, value, note in metrics:
        grid.metric(label, value, note, border=True, delta_color="off", delta_arrow="off")
    st.caption(describe_significance(totals["p_value"]))


def signed_points(points: float) -> str:
    """A difference with all digits of 10,000 images: 94.17 − 93.72 is 0.45, 94.2 − 93.7 is 0.5."""
    return f"{points:+.2f}".replace("-", "−")


LUCK = 0.05  # a difference that luck makes less often than this is hardly luck


def describe_significance(p_value: float) -> str:
    """Whether the two may well be equally good, in a sentence."""
    share = "less than 0.1 %" if p_value < 0.001 else f"{100 * p_value:.1f} %"
    verdict = "this is hardly luck" if p_value < LUCK else "this may well be luck"
    return (
        f"Two equally good models would differ this much by luck on {share} of such test sets:"
        f" {verdict}."
    )


# The matrix

CHANGES = 6


def show_matrix(
    confusions: tuple[np.ndarray, np.ndarray],
    names: tuple[str, str],
    cell: tuple[int, int] | None,
) -> None:
    """B's matrix minus A's, and the largest changes as buttons."""
    with st.container(border=True):
        st.markdown("**B minus A**: blue where B has fewer images, orange where it has more.")
        st.caption(
            "On the diagonal, where the answer is right, more is better; everywhere else fewer is."
        )
        figure = difference_figure(*confusions, names, theme_is_dark())
        alt = (
            "B's confusion matrix minus A's: true labels down, predicted across. The pickers reach"
            " every cell."
        )
        show_clickable_matrix(figure, cell, alt, key="difference")
        show_changes(confusions[1] - confusions[0])


def show_changes(difference: np.ndarray) -> None:
    """The cells that changed most, `difference` (10, 10) int64; a click picks one."""
    st.markdown("**Largest changes**")
    with st.container(horizontal=True, gap="xsmall"):
        for true, pred, change in evaluation.largest_cells(difference, CHANGES):
            label = f"{CLASS_NAMES[true]} → {CLASS_NAMES[pred]} · {signed(change)}"
            st.button(label, key=f"change-{true}-{pred}", on_click=pick_cell, args=(true, pred))


# The picked cell


def show_cell(
    confusions: tuple[np.ndarray, np.ndarray],
    cell: tuple[int, int],
    split: Split,
    probs_a: np.ndarray,
    probs_b: np.ndarray,
) -> None:
    """The picked cell in words, with the images that came into it and those that left it."""
    counts = [int(confusion[cell]) for confusion in confusions]
    st.subheader(describe_difference(counts[1] - counts[0], *cell), anchor=False)
    st.caption(f"With A {counts[0]:,}, with B {counts[1]:,}. Pick an image to look closer.")
    came, left = comparison.prediction_changes(split.labels, probs_a, probs_b, *cell)
    name = CLASS_NAMES[cell[1]]
    probs = (probs_a, probs_b)
    show_images("came", "Came in", f"B calls them {name}, A does not.", came, split, *probs)
    show_images("left", "Left", f"A calls them {name}, B does not.", left, split, *probs)


# That came into one cell, and as many that left it; more only if one of the two learned nothing
MAX_IMAGES = 60


def show_images(
    key: str,
    title: str,
    note: str,
    found: np.ndarray,
    split: Split,
    probs_a: np.ndarray,
    probs_b: np.ndarray,
) -> None:
    """Images with both predictions under a title; `found`: their indices (K,), surest first."""
    st.markdown(f"**{title}: {len(found):,}**")
    if not len(found):
        st.caption("No image.")
        return
    if len(found) > MAX_IMAGES:
        note += f" Here are the {MAX_IMAGES} that B is surest of."
    st.caption(note)
    items = [
        pair_item(i, split.pixels[i], split.labels[i], probs_a[i], probs_b[i])
        for i in found[:MAX_IMAGES]
    ]
    show_image_buttons(f"{key}_grid", items, open_image)


def open_image(index: int) -> None:
    st.session_state[state.OPENED_PAIR] = index


def show_opened_image(
    split: Split, entries: tuple[ModelEntry, ModelEntry], probs_a: np.ndarray, probs_b: np.ndarray
) -> None:
    """The dialog of an image that was clicked, if one was."""
    index = st.session_state.pop(state.OPENED_PAIR, None)
    if index is not None:
        args = index, split, entries, probs_a[index], probs_b[index]
        open_dialog(f"Image {index}", show_pair_image, *args)


# The whole test split


def show_classes(rows: list[dict]) -> None:
    """How much of each class the two find."""
    frame, columns = pd.DataFrame(rows), {"class": "Class"}
    for name, label, pattern in (
        ("recall_a", "A finds", "%.1f%%"),
        ("recall_b", "B finds", "%.1f%%"),
        ("difference", "B − A, points", "%+.1f"),
    ):
        frame[name] *= 100
        columns[name] = st.column_config.NumberColumn(
            label, format=pattern, help=GLOSSARY["recall"]
        )
    columns |= {"only_a": "Only A right", "only_b": "Only B right"}
    st.subheader("Each class", anchor=False)
    st.dataframe(
        frame,
        hide_index=True,
        column_config=columns,
        height="content",
        alt="What the two find of each class",
    )


def show_comparison(entry: ModelEntry) -> None:
    """The model in use against the second one, if there is one."""
    other = ask_models(entry)
    if other is None:
        show_alone(entry)
        return
    names = (entry.title, other.title)
    split = cached_split("test")
    probs_a, probs_b = cached_test_probs(entry), cached_test_probs(other)
    preds_a, preds_b = probs_a.argmax(axis=1), probs_b.argmax(axis=1)
    confusions = tuple(evaluation.confusion(split.labels, preds) for preds in (preds_a, preds_b))
    show_totals(comparison.totals(split.labels, preds_a, preds_b))
    left, right = st.columns([2, 1])
    with right, st.container(border=True, key="changes_card"):
        cell = ask_cell()
        if cell:
            show_cell(confusions, cell, split, probs_a, probs_b)
        else:
            st.caption(
                "Click a cell of the matrix, or choose it here: the images whose prediction changed"
                " appear."
            )
    with left:
        show_matrix(confusions, names, cell)
    show_classes(comparison.per_class(split.labels, preds_a, preds_b))
    show_opened_image(split, (entry, other), probs_a, probs_b)


run_through_router()
st.title("Compare", anchor=False)
st.write("Two models on the same test images. Click any cell to see what changed in it.")
show_with_model(show_comparison)
