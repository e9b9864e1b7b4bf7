"""Long JSON documents: streamed in pieces, with the same result as if written at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notices.cli.json_stream import in_pieces, streamed


@pytest.mark.parametrize("count", [0, 1, 2, 5_000])
def test_a_streamed_document_equals_one_written_at_once(count: int) -> None:
    items = [{"account": f"示例花园/1-1-{number}/张三", "channels": ["email", "print"]} for number in range(count)]
    whole = {"batch": "b", "states": {"多": [1, 2], "少": []}, "decisions": items, "changes": []}
    written = "".join(in_pieces({**whole, "decisions": streamed(iter(items))}))
    assert json.loads(written) == whole
    assert list(json.loads(written)) == list(whole)
    assert sum("示例花园/1-1-" in line for line in written.splitlines()) == count


def test_documents_without_streams_are_written_as_by_json() -> None:
    for document in ({}, {"错": {"a": [], "b": {"c": "x\ny"}}, "n": None, "m": [{"k": 1}]}):
        assert "".join(in_pieces(document)) == json.dumps(document, ensure_ascii=False, indent=1)
        assert "".join(in_pieces(document, ascii_only=True)) == json.dumps(document, indent=1)


def test_items_are_produced_only_as_they_are_written() -> None:
    made = 0

    def items() -> Iterator[dict[str, int]]:
        nonlocal made
        for number in range(10_000):
            made += 1
            yield {"number": number}

    pieces = in_pieces({"decisions": streamed(items())})
    next(piece for piece in pieces if "number" in piece)
    assert 0 < made < 2_000


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.slow
def test_any_text_can_be_printed_in_any_encoding(encoding: str, options: list[str], tmp_path: Path) -> None:
    name = "𠀀示例.csv"  # neither ASCII nor GBK
    words = [sys.executable, "-m", "notices", "--lang", "zh", "check", *options, tmp_path / name]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "NOTICES_WORKSPACE": str(tmp_path)}
    subprocess.run([sys.executable, "-m", "notices", "init", tmp_path], check=True, capture_output=True)
    done = subprocess.run(words, check=False, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert b"Traceback" not in done.stderr
    if options:
        assert name in json.loads(done.stdout.decode(encoding))["error"]["fact"]
