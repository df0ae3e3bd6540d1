"""The command that searches the archive."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice

from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.archive.query import Query, parse
from feedtool.archive.ranking import Snippet, score, snippet
from feedtool.cli.context import Context
from feedtool.errors import UsageError
from feedtool.kept import Version

_RANKED = 300  # matches in titles, and as many anywhere, that are ranked
_SHOWN = ("id", "url", "title", "authors", "date_published", "language")
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def search(context: Context, options: argparse.Namespace) -> int:
    """Search the archive: newest first, or those first that fit best."""
    query = parse(" ".join(options.words))
    with FolderArchive(context.config().archive.path) as archive:
        after = options.after
        if after is not None and archive.get(after) is None:
            raise UsageError(after, "is no key of the archive; it goes on from the last key shown")
        find = _best(context, archive, query, after) if options.best else None
        found = list(islice(find or archive.search(query, after=after), options.limit + 1))
        for version in found[: options.limit]:
            _say(context, version, snippet(version.entry, query))
    if not found:
        context.tell("feedtool: nothing found")
    if len(found) > options.limit:
        last = found[options.limit - 1].key
        context.tell(f"feedtool: there is more; it follows with --after {last}")
    return 0


def _best(
    context: Context, archive: FolderArchive, query: Query, after: str | None
) -> Iterator[Version]:
    found, is_cut = archive.best(query, _RANKED)
    if is_cut:
        context.tell(
            f"feedtool: ranked are only the newest {_RANKED} that have it in the title, and the "
            f"newest {_RANKED} that have it anywhere: another word, source: or from: narrows it"
        )
    # What comes in is newest first, which sorting leaves as it is where the scores are the same.
    ranked = sorted(found, key=lambda version: -score(version.entry, query))
    at = next((n for n, version in enumerate(ranked, 1) if version.key == after), 0)
    return iter(ranked[at:])


def _say(context: Context, version: Version, found: Snippet) -> None:
    entry, published = version.entry, version.entry.published
    day = published.day.isoformat() if published else ""
    if context.json:
        context.give(
            {
                **{name: value for name, value in item.from_entry(entry).items() if name in _SHOWN},
                "key": version.key,
                "source": version.source,
                "day": day,
                "date_guessed": version.date_guessed,
                "snippet": found.text,
                "marks": found.marks,
            }
        )
        return
    by = ", ".join(person.name for person in entry.authors)
    context.say(f"{day}  {entry.title}{f' — {by}' if by else ''}")
    context.say(f"{'':<12}{version.key}")
    if found.text:
        context.say(f"{'':<12}{_marked(found) if context.colours() else found.text}")


def _marked(found: Snippet) -> str:
    said, done = "", 0
    for start, end in found.marks:
        said += f"{found.text[done:start]}{_BOLD}{found.text[start:end]}{_PLAIN}"
        done = end
    return said + found.text[done:]
