"""Statements as banks, WeChat Pay and Alipay write them, with lines invented from a list of owners."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import openpyxl

FIRST = date(2026, 11, 24)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
GIVEN = "明丽芳强磊军洋勇艳杰娟涛超霞平刚桂英梅兰红玉凤文静雨桐浩然子轩"


@dataclass(frozen=True)
class Owner:
    """Owner of a unit, with the number of the notice that asks for the money."""

    unit: str
    name: str
    telephone: str
    due: str
    number: str = ""

    @property
    def parts(self) -> list[str]:
        return self.unit.split("-")


@dataclass(frozen=True)
class Money:
    """Line of a statement before it is written; `kind` is in, out, refund, fee, interest, lump or open."""

    day: date
    clock: str
    amount: str
    payer: str
    remark: str
    serial: str
    kind: str = "in"
    order: str = ""


def owners(count: int, rng: Random) -> list[Owner]:
    """Return owners of different units; some have the same name, some a name that begins another's."""
    names = [rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2)))) for _ in range(count)]
    for place in range(0, count, 17):
        names[place] = names[(place + 5) % count]
    for place in range(3, count, 19):
        names[place] = names[(place + 2) % count] + rng.choice(GIVEN)
    units = [f"{b}-{e}-{f}{r:02}" for b in (1, 2, 3, 11, 12) for e in (1, 2) for f in range(1, 12) for r in (1, 2)]
    rng.shuffle(units)
    return [
        Owner(unit, name, f"13{place:09d}", f"{1000 + place * 7}.{place % 100:02d}")
        for place, (unit, name) in enumerate(zip(units, names, strict=False))
    ]


def figures(text: str) -> str:
    return "".join("〇一二三四五六七八九"[int(each)] for each in text)


def in_words(number: str) -> str:
    value = int(number)
    return f"十{figures(str(value - 10)) if value > 10 else ''}" if value >= 10 else figures(number)


# Ways to write whose money it is: what payer and remark say, and whether the account is certain.
Way = Callable[[Owner, str], tuple[str, str]]
WAYS: dict[str, Way] = {
    "number": lambda it, other: (other, f"物业费{it.number}"),
    "number without hyphens": lambda it, other: (other, it.number.replace("-", "")),
    "wide number": lambda it, other: (other, "编号：" + it.number.translate({ord("-"): "－"}) + "，请查收"),
    "unit and payer": lambda it, _: (it.name, f"{it.unit}物业费"),
    "unit in words and name": lambda it, other: (
        other,
        f"{it.parts[0]}栋{it.parts[1]}单元{it.parts[2]}室 {it.name} 缴物业费",
    ),
    "zeros": lambda it, _: (it.name, f"{it.parts[0]:0>2}—{it.parts[1]:0>2}—{it.parts[2]:0>4}"),
    "Chinese figures": lambda it, _: (
        it.name,
        f"{in_words(it.parts[0])}栋{in_words(it.parts[1])}单元{figures(it.parts[2])}",
    ),
    "unit alone": lambda it, other: (other, f"{it.parts[0]}#楼{it.parts[1]}单元{it.parts[2]}"),
    "spaced": lambda it, other: (other, f"{it.parts[0]} 栋 {it.parts[1]} 单元 {it.parts[2]} 室 2026年物业费"),
    "name alone": lambda it, _: (it.name, "物业费2026年"),
    "room and payer": lambda it, _: (it.name, f"{it.parts[2]}室物业费"),
    "telephone": lambda it, other: (other, f"物业费 {it.telephone[:3]} {it.telephone[3:7]} {it.telephone[7:]}"),
    "last digits": lambda it, other: (other, f"单号{it.number[-6:]}"),
    "amount": lambda _, other: (other, "缴费"),
    "nothing": lambda _, other: (other, "物业费2026年"),
}
CERTAIN = frozenset(list(WAYS)[:7])


