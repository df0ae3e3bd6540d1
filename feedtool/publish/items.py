"""Versions of the archive as they are published. Pure."""

from __future__ import annotations

from datetime import datetime

from feedtool import text
from feedtool.config import Config, FeedTable
from feedtool.data import replace
from feedtool.kept import Version
from feedtool.model import Feed
from feedtool.publish import streams
from feedtool.publish.document import Item, Origin


def page(key: str) -> str:
    """Return the path of an entry's page in the site."""
    return f"{key}.html"


class Items:
    """Entries as they are published by this configuration."""

    def __init__(self, config: Config) -> None:
        self._base_url = config.site.base_url
        self._urls = {one.name: one.url for one in config.source if one.remote}
        self._origins: dict[str, Origin] = {}

    def item(self, version: Version) -> Item:
        """Return an entry as it is published: one that lives here alone links to its page here."""
        path, entry = page(version.key), version.entry
        return Item(
            entry=entry if entry.link else replace(entry, link=self._base_url + path),
            page=path,
            origin=self.origin(version.source),
            date_guessed=version.date_guessed,
        )

    def origin(self, name: str) -> Origin:
        """Return what a source is called in feeds: its address, else that of its page here."""
        found = self._origins.get(name)
        if found is None:
            url = self._urls.get(name)
            link = text.web_url(text.without_secrets(url)) if url else None
            own = self._base_url + streams.source(name).path(streams.LINE)
            found = self._origins[name] = Origin(link or own, name, link)
        return found


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
