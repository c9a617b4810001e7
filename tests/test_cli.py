"""The command line: as a process where that is the claim, else called in this one, which has
loaded PyTorch already.
"""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner
from made_figures import somebody
from PIL import Image
from recognition_set import FOLDER
from waiting import SECONDS, wait_for

from fashion_core import (
    catalog,
    checkpoints,
    data,
    picture_report,
    picture_sets,
    predict,
    training,
)
from fashion_core.__main__ import cli, main
from fashion_core.config import TrainConfig
from fashion_core.errors import PictureSetError
from fashion_core.files import PROJECT_DIR
from fashion_core.metadata import CLASS_NAMES
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare


def run_process(*words, **environment):
    """The command line as a stranger runs it."""
    command = [sys.executable, "-m", "fashion_core", *map(str, words)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=PROJECT_DIR,
        env=os.environ | environment,
    )


def call(*words):
    """The same within this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["fashion_core", *map(str, words)]),
        mock.patch.dict(os.environ),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    if isinstance(code, str):  # what Python then prints
        return subprocess.CompletedProcess(words, 1, out.getvalue(), err.getvalue() + code + "\n")
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def test_fetch_data_says_where_it_is():
    done = call("fetch-data")
    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout


def test_fetch_data_fails_in_words(tmp_path):
    done = run_process("fetch-data", FASHION_DATA_DIR=str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_train_prints_events_and_saves_what_evaluate_takes(tmp_path):
    out = tmp_path / "small.pt"
    options = ("--epochs", 1, "--train-size", 2_000, "--flips", "--out", out, "--json")
    done = run_process("train", *options)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["kind"] for event in events} == {"step", "epoch"}
    assert events[-1]["images_per_second"] > 0
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["config"]["flips"] is True
    assert card["command"].startswith("python -m fashion_core train --epochs 1")
    result = json.loads(call("evaluate", out, "--json").stdout)
    assert set(result) == {"checkpoint", "test_accuracy", "per_class", "confusion", "images"}
    assert result["images"] == sum(map(sum, result["confusion"])) == 10_000
    assert result["test_accuracy"] == pytest.approx(card["test_accuracy"], abs=1e-3)


def test_an_interrupted_training_leaves_its_best_model(tmp_path):
    out = tmp_path / "long.pt"
    command = [
        sys.executable,
        "-m",
        "fashion_core",
        "train",
        "--epochs",
        "100",
        "--train-size",
        "1000",
        "--out",
        out,
    ]
    # A shell lets what it starts in the background ignore Ctrl+C, and that is handed on.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = subprocess.Popen(
        command, stderr=subprocess.DEVNULL, cwd=PROJECT_DIR, start_new_session=True, **heard
    )
    try:
        wait_for(out.with_suffix(".json").exists, "the first epoch")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=SECONDS) == 1
    finally:
        process.kill()
        process.wait(timeout=SECONDS)
    metrics = checkpoints.read_checkpoint(out).metrics
    assert (metrics["title"], metrics["val_accuracy"] > 0.2, metrics["best_epoch"] > 0) == (
        "long",
        True,
        True,
    )
    assert "test_accuracy" not in metrics


def test_saving_the_best_so_far_changes_nothing_about_the_training(tmp_path):
    network = "conv 4, pool, dense 16"
    config = TrainConfig(model=network, train_size=1_000, epochs=2, dropout=0.5)
    (tmp_path / "model.pt").write_text("an old one")
    options = ("--epochs", 2, "--train-size", 1_000, "--dropout", 0.5, "--overwrite")
    done = call("train", "--model", network, *options, "--out", tmp_path / "model.pt", "--json")
    assert checkpoints.read_checkpoint(tmp_path / "model.pt").metrics["epochs_done"] == 2
    state = training.new_state(config)
    alone = training.train(state, data.load_split("train"), data.load_split("val"))
    assert losses(map(json.loads, done.stdout.splitlines())) == losses(alone)


def losses(events):
    return [event["train_loss"] for event in events if event["kind"] == "epoch"]


def refusal_of(*words):
    """What is said to options that are refused before anything is loaded."""
    done = CliRunner().invoke(cli, list(map(str, words)))
    assert done.exit_code == 2
    return " ".join(done.output.split())


@pytest.mark.parametrize("name", ["model.json", "model", ".pt", "sub/"])
def test_a_model_is_saved_only_as_pt(tmp_path, name):
    assert "Let it end in .pt" in refusal_of("train", "--out", f"{tmp_path}/{name}")
    assert "Let it end in .pt" in refusal_of("train", "--out", "")


@pytest.mark.parametrize("name", ["model.pt", "model.json"])
def test_train_replaces_no_file_unless_told_to(tmp_path, name):
    (tmp_path / name).write_text("precious")
    refusal = refusal_of("train", "--train-size", 1_000, "--out", tmp_path / "model.pt")
    assert "is there already" in refusal
    assert (tmp_path / name).read_text() == "precious"


def test_an_option_out_of_range_names_the_range():
    assert "1<=x<=100" in refusal_of("train", "--epochs", 0)


def test_evaluate_refuses_a_bad_file_in_words(tmp_path):
    path = tmp_path / "bad.pt"
    path.write_text("x")
    done = call("evaluate", path)
    assert done.returncode == 1
    assert done.stderr == "Error: bad.pt is not a model file, or only half of one was copied.\n"


@pytest.fixture
def picture_folder(tmp_path, monkeypatch):
    """Five photos of two classes and of something else, and a folder of no class."""
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "cache")
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "sets"))
    folder = tmp_path / "sets" / "mine"
    places = ("Trouser/a", "Trouser/b", "T-shirt_top|Shirt/a", "none/a", "Trouser/blank")
    for width, place in enumerate(places, 10):
        path = folder / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_picture(path, "white" if path.stem == "blank" else "black", width)
    (folder / "Hats").mkdir()
    return folder


def draw_picture(path, color, width):
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste(color, (30, 20, 40 + width, 80))
    picture.save(path)


def set_threshold(checkpoint_path, picture):
    """Let the model doubt whatever is less known than this picture."""
    pixels = prepare(open_picture(picture)).pixels[None]
    model = checkpoints.load_model(checkpoint_path)
    threshold = float(predict.ood_score(predict.predict_logits(model, pixels))[0]) + 1e-6
    checkpoint = checkpoints.read_checkpoint(checkpoint_path)
    metrics = checkpoint.metrics | {"ood_threshold": threshold}
    checkpoints.save_checkpoint(checkpoint_path, checkpoint.config, model.state_dict(), metrics)


@pytest.mark.parametrize("least_known", ["b.png", None])
def test_evaluate_on_pictures_agrees_with_classifying_each(
    picture_folder, checkpoint_path, least_known
):
    if least_known:  # otherwise only the blank picture is doubted
        set_threshold(checkpoint_path, picture_folder / "Trouser" / least_known)
    words = ["evaluate", checkpoint_path, "--pictures", picture_folder, "--json"]
    done = CliRunner().invoke(cli, list(map(str, words)))
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert set(result) == {
        *("checkpoint", "pictures", "accuracy", "per_class", "confusion", "doubted"),
        *("outliers", "worst", "problems"),
    }
    paths = sorted(picture_folder.rglob("*.png"))
    done = CliRunner().invoke(
        cli, ["classify", *map(str, paths), "--checkpoint", str(checkpoint_path), "--json"]
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    (blank,) = [answer for answer in answers if answer.get("blank")]
    blank |= answer_to_nothing(checkpoint_path)
    trousers = [answer for answer in answers if "Trouser/" in answer["path"]]
    row = result["per_class"][1]
    assert (row["class"], row["support"], result["pictures"]) == ("Trouser", 3, 5)
    assert row["accuracy"] == np.mean([answer["label"] == "Trouser" for answer in trousers])
    assert row["doubted"] == np.mean([not answer["recognised"] for answer in trousers])
    assert 0 < row["doubted"] < 1
    assert result["outliers"]["count"] == 1
    garments = [answer for answer in answers if "/none/" not in answer["path"]]
    named_like = [Path(answer["path"]).parent.name.split("|") for answer in garments]
    pairs = zip(garments, named_like, strict=True)
    wrong = [a["path"] for a, names in pairs if a["label"].replace("/", "_") not in names]
    assert len(result["worst"]) == len(wrong) > 0
    for mistake in result["worst"]:
        [answer] = [answer for answer in answers if answer["path"].endswith(mistake["source"])]
        assert mistake["predicted"] == answer["label"] != mistake["label"]
        assert mistake["probability"] == pytest.approx(answer["probs"][answer["label"]], abs=1e-6)
    assert "Hats is named like no class" in result["problems"][0]


def answer_to_nothing(checkpoint_path):
    """What evaluate makes of a blank picture, of which classify only says that it is blank."""
    model = checkpoints.load_model(checkpoint_path)
    answer = predict.classify_pixels(model, np.zeros((28, 28), np.uint8))
    probs = dict(zip(CLASS_NAMES, answer.probs.tolist(), strict=True))
    return {"label": CLASS_NAMES[answer.label], "probs": probs, "recognised": answer.recognised}


def test_evaluate_on_a_part_of_a_set_of_this_name_prints_a_table(picture_folder, checkpoint_path):
    parts = []
    for split in ("train", "val", "test", "all"):
        words = ["evaluate", checkpoint_path, "--pictures", "mine", "--split", split]
        done = CliRunner().invoke(cli, list(map(str, words)))
        parts.append(done)
    assert parts[-1].exit_code == 0, parts[-1].output
    assert ": 4 garments, 1 other things" in parts[-1].stdout
    assert "  Trouser/blank.png (Trouser): " in parts[-1].stdout
    for part in parts[:-1]:
        is_empty = isinstance(part.exception, PictureSetError)
        assert is_empty != ("garments" in part.stdout)


def test_evaluate_on_pictures_lists_the_five_most_confused_pairs(
    picture_folder, checkpoint_path, monkeypatch
):
    confusion, real = np.diag([2_000] * 10), picture_report.report_on
    monkeypatch.setattr(
        picture_report,
        "report_on",
        lambda *asked: real(*asked) | {"confusion": confusion.tolist()},
    )
    words = ("evaluate", checkpoint_path, "--pictures", picture_folder)
    assert "confused" not in call(*words).stdout
    confusion[6, :5] = (4, 1, 5, 2, 1_300)
    confusion[0, 6] = 3
    table = call(*words).stdout
    assert table.count("→") == 6
    expected = [
        "Most confused (true → predicted):",
        "  Shirt → Coat: 1,300",
        "  Shirt → Pullover: 5",
        "  Shirt → T-shirt/top: 4",
        "  T-shirt/top → Shirt: 3",
        "  Shirt → Dress: 2",
    ]
    assert "\n".join(expected) in table


def test_evaluate_refuses_a_folder_in_words_and_a_part_of_nothing(tmp_path, monkeypatch):
    done = call("evaluate", "--pictures", tmp_path / "gone")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: There is no folder {tmp_path / 'gone'}. Check the path.\n"
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path))
    done = call("evaluate", "--pictures", "quickdraw")
    assert "Fetch it: python -m fashion_core fetch-pictures quickdraw" in done.stderr
    assert "--split is a part of --pictures" in refusal_of("evaluate", "--split", "val")
    assert "--whole is for --pictures" in refusal_of("evaluate", "--whole")
    assert "leave out --pictures" in refusal_of("evaluate", "--keep", "--pictures", tmp_path)
    assert "'--pictures': it is empty. Name a folder" in refusal_of("evaluate", "--pictures", "")


def test_fetch_pictures_says_what_could_not_be_had(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "sets"))
    draw_picture(tmp_path / "a.png", "black", 20)
    (tmp_path / "images").mkdir()
    (tmp_path / "a.png").rename(tmp_path / "images" / "a.jpg")
    listing = "image,sender_id,label,kids\na,1,Pants,False\nb,1,Pants,False\n"
    (tmp_path / "images.csv").write_text(listing)
    handler = partial(QuietHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            done = CliRunner().invoke(cli, ["fetch-pictures", "clothing", "--address", address])
        finally:
            server.shutdown()
            thread.join(SECONDS)
    assert done.exit_code == 1
    assert "b.jpg: HTTP Error 404: File not found\n" in done.stderr
    assert done.stdout.startswith(f"Pictures are in {tmp_path / 'sets' / 'clothing'}.")
    assert (tmp_path / "sets" / "clothing" / "Trouser" / "a.jpg").exists()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and knows no ranges."""

    def log_message(self, *args):
        """Say nothing."""


