"""Meanings of headings: synonyms, tolerant of spaces, full-width letters and units, and the periods of wide lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from notices.intake.amounts import UNITS
from notices.intake.cleaning import clean, clean_text
from notices.intake.periods import parse_period, period_name, read_period
from notices.intake.problems import Unreadable
from notices.model import Period
from notices.tables import Cell, LostValue

IGNORED = "ignored"
LEFT_OUT = frozenset({"未采用", "忽略", "不采用"})  # what people call it
ASIDE = "※"  # prefix of the headings that a fix list adds
ARREARS: Mapping[str, str] = {
    heading: meaning
    for meaning, headings in {
        "estate": "小区 项目 楼盘 小区名称 项目名称 楼盘名称 所属小区 所属项目",
        "building": "楼栋 栋 幢 楼号 楼栋号 栋号 幢号 楼宇 楼幢 座",
        "entrance": "单元 单元号",
        "unit": "房号 室号 户号 房间号 房产 房间 房屋 房屋编号 房间编号 单元房号 房屋号 门牌号 房产名称 房号/商铺号",
        "owner": "业主 业主姓名 客户名称 户主 客户姓名 业主名称 户主姓名 产权人 姓名 业主/住户 住户姓名",
        "owner-kind": "业主性质 业主类型 业主类别 客户性质 客户类型 客户类别",
        "telephone": "联系电话 手机 电话 手机号 手机号码 联系方式 电话号码 业主电话 移动电话 联系手机",
        "email": "邮箱 电子邮箱 e-mail email 电子邮件 邮箱地址 电邮 业主邮箱 mail",
        "email-confirmed": "送达确认 邮箱已确认 送达地址确认 邮箱确认 电子送达确认",
        "address": "通讯地址 联系地址 邮寄地址 地址 送达地址 通信地址 收件地址",
        "postcode": "邮编 邮政编码",
        "area": "建筑面积 面积 计费面积 收费面积 房屋面积 产权面积",
        "item": "收费项目 费用项目 费项 费用名称 收费科目 费用类型 项目收费 收费名称 费项名称 收费项目名称 "
        "费用项目名称 费用科目 费用类别 费用种类 收费类型 收费类别 收费种类 收费名目 收费项 "
        "科目名称 缴费项目 欠费项目 账单项目 计费项目 计费科目 款项名称",
        "period": "费用期间 账期 所属期 计费周期 费用所属期 欠费期间 收费期间 计费期间 费用周期 期间 账单周期 "
        "所属账期 所属期间 所属时期 费用年月 费用月份 费用年度 费用时间段 费用起止日期 账单月份 账单年月 账单期间 "
        "账单所属期 应收年月 应收月份 应收期间 应收账期 所属年月 所属月份 所属年度 收费年月 收费月份 收费年度 收费周期 "
        "计费年月 计费月份 计费时段 计费区间 欠费年月 欠费月份 欠费年度 欠费时间段 欠费时段 欠费区间 归属账期 归属期 "
        "归属月份 权责月份 缴费期间 缴费周期 服务期间 起止日期 起止时间 年度 年份 年月",
        "period-start": "开始日期 起始日期 计费开始日期 费用开始日期 开始时间 计费起始日期 收费开始日期 账单开始日期 "
        "账期开始 账期开始日期 费用起始日期 起始时间",
        "period-end": "结束日期 终止日期 计费结束日期 费用结束日期 结束时间 计费截止日期 收费结束日期 账单结束日期 "
        "账期结束 账期结束日期 费用截止日期 终止时间",
        "due-date": "应缴日期 到期日 缴费截止日 应收日期 应付日期 到期日期 缴费截止日期 应交日期 应缴费日期 最后缴费日 "
        "缴费期限 付款期限 应缴期限 应付期限 应缴时间 缴费到期日 账单到期日 付款到期日 最晚缴费日期 最迟缴费日期",
        "rate": "单价 收费标准 费用标准 计费标准",
        "due": "应收 应收金额 应缴金额 应收款 应交金额 应缴 应交 应收费用 应收合计 账单金额 "
        "应付 应付金额 账单应收 应收本金",
        "paid": "已收 实收 已缴 已收金额 实收金额 已缴金额 已交 已交金额 实缴 实缴金额 实收款 已付 已付金额",
        "waived": "减免 优惠 预存抵扣 减免金额 优惠金额 抵扣金额 减免优惠 折扣金额",
        "owed": "欠费 欠费金额 未收 欠缴 未收金额 欠缴金额 未缴 未缴金额 未交 未交金额 "
        "拖欠金额 欠款 欠款金额 欠费本金 欠收金额 "
        "未付 未付金额 欠费余额 未收余额 欠款余额 待缴金额 待缴费用 待收金额 待付金额 尚欠金额",
        "late-fee": "违约金 滞纳金 违约金金额 滞纳金金额 应收违约金 应收滞纳金",
        "owed-with-late-fee": "欠费合计 含违约金 欠费总额 欠费总计 合计欠费 应缴合计 含滞纳金 "
        "合计 总计 总额 总金额 欠缴合计 欠费总金额 欠费含违约金",
        "remark": "备注 说明 备注说明",
    }.items()
    for heading in headings.split()
}
HISTORY: Mapping[str, str] = {
    **{
        heading: meaning
        for heading, meaning in ARREARS.items()
        if meaning in {"estate", "building", "entrance", "unit"}
    },
    **{heading: meaning for heading, meaning in ARREARS.items() if meaning == "owner"},
    **{
        heading: meaning
        for meaning, headings in {
            "tier": "函件 函件类型 文书 文书类型 类型 通知类型 函件名称 层级",
            "number": "编号 文号 函件编号 文书编号 函号",
            "date": "发出日期 发函日期 寄出日期 日期 函件日期 发送日期 寄送日期 落款日期",
            "way": "送达方式 方式 寄送方式 发送方式 投递方式 送达途径",
            "result": "结果 送达结果 投递结果 状态 签收情况 送达情况 送达状态",
            "delivered-on": "送达日期 签收日期 妥投日期 投递日期 结果日期 退回日期",
            "to": "收件地址 送达地址 邮箱 电子邮箱 邮寄地址 e-mail email",
        }.items()
        for heading in headings.split()
    },
}
HOLDS: Mapping[str, str] = {
    **{
        heading: meaning
        for heading, meaning in ARREARS.items()
        if meaning in {"estate", "building", "entrance", "unit"}
    },
    **{heading: meaning for heading, meaning in ARREARS.items() if meaning == "owner"},
    **{
        heading: meaning
        for meaning, headings in {
            "kind": "类型 种类 类别 事项 登记类型",
            "registered": "登记日期 登记日 登记时间 受理日期",
            "until": "截止日期 截止日 到期日 承诺日期 期限 有效期至 日期 还款日期 应还日期",
            "amount": "金额 承诺金额 分期金额 还款金额 应还金额",
            "note": "说明 备注 备注说明 原因",
        }.items()
        for heading in headings.split()
    },
}
SLIPS: Mapping[str, str] = {
    **{
        heading: meaning
        for heading, meaning in ARREARS.items()
        if meaning in {"estate", "building", "entrance", "unit", "owner", "telephone"}
    },
    **{
        heading: meaning
        for meaning, headings in {
            "number": "编号 函件编号 文号 函号 number notice",
            "objections": "异议 原因 没有缴费的原因 未缴费原因 欠费原因 勾选原因 异议代码 objections",
            "note": "问题 家中需要解决的问题 需要解决的问题 说明 备注 note",
            "until": "承诺日期 承诺缴费日期 希望的缴费日期 缴费日期 promise",
            "instalments": "分期 分期安排 分期计划 instalments",
            "date": "交回日期 收到日期 回收日期 日期 date",
        }.items()
        for heading in headings.split()
    },
}
CARRIER: Mapping[str, str] = {
    heading: meaning
    for meaning, headings in {
        "number": "内件编号 编号 函件编号 文号 函号 商户订单号 客户订单号 订单号 订单编号 内件号 number notice",
        "waybill": "运单号 邮件号 邮件号码 快递单号 物流单号 EMS单号 单号 运单编号 面单号 挂号号码 快件单号 waybill",
        "result": "投递结果 结果 状态 投递状态 签收情况 签收状态 邮件状态 物流状态 最新状态 妥投情况 妥投标志 送达结果 "
        "result status",
        "date": "投递日期 妥投日期 签收日期 签收时间 妥投时间 投递时间 状态时间 退回日期 结果日期 日期 时间 "
        "送达日期 date",
    }.items()
    for heading in headings.split()
}
INSTALMENTS: Mapping[str, str] = {
    "日期": "until", "截止日期": "until", "截止日": "until", "还款日期": "until", "应还日期": "until",
    "付款日期": "until", "到期日": "until", "date": "until", "until": "until",
    "金额": "amount", "还款金额": "amount", "应还金额": "amount", "分期金额": "amount", "付款金额": "amount",
    "amount": "amount",
}  # fmt: skip
# Headings of other things than charges. Their columns are left out without a question, whatever their values look like.
IRRELEVANT = re.compile(
    r"^(?:序号|行号|编号|no\.?|id|#)$|面积|用量|读数|行度|表底|表号|数量|人数|户数|天数|月数|期数|个数|比例|系数|[税费利折]率|楼层|层数|层高|"
    r"年龄|(?:号|码|代码)$|身份证|证件|合同号|合同编号|账号|卡号|车牌|(?:客户|业主|住户|房屋|房产|资源|账单|单据|订单|流水|发票|收据|凭证|票据)(?:编号|编码|号码?|id)$|"
    r"入住|入伙|交房|交付|收房|接房|装修|购房|签约|合同|出生|注册|(?:制单|制表|录入|创建|生成|打印|导出|更新|修改|登记|审核|开票)"
    r"(?:日期|时间|日|人|员)|楼龄|建成|竣工|房屋(?:类型|状态|性质|用途)|催[缴收费]"
)
# A category or an accounting month: used only if no other column gives the item or the period more exactly.
_COARSE = (
    "费用类别 费用类型 费用种类 费用科目 收费类型 收费类别 收费种类 收费科目 科目名称 费用月份 费用年月 费用年度 "
    "账单月份 账单年月 应收年月 应收月份 所属年月 所属月份 所属年度 收费年月 收费月份 收费年度 计费年月 计费月份 "
    "欠费年月 欠费月份 欠费年度 归属月份 权责月份 年度 年份 年月 收费周期 缴费周期"
)
COARSE = frozenset(_COARSE.split())
MEANINGS = (*dict.fromkeys(ARREARS.values()), IGNORED)
MONEY = frozenset({"due", "paid", "waived", "owed", "late-fee", "owed-with-late-fee", "amount"})
DATES = frozenset({"due-date", "period-start", "period-end", "date", "delivered-on", "registered", "until"})

_UNIT = r"((?:百万|[万千百])元?|[元角分])"
# 单位:万科物业 and (万科城) are names, so a unit ends where a word ends; (元/月) is a unit all the same.
UNIT_OF_MONEY = re.compile(
    rf"(?:单位[为是]?[:：]?\s*(?:[户套间个平方米㎡月年]{{1,3}}[、,，/])?|[(（\[【])[:：]?\s*(?:人民币|RMB|[¥￥])?[:：\s]*{_UNIT}(?!(?!人民币|整)[^\W\d_])",
    re.IGNORECASE,
)
UNIT_AT_THE_END = rf"[/:：,，_-](?:人民币)?{_UNIT}$"
UNIT_ALONE = re.compile(r"(?:人民币)?((?:百万|[万千])元)")
FOREIGN = re.compile(
    r"(?<![A-Za-z])(?:USD?|HKD?|EUR|GBP|JPY|MOP|TWD|NTD?|SGD|AUD|CAD)(?![A-Za-z])|[$€£]|美元|美金|港[元币]|欧元|英镑|日元|澳门元|台币",
    re.IGNORECASE,
)
# A title that names the money of all amounts; that a company bears such a word in its name means nothing.
OTHER_MONEY = re.compile(
    rf"(?:单位|币[种别]|货币|currency)(?:[为是]|\s*[:：])?\s*({FOREIGN.pattern})(?![^\W\d_])|"
    rf"[(（\[【]({FOREIGN.pattern})[)）\]】]",
    re.IGNORECASE,
)
# Words in brackets are left out of a heading where they change nothing; others change what the column means.
HARMLESS = re.compile(
    rf"(?:(?:金额|货币)?单位[为是:：]?)?(?:人民币|RMB|CNY|[¥￥])?[:：]?{_UNIT}?(?:人民币)?|[必选]填项?|必录|可选|\*|大写|小写|"
    r"(?:不含|不计|未含|不包括)(?:滞纳金|违约金|利息|罚息|税)[费款]?|[含价]税|税后|价税合计|本金|合计|总计|小计|累计|物业(?:服务|管理)?费|"
    r"截[至止]?到?(?=.*\d)[\d年月日./-]+[日底末]?|(?=.*\d)[\d年月日./~至到-]+|[a-z0-9=+*/×-]+|(?:如|例如|示例|格式|例)[:：]?.*",
    re.IGNORECASE,
)
CHANGES = re.compile(
    r"原|旧|曾用|前业主|^新|租|使用人|代理|代办|代缴|代收|联系人|紧急|备用|家属|物业(?:公司|中心|管家)|管家|客服|已故|卖方|买方|受让|关联|车位|合同"
)
BRACKETS = re.compile(rf"[(（\[【][^)）\]】]*[)）\]】]|{UNIT_AT_THE_END}")
WIDE_NOISE = re.compile(r"物业服务费|物业费|物管费|服务费|欠费金额|欠费|欠缴|欠款|未收|未缴|拖欠|费用|金额|合计|小计")


@dataclass(frozen=True, slots=True)
class Label:
    """Heading before interpretation: its text, its cell, and the lower line of a two-line heading."""

    text: str
    cell: Cell = None
    lower: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """Interpreted heading: text as written, meaning, unit of money, and the period of a wide list's column."""

    text: str
    meaning: str = IGNORED
    scale: Decimal | None = None
    period: Period | None = None
    chosen: bool = False  # a person said what it means, `ignored` included


