"""Texts of an e-mail: subject, plain text and HTML per tier, from the templates in templates/mail/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notices.messages import Language
from notices.text_templates import render_text

MAIN: Language = "zh"  # its texts are in the folder itself; other languages have subfolders
COMMON = "default"  # used for tiers without their own texts

PASSWORD_HINT: Mapping[Language, str] = {
    "zh": "附件已加密，打开密码为您在本小区登记的联系电话的后四位数字。",
    "en": "The attachment is encrypted; its password is the last four digits of your telephone number on our records.",
}


@dataclass(frozen=True)
class MailTexts:
    """Rendered texts of one e-mail; every value in `html` is escaped."""

    subject: str
    text: str
    html: str


def mail_texts(folder: Path, tier: str, fields: Mapping[str, object], language: Language) -> MailTexts:
    """Fill in the tier's own templates, or the common ones; raises Unusable naming template and field."""
    subject, text, html = (render_text(path, fields) for path in mail_templates(folder, tier, language))
    return MailTexts(subject.strip(), text, html)


def with_password_hint(texts: MailTexts, language: Language) -> MailTexts:
    """Add a paragraph that tells the recipient the attachment's password."""
    hint = PASSWORD_HINT[language]
    paragraph = f"  <p>\n    {hint}\n  </p>\n"
    before, body, after = texts.html.rpartition("</body>")
    html = before + paragraph + body + after if body else texts.html + paragraph
    return MailTexts(texts.subject, f"{texts.text.rstrip()}\n\n{hint}\n", html)


def mail_templates(folder: Path, tier: str, language: Language) -> tuple[Path, Path, Path]:
    """Return the template files for a tier's subject, text and HTML, from the language's folder if it exists."""
    if language != MAIN and (folder / language).is_dir():
        folder = folder / language
    return _own(folder, tier, "subject"), _own(folder, tier, "txt"), _own(folder, tier, "html")


def _own(folder: Path, tier: str, kind: str) -> Path:
    path = folder / f"{tier}.{kind}"
    return path if path.is_file() else folder / f"{COMMON}.{kind}"
