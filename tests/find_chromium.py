"""Find a Chromium that starts, or install one: the browser of the browser tests and of `make
screenshots`.

As a script (`make test` calls it) it prints the browser's path. Without one it says so loudly on
standard error and exits with 1 where CI=true, with 3 elsewhere: the browser tests cannot run then,
and the caller deselects them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ENVIRONMENT_NAME = "FASHION_CHROMIUM"
# The first has no windows and takes an eighth less processor time
COMMANDS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
COMMANDS += ("google-chrome-stable", "chrome")
MAC_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
START_SECONDS = 30  # a browser's first start on a busy machine
INSTALL_SECONDS = 600  # some 200 MB on a slow line; ends a download that only drips


def find_chromium() -> str | None:
    """The path of a browser that starts: FASHION_CHROMIUM, one on PATH, Playwright's own; None
    without one.

    Raises FileNotFoundError if FASHION_CHROMIUM is set to something that does not start.
    """
    wished = os.environ.get(ENVIRONMENT_NAME)
    if wished and not starts(wished):
        raise FileNotFoundError(f"{ENVIRONMENT_NAME}={wished} is no browser that starts.")
    return wished or next(filter(starts, candidates()), None)


def candidates() -> Iterator[str]:
    """Places where a browser may be; Playwright is asked last, since that takes a second."""
    yield from filter(None, map(shutil.which, COMMANDS))
    yield from MAC_APPS
    yield playwrights_own()


def playwrights_own() -> str:
    """Where Playwright would put its own Chromium, there or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def starts(path: str) -> bool:
    """Whether the program runs: Ubuntu's chromium-browser is only a hint to snap, others lack a
    library.
    """
    if not Path(path).is_file():
        return False
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=START_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


def install_chromium() -> str | None:
    """Install Playwright's Chromium or, where that fails, Debian's; the path of the one that
    starts, or None.
    """
    for command in install_commands():
        say(f"No Chromium yet, trying: {' '.join(command)}")
        run(command)
        if found := find_chromium():
            return found
    return None


def install_commands() -> Iterator[list[str]]:
    """Commands to try in turn; those that change the system only where they need no password."""
    playwright = [sys.executable, "-m", "playwright"]
    yield [*playwright, "install", "chromium"]
    as_root = root_prefix()
    if as_root is not None and shutil.which("apt-get"):
        apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
        yield [*apt, "update"]
        yield [*apt, "install", "--no-install-recommends", "chromium-headless-shell"]
        yield [*apt, "install", "--no-install-recommends", "chromium"]
        # Ubuntu's chromium package is only a snap; there Playwright's own lacks nothing but system
        # libraries.
        yield [*as_root, *playwright, "install-deps", "chromium"]


def root_prefix() -> list[str] | None:
    """What to put before a command that needs root: nothing, sudo without a password, or None where
    neither.
    """
    if getattr(os, "geteuid", lambda: 1)() == 0:
        return []
    sudo = ["sudo", "-n"]
    return sudo if shutil.which("sudo") and run([*sudo, "true"]) else None


def run(command: list[str]) -> bool:
    """Run a command, its output going to standard error; whether it ended well within the time
    limit.
    """
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), timeout=INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(str(error))
        return False
    return ended.returncode == 0


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> int:
    if path := find_chromium() or install_chromium():
        print(path)
        return 0
    say("\n" + "!" * 100)
    say("!! NO CHROMIUM: none was found and none could be installed. THE BROWSER TESTS DO NOT RUN.")
    say(
        f"!! Install Chromium or Google Chrome, or set {ENVIRONMENT_NAME} to its path, and run this"
        " again."
    )
    say("!" * 100 + "\n")
    return 1 if os.environ.get("CI") == "true" else 3


if __name__ == "__main__":
    sys.exit(main())
