"""The index beside the files: names, dates and changes, so that nothing needs a walk.

It may be deleted at any time and is rebuilt from the files alone. What it says of an entry is
never believed over the entry's file.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from feedtool.archive import item, sqlite
from feedtool.model import Version

SCHEMA_VERSION = 4
_SCHEMA = """
PRAGMA synchronous = NORMAL;  -- it can be rebuilt
-- The number of the last change never goes back: cursors are compared with it.
CREATE TABLE about (epoch TEXT NOT NULL, changes INTEGER NOT NULL);
CREATE TABLE entry (
    key TEXT PRIMARY KEY, source TEXT NOT NULL, published INTEGER NOT NULL, sureness REAL NOT NULL,
    change INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;
-- Keys whose files a person removed, so that their pages go too.
CREATE TABLE gone (key TEXT PRIMARY KEY, change INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX entry_by_date ON entry (published, key);
CREATE INDEX entry_by_source ON entry (source, published, key);
CREATE INDEX entry_by_sureness ON entry (sureness, published, key);
CREATE TABLE name (name TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES entry ON DELETE CASCADE)
    WITHOUT ROWID;
CREATE INDEX name_by_key ON name (key);
"""


class Index:
    """Names, dates and the order of changes, by key."""

    def __init__(self, path: Path | None, *, writing: bool) -> None:
        """Open the index at `path`, or an empty one: `complete` says which."""
        self._path = path
        self._database = sqlite.connect(path, _SCHEMA, SCHEMA_VERSION, writing=writing)
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        self.complete = version == SCHEMA_VERSION

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def fill(self, versions: Iterable[Version], before: Iterable[str] = ()) -> None:
        """Make it hold these and nothing else, under a new epoch: every cursor is void. Of the
        keys that it held `before`, those that are left out are gone."""
        with sqlite.transaction(self._database, self._path) as database:
            database.execute("DELETE FROM entry")
            database.execute("DELETE FROM about")
            database.execute("DELETE FROM gone")
            database.execute("INSERT INTO about VALUES (?, 0)", (secrets.token_hex(8),))
            for version in versions:
                self._add(version)
            held = {row[0] for row in database.execute("SELECT key FROM entry")}
            for key in sorted(set(before) - held):
                self._note_gone(key)
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self.complete = True

    def add(self, versions: Iterable[Version]) -> None:
        """Take these in, over what it held of their keys."""
        with sqlite.transaction(self._database, self._path):
            for version in versions:
                self._add(version)

    def remove(self, key: str) -> None:
        """Forget a key whose file is gone."""
        with sqlite.transaction(self._database, self._path) as database:
            database.execute("DELETE FROM entry WHERE key = ?", (key,))
            self._note_gone(key)

    def find(self, name: str) -> str | None:
        """The key of the entry with this name (see `item.names`), or None."""
        row = next(self._ask("SELECT key FROM name WHERE name = ?", name), None)
        return row[0] if row else None

    def newest(self, sources: Sequence[str], less_sure_than: float | None) -> Iterator[str]:
        """Keys by date of publication, newest first."""
        rules = [f"source IN ({', '.join('?' for _ in sources)})"] if sources else []
        rules += ["sureness < ?"] if less_sure_than is not None else []
        where = f"WHERE {' AND '.join(rules)}" if rules else ""
        asked = (*sources, *([less_sure_than] if less_sure_than is not None else []))
        order = "ORDER BY published DESC, key DESC"
        return (row[0] for row in self._ask(f"SELECT key FROM entry {where} {order}", *asked))  # noqa: S608

    def keys(self) -> set[str]:
        """All keys."""
        return {row[0] for row in self._ask("SELECT key FROM entry")}

    def changes(self, since: str | None) -> tuple[list[str], str]:
        """Keys added or gone after the cursor `since`, and the cursor of now: epoch and change
        number."""
        epoch, last = next(self._ask("SELECT epoch, changes FROM about"))
        known, _, number = (since or "").partition(":")
        after = int(number) if known == epoch and number.isdecimal() else 0
        question = "SELECT key, change FROM {} WHERE change > ?"
        both = " UNION ALL ".join(question.format(table) for table in ("entry", "gone"))
        rows = self._ask(f"{both} ORDER BY change", after, after)
        return [row[0] for row in rows], f"{epoch}:{last}"

    def _ask(self, question: str, *values: object) -> Iterator[Any]:
        return sqlite.rows(self._database, self._path, question, *values)

    def _note_gone(self, key: str) -> None:
        self._database.execute("UPDATE about SET changes = changes + 1")
        self._database.execute(
            "INSERT OR REPLACE INTO gone VALUES (?, (SELECT changes FROM about))", (key,)
        )

    def _add(self, version: Version) -> None:
        assert version.entry.published is not None, "settled entries have a date"
        identity, *others = item.names(version)
        holder = self.find(identity)
        if holder not in (None, version.key):
            return  # a second file with the id of another: `check` names it, and none is doubled
        published = int(version.entry.published.time.timestamp())
        row = (version.key, version.source, published, item.sureness(version))
        for table in ("entry", "gone"):
            self._database.execute(f"DELETE FROM {table} WHERE key = ?", (version.key,))  # noqa: S608
        self._database.execute("UPDATE about SET changes = changes + 1")
        number = "(SELECT changes FROM about)"
        self._database.execute(f"INSERT INTO entry VALUES (?, ?, ?, ?, {number})", row)  # noqa: S608
        self._database.executemany(
            # Where two entries share a place or a story, the first one keeps the name.
            "INSERT OR IGNORE INTO name VALUES (?, ?)",
            [(name, version.key) for name in (identity, *others)],
        )
