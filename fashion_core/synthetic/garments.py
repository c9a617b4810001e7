"""A random garment of each class as a flat drawing made of parts.

Lengths are in units of about a shoulder's width or a shoe's length. Only proportions matter, since
every picture is cropped and fitted again. Nothing here knows how a part will be drawn: `drawing`
outlines, fills or shades it.
"""

from numpy.random import Generator

from fashion_core.metadata import CLASS_NAMES
from fashion_core.synthetic.bags import bag
from fashion_core.synthetic.parts import Part, as_parts
from fashion_core.synthetic.shoes import ankle_boot, sandal, sneaker
from fashion_core.synthetic.tops import coat, dress, pullover, shirt, t_shirt, trouser

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


def garment(label: int, rng: Generator) -> list[Part]:
    """A random garment of the class `label`, 0…9, its hindmost part first.

    Raises IndexError for another label.
    """
    return as_parts(_GARMENTS[CLASS_NAMES[label]](rng))
