"""Catalogue of template fields: name, meaning, kind and example of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from notices.letters.wording import written_date
from notices.messages import Language, Message, say

Kind = Literal["text", "date", "yuan", "days", "count", "yes-no", "list", "rows", "picture"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a template may use; `of` names the list to whose rows it belongs, if any."""

    name: str
    meaning: Message
    kind: Kind
    example: object
    of: Literal["", "charges", "units", "answers", "orders", "instalments"] = ""

    @property
    def row(self) -> bool:
        """True if the field belongs to a row of a list, not to the letter."""
        return bool(self.of)

    @property
    def shown(self) -> str:
        """The example as readable text."""
        if isinstance(self.example, bool):
            return "yes" if self.example else "no"
        return "、".join(map(str, self.example)) if isinstance(self.example, list | tuple) else str(self.example)


FIELDS: tuple[Field, ...] = (
    Field("number", say("number of the notice"), "text", "SFHY-2026-000123"),
    Field("title", say("title of the letter, from its tier"), "text", "催费函"),
    Field("letter_date", say("date of the letter"), "date", "2026年11月23日"),
    Field("deadline", say("last day to pay or answer, a working day"), "date", "2026年12月8日"),
    Field("by_email", say("whether the letter also goes by e-mail"), "yes-no", example=True),
    Field("as_of", say("date for which all amounts are computed"), "date", "2026年11月23日"),
    Field(
        "previous_number", say("number of the previous notice of the case, empty if none"), "text", "SFHY-2026-000017"
    ),
    Field("previous_date", say("date of the previous notice of the case"), "date", "2026年9月1日"),
    Field("previous_title", say("title of the previous notice of the case"), "text", "催费函"),
    Field("owner", say("owners, joined into one text"), "text", "张示例、李示例"),
    Field("owners", say("owners, one by one"), "list", ["张示例", "李示例"]),
    Field("to_company", say("whether every owner is a company or another organisation"), "yes-no", example=False),
    Field("you", say("how the letter addresses the owner: 您, or 贵公司"), "text", "您"),
    Field("unit", say("unit as written in the list; of several, the first and their number"), "text", "3-2-501"),
    Field("building", say("building"), "text", "3"),
    Field("entrance", say("entrance"), "text", "2"),
    Field("room", say("room"), "text", "501"),
    Field("area", say("floor area in m², empty if unknown"), "text", "98.60"),
    Field("address", say("postal address; the unit's own if the list has none"), "text", "示例市示例区幸福路1号"),
    Field("postcode", say("postcode"), "text", "100000"),
    Field("estate", say("name of the estate"), "text", "示例花园"),
    Field("estate_address", say("address of the estate"), "text", "示例市示例区幸福路1号"),
    Field("contract", say("contract on which the fee is based"), "text", "《示例花园物业服务合同》"),
    Field("contract_clause", say("clause on payment and late fee"), "text", "第八条"),
    Field(
        "fee_standard",
        say("fee standard, empty if the letter claims no property fee, or one at another rate"),
        "text",
        "2.50元/平方米·月",
    ),
    Field("company", say("property-service company"), "text", "示例物业服务有限公司"),
    Field("centre", say("property-service centre"), "text", "示例花园物业服务中心"),
    Field("centre_address", say("address of the centre"), "text", "示例花园1号楼一层"),
    Field("centre_telephone", say("telephone of the centre"), "text", "010-00000000"),
    Field("centre_hours", say("office hours of the centre"), "text", "每日8:30—18:00"),
    Field("centre_postcode", say("postcode of the centre"), "text", "100000"),
    Field("handler", say("person handling the account, empty if none is assigned"), "text", "王示例"),
    Field(
        "handler_telephone", say("telephone of the handler, or of the centre if there is none"), "text", "010-00000001"
    ),
    Field("bank_account_name", say("name of the bank account"), "text", "示例物业服务有限公司"),
    Field("bank", say("bank"), "text", "示例银行示例支行"),
    Field("bank_account", say("number of the bank account"), "text", "0000 0000 0000 0000"),
    Field("online", say("how to pay online"), "text", "“示例生活”小程序—物业缴费"),
    Field("law_duty", say("legal basis of the duty to pay"), "text", "《中华人民共和国民法典》第九百四十四条第一款"),
    Field(
        "law_demand",
        say("legal basis of the demand"),
        "text",
        "《中华人民共和国民法典》第九百四十四条第二款",
    ),
    Field(
        "law_regulation",
        say("legal basis in the administrative regulations"),
        "text",
        "《物业管理条例》第七条第五项、第六十四条",
    ),
    Field(
        "law_other",
        say("legal basis for charges other than property fees"),
        "text",
        "《中华人民共和国民法典》第五百零九条第一款、第五百七十九条",
    ),
    Field("law_late_fee", say("legal basis of the late fee"), "text", "《中华人民共和国民法典》第五百八十五条"),
    Field(
        "law_preliminary",
        say("legal basis on which a developer's preliminary contract binds the owner, empty for other contracts"),
        "text",
        "《中华人民共和国民法典》第九百三十九条",
    ),
    Field("law_firm", say("law firm"), "text", "示例律师事务所"),
    Field("law_firm_address", say("address of the law firm"), "text", "示例市示例区法治路2号"),
    Field("law_firm_telephone", say("telephone of the law firm"), "text", "010-00000002"),
    Field("law_firm_postcode", say("postcode of the law firm"), "text", "100000"),
    Field("lawyer", say("lawyer who signs"), "text", "赵示例"),
    Field("licence", say("licence number of the lawyer"), "text", "00000000000000000"),
    Field("charges", say("the claimable charges, one row each"), "rows", ()),
    Field("answers", say("answer sheet only: the objections that the owner ticked, one row each"), "rows", ()),
    Field("slip_date", say("answer sheet only: date on which the slip was returned"), "date", "2026年11月30日"),
    Field("slip_note", say("answer sheet only: what the owner wrote, empty if nothing"), "text", "阳台漏水"),
    Field(
        "slip_promise",
        say("answer sheet only: date on which the owner offers to pay, empty if none"),
        "date",
        "2026年12月20日",
    ),
    Field(
        "slip_instalments",
        say("answer sheet only: instalments offered, as the owner wrote them"),
        "text",
        "分三个月，每月500元",
    ),
    Field("orders", say("letter about resolved objections only: what was put right, one row each"), "rows", ()),
    Field("instalments", say("confirmation of a plan only: the instalments, one row each"), "rows", ()),
    Field("plan_date", say("confirmation of a plan only: date on which it was agreed"), "date", "2026年11月20日"),
    Field("plan_total", say("confirmation of a plan only: sum of its instalments"), "yuan", "1,234.56"),
    Field("plan_total_capital", say("the same in capital numerals"), "text", "壹仟贰佰叁拾肆元伍角陆分"),
    Field("plan_count", say("confirmation of a plan only: number of instalments"), "count", 3),
    Field("combined", say("whether the letter is for several units of the owner"), "yes-no", example=False),
    Field("unit_count", say("number of units"), "count", 1),
    Field("units", say("the units of the letter, one row each, the oldest debt first"), "rows", ()),
    Field("charge_count", say("number of charges"), "count", 1),
    Field("claims_property_fee", say("whether the letter claims a property fee"), "yes-no", example=True),
    Field("claims_other_fees", say("whether the letter claims any other fee"), "yes-no", example=False),
    Field("due_total", say("total due after waivers"), "yuan", "1,479.00"),
    Field("received_total", say("total received"), "yuan", "244.44"),
    Field("waived_total", say("total waived, empty if none"), "yuan", "100.00"),
    Field("principal", say("total owed, without late fee"), "yuan", "1,234.56"),
    Field("principal_capital", say("the same in capital numerals"), "text", "壹仟贰佰叁拾肆元伍角陆分"),
    Field("late_fee", say("late fee up to the computation date"), "yuan", "54.07"),
    Field("late_fee_capital", say("the same in capital numerals"), "text", "伍拾肆元零柒分"),
    Field(
        "late_fee_rate",
        say("daily rate of the late fee, empty if none; where items differ, each with its own"),
        "text",
        "万分之三",
    ),
    Field(
        "late_fee_cap",
        say("cap on the late fee as a share of the charge, empty if none; where items differ, each with its own"),
        "text",
        "30%",
    ),
    Field("claims_late_fee", say("whether the total includes the late fee"), "yes-no", example=True),
    Field("total", say("total that the letter demands"), "yuan", "1,288.63"),
    Field("total_capital", say("the same in capital numerals"), "text", "壹仟贰佰捌拾捌元陆角叁分"),
    Field("oldest_due", say("oldest due date"), "date", "2026年6月30日"),
    Field("days_overdue", say("days since the oldest due date"), "days", 146),
    Field("qr", say("QR code with the number of the notice"), "picture", "SFHY-2026-000123"),
    Field("payment_link", say("payment link of the estate, empty if none"), "text", "https://pay.example.com/"),
    Field(
        "payment_qr",
        say("QR code for payment, with the number of the notice; empty without a payment link"),
        "picture",
        "https://pay.example.com/?notice=SFHY-2026-000123",
    ),
    Field("centre_seal", say("seal of the centre: a picture with this name as its alt text"), "picture", ""),
    Field("law_firm_seal", say("seal of the law firm: a picture with this name as its alt text"), "picture", ""),
    Field("item", say("fee item"), "text", "物业服务费", of="charges"),
    Field("period", say("period of the charge"), "text", "2026年1月—6月", of="charges"),
    Field("due_date", say("due date"), "date", "2026-06-30", of="charges"),
    Field(
        "rate",
        say("rate of the charge: of its item by the settings, else as written in the list"),
        "text",
        "2.50",
        of="charges",
    ),
    Field("due", say("due after waivers"), "yuan", "1,479.00", of="charges"),
    Field("received", say("received"), "yuan", "244.44", of="charges"),
    Field("balance", say("still owed"), "yuan", "1,234.56", of="charges"),
    Field("days_late", say("days late"), "days", 146, of="charges"),
    Field("late_fee", say("late fee of the charge"), "yuan", "54.07", of="charges"),
    Field("unit", say("unit of the charge, as written in the list"), "text", "3-2-501", of="charges"),
    Field("notice", say("number of the unit's notice"), "text", "SFHY-2026-000123", of="charges"),
    Field("unit_area", say("floor area of the unit in m², empty if unknown"), "text", "98.60", of="charges"),
    Field("opens", say("whether it is the unit's first charge"), "yes-no", example=True, of="charges"),
    Field("closes", say("whether it is the unit's last charge"), "yes-no", example=True, of="charges"),
    Field("keep", say("whether the row stays on one page with the next"), "yes-no", example=True, of="charges"),
    Field("unit_due", say("total due of the unit after waivers"), "yuan", "1,479.00", of="charges"),
    Field("unit_received", say("total received for the unit"), "yuan", "244.44", of="charges"),
    Field("unit_balance", say("total owed for the unit, without late fee"), "yuan", "1,234.56", of="charges"),
    Field("unit_late_fee", say("late fee of the unit"), "yuan", "54.07", of="charges"),
    Field("unit_total", say("total that the letter demands for the unit"), "yuan", "1,288.63", of="charges"),
    Field("unit", say("unit, as written in the list"), "text", "3-2-501", of="units"),
    Field("notice", say("number of the unit's notice"), "text", "SFHY-2026-000123", of="units"),
    Field("principal", say("total owed for the unit, without late fee"), "yuan", "1,234.56", of="units"),
    Field("total", say("total that the letter demands for the unit"), "yuan", "1,288.63", of="units"),
    Field("objection", say("objection as printed on the slip"), "text", "暖气不热", of="answers"),
    Field("group", say("group of the objection"), "text", "房屋质量", of="answers"),
    Field("position", say("the company's answer"), "text", "我们已安排上门测温，查明原因后尽快处理。", of="answers"),
    Field("who", say("person who handles it and will call"), "text", "王示例", of="answers"),
    Field("until", say("last day for that call"), "date", "2026年12月1日", of="answers"),
    Field("objection", say("objection as printed on the slip"), "text", "暖气不热", of="orders"),
    Field("note", say("what the owner wrote about it, empty if nothing"), "text", "北卧室只有14度", of="orders"),
    Field("result", say("what was done"), "text", "已清洗管道并放气，复测20度", of="orders"),
    Field("done_on", say("date on which it was done"), "date", "2026年11月28日", of="orders"),
    Field("place", say("number of the instalment, from 1"), "count", 1, of="instalments"),
    Field("pay_by", say("last day to pay it"), "date", "2026年12月31日", of="instalments"),
    Field("amount", say("amount of the instalment"), "yuan", "411.52", of="instalments"),
)

