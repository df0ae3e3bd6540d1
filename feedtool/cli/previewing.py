"""What would be added, shown before it is: the newest entries, and why they are read so."""

from __future__ import annotations

from pathlib import Path

from feedtool import text
from feedtool.cli.context import Context
from feedtool.cli.extracting import as_object, lead, say_fields
from feedtool.discovery import Discovery
from feedtool.model import Entry, EvidenceField, Link

_SHOWN = 5
_FIELDS: tuple[EvidenceField, ...] = ("title", "authors", "published")


def preview(context: Context, name: str, found: Discovery) -> None:
    """Print the newest five entries or links of what was found at `name`, and what was left out."""
    reading = found.reading
    for line in found.tried:
        context.tell(line)
    for error in reading.skipped[:_SHOWN]:
        context.complain(error)
    if len(reading.skipped) > _SHOWN:
        context.tell(f"feedtool: and {len(reading.skipped) - _SHOWN} more that can't be read")
    if not context.json:
        _head(context, found)
    for entry in sorted(reading.entries, key=_age)[:_SHOWN]:
        if context.json:
            context.give(as_object(name, reading.kind, entry))
        else:
            say_fields(context, f"- {entry.link or entry.title}", entry, _FIELDS)
    for link in sorted(reading.links, key=_link_age)[:_SHOWN]:
        lead(context, name, reading.kind, link)
    if not context.json:
        for one in found.alternatives:
            context.say(f"also there: {one.url}{f'  {one.title}' if one.title else ''}")


def _head(context: Context, found: Discovery) -> None:
    reading, source = found.reading, found.source
    kind = source.kind or ("folder" if Path(source.url).is_dir() else reading.kind)
    count, what = len(reading.links or reading.entries), "link" if reading.links else "article"
    context.say(f"{text.without_secrets(source.url)} ({kind})")
    context.say(f"{found.title or 'without a title'}: {count} {what}{'' if count == 1 else 's'}")


def _age(entry: Entry) -> float:
    """What sorts the newest first, and those without a date last."""
    return -entry.published.time.timestamp() if entry.published else float("inf")


def _link_age(link: Link) -> float:
    when = link.published.time if link.published else link.updated
    return -when.timestamp() if when else float("inf")
