"""Render the demo's letters as pictures for the README: `make demo && .venv/bin/python examples/pictures.py`.

The letters are taken from the e-mails in the demo's outbox, as owners receive them.
"""

from __future__ import annotations

import email.policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from tempfile import TemporaryDirectory

from notices.pdf import page_count, render_page

ROOT = Path(__file__).parents[1]
OUTBOX = ROOT / "output" / "demo" / "output" / "2026-11-demo" / "outbox"
IMAGES = ROOT / "docs" / "images"
DOTS_PER_INCH = 80
# picture: recipient in the sample estate, page of their letter; the slip is the last page of the follow-up
WANTED = {
    "reminder": ("owner01@example.com", 1),
    "lawyer-letter": ("owner12@example.com", 1),
    "follow-up": ("owner18@example.com", 1),
    "reason-slip": ("owner18@example.com", -1),
}


def main() -> None:
    """Write docs/images/*.png."""
    letters = {message["To"]: attached(message) for message in map(parsed, OUTBOX.glob("*.eml"))}
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        for name, (recipient, page) in WANTED.items():
            pdf = Path(folder) / f"{name}.pdf"
            pdf.write_bytes(letters[recipient])
            counted = page if page > 0 else page_count(pdf) + 1 + page
            (IMAGES / f"{name}.png").write_bytes(render_page(pdf, counted, DOTS_PER_INCH))


def parsed(path: Path) -> EmailMessage:
    """Parse the e-mail in a file."""
    return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(path.read_bytes())


def attached(message: EmailMessage) -> bytes:
    """Return the letter attached to an e-mail."""
    (letter,) = message.iter_attachments()
    content = letter.get_content()
    assert isinstance(content, bytes)  # noqa: S101 - get_content returns bytes for application/pdf
    return content


if __name__ == "__main__":
    main()
