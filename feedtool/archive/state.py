"""What is remembered of sources between rounds: validators, the ids of places, how things stand.

Unlike the index it can't be rebuilt, but losing it costs a download, never an entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

from feedtool import sqlite
from feedtool.archive import logbook
from feedtool.data import Struct, asdict, astuple, compact, defstruct, json_reader
from feedtool.kept import Alarm, Run
from feedtool.manners import habits as custom
from feedtool.manners import robots as rules
from feedtool.manners.habits import Habits
from feedtool.manners.moves import Move
from feedtool.manners.robots import Robots
from feedtool.manners.standing import Standing
from feedtool.model import Validators, Wishes

SCHEMA_VERSION = 6
_SCHEMA = f"""
CREATE TABLE place (
    source TEXT NOT NULL, place TEXT NOT NULL, settings TEXT NOT NULL, id TEXT,
    etag TEXT, last_modified TEXT, body TEXT, pieces TEXT NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;
CREATE INDEX place_by_id ON place (source, id) WHERE id IS NOT NULL;
CREATE TABLE standing (source TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE robots (host TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
{logbook.TABLES}
PRAGMA user_version = {SCHEMA_VERSION};
"""
MIGRATIONS: Mapping[int, str] = {
    1: "ALTER TABLE place ADD COLUMN pieces TEXT NOT NULL DEFAULT '';",
    2: """
CREATE TABLE standing (
    source TEXT PRIMARY KEY, failures INTEGER NOT NULL, not_before INTEGER, gone INTEGER NOT NULL
) WITHOUT ROWID;
""",
    3: """
ALTER TABLE standing ADD COLUMN succeeded INTEGER;
ALTER TABLE standing ADD COLUMN trouble TEXT;
""",
    4: """
DROP INDEX place_by_id;
CREATE INDEX place_by_id ON place (source, id) WHERE id IS NOT NULL;
ALTER TABLE standing RENAME TO old_standing;
CREATE TABLE standing (source TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO standing SELECT source, json_patch('{}', json_object(
    'failures', nullif(failures, 0), 'trouble', trouble, 'gone', iif(gone, json('true'), NULL),
    'not_before', not_before, 'succeeded', succeeded, 'due', due
)) FROM (
    SELECT source, failures, trouble, gone, not_before, succeeded, due
    FROM old_standing LEFT JOIN due USING (source)
    UNION ALL
    SELECT source, 0, NULL, 0, NULL, NULL, due
    FROM due WHERE source NOT IN (SELECT source FROM old_standing)
);
DROP TABLE old_standing;
DROP TABLE due;
CREATE TABLE robots (host TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
""",
    5: logbook.TABLES,
}
"""From each version to the next: what is remembered is kept."""
_PLACE = """
SELECT settings, id, etag, last_modified, body, pieces FROM place WHERE source = ? AND place = ?
"""
_PLACES = """
SELECT json_group_array(json_array(
    source, place, settings, id, etag, last_modified, body, pieces
)) FROM place WHERE (source, place) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
"""
_STANDINGS = """
SELECT json_group_array(json_array(source, json(told))) FROM standing
WHERE source IN (SELECT value FROM json_each(?))
"""
_NEW = Standing()
_TIMES = ("failing_since", "not_before", "due", "asked", "succeeded", "quiet_at")
# How a standing is kept: what isn't as with a new source. Read as a whole by C, as there are many.
_Told = defstruct(
    "_Told",
    [
        *((name, int, 0) for name in ("failures", "rounds", "empty")),
        *((name, str | None, None) for name in ("trouble", "kind", "place")),
        *((name, bool, False) for name in ("gone", "unconditional")),
        *((name, datetime | None, None) for name in _TIMES),
        ("times", tuple[datetime, ...], ()),
        ("alarms", tuple[tuple[str, datetime, str], ...], ()),
        ("wishes", dict[str, Any] | None, None),
        ("move", tuple[str, int, int, int | None] | None, None),
    ],
)
_standings = json_reader(list[tuple[str, _Told]], strict=False)  # type: ignore[valid-type]


class Remembered(Struct, frozen=True):
    """What is known of one document of a source: under which settings it was read, the id of the
    entry that it gave (None for a feed), its validators, and the digests of the pieces of it that
    were read."""

    settings: str
    id: str | None
    validators: Validators
    pieces: frozenset[str] = frozenset()


_at = partial(datetime.fromtimestamp, tz=UTC)  # there are many
NOTHING = Remembered("", None, Validators())
"""What is known of a document of which nothing is."""


class State:
    """Memory of sources, in a file or (path None) as long as the process lives."""

    def __init__(self, path: Path | None, *, writing: bool) -> None:
        """Open the memory at `path`; one of an earlier version is taken over, a damaged one begun
        anew."""
        self._path = path
        # What was read ahead.
        self._places: dict[tuple[str, str], Remembered | None] = {}
        self._standings: dict[str, Standing] = {}
        self._hosts: set[str] | None = None  # whose robots.txt is known; most sources need none
        self._database = sqlite.connect(
            path, _SCHEMA, SCHEMA_VERSION, writing=writing, migrations=MIGRATIONS
        )

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def read_ahead(self, sources: Sequence[str]) -> None:
        """Read at once how things stand with these sources, which will soon be asked one by one."""
        # As one row of JSON: between rows, SQLite lets other threads go first.
        found = self._stands(sources)
        # Of those before, many haven't been answered yet.
        self._places = {at: one for at, one in self._places.items() if at[0] in self._standings}
        self._standings = {source: found.get(source, _NEW) for source in sources}

    def look_ahead(self, documents: Sequence[tuple[str, str]]) -> None:
        """Read at once what is known of these documents (by source and place), which will soon be
        asked too: until the `read_ahead` after the next."""
        [told] = self._ask(_PLACES, json.dumps(documents))
        known = {(source, place): _remembered(row) for source, place, *row in json.loads(told)}
        self._places.update((document, known.get(document)) for document in documents)

    def recall(self, source: str, place: str) -> Remembered | None:
        """What is known of a document, or None."""
        if (source, place) in self._places:
            return self._places[source, place]
        row = self._ask(_PLACE, source, place)
        return None if row is None else _remembered(row)

    def places(self, source: str, identity: str) -> list[str]:
        """The places where this source had the entry with this id."""
        question = "SELECT place FROM place WHERE source = ? AND id = ? ORDER BY place"
        rows = sqlite.rows(self._database, self._path, question, source, identity)
        return [row[0] for row in rows]

    def remember(
        self,
        places: Mapping[tuple[str, str], Remembered],
        standings: Mapping[str, Standing] | None = None,
        *,
        habits: Mapping[str, Habits] | None = None,
        alarms: Iterable[Alarm] = (),
        runs: Mapping[str, Run] | None = None,
    ) -> None:
        """Keep these of documents (by source and place) and sources, all or none; nothing is
        written where all of it is known already. What says `NOTHING` is forgotten. Runs are of
        sources whose standing is given."""
        fresh = {at: one for at, one in places.items() if (self.recall(*at) or NOTHING) != one}
        stands = [(source, _written(one)) for source, one in (standings or {}).items()]
        if not fresh and not stands:
            return
        for at in fresh:
            self._places.pop(at, None)
        for source, _ in stands:
            self._standings.pop(source, None)
        with sqlite.transaction(self._database, self._path) as database:
            database.executemany(
                "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (*at, one.settings, one.id, *astuple(one.validators), pieces)
                    for at, one in fresh.items()
                    if one != NOTHING
                    for pieces in [" ".join(sorted(one.pieces))]
                ],
            )
            database.executemany(
                "DELETE FROM place WHERE source = ? AND place = ?",
                [at for at, one in fresh.items() if one == NOTHING],
            )
            database.executemany("INSERT OR REPLACE INTO standing VALUES (?, ?)", stands)
            learned = [(source, custom.to_text(one)) for source, one in (habits or {}).items()]
            database.executemany("INSERT OR REPLACE INTO habits VALUES (?, ?)", learned)
            logbook.add_alarms(database, alarms)
            numbers = {name: one.rounds for name, one in (standings or {}).items()}
            told = {name: (numbers[name], run) for name, run in (runs or {}).items()}
            logbook.add_runs(database, told)

    def standing(self, source: str) -> Standing:
        """How things stand with a source; as new where nothing is known."""
        if source in self._standings:
            return self._standings[source]
        return self._stands([source]).get(source, _NEW)

    def habits(self, source: str) -> Habits:
        """What is usual with a source, as far as it is known."""
        told = self._told("habits", "source", source)
        return custom.from_text(told) if told else Habits()

    def runs(self, source: str) -> list[Run]:
        """The newest rounds of a source, the newest first."""
        rows = sqlite.rows(self._database, self._path, logbook.RUNS_OF, source)
        return sorted((logbook.run(row[0]) for row in rows), key=lambda run: run.at, reverse=True)

    def alarms(self, most: int = logbook.ALARMS) -> list[Alarm]:
        """The newest alarms, the newest first."""
        rows = sqlite.rows(self._database, self._path, logbook.ALL_ALARMS, most)
        return [logbook.alarm(row) for row in rows]

    def alarm_events(self, most: int) -> list[Alarm]:
        """What happened last, the newest first: alarms as they were when they began (never `over`),
        and, apart, as they were when they were over."""
        rows = sqlite.rows(self._database, self._path, logbook.EVENTS, most)
        return [logbook.alarm(row) for row in rows]

    def alarm_mark(self) -> str:
        """Something that is another once an alarm has begun or ended."""
        return "-".join(map(str, self._ask(logbook.MARK)))

    def untold(self, most: int = 100) -> list[tuple[int, Alarm]]:
        """The oldest alarms whose beginning or end nobody was told of, with their numbers."""
        rows = sqlite.rows(self._database, self._path, logbook.UNTOLD, most)
        return [(number, logbook.alarm(row)) for number, *row in rows]

    def set_told(self, told: Iterable[tuple[int, Alarm]]) -> None:
        """Note that somebody was told of these alarms, as they were when they were asked for."""
        with sqlite.transaction(self._database, self._path) as database:
            logbook.set_told(database, told)

    def robots(self, host: str) -> Robots | None:
        """What a host said in its robots.txt, or None."""
        if self._hosts is None:
            rows = sqlite.rows(self._database, self._path, "SELECT host FROM robots")
            self._hosts = {row[0] for row in rows}
        told = self._told("robots", "host", host) if host in self._hosts else None
        return rules.from_text(told) if told else None

    def set_robots(self, host: str, robots: Robots) -> None:
        """Keep what a host said."""
        with sqlite.transaction(self._database, self._path) as database:
            row = (host, rules.to_text(robots))
            database.execute("INSERT OR REPLACE INTO robots VALUES (?, ?)", row)
        if self._hosts is not None:
            self._hosts.add(host)

    def _stands(self, sources: Sequence[str]) -> dict[str, Standing]:
        """How things stand with these, as far as that is known and can be read."""
        [told] = self._ask(_STANDINGS, json.dumps(sources))
        found = _standings(told)
        if found is None and len(sources) > 1:  # one that can't be read costs no other
            return {name: one for source in sources for name, one in self._stands([source]).items()}
        return {source: _read(source, one) for source, one in found or ()}

    def _told(self, table: str, key: str, value: str) -> str | None:
        row = self._ask(f"SELECT told FROM {table} WHERE {key} = ?", value)  # noqa: S608
        return row[0] if row else None

    def _ask(self, question: str, *values: object) -> Any:
        return next(sqlite.rows(self._database, self._path, question, *values), None)


def _written(standing: Standing) -> str:
    """A standing as text: what isn't as with a new source."""
    told: dict[str, Any] = {
        "failures": standing.failures,
        "trouble": standing.trouble,
        "gone": standing.gone,
        "kind": standing.kind,
        "place": standing.place,
        "unconditional": standing.unconditional,
        "rounds": standing.rounds,
        "empty": standing.empty,
        "alarms": [[one.concern, _seconds(one.since), one.words] for one in standing.alarms],
        "times": [ceil(one.timestamp()) for one in standing.times],
        **{name: _seconds(getattr(standing, name)) for name in _TIMES},
    }
    wishes, move = standing.wishes, standing.move
    if wishes != Wishes():
        told["wishes"] = {
            "every": wishes.every and int(wishes.every.total_seconds()),
            "hours": sorted(wishes.hours),
            "days": sorted(wishes.days),
            "hubs": wishes.hubs,
            "topic": wishes.topic,
        }
    if move is not None:
        told["move"] = [move.url, _seconds(move.since), move.times, _seconds(move.learned)]
    return compact({key: one for key, one in told.items() if one}).decode("utf-8")


def _remembered(row: Sequence[Any]) -> Remembered:
    settings, identity, etag, last_modified, body, pieces = row
    validators = Validators(etag, last_modified, body)
    return Remembered(settings, identity, validators, frozenset(pieces.split()))


def _read(source: str, told: Any) -> Standing:
    known = asdict(told)
    if told.alarms:
        known["alarms"] = tuple(Alarm(source, *one) for one in told.alarms)
    if told.move:
        url, since, times, learned = told.move
        known["move"] = Move(url, _at(since), times, learned and _at(learned))
    known["wishes"] = _wishes(told.wishes) if told.wishes else Wishes()
    return Standing(**known)


def _wishes(told: dict[str, Any]) -> Wishes:
    every = told["every"]
    return Wishes(
        None if every is None else timedelta(seconds=every),
        frozenset(told["hours"]),
        frozenset(told["days"]),
        tuple(told["hubs"]),
        told["topic"],
    )


def _seconds(when: datetime | None) -> int | None:
    # Rounded up: a server isn't asked before the time that it named, nor by a part of a second.
    return None if when is None else ceil(when.timestamp())
