"""The SMTP dialogue: every class of reply to every command, and data that must not be taken for a reply."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from mail_server import DROP, DROP_IN_CONTENT, TAKE_AND_DROP, Answers, Server, mail_server

from notices.post import ConnectionLost, MailEnvelope, SenderRefused, SmtpReply, Verdict
from notices.post.smtp_dialogue import attempt, dot_stuffed, printable_reply, xtext

MESSAGE = b"Subject: x\r\n\r\ntext\r\n"
ENVELOPE = MailEnvelope("a@example.com", "b@example.com", "N-1")


@contextmanager
def dialogue(answers: Answers) -> Iterator[tuple[Server, smtplib.SMTP]]:
    with mail_server(answers) as server, closing(smtplib.SMTP("127.0.0.1", server.port, timeout=5)) as smtp:
        smtp.ehlo()
        yield server, smtp


def tried(answers: Answers) -> SmtpReply:
    with dialogue(answers) as (_, smtp):
        return attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=5)


@pytest.mark.parametrize("code", [250, 251, 252])
def test_every_2xx_to_the_recipient_lets_the_message_go_on(code: int) -> None:
    assert tried({"RCPT": f"{code} ok"}).verdict is Verdict.SENT


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "content"])
@pytest.mark.parametrize("code", [421, 432, 450, 451, 452, 454, 455])
def test_every_4xx_defers(word: str, code: int) -> None:
    answer = tried({word: f"{code} later"})
    assert (answer.verdict, answer.stage, answer.code, answer.text) == (Verdict.DEFERRED, word, code, "later")


@pytest.mark.parametrize("word", ["RCPT", "DATA", "content"])
@pytest.mark.parametrize("code", [500, 503, 521, 530, 550, 551, 552, 553, 554, 555, 571])
def test_every_5xx_after_mail_from_refuses_the_message(word: str, code: int) -> None:
    answer = tried({word: f"{code}-never\r\n{code} ever"})
    assert (answer.verdict, answer.stage, answer.code, answer.text) == (Verdict.REFUSED, word, code, "never ever")


@pytest.mark.parametrize("code", [500, 501, 530, 550, 553, 554])
def test_every_5xx_to_mail_from_stops_the_run(code: int) -> None:
    with pytest.raises(SenderRefused):
        tried({"MAIL": f"{code} no"})


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        *((word, answer) for word in ("MAIL", "RCPT", "DATA") for answer in (DROP, "150 what", "hello")),
        *((word, "354 too soon") for word in ("MAIL", "RCPT")),  # to DATA it is the right answer
    ],
)
def test_an_invalid_reply_before_the_content_drops_the_connection(word: str, answer: str) -> None:
    with pytest.raises(ConnectionLost):
        tried({word: answer})


@pytest.mark.parametrize("answer", [DROP_IN_CONTENT, TAKE_AND_DROP, "354 again", "150 what", "hello", "250-half\r\n"])
def test_an_invalid_reply_to_the_content_leaves_it_unknown(answer: str) -> None:
    assert tried({"content": answer}).verdict is Verdict.UNKNOWN


def slowly(_: str) -> str:
    time.sleep(1)
    return "250 ok"


def test_no_answer_in_time_leaves_it_unknown() -> None:
    with dialogue({"content": slowly}) as (server, smtp):
        answer = attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=0.3)
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.ends_connection
    assert len(server.taken) <= 1


def test_a_reply_received_before_the_content_was_sent_is_not_accepted() -> None:
    with pytest.raises(ConnectionLost):
        tried({"DATA": "354 go\r\n250 already queued"})


def test_after_a_refusal_the_connection_accepts_the_next_message() -> None:
    with dialogue({"RCPT": ["550 no"]}) as (server, smtp):
        assert not attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=5).ends_connection
        assert attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=5).verdict is Verdict.SENT
    assert server.told("RSET")


def test_content_is_dot_stuffed_and_terminated_once() -> None:
    assert dot_stuffed(b".a\r\n.\r\nb.c\r\n..d\r\n") == b"..a\r\n..\r\nb.c\r\n...d\r\n.\r\n"
    assert dot_stuffed(b"a") == b"a\r\n.\r\n"


def test_a_servers_text_is_stripped_of_control_characters_and_truncated() -> None:
    assert printable_reply(b"a\x1b[31m\nb\xff") == "a [31m b\ufffd"
    assert len(printable_reply("x" * 10_000)) == 500


def test_xtext_encodes_forbidden_characters_in_hexadecimal() -> None:
    assert xtext("a+b=c d@e") == "a+2Bb+3Dc+20d@e"
