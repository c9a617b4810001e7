"""fashion_core.export: files read by the programs they are for, code run as a stranger would."""

import builtins
import codecs
import csv
import functools
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from run_folders import make_run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fashion_core import catalog, checkpoints, data, export, files, onnx_export, predict
from fashion_core.config import TrainConfig
from fashion_core.errors import CheckpointError, ExportError
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import folders

SHIPPED = ("wide_residual_net", "fashion_cnn")
EVENTS = [
    {
        "kind": "step",
        "epoch": 1,
        "step": 20,
        "train_loss": 1.5,
        "learning_rate": 0.001,
        "elapsed_seconds": 0.5,
    },
    {
        "kind": "step",
        "epoch": 1,
        "step": 40,
        "train_loss": 9.9,
        "learning_rate": 0.001,
        "elapsed_seconds": 0.9,
    },
    {
        "kind": "step",
        "epoch": 1,
        "step": 40,
        "train_loss": 1.25,
        "learning_rate": 0.001,
        "elapsed_seconds": 1.0,
    },
    {
        "kind": "epoch",
        "epoch": 1,
        "step": 40,
        "train_loss": 1.4,
        "val_loss": 1.0,
        "val_accuracy": 0.75,
        "elapsed_seconds": 1.5,
        "images_per_second": 1000.0,
    },
    {
        "kind": "step",
        "epoch": 2,
        "step": 60,
        "train_loss": 0.5,
        "learning_rate": 0.0005,
        "elapsed_seconds": 2.0,
    },
    {
        "kind": "epoch",
        "epoch": 2,
        "step": 80,
        "train_loss": 0.5,
        "val_loss": 0.75,
        "val_accuracy": 0.875,
        "elapsed_seconds": 3.0,
        "images_per_second": 1000.0,
    },
]


def shipped_path(name: str) -> Path:
    return files.PRETRAINED_DIR / f"{name}.pt"


@pytest.fixture
def run(runs_dir):
    run_id = folders.create_run(TrainConfig(epochs=2), "Mine")
    # In no order, yet complete
    text = "".join(json.dumps(event) + "\n" for event in EVENTS[3:] + EVENTS[:3])
    (runs_dir / run_id / "metrics.jsonl").write_text(text)
    return folders.read_run(run_id)


@pytest.fixture
def without(monkeypatch):
    """Makes importing a package fail, as where it is not installed."""
    real = builtins.__import__

    def block(package: str) -> None:
        def refuse(name, *args, **kwargs):
            if name.split(".")[0] == package:
                raise ImportError(f"No module named {package!r}")
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", refuse)

    return block


# ONNX


@functools.cache
def shipped_onnx(name: str) -> bytes:
    return onnx_export.onnx_bytes(shipped_path(name))


@pytest.mark.parametrize("name", SHIPPED)
def test_an_onnx_file_gives_the_same_probabilities_for_any_number_of_images(name):
    # Of the wide network fewer: it takes fifty times as long for each
    pixels = data.load_split("test").pixels[: 1000 if name == "fashion_cnn" else 200]
    expected = predict.predict_probs(checkpoints.load_model(shipped_path(name)), pixels)
    session = onnxruntime.InferenceSession(shipped_onnx(name))
    (probs,) = session.run(["probs"], {"pixels": pixels})
    np.testing.assert_allclose(probs, expected, atol=1e-4)
    (one,) = session.run(["probs"], {"pixels": pixels[7:8]})
    np.testing.assert_allclose(one, expected[7:8], atol=1e-4)


def test_an_onnx_file_is_calibrated_by_the_checkpoints_temperature(checkpoint_path):
    """The small checkpoint's temperature is 1.5."""
    pixels = data.load_split("test").pixels[:50]
    expected = predict.predict_probs(checkpoints.load_model(checkpoint_path), pixels)
    (probs,) = onnxruntime.InferenceSession(onnx_export.onnx_bytes(checkpoint_path)).run(
        None, {"pixels": pixels}
    )
    np.testing.assert_allclose(probs, expected, atol=1e-5)


