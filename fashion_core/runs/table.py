"""Many runs against each other: a table, search, sort, what differs, the best, mean over seeds.

Metrics come from folders that may have been edited by hand: what cannot be an accuracy or a number
is left out.
"""

import dataclasses
import math
import re
from collections.abc import Collection

import pandas as pd

from fashion_core.config import ADDED_KINDS, TrainConfig, field_spec
from fashion_core.runs.folders import Run
from fashion_core.text import BYTE_ORDER_MARK, format_value, unique_labels

# Hyper-parameters by the labels that the form gives them
FIELDS = {spec.name: field_spec(spec.name)["label"] for spec in dataclasses.fields(TrainConfig)}
SHARES_AND_RATES = {label for name, label in FIELDS.items() if field_spec(name)["type"] is float}
WHOLE_NUMBERS = {  # and not a seed, which counts nothing
    label for name, label in FIELDS.items() if field_spec(name)["type"] is int and name != "seed"
}
SHARES_OF_A_BATCH = {FIELDS[name] for name in ADDED_KINDS}
ACCURACIES = {"Validation": "best_val_accuracy", "Test": "test_accuracy"}


# The table


_SUMMARY = ("Name", "State", "Configuration", *ACCURACIES)
DEFAULT_COLUMNS = (*_SUMMARY, "Epochs done", "When", "Tags")
COLUMNS = (
    *DEFAULT_COLUMNS,
    "Started by",
    "Note",
    "Best epoch",
    "Seconds",
    "Disk",
    *FIELDS.values(),
)
TEXTS = ("Name", "State", "Configuration", "Tags", "Started by", "Note")
COUNTS = ("Epochs done", "Best epoch")
# Types of pandas that can be empty
DTYPES = {str: str, bool: "boolean", int: "Int64", float: float}


def runs_frame(
    found: list[Run],
    disk_bytes: dict[str, int],
    zone: str = "UTC",
    model_names: dict[str, str] | None = None,
) -> pd.DataFrame:
    """One row per run, in the order given, indexed by run id, with all of `COLUMNS`.

    `disk_bytes`: run id to bytes. Accuracies are per cent, Disk is in MB of a million bytes, When
    is the time in this zone. A cell is empty where nothing is known. `model_names`: what models are
    called, by id.
    """
    rows = [_row(run, disk_bytes.get(run.run_id, 0), zone, model_names) for run in found]
    kinds = dict.fromkeys(TEXTS, str) | dict.fromkeys(COUNTS, "Int64") | {"When": "datetime64[s]"}
    kinds |= dict.fromkeys((*ACCURACIES, "Seconds", "Disk"), float)
    kinds |= {label: DTYPES[field_spec(name)["type"]] for name, label in FIELDS.items()}
    return pd.DataFrame(rows, columns=list(COLUMNS), index=_index(found)).astype(kinds)


def _index(found: list[Run]) -> pd.Index:
    return pd.Index([run.run_id for run in found], name="Run")


def _row(run: Run, disk_bytes: int, zone: str, model_names: dict[str, str] | None) -> dict:
    when = pd.NaT
    if run.created_at:
        when = pd.Timestamp(run.created_at, unit="s", tz=zone).tz_localize(None).floor("s")
    row = {
        "Name": run.name,
        "State": run.state.capitalize(),
        "When": when,
        "Configuration": _describe_training(run, model_names),
        "Epochs done": run.epochs_done if {"steps", "epoch"} & run.status.keys() else None,
        "Best epoch": run.status.get("best_epoch"),
        "Seconds": run.status.get("elapsed_seconds", math.nan),
        "Disk": disk_bytes / 1e6,
        "Tags": ", ".join(run.annotations.tags),
        "Started by": run.owner,
        "Note": run.annotations.problem or " ".join(run.annotations.text.split()),
    }
    row |= {column: 100 * accuracy_of(run, key) for column, key in ACCURACIES.items()}
    return row | _settings_of(run, model_names)


def _describe_training(run: Run, model_names: dict[str, str] | None) -> str:
    if run.config is None:
        return run.problem
    return "trained elsewhere" if run.trained_elsewhere else run.config.describe(model_names)


def _settings_of(run: Run, model_names: dict[str, str] | None) -> dict:
    """A run's configuration by its labels; of foreign weights only the network is known."""
    known = labelled_config(run.config, model_names) if run.config else {}
    if known and not run.trained_elsewhere:
        return known
    kinds = {label: field_spec(name)["type"] for name, label in FIELDS.items()}
    nothing = {label: "" if kind is str else None for label, kind in kinds.items()}
    return nothing | {label: known[label] for label in (FIELDS["model"],) if label in known}


def labelled_config(config: TrainConfig, model_names: dict[str, str] | None = None) -> dict:
    """The values of a configuration by the labels that the form gives them.

    A model's id becomes its name in `model_names`, if it has one there.
    """
    values = {label: getattr(config, name) for name, label in FIELDS.items()}
    started_from = (model_names or {}).get(config.start_model, config.start_model)
    return values | {FIELDS["start_model"]: started_from}


