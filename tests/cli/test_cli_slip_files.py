"""Files kept of returned slips: verified by what the ledger knows of them, purged with their case, judged unchanged."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from desk import Desk
from purge_desk import OWING, PAID, SETTLED_BEFORE

from notices.flow.batch.slip_files import slip_name, slips_folder
from notices.flow.replies import review
from notices.flow.workspace import at as workspace_at
from notices.ledger import DoubtfulMark, Ledger, NewScan
from notices.model import Slip

PAGE, BOX = b"the page", b"the box"


def came_back(desk: Desk, owner: str, content: bytes, *, recorded: bool = True) -> Path:
    """Keep a filled-in slip as an import does; as an earlier version did if its digest is not `recorded`."""
    number = desk.decisions()[owner]["notice"]
    kept = slips_folder(workspace_at(desk.folder), "b") / slip_name(number, sha256(content).hexdigest())
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    kept.write_bytes(content)
    files = {kept.relative_to(desk.folder).as_posix(): sha256(content).hexdigest()} if recorded else {}
    with desk.books() as books:
        notice = books.notices.find(number)
        assert notice is not None
        books.slips.add(
            notice.id,
            Slip(("fee-too-high",), date(2025, 12, 2), note=content.decode()),
            "form",
            by="Clerk",
            at=datetime.now(UTC),
            files=files,
        )
    return kept


def faults(desk: Desk, status: int = 1) -> list[tuple[str, str]]:
    found = desk("ledger", "verify", "--json", status=status).json["files"]
    return [(each["file"], each["what"]) for each in found]


def test_a_slip_that_came_back_is_known_by_its_whole_digest(sent: Desk) -> None:
    kept = came_back(sent, PAID.account, b"as it came back")
    name = kept.relative_to(sent.folder).as_posix()
    assert faults(sent, 0) == []
    kept.write_bytes(b"as somebody wants it")
    kept = kept.rename(kept.with_name(slip_name("SLHY-2025-000001", sha256(b"as somebody wants it").hexdigest())))
    assert faults(sent) == [(name, "missing")]
    kept.rename(sent.folder / name)
    assert faults(sent) == [(name, "changed")]


def test_of_an_earlier_version_the_name_tells_what_was_kept(sent: Desk) -> None:
    kept = came_back(sent, PAID.account, b"as it came back", recorded=False)
    assert faults(sent, 0) == []
    kept.write_bytes(b"as somebody wants it")
    assert faults(sent) == [(kept.relative_to(sent.folder).as_posix(), "changed")]


def test_slips_that_came_back_are_purged_with_their_case_and_only_they(sent: Desk) -> None:
    gone = [came_back(sent, PAID.account, b"first"), came_back(sent, PAID.account, b"second", recorded=False)]
    other = came_back(sent, OWING.account, b"of another owner")
    wanted = {path.relative_to(sent.folder).as_posix() for path in gone}
    words = ("purge", "--settled-before", SETTLED_BEFORE, "--by", "Keeper", "--json")
    assert wanted <= set(sent(*words, "--dry-run").json["removed"])
    removed = sent(*words).json["removed"]
    assert wanted <= set(removed)
    assert len(set(removed)) == len(removed)
    assert not any(path.exists() for path in gone)
    assert other.is_file()
    assert faults(sent, 0) == []


def test_a_mark_is_not_judged_by_a_picture_that_was_changed(sent: Desk, tmp_path: Path) -> None:
    number = sent.decisions()[OWING.account]["notice"]
    folder = slips_folder(workspace_at(sent.folder), "b")
    folder.mkdir(mode=0o700)
    page, box = folder / "page.jpg", folder / "box.png"
    page.write_bytes(PAGE)
    box.write_bytes(BOX)
    names = [path.relative_to(sent.folder).as_posix() for path in (page, box)]
    with sent.books() as books:
        notice = books.notices.find(number)
        assert notice is not None
        scan = NewScan(notice.id, "0" * 64, 1, (), (DoubtfulMark("fee-too-high", 0.5, names[1]),), None, names[0], ())
        digests = dict(zip(names, (sha256(it).hexdigest() for it in (PAGE, BOX)), strict=True))
        books.scans.add(scan, date(2025, 12, 2), slip_id=None, by="Clerk", at=datetime.now(UTC), files=digests)
    box.write_bytes(b"another box, with a thick cross")
    document = sent("slip", "review", "--to", tmp_path / "look", "--json", status=1).json
    assert any("not as it was recorded" in each for each in document["attention"])
    assert [path.name for path in (tmp_path / "look").iterdir()] == ["page.jpg"]
    with closing(Ledger.open(f"sqlite:///{sent.folder / 'batches' / 'ledger.db'}")) as ledger:
        (waits,) = review.waiting(ledger)
        assert review.cut_out(workspace_at(sent.folder), waits, "fee-too-high") is None
