"""The published folder: what the archive holds, as files that any web server can serve.

Articles first, then the feeds that link to them, then the index. Each file is replaced whole and
only when its bytes change. An article's page is made when the article is put; `.feedtool/` in the
folder remembers up to which change that is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from feedtool import files, text
from feedtool.archive.protocol import Archive
from feedtool.config import Config, FeedTable, Format
from feedtool.errors import DamagedError, PublishError
from feedtool.kept import Version
from feedtool.lease import Lease
from feedtool.model import Entry, Feed
from feedtool.publish import html
from feedtool.publish.document import Document, Item
from feedtool.publish.renderers import NEVER, RENDERERS, Renderer, updated_of
from feedtool.version import __version__

_ABOUT = Path(".feedtool/published.json")
_BATCH = 100
_CHAIN = 8  # doubles of doubles that are looked at


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did: paths within the folder that were written, how many were as they should
    be already, how many articles wait for the time they are dated, and the pages that were taken
    away as their entries are gone."""

    written: tuple[str, ...]
    unchanged: int
    waiting: int = 0
    removed: tuple[str, ...] = ()


def publish(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    everything: bool = False,
    renderers: Mapping[Format, Callable[[], Renderer]] = RENDERERS,
) -> Publication:
    """Write the feeds and pages of `config` from `archive`; raises `PublishError`.

    `now` only chooses: what is dated later waits. It stands in no file. `everything`: look at each
    article's page, not only at those of articles that were put since the last time.
    """
    folder = config.publish.path
    written: list[str] = []
    unchanged = 0
    try:
        with Lease(folder) as lease:
            before = {} if everything else _read(folder / _ABOUT)
            pages = _Pages(config, archive, now, before)
            for made in (pages, _feeds(config, archive, now, renderers)):
                for batch in _batches(made):
                    changed = [
                        (folder / name, data)
                        for name, data in batch
                        if not files.holds(folder / name, data)
                    ]
                    lease.assert_held()
                    files.replace(changed)
                    written += [path.relative_to(folder).as_posix() for path, _ in changed]
                    unchanged += len(batch) - len(changed)
            removed = [name for name in pages.gone if (folder / name).exists()]
            for name in removed:
                (folder / name).unlink()
            about = json.dumps(pages.about()).encode()
            if not files.holds(folder / _ABOUT, about):
                files.replace([(folder / _ABOUT, about)])
    except OSError as error:
        reason = f"can't be written: {error.strerror or error}"
        raise PublishError(error.filename or folder, reason) from error
    waiting = len(pages.about()["waiting"])
    return Publication(tuple(written), unchanged, waiting, tuple(removed))


