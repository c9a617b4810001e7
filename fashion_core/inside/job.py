"""python -m fashion_core.inside.job FOLDER: one job of `jobs`, from its config.json to its result.

It lets the server and its visitors go first, and waits while another job works.
"""

import contextlib
import sys
import time
import traceback
from pathlib import Path

from filelock import AcquireReturnProxy, Timeout

from fashion_core import files
from fashion_core.errors import LabError
from fashion_core.inside import jobs
from fashion_core.runs import control, folders
from fashion_core.runs.status import StatusFile

WAIT_SECONDS = 30.0  # between two words of one that waits


class Progress(StatusFile):
    """The job's status, and how far it is."""

    began = 0.0  # when what is reported now began

    def report(self, step: int, steps: int) -> None:
        """How far it is; written twice a second."""
        seconds = time.monotonic() - self.began
        self.write_sometimes(state="running", step=step, steps=steps, elapsed_seconds=seconds)


def main(folder: Path) -> int:
    """Do the job; returns 1 for failed, else 0."""
    progress = Progress(folder)
    try:
        with _turn(progress):
            progress.began = time.monotonic()
            progress.write(state="starting", message="")
            control.step_behind()
            _work(folder, progress)
        progress.write(state="finished")
        return 0
    except BaseException as error:
        traceback.print_exc()
        with contextlib.suppress(OSError):
            progress.write(state="failed", message=_sentence(error))
        return 1


def _turn(progress: Progress) -> AcquireReturnProxy:
    """The lock that one job holds; while another has it the status says so, and that it lives."""
    while True:
        progress.write(state="starting", message="Waiting for another job")
        with contextlib.suppress(Timeout):
            return jobs.job_lock().acquire(timeout=WAIT_SECONDS)


def _sentence(error: BaseException) -> str:
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, OSError):
        return f"A file could not be written: {folders.describe_unwritable(error)}"
    if isinstance(error, MemoryError):
        return "The machine ran out of memory. Try again when nothing trains."
    told = f"{type(error).__name__}: {error}"[:500]
    return f"It ended with an error. Try again, or with another model. It was {told}"


def _work(folder: Path, progress: Progress) -> None:
    path = Path(files.read_json(folder / "config.json")["model"])
    WORK[folder.name](path, progress)


def _features(model_path: Path, progress: Progress) -> None:
    """The features of all training images."""
    from fashion_core import checkpoints, data
    from fashion_core.inside import features

    digest = files.digest_of(model_path)  # before it is loaded: a run may replace the file
    model = checkpoints.load_model(model_path)
    pixels = data.load_split("train").pixels
    index = features.compute_index(model, pixels, digest, progress.report)
    features.save_index(jobs.result_path(model_path, "features"), index)


def _tsne(model_path: Path, progress: Progress) -> None:
    """The test images laid out by t-SNE."""
    from fashion_core import checkpoints, data
    from fashion_core.inside import features, projection

    digest = files.digest_of(model_path)
    model = checkpoints.load_model(model_path)
    progress.write(state="running", message="Looking at the test images")
    vectors = features.penultimate(model, data.load_split("test").pixels)
    projection.refuse_too_narrow(vectors)
    vectors = features.project(vectors, features.principal_axes(vectors))
    progress.began = time.monotonic()
    positions = projection.tsne_positions(vectors, progress.report)
    projection.save_positions(jobs.result_path(model_path, "tsne"), positions, digest)


def _answers(model_path: Path, progress: Progress) -> None:
    """The answers to all test images, kept beside the model."""
    from fashion_core import checkpoints, data, kept_answers, predict

    digest = files.digest_of(model_path)  # before it is loaded: a run may replace the file
    model, pixels = checkpoints.load_model(model_path), data.load_split("test").pixels
    logits = predict.predict_in_parts(model, pixels, progress.report)
    kept_answers.save_answers(model_path, logits, digest)


WORK = {"features": _features, "tsne": _tsne, "answers": _answers}

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
