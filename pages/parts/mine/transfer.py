"""Taking a visitor's pictures along as a zip file, and bringing such a file.

Stands on fashion_core.picture_zip.
"""

from collections.abc import Iterator
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fashion_core.errors import LabError, PictureSetError
from fashion_core.my_pictures import MyPicture, PicturesInFolder, PicturesInMemory, allowed_pictures
from fashion_core.picture_zip import FOLDERS, MAX_ZIP_BYTES, read_zip, write_zip
from fashion_core.predict import Report
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.html import plain
from pages.parts.mine.store import store
from pages.parts.once import outcome_once


def show_export(pictures: list[MyPicture]) -> None:
    """The button that downloads all of them; the file is made at the click, outside the session."""
    kept = store()
    st.download_button(
        "Export",
        lambda: write_zip(_still_there(kept, pictures)),
        "my-pictures.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        help="A zip file with one folder a class, as other programs read it, too.",
    )


def _still_there(
    kept: PicturesInFolder | PicturesInMemory, pictures: list[MyPicture]
) -> Iterator[tuple[MyPicture, bytes]]:
    """The pictures with their files, without those that were deleted since the page was drawn."""
    for each in pictures:
        try:
            content = kept.brought(each.picture_id)
        except PictureSetError:
            continue
        yield each, content


def ask_import() -> None:
    """The field for a zip file, its button, and what came of it, folded.

    Drawn all the same: to be folded must neither stop an import nor lose the chosen file.
    """
    with st.expander("Import pictures", icon=":material/upload_file:"):
        st.write(f"A zip file that was exported here, or any with pictures in {FOLDERS}.")
        imports = st.session_state.get(state.MINE_IMPORTS, 0)
        file = st.file_uploader(
            "Zip file", max_upload_size=MAX_ZIP_BYTES // 1_000_000, key=state.mine_file_key(imports)
        )
        if file is not None and st.button("Import", type="primary"):
            _import(file)


def _import(file: UploadedFile) -> None:
    """Keep what the file holds and draw the page anew, or say why not."""
    bar = st.progress(0.0, text="Reading the file")

    def show(done: int, total: int) -> None:
        bar.progress(done / total, text=f"Reading the file: {done:,} of {total:,} pictures")

    try:
        said = outcome_once(file.file_id, partial(bring, file, store()), show)
    except LabError as error:
        bar.empty()
        st.error(plain(str(error)), icon=":material/error:")
        return
    if not said.startswith("0 "):  # what was deleted before can no longer be brought back
        st.session_state.pop(state.TAKEN_BACK, None)
    st.session_state[state.MINE_OUTCOME] = said
    st.session_state[state.MINE_IMPORTS] = st.session_state.get(state.MINE_IMPORTS, 0) + 1
    st.rerun()


def bring(file: UploadedFile, mine: PicturesInFolder | PicturesInMemory, report: Report) -> str:
    """Keep what the file holds; returns what came of it. Raises LabError."""
    present = mine.read_all()
    room = allowed_pictures()[0] - len(present)
    kept, problems = read_zip(file.getvalue(), room, report, present)
    if kept:
        mine.add(kept)
    return f"{format_count(len(kept), 'picture')} imported. {' '.join(problems[:5])}".strip()
