"""The daemon's log: events as lines."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from feedtool.archive.memory import MemoryArchive
from feedtool.cli import log
from feedtool.errors import FetchError, PublishError, ReadError
from feedtool.kept import Alarm, Change, Outcome, Run
from feedtool.publish.site import Publication
from tests.conftest import NOW, later, make_config, make_version


def test_a_round_is_one_line() -> None:
    """With what came, how long it took, how late it was, when it is due, and what went wrong."""
    with MemoryArchive() as archive:
        version = make_version(archive)
    run = Run(NOW, new=1, seconds=0.25, late=timedelta(seconds=3))
    skipped = (ReadError("a.txt", "is empty"), ReadError("b.txt", 'says "no=1"'))
    outcome = Outcome(
        "valley", ((Change.NEW, version),), 7, skipped, due=later(hours=1), run=run, purged=2
    )
    [fields] = log.lines(outcome, NOW)
    assert fields["keys"] == [version.key]
    assert log.as_text(fields).split(" ", 1)[1] == (
        "level=warning event=read source=valley new=1 revised=0 unchanged=7 failed=2 purged=2 "
        f"seconds=0.25 late=3 due=2022-05-04T04:02:01Z keys={version.key} "
        'trouble="a.txt: is empty"'
    )
    assert json.loads(log.as_json(fields))["late"] == 3


def test_alarms_are_lines_of_their_own() -> None:
    """When they begin, as a warning, and when they are over."""
    begun = Alarm("valley", "quiet", NOW, "nothing new for 9 days")
    over = Alarm("valley", "failing", NOW, "answers again", later(hours=2))
    error = FetchError("https://valley.example/", "answers 500")
    read, *told = log.lines(Outcome("valley", error=error, alarms=(begun, over)), NOW)
    assert (read["failed"], read["trouble"]) == (1, "https://valley.example/: answers 500")
    assert [(one["event"], one["level"]) for one in told] == [
        ("alarm", "warning"),
        ("alarm", "info"),
    ]
    assert log.as_text(told[0]).endswith(
        'concern=quiet since=2022-05-04T03:02:01Z words="nothing new for 9 days"'
    )
    assert told[1]["over"] == "2022-05-04T05:02:01Z"


def test_everything_else_is_told_too(tmp_path: Path) -> None:
    """A publication, a failure, a new configuration, and what the daemon does itself."""
    config = make_config(tmp_path)
    events = (
        Publication(("a", "b"), 1, 0, ()),
        PublishError("public", "can't be written: disk\x1b[2J\nfull"),
        config,
    )
    lines = [log.as_text(line) for event in events for line in log.lines(event, NOW)]
    lines.append(log.as_text(log.said(NOW, "started", pid=7)))
    assert [line.split(" ", 1)[1] for line in lines] == [
        "level=info event=published files=2 removed=0 waiting=0",
        'level=warning event=failed about=public why="can\'t be written: disk[2J full"',
        "level=info event=configured sources=0 feeds=1",
        "level=info event=started pid=7",
    ]
