"""User messages in two languages: English templates in the code, translated only where they are shown."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from pathlib import Path
from typing import Any, Literal

Language = Literal["zh", "en"]
Translator = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the user: an English template and the values of its placeholders.

    The template is also the key in the catalogue of translations; `values` are data and never part of the key.
    A value that is itself a `Message` is translated too.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def translated(self, translate: Translator) -> str:
        """Translate the template with `translate` and fill in the placeholders."""
        values = {
            name: value.translated(translate) if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return translate(self.text).format(**values)

    def as_data(self) -> dict[str, object]:
        """Return the message as JSON-serialisable data, to be read by `from_data`."""
        values = {n: v.as_data() if isinstance(v, Message) else str(v) for n, v in self.values.items()}
        return {"text": self.text, "values": values}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Message:
        """Rebuild a message from the data that `as_data` returned."""
        values = {n: cls.from_data(v) if isinstance(v, dict) else v for n, v in data["values"].items()}
        return cls(data["text"], values)

    def __str__(self) -> str:
        return self.translated(str)


def say(text: str, **values: object) -> Message:
    """Make a `Message`; `make messages` collects the literal `text` into the catalogue of translations."""
    return Message(text, values)


NOTHING = Message("")


def listed(messages: Iterable[Message]) -> Message:
    """Join messages into one that lists them, in the reader's language."""
    return reduce(lambda some, one: say("{some}, {one}", some=some, one=one), messages)


@cache
def translator(language: Language, domain: Literal["notices", "help"] = "notices") -> Translator:
    """Return a function that translates English templates into `language`; texts without a translation stay English.

    Help texts have a catalogue (domain) of their own, because they are not templates and not made with `say`.
    """
    if language == "en":
        return str
    catalogue = Path(__file__).with_name("locale") / language / "LC_MESSAGES" / f"{domain}.mo"
    with catalogue.open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    return lambda text: translations.gettext(text) if text else text
