"""fashion_core.config: what a training configuration accepts, refuses and remembers."""

import dataclasses
import json
import math

import pytest

from fashion_core import config, files, models
from fashion_core.config import ADDED_KINDS, RECIPES, TrainConfig, field_spec
from fashion_core.errors import ConfigError
from fashion_core.text import format_value

FIELDS = [spec.name for spec in dataclasses.fields(TrainConfig)]
NUMBERS = [spec.name for spec in dataclasses.fields(TrainConfig) if "low" in spec.metadata]


def test_defaults_are_the_tutorials():
    tutorial = TrainConfig()
    assert (tutorial.model, tutorial.optimizer, tutorial.learning_rate) == (
        "FashionCNN",
        "Adam",
        0.001,
    )
    assert (tutorial.batch_size, tutorial.epochs, tutorial.train_size) == (64, 5, 55_000)


def test_round_trip_through_plain_values():
    changed = TrainConfig(epochs=7, optimizer="SGD", flips=True, dropout=0.25)
    assert TrainConfig.from_dict(changed.to_dict()) == changed


@pytest.mark.parametrize("name", NUMBERS)
def test_limits_are_allowed_and_one_beyond_is_not(name):
    spec = field_spec(name)
    for value in (spec["low"], spec["high"]):
        assert getattr(TrainConfig(**{name: value}), name) == value
    below = spec["low"] - 1 if spec["type"] is int else math.nextafter(spec["low"], -math.inf)
    above = spec["high"] + 1 if spec["type"] is int else math.nextafter(spec["high"], math.inf)
    for value in (below, above):
        with pytest.raises(ConfigError, match=name):
            TrainConfig(**{name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, "0.1", None, True, [0.1]])
def test_a_learning_rate_that_is_no_number_is_refused(value):
    with pytest.raises(ConfigError, match="learning_rate"):
        TrainConfig(learning_rate=value)


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 2.0), ("flips", 1), ("optimizer", "adam"), ("model", "../x")]
)
def test_wrong_types_and_unknown_names_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        TrainConfig(**{name: value})


EXCLUDING = {"distillation": True, "mixup": 0.1}


@pytest.mark.parametrize(
    "pair",
    [
        {"distillation": True, "synthetic": True},
        {"distillation": True, "mixup": 0.1},
        {"synthetic": True, "mixup": 0.1},
        *({kind: 0.2, other: on} for kind in ADDED_KINDS for other, on in EXCLUDING.items()),
    ],
)
def test_what_excludes_each_other_is_refused_together(pair):
    with pytest.raises(ConfigError, match="be on"):
        TrainConfig(**pair)


def test_an_unknown_key_names_the_allowed_ones():
    with pytest.raises(ConfigError, match=r"'lr'.*learning_rate"):
        TrainConfig.from_dict({"lr": 0.1})


@pytest.mark.parametrize("values", [None, [], "x", 3])
def test_something_else_than_an_object_is_refused(values):
    with pytest.raises(ConfigError, match="JSON object"):
        TrainConfig.from_dict(values)


def test_every_field_explains_itself():
    for name in FIELDS:
        spec = field_spec(name)
        assert spec["label"]
        assert spec["help"].endswith(".")


def test_every_known_model_can_be_built():
    for name in config.MODELS:
        assert type(models.build_model(name)).__name__ == name


def test_recipes_are_valid_and_explain_themselves():
    for changes, sentence in RECIPES.values():
        TrainConfig(**changes)
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("recipe", "model_id"),
    [
        ("Best of the classic network", "fashion_cnn"),
        ("Classic with batch norm", "fashion_cnn_norm"),
        ("Largest", "wide_residual_net_mixup"),
    ],
)
def test_a_recipe_is_how_its_shipped_model_was_trained(recipe, model_id):
    card = json.loads((files.PRETRAINED_DIR / f"{model_id}.json").read_text(encoding="utf-8"))
    trained = TrainConfig.from_dict(card["config"])
    assert trained == TrainConfig(**RECIPES[recipe][0], seed=trained.seed)


def test_description_says_only_what_differs():
    assert TrainConfig().describe() == "classic tutorial"
    assert TrainConfig(epochs=9, train_size=10_000).describe() == "epochs 9, training images 10,000"


def test_differences_are_told_in_plain_numbers_and_a_seed_is_no_quantity():
    first, second = (
        TrainConfig(learning_rate=1e-5, flips=True, seed=1234),
        TrainConfig(train_size=10_000),
    )
    assert (
        first.differences(second)
        == "learning rate 0.00001 (here 0.001), random flips on (here off), training images 55,000"
        " (here 10,000), seed 1234 (here 0)"
    )
    assert first.differences(first) == ""


def test_a_share_of_a_batch_is_per_cent_and_a_model_has_its_name():
    taught = TrainConfig(synthetic=0.126, start_model="all_round_net")
    assert (
        taught.describe({"all_round_net": "All-round net"})
        == "synthetic pictures 12.6%, taught from All-round net"
    )
    assert (
        TrainConfig().differences(taught)
        == "synthetic pictures 0% (here 12.6%), taught from none (here all_round_net)"
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("learning_rate", 0.000012, "0.000012"),
        ("learning_rate", 1.0, "1"),
        ("dropout", 0.0, "0"),
        ("flips", True, "on"),
        ("train_size", 55_000, "55,000"),
        ("seed", 55_000, "55000"),
    ],
)
def test_a_value_is_told_as_one_types_it(name, value, words):
    assert format_value(name, value) == words


def test_a_run_that_leaves_a_fold_out_has_fewer_images_and_no_teacher():
    sizes = [TrainConfig(fold=f"{number} of 3").learned_size for number in (1, 2, 3)]
    assert sizes == [36_666, 36_667, 36_667]
    assert sum(55_000 - size for size in sizes) == 55_000
    assert TrainConfig(fold="2 of 3").steps_per_epoch == math.ceil(36_667 / 64)
    assert TrainConfig(fold="2 of 3", train_size=1_000).steps_per_epoch == 16
    with pytest.raises(ConfigError, match="teacher has learned from all"):
        TrainConfig(fold="2 of 3", distillation=True)


def test_the_last_smaller_batch_counts_as_a_step():
    assert TrainConfig(train_size=1_000, batch_size=64).steps_per_epoch == 16


def test_of_every_batch_something_is_left_for_the_data_sets_own_images():
    with pytest.raises(ConfigError, match="Nothing of a batch is left"):
        TrainConfig(start_model="fashion_cnn", synthetic=0.8)
