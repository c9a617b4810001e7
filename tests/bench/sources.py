"""What each kind of training pictures is good for: the same short fine-tuning without one of them.

The Wide net without mixup is fine-tuned with the shares of the recommended model, and then with
one share at 0, which Fashion-MNIST's own images get; and the Classic network, taught, in place of
it, to see what the larger network is good for. Everything is measured on validation parts:
accuracy on the validation images, on synthetic pictures, on people's drawings and photos
(means over classes), and how well other things are told from garments of the same kind (AUROC).
Needs both sets of `fetch-pictures`.

    PYTHONPATH=. python tests/bench/sources.py [--steps 200] [--only NAME …]
"""

import argparse
import json
from dataclasses import replace

from fashion_core import checkpoints, files, picture_report, training
from fashion_core.config import ADDED_KINDS, TrainConfig
from fashion_core.data import load_split
from fashion_core.synthetic.people import SOURCES, read_pictures

STARTS = {"WideResidualNet": "wide_residual_net.pt", "FashionCNN": "fashion_cnn.pt"}
RECOMMENDED = files.PRETRAINED_DIR / "all_round_net.json"


def variants(steps: int) -> dict[str, TrainConfig]:
    """The configurations by name; each trains about `steps` steps."""
    full = TrainConfig.from_dict(files.read_json(RECOMMENDED)["config"])
    found = {"all": full} | {
        f"without {kind}": replace(full, **{kind: 0.0})
        for kind in ADDED_KINDS
        if getattr(full, kind)
    }
    found["twice as long"] = full
    found["a smaller network"] = replace(full, model="FashionCNN")
    return {
        name: replace(
            config,
            epochs=2 if name == "twice as long" else 1,
            train_size=steps * config.real_batch_size,
        )
        for name, config in found.items()
    }


def measure(config: TrainConfig) -> dict[str, float]:
    """Train, then accuracies and AUROCs on the validation parts."""
    train_split, val_split = load_split("train"), load_split("val")
    start = files.PRETRAINED_DIR / STARTS[config.model]
    state = training.new_state(config)
    training.start_from(state, checkpoints.read_checkpoint(start))
    for _ in training.train(state, train_split, val_split):
        pass
    state.config = replace(config, **dict.fromkeys(ADDED_KINDS, 0.01))  # measure every kind
    state.best_score = (-1.0, 0.0)
    metrics = training.validate(state, val_split)
    found = {key: value for key, value in metrics.items() if key.endswith("_accuracy")}
    for kind in SOURCES:
        report = picture_report.report_on(state.model, read_pictures(kind, "val"))
        found[f"{kind}_auroc"] = report["outliers"]["auroc"]
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    for name, config in variants(arguments.steps).items():
        if not arguments.only or name in arguments.only:
            metrics = {key: round(value, 4) for key, value in measure(config).items()}
            print(name, json.dumps(metrics), flush=True)
