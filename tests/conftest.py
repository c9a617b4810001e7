"""What several test files share: run folders of their own, and a small trained checkpoint."""

import pytest
import torch


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
    metrics = {"val_accuracy": 0.9, "val_loss": 0.3, "test_accuracy": 0.89, "known_certainty": -5.0, "temperature": 1.5}
    save_checkpoint(path, TrainConfig(epochs=3), build_model("FashionCNN").state_dict(), metrics)
    return path


@pytest.fixture(scope="session")
def test_set():
    """Labels (10000,) of the test split and the recommended model's probabilities (10000, 10)."""
    from fashion_core import checkpoints, data, predict

    split = data.load_split("test")
    model = checkpoints.load_model(checkpoints.recommended_path())
    return split.labels, predict.predict_probs(model, split.pixels)
