"""What all pages and the sidebar have in common, and Home, run by Streamlit itself."""

import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from app_page import labels, open_page, press, unfold, words
from listed_pages import page_titles
from run_folders import alive, make_run
from waiting import SECONDS

from fashion_core import catalog, files, models
from fashion_core.config import MODELS, TrainConfig
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import control, folders
from pages.parts import frame, state
from pages.parts.cached import cached_split
from pages.parts.home.network import describe_training, model_of
from pages.parts.home.training_pictures import describe_people
from pages.parts.html import plain
from pages.parts.runs.film import pictures_of

PAGES = tuple(page_titles())


def visit(app, names=PAGES):
    """Each of these pages in turn, in one session that began with `app`; yields its name."""
    for name in names:
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name
        assert app.title, name
        yield name


# Every page


def test_the_model_in_use_is_the_same_on_all_pages(runs_dir, checkpoint_path):
    run_id = make_run("Mine", checkpoint_path=checkpoint_path)
    app = open_page("home", model=run_id)
    app.session_state[state.COMPARE_WITH] = "fashion_cnn"  # the fastest
    for name in visit(app):
        assert app.session_state["model"] == run_id, name


def test_pages_that_ask_no_model_do_not_load_torch(runs_dir, tmp_path, monkeypatch):
    """It takes seconds to load, and half a gigabyte with CUDA."""
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "none"))  # where nothing is kept
    pages = ("train", "runs", "predictions", "confusion_matrix", "compare", "my_pictures")
    code = (
        f"for name in {pages}: open_page(name)\n"
        "press(press(open_page('play'), 'Play: Guess the model'), 'Start the clock')"
    )
    assert loaded_by(code, {"torch", "sklearn"}) == set()


def test_drawing_loads_no_pandas_and_leaves_numpy_one_thread(runs_dir):
    """pandas takes a third of a second to load, and 80 MB. Threads that wait for each other by
    spinning took a third of its speed from a run beside a class.
    """
    code = (
        "for name in ('home', 'classify'): open_page(name)\n"
        "from threadpoolctl import threadpool_info\n"
        "found = [each for each in threadpool_info() if each['user_api'] == 'blas']\n"
        "assert sys.platform == 'darwin' or found\n"  # Accelerate is not among them
        "assert all(each['num_threads'] == 1 for each in found), found"
    )
    assert loaded_by(code, {"torch", "pandas", "pyarrow"}) == {"torch"}


def loaded_by(code: str, modules: set[str]) -> set[str]:
    """Which of these modules are loaded when a process of its own has opened some pages."""
    setup = "import sys; sys.path[:0] = ['.', 'tests']; from app_page import open_page, press"
    code = f"{setup}\n{code}\nprint(*({modules} & set(sys.modules)))"
    # Without the one that the tests are run with
    environment = {name: os.environ[name] for name in os.environ if name != "OMP_NUM_THREADS"}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=files.PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return set(answer.stdout.split())


def test_every_page_explains_itself_without_data(runs_dir, tmp_path, monkeypatch):
    cached_split.clear()
    monkeypatch.setenv("FASHION_DATA_DIR", str(tmp_path / "none"))
    app = open_page("home")
    for name in visit(app):
        if name in ("train", "predictions", "confusion_matrix", "compare", "labels"):
            assert "FASHION_DATA_DIR" in words(app), name
    cached_split.clear()


