"""Papers: the drawn pages of evidence, in fonts that hold what they show and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from notices.errors import Unusable
from notices.fonts.installed import face_for, rare_families
from notices.fonts.typeface import subset_font
from notices.messages import say
from notices.pdf.drawing import Drawing, Table

ASCII = "".join(map(chr, range(0x20, 0x7F)))
TEXT_FONT = "宋体"
LEAD_SIZE = 11  # points


@dataclass(frozen=True, slots=True)
class Paper:
    """A drawn part: its heading, the paragraphs below, and tables."""

    heading: str
    lead: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def text(self) -> str:
        """Everything that it shows."""
        cells = (cell for table in self.tables for row in table.rows for cell in row)
        return "".join((self.heading, *self.lead, *(table.caption for table in self.tables), *cells))


@dataclass(frozen=True)
class PaperFonts:
    """The font of papers, and those for the rare characters in them."""

    usual: bytes
    rare: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str) -> PaperFonts:
        """Return the fonts for a text. Raises Unusable if no Chinese font is installed."""
        face = face_for(TEXT_FONT)
        if face is None:
            raise Unusable(
                say("The pages cannot be drawn: no Chinese font is installed."),
                say("Install Chinese fonts, on Debian and Ubuntu: apt-get install fonts-noto-cjk"),
            )
        families = rare_families(text)
        rare = []
        for family in sorted(set(families.values())):
            own = "".join(sorted(character for character, its in families.items() if its == family))
            if (found := face_for(family)) is not None:
                rare.append(subset_font(*found, own))
        usual = "".join(sorted({*ASCII, *text} - families.keys()))
        return cls(subset_font(*face, usual), tuple(rare))


def drawing_of(fonts: PaperFonts, dated: date) -> Drawing:
    """Return an empty document for papers."""
    return Drawing("", fonts.usual, dated, rare=fonts.rare, lead_size=LEAD_SIZE)
