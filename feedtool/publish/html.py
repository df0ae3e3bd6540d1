"""Pages for people: articles, feeds, sources, days, months, years, the index. The only file that
knows Jinja.

No script, no time of making: same archive, same bytes. Pure but for the templates it loads.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from feedtool.config import FeedTable, Format, Site
from feedtool.errors import PublishError
from feedtool.model import Entry, Feed
from feedtool.publish import metadata, theme, wording
from feedtool.publish.content import html_of
from feedtool.publish.document import Item, Origin, Revision, Turn
from feedtool.publish.wording import Moment, Wording

if TYPE_CHECKING:
    from jinja2 import Environment, Template

ROOT = b"\0"
"""What stands in a list's entries for the way to the site's root: no text can hold it."""
_FORMS: Mapping[Format, tuple[str, str]] = {
    "atom": ("Atom", "application/atom+xml"),
    "rss": ("RSS", "application/rss+xml"),
    "json": ("JSON Feed", "application/feed+json"),
}
_HEADING = re.compile(r"<(/?)h([1-6])\b")
_PAGES = ("article", "entry", "feed", "source", "day", "month", "year", "index")


class Form(NamedTuple):
    """A feed in one of its formats."""

    name: str
    media_type: str
    path: str
    title: str


class Place(NamedTuple):
    """A page that another one leads to; `path` is relative to the site's root or to the page."""

    path: str
    title: str


class Crumbs(NamedTuple):
    """The year, month and day that a page is of, in words."""

    year: str
    month: str
    day: str
    year_path: str
    month_path: str


class Original(NamedTuple):
    """Where an article was published first."""

    address: str
    words: str


class Change(NamedTuple):
    """A version of an article: its number, since when, and what changed in words."""

    number: int
    when: Moment
    changed: str


class Reason(NamedTuple):
    """Why a field has its value."""

    field: str
    quote: str
    rule: str
    percent: int


class Day(NamedTuple):
    """A day in a month's table: its number (0 outside the month) and, where it has articles, its
    page and what it is in words."""

    number: int
    path: str = ""
    words: str = ""


class Weekday(NamedTuple):
    """A day of the week: its name, and that cut short."""

    name: str
    short: str


