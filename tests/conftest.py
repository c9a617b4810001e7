"""What several test files share: run folders of their own, and a small trained checkpoint."""

import os

import pytest
import torch

# A GPU draws its own random numbers and rounds in its own way; workers inherit it
os.environ.setdefault("FASHION_DEVICE", "cpu")

# Folders and files
SLOW = ("browser", "test_worker", "test_rate_finder", "test_pictures", "test_cli", "test_training")


def pytest_collection_modifyitems(items):
    """Slow files first, or one process has them alone in the end: `--no-loadscope-reorder` keeps
    this order.
    """
    items.sort(key=lambda item: not {item.path.parent.name, item.path.stem} & set(SLOW))


@pytest.fixture(scope="session", autouse=True)
def _unpacked_once():
    """The data set's own files are unpacked once a process, not 0.3 s for each split."""
    from fashion_core import data

    unpack, contents = data._decompress, {}
    folders = (data.PROJECT_DATA_DIR, data.DEBIAN_DATA_DIR)

    def unpack_once(path, expected):
        if path.parent not in folders:  # a test's own files
            return unpack(path, expected)
        key = data._stat_key(path), expected
        if key not in contents:
            contents[key] = unpack(path, expected)
        return contents[key]

    data._decompress = unpack_once
    yield
    data._decompress = unpack


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
