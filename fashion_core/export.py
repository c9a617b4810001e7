"""A model or a run as a file: JSON card, TensorBoard events, CSV, and code that uses it.

Files come as bytes; ONNX files are in `onnx_export`. What only an export needs (torch,
tensorboardX) is imported where it is used: the server does not pay for it before somebody asks.
"""

import csv
import io
import json
import tempfile
from pathlib import Path

from fashion_core.errors import ExportError
from fashion_core.runs import folders
from fashion_core.runs.events import describe_lost_curves, read_metrics, should_have_events
from fashion_core.text import BYTE_ORDER_MARK

# Models


def pt_bytes(path: Path) -> bytes:
    """The model file itself, once it is checked. Raises CheckpointError."""
    from fashion_core import checkpoints

    checkpoints.read_checkpoint(path)
    return path.read_bytes()


def card_bytes(path: Path) -> bytes:
    """All that a model file holds but its weights, as indented JSON. Raises CheckpointError."""
    from fashion_core import checkpoints

    return as_json(checkpoints.read_checkpoint(path).card)


# Code to paste


def pt_snippet(name: str) -> str:
    """The lines that ask the model file `name` in this project's folder about a picture."""
    return f"""\
from pathlib import Path
from fashion_core import checkpoints, predict
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.metadata import CLASS_NAMES

model = checkpoints.load_model(Path({name!r}))
prepared = prepare(open_picture(Path("picture.jpg")))
answer = predict.classify_pixels(model, prepared.pixels)
print(f"{{CLASS_NAMES[answer.label]}}, {{answer.probs.max():.1%}}")"""


def onnx_snippet(name: str) -> str:
    """The lines that ask the ONNX file `name` anywhere, with onnxruntime and Pillow alone."""
    return f"""\
import json, numpy, onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession({name!r})
names = json.loads(session.get_modelmeta().custom_metadata_map["class_names"])
pixels = numpy.asarray(Image.open("picture.png").convert("L").resize((28, 28)))
(probs,) = session.run(["probs"], {{"pixels": pixels[None]}})[0]
print(f"{{names[probs.argmax()]}}, {{probs.max():.1%}}")"""


# Runs


TIMES = ("elapsed_seconds", "images_per_second")
STEP_SCALARS = ("train_loss", "learning_rate")
EPOCH_SCALARS = (
    "val_loss",
    "val_accuracy",
    "synthetic_accuracy",
    "drawings_accuracy",
    "photos_accuracy",
)
CURVE_COLUMNS = ("kind", "step", "epoch", "train_loss", *EPOCH_SCALARS, "learning_rate", *TIMES)


def curves_csv(run: folders.Run) -> bytes:
    """Every event of a run as a CSV table for spreadsheets, by step, an epoch after its last step.

    It begins with a byte order mark. What an event does not tell is empty. Raises ExportError for a
    run without a single event.
    """
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    table = csv.DictWriter(text, CURVE_COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(_events_of(run))
    return text.getvalue().encode()


def tensorboard_bytes(run: folders.Run) -> bytes:
    """The curves of a run as a TensorBoard event file; its name must contain "tfevents".

    train_loss and learning_rate at every logged step; those of EPOCH_SCALARS that were measured at
    the step with which their epoch ended. Wall times are those of the training, counted from the
    run's start. Raises ExportError for a run without a single event, and where the package
    tensorboardX is missing.
    """
    try:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary
        from tensorboardX.record_writer import RecordWriter
    except ImportError as error:
        raise ExportError(
            "TensorBoard files need the package tensorboardX, which is not installed."
            " Run: pip install tensorboardX"
        ) from error

    events = _events_of(run)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tfevents"
        # Not its SummaryWriter, which writes this machine's name into the file
        writer = RecordWriter(str(path))
        header = Event(wall_time=run.created_at, file_version="brain.Event:2")
        writer.write(header.SerializeToString())
        for event in events:
            scalars = {name: event[name] for name in _scalars_of(event) if name in event}
            values = [Summary.Value(tag=name, simple_value=x) for name, x in scalars.items()]
            when, step = run.created_at + event["elapsed_seconds"], int(event["step"])
            record = Event(wall_time=when, step=step, summary=Summary(value=values))
            writer.write(record.SerializeToString())
        writer.close()
        return path.read_bytes()


def _scalars_of(event: dict) -> tuple[str, ...]:
    return STEP_SCALARS if event["kind"] == "step" else EPOCH_SCALARS


def _events_of(run: folders.Run) -> list[dict]:
    """The run's events by step; one that was written twice counts once, as last written."""
    events, _ = read_metrics(run.run_dir)
    if not events and should_have_events(run):
        raise ExportError(describe_lost_curves(f"“{run.name}”"))
    if not events:
        raise ExportError(
            f"“{run.name}” has no curve yet: its first step has not been written. Try again later."
        )
    latest = {(event["step"], event["kind"] == "epoch"): event for event in events}
    return [latest[place] for place in sorted(latest)]


def as_json(values: dict) -> bytes:
    """Indented JSON in UTF-8 that ends with a newline."""
    return (json.dumps(values, indent=2) + "\n").encode()
