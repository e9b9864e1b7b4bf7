"""Several machines with one ledger take turns on a batch with a letter for two units, on the page and beside it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from browsing import Browser
from desk import Desk, Owes
from postgres import Postgres, needs_postgres

from notices.pdf import texts_of
from notices.web.application import make_application
from notices.web.site import Site

pytestmark = [needs_postgres, pytest.mark.office, pytest.mark.slow, pytest.mark.timeout(1200)]

HOME = "示例市样板路8号示例花园1-1-101室"
FLAT, SHOP = Owes("1-1-101", "王三", "1000.00", address=HOME), Owes("S-101", "王三", "500.00", address=HOME)
BY_MAIL = Owes("1-1-102", "甲一", "300.00", email="jia@example.com")


@pytest.fixture(params=["database", "folder", "workspace"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where the files of batches are kept."""
    if request.param != "folder":
        return str(request.param)
    (tmp_path / "share").mkdir(mode=0o700)
    return str(tmp_path / "share")


@pytest.fixture
def machines(server: Postgres, tmp_path: Path, files: str) -> list[Desk]:
    """Return three machines with one ledger."""
    url, made = server.ledger(), []
    for number in range(3):
        desk = Desk(tmp_path / f"machine-{number}")
        desk("init", desk.folder)
        desk.use_ledger(url)
        desk.set('files = "workspace"', f'files = "{files}"')
        made.append(desk)
    return made


def browser(site: Site) -> Browser:
    opened = Browser(make_application(site).test_client())
    opened.post("/who", {"name": "王小明"}, page="/who")
    opened.post("/language", {"language": "en"})
    return opened


def notice_of(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["notice"])


def test_clerks_take_turns_on_a_batch_and_their_pages_show_and_offer_what_others_made(
    machines: list[Desk], site_of: Callable[..., Site], files: str
) -> None:
    here, there, elsewhere = machines
    here.plan(FLAT, SHOP, BY_MAIL)
    if files == "workspace":
        here("approve", "b", "--by", "Releaser")
        here("render", "b")
        here("print", "b")
        opened = browser(site_of(there))
        assert "on the machine that made it" in opened.get("/batches/1/decisions/1/").text
        answer = opened.get("/jobs/1/files.zip")
        assert answer.status_code != 200
        assert "another machine" in answer.text
        told = there("send", "b", status=3).errors
        assert "approval 1 of batch b are missing" in told
        return
    there("approve", "b", "--by", "Releaser")
    elsewhere("render", "b", "--by", "Renderer")
    here("print", "b", "--by", "Printer")
    opened = browser(site_of(there))
    for decision in (1, 2, 3):
        answer = opened.get(f"/batches/1/decisions/{decision}/letter.pdf")
        assert answer.status_code == 200, answer.text
    text = "".join(texts_of(opened.get("/batches/1/decisions/1/letter.pdf").data)).replace(" ", "")
    assert notice_of(here, FLAT) in text
    assert "1,500.00" in text
    answer = opened.get("/jobs/1/files.zip")
    assert answer.status_code == 200, answer.text
    assert any(name.endswith(".pdf") for name in zipfile.ZipFile(BytesIO(answer.data)).namelist())
    answer.close()
    assert opened.post("/batches/1/work", {"verb": "send"}, page="/batches/1").status_code == 303
    assert len(list((there.folder / "output" / "b" / "outbox").glob("*.eml"))) == 1
    elsewhere("mail", "confirm", "b")
    elsewhere("job", "confirm", "b-P01")
    assert here.states() == there.states() == elsewhere.states()
    for desk in machines:
        verified = desk("ledger", "verify", "--json").json
        assert verified["intact"], verified
    assert here.states()[BY_MAIL.account] == {"email": "sent"}
    assert here.states()[FLAT.account] == here.states()[SHOP.account] == {"print": "handed-over"}
