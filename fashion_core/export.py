"""A model or a run as a file: ONNX, JSON card, TensorBoard events, CSV, and code that uses it.

Everything comes as bytes. What only an export needs (onnx, tensorboardX) is imported where it is
used: neither the server nor the training worker pays for it before somebody asks.
"""

import csv
import io
import json
import tempfile
import threading
import warnings
from pathlib import Path

import torch
from torch import nn

from fashion_core import checkpoints
from fashion_core.errors import ExportError
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE
from fashion_core.runs import folders
from fashion_core.runs.events import read_metrics
from fashion_core.text import BYTE_ORDER_MARK
from fashion_core.transforms import normalise

# Models


def pt_bytes(path: Path) -> bytes:
    """The model file itself, once it is checked. Raises CheckpointError."""
    checkpoints.read_checkpoint(path)
    return path.read_bytes()


def card_bytes(path: Path) -> bytes:
    """All that a model file holds but its weights, as indented JSON. Raises CheckpointError."""
    return _json(checkpoints.read_checkpoint(path).card)


INPUT = (
    "pixels: (N, 28, 28) uint8, 0 background, 255 cloth, as in Fashion-MNIST;"
    " normalised inside the graph."
)
OUTPUT = "probs: (N, 10) float32, the calibrated probabilities of the classes; each row sums to 1."


def onnx_bytes(path: Path) -> bytes:
    """A model as one ONNX graph from raw pixels to calibrated probabilities.

    Input "pixels" (N, 28, 28) uint8 as in the data set, output "probs" (N, 10) float32, both for
    any N; normalising, the checkpoint's temperature and the softmax are part of the graph.
    Metadata: class_names and card (JSON), input, output, ood_threshold (above it, in nats,
    mean(log(probs)) means that the model does not know the picture) and line_ood_threshold (the
    same for line drawings). Raises CheckpointError, and ExportError where the package onnx is
    missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise ExportError(
            "ONNX files need the package onnx, which is not installed. Run: pip install onnx"
        ) from error

    checkpoint = checkpoints.read_checkpoint(path)  # once: a run that trains replaces its file
    model = checkpoints.model_of(checkpoint)
    thresholds = ("ood_threshold", "line_ood_threshold")
    proto = onnx.load_model_from_string(_traced_onnx(_PixelsToProbs(model).eval()))
    facts = {"class_names": json.dumps(CLASS_NAMES), "input": INPUT, "output": OUTPUT}
    facts |= {"card": _json(checkpoint.card).decode()}
    # inf in a model without them: str has it, JSON has not
    facts |= {name: str(getattr(model, name)) for name in thresholds}
    onnx.helper.set_model_props(proto, facts)
    proto.doc_string = f"{INPUT} {OUTPUT}"
    onnx.checker.check_model(proto)
    return proto.SerializeToString()


class _PixelsToProbs(nn.Module):
    """What `predict.predict_probs` does: pixels (N, 28, 28) uint8 → probs (N, 10) float32."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model, self.temperature = model, model.temperature

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.model(normalise(pixels)) / self.temperature, dim=1)


_ONE_AT_A_TIME = threading.Lock()  # PyTorch keeps the export under way in global variables


def _traced_onnx(model: nn.Module) -> bytes:
    # The older of PyTorch's two exporters: a tenth of a second and the package onnx. The newer one
    # takes 4 s, 200 MB and two packages more for the same graph. Its warnings, that it is the older
    # and that a check of shapes becomes fixed, are none of a visitor's business.
    buffer = io.BytesIO()
    blank = torch.zeros(2, IMAGE_SIZE, IMAGE_SIZE, dtype=torch.uint8)
    names = {"input_names": ["pixels"], "output_names": ["probs"]}
    dynamic = {"pixels": {0: "N"}, "probs": {0: "N"}}
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (blank,), buffer, dynamo=False, dynamic_axes=dynamic, **names)
    return buffer.getvalue()


# Code to paste


def pt_snippet(name: str) -> str:
    """Eight lines that ask the model file `name` in this project's folder about a picture."""
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
    """Eight lines that ask the ONNX file `name` anywhere, with onnxruntime and Pillow alone."""
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

    train_loss and learning_rate at every logged step; val_loss, val_accuracy and synthetic_accuracy
    at the step with which their epoch ended. Wall times are those of the training, counted from the
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
    if not events:
        raise ExportError(
            f"“{run.name}” has no curve yet: its first step has not been written. Try again later."
        )
    latest = {(event["step"], event["kind"] == "epoch"): event for event in events}
    return [latest[place] for place in sorted(latest)]


def _json(values: dict) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode()