def test_fetch_pictures_refuses_an_unknown_set_in_words():
    done = call("fetch-pictures", "photos")
    assert done.returncode == 1
    assert "Error: There is no set 'photos'. Known are quickdraw, clothing." in done.stderr


def test_classify_gives_a_line_per_picture_and_status_one_for_a_bad_one(tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    picture = Image.new("RGB", (200, 200), "white")
    picture.paste((40, 40, 60), (70, 20, 130, 180))
    picture.save(good)
    bad.write_text("not a picture")
    done = call("classify", good, bad, "--json")
    assert done.returncode == 1
    first, second = map(json.loads, done.stdout.splitlines())
    assert set(first) == {"path", "label", "probs", "recognised", "checkpoint"}
    assert tuple(first["probs"]) == CLASS_NAMES
    assert first["label"] == max(first["probs"], key=first["probs"].get)
    assert first["checkpoint"] == str(catalog.recommended_path())
    assert set(second) == {"path", "error", "checkpoint"}
    assert call("classify", good, "--json").returncode == 0


def test_of_somebody_dressed_the_upper_part_is_answered_and_evaluated(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "cache")
    path = tmp_path / "set" / "Coat" / "worn.png"
    path.parent.mkdir(parents=True)
    somebody().save(path)
    done = CliRunner().invoke(cli, ["classify", str(path), "--json"])
    answer = json.loads(done.stdout)
    assert (answer["label"], answer["part"]) == ("Pullover", "Upper part")
    words = ["evaluate", "--pictures", str(tmp_path / "set"), "--json"]
    for more, same in (([], True), (["--whole"], False)):
        measured = json.loads(CliRunner().invoke(cli, [*words, *more]).stdout)
        share = measured["worst"][0]["probability"]  # of the one mistake: it is no coat
        assert (share == pytest.approx(answer["probs"]["Pullover"], abs=1e-6)) == same
    done = CliRunner().invoke(cli, ["classify", str(path)])
    assert f"{path}: Pullover in the upper part, {answer['probs']['Pullover']:.1%}" in done.stdout


def test_a_garment_on_its_side_is_turned_and_evaluated_like_that(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "cache")
    path = tmp_path / "set" / "Trouser" / "lying.png"
    path.parent.mkdir(parents=True)
    upright = Image.open(FOLDER / "photo" / "trouser-4.jpg")
    upright.transpose(Image.Transpose.ROTATE_90).save(path)
    answer = json.loads(CliRunner().invoke(cli, ["classify", str(path), "--json"]).stdout)
    assert (answer["label"], answer["part"]) == ("Trouser", "Turned right")
    done = CliRunner().invoke(cli, ["classify", str(path)])
    assert f"{path}: Trouser turned right, {answer['probs']['Trouser']:.1%}" in done.stdout
    words = ["evaluate", "--pictures", str(tmp_path / "set"), "--json"]
    for more, right in (([], 1.0), (["--whole"], 0.0)):
        measured = json.loads(CliRunner().invoke(cli, [*words, *more]).stdout)
        assert measured["accuracy"] == right


def test_export_writes_an_onnx_file_that_onnxruntime_opens_and_refuses_a_run_that_is_none(tmp_path):
    out = tmp_path / "model.onnx"
    done = call("export", "--format", "onnx", "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Wrote {out}, {out.stat().st_size:,} bytes.\n"
    content = out.read_bytes()
    assert onnxruntime.InferenceSession(content).get_inputs()[0].name == "pixels"
    refused = call("export", "--format", "card", "--out", out)
    assert "there already" in refused.stderr
    assert out.read_bytes() == content
    done = call(
        "export", catalog.recommended_path(), "--format", "csv", "--out", tmp_path / "curves.csv"
    )
    assert done.returncode == 1
    assert "Only a run has curves" in done.stderr
