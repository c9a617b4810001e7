"""Exporting a model from the Home page: nothing is made before it is asked for."""

import builtins
import json

import pytest
import streamlit as st
from app_page import open_page, press, unfold
from streamlit.testing.v1 import AppTest

from fashion_core import catalog, export, files
from fashion_core.config import TrainConfig
from fashion_core.runs import folders
from pages.parts.export import _cached_file


@pytest.fixture(autouse=True)
def _nothing_made(runs_dir):
    _cached_file.clear()


@pytest.fixture
def run_id(runs_dir, checkpoint_path):
    run_id = folders.create_run(TrainConfig(epochs=3), "Mine")
    (runs_dir / run_id / "model.pt").write_bytes(checkpoint_path.read_bytes())
    event = {"kind": "step", "epoch": 1, "step": 20, "train_loss": 1.5, "elapsed_seconds": 0.5}
    (runs_dir / run_id / "metrics.jsonl").write_text(json.dumps(event) + "\n")
    files.write_json(runs_dir / run_id / "status.json", {"state": "finished", "epoch": 1})
    return run_id


def kinds(app: AppTest) -> list[str]:
    return list(picker(app).options)


def picker(app: AppTest):
    return next(group for group in app.button_group if (group.key or "").startswith("export_"))


def make(app: AppTest, kind: str) -> AppTest:
    picker(app).set_value(kind).run()
    return press(app, "Make the file")


def downloads(app: AppTest) -> list[str]:
    return [button.label for button in app.download_button]


@pytest.mark.parametrize(
    ("kind", "name"), [("pt", "{}.pt"), ("onnx", "{}.onnx"), ("card", "{}.json")]
)
def test_a_shipped_model_is_made_when_asked_for_and_only_then(kind, name):
    app = unfold(open_page("home"), "Export")
    assert kinds(app) == ["Model (.pt)", "ONNX", "Card (JSON)"]
    assert downloads(app) == []
    assert downloads(make(app, kind))[0].startswith(
        f"Download {name.format(catalog.RECOMMENDED)} · "
    )
    picker(app).set_value("pt" if kind != "pt" else "card").run()
    assert downloads(app) == []


@pytest.mark.parametrize(
    ("kind", "snippet"), [("pt", export.pt_snippet), ("onnx", export.onnx_snippet)]
)
def test_the_code_shown_is_the_code_that_was_tested_for_the_file_that_is_downloaded(kind, snippet):
    app = make(unfold(open_page("home"), "Export"), kind)
    assert app.code[-1].value == snippet(downloads(app)[0].split()[1])


@pytest.mark.parametrize(
    ("kind", "name"), [("tensorboard", "events.out.tfevents.{}"), ("csv", "{}.csv")]
)
def test_the_curves_of_a_run_can_be_exported_too(run_id, kind, name):
    app = unfold(open_page("home", model=run_id), "Export")
    assert downloads(make(app, kind))[0].startswith(f"Download {name.format('mine')} · ")


@pytest.mark.parametrize(
    ("name", "stem"), [("Quick look, test 3", "quick-look-test-3"), ("👩‍💻", None)]
)
def test_the_files_of_a_run_have_the_name_that_it_has_now(run_id, name, stem, monkeypatch):
    file_names, real = [], st.download_button

    def note(label, data, file_name, *args, **kwargs):
        file_names.append(file_name)
        return real(label, data, file_name, *args, **kwargs)

    monkeypatch.setattr(st, "download_button", note)
    folders.annotate_run(run_id, name, "", [])
    app = make(unfold(open_page("runs", open=run_id), "Export"), "pt")
    file_name = f"{stem or run_id}.pt"
    assert {name for name in file_names if name.endswith(".pt")} == {file_name}
    assert [label for label in downloads(app) if label.startswith(f"Download {file_name} · ")]
    assert export.pt_snippet(file_name) in [code.value for code in app.code]


def test_a_model_that_has_changed_must_be_made_anew(run_id, runs_dir):
    app = make(unfold(open_page("home", model=run_id), "Export"), "pt")
    shipped = catalog.recommended_path().read_bytes()
    (runs_dir / run_id / "model.pt").write_bytes(shipped)
    app.run()
    assert downloads(app) == []


def test_a_missing_package_is_a_sentence(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "onnx":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    app = unfold(open_page("home"), "Export")
    monkeypatch.setattr(builtins, "__import__", refuse)
    assert "pip install onnx" in make(app, "onnx").error[0].value.replace("\\", "")
    assert downloads(app) == []


def test_damaged_and_missing_files_are_sentences(run_id, runs_dir):
    app = unfold(open_page("home", model=run_id), "Export")
    picker(app).set_value("csv").run()
    assert "csv" in picker(app).value
    (runs_dir / run_id / "metrics.jsonl").unlink()
    app.run()
    assert not app.exception
    # A run without curves, as an imported one, offers none
    assert "Curves (CSV)" not in kinds(app)
    path = runs_dir / run_id / "model.pt"
    path.write_bytes(path.read_bytes()[:1000])
    assert "half of one" in make(app, "onnx").error[0].value
