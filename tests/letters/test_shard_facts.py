"""Machines are compared by what decides how letters look, and differences are named."""

from __future__ import annotations

from notices.letters.shards.facts import FONT, OFFICE, PROGRAM, SOURCES, differences, resource_of
from notices.letters.shards.preload import FACTS, FAULT
from notices.letters.shards.remote import unfit_workers
from notices.workers.dask import ClusterWorker

HERE = {PROGRAM: "1.0", SOURCES: "aa", OFFICE: "7.4", FONT + "FandolSong": "11", FONT + "Noto": "22"}


def named(**there: str) -> str:
    return " ".join(map(str, differences(HERE, {**HERE, **there})))


def test_equal_machines_have_no_differences_and_one_resource() -> None:
    assert differences(HERE, dict(reversed(HERE.items()))) == ()
    assert resource_of(HERE) == resource_of(dict(reversed(HERE.items())))
    assert resource_of(HERE) != resource_of({**HERE, OFFICE: "25.2"})


def test_each_difference_is_named() -> None:
    assert named(**{OFFICE: "25.2"}) == "LibreOffice 25.2 instead of 7.4"
    assert named(**{PROGRAM: "1.1", SOURCES: "bb"}) == "program 1.1 instead of 1.0"
    assert named(**{SOURCES: "bb"}) == "the program has the same version, but other source files"
    assert named(**{FONT + "Noto": "23"}) == "with other versions of the fonts Noto"
    assert named(**{FONT + "Extra": "1"}) == "with the fonts Extra, which this machine lacks"
    without = {name: value for name, value in HERE.items() if name != FONT + "FandolSong"}
    assert str(differences(HERE, without)[0]) == "without the fonts FandolSong"


def test_workers_that_make_no_letters_are_named_with_the_reason() -> None:
    resource = resource_of(HERE)

    def worker(name: str, told: object, offered: float = 0) -> ClusterWorker:
        told = {} if told is None else {FACTS: told}
        return ClusterWorker(name, "tcp://w", {resource: offered}, told)

    found = unfit_workers(
        [
            worker("good", HERE, 1),
            worker("plain", None),
            worker("broken", {FAULT: "LibreOffice was not found on this machine."}),
            worker("failed", HERE, 0),
            worker("old", {**HERE, PROGRAM: "0.9"}),
        ],
        HERE,
        resource,
    )
    assert [(each.worker, str(each.reason)) for each in found] == [
        ("plain", "it was not started by `notices worker`, or with another version of it"),
        ("broken", "LibreOffice was not found on this machine."),
        ("failed", "it failed and was left out"),
        ("old", "program 0.9 instead of 1.0"),
    ]
