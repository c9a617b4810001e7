"""How much faster training and evaluation are than the loops that a tutorial writes.

Three ratios. Training: images per second, epoch by epoch, of the same network with the same
optimizer, batch size and images. Sooner: seconds of training until a validation accuracy, measured
after each epoch, of the recipe that is quickest there against the tutorial's. Evaluation: seconds
for the 10,000 test images.

Both sides take turns (in the second, seed by seed), so that a noisy machine troubles both alike;
ours trains in a process of its own, as the app's worker does. The plain loop: torchvision's data
set, ToTensor and Normalize, DataLoader with batches of 64, float32, as in the introductions; its
evaluation takes batches of 1,000.

    PYTHONPATH=.:tests python tests/bench/training_speed.py [--epochs 5] [--threads 2]
        [--precision float32]
"""

import os
import sys

from fashion_core.runs.control import THREADS_ENVIRONMENT

# As the worker has it: some of it is read when a process begins, the rest before torch is loaded
if not THREADS_ENVIRONMENT.keys() <= os.environ.keys():
    os.execve(sys.executable, [sys.executable, *sys.argv], THREADS_ENVIRONMENT | os.environ)

import copy
import gzip
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import torch
import torch.nn.functional as F
from torchvision import datasets, transforms

from fashion_core import predict, training
from fashion_core.config import RECIPES, TrainConfig
from fashion_core.data import find_data_dir, load_split
from fashion_core.metadata import FILE_MD5, PIXEL_MEAN, PIXEL_STD
from fashion_core.models import FashionCNN
from fashion_core.optimizers import flush_tiny_numbers

GOAL = 0.91  # validation accuracy
SEEDS = 3
EVALUATIONS = 5


def raw_folder(root: Path) -> Path:
    """The four files decompressed where torchvision expects them."""
    folder, found = root / "FashionMNIST" / "raw", find_data_dir()
    folder.mkdir(parents=True)
    for name in FILE_MD5:
        packed = found / f"{name}.gz"
        content = (
            gzip.decompress(packed.read_bytes()) if packed.exists() else (found / name).read_bytes()
        )
        (folder / name).write_bytes(content)
    return root


class PlainLoop:
    """The tutorial's training, one epoch at a time."""

    def __init__(self, config: TrainConfig, root: Path):
        torch.manual_seed(config.seed)
        steps = [transforms.ToTensor(), transforms.Normalize((PIXEL_MEAN,), (PIXEL_STD,))]
        whole = datasets.FashionMNIST(root, train=True, transform=transforms.Compose(steps))
        self.train_set = torch.utils.data.Subset(whole, load_split("train").indices.tolist())
        self.val_set = torch.utils.data.Subset(whole, load_split("val").indices.tolist())
        self.test_set = datasets.FashionMNIST(root, train=False, transform=whole.transform)
        self.batch_size = config.batch_size
        self.model = FashionCNN()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate)

    def epoch(self) -> float:
        """Train one epoch; images per second."""
        began = time.perf_counter()
        self.model.train()
        for images, labels in torch.utils.data.DataLoader(
            self.train_set, batch_size=self.batch_size, shuffle=True
        ):
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(images), labels).backward()
            self.optimizer.step()
        return len(self.train_set) / (time.perf_counter() - began)

    def accuracy(self, data_set) -> float:
        """The share of a data set that is classified correctly."""
        self.model.eval()
        right = 0
        with torch.no_grad():
            for images, labels in torch.utils.data.DataLoader(data_set, batch_size=1_000):
                right += (self.model(images).argmax(1) == labels).sum().item()
        return right / len(data_set)