@dataclass(frozen=True)
class Truth:
    """A written line: whose it is, how it says so; `why` is the reason to ignore it, "" for money of an owner."""

    money: Money
    owner: Owner | None
    way: str = ""
    why: str = ""


def truths(people: Sequence[Owner], count: int, rng: Random, *, name: str) -> list[Truth]:
    """Return lines of a statement: one in six is nobody's payment."""
    found: list[Truth] = []
    for place in range(count):
        at = FIRST + timedelta(days=rng.randrange(5))
        clock = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
        serial = f"{name[:2].upper()}{20261124000000 + place * 13}"
        stranger = "外" + rng.choice(GIVEN) + rng.choice(GIVEN)
        owner = rng.choice(people)
        money = Money(at, clock, owner.due, stranger, "", serial, order=f"O{serial}")
        if place % 6 == 5:
            kind = rng.choice(sorted(NOBODY[name]))
            told = replace(money, amount=f"{rng.randrange(100, 90000)}.5", kind=kind)
            found.append(Truth(told, None, kind, NOBODY[name][kind]))
            continue
        way = rng.choice(list(WAYS))
        payer, remark = WAYS[way](owner, stranger)
        amount = (
            owner.due if way in {"amount", "number", "name alone"} else f"{rng.randrange(20, 900)}.{place % 100:02d}"
        )
        found.append(Truth(replace(money, payer=payer, remark=remark, amount=amount), owner, way))
    return found


BANK = {"out": "money-out", "interest": "interest", "lump": "lump-sum"}
NOBODY = {
    "wechat-merchant": {"refund": "refund", "open": "not-settled"},
    "wechat-personal": {"out": "money-out", "refund": "refund"},
    "alipay-merchant": {"out": "money-out", "refund": "refund"},
    "alipay-personal": {"out": "money-out", "open": "not-settled"},
    "icbc": BANK, "ccb": BANK, "abc": BANK, "boc": BANK, "bocom": BANK, "cmb": BANK,
    "table": {"lump": "lump-sum"},
}  # fmt: skip
LUMP = {"lump": ("财付通支付科技有限公司", "商户结算"), "interest": ("", "结息"), "out": ("某某电力公司", "电费")}


def _bank(money: Money) -> tuple[str, str, str, str]:
    """Return payer, remark, money in and money out of a line of a bank."""
    payer, remark = LUMP.get(money.kind, (money.payer, money.remark))
    out = money.kind == "out"
    return payer, remark, "" if out else money.amount, money.amount if out else ""


def _head(headings: str) -> list[str]:
    return headings.split(",")


def _wechat_merchant(lines: Sequence[Money]) -> list[list[str]]:
    rows = [
        _head(
            "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
            "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
        )
    ]
    for it in lines:
        refund = it.kind == "refund"
        state = {"refund": "REFUND", "open": "NOTPAY"}.get(it.kind, "SUCCESS")
        paid, back = ("0.00", it.amount) if refund else (it.amount, "0.00")
        row = (
            f"{it.day} {it.clock}", "wx0", "1900", "0", "", it.serial, it.order, "oUser", "JSAPI", state,
            "OTHERS", "CNY", paid,
            "0.00", f"R{it.serial}" if refund else "0", "0", back, "0.00", "", "", it.remark, it.payer, "0.01",
            "0.60%", paid, back, "",
        )  # fmt: skip
        rows.append([f"`{cell}" for cell in row])
    rows.append(_head("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"))
    rows.append([f"`{len(lines)}", "`0.00", "`0.00", "`0.00", "`0.00", "`0.00", "`0.00"])
    return rows


def _wechat_personal(lines: Sequence[Money]) -> list[list[str]]:
    rows = [
        ["微信支付账单明细"],
        ["微信昵称：[示例物业]"],
        [f"共{len(lines)}笔记录"],
        *[[f"注{n}："] for n in range(12)],
    ]
    rows.append(["----------------------微信支付账单明细列表--------------------"])
    rows.append(_head("交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注"))
    for it in lines:
        sign = "支出" if it.kind in {"out", "refund"} else "收入"
        kind = "商户退款" if it.kind == "refund" else "二维码收款"
        serial = f"{it.serial}\t"
        rows.append(
            [
                f"{it.day} {it.clock}",
                kind,
                it.payer,
                it.remark or "/",
                sign,
                f"¥{it.amount}",
                "/",
                "已收钱",
                serial,
                "/",
                "/",
            ]
        )
    return rows


