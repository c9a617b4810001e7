"""How this version's pages compare in speed with another one's, and its server in memory.

A server for each version, new ones each round, started first by turns. The pages are opened by new
sessions in turns while all is cached, without a browser. Above 1 this version is faster.

    PYTHONPATH=.:tests python tests/bench/page_versions.py FOLDER_OF_THE_OTHER_VERSION [--rounds 4]
"""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

import psutil
from app_server import PROJECT_DIR, free_port, start_server
from websocket_visitor import Visitor

PAGES = ("", "train", "runs", "predictions", "confusion_matrix", "compare", "classify")
TURNS = 10  # one warms up


async def opening(port: int, page: str) -> float:
    async with Visitor(port, "model=fashion_cnn") as visitor:
        seconds = await visitor.open(page)
        assert not visitor.exceptions, visitor.exceptions
        return seconds


async def one_round(other: Path, ours_first: bool) -> dict[str, float]:
    """By page how many times as long the other version takes; "memory": megabytes more of ours."""
    folders = [PROJECT_DIR, other][:: 1 if ours_first else -1]
    with tempfile.TemporaryDirectory() as runs:
        ports = {folder: free_port() for folder in folders}
        servers = {
            folder: start_server(Path(runs), port, folder=folder) for folder, port in ports.items()
        }
        try:
            results = {}
            for page in PAGES:
                seconds = {folder: [] for folder in folders}
                for turn in range(TURNS + 1):
                    for folder in folders[:: 1 if turn % 2 else -1]:
                        seconds[folder].append(await opening(ports[folder], page))
                ours, theirs = (
                    statistics.median(seconds[each][1:]) for each in (PROJECT_DIR, other)
                )
                results[page or "home"] = theirs / ours
            memory = {
                folder: psutil.Process(server.pid).memory_info().rss / 1e6
                for folder, server in servers.items()
            }
            return results | {"memory": memory[PROJECT_DIR] - memory[other]}
        finally:
            for server in servers.values():
                server.kill()
                server.wait()


def main(other: Path, rounds: int) -> None:
    results = [asyncio.run(one_round(other, index % 2 == 0)) for index in range(rounds)]
    for name in results[0]:
        values = sorted(each[name] for each in results)
        print(f"{name}: {statistics.median(values):.3f} ({values[0]:.3f} to {values[-1]:.3f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", type=Path, help="folder of the other version")
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    main(arguments.other.resolve(), arguments.rounds)