def heading_text(cell: Cell) -> str:
    """Return a heading as one line of text, also if a wide list has a number or date there."""
    if isinstance(cell, LostValue) and (cell.struck or cell.unseen):
        cell = cell.text
    try:
        return " ".join(clean(cell).split())
    except Unreadable:  # an error value is not a heading
        return ""


def interpret_heading(label: Label, synonyms: Mapping[str, str], *, wide: bool = False) -> Heading:
    """Interpret one heading: as a whole, as the period of a wide list, or by its lower line alone."""
    text, scale = label.text, money_unit(label.text)
    meaning = _looked_up(text, synonyms)
    if meaning is None and wide and not FOREIGN.search(text) and (period := _period_of(text, label.cell)):
        return Heading(text, period_name(period) or IGNORED, scale, period)
    if meaning is None and label.lower and not _period_of(text.removesuffix(label.lower), None):
        meaning = _looked_up(label.lower, synonyms)
    return Heading(text, meaning or IGNORED, scale)


def mapped_heading(text: str, meaning: str) -> Heading:
    """Return a heading with the user's meaning: a meaning's name, a usual heading or a period; raises Unreadable."""
    meaning = ARREARS.get(normalise_heading(meaning), IGNORED if meaning in LEFT_OUT else meaning)
    if meaning in MEANINGS:
        return Heading(text, meaning, money_unit(text), chosen=True)
    period = read_period(meaning)
    return Heading(text, period_name(period) or IGNORED, money_unit(text), period, chosen=True)


