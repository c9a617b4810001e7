"""The app as a stranger meets it: a real server, a real Chromium. For the browser tests,
screenshots and benches.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from find_chromium import find_chromium
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from waiting import SECONDS, wait_for

PROJECT_DIR = Path(__file__).resolve().parents[1]
SERVER_SECONDS = 180  # only ends what hangs
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # With them each window loads two pages of Chromium's own for its address bar: a third of all
    # that it computes.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(
    runs_dir: Path, port: int, folder: Path = PROJECT_DIR, **environment: str
) -> subprocess.Popen:
    """Start the app of a folder on a port and wait until it answers."""
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "streamlit_app.py")]
    command += [
        "--server.port",
        str(port),
        "--server.address",
        "127.0.0.1",
        "--server.headless",
        "true",
    ]
    log = (runs_dir / "server.log").open("ab")
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"FASHION_RUNS_DIR": str(runs_dir)} | environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
            if _listens(server, port):
                return server
        if server.poll() is not None:
            break
        time.sleep(0.2)
    server.kill()
    raise RuntimeError((runs_dir / "server.log").read_text())


def _listens(server: subprocess.Popen, port: int) -> bool:
    """Whether it is this server that answers on the port: another may have taken it meanwhile."""
    with contextlib.suppress(psutil.Error):  # it has ended
        places = psutil.Process(server.pid).net_connections("tcp")
        mine = {place.laddr.port for place in places if place.status == psutil.CONN_LISTEN}
        return server.poll() is None and port in mine
    return False


@contextlib.contextmanager
def served(runs_dir: Path, **environment: str) -> Iterator[str]:
    """The address of a server of its own, which ends with everything that it has started."""
    port = free_port()
    server = start_server(runs_dir, port, **environment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
        kill_workers(runs_dir)


def kill_workers(runs_dir: Path) -> None:
    """End every training process that a test has left behind, and wait until they have ended."""
    killed = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "fashion_core.worker" in command and any(str(runs_dir) in word for word in command):
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
                killed.append(process)
    wait_for(lambda: not any(map(_lives, killed)), "the killed workers")


def _lives(process: psutil.Process) -> bool:
    # A server that lives reaps its dead workers only when it starts the next one
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def watch_console(page) -> list[str]:
    """Collect the page's console errors and uncaught exceptions from now on."""
    errors = []
    page.on(
        "pageerror",
        lambda error: None if _is_of_a_left_canvas(error) else errors.append(str(error)),
    )
    page.on(
        "console",
        lambda message: (
            errors.append(f"{message.text} {message.location}") if _is_error(message) else None
        ),
    )
    return errors


def _is_of_a_left_canvas(error) -> bool:
    # The drawing library still paints when its canvas has just been taken away; nobody can see it.
    return "clearRect" in error.message and "streamlit_drawable_canvas" in error.stack


def _is_error(message) -> bool:
    url = message.location.get("url", "")
    # On a page below the root Streamlit looks for its own health check in both places; one of them
    # answers 404.
    about_health = "/_stcore/" in url
    return message.type == "error" and not about_health


OVERFLOW = (
    "(main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
)


def overflow(page) -> int:
    """By how many pixels the page is wider than its screen; what scrolls is Streamlit's main area,
    not the document.
    """
    return page.evaluate(OVERFLOW)


def expect_to_fit(page) -> None:
    """The page comes to be no wider than its screen: while the sidebar slides, a figure can for a
    moment keep the width that it had.
    """
    page.wait_for_function(f"{OVERFLOW} <= 0")


def page_at_rest(page) -> None:
    """The server has drawn all of the page. Called once something that was awaited is seen: the
    page does not tell that a click is on its way.
    """
    # Often: a page that draws a part of itself every second is at rest for moments only
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'",
        polling=20,
    )


def visit(page, address: str = "") -> None:
    """Open an address, else the page's own again, and wait until the server has drawn all of it:
    what is clicked while it grows can be lost.
    """
    page.goto(address) if address else page.reload()
    page.get_by_role("heading", level=1).first.wait_for()
    page_at_rest(page)


# Fulfilled once the page has nothing to do: Streamlit waits a moment before it draws an answer.
# Playwright waits for a promise without end, so there is a second end.
IDLE = """new Promise(done => {
  setTimeout(() => requestIdleCallback(() => requestAnimationFrame(done)), 100)
  setTimeout(done, 10000)
})"""


def answers_of(page) -> Callable:
    """answered(times): do something on a page at rest within it; after it the server has answered
    so many times, and the page shows the answer. Called before the page is opened.
    """
    ends = []

    def listen(socket):
        socket.on(
            "framereceived", lambda payload: ends.append(payload) if _ends_a_run(payload) else None
        )

    @contextlib.contextmanager
    def answered(times: int = 1):
        before, deadline = len(ends), time.monotonic() + SECONDS
        yield
        while len(ends) < before + times:
            assert time.monotonic() < deadline
            page.wait_for_timeout(20)
        page.evaluate(IDLE)  # a new brush that arrives within a stroke cuts its beginning off

    page.on("websocket", listen)
    return answered


def _ends_a_run(payload: bytes) -> bool:
    """Whether the server says so of a run of the page's script."""
    return ForwardMsg.FromString(payload).WhichOneof("type") == "script_finished"


def open_settings(page) -> None:
    """Unfold the settings of Train's form once the page is drawn: before, a click can be lost."""
    card = page.locator(".st-key-form_card")
    card.locator("summary").filter(has_text=re.compile("Settings$")).wait_for()
    page_at_rest(page)
    unfold(card, "Settings")


def open_more(page) -> None:
    """Unfold what stands under More in the settings."""
    unfold(page.locator(".st-key-form_card"), "More")


def unfold(place, label: str = "") -> None:
    """Open the expander in a place whose label ends so. What is clicked while it grows is lost."""
    place.locator("summary").filter(has_text=re.compile(f"{label}$")).click()
    place_at_rest(place)


def place_at_rest(element) -> dict:
    """Where an element is on the screen, once it has come to rest: a new or changed figure takes a
    moment.
    """
    expect(element).to_have_count(1)
    before = None
    for _ in range(100):
        box = element.bounding_box() if element.count() == 1 else None
        if box and box == before:
            return box
        before = box
        element.page.wait_for_timeout(100)
    raise AssertionError("it does not come to rest")


def canvas_at_rest(page) -> dict:
    """Where the drawing canvas is on the screen, once it has its size and hears strokes."""
    page.locator(".canvas-root[aria-label] .upper-canvas").wait_for()
    page_at_rest(page)
    return place_at_rest(page.locator("canvas").last)


def canvas_has_spoken(page) -> None:
    """The server has answered all that the canvas sends by itself: one that was just put on the
    page sends its drawing a moment after the answer is shown. Called before the page is left:
    Back or a link in that moment is lost, since Streamlit makes one run of the two, and that of
    the page that was to be left.
    """
    canvas_at_rest(page)
    page.wait_for_timeout(500)  # longer than the canvas waits before it sends
    page_at_rest(page)


def launch_browser(playwright):
    """A headless Chromium."""
    return playwright.chromium.launch(executable_path=find_chromium(), args=BROWSER_FLAGS)
