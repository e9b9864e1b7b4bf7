"""Parsing of owners' names: spaces inside short names, several owners in a cell, placeholders for a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from operator import or_

from notices.intake.cleaning import clean, clean_text, is_placeholder
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.spelling import comparable_name, with_ideographs, with_usual_marks
from notices.tables import Cell

SEPARATORS = re.compile(r"[、;；|\n\r\\]+")  # these separate owners, always
PERHAPS = re.compile(r"([/,，&]+)")  # these may also be part of a company's name
COMPANY = re.compile(
    r"公司|集团|事务所|合作社|合伙|银行|医院|学校|大学|学院|幼儿园|委员会|协会|基金会|研究院|中心|商行|商店|商贸|贸易|超市|酒店|"
    r"\b(?:Co|Ltd|Inc|LLC|LLP|Corp|Corporation|Company|Limited|GmbH|PLC|Pte|Trading|Group|Holdings?)\b",
    re.IGNORECASE,
)
LEGAL_FORM = re.compile(r"^\W*(?:Co|Ltd|Inc|LLC|LLP|Corp|Limited|GmbH|PLC|Pte)\b\W*", re.IGNORECASE)
BESIDE = (
    r"[(\[【（]?\s*(?:(?:联系)?电话|手机号?|tel)?[:：.]?\s*(?:\+?86-?\s?)?(?<![\dA-Za-z])"
    r"(1[3-9]\d[\d*]{4}\d{4}|1[3-9]\d[- ]\d{4}[- ]\d{4}|0\d{2,3}-[2-9]\d{6,7})(?!\d)\s*[)\]】）]?"
)
TELEPHONE = re.compile(BESIDE, re.IGNORECASE)  # a telephone number in the owner's cell, with its brackets
HAN = r"[㐀-䶿一-鿿豈-﫿\U00020000-\U000323af〇]"
HAN_WORD = re.compile(rf"^{HAN}+$")
LOST = re.compile("\ufffd|锟斤拷|烫烫|\\?")
MASKED = re.compile(r"[*×✱＊]")
BRANCH = re.compile(
    rf"^(?:{HAN}{{2,8}}(?:分公司|分行|支行|营业部|分店|办事处|项目部)|(?:股份|责任)?有限(?:责任)?公司)$"
)
LATIN_WORD = re.compile(r"^[A-Za-z.'’-]+$")
MORE = re.compile(
    r"(?<!\d)(?:\d{17}[\dXx]|\d{15})(?!\d)|"  # an identity number
    r"[(（\[【](?:已?故|已?亡|已?去世|已?死亡|病故|租|承?租[户人客]?|[原前]业主|已?售|已卖|已搬[走离]?|已过户|代管|空置)[)）\]】]"
)
MORE_THAN_A_PERSON = re.compile(
    r"[(（\[【][^)）\]】]{0,8}(?:代|夫|妻|法人|法定代表人)(?:[:：][^)）\]】]*)?[)）\]】]|等\s*\d*\s*[人户位名]$|[→⇒]|->|"
    rf"^{HAN}{{2,4}}\d$"
)
NOBODY = frozenset({"未知", "不详", "不明", "待定", "未登记", "业主", "住户", "户主", "女士", "先生", "本人", "无名"})


def split_owners(text: str) -> tuple[str, ...]:
    """Split a cell into its owners, in order, without duplicates; raises Unreadable if spaces are ambiguous."""
    names: list[str] = []
    for part in _parts(with_ideographs(clean(text))):
        for name in _words(part):
            if name and not is_placeholder(name) and comparable_name(name) not in map(comparable_name, names):
                names.append(name)
    return tuple(names)


def read_owners(cell: Cell) -> tuple[str, ...]:
    """Parse the owners of a row; raises Unreadable if the name is missing, masked or has lost characters."""
    text = clean(cell)
    if isinstance(cell, str):
        text = text if "\n" not in cell else clean(cell.replace("\n", "、"))
        text = TELEPHONE.sub("、", text).strip("、 :：-/,，") if TELEPHONE.search(text) else text
    if is_placeholder(text) or text in NOBODY:
        raise _no_owner(say("The owner is missing."))
    if LOST.search(text):
        raise _no_owner(say("The owner's name has lost characters."))
    if MASKED.search(text):
        raise _no_owner(say("The owner's name is masked."))
    if MORE.search(text) or (not COMPANY.search(text) and MORE_THAN_A_PERSON.search(text)):
        raise _no_owner(say("The owner's cell holds more than a name."))
    owners = split_owners(text)
    if not owners or not all(any(character.isalpha() for character in owner) for owner in owners):
        raise _no_owner(say("This is not a name."))
    return owners


def telephones_beside(cell: Cell) -> str:
    """Return the telephone numbers in the owner's cell, as a list writes several; "" if there are none."""
    return "、".join(TELEPHONE.findall(clean_text(cell))) if isinstance(cell, str) else ""


