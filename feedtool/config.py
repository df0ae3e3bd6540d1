"""The configuration: what an owner decides. Its keys are the names of the fields below;
docs/configuration.md explains each, and `settings` reads them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from feedtool.data import Struct
from feedtool.model import Source

_NAME = re.compile(r"[a-z][a-z0-9-]*")
RESERVED_NAMES = frozenset({"index", "sources", "status"})
_LONGEST_NAME = 64  # of a source or feed: it becomes a file's name
Format = Literal["atom", "rss", "json"]
Content = Literal["summary", "full"]
Order = Literal["published", "updated", "archived"]
Compression = Literal["gzip", "zstd"]
Log = Literal["text", "json"]


class Site(Struct, frozen=True, kw_only=True):
    """Whose feeds these are. `base_url` is where the published folder can be reached; `time_zone`
    is that of sources that name none."""

    title: str
    base_url: str
    author: str | None = None
    language: str | None = None
    time_zone: str | None = None
    contact: str | None = None


class ArchiveTable(Struct, frozen=True, kw_only=True):
    """Where the archive is; `review_below`: entries less sure than this are for review (0 to 1).
    `captures` is for sources that don't say (see `Source`)."""

    path: Path = Path("archive")
    review_below: float = 0.6
    captures: bool | None = None


class PublishTable(Struct, frozen=True, kw_only=True):
    """Where feeds and pages are written; `compress`: what is put beside each file; `theme`: a
    folder of templates; `hub`: the WebSub hub told of news, off the internet if so allowed."""

    path: Path = Path("public")
    compress: tuple[Compression, ...] = ()
    theme: Path | None = None
    hub: str | None = None
    hub_allow_private: bool = False


class Http(Struct, frozen=True, kw_only=True):
    """Manners and limits of fetching: `timeout` and `per_host_gap` in seconds, `max_bytes` a
    document (decoded), `workers` requests at once. `every_min` and `every_max` bound the time
    between two rounds of a source that names none; `ca_file` names further authorities (PEM)."""

    timeout: float = 30.0
    max_bytes: int = 10 * 1024 * 1024
    user_agent: str | None = None
    per_host_gap: float = 1.0
    workers: int = 32
    every_min: timedelta = timedelta(hours=1)
    every_max: timedelta = timedelta(hours=24)
    ca_file: Path | None = None


class FeedTable(Struct, frozen=True, kw_only=True):
    """A feed to publish: of which entries (all, where a key is left out; see `publish.rules`), how
    many of them, how much of each, and in what order; `one_per_story`: what several sources tell
    stands in it once."""

    name: str
    title: str | None = None
    formats: tuple[Format, ...] = ("atom", "rss", "json")
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    order: Order = "published"
    limit: int = 50
    content: Content = "summary"
    one_per_story: bool = False


class AlarmsTable(Struct, frozen=True, kw_only=True):
    """Who is told that something is wrong with a source: a `command` (its program and arguments)
    that is started, a `webhook` that is sent a request, off the internet if so allowed; and, with
    `feed`, whoever follows the published status.atom."""

    command: tuple[str, ...] = ()
    webhook: str | None = None
    webhook_allow_private: bool = False
    feed: bool = True


class DaemonTable(Struct, frozen=True, kw_only=True):
    """How the daemon tells of its work: lines of key=value or of JSON, and metrics in a file and at
    a port of this machine."""

    log: Log = "text"
    metrics_file: Path | None = None
    metrics_port: int | None = None


class Config(Struct, frozen=True, kw_only=True):
    """All of it; paths are absolute."""

    site: Site
    archive: ArchiveTable = ArchiveTable()
    publish: PublishTable = PublishTable()
    http: Http = Http()
    alarms: AlarmsTable = AlarmsTable()
    daemon: DaemonTable = DaemonTable()
    feed: tuple[FeedTable, ...] = ()
    source: tuple[Source, ...] = ()

    @property
    def host(self) -> str:
        """The host that ids are minted under."""
        return urlsplit(self.site.base_url).hostname or "localhost"


def is_name(name: str) -> bool:
    """True for what a source or feed may be called."""
    return bool(_NAME.fullmatch(name)) and len(name) <= _LONGEST_NAME


def name_rule(name: str) -> str:
    """Return why `name` is no name, in words."""
    reserved = ", ".join(sorted(RESERVED_NAMES))
    return f"{name!r} is not a-z, 0-9 and - beginning with a letter, or is reserved ({reserved})"