NAMES = frozenset(field.name for field in FIELDS if not field.of)
ROWS: Mapping[str, frozenset[str]] = {
    rows: frozenset(field.name for field in FIELDS if field.of == rows)
    for rows in ("charges", "units", "answers", "orders", "instalments")
}
DAY = re.compile(r"(\d+)年(\d+)月(\d+)日")
IN_ENGLISH: Mapping[str, object] = {
    "you": "you",
    "period": "Jan – Jun 2026",
    "late_fee_rate": "0.03%",
    "fee_standard": "2.50 yuan a square metre and month",
    "contract_clause": "clause 8",
    "centre_hours": "daily 8:30–18:00",
}
PICTURES = frozenset(field.name for field in FIELDS if field.kind == "picture")


def sample_fields(rows: int = 1, language: Language = "zh") -> Mapping[str, object]:
    """Return the values of a sample letter with `rows` rows of charges and of answers.

    For English, dates, periods and rates are written as English letters write them; names stay as they are.
    """
    values = {field.name: _sample(field, language) for field in FIELDS if not field.of}
    tables = {name: [_sample_row(name, language) for _ in range(rows)] for name in ROWS}
    return values | tables | {"charge_count": rows}


def _sample_row(rows: str, language: Language) -> dict[str, object]:
    return {field.name: _sample(field, language) for field in FIELDS if field.of == rows}


def _sample(field: Field, language: Language) -> object:
    if language == "zh":
        return field.example
    day = DAY.fullmatch(str(field.example)) if field.kind == "date" else None
    return written_date(date(*map(int, day.groups())), language) if day else IN_ENGLISH.get(field.name, field.example)
