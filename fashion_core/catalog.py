"""Every model that can be used: shipped ones, and those of own and imported runs. No torch."""

import contextlib
import functools
import math
from dataclasses import dataclass
from pathlib import Path

from fashion_core import architecture, files
from fashion_core.errors import ConfigError, RunError
from fashion_core.runs import folders

RECOMMENDED = "all_round_net"


@dataclass(frozen=True)
class ModelEntry:
    """One model that a visitor can pick. `fingerprint` changes when the file's content does.

    The card is not to be changed: the next list of the models holds the same one.
    """

    model_id: str
    title: str
    path: Path
    fingerprint: str
    card: dict
    shipped: bool = False


def fingerprint_of(path: Path) -> str:
    """Changes whenever the file is replaced. Raises OSError."""
    stat = path.stat()
    return f"{stat.st_mtime_ns}-{stat.st_size}"


def list_models() -> list[ModelEntry]:
    """Every model that can be used: shipped ones, the recommended first, then own, newest first."""
    shipped = [_shipped_entry(path) for path in files.PRETRAINED_DIR.glob("*.pt")]
    shipped.sort(key=lambda entry: (entry.model_id != RECOMMENDED, entry.model_id))
    own = []
    for run in folders.list_runs():
        if run.has_model:
            with contextlib.suppress(OSError):  # deleted meanwhile
                own.append(_run_entry(run))
    return shipped + own


def model_names() -> dict[str, str]:
    """What every model is called, by its id."""
    return {entry.model_id: entry.title for entry in list_models()}


def _shipped_entry(path: Path) -> ModelEntry:
    card_path = path.with_suffix(".json")
    card = _read_card(card_path, fingerprint_of(card_path)) if card_path.is_file() else {}
    title = str(card.get("title") or path.stem)
    return ModelEntry(path.stem, title, path, fingerprint_of(path), card, shipped=True)


@functools.lru_cache(maxsize=32)
def _read_card(path: Path, fingerprint: str) -> dict:
    """A shipped model's card, empty where it cannot be read; every page asks for all of them."""
    try:
        card = files.with_todays_keys(files.read_json(path))
    except RunError:
        return {}
    config = card.get("config")
    card["config"] = files.with_todays_keys(config) if isinstance(config, dict) else {}
    return card


def _run_entry(run: folders.Run) -> ModelEntry:
    card = {"model": run.config.model, "config": run.config.to_dict(), "state": run.state}
    card |= folders.metrics_of(run.status)
    if {"steps", "epoch"} & run.status.keys():
        card["epochs_done"] = run.epochs_done
    if run.trained_elsewhere:
        card["input_scaling"] = run.status["input_scaling"]
    if run.is_imported:
        card["imported"] = True
    return ModelEntry(run.run_id, run.name, run.model_path, fingerprint_of(run.model_path), card)


def leaderboard(entries: list[ModelEntry]) -> list[dict]:
    """What is known of each model that was validated, the most accurate first.

    name, network, shipped, accuracy (0…1, on validation images, since the test images choose
    nothing), parameters and seconds of training, NaN where they are unknown or only those of its
    last stage. Foreign weights are not listed: they may have learned from the validation images.
    """
    rows = []
    for entry in entries:
        card, model = entry.card, entry.card.get("model")
        key = "best_val_accuracy" if "best_val_accuracy" in card else "val_accuracy"
        accuracy = files.number_or(card.get(key), math.nan)
        if not 0 <= accuracy <= 1 or not isinstance(model, str) or "input_scaling" in card:
            continue
        seconds = files.number_or(card.get("elapsed_seconds"), math.nan)
        seconds = seconds if seconds > 0 and not began_as_another(card) else math.nan
        try:
            parameters = architecture.count_parameters_of(model)
        except ConfigError:  # of a card that was edited
            parameters = math.nan
        rows.append(
            {
                "name": entry.title,
                "network": architecture.short_name(model),
                "shipped": entry.shipped,
                "accuracy": accuracy,
                "parameters": parameters,
                "seconds": seconds,
            }
        )
    return sorted(rows, key=lambda row: -row["accuracy"])


def began_as_another(card: dict) -> bool:
    """Whether a model was fine-tuned from another one: its seconds are those of the last stage."""
    return "started_from_sha256" in card or bool((card.get("config") or {}).get("start_model"))


def recommended_path() -> Path:
    """The shipped model that the app and the command line start with."""
    return files.PRETRAINED_DIR / f"{RECOMMENDED}.pt"
