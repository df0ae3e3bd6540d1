"""What the memory of sources keeps for people: the run log, and the alarms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import Any

from feedtool.data import compact
from feedtool.kept import Alarm, Run

RUNS = 100
"""Rounds of one source that the run log keeps."""

ALARMS = 1000
"""Alarms that are kept when they are over."""

# Runs are a ring for each source: none is looked for to be taken away. An alarm's `told` is 1 once
# somebody was told that it began, 2 that it is over; `ending` is what is said of it then.
TABLES = """
CREATE TABLE run (
    source TEXT NOT NULL, slot INTEGER NOT NULL, told TEXT NOT NULL, PRIMARY KEY (source, slot)
) WITHOUT ROWID;
CREATE TABLE habits (source TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE alarm (
    number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, concern TEXT NOT NULL,
    since INTEGER NOT NULL, over INTEGER, words TEXT NOT NULL, ending TEXT,
    told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX alarm_untold ON alarm (number) WHERE told < 1 + (over IS NOT NULL);
"""
_ALARM = "source, concern, since, coalesce(ending, words), over"
ALL_ALARMS = f"SELECT {_ALARM} FROM alarm ORDER BY number DESC LIMIT ?"  # noqa: S608
UNTOLD = f"""
SELECT number, {_ALARM} FROM alarm
WHERE told < 1 + (over IS NOT NULL) ORDER BY number LIMIT ?
"""  # noqa: S608
# Each beginning as it was said then, and each end.
EVENTS = """
SELECT source, concern, since, said, ended FROM (
    SELECT source, concern, since, words AS said, NULL AS ended, since AS moment, number FROM alarm
    UNION ALL
    SELECT source, concern, since, ending, over, over, number FROM alarm WHERE over IS NOT NULL
) ORDER BY moment DESC, ended IS NULL, number DESC LIMIT ?
"""
MARK = """
SELECT count(*), coalesce(max(number), 0), coalesce(max(since), 0), count(over),
    coalesce(max(over), 0) FROM alarm
"""
RUNS_OF = "SELECT told FROM run WHERE source = ?"


def add_runs(database: Connection, runs: Mapping[str, tuple[int, Run]]) -> None:
    """Keep these runs, each by its number among those of its source."""
    rows = [(source, number % RUNS, _written(run)) for source, (number, run) in runs.items()]
    database.executemany("INSERT OR REPLACE INTO run VALUES (?, ?, ?)", rows)


def add_alarms(database: Connection, alarms: Iterable[Alarm]) -> None:
    """Keep the beginning or the end of each of these alarms."""
    for one in alarms:
        since = _seconds(one.since)
        if one.over is None:
            database.execute(
                "INSERT INTO alarm (source, concern, since, words) VALUES (?, ?, ?, ?)",
                (one.source, one.concern, since, one.words),
            )
            database.execute(
                "DELETE FROM alarm WHERE over IS NOT NULL AND number <= "
                "(SELECT max(number) FROM alarm) - ?",
                (ALARMS,),
            )
        else:
            database.execute(
                "UPDATE alarm SET over = ?, ending = ? "
                "WHERE source = ? AND concern = ? AND since = ? AND over IS NULL",
                (_seconds(one.over), one.words, one.source, one.concern, since),
            )


def set_told(database: Connection, told: Iterable[tuple[int, Alarm]]) -> None:
    """Note that somebody was told of these alarms as they are here."""
    rows = [(2 if one.over else 1, number) for number, one in told]
    database.executemany("UPDATE alarm SET told = max(told, ?) WHERE number = ?", rows)


def alarm(row: Sequence[Any]) -> Alarm:
    """An alarm from its row."""
    source, concern, since, words, over = row
    return Alarm(source, concern, _time(since), words, None if over is None else _time(over))


def run(told: str) -> Run:
    """A run from how it is kept."""
    at, new, revised, unchanged, failed, seconds, late, trouble = json.loads(told)
    wait = timedelta(seconds=late)
    return Run(_time(at), new, revised, unchanged, failed, seconds, wait, trouble)


def _written(one: Run) -> str:
    late = int(one.late.total_seconds())
    counts = (one.new, one.revised, one.unchanged, one.failed)
    told = [_seconds(one.at), *counts, round(one.seconds, 3), late, one.trouble]
    return compact(told).decode("utf-8")


def _seconds(when: datetime) -> int:
    return int(when.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
