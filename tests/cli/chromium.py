"""Headless Chromium: open a PDF in its viewer, click, type, and save it with the viewer's own function.

It is driven over the DevTools protocol through a pipe (`--remote-debugging-pipe`): requests on its file descriptor 3,
answers on 4, each ended by a zero byte. The only port opened is that of the loopback server for the file.
"""

from __future__ import annotations

import base64
import functools
import http.server
import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
ANSWER_SECONDS = 30
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
    "--window-size=1000,1400",
)  # fmt: skip
ONTO_THREE_AND_FOUR = """
import os, sys
read, write = (os.dup(int(end)) for end in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
for end in (3, 4):
    os.set_inheritable(end, True)
os.execv(sys.argv[3], sys.argv[3:])
"""
SAVE = """
(async () => {
  const saved = await viewer.currentController.save('EDITED');
  const bytes = new Uint8Array(saved.dataToSave);
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
})()
"""
LAID_OUT = """
JSON.stringify({loaded: viewer.loadState_ === 'success', page: viewer.viewport_.getPageScreenRect(PAGE),
                zoom: viewer.viewport_.getZoom(), plugin: viewer.plugin_.getBoundingClientRect()})
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve a folder without logging."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited parameter name
        """Log nothing."""


class Browser:
    """Running Chromium and the pipe to it."""

    def __init__(self, profile: Path) -> None:
        to_browser, self._requests = os.pipe()
        self._answers, from_browser = os.pipe()
        ends = [str(to_browser), str(from_browser)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", ONTO_THREE_AND_FOUR, *ends, str(PROGRAM), *OPTIONS, f"--user-data-dir={profile}"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._asked = 0
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send one request and return its answer; events received meanwhile are kept in `events`."""
        self._asked += 1
        request = {"id": self._asked, "method": method, "params": params}
        os.write(self._requests, json.dumps(request | ({"sessionId": session} if session else {})).encode() + b"\0")
        limit = time.monotonic() + ANSWER_SECONDS
        while message := self._next(limit):
            if message.get("id") == self._asked:
                assert "error" not in message, message
                return dict(message["result"])
            self.events.append(message)
        raise TimeoutError(method)

    def _next(self, limit: float) -> dict[str, Any] | None:
        while b"\0" not in self._buffer:
            if not select.select([self._answers], [], [], max(0.0, limit - time.monotonic()))[0]:
                return None
            if not (more := os.read(self._answers, 1 << 20)):
                return None  # the browser has ended
            self._buffer += more
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def close(self) -> None:
        """End the browser and the pipe."""
        self.process.kill()
        self.process.wait()
        os.close(self._requests)
        os.close(self._answers)


class Viewer:
    """PDF open in Chromium's viewer at one of its pages, counted from 0."""

    def __init__(self, browser: Browser, address: str, page: int) -> None:
        self._browser, self._page = browser, page
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self._tab = str(browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        attach = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
        browser.ask("Target.setAutoAttach", self._tab, **attach)
        browser.ask("Page.navigate", self._tab, url=f"{address}#page={page + 1}&zoom=75")
        self._frame = self._wait_for_frame()
        self._place = self._wait_for_page()

    def click(self, rect: tuple[float, float, float, float], page_height: float) -> None:
        """Click in the middle of a rectangle of the page: left, bottom, right, top in points."""
        left, bottom, right, top = rect
        points, plugin, page = self._place["zoom"] * 96 / 72, self._place["plugin"], self._place["page"]
        x = plugin["x"] + page["x"] + (left + right) / 2 * points
        y = plugin["y"] + page["y"] + (page_height - (bottom + top) / 2) * points
        for kind, button in (("mouseMoved", "none"), ("mousePressed", "left"), ("mouseReleased", "left")):
            count = 0 if button == "none" else 1
            mouse = {"type": kind, "x": x, "y": y, "button": button, "clickCount": count}
            self._browser.ask("Input.dispatchMouseEvent", self._tab, **mouse)

    def type(self, text: str) -> None:
        """Type into the focused element, as a Chinese input method does."""
        self._browser.ask("Input.insertText", self._tab, text=text)

    def seen(self) -> bytes:
        """Return a screenshot of the window, as PNG."""
        return base64.b64decode(self._browser.ask("Page.captureScreenshot", self._tab)["data"])

    def saved(self) -> bytes:
        """Return the file as saved by the viewer's “save with changes”."""
        return base64.b64decode(self._evaluate(SAVE))

    def _evaluate(self, script: str) -> str:
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self._browser.ask("Runtime.evaluate", self._frame, **asked)
        assert "exceptionDetails" not in answer, answer
        return str(answer["result"].get("value"))

    def _wait_for_frame(self) -> str:
        """Return the session of the viewer's frame, which the tab opens for a PDF."""
        limit = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < limit:
            for event in self._browser.events:
                parameters = event.get("params", {})
                if parameters.get("targetInfo", {}).get("type") == "iframe" and "sessionId" in parameters:
                    return str(parameters["sessionId"])
            self._browser.ask("Target.getTargets")
            time.sleep(0.1)
        raise TimeoutError("Chromium opened no viewer")

    def _wait_for_page(self) -> dict[str, Any]:
        """Return the page's place in the window, once the layout has settled."""
        limit = time.monotonic() + ANSWER_SECONDS
        before: dict[str, Any] = {}
        while time.monotonic() < limit:
            known = self._evaluate("String(typeof viewer !== 'undefined' && !!viewer.viewport_ && !!viewer.plugin_)")
            if known == "true":
                place = dict(json.loads(self._evaluate(LAID_OUT.replace("PAGE", str(self._page)))))
                if place["loaded"] and place == before:
                    return place
                before = place
            time.sleep(0.3)
        raise TimeoutError("the viewer did not come to rest")


@contextmanager
def opened(pdf: Path, page: int, scratch: Path) -> Iterator[Viewer]:
    """Open a PDF in Chromium's viewer for the duration of the block; all processes end with it."""
    handler = functools.partial(Quiet, directory=str(pdf.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser(scratch / "chromium")
    try:
        yield Viewer(browser, f"http://127.0.0.1:{server.server_port}/{pdf.name}", page)
    finally:
        browser.close()
        server.shutdown()
        server.server_close()