def accuracy_of(run: Run, key: str) -> float:
    """An accuracy 0…1 from the run's status; NaN where there is none or it cannot be one."""
    value = run.status.get(key, math.nan)
    return float(value) if 0 <= value <= 1 else math.nan


# Search and sort


def select_runs(
    found: list[Run],
    query: str = "",
    states: Collection[str] = (),
    networks: Collection[str] = (),
    tags: Collection[str] = (),
) -> list[Run]:
    """The runs that pass every filter, in the order given.

    An empty filter lets all runs pass; of several tags one is enough. `query`: words that must all
    stand in the run's name, owner, note, tags, configuration or id, whatever the case; quotes keep
    words together.
    """
    words = [phrase or word for phrase, word in re.findall(r'"([^"]+)"|(\S+)', query.casefold())]

    def passes(run: Run) -> bool:
        return (
            (not states or run.state in states)
            and (not networks or bool(run.config and run.config.model in networks))
            and (not tags or not set(tags).isdisjoint(run.annotations.tags))
            and all(word in _searched_text(run) for word in words)
        )

    return [run for run in found if passes(run)]


def _searched_text(run: Run) -> str:
    written = (run.annotations.text, *run.annotations.tags)
    texts = [run.name, run.run_id, run.state, run.problem, run.owner, *written]
    if run.config:
        texts += [_describe_training(run, None), run.config.model]
    if run.config and not run.trained_elsewhere:
        texts += _searched_settings(run.config)
    return "\n".join(texts).casefold()


def _searched_settings(config: TrainConfig) -> list[str]:
    """What is on, since who looks for mixup wants the runs that have it, and the seed."""
    values = [(name, label, getattr(config, name)) for name, label in FIELDS.items()]
    shown = [value for value in values if value[2] or value[0] == "seed"]
    return [f"{label} {format_value(name, value)}" for name, label, value in shown]


def sorted_frame(frame: pd.DataFrame, column: str, ascending: bool) -> pd.DataFrame:
    """A `runs_frame` sorted by a column, texts whatever their case.

    Ties keep their order, empty cells come last.
    """
    values = frame[column]
    if column in TEXTS or values.dtype.kind in "OT" or isinstance(values.dtype, pd.StringDtype):
        values = values.str.casefold().mask(values == "")
    ranked = values.sort_values(ascending=ascending, kind="stable", na_position="last")
    return frame.loc[ranked.index]


def own_first(frame: pd.DataFrame, found: list[Run], visitor: str) -> pd.DataFrame:
    """A `runs_frame` with the runs that the visitor started first, else in the order it has."""
    own = {run.run_id for run in found if run.owner and run.belongs_to(visitor)}
    return frame.loc[sorted(frame.index, key=lambda run_id: run_id not in own)]


CSV_NAMES = {"Validation": "Validation %", "Test": "Test %", "Disk": "Disk MB"}


def table_csv(frame: pd.DataFrame, columns: list[str], zone: str = "UTC") -> str:
    """These columns as CSV for spreadsheets, with a byte order mark; numbers to seven digits.

    A text that a spreadsheet would take for a formula gets an apostrophe in front. `zone`: that of
    the times, which the head of their column names.
    """
    shown = frame[columns].copy()
    for column in shown.select_dtypes("str"):
        risky = shown[column].str.startswith(("=", "+", "-", "@"))
        shown[column] = shown[column].mask(risky, "'" + shown[column])
    shown = shown.rename(columns=CSV_NAMES | {"When": f"When ({zone})"})
    return BYTE_ORDER_MARK + shown.to_csv(index=False, float_format="%.7g")


def unique_names(found: list[Run]) -> dict[str, str]:
    """A name for each run id, see `text.unique_labels`."""
    return unique_labels({run.run_id: run.name for run in found})


# Differences


LOWEST_IS_BEST = ("Lowest validation loss",)
# On what a run may learn beside Fashion-MNIST, measured after each epoch
OTHER_ACCURACIES = {
    "Synthetic": "synthetic_accuracy",
    "Drawings": "drawings_accuracy",
    "Photos": "photos_accuracy",
}
HIGHEST_IS_BEST = ("Validation", *OTHER_ACCURACIES, "Test")
DECIMALS = dict.fromkeys(HIGHEST_IS_BEST, 1) | dict.fromkeys(LOWEST_IS_BEST, 4)  # as shown


def differing_labels(found: list[Run]) -> list[str]:
    """The hyper-parameters in which these runs are not all alike, in the order of `FIELDS`."""
    known = [run.config for run in found if run.config and not run.trained_elsewhere]
    configs = [labelled_config(config) for config in known]
    return [label for label in FIELDS.values() if len({config[label] for config in configs}) > 1]


