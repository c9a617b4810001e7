"""Bring a model file in: a .pt that was downloaded here becomes a run again; any other is refused
with a sentence.
"""

import tempfile
from pathlib import Path

import streamlit as st

from fashion_core import catalog, limits
from fashion_core.errors import CheckpointError, RunError
from pages.parts.html import plain


def ask_model_file() -> None:
    with st.expander("Bring in a model file", icon=":material/upload_file:"):
        if limits.read_only():
            st.info("This copy is read-only: nothing can be brought in.", icon=":material/lock:")
            return
        st.write("A .pt file that you downloaded here becomes a run again.")
        if "brought_in" in st.session_state:
            st.success(f"“{plain(st.session_state.pop('brought_in'))}” is now one of your runs.")
        key = f"model_file_{st.session_state.get('files_taken', 0)}"
        file = st.file_uploader("Model file", type="pt", max_upload_size=64, key=key)
        if file is not None and st.button("Bring it in", type="primary"):
            try:
                import_model(file)
            except (CheckpointError, RunError) as error:
                st.error(plain(str(error)))
            except OSError as error:
                st.error(
                    f"The file could not be taken in: {error.strerror}. Free some disk space and"
                    " try again."
                )
            else:
                st.session_state["brought_in"] = file.name
                # Empties the field
                st.session_state["files_taken"] = st.session_state.get("files_taken", 0) + 1
                st.rerun()


def import_model(file) -> None:
    # The visitor's file name is only a label; the content goes to a name of our own, which messages
    # begin with.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "This file"
        path.write_bytes(file.getvalue())
        catalog.import_model(path, Path(file.name).stem)