def _parts(text: str) -> Iterator[str]:
    """Yield the owners of a cell; raises Unreadable if a sign may be inside one name or between two."""
    for part in SEPARATORS.split(text):
        pieces = _rejoined(PERHAPS.split(part))
        names, signs = [piece.strip() for piece in pieces[::2]], pieces[1::2]
        if not signs:
            yield names[0]
        elif COMPANY.search(part):
            yield from _companies(part, names, "".join(signs))
        elif "&" in "".join(signs) and any(len(name) < 2 for name in names):
            yield part  # H&M
        elif _may_be_one(names, "".join(signs)):
            raise _no_owner(say("It is unclear whether this is one owner or several."))
        else:
            yield from names


def _may_be_one(names: Sequence[str], signs: str) -> bool:
    """Return whether names that are no companies' may be one: Tom & Jerry, or Smith, John."""
    persons = [2 <= len(name) <= 4 and HAN_WORD.match(name) is not None for name in names]
    if "&" in signs:
        return not all(persons)
    return bool(set(signs) & set(",，")) and all(LATIN_WORD.match(name) for name in names)


def _companies(part: str, names: Sequence[str], signs: str) -> Iterable[str]:
    """Return the owners of a cell that names a company: H&M（样板）商业有限公司 is one, 林一/样板有限公司 are two."""
    companies = [COMPANY.search(name) is not None for name in names]
    persons = [2 <= len(name) <= 4 and HAN_WORD.match(name) is not None for name in names]
    if any(BRANCH.match(name) for name in names[1:]):
        raise _no_owner(say("It is unclear whether this is one owner or several."))
    if all(companies) or ("&" not in signs and all(map(or_, companies, persons))):
        return names
    if any(person and not company for person, company in zip(persons, companies, strict=True)):
        raise _no_owner(say("It is unclear whether this is one owner or several."))
    return (part,)


def _rejoined(pieces: Sequence[str]) -> list[str]:
    """Return names and the signs between them, with a legal form joined to its name: Bross Trading Co., Ltd."""
    joined = [pieces[0]]
    for sign, name in zip(pieces[1::2], pieces[2::2], strict=True):
        if LEGAL_FORM.match(name) or not name.strip():
            joined[-1] += sign + name if name.strip() else ""
        else:
            joined += [sign, name]
    return joined


def _words(part: str) -> list[str]:
    words = part.split()
    if len(words) < 2 or not all(HAN_WORD.match(word) for word in words):
        return [with_usual_marks(" ".join(words))]
    if any(BRANCH.match(word) for word in words[1:]):
        raise _no_owner(say("It is unclear whether this is one owner or several."))
    if all(len(word) >= 2 for word in words):
        return words
    if len(words) == 2 or (all(len(word) == 1 for word in words) and len(words) == 3):
        return ["".join(words)]
    raise _no_owner(say("The spaces in the owner's name are ambiguous."))


def _no_owner(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Enter the owner's full name; separate several owners with 、."))
