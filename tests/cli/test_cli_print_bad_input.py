"""What print is given that cannot be printed: said, nothing half there, and `resume` goes on."""

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
    rendered.set(
        "window = { left = 20, top = 39, width = 90, height = 45 }",
        "window = { left = 20, top = 39, width = 40, height = 45 }",
    )
    document = rendered("print", "b", "--json", status=1).json
    assert document["job"] is None
    assert len([line for line in document["attention"] if "set aside" in line and "window" in line]) == 3
    assert {ways["print"] for ways in rendered.states().values() if "print" in ways} == {"set-aside"}


ROAD = "示例省示例市示例区示例街道示例路一千二百三十四号"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_long_address_still_lies_in_the_window(desk: Desk, times: int) -> None:
    road = "".join([ROAD] * times)
    desk.plan(
        Owes("1-1-101", "甲一", "1200.00", address=road),
        Owes("1-1-102", "欧阳示例某某、司马示例某某", "1300.00", address=road),
    )
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    assert desk("print", "b", "--json").json["letters"] == 2
