"""What each template of the builder costs and gives, as a table.

    PYTHONPATH=.:tests .venv/bin/python tests/bench/templates.py [--epochs 5] [--train-size 55000]

Templates × parameters × multiplications × validation accuracy × seconds, all else as in the classic
tutorial: Adam, learning rate 0.001, batches of 64. The seconds are the processor's, of the training
alone, on FASHION_TRAIN_THREADS threads, by default all physical cores but one.
"""

import time

import click
import torch

from fashion_core import training
from fashion_core.architecture import TEMPLATES, read_network
from fashion_core.config import TrainConfig
from fashion_core.data import Split, load_split
from fashion_core.runs.control import thread_count

WIDTHS = (20, 12, 17, 12, 10)


@click.command()
@click.option("--epochs", default=5, show_default=True)
@click.option("--train-size", default=55_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.argument("names", nargs=-1, type=click.Choice(list(TEMPLATES)))
def main(epochs: int, train_size: int, seed: int, names: tuple[str, ...]) -> None:
    """Train the templates NAMES (all) and print what they cost and give."""
    torch.set_num_threads(thread_count())
    train_split, val_split = load_split("train"), load_split("val")
    print(f"{epochs} epochs of {train_size:,} images, seed {seed}, {thread_count()} thread(s),")
    print(f"{training.pick_precision(training.pick_device())}; accuracy of the last epoch.\n")
    print_row("template", "parameters", "multiplications", "validation", "seconds")
    for name in names or TEMPLATES:
        text = TEMPLATES[name][0]
        config = TrainConfig(model=text, epochs=epochs, train_size=train_size, seed=seed)
        began = time.process_time()
        accuracy = last_accuracy(config, train_split, val_split)
        seconds = time.process_time() - began
        network = read_network(text)
        counts = (f"{network.parameters:,}", f"{network.multiplications:,}")
        print_row(name, *counts, f"{accuracy:.2%}", f"{seconds:.1f}")


def last_accuracy(config: TrainConfig, train_split: Split, val_split: Split) -> float:
    """The validation accuracy 0…1 after the last epoch."""
    accuracy = 0.0
    for event in training.train(training.new_state(config), train_split, val_split):
        if event["kind"] == "epoch":
            accuracy = event["val_accuracy"]
    return accuracy


def print_row(*cells: str) -> None:
    """A row of the table in Markdown."""
    padded = [cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)]
    print(f"| {' | '.join(padded)} |", flush=True)
    if cells[0] == "template":
        print(f"|{'|'.join('-' * (width + 2) for width in WIDTHS)}|")


if __name__ == "__main__":
    main()
