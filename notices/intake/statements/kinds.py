"""Kinds of lines: money that came in, and money that is nobody's payment."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from notices.intake.statements.lines import Fate
from notices.model import ZERO

INTEREST = re.compile(r"结息|利息|付息|存息|批量结息|interest", re.IGNORECASE)
REVERSAL = re.compile(r"冲正|冲销|抹账|退款|退汇|撤销|退票|退费|退还|红冲|冲红|作废|refund|reversal", re.IGNORECASE)
NOT_SETTLED = re.compile(
    r"关闭|等待|待付款|待确认|未支付|支付中|失败|取消|处理中|已过期|待审|未审|未到账|待入账|CLOSED|NOTPAY|PAYERROR|USERPAYING|WAIT",
    re.IGNORECASE,
)
# Their settlements hold the payments of many people, which their own files show one by one.
PROVIDERS = re.compile(
    r"财付通|支付宝|蚂蚁(?:金服|科技)|网联清算|银联商务|银联(?:结算|清算)|拉卡拉|通联支付|富友支付|随行付|汇付天下|汇付支付|易宝支付|快钱支付|合利宝|收钱吧|"
    r"网银在线|京东支付|平安付|备付金|微信支付(?:结算|提现|商户)|tenpay|alipay|wechat ?pay",
    re.IGNORECASE,
)
MONEY_IN = frozenset({"收入", "收", "贷", "贷CR", "CR", "C", "贷方", "入", "转入", "+", "IN", "进账", "存入"})
MONEY_OUT = frozenset({"支出", "支", "借", "借DR", "DR", "D", "借方", "出", "转出", "-", "OUT", "付", "支取"})
GIVEN_BACK = re.compile(r"已退款\s*[(（]?\s*[¥￥]?\s*(\d[\d,]*(?:\.\d{1,2})?)")


@lru_cache(maxsize=256)
def direction(sign: str) -> bool | None:
    """Return true for money that came in, false for money that went out, None if the sign says neither."""
    word = "".join(sign.split()).upper().replace("(", "").replace(")", "")
    if word in MONEY_IN:
        return True
    return False if word in MONEY_OUT else None


def is_lump_sum(payer: str, kind: str, remark: str) -> bool:
    """Return whether a line of a bank is the settlement of a payment provider."""
    return any(PROVIDERS.search(text) for text in (payer, kind) if text) or (
        not payer and PROVIDERS.search(remark) is not None
    )


def given_back(status: str, amount: Decimal) -> Decimal:
    """Return how much of its own amount a line says was given back, in yuan."""
    if "全额退款" in status or status in {"已退还", "对方已退还", "已全额退还"}:
        return amount
    found = GIVEN_BACK.search(status)
    return min(Decimal(found[1].replace(",", "")), amount) if found else ZERO


def kind_of_income(kind: str, status: str, payer: str, remark: str, *, bank: bool) -> Fate:
    """Return the kind of a line with money that came in."""
    if NOT_SETTLED.search(status):
        return Fate.NOT_SETTLED
    if INTEREST.search(kind) or (bank and not payer and INTEREST.search(remark)):
        return Fate.INTEREST
    if REVERSAL.search(kind) or (REVERSAL.search(status.replace("已退款", "")) and not given_back(status, ZERO + 1)):
        return Fate.REFUND
    if bank and is_lump_sum(payer, kind, remark):
        return Fate.LUMP_SUM
    return Fate.MONEY_IN


def kind_of_expense(kind: str, status: str, remark: str) -> Fate:
    """Return the kind of a line with money that went out."""
    if NOT_SETTLED.search(status):
        return Fate.NOT_SETTLED
    return Fate.REFUND if any(REVERSAL.search(text) for text in (kind, status, remark)) else Fate.MONEY_OUT
