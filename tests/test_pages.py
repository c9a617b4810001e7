"""Home, Train, Runs and the sidebar, run by Streamlit itself: empty, normal and failed."""

import time

import psutil
import pytest
from app_page import open_page
from streamlit.testing.v1 import AppTest

from fashion_core import checkpoints, runs
from fashion_core.config import TrainConfig

PAGES = ("home", "train", "runs", "predictions", "confusion_matrix", "compare", "classify")


def words(app: AppTest) -> str:
    """Everything that the page says, in one text."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "info", "warning", "error", "code")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def make_run(state: str, name: str, checkpoint_path=None, **status) -> str:
    run_id = runs.create_run(TrainConfig(epochs=2), name)
    run_dir = runs.run_dir_of(run_id)
    if checkpoint_path:
        (run_dir / "model.pt").write_bytes(checkpoint_path.read_bytes())
    events = [
        {"kind": "step", "epoch": 1, "step": 1, "train_loss": 2.3, "elapsed_seconds": 0.1},
        {"kind": "epoch", "epoch": 1, "step": 860, "train_loss": 0.5, "val_loss": 0.4, "val_accuracy": 0.85,
         "elapsed_seconds": 9.0},
    ]  # fmt: skip
    lines = "".join(runs.json.dumps(event) + "\n" for event in events)
    (run_dir / "metrics.jsonl").write_text(lines)
    figures = {"steps": 860, "step": 860, "epoch": 1, "elapsed_seconds": 9.0, "best_val_accuracy": 0.85}
    runs.write_json(run_dir / "status.json", {"state": state} | figures | status)
    return run_id


@pytest.mark.parametrize("name", PAGES)
def test_every_page_runs_without_an_exception(runs_dir, name):
    app = open_page(name)
    assert not app.exception
    assert app.title


@pytest.mark.parametrize("name", PAGES)
def test_every_page_explains_itself_without_data(runs_dir, tmp_path, monkeypatch, name):
    import streamlit

    streamlit.cache_resource.clear()
    streamlit.cache_data.clear()
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "none"))
    app = open_page(name)
    assert not app.exception
    if name in ("train", "predictions", "confusion_matrix", "compare"):
        assert "FASHION_DATA_DIR" in words(app)
    streamlit.cache_resource.clear()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_explains_itself_without_any_model(runs_dir, tmp_path, monkeypatch, name):
    monkeypatch.setattr(checkpoints, "PRETRAINED_DIR", tmp_path)
    app = open_page(name)
    assert not app.exception
    if name not in ("train", "runs"):
        assert "no model yet" in words(app).lower()


@pytest.mark.parametrize("name", ["predictions", "confusion_matrix", "compare", "classify"])
def test_a_damaged_model_is_one_sentence(runs_dir, checkpoint_path, name):
    checkpoint_path.write_bytes(checkpoint_path.read_bytes()[:5_000])
    run_id = make_run("finished", "Broken", checkpoint_path)
    app = open_page(name, model=run_id)
    assert not app.exception
    assert "half of one" in words(app)


def test_home_shows_the_real_score_of_the_model_in_use(runs_dir):
    card = next(entry for entry in checkpoints.list_models() if entry.shipped).card
    app = open_page("home")
    assert [metric.value for metric in app.metric] == [f"{card['test_accuracy']:.1%}"]


def test_home_shows_a_run_that_is_training(runs_dir):
    me = psutil.Process()
    alive = {"pid": me.pid, "process_started_at": me.create_time(), "heartbeat_at": time.time()}
    make_run("running", "Live one", **alive)
    assert "**Live one** is training now" in words(open_page("home"))


def test_train_without_runs_says_what_will_be_here(runs_dir):
    app = open_page("train")
    assert "No run yet" in words(app)
    assert not button(app, "Start training").disabled


def test_train_starts_a_run_with_the_forms_values(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(runs, "_spawn_worker", lambda run_dir: started.append(run_dir))
    app = open_page("train")
    app.number_input(key="train_epochs").set_value(3)
    app.toggle(key="train_flips").set_value(True)
    button(app, "Start training").click().run()
    assert not app.exception
    (run,) = runs.list_runs()
    assert started == [run.run_dir]
    assert (run.config.epochs, run.config.flips) == (3, True)


def test_a_second_start_is_refused_with_a_sentence(runs_dir):
    runs.create_run(TrainConfig(), "First")
    app = open_page("train")
    button(app, "Start training").click().run()
    assert not app.exception
    assert "“First” is training" in words(app)
    assert len(runs.list_runs()) == 1


def test_a_recipe_fills_the_form(runs_dir):
    app = open_page("train")
    app.selectbox(key="recipe").select("Quick look").run()
    assert app.number_input(key="train_train_size").value == 10_000
    app.selectbox(key="recipe").select("Classic tutorial").run()
    assert app.number_input(key="train_train_size").value == 55_000


def test_a_failed_run_shows_why_and_its_log(runs_dir):
    run_id = make_run("failed", "Bad", message="The loss is no longer a number at step 7.")
    (runs_dir / run_id / "worker.log").write_text("TrainingFailed: step 7")
    text = words(open_page("train"))
    assert "no longer a number" in text
    assert "TrainingFailed: step 7" in text


def test_a_lost_run_says_so(runs_dir):
    make_run("running", "Gone", pid=2**22 + 1, heartbeat_at=time.time())
    assert "killed" in words(open_page("train"))


def test_stop_writes_the_request(runs_dir):
    me = psutil.Process()
    alive = {"pid": me.pid, "process_started_at": me.create_time(), "heartbeat_at": time.time()}
    run_id = make_run("running", "Live", **alive)
    app = open_page("train")
    button(app, "Stop").click().run()
    assert (runs_dir / run_id / "stop").exists()
    assert button(app, "Stopping…").disabled


def test_a_read_only_copy_says_so_and_offers_neither_start_nor_delete(runs_dir, monkeypatch, checkpoint_path):
    make_run("finished", "Old", checkpoint_path)
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page("train")
    assert "public copy" in words(app)
    assert button(app, "Start training").disabled
    app = open_page("runs")
    assert "public copy" in words(app)
    assert button(app, "Delete").disabled


def test_runs_without_runs_says_what_will_be_here(runs_dir):
    assert "table of your runs" in words(open_page("runs"))


def test_a_run_can_be_used_and_then_not_be_deleted(runs_dir, checkpoint_path):
    run_id = make_run("finished", "Mine", checkpoint_path)
    app = open_page("runs")
    button(app, "Use this model").click().run()
    assert app.session_state["model"] == run_id
    button(app, "Delete").click().run()
    assert "in use" in words(app)
    assert runs.read_run(run_id).state == "finished"


def test_delete_asks_back(runs_dir, checkpoint_path):
    make_run("finished", "Mine", checkpoint_path)
    app = open_page("runs")
    button(app, "Delete").click().run()
    assert len(runs.list_runs()) == 1
    button(app, "Delete it").click().run()
    assert runs.list_runs() == []


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04 half a zip"])
def test_a_bad_model_file_is_refused_with_a_sentence(runs_dir, content):
    app = open_page("runs")
    app.file_uploader[0].upload("evil.pt", content, "application/octet-stream").run()
    button(app, "Bring it in").click().run()
    assert not app.exception
    assert "not a model file" in words(app)
    assert runs.list_runs() == []


def test_a_good_model_file_becomes_a_run(runs_dir, checkpoint_path):
    app = open_page("runs")
    app.file_uploader[0].upload("../../mine.pt", checkpoint_path.read_bytes(), "application/octet-stream").run()
    button(app, "Bring it in").click().run()
    assert not app.exception
    assert [run.name for run in runs.list_runs()] == ["mine"]


def test_a_damaged_run_folder_does_not_break_the_table(runs_dir, checkpoint_path):
    make_run("finished", "Good", checkpoint_path)
    broken = make_run("finished", "Broken")
    (runs_dir / broken / "config.json").write_text("{")
    for name in ("runs", "train", "home"):
        assert not open_page(name).exception


def test_a_name_is_text_and_not_markup(runs_dir):
    make_run("finished", "[x](http://evil) **b** :red[r]")
    app = open_page("train")
    assert "\\[x\\]\\(http" in app.subheader[0].value


@pytest.mark.parametrize("model", ["../../etc/passwd", "nosuch", "20260101-000000-dead"])
def test_an_unknown_model_in_the_url_falls_back_to_the_recommended_and_says_so(runs_dir, model):
    app = open_page("home", model=model)
    assert "Model in use: Residual net" in words(app)
    assert "not here" in app.sidebar.warning[0].value
    assert not app.run().sidebar.warning


@pytest.mark.parametrize(("model", "title"), [("", "Residual net"), ("fashion_cnn", "Classic CNN")])
def test_a_known_model_in_the_url_is_used_without_a_word(runs_dir, model, title):
    app = open_page("home", model=model)
    assert f"Model in use: {title}" in words(app)
    assert not app.sidebar.warning


def test_the_model_in_use_is_the_same_on_all_pages(runs_dir, checkpoint_path):
    run_id = make_run("finished", "Mine", checkpoint_path)
    app = open_page("home", model=run_id)
    for name in PAGES[1:]:
        app.switch_page(f"pages/{name}.py").run()
        assert app.session_state["model"] == run_id, name
