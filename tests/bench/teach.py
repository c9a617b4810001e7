"""What teaching ten drawings a class does to a shipped model, and what it forgets by it.

The drawings are people's (`fetch-pictures quickdraw`), kept as the app keeps them: of each class
that has some, drawings of the part for training, chosen by the seed. Three of four are learned, the
others held out as on the page. Accuracy, mean over classes, on other people's drawings of the
part for validation or for tests; accuracy on the validation or the test images. --part val is for
choosing how to teach, test for the figures. Only what a training process needs is timed: reading
the pictures, training, validating, without the test images. --all learns all ten.

    PYTHONPATH=. python tests/bench/teach.py [--model fashion_cnn] [--seeds 3] [--part test]
        [--count 10] [--steps N] [--all]
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch

from fashion_core import checkpoints, evaluation, files, picture_sets, predict, taught, training
from fashion_core.data import load_split
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from fashion_core.picture_sets import PictureSet

SET = "quickdraw"


def garments(pictures: PictureSet, part: str) -> PictureSet:
    chosen = pictures.part(part)
    return chosen.choose(list(np.flatnonzero(chosen.allowed.any(axis=1))))


def choose(pictures: PictureSet, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to `count` drawings of one class each: pixels (N, 28, 28), labels (N,)."""
    rng, places, labels = np.random.default_rng(seed), [], []
    for label in range(NUM_CLASSES):
        clear = pictures.allowed[:, label] & (pictures.allowed.sum(axis=1) == 1)
        chosen = rng.permutation(np.flatnonzero(clear))[:count]
        places += list(chosen)
        labels += [label] * len(chosen)
    return pictures.pixels[places], np.array(labels)


def measure(model, drawings: PictureSet, images) -> dict:
    preds = predict.predict_logits(model, drawings.pixels).argmax(axis=1)
    per_class = [
        evaluation.class_mean_accuracy(drawings.allowed[mask], preds[mask])
        if (mask := drawings.allowed[:, label]).any()
        else np.nan
        for label in range(NUM_CLASSES)
    ]
    image_preds = predict.predict_logits(model, images.pixels).argmax(axis=1)
    return {
        "drawings": evaluation.class_mean_accuracy(drawings.allowed, preds),
        "per_class": np.array(per_class),
        "images": evaluation.accuracy(images.labels, image_preds),
    }


def teach(arguments, seed: int, pictures: PictureSet):
    """The taught model, wall and CPU seconds, and the shares of its own pictures that are right."""
    checkpoint = checkpoints.read_checkpoint(files.PRETRAINED_DIR / f"{arguments.model}.pt")
    pixels, labels = choose(garments(pictures, "train"), arguments.count, seed)
    mine = taught.taught_pictures([str(i) for i in range(len(labels))], pixels, labels)
    if arguments.all:
        mine = replace(mine, held_out=np.zeros(len(labels), bool))
    before = checkpoint.config.to_dict()
    config = taught.teach_config(arguments.model, checkpoint.model, before, seed, len(labels))
    if arguments.steps:
        size = arguments.steps // config.epochs * config.real_batch_size
        config = replace(config, train_size=size)
    train_split, val_split = load_split("train"), load_split("val")
    began, cpu = time.perf_counter(), time.process_time()
    state = training.new_state(config)
    training.teach(state, checkpoint, mine)
    for _ in training.train(state, train_split, val_split):
        pass
    seconds = time.perf_counter() - began, time.process_time() - cpu
    right = predict.predict_logits(state.model, pixels).argmax(axis=1) == labels
    held = right[mine.held_out].mean() if mine.held_out.any() else np.nan
    return state.model, seconds, (right[~mine.held_out].mean(), held), config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="fashion_cnn")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", choices=("val", "test"), default="test")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    pictures = picture_sets.load_picture_set(picture_sets.pictures_dir() / SET)
    drawings, images = garments(pictures, arguments.part), load_split(arguments.part)
    path = files.PRETRAINED_DIR / f"{arguments.model}.pt"
    before, after = measure(checkpoints.load_model(path), drawings, images), []
    for seed in range(arguments.seeds):
        model, (wall, cpu), (learned, held_out), config = teach(arguments, seed, pictures)
        after.append(measure(model, drawings, images))
        print(
            f"seed {seed}: drawings {after[-1]['drawings']:.3f}, images"
            f" {after[-1]['images']:.4f}, own {learned:.2f}, held out {held_out:.2f};"
            f" {config.epochs * config.steps_per_epoch} steps, {wall:.0f} s, {cpu:.0f} CPU s",
            flush=True,
        )
    for key in ("drawings", "images"):
        means = [each[key] for each in after]
        print(
            f"{key}: {before[key]:.4f} -> {np.mean(means):.4f} ± {np.std(means):.4f}"
            f" ({100 * (np.mean(means) - before[key]):+.2f} points)"
        )
    means = np.mean([each["per_class"] for each in after], axis=0)
    for name, was, now in zip(CLASS_NAMES, before["per_class"], means, strict=True):
        if not np.isnan(was):
            print(f"{name}: {was:.2f} -> {now:.2f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
