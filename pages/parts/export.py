"""A model or a run as a file to take along: pick a kind, have it made, download it; and the code
that uses it.

Stands on fashion_core.export, which makes the files; nothing is made before somebody asks.
"""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from fashion_core import catalog, export
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError, ExportError
from fashion_core.runs import folders
from pages.parts.html import plain

MADE_KEPT = 4  # made files kept in memory; the largest has 8 MB


class Kind(NamedTuple):
    """One kind of file: what it is called, for what it is good, how it is made."""

    label: str
    words: str
    file_name: str  # {} stands for the model's id
    make: Callable
    of_run: bool = False
    snippet: Callable[[str], str] | None = None
    snippet_help: str = ""


KINDS = {
    "pt": Kind(
        "Model (.pt)",
        "The weights with their card, for this project: its Runs page takes it back, too.",
        "{}.pt",
        export.pt_bytes,
        snippet=export.pt_snippet,
        snippet_help="In this project's folder, with the file and a picture in it:",
    ),
    "onnx": Kind(
        "ONNX",
        "One graph from raw pixels, 28 × 28 with the cloth bright on 0, to calibrated"
        " probabilities. It runs without this project: in Python, in a browser, on a phone. The"
        " names of the classes and the card are inside.",
        "{}.onnx",
        export.onnx_bytes,
        snippet=export.onnx_snippet,
        snippet_help=(
            "With onnxruntime and Pillow, the file and a picture of one piece, bright on black:"
        ),
    ),
    "card": Kind(
        "Card (JSON)",
        "What the model is, how it was trained, and its scores on Fashion-MNIST.",
        "{}.json",
        export.card_bytes,
    ),
    "tensorboard": Kind(
        "TensorBoard",
        "The run's curves. Put the file into a folder and run: tensorboard --logdir "
        "with that folder's name.",
        "events.out.tfevents.{}",
        export.tensorboard_bytes,
        of_run=True,
    ),
    "csv": Kind(
        "Curves (CSV)",
        "Every loss and accuracy of the run, a line per logged step and epoch.",
        "{}.csv",
        export.curves_csv,
        of_run=True,
    ),
}


@st.fragment
def show_export(entry: ModelEntry, run: folders.Run | None = None) -> None:
    """Everything that can be taken along of a model and, where it comes from a run, of that run."""
    key = f"export_{entry.model_id}"
    # One that was brought in has none
    has_curves = run is not None and (run.run_dir / "metrics.jsonl").is_file()
    known = [name for name, kind in KINDS.items() if has_curves or not kind.of_run]
    name = st.segmented_control(
        "File",
        known,
        format_func=lambda name: KINDS[name].label,
        default="pt",
        required=True,
        key=f"{key}_kind",
    )
    kind = KINDS[name]
    st.caption(plain(kind.words))
    try:
        _show_file(key, name, entry, run)
    except (CheckpointError, ExportError) as error:
        st.error(plain(str(error)), icon=":material/error:")
    except OSError as error:  # deleted meanwhile
        st.error(
            f"The file cannot be made: {plain(error.strerror or str(error))}.",
            icon=":material/error:",
        )
    if kind.snippet:
        st.markdown(f"**Use it from Python.** {kind.snippet_help}")
        st.code(kind.snippet(kind.file_name.format(entry.model_id)), language="python")


def _show_file(key: str, name: str, entry: ModelEntry, run: folders.Run | None) -> None:
    """The button that makes the file and then the one that downloads it. A changed source must be
    made anew.
    """
    source = run.run_dir / "metrics.jsonl" if KINDS[name].of_run else entry.path
    wish = (name, str(source), catalog.fingerprint_of(source))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Make the file", icon=":material/build:", key=f"{key}_make"):
            st.session_state[f"{key}_made"] = wish
        if st.session_state.get(f"{key}_made") != wish:
            return
        content = _cached_file(*wish, _source=run if KINDS[name].of_run else entry.path)
        file_name = KINDS[name].file_name.format(entry.model_id)
        label = f"Download {file_name} · {len(content) / 1000:,.0f} kB"
        st.download_button(
            label,
            content,
            file_name,
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            key=f"{key}_download",
        )


@st.cache_data(max_entries=MADE_KEPT, show_spinner="Making the file…")
def _cached_file(name: str, path: str, fingerprint: str, _source) -> bytes:
    return KINDS[name].make(_source)