def test_every_page_explains_itself_without_any_model(runs_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PRETRAINED_DIR", tmp_path)
    app = open_page("home")
    assert "You can train one" in words(app)
    assert "Train this network" in labels(app)
    for name in visit(app):
        if name not in ("train", "runs"):
            assert "no model yet" in words(app).lower(), name


def test_a_damaged_model_is_one_sentence(runs_dir, checkpoint_path):
    checkpoint_path.write_bytes(checkpoint_path.read_bytes()[:5_000])
    app = open_page("home", model=make_run("Broken", checkpoint_path=checkpoint_path))
    for name in visit(app, ("predictions", "confusion_matrix", "compare", "classify", "labels")):
        assert "half of one" in words(app), name


def test_a_damaged_run_folder_breaks_no_page(runs_dir, checkpoint_path):
    make_run("Good", checkpoint_path=checkpoint_path)
    (runs_dir / make_run("Broken") / "config.json").write_text("{")
    assert list(visit(open_page("home"), ("home", "train", "runs")))


def test_a_read_only_copy_says_so_and_offers_nothing_that_it_cannot_do(
    runs_dir, checkpoint_path, monkeypatch
):
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = open_page("home")
    for name in visit(app, ("home", "train", "runs")):
        links = "".join(link.proto.label for link in app.get("page_link"))
        assert "Start" not in words(app) + links, name
        if name == "home":
            assert app.button(key="train_network").disabled
    for name in visit(app, ("my_pictures",)):
        assert "each it" not in words(app), name
    make_run("Old", checkpoint_path=checkpoint_path)
    changing = ("Start training", "Find a learning rate", "Queue", "Delete", "Name and notes")
    for name in visit(app, ("train", "runs")):
        assert "public copy" in words(app), name
        offered = [button for button in app.button if button.label.startswith(changing)]
        assert offered
        assert all(button.disabled for button in offered), name
    assert "prune_rule" not in [choice.key for choice in app.radio]
    assert not app.file_uploader


@pytest.mark.parametrize(
    ("name", "query", "opened"),
    [
        ("confusion_matrix", {"true": "Trouser", "pred": "Trouser"}, state.CELL_IMAGE),
        ("compare", {"with": "fashion_cnn_norm", "group": "both"}, state.PAIR_IMAGE),
    ],
)
def test_an_open_image_stays_when_a_run_ends(runs_dir, name, query, opened):
    """The sidebar then draws the page anew."""
    app = open_page(name, model="fashion_cnn", **query)
    app.session_state[opened] = 5
    for _ in range(2):
        app.run()
        assert not app.exception
        assert "Image 5" in [heading.value for heading in app.subheader]


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


# The sidebar


@pytest.mark.parametrize("model", ["../../etc/passwd", "20260101-000000-dead"])
def test_an_unknown_model_in_the_url_falls_back_to_the_recommended_and_says_so(runs_dir, model):
    app = open_page("home", model=model)
    assert "Model in use: All-round net" in words(app)
    assert "not here" in app.toast[0].value
    assert not app.run().toast


@pytest.mark.parametrize(
    ("model", "title"), [("", "All-round net"), ("fashion_cnn", "Classic CNN")]
)
def test_a_known_model_in_the_url_is_used_without_a_word(runs_dir, model, title):
    app = open_page("home", model=model)
    assert f"Model in use: {title}" in words(app)
    assert not app.toast
    picker = app.sidebar.selectbox[0]  # drawn before the browser knows its choice
    assert picker.options[picker.proto.default].startswith(title)


def test_models_of_one_name_and_score_are_told_apart_in_the_sidebar(runs_dir, checkpoint_path):
    first, second = (
        make_run("Same", checkpoint_path=checkpoint_path, test_accuracy=0.9) for _ in range(2)
    )
    app = open_page("runs")
    for run_id in (first, second, first):
        app.sidebar.selectbox(key=state.picker_key(state.MODEL)).select(run_id).run()
        assert app.run().session_state["model"] == run_id


def test_a_queue_that_nobody_moves_on_is_started_by_any_page(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir.name))
    run_id = folders.create_run(TrainConfig(), "Waits since the machine was restarted", "queued")
    open_page("home")
    assert started == [run_id]


def training_lines(app):
    """What the sidebar says of what trains."""
    labels = [link.proto.label for link in app.sidebar.get("page_link")]
    return [label.replace("\\", "") for label in labels]


