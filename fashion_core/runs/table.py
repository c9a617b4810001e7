"""Many runs against each other: the table, search and sort, what differs, the best values, the mean
over seeds.

Metrics come from folders that may have been edited by hand: what cannot be an accuracy or a number
is left out.
"""

import dataclasses
import math
import re

import pandas as pd

from fashion_core.config import TrainConfig, field_spec
from fashion_core.runs.folders import Run
from fashion_core.text import format_value, unique_labels

FIELDS = {spec.name: field_spec(spec.name)["label"] for spec in dataclasses.fields(TrainConfig)}
SHARES_AND_RATES = {label for name, label in FIELDS.items() if field_spec(name)["type"] is float}
TEXTS = ("Name", "State", "Configuration", "Tags", "Note")
ACCURACIES = {"Validation": "best_val_accuracy", "Test": "test_accuracy"}
COUNTS = ("Epochs done", "Best epoch")
COLUMNS = (
    "Name",
    "State",
    "Configuration",
    "Validation",
    "Test",
    "Epochs done",
    "When",
    "Tags",
    "Note",
    "Best epoch",
    "Seconds",
    "Disk",
    *FIELDS.values(),
)
DEFAULT_COLUMNS = (
    "Name",
    "State",
    "Configuration",
    "Validation",
    "Test",
    "Epochs done",
    "When",
    "Tags",
)
CSV_NAMES = {"Validation": "Validation %", "Test": "Test %", "Disk": "Disk MB"}
LOWEST_IS_BEST = ("Lowest validation loss",)
HIGHEST_IS_BEST = ("Validation", "Sketches", "Test")


# The table


def runs_frame(found: list[Run], disk_bytes: dict[str, int]) -> pd.DataFrame:
    """One row per run, in the order given, indexed by run id, with all of `COLUMNS`; empty where
    nothing is known.

    `disk_bytes`: run id to bytes. Accuracies are per cent, Disk is in MB of a million bytes, When
    is local time.
    """
    rows = [_row(run, disk_bytes.get(run.run_id, 0)) for run in found]
    frame = pd.DataFrame(
        rows, columns=list(COLUMNS), index=pd.Index([run.run_id for run in found], name="Run")
    )
    kinds = dict.fromkeys(TEXTS, str) | dict.fromkeys(COUNTS, "Int64") | {"When": "datetime64[s]"}
    kinds |= dict.fromkeys((*ACCURACIES, "Seconds", "Disk"), float)
    dtypes = {str: str, bool: "boolean", int: "Int64", float: float}
    kinds |= {label: dtypes[field_spec(name)["type"]] for name, label in FIELDS.items()}
    return frame.astype(kinds)


def _row(run: Run, disk_bytes: int) -> dict:
    row = {
        "Name": run.name,
        "State": run.state.capitalize(),
        "When": pd.Timestamp.fromtimestamp(run.created_at).floor("s") if run.created_at else pd.NaT,
        "Configuration": run.config.describe() if run.config else run.problem,
        "Seconds": run.status.get("elapsed_seconds", math.nan),
        "Disk": disk_bytes / 1e6,
        "Tags": ", ".join(run.annotations.tags),
        "Note": run.annotations.problem or " ".join(run.annotations.text.split()),
    }
    row |= {column: 100 * accuracy_of(run, key) for column, key in ACCURACIES.items()}
    row["Epochs done"] = run.epochs_done if {"steps", "epoch"} & run.status.keys() else None
    row["Best epoch"] = run.status.get("best_epoch")
    blank = {
        label: "" if field_spec(name)["type"] is str else None for name, label in FIELDS.items()
    }
    return row | (labelled_config(run.config) if run.config else blank)


def labelled_config(config: TrainConfig) -> dict:
    """The values of a configuration by the labels that the form gives them."""
    return {label: getattr(config, name) for name, label in FIELDS.items()}


def accuracy_of(run: Run, key: str) -> float:
    """An accuracy 0…1 from the run's status, or NaN where it has none or what stands there is no
    accuracy.
    """
    value = run.status.get(key, math.nan)
    return float(value) if 0 <= value <= 1 else math.nan


def select_runs(found: list[Run], query="", states=(), networks=(), tags=()) -> list[Run]:
    """The runs that pass every filter, in the order given.

    An empty filter lets all runs pass; of several tags one is enough. `query`: words that must all
    stand in the run's name, note, tags, configuration or id, whatever the case; quotes keep words
    together.
    """
    words = [phrase or word for phrase, word in re.findall(r'"([^"]+)"|(\S+)', query.casefold())]
    return [
        run
        for run in found
        if (not states or run.state in states)
        and (not networks or (run.config and run.config.model in networks))
        and (not tags or set(tags) & set(run.annotations.tags))
        and all(word in _searched_text(run) for word in words)
    ]


def _searched_text(run: Run) -> str:
    texts = [
        run.name,
        run.run_id,
        run.state,
        run.annotations.text,
        *run.annotations.tags,
        run.problem,
    ]
    texts += [run.config.describe()] if run.config else []
    for name, label in FIELDS.items() if run.config else ():
        value = getattr(run.config, name)
        if value or name == "seed":  # one that looks for mixup wants the runs that have it
            texts.append(f"{label} {format_value(name, value)}")
    return "\n".join(texts).casefold()


def sorted_frame(frame: pd.DataFrame, column: str, ascending: bool) -> pd.DataFrame:
    """A `runs_frame` sorted by a column, text whatever its case; ties keep their order, empty cells
    come last.
    """
    values = frame[column]
    if column in TEXTS or values.dtype.kind in "OT" or isinstance(values.dtype, pd.StringDtype):
        values = values.str.casefold().mask(values == "")
    return frame.loc[
        values.sort_values(ascending=ascending, kind="stable", na_position="last").index
    ]


