"""Home, Train, Runs and the sidebar, run by Streamlit itself: empty, normal and failed."""

import errno
import json
import re
import time

import psutil
import pytest
from app_page import open_page
from streamlit.testing.v1 import AppTest

from fashion_core import catalog, checkpoints, files, models
from fashion_core.charts.frames import loss_frame
from fashion_core.config import MODELS, RECIPES, TrainConfig
from fashion_core.errors import RunError
from fashion_core.runs import control, folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.events import read_metrics
from pages.parts.cached import cached_split
from pages.parts import state
from pages.parts.home.network import best_shipped
from pages.parts.html import plain
from pages.parts.runs.other_run import frames_with

PAGES = ("home", "train", "runs", "predictions", "confusion_matrix", "compare", "classify")


def words(app: AppTest) -> str:
    """Everything that the page says, in one text."""
    kinds = (
        "title",
        "subheader",
        "markdown",
        "caption",
        "text",
        "info",
        "warning",
        "error",
        "code",
    )
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def plain_text(app: AppTest) -> str:
    return words(app).replace("\\", "").replace("\u2060", "")


def button(app: AppTest, label: str):
    return next(element for element in app.button if element.label == label)


def make_run(state: str, name: str, checkpoint_path=None, **status) -> str:
    run_id = folders.create_run(TrainConfig(epochs=2), name)
    run_dir = folders.run_dir_of(run_id)
    if checkpoint_path:
        (run_dir / "model.pt").write_bytes(checkpoint_path.read_bytes())
    events = [
        {"kind": "step", "epoch": 1, "step": 1, "train_loss": 2.3, "elapsed_seconds": 0.1},
        {"kind": "step", "epoch": 1, "step": 850, "train_loss": 1.9, "elapsed_seconds": 8.9},
        {
            "kind": "epoch",
            "epoch": 1,
            "step": 860,
            "train_loss": 0.5,
            "val_loss": 0.4,
            "val_accuracy": 0.85,
            "elapsed_seconds": 9.0,
        },
    ]
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (run_dir / "metrics.jsonl").write_text(lines)
    metrics = {
        "steps": 860,
        "step": 860,
        "epoch": 1,
        "elapsed_seconds": 9.0,
        "best_val_accuracy": 0.85,
    }
    files.write_json(run_dir / "status.json", {"state": state} | metrics | status)
    return run_id


@pytest.mark.parametrize("name", PAGES)
def test_every_page_runs_without_an_exception(runs_dir, name):
    app = open_page(name, model="fashion_cnn")
    assert not app.exception
    assert app.title


def test_a_model_that_the_app_refuses_is_not_offered_by_the_page_that_trained_it(
    runs_dir, checkpoint_path
):
    run_id = make_run("failed", "Linked", checkpoint_path)
    path = folders.read_run(run_id).model_path
    path.unlink()
    path.symlink_to(checkpoint_path)
    app = open_page("train")
    assert "was saved and can be used" not in words(app)
    assert "Use this model" not in [element.label for element in app.button]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_explains_itself_without_data(runs_dir, tmp_path, monkeypatch, name):
    cached_split.clear()
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "none"))
    app = open_page(name)
    assert not app.exception
    if name in ("train", "predictions", "confusion_matrix", "compare"):
        assert "FASHION_DATA_DIR" in words(app)
    cached_split.clear()


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
    card = next(entry for entry in catalog.list_models() if entry.shipped).card
    app = open_page("home")
    assert app.metric[0].value == f"{card['test_accuracy']:.1%}"


def networks(app: AppTest):
    return next(pills for pills in app.pills if pills.label == "Network")


def test_home_shows_every_network_with_its_best_shipped_model(runs_dir):
    app = open_page("home")
    shipped = [entry.card for entry in catalog.list_models() if entry.shipped]
    assert networks(app).value == shipped[0]["model"]
    for name, sentence in MODELS.items():
        networks(app).set_value(name).run()
        assert not app.exception
        assert sentence in words(app)
        metrics = [metric.value for metric in app.metric]
        assert f"{models.count_parameters(models.build_model(name)):,}" in metrics
        of_it = [card["test_accuracy"] for card in shipped if card["model"] == name]
        if of_it:
            assert f"{max(of_it):.1%}" in metrics
        else:
            assert "You can train one" in words(app)
        table = next(element.value for element in app.html if 'class="layers"' in element.value)
        assert table.count("<tr>") == len(models.layer_table(models.build_model(name))) + 2


