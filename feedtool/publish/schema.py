"""The tables of a shelf (see `shelf`). Pure."""

from feedtool.publish.streams import FORMS, LINE

VERSION = 3
PIECES = {form.number: f"piece_{form.number}" for form in FORMS}
"""The tables of entries as they are written into documents, by form. One for each, so that what a
list is made of lies together, and is read in a few pages."""
LINES = PIECES[LINE.number]
"""The one in which every version has a row."""
_PIECES = "\n".join(
    f"CREATE TABLE {table} (version INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    for table in PIECES.values()
)
SCHEMA = f"""
PRAGMA page_size = 8192;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- `version` numbers what was published of it; `story` is the key of the entry that stands for all
-- that tell the same; `round` is the last time that all were looked at and it was there.
CREATE TABLE entry (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, version INTEGER NOT NULL,
    story TEXT NOT NULL, archived INTEGER NOT NULL, round INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX entry_by_story ON entry (story, archived, key) WHERE story <> key;
{_PIECES}
CREATE TABLE stream (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rule TEXT NOT NULL,
    closed INTEGER NOT NULL, updated INTEGER NOT NULL, late INTEGER,
    is_begun INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX stream_of_feed ON stream (number) WHERE rule <> '';
-- Document 0 is the open one. Times are seconds since 1970.
CREATE TABLE place (
    stream INTEGER, document INTEGER, rank INTEGER, key TEXT, version INTEGER NOT NULL,
    updated INTEGER NOT NULL, PRIMARY KEY (stream, document, rank, key)
) WITHOUT ROWID;
CREATE INDEX place_by_key ON place (key, stream);
CREATE TABLE tombstone (
    stream INTEGER, document INTEGER, id TEXT, moment INTEGER NOT NULL,
    PRIMARY KEY (stream, document, id)
) WITHOUT ROWID;
CREATE INDEX tombstone_by_id ON tombstone (id, stream);
CREATE TABLE waiting (key TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE fault (key TEXT, extension TEXT, reason TEXT NOT NULL, PRIMARY KEY (key, extension))
    WITHOUT ROWID;
-- What is to be written: "page" of a key, "document" as stream:number ("missing": only where there
-- is no file), "index" as path, "static" files; and what is to be removed, "file" as path.
CREATE TABLE due (kind TEXT, name TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE ping (topic TEXT PRIMARY KEY, tries INTEGER NOT NULL, due INTEGER NOT NULL)
    WITHOUT ROWID;
"""
