"""The commands that look into the archive: list, show."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context
from feedtool.config import Config
from feedtool.errors import UsageError
from feedtool.kept import Version
from feedtool.model import Entry


def list_(context: Context, options: argparse.Namespace) -> int:
    """List the newest articles, or the newest of those that want a person's eye."""
    config = context.config()
    table = config.archive
    below = table.review_below if options.review else None
    with FolderArchive(table.path) as archive:
        demand_sources(config, archive, options.source)
        if options.after is not None and archive.get(options.after) is None:
            reason = "is no key of the archive; it goes on from the last key shown"
            raise UsageError(options.after, reason)
        found = archive.newest(
            sources=options.source,
            limit=options.limit + 1,
            less_sure_than=below,
            after=options.after,
        )
        last = ""
        for number, version in enumerate(found):
            if number == options.limit:
                context.tell(f"feedtool: there is more; it follows with --after {last}")
                break
            last = version.key
            if context.json:
                context.give(item.to_json(version))
                continue
            by = f" — {_names(version.entry)}" if version.entry.authors else ""
            context.say(f"{_day(version)}  {version.entry.title}{by}")
            context.say(f"{'':<12}{version.key}")
            if options.review:
                context.say(f"{'':<12}{_doubt(version)}")
    return 0


def demand_sources(config: Config, archive: FolderArchive, names: Iterable[str]) -> None:
    """Raise a `UsageError` about a name that is no source's, in configuration and archive."""
    known = sorted(source.name for source in config.source)
    for name in names:
        if name not in known and next(archive.newest(sources=[name]), None) is None:
            raise UsageError(name, f"is no source; known are {', '.join(known) or 'none'}")


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
        "double": f"tells the story of {version.duplicate_of}" if version.duplicate_of else "",
        "gone": f"its source was first seen without it {version.gone:%Y-%m-%d %H:%M}Z"
        if version.gone
        else "",
        "withdrawn": _withdrawal(version),
    }
    if options.explain:
        _explain(context, version)
        return 0
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


def _explain(context: Context, version: Version) -> None:
    """Print for each field what won and what lost, and why."""
    entry = version.entry
    values = {
        "title": entry.title,
        "authors": _names(entry),
        "published": "" if version.date_guessed else _day(version),
        "summary": entry.summary or "",
    }
    for field, value in values.items():
        context.say(f"{field:<10} {value or '(none found)'}")
        won = next((one for one in entry.evidence if one.field == field), None)
        if won is not None:
            context.say(f"  won   {won.confidence:>4.0%}  {won.rule}: {won.quote}")
        for one in entry.rejected:
            if one.field == field:
                sure = won.confidence if won else 0
                why = "less sure" if one.confidence < sure else "as sure, and came later"
                why = why if one.confidence else "never one of these"
                context.say(f"  lost  {one.confidence:>4.0%}  {one.rule} ({why}): {one.quote}")


def _doubt(version: Version) -> str:
    """What is least sure about an entry, in words."""
    if version.date_guessed:
        return "no date found: dated by when it was first seen"
    doubted = min(
        (one for one in version.entry.evidence if one.field != "summary"),
        key=lambda one: one.confidence,
        default=None,
    )
    if doubted is None:
        return "no evidence is kept"
    return f"{doubted.field} by {doubted.rule} ({doubted.confidence:.0%}): {doubted.quote}"


def _withdrawal(version: Version) -> str:
    why = version.withdrawn
    if why is None:
        return ""
    purged = ", and purged" if why.purged else ""
    return f"{why.when:%Y-%m-%d %H:%M}Z by its {why.by}{purged}: {why.reason}".replace(
        "its owner", "the owner"
    )


def _names(entry: Entry) -> str:
    return ", ".join(person.name for person in entry.authors)


def _day(version: Version) -> str:
    published = version.entry.published
    return published.day.isoformat() if published else ""
