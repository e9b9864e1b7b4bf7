"""The mail servers of one run: their limits, and single attempts; notices and letters of reply go this way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from notices.errors import DataNeedsPerson, Unusable
from notices.flow.caller import Caller
from notices.interrupts import DeferredInterrupt
from notices.ledger import Ledger
from notices.messages import Message, say
from notices.post import ConnectionLost, MailEnvelope, SenderRefused, SmtpReply
from notices.post.connections import SmtpConnections
from notices.post.rate_limit import RateLimiter
from notices.settings import Route

RECONNECTS = 3  # per message, as long as the server cannot have accepted any of it


class LeftOff(Exception):  # noqa: N818 - says what happened
    """Ctrl-C was pressed while a message was being sent, of which the server cannot have accepted anything."""


class MailServers:
    """Connections and limits of one run; `again` is the command that sends the rest of an interrupted run.

    `pause` sleeps some seconds, and ends them early if the program is interrupted.
    """

    def __init__(
        self,
        ledger: Ledger,
        caller: Caller,
        connections: SmtpConnections,
        interrupt: DeferredInterrupt,
        again: str,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._caller = caller
        self._connections = connections
        self._interrupt = interrupt
        self._limiter = RateLimiter(pause or interrupt.pause)
        self._again = again

    def log_in(self, route: Route) -> None:
        """Connect and log in. Raises Unusable if the server cannot be used."""
        self._connections.connection_for(route)

    def wait_for_turn(self, route: Route) -> None:
        """Wait until the limits of the route allow another message, whoever sent the ones before."""

        def tried_before(since: datetime) -> list[datetime]:
            with self._ledger.read() as books:
                return books.attempts.attempts_since(since, server_of(route))

        self._limiter.wait(route, self._caller.local_time, tried_before)

    def too_large(self, number: str, content: bytes, route: Route, remedy: Message) -> DataNeedsPerson | None:
        """Return the error of a message that the server does not take for its size."""
        size, most = len(content), self._connections.connection_for(route).largest
        if size <= most:
            return None
        return DataNeedsPerson(
            say(
                "{notice}: not e-mailed, because its message has {size} bytes and the mail server takes {most}.",
                notice=number,
                size=size,
                most=most,
            ),
            remedy,
        )

    def attempt(self, envelope: MailEnvelope, content: bytes, route: Route) -> SmtpReply:
        """Send a message once; reconnect and try again only if the server cannot have accepted any of it.

        Raises Unusable if the server keeps dropping the connection, or takes no mail of ours; LeftOff if Ctrl-C was
        pressed before it can have accepted anything.
        """
        for _ in range(1 + RECONNECTS):
            if self._interrupt.requested:
                raise LeftOff
            try:
                connection = self._connections.connection_for(route)
            except KeyboardInterrupt:
                raise LeftOff from None
            try:
                return connection.attempt(envelope, content)
            except ConnectionLost:
                continue
            except SenderRefused as error:
                raise self._refused(route, error) from error
        raise Unusable(
            say("{host} keeps dropping the connection.", host=route.host),
            say("Run `{again}` later; if it happens again, ask the server's administrator.", again=self._again),
        )

    def _refused(self, route: Route, error: SenderRefused) -> Unusable:
        if error.limits:
            return Unusable(
                say("The mail server {host} limits our mail: {answer}.", host=route.host, answer=error.what),
                say(
                    "Nothing is wrong with the address. Wait, set [mail] per_hour, or ask the provider; then `{again}` "
                    "sends the rest.",
                    again=self._again,
                ),
            )
        return Unusable(
            say("The mail server {host} does not accept our mail: {answer}.", host=route.host, answer=error.what),
            say("Ask its administrator; then `{again}` sends the rest.", again=self._again),
        )


def server_of(route: Route) -> str:
    """Return the name under which attempts at a server are recorded: limits are the server's, whatever the sender."""
    return f"{route.host}:{route.usual_port}"
