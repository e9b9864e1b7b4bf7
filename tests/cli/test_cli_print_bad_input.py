"""The print command with unprintable input: reported, nothing left half done, and `resume` continues."""

from __future__ import annotations

import pikepdf
import pytest
from desk import Desk, Owes

pytestmark = pytest.mark.office

ENCLOSED = '\n[[print.enclosures]]\nfile = "prices.pdf"\n\n[print.ems] '


def blank(desk: Desk, password: str = "") -> None:
    with pikepdf.new() as book:
        book.add_blank_page(page_size=(595.276, 841.89))
        secret = pikepdf.Encryption(owner=password, user=password) if password else False
        book.save(desk.folder / "prices.pdf", encryption=secret)


@pytest.mark.slow
def test_an_encrypted_enclosure_stops_everything_and_resume_goes_on_once_it_is_sound(rendered: Desk) -> None:
    rendered.set("\n[print.ems] ", ENCLOSED)
    blank(rendered, "secret")
    assert "prices.pdf" in rendered("print", "b", status=3).errors
    assert not (rendered.folder / "output" / "b" / "print").exists()
    assert set(rendered.states()["示例花园/2-1-101/乙二"].values()) == {"rendered"}
    blank(rendered)
    rendered("resume", "b")
    assert rendered("job", "list", "--json").json["jobs"][0]["sheets"] == 6  # three letters, a price list each


def test_a_letter_whose_address_misses_the_window_is_set_aside_by_name_and_the_others_go(rendered: Desk) -> None:
    rendered.set("clearance = 3 ", "clearance = 20 ")
    document = rendered("print", "b", "--json", status=1).json
    assert document["job"] is None
    assert len([line for line in document["attention"] if "set aside" in line and "window" in line]) == 3
    assert {ways["print"] for ways in rendered.states().values() if "print" in ways} == {"set-aside"}


ROAD = "示例省示例市示例区示例街道示例路一千二百三十四号"


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_addresses_of_one_to_three_lines_lie_in_the_window_of_the_real_letters(desk: Desk, language: str) -> None:
    desk.set('language = "zh"', f'language = "{language}"')
    owners = [
        Owes(f"1-1-10{times}", owner, "1200.00", address=ROAD * times if times else "示例路1号")
        for times, owner in enumerate(("甲一", "乙二", "欧阳示例某某、司马示例某某"))
    ]
    desk.plan(*owners)
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    assert desk("print", "b", "--json").json["letters"] == len(owners)