def _batches(made: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """The files in their order, so many at a time as are synced to disk together."""
    iterator = iter(made)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def entry_of(version: Version, config: Config) -> Entry:
    """The entry as it is published: one that lives here alone links to its page here."""
    link = version.entry.link or f"{config.site.base_url}{version.key}.html"
    return replace(version.entry, link=link)


def _waits(version: Version, now: datetime) -> bool:
    published = version.entry.published
    return published is not None and published.time > now


class _Pages:
    """The articles' pages to look at, and what to remember once they are written."""

    def __init__(
        self, config: Config, archive: Archive, now: datetime, before: Mapping[str, Any]
    ) -> None:
        look = repr((config.site, config.feed, __version__, html.fingerprint()))
        self._look = text.digest(look)
        since = before.get("cursor") if before.get("look") == self._look else None
        keys, self._cursor = archive.changes(since)
        self._keys = dict.fromkeys((*(before.get("waiting", ()) if since else ()), *keys))
        self._waiting: list[str] = []
        self.gone: list[str] = []  # pages of entries that are withdrawn, or that a person removed
        self._config, self._archive, self._now = config, archive, now

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for key in self._keys:
            try:
                version = self._archive.get(key)
            except DamagedError:
                continue  # `feedtool check` names it; it must not stop the others
            if version is None or version.withdrawn is not None:
                self.gone.append(f"{key}.html")
            elif _waits(version, self._now):
                self._waiting.append(key)
            else:
                page = html.article(self._config.site, self._config.feed, version)
                yield f"{key}.html", page

    def about(self) -> dict[str, Any]:
        """How the pages look, up to which change they are made, and which of them still wait."""
        return {"look": self._look, "cursor": self._cursor, "waiting": self._waiting}


def _feeds(
    config: Config,
    archive: Archive,
    now: datetime,
    renderers: Mapping[Format, Callable[[], Renderer]],
) -> Iterator[tuple[str, bytes]]:
    for table in config.feed:
        newest = archive.newest(sources=table.sources)
        ready = (one for one in newest if one.withdrawn is None and not _waits(one, now))
        if table.one_per_story:
            ready = (one for one in ready if not _is_told_by(one, table, archive, now))
            versions = _one_per_story(ready, table.limit)
        else:
            versions = list(islice(ready, table.limit))
        entries = [entry_of(version, config) for version in versions]
        feed = _feed(config, table)
        for name in table.formats:
            yield f"{table.name}.{name}", _document(renderers[name](), feed, entries, table)
        yield f"{table.name}.html", html.feed(config.site, table, feed.title, versions)
    yield "index.html", html.index(config.site, config.feed)


def _document(renderer: Renderer, feed: Feed, entries: list[Entry], table: FeedTable) -> bytes:
    newest = max((time for time in map(updated_of, entries) if time), default=NEVER)
    document = Document(feed=feed, self_link=feed.self_link, updated=newest)
    full = table.content == "full"
    fragments = [renderer.entry(Item(entry=entry), feed, full) for entry in entries]
    return b"".join(
        (renderer.head(document), renderer.BETWEEN.join(fragments), renderer.tail(document))
    )


def _is_told_by(version: Version, table: FeedTable, archive: Archive, now: datetime) -> bool:
    """True where the entry that told the story of `version` first stands in the feed itself, if
    that is long enough."""
    if version.duplicate_of is None:
        return False
    try:
        first = archive.get(version.duplicate_of)
    except DamagedError:
        return False
    if first is None or first.withdrawn is not None or _waits(first, now):
        return False
    if _leads_round(version, first, archive):
        return False
    return not table.sources or first.source in table.sources


def _leads_round(version: Version, first: Version, archive: Archive) -> bool:
    """True where `version` and what it is the double of are doubles of each other, as archives that
    were brought together may have them, and it is the one of them that stands for all."""
    found = [version.key]
    with suppress(DamagedError):
        one: Version | None = first
        while one is not None and one.key not in found and len(found) < _CHAIN:
            found.append(one.key)
            one = archive.get(one.duplicate_of) if one.duplicate_of else None
        return one is not None and one.key == version.key == min(found)
    return False


def _one_per_story(ready: Iterable[Version], limit: int) -> list[Version]:
    """So many stories, the newest; of those that tell the same one, what was archived first."""
    stories: dict[str, Version] = {}
    for version in ready:
        story = version.duplicate_of or version.key
        if story not in stories and len(stories) == limit:
            break
        stories[story] = min(
            version, stories.get(story, version), key=lambda one: (one.first_archived, one.key)
        )
    return sorted(stories.values(), key=_rank, reverse=True)


def _rank(version: Version) -> tuple[datetime, str]:
    """Where an entry stands in a feed, the greatest first."""
    assert version.entry.published is not None, "settled entries have a date"
    return version.entry.published.time, version.key


def _feed(config: Config, table: FeedTable) -> Feed:
    site = config.site
    address = f"{site.base_url}{table.name}"
    return Feed(
        id=f"{address}.atom",
        title=table.title or site.title,
        link=f"{address}.html",
        self_link=f"{address}.atom",
        author=site.author or site.title,
        language=site.language,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(about, dict) or not isinstance(about.get("waiting"), list):
        return {}
    return about
