"""The command line: fetch-data, fetch-pictures, train, ask-teacher, evaluate, classify, export.

`python -m fashion_core COMMAND --help` has more.
"""

import io
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fashion_core import data, fetch, files
from fashion_core.config import (
    ADDED_KINDS,
    SWITCHED_ON,
    TrainConfig,
    field_spec,
    offered_fields,
)
from fashion_core.errors import (
    CheckpointError,
    ExportError,
    LabError,
    PictureError,
    PictureSetError,
)
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import control, folders

if TYPE_CHECKING:  # loaded by the commands that need them: they take seconds
    from torch import nn
    from tqdm import tqdm

    from fashion_core.picture_sets import PictureSet
    from fashion_core.training import TrainState


@click.group(help="Train small networks on Fashion-MNIST and ask them.")
def cli():
    pass


@cli.command("fetch-data")
def fetch_data_command():
    """Find or download Fashion-MNIST, verify it and say where it is."""
    with _DownloadBar() as bar:
        folder = fetch.fetch_data(report=bar.report, use_apt=True)
    click.echo(f"Fashion-MNIST is in {folder}, all four files verified.")


class _DownloadBar:
    """A progress bar that starts anew for each source."""

    def __init__(self):
        self.bar, self.source = None, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.close()

    def report(self, source: str, bytes_done: int, bytes_total: int) -> None:
        from tqdm import tqdm

        if source != self.source:
            self.__exit__()
            self.bar = tqdm(
                total=bytes_total, unit="B", unit_scale=True, desc=source, file=sys.stderr
            )
            self.source = source
        self.bar.total = bytes_total
        self.bar.update(bytes_done - self.bar.n)


@cli.command("fetch-pictures")
@click.argument("name", metavar="quickdraw|clothing")
@click.option(
    "--limit",
    type=click.IntRange(1),
    help="Drawings a word (otherwise 1,000, of other things 100) or photos a class (200).",
)
@click.option("--address", default="", help="Another server that has the same files.")
def fetch_pictures_command(name: str, limit: int | None, address: str):
    """Fetch people's drawings (quickdraw) or photos (clothing).

    What is there already stays as it is; exit status 1 if anything could not be had.
    """
    from tqdm import tqdm

    from fashion_core.fetch_pictures import fetch_pictures

    with tqdm(unit="file", file=sys.stderr) as bar:
        folder, problems = fetch_pictures(name, partial(_show_files, bar), limit or 0, address)
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"Pictures are in {folder}. LICENSE.txt there says whose they are.")
    sys.exit(bool(problems))


def _show_files(bar: "tqdm", name: str, files_done: int, files_total: int) -> None:
    bar.total = files_total
    bar.set_description(name)
    bar.update(files_done - bar.n)


def _config_options(command):
    """One option per hyper-parameter, with the range and help text that the page's form shows."""
    # The answers to a fold are kept by the app's runs only
    for name in reversed([name for name in offered_fields() if name != "fold"]):
        spec, facts = TrainConfig.__dataclass_fields__[name], field_spec(name)
        flags = ["--" + spec.name.replace("_", "-")]
        shown = {"default": spec.default, "show_default": True, "help": facts["help"]}
        if spec.type is bool:
            kind, flags = None, [f"--{spec.name}/--no-{spec.name}"]
        elif spec.name == "model":
            kind = str  # or a description, which the configuration checks
        elif spec.type is str:
            kind = click.Choice(facts["names"])
        else:
            number_range = click.IntRange if spec.type is int else click.FloatRange
            kind = number_range(facts["low"], facts["high"])
        if spec.name in ADDED_KINDS:  # without a number: as much as when they were mere switches
            flags += [f"--{old}" for old, new in files.FORMER_KEYS.items() if new == spec.name]
            shown |= {"is_flag": False, "flag_value": str(SWITCHED_ON)}
        command = click.option(*flags, spec.name, type=kind, **shown)(command)
    return command


