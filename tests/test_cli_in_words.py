"""The command line where something is in the way: a sentence, and what to do."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from made_pictures import encoded, shirt
from PIL import Image
from waiting import SECONDS

from fashion_core import data, training
from fashion_core.__main__ import cli
from fashion_core.errors import CheckpointError
from fashion_core.files import PROJECT_DIR


def test_a_folder_that_cannot_be_written_is_said_before_training(tmp_path, monkeypatch):
    for module, name in ((training, "new_state"), (data, "load_split")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it began to train"))
    (tmp_path / "file").write_text("no folder")
    for out in ("/proc/model.pt", tmp_path / "file" / "model.pt"):
        done = CliRunner().invoke(cli, ["train", "--out", str(out)])
        assert done.exit_code == 2
        assert f"{out} cannot be written: " in done.output
        assert "Nothing was done. Name a file in another folder" in done.output


def test_export_makes_the_files_folder_or_says_which_file_cannot_be_written(
    tmp_path, checkpoint_path
):
    (tmp_path / "file").write_text("no folder")
    call = ["export", str(checkpoint_path), "--format", "card", "--out"]
    refused = tmp_path / "file" / "card.json"
    done = CliRunner().invoke(cli, [*call, str(refused)])
    assert done.exit_code == 2
    assert f"{refused} cannot be written: " in done.output
    assert "Nothing was done. Name a file in another folder" in done.output
    done = CliRunner().invoke(cli, [*call, str(tmp_path / "new" / "card.json")])
    assert done.exit_code == 0
    assert json.loads((tmp_path / "new" / "card.json").read_text())
    missing = ["export", str(tmp_path / "gone.pt"), *call[2:], str(tmp_path / "newer" / "x.json")]
    assert CliRunner().invoke(cli, missing).exit_code == 1
    assert not (tmp_path / "newer").exists()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "I;16"])
def test_classify_says_of_a_blank_picture_that_there_is_nothing_to_see(
    mode, tmp_path, checkpoint_path
):
    path = tmp_path / "blank.png"
    path.write_bytes(encoded(Image.new(mode, (64, 64)), "PNG"))
    call = ["classify", str(path), "--checkpoint", str(checkpoint_path)]
    done = CliRunner().invoke(cli, [*call, "--json"])
    nothing = {"label": None, "probs": None, "recognised": False, "blank": True}
    blank = {"path": str(path)} | nothing | {"checkpoint": str(checkpoint_path)}
    assert (done.exit_code, json.loads(done.output)) == (0, blank)
    assert "nothing to see" in CliRunner().invoke(cli, call).output


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "PIPE"),
        ("classify", "picture.png", "--checkpoint", "PIPE"),
        ("export", "PIPE", "--format", "card", "--out", "card.json"),
        ("train", "--start-from", "PIPE"),
    ],
    ids=lambda words: words[0],
)
def test_a_pipe_in_place_of_a_model_is_not_waited_for(words, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = CliRunner().invoke(cli, [word.replace("PIPE", f"{tmp_path}/pipe") for word in words])
    assert isinstance(done.exception, CheckpointError)
    assert (
        str(done.exception) == f"{tmp_path}/pipe is a folder, pipe or device. Name a model's file."
    )


def test_a_name_that_the_terminal_cannot_show_does_not_end_classify(tmp_path, checkpoint_path):
    # Apple's file system refuses the second one
    odd = "ж.png" if sys.platform == "darwin" else os.fsdecode(b"not-utf-8-\xff.png")
    names = ["шорты.png", odd, "last.png"]
    for name in names:
        (tmp_path / name).write_bytes(encoded(shirt(), "PNG"))
    command = [sys.executable, "-m", "fashion_core", "classify", "--checkpoint", checkpoint_path]
    done = subprocess.run(
        [*command, *(tmp_path / name for name in names), tmp_path / "missing-ж.png"],
        capture_output=True,
        timeout=SECONDS,
        cwd=PROJECT_DIR,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == 1  # the missing one
    lines = done.stdout.splitlines()
    assert len(lines) == 4, done.stderr
    assert b"last.png: " in lines[2]
    assert b"cannot be read" in lines[3]
