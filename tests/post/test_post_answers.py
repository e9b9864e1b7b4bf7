"""The dialogue word by word: every class of answer at every word, and what must never be taken for an answer."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from mail_server import DROP, DROP_IN_CONTENT, TAKE_AND_DROP, Answers, Server, mail_server

from notices.post import Answer, Dropped, Envelope, ServerStops, Verdict
from notices.post.answers import attempt, dotted, readable, xtext

MESSAGE = b"Subject: x\r\n\r\ntext\r\n"
ENVELOPE = Envelope("a@example.com", "b@example.com", "N-1")


@contextmanager
def dialogue(answers: Answers) -> Iterator[tuple[Server, smtplib.SMTP]]:
    with mail_server(answers) as server, closing(smtplib.SMTP("127.0.0.1", server.port, timeout=5)) as smtp:
        smtp.ehlo()
        yield server, smtp


def tried(answers: Answers) -> Answer:
    with dialogue(answers) as (_, smtp):
        return attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=5)


@pytest.mark.parametrize("code", [250, 251, 252])
def test_every_2xx_to_the_recipient_lets_the_message_go_on(code: int) -> None:
    assert tried({"RCPT": f"{code} ok"}).verdict is Verdict.SENT


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "content"])
@pytest.mark.parametrize("code", [421, 432, 450, 451, 452, 454, 455])
def test_every_4xx_puts_off(word: str, code: int) -> None:
    answer = tried({word: f"{code} later"})
    assert (answer.verdict, answer.stage, answer.code, answer.text) == (Verdict.DEFERRED, word, code, "later")


@pytest.mark.parametrize("word", ["RCPT", "DATA", "content"])
@pytest.mark.parametrize("code", [500, 503, 521, 530, 550, 551, 552, 553, 554, 555, 571])
def test_every_5xx_after_the_sender_refuses(word: str, code: int) -> None:
    answer = tried({word: f"{code}-never\r\n{code} ever"})
    assert (answer.verdict, answer.stage, answer.code, answer.text) == (Verdict.REFUSED, word, code, "never ever")


@pytest.mark.parametrize("code", [500, 501, 530, 550, 553, 554])
def test_every_5xx_to_the_sender_stops(code: int) -> None:
    with pytest.raises(ServerStops):
        tried({"MAIL": f"{code} no"})


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [DROP, "150 what", "354 too soon", "hello"])
def test_what_is_no_answer_before_the_content_drops_the_line(word: str, answer: str) -> None:
    if (word, answer) == ("DATA", "354 too soon"):
        pytest.skip("that is the answer to DATA")
    with pytest.raises(Dropped):
        tried({word: answer})


@pytest.mark.parametrize("answer", [DROP_IN_CONTENT, TAKE_AND_DROP, "354 again", "150 what", "hello", "250-half\r\n"])
def test_what_is_no_answer_to_the_content_leaves_it_unknown(answer: str) -> None:
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


def test_an_answer_before_the_content_was_sent_is_none() -> None:
    with pytest.raises(Dropped):
        tried({"DATA": "354 go\r\n250 already queued"})


def test_after_a_refusal_the_line_takes_the_next_message() -> None:
    with dialogue({"RCPT": ["550 no"]}) as (server, smtp):
        assert not attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=5).ends_connection
        assert attempt(smtp, ENVELOPE, MESSAGE, answer_seconds=5).verdict is Verdict.SENT
    assert server.told("RSET")


def test_lines_that_begin_with_a_dot_get_another_one_and_the_end_is_there_once() -> None:
    assert dotted(b".a\r\n.\r\nb.c\r\n..d\r\n") == b"..a\r\n..\r\nb.c\r\n...d\r\n.\r\n"
    assert dotted(b"a") == b"a\r\n.\r\n"


def test_a_servers_words_cannot_steer_a_terminal_and_come_to_an_end() -> None:
    assert readable(b"a\x1b[31m\nb\xff") == "a [31m b\ufffd"
    assert len(readable("x" * 10_000)) == 500


def test_parameters_hold_what_must_not_stand_there_as_hexadecimal_digits() -> None:
    assert xtext("a+b=c d@e") == "a+2Bb+3Dc+20d@e"
