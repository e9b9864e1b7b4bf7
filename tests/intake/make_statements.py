"""Make the statement that a bank's old program wrote: tests/intake/statements/ccb-xlwt.xls.

Not part of the tests. It needs xlwt: `python tests/intake/make_statements.py`. The values are invented.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import xlwt

FILE = Path(__file__).parent / "statements" / "ccb-xlwt.xls"
HEADINGS = (
    "账号", "账户名称", "交易时间", "借方发生额/元(支取)", "贷方发生额/元(收入)", "余额", "币种", "对方户名",
    "对方账号", "对方开户机构", "记账日期", "摘要", "备注", "账户明细编号-交易流水号", "企业流水号", "凭证种类",
    "凭证号",
)  # fmt: skip
LINES = (
    ("2026-11-24 09:30:15", 0.0, 1200.0, "张三", "3-2-501物业费", "1-N0001"),
    ("2026-11-25 10:00:00", 0.0, 350.55, "外人", "缴费", "2-N0002"),
    ("2026-11-26 11:00:00", 88.8, 0.0, "某某电力公司", "电费", "3-N0003"),
)


def main() -> None:
    """Write the file: amounts are numbers, the day of booking is a number that is shown as a date."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("活期账户交易明细")
    day = xlwt.easyxf(num_format_str="YYYYMMDD")
    page.write(0, 0, "中国建设银行 账户交易明细")
    for column, heading in enumerate(HEADINGS):
        page.write(2, column, heading)
    for number, (moment, out, come, payer, remark, serial) in enumerate(LINES, start=3):
        told = {
            2: moment, 3: out, 4: come, 5: 1000.0, 6: "人民币元", 7: payer, 8: "6222000011112222", 11: "网银转账",
            12: remark, 13: serial,
        }  # fmt: skip
        for column, cell in told.items():
            page.write(number, column, cell)
        page.write(number, 10, date.fromisoformat(moment[:10]), day)
    FILE.parent.mkdir(exist_ok=True)
    book.save(str(FILE))


if __name__ == "__main__":
    main()
