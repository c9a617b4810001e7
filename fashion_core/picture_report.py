"""How a model does on pictures by people, and which of them it learned from: for cards and CLI."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np

from fashion_core import evaluation, picture_sets, predict
from fashion_core.config import TrainConfig
from fashion_core.errors import PictureSetError
from fashion_core.picture_sets import PictureSet
from fashion_core.synthetic.people import SOURCES, read_pictures, read_sets

if TYPE_CHECKING:
    from torch import nn


def report_on(model: nn.Module, pictures: PictureSet) -> dict:
    """What `evaluation.picture_set_report` says of a model and a picture set."""
    logits = predict.predict_logits(model, pictures.pixels)  # (N, 10) float32
    doubted = ~predict.recognised(model, logits, pictures.pixels)  # (N,) bool
    probs, scores = predict.softmax(logits), predict.ood_score(logits)
    return evaluation.picture_set_report(pictures.allowed, probs, doubted, scores)


def as_answered(model: nn.Module, pictures: PictureSet) -> PictureSet:
    """The set with the hypotheses that the model answers in place of its pictures.

    The upper part of somebody dressed, or a picture that lay on its side turned upright; see
    `hypotheses.surest`, which decides the same for one picture. Drawings stay as they are.
    """
    if pictures.strokes is not None:
        return pictures
    worn = pictures.upper.any(axis=(1, 2))  # (N,) bool
    surer = predict.part_is_surer(model, pictures.pixels, pictures.upper)  # (N,) bool
    pixels = np.where(surer[:, None, None], pictures.upper, pictures.pixels)
    turns = np.where(worn, 0, predict.surest_turns(model, pixels))
    for count in set(turns[turns > 0].tolist()):
        pixels[turns == count] = np.rot90(pixels[turns == count], count, (1, 2))
    return dataclasses.replace(pictures, pixels=pixels, upper=np.zeros_like(pixels))


def held_out_reports(model: nn.Module) -> dict[str, dict]:
    """`report_on` the part of people's "drawings" and "photos" that nothing ever learns from.

    Without the confusion counts. A kind that is not here is left out.
    """
    reports = {}
    for kind in SOURCES:
        try:
            pictures = as_answered(model, read_pictures(kind, "test"))
            reports[kind] = report_on(model, pictures)
            del reports[kind]["confusion"]
        except PictureSetError:
            continue
    return reports


def learned_from(config: TrainConfig) -> dict[str, dict]:
    """The pictures by people that a training with this configuration learns from.

    By kind: garments and others (counts), keys_sha256 of the sorted keys, a line each, and what the
    sets' files say of their licence.
    """
    kinds = [kind for kind in SOURCES if getattr(config, kind) or config.others]
    facts = {}
    for kind in kinds:
        try:
            pictures = read_pictures(kind, "train")
        except PictureSetError:  # other things may come from one kind alone
            continue
        is_garment = pictures.allowed.any(axis=1)
        keys = "\n".join(sorted(pictures.keys)).encode("utf-8", "replace")
        facts[kind] = {
            "garments": int(np.count_nonzero(is_garment)) if getattr(config, kind) else 0,
            "others": int(np.count_nonzero(~is_garment)) if config.others else 0,
            "keys_sha256": hashlib.sha256(keys).hexdigest(),
            "licence": _licences(kind),
        }
    return facts


def _licences(kind: str) -> str:
    folder = picture_sets.pictures_dir()
    texts = (picture_sets.read_licence(folder / each.name) for each in read_sets(kind))
    return " ".join(" ".join(text.split()) for text in texts if text)
