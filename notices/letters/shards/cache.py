"""On-disk cache of compiled templates, shared by workers and later runs.

Compiling a template and comparing its first letters with docxtpl's takes LibreOffice a second. Both results depend only
on what `key_of` digests: if any of it changes, the key changes, and everything is compiled and compared again. A cached
shape is therefore as reliable as one compared in the same run. No letter is stored, only LibreOffice's .odt of the
template and the shapes of letters. Entries are data, compiled again by `compile_form`, and authenticated with a key
that is kept elsewhere: whoever can only write into the cache can neither change what its letters say, such as the
account to pay into, nor claim that a shape was compared.
"""

from __future__ import annotations

import hmac
import json
import os
import platform
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import notices
from notices.files import locked, write_whole
from notices.fonts.installed import fingerprint
from notices.letters.languages import templates_root
from notices.office import Engine

Shape = tuple[object, ...]

MOST_KEPT = 30
LOCK = ".lock"
# Libraries behind docxtpl's result and the comparison: another version could give another result.
LIBRARIES = ("docxcompose", "docxtpl", "jinja2", "lxml", "markupsafe", "pypdfium2", "python-docx", "zxing-cpp")
OF_LANGUAGE = ("LANG", "LANGUAGE", "LC_")


@dataclass(frozen=True, slots=True)
class CachedTemplate:
    """A cache entry: LibreOffice's .odt of a template, and the shapes of letters that were equal both ways."""

    document: bytes
    shapes: frozenset[Shape]


@dataclass(frozen=True, slots=True)
class TemplateCache:
    """Cache files by key, in a folder of their own, each written atomically and authenticated with `secret`."""

    folder: Path
    secret: bytes = field(repr=False)

    def get_or_make(self, key: str, make: Callable[[Path], bytes]) -> CachedTemplate:
        """Return the entry of a key, or create it from the document returned by `make`.

        `make` gets the path of an .odt to which it may write. Workers wait for each other here, because each would make
        the same entry. Raises what `make` raises, and OSError.
        """
        with self._held():
            cached = self._read(key)
            if cached is None:
                scratch = self.folder / "made.odt"
                try:
                    cached = CachedTemplate(make(scratch), frozenset())
                finally:
                    scratch.unlink(missing_ok=True)
                self._write(key, cached)
                self._drop_oldest()
            return cached

    def _read(self, key: str) -> CachedTemplate | None:
        """Return the entry; None if there is none, or it is not what was written."""
        file = self._file(key)
        try:
            found = json.loads(file.read_bytes())
            document = b64decode(found["document"], validate=True)
            shapes = frozenset(tuple(shape) for shape in found["shapes"])
            if not hmac.compare_digest(str(found["digest"]), self._digest(key, document, shapes)):
                return None
            os.utime(file)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return CachedTemplate(document, shapes)

    def add(self, key: str, document: bytes, shapes: Iterable[Shape]) -> None:
        """Add shapes to an entry, unless it was forgotten or its document was replaced meanwhile."""
        with suppress(OSError), self._held():
            if (before := self._read(key)) is not None and before.document == document:
                self._write(key, CachedTemplate(before.document, before.shapes | frozenset(shapes)))

    def forget(self, key: str) -> None:
        """Delete the entry of a key, so that the template is compiled and compared again."""
        with suppress(OSError), self._held():
            self._file(key).unlink(missing_ok=True)

    def _write(self, key: str, cached: CachedTemplate) -> None:
        content = {
            "digest": self._digest(key, cached.document, cached.shapes),
            "document": b64encode(cached.document).decode("ascii"),
            "shapes": _in_order(cached.shapes),
        }
        with suppress(OSError):  # such as a full disk, which the next step will report
            write_whole(self._file(key), json.dumps(content).encode("ascii"), durable=False)

    def _digest(self, key: str, document: bytes, shapes: Iterable[Shape]) -> str:
        told = repr((key, sha256(document).hexdigest(), _in_order(shapes)))
        return hmac.new(self.secret, told.encode(), sha256).hexdigest()

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    @contextmanager
    def _held(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.folder / LOCK):
            yield

    def _drop_oldest(self) -> None:
        files = sorted(self.folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[MOST_KEPT:]:
            file.unlink()


def key_of(template: Path, engine: Engine) -> str:
    """Return a digest of everything that determines the result of compiling a template; raise OSError."""
    folder = templates_root(template)
    pictures = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix.lower() != template.suffix]
    beside = [(path.relative_to(folder).as_posix(), sha256(path.read_bytes()).hexdigest()) for path in pictures]
    facts = (sha256(template.read_bytes()).hexdigest(), beside, _surroundings(engine))
    return sha256(repr(facts).encode()).hexdigest()


@cache
def _surroundings(engine: Engine) -> tuple[object, ...]:
    """Return all facts besides the template; they do not change while a process runs."""
    office = engine.office.program.parent
    language = sorted((name, value) for name, value in os.environ.items() if name.startswith(OF_LANGUAGE))
    configured = [Path(value).read_bytes() for name, value in engine.environment if name == "FONTCONFIG_FILE"]
    return (
        own_program(),
        platform.python_version(),
        [(name, version(name)) for name in LIBRARIES],
        [_state_of(folder) for folder in (office, office.parent / "share" / "registry")],
        (engine.office.program.as_posix(), engine.archival, engine.environment, language, configured),
        fingerprint(),
    )


def own_program() -> str:
    """Return a digest of our own sources; the version alone does not change during development."""
    root = Path(notices.__file__).parent
    sources = ((path.relative_to(root).as_posix(), path.read_bytes()) for path in sorted(root.rglob("*.py")))
    return sha256(repr(list(sources)).encode()).hexdigest()


def _state_of(folder: Path) -> list[tuple[str, int, int]]:
    """Return each file of a folder with its size and time, which an update changes."""
    if not folder.is_dir():
        return []
    states = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return [(name, state.st_size, state.st_mtime_ns) for name, state in states]


def _in_order(shapes: Iterable[Shape]) -> list[Shape]:
    return sorted(shapes, key=repr)
