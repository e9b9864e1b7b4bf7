"""Tracked changes, Word's own fields, and placeholders that nobody fills, found in a template."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docx.oxml import parse_xml

from notices.letters.bookmarks import keywords
from notices.letters.ooxml import Xml, find
from notices.messages import Message, say

# Fields that count pages or draw; every other one is filled anew, by the office and on the day of rendering.
HARMLESS = frozenset(
    {"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION", "PAGEREF", "HYPERLINK", "SYMBOL", "ADVANCE", "EQ"}
    | {"FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN"}
)
CHANGES = ".//w:ins | .//w:del | .//w:moveFrom | .//w:moveTo | .//w:cellIns | .//w:cellDel | .//w:cellMerge"
# The date of the day on which the document is opened, as elements of a run.
OLD_DATES = " | ".join(f".//w:{part}{form}" for part in ("day", "month", "year") for form in ("Long", "Short"))
TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
WANTED = "(?:业主|客户|户主)?姓名|业主|房号|地址|(?:欠费|应缴)?金额|欠费|日期|编号|电话|小区|单位名称"
PLACEHOLDERS = (
    re.compile(r"«[^«»]{1,60}»|‹[^‹›]{1,60}›|《《[^《》]{1,60}》》"),
    re.compile(r"[{｛]\s*[{｛].{0,60}?[}｝]\s*[}｝]|[{｛]\s*%.{0,60}?%\s*[}｝]|[{｛]{2}|[}｝]{2}|[{｛]%|%[}｝]"),
    re.compile(r"[$#]?[{｛][^{}｛｝]{1,60}[}｝]"),
    re.compile(rf"[【［\[<＜〈](?:请|在此|此处)?(?:填写?|填入|输入|插入)?(?:{WANTED})(?:填写?)?[】］\]>＞〉](?!\s*\0)"),
    re.compile(r"[【［\[<＜](?:请|在此|此处|待)(?:填|输入|插入|补)[^】］\]>＞]{0,20}[】］\]>＞]"),
    re.compile(r"(?<![A-Za-z])[XxＸｘ×]{2,}(?![A-Za-z])"),
    re.compile(r"(?<![A-Za-z0-9])[XxＸｘ×](?=[年月日栋幢单元室号楼期])"),
    re.compile(
        r"<<[^<>]{1,40}>>|<%.{1,60}?%>|\[%.{1,60}?%\]|\[\[[^\[\]]{1,40}\]\]|\$\([^()]{1,40}\)|\$(?=\0)|[{}｛｝]|"
        r"<[A-Za-z_][A-Za-z0-9_. ]{0,30}>"
    ),
    re.compile(rf"([%#@$])\s*(?:[A-Za-z_][A-Za-z0-9_.]{{1,30}}|{WANTED})\s*\1"),
    re.compile(
        r"[【［\[<＜〈〔「『]\s*(?:[㐀-䶿一-鿿]{0,4}(?:姓名|金额|日期|编号|名称|合计)|业主|收件人|物业公司|律师)\s*[】］\]>＞〉〕」』](?!\s*[:：\0\d])"
    ),
    re.compile(
        r"\[(?:(?:the|your|insert|enter|owner'?s?|customer|client|company|due|letter)\s+)*"
        r"(?:name|date|address|amount|number|owner|unit|company|telephone|phone)\]",
        re.IGNORECASE,
    ),
    re.compile(r"某某|某[年月日]|[△▲○◯●]{2,}|[?？]{3,}|待(?:补充|填写|确认填)|\b(?:TBD|TODO|Lorem ipsum)\b"),
    re.compile(r"错误[！!]\s*(?:未找到|未定义|未指定|链接|不是)[^。]*。?|Error!\s+[A-Z][a-z]+ [^.]*\."),
    re.compile(
        r"(?:单击|点击)(?:或点击)?此处[^。；，]{0,6}输入(?:文字|文本|内容|日期|$)|Click (?:or tap )?here to enter"
    ),
)


def tracked_changes(stories: list[Xml]) -> str | None:
    """Return the first words that were inserted or deleted with change tracking and not accepted yet, or None."""
    for story in stories:
        for change in find(story, CHANGES):
            words = "".join(it.text or "" for it in find(change, ".//w:t | .//w:delText"))
            return words or _paragraph_around(change)
    return None


def fields_filled_anew(stories: list[Xml]) -> list[str]:
    """Return the kinds of Word's fields whose result would be computed on the day of rendering, such as DATE."""
    kinds = {re.split(r'[\\\s"]', keyword)[0] for story in stories for keyword in keywords(story)}
    kinds |= {it.tag.rpartition("}")[2] for story in stories for it in find(story, OLD_DATES)}
    return sorted(kinds - HARMLESS)


def placeholders(paragraphs: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield each placeholder that no field of ours fills, with the paragraph it stands in."""
    for paragraph in paragraphs:
        text = TAGS.sub("\0", paragraph)
        for pattern in PLACEHOLDERS:
            if found := pattern.search(text):
                yield found[0].replace("\0", "…"), paragraph.strip()[:80]
                break


def paragraphs_of(stories: list[Xml]) -> Iterator[str]:
    """Yield the text of each paragraph, without the instructions of fields and without deleted words."""
    for story in stories:
        for paragraph in find(story, ".//w:p"):
            yield "".join(it.text or "" for it in find(paragraph, ".//w:t"))


def empty_controls(stories: list[Xml]) -> Iterator[str]:
    """Yield the prompt of each of Word's content controls that nobody has filled in."""
    for story in stories:
        for control in find(story, ".//w:sdt[w:sdtPr/w:showingPlcHdr]"):
            yield "".join(it.text or "" for it in find(control, ".//w:sdtContent//w:t"))


def bound_controls(stories: list[Xml]) -> Iterator[str]:
    """Yield the text of each of Word's content controls that Word fills from properties or data of the document."""
    for story in stories:
        for control in find(story, ".//w:sdt[w:sdtPr/*[local-name() = 'dataBinding']]"):
            yield "".join(it.text or "" for it in find(control, ".//w:sdtContent//w:t"))


def parsed(blob: bytes) -> Xml:
    """Parse the part of a Word document that python-docx has no class for, such as footnotes."""
    return parse_xml(blob)


def _paragraph_around(change: Xml) -> str:
    above = find(change, "./ancestor::w:p[1]")
    return "".join(it.text or "" for it in find(above[0], ".//w:t"))[:80] if above else ""


def what_fills(kind: str) -> Message:
    """Return the remedy for one of Word's fields."""
    if kind == "MERGEFIELD":
        return say("Replace it by one of our fields; `notices template fields` lists them.")
    return say("Replace it by its text (Ctrl+Shift+F9 in Word), or by one of our fields, such as letter_date.")
