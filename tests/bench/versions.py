"""How this version's speed compares with another one's: training, evaluation and answers.

One process for each version, both on all cores, take turns, the first one by turns too, so that a
noisy machine troubles both alike. Two processes of the same version differ by up to 5 %, so each
round starts new ones. Training: images per second over 13,000 images of the classic
network. Evaluation: the 10,000 test images, by the same network. Answers: from a picture's bytes to
its class, the 80 drawings of tests/recognition. Above 1 this version is faster. The
pages: page_versions.py.

    python tests/bench/versions.py FOLDER_OF_THE_OTHER_VERSION [--rounds 8] [--turns 3]
        [--tasks training …]
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
TASKS = ("training", "evaluation", "answers")


def task_seconds(model_path: Path) -> dict[str, Callable[[], float]]:
    """By task a function that does it with the version in whose folder this process runs."""
    import torch

    from fashion_core import checkpoints, predict, training
    from fashion_core.config import TrainConfig
    from fashion_core.data import load_split

    try:
        from fashion_core.pictures.opening import open_picture
        from fashion_core.pictures.prepare import prepare
    except ImportError:  # one module in former versions
        from fashion_core.pictures import open_picture, prepare

    model = checkpoints.load_model(model_path)
    splits = [load_split(name) for name in ("train", "val", "test")]
    drawings = sorted((HERE / "tests" / "recognition" / "sketch").glob("*.png"))

    def train() -> float:
        config = TrainConfig(epochs=1, train_size=13_000)
        state = training.new_state(config, torch.device("cpu"))
        events = training.train(state, splits[0], splits[1])
        return 1 / next(each["images_per_second"] for each in events if each["kind"] == "epoch")

    def evaluate() -> float:
        began = time.perf_counter()
        predict.predict_logits(model, splits[2].pixels)
        return time.perf_counter() - began

    def answer() -> float:
        began = time.perf_counter()
        for path in drawings:
            predict.classify_pixels(model, prepare(open_picture(path.read_bytes())).pixels)
        return time.perf_counter() - began

    return dict(zip(TASKS, (train, evaluate, answer), strict=True))


def serve(model_path: str) -> None:
    """Do the tasks that standard input names; print the seconds of each."""
    tasks = task_seconds(Path(model_path))
    for line in sys.stdin:
        print(tasks[line.strip()](), flush=True)


def start(folder: Path) -> subprocess.Popen:
    model_path = HERE / "checkpoints" / "pretrained" / "fashion_cnn.pt"
    # What is started by -c has the folder that it runs in first on its path
    command = f"import runpy; runpy.run_path({__file__!r})['serve']({str(model_path)!r})"
    return subprocess.Popen(
        [sys.executable, "-c", command],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(process: subprocess.Popen, task: str) -> float:
    process.stdin.write(f"{task}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def compare(other: Path, turns: int, tasks: list[str], ours_first: bool) -> dict[str, float]:
    """How many times as long the other version takes, by task: the median of the turns."""
    # By turns, so that what the first one finds on the machine troubles both
    processes = [start(folder) for folder in ((HERE, other) if ours_first else (other, HERE))]
    ours, theirs = processes if ours_first else processes[::-1]
    ratios = {task: [] for task in tasks}
    try:
        for task in tasks:
            for turn in range(turns + 1):
                order = processes if turn % 2 else processes[::-1]
                seconds = {process: ask(process, task) for process in order}
                ratios[task].append(seconds[theirs] / seconds[ours])
    finally:
        for process in processes:
            process.kill()
    return {task: statistics.median(values[1:]) for task, values in ratios.items()}  # one warms up


def main(other: Path, rounds: int, turns: int, tasks: list[str]) -> None:
    results = [compare(other, turns, tasks, round_ % 2 == 0) for round_ in range(rounds)]
    for task in tasks:
        ratios = sorted(each[task] for each in results)
        print(f"{task}: {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", type=Path, help="folder of the other version")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    arguments = parser.parse_args()
    main(arguments.other.resolve(), arguments.rounds, arguments.turns, arguments.tasks)
