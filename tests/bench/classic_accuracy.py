"""How accurate FashionCNN becomes with the recipe "Best of the classic network": five seeds.

Prints the validation and the test accuracy of each seed and their mean ± standard deviation. The
test split is read once per seed, by `train` at its end; nothing is chosen from it. About eight
minutes per seed on one core. `--together`: how many seeds train at a time.

    PYTHONPATH=.:tests python tests/bench/classic_accuracy.py [--seeds 5] [--together 2]
"""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from fashion_core.config import RECIPES, TrainConfig
from fashion_core.runs.control import THREADS_ENVIRONMENT

RECIPE = "Best of the classic network"


def options(config: TrainConfig) -> list[str]:
    """A config as options of `python -m fashion_core train`: what differs from the defaults."""
    words = []
    for spec in dataclasses.fields(config):
        value, flag = getattr(config, spec.name), "--" + spec.name.replace("_", "-")
        if value != spec.default:
            words += [flag] if value is True else [flag, str(value)]
    return words


def train(seed: int, folder: Path, threads: int) -> dict:
    """The card of the model that this seed gives."""
    out = folder / f"seed-{seed}.pt"
    command = [sys.executable, "-m", "fashion_core", "train", "--out", str(out), "--json"]
    command += options(TrainConfig(**RECIPES[RECIPE][0], seed=seed))
    environment = THREADS_ENVIRONMENT | os.environ | {"OMP_NUM_THREADS": str(threads)}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    card = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    metrics = f"validation {card['val_accuracy']:.4f}, test {card['test_accuracy']:.4f}"
    print(f"seed {seed}: {metrics}, {card['elapsed_seconds']:.0f} s", flush=True)
    return card


@click.command()
@click.option("--seeds", default=5)
@click.option(
    "--together", default=2, help="How many seeds train at a time, each on its share of the cores."
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Where the models stay."
)
def main(seeds: int, together: int, keep: Path | None) -> None:
    threads = max(1, (os.cpu_count() or 1) // together)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(together) as pool:
        folder = keep or Path(scratch)
        cards = list(pool.map(lambda seed: train(seed, folder, threads), range(seeds)))
    for name in ("val_accuracy", "test_accuracy"):
        values = [card[name] for card in cards]
        spread = statistics.stdev(values) if seeds > 1 else 0.0
        print(f"{name}: mean {statistics.mean(values):.4f} ± {spread:.4f} of {seeds} seeds")


if __name__ == "__main__":
    main()
