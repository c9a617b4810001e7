"""Near duplicates: images of Fashion-MNIST that show the same picture twice.

Not one of the 70,000 images has an exact copy, in whichever files one looks. What is said to be one
differs by a few grey levels, as if the same photo had been scaled twice. Images are named by their
file, "train" or "test", and their index in it; our train and val splits are both in "train".
"""

from dataclasses import dataclass

import numpy as np

# Root-mean-square difference in grey levels of 255. Pairs below it look the same side by side;
# above it come first other prints on the same shirt, then other shirts of the same cut
MAX_DIFFERENCE = 6.0

# What `near_pairs` finds among all 70,000 images: the smaller difference first. In no pair do the
# two labels differ. The data set never changes, and the search takes ten seconds
PAIRS = (
    (("train", 20554), ("train", 36357), 0.67),
    (("train", 29413), ("train", 43549), 0.73),
    (("train", 13360), ("test", 4998), 0.74),
    (("train", 753), ("train", 29413), 0.79),
    (("train", 753), ("train", 43549), 1.01),
    (("train", 10205), ("train", 23412), 1.14),
    (("train", 31836), ("train", 32754), 1.15),
    (("train", 21295), ("train", 43549), 1.18),
    (("test", 2115), ("test", 4926), 1.48),
    (("train", 45497), ("train", 59812), 1.54),
    (("train", 21295), ("train", 29413), 1.59),
    (("train", 11932), ("train", 51488), 1.61),
    (("train", 567), ("train", 47750), 1.65),
    (("train", 31061), ("train", 56201), 1.74),
    (("train", 5453), ("train", 31038), 1.78),
    (("train", 753), ("train", 21295), 1.94),
    (("train", 51503), ("train", 56201), 2.02),
    (("train", 58762), ("test", 9867), 2.35),
    (("train", 12981), ("train", 50759), 2.74),
    (("train", 11932), ("test", 2605), 2.76),
    (("train", 13618), ("train", 29645), 2.76),
    (("train", 31061), ("train", 51503), 2.99),
    (("train", 46517), ("train", 54953), 3.07),
    (("train", 19456), ("test", 6210), 3.40),
    (("train", 3350), ("train", 53657), 3.40),
    (("train", 24633), ("train", 51970), 3.40),
    (("train", 51488), ("test", 2605), 3.43),
    (("train", 18494), ("test", 2115), 3.56),
    (("train", 18103), ("train", 24819), 3.64),
    (("train", 34772), ("train", 49602), 3.85),
    (("train", 13005), ("train", 25251), 3.95),
    (("train", 59025), ("test", 2115), 4.21),
    (("train", 6300), ("test", 6210), 4.23),
    (("train", 18494), ("test", 4926), 4.58),
    (("train", 59025), ("test", 4926), 4.75),
    (("train", 5503), ("train", 28024), 5.12),
    (("train", 56004), ("test", 9867), 5.24),
    (("train", 6300), ("train", 19456), 5.30),
    (("train", 18494), ("train", 59025), 5.34),
    (("train", 5931), ("train", 12109), 5.39),
    (("train", 13005), ("train", 32812), 5.42),
    (("train", 56004), ("train", 58762), 5.72),
    (("train", 29438), ("test", 2770), 5.76),
    (("train", 24208), ("train", 56477), 5.86),
    (("train", 28325), ("train", 28447), 5.93),
)


@dataclass(frozen=True)
class Twin:
    """The other image of a pair: its file, its index there, their difference in grey levels."""

    file: str
    index: int
    difference: float


def twins_of(file: str) -> dict[int, list[Twin]]:
    """The twins of each image of a file that has any, by its index, the closest pairs first."""
    twins: dict[int, list[Twin]] = {}
    for *pair, difference in PAIRS:
        for (of, index), other in (pair, pair[::-1]):
            if of == file:
                twins.setdefault(index, []).append(Twin(*other, difference))
    return twins


def twin_places(file: str, indices: np.ndarray) -> np.ndarray:
    """The places (M,) int64 of images with twins in a split of this file, the closest pairs first.

    indices (N,) int64, ascending: those of the split's images in the file.
    """
    wanted = np.array(list(twins_of(file)), np.int64)
    places = np.minimum(np.searchsorted(indices, wanted), len(indices) - 1)
    return places[indices[places] == wanted]


COARSE = 4  # pixels along the edge of a block
AXES = 12  # more let fewer pairs through and cost more to search
CHECKED_AT_ONCE = 5_000  # pairs; 30 MB


def near_pairs(pixels: np.ndarray, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of images, one of them among the places `queries` (M,), that are nearly the same.

    pixels (N, 28, 28) uint8. Returns places (K, 2) int64, the smaller one first, and differences
    (K,) float32 below MAX_DIFFERENCE, ascending. No pair is missed: the sums of blocks, each
    divided by the block's edge, and their principal axes are orthogonal projections, so images that
    are near are near there, too.
    """
    from sklearn.neighbors import KDTree  # loaded by those who search only

    low = _projected(pixels)  # (N, AXES)
    near = KDTree(low).query_radius(low[queries], MAX_DIFFERENCE * pixels.shape[1])
    first = np.repeat(queries, [len(found) for found in near])
    pairs = np.sort(np.stack([first, np.concatenate(near)], axis=1), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)  # (P, 2)
    starts = range(0, len(pairs), CHECKED_AT_ONCE)
    parts = [_differences(pixels, pairs[at : at + CHECKED_AT_ONCE]) for at in starts]
    differences = np.concatenate([np.empty(0, np.float32), *parts])
    order = np.argsort(differences, kind="stable")
    order = order[differences[order] < MAX_DIFFERENCE]
    return pairs[order], differences[order]


def _projected(pixels: np.ndarray) -> np.ndarray:
    size = pixels.shape[1] // COARSE
    blocks = pixels.reshape(len(pixels), size, COARSE, size, COARSE)
    sums = blocks.sum(axis=(2, 4), dtype=np.float32).reshape(len(pixels), -1) / COARSE  # (N, 49)
    _, axes = np.linalg.eigh(sums.T @ sums)  # ascending
    return sums @ axes[:, ::-1][:, :AXES]


def _differences(pixels: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The root-mean-square differences (P,) float32 of pairs of places (P, 2)."""
    first, second = pixels[pairs.T].astype(np.float32)
    return np.sqrt(((first - second) ** 2).mean(axis=(1, 2)))
