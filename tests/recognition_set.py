"""240 pictures for a regression test: sketches, photo-like scenes and icons, and other things.

All were drawn for this project as SVG, each by its own coordinates, apart from the generators of
fashion_core.synthetic, and Chromium made pictures of them. No model has learned from them. But they
are by one hand, so what a model gets right of them says whether it became worse, not how well it
understands the drawings and photos of strangers.

tests/recognition/KIND/ holds CLASS-NUMBER.png or .jpg. Photos 1 to 3 of a class are like shop
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
    """Of all pictures of a kind: labels and preds, (N,) int64, and recognised, (N,) bool.

    Pictures of "other", which are none of the ten, have the label OUTLIER.
    """
    rows = []
    for path in sorted((FOLDER / kind).iterdir()):
        name = path.stem.rsplit("-", 1)[0]
        label = NAMES.index(name) if name in NAMES else OUTLIER
        answer = predict.classify_pixels(model, prepare(open_picture(path)).pixels)
        rows.append((label, answer.label, answer.recognised))
    labels, preds, recognised = map(np.array, zip(*rows, strict=True))
    return labels, preds, recognised


def recalls(labels: np.ndarray, preds: np.ndarray) -> np.ndarray:
    """The recall of each of the ten classes: (10,)."""
    return np.array([np.mean(preds[labels == label] == label) for label in range(len(NAMES))])


def metrics(model) -> dict[str, float]:
    """The mean recall per kind of picture, and the shares of garments and outliers in doubt."""
    found = {kind: answers(model, kind) for kind in (*KINDS, "other")}
    values = {kind: recalls(*found[kind][:2]).mean() for kind in KINDS}
    garments = np.concatenate([found[kind][2] for kind in KINDS])
    values["garments_doubted"] = 1 - garments.mean()
    values["others_doubted"] = 1 - found["other"][2].mean()
    return {name: round(float(value), 4) for name, value in values.items()}
