"""`feedtool extract`: what would be read, and why. Writes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from feedtool import text
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context
from feedtool.config import Config, Site
from feedtool.data import replace
from feedtool.errors import FeedtoolError, ReadError, UsageError
from feedtool.fetch.fetcher import Fetcher
from feedtool.fetch.results import Fetched, NotModified
from feedtool.model import Entry, EvidenceField, Kind, Link, Reading, Source, Validators
from feedtool.read.readers import read
from feedtool.reread import captured, source_of
from feedtool.valid import is_language, is_zone

EXIT_SOME_FAILED = 1
FIELDS: tuple[EvidenceField, ...] = ("title", "authors", "published", "summary")


def extract(context: Context, options: argparse.Namespace) -> int:
    """Read each input and print its articles; exit 65 if none could be, 1 if some could not."""
    if options.url is not None and text.web_url(options.url) is None:
        raise UsageError(options.url, "is not an absolute http(s) address")
    if not is_zone(options.time_zone):
        raise UsageError(options.time_zone, "is no time zone; one is Asia/Ho_Chi_Minh")
    if not is_language(options.language):
        raise UsageError(options.language, "is no language tag; one is vi")
    given = failed = 0
    for name in options.inputs:
        for found in _articles(context, name, options):
            if isinstance(found, FeedtoolError):
                failed += 1
                context.complain(found)
                if context.json:
                    context.give({"input": name, "error": str(found)})
            else:
                given += 1
                kind, thing = found
                if isinstance(thing, Link):
                    lead(context, name, kind, thing)
                elif context.json:
                    context.give(as_object(name, kind, thing))
                else:
                    _say(context, name, kind, thing)
    if not given:
        return ReadError.exit_code
    return EXIT_SOME_FAILED if failed else 0


def _articles(
    context: Context, name: str, options: argparse.Namespace
) -> Iterator[tuple[Kind, Entry | Link] | FeedtoolError]:
    config = _config(context)
    if options.from_capture:
        yield from _captured(config, name)
        return
    remote = name.startswith(("http://", "https://"))
    source = Source(
        name="extract",
        url=name if remote else str(Path(name).absolute()),
        kind=options.kind,
        time_zone=options.time_zone or config.site.time_zone,
        language=options.language,
        allow_private=True,  # an address that is typed in is its owner's word
    )
    with Fetcher(config, crawling=False) as fetcher:
        for fetched in fetcher.fetch(source, _nothing_known, context.now()):
            yield from _read(fetched, source, options.url)


def _captured(config: Config, key: str) -> Iterator[tuple[Kind, Entry | Link] | FeedtoolError]:
    """What the document holds that an article of the archive was read from."""
    with FolderArchive(config.archive.path) as archive:
        version = archive.get(key)
        if version is None:
            raise UsageError(key, "is no key of the archive; feedtool list shows them")
        capture = captured(archive, version)
    if capture is None:
        raise UsageError(key, "has no capture: what it was read from wasn't kept")
    yield from _read(capture, source_of(version, capture, config), None)


def _read(
    fetched: Fetched, source: Source, url: str | None
) -> Iterator[tuple[Kind, Entry | Link] | FeedtoolError]:
    """What a document holds; `url` is where it came from, if somebody says so."""
    if isinstance(fetched, FeedtoolError):
        yield fetched
    elif not isinstance(fetched, NotModified):
        try:
            reading: Reading = read(replace(fetched, url=url) if url else fetched, source)
        except FeedtoolError as error:
            yield error
            return
        yield from reading.skipped
        yield from ((reading.kind, entry) for entry in reading.entries)
        yield from ((reading.kind, link) for link in reading.links)


def _config(context: Context) -> Config:
    """The configuration if there is one: for its time zone and limits."""
    if context.find_config() is not None:
        return context.config()
    return Config(site=Site(title="feedtool", base_url="http://localhost/"))


def _nothing_known(_: str) -> Validators | None:
    return None


def as_object(name: str, kind: Kind, entry: Entry) -> dict[str, Any]:
    """Return an article that `name` gave as an object, with the evidence for each field."""
    published = entry.published
    return {
        **item.from_entry(entry),
        "input": name,
        "kind": kind,
        "day": published.day.isoformat() if published else None,
        "precision": published.precision if published else None,
        "date_guessed": published is None,
        "captions": list(entry.captions),
        "evidence": item.from_evidence(entry),
    }


def lead(context: Context, name: str, kind: Kind, link: Link) -> None:
    """Print what a sitemap or listing leads to: a line, or an object."""
    when = link.published.day if link.published else link.updated and link.updated.date()
    day = when.isoformat() if when else None
    if context.json:
        said = {"input": name, "kind": kind, "url": link.url, "title": link.title, "day": day}
        context.give(said)
    else:
        context.say("  ".join(filter(None, (day or "(undated) ", link.url, link.title))))


def _say(context: Context, name: str, kind: Kind, entry: Entry) -> None:
    say_fields(context, f"{name} ({kind})", entry, FIELDS)
    for caption in entry.captions:
        context.say(f"  {'caption':<10} {caption}")
    context.say(f"  {'language':<10} {entry.language or '(unknown)'}")


def say_fields(
    context: Context, heading: str, entry: Entry, fields: Sequence[EvidenceField]
) -> None:
    """Print these fields of an article below a heading, each with its evidence."""
    published = entry.published
    day = "" if published is None else published.day.isoformat()
    if published is not None and published.precision == "second":
        day = published.time.isoformat(" ")
    values: dict[EvidenceField, str] = {
        "title": entry.title,
        "authors": ", ".join(person.name for person in entry.authors),
        "published": day,
        "summary": entry.summary or "",
    }
    why = {evidence.field: evidence for evidence in entry.evidence}
    context.say(heading)
    for field in fields:
        context.say(f"  {field:<10} {values[field] or '(none found)'}")
        evidence = why.get(field)
        if evidence is not None:
            quote = text.shorten(evidence.quote, 100)
            context.say(f"  {'':<10}   {evidence.rule}, {evidence.confidence:.0%}: “{quote}”")