class Pages:
    """Makes the pages of a site with these feeds, in the look of `folder`, a theme, if one is given.

    Raises `PublishError` where the theme can't be read or one of its templates is wrong.
    """

    def __init__(self, site: Site, feeds: Sequence[FeedTable], folder: Path | None = None) -> None:
        self._site, self._feeds = site, tuple(feeds)
        self._theme = theme.load(site.language, folder)
        self.fingerprint = self._theme.fingerprint
        self.static_fingerprint = self._theme.static_fingerprint
        self._language = self._theme.language
        if wording.primary(site.language) == self._language:
            self._language = site.language or self._language
        self._speeches: dict[str | None, Markup] = {}
        self._publisher = site.author or site.title
        for name in self._theme.own:
            self._template(name)  # what is wrong in a theme is told before anything is written

    def article(self, item: Item, revisions: Sequence[Revision], source: Origin | None) -> bytes:
        """Return the page of one article: all of it where it lives here alone, else its summary and
        the link to the original."""
        entry, page = item.entry, item.page or ""
        address = self._site.base_url + page
        own = entry.link is None or entry.link == address
        content = html_of(entry) if own else None
        language = entry.language or self._site.language
        publisher = self._publisher if own else None
        return self._page(
            "article",
            page,
            self._feeds[:1],
            item=item,
            entry=entry,
            speech=self._speech(language),
            when=self._when(item, zone=True),
            source=_source(source),
            crumbs=self._crumbs(*(int(part) for part in page.split("/")[:3])),
            canonical=entry.link or address,
            description=metadata.description(item),
            published_time=metadata.published_time(item),
            linked_data=_ready(metadata.linked_data(item, address, publisher, language)),
            lead=_lead(entry, content),
            # Sanitised when it was read: it comes from nowhere but a reader of ours.
            content=_ready(_below_title(content)) if content else None,
            captions=entry.captions if own else (),
            original=None if own else self._original(entry.link or address),
            versions=self._changes(revisions),
            evidence=self._reasons(entry),
        )

    def entry(self, item: Item) -> bytes:
        """Return an article's place in a list; `ROOT` stands in it for the way to the site's root,
        so that it may be joined into any list's page."""
        entry = item.entry
        root = ROOT.decode()
        return self._render(
            "entry",
            root=root,
            item=item,
            entry=entry,
            address=root + item.page if item.page else entry.link,
            authors=self._words.comma.join(person.name for person in entry.authors),
            speech=self._speech(entry.language or self._site.language),
            when=self._when(item, zone=False),
            source=_source(item.origin),
        )

    def feed(self, feed: Feed, table: FeedTable, entries: Iterable[bytes]) -> bytes:
        """Return the page of a feed, NAME.html: where to subscribe, and its entries."""
        forms = self._forms(table)
        path = f"{table.name}.html"
        joined = _joined(entries, "")
        return self._page(
            "feed", path, [table], feed=feed, table=table, forms=forms, entries=joined
        )

    def source(self, origin: Origin, path: str, entries: Iterable[bytes], turn: Turn) -> bytes:
        """Return a page of the articles of a source, newest first."""
        joined = _joined(entries, _root(path))
        return self._page("source", path, self._feeds[:1], source=origin, entries=joined, turn=turn)

    def day(self, day: date, path: str, entries: Iterable[bytes], turn: Turn) -> bytes:
        """Return a page of the articles of a day, newest first."""
        return self._page(
            "day",
            path,
            self._feeds[:1],
            when=Moment(day.isoformat(), self._words.on(day)),
            crumbs=self._crumbs(day.year, day.month, day.day),
            entries=_joined(entries, _root(path)),
            turn=turn,
        )

    def month(self, year: int, month: int, days: Sequence[int]) -> bytes:
        """Return the page of a month, a calendar that leads to the days that have articles."""
        found, words = set(days), self._words
        weeks = [
            [
                Day(day, f"{day:02}/index.html", words.on(date(year, month, day)))
                if day in found
                else Day(day)
                for day in week
            ]
            for week in calendar.Calendar().monthdayscalendar(year, month)
        ]
        return self._page(
            "month",
            f"{year:04}/{month:02}/index.html",
            self._feeds[:1],
            year=str(year),
            month=words.in_month(year, month),
            weekdays=list(map(Weekday, words.weekdays, words.short_weekdays)),
            weeks=weeks,
        )

    def year(self, year: int, months: Sequence[int]) -> bytes:
        """Return the page of a year, which leads to the months that have articles."""
        names = self._words.months
        return self._page(
            "year",
            f"{year:04}/index.html",
            self._feeds[:1],
            year=str(year),
            months=[Place(f"{one:02}/index.html", names[one - 1]) for one in sorted(months)],
        )

    def index(self, sources: Sequence[Origin], years: Sequence[int]) -> bytes:
        """Return the first page: the feeds, sources and years there are, the newest year first."""
        return self._page(
            "index",
            "index.html",
            self._feeds,
            forms=self._forms,
            sources=[_source(one) for one in sources],
            years=[Place(f"{one:04}/index.html", str(one)) for one in sorted(years, reverse=True)],
        )

    def files(self) -> Mapping[str, bytes]:
        """Return the static files by their paths in the site, the theme's over ours."""
        return self._theme.static

    @cached_property
    def _words(self) -> Wording:
        return wording.parse(self._theme.words, self._theme.words_path)

    @cached_property
    def _environment(self) -> Environment:
        import jinja2

        def load(name: str) -> tuple[str, str, None] | None:
            data = self._theme.templates.get(name)
            return None if data is None else (data.decode("utf-8"), self._path(name), None)

        environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(load),  # type: ignore[arg-type]  # None: never reloaded
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        environment.globals = {
            "site": self._site,
            "feeds": self._feeds,
            "words": self._words,
            "language": self._language,
            "rtl": wording.is_right_to_left(self._language),
            "site_speech": self._speech(self._site.language) if self._site.language else "",
        }
        return environment

    def _path(self, name: str) -> str:
        """Where a template lies: the theme's below its folder."""
        folder = self._theme.folder
        return str(folder / name) if folder and name in self._theme.own else name

    def _template(self, name: str) -> Template:
        try:
            return self._environment.get_template(name)
        except Exception as error:  # noqa: BLE001 - what a theme can do wrong has no end
            raise self._fault(error) or error from None

    def _page(
        self, name: str, path: str, announced: Sequence[FeedTable], **values: object
    ) -> bytes:
        """Return a page; `announced` are the feeds that programs find from it."""
        # Rule 18 of readers: the first one is taken, and Atom is what all of them read.
        alternates = [form for table in announced for form in self._forms(table)]
        return self._render(name, root=_root(path), alternates=alternates, **values)

    def _render(self, name: str, **values: object) -> bytes:
        template = self._template(f"{name}.html")
        try:
            return template.render(values).encode("utf-8")
        except Exception as error:
            fault = self._fault(error)
            if fault is None:
                raise
            raise fault from error

    def _fault(self, error: Exception) -> PublishError | None:
        """What is wrong with the theme, and where; None where it isn't the theme."""
        import jinja2

        paths = {self._path(name): name for name in self._theme.own}
        reason = str(error) or type(error).__name__
        if isinstance(error, jinja2.TemplateNotFound):  # its message is nothing but the name
            reason = f"there is no template {error.name}"
        if isinstance(error, jinja2.TemplateSyntaxError) and error.filename in paths:
            return PublishError(error.filename, f"line {error.lineno}: {error.message}")
        found, step = None, error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename in paths:
                found = step
            step = step.tb_next
        if found is None:
            return None
        path = found.tb_frame.f_code.co_filename
        return PublishError(path, f"line {found.tb_lineno}: {reason}")

    def _speech(self, tag: str | None) -> Markup:
        """The attributes that say what language a text is in, and which way it runs, where that
        isn't the page's."""
        known = self._speeches.get(tag)
        if known is None:
            known = self._speeches[tag] = self._attributes(tag)
        return known

    def _attributes(self, tag: str | None) -> Markup:
        if tag is None:
            return Markup(' dir="auto"')
        if tag.lower() == self._language.lower():
            return Markup()
        turned = wording.is_right_to_left(tag)
        same = turned == wording.is_right_to_left(self._language)
        direction = "" if same else f' dir="{"rtl" if turned else "ltr"}"'
        return Markup(f' lang="{escape(tag)}"{direction}')  # noqa: S704

    def _when(self, item: Item, *, zone: bool) -> Moment | None:
        published = item.entry.published
        if published is None:
            return None
        return self._words.published(published, guessed=item.date_guessed, zone=zone)

    def _crumbs(self, year: int, month: int, day: int) -> Crumbs:
        name = self._words.months[month - 1]
        folder = f"{year:04}"
        month_path = f"{folder}/{month:02}/index.html"
        return Crumbs(str(year), name, str(day), f"{folder}/index.html", month_path)

    def _original(self, link: str) -> Original:
        host = (urlsplit(link).hostname or link).removeprefix("www.")
        return Original(link, self._words.original.format(host=host))

    def _changes(self, revisions: Sequence[Revision]) -> list[Change]:
        """The versions, where there is more than one."""
        words = self._words
        found = []
        for one in revisions if len(revisions) > 1 else ():
            names = words.comma.join(words.fields.get(name, name) for name in one.changed)
            changed = names or (words.first_version if one.number == 1 else words.markup_only)
            found.append(Change(one.number, words.at(one.when), changed))
        return found

    def _reasons(self, entry: Entry) -> list[Reason]:
        names = self._words.fields
        return [
            Reason(
                names.get(one.field, one.field), one.quote, one.rule, round(one.confidence * 100)
            )
            for one in entry.evidence
        ]

    def _forms(self, table: FeedTable) -> list[Form]:
        """The formats of a feed, the one first that most readers know."""
        title = table.title or self._site.title
        return [
            Form(*_FORMS[name], f"{table.name}.{name}", f"{title} ({_FORMS[name][0]})")
            for name in get_args(Format)
            if name in table.formats
        ]


