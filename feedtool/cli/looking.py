"""The commands that look into the archive: list, show."""

from __future__ import annotations

import argparse

from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context
from feedtool.errors import UsageError
from feedtool.model import Entry, Version


def list_(context: Context, options: argparse.Namespace) -> int:
    """List the newest articles."""
    with FolderArchive(context.config().archive.path) as archive:
        for version in archive.newest(sources=options.source, limit=options.limit):
            if context.json:
                context.give(item.to_json(version))
            else:
                by = f" — {_names(version.entry)}" if version.entry.authors else ""
                context.say(
                    f"{_day(version)}  {version.entry.title}{by}\n            {version.key}"
                )
    return 0


def show(context: Context, options: argparse.Namespace) -> int:
    """Show one article."""
    with FolderArchive(context.config().archive.path) as archive:
        version = archive.get(options.key)
        earlier = archive.history(options.key)
    if version is None:
        raise UsageError(options.key, "is no key of the archive; feedtool list shows them")
    if context.json:
        context.give(item.to_json(version))
        return 0
    entry = version.entry
    guessed = " (first seen; no date found)" if version.date_guessed else ""
    facts = {
        "authors": _names(entry),
        "published": _day(version) + guessed,
        "updated": entry.updated.isoformat(" ") if entry.updated else "",
        "source": version.source,
        "link": entry.link or "",
        "id": entry.id,
        "language": entry.language or "",
        "revision": f"{version.revision}, of {version.last_revised:%Y-%m-%d %H:%M}Z",
        "earlier": ", ".join(str(one.revision) for one in earlier),
    }
    context.say(entry.title)
    for name, value in facts.items():
        if value:
            context.say(f"  {name:<10} {value}")
    for why in entry.evidence:
        context.say(f"  {why.field} by {why.rule} ({why.confidence:.0%}): {why.quote}")
    for part in (entry.summary, entry.content_text or entry.content_html, *entry.captions):
        if part:
            context.say(f"\n{part}")
    return 0


def _names(entry: Entry) -> str:
    return ", ".join(person.name for person in entry.authors)


def _day(version: Version) -> str:
    published = version.entry.published
    return published.day.isoformat() if published else ""
