"""What it is worth to turn a picture upright: photos by people as they came and on their sides.

Prints, for the recommended model, the mean over the classes of the shares it has right, and in how
many pictures another hypothesis than the whole is answered. Choose with "val", report "test".

    PYTHONPATH=. python tests/bench/lying.py [val | test]
"""

import dataclasses
import sys

import numpy as np

from fashion_core import catalog, checkpoints, picture_report, predict
from fashion_core.evaluation import class_mean_accuracy
from fashion_core.picture_sets import PictureSet
from fashion_core.synthetic.people import read_garments

WAYS = {"as they came": 0, "turned to the left": 1, "turned to the right": 3}


def turned(pictures: PictureSet, quarters: int) -> PictureSet:
    """All pictures lying on one side; nobody who wears something is looked for in them."""
    pixels = np.rot90(pictures.pixels, quarters, (1, 2)).copy()
    return dataclasses.replace(pictures, pixels=pixels, upper=np.zeros_like(pixels))


if __name__ == "__main__":
    model = checkpoints.load_model(catalog.recommended_path())
    photos = read_garments("photos", sys.argv[1] if len(sys.argv) > 1 else "val")
    print(f"{len(photos.keys)} photos     whole only   as answered   answered otherwise")
    for way, quarters in WAYS.items():
        whole = turned(photos, quarters)
        answered = picture_report.as_answered(model, whole)
        shares = [
            class_mean_accuracy(each.allowed, predict.predict_logits(model, each.pixels).argmax(1))
            for each in (whole, answered)
        ]
        others = (answered.pixels != whole.pixels).any(axis=(1, 2)).sum()
        print(f"{way:19} {shares[0]:10.3f} {shares[1]:13.3f} {others:20}")