def test_the_sidebar_tells_that_a_run_is_measured_or_stops_instead_of_how_far_it_is(runs_dir):
    run_id = make_run("*Mine*", "running", **alive())
    app = open_page("home")
    status = folders.read_run(run_id).status
    for measured, line in (
        ({}, "*Mine*: 50.0%"),
        ({"step": 2 * status["steps"]}, "*Mine*: measuring on the validation images"),
        ({"tested": 4_000}, "*Mine*: measuring: 4,000 of the 10,000 test images"),
    ):
        status |= measured
        files.write_json(folders.run_dir_of(run_id) / "status.json", {"state": "running"} | status)
        assert training_lines(app.run()) == [line]
    control.request_stop(run_id)
    assert training_lines(app.run()) == ["*Mine*: stopping"]


def end_lines(app):
    """What the sidebar says of runs that have ended."""
    return [line for line in training_lines(app) if line.startswith("“")]


def set_state(run_id, word, **metrics):
    """What the run's worker would write."""
    path = folders.run_dir_of(run_id) / "status.json"
    files.write_json(path, {"state": word, "heartbeat_at": time.time()} | metrics)


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("finished", "“*Mine*” has finished · 91.2% test"),
        ("stopped", "“*Mine*” was stopped · 91.2% test"),
        ("failed", "“*Mine*” has failed · 91.2% test"),
        ("nonsense", "“*Mine*” has ended without a word · 91.2% test"),
    ],
)
def test_how_a_run_ended_is_said_on_other_pages_until_train_has_shown_it(
    runs_dir, checkpoint_path, word, line
):
    run_id = make_run(
        "*Mine*", "starting", checkpoint_path=checkpoint_path, heartbeat_at=time.time()
    )
    make_run("Newer")
    app = open_page("home")
    assert end_lines(app) == []
    set_state(run_id, word, test_accuracy=0.912)
    assert end_lines(app.run()) == [line]
    assert [toast.value.replace("\\", "") for toast in app.toast] == [line]
    app.switch_page("pages/glossary.py").run()
    assert not app.toast
    assert end_lines(app) == [line]
    app.switch_page("pages/train.py").run()
    assert plain("*Mine*") in [each.value for each in app.subheader]
    assert end_lines(app) == []
    app.switch_page("pages/home.py").run()
    assert end_lines(app) == []


def test_runs_shows_how_a_run_ended_and_so_does_the_next_one_that_starts(runs_dir):
    run_id = make_run("First", "starting", heartbeat_at=time.time())
    app = open_page("home")
    set_state(run_id, "stopped")
    assert end_lines(app.run()) == ["“First” was stopped"]
    second = make_run("Second", "starting", heartbeat_at=time.time())
    assert end_lines(app.run()) == []
    set_state(second, "paused")
    assert end_lines(app.run()) == []
    set_state(second, "stopped")
    assert end_lines(app.run()) == ["“Second” was stopped"]
    app.switch_page("pages/runs.py").run()
    app.switch_page("pages/home.py").run()
    assert end_lines(app) == []


def toasts(app):
    return [toast.value.replace("\\", "") for toast in app.toast]


@pytest.mark.parametrize("page", ["home", "train", "runs"])
def test_the_end_of_each_run_that_was_seen_training_is_told_once_also_when_the_next_trains(
    runs_dir, page
):
    first = make_run("First", "starting", heartbeat_at=time.time())
    app = open_page(page)
    second = make_run("Second", "starting", heartbeat_at=time.time())
    assert toasts(app.run()) == []
    for word, line in (("stopped", "“First” was stopped"), ("nonsense", "")):
        set_state(first, word)
        assert toasts(app.run()) == [line] * bool(line)
        assert end_lines(app) == []
    set_state(first, "starting")  # somebody goes on with it
    app.run()
    set_state(second, "failed")
    assert toasts(app.run()) == ["“Second” has failed"]
    set_state(first, "finished")
    shown = page != "home"
    assert toasts(app.run()) == ["“First” has finished"] * (not shown)
    assert toasts(app.run()) == []


