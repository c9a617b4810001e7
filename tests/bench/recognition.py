"""How well shipped models do on pictures by people that none has learned from, and on our own 240.

Of each model: the accuracy, mean over classes, on the held-out fifths of people's drawings and
photos (python -m fashion_core fetch-pictures quickdraw, clothing). Of our own pictures a table: the
recall of each class and their mean, per kind of picture; the shares of garments and of other things
in doubt; how long a picture takes on one core, from its bytes to its answer. By one hand, they tell
whether a model became worse, not how well it understands strangers' drawings
(tests/recognition_set.py). --save writes the metrics into the models' cards.

    PYTHONPATH=.:tests python tests/bench/recognition.py [--save]
"""

import json
import statistics
import sys
import time

import numpy as np
import torch
from recognition_set import FOLDER, KINDS, NAMES, answers, metrics, recalls
from sklearn.metrics import roc_auc_score

from fashion_core import catalog, checkpoints, picture_report, predict
from fashion_core.metadata import CLASS_NAMES
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.synthetic.people import read_pictures, read_sets

LIKE_A_BAG = (
    "backpack",
    "basket",
    "bucket",
    "suitcase",
)  # words of other things that may as well be bags


def show_table(model) -> None:
    print(f"{'':8}{'mean':>6}" + "".join(f"{name[:9]:>10}" for name in NAMES) + f"{'doubted':>10}")
    for kind in KINDS:
        labels, preds, recognised = answers(model, kind)
        per_class = recalls(labels, preds)
        columns = "".join(f"{recall:10.2f}" for recall in per_class)
        print(f"{kind:8}{per_class.mean():6.2f}{columns}{1 - recognised.mean():10.2f}")


def show_other_drawings(model) -> None:
    """How well other things are told from garments: each drawing alike, and each word alike.

    Of some words, those of things that are worn or carried, there are five times as many drawings.
    """
    pictures = read_pictures("drawings", "test")
    scores = predict.ood_score(predict.predict_logits(model, pictures.pixels))
    is_other = ~pictures.allowed.any(axis=1)
    in_doubt = scores > np.quantile(scores[~is_other], 0.95)
    words = np.where(is_other, pictures.keys, "")
    _, which, counts = np.unique(words, return_inverse=True, return_counts=True)
    for name, weights in (("drawing", np.ones(len(words))), ("word", 1 / counts[which])):
        auroc = roc_auc_score(is_other, scores, sample_weight=weights)
        share = np.average(in_doubt[is_other], weights=weights[is_other])
        print(
            f"Drawings of other things, each {name} alike: AUROC {auroc:.3f}, doubted where 5 % of"
            f" the garments are {share:.3f}"
        )


def show_like_a_bag(model) -> None:
    """What is said of drawings that may as well be a bag, one word after the other.

    Baskets and buckets are among the other things to learn from, backpacks and suitcases were once:
    who learns that they are none doubts bags drawn with straight lines.
    """
    for pictures in read_sets("drawings"):
        for word in LIKE_A_BAG:
            pixels = pictures.pixels[np.array(pictures.keys) == word]
            if not len(pixels):
                continue
            logits = predict.predict_logits(model, pixels)
            is_bag = logits.argmax(axis=1) == CLASS_NAMES.index("Bag")
            known = predict.recognised(model, logits, pixels)
            print(
                f"{len(pixels)} drawings of a {word}: {is_bag.mean():.2f} a bag, without doubt"
                f" {(is_bag & known).mean():.2f}"
            )


def milliseconds(model) -> list[float]:
    """What each picture takes, from its bytes to its answer."""
    taken = []
    for path in sorted(FOLDER.glob("*/*")):
        content = path.read_bytes()
        began = time.perf_counter()
        predict.classify_pixels(model, prepare(open_picture(content)).pixels)
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def show_and_save(entry, save: bool) -> None:
    """Print all that is measured of a model in the catalog; save: keep the metrics in its card."""
    model = checkpoints.load_model(entry.path)
    found, taken = metrics(model), milliseconds(model)
    print(f"\n{entry.title} ({entry.model_id})")
    show_table(model)
    print(
        f"Doubted: {found['garments_doubted']:.3f} of the garments,"
        f" {found['others_doubted']:.3f} of the others"
    )
    held_out = picture_report.held_out_reports(model)
    for kind, report in held_out.items():
        others = report["outliers"]
        print(
            f"People's {kind}: {report['accuracy']:.3f}, doubted {report['doubted']:.3f};"
            f" of {others['count']} others doubted {others['doubted']:.3f},"
            f" AUROC {others['auroc']:.3f}"
        )
    if "drawings" in held_out:
        show_other_drawings(model)
        show_like_a_bag(model)
    median, slowest = statistics.median(taken), max(taken)
    print(f"A picture takes {median:.0f} ms on one core, the slowest {slowest:.0f} ms")
    if save:
        path = entry.path.with_suffix(".json")  # whose keys may be those of a former version
        card = json.loads(path.read_text(encoding="utf-8"))
        card |= {"recognition": found, "held_out": held_out}
        path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    torch.set_num_threads(1)
    for entry in catalog.list_models():
        if entry.shipped:
            show_and_save(entry, "--save" in sys.argv)


if __name__ == "__main__":
    main()
