"""Ordinary mail is not taken for a report: letters, newsletters, quoted and forwarded bounces, administrators."""

from __future__ import annotations

import pytest
from returned_mail import MESSAGE_ID, OWNER, SENDER, answer, complaint, delivery_status, forwarded, html, plain, receipt

from notices.model import ReportKind
from notices.post.bounces import read_report

QUOTED = f"""> This is the mail system at host mx.example.cn.
> I'm sorry to have to inform you that your message could not
> be delivered to one or more recipients. It's attached below.
>
> <{OWNER}>: host mx.example.com said: 550 5.1.1 User unknown
> Final-Recipient: rfc822; {OWNER}
> Action: failed
> Status: 5.1.1
"""

NONE_OF_THEM = {ReportKind.FAILED, ReportKind.DELAYED, ReportKind.DELIVERED, ReportKind.COMPLAINT}

LETTERS = {
    "paid": answer("您好，物业费已于上周转账，请核对。"),
    "angry": answer("我的邮箱不存在问题，是你们物业的服务有问题！楼道灯坏了，多次投诉无法解决，我拒绝缴费。"),
    "refuses": answer("拒收！再发我就投诉你们发送垃圾邮件。"),
    "quotes a bounce": answer(f"昨天你们的邮件退信了，我这边看到：\n\n{QUOTED}\n请改用这个地址。"),
    "asks about a bounce": answer(
        f"Why was I sent this?\n\n{QUOTED}", Subject="Re: Undelivered Mail Returned to Sender"
    ),
    "answers a bounce": answer(
        f"请改发新邮箱 new@example.com\n\n{QUOTED}", Subject="回复: 系统退信", From="lisi@example.com"
    ),
    "complains": answer("这是垃圾邮件，我要投诉。", Subject="投诉：垃圾邮件"),
    "without a thread": plain(
        "我的新邮箱是 new@example.com，旧邮箱已满，邮件被退回。", From=OWNER, Subject="邮箱变更：旧邮箱退信"
    ),
    "mailbox full, says the owner": answer("我邮箱已满，收不到附件，请重新发送到 new@example.com"),
    "from somebody with a daemon's name": plain(
        f"Is this really undeliverable? {QUOTED}", From="mailer-daemon-fan@example.com", Subject="Undeliverable?"
    ),
    "from somebody with a postmaster's name": plain(
        f"Is this really undeliverable? {QUOTED}", From="postmaster-lin@example.com", Subject="Undeliverable?"
    ),
    "about holidays": answer("假期不在家，下周一缴。", Subject="回复：假期外出，物业费能否缓缴"),
    "about automatic answers": answer("你们的自动回复没有用，请打电话。", Subject="不要再自动回复"),
    "about the office": answer("I came by but you were closed.", Subject="Re: payment out of office hours"),
    "late": answer("延迟几天缴费可以吗？暂时无法全部付清。", Subject="回复：物业费延迟缴纳"),
}

