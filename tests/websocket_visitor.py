"""A visitor without a browser: Streamlit's own protocol, for benches with many at a time."""

import base64
import io
import json
import time

from PIL import Image, ImageDraw
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

EDGE = 280  # pixels of the canvas
INK = "#111111"


class Visitor:
    """One session of the app. Each method returns the seconds until the page was drawn whole."""

    def __init__(self, port: int, query: str = ""):
        self.address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self.query = query
        self.page_hash = ""
        self.canvas = self.canvas_fragment = ""
        self.strokes = 0
        self.exceptions: list[str] = []
        self.socket = None

    async def __aenter__(self) -> "Visitor":
        self.socket = await connect(self.address, subprotocols=["streamlit"], max_size=None)
        return self

    async def __aexit__(self, *error) -> None:
        await self.socket.close()

    async def open(self, page: str) -> float:
        """Open a page by its address, "" for Home."""
        message = BackMsg()
        message.rerun_script.page_name = page
        return await self._run(message)

    async def stroke(self) -> float:
        """Add a stroke to the canvas of the page: one more line of a T-shirt."""
        self.strokes += 1
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page_hash
        message.rerun_script.fragment_id = self.canvas_fragment
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.json_value = self.canvas, json.dumps({"drawing": drawing(self.strokes)})
        return await self._run(message)

    async def _run(self, message: BackMsg) -> float:
        message.rerun_script.query_string = self.query
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while not self._take_in(ForwardMsg.FromString(await self.socket.recv())):
            pass
        return time.perf_counter() - began

    def _take_in(self, message: ForwardMsg) -> bool:
        """Note what a message tells; whether it ends a run of the script."""
        if message.HasField("new_session"):
            self.page_hash = message.new_session.page_script_hash
        element = message.delta.new_element
        if element.HasField("exception"):
            self.exceptions.append(element.exception.message)
        if element.bidi_component.component_name.endswith("drawable_canvas"):
            self.canvas = element.bidi_component.id
            self.canvas_fragment = message.delta.fragment_id
        return message.HasField("script_finished")


# The corners of a T-shirt, anew from the first when all are used
CORNERS = [(60, 70), (110, 40), (170, 40), (220, 70), (240, 120), (205, 130), (200, 110)]
CORNERS += [(200, 240), (80, 240), (80, 110), (75, 130), (40, 120), (60, 70)]


def drawing(strokes: int) -> dict:
    """What the canvas says of a drawing with this many strokes."""
    image, objects = Image.new("RGBA", (EDGE, EDGE), "white"), []
    painter = ImageDraw.Draw(image)
    for index in range(strokes):
        line = [CORNERS[(index + end) % len(CORNERS)] for end in (0, 1)]
        painter.line(line, INK, 9)
        path = [["M", *line[0]], ["L", *line[1]]]
        objects.append({"type": "path", "path": path, "stroke": INK, "strokeWidth": 9})
    file = io.BytesIO()
    image.save(file, "PNG")
    data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return {"raw": {"objects": objects, "background": "#FFFFFF"}, "data": data}
