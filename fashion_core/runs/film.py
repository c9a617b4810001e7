"""The film of a training: what the network was like at each moment, in the run's film.jsonl.

A frame a line, as small as can be: about 5 kB, ten times that where the first layer is dense, for
at most a hundred moments or so; where those would take too much, every second one goes. The worker
adds frames and cuts off those that it trains again; a page reads them. Beside it latest.json holds
the latest moment alone, so that a page sees every few steps without the film growing. No torch.
"""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fashion_core import files
from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES

MAX_FILM_BYTES = 2_000_000
MOST_READ_BYTES = 4_000_000  # earlier versions let a film grow so large
PER_CLASS = 2  # validation images of each class that are asked at each moment
SHOWN = PER_CLASS * NUM_CLASSES


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a training.

    `probs` are the answers to `shown_images`, and in a last row that to the visitor's drawing if
    there is one; `confusion` is that of validation images, counts with rows true; `filters` are the
    weights of the first layer.
    """

    epoch: int  # finished epochs
    step: int  # finished weight updates
    probs: np.ndarray  # (20 or 21, 10) float32
    filters: np.ndarray  # (C, K, K) float32
    confusion: np.ndarray  # (10, 10) int64


def shown_images(labels: np.ndarray) -> np.ndarray:
    """Which images of a split a film asks: the first two of each class, as indices (20,) int64.

    In the order of the classes, first one of each, then the other.
    """
    of_class = [np.flatnonzero(labels == label)[:PER_CLASS] for label in range(NUM_CLASSES)]
    return np.stack(of_class, axis=1).ravel()


def add_frame(run_dir: Path, frame: Frame) -> None:
    """Append a frame to the film. Raises OSError.

    Where it would then be larger than MAX_FILM_BYTES, every second of the earlier ones goes, so
    that it reaches from the beginning to the end of every training.
    """
    if not _is_finite(frame):  # the next event says that training diverged
        return
    line = json.dumps(_values_of(frame), allow_nan=False, separators=(",", ":")) + "\n"
    with film_path(run_dir).open("a", encoding="utf-8") as film:
        fits = film.tell() + len(line) <= MAX_FILM_BYTES
        if fits:
            film.write(line)
    if not fits:
        _write_lines(run_dir, [*_read_lines(film_path(run_dir))[::2], line.encode()])


def _is_finite(frame: Frame) -> bool:
    return bool(np.isfinite(frame.probs).all() and np.isfinite(frame.filters).all())


def _values_of(frame: Frame) -> dict:
    return {
        "epoch": frame.epoch,
        "step": frame.step,
        "probs": [[round(float(prob), 3) for prob in row] for row in frame.probs],
        "filters": [[float(f"{w:.3g}") for w in each.ravel()] for each in frame.filters],
        "confusion": frame.confusion.tolist(),
    }


def read_film(run_dir: Path) -> list[Frame]:
    """The frames in their order; lines that are none are skipped, a missing file has none."""
    return [frame for frame in map(_parse_frame, _read_lines(film_path(run_dir))) if frame]


def save_latest(run_dir: Path, frame: Frame) -> None:
    """Replace the latest moment. Raises OSError."""
    if _is_finite(frame):
        files.write_json(latest_path(run_dir), _values_of(frame))


def read_latest(run_dir: Path) -> Frame | None:
    """The latest moment; None where there is none or something else in its place."""
    lines = _read_lines(latest_path(run_dir))
    return _parse_frame(lines[0] + b"\n") if len(lines) == 1 else None


def cut_film(run_dir: Path, step: int) -> None:
    """Drop all frames after `step` weight updates, and all other lines. Raises OSError.

    For a worker that goes on from there. The latest moment goes, too: there soon is another one.
    """
    latest_path(run_dir).unlink(missing_ok=True)
    lines = _read_lines(film_path(run_dir))
    frames = [(line, _parse_frame(line)) for line in lines]
    kept = [line for line, frame in frames if frame and frame.step <= step]
    if kept != lines:
        _write_lines(run_dir, kept)


def _write_lines(run_dir: Path, lines: list[bytes]) -> None:
    """Replace the film. Raises OSError."""
    with files.replacing(film_path(run_dir)) as temporary:
        temporary.write_bytes(b"".join(lines))


def film_path(run_dir: Path) -> Path:
    """The file that a run's film is kept in."""
    return run_dir / "film.jsonl"


def latest_path(run_dir: Path) -> Path:
    """The file that a run's latest moment is kept in."""
    return run_dir / "latest.json"


def _read_lines(path: Path) -> list[bytes]:
    if not os.path.isfile(path):  # opening a pipe would wait for ever
        return []
    try:
        with path.open("rb") as file:
            return file.read(MOST_READ_BYTES).splitlines(keepends=True)
    except OSError:
        return []


def _parse_frame(line: bytes) -> Frame | None:
    """The frame in a line; None for a line that is not whole or was written by somebody else."""
    try:
        values = json.loads(line, parse_constant=files.refuse_constant)
        epoch, step = values["epoch"], values["step"]
        probs = np.array(values["probs"], np.float32)
        filters = np.array(values["filters"], np.float32)
        confusion = np.array(values["confusion"], np.int64)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    counts = type(epoch) is int and type(step) is int and min(epoch, step) >= 0
    shapes = probs.shape in ((SHOWN, NUM_CLASSES), (SHOWN + 1, NUM_CLASSES))
    shapes &= confusion.shape == (NUM_CLASSES, NUM_CLASSES) and filters.ndim == 2
    if not (line.endswith(b"\n") and counts and shapes and filters.size):
        return None
    edge = math.isqrt(filters.shape[1])
    finite = np.isfinite(probs).all() and np.isfinite(filters).all()
    if edge**2 != filters.shape[1] or not finite or confusion.min() < 0:
        return None
    return Frame(epoch, step, probs, filters.reshape(-1, edge, edge), confusion)


# The visitor's own drawing


def save_drawing(run_dir: Path, pixels: np.ndarray) -> None:
    """Keep a drawing (28, 28) uint8 that the film asks, too. Raises OSError."""
    Image.fromarray(pixels).save(_drawing_path(run_dir))


def read_drawing(run_dir: Path) -> np.ndarray | None:
    """The drawing that was there when the run was started: (28, 28) uint8, None if there was none.

    None also for a file of any other kind or size.
    """
    path = _drawing_path(run_dir)
    if not os.path.isfile(path):
        return None
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode == "L" and image.size == (IMAGE_SIZE, IMAGE_SIZE):
                return np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return None


def _drawing_path(run_dir: Path) -> Path:
    return run_dir / "drawing.png"
