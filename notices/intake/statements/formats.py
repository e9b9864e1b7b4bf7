"""Formats of statements: the headings by which each is recognised, and the meaning of its columns.

A file is recognised by its headings, never by its name. Headings are compared half-width, in lower case and without
spaces. Providers change them now and then: add the new ones here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notices.intake.headings import ARREARS

MEANINGS = (
    "date", "time", "in", "out", "amount", "sign", "balance", "payer", "payer-account", "remark", "kind", "status",
    "serial", "reference", "refund-serial", "refund-amount", "currency", "fee", "estate", "building", "entrance",
    "unit", "owner", "ignored",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatementFormat:
    """A format: its name, the headings that every such file has, and the meaning of each heading.

    Of several headings with one meaning the first counts; remarks are joined. With `unique_serial` the provider's
    serial number alone says which line it is. `summary_needed` begins the summary that ends every whole file.
    """

    name: str
    needs: frozenset[str]
    columns: Mapping[str, str]
    unique_serial: bool = False
    summary_needed: str = ""


def _format(
    name: str, needs: str, columns: Mapping[str, str], *, unique_serial: bool = False, summary_needed: str = ""
) -> StatementFormat:
    headings = {heading: meaning for meaning, some in columns.items() for heading in some.split()}
    return StatementFormat(name, frozenset(needs.split()), headings, unique_serial, summary_needed)


FORMATS = (
    _format(
        "wechat-merchant",
        "交易时间 微信订单号 交易状态",
        {
            "date": "交易时间",
            "amount": "订单金额 总金额 应结订单金额",
            "status": "交易状态",
            "kind": "交易类型",
            "serial": "微信订单号",
            "reference": "微信订单号",
            "refund-serial": "微信退款单号",
            "refund-amount": "申请退款金额 退款金额",
            "currency": "货币种类",
            "remark": "商品名称 商户数据包 商户订单号",
        },
        unique_serial=True,
        summary_needed="总交易单数",
    ),
    _format(
        "wechat-personal",
        "交易时间 交易类型 交易对方 收/支 当前状态 交易单号",
        {
            "date": "交易时间",
            "kind": "交易类型",
            "payer": "交易对方",
            "remark": "商品 备注",
            "sign": "收/支",
            "amount": "金额(元) 金额",
            "status": "当前状态",
            "serial": "交易单号",
            "reference": "商户单号",
        },
        unique_serial=True,
    ),
    _format(
        "alipay-merchant",
        "账务流水号 业务流水号 发生时间",
        {
            "serial": "账务流水号",
            "reference": "业务流水号",
            "remark": "商品名称 备注 商户订单号",
            "date": "发生时间",
            "payer": "对方账号 对方名称",
            "in": "收入金额(+元) 收入金额",
            "out": "支出金额(-元) 支出金额",
            "balance": "账户余额(元) 账户余额",
            "kind": "业务类型",
        },
        unique_serial=True,
    ),
    _format(
        "alipay-personal",
        "交易时间 交易分类 交易对方 收/支 交易状态 交易订单号",
        {
            "date": "交易时间",
            "kind": "交易分类",
            "payer": "交易对方",
            "remark": "商品说明 备注",
            "sign": "收/支",
            "amount": "金额 金额(元)",
            "status": "交易状态",
            "serial": "交易订单号",
            "reference": "商家订单号",
        },
        unique_serial=True,
    ),
    _format(
        "icbc",
        "交易日期 摘要 记账金额(收入) 记账金额(支出)",
        {
            "date": "交易日期",
            "time": "交易时间",
            "kind": "摘要",
            "remark": "交易详情 附言 备注 用途",
            "in": "记账金额(收入)",
            "out": "记账金额(支出)",
            "currency": "记账币种",
            "balance": "余额",
            "payer": "对方户名",
            "payer-account": "对方账户 对方账号",
        },
    ),
    _format(
        "ccb",
        "借方发生额/元(支取) 贷方发生额/元(收入)",
        {
            "date": "记账日期 交易日期",
            "time": "交易时间",
            "in": "贷方发生额/元(收入)",
            "out": "借方发生额/元(支取)",
            "balance": "余额",
            "currency": "币种",
            "payer": "对方户名",
            "payer-account": "对方账号",
            "kind": "摘要",
            "remark": "备注",
            "serial": "账户明细编号-交易流水号",
        },
        unique_serial=True,
    ),
    _format(
        "ccb",
        "记账日 支出 收入 账户余额",
        {
            "date": "交易日期 记账日",
            "time": "交易时间",
            "in": "收入",
            "out": "支出",
            "balance": "账户余额",
            "currency": "币种",
            "kind": "摘要",
            "payer-account": "对方账号",
            "payer": "对方户名",
            "remark": "交易地点 备注 附言",
        },
    ),
    _format(
        "abc",
        "交易日期 交易时间 交易金额 本次余额",
        {
            "date": "交易日期",
            "time": "交易时间",
            "kind": "交易摘要",
            "amount": "交易金额",
            "balance": "本次余额",
            "payer": "对手信息",
            "serial": "日志号",
            "remark": "交易附言",
            "currency": "币种",
        },
    ),
    _format(
        "boc",
        "记账日期 币别 金额 余额 交易名称",
        {
            "date": "记账日期",
            "time": "记账时间",
            "currency": "币别",
            "amount": "金额",
            "balance": "余额",
            "kind": "交易名称",
            "remark": "附言",
            "payer": "对方账户名",
            "payer-account": "对方卡号/账号",
        },
    ),
    _format(
        "bocom",
        "交易日期 借贷 交易金额",
        {
            "date": "交易日期",
            "time": "交易时间",
            "kind": "交易类型",
            "sign": "借贷",
            "amount": "交易金额",
            "balance": "余额",
            "payer-account": "对方账号",
            "payer": "对方户名",
            "remark": "摘要 附言",
            "currency": "币种",
        },
    ),
    _format(
        "cmb",
        "记账日期 货币 交易金额 联机余额",
        {
            "date": "记账日期",
            "currency": "货币",
            "amount": "交易金额",
            "balance": "联机余额",
            "kind": "交易摘要",
            "payer": "对手信息",
            "remark": "客户摘要",
        },
    ),
    _format(
        "cmb",
        "交易日期 收入 支出 余额 交易类型 交易备注",
        {
            "date": "交易日期",
            "time": "交易时间",
            "in": "收入",
            "out": "支出",
            "balance": "余额",
            "kind": "交易类型",
            "remark": "交易备注",
            "currency": "币种 货币",
        },
    ),
)

# A plain table: the first column of each meaning counts.
TABLE_HEADINGS: Mapping[str, str] = {
    **{
        heading: meaning
        for heading, meaning in ARREARS.items()
        if meaning in {"estate", "building", "entrance", "unit", "owner"}
    },
    **{
        heading: meaning
        for meaning, headings in {
            "date": "日期 缴费日期 收款日期 付款日期 交易日期 收费日期 入账日期 到账日期 记账日期 "
            "交费日期 缴款日期 交易时间 缴费时间 收款时间 付款时间 到账时间 时间 date",
            "amount": "金额 金额(元) 缴费金额 收款金额 实收金额 实缴金额 付款金额 已收金额 交费金额 缴款金额 交易金额 "
            "到账金额 入账金额 收费金额 收入 收入金额 贷方金额 贷方发生额 amount",
            "out": "支出 支出金额 借方金额 借方发生额",
            "sign": "收/支 收支 借贷 借贷标志 收支类型",
            "fee": "手续费",
            "payer": "付款人 缴费人 交款人 缴款人 付款户名 对方户名 对方名称 对方账户名 付款方 付款方名称 payer",
            "payer-account": "对方账号 对方账户 付款账号",
            "serial": "流水号 交易流水号 收据号 单据号 凭证号 订单号",
            "balance": "余额 账户余额",
            "currency": "币种 币别 货币",
            "status": "状态 交易状态",
            "kind": "交易类型 业务类型 类型 款项类型 收付类型 单据类型",
            "remark": "备注 摘要 附言 用途 说明 备注说明 编号 函件编号 通知编号 通知书编号 文号 函号 联系电话 "
            "手机 电话 手机号 方式 缴费方式 收款方式 支付方式 交费方式 note remark number notice",
        }.items()
        for heading in headings.split()
    },
}