def test_an_onnx_file_says_what_goes_in_what_comes_out_and_what_it_is():
    path = shipped_path(catalog.RECOMMENDED)
    session = onnxruntime.InferenceSession(shipped_onnx(catalog.RECOMMENDED))
    words = session.get_modelmeta().custom_metadata_map
    assert tuple(json.loads(words["class_names"])) == CLASS_NAMES
    assert json.loads(words["card"]) == checkpoints.read_checkpoint(path).card
    model = checkpoints.load_model(path)
    assert float(words["ood_threshold"]) == model.ood_threshold
    assert float(words["line_ood_threshold"]) == model.line_ood_threshold < model.ood_threshold
    assert words["input"].startswith("pixels: (N, 28, 28) uint8")
    (given,), (got,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape, given.type) == ("pixels", ["N", 28, 28], "tensor(uint8)")
    assert (got.name, got.shape) == ("probs", ["N", 10])


def test_weights_and_card_of_an_onnx_file_are_one_models_though_its_run_goes_on(
    checkpoint_path, monkeypatch
):
    first = checkpoints.read_checkpoint(checkpoint_path).card
    traced = onnx_export._traced_onnx

    def trace_while_a_better_one_is_saved(model):
        better = checkpoints.read_checkpoint(checkpoint_path)
        checkpoints.save_checkpoint(
            checkpoint_path, better.config, better.weights, {"val_accuracy": 0.987}
        )
        return traced(model)

    monkeypatch.setattr(onnx_export, "_traced_onnx", trace_while_a_better_one_is_saved)
    session = onnxruntime.InferenceSession(onnx_export.onnx_bytes(checkpoint_path))
    assert checkpoints.read_checkpoint(checkpoint_path).card != first
    assert json.loads(session.get_modelmeta().custom_metadata_map["card"]) == first


def test_what_a_model_does_not_know_can_be_told_from_the_probabilities_of_its_onnx_file():
    """As `onnx_bytes` says: the score of `predict` from the probabilities alone."""
    pixels = data.load_split("test").pixels[:200]
    model = checkpoints.load_model(shipped_path(catalog.RECOMMENDED))
    ood_score = predict.ood_score(predict.predict_logits(model, pixels))
    probs = predict.predict_probs(model, pixels)
    sure = probs.min(axis=1) > 1e-30
    np.testing.assert_allclose(np.log(probs[sure]).mean(axis=1), ood_score[sure], rtol=1e-3)


def test_a_damaged_model_is_not_exported(checkpoint_path):
    checkpoint_path.write_bytes(checkpoint_path.read_bytes()[:1000])
    for make in (onnx_export.onnx_bytes, export.card_bytes, export.pt_bytes):
        with pytest.raises(CheckpointError, match="half of one"):
            make(checkpoint_path)


def test_a_missing_package_is_named_with_what_to_do(without, run):
    without("onnx")
    with pytest.raises(ExportError, match="pip install onnx"):
        onnx_export.onnx_bytes(shipped_path("fashion_cnn"))
    without("tensorboardX")
    with pytest.raises(ExportError, match="pip install tensorboardX"):
        export.tensorboard_bytes(run)


