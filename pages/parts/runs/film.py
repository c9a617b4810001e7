"""The film of a run: twenty pictures and what each was called at every moment of its training.

Stands on fashion_core.runs.film. A component of Streamlit's second kind: all moments are sent at
once, so that the slider moves without asking the server.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from fashion_core.charts.frames import VALIDATION
from fashion_core.errors import DataError
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import film, folders
from pages.parts.cached import cached_split
from pages.parts.html import encode, png_data_uri, scales, script, theme_is_dark

_film = st.components.v2.component(
    "training_film",
    html='<div class="film" role="group" aria-label="Film of the training"></div>',
    css=Path(__file__).with_name("film.css").read_text("utf-8"),
    js=script(Path(__file__).with_name("film.js")),
)

FILM_HELP = (
    "Two validation images of each class, and your own drawing if there was one at the start, with"
    " what the network called them at each moment: as it began, ten times in the first epoch, then"
    " after every quarter of an epoch, or after every epoch where there are many; fewer of them"
    " where they would take much room. While it trains,"
    " the last moment is at most a few steps old. Nothing learns from these images."
)


def show_film(run: folders.Run) -> None:
    """The film up to now; a sentence where a run that has trained has none."""
    known, drawing = _cached_film(str(run.run_dir), run.status.get("steps", 0), *_version(run))
    if not known:
        if not run.is_active:
            st.caption(
                "There is no film of this training: it ran before films were kept. A new run has"
                " one."
            )
        return
    st.markdown("**What it calls them**", help=FILM_HELP)
    try:
        pictures = pictures_of(drawing)
    except DataError:
        st.caption(
            "The film needs the data set, which is not there. Predictions says how to get it."
        )
        st.page_link("pages/predictions.py", label="Predictions", icon=":material/grid_view:")
        return
    data = {
        "version": f"{run.run_id}-{theme_is_dark()}",
        "classes": CLASS_NAMES,
        "pictures": pictures,
        "scales": scales(),
        **with_latest(known, film.read_latest(run.run_dir)),
    }
    _film(key=f"film-{run.run_id}", data=data)


def _version(run: folders.Run) -> tuple[int, int]:
    try:
        stat = film.film_path(run.run_dir).stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


@st.cache_data(max_entries=8, show_spinner=False)
def _cached_film(
    run_dir: str, steps: int, changed: int, size: int
) -> tuple[dict, np.ndarray | None]:
    """The moments of a run's film and the drawing in it, read anew when the film has changed.

    `steps`: of an epoch, 0 where that is not known.
    """
    frames = film.read_film(Path(run_dir))
    if not frames:
        return {}, None
    alike = [each for each in frames if shapes_of(each) == shapes_of(frames[0])]
    asked = len(alike[0].probs) > film.SHOWN
    return moments(alike, steps), film.read_drawing(Path(run_dir)) if asked else None


def shapes_of(frame: film.Frame) -> tuple:
    """What all moments of one film have in common."""
    return frame.probs.shape, frame.filters.shape


def accuracy_moments(run: folders.Run) -> pd.DataFrame:
    """The validation accuracy 0…1 at each moment of a run's film, as `frames.epoch_accuracies`.

    Columns epoch, with fractions, accuracy, series. Within an epoch that of 1,000 images.
    """
    frames, _ = _cached_film(str(run.run_dir), run.status.get("steps", 0), *_version(run))
    table = pd.DataFrame(frames.get("accuracies", []), columns=["epoch", "accuracy"])
    table["epoch"] /= max(1, run.status.get("steps", 1))
    return table.assign(series=VALIDATION)


def moments(frames: list[film.Frame], steps: int) -> dict:
    """What the script needs of the frames; the filters have one colour scale for all moments.

    `steps`: of an epoch.
    """
    count, edge, _ = frames[0].filters.shape
    largest = max(float(np.abs(frame.filters).max()) for frame in frames) or 1.0
    # Not by the moment before, which a long film may have lost
    named = [describe_moment(frame, steps > 0 and frame.step % steps == 0) for frame in frames]
    return {
        "accuracies": [
            (frame.step, float(frame.confusion.trace() / max(1, frame.confusion.sum())))
            for frame in frames
        ],
        "filters": {"count": count, "edge": edge, "pixels": edge * edge, "largest": largest},
        "shown": len(frames[0].probs),
        "last_step": frames[-1].step,
        "frames": [
            moment_of(frame, words, largest) for frame, words in zip(frames, named, strict=True)
        ],
    }


def moment_of(frame: film.Frame, words: str, largest: float, counted: str = "") -> dict:
    """One frame for the script; `largest`: the weight of the strongest colour.

    `counted`: when its confusion was, where that is another moment.
    """
    weights = np.rint(127.5 + 127.5 * frame.filters / largest)
    return {
        "moment": words,
        "answers": [[int(row.argmax()), float(row.max())] for row in frame.probs],
        "filters": encode(weights.clip(0, 255).astype(np.uint8)),
        "confusion": frame.confusion.ravel().tolist(),
        "counted": counted,
    }


def with_latest(known: dict, latest: film.Frame | None) -> dict:
    """The `moments` of a film, and the latest one behind them if it is later and of their kind."""
    filters = known["filters"]
    shapes = (known["shown"], filters["count"], filters["edge"])
    if latest is None or latest.step <= known["last_step"]:
        return known
    if (len(latest.probs), *latest.filters.shape[:2]) != shapes:
        return known
    counted = f" at step {known['last_step']:,}"
    added = moment_of(latest, describe_moment(latest, False), filters["largest"], counted)
    return known | {"frames": [*known["frames"], added]}


def describe_moment(frame: film.Frame, at_end: bool) -> str:
    """ "Untrained", "Step 86", and at the end of an epoch "Epoch 2"."""
    if frame.step == 0:
        return "Untrained"
    return f"Epoch {frame.epoch:,}" if at_end else f"Step {frame.step:,}"


def pictures_of(drawing: np.ndarray | None) -> list[dict]:
    """The pictures that are asked, the visitor's last. Raises DataError."""
    split = cached_split("val")
    pictures = [
        {
            "source": png_data_uri(split.pixels[i]),
            "label": int(split.labels[i]),
            "name": f"{CLASS_NAMES[split.labels[i]]}, validation image {split.indices[i]}",
        }
        for i in film.shown_images(split.labels)
    ]
    if drawing is not None:
        pictures.append({"source": png_data_uri(drawing), "label": None, "name": "The drawing"})
    return pictures