def test_the_end_of_a_run_is_told_on_train_too_while_a_paused_one_is_looked_at(runs_dir):
    paused = make_run("Paused", "paused", resumable=True)
    other = make_run("Other", "starting", heartbeat_at=time.time())
    app = open_page("train")
    app.session_state[state.SHOWN_RUN] = app.session_state[state.LOOKED_AT] = paused
    app.run()
    set_state(other, "finished")
    assert toasts(app.run()) == ["“Other” has finished"]
    for _ in range(2):
        assert app.session_state[state.SHOWN_RUN] == paused
        assert "“Other” has finished" in labels(app)
        app.run()
    press(app, "“Other” has finished")
    assert app.session_state[state.SHOWN_RUN] == other
    assert "“Other” has finished" not in labels(app)


def test_ends_behind_an_open_dialog_are_told_when_it_is_closed(runs_dir, monkeypatch):
    told, session = [], {state.DIALOG: True}
    monkeypatch.setattr(frame.st, "session_state", session)
    monkeypatch.setattr(frame.st, "toast", lambda label, **_: told.append(label))
    monkeypatch.setattr(frame.st, "page_link", lambda *_, **__: None)
    tick = frame._show_training_line_live.__wrapped__
    runs = []
    for name in ("First", "Second", "Third"):
        for run_id in runs:
            set_state(run_id, "stopped")
        runs.append(make_run(name, "starting", heartbeat_at=time.time()))
        tick("what trained before the dialog")
    assert told == []
    session.pop(state.DIALOG)
    tick(runs[-1])
    assert told == ["“First” was stopped", "“Second” was stopped"]


def test_nothing_is_said_of_runs_that_a_visitor_never_saw_training_or_that_are_gone(runs_dir):
    run_id = make_run("Before")
    assert end_lines(open_page("home")) == []
    set_state(run_id, "starting")
    app = open_page("home")
    set_state(run_id, "stopped")
    control.delete_run(run_id)
    assert end_lines(app.run()) == []
    assert not app.toast


# Home


def networks(app):
    return next(pills for pills in app.pills if pills.label == "Network")


def test_home_shows_the_real_score_of_the_model_in_use(runs_dir):
    card = next(entry for entry in catalog.list_models() if entry.shipped).card
    assert open_page("home").metric[0].value == f"{card['test_accuracy']:.1%}"


def test_home_tells_a_run_cut_short_by_its_best_weights_and_its_real_epochs(
    runs_dir, checkpoint_path
):
    run_id = make_run("Cut", "stopped", checkpoint_path=checkpoint_path, val_accuracy=0.7)
    app = open_page("home", model=run_id)
    assert "Cut · 85.0% validation" in app.sidebar.selectbox[0].options
    assert "1 of 2 epochs with Adam" in words(app)


def test_home_shows_every_network_with_a_model_of_it(runs_dir):
    app = open_page("home")
    shipped = [entry.card for entry in catalog.list_models() if entry.shipped]
    assert networks(app).value == shipped[0]["model"]
    for name, sentence in MODELS.items():
        networks(app).set_value(name).run()
        assert sentence in words(app)
        metrics = [metric.value for metric in app.metric]
        assert f"{models.count_parameters(models.build_model(name)):,}" in metrics
        of_it = [card["test_accuracy"] for card in shipped if card["model"] == name]
        if name == shipped[0]["model"]:
            assert metrics.count(f"{of_it[0]:.1%}") == 2  # of the model in use, whose card says it
        elif of_it:
            assert f"{max(of_it):.1%}" in metrics
        else:
            assert "You can train one" in words(app)
        if not app.session_state[state.LAYER_TABLE]:
            unfold(app, "Layer table")
        table = next(element.value for element in app.html if 'class="layers"' in element.value)
        assert table.count("<tr>") == len(models.layer_table(models.build_model(name))) + 2