def test_of_two_shipped_models_of_a_network_the_better_one_is_shown(tmp_path):
    cards = [{"model": "FashionCNN", "test_accuracy": share} for share in (0.91, 0.93, 0.92)]
    cards += [{"model": "FashionCNN"}, {"model": "ResidualNet", "test_accuracy": 0.99}]
    entries = [
        catalog.ModelEntry(str(i), "", tmp_path, "", card, shipped=True)
        for i, card in enumerate(cards)
    ]
    own = catalog.ModelEntry(
        "own", "", tmp_path, "", {"model": "FashionCNN", "test_accuracy": 0.95}
    )
    assert best_shipped([*entries, own], "FashionCNN") is entries[1]
    assert best_shipped([own], "FashionCNN") is None


def test_home_says_which_shipped_models_learnt_from_mixtures_a_teacher_or_sketches(runs_dir):
    app = open_page("home")
    networks(app).set_value("FashionCNN").run()
    assert "a wide net as teacher" in words(app)
    assert "with mixup" not in words(app)
    networks(app).set_value("WideResidualNet").run()
    assert "as teacher" not in words(app)
    assert "56 epochs with SGD" in words(app)
    assert "with mixup" in words(app)
    assert "as many synthetic pictures" in words(app)  # of the model in use


def test_a_network_on_home_is_used_or_trained_with_one_click(runs_dir):
    app = open_page("home")
    networks(app).set_value("FashionCNN").run()
    button(app, "Use this model").click().run()
    assert app.session_state["model"] == "fashion_cnn"
    assert networks(app).value == "FashionCNN"
    networks(app).set_value("ResidualNet").run()
    button(app, "Train this network").click().run()
    assert not app.exception
    assert app.title[0].value == "Train"
    assert app.selectbox(key="train_model").value == "ResidualNet"
    assert plain("Classic tutorial, changed: network ResidualNet.") in words(app)


def test_a_network_without_a_shipped_model_can_be_trained(runs_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "PRETRAINED_DIR", tmp_path)
    app = open_page("home")
    assert "You can train one" in words(app)
    assert button(app, "Train this network")


def test_home_shows_a_run_that_is_training(runs_dir):
    me = psutil.Process()
    alive = {
        "pid": me.pid,
        "process_started_at": folders.process_start(me),
        "heartbeat_at": time.time(),
    }
    make_run("running", "Live one", **alive)
    assert "**Live one** is training now" in words(open_page("home"))


def test_train_without_runs_says_what_will_be_here(runs_dir):
    app = open_page("train")
    assert "No run yet" in words(app)
    assert not button(app, "Start training").disabled


def test_train_starts_a_run_with_the_forms_values(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir))
    app = open_page("train")
    app.number_input(key="train_epochs").set_value(3)
    app.toggle(key="train_flips").set_value(True)
    button(app, "Start training").click().run()
    assert not app.exception
    (run,) = folders.list_runs()
    assert started == [run.run_dir]
    assert (run.config.epochs, run.config.flips) == (3, True)


def picked_beside(app: AppTest):
    return next(picker for picker in app.selectbox if picker.label == "Compare with")


def loss_spec(app: AppTest) -> str:
    return app.get("vega_lite_chart")[0].proto.spec


def test_models_of_one_name_and_score_are_told_apart_in_the_sidebar(runs_dir, checkpoint_path):
    first, second = (
        make_run("finished", "Same", checkpoint_path, test_accuracy=0.9) for _ in range(2)
    )
    app = open_page("home")
    for run_id in (first, second, first):
        app.sidebar.selectbox(key="model_picker").select(run_id).run()
        assert app.run().session_state["model"] == run_id


def make_rated_run(
    name: str, rate: float, created_at: float, state: str = "finished", **status
) -> str:
    run_id = make_run(state, name, **status)
    config = TrainConfig(epochs=2, learning_rate=rate)
    values = {"name": name, "created_at": created_at, "config": config.to_dict()}
    files.write_json(folders.run_dir_of(run_id) / "config.json", values)
    return run_id


def open_train_with(run_id: str) -> AppTest:
    app = open_page("train")
    app.session_state["shown_run"] = run_id
    return app.run()


