"""Versions of the archive as they are published. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from feedtool import text
from feedtool.config import Config, FeedTable
from feedtool.kept import Version
from feedtool.model import Feed
from feedtool.publish import streams
from feedtool.publish.document import Item, Origin


def page(key: str) -> str:
    """Return the path of an entry's page in the site."""
    return f"{key}.html"


def item(version: Version, config: Config) -> Item:
    """Return an entry as it is published: one that lives here alone links to its page here."""
    path, entry = page(version.key), version.entry
    return Item(
        entry=entry if entry.link else replace(entry, link=config.site.base_url + path),
        page=path,
        origin=origin(version.source, config),
        date_guessed=version.date_guessed,
    )


def origin(name: str, config: Config) -> Origin:
    """Return what a source is called in feeds: its address, else that of its page here."""
    return _called(config).origins.get(name) or _origin(name, None, config)


def sources(config: Config) -> str:
    """Return a digest of what all sources are called."""
    return _called(config).digest


@dataclass(frozen=True, slots=True)
class _Called:
    """What the sources of a configuration are called, by name, and a digest of it."""

    config: Config
    origins: Mapping[str, Origin]
    digest: str


# Of the configuration that was asked about last: it may have ten thousand sources, and is asked
# about for each article, by each publish of a daemon.
_last: list[_Called] = []


def _called(config: Config) -> _Called:
    known = _last[0] if _last else None
    if known is None or known.config is not config:
        urls = ((one.name, one.url if one.remote else None) for one in config.source)
        origins = {name: _origin(name, url, config) for name, url in urls}
        known = _Called(config, origins, text.digest(repr(list(origins.values()))))
        _last[:] = [known]
    return known


def _origin(name: str, url: str | None, config: Config) -> Origin:
    link = text.web_url(text.without_secrets(url)) if url else None
    stream = streams.source(name)
    return Origin(link or config.site.base_url + stream.path(streams.LINE), name, link)


def site(config: Config) -> Feed:
    """Return what stands in for an entry's author and language, whichever feed it is in."""
    table = config.site
    return Feed(
        id=table.base_url,
        title=table.title,
        link=table.base_url,
        self_link=table.base_url,
        author=table.author or table.title,
        language=table.language,
    )


def feed(table: FeedTable, config: Config) -> Feed:
    """Return what a feed says of itself; the address of its own documents is each one's."""
    address = f"{config.site.base_url}{table.name}"
    return replace(
        site(config),
        id=f"{address}.atom",
        title=table.title or config.site.title,
        link=f"{address}.html",
        self_link=f"{address}.{table.formats[0]}",
    )


def waits(version: Version, now: datetime) -> bool:
    """True for what is dated later than `now`."""
    published = version.entry.published
    return published is not None and published.time > now
