"""The status.json by which a process that works in a folder tells of itself."""

import time
from pathlib import Path

import psutil

from fashion_core import files
from fashion_core.runs import folders

SECONDS = 0.5  # between two writings of how far it is: the page looks once a second


class StatusFile:
    """The status.json of a run, a search or a job, which from now on only this process writes."""

    def __init__(self, folder: Path, **values):
        """`values` are what it says beside who writes it; nothing is written yet."""
        process = psutil.Process()
        begun = {"pid": process.pid, "process_started_at": folders.process_start(process)}
        self.path = folder / "status.json"
        self.values = values | begun
        self.written_at = 0.0

    def write(self, **changes) -> None:
        """Write these values and all earlier ones. Raises OSError."""
        self.values |= changes | {"heartbeat_at": time.time()}
        files.write_json(self.path, self.values)
        self.written_at = time.monotonic()

    def write_sometimes(self, **changes) -> None:
        """Keep these values; write at most twice a second. Raises OSError."""
        self.values |= changes
        if time.monotonic() - self.written_at > SECONDS:
            self.write()