def _root(path: str) -> str:
    return "../" * path.count("/")


def _ready(html: str) -> Markup:
    """What is HTML already."""
    return Markup(html)  # noqa: S704


def _joined(entries: Iterable[bytes], root: str) -> Markup:
    return _ready(b"".join(entries).replace(ROOT, root.encode()).decode("utf-8").rstrip("\n"))


def _source(origin: Origin | None) -> Place | None:
    return None if origin is None else Place(f"sources/{origin.title}.html", origin.title)


def _lead(entry: Entry, content: str | None) -> str | None:
    """The summary, where the text below doesn't begin with it or can't be searched for it."""
    if content is None:
        return entry.summary
    summary, body = entry.summary or "", entry.content_text
    if not body or summary[:80].rstrip("…") in " ".join(body.split()):
        return None
    return summary


def _below_title(content: str) -> str:
    """Content whose headings begin below the page's and leave no level out, so that a page can be
    gone through by its headings."""
    if "<h" not in content:
        return content
    level = {"1": 1}
    last = 1

    def lowered(found: re.Match[str]) -> str:
        nonlocal last
        closing, written = found.groups()
        if not closing:
            level[written] = last = max(2, min(int(written), last + 1))
        return f"<{closing}h{level.get(written, 2)}"

    return _HEADING.sub(lowered, content)