def table_csv(frame: pd.DataFrame, columns: list[str]) -> str:
    """These columns as CSV, numbers to seven digits.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    shown = frame[columns].copy()
    for column in shown.select_dtypes("str"):
        risky = shown[column].str.startswith(("=", "+", "-", "@"))
        shown[column] = shown[column].mask(risky, "'" + shown[column])
    return shown.rename(columns=CSV_NAMES).to_csv(index=False, float_format="%.7g")


def unique_names(found: list[Run]) -> dict[str, str]:
    """A name for each run id by which it can be told from the others: of two alike each gets the
    end of its id.
    """
    return unique_labels({run.run_id: run.name for run in found})


# Differences


def differing_labels(found: list[Run]) -> list[str]:
    """The labels of the hyper-parameters in which these runs are not all alike, in the order of
    `FIELDS`.
    """
    configs = [labelled_config(run.config) for run in found if run.config]
    return [label for label in FIELDS.values() if len({config[label] for config in configs}) > 1]


def difference_frame(found: list[Run], epochs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per run: its name, only those hyper-parameters that differ, and its best values.

    `epochs`: run id to its `plots.epoch_frame`. Indexed by run id; accuracies are per cent;
    Sketches is there only where a run has them.
    """
    names, labels = unique_names(found), differing_labels(found)
    rows = []
    for run in found:
        config = labelled_config(run.config) if run.config else {}
        row = {"Name": names[run.run_id]} | {label: config.get(label) for label in labels}
        rows.append(row | best_metrics(run, epochs[run.run_id]))
    frame = pd.DataFrame(rows, index=pd.Index([run.run_id for run in found], name="Run"))
    return frame.drop(columns=[name for name in ("Sketches",) if frame[name].isna().all()])


def best_metrics(run: Run, epochs: pd.DataFrame) -> dict:
    """The metrics of the model that a run has kept, and its lowest loss; NaN where there is none.

    `epochs` is its `plots.epoch_frame`. Validation, Sketches and Test are per cent. Where the
    status does not tell which epoch was kept, it is the one with the best validation accuracy.
    """
    epochs = epochs.set_index("epoch")
    accuracies = epochs[["val_accuracy", "synthetic_accuracy"]].where(
        lambda share: (share >= 0) & (share <= 1)
    )
    validation, kept = accuracy_of(run, "best_val_accuracy"), run.status.get("best_epoch", math.nan)
    if math.isnan(validation) and accuracies["val_accuracy"].notna().any():
        validation, kept = accuracies["val_accuracy"].max(), accuracies["val_accuracy"].idxmax()
    # A stop in mid-epoch measures none
    synthetic = accuracies["synthetic_accuracy"].get(kept, math.nan)
    return {
        "Validation": 100 * validation,
        "Best epoch": kept,
        "Lowest validation loss": epochs["val_loss"].min()
        if len(epochs)
        else run.status.get("val_loss", math.nan),
        "Sketches": 100 * synthetic,
        "Test": 100 * accuracy_of(run, "test_accuracy"),
        "Seconds": run.status.get("elapsed_seconds", math.nan),
    }


def best_cells(frame: pd.DataFrame) -> dict[str, list[str]]:
    """For each column of a `difference_frame` that has a best value, the run ids that reach it; of
    one run none.
    """
    found = {}
    for column in (*HIGHEST_IS_BEST, *LOWEST_IS_BEST):
        values = frame[column].dropna() if column in frame else []
        if len(values) > 1:
            best = values.min() if column in LOWEST_IS_BEST else values.max()
            found[column] = list(values.index[values == best])
    return found


# Seeds


def seed_groups(found: list[Run]) -> list[list[Run]]:
    """The runs with a configuration, those that differ by seed alone together; groups and runs in
    the order given.

    Of several runs with the same seed only the first counts: it is the same training twice, not
    another sample.
    """
    groups = {}
    for run in found:
        if run.config:
            key = tuple(
                value
                for label, value in labelled_config(run.config).items()
                if label != FIELDS["seed"]
            )
            groups.setdefault(key, {}).setdefault(run.config.seed, run)
    return [list(group.values()) for group in groups.values()]


def seed_frame(found: list[Run]) -> pd.DataFrame:
    """One row per configuration that was finished with two seeds or more: mean and sample standard
    deviation.

    Columns Configuration, Seeds (text), Runs (int), and Validation mean, Validation std, Test mean,
    Test std in per cent; a figure that fewer than two runs have is NaN. Runs that did not finish
    are not counted.
    """
    rows = []
    for group in seed_groups([run for run in found if run.state == "finished"]):
        if len(group) < 2:
            continue
        seeds = sorted(run.config.seed for run in group)
        row = {
            "Configuration": describe_group(group),
            "Seeds": ", ".join(map(str, seeds)),
            "Runs": len(group),
        }
        for column, key in ACCURACIES.items():
            values = pd.Series([100 * accuracy_of(run, key) for run in group]).dropna()
            row |= {
                f"{column} mean": values.mean() if len(values) > 1 else math.nan,
                f"{column} std": values.std(),
            }
        rows.append(row)
    metrics = [f"{column} {what}" for column in ACCURACIES for what in ("mean", "std")]
    return pd.DataFrame(rows, columns=["Configuration", "Seeds", "Runs", *metrics])


def describe_group(group: list[Run]) -> str:
    """What the runs of a seed group have in common, in a line."""
    return dataclasses.replace(group[0].config, seed=0).describe()
