"""Reader of the carrier's delivery report: waybill numbers, results and their dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.dates import parse_date
from notices.intake.header import Vocabulary
from notices.intake.headings import CARRIER
from notices.intake.open_table import open_table
from notices.intake.problems import Note, Problem, Unreadable
from notices.intake.records import Record, checked_records
from notices.intake.saved_mappings import Choices
from notices.messages import say
from notices.tables import Cell, Limits


class CarrierResult(StrEnum):
    """Final result of a delivery; a letter still on its way has none."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    RETURNED = "returned"


VOCABULARY = Vocabulary(CARRIER, (("number", "waybill"), ("waybill", "result")))
# Not final: 未妥投 and 未签收 are failed attempts, after which the carrier tries again or returns the letter.
OPEN = re.compile(
    r"未妥投|未签收|未能妥投|未能签收|没有签收|待签收|待妥投|签收失败|妥投失败|预约|即将|暂存|收寄|揽收|运输|在途|派送(?!员)|派件(?!员)|投递中|转运|离开|到达|待取|逾期|^否$|transit|accepted|undelivered|notdelivered"
)
# Order matters: 拒收退回 is a refusal.
FINAL = (
    (re.compile(r"拒收|拒签|拒绝|refused"), CarrierResult.REFUSED),
    (
        re.compile(
            r"(?<![未不待])(?:退回|退件|退信|退妥|退签|退还|退寄)|(?<![未不待])已退(?!款)|^退$|无法投递|查无此人|地址不详|"
            r"(?:追回|召回|撤回|截回)(?!失败)|returned"
        ),
        CarrierResult.RETURNED,
    ),
    (
        re.compile(
            r"(?<!未)妥投|(?<!未)签收|(?<!未)(?<!无法)送达|代收|^是$|(?:派送|投递|派件|配送)(?:成功|完成)|(?<!un)(?<!not)delivered"
        ),
        CarrierResult.DELIVERED,
    ),
)
# Left at any of these, a letter has not arrived: a locker, a shop, the company's own desk.
ELSEWHERE = re.compile(
    r"柜|代收点|丰巢|蜂巢|驿站|速递易|自提|超市|便利店|门店|信报?箱|物业|服务中心|locker|reception|frontdesk"
)
# Next to any of these, 签收 or 妥投 proves nothing: it is negated, only expected, or somebody else signed.
DOUBT = re.compile(
    rf"{ELSEWHERE.pattern}|[未没无不非待]|失败|预约|即将|暂存|"
    r"虚假|撤销|取消|异常|疑似|误|错|作废|冲正|更正|补录|拦截|截留|not|tobe|attempt|cancel|revoked"
)
# A delivery is proven only by a cell that says nothing else than that it was, to whom and when: somebody may always
# have signed who is neither the owner nor theirs (a courier, a depot, a shop, the system after a time).
_PERSON = (
    r"收件人|收件方|收方|收信人|本人|业主|户主|他人|别人|家人|家属|亲属|亲友|朋友|同住|成年|配偶|爱人|丈夫|妻子|父母|父亲|母亲|"
    r"子女|儿子|女儿|邻居|同事|前台|门卫|保安|传达室|值班室|单位|公司|收发[章室]?"
)
_NAME = r"(?![^\W\d_]*(?:[员店站点部商仓所]|客服|法院|律师|委托|公司|中心|系统))[㐀-䶿一-鿿]{2,4}"
PROVEN = re.compile(
    rf"(?:已|妥投|签收|投递|派送|派件|配送|送达|成功|完成|并|由|被|为|是|的|您|邮件|快件|信件|包裹|{_PERSON}|代签?收?人?|收|"
    rf"面签|当面|签收(?:人|类型|方式)|图片|电子签名|客户|用户|(?:签收|代收)人[:：是为]*{_NAME}|"
    rf"(?:投递|派件|快递)员[:：]{_NAME}|【[㐀-䶿一-鿿]+[省市区县镇乡]】|感谢[^,，;；。]*|delivered|signed|successfully|inperson|"
    r"to|the|by|for|and|addressee|recipient|consignee|resident|family|member|[\d\W_])+"
)
# Behind or before a return or a refusal, these say that it did not happen, or that something else happened afterwards.
REVOKED = re.compile(
    r"取消|撤销|失败|未成功|更正|作废|误|[未没不]拒|(?:后|改|再|转为)[^退拒]{0,3}(?:签收|妥投|送达)|cancel|revoked|notreturned|notrefused"
)
# A letter that its sender signed for has come back, unless the cell names the addressee too.
SENDER = re.compile(r"寄件|发件|寄方|发方|寄信人|寄递方|寄出方|原寄|返[件回单]|回单|寄回|退[运货]|sender|shipper")
ADDRESSEE = re.compile(r"收件|收方|本人|addressee|recipient|consignee")
WAYBILL = re.compile(r"[A-Za-z0-9-]{6,40}")


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """One row: a letter, named by notice number or waybill, its result and the date of the result.

    `record` collects problems found later.
    """

    record: Record
    number: str
    waybill: str
    result: CarrierResult | None
    on: date | None


