"""How well shipped models name pictures that no model has learnt from, and doubt those that are none of the ten.

Prints a table per model: the share named rightly of each class and their mean, per kind of picture; the share of
garments wrongly doubted and of other things rightly doubted. The pictures are described in tests/recognition_set.py.

    python tests/bench/recognition.py [MODEL.pt ...]
"""

import sys
from pathlib import Path

import numpy as np
from recognition_set import KINDS, NAMES, answers, recalls

from fashion_core import checkpoints


def show_table(path: Path) -> None:
    model = checkpoints.load_model(path)
    print(f"\n{path.stem}\n{'':8}{'mean':>6}" + "".join(f"{name[:9]:>10}" for name in NAMES) + f"{'doubted':>10}")
    doubted = []
    for kind in KINDS:
        labels, preds, recognised = answers(model, kind)
        shares = recalls(labels, preds)
        doubted.append(~recognised)
        print(f"{kind:8}{shares.mean():6.2f}" + "".join(f"{s:10.2f}" for s in shares) + f"{np.mean(~recognised):10.2f}")
    wrongly, (_, _, recognised) = np.concatenate(doubted).mean(), answers(model, "other")
    print(f"Doubted: {wrongly:.3f} of the garments, {np.mean(~recognised):.3f} of the other things")


if __name__ == "__main__":
    shipped = [entry.path for entry in checkpoints.list_models() if entry.shipped]
    for file in map(Path, sys.argv[1:]) if sys.argv[1:] else shipped:
        show_table(file)
