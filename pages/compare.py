"""Compare: the model in use against a second one: who is right where, and the images that changed
sides.

Stands on fashion_core.comparison (the numbers) and fashion_core.plots (the figure); model and cell
are in the URL.
"""

import pandas as pd
import streamlit as st

from fashion_core import comparison, evaluation
from fashion_core.catalog import ModelEntry
from fashion_core.charts.figures import describe_difference, difference_figure, signed
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

# That came into one cell, and as many that left it; more only if one of the two has learnt nothing
MAX_IMAGES = 60
CHANGES = 6
LUCK = 0.05  # a difference that luck makes less often than this is hardly luck


def show_alone(entry: ModelEntry) -> None:
    """There is only one model."""
    name = plain(entry.title)
    st.info(
        f"{name} is the only model here. Train a second one and see what changes.",
        icon=":material/compare:",
    )
    st.page_link("pages/train.py", label="Train a model", icon=":material/arrow_forward:")
    st.page_link("pages/runs.py", label="Bring in a model file", icon=":material/upload_file:")


def ask_models(entry: ModelEntry) -> ModelEntry | None:
    with st.container(border=True):
        left, right = st.columns(2)
        left.markdown(f"**A**, the model in use  \n{plain(model_label(entry))}")
        left.caption("Choose another one in the sidebar.")
        with right:
            return ask_second_model(entry, state.COMPARE_WITH, "B, compared with it")


def show_totals(totals: dict) -> None:
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
    st.caption(describe_significance(totals["chance"]))


def signed_points(points: float) -> str:
    """With as many digits as 10,000 images have: 94.17 − 93.72 is 0.45, though 94.2 − 93.7 is
    0.5.
    """
    return f"{points:+.2f}".replace("-", "−")


def describe_significance(chance: float) -> str:
    """Whether the two may well be equally good, in a sentence."""
    share = "less than 0.1 %" if chance < 0.001 else f"{100 * chance:.1f} %"
    verdict = "this is hardly luck" if chance < LUCK else "this may well be luck"
    return (
        f"Two equally good models would differ this much by luck on {share} of such test sets:"
        f" {verdict}."
    )


def show_matrix(confusions: tuple, names: tuple[str, str], cell: tuple[int, int] | None) -> None:
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
        st.markdown("**Largest changes**")
        with st.container(horizontal=True, gap="xsmall"):
            for true, pred, change in comparison.most_changed(
                confusions[1] - confusions[0], CHANGES
            ):
                label = f"{CLASS_NAMES[true]} → {CLASS_NAMES[pred]} · {signed(change)}"
                st.button(label, key=f"change-{true}-{pred}", on_click=pick_cell, args=(true, pred))


def show_cell(confusions: tuple, cell: tuple[int, int], split, probs_a, probs_b) -> None:
    """The picked cell in words, with the images that came into it and those that left it."""
    counts = [int(confusion[cell]) for confusion in confusions]
    st.subheader(describe_difference(counts[1] - counts[0], *cell), anchor=False)
    st.caption(f"With A {counts[0]:,}, with B {counts[1]:,}. Pick an image to look closer.")
    came, left = comparison.prediction_changes(split.labels, probs_a, probs_b, *cell)
    name = CLASS_NAMES[cell[1]]
    for key, title, words, found in (
        ("came", "Came in", f"B calls them {name}, A does not.", came),
        ("left", "Left", f"A calls them {name}, B does not.", left),
    ):
        st.markdown(f"**{title}: {len(found):,}**")
        if not len(found):
            st.caption("No image.")
            continue
        st.caption(
            words
            + (
                f" Here are the {MAX_IMAGES} that B is surest of."
                if len(found) > MAX_IMAGES
                else ""
            )
        )
        shown = found[:MAX_IMAGES]
        items = [
            pair_item(i, split.pixels[i], split.labels[i], probs_a[i], probs_b[i]) for i in shown
        ]
        show_image_buttons(f"{key}_grid", items, open_image)


def open_image(index: int) -> None:
    st.session_state["opened_pair"] = index


def show_classes(rows: list[dict]) -> None:
    """How much of each class the two find."""
    shares = ("recall_a", "recall_b", "difference")
    frame = pd.DataFrame(rows).assign(
        **{name: [100 * row[name] for row in rows] for name in shares}
    )
    labels = {"recall_a": "A finds", "recall_b": "B finds", "difference": "B − A, points"}
    formats = {"recall_a": "%.1f%%", "recall_b": "%.1f%%", "difference": "%+.1f"}
    columns = {
        name: st.column_config.NumberColumn(
            labels[name], format=formats[name], help=GLOSSARY["recall"]
        )
        for name in shares
    }
    columns |= {"class": "Class", "only_a": "Only A right", "only_b": "Only B right"}
    st.subheader("Each class", anchor=False)
    st.dataframe(
        frame,
        hide_index=True,
        column_config=columns,
        height="content",
        alt="What the two find of each class",
    )


def show_comparison(entry: ModelEntry) -> None:
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
    with right, st.container(border=True, key="sides_card"):
        cell = ask_cell()
        if cell:
            show_cell(confusions, cell, split, probs_a, probs_b)
        else:
            st.caption(
                "Click a cell of the matrix, or choose it here: the images that changed sides"
                " appear."
            )
    with left:
        show_matrix(confusions, names, cell)
    show_classes(comparison.per_class(split.labels, preds_a, preds_b))
    if "opened_pair" in st.session_state:
        index = st.session_state.pop("opened_pair")
        args = index, split, names, probs_a[index], probs_b[index]
        open_dialog(f"Image {index}", show_pair_image, *args)


run_through_router()
st.title("Compare", anchor=False)
st.write("Two models on the same test images. Click any cell to see the images that changed sides.")
show_with_model(show_comparison)
