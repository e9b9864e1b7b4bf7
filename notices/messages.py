"""The two languages: sentences with placeholders, written in English here and translated only at the door."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["zh", "en"]
Translator = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence for a person: an English template and the values for its placeholders.

    The template doubles as the key of the catalogue; `values` are data and never part of the key.
    A value that is itself a `Message` is translated with it.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def translated(self, translate: Translator) -> str:
        """The sentence in the language of `translate`, placeholders filled."""
        values = {
            name: value.translated(translate) if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return translate(self.text).format(**values)

    def as_data(self) -> dict[str, object]:
        """What `from_data` makes the same sentence of, as JSON can hold it."""
        values = {n: v.as_data() if isinstance(v, Message) else str(v) for n, v in self.values.items()}
        return {"text": self.text, "values": values}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Message:
        """The sentence that `as_data` was asked of."""
        values = {n: cls.from_data(v) if isinstance(v, dict) else v for n, v in data["values"].items()}
        return cls(data["text"], values)

    def __str__(self) -> str:
        return self.translated(str)


def say(text: str, **values: object) -> Message:
    """Make a `Message`; the literal given here is what the catalogue of translations collects."""
    return Message(text, values)


NOTHING = Message("")


@cache
def translator(language: Language, domain: Literal["notices", "help"] = "notices") -> Translator:
    """The function that turns an English template into `language`; what has no translation stays English.

    The texts of the help have a catalogue of their own, for they are no templates and not said with `say`.
    """
    if language == "en":
        return str
    catalogue = resources.files("notices") / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    with catalogue.open("rb") as source:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    translations = gettext.GNUTranslations(compiled)
    return lambda text: translations.gettext(text) if text else text