def test_a_run_is_shown_beside_the_one_before_it_until_another_or_none_is_chosen(runs_dir):
    first = make_rated_run("First", 0.001, 2.0)
    assert not [picker for picker in open_page("train").selectbox if picker.label == "Compare with"]
    second, third = make_rated_run("Second", 0.01, 1.0), make_rated_run("Third", 0.001, 3.0)
    make_run("failed", "Never began", step=0)
    app = open_train_with(third)
    # Created before it, and not as long before as the second
    assert picked_beside(app).value == first
    assert "trained with the same settings" in plain_text(app)
    assert '"other"' in loss_spec(app)
    picked_beside(app).select(second).run()
    assert "“Second” at the same epoch" in plain_text(app)
    assert "learning rate 0.01 (here 0.001)." in plain_text(app)
    assert picked_beside(app.run()).value == second
    picked_beside(app).select("none").run()
    assert "Dashed" not in words(app)
    assert '"other"' not in loss_spec(app)
    app.session_state["shown_run"] = first
    app.run()
    assert picked_beside(app).value == "none"
    assert "none" in app.query_params["beside"]
    assert picked_beside(open_page("train", beside=second)).value == second


def test_a_run_that_was_chosen_stays_for_the_next_ones_too(runs_dir):
    first, second, third, fourth = (
        make_rated_run(name, 0.001, place) for place, name in enumerate("ABCD", start=1)
    )
    app = open_train_with(third)
    picked_beside(app).select(first).run()
    app.session_state["shown_run"] = fourth
    assert picked_beside(app.run()).value == first
    app.session_state["shown_run"] = first
    assert picked_beside(app.run()).value == "none"
    app.session_state["shown_run"] = second
    assert picked_beside(app.run()).value == first


def test_a_run_that_ended_with_its_first_step_is_shown_alone(runs_dir):
    make_run("finished", "Before")
    run_id = make_run("failed", "Ran away")
    event = {"kind": "step", "epoch": 1, "step": 1, "train_loss": 2.3, "elapsed_seconds": 0.1}
    (runs_dir / run_id / "metrics.jsonl").write_text(json.dumps(event) + "\n")
    app = open_train_with(run_id)
    assert not [picker for picker in app.selectbox if picker.label == "Compare with"]
    assert '"points"' in loss_spec(app)  # a dot where a line would not be seen


def test_runs_of_one_name_are_told_apart_and_a_choice_survives_a_new_name(runs_dir):
    ids = [
        make_rated_run("Same", rate, place)
        for place, rate in enumerate((0.01, 0.02, 0.03, 0.04), start=1)
    ]
    app = open_train_with(ids[3])
    # A label that two runs shared would mean the last of them from the second time on
    for _ in range(3):
        assert "learning rate 0.03 (here 0.04)" in plain_text(app)
        assert f"“Same ({ids[2][-4:]})”" in plain_text(app)
        app.run()
    picked_beside(app).select(ids[1]).run()
    folders.annotate_run(ids[1], "Another", "", [])
    for _ in range(2):
        app.run()
        assert "“Another” at the same epoch" in plain_text(app)
        assert "learning rate 0.02 (here 0.04)" in plain_text(app)


def test_a_run_that_is_deleted_while_it_is_compared_with_gives_way_to_the_one_before(runs_dir):
    first, second, third = (
        make_rated_run(name, 0.001, place) for place, name in enumerate("ABC", start=1)
    )
    app = open_train_with(third)
    picked_beside(app).select(first).run()
    control.delete_run(first)
    app.run()
    assert not app.exception
    assert picked_beside(app).value == second
    assert picked_beside(app).proto.set_value  # the browser is told, too
    assert "“B” at the same epoch" in plain_text(app)
    (runs_dir / second / "metrics.jsonl").unlink()
    assert "Dashed" not in words(app.run())


