"""How fast the game answers: many players at once over Streamlit's own protocol.

Prints the seconds from a stroke to its answer, median and 95th of 100, of one player alone and of
30 who each draw six rounds, one stroke each two seconds, all at the same time; and what the server
computes meanwhile, which tells on a busy machine what the seconds would be on an idle one.

    PYTHONPATH=.:tests python tests/bench/play.py [--players 30] [--cores 0,1] [--threads 1]
"""

import argparse
import asyncio
import itertools
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from app_server import free_port, start_server
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websocket_visitor import Visitor

SECONDS_PER_STROKE = 2.0
STROKES = 8  # in a round; then the player skips it, as far as it still goes on
ROUNDS = 6
FINISHED_EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


class Player(Visitor):
    """A visitor who presses buttons by their label, and whose round may end with a stroke."""

    def __init__(self, port: int):
        super().__init__(port)
        self.buttons: dict[str, tuple[str, str]] = {}  # id and fragment by label

    async def press(self, label: str) -> float:
        """Click a button that is on the page."""
        assert label in self.buttons, (label, list(self.buttons), self.exceptions)
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page_hash
        button, message.rerun_script.fragment_id = self.buttons[label]
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.trigger_value = button, True
        self._forget_page()
        return await self._run(message)

    def _take_in(self, message: ForwardMsg) -> bool:
        """A run that gives way to the next one, which shows what came of it, is not the last."""
        element = message.delta.new_element
        if element.HasField("button"):
            self.buttons[element.button.label] = element.button.id, message.delta.fragment_id
        ended = super()._take_in(message)
        if message.HasField("navigation"):
            self.page_hash = message.navigation.page_script_hash
        if ended and message.script_finished == FINISHED_EARLY:
            self._forget_page()
            return False
        return ended

    def _forget_page(self) -> None:
        self.buttons, self.canvas = {}, ""

    @property
    def draws(self) -> bool:
        """Whether a round goes on."""
        return bool(self.canvas)


async def play(port: int, seconds_per_stroke: float) -> list[float]:
    """Seconds of all strokes of a player who plays a whole game."""
    taken = []
    async with Player(port) as player:
        await player.open("play")
        await player.press("Play: Draw")
        for _ in range(ROUNDS):
            await player.press("Start the clock")
            player.strokes = 0
            for _ in range(STROKES):
                await asyncio.sleep(random.uniform(0, 2 * seconds_per_stroke))
                if player.draws:
                    taken.append(await player.stroke())
            if player.draws:
                await player.press("Skip this one")
        assert not player.exceptions, player.exceptions
        assert "Play again" in player.buttons, player.buttons
    return taken


async def play_at_once(port: int, players: int) -> list[float]:
    games = (play(port, SECONDS_PER_STROKE) for _ in range(players))
    return [*itertools.chain(*await asyncio.gather(*games))]


def processor_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def describe(taken: list[float]) -> str:
    return (
        f"{len(taken)} strokes, median {statistics.median(taken):.3f} s,"
        f" 95th of 100 {sorted(taken)[int(0.95 * len(taken))]:.3f} s, longest {max(taken):.3f} s"
    )


def main(players: int, cores: set[int], environment: dict[str, str]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
    with tempfile.TemporaryDirectory() as temporary:
        port = free_port()
        server = start_server(Path(temporary), port, **environment)
        try:
            asyncio.run(play(port, 0.05))  # loads the model
            print("alone:", describe(asyncio.run(play(port, 0.05))))
            began, used = time.monotonic(), processor_seconds(server.pid)
            taken = asyncio.run(play_at_once(port, players))
            seconds, used = time.monotonic() - began, processor_seconds(server.pid) - used
            print(f"{players} at once, {seconds:.0f} s:", describe(taken))
            print(f"the server took {used:.0f} processor seconds, {used / seconds:.2f} cores")
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--players", type=int, default=30)
    parser.add_argument("--cores", help="run on these cores alone, such as 0,1", default="")
    parser.add_argument("--threads", help="of the server's torch, otherwise its own choice")
    arguments = parser.parse_args()
    cores = {int(core) for core in arguments.cores.split(",") if core}
    threads = {"OMP_NUM_THREADS": arguments.threads} if arguments.threads else {}
    main(arguments.players, cores, threads)
