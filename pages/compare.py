"""Compare: the model in use against a second one: who is right where, and whose answer changed.

Stands on fashion_core.comparison (the numbers) and fashion_core.charts.figures (the figure); model
and cell are in the URL.
"""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from fashion_core import comparison, evaluation, limits
from fashion_core.catalog import ModelEntry
from fashion_core.charts.figures import describe_difference, difference_figure, signed
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from fashion_core.text import format_count, format_signed
from pages.parts import state
from pages.parts.cached import cached_split, cached_test_probs
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.glossary import help_on, link_terms
from pages.parts.history import has_returned
from pages.parts.html import plain, theme_is_dark
from pages.parts.images.grid import show_image_buttons
from pages.parts.images.matrix import ask_cell, pick_cell, show_clickable_matrix, unpick_cell
from pages.parts.images.pair import pair_item, show_pair_image
from pages.parts.images.sheet import sheet, show_steps
from pages.parts.picker import ask_first_model, ask_second_model
from pages.parts.words import GLOSSARY

# In this file: a confusion is (10, 10) int64, probs are (10000, 10) float32; a cell is the true and
# the predicted class.


def show_alone(entry: ModelEntry) -> None:
    """There is only one model."""
    name = plain(entry.title)
    if limits.read_only():
        alone = f"{name} is the only model here, so there is none to compare it with."
        st.info(alone, icon=":material/compare:")
        st.page_link("pages/predictions.py", label="See its mistakes", icon=":material/grid_view:")
        return
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
        with left:
            ask_first_model(entry, state.FIRST_PICKER, "A, the model in use", state.COMPARE_WITH)
        with right:
            return ask_second_model(entry, state.COMPARE_WITH, "B, compared with it")


def show_totals(totals: dict) -> None:
    """Who is right how often, and whether the difference may be luck."""
    points = 100 * (totals["accuracy_b"] - totals["accuracy_a"])  # 10,000 images give two decimals
    metrics = (
        ("right_a", f"{totals['accuracy_a']:.1%}", format_count(int(totals["images"]), "image")),
        ("right_b", f"{totals['accuracy_b']:.1%}", f"{format_signed(points)} points"),
        *((group, *format_count(int(totals[group]), "image").split()) for group in COUNTED),
    )
    grid = st.grid(6, min_column_width=130)
    for group, value, note in metrics:
        with grid.container(border=True, gap=None, key=f"counted_{group}"):
            label = {"right_a": "Accuracy of A", "right_b": "Accuracy of B"}.get(group)
            words = help_on("test") if label else None
            options = {"help": words, "delta_color": "off", "delta_arrow": "off"}
            st.metric(label or GROUPS[group], value, note, **options)
            see, args = f"See: {GROUPS[group]}", (group,)
            st.button(see, key=f"see_{group}", type="tertiary", on_click=pick, args=args)
    st.caption(describe_significance(totals["p_value"]))


# The images that a number counts. A group is one of `comparison.GROUPS`.

COUNTED = ("only_a", "only_b", "both", "neither")
GROUPS = {
    "right_a": "A right",
    "right_b": "B right",
    "only_a": "Only A right",
    "only_b": "Only B right",
    "both": "Both right",
    "neither": "Neither right",
    "one": "Only one right",
}


def pick(group: str | None, name: str | None = None) -> None:
    """Show the images of a group, of the class `name` alone if there is one; no cell any more."""
    unpick_cell()
    st.session_state[state.GROUP], st.session_state[state.GROUP_CLASS] = group, name


def picked_group(cell: tuple[int, int] | None) -> tuple[str, str | None] | None:
    """The picked group and class; none if a cell was picked since. The address follows."""
    if has_returned() or state.GROUP not in st.session_state:
        for key in (state.GROUP, state.GROUP_CLASS):
            st.session_state[key] = st.query_params.get(key)
    group, name = st.session_state[state.GROUP], st.session_state[state.GROUP_CLASS]
    if cell or group not in GROUPS:
        group = name = None
    name = name if name in CLASS_NAMES else None
    for key, value in ((state.GROUP, group), (state.GROUP_CLASS, name)):
        st.session_state[key] = value
        if value is None:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != value:
            st.query_params[key] = value
    return (group, name) if group else None