@dataclass(frozen=True, slots=True)
class CarrierTable:
    """Parsed delivery report; rows with problems are left out."""

    rows: tuple[CarrierRow, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]


def read_carrier(path: Path, *, sheet: str | None = None, limits: Limits | None = None) -> CarrierTable:
    """Read a carrier's delivery report; raises Unusable and UsageMistake like `read_arrears`."""
    opened = open_table(path, VOCABULARY, limits or Limits(), Choices(sheet=sheet))
    rows: list[CarrierRow] = []
    problems: list[Problem] = []
    notes = list(opened.notes)
    for record in checked_records(opened):
        row = _row(record)
        notes += record.notes
        if record.problems:
            problems += record.problems
        elif row is not None:
            rows.append(row)
    return CarrierTable(tuple(rows), tuple(problems), tuple(notes))


def accepted_elsewhere(text: str) -> bool:
    """Return whether a text says that a locker, a shop or the company's own desk took the letter, not the owner."""
    return ELSEWHERE.search("".join(text.lower().split())) is not None


def _row(record: Record) -> CarrierRow | None:
    if not any(map(bool, record.texts)):
        return None
    number = record.read("number", _text, "")
    waybill = record.read("waybill", _waybill, "")
    result = record.read("result", _result, None)
    on = record.read("date", parse_date, None)
    if not number and not waybill and not record.problems:
        record.complain(
            "number",
            say("The row has neither a notice number nor a waybill number."),
            say("Fill in one of the two cells, or delete the row."),
        )
    if result is not None and on is None and not record.problems:
        record.complain(
            "date",
            say("The date of the result is missing."),
            say("Fill in the date; it is the proof of delivery."),
        )
    return CarrierRow(record, number, waybill, result, on if result else None)


def _text(cell: Cell) -> str:
    text = clean(cell)
    return "" if is_placeholder(text) else text


def _waybill(cell: Cell) -> str:
    text = "".join(_text(cell).split())
    if text and not WAYBILL.fullmatch(text):
        raise Unreadable(
            say("This is not a waybill number."), say("Enter it as the carrier writes it: letters and digits.")
        )
    return text.upper()


def _result(cell: Cell) -> CarrierResult | None:
    """Return the final result, or None if the letter is still on its way or the cell is empty."""
    text = "".join(_text(cell).lower().split())
    if not text:
        return None
    for pattern, result in FINAL:
        if not pattern.search(text):
            continue
        if result is not CarrierResult.DELIVERED:
            if not REVOKED.search(text):
                return result
            break
        if not DOUBT.search(text):
            if SENDER.search(text) and not ADDRESSEE.search(text):
                return CarrierResult.RETURNED
            if PROVEN.fullmatch(text) and not SENDER.search(text):
                return result
    else:
        if OPEN.search(text):
            return None
    raise Unreadable(
        say("This is not a delivery result."),
        say("Use 妥投, 拒收 or 退回, or leave the cell empty while the letter is on its way."),
    )