def _alipay_merchant(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["#支付宝账务明细查询"], ["#账号：[2088000000000000156]"], ["#---------账务明细列表----------"]]
    rows.append(
        _head(
            "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注"
        )
    )
    for it in lines:
        back = it.kind in {"out", "refund"}
        kind = {"out": "提现", "refund": "交易退款"}.get(it.kind, "在线支付")
        rows.append(
            [f"{it.serial}\t", f"B{it.serial}\t", f"{it.order}\t", "物业费", f"{it.day} {it.clock}",
             f"{it.payer}(138******11)", "" if back else f"{it.amount} ", f"-{it.amount}" if back else "", "9999.00",
             "支付宝", kind, f"{it.remark}\t"]
        )  # fmt: skip
    return [*rows, ["#---------账务明细列表结束----------"], ["#收入合计：1笔"]]


def _alipay_personal(lines: Sequence[Money]) -> list[list[str]]:
    rows = [
        ["------------------------------------------------"],
        ["导出信息："],
        [f"共{len(lines)}笔记录"],
        *[[f"{n}.特别提示"] for n in range(17)],
    ]
    rows.append(
        _head(
            "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,"
        )
    )
    for it in lines:
        state = "交易关闭" if it.kind == "open" else "交易成功"
        sign = {"open": "不计收支", "out": "支出"}.get(it.kind, "收入")
        rows.append(
            [
                f"{it.day} {it.clock}",
                "转账红包",
                it.payer,
                "138******11",
                it.remark,
                sign,
                it.amount,
                "",
                state,
                f"{it.serial}\t",
                "",
                "",
                "",
            ]
        )
    return rows


def _icbc(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["明细查询文件下载"], ["卡号: 6222****0000"]]
    rows.append(
        _head(
            "交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名,对方账户"
        )
    )
    for it in lines:
        payer, remark, came, went = _bank(it)
        came, went = (f"{float(each):,.2f}\t" if each else "-" for each in (came, went))
        kind = "结息" if it.kind == "interest" else "网银转账"
        rows.append(
            [
                f"{it.day}\t ",
                kind,
                f"{remark} ",
                "网上银行",
                "CHN",
                "钞",
                came,
                went,
                "人民币",
                came,
                went,
                "人民币",
                "1,000.00",
                f"{payer}  ",
                it.serial,
            ]
        )
    return [*rows, ["人民币合计", "", "", "", "", "", "", "", "", "1.00", "2.00", "", "", "", ""]]


def _ccb(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["中国建设银行个人活期账户交易明细"], []]
    rows.append(_head("序号,记账日,交易日期,交易时间,支出,收入,账户余额,币种,摘要,对方账号,对方户名,交易地点"))
    for place, it in enumerate(lines, start=1):
        payer, remark, came, went = _bank(it)
        day = f"{it.day:%Y%m%d}"
        rows.append(
            [
                str(place),
                day,
                day,
                it.clock,
                went or "0.00",
                came or "0.00",
                "1000.00",
                "人民币元",
                remark,
                f"'{it.serial}",
                payer,
                "",
            ]
        )
    return rows


def _abc(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["中国农业银行账户活期交易明细清单"]]
    rows.append(_head("交易日期,交易时间,交易摘要,交易金额,本次余额,对手信息,日志号,交易渠道,交易附言"))
    for it in lines:
        payer, remark, came, went = _bank(it)
        kind = "结息" if it.kind == "interest" else "转存"
        rows.append(
            [
                f"{it.day:%Y%m%d}",
                it.clock.replace(":", ""),
                kind,
                f"+{came}" if came else f"-{went}",
                "1000.00",
                f"{payer}6228480000000000",
                it.serial[-9:],
                "电子商务",
                remark,
            ]
        )
    return rows


