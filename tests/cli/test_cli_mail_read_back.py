"""An e-mail's letter is read back from the finished message: one that is not the owner's own is set aside, not sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from desk import AS_OF, HEADINGS, Desk, Owes
from letters_without_office import pretend_to_render
from mail_server import mail_server
from readable_letters import page_pdf

from notices.flow.mailing import message

OWNER = Owes("1-1-101", "甲一", "1234.50", email="jia@example.com")
OTHER = Owes("1-1-102", "乙二", "1234.50", email="yi@example.com")
NUMBER = "SLHY-2026-000001"
OWN = (NUMBER, OWNER.owner, OWNER.unit, "1,234.50", "第1页共1页")


@pytest.fixture(scope="session")
def mailing_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two reminders, one to owners with a telephone, ready to be e-mailed; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("read-back") / "workspace")
    rows = [(*owner.cells, "13800001234") for owner in (OWNER, OTHER)]
    desk("plan", desk.table((*HEADINGS, "联系电话"), rows), "--name", "b", "--as-of", AS_OF, "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    return desk


@pytest.fixture(params=["outbox", "smtp"])
def ready(request: pytest.FixtureRequest, mailing_desk: Desk, tmp_path: Path) -> Desk:
    desk = mailing_desk.copy(tmp_path / "workspace")
    assert desk.decisions()[OWNER.account]["notice"] == NUMBER
    if request.param == "smtp":
        desk.set('transport = "outbox"            # ', 'transport = "smtp"\nhost = "127.0.0.1"\nsecurity = "none"\n# ')
    return desk


def send(desk: Desk, status: int) -> tuple[str, list[str]]:
    """Send the batch; return what was said, and whom messages went to."""
    if 'transport = "outbox"' in (desk.folder / "notices.toml").read_text("utf-8"):
        said = desk("send", "b", status=status).errors
        return said, sorted(file.stem for file in (desk.folder / "output" / "b" / "outbox").glob("*.eml"))
    with mail_server() as server:
        desk.set('host = "127.0.0.1"\n', f'host = "127.0.0.1"\nport = {server.port}\n')
        said = desk("send", "b", status=status).errors
    return said, sorted(taken.message["Subject"].partition("：")[2].strip("）") for taken in server.taken)


def attached(monkeypatch: pytest.MonkeyPatch, lines: Sequence[str]) -> None:
    """Attach these lines to the first owner's e-mail, whatever was rendered."""
    usual: Callable[..., bytes] = message.letter_alone
    monkeypatch.setattr(
        message, "letter_alone", lambda *told: page_pdf(lines) if NUMBER in told[3].title else usual(*told)
    )


WRONG = {
    "another owner's letter": ("SLHY-2026-000002", OTHER.owner, OTHER.unit, "1,234.50", "第1页共1页"),
    "another total": (*OWN[:3], "11,234.50", "第1页共1页"),
    "another owner": (NUMBER, OTHER.owner, OWNER.unit, "1,234.50", "第1页共1页"),
    "another notice's number besides": (*OWN, "SLHY-2026-000002"),
    "a page missing": (*OWN[:4], "第1页共2页"),
    "a blank page": (),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_message_with_a_wrong_letter_is_set_aside(ready: Desk, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attached(monkeypatch, WRONG[wrong])
    said, went = send(ready, status=1)
    assert f"{NUMBER}: not e-mailed, because the letter attached to its message failed the check" in said
    assert went == ["SLHY-2026-000002"]
    assert ready.states()[OWNER.account] == {"email": "set-aside"}


def test_the_owners_own_letter_goes_with_its_password_and_its_own_number_beside_other_figures(
    ready: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.set('sender = "notices@example.com"', 'sender = "notices@example.com"\npdf_password = "telephone-last-4"')
    attached(monkeypatch, (*OWN, f"{NUMBER} 2026", f"（{NUMBER}）"))
    assert send(ready, status=0)[1] == [NUMBER, "SLHY-2026-000002"]


def test_a_letter_that_its_password_does_not_open_is_set_aside(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.set('sender = "notices@example.com"', 'sender = "notices@example.com"\npdf_password = "telephone-last-4"')
    usual = message.encrypted
    monkeypatch.setattr(message, "encrypted", lambda content, password: usual(content, password[::-1]))
    said, went = send(ready, status=1)
    assert "it cannot be opened" in said
    assert went == []
