"""Early start of the server that forks the workers, so that it loads its modules while the command loads its own."""

from __future__ import annotations

from notices.workers.pool import start_server

SHARD_MODULES = ("notices.letters.shards.worker",)  # what a worker imports to make shards


def start_early() -> None:
    """Start the server for `office_pool` before anything that takes long to import."""
    start_server(SHARD_MODULES)