LUCK = 0.05  # a difference that luck makes less often than this is hardly luck


def describe_significance(p_value: float) -> str:
    """Whether the two may well be equally good, in a sentence."""
    share = "less than 0.1%" if p_value < 0.001 else f"{p_value:.1%}"
    verdict = "this is hardly luck" if p_value < LUCK else "this may well be luck"
    return (
        f"Two equally good models would differ at least this much by luck on {share} of such test"
        f" sets: {verdict}."
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
        st.markdown("**B minus A**: blue where B is better, orange where it is worse.")
        st.caption(
            "More images are better on the diagonal, where the answer is right; everywhere else"
            " fewer are."
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
    cells = evaluation.largest_cells(difference, CHANGES)
    if not cells:
        return
    st.markdown("**Largest changes**")
    with st.container(horizontal=True, gap="xsmall"):
        for true, pred, change in cells:
            label = f"{CLASS_NAMES[true]} → {CLASS_NAMES[pred]} · {signed(change)}"
            st.button(label, key=f"change-{true}-{pred}", on_click=pick_cell, args=(true, pred))


# What was picked, a cell or a number, with its images

# Title, note and indices (K,) int64 of some images, surest first
Section = tuple[str, str, np.ndarray]


def cell_sections(
    cell: tuple[int, int], labels: np.ndarray, probs_a: np.ndarray, probs_b: np.ndarray
) -> dict[str, Section]:
    """The images that came into a cell and those that left it, by the key of their grid."""
    came, left = comparison.prediction_changes(labels, probs_a, probs_b, *cell)
    name = CLASS_NAMES[cell[1]]
    return {
        "came": ("Came in", f"B calls them {name}, A does not.", came),
        "left": ("Left", f"A calls them {name}, B does not.", left),
    }


def group_sections(
    group: str, name: str | None, labels: np.ndarray, probs_a: np.ndarray, probs_b: np.ndarray
) -> dict[str, Section]:
    """The images of a group, of one class if it has a name."""
    true = None if name is None else CLASS_NAMES.index(name)
    found = comparison.group_indices(labels, probs_a, probs_b, group, true)
    return {"group": (name or "All classes", "Surest first; pick one to look closer.", found)}


def show_side(
    confusions: tuple[np.ndarray, np.ndarray],
    cell: tuple[int, int] | None,
    entries: tuple[ModelEntry, ModelEntry],
    split: Split,
    probs: tuple[np.ndarray, np.ndarray],
) -> None:
    """The images of the picked cell or number, or one of them large; or how to pick."""
    group = picked_group(cell)
    if cell:
        counts = [int(confusion[cell]) for confusion in confusions]
        title, close = describe_difference(counts[1] - counts[0], *cell), unpick_cell
        note = f"With A {counts[0]:,}, with B {counts[1]:,}. Pick an image to look closer."
        sections = cell_sections(cell, split.labels, *probs)
    elif group:
        title, close, note = GROUPS[group[0]], partial(pick, None), ""
        sections = group_sections(*group, split.labels, *probs)
    else:
        st.caption(
            "Click a cell of the matrix, or choose it here: the images whose prediction changed"
            " appear. So do those of any number above."
        )
        return
    found = np.concatenate([indices for *_, indices in sections.values()])
    opened = st.session_state.get(state.PAIR_IMAGE)
    if opened in found:
        with sheet(f"Image {opened}", partial(open_image, None), "Back"):
            st.caption(title)
            show_steps(opened, found, open_image)
            show_pair_image(opened, split, entries, probs[0][opened], probs[1][opened])
        return
    open_image(None)  # it is of another cell
    with sheet(title, close):
        if note:
            st.caption(note)
        for key, section in sections.items():
            show_images(key, *section, split, *probs)


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
        st.caption("None of the images.")
        return
    if len(found) > MAX_IMAGES:
        note += f" Here are the first {MAX_IMAGES}; Next goes through all."
    st.caption(note)
    items = [
        pair_item(i, split.pixels[i], split.labels[i], probs_a[i], probs_b[i])
        for i in found[:MAX_IMAGES]
    ]
    show_image_buttons(f"{key}_grid", items, open_image)


def open_image(index: int | None) -> None:
    """Show an image large, or none. It stays open as long as it is among what is shown."""
    st.session_state[state.PAIR_IMAGE] = index


# The whole test split


# By the column of the table what its numbers count
GROUP_OF_COLUMN = {
    "recall_a": "right_a",
    "recall_b": "right_b",
    "difference": "one",
    "only_a": "only_a",
    "only_b": "only_b",
}


def take_number() -> None:
    """Show the images of the number that was clicked in the table."""
    for group, name in clicked_numbers():
        pick(group, name)


def clicked_numbers() -> list[tuple[str, str]]:
    """The group and the class of the number that the table holds as clicked, if there is one."""
    held = st.session_state.get(state.CLASSES_TABLE, {"selection": {}})["selection"]
    return [
        (GROUP_OF_COLUMN[column], CLASS_NAMES[row])
        for row, column in held.get("cells", ())
        if column in GROUP_OF_COLUMN and row < len(CLASS_NAMES)
    ]


def free_clicked_number() -> None:
    """Let the table hold none that is not shown: it would not tell of another click on it."""
    shown = st.session_state.get(state.GROUP), st.session_state.get(state.GROUP_CLASS)
    if clicked_numbers() and clicked_numbers() != [shown]:
        st.session_state[state.CLASSES_TABLE] = {"selection": {"cells": []}}


RECALLS = {"recall_a": "A", "recall_b": "B", "difference": "B − A"}
# Pixels. All columns together fit on a phone; where there is more room they share it
CLASS_WIDTH, NUMBER_WIDTH = 94, 52


def show_classes(rows: list[dict]) -> None:
    """How much of each class the two find; a click on a number shows its images."""
    frame = pd.DataFrame(rows)
    columns = {"class": st.column_config.Column("Class", width=CLASS_WIDTH)}
    for name, label in RECALLS.items():
        frame[name] *= 100
        meaning = "B minus A, in percentage points." if name == "difference" else GLOSSARY["recall"]
        columns[name] = number_column(label, meaning)
    for name, label in (("only_a", "Only A"), ("only_b", "Only B")):
        columns[name] = number_column(label, f"{label} right: how many images of this class.")
    st.subheader("Each class", anchor=False)
    st.caption(
        link_terms(
            "A and B: the recall of each model in per cent. Only A, Only B: how many images only"
            " this one classifies correctly. Click a number to see its images."
        )
    )
    # A format of the column's own would print a hyphen for a minus
    printed = dict.fromkeys(("recall_a", "recall_b"), "{:.1f}".format)
    printed["difference"] = partial(format_signed, digits=1)
    free_clicked_number()
    st.dataframe(
        frame.style.format(printed),
        hide_index=True,
        on_select=take_number,
        selection_mode="single-cell",
        key=state.CLASSES_TABLE,
        column_config=columns,
        height="content",
        alt="What the two find of each class",
    )


def number_column(label: str, words: str):
    """A narrow column of numbers with these words as its tooltip."""
    return st.column_config.NumberColumn(label, help=words, width=NUMBER_WIDTH)


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
        show_side(confusions, cell, (entry, other), split, (probs_a, probs_b))
    with left:
        show_matrix(confusions, names, cell)
        # In this column, so that the images of its numbers are in sight beside it
        show_classes(comparison.per_class(split.labels, preds_a, preds_b))


run_through_router()
st.title("Compare", anchor=False)
st.write(
    link_terms("Two models on the same test images. Click any cell or number to see its images.")
)
show_with_model(show_comparison)
