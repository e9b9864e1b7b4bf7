"""worker: make letters for a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE
from notices.cli.translated_help import command
from notices.messages import say


@command()
@click.argument("url")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=None, help="Worker processes; default by cores and memory."
)
@click.option("--memory", type=click.IntRange(256, 65536), default=1024, help="MiB of memory a worker; default 1024.")
@click.option("--name", default="", metavar="NAME", help="The name of these workers; default the host name.")
@click.option("--ca-file", type=FILE, metavar="FILE", help="Authority that signs the cluster's certificates, as PEM.")
@click.option("--certificate", type=FILE, metavar="FILE", help="Certificate of this machine, as PEM.")
@click.option("--key", type=FILE, metavar="FILE", help="Key of the certificate, as PEM.")
@click.option("--insecure", is_flag=True, help="Allow tcp:// beyond this machine, without encryption.")
@common
@pass_door
def worker(
    door: Door,
    url: str,
    workers: int | None,
    memory: int,
    name: str,
    ca_file: Path | None,
    certificate: Path | None,
    key: Path | None,
    insecure: bool,
) -> None:
    """Make letters for the cluster whose scheduler is at URL, until Ctrl-C."""
    from notices.flow.rendering.worker import WorkerOptions, work
    from notices.workers.cluster_access import ClusterAccess

    access = ClusterAccess(url, insecure, ca_file, certificate, key)
    work(access, WorkerOptions(workers or 0, memory, name), door.say)
    door.say(say("The workers have ended; nothing of the letters is left here."))


COMMANDS = (worker,)
