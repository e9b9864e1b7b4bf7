"""Sample values: the sample's bank account, payment link, lawyer and seals never appear in a real estate's letters."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk
from neighbours import BOTH_WAYS, BY_MAIL, LETTERS_BEFORE, ON_PAPER

REAL = "梧桐苑"
OWN = {"示例": "梧桐", "示律": "梧律", "example.com": "wutong.cn", r"0000 0000 0000 0000": "6222 0000 1234 5678"}


@pytest.fixture(scope="module")
def planned_house(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Workspace of a real estate as made by `init`, with one reminder planned by e-mail and one on paper."""
    desk = Desk(tmp_path_factory.mktemp("house") / "workspace")
    desk("init", desk.folder, "--estate", REAL)
    desk.plan(replace(BY_MAIL, estate=REAL), replace(ON_PAPER, estate=REAL))
    return desk


@pytest.fixture
def house(planned_house: Desk, tmp_path: Path) -> Desk:
    """Copy of that workspace that a test may change."""
    return planned_house.copy(tmp_path / "house")


def own(desk: Desk, *, leave: str = "") -> None:
    """Replace all sample values with an estate's own, except on the line that contains `leave`."""
    file = desk.folder / "notices.toml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line if leave and leave in line else _owned(line) for line in lines), encoding="utf-8")


def _owned(line: str) -> str:
    for sample, ours in OWN.items():
        line = line.replace(sample, ours)
    return re.sub(r'"[0-]{6,}\d?"', '"021-5555"', line)


def own_seals(desk: Desk) -> None:
    """Change the content of the seal pictures, keeping their names."""
    for seal in (desk.folder / "templates" / "images").iterdir():
        seal.write_bytes(seal.read_bytes() + b"ours")


@pytest.mark.parametrize(
    ("leave", "key"),
    [
        ("account = ", "estates[1].bank.account"),
        ("payment_link", "estates[1].payment_link"),
        ("000-00000000", "estates[1].service_centre.telephone"),
        ("sender = ", "mail.sender"),
    ],
)
def test_a_value_of_the_sample_beneath_an_own_name_stops_the_release_and_is_named(
    house: Desk, leave: str, key: str
) -> None:
    own(house, leave=leave)
    own_seals(house)
    error = house("approve", "b", "--by", "Releaser", "--json", status=1).json["error"]
    assert [key in detail for detail in error["details"]] == [True]
    assert set(house.states()[f"{REAL}/1-1-101/甲一"].values()) == {"planned"}
    own(house)
    house("approve", "b", "--by", "Releaser")


def test_a_seal_of_the_sample_stops_the_release_whatever_it_is_called(house: Desk) -> None:
    own(house)
    images = house.folder / "templates" / "images"
    (images / "centre-seal.png").rename(images / "ours.png")
    house.set("images/centre-seal.png", "images/ours.png")
    error = house("approve", "b", "--by", "Releaser", "--json", status=1).json["error"]
    assert ["service_centre.seal" in detail for detail in error["details"]] == [True]


def test_the_sample_lawyer_stops_the_letters_that_name_the_law_firm_and_no_other(house: Desk) -> None:
    own(house, leave="licence")
    own_seals(house)
    house("approve", "b", "--by", "Releaser")
    sent = [replace(letter, to=replace(letter.to, estate=REAL)) for letter in LETTERS_BEFORE]
    house("history", "import", house.history(*sent))
    house.plan(replace(BOTH_WAYS, estate=REAL), batch="lawyer")
    error = house("approve", "lawyer", "--by", "Releaser", "--json", status=1).json["error"]
    assert ["law_firm.licence" in detail for detail in error["details"]] == [True]


def test_where_nobody_has_put_a_name_in_yet_every_sample_value_is_said(house: Desk) -> None:
    outcome = house("approve", "b", "--by", "Releaser", "--json")
    assert "estates[1].bank.account still has the sample value" in outcome.output + outcome.errors
    assert "do not send them" in outcome.output + outcome.errors


def test_the_sample_estate_itself_may_be_used_for_a_demonstration(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    assert "sample" not in desk("approve", "b", "--by", "Releaser").errors


def test_a_run_is_told_before_its_question(house: Desk) -> None:
    words = ("run", house.list(replace(ON_PAPER, estate=REAL)), "--name", "r", "--as-of", "2026-11-23", "--by", "P")
    said = house(*words, answers="n\n").errors
    assert said.index("do not send them") < said.index("Release 1 notice")


def test_doctor_names_all_that_is_left_of_the_sample(house: Desk) -> None:
    said = house("doctor").output
    for key in (
        "policy.tiers[2].number",
        "bank.account,",
        "payment_link",
        "law_firm.licence",
        "law_firm.seal",
        "mail.sender",
    ):
        assert key in said
    assert "estates[1].fee_standard" in said