def difference_frame(
    found: list[Run],
    epochs: dict[str, pd.DataFrame],
    model_names: dict[str, str] | None = None,
) -> pd.DataFrame:
    """One row per run: its name, only those hyper-parameters that differ, and its best values.

    `epochs`: run id to its `charts.frames.epoch_frame`. Indexed by run id; accuracies are per cent;
    those of OTHER_ACCURACIES are there only where a run has learned such pictures. `model_names`:
    what models are called, by id.
    """
    names, labels = unique_names(found), differing_labels(found)
    rows = []
    for run in found:
        config = _settings_of(run, model_names)
        row = {"Name": names[run.run_id]} | {label: config[label] for label in labels}
        rows.append(row | best_metrics(run, epochs[run.run_id]))
    frame = pd.DataFrame(rows, index=_index(found))
    return frame.drop(columns=[name for name in OTHER_ACCURACIES if frame[name].isna().all()])


def best_metrics(run: Run, epochs: pd.DataFrame) -> dict:
    """The metrics of the model that a run has kept, and its lowest loss; NaN where there is none.

    `epochs` is its `charts.frames.epoch_frame`. All accuracies are per cent. Where the status
    does not tell which epoch was kept, it is the one with the best validation accuracy.
    """
    epochs = epochs.set_index("epoch")
    accuracies = epochs[["val_accuracy", *OTHER_ACCURACIES.values()]]
    accuracies = accuracies.where((accuracies >= 0) & (accuracies <= 1))
    validation, kept = accuracy_of(run, "best_val_accuracy"), run.status.get("best_epoch", math.nan)
    if math.isnan(validation) and accuracies["val_accuracy"].notna().any():
        validation, kept = accuracies["val_accuracy"].max(), accuracies["val_accuracy"].idxmax()
    last_loss = run.status.get("val_loss", math.nan)
    others = {  # a stop in mid-epoch measures none
        name: 100 * accuracies[key].get(kept, math.nan) for name, key in OTHER_ACCURACIES.items()
    }
    return {
        "Validation": 100 * validation,
        "Best epoch": kept,
        "Lowest validation loss": epochs["val_loss"].min() if len(epochs) else last_loss,
        **others,
        "Test": 100 * accuracy_of(run, "test_accuracy"),
        "Seconds": run.status.get("elapsed_seconds", math.nan),
    }


def best_cells(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The run ids with the best value, by column of a `difference_frame`.

    Values that look alike with their DECIMALS are alike. None where all have the same.
    """
    found = {}
    for column in (*HIGHEST_IS_BEST, *LOWEST_IS_BEST):
        values = frame[column].dropna() if column in frame else pd.Series(dtype=float)
        shown = values.map(f"{{:.{DECIMALS[column]}f}}".format).astype(float)
        if shown.nunique() > 1:
            best = shown.min() if column in LOWEST_IS_BEST else shown.max()
            found[column] = list(shown.index[shown == best])
    return found


# Seeds


def seed_groups(found: list[Run]) -> list[list[Run]]:
    """The runs with a configuration, those that differ by seed alone together, in the order given.

    Of several runs with the same seed one counts: it is the same training twice, not another
    sample. It is the first of those that came furthest: that finished, else that have an epoch.
    Imported models are left out: nobody knows whether they are of a whole training.
    """
    groups = {}
    for run in found:
        if run.config and not (run.is_imported or run.trained_elsewhere):
            # One that was continued has had its schedule twice
            training = dataclasses.replace(run.config, seed=0), run.epochs_before
            group = groups.setdefault(training, {})
            before = group.setdefault(run.config.seed, run)
            if _how_far(run) > _how_far(before):
                group[run.config.seed] = run
    return [list(group.values()) for group in groups.values()]


def _how_far(run: Run) -> tuple[bool, bool]:
    return run.epochs_done > 0, run.state == "finished"


def seed_frame(found: list[Run], model_names: dict[str, str] | None = None) -> pd.DataFrame:
    """Mean and sample standard deviation of each configuration finished with two seeds or more.

    Columns Configuration, Seeds (text), Runs (int), and Validation mean, Validation std, Test mean,
    Test std in per cent; what fewer than two runs have measured is NaN. Runs that did not finish
    are not counted.
    """
    rows = []
    for group in seed_groups([run for run in found if run.state == "finished"]):
        if len(group) < 2:
            continue
        seeds = sorted(run.config.seed for run in group)
        row = {
            "Configuration": describe_group(group, model_names),
            "Seeds": ", ".join(map(str, seeds)),
            "Runs": len(group),
        }
        for column, key in ACCURACIES.items():
            values = pd.Series([100 * accuracy_of(run, key) for run in group]).dropna()
            row[f"{column} mean"] = values.mean() if len(values) > 1 else math.nan
            row[f"{column} std"] = values.std()
        rows.append(row)
    metrics = [f"{column} {what}" for column in ACCURACIES for what in ("mean", "std")]
    return pd.DataFrame(rows, columns=["Configuration", "Seeds", "Runs", *metrics])


def describe_group(group: list[Run], model_names: dict[str, str] | None = None) -> str:
    """What the runs of a seed group have in common, in a line."""
    return dataclasses.replace(group[0].config, seed=0).describe(model_names)
