"""Synthetic drawings and photos: what makes a model trained on product shots understand other
people's pictures.

Four kinds of training pictures, all (N, 28, 28) uint8 with background 0, all repeatable by their
seed: "outlines" of Fashion-MNIST's own images, "drawn" garments (`garments`: sleeves spread out,
other cuts, other views) as line drawings, icons and shaded pictures, and "photographed" images:
other shades, patterns, shadows, leftovers of a background, the person who wears it; and "nothing",
pictures of anything but clothes (`clutter`). They end with the same last step as a visitor's
picture, `pictures.fit`, on the same footing: the distance from the background. Nothing here has
ever seen a drawing or a photo by anybody.
"""

import numpy as np

from fashion_core.metadata import IMAGE_SIZE, OUTLIER
from fashion_core.synthetic.canvas import EDGE, fitted
from fashion_core.synthetic.drawing import draw, drawing_of, outline
from fashion_core.synthetic.outliers import scene, thing
from fashion_core.synthetic.photos import photograph

# What the synthetic half of a batch is made of. The drawn ones teach most about drawings.
SHARES = {"drawn": 0.42, "outlines": 0.22, "photographed": 0.28, "nothing": 0.08}


def mixed(pixels: np.ndarray, labels: np.ndarray, seed) -> tuple[np.ndarray, np.ndarray]:
    """One synthetic picture per image, of its class, the kinds in the proportions of SHARES.

    pixels (N, 28, 28) uint8, labels (N,) int64 → the same of the pictures, the kinds in the order
    of SHARES; the label of "nothing" is OUTLIER. `seed` is whatever numpy's default_rng takes: the
    same seed and images, the same pictures.
    """
    ends = np.rint(np.cumsum(list(SHARES.values())) * len(labels)).astype(int)
    starts = [0, *ends[:-1]]
    made = [
        pictures_like(kind, pixels[start:end], labels[start:end], seed)
        for kind, start, end in zip(SHARES, starts, ends, strict=True)
    ]
    names = labels.copy()
    names[starts[list(SHARES).index("nothing")] :] = OUTLIER
    return np.concatenate(made), names


def pictures_like(kind: str, pixels: np.ndarray, labels: np.ndarray, seed) -> np.ndarray:
    """Pictures of one of SHARES' kinds for these images and classes, (N, 28, 28) uint8.

    "drawn" looks at the labels only, "nothing" not at them. Raises KeyError for another kind.
    """
    make = {"drawn": draw, "outlines": outline, "photographed": photograph, "nothing": nothing}[
        kind
    ]
    rng = np.random.default_rng(seed)
    made = [make(image, int(label), rng) for image, label in zip(pixels, labels, strict=True)]
    return np.array(made, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


def nothing(image: np.ndarray, _label: int, rng: np.random.Generator) -> np.ndarray:
    """Anything but clothes, in the same manners: (28, 28) uint8. Of `image` it uses the texture at
    most.
    """
    if rng.random() < 0.5:
        return drawing_of(thing(rng), OUTLIER, rng)
    return fitted(scene(EDGE, image, rng), rng)