def test_an_early_end_cuts_the_other_run_too_and_what_has_run_away_does_not_flatten_the_curve(
    runs_dir,
):
    config = TrainConfig(epochs=50)
    run_id = make_run("stopped", "Short")
    files.write_json(
        runs_dir / run_id / "config.json",
        {"name": "Short", "created_at": 1.0, "config": config.to_dict()},
    )
    run = folders.read_run(run_id)
    other = folders.read_run(make_run("finished", "Long"))
    event = {"kind": "epoch", "train_loss": 9.0, "val_accuracy": 0.5, "elapsed_seconds": 9.0}
    steps = [
        {
            "kind": "step",
            "epoch": 1 + step // 860,
            "step": step,
            "train_loss": loss,
            "elapsed_seconds": 1.0,
        }
        for step, loss in ((430, 1.5), (700, 40.0), (860, 1.0), (1_720, 0.5))
    ]
    lines = [
        *steps,
        event | {"epoch": 1, "step": 860, "val_loss": 30.0},
        event | {"epoch": 2, "step": 1_720, "val_loss": 1.0},
    ]
    (other.run_dir / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    own = loss_frame(read_metrics(run.run_dir)[0])
    both, epochs = frames_with(own, run, other)
    assert both["step"].dropna().max() == 860  # one epoch, as the run was stopped in it
    assert both["other"].max() < 2
    assert epochs["epoch"].tolist() == [1]
    assert epochs["val_loss"].isna().all()


def test_the_first_run_of_all_is_shown_alone(runs_dir):
    first, second = make_run("finished", "First"), make_run("finished", "Second")
    app = open_train_with(first)
    assert picked_beside(app).value == "none"
    assert "Dashed" not in words(app)
    app = open_train_with(second)
    assert "Dashed" in words(app)
    files.write_json(runs_dir / second / "config.json", {})  # edited while the page is open
    assert not app.run().exception


def test_the_form_says_how_long_a_run_takes_once_one_like_it_was_trained(runs_dir):
    assert "on this machine" not in words(open_page("train"))
    config = TrainConfig()
    run_id = folders.create_run(config)
    done = {"state": "finished", "steps": config.steps_per_epoch, "step": config.steps_per_epoch}
    files.write_json(runs_dir / run_id / "status.json", done | {"elapsed_seconds": 60.0})
    app = open_page("train")
    assert "About 5 min of training on this machine" in words(app)
    app.selectbox(key="vary").select("seed").run()
    assert "Together about 15 min of training" in words(app)
    app.number_input(key="train_batch_size").set_value(512).run()
    assert "on this machine" not in words(app)


def test_a_second_run_waits_in_the_queue(runs_dir):
    folders.create_run(TrainConfig(), "First")
    app = open_page("train")
    assert "Nothing waits" in words(app)
    button(app, "Add to queue").click().run()
    assert not app.exception
    (waiting,) = run_queue.read_queue().waiting
    assert f"1\\. {plain(waiting.name)}" in words(app)
    assert "1 waiting" in words(app)


def keys_like(app: AppTest, start: str) -> list[str]:
    return [element.key for element in app.button if element.key and element.key.startswith(start)]


def test_several_values_are_queued_with_one_click_then_moved_and_cancelled(runs_dir, monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    folders.create_run(TrainConfig(), "First")
    app = open_page("train")
    app.selectbox(key="vary").select("seed").run()
    assert "Queue 3 runs" in [element.label for element in app.button]
    next(field for field in app.text_input if field.label.startswith("Values")).set_value(
        "0, 7"
    ).run()
    button(app, "Queue 2 runs").click().run()
    assert not app.exception
    assert [run.config.seed for run in run_queue.read_queue().waiting] == [0, 7]
    app.button(key=keys_like(app, "up-")[1]).click().run()
    assert [run.name for run in run_queue.read_queue().waiting] == ["Seed 7", "Seed 0"]
    app.button(key=keys_like(app, "cancel-")[0]).click().run()
    assert [run.name for run in run_queue.read_queue().waiting] == ["Seed 0"]


@pytest.mark.parametrize(
    ("text", "said"), [("0, x", "Seed must be a whole number, not 'x'"), (" ", "no seed to try")]
)
def test_values_that_are_none_are_a_sentence(runs_dir, text, said):
    app = open_page("train")
    app.selectbox(key="vary").select("seed").run()
    next(field for field in app.text_input if field.label.startswith("Values")).set_value(
        text
    ).run()
    assert not app.exception
    assert said in words(app)


def test_a_damaged_queue_says_so_in_a_row(runs_dir):
    folders.create_run(TrainConfig(), "First")
    broken = run_queue.start_or_add(TrainConfig(), "Broken")
    (runs_dir / broken / "config.json").write_text("{")
    app = open_page("train")
    assert "config.json is not valid JSON" in words(app).replace("\\", "")
    app.button(key=f"forget-{broken}").click().run()
    assert "Nothing waits" in words(app)
    (runs_dir / "queue.json").write_text("{")
    assert "queue.json is not valid JSON" in words(open_page("train")).replace("\\", "")


def test_a_queue_that_nobody_moves_on_is_started_by_any_page(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    run_id = folders.create_run(TrainConfig(), "Waits since the machine was restarted", "queued")
    assert not open_page("home").exception
    assert started == [run_id]


def test_pause_writes_the_request(runs_dir):
    me = psutil.Process()
    alive = {
        "pid": me.pid,
        "process_started_at": folders.process_start(me),
        "heartbeat_at": time.time(),
    }
    run_id = make_run("running", "Live", **alive)
    app = open_page("train")
    button(app, "Pause").click().run()
    assert (runs_dir / run_id / "pause").exists()
    assert button(app, "Pausing…").disabled


def make_resumable(state: str, name: str, **status) -> str:
    run_id = make_run(state, name, **status)
    folders.resume_path(folders.run_dir_of(run_id)).write_bytes(b"kept")
    return run_id


def test_a_paused_run_is_resumed_or_stopped_and_the_queue_started_past_it(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    paused = make_resumable("paused", "Held")
    waits = folders.create_run(TrainConfig(), "Waits", "queued")
    app = open_page("train")
    assert "“Held” is paused" in words(app)
    assert [run.state for run in folders.list_runs()] == ["queued", "paused"]
    button(app, "Start the queue").click().run()
    assert started == [waits]
    files.write_json(runs_dir / waits / "status.json", {"state": "finished"})
    app = open_page("runs")
    app.session_state["ticked_runs"] = [paused]
    button(app.run(), "Resume or stop").click().run()
    button(app, "Resume").click().run()
    assert not app.exception
    assert started == [waits, paused]
    files.write_json(runs_dir / paused / "status.json", {"state": "paused"})
    button(open_page("train"), "Stop").click().run()
    assert folders.read_run(paused).state == "stopped"


def test_a_paused_run_is_within_reach_when_a_later_one_is_shown(runs_dir):
    make_resumable("paused", "Held")
    make_run("finished", "Later")
    app = open_page("train")
    assert "“Held” is paused." in words(app)
    assert "Resume" not in [element.label for element in app.button]
    button(app, "Show the paused run").click().run()
    assert "Show the paused run" not in [element.label for element in app.button]
    assert button(app, "Resume")
    assert button(app, "Stop")


def test_why_a_run_does_not_go_on_stays_until_another_try(runs_dir, monkeypatch):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "4")
    make_resumable("stopped", "Old")
    app = open_page("train")
    field = next(field for field in app.number_input if field.label == "Continue for")
    assert (field.value, field.max) == (1, 3)

    def refuse(*_):
        raise RunError("Another start is under way.")

    monkeypatch.setattr(run_queue, "continue_run", refuse)
    button(app, "Continue for 1 more epoch").click().run()
    assert "Another start is under way" in words(app)
    assert "Another start is under way" in words(app.run())
    next(field for field in app.number_input if field.label == "Continue for").set_value(2).run()
    assert "Another start is under way" not in words(app)


def test_a_copy_that_allows_fewer_epochs_than_were_planned_continues_up_to_those(
    runs_dir, monkeypatch
):
    run_id = make_resumable("stopped", "Long")
    config = files.read_json(runs_dir / run_id / "config.json")
    files.write_json(
        runs_dir / run_id / "config.json", config | {"config": TrainConfig(epochs=10).to_dict()}
    )
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "4")
    app = open_page("train")
    field = next(field for field in app.number_input if field.label == "Continue for")
    assert (field.value, field.max) == (3, 3)


def test_a_run_whose_status_is_lost_goes_on_as_planned(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    run_id = make_resumable("running", "Power cut")
    (runs_dir / run_id / "status.json").write_text("")
    app = open_page("train")
    assert "Continue for" not in words(app)
    button(app, "Go on").click().run()
    assert not app.exception
    assert (started, folders.read_run(run_id).config.epochs) == ([run_id], 2)


def test_a_paused_run_is_not_offered_while_another_one_trains(runs_dir):
    me = psutil.Process()
    paused = make_resumable("paused", "Held")
    make_run(
        "running",
        "Live",
        pid=me.pid,
        process_started_at=folders.process_start(me),
        heartbeat_at=time.time(),
    )
    app = open_page("train")
    assert "“Held” is paused." in words(app)
    assert "Show the paused run" not in [element.label for element in app.button]
    app = open_page("runs")
    app.session_state["ticked_runs"] = [paused]
    assert "Resume or stop" not in [element.label for element in app.run().button]


def test_a_model_of_a_run_cut_short_is_told_by_its_best_weights_and_its_real_epochs(
    runs_dir, checkpoint_path
):
    run_id = make_run("stopped", "Cut", checkpoint_path, val_accuracy=0.7)
    app = open_page("home", model=run_id)
    assert "Cut · 85.0% validation" in app.sidebar.selectbox[0].options
    assert "1 of 2 epochs with Adam" in words(app)


@pytest.mark.parametrize("name", ["home", "train", "runs"])
def test_a_read_only_copy_does_not_ask_for_what_it_cannot_do(runs_dir, monkeypatch, name):
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page(name)
    assert "Start" not in words(app)
    assert "Start" not in "".join(link.proto.label for link in app.get("page_link"))


@pytest.mark.parametrize("state", ["finished", "stopped", "failed", "lost"])
def test_a_run_that_has_ended_continues_for_more_epochs(runs_dir, monkeypatch, state):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    run_id = make_resumable("running" if state == "lost" else state, "Old", pid=2**22 + 1)
    app = open_page("train")
    next(field for field in app.number_input if field.label == "Continue for").set_value(3).run()
    assert "To 4 epochs in all" in words(app)
    button(app, "Continue for 3 more epochs").click().run()
    assert not app.exception
    assert folders.read_run(run_id).config.epochs == 4
    assert "Planned for 2 epochs, then for 4." in words(app)


def test_a_run_that_failed_before_there_was_anything_to_keep_is_tried_again_as_it_was(
    runs_dir, monkeypatch
):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    run_id = make_run("failed", "No room", message="A file could not be written.", step=0)
    app = open_page("train")
    assert "Continue for" not in words(app)
    button(app, "Try again").click().run()
    assert not app.exception
    assert started == [run_id]
    assert folders.read_run(run_id).config.epochs == 2


def test_a_run_that_cannot_be_continued_says_why(runs_dir, checkpoint_path):
    make_run("finished", "Brought in", checkpoint_path)
    assert "cannot be continued" in words(open_page("train"))
    make_run("failed", "Ran away", cause="TrainingFailed", message="The loss rose.")
    assert "would end the same way" in words(open_page("train"))


def test_limits_are_said_and_bite(runs_dir, monkeypatch, checkpoint_path):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "3")
    monkeypatch.setenv("FASHION_MAX_RUNS", "1")
    app = open_page("train")
    assert "at most 3 epochs per run, 1 run kept" in words(app)
    assert (
        app.number_input(key="train_epochs").value == app.number_input(key="train_epochs").max == 3
    )
    longest = max(RECIPES, key=lambda name: RECIPES[name][0].get("epochs", 0))
    app.pills(key="recipe").set_value(longest).run()
    assert not app.exception
    assert app.number_input(key="train_epochs").value == 3
    make_run("finished", "Old", checkpoint_path)
    button(app, "Start training").click().run()
    assert "Delete some on the Runs page" in words(app)
    assert len(folders.list_runs()) == 1


def test_a_limit_that_cannot_be_read_is_explained(runs_dir, monkeypatch):
    monkeypatch.setenv("FASHION_MAX_EPOCHS", "ten")
    app = open_page("train")
    assert "FASHION_MAX_EPOCHS is 'ten'" in words(app).replace("\\", "")
    button(app, "Start training").click().run()
    assert not app.exception
    assert folders.list_runs() == []


def test_a_recipe_fills_the_form(runs_dir):
    app = open_page("train")
    assert app.pills(key="recipe").value == "Classic tutorial"
    for name, (changes, sentence) in RECIPES.items():
        app.pills(key="recipe").set_value(name).run()
        assert not app.exception
        assert app.pills(key="recipe").value == name
        assert plain(sentence) in words(app)
        assert app.number_input(key="train_train_size").value == changes.get("train_size", 55_000)
        assert app.selectbox(key="train_schedule").value == changes.get("schedule", "constant")


def test_a_recipe_that_was_changed_says_what_and_comes_back_with_a_click(runs_dir):
    app = open_page("train")
    app.number_input(key="train_epochs").set_value(7).run()
    app.toggle(key="train_flips").set_value(True).run()
    assert app.pills(key="recipe").value is None
    assert plain("Classic tutorial, changed: epochs 7, random flips on.") in words(app)
    app.pills(key="recipe").set_value("Classic tutorial").run()
    assert (app.number_input(key="train_epochs").value, app.toggle(key="train_flips").value) == (
        5,
        False,
    )
    assert app.pills(key="recipe").value == "Classic tutorial"
    app.pills(key="recipe").set_value(None).run()  # a click on the one that is picked
    assert app.pills(key="recipe").value == "Classic tutorial"


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
    alive = {
        "pid": me.pid,
        "process_started_at": folders.process_start(me),
        "heartbeat_at": time.time(),
    }
    run_id = make_run("running", "Live", **alive)
    app = open_page("train")
    button(app, "Stop").click().run()
    assert (runs_dir / run_id / "stop").exists()
    assert button(app, "Stopping…").disabled


def test_a_read_only_copy_says_so_and_offers_neither_start_nor_delete(
    runs_dir, monkeypatch, checkpoint_path
):
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
    assert folders.read_run(run_id).state == "finished"


def test_delete_asks_back(runs_dir, checkpoint_path):
    make_run("finished", "Mine", checkpoint_path)
    app = open_page("runs")
    button(app, "Delete").click().run()
    assert len(folders.list_runs()) == 1
    button(app, "Delete it").click().run()
    assert folders.list_runs() == []


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04 half a zip"])
def test_a_bad_model_file_is_refused_with_a_sentence(runs_dir, content):
    app = open_page("runs")
    app.file_uploader[0].upload("evil.pt", content, "application/octet-stream").run()
    button(app, "Bring it in").click().run()
    assert not app.exception
    assert "not a model file" in words(app)
    assert folders.list_runs() == []


def test_a_full_disk_refuses_a_model_file_with_a_sentence(runs_dir, checkpoint_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(catalog, "import_model", full)
    app = open_page("runs")
    app.file_uploader[0].upload(
        "mine.pt", checkpoint_path.read_bytes(), "application/octet-stream"
    ).run()
    button(app, "Bring it in").click().run()
    assert not app.exception
    assert "No space left on device. Free some disk space" in words(app)


def test_a_good_model_file_becomes_a_run(runs_dir, checkpoint_path):
    app = open_page("runs")
    app.file_uploader[0].upload(
        "../../mine.pt", checkpoint_path.read_bytes(), "application/octet-stream"
    ).run()
    button(app, "Bring it in").click().run()
    assert not app.exception
    assert [run.name for run in folders.list_runs()] == ["mine"]


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


@pytest.mark.parametrize(
    "name",
    [
        "http://a.example",
        "HTTPS://a.example",
        "WWW.a.example",
        "me@a.example",
        ":material/delete:",
        ":streamlit:",
        "a -> b",
        "a <- b",
        "a <-> b",
        "a -- b",
        "a >= b",
        "a <= b",
    ],
)
def test_nothing_in_a_name_is_what_streamlit_looks_for(name):
    text = re.sub(r"\\(.)", r"\1", plain(name))
    assert text.replace("\u2060", "") == name
    for found in ("://", "www.", "@a", ":material", ":streamlit", "->", "<-", "--", ">=", "<="):
        assert found not in text.lower()


def test_every_value_stands_whole_in_the_form(runs_dir):
    formats = {field.key: field.proto.format for field in open_page("train").number_input}
    for changes, _ in RECIPES.values():
        for name, value in (TrainConfig(**changes)).to_dict().items():
            if isinstance(value, float):
                assert float(formats[f"train_{name}"] % value) == value, name


@pytest.mark.parametrize(
    ("name", "query", "opened"),
    [
        ("confusion_matrix", {}, "opened_image"),
        ("compare", {"with": "fashion_cnn_norm"}, "opened_pair"),
    ],
)
def test_an_open_image_stays_when_a_run_ends(runs_dir, name, query, opened):
    """What the sidebar looks at before it draws the page anew, which would close the image."""
    app = open_page(name, model="fashion_cnn", **query)
    app.session_state[opened] = 5
    app.run()
    assert not app.exception
    assert state.DIALOG in app.session_state


@pytest.mark.parametrize("model", ["../../etc/passwd", "nosuch", "20260101-000000-dead"])
def test_an_unknown_model_in_the_url_falls_back_to_the_recommended_and_says_so(runs_dir, model):
    app = open_page("home", model=model)
    assert "Model in use: Deep net" in words(app)
    assert "not here" in app.sidebar.warning[0].value
    assert not app.run().sidebar.warning


@pytest.mark.parametrize(("model", "title"), [("", "Deep net"), ("fashion_cnn", "Classic CNN")])
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
