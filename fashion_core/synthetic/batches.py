"""Synthetic drawings, photos and outliers, which teach a model to understand people's pictures.

All are (N, 28, 28) uint8 with background 0, made from a batch of Fashion-MNIST's images and their
labels, and repeatable by their seed. There are four kinds:

- "outlines": drawings of the images' contours (`drawing`)
- "drawn": garments drawn from nothing, with spread sleeves, other cuts and other views, as line
  drawings, icons and shaded pictures (`garments`, `drawing`)
- "photographed": the images with other shades, patterns, shadows, leftovers of a background and the
  person who wears them (`photos`)
- "outlier": anything but clothes (`outliers`)

They end with the last step of a visitor's picture, `pictures.garment.fit`, and like there a pixel
is the distance from the background. Nothing in this module has ever seen a drawing or a photo by
anybody; those that have are `people`'s.
"""

import numpy as np
from numpy.random import Generator

from fashion_core.metadata import IMAGE_SIZE, OUTLIER
from fashion_core.synthetic.canvas import EDGE, fitted
from fashion_core.synthetic.drawing import draw, drawing_of, outline
from fashion_core.synthetic.outliers import scene, thing
from fashion_core.synthetic.photos import photograph

# What the synthetic part of a batch is made of. The drawn ones teach most about drawings.
SHARES = {"drawn": 0.42, "outlines": 0.22, "photographed": 0.28, "outlier": 0.08}


def synthetic_batch(
    pixels: np.ndarray, labels: np.ndarray, seed: int | tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """One synthetic picture per image, of its class, the kinds in the proportions of SHARES.

    pixels (N, 28, 28) uint8, labels (N,) int64 → the same of the pictures, the kinds in the order
    of SHARES; the label of an outlier is OUTLIER. The same seed makes the same pictures.
    """
    ends = np.rint(np.cumsum(list(SHARES.values())) * len(labels)).astype(int)
    starts = [0, *ends[:-1]]
    made, made_labels = [], labels.copy()
    for kind, start, end in zip(SHARES, starts, ends, strict=True):
        made.append(pictures_like(kind, pixels[start:end], labels[start:end], seed))
        if kind == "outlier":
            made_labels[start:end] = OUTLIER
    return np.concatenate(made), made_labels


def pictures_like(
    kind: str, pixels: np.ndarray, labels: np.ndarray, seed: int | tuple[int, ...]
) -> np.ndarray:
    """Pictures of one of SHARES' kinds for these images and classes: (N, 28, 28) uint8.

    "drawn" looks at the labels only, "outlier" does not. Raises KeyError for another kind.
    """
    makers = {"drawn": draw, "outlines": outline, "photographed": photograph, "outlier": outlier}
    make, rng = makers[kind], np.random.default_rng(seed)
    made = [make(image, int(label), rng) for image, label in zip(pixels, labels, strict=True)]
    return np.array(made, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


def outlier(image: np.ndarray, _label: int, rng: Generator) -> np.ndarray:
    """Anything but clothes, drawn or photographed: (28, 28) uint8, at most with image's texture."""
    if rng.random() < 0.5:
        return drawing_of(thing(rng), OUTLIER, rng)
    return fitted(scene(EDGE, image, rng), rng)
