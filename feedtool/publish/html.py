"""Pages for people: articles, feeds, sources, days, months, years, the index. The only file that
knows markupsafe.

No script, no time of making: same archive, same bytes. Pure but for the templates it loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from feedtool.config import FeedTable, Format, Site
from feedtool.model import Feed
from feedtool.publish import wording
from feedtool.publish.document import Item, Origin, Revision, Turn
from feedtool.publish.frames import Frames, Said, given
from feedtool.publish.telling import NOTHING, Telling, place_of
from feedtool.publish.theme import load
from feedtool.publish.views import (
    Day,
    Form,
    Place,
    Weekday,
    changes,
    crumbs,
    days_of,
    reasons,
)
from feedtool.publish.wording import Moment, Wording

if TYPE_CHECKING:
    from feedtool.publish.rendering import Rendering

ROOT = b"\0"
"""What stands in a list's entries for the way to the site's root: no text can hold it."""
_FRAMED = {
    "article": {"article.html", "base.html"},
    "entry": {"entry.html"},
    "source": {"source.html", "base.html", "entries.html"},
    "day": {"day.html", "base.html", "entries.html"},
}
"""What is made again and again, and of which templates: where all are ours, words are put into
frames."""
_FORMS: Mapping[Format, tuple[str, str]] = {
    "atom": ("Atom", "application/atom+xml"),
    "rss": ("RSS", "application/rss+xml"),
    "json": ("JSON Feed", "application/feed+json"),
}


class Pages:
    """Makes the pages of a site with these feeds; `theme` is a folder of templates that stand in
    for ours (docs/themes.md).

    `fingerprint` is a digest of all that pages are made of but site and feeds, `static_fingerprint`
    one of the files beside them; `language` is the tag of the language that pages speak. Raises
    `PublishError` where a theme can't be read, and, with the first page, where anything in it is
    wrong.
    """

    def __init__(self, site: Site, feeds: Sequence[FeedTable], theme: Path | None = None) -> None:
        self._site, self._feeds = site, tuple(feeds)
        self._theme = load(site.language, theme)
        self.fingerprint = self._theme.fingerprint
        self.static_fingerprint = self._theme.static_fingerprint
        self.language = self._theme.language
        if wording.primary(site.language) == self.language:
            self.language = site.language or self.language
        self._speeches: dict[str | None, Markup] = {}
        self._frames: dict[str, Frames] = {}

    def article(self, item: Item, revisions: Sequence[Revision], source: Origin | None) -> bytes:
        """Return the page of one article: all of it where it lives here alone, else its summary and
        the link to the original."""
        said = self._telling.article(item, revisions, source)
        return self._made("article", item, said, revisions)

    def entry(self, item: Item) -> bytes:
        """Return an article's place in a list; `ROOT` stands in it for the way to the site's root,
        so that it may be joined into any list's page."""
        return self._made("entry", item, self._telling.entry(item, ROOT.decode()))

    def feed(self, feed: Feed, table: FeedTable, entries: Iterable[bytes]) -> bytes:
        """Return the page of a feed, NAME.html: where to subscribe, and its entries."""
        forms = self._forms(table)
        path = f"{table.name}.html"
        joined = _ready(_joined(entries, ""))
        return self._page(
            "feed", path, [table], feed=feed, table=table, forms=forms, entries=joined
        )

    def source(self, origin: Origin, path: str, entries: Iterable[bytes], turn: Turn) -> bytes:
        """Return a page of the articles of a source, newest first."""
        joined, root = _joined(entries, _root(path)), _root(path)
        frames = self._framed("source") if turn.number is None else None
        if frames is not None:
            return frames.fill(self._telling.source(origin, root, joined, turn.older))
        listed = _ready(joined)
        return self._page("source", path, self._feeds[:1], source=origin, entries=listed, turn=turn)

    def day(self, day: date, path: str, entries: Iterable[bytes], turn: Turn) -> bytes:
        """Return a page of the articles of a day, newest first."""
        joined, root = _joined(entries, _root(path)), _root(path)
        frames = self._framed("day") if turn.number is None else None
        if frames is not None:
            return frames.fill(self._telling.day(day, root, joined, turn.older))
        return self._page(
            "day",
            path,
            self._feeds[:1],
            when=Moment(day.isoformat(), self.words.on(day)),
            crumbs=crumbs(self.words, day.year, day.month, day.day),
            entries=_ready(joined),
            turn=turn,
        )

    def month(self, year: int, month: int, days: Sequence[int]) -> bytes:
        """Return the page of a month, a calendar that leads to the days that have articles."""
        found, words = set(days), self.words
        numbered = [
            Day(one, f"{one:02}/index.html", words.on(date(year, month, one)))
            if one in found
            else Day(one)
            for one in days_of(year, month)
        ]
        return self._page(
            "month",
            f"{year:04}/{month:02}/index.html",
            self._feeds[:1],
            year=str(year),
            month=words.in_month(year, month),
            weekdays=list(map(Weekday, words.weekdays, words.short_weekdays)),
            weeks=[numbered[start : start + 7] for start in range(0, len(numbered), 7)],
        )

    def year(self, year: int, months: Sequence[int]) -> bytes:
        """Return the page of a year, which leads to the months that have articles."""
        names = self.words.months
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
            sources=list(map(place_of, sources)),
            years=[Place(f"{one:04}/index.html", str(one)) for one in sorted(years, reverse=True)],
        )

    def files(self) -> Mapping[str, bytes]:
        """Return the static files by their paths in the site, the theme's over ours."""
        return self._theme.static

    @cached_property
    def words(self) -> Wording:
        """The site's own words, in the language of its pages."""
        return wording.parse(self._theme.words, self._theme.words_path)

    @cached_property
    def _telling(self) -> Telling:
        return Telling(self._site, self.words, self._speech)

    @cached_property
    def _rendering(self) -> Rendering:
        from feedtool.publish.rendering import Rendering  # Jinja, which takes long to load

        names = {
            "site": self._site,
            "feeds": self._feeds,
            "words": self.words,
            "language": self.language,
            "rtl": wording.is_right_to_left(self.language),
            "site_speech": self._speech(self._site.language or self.language),
            "rule_speech": self._speech("en"),  # rules have English names in every archive
        }
        return Rendering(self._theme, names)

    def _page(
        self, name: str, path: str, announced: Sequence[FeedTable], **values: object
    ) -> bytes:
        """Return a page; `announced` are the feeds that programs find from it."""
        alternates = self._alternates(announced)
        said = {"root": _root(path), "alternates": alternates, **values}
        return self._rendering.render(name, said)

    def _made(self, name: str, item: Item, said: Said, revisions: Sequence[Revision] = ()) -> bytes:
        """Return what is made for each article."""
        frames = self._framed(name)
        if frames is not None:
            return frames.fill(said)
        told = given(said.parts, said.words, map(_ready, said.ready), NOTHING[name])
        told["alternates"] = self._alternates(self._feeds[:1])
        told |= {"item": item, "entry": item.entry}
        if name == "article":  # with numbers, which a theme may count with
            told["versions"] = changes(self.words, revisions)
            told["evidence"] = reasons(self.words, item.entry)
        return self._rendering.render(name, told)

    def _framed(self, name: str) -> Frames | None:
        """The frames of one of our templates; None where a theme's is to be rendered."""
        frames = self._frames.get(name)
        if frames is None and self._theme.own.isdisjoint(_FRAMED[name]):
            alternates = self._alternates(self._feeds[:1])
            render = partial(self._rendering.renders(name), alternates=alternates)
            frames = self._frames[name] = Frames(render, escape, Markup, NOTHING[name])
        return frames

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
        if wording.spoken(tag) == wording.spoken(self.language):
            return Markup()
        turned = wording.is_right_to_left(tag)
        same = turned == wording.is_right_to_left(self.language)
        direction = "" if same else f' dir="{"rtl" if turned else "ltr"}"'
        return Markup(f' lang="{escape(tag)}"{direction}')  # noqa: S704

    def _alternates(self, announced: Iterable[FeedTable]) -> tuple[Form, ...]:
        """The feeds that programs find."""
        # Rule 18 of readers: the first one is taken, and Atom is what all of them read.
        return tuple(form for table in announced for form in self._forms(table))

    def _forms(self, table: FeedTable) -> list[Form]:
        """The formats of a feed, the one first that most readers know."""
        title = table.title or self._site.title
        return [
            Form(words, media_type, f"{table.name}.{name}", f"{title} ({words})")
            for name, (words, media_type) in _FORMS.items()
            if name in table.formats
        ]


def _root(path: str) -> str:
    return "../" * path.count("/")


def _joined(entries: Iterable[bytes], root: str) -> bytes:
    return b"".join(entries).replace(ROOT, root.encode()).rstrip(b"\n")


def _ready(html: bytes) -> Markup:
    """What is HTML already."""
    return Markup(html.decode("utf-8"))  # noqa: S704
