"""Time stamps: what an honest authority gives is taken, and what one gives that lies is refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from time_stamp_authority import TimeStampAuthority, time_stamp_authority

from notices.timestamps import (
    AuthorityUnreachable,
    StampAuthority,
    UntrustedStamp,
    fetch_stamp,
    verified_stamp,
)

CONTENT = b'["before", 7]'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStampAuthority]:
    with time_stamp_authority(tmp_path_factory.mktemp("authority")) as authority:
        authority.root("foreign")
        authority.signer("stranger", ca="foreign")
        authority.signer("expired", "-days", "-1")
        yield authority


@pytest.fixture
def authority(running: TimeStampAuthority) -> Iterator[TimeStampAuthority]:
    yield running
    running.answer = running.honest


def asked(authority: TimeStampAuthority) -> StampAuthority:
    return StampAuthority(authority.url, authority.ca_file.read_bytes(), 5)


def now() -> datetime:
    return datetime.now(UTC)


def refusal(authority: TimeStampAuthority, at: datetime | None = None) -> str:
    with pytest.raises(UntrustedStamp) as refused:
        fetch_stamp(CONTENT, asked(authority), at or now())
    return str(refused.value.fact)


def test_a_stamp_of_the_content_is_taken_and_verifies_again_later(authority: TimeStampAuthority) -> None:
    stamp = fetch_stamp(CONTENT, asked(authority), now())
    assert abs(stamp.time - now()) < timedelta(seconds=30)
    assert verified_stamp(stamp.answer, CONTENT, authority.ca_file.read_bytes()) == stamp
    with pytest.raises(UntrustedStamp, match="of something else"):
        verified_stamp(stamp.answer, CONTENT + b" ", authority.ca_file.read_bytes())


def test_only_the_digest_goes_to_the_authority(authority: TimeStampAuthority) -> None:
    fetch_stamp(CONTENT, asked(authority), now())
    assert CONTENT not in authority.asked[-1]


def test_a_stamp_of_another_content_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda _: authority.honest(authority.request_for(b"another"))
    assert "of something else" in refusal(authority)


def test_a_stamp_for_another_request_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda _: authority.honest(authority.request_for(CONTENT))
    assert "another request" in refusal(authority)


def test_a_stamp_without_the_nonce_of_the_request_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda _: authority.honest(authority.request_for(CONTENT, nonce=False))
    assert "another request" in refusal(authority)


def test_a_certificate_of_a_stranger_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda request: authority.honest(request, "stranger")
    assert "not trusted" in refusal(authority)


def test_an_expired_certificate_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda request: authority.honest(request, "expired")
    assert "has expired" in refusal(authority)


def test_a_forged_signature_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda request: authority.honest(request)[:-30] + bytes(30)
    assert "signature of the stamp is wrong" in refusal(authority)


def test_a_refusal_of_the_authority_is_told_in_its_words(authority: TimeStampAuthority) -> None:
    authority.answer = lambda _: authority.honest(b"junk")
    assert "Bad request format" in refusal(authority)


def test_an_answer_that_is_no_stamp_is_refused(authority: TimeStampAuthority) -> None:
    authority.answer = lambda _: b"<html>Log in first</html>"
    assert "not a time stamp" in refusal(authority)


def test_a_time_far_from_the_clock_is_refused(authority: TimeStampAuthority) -> None:
    assert "the clock here says" in refusal(authority, now() - timedelta(hours=2))


def test_an_authority_that_is_down_is_unreachable(authority: TimeStampAuthority) -> None:
    authority.answer = lambda _: b""  # status 503
    with pytest.raises(AuthorityUnreachable, match="503"):
        fetch_stamp(CONTENT, asked(authority), now())
    nobody = StampAuthority("http://127.0.0.1:9/", authority.ca_file.read_bytes(), 5)
    with pytest.raises(AuthorityUnreachable, match="refused"):
        fetch_stamp(CONTENT, nobody, now())