OTHERS = {
    "newsletter": html(
        "<p>Your delivery failed? Track undelivered parcels!</p><a href='https://shop.example'>550 offers</a>",
        From="Shop <no-reply@shop.example>",
        Subject="Delivery failed? Returned parcels explained",
        List_Unsubscribe="<https://shop.example/out>",
    ),
    "parcel": plain(
        "您的快递 550 号未能投递，收件人电话无法接通，将再次派送。",
        From="快递通知 <notify@express.example>",
        Subject="快件投递失败通知",
    ),
    "bank": plain("您的转账失败，余额不足。", From="bank@bank.example", Subject="交易失败通知"),
    "administrator": plain(
        f"大家好，本周六邮件系统维护，届时邮件可能无法发送。有事请联系 {OWNER}。",
        From="邮箱小助手 <helpdesk@wuye.example.cn>",
        Subject="邮件系统维护通知",
    ),
    "advice on bounces": plain(
        f"How to read a bounce: 'could not be delivered', '550 5.1.1 user unknown <{OWNER}>' …",
        From="teacher@school.example",
        Subject="Lesson 3: delivery status notifications",
    ),
    "ticket": plain(
        "Your ticket about 'mail returned' has been updated.", From="support@saas.example", Subject="[#42]"
    ),
    "postmaster writes": plain(
        f"本周六邮件系统维护，期间邮件可能无法投递，邮箱已满的同事请清理。有事请联系 {OWNER}。",
        From="postmaster@wuye.example.cn",
        Subject="邮件系统维护通知",
    ),
    "a bank's program": plain(
        f"您尾号 5501 的转账失败：收款人不存在。550 元已退回。如有疑问请联系 {OWNER}。",
        From="no-reply@bank.example",
        Subject="交易失败通知",
    ),
    "a shop's program": plain(
        f"Delivery failed: parcel returned to sender. Recipient: {OWNER}",
        From="noreply@parcels.example",
        Subject="Delivery failed",
    ),
    "an administrator explains": plain(
        f"如果邮件发送失败并提示收件人 {OWNER} 不存在，请检查地址。",
        From="系统管理员 <it@wuye.example.cn>",
        Subject="邮件发送失败的处理办法",
    ),
    "an administrator": plain(
        f"User {OWNER} does not exist any more; his mailbox was full. Please update your lists.",
        From="Administrator <administrator@wuye.example.cn>",
        Subject="Accounts closed",
    ),
    "calendar": plain("会议时间调整到周三。", From="boss@wuye.example.cn", Subject="会议延迟"),
    "invoice": plain("电子发票已开具。", From="fapiao@tax.example", Subject="电子发票送达通知"),
    "warning": plain("台风橙色预警。", From="office@street.example.cn", Subject="Warning: 台风预警"),
    "receipt": receipt("manual-action/MDN-sent-manually; displayed"),
    "receipt of deletion": receipt("manual-action/MDN-sent-manually; deleted", "您的邮件未阅读即被删除。"),
    "forwarded as attachment": forwarded(delivery_status(), inline=False),
    "forwarded in pieces": forwarded(delivery_status(), inline=True),
    "a complaint passed on in pieces": forwarded(complaint(), inline=True),
    "a refusal passed on in pieces": forwarded(
        receipt("automatic-action/MDN-sent-automatically; deleted", f"Your message to <{OWNER}> was rejected: full"),
        inline=True,
    ),
    "forwarded as text": plain(
        QUOTED, From="colleague@wuye.example.cn", Subject="Fwd: Undelivered Mail Returned to Sender"
    ),
    "forwarded by postmaster": plain(QUOTED, From="postmaster@wuye.example.cn", Subject="转发: 退信汇总"),
    "list digest": plain(
        f"Today's topics:\n 1. Undelivered Mail ({OWNER})\n{QUOTED}",
        From="ops-request@lists.example",
        Subject="Ops Digest, Vol 3: mail delivery failed",
        List_Id="<ops.lists.example>",
    ),
    "empty": b"",
    "no header": b"\n\nhello",
    "no body": b"Subject: hello\n\n",
}


@pytest.mark.parametrize("raw", LETTERS.values(), ids=LETTERS)
def test_a_letter_is_no_report(raw: bytes) -> None:
    report = read_report(raw)
    assert report.kind in {ReportKind.REPLY, ReportKind.OTHER}
    assert report.recipients == ()


@pytest.mark.parametrize("raw", OTHERS.values(), ids=OTHERS)
def test_an_ordinary_message_is_no_report(raw: bytes) -> None:
    assert read_report(raw).kind not in NONE_OF_THEM


def test_every_letter_that_answers_is_listed_as_a_reply() -> None:
    missed = [name for name, raw in LETTERS.items() if read_report(raw).kind is not ReportKind.REPLY]
    assert missed == [
        "without a thread",
        "from somebody with a daemon's name",
        "from somebody with a postmaster's name",
    ]


SUBJECTS = ["物业费", "Re: 通知", "退信了怎么办", "Delivery", "mail failure analysis", "发送失败的原因", "自动扣费失败"]
TEXTS = [
    "谢谢。",
    QUOTED,
    f"收件人 {OWNER} 不存在吗？",
    "550 元已付",
    "The message could not be delivered.",
    f"To: {OWNER}",
]
PEOPLE = [OWNER, "info@shop.example", f"王五 <{SENDER}>", '"Li, Si" <li.si@example.org>']


def test_people_may_use_the_same_phrases_as_servers() -> None:
    for sender in PEOPLE:
        for subject in SUBJECTS:
            for text in TEXTS:
                for thread in ("", MESSAGE_ID):
                    raw = plain(text, From=sender, Subject=subject, In_Reply_To=thread, Return_Path=f"<{OWNER}>")
                    assert read_report(raw).kind not in NONE_OF_THEM, (sender, subject, text)
