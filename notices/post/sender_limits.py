"""Permanent refusals (5xx) that are about the sender, not the address: frequency, quota, policy, reputation.

Many servers answer with a 5xx where the standard has a 4xx for it: the next message, to anybody, would be refused too.
"""

from __future__ import annotations

import re

# About the recipient, whatever else the text says.
ADDRESS = re.compile(
    r"""(?<![\d.])5\.(1\.[0-6]|1\.10|2\.[0-4]|7\.1[0-9]{2})(?![\d.]*\d)
    | \b(unknown|no\ such|invalid|inactive|disabled|non-?existent)\ (local\ )?
      (user|recipient|mailbox|account|address|rcpt)
    | \b(user|recipient|mailbox|account|address)\b.{0,40}
      \b(unknown|not\ found|unavailable|does\ ?n[o']t\ exist|inactive|invalid)
    | \bdoes\ not\ exist\b | \bnot\ exist\b
    | \b(mailbox|inbox|mail\ ?box|disk|storage|recipient'?s?)\b.{0,30}\b(full|quota|space|size)\b | \bover\ ?quota\b
    | \b(mailbox|mail\ box|inbox)\b.{0,30}\b(limit|exceed(s|ed)?)\b
    | \b(recipient|user)\ (has\ exceeded|exceeds)\ (its\ |the\ )?(mailbox|storage)\b | \bin\ the\ recipient'?s\b
    | \b(rejected|refused|blocked|denied)\ by\ (the\ )?(recipient|user)
    | (收件人|用户|邮箱|帐号|账号|地址).{0,12}(不存在|不正确|无效|已满|停用|注销|禁用|拒收|空间|容量)
    | (空间|容量)(不足|已满)""",
    re.IGNORECASE | re.VERBOSE,
)
# Of RFC 3463 and its registry: sender not authenticated, no reverse name, floods; and those that big services add.
CODE = re.compile(r"(?<![\d.])[45]\.7\.(2\d|5\d{2}|6\d{2}|7\d{2})(?![\d.]*\d)")
PHRASE = re.compile(
    r"""\bfrequency\b | \bsending\ rate\b | \b(bad|outbound)\ (outbound\ )?sender\b
    | (?<![\d.])5\.1\.[78](?![\d.]*\d) | \bmaximum\ number\ of\ (messages|connections|recipients)\b
    | \bconcurrent\ connections\b | \bmessage\ volume\b | \b(smtp|relay)\ limit\b | \bgr[ea]y-?list
    | \btry\ (again\ )?later\b | \bsuspicious\ activity\b | \bsending\ (is\ |was\ |has\ been\ )?suspended\b
    | \b(sender|from)\b.{0,30}\b(mismatch|same\ as|not\ owned)
    | \brate[- ]?limit | \bthrottl | \btoo\ (many|much)\b(?!.{0,20}\b(hops|recipients)\b)
    | \btoo\ (fast|frequent)
    | \b(send(ing|er'?s?)?|daily|hourly|outgoing|outbound|message|e?-?mails?|connections?|volume)\b.{0,30}
      \b(limit(s|ed)?|quota|threshold)\b
    | \bexceed(s|ed|ing)?\b.{0,40}\b(limit|quota|rate|threshold|number\ of|per\ (day|hour|minute))\b
      (?!.{0,20}\b(size|hops?)\b)
    | \breputation\b | \b(black|block|deny)[- ]?list | \blisted\ (in|at|by|on)\b | \b[dr]nsbl\b | \brbl\b | \bspamhaus\b
    | \bspam(my)?\b | \bunsolicited\b | \bbulk\ mail\b | \bmail\ content\ denied\b | \bbounce\ attacks?\b
    | \b(ip|host|client|sender|server|domain|connection)\b.{0,40}
      \b(blocked|banned|denied|refused|restricted|suspended|limited|blacklisted)\b
    | \bpolicy\b | \bspf\b | \bdkim\b | \bdmarc\b | \breverse\ (dns|lookup|name)\b | \bptr\b | \brdns\b
    | \brelay(ing)?\b.{0,20}\b(denied|prohibited|not\ (permitted|allowed)) | \bhas\ no\ permission\b
    | \bauthenticat(ion|e)\ (is\ )?(required|first) | \b(RP|MI|HL|DT|FL|IB):[A-Z]{3}\b
    | 频率 | 频次 | 频繁 | (限制|禁止)(发信|发送|发件|投递)
    | (发信|发送|发件|投递|连接|并发|邮件)(总?[量数]|次数|数量|频度)?.{0,8}(超出|超过|超限|上限|限制|受限)
    | (超出|超过|达到).{0,14}(限制|上限|限额|配额|阈值) | 信誉 | 信用 | 垃圾邮件 | 反垃圾 | 黑名单 | 策略 | 过多 | 过快
    | (IP|ip|域名|发件人|发信人|发件方|服务器).{0,14}(被封|封禁|屏蔽|限制|拦截|拒绝|禁止)""",
    re.IGNORECASE | re.VERBOSE,
)
SIZE = re.compile(r"\bsize\b|too (large|big)|大小|过大", re.IGNORECASE)
PER_MESSAGE = re.compile(r"\b552\b|(?<![\d.])5\.3\.4(?![\d.]*\d)")


def limits_sender(code: int, text: str) -> bool:
    """Check that a permanent refusal is about the sender: in doubt, about the address."""
    if code // 100 != 5 or ADDRESS.search(text):
        return False
    if CODE.search(text):
        return True
    if SIZE.search(text) or PER_MESSAGE.search(f"{code} {text}"):
        return False
    return bool(PHRASE.search(text))
