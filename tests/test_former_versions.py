"""What the version before has written opens as before: runs, events, models, the queue, options."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fashion_core import catalog, checkpoints, files, predict
from fashion_core.__main__ import cli
from fashion_core.charts.frames import epoch_frame
from fashion_core.config import TrainConfig, share_of
from fashion_core.metadata import IMAGE_SIZE
from fashion_core.runs import folders, table
from fashion_core.runs import queue as run_queue
from fashion_core.runs.annotations import Annotations
from fashion_core.runs.events import read_metrics

FORMER = Path(__file__).parent / "former"
RUN_ID = "20261128-173129-23921a92"  # trained by that version, without its weights
MODEL = FORMER / "residual_net.pt"  # and so was this one


@pytest.fixture
def run(runs_dir):
    shutil.copytree(FORMER / RUN_ID, runs_dir / RUN_ID)
    return folders.read_run(RUN_ID)


def test_the_files_are_indeed_of_the_version_before():
    names = ("config.json", "status.json", "metrics.jsonl")
    config, status, events = ((FORMER / RUN_ID / name).read_text() for name in names)
    assert '"sketches": true' in config
    assert '"sketch_accuracy"' in status
    assert '"sketch_accuracy"' in events
    assert {"known_certainty", "sketch_accuracy"} <= former_card().keys()


def test_a_former_run_is_read_whole(run):
    assert (run.state, run.problem, run.message, run.epochs_done) == ("finished", "", "", 1)
    made = TrainConfig(epochs=1, train_size=1_000, batch_size=64, synthetic=True, seed=3)
    assert run.config == made
    assert run.status["synthetic_accuracy"] == pytest.approx(0.30434782608695654)
    assert run.status["test_accuracy"] == 0.5621
    assert run.annotations == Annotations(
        "A run of the version before", "Kept to see\nthat it opens.", ("former", "tiny")
    )


def test_the_events_of_a_former_run_have_the_accuracy_on_synthetic_pictures(run):
    events, offset = read_metrics(run.run_dir)
    assert [event["kind"] for event in events] == ["step"] * 3 + ["epoch"]
    assert events[-1]["synthetic_accuracy"] == run.status["synthetic_accuracy"]
    assert offset == (run.run_dir / "metrics.jsonl").stat().st_size


def test_a_former_run_is_a_row_like_any_other(run):
    row = table.runs_frame([run], {}).loc[RUN_ID]
    assert row["Validation"] == pytest.approx(56.82, abs=0.01)
    assert row[table.FIELDS["synthetic"]]
    epochs = {RUN_ID: epoch_frame(read_metrics(run.run_dir)[0])}
    compared = table.difference_frame([run], epochs).loc[RUN_ID]
    assert compared["Synthetic"] == pytest.approx(30.43, abs=0.01)


def test_a_former_run_goes_on_from_what_it_kept(run):
    former = {"known_certainty": 2.5, "sketch_accuracy": 0.3, "val_accuracy": 0.5}
    path = folders.resume_path(run.run_dir)
    checkpoints.save_resume(path, run.config, {"step": 32, "best_figures": former})
    kept = checkpoints.read_resume(path, run.config)
    best = {"ood_threshold": -2.5, "synthetic_accuracy": 0.3, "val_accuracy": 0.5}
    assert kept == {"step": 32, "best_metrics": best}


def former_card() -> dict:
    return json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))


def test_a_former_models_card_is_told_in_todays_words(monkeypatch):
    monkeypatch.setattr(files, "PRETRAINED_DIR", FORMER)
    (entry,) = [entry for entry in catalog.list_models() if entry.path == MODEL]
    for card in (entry.card, checkpoints.read_checkpoint(MODEL).card):
        assert share_of(card["config"], "synthetic") == 0.5
        assert card["synthetic_accuracy"] == former_card()["sketch_accuracy"]
        assert card["ood_threshold"] == -former_card()["known_certainty"]
        assert not {"known_certainty", "sketch_accuracy"} & card.keys()


def test_a_former_model_is_calibrated_and_doubts_an_outlier_as_before():
    model = checkpoints.load_model(MODEL)
    assert model.temperature == former_card()["temperature"]
    assert model.ood_threshold == -former_card()["known_certainty"]
    noise = np.random.default_rng(0).integers(0, 256, (IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    score = predict.ood_score(predict.predict_logits(model, noise[None]))[0]
    answer = predict.classify_pixels(model, noise)
    # As the version before answered, with the opposite sign
    assert score == pytest.approx(-2.3161, abs=1e-3)
    assert not answer.recognised


def test_a_former_queue_remembers_which_paused_run_it_was_started_past(run, runs_dir):
    (run.run_dir / "status.json").write_text(json.dumps({"state": "paused"}))
    assert run_queue.read_queue().paused_by.run_id == RUN_ID
    (runs_dir / "queue.json").write_text(json.dumps({"order": [], "passed": [RUN_ID]}))
    queue = run_queue.read_queue()
    assert (queue.paused_by, queue.problem) == (None, "")


def test_the_former_name_of_an_option_is_still_taken():
    refused = CliRunner().invoke(cli, ["train", "--sketches", "--distillation"])
    assert "(synthetic, drawings, photos, others)" in str(refused.exception)
