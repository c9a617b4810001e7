"""Garments as a designer's flat drawing: per class a random shape made of parts, in a plane with y
downwards.

Every function takes a random generator and returns parts in the order in which they are painted,
the hindmost first. Lengths are in units of about a shoulder's width or a shoe's length; only
proportions matter, since every picture is cropped and refitted. Nothing here knows how a part will
be drawn: `synthetic` outlines, fills or shades it.
"""

import numpy as np

from fashion_core.metadata import CLASS_NAMES
from fashion_core.synthetic.bags import bag
from fashion_core.synthetic.parts import Part
from fashion_core.synthetic.shoes import ankle_boot, sandal, sneaker
from fashion_core.synthetic.tops import coat, dress, pullover, shirt, t_shirt, trouser


def garment(label: int, rng: np.random.Generator) -> list[Part]:
    """A random garment of the class `label` (0…9). Raises IndexError for another label."""
    parts = _GARMENTS[CLASS_NAMES[label]](rng)
    return [Part(np.asarray(points, np.float64).reshape(-1, 2), kind) for points, kind in parts]


_GARMENTS = {
    "T-shirt/top": t_shirt,
    "Trouser": trouser,
    "Pullover": pullover,
    "Dress": dress,
    "Coat": coat,
    "Sandal": sandal,
    "Shirt": shirt,
    "Sneaker": sneaker,
    "Bag": bag,
    "Ankle boot": ankle_boot,
}
