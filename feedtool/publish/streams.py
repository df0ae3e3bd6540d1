"""What is published as lists that grow: feeds, and pages of sources and days. Pure.

A stream has one open document, to subscribe to, and closed ones behind it. Once a feed's document
is closed it never changes (RFC 5005 § 4.1), so what is revised later is said again in the open one;
a list of pages is for people, and shows each entry once, where it always was.
"""

from __future__ import annotations

from functools import lru_cache

from feedtool import text
from feedtool.config import FeedTable, Format, is_name
from feedtool.data import Struct, replace
from feedtool.kept import Version

LISTED = 100
"""How many entries a full page of a source or day has."""


class Form(Struct, frozen=True):
    """A way in which an entry is written into documents; `number` never changes."""

    number: int
    extension: str
    format: Format | None = None
    full: bool = False


LINE = Form(14, "html")
NEWS = Form(15, "xml")
INDEX = "index.html"
STATUS = "status.atom"
"""The feed of alarms, which is their owner's: nothing leads to it."""
_FORMATS: tuple[Format, ...] = ("atom", "rss", "json")


def form(format: Format, full: bool) -> Form:  # noqa: A002
    """Return the form of entries in feeds of this format."""
    return Form(2 * _FORMATS.index(format) + full, format, format, full)


FORMS = (*(form(one, full) for one in _FORMATS for full in (False, True)), LINE, NEWS)
"""All that there are."""


class Stream(Struct, frozen=True):
    """One of them. `name` is the path of its open document without extension; `table` is None for
    a list of pages. `limit` is how many entries a closed document has, and the open one at least.
    """

    name: str
    limit: int
    table: FeedTable | None = None

    @property
    def forms(self) -> tuple[Form, ...]:
        """How its entries are written, in its closed documents too."""
        if self.table is None:
            return (LINE,)
        return tuple(form(one, self.table.content == "full") for one in self.table.formats)

    @property
    def rule(self) -> str:
        """What tells whether other entries belong into it, or other words of them; "" for lists."""
        if self.table is None:
            return ""
        return repr(replace(self.table, title=None, formats=(), limit=0))

    def path(self, form: Form, document: int = 0) -> str:
        """Where a document lies: 0 is the open one, those that are closed count from 1."""
        behind = f"/{document:04}" if document else ""
        return f"{self.name}{behind}.{form.extension}"


def feed(table: FeedTable) -> Stream:
    """Return the stream of a feed."""
    return Stream(table.name, table.limit, table)


@lru_cache(maxsize=1024)  # asked for with each entry
def source(name: str) -> Stream:
    """Return the stream of a source's pages."""
    return Stream(f"sources/{name if is_name(name) else text.slug(name)}", LISTED)


def day(version: Version) -> Stream:
    """Return the stream of the pages of the day that an entry is filed under."""
    return day_of(version.key.rpartition("/")[0])


@lru_cache(maxsize=1024)
def day_of(day: str) -> Stream:
    """Return the stream of the pages of a day, YYYY/MM/DD."""
    return Stream(f"{day}/index", LISTED)


def above(name: str) -> list[str]:
    """Return the paths of the pages that lead to a list of this name, the nearest first."""
    day = name.removesuffix("/index")
    if day == name:
        return [INDEX]
    year, month, _ = day.split("/")
    return [f"{year}/{month}/index.html", f"{year}/index.html", INDEX]


def closings(entries: int, limit: int, *, late: bool) -> list[int]:
    """Return how many entries go into each of the documents that are closed now, the oldest first,
    where the open one has so many.

    Its newest `limit` stay. `late`: some that are older than these have only now come, and they go
    into history at once; else the open one may grow until a whole document can be closed.
    """
    beyond = max(0, entries - limit)
    full, rest = divmod(beyond, limit)
    return [limit] * full + ([rest] if late and rest else [])
