"""How well shipped models name pictures that no model has learnt from, and doubt those that are
none of the ten.

Prints a table per model: the share named rightly of each class and their mean, per kind of picture;
the share of garments wrongly doubted and of other things rightly doubted; how long a picture takes
on one core, from its bytes to its answer. The pictures are described in tests/recognition_set.py.

    PYTHONPATH=.:tests python tests/bench/recognition.py [--save]     # --save: into the models'
    cards
"""

import json
import statistics
import sys
import time

import torch
from recognition_set import FOLDER, KINDS, NAMES, answers, metrics, recalls

from fashion_core import catalog, checkpoints, predict
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare


def show_table(model) -> None:
    print(f"{'':8}{'mean':>6}" + "".join(f"{name[:9]:>10}" for name in NAMES) + f"{'doubted':>10}")
    for kind in KINDS:
        labels, preds, recognised = answers(model, kind)
        shares = recalls(labels, preds)
        print(
            f"{kind:8}{shares.mean():6.2f}"
            + "".join(f"{s:10.2f}" for s in shares)
            + f"{1 - recognised.mean():10.2f}"
        )


def milliseconds(model) -> list[float]:
    """Of every picture, from its bytes to its answer."""
    taken = []
    for path in sorted(FOLDER.glob("*/*")):
        content = path.read_bytes()
        began = time.perf_counter()
        predict.classify_pixels(model, prepare(open_picture(content)).pixels)
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def main() -> None:
    torch.set_num_threads(1)
    for entry in catalog.list_models():
        if not entry.shipped:
            continue
        model = checkpoints.load_model(entry.path)
        found = metrics(model)
        print(f"\n{entry.title} ({entry.model_id})")
        show_table(model)
        print(
            f"Doubted: {found['garments_doubted']:.3f} of the garments,"
            f" {found['others_doubted']:.3f} of the others"
        )
        taken = milliseconds(model)
        print(
            f"A picture takes {statistics.median(taken):.0f} ms on one core, the slowest"
            f" {max(taken):.0f} ms"
        )
        if "--save" in sys.argv:
            card = json.dumps(entry.card | {"recognition": found}, indent=2)
            entry.path.with_suffix(".json").write_text(card + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
