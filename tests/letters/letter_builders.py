"""Builders of accounts, decisions and letters with usual values; tests set only what they are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from docx import Document
from docx.document import Document as Docx

from notices.letters.context import LetterInput, foreign_numbers, letter_fields, proof_texts
from notices.letters.keep_together import keep_together
from notices.messages import NOTHING
from notices.model import Account, Action, Charge, Decision, Letter, PastNotice, Payment, Period
from notices.rules.balances import principal, standings
from notices.settings import Bank, Estate, Handler, Law, LawFirm, Policy, ServiceCentre, Tier

PagesOf = Callable[[Path, Sequence[Letter]], list[str]]  # the fixture pages_of
Sheets = Callable[[Path, Sequence[Letter], Path], list[str]]  # the fixture sheets
TEMPLATES = Path(__file__).parents[2] / "templates"
TODAY = date(2026, 11, 23)
MONTHS = [(2020 + n // 12, n % 12 + 1) for n in range(81)]

ESTATE = Estate(
    name="青松苑",
    code="QSY",
    address="示例市河东区松林路9号",
    contract="《青松苑物业服务合同》",
    contract_clause="第七条",
    fee_standard="2.20元/平方米·月",
    payment_link="https://pay.example.com/wy",
    online="“青松生活”小程序",
    service_centre=ServiceCentre(
        company="青松物业服务有限公司",
        name="青松苑物业服务中心",
        address="青松苑2号楼101",
        telephone="010-00000003",
        hours="9:00—17:30",
        postcode="100001",
        seal="images/centre-seal.png",
    ),
    bank=Bank(account_name="青松物业服务有限公司", bank="示例银行河东支行", account="1111 2222 3333"),
)
FIRM = LawFirm(
    name="正言律师事务所",
    address="示例市河西区法苑路3号",
    telephone="010-00000004",
    lawyer="周正",
    licence="11101200000000001",
    seal="images/law-firm-seal.png",
)
TIERS = {"reminder": "催费函", "lawyer-letter": "律师函", "follow-up": "律师函后函"}


def charge(month: int = 70, **changes: object) -> Charge:
    """Build a 物业服务费 charge for one month, counted from January 2020, due on the 28th."""
    year, number = MONTHS[month]
    usual = Charge(
        "物业服务费",
        date(year, number, 28),
        Decimal("220.00"),
        period=Period(date(year, number, 1), date(year, number, 28)),
    )
    return replace(usual, **changes)


def occasion(
    charges: Sequence[Charge] | None = None,
    tier: str = "reminder",
    payments: Sequence[Payment] = (),
    policy: Policy | None = None,
    **changes: object,
) -> LetterInput:
    """Build an Occasion, with decision and standings computed from the charges."""
    owed = tuple(charges if charges is not None else [charge()])
    rules = policy or Policy()
    standing = standings(owed, payments, TODAY, TODAY, rules)
    base, fee = principal(standing), sum((each.late_fee for each in standing), Decimal("0.00"))
    step: Tier = rules.tier(tier)
    total = base + fee if step.claims_late_fee else base
    account = Account("青松苑", "2-1-301", ("林一山",), owed, area=Decimal("89.5"), postcode="100001")
    decision = Decision(
        Action.ISSUE, "first-notice", tier, NOTHING, base, fee, total, owed[0].due_date, 100, "mixed", None
    )
    usual = LetterInput(
        account=account,
        decision=replace(decision, standings=standing),
        estate=ESTATE,
        tier=step,
        policy=rules,
        law_firm=FIRM,
        law=Law(),
        number="QSY-2026-000001",
        letter_date=TODAY,
        deadline=date(2026, 12, 8),
        as_of=TODAY,
        handler=Handler(name="何经办", telephone="010-00000005"),
    )
    return replace(usual, **changes)


def letter_of(made: LetterInput) -> Letter:
    """Build the letter of an occasion."""
    proof = proof_texts(made)
    return Letter(made.number, made.tier.template, keep_together(letter_fields(made)), proof, foreign_numbers(made))


def letters(count: int, tier: str = "reminder", rows: int = 2) -> list[Letter]:
    """Build letters to different owners, each with its own unit, name and amounts."""
    made = []
    for n in range(1, count + 1):
        owed = [charge(80 - rows + k, due=Decimal(200 + 7 * n + k)) for k in range(rows)]
        usual = occasion(owed, tier)
        account = replace(usual.account, unit=f"2-1-{n}", owners=(f"业主{'甲乙丙丁戊己庚辛壬癸'[n % 10]}",))
        made.append(letter_of(replace(usual, account=account, number=f"QSY-2026-{n:06d}")))
    return made


def earlier(number: str = "（2026）正律函字第012号", tier: str = "lawyer-letter") -> PastNotice:
    """Build a past notice for the letter to refer to."""
    return PastNotice(tier, date(2026, 10, 8), (), number=number)


def template(path: Path, *paragraphs: str, footer: str = "", header: str = "") -> Path:
    """Write a template of a few paragraphs to `path`."""
    document: Docx = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if footer:
        document.sections[0].footer.paragraphs[0].text = footer
    document.save(str(path))
    return path


def plain_letters(*numbers: str, **fields: object) -> list[Letter]:
    """Build letters with their number as the only field, unless more are given."""
    return [Letter(number, "", {"number": number, **fields}, (number,)) for number in numbers]