def _model_path(_context: click.Context, _option: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() != ".pt":  # .json is the name that its card takes
        raise click.BadParameter(f"{str(path)!r} is no name for a model. Let it end in .pt.")
    return path


def _checkpoint_path(
    _context: click.Context, _option: click.Parameter, path: Path | None
) -> Path | None:
    # Opening a pipe would wait for ever; of a missing file says more who reads it
    if path and path.exists() and not path.is_file():
        raise CheckpointError(f"{path} is a folder, pipe or device. Name a model's file.")
    return path


@cli.command()
@_config_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    callback=_model_path,
    default=Path("model.pt"),
    show_default=True,
    help="The model's file; the best so far is saved there after each epoch.",
)
@click.option(
    "--overwrite", is_flag=True, help="Replace the model and its card if they are there already."
)
@click.option(
    "--start-from",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    callback=_checkpoint_path,
    help="A model file of the same network, whose weights training begins with (fine-tuning).",
)
@click.option("--title", default="", help="The model's name in the app.")
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON lines.")
def train(
    out: Path,
    overwrite: bool,
    start_from: Path | None,
    title: str,
    as_json: bool,
    **values,
):
    """Train a network; saves the best weights to FILE and their card next to it.

    Interrupted with Ctrl+C, it leaves the best so far.
    """
    import torch

    from fashion_core import checkpoints, training
    from fashion_core.optimizers import flush_tiny_numbers

    for path in (out, out.with_suffix(".json")):
        _refuse_existing(path, overwrite)
    config = TrainConfig.from_dict(values)
    folders.check_network(config.model)
    _try_writing(out)
    flush_tiny_numbers()
    if os.environ.get("FASHION_TRAIN_THREADS"):  # else torch's own choice: no page waits for it
        torch.set_num_threads(control.thread_count())
    state = training.new_state(config)
    if start_from:
        training.start_from(state, checkpoints.read_checkpoint(start_from))
    train_split, val_split, test_split = map(data.load_split, ("train", "val", "test"))
    click.echo(f"Training on {state.device.type} in {state.precision}.", err=True)
    command = "python -m fashion_core " + shlex.join(sys.argv[1:])
    origin = {"title": title or out.stem, "command": command}
    if start_from:
        origin["started_from_sha256"] = files.digest_of(start_from)
    for event in _shown(training.train(state, train_split, val_split), config, as_json):
        if event.get("best"):
            metrics = {"best_epoch": state.best_epoch, "epochs_done": state.epoch}
            _save(out, state, state.best_metrics | metrics, origin)
    card = _save(out, state, training.final_metrics(state, test_split), origin)
    accuracy = f"test accuracy {card['test_accuracy']:.2%}"
    validation = f"best validation accuracy {card['val_accuracy']:.2%}"
    click.echo(f"Saved {out}: {accuracy}, {validation}.", err=as_json)


