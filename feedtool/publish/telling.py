"""What templates are told of an article, part by part (`frames`): for its page, and for its place
in lists. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from types import MappingProxyType

from feedtool.config import Site
from feedtool.data import Struct
from feedtool.publish import metadata, streams
from feedtool.publish.content import html_of
from feedtool.publish.document import Item, Origin, Revision
from feedtool.publish.frames import Part, Said
from feedtool.publish.views import (
    Change,
    Crumbs,
    Original,
    Place,
    Reason,
    below_title,
    changes,
    crumbs,
    lead,
    original,
)
from feedtool.publish.wording import Moment, Wording


class _Person(Struct, frozen=True):
    name: str
    uri: str | None = None


class _File(Struct, frozen=True):
    href: str
    title: str | None = None


def _guessed(iso: str, words: str) -> Moment:
    return Moment(iso, words, guessed=True)


def _change(number: int, iso: str, words: str, changed: str) -> Change:
    return Change(number, Moment(iso, words), changed)


_ROOT, _SPEECH = Part("root"), Part("speech", ready=True)
_TITLE, _SUMMARY, _IMAGE = Part("entry.title"), Part("entry.summary"), Part("entry.image")
_AUTHOR = Part("entry.authors", kind=_Person, several=True)
_LINKED_AUTHOR = Part("entry.authors", 2, _Person, several=True)
_CATEGORY = Part("entry.categories", several=True)
_FILE = Part("entry.enclosures", kind=_File, several=True)
_TITLED_FILE = Part("entry.enclosures", 2, _File, several=True)
_RIGHTS = Part("entry.rights")
_WHEN, _GUESSED = Part("when", 2, Moment), Part("when", 2, _guessed)
_SOURCE, _CRUMBS = Part("source", 2, Place), Part("crumbs", 5, Crumbs)
_CANONICAL, _DESCRIPTION = Part("canonical"), Part("description")
_PUBLISHED, _DATA = Part("published_time"), Part("linked_data", ready=True)
_LEAD, _CONTENT = Part("lead"), Part("content", ready=True)
_CAPTION, _ORIGINAL = Part("captions", several=True), Part("original", 2, Original)
_VERSION = Part("versions", 4, _change, several=True)
_REASON = Part("evidence", 4, Reason, several=True)
_ADDRESS, _NAMES = Part("address"), Part("authors")
_SOURCE_TITLE, _SOURCE_LINK = Part("source.title"), Part("source.link")
_ENTRIES, _OLDER = Part("entries", ready=True), Part("turn.older")
_PAGE, _LINE = (_ROOT, _TITLE, _CRUMBS, _CANONICAL, _DATA), (_ROOT, _TITLE, _ADDRESS)

_OPEN = {"entries": "", **dict.fromkeys(("turn.number", "turn.older", "turn.newest"))}
NOTHING: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "article": {
            **dict.fromkeys(("entry.summary", "entry.image", "entry.rights")),
            **dict.fromkeys(("entry.authors", "entry.categories", "entry.enclosures"), ()),
            "speech": "",
            **dict.fromkeys(("when", "source", "description", "published_time")),
            **dict.fromkeys(("lead", "content", "original")),
            **dict.fromkeys(("captions", "versions", "evidence"), ()),
        },
        "entry": {
            "entry.summary": None,
            **dict.fromkeys(("speech", "authors"), ""),
            **dict.fromkeys(("when", "source")),
        },
        "source": {"source.link": None, **_OPEN},
        "day": _OPEN,
    }
)
"""What templates are given of what isn't told, by template and name."""


