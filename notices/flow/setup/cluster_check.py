"""Check of the cluster in `[cluster]`: its scheduler, and which of its workers make equal letters."""

from __future__ import annotations

from collections.abc import Iterator

from notices.errors import NoticesError
from notices.flow.rendering.cluster import access_of, census_of
from notices.flow.setup.finding import Finding, failed
from notices.flow.workspace import Workspace
from notices.messages import Message, listed, say
from notices.workers.capacity import Capacity
from notices.workers.cluster_access import ClusterAccess

FIRST_WORKER_SECONDS = 5.0  # for workers that are just connecting again


def check_cluster(workspace: Workspace) -> Iterator[Finding]:
    """Check the scheduler of the settings, if any, and the versions and fonts of its workers."""
    what = say("cluster")
    try:
        access = access_of(workspace, Capacity())
    except NoticesError:
        return  # reported with the settings
    if access is None:
        return
    try:
        found = census_of(access, FIRST_WORKER_SECONDS)
    except NoticesError as error:
        yield from failed(what, error)
        return
    if found.scheduler:
        yield Finding(
            what,
            fine=False,
            needed=False,
            fact=say("The scheduler has other versions: {reason}.", reason=listed(found.scheduler)),
            remedy=say("Install the same version of the program, with the extra “cluster”, on all machines."),
        )
    if found.fit:
        yield Finding(what, fine=True, fact=_in_use(access, found.fit))
    elif not found.unfit:
        yield Finding(
            what,
            fine=False,
            fact=say("The cluster {address} has no worker.", address=access.address),
            remedy=say("Start workers with `notices worker {address}`.", address=access.address),
        )
    for each in found.unfit:
        yield Finding(
            what,
            fine=False,
            needed=not found.fit,
            fact=say("Worker {worker} would not be used: {reason}.", worker=each.worker, reason=each.reason),
            remedy=say("Give its machine the versions and fonts of this one, then start it again."),
        )


def _in_use(access: ClusterAccess, count: int) -> Message:
    if access.encrypted:
        return say(
            "{address} answers, with TLS; {count} worker(s) make the same letters as this machine.",
            address=access.address,
            count=count,
        )
    return say(
        "{address} answers, without TLS; {count} worker(s) make the same letters as this machine.",
        address=access.address,
        count=count,
    )