def _try_writing(out: Path) -> None:
    """Make the file's folder and write a byte in it, before hours of training depend on it.

    A file is replaced by renaming, so that what counts is the folder.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent) as file:
            file.write(b"0")
    except OSError as error:
        raise click.UsageError(
            f"{out} cannot be written: {error.strerror}. Nothing was done. Name a file in another"
            " folder with --out, or make this one writable."
        ) from error


def _save(out: Path, state: "TrainState", metrics: dict, origin: dict) -> dict:
    """Write the best weights and, next to them, their card, which it returns."""
    from fashion_core import checkpoints

    config, weights = state.config, state.best_weights
    metrics = metrics | {"elapsed_seconds": state.elapsed_seconds} | origin
    checkpoints.save_checkpoint(out, config, weights, metrics)
    card = checkpoints.Checkpoint(config.model, config, weights, metrics).card
    with files.replacing(out.with_suffix(".json")) as new:
        new.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _shown(events: Iterable[dict], config: TrainConfig, as_json: bool) -> Iterator[dict]:
    """Yield the events, each printed as it comes: a JSON line, or a bar and a line per epoch."""
    from tqdm import tqdm

    total = config.epochs * config.steps_per_epoch
    with tqdm(total=total, unit="step", disable=as_json, file=sys.stderr) as bar:
        for event in events:
            if as_json:
                click.echo(json.dumps(event))
            else:
                _show_progress(bar, event, config.epochs)
            yield event


def _show_progress(bar: "tqdm", event: dict, epochs: int) -> None:
    bar.update(event["step"] - bar.n)
    loss, speed = event["train_loss"], event["images_per_second"]
    bar.set_postfix_str(f"loss {loss:.3f}, {speed:,.0f} images/s")
    if event["kind"] == "epoch":
        validation = f"val loss {event['val_loss']:.3f}, val accuracy {event['val_accuracy']:.2%}"
        bar.write(f"Epoch {event['epoch']} of {epochs}: train loss {loss:.3f}, {validation}")


def _pictures_path(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> Path | None:
    if text is None:
        return None
    if not text.strip():  # as a path it would be the current folder
        raise click.BadParameter("it is empty. Name a folder of pictures, or a set.")
    return Path(text)


@cli.command()
@click.argument(
    "checkpoint", type=click.Path(path_type=Path), required=False, callback=_checkpoint_path
)
@click.option(
    "--pictures",
    "folder",
    type=click.Path(),
    callback=_pictures_path,
    help="Measure on the pictures in this folder instead, or on the set of this name.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test", "all"]),
    default="all",
    show_default=True,
    help="Which part of --pictures.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Of --pictures answer only the whole ones as they came: never the upper part of somebody"
    " dressed, none turned upright.",
)
@click.option(
    "--keep",
    is_flag=True,
    help="Keep the answers to the test images, and their map, beside CHECKPOINT, where the app"
    " looks for them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    checkpoint: Path | None, folder: Path | None, split: str, whole: bool, keep: bool, as_json: bool
):
    """Measure CHECKPOINT (default: the recommended model) on the 10,000 test images."""
    from fashion_core import catalog, checkpoints, evaluation, kept_answers, predict
    from fashion_core.inside import features, projection

    if split != "all" and not folder:
        raise click.UsageError("--split is a part of --pictures; the test images have none.")
    if whole and not folder:
        raise click.UsageError("--whole is for --pictures; the test images are whole.")
    if keep and folder:
        raise click.UsageError("--keep keeps answers to the test images; leave out --pictures.")
    path = checkpoint or catalog.recommended_path()
    if folder:
        result = _picture_result(path, folder, split, whole)
        click.echo(json.dumps(result) if as_json else _picture_table(result))
        return
    # Before the model is loaded: a run that trains may replace the file
    digest = files.digest_of(path) if keep and path.is_file() else None
    model, test_split = checkpoints.load_model(path), data.load_split("test")
    logits = predict.predict_logits(model, test_split.pixels)  # (10000, 10)
    preds = logits.argmax(1)
    result = {
        "checkpoint": str(path),
        "test_accuracy": evaluation.accuracy(test_split.labels, preds),
        "per_class": evaluation.per_class_report(test_split.labels, preds),
        "confusion": evaluation.confusion(test_split.labels, preds).tolist(),
        "images": len(preds),
    }
    _print_result(result, as_json)
    if keep:  # last: a folder that cannot be written to costs no result
        kept_answers.save_answers(path, logits, digest)
        laid_out = projection.lay_out(features.penultimate(model, test_split.pixels))
        projection.save_map(projection.map_path(path), laid_out, digest)


def _print_result(result: dict, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result))
        return
    accuracy = f"test accuracy {result['test_accuracy']:.2%}"
    click.echo(f"{result['checkpoint']}: {accuracy} on {result['images']:,} images")
    click.echo(f"{'class':12} precision  recall     F1")
    for row in result["per_class"]:
        numbers = f"{row['precision']:9.3f} {row['recall']:7.3f} {row['f1']:6.3f}"
        click.echo(f"{row['class']:12} {numbers}")


WORST = 10  # mistakes that are listed
CONFUSED = 5  # pairs of classes that are listed


def _picture_result(path: Path, folder: Path, split: str, whole: bool) -> dict:
    """What a model makes of a picture set, as plain values; `whole`: of the whole pictures only."""
    import numpy as np

    from fashion_core import checkpoints, evaluation, predict
    from fashion_core.picture_report import as_answered, report_on

    model, pictures = checkpoints.load_model(path), _load_pictures(folder, split)
    if not whole:
        pictures = as_answered(model, pictures)
    probs = predict.predict_probs(model, pictures.pixels)  # (N, 10) float32
    worst = [
        {
            "source": pictures.sources[i],
            "label": "|".join(CLASS_NAMES[c] for c in np.flatnonzero(pictures.allowed[i])),
            "predicted": CLASS_NAMES[probs[i].argmax()],
            "probability": float(probs[i].max()),
        }
        for i in evaluation.worst_mistakes(pictures.allowed, probs, WORST)
    ]
    facts = {"checkpoint": str(path), "pictures": len(probs)}
    return (
        facts | report_on(model, pictures) | {"worst": worst, "problems": list(pictures.problems)}
    )


def _load_pictures(folder: Path, split: str) -> "PictureSet":
    """The part of a picture set, given by its folder or its name, with a bar while it is prepared.

    Raises PictureSetError, also for a part without any picture.
    """
    from tqdm import tqdm

    from fashion_core import fetch_pictures, picture_sets

    if not folder.exists() and str(folder) in picture_sets.list_picture_sets():
        folder = picture_sets.pictures_dir() / folder
    elif not folder.exists() and str(folder) in fetch_pictures.ADDRESSES:
        raise PictureSetError(
            f"The set {folder} is not here. Fetch it:"
            f" python -m fashion_core fetch-pictures {folder}"
        )
    with tqdm(unit="picture", file=sys.stderr, delay=1) as bar:
        pictures = picture_sets.load_picture_set(folder, partial(_show_files, bar, "Preparing"))
    part = pictures if split == "all" else pictures.part(split)
    if not part.sources:
        raise PictureSetError(f"None of the pictures in {folder} is in the part {split!r}.")
    return part


def _picture_table(result: dict) -> str:
    """What `_picture_result` found, as a table for people to read."""
    outliers = result["outliers"]
    garments = result["pictures"] - outliers["count"]
    lines = [f"{result['checkpoint']}: {garments:,} garments, {outliers['count']:,} other things"]
    lines += [f"{'class':12} accuracy  doubted  pictures"]
    rows = [*result["per_class"], {**result, "class": "mean", "support": garments}]
    for row in rows:
        numbers = f"{_percent(row['accuracy']):>8} {_percent(row['doubted']):>8}"
        lines.append(f"{row['class']:12} {numbers} {row['support']:9,}")
    if outliers["auroc"] is not None:
        doubt = f"{_percent(outliers['doubted'])} doubted, AUROC {outliers['auroc']:.3f}"
        lines.append(f"Other things: {doubt}")
    lines += _confused_pairs(result["confusion"])
    if result["worst"]:
        lines.append("Most confident mistakes:")
    for mistake in result["worst"]:
        answer = f"{mistake['predicted']}, {mistake['probability']:.1%}"
        lines.append(f"  {mistake['source']} ({mistake['label']}): {answer}")
    return "\n".join(lines + result["problems"])


def _confused_pairs(confusion: list[list[int]]) -> list[str]:
    """A headline and a line per most confused pair of classes; nothing where none is confused."""
    import numpy as np

    from fashion_core import evaluation

    pairs = [
        f"  {CLASS_NAMES[true]} → {CLASS_NAMES[pred]}: {count:,}"
        for true, pred, count in evaluation.most_confused(np.array(confusion), CONFUSED)
    ]
    return ["Most confused (true → predicted):", *pairs] if pairs else []


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


@cli.command()
@click.argument("picture", nargs=-1, required=True)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    callback=_checkpoint_path,
    help="Default: the recommended model.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def classify(picture: tuple[str, ...], checkpoint: Path | None, as_json: bool):
    """Say what each PICTURE (a file) shows; exit status 1 if any could not be read."""
    from fashion_core import catalog, checkpoints

    path = checkpoint or catalog.recommended_path()
    model = checkpoints.load_model(path)
    answers = [_classify_file(model, Path(name)) | {"checkpoint": str(path)} for name in picture]
    for answer in answers:
        click.echo(json.dumps(answer) if as_json else _answer_line(answer))
    sys.exit(any("error" in answer for answer in answers))


def _classify_file(model: "nn.Module", path: Path) -> dict:
    from fashion_core import predict
    from fashion_core.hypotheses import WHOLE, hypotheses, surest
    from fashion_core.pictures.opening import open_picture
    from fashion_core.pictures.prepare import prepare

    try:
        prepared = prepare(open_picture(path))
    except PictureError as error:
        return {"path": str(path), "error": str(error)}
    if prepared.blank:
        nothing = {"label": None, "probs": None, "recognised": False}
        return {"path": str(path)} | nothing | {"blank": True}
    found = hypotheses(prepared)
    name = surest(model, found)
    answer = predict.classify_pixels(model, found[name].pixels)
    return {
        "path": str(path),
        "label": CLASS_NAMES[answer.label],
        "probs": {name: float(p) for name, p in zip(CLASS_NAMES, answer.probs, strict=True)},
        "recognised": answer.recognised,
        **({} if name == WHOLE else {"part": name}),
    }


IN_WORDS = {
    "Upper part": "in the upper part",
    "Turned left": "turned left",
    "Turned right": "turned right",
}


def _answer_line(answer: dict) -> str:
    if "error" in answer:
        return f"{answer['path']}: {answer['error']}"
    if answer.get("blank"):
        return f"{answer['path']}: nothing to see, this picture is one plain colour"
    doubt = "" if answer["recognised"] else " (but it looks like none of the ten classes)"
    part = f" {IN_WORDS[answer['part']]}" if "part" in answer else ""
    share = f"{answer['probs'][answer['label']]:.1%}"
    return f"{answer['path']}: {answer['label']}{part}, {share}{doubt}"


@cli.command("ask-teacher")
def ask_teacher_command():
    """Ask the teacher, a wide net, about training images and mixtures, for train --distillation."""
    import numpy as np
    from tqdm import tqdm

    from fashion_core import distillation

    pixels = data.load_split("train").pixels  # (55000, 28, 28) uint8
    total = (1 + distillation.MIXTURES) * len(pixels)
    answers = []
    with tqdm(total=total, unit="image", file=sys.stderr) as bar:
        for version in distillation.mixed_copies(pixels):
            parts = []
            for part in distillation.ask_teacher(version):
                parts.append(part)
                bar.update(len(part))
            answers.append(np.concatenate(parts))
    distillation.save_answers(np.stack(answers))
    click.echo(f"Wrote {distillation.answers_path()}.")


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise click.UsageError(
            f"{path} is there already. Name another file with --out, or say --overwrite."
        )


@cli.command()
@click.argument(
    "checkpoint", type=click.Path(path_type=Path), required=False, callback=_checkpoint_path
)
@click.option(
    "--format", "kind", type=click.Choice(["onnx", "card", "csv", "tensorboard"]), required=True
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there already.")
def export(checkpoint: Path | None, kind: str, out: Path, overwrite: bool):
    """Write CHECKPOINT (default: the recommended model) as an ONNX file or as its JSON card.

    csv and tensorboard: the curves of the run whose model.pt CHECKPOINT is. TensorBoard wants
    "tfevents" in FILE.
    """
    from fashion_core import catalog, export, onnx_export

    _refuse_existing(out, overwrite)
    path = checkpoint or catalog.recommended_path()
    if not path.exists():
        raise ExportError(f"There is no file {path}. Check the path.")
    if kind in ("onnx", "card"):
        content = {"onnx": onnx_export.onnx_bytes, "card": export.card_bytes}[kind](path)
    else:
        if path.resolve().parent.parent != folders.runs_dir().resolve():
            raise ExportError(
                "Only a run has curves. Name its model.pt as CHECKPOINT;"
                f" {path.name} stands in no run's folder."
            )
        run = folders.read_run(path.resolve().parent.name)
        content = {"csv": export.curves_csv, "tensorboard": export.tensorboard_bytes}[kind](run)
    _try_writing(out)  # not before: a refused CHECKPOINT leaves no folder behind
    with files.replacing(out) as new:
        new.write_bytes(content)
    click.echo(f"Wrote {out}, {len(content):,} bytes.")


def main():
    """Run the command line; a known failure is one sentence on standard error and exit status 1."""
    for name, value in control.THREADS_ENVIRONMENT.items():  # before torch is loaded
        os.environ.setdefault(name, value)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name may not be in its encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="python -m fashion_core")
    except OSError as error:
        sys.exit(f"Error: {error.filename or 'a file'}: {error.strerror or error}")
    except LabError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
