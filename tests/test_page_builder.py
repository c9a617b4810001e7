"""Build your own network on Train, run by Streamlit itself: cards, text, templates, widths, URL."""

import pytest
from app_page import labelled, labels, open_page, press, unfold, words
from run_folders import make_run

from fashion_core import architecture, checkpoints, models, speed
from fashion_core.architecture import NAMED, TEMPLATES
from fashion_core.config import TrainConfig
from fashion_core.runs import control, folders
from fashion_core.runs import queue as run_queue
from pages.parts import state

CLASSIC = NAMED["FashionCNN"]


@pytest.fixture(autouse=True)
def started(runs_dir, monkeypatch):
    """The ids of the runs for which a worker would have been started; none is."""
    ids = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: ids.append(run_dir.name))
    return ids


def text_of(app) -> str:
    """The network as the builder's text has it."""
    return app.text_area(key=state.NETWORK_TEXT).value


def is_open(app) -> bool:
    """Whether the builder is unfolded."""
    return "As text" in [area.label for area in app.text_area]


def named(elements, label: str):
    return next(element for element in elements if element.label == label)


def type_text(app, text: str):
    app.text_area(key=state.NETWORK_TEXT).set_value(text).run()
    assert not app.exception


def test_cards_and_text_edit_the_same_network(started):
    app = press(open_page("train"), "Build your own network")
    assert text_of(app) == CLASSIC
    named(app.number_input, "Maps of layer 1").set_value(12).run()
    press(app, "Later: layer 1")
    assert text_of(app) == "pool, conv 12, conv 64, pool, dense 128"
    press(app, "Remove: layer 3")
    press(app, "residual")
    assert text_of(app) == "pool, conv 12, pool, residual 12, dense 128"
    named(app.number_input, "Maps of layer 2").set_value(7).run()  # the residual follows
    named(app.toggle, "Batch norm").set_value(True).run()
    assert text_of(app) == "pool, conv 7 bn, pool, residual 7, dense 128"
    type_text(app, "CONV 9 ,pool  avg, dense 20 linear")
    assert text_of(app) == "conv 9, pool avg, dense 20 linear"
    assert named(app.number_input, "Maps of layer 1").value == 9
    facts = " ".join(element.value for element in app.html)
    assert "<b>9×13×13</b>" in facts
    assert "30,440 parameters" in facts
    assert {metric.label: metric.value for metric in app.metric}["Parameters"] == "30,740"
    press(app, "Start training")
    assert folders.read_run(started[0]).config.model == "conv 9, pool avg, dense 20 linear"
    assert "network “conv 9, pool avg, dense 20 linear”" in words(app)
    assert not is_open(app)  # the run is in sight
    assert not is_open(open_page("train", layers="conv 9, pool avg, dense 20 linear"))
    assert is_open(open_page("train", layers="conv 9"))


def test_what_does_not_fit_is_a_sentence_and_starts_nothing(started):
    app = open_page("train", layers="pool, pool, pool, pool, conv 8")
    sentence = "would leave nothing of 1×1. Add same"
    assert sentence in words(app)
    assert any("does not fit" in element.value for element in app.html)
    press(app, "Start training")
    assert sentence in words(app)
    press(app, "Remove: layer 1")
    assert text_of(app) == "pool, pool, pool, conv 8"
    assert "does not fit" not in " ".join(element.value for element in app.html)
    type_text(app, "conv 8, dens 3")
    assert "Did you mean dense?" in words(app)
    type_text(app, "conv 64, dense 4000")
    assert "173,100,650 parameters; this copy allows at most 5,000,000" in words(app)
    press(app, "Start training")
    type_text(app, "drop table")
    press(app, "Start training")
    builder, *others = (error.value for error in app.error)
    assert "no such layer" in builder
    assert others == [builder, builder]  # below the button, and in the sweep
    assert started == []


def test_templates_the_url_and_the_way_back_to_a_known_network():
    app = press(open_page("train"), "Build your own network")
    press(app, "Logistic regression")
    press(press(app, "dense"), "Undo")
    assert text_of(app) == "flatten"
    assert app.query_params[state.LAYERS] in ("flatten", ["flatten"])
    press(app, "Undo")
    assert text_of(app) == CLASSIC
    assert named(app.button, "Undo").disabled
    fresh = open_page("train", layers=TEMPLATES["Small residual"][0])
    assert text_of(fresh) == TEMPLATES["Small residual"][0]
    fresh.selectbox(key="train_model").select("ResidualNet").run()
    assert state.LAYERS not in fresh.query_params
    assert not is_open(fresh)
    press(fresh, "Build your own network")
    assert text_of(fresh) == TEMPLATES["Small residual"][0]


def test_a_known_name_in_the_text_or_the_url_becomes_its_layers():
    app = press(open_page("train"), "Build your own network")
    type_text(app, " residualnet ")
    assert text_of(app) == NAMED["ResidualNet"]
    press(app, "Undo")
    assert text_of(app) == CLASSIC
    linked = open_page("train", layers="FashionCNNNorm")
    assert text_of(linked) == NAMED["FashionCNNNorm"]
    assert linked.query_params[state.LAYERS] in (text_of(linked), [text_of(linked)])