def test_of_a_network_the_model_in_use_is_shown_else_the_best_that_ships(tmp_path):
    shares = ((0.91, 0.94), (0.93, 0.92), (0.92, 0.93))  # the test images choose nothing
    cards = [
        {"model": "FashionCNN", "val_accuracy": val, "test_accuracy": test} for val, test in shares
    ]
    cards += [{"model": "FashionCNN"}, {"model": "ResidualNet", "val_accuracy": 0.99}]
    entries = [
        catalog.ModelEntry(str(i), "", tmp_path, "", card, shipped=True)
        for i, card in enumerate(cards)
    ]
    card = {"model": "FashionCNN", "val_accuracy": 0.95}
    own = catalog.ModelEntry("own", "", tmp_path, "", card)
    assert model_of([*entries, own], "FashionCNN", None) is entries[1]
    assert model_of([*entries, own], "FashionCNN", entries[4]) is entries[1]
    assert model_of([*entries, own], "FashionCNN", own) is own
    assert model_of([own], "FashionCNN", None) is None


def test_what_is_folded_on_home_is_not_drawn_until_it_is_unfolded(runs_dir):
    app = open_page("home")
    assert not app.code
    assert not any('class="layers"' in element.value for element in app.html)
    unfold(app, "How it was trained")
    assert app.code[0].value == catalog.list_models()[0].card["command"]


def test_home_says_which_shipped_models_had_mixup_a_teacher_or_synthetic_pictures(runs_dir):
    app = open_page("home")
    networks(app).set_value("FashionCNN").run()
    assert "a wide net as teacher" in words(app)
    assert "with mixup" not in words(app)
    networks(app).set_value("WideResidualNet").run()
    said = words(app)
    assert "“Wide net”, its best shipped model" not in said
    assert "“All-round net”, the model in use" in said
    assert "as teacher" not in said
    assert "synthetic pictures 18% of each batch" in said
    assert "people's drawings 18% of each batch" in said
    app = open_page("home", model="fashion_cnn")
    networks(app).set_value("WideResidualNet").run()
    assert "100 epochs with SGD" in words(app)
    assert "with mixup" in words(app)


def test_home_says_what_a_model_began_as():
    told = describe_training({"config": {"start_model": "fashion_cnn"}})
    assert "taught from Classic CNN, distilled" in told.replace("\\", "")
    assert "taught from" not in describe_training({"config": {}})
    assert "fine-tuned" in describe_training({"started_from_sha256": "0"})


def test_a_network_on_home_is_used_with_one_click(runs_dir):
    app = open_page("home")
    networks(app).set_value("FashionCNN").run()
    press(app, "Use this model")
    assert app.session_state["model"] == "fashion_cnn"
    assert networks(app).value == "FashionCNN"


def test_home_tells_what_a_model_learned_from_people():
    cards = {entry.model_id: entry.card for entry in catalog.list_models()}
    told = describe_people(cards["all_round_net"])
    assert told == (
        "Of each batch 18% people's drawings, 10% people's photos of clothes and 16% their pictures"
        " of other things, which teach it to doubt. It learned from 840 drawings and 739 photos of"
        " clothes."
    )
    assert describe_people(cards["fashion_cnn"]) == describe_people({}) == ""
    assert describe_people({"config": {"photos": 0.2}, "learned_from": {"photos": 3}}) == (
        "Of each batch 20% people's photos of clothes."
    )


def test_images_on_home_and_in_a_film_have_their_index_in_the_file():
    for split, html in (
        (cached_split("train"), training_pictures_html()),
        (cached_split("val"), ";".join(each["name"] for each in pictures_of(None))),
    ):
        named = re.findall(r"([\w/ -]+), (?:training|validation) image (\d+)", html)
        assert len(named) >= 10
        places = np.searchsorted(split.indices, [int(index) for _, index in named])
        assert [CLASS_NAMES[label] for label in split.labels[places]] == [name for name, _ in named]
        assert split.indices[places].tolist() == [int(index) for _, index in named]


def training_pictures_html() -> str:
    app = open_page("home", model="fashion_cnn")
    return next(each.proto.body for each in app.get("html") if "training image" in each.proto.body)
