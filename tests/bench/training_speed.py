"""How much faster is `training.train` than the loop that a tutorial writes? Printed as a ratio, epoch by epoch.

Both train the same network with the same optimizer, batch size and images, alternating within one process, so that a
noisy machine troubles both alike. The plain loop: torchvision's data set, ToTensor and Normalize, DataLoader with
batches of 64, float32, as in the introductions.

    python tests/bench/training_speed.py [--epochs 5] [--threads 2]
"""

import os

from fashion_core.runs import THREADS_ENVIRONMENT

os.environ |= THREADS_ENVIRONMENT | os.environ  # before torch is loaded, as the worker and the command line have it

import statistics
import tempfile
import time
from pathlib import Path

import click
import torch
import torch.nn.functional as F
from torchvision import datasets, transforms

from fashion_core import training
from fashion_core.config import TrainConfig
from fashion_core.data import find_data_dir, load_split
from fashion_core.metadata import FILE_MD5, PIXEL_MEAN, PIXEL_STD
from fashion_core.models import FashionCNN


def raw_folder(root: Path) -> Path:
    """The four files decompressed where torchvision expects them."""
    import gzip

    folder, found = root / "FashionMNIST" / "raw", find_data_dir()
    folder.mkdir(parents=True)
    for name in FILE_MD5:
        packed = found / f"{name}.gz"
        content = gzip.decompress(packed.read_bytes()) if packed.exists() else (found / name).read_bytes()
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
        self.batch_size = config.batch_size
        self.model = FashionCNN()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate)

    def epoch(self) -> float:
        """Train one epoch; images per second."""
        began = time.perf_counter()
        self.model.train()
        for images, labels in torch.utils.data.DataLoader(self.train_set, batch_size=self.batch_size, shuffle=True):
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(images), labels).backward()
            self.optimizer.step()
        return len(self.train_set) / (time.perf_counter() - began)

    def val_accuracy(self) -> float:
        self.model.eval()
        right = 0
        with torch.no_grad():
            for images, labels in torch.utils.data.DataLoader(self.val_set, batch_size=self.batch_size):
                right += (self.model(images).argmax(1) == labels).sum().item()
        return right / len(self.val_set)


def our_epochs(config: TrainConfig):
    """Images per second and validation accuracy of each epoch of `training.train`."""
    state = training.new_state(config, torch.device("cpu"))
    print(f"ours: {state.precision}, {torch.get_num_threads()} threads")
    for event in training.train(state, load_split("train"), load_split("val")):
        if event["kind"] == "epoch":
            yield event["images_per_second"], event["val_accuracy"]


@click.command()
@click.option("--epochs", default=5)
@click.option("--threads", default=0, help="0: torch's own choice.")
def main(epochs: int, threads: int) -> None:
    if threads:
        torch.set_num_threads(threads)
    training.keep_freed_memory()
    config = TrainConfig(epochs=epochs)
    with tempfile.TemporaryDirectory() as folder:
        plain, ours = PlainLoop(config, raw_folder(Path(folder))), our_epochs(config)
        ratios = []
        for epoch in range(1, epochs + 1):
            plain_speed, (our_speed, our_accuracy) = plain.epoch(), next(ours)
            ratios.append(our_speed / plain_speed)
            print(f"epoch {epoch}: plain {plain_speed:7,.0f} images/s, ours {our_speed:7,.0f}, ratio {ratios[-1]:.2f}")
        print(f"validation accuracy after {epochs} epochs: plain {plain.val_accuracy():.4f}, ours {our_accuracy:.4f}")
    print(f"median ratio {statistics.median(ratios):.2f}, lowest {min(ratios):.2f}, highest {max(ratios):.2f}")


if __name__ == "__main__":
    main()
