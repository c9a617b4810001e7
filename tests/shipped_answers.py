"""What a shipped model says of the test images, as the pages have it."""

import numpy as np

from fashion_core import checkpoints, data, files, kept_answers, predict


def shipped_probs(name: str) -> np.ndarray:
    """Probabilities (10000, 10) float32: those kept beside the model, else its own."""
    path = files.PRETRAINED_DIR / f"{name}.pt"
    kept = kept_answers.read_answers(path)
    if kept is not None:
        return predict.softmax(kept)
    return predict.predict_probs(checkpoints.load_model(path), data.load_split("test").pixels)
