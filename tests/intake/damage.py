"""Generators of damaged files: truncated, with flipped bits, or re-zipped around a damaged part."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path


def damaged(path: Path, seed: int, copies: int) -> Iterator[tuple[str, bytes]]:
    """Yield damaged copies of a file, each with the kind of damage."""
    data, chance = path.read_bytes(), random.Random(f"{path.name}/{seed}")
    for _ in range(copies):
        yield "cut", data[: chance.randrange(len(data))]
        yield "flipped", flipped(data, chance)
        if zipfile.is_zipfile(path):
            yield "cut inside", zipped_anew(data, chance, cut=True)
            yield "flipped inside", zipped_anew(data, chance, cut=False)


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Flip a few bits."""
    spoilt = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def zipped_anew(data: bytes, chance: random.Random, *, cut: bool) -> bytes:
    """Damage one part of the archive and keep the checksums right."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        parts = [info.filename for info in source.infolist() if info.file_size]
        chosen = chance.choice(parts)
        for info in source.infolist():
            content = source.read(info)
            if info.filename == chosen:
                content = content[: chance.randrange(len(content))] if cut else flipped(content, chance)
            copy.writestr(info.filename, content)
    return target.getvalue()
