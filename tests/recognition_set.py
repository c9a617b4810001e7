"""Pictures that no model has learnt from: sketches, icons, photo-like scenes of the ten classes,
and other things.

All were drawn for this project as SVG, each by its own coordinates, by somebody who did not know
the training generators (`fashion_core.garments`, `synthetic`, `clutter`); Chromium made pictures of
them. tests/recognition/KIND/ holds CLASS-NUMBER.png or .jpg; photos 1 to 3 of a class are like shop
pictures, 4 to 6 like phone pictures.
"""

from pathlib import Path

import numpy as np

from fashion_core import predict
from fashion_core.metadata import OUTLIER
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare

FOLDER = Path(__file__).parent / "recognition"
KINDS = ("sketch", "photo", "icon")
NAMES = (
    "t_shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle_boot",
)


def answers(model, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the model says of every picture of a kind: true labels, top classes (N,) int64,
    recognised (N,) bool.

    The label of pictures of "other", which are none of the ten, is OUTLIER.
    """
    rows = []
    for path in sorted((FOLDER / kind).iterdir()):
        name = path.stem.rsplit("-", 1)[0]
        prepared = prepare(open_picture(path))
        answer = predict.classify_pixels(model, prepared.pixels)
        rows.append(
            (NAMES.index(name) if name in NAMES else OUTLIER, answer.label, answer.recognised)
        )
    labels, preds, recognised = map(np.array, zip(*rows, strict=True))
    return labels, preds, recognised


def recalls(labels: np.ndarray, preds: np.ndarray) -> np.ndarray:
    """Share named rightly of each of the ten classes, (10,)."""
    return np.array([np.mean(preds[labels == label] == label) for label in range(len(NAMES))])


def metrics(model) -> dict:
    """The mean recall per kind of picture, and the shares of garments and of other things that are
    doubted.
    """
    found = {kind: answers(model, kind) for kind in (*KINDS, "other")}
    values = {kind: float(recalls(*found[kind][:2]).mean()) for kind in KINDS}
    values["garments_doubted"] = float(
        1 - np.concatenate([found[kind][2] for kind in KINDS]).mean()
    )
    values["others_doubted"] = float(1 - found["other"][2].mean())
    return {name: round(value, 4) for name, value in values.items()}
