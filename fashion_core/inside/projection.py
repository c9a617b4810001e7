"""Features as points of a plane: by principal components, which is kept, by t-SNE as a job.

t-SNE (van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008) is scikit-learn's. It keeps
neighbours together and says nothing of distances between groups.
"""

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fashion_core import files
from fashion_core.errors import InsideError
from fashion_core.predict import Report


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of the two principal components: mean (D,), axes (D, 2), orthonormal, float32."""

    mean: np.ndarray
    axes: np.ndarray


def principal_plane(features: np.ndarray) -> Plane:
    """The plane on which the features (N, D) spread most."""
    mean = features.mean(axis=0)
    centred = features - mean
    _, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    return Plane(mean, np.ascontiguousarray(axes[:, :-3:-1]))


def refuse_too_narrow(features: np.ndarray) -> None:
    """Raises InsideError where the features (N, D) are too few to be laid out."""
    if features.shape[1] < 2:
        raise InsideError(
            "This network has a single feature: its images stand on a line, not on a map. Choose"
            " another model."
        )


def on_plane(plane: Plane, features: np.ndarray) -> np.ndarray:
    """Where features (..., D) stand on the plane: (..., 2) float32."""
    return (features - plane.mean) @ plane.axes


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """Where many images stand on a plane: positions (N, 2) float32."""

    positions: np.ndarray
    plane: Plane


def lay_out(features: np.ndarray) -> PlaneMap:
    """Features (N, D) on the plane on which they spread most.

    Raises InsideError where they are too few to be laid out.
    """
    refuse_too_narrow(features)
    plane = principal_plane(features)
    return PlaneMap(on_plane(plane, features), plane)


NEIGHBOURS = 5


def among_neighbours(positions: np.ndarray, features: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """A place (2,) for a picture that was not laid out with the others.

    The mean place of the NEIGHBOURS images nearest to its features (D,), weighted by how much they
    have in common. positions: (N, 2), features: (N, D), of length 1.
    """
    similar = features @ vector
    nearest = np.argpartition(-similar, NEIGHBOURS - 1)[:NEIGHBOURS]
    weights = np.maximum(similar[nearest], np.finfo(np.float32).tiny)
    return (weights[:, None] * positions[nearest]).sum(axis=0) / weights.sum()


# t-SNE

ITERATIONS = 750
PERPLEXITY = 30.0  # about as many neighbours count for each point; scikit-learn's own choice
SEED = 0


def tsne_positions(features: np.ndarray, report: Report | None = None) -> np.ndarray:
    """Features (N, D) laid out by t-SNE: (N, 2) float32. `report` is called every 50 iterations.

    Begins with the principal components, so that it comes out alike every time.
    """
    from sklearn.manifold import TSNE

    layout = TSNE(
        init="pca", perplexity=PERPLEXITY, max_iter=ITERATIONS, random_state=SEED, verbose=2
    )
    with contextlib.redirect_stdout(_Listener(report)):
        return layout.fit_transform(features).astype(np.float32)


class _Listener(io.TextIOBase):
    """Hears from what scikit-learn prints how far it is: it has no other way to say so."""

    def __init__(self, report: Report | None):
        self.report = report

    def write(self, text: str) -> int:
        found = re.search(r"Iteration (\d+)", text)
        if found and self.report:
            self.report(min(int(found[1]), ITERATIONS), ITERATIONS)
        return len(text)


# The files


def map_path(model_path: Path) -> Path:
    """Where the test images' `PlaneMap` of a model file is kept: beside it."""
    return model_path.with_suffix(".map.npz")


def save_map(path: Path, laid_out: PlaneMap, digest: str) -> None:
    """Write the map of the model with this digest in one step, 50 kB or so. Raises OSError."""
    positions = laid_out.positions.astype(np.float16)  # within ±2
    plane = {"mean": laid_out.plane.mean, "axes": laid_out.plane.axes}
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, positions=positions, **plane, digest=digest)


def load_map(path: Path, digest: str, count: int) -> PlaneMap | None:
    """The map of `count` images in a file; None where it is missing or of another model."""
    try:
        with np.load(path, allow_pickle=False) as content:
            positions = content["positions"].astype(np.float32)
            mean, axes = content["mean"], content["axes"]
            same = str(content["digest"]) == digest
    except Exception:  # NumPy and zipfile raise many kinds for damaged files
        return None
    fits = positions.shape == (count, 2) and mean.ndim == 1 and axes.shape == (*mean.shape, 2)
    kinds = mean.dtype == axes.dtype == np.float32
    finite = all(np.isfinite(each).all() for each in (positions, mean, axes))
    return PlaneMap(positions, Plane(mean, axes)) if same and fits and kinds and finite else None


def save_positions(path: Path, positions: np.ndarray, digest: str) -> None:
    """Write positions (N, 2) of the model with this digest, in one step. Raises OSError."""
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, positions=positions, digest=digest)


def load_positions(path: Path, digest: str, count: int) -> np.ndarray | None:
    """The positions (count, 2) float32 in a file; None where it is missing or of another model."""
    try:
        with np.load(path, allow_pickle=False) as content:
            positions, same = content["positions"], str(content["digest"]) == digest
    except Exception:  # NumPy and zipfile raise many kinds for damaged files
        return None
    fits = positions.shape == (count, 2) and positions.dtype == np.float32
    return positions if same and fits and np.isfinite(positions).all() else None