def _boc(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["中国银行交易流水明细清单"]]
    rows.append(
        _head("记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,对方卡号/账号,对方开户行")
    )
    for it in lines:
        payer, remark, came, went = _bank(it)
        kind = "结息" if it.kind == "interest" else "跨行转账"
        rows.append(
            [
                str(it.day),
                it.clock,
                "人民币",
                came or f"-{went}",
                "1,000.00",
                kind,
                "手机银行",
                "-------------------",
                remark,
                payer or "-----",
                it.serial,
                "-------",
            ]
        )
    return rows


def _bocom(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["交通银行个人客户交易清单"]]
    rows.append(_head("序号,交易日期,交易时间,交易类型,借贷,交易金额,余额,对方账号,对方户名,交易地点,摘要"))
    for place, it in enumerate(lines, start=1):
        payer, remark, came, went = _bank(it)
        kind = "结息" if it.kind == "interest" else "网上转账"
        rows.append(
            [
                str(place),
                str(it.day),
                it.clock,
                kind,
                "贷 Cr" if came else "借 Dr",
                came or went,
                "1000.00",
                it.serial,
                payer,
                "",
                remark,
            ]
        )
    return rows


def _cmb(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["招商银行交易流水"], []]
    rows.append(_head("记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要"))
    for it in lines:
        payer, remark, came, went = _bank(it)
        kind = "账户结息" if it.kind == "interest" else "转账汇款"
        rows.append([str(it.day), "CNY", came or f"-{went}", "1000.00", kind, f"{payer}{it.serial[2:]}", remark])
    return rows


def _table(lines: Sequence[Money]) -> list[list[str]]:
    rows = [["日期", "付款人", "金额", "方式", "备注"]]
    for it in lines:
        payer, remark, came, _ = _bank(it)
        rows.append([str(it.day), payer, came, "转账", remark])
    return [*rows, ["合计", "", "1.00", "", ""]]


FORMATS: dict[str, tuple[Callable[[Sequence[Money]], list[list[str]]], str, str]] = {
    "wechat-merchant": (_wechat_merchant, "utf-8-sig", ".csv"),
    "wechat-personal": (_wechat_personal, "utf-8", ".xlsx"),
    "alipay-merchant": (_alipay_merchant, "gb18030", ".csv"),
    "alipay-personal": (_alipay_personal, "gb18030", ".csv"),
    "icbc": (_icbc, "gb18030", ".csv"),
    "ccb": (_ccb, "utf-8", ".xls"),
    "abc": (_abc, "gb18030", ".csv"),
    "boc": (_boc, "utf-8-sig", ".csv"),
    "bocom": (_bocom, "gb18030", ".csv"),
    "cmb": (_cmb, "utf-8-sig", ".csv"),
    "table": (_table, "utf-8", ".xlsx"),
}


def rows_of(name: str, lines: Sequence[Money]) -> list[list[str]]:
    """Return all rows of a statement, notes and totals included."""
    return FORMATS[name][0](lines)


def write(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
    """Write rows as the file's ending says; an .xls is a web page with that ending, as banks export it."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for cells in rows:
            book.active.append(list(cells))
        book.save(path)
    elif path.suffix == ".xls":
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>" for cells in rows)
        path.write_text(f"<html><meta charset='utf-8'><table>{body}</table></html>", encoding="utf-8")
    else:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        path.write_bytes(text.getvalue().encode(encoding))
    return path


def statement(folder: Path, name: str, lines: Sequence[Money], file: str = "") -> Path:
    """Write a statement of a format under a name that tells nothing."""
    _, encoding, ending = FORMATS[name]
    return write(
        folder / f"{file or 'export-' + str(len(list(folder.iterdir())))}{ending}", rows_of(name, lines), encoding
    )
