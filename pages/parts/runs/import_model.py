"""Importing a model file: a .pt that was downloaded here becomes a run again."""

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fashion_core import limits
from fashion_core.errors import CheckpointError, LabError
from fashion_core.predict import Report
from fashion_core.runs import folders
from pages.parts import state
from pages.parts.glossary import link_terms
from pages.parts.html import plain
from pages.parts.once import outcome_once
from pages.parts.visitor import visitor_name


def ask_model_file() -> None:
    """The field for a file, its button, and what came of it, folded.

    Drawn all the same: to be folded must neither stop an import nor lose the chosen file.
    """
    with st.expander("Import a model", icon=":material/upload_file:"):
        if limits.read_only():
            st.info(limits.READ_ONLY_SENTENCE, icon=":material/lock:")
            return
        st.write(
            link_terms(
                "A .pt file that you downloaded here becomes a run again. So do weights from"
                " elsewhere, a state_dict as .pt, .pth or .safetensors, if they are exactly those"
                " of one of the networks on Home."
            )
        )
        if state.IMPORTED_FILE in st.session_state:
            name, message = map(plain, st.session_state.pop(state.IMPORTED_FILE))
            st.success(f"“{name}” is now one of your runs. {message}")
        key = state.model_file_key(st.session_state.get(state.IMPORT_COUNT, 0))
        # Of any name: the browser would refuse others without a sentence
        most = min(limits.most_model_bytes() // 1_000_000, st.get_option("server.maxUploadSize"))
        file = st.file_uploader("Model file", max_upload_size=most, key=key)
        if file is not None and st.button("Import", type="primary"):
            import_file(file)


def import_file(file: UploadedFile) -> None:
    """Make a run of the file and draw the page anew, or say why not."""
    bar = st.progress(0.0, text="Checking the file")

    def show(done: int, total: int) -> None:
        bar.progress(done / total, text=f"Measuring the weights: {done:,} of {total:,} images")

    try:
        message = outcome_once(file.file_id, partial(save_run, file, visitor_name()), show)
    except LabError as error:
        bar.empty()
        st.error(plain(str(error)))
        if isinstance(error, CheckpointError):
            st.caption("Use a .pt file as this app has saved it, or the weights of a network here.")
    except OSError as error:
        bar.empty()
        st.error(
            f"The file could not be imported: {error.strerror or error}. Free some disk space and"
            " try again."
        )
    else:
        st.session_state[state.IMPORTED_FILE] = file.name, message
        st.session_state[state.IMPORT_COUNT] = st.session_state.get(state.IMPORT_COUNT, 0) + 1
        st.rerun()


def save_run(file: UploadedFile, visitor: str, report: Report) -> str:
    """Make a run of the file; returns what the run says of itself.

    `report` hears how far weights from elsewhere are measured.

    The visitor's file name is only a label; the content goes to a name of our own.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "This file"  # messages begin with it
        path.write_bytes(file.getvalue())
        from fashion_core import model_import  # with torch

        run_id = model_import.import_model(path, Path(file.name).stem, visitor, report)
    return folders.read_run(run_id).message
