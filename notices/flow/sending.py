"""E-mails to a mail server, one by one: written down before the attempt, and what came of it after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from notices.errors import DataNeedsPerson, Unusable
from notices.files import write_whole
from notices.flow.composing import compose, route_of
from notices.flow.leftovers import scratch
from notices.flow.pace import Pace
from notices.flow.patience import Patience, patience
from notices.flow.ready import Ready, set_aside
from notices.flow.stage import Stage
from notices.ledger import NOT_SENT, MailFacts, NoticeRecord, StateChange
from notices.messages import Message, say
from notices.model import State
from notices.post import (
    Answer,
    Dropped,
    Envelope,
    MailContent,
    ServerStops,
    Verdict,
    build_message,
    check_addresses,
    envelope_of,
    file_stem,
    signed,
)
from notices.post.server import Connection, connect
from notices.settings import Route

RECONNECTS = 3  # for one message, while nothing of it can have been taken

STATES: Mapping[Verdict, State] = {
    Verdict.SENT: State.SENT,
    Verdict.DEFERRED: State.DEFERRED,
    Verdict.REFUSED: State.REFUSED,
    Verdict.UNKNOWN: State.UNKNOWN,
}


@dataclass(frozen=True)
class MailMeans:
    """What sending needs from the door: passwords by the name of their variable, the local time, who is told."""

    password: Callable[[str], str | None]
    now: Callable[[], datetime]
    progress: Callable[[int, int], None]
    any_hour: bool = False


@dataclass
class Tried:
    """What became of the messages so far, by state, and what needs a person."""

    batch: str
    attention: list[Message]
    _numbers: dict[State, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, number: str, state: State) -> None:
        """Count one."""
        self._numbers[state].append(number)

    @property
    def by_state(self) -> dict[str, tuple[str, ...]]:
        """The notices by what the server said of them; a state that none is in has an empty tuple."""
        return {state.value: tuple(self._numbers.get(state, ())) for state in STATES.values()}


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A message ready for the line."""

    envelope: Envelope
    content: bytes
    message_id: str
    pdf_sha256: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the message, in hexadecimal."""
        return sha256(self.content).hexdigest()


def send_by_smtp(
    at: Stage, queue: Sequence[Ready], earlier: Mapping[int, NoticeRecord], means: MailMeans, tried: Tried
) -> None:
    """Hand the messages to their servers in this order, telling `tried`; a trial goes as far as the login.

    Ctrl-C lets the message in flight end. Raises Unusable where a server cannot be used: what was not handed over yet
    stands as before.
    """
    routes = list(dict.fromkeys(route_of(at, ready) for ready in queue))
    for route in routes:
        check_addresses(route)
    with scratch(at.workspace.output(at.order.batch)) as folder, patience() as asked, _lines(means) as lines:
        run = _Run(at, means, tried, lines, asked)
        try:
            if at.trial:
                for route in routes:
                    lines.to(route)
            run.all(queue, earlier, folder)
        except Unusable as error:
            raise Unusable(error.fact, error.remedy, (*error.details, *tried.attention)) from error


class _Lines:
    """The open connections, one a route."""

    def __init__(self, means: MailMeans) -> None:
        self._means = means
        self._open: dict[Route, Connection] = {}

    def to(self, route: Route) -> Connection:
        """A connection that may take a message; raises Unusable."""
        line = self._open.pop(route, None)
        if line is not None and not line.usable:
            line.close()
            line = None
        self._open[route] = line or connect(route, self._password(route))
        return self._open[route]

    def close(self) -> None:
        """Take leave of all servers."""
        for line in self._open.values():
            line.close()

    def _password(self, route: Route) -> str | None:
        return self._means.password(route.password_variable) if route.password_variable else None


@contextmanager
def _lines(means: MailMeans) -> Iterator[_Lines]:
    lines = _Lines(means)
    try:
        yield lines
    finally:
        lines.close()


class _Run:
    """One `send`."""

    def __init__(self, at: Stage, means: MailMeans, tried: Tried, lines: _Lines, asked: Patience) -> None:
        self.at = at
        self.means = means
        self.tried = tried
        self.lines = lines
        self.asked = asked
        self.pace = Pace(asked.pause)

    def all(self, queue: Sequence[Ready], earlier: Mapping[int, NoticeRecord], folder: Path) -> None:
        """The whole queue, as long as mail may leave."""
        mail = self.at.workspace.settings.mail
        for done, ready in enumerate(queue):
            self.means.progress(done, len(queue))
            self.asked.check()
            if not (self.at.trial or self.means.any_hour or mail.is_open(self.means.now().timetz())):
                self.tried.attention.append(
                    say("{count} message(s) wait for the next office hours.", count=len(queue) - done)
                )
                return
            route = route_of(self.at, ready)
            try:
                letter = self._letter(ready, earlier.get(ready.notice.id), route, folder)
                self._refuse_too_large(ready, letter, route)
            except DataNeedsPerson as error:
                self.tried.attention.append(error.fact)
                set_aside(self.at, [ready], error.fact)
                continue
            if self.at.trial:
                self.tried.add(_number(ready), State.SENT)
            else:
                self._send(ready, letter, route)
        self.means.progress(len(queue), len(queue))

    def _letter(self, ready: Ready, earlier: NoticeRecord | None, route: Route, folder: Path) -> Letter:
        content = compose(self.at, ready, earlier, folder, dated=self.means.now())
        return letter_from(content, route)

    def _refuse_too_large(self, ready: Ready, letter: Letter, route: Route) -> None:
        most = self.lines.to(route).largest
        if len(letter.content) > most:
            raise DataNeedsPerson(
                say(
                    "{notice} cannot go by e-mail: its message has {size} bytes, the mail server takes {most}.",
                    notice=_number(ready),
                    size=len(letter.content),
                    most=most,
                ),
                say("Withdraw the notice and let it go on paper, or raise [mail] max_megabytes."),
            )

    def _send(self, ready: Ready, letter: Letter, route: Route) -> None:
        """One message: kept as it leaves, written down, tried, and what came of it written down."""
        self._wait_for_turn(route)
        kept = self.at.workspace.sent(self.at.order.batch)
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(kept / f"{file_stem(_number(ready))}.eml", letter.content)
        self._begin(ready, letter, route)
        try:
            answer = self._attempt(letter, route)
        except Unusable as error:
            self._end(ready, State.RENDERED, kind=NOT_SENT, data={"why": error.fact.as_data()})
            raise
        state, what = self._state(ready, answer)
        facts = MailFacts(server_code=answer.code, server_text=answer.text)
        self._end(ready, state, mail=facts, data={"stage": answer.stage, "code": answer.code, "text": answer.text})
        self.tried.add(_number(ready), state)
        if what:
            self.tried.attention.append(what)

    def _attempt(self, letter: Letter, route: Route) -> Answer:
        """Hand it over once; again on a fresh connection only while nothing of it can have been taken."""
        for _ in range(1 + RECONNECTS):
            try:
                return self.lines.to(route).attempt(letter.envelope, letter.content)
            except Dropped:
                continue
            except ServerStops as error:
                raise Unusable(
                    say("The mail server {host} takes no mail from us: {answer}.", host=route.host, answer=error.what),
                    say("Ask who runs it; what has not gone is as it was, and `notices resume` goes on."),
                ) from error
        raise Unusable(
            say("The mail server {host} breaks off again and again.", host=route.host),
            say("Wait and run `notices resume`; if it stays so, ask who runs the server."),
        )

    def _wait_for_turn(self, route: Route) -> None:
        def tried_before(since: datetime) -> list[datetime]:
            with self.at.ledger.read() as books:
                return books.tried_since(since, _server(route))

        self.pace.wait(route, self.means.now, tried_before)

    def _begin(self, ready: Ready, letter: Letter, route: Route) -> None:
        told = {"server": _server(route), "recipient": letter.envelope.recipient, "pdf_sha256": letter.pdf_sha256}
        facts = MailFacts(message_id=letter.message_id, sha256=letter.sha256)
        self._change(
            StateChange(
                ready.delivery.id,
                State.SENDING,
                mail=facts,
                data={"attempt": ready.delivery.attempt + 1, "message_id": letter.message_id, "sha256": letter.sha256}
                | told,
            )
        )

    def _end(
        self,
        ready: Ready,
        state: State,
        *,
        kind: str = "",
        data: Mapping[str, object],
        mail: MailFacts = MailFacts(),  # noqa: B008 - it is frozen
    ) -> None:
        self._change(StateChange(ready.delivery.id, state, kind=kind, data=data, mail=mail))

    def _change(self, change: StateChange) -> None:
        with self.at.ledger.begin() as books:
            books.set_states([change], by=self.at.order.by, at=self.means.now())

    def _state(self, ready: Ready, answer: Answer) -> tuple[State, Message | None]:
        """The delivery's state by the server's answer, and what a person should know of it."""
        number = _number(ready)
        said = f"{answer.code or ''} {answer.text}".strip()
        if answer.verdict is Verdict.SENT:
            return State.SENT, None
        if answer.verdict is Verdict.UNKNOWN:
            return State.UNKNOWN, say(
                "{notice}: the connection ended in the middle of the message; nobody knows whether it went. Look for "
                "it in the mail server's log, then `notices mail settle {notice}` with --sent or --resend.",
                notice=number,
            )
        if answer.verdict is Verdict.REFUSED:
            return State.REFUSED, say(
                "{notice}: the mail server refuses it for good: {answer}", notice=number, answer=said
            )
        if self._tried_long_enough(ready):
            return State.REFUSED, say(
                "{notice}: given up, the mail server still puts it off: {answer}", notice=number, answer=said
            )
        return State.DEFERRED, say(
            "{notice}: the mail server puts it off: {answer} `notices resume {batch}` tries again later.",
            notice=number,
            answer=said,
            batch=self.at.order.batch,
        )

    def _tried_long_enough(self, ready: Ready) -> bool:
        with self.at.ledger.read() as books:
            first = books.first_tried([ready.delivery.id])[ready.delivery.id]
        return self.means.now() >= first + timedelta(hours=self.at.workspace.settings.mail.give_up_hours)


def letter_from(content: MailContent, route: Route) -> Letter:
    """The message as it goes over the line; the same content gives the same message."""
    message = build_message(content)
    return Letter(
        envelope=envelope_of(content, route.bounce_address),
        content=signed(message.as_bytes(), route),
        message_id=str(message["Message-ID"]),
        pdf_sha256=sha256(content.attachment).hexdigest(),
    )


def _number(ready: Ready) -> str:
    return ready.notice.number or ""


def _server(route: Route) -> str:
    return f"{route.host}:{route.usual_port}"
