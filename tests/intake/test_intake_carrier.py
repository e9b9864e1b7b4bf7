"""Interpretation of the carrier's delivery results."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.intake import read_carrier


def result_of(word: str, tmp_path: Path) -> str | None:
    (tmp_path / "t.csv").write_text(f"运单号,状态,日期\nEA1234567,{word},2026-11-23\n", encoding="utf-8")
    table = read_carrier(tmp_path / "t.csv")
    assert not table.problems
    (row,) = table.rows
    return str(row.result) if row.result else None


@pytest.mark.parametrize(
    ("word", "result"),
    [
        *(
            (word, "delivered")
            for word in ("妥投", "已签收", "投递并签收", "本人签收", "他人代收", "已送达", "Delivered")
        ),
        *((word, "refused") for word in ("拒收", "收件人拒签", "拒收退回")),
        *((word, "returned") for word in ("退回", "退件已签收", "查无此人", "无法投递", "退回妥投")),
        *(
            (word, "returned")
            for word in ("寄件人签收", "已退，寄件人签收", "退签收", "发件人已签收", "已签收，签收人：寄件人")
        ),
        *((word, "returned") for word in ("已退件", "退还寄件人", "寄件人追回", "Returned to sender")),
        *((word, "delivered") for word in ("收件人本人签收", "家人代收", "前台签收", "门卫签收")),
        *((word, "returned") for word in ("返件签收", "退运签收", "退货已签收", "寄回签收", "签收后退回")),
        *(
            (word, "delivered")
            for word in ("已签收，签收人：林一", "【样板市】已签收，签收人：本人", "妥投-单位收发章签收")
        ),
        *((word, "delivered") for word in ("派送成功", "投递完成", "送达成功", "Delivered to the addressee")),
        *((word, "delivered") for word in ("2026-11-23 10:05 已签收", "妥投，投递员：林一 13800000001")),
        *((word, None) for word in ("", "在途", "已收寄", "派件中", "未妥投", "未签收", "Not delivered")),
        *((word, None) for word in ("待签收", "签收失败", "妥投失败", "未能妥投", "没有签收", "预约签收")),
    ],
)
def test_only_a_final_status_is_a_result(word: str, result: str | None, tmp_path: Path) -> None:
    assert result_of(word, tmp_path) == result


@pytest.mark.parametrize(
    "word",
    [
        "哈哈",
        "无法妥投",
        "不能签收",
        "无人签收",
        "非本人签收",
        "未成功签收",
        "快递柜代收",
        "撤销签收",
        "丰巢签收",
        "虚假签收",
        "驿站签收",
        "菜鸟驿站代收",
        "物业代收",
        "投入信箱，已妥投",
        "误签收",
        "签收异常",
        "已通知寄件人，收件人签收",
        "To be delivered",
        "快递员签收",
        "已签收，签收人：派件员",
        "已签收，签收人：营业部",
        "网点代签收",
        "仓库签收",
        "律所签收",
        "委托人签收",
        "系统签收",
        "超时自动签收",
        "门口签收",
        "假签收",
        "收件人否认签收",
        "签收存疑",
        "Delivered to agent",
        "Delivered to mailbox",
        "取消退回",
        "退回失败",
        "未拒收",
        "拒收后签收",
        "拒收（已更正为妥投）",
    ],
)
def test_an_unknown_or_unproven_status_is_a_problem(word: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"运单号,状态,日期\nEA1234567,{word},2026-11-23\n", encoding="utf-8")
    assert len(read_carrier(tmp_path / "t.csv").problems) == 1