def test_a_recipe_that_names_no_network_leaves_ones_own():
    app = open_page("train", layers="conv 8, pool")
    recipes = labelled(app.pills, "Recipe")
    recipes.set_value("Quick look").run()
    assert text_of(app) == "conv 8, pool"
    assert app.number_input(key="train_epochs").value == 2
    assert "Quick look, changed: network “conv 8, pool”." in words(app)
    labelled(app.pills, "Recipe").set_value("Deep net").run()
    assert app.selectbox(key="train_model").value == "DeepResidualNet"


def test_other_widths_are_queued_with_one_click():
    folders.create_run(TrainConfig(), "First")
    app = open_page("train", layers="conv 32 bn, residual 32, pool, dense 128")
    app.text_input(key=state.VISITOR_FIELD).set_value("Ada").run()
    press(app, "Queue widths 8, 16, 32, 64")
    waiting = run_queue.read_queue().waiting
    assert {run.owner for run in waiting} == {"Ada"}
    assert app.session_state[state.STARTED_RUNS] == [run.run_id for run in waiting]
    models = [run.config.model for run in waiting]
    assert models[0] == "conv 8 bn, residual 8, pool, dense 32"
    assert models[3] == "conv 64 bn, residual 64, pool, dense 256"
    app.selectbox(key="vary").select("model").run()
    assert "; ".join(models) == labelled(app.text_input, "Values").value


def test_of_other_widths_only_those_that_are_small_enough_are_offered_and_queued():
    app = open_page("train", layers="conv 16, pool, dense 128")
    press(app, "Queue widths 8, 16, 32")  # with 64 it has 5.5 million parameters
    first, waiting = folders.active_run(), run_queue.read_queue().waiting
    queued = ["conv 8, pool, dense 64", "conv 16, pool, dense 128", "conv 32, pool, dense 256"]
    assert [run.config.model for run in (first, *waiting)] == queued
    without = press(open_page("train", layers="conv 16, pool"), "Logistic regression")
    assert named(without.button, "Queue widths of other sizes").disabled


def test_an_epoch_is_measured_when_asked_and_once(monkeypatch):
    asked = []
    monkeypatch.setattr(speed, "seconds_per_epoch", lambda config: asked.append(config) or 3.21)
    app = open_page("train", layers="conv 8, pool")
    assert asked == []
    press(app, "Measure an epoch")
    assert "3.2 s an epoch, measured on this machine" in words(app).replace("*", "")
    assert "Measure an epoch" not in labels(app.run())
    assert [config.model for config in asked] == ["conv 8, pool"]
    type_text(app, "conv 9, pool")
    assert "Measure an epoch" in labels(app)


def test_a_real_measurement_is_a_plausible_time():
    small = speed.seconds_per_epoch(TrainConfig(model="flatten", train_size=1_000))
    assert 0 < small < 60


def test_home_and_inside_show_an_own_network_that_is_in_use(tmp_path):
    text = "conv 6 5 bn stride 2, pool avg, residual 6, global avg, dense 8"
    config = TrainConfig(model=text)
    path = tmp_path / "model.pt"
    checkpoints.save_checkpoint(path, config, models.build_model(text).state_dict(), {})
    own = make_run("Mine", config=config, checkpoint_path=path)
    app = open_page("home", model=own)
    network = architecture.read_network(text)
    assert f"“{text}”, {network.parameters:,} parameters" in words(app)
    assert f"{network.parameters:,}" in [metric.value for metric in app.metric]
    unfold(app, "Layer table")
    table = next(element.value for element in app.html if 'class="layers"' in element.value)
    assert "mean-pool</a> 2" in table
    press(app, "Train this network")
    assert text_of(app) == text
    inside = open_page("inside", model=own)
    assert "From logits to probabilities" in words(inside)


def test_a_described_network_beyond_lowered_limits_is_a_sentence_on_every_page(
    tmp_path, monkeypatch
):
    config = TrainConfig(model="conv 4, pool, dense 8")
    path = tmp_path / "model.pt"
    weights = models.build_model(config.model).state_dict()
    checkpoints.save_checkpoint(path, config, weights, {})
    own = make_run("Mine", config=config, checkpoint_path=path)
    monkeypatch.setenv("FASHION_MAX_LAYERS", "2")
    for page in ("home", "inside", "train", "runs"):
        app = open_page(page, model=own)
        if page == "inside":
            assert "has 3 layers; this copy allows at most 2" in words(app)


def test_runs_are_filtered_by_own_networks_and_a_link_opens_the_leaderboard(checkpoint_path):
    config = TrainConfig(model="conv 8, pool, dense 20")
    make_run("Mine", config=config, checkpoint_path=checkpoint_path, best_val_accuracy=0.5)
    make_run("Other")
    app = open_page("runs", network="conv 8, pool, dense 20")
    assert app.multiselect(key=state.NETWORK).value == ["conv 8, pool, dense 20"]
    table = app.dataframe[0].value
    assert table["Name"].tolist() == ["Mine"]
    ranked = open_page("runs", against="seconds").dataframe[-1].value
    assert ranked["Network"].tolist().count("conv 8, pool, dense 20") == 1
    assert ranked["Place"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("text", ["conv 32, foo", "conv 9"])
@pytest.mark.parametrize("button", ["conv", "Later: layer 3", "Remove: layer 5"])
def test_a_click_right_after_typing_does_no_harm(text, button):
    """Leaving the text by a click sends both: the text counts, a click that does not fit not."""
    app = press(open_page("train"), "Build your own network")
    app.text_area(key=state.NETWORK_TEXT).set_value(text)
    press(app, button)
    assert text_of(app).startswith(text)
    assert ("foo" in words(app)) == ("foo" in text)