class Telling:
    """Of a site with these words; `speech` gives the attributes of a text in a language."""

    def __init__(self, site: Site, words: Wording, speech: Callable[[str | None], str]) -> None:
        self._site, self._words, self._speech = site, words, speech
        self._publisher = site.author or site.title
        self._crumbs = lru_cache(256)(partial(_crumbs, words))

    def article(self, item: Item, revisions: Sequence[Revision], source: Origin | None) -> Said:
        """Return what the page of an article says: all of it where it lives here alone, else its
        summary and the link to the original."""
        entry, page = item.entry, item.page or ""
        published = entry.published
        address = self._site.base_url + page
        own = entry.link is None or entry.link == address
        link = entry.link or address
        content = html_of(entry) if own else None
        publisher = self._publisher if own else None
        language = entry.language or self._site.language
        folder = "/".join(page.split("/", 3)[:3])
        words = ["../" * page.count("/"), entry.title, *self._crumbs(folder), link]
        description = metadata.description(item)
        moment = self._moment(item, zone=True)
        iso = None if moment is None or moment.guessed else moment.iso
        data = metadata.linked_data(
            item, address, publisher, language, summary=description, published=iso
        )
        said = Said([*_PAGE], words, [data])
        self._tell_about(said, moment, source, language)
        parts = said.parts
        _tell_maybe(
            said,
            (_SUMMARY, entry.summary),
            (_IMAGE, entry.image),
            (_RIGHTS, entry.rights),
            (_DESCRIPTION, description),
            # Where its document said the time.
            (_PUBLISHED, iso if published and published.precision == "second" else None),
            (_LEAD, lead(entry, content)),
        )
        for person in entry.authors:
            _tell_pair(said, person.name, person.uri, _AUTHOR, _LINKED_AUTHOR)
        for file in entry.enclosures:
            _tell_pair(said, file.href, file.title, _FILE, _TITLED_FILE)
        parts += [_CATEGORY] * len(entry.categories)
        words += entry.categories
        if content:
            parts.append(_CONTENT)
            # Sanitised when it was read or imported; else its owner wrote it into the archive.
            said.ready.append(below_title(content).encode())
        if own:
            parts += [_CAPTION] * len(entry.captions)
            words += entry.captions
        else:
            parts.append(_ORIGINAL)
            words += original(self._words, link)
        for number, when, changed in changes(self._words, revisions):
            parts.append(_VERSION)
            words += (str(number), when.iso, when.words, changed)
        names = self._words.fields
        for one in entry.evidence:
            parts.append(_REASON)
            percent = str(round(one.confidence * 100))
            words += (names.get(one.field, one.field), one.quote, one.rule, percent)
        return said

    def entry(self, item: Item, root: str) -> Said:
        """Return what an article's place in a list says; `root` stands in it for the way to the
        site's root."""
        entry = item.entry
        address = root + item.page if item.page else entry.link or ""
        said = Said([*_LINE], [root, entry.title, address])
        language = entry.language or self._site.language
        self._tell_about(said, self._moment(item, zone=False), item.origin, language)
        names = self._words.comma.join([person.name for person in entry.authors])
        _tell_maybe(said, (_NAMES, names), (_SUMMARY, entry.summary))
        return said

    def source(self, origin: Origin, root: str, entries: bytes, older: str | None) -> Said:
        """Return what the newest page of a source's list says; `older` is the next one's path."""
        said = Said([_ROOT, _SOURCE_TITLE], [root, origin.title])
        _tell_maybe(said, (_SOURCE_LINK, origin.link))
        return _list(said, entries, older)

    def day(self, day: date, root: str, entries: bytes, older: str | None) -> Said:
        """Return what the newest page of a day's list says; `older` is the next one's path."""
        way = crumbs(self._words, day.year, day.month, day.day)
        words = [root, *way, day.isoformat(), self._words.on(day)]
        return _list(Said([_ROOT, _CRUMBS, _WHEN], words), entries, older)

    def _moment(self, item: Item, *, zone: bool) -> Moment | None:
        published = item.entry.published
        if published is None:
            return None
        return self._words.published(published, guessed=item.date_guessed, zone=zone)

    def _tell_about(
        self, said: Said, moment: Moment | None, source: Origin | None, language: str | None
    ) -> None:
        """Tell when it appeared and where, and what language it is in."""
        if moment is not None:
            said.parts.append(_GUESSED if moment.guessed else _WHEN)
            said.words += (moment.iso, moment.words)
        if source is not None:
            said.parts.append(_SOURCE)
            said.words += place_of(source)
        if speech := self._speech(language):
            said.parts.append(_SPEECH)
            said.ready.append(speech.encode())


def _list(said: Said, entries: bytes, older: str | None) -> Said:
    if entries:
        said.parts.append(_ENTRIES)
        said.ready.append(entries)
    _tell_maybe(said, (_OLDER, older))
    return said


def _tell_maybe(said: Said, *told: tuple[Part, str | None]) -> None:
    for part, words in told:
        if words:
            said.parts.append(part)
            said.words.append(words)


def _tell_pair(said: Said, one: str, other: str | None, alone: Part, both: Part) -> None:
    said.parts.append(both if other else alone)
    said.words += (one, other) if other else (one,)


@lru_cache(256)  # sources are fewer than entries
def place_of(source: Origin) -> Place:
    """Return where a source's page is."""
    return Place(streams.source(source.title).path(streams.LINE), source.title)


def _crumbs(words: Wording, folder: str) -> Crumbs:
    return crumbs(words, *map(int, folder.split("/")))
