"""fashion_core.synthetic.people: learning from drawings and photos by people; fine-tuning."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from fashion_core import checkpoints, picture_report, picture_sets, training
from fashion_core.config import TrainConfig
from fashion_core.data import Split
from fashion_core.errors import ConfigError, PictureSetError
from fashion_core.evaluation import class_mean_accuracy
from fashion_core.metadata import OUTLIER
from fashion_core.predict import recognised
from fashion_core.synthetic import people

TROUSER = 1
WORDS = {"t-shirt": 0, "pants": 1, "sweater": 2, "jacket": 4, "flip flops": 5, "purse": 8}
CPU = torch.device("cpu")


def drawing(word: str, key: int) -> str:
    """A box with a line below it, of a size of its own: a line of an .ndjson file."""
    high = 60 + 7 * (key % 20)
    strokes = [[[0, 100, 100, 0, 0], [0, 0, high, high, 0]], [[20, 80], [200, 210]]]
    return json.dumps({"word": word, "key_id": str(key), "recognized": True, "drawing": strokes})


@pytest.fixture
def drawings_dir(tmp_path, monkeypatch):
    """Twenty drawings of each of six words, and two other things."""
    folder = tmp_path / "pictures" / "quickdraw"
    (folder / "none").mkdir(parents=True)
    for word in WORDS:
        lines = [drawing(word, key) for key in range(20)]
        (folder / f"{word}.ndjson").write_text("\n".join(lines))
    for word in ("cat", "tree", "house", "car"):
        lines = [drawing(word, key) for key in range(5)]
        (folder / "none" / f"{word}.ndjson").write_text("\n".join(lines))
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "pictures"))
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "prepared")
    people.read_pictures.cache_clear()
    yield folder
    people.read_pictures.cache_clear()


@pytest.fixture
def people_dir(drawings_dir):
    """The drawings, and photos of trousers and of other things: blue pieces on white."""
    for name, size in (("Trouser", (40, 120)), ("none", (90, 90))):
        folder = drawings_dir.parent / "clothing" / name
        folder.mkdir(parents=True)
        for key in range(24):
            photo = Image.new("RGB", (160, 160), "white")
            photo.paste((60 + 5 * key, 90, 140), (30, 20, 30 + size[0], 20 + size[1]))
            photo.save(folder / f"{key}.png")
    return drawings_dir.parent


def test_garments_are_of_every_class_and_repeat(drawings_dir):
    pixels, labels = people.garments("drawings", "train", 300, seed=3)
    assert (pixels.shape, pixels.dtype) == ((300, 28, 28), np.uint8)
    counts = [np.sum(labels == label) for label in WORDS.values()]
    assert min(counts) > 0.5 * max(counts)
    assert set(labels) == set(WORDS.values())
    assert pixels.reshape(300, -1).any(axis=1).all()
    assert np.array_equal(pixels, people.garments("drawings", "train", 300, seed=3)[0])
    assert not np.array_equal(pixels, people.garments("drawings", "train", 300, seed=4)[0])


def test_other_things_are_drawings_and_photos_and_of_no_class(people_dir):
    pixels, labels = people.other_things("train", 40, seed=3)
    assert pixels.shape == (40, 28, 28)
    assert (labels == OUTLIER).all()
    lit = (pixels > 0).mean(axis=(1, 2))  # the photos are squares, the drawings circles
    sets = [people.read_pictures(kind, "train") for kind in ("drawings", "photos")]
    drawn, taken = (np.sqrt((~each.allowed.any(axis=1)).sum()) for each in sets)
    assert (lit > 0.4).sum() == pytest.approx(40 * taken / (drawn + taken), abs=0.5)


def test_nothing_learns_that_a_suitcase_or_a_backpack_is_no_bag(drawings_dir):
    (drawings_dir / "near").mkdir()
    for word in ("backpack", "suitcase", "umbrella", "belt"):
        (drawings_dir / "near" / f"{word}.ndjson").write_text(drawing(word, 1))
    found = picture_sets.load_picture_set(drawings_dir).part("train")
    assert {"backpack", "suitcase", "belt"} < set(found.keys)  # so that the words are what counts
    learned = people.read_pictures("drawings", "train")
    assert set(found.keys) - set(learned.keys) == {"backpack", "suitcase"}
    assert (learned.allowed.any(axis=1)).sum() == found.allowed.any(axis=1).sum()


def test_pictures_without_other_things_are_said_to_have_none(drawings_dir):
    for path in (drawings_dir / "none").iterdir():
        path.unlink()
    with pytest.raises(PictureSetError, match="no pictures of other things"):
        people.other_things("train", 4, seed=0)


def test_a_set_that_is_empty_leaves_the_others_as_they_are(drawings_dir):
    (drawings_dir.parent / "clothing").mkdir()
    (drawings_dir.parent / "clothing" / "LICENSE.txt").write_text("CC0")
    assert len(people.garments("drawings", "train", 4, seed=0)[1]) == 4


def test_reading_drawings_prepares_no_photos_and_the_other_way_round(people_dir, monkeypatch):
    prepared, prepare_one = [], picture_sets._prepare_one
    monkeypatch.setattr(
        picture_sets, "_prepare_one", lambda item: prepared.append(item) or prepare_one(item)
    )
    for kind, name, count in (("photos", "clothing", 48), ("drawings", "quickdraw", 140)):
        assert [each.name for each in people.read_sets(kind)] == [name]
        assert len(prepared) == count
        prepared.clear()


def test_photos_keep_their_shape_when_they_are_taken_anew(people_dir):
    photos = people.read_garments("photos", "train")
    pixels, labels = people.garments("photos", "train", 30, seed=1)
    assert set(labels) == {TROUSER}
    assert not any(np.array_equal(made, photos.pixels[0]) for made in pixels)
    filled = (photos.pixels > 0).mean()
    assert 0.7 * filled < (pixels > 0).mean() < 1.3 * filled


def test_nothing_that_is_learned_from_is_validated_or_tested_on(drawings_dir):
    keys = [
        set(people.read_pictures("drawings", split).sources) for split in ("train", "val", "test")
    ]
    assert all(keys)
    assert not keys[0] & keys[1] | keys[0] & keys[2] | keys[1] & keys[2]


def test_what_a_model_learned_from_is_told_by_kind_with_each_ones_licence(people_dir):
    for name in ("quickdraw", "clothing"):
        (people_dir / name / picture_sets.LICENCE_FILE).write_text(f"Free {name}.")
    found = picture_report.learned_from(TrainConfig(drawings=0.2, others=0.1))
    drawings, photos = found["drawings"], found["photos"]
    assert (drawings["licence"], photos["licence"]) == ("Free quickdraw.", "Free clothing.")
    assert drawings["garments"] == len(people.read_garments("drawings", "train").keys) > 0
    assert photos["garments"] == 0 < photos["others"]  # only other things are learned from photos
    assert drawings["keys_sha256"] != photos["keys_sha256"]


def test_without_drawings_it_says_how_to_fetch_them(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "nothing"))
    people.read_pictures.cache_clear()
    with pytest.raises(PictureSetError, match="fetch-pictures quickdraw"):
        people.read_pictures("drawings", "train")


def test_photos_of_other_things_alone_are_said_to_have_no_garments(people_dir):
    shutil.rmtree(people_dir / "clothing" / "Trouser")
    with pytest.raises(PictureSetError, match=r"no photos of garments.*fetch-pictures clothing"):
        people.garments("photos", "train", 3, seed=0)


def test_a_run_learns_from_people_and_measures_itself_on_others(people_dir, val_split):
    config = TrainConfig(
        synthetic=0.2, drawings=0.2, photos=0.1, others=0.1, train_size=1_000, epochs=1
    )
    split = Split("train", val_split.pixels, val_split.labels, val_split.indices)
    state = training.new_state(config, CPU, precision="float32")
    last = list(training.train(state, split, val_split))[-1]
    for kind in ("drawings", "photos"):
        pictures = training.val_pictures(kind)
        preds = training.predict_logits(state.model, pictures.pixels).argmax(1)
        assert last[f"{kind}_accuracy"] == class_mean_accuracy(pictures.allowed, preds)
        assert state.best_metrics[f"{kind}_accuracy"] == last[f"{kind}_accuracy"]


@pytest.fixture(scope="module")
def val_split():
    from fashion_core.data import load_split

    split = load_split("val")
    return Split("val", split.pixels[:1_000], split.labels[:1_000], split.indices[:1_000])


def test_every_kind_has_its_share_of_a_batch(people_dir, val_split):
    config = TrainConfig(batch_size=80, synthetic=0.2, drawings=0.15, photos=0.1, others=0.05)
    assert config.added_counts == {"synthetic": 16, "drawings": 12, "photos": 8, "others": 4}
    batch = torch.tensor(val_split.pixels[:40]), torch.tensor(val_split.labels[:40])
    pixels, labels = training.with_added(*batch, config, 3)
    assert pixels.shape == (80, 28, 28)
    assert torch.equal(pixels[:40], batch[0])
    drawn, drawn_labels = people.garments("drawings", "train", 12, (0, 3))
    assert np.array_equal(pixels[56:68], drawn)
    assert np.array_equal(labels[56:68], drawn_labels)
    assert (labels[76:] == OUTLIER).all()


def test_of_other_things_a_small_batch_may_need_none(people_dir):
    for count in range(4):
        pixels, labels = people.other_things("train", count, seed=3)
        assert (pixels.shape, labels.shape) == ((count, 28, 28), (count,))


def test_a_smaller_last_batch_keeps_the_shares(people_dir, val_split):
    config = TrainConfig(batch_size=80, drawings=0.5)
    batch = torch.tensor(val_split.pixels[:10]), torch.tensor(val_split.labels[:10])
    assert len(training.with_added(*batch, config, 3)[0]) == 20


@pytest.mark.parametrize("other", [{"mixup": 0.1}, {"distillation": True}])
def test_drawings_are_refused_beside_what_makes_mixtures(other):
    with pytest.raises(ConfigError, match="drawings"):
        TrainConfig(drawings=0.2, **other)


def test_a_picture_that_may_be_either_counts_for_both_classes():
    allowed = np.zeros((4, 10), bool)
    allowed[[0, 1], 7] = allowed[[1, 2], 9] = allowed[3, 0] = True
    # Sneaker: right, right · Ankle boot: right, wrong · T-shirt: wrong
    assert class_mean_accuracy(allowed, np.array([7, 7, 0, 1])) == pytest.approx((1 + 0.5 + 0) / 3)


def test_fine_tuning_begins_with_the_weights_of_a_model(checkpoint_path):
    checkpoint = checkpoints.read_checkpoint(checkpoint_path)
    state = training.new_state(TrainConfig(seed=5), CPU, precision="float32")
    training.start_from(state, checkpoint)
    for name, tensor in state.model.state_dict().items():
        assert torch.equal(tensor, checkpoint.weights[name])
    images = torch.zeros(2, 1, 28, 28).to(memory_format=torch.channels_last)
    state.model.eval()
    state.optimizer.compute_model.eval()
    assert torch.equal(state.model(images), state.optimizer.compute_model(images))


def test_fine_tuning_refuses_a_model_of_another_network(checkpoint_path):
    state = training.new_state(TrainConfig(model="ResidualNet"), CPU, precision="float32")
    with pytest.raises(ConfigError, match="FashionCNN, not a ResidualNet"):
        training.start_from(state, checkpoints.read_checkpoint(checkpoint_path))


def test_the_thresholds_let_hardly_any_garment_of_any_kind_be_doubted():
    rng = np.random.default_rng(0)
    filled, lines = np.full((28, 28), 200, np.uint8), np.zeros((28, 28), np.uint8)
    lines[[4, 23], 4:24] = lines[4:24, [4, 23]] = 200  # a frame
    logits = [rng.normal(size=(500, 10)) * spread for spread in (6, 2, 4)]
    pixels = [np.repeat(each[None], 500, axis=0) for each in (filled, filled, lines)]
    pixels[1][:10] = lines  # a few of these photos look like lines: all doubted
    labels = logits[0].argmax(1)
    others = list(zip(logits, pixels, strict=True))[1:]
    model = torch.nn.Identity()
    facts = training.calibrate(labels, logits[0], pixels[0], *others)
    vars(model).update(facts)
    doubted = [
        ~recognised(model, each / model.temperature, pictures)
        for each, pictures in zip(logits, pixels, strict=True)
    ]
    assert model.line_ood_threshold < model.ood_threshold
    for each in doubted[1:]:
        assert 0 < each.mean() <= training.UNKNOWN_SHARE
