"""The export of a model or a run: pick a kind of file, have it made, download it.

Beside a model's file stands the code that uses it.
Stands on fashion_core.export, which makes the files; nothing is made before somebody asks.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from fashion_core import catalog, export
from fashion_core.catalog import ModelEntry
from fashion_core.errors import LabError
from fashion_core.runs import folders
from fashion_core.text import file_stem
from pages.parts import state
from pages.parts.html import plain


class Kind(NamedTuple):
    """One kind of file: what it is called, for what it is good, how it is made."""

    label: str
    words: str
    file_name: str  # {} stands for what `stem_of` says
    make: Callable[[Path | folders.Run], bytes]
    of_run: bool = False
    snippet: Callable[[str], str] | None = None
    snippet_help: str = ""


def _onnx_bytes(path: Path) -> bytes:
    from fashion_core import onnx_export  # with torch

    return onnx_export.onnx_bytes(path)


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
        _onnx_bytes,
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
        "The run's curves. Put the file into a folder and run: tensorboard --logdir with that"
        " folder's name.",
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
def show_export_panel(entry: ModelEntry, run: folders.Run | None, icon: str) -> None:
    """The export, folded; drawn only while it is open."""
    # One fragment: folded by an outer one, the kind in an inner one would be forgotten by the
    # browser alone
    key = state.export_key("open", entry.model_id)
    panel = st.expander("Export", icon=icon, key=key, on_change="rerun")
    if panel.open:
        with panel:
            show_export(entry, run)


def show_export(entry: ModelEntry, run: folders.Run | None = None) -> None:
    """All that can be exported of a model and, where it comes from a run, of that run."""
    # An imported one has none
    has_curves = run is not None and (run.run_dir / "metrics.jsonl").is_file()
    known = [name for name, kind in KINDS.items() if has_curves or not kind.of_run]
    name = st.segmented_control(
        "File",
        known,
        format_func=lambda name: KINDS[name].label,
        default="pt",
        required=True,
        key=state.export_key("kind", entry.model_id),
    )
    kind = KINDS[name]
    st.caption(plain(kind.words))
    try:
        _show_file(name, entry, run)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except OSError as error:  # deleted meanwhile
        reason = plain(error.strerror or str(error))
        sentence = f"The file cannot be made: {reason}. Try again, or choose another model."
        st.error(sentence, icon=":material/error:")
    if kind.snippet:
        st.markdown(f"**Use it from Python.** {kind.snippet_help}")
        st.code(kind.snippet(kind.file_name.format(stem_of(entry))), language="python")


def stem_of(entry: ModelEntry) -> str:
    """What its files are called: an import takes the name of a run from its file."""
    return entry.model_id if entry.shipped else file_stem(entry.title, entry.model_id)


def _show_file(name: str, entry: ModelEntry, run: folders.Run | None) -> None:
    """The button that makes the file, then the one that downloads it.

    When the source has changed, the file must be made anew.
    """
    kind, made = KINDS[name], state.export_key("made", entry.model_id)
    source = run.run_dir / "metrics.jsonl" if kind.of_run else entry.path
    wish = (name, str(source), catalog.fingerprint_of(source))
    with st.container(horizontal=True, vertical_alignment="center"):
        make = state.export_key("make", entry.model_id)
        if st.button("Make the file", icon=":material/build:", key=make):
            st.session_state[made] = wish
        if st.session_state.get(made) != wish:
            return
        content = _cached_file(*wish, _source=run if kind.of_run else entry.path)
        file_name = kind.file_name.format(stem_of(entry))
        st.download_button(
            f"Download {file_name} · {len(content) / 1000:,.0f} kB",
            content,
            file_name,
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            key=state.export_key("download", entry.model_id),
        )


MADE_KEPT = 4  # made files kept in memory; the largest has 8 MB


@st.cache_data(max_entries=MADE_KEPT, show_spinner="Making the file, which may take some seconds")
def _cached_file(name: str, path: str, fingerprint: str, _source: Path | folders.Run) -> bytes:
    """A made file, kept while its source, which the path and the fingerprint name, is the same."""
    return KINDS[name].make(_source)
