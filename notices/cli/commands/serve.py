"""serve: the page in the browser."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from threading import Thread

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE
from notices.cli.translated_help import command
from notices.messages import say

PORT = 8765


@command()
@click.option("--host", default="127.0.0.1", metavar="HOST", help="The address to listen on; default 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, help="The port; default 8765, 0 for a free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in the browser.")
@click.option("--certificate", type=FILE, metavar="FILE", help="Certificate for TLS, as PEM.")
@click.option("--key", type=FILE, metavar="FILE", help="Key of the certificate, as PEM.")
@click.option("--behind-proxy", is_flag=True, help="Trust X-Forwarded-* of one proxy with TLS in front.")
@common
@pass_door
def serve(
    door: Door,
    host: str,
    port: int,
    no_browser: bool,
    certificate: Path | None,
    key: Path | None,
    behind_proxy: bool,
) -> None:
    """Open the workspace in the browser, until Ctrl-C."""
    from notices.web import server
    from notices.web.people import has_users
    from notices.web.site import Site

    address = server.address_of(host, port, certificate=certificate, key=key, behind_proxy=behind_proxy)

    def ready(url: str) -> None:
        if door.as_json:
            door.answer({"address": url})
        door.say(say("The page is at {url} – Ctrl-C ends it.", url=url))
        if not no_browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            Thread(target=_open_browser, args=(url,), daemon=True).start()

    with closing(Site(door.workspace.root, address)) as site:
        server.refuse_nobody(address, has_users=has_users(site))
        server.serve(site, certificate, key, ready)
    door.say(say("The page has ended."))


def _open_browser(url: str) -> None:
    """Open the page beside the server, which must answer it: some browsers come back only when they are closed."""
    import webbrowser  # it asks the desktop which browser is wanted

    webbrowser.open(url)


COMMANDS = (serve,)
