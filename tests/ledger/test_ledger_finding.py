"""Accounts found by words: the database finds the same ones as comparing everything on record with every word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from ledger_builders import AT, ESTATE, account, approve, case, plan, planned
from sqlalchemy import Table, insert, select, update

from notices.ledger import Books, Ledger, finding, schema
from notices.ledger.spellings import spellings
from notices.model import CaseKey, Hold, HoldKind
from notices.spelling import comparable_name, comparable_number, comparable_unit

# Each owner and unit is odd in a way of its own; the last rows are as an earlier version stored them.
OWNERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("1-101", ("甲一",), "13800001234"),
    ("1-102", ("甲一",), "138-0000-5678"),
    ("1-1022", ("甲一一",), ""),
    ("11-101", ("乙二", "甲一"), "021-61234567"),
    ("2-101", ("某某物业（上海）有限公司",), ""),
    ("2-102", ('O\'Hara "Bob" \\ Ltd. (HK)',), "+852-9123-4567"),
    ("2-103", ("100%_~",), ""),
    ("2-104", ("阿依古丽·买买提",), "1234"),
    ("2-105", ("㐂䶮𠮷",), ""),
    ("2-106", ("Ünal ÇELIK",), ""),
    ("B1-车位12", ("丙三",), "13800001234"),
)
EARLIER: tuple[tuple[str, str], ...] = (
    ("Ａ－３０１", "丁　四"),
    ("3-302", "戊⼀"),
    ("3-303", "Ｊｏｈｎ"),
    ("Ｃ－３０５", "子五"),
)
WORDS = (
    "甲一", "甲", "一", "乙二、甲一", "甲一、乙二", "二、甲", "1-101", "1-10", "01-0101", "1号楼101室", "梧桐苑",
    "梧桐", "苑/1-102", "梧桐苑/1-101/甲一", "甲一 5678", "1380000", "138-0000-1234", "+13800001234", "0000",
    "1234", "61234567", "电话5678", "（上海）", "(上海)", "上海", "物业(上海)", "\"Bob\"", "Bob\\", "O'Hara", "hk",
    "HK", "100%", "%", "_", "~", "0%_", "阿依古丽", "阿依古丽•买买提", "古丽・买", "㐂", "𠮷", "䶮𠮷", "Ünal",
    "ünal", "ÇELIK", "celik", "车位", "b1", "B1-车位12", "A-301", "a-301", "A301", "丁 四", "丁", "戊一", "戊⼀",
    "John", "john", "Ｊｏｈｎ", "3-30", "WTY-2026-000001", "wty", "WTY–2026–000002", "WTY 2026", "2026", "-", "(",
    "、", "旧〔2019〕7号", "旧(2019)7号", "旧【2019】", "旧7", "〔2019〕", "庚七", "7-707", "辛八", "壬九", "原名",
    "今名", "原名 5-501", "今名 5-501 6789", "5-501", "癸十", "13", "13800001234 丙三", "丙三 甲一", "nobody",
    "C-305", "C-30", "旧7IV", "7iv", "老8", "老",
    "\x00", "\ud800", "\u7532\x00\u4e00", "\x1f", " ", "/", "//", "甲一/", "'; DROP TABLE accounts; --",
)  # fmt: skip


def furnish(ledger: Ledger) -> None:
    """Enter accounts in lists, in the history, with holds and payments only, renamed, and of an earlier version."""
    with ledger.begin() as books:
        its = [account(unit, *owners) for unit, owners, _ in OWNERS]
        its += [account(f"90-{place}", "占位") for place, _ in enumerate(EARLIER)]
        its.append(account("5-501", "原名"))
        plan(books, "b", *(planned(it) for it in its))
        for unit, _, telephone in OWNERS:
            _alter(books, comparable_unit(unit), telephone=telephone)
        _alter(books, "5-501", telephone="13700006789")
        for place, (unit, owner) in enumerate(EARLIER):
            _alter(books, f"90-{place}", unit=unit, case_owners=(owner,))
    with ledger.begin() as books:
        approve(books, "b", only=[it.notice.id for it in books.batches.decisions("b")[:3] if it.notice])
        for number, whose in (
            ("旧〔2019〕7号", CaseKey.of(ESTATE, "7-707", ("庚七",))),
            ("旧 7 Ⅳ", CaseKey.of("另一苑", "1-101", ("辛八",))),
            ("老 8", CaseKey.of("另一苑", "1-102", ("辛九",))),
        ):
            row = {"imported": True, "number": number, "owner": "、".join(whose.owners), "tier": "reminder"}
            its_place = {"estate": whose.estate, "unit": whose.unit, "case_owners": whose.owners}
            books.connection.execute(insert(schema.notices).values(**row, **its_place))
        books.holds.add(
            CaseKey.of(ESTATE, "8-808", ("壬九",)), Hold(HoldKind.DISPUTED, date(2026, 1, 1)), by="clerk", at=AT
        )
        books.connection.execute(
            insert(schema.payments).values(
                estate=ESTATE, unit="9-909", case_owners=("癸十",), date=date(2026, 1, 1), amount=Decimal("1.00"),
                note="", by="clerk", entered_at=AT,
            )
        )  # fmt: skip
        books.renames.add(case("5-501", "原名"), case("5-501", "今名"), by="clerk", at=AT)


def _alter(books: Books, unit_: str, **values: object) -> None:
    for table in (schema.accounts, schema.notices):
        its = {name: value for name, value in values.items() if name in table.c}
        if its:
            books.connection.execute(update(table).where(table.c.unit == unit_).values(**its))


def compared(books: Books, words: str) -> set[CaseKey]:
    """Return what the words name, by comparing every word with everything on record."""
    today = spellings(books.connection).today
    whole: dict[CaseKey, set[str]] = {}
    telephones: dict[CaseKey, set[str]] = {}

    def of(estate: str, unit: str, owners: tuple[str, ...]) -> CaseKey:
        its = today(CaseKey(estate, unit, owners))
        whole.setdefault(its, set()).update({its.estate, its.unit, *its.owners, "、".join(its.owners)})
        telephones.setdefault(its, set())
        return its

    def rows(table: Table, *more: Any) -> Iterator[tuple[CaseKey, list[str]]]:
        columns = table.c
        for row in books.connection.execute(select(columns.estate, columns.unit, columns.case_owners, *more)):
            yield of(*row[:3]), list(row[3:])

    for its, (telephone,) in rows(schema.accounts, schema.accounts.c.telephone):
        telephones[its].add(re.sub(r"\D", "", telephone))
    for its, (owner, number) in rows(schema.notices, schema.notices.c.owner, schema.notices.c.number):
        whole[its] |= {comparable_name(owner), comparable_number(number or "")}
    for table in (schema.holds, schema.payments, schema.claims):
        list(rows(table))

    def is_it(its: CaseKey, term: str) -> bool:
        digits = re.sub(r"\D", "", term)
        return bool(whole[its] & forms(term)) or (len(digits) >= 4 and digits in telephones[its])

    def contains_it(its: CaseKey, term: str) -> bool:
        digits = re.sub(r"\D", "", term)
        number = len(digits) >= 4 and len(digits) == len(term.strip("+").replace("-", ""))
        return any(form in text for form in forms(term) for text in whole[its]) or (
            number and any(digits in telephone for telephone in telephones[its])
        )

    def forms(term: str) -> set[str]:
        return {comparable_name(term), comparable_number(term), comparable_unit(term)} - {""}

    terms = words.replace("/", " ").split()
    for matches in (is_it, contains_it):
        if found := {its for its in whole if terms and all(matches(its, term) for term in terms)}:
            return found
    return set()


@pytest.fixture
def furnished(ledger: Ledger) -> Ledger:
    furnish(ledger)
    return ledger


@pytest.mark.parametrize("most_rows", [finding.MOST_ROWS, 1], ids=["few", "many"])
def test_the_database_finds_what_comparing_everything_finds(
    furnished: Ledger, monkeypatch: pytest.MonkeyPatch, most_rows: int
) -> None:
    """Words that name many are looked for together, and a few of the accounts are compared at a time."""
    monkeypatch.setattr(finding, "MOST_ROWS", most_rows)
    monkeypatch.setattr(finding, "FEW_UNITS", min(most_rows, 500))
    with furnished.read() as books:
        expected = {words: compared(books, words) for words in WORDS}
        assert {words: set(books.finding.accounts(words)) for words in WORDS} == expected
        assert sum(map(bool, expected.values())) > len(WORDS) * 0.7  # most words name somebody
        few = {words: books.finding.accounts(words, most=2) for words in WORDS}
        assert {words: len(found) for words, found in few.items()} == {
            words: min(2, len(found)) for words, found in expected.items()
        }
        assert all(set(found) <= expected[words] for words, found in few.items())


def test_pairs_of_words_are_found_together(furnished: Ledger) -> None:
    with furnished.read() as books:
        for first in WORDS[::3]:
            for second in WORDS[1::4]:
                both = f"{first} {second}"
                assert set(books.finding.accounts(both)) == compared(books, both), both


def test_accounts_are_in_the_order_of_estate_unit_and_owners_and_the_first_ones_are_given(furnished: Ledger) -> None:
    with furnished.read() as books:
        found = books.finding.accounts("-")
        assert found == sorted(found, key=lambda it: (it.estate, it.unit, it.owners))
        assert len(found) > 10