def is_irrelevant(text: str) -> bool:
    """Return whether a heading is known to head something that no charge is made of, such as a running number."""
    return IRRELEVANT.search(normalise_heading(text)) is not None


def is_coarse(text: str) -> bool:
    """Return whether a column of this heading is used only if no other one gives the same meaning."""
    return BRACKETS.sub("", normalise_heading(text)) in COARSE


def is_fix_list_heading(text: str) -> bool:
    """Return whether a fix list added this heading."""
    return text.startswith(ASIDE)


def money_unit(text: str) -> Decimal | None:
    """Return the unit of money that a heading or title names, in yuan (1 for 元, 10000 for 万元), or None."""
    bare = clean_text(text)
    found = UNIT_OF_MONEY.search(bare) or re.search(UNIT_AT_THE_END, bare) or UNIT_ALONE.fullmatch(bare.strip())
    if found is None:
        return None
    return UNITS[found[1] if len(found[1]) == 1 else found[1].removesuffix("元")]


@lru_cache(maxsize=4096)
def normalise_heading(text: str) -> str:
    """Normalise a heading for comparison: half-width, lower case, no spaces, no surrounding marks, 帐 as 账."""
    return "".join(clean_text(text).lower().split()).strip("*:：·").strip().replace("帐", "账")


def _looked_up(text: str, synonyms: Mapping[str, str]) -> str | None:
    key = normalise_heading(text)
    if FOREIGN.search(key):  # an amount, but not in yuan
        return None
    if key in synonyms:
        return synonyms[key]
    meaning = synonyms.get(BRACKETS.sub("", key))
    return meaning if meaning and _is_beside_the_point(key, money=meaning in MONEY) else None


def _is_beside_the_point(heading: str, *, money: bool) -> bool:
    """Return whether the words in brackets leave a heading's meaning as it is: (元), but not (含违约金) or (租户)."""
    asides = [found[0].strip("()（）[]【】") for found in BRACKETS.finditer(heading) if found[0][0] in "(（[【"]
    return all(HARMLESS.fullmatch(each) if money else not CHANGES.search(each) for each in asides)


def _period_of(text: str, cell: Cell) -> Period | None:
    try:
        if isinstance(cell, date | datetime):
            return parse_period(cell)
        if not _is_beside_the_point(normalise_heading(text), money=True):
            return None
        bare = WIDE_NOISE.sub("", BRACKETS.sub("", normalise_heading(text)))
        period = read_period(bare) if bare else None
    except Unreadable:
        return None
    return period if period is not None and period_name(period) else None
