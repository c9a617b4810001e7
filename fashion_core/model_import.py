"""From a model file that a visitor brings to a finished run."""

import shutil
from pathlib import Path

from fashion_core import checkpoints, data, files, foreign_weights, limits
from fashion_core.checkpoints import Checkpoint
from fashion_core.predict import Report
from fashion_core.runs import folders


def import_model(
    source: Path, name: str, owner: str = "", report: Report = lambda done, total: None
) -> str:
    """Make a finished run of a model file, of this owner if any; returns the new run's id.

    The file is one that this app has saved, or holds foreign weights, which are measured: `report`
    is called with the images that they have answered, and how many they will. Raises
    CheckpointError for one that does not pass `read_checkpoint` or `read_foreign`, DataError where
    foreign weights cannot be measured, RunError on a public copy and when nothing can be written.
    """
    limits.refuse_if_read_only()
    checkpoint = _read_any(source, report)
    config, metrics = checkpoint.config, checkpoint.metrics
    status = _imported_status(metrics)
    # "stopped", so that nothing takes it for a run that trains
    run_id = folders.create_run(config, name, "stopped", owner)
    run_dir = folders.run_dir_of(run_id)
    try:
        # Saved anew, not copied: only what was checked gets in
        checkpoints.save_checkpoint(run_dir / "model.pt", config, checkpoint.weights, metrics)
        files.write_json(run_dir / "status.json", status)
    except OSError as error:
        shutil.rmtree(run_dir, ignore_errors=True)
        raise folders.unwritable(error, "The model") from error
    return run_id


def _read_any(source: Path, report: Report) -> Checkpoint:
    """What a file holds, whoever saved it."""
    if not foreign_weights.looks_like_safetensors(source):
        content = checkpoints.read_content(source)
        if not foreign_weights.is_foreign(content):
            return checkpoints.read_checkpoint(source)
    val_split, test_split = data.load_split("val"), data.load_split("test")
    return foreign_weights.read_foreign(source, val_split, test_split, report)


def _describe_import(metrics: dict) -> str:
    scaling, accuracy = metrics.get("input_scaling"), metrics.get("test_accuracy")
    known = isinstance(scaling, str) and scaling in foreign_weights.SCALINGS
    if not known or files.number_or(accuracy, None) is None:
        return "Imported from a file."
    return (
        f"Imported weights that were trained elsewhere, on pixels scaled to {scaling}, as"
        f" validation images show, from which they may have learned. Test accuracy {accuracy:.1%}."
    )


def _imported_status(metrics: dict) -> dict:
    """The status of a run whose model file has these metrics."""
    status = folders.metrics_of(metrics)
    copied = (
        ("best_val_accuracy", "val_accuracy"),
        ("epoch", "epochs_done"),
        ("input_scaling", "input_scaling"),
    )
    for key, source in copied:
        if source in metrics:
            status[key] = metrics[source]
    return status | {"state": "finished", "message": _describe_import(metrics)}