def our_epochs(config: TrainConfig, precision: str | None):
    """Images per second and validation accuracy of each epoch of `training.train`."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        worker.submit(_begin, config, precision, torch.get_num_threads()).result()
        for _ in range(config.epochs):
            yield worker.submit(_end_epoch).result()


def _begin(config: TrainConfig, precision: str | None, threads: int) -> None:
    global _events
    flush_tiny_numbers()
    torch.set_num_threads(threads)
    state = training.new_state(config, torch.device("cpu"), precision)
    print(f"ours: {config.describe()}; {state.precision}, {torch.get_num_threads()} threads")
    _events = training.train(state, load_split("train"), load_split("val"))


def _end_epoch() -> tuple[float, float]:
    event = next(event for event in _events if event["kind"] == "epoch")
    return event["images_per_second"], event["val_accuracy"]


def compare_training(root: Path, epochs: int, precision: str | None) -> None:
    config = TrainConfig(epochs=epochs)
    plain, ours, ratios = PlainLoop(config, root), our_epochs(config, precision), []
    for epoch in range(1, epochs + 1):
        plain_speed, (our_speed, our_accuracy) = plain.epoch(), next(ours)
        ratios.append(our_speed / plain_speed)
        print(
            f"epoch {epoch}: plain {plain_speed:7,.0f} images/s, ours {our_speed:7,.0f}, ratio"
            f" {ratios[-1]:.2f}"
        )
    print(
        f"validation accuracy: plain {plain.accuracy(plain.val_set):.4f}, ours {our_accuracy:.4f}"
    )
    print_ratios("TRAINING SPEED", ratios)
    compare_evaluation(plain)


def compare_evaluation(plain: PlainLoop) -> None:
    """The same weights on both sides."""
    model = copy.deepcopy(plain.model).to(memory_format=torch.channels_last)
    test, ratios = load_split("test"), []
    predict.predict_probs(model, test.pixels)  # once unmeasured: the plain loop has been used too
    for _ in range(EVALUATIONS):
        began = time.perf_counter()
        expected = plain.accuracy(plain.test_set)
        middle = time.perf_counter()
        accuracy = (predict.predict_probs(model, test.pixels).argmax(1) == test.labels).mean()
        ratios.append((middle - began) / (time.perf_counter() - middle))
        assert abs(accuracy - expected) < 0.0005  # a tie may be rounded to the other side
    print_ratios("EVALUATION SPEED", ratios)


def compare_patience(root: Path, seed: int, precision: str | None) -> float:
    """How many times sooner than the plain loop the recipe "Quick look" is at GOAL."""
    plain, seconds, accuracy = PlainLoop(TrainConfig(seed=seed), root), 0.0, 0.0
    while accuracy < GOAL:
        seconds += len(plain.train_set) / plain.epoch()
        accuracy = plain.accuracy(plain.val_set)
        print(f"plain: {accuracy:.4f} after {seconds:.1f} s of training")
    our_seconds = 0.0
    config = TrainConfig(**RECIPES["Quick look"][0], seed=seed)
    for our_speed, accuracy in our_epochs(config, precision):
        our_seconds += config.learned_size / our_speed
        print(f"ours: {accuracy:.4f} after {our_seconds:.1f} s of training")
        if accuracy >= GOAL:
            return seconds / our_seconds
    raise RuntimeError(f"Quick look ended with {accuracy:.4f} of the validation images.")


def print_ratios(title: str, ratios: list[float]) -> None:
    print(
        f"{title}: median ratio {statistics.median(ratios):.2f}, lowest {min(ratios):.2f}, highest"
        f" {max(ratios):.2f}"
    )


@click.command()
@click.option("--epochs", default=5)
@click.option("--threads", default=0, help="0: torch's own choice.")
@click.option(
    "--precision",
    type=click.Choice(["bfloat16", "float32"]),
    help="Of our training; else what is faster here.",
)
def main(epochs: int, threads: int, precision: str | None) -> None:
    if threads:
        torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        root = raw_folder(Path(folder))
        compare_training(root, epochs, precision)
        sooner = [compare_patience(root, seed, precision) for seed in range(SEEDS)]
        print_ratios(f"SOONER AT {GOAL}", sooner)


if __name__ == "__main__":
    main()
