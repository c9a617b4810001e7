"""What several test files share: run folders of their own, and a small trained checkpoint."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
import torch

# A GPU draws its own random numbers and rounds in its own way; workers inherit it
os.environ.setdefault("FASHION_DEVICE", "cpu")

# Folders and files
SLOW = ("browser", "test_worker", "test_rate_finder", "test_pictures", "test_cli", "test_training")


def pytest_configure(config):
    """All processes of the tests read the data set unpacked: each start unpacks 26 MB twice."""
    from fashion_core import data

    if hasattr(config, "workerinput") or os.environ.get("FASHION_DATA_DIR"):
        return  # xdist's workers inherit it
    found = data.find_data_dir()
    if found is None:  # the tests say so
        return
    folder = tempfile.mkdtemp(prefix="fashion-data-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    for name in data.FILE_MD5:
        Path(folder, name).write_bytes(data.read_verified(data.pick_file(found, name), name))
    os.environ["FASHION_DATA_DIR"] = folder


def pytest_collection_modifyitems(items):
    """Slow files first, or one process has them alone in the end: `--no-loadscope-reorder` keeps
    this order.
    """
    items.sort(key=lambda item: not {item.path.parent.name, item.path.stem} & set(SLOW))


@pytest.fixture(autouse=True)
def _tiny_numbers():
    """Those below 1.2e-38 count again after a test that trained as a command or a worker does."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture
def runs_dir(tmp_path, monkeypatch):
    """An empty folder for runs, used by this test alone."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("FASHION_RUNS_DIR", str(folder))
    monkeypatch.delenv("FASHION_READ_ONLY", raising=False)
    return folder


@pytest.fixture
def checkpoint_path(tmp_path):
    """A valid model file with untrained weights."""
    from fashion_core.checkpoints import save_checkpoint
    from fashion_core.config import TrainConfig
    from fashion_core.models import build_model

    torch.manual_seed(0)
    path = tmp_path / "model.pt"
    metrics = {
        "val_accuracy": 0.9,
        "val_loss": 0.3,
        "test_accuracy": 0.89,
        "ood_threshold": 5.0,
        "temperature": 1.5,
    }
    save_checkpoint(path, TrainConfig(epochs=3), build_model("FashionCNN").state_dict(), metrics)
    return path


@pytest.fixture(scope="session")
def test_set():
    """Labels (10000,) of the test split and the classic model's probabilities (10000, 10)."""
    from shipped_answers import shipped_probs

    from fashion_core import data

    return data.load_split("test").labels, shipped_probs("fashion_cnn")
