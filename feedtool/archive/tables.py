"""The tables of the index, and what is asked of them."""

from __future__ import annotations

from feedtool.archive import search

SCHEMA_VERSION = 9
_LISTS = """
CREATE INDEX entry_by_date ON entry (published, key);
CREATE INDEX entry_by_source ON entry (source, published, key);
"""
SCHEMA = f"""
-- The number of the last change never goes back: cursors are compared with it.
CREATE TABLE about (epoch TEXT NOT NULL, changes INTEGER NOT NULL);
-- `published` (seconds since 1970) and `moment` (what search knows it by) are null for what was
-- withdrawn: it is found by its names and stands in no list. `words` is the digest of what search
-- holds of it, so that just this can be taken out again. `size` (in bytes) and `changed` (in
-- nanoseconds) are those of its file, as it was written; `is_ours`: byte for byte as we write it.
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, source TEXT NOT NULL, published INTEGER,
    moment INTEGER UNIQUE, sureness REAL NOT NULL, change INTEGER NOT NULL UNIQUE, words BLOB,
    size INTEGER NOT NULL, changed INTEGER NOT NULL, is_ours INTEGER NOT NULL
);
{_LISTS}
CREATE TABLE name (name BLOB, number INTEGER, PRIMARY KEY (name, number)) WITHOUT ROWID;
-- Entries of which search may hold words that nobody knows any more: their files were edited.
CREATE TABLE stale (number INTEGER PRIMARY KEY);
-- Keys whose files a person removed, so that their pages go too.
CREATE TABLE gone (key TEXT PRIMARY KEY, change INTEGER NOT NULL) WITHOUT ROWID;
{search.SCHEMA}
"""
# A whole archive's names are sorted at once, when all are there: one by one, each would be put
# somewhere else. Of files with one id, the first counts.
BEFORE_FILLING = (
    "DROP INDEX entry_by_date",
    "DROP INDEX entry_by_source",
    "CREATE TEMP TABLE given (name BLOB, number INTEGER, is_id INTEGER)",
)
AFTER_FILLING = (
    """CREATE TEMP TABLE doubled AS SELECT number FROM (
        SELECT number, name = lag(name) OVER (ORDER BY name, number) AS is_again
        FROM given WHERE is_id
    ) WHERE is_again""",
    "DELETE FROM entry WHERE number IN (SELECT number FROM doubled)",
    """INSERT OR IGNORE INTO name SELECT name, number FROM given
    WHERE number NOT IN (SELECT number FROM doubled) ORDER BY name, number""",
    "DROP TABLE given",
    "DROP TABLE doubled",
    *filter(str.strip, _LISTS.split(";")),
)
# Where several entries share a name, it is that of the first.
FIRST = """SELECT key FROM name JOIN entry USING (number) WHERE name = ? ORDER BY number LIMIT 1"""

HOLDERS = """SELECT name, key FROM name JOIN entry USING (number) WHERE name IN ({})
    ORDER BY number"""
KNOWN = "SELECT key, number, moment, words FROM entry WHERE key IN ({})"
MOMENTS = "SELECT moment FROM entry WHERE moment IN ({})"
# What is no file of ours has no size.
_FILE = "iif(is_ours, size, -1), changed"
FILE = f"SELECT {_FILE} FROM entry WHERE key = ?"  # noqa: S608
CHANGES = (
    f"SELECT key, change, {_FILE} FROM entry WHERE change > ? ORDER BY change LIMIT ?",  # noqa: S608
    "SELECT key, change FROM gone WHERE change > ? ORDER BY change LIMIT ?",
)
NEWEST = f"""SELECT published, key, {_FILE} FROM entry
    WHERE {{}} ORDER BY published DESC, key DESC LIMIT ?"""  # noqa: S608
