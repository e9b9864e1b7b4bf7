"""The words of an e-mail: subject, text and HTML of a tier, as the clerk wrote them in templates/mail/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notices.messages import Language
from notices.text_templates import render_text

MAIN: Language = "zh"  # its texts lie in the folder itself, as its letters do
COMMON = "default"  # for a tier that has no words of its own

PASSWORD_HINT: Mapping[Language, str] = {
    "zh": "附件已加密，打开密码为您在本小区登记的联系电话的后四位数字。",
    "en": "The attachment is encrypted; its password is the last four digits of your telephone number on our records.",
}


@dataclass(frozen=True)
class MailTexts:
    """The words of one e-mail, filled in; `html` has every value escaped."""

    subject: str
    text: str
    html: str


def mail_texts(folder: Path, tier: str, fields: Mapping[str, object], language: Language) -> MailTexts:
    """Fill the tier's own templates, or the common ones; raises Unusable naming template and field."""
    subject, text, html = (render_text(path, fields) for path in mail_templates(folder, tier, language))
    return MailTexts(subject.strip(), text, html)


def with_password_hint(texts: MailTexts, language: Language) -> MailTexts:
    """The same words, and what opens the letter that is attached."""
    hint = PASSWORD_HINT[language]
    paragraph = f"  <p>\n    {hint}\n  </p>\n"
    before, body, after = texts.html.rpartition("</body>")
    html = before + paragraph + body + after if body else texts.html + paragraph
    return MailTexts(texts.subject, f"{texts.text.rstrip()}\n\n{hint}\n", html)


def mail_templates(folder: Path, tier: str, language: Language) -> tuple[Path, Path, Path]:
    """The files that a tier's subject, text and HTML are made from, those of another language in its own folder."""
    if language != MAIN and (folder / language).is_dir():
        folder = folder / language
    return _own(folder, tier, "subject"), _own(folder, tier, "txt"), _own(folder, tier, "html")


def _own(folder: Path, tier: str, kind: str) -> Path:
    path = folder / f"{tier}.{kind}"
    return path if path.is_file() else folder / f"{COMMON}.{kind}"