def test_neither_pages_nor_worker_load_what_only_an_export_needs():
    code = (
        "import sys, fashion_core.export, fashion_core.onnx_export, fashion_core.worker;"
        " print({'onnx', 'tensorboardX'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=files.PROJECT_DIR, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr


# The other files


def test_the_model_file_and_its_card_come_as_they_are():
    path = shipped_path(catalog.RECOMMENDED)
    assert export.pt_bytes(path) == path.read_bytes()
    assert json.loads(export.card_bytes(path)) == checkpoints.read_checkpoint(path).card


def test_tensorboard_reads_the_curves_with_their_steps_and_wall_times(run, tmp_path):
    folder = tmp_path / "board"
    folder.mkdir()
    (folder / "events.out.tfevents.run").write_bytes(export.tensorboard_bytes(run))
    board = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    board.Reload()
    assert set(board.Tags()["scalars"]) == {
        "train_loss",
        "learning_rate",
        "val_loss",
        "val_accuracy",
    }
    start = run.created_at
    expected = {
        "train_loss": [(20, 1.5, 0.5), (40, 1.25, 1.0), (60, 0.5, 2.0)],
        "val_loss": [(40, 1.0, 1.5), (80, 0.75, 3.0)],
        "val_accuracy": [(40, 0.75, 1.5), (80, 0.875, 3.0)],
    }
    for tag, points in expected.items():
        shown = [(point.step, point.value, point.wall_time - start) for point in board.Scalars(tag)]
        assert shown == [pytest.approx(point, abs=1e-5) for point in points], tag


def test_the_curves_are_a_table_in_the_order_of_training(run):
    content = export.curves_csv(run)
    assert content.startswith(codecs.BOM_UTF8)  # for spreadsheets
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["kind"], row["step"], row["train_loss"]) for row in rows] == [
        ("step", "20", "1.5"),
        ("step", "40", "1.25"),
        ("epoch", "40", "1.4"),
        ("step", "60", "0.5"),
        ("epoch", "80", "0.5"),
    ]
    assert [row["val_accuracy"] for row in rows] == ["", "", "0.75", "", "0.875"]


@pytest.mark.parametrize("make", [export.curves_csv, export.tensorboard_bytes])
def test_a_run_without_a_curve_says_so(runs_dir, make):
    run = folders.read_run(folders.create_run(TrainConfig(), "New one"))
    with pytest.raises(ExportError, match="“New one” has no curve yet"):
        make(run)


@pytest.mark.parametrize("make", [export.curves_csv, export.tensorboard_bytes])
def test_a_run_whose_metrics_are_damaged_says_so(runs_dir, make):
    run_id = make_run("Mine")
    (runs_dir / run_id / "metrics.jsonl").write_bytes(b"\xff\x00 damaged \n" * 50)
    with pytest.raises(ExportError, match="The curves of “Mine” cannot be read"):
        make(folders.read_run(run_id))


# The code to paste


def paste(code: str, folder: Path, **environment) -> str:
    """What a fresh interpreter prints that runs exactly this text in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def pasting(tmp_path):
    """A folder with a test image as picture.jpg (near enough) and picture.png, and its answers."""
    pixels = data.load_split("test").pixels[8]
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    Image.fromarray(pixels).save(tmp_path / "picture.jpg", quality=100)
    return tmp_path, pixels


def test_the_shown_code_for_the_model_file_works_when_pasted(pasting):
    folder, pixels = pasting
    path = shipped_path(catalog.RECOMMENDED)
    (folder / "my model.pt").write_bytes(export.pt_bytes(path))
    code = export.pt_snippet("my model.pt")
    answer = predict.classify_pixels(checkpoints.load_model(path), pixels)
    assert len(code.splitlines()) <= 10
    assert paste(code, folder, PYTHONPATH=str(files.PROJECT_DIR)).startswith(
        f"{CLASS_NAMES[answer.label]}, "
    )


def test_the_shown_code_for_the_onnx_file_works_when_pasted(pasting):
    folder, pixels = pasting
    path = shipped_path("fashion_cnn")
    (folder / "model.onnx").write_bytes(shipped_onnx("fashion_cnn"))
    code = export.onnx_snippet("model.onnx")
    answer = predict.classify_pixels(checkpoints.load_model(path), pixels)
    assert len(code.splitlines()) <= 10
    assert paste(code, folder) == f"{CLASS_NAMES[answer.label]}, {answer.probs.max():.1%}\n"
