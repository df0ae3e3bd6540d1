"""Making what is owed: pages of articles, documents of feeds, pages of lists, and what leads to
them. Reads the shelf and the archive, and hands each file to the output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from feedtool.archive.protocol import Archive
from feedtool.config import Config
from feedtool.errors import DamagedError, PublishError
from feedtool.files import Data
from feedtool.kept import Version
from feedtool.publish import items, opml, serving, sitemap, streams
from feedtool.publish.document import Document, Revision, Tombstone, Turn
from feedtool.publish.html import Pages
from feedtool.publish.output import Output
from feedtool.publish.places import Shelved
from feedtool.publish.renderers import NEVER, Renderers
from feedtool.publish.shelf import Shelf
from feedtool.publish.streams import LINE, NEWS, Form, Stream

Made = Iterator[tuple[str, Data]]
_NEWS_DAYS = timedelta(days=2)  # that news stay news, as search engines see it
OPML = "feeds.opml"


class Documents:
    """Makes the files of a site. `faults` are those that can't be made as they must be."""

    def __init__(self, config: Config, shelf: Shelf, pages: Pages, renderers: Renderers) -> None:
        self._config, self._shelf, self._pages = config, shelf, pages
        self._renderers, self._items = renderers, items.Items(config)
        self._feeds = {table.name: streams.feed(table) for table in config.feed}
        self._said = {table.name: items.feed(table, config) for table in config.feed}
        self._made: list[str] = []
        self._gone: list[str] = []
        self._names = ""  # of the static files, if they are made
        self._paid: list[tuple[str, str]] = []
        self._held: set[tuple[str, Form]] = set()
        self._newest: tuple[int, int, int] = (0, 0, 0)  # of a document: stream, number and time
        self.faults: list[PublishError] = []

    def static(self) -> dict[str, bytes]:
        """Return the files that no article is in."""
        self._paid.append(("static", "static"))
        made = {**serving.files(self._feeds.values()), **self._pages.files()}
        before = json.loads(self._shelf.said("static") or "[]")
        self._gone += [name for name in before if name not in made]
        self._made += made
        self._names = json.dumps(sorted(made))
        return made

    def write_pages(self, output: Output, archive: Archive, written: Mapping[str, bytes]) -> None:
        """Write the pages of articles that are owed; `written` are those that are made already, by
        key."""
        output.write(self._articles(archive, written))

    def write(self, output: Output) -> None:
        """Write what is owed else: the lists, history, then the feeds that lead to it, whose pages
        lead to lists too, then what leads to them."""
        owed = list(self._owed("document"))
        whole = {one[1:] for one in owed}
        owed += (one for one in self._owed("missing") if one[1:] not in whole)
        feeds = [one for one in owed if not one[1].is_list]
        feeds.sort(key=lambda one: (one[2] == 0, one[1].number, one[2]))
        output.write(self._list(one[1], one[2]) for one in owed if one[1].is_list)
        output.write(made for one in feeds for made in self._feed(output, *one))
        output.write(self._indexes())

    def settle(self) -> None:
        """Note on the shelf what is written."""
        for kind, name in self._paid:
            self._shelf.paid(kind, [name])
        self._shelf.paid("file", self._made)
        self._shelf.owe("file", *self._gone)
        if self._names:
            self._shelf.say("static", self._names)
        for some in (self._paid, self._made, self._gone):
            some.clear()

    def _articles(self, archive: Archive, written: Mapping[str, bytes]) -> Made:
        for key in self._shelf.owed("page"):
            self._paid.append(("page", key))
            if key in written:
                yield items.page(key), written[key]
                continue
            try:
                version = archive.get(key)
                if version is None or version.withdrawn is not None:
                    continue
                revisions = _revisions(version, archive)
            except DamagedError:
                continue  # `feedtool check` names it; it must not stop the others
            item = self._items.item(version)
            yield items.page(key), self._pages.article(item, revisions, item.origin)

    def _owed(self, kind: str) -> Iterator[tuple[str, Shelved, int]]:
        owed = [name.partition(":") for name in self._shelf.owed(kind)]
        known = self._shelf.numbered([int(stream) for stream, _, _ in owed])
        for stream, _, document in owed:
            yield kind, known[int(stream)], int(document)

    def _feed(self, output: Output, kind: str, shelved: Shelved, document: int) -> Made:
        """The documents of a feed in its formats, and its page."""
        stream = self._feeds[shelved.name]
        for form in stream.forms:
            path = stream.path(form, document)
            if kind == "missing" and output.has(path):
                self._made.append(path)  # closed, it stays as it is
                continue
            if (stream.name, form) in self._held:
                continue  # it would lead to a document that isn't there
            try:
                made = self.document(shelved, document, form)
            except PublishError as error:
                self.faults.append(error)
                self._held.add((stream.name, form))
            else:
                self._made.append(path)
                yield made
        if document == 0 and stream.table is not None:
            feed = self._said[stream.name]
            lines = self._shelf.pieces(shelved.number, 0, LINE.number, streams.LISTED)
            yield self._note(stream.path(LINE)), self._pages.feed(feed, stream.table, lines)
        if not any((stream.name, form) in self._held for form in stream.forms):
            name = f"{shelved.number}:{document}"
            self._paid += (("document", name), ("missing", name))

    def document(self, shelved: Shelved, document: int, form: Form) -> tuple[str, list[bytes]]:
        """Return path and bytes, in pieces, of a feed's document in this form; `PublishError` says
        what would make it invalid."""
        stream = self._feeds[shelved.name]
        assert form.format is not None, "a feed has a format"
        path = stream.path(form, document)
        for key, why in self._shelf.failed(shelved.number, document, form.extension):
            raise PublishError(path, f"stays as it was, as {key} would make it invalid: {why}")
        renderer = self._renderers[form.format]()
        made = self._described(stream, shelved, document, form)
        head, tail = renderer.head(made), renderer.tail(made)
        faults = renderer.faults(head + tail)
        if faults:
            reason = f"stays as it was, as it would be invalid: {'; '.join(faults)}"
            raise PublishError(path, reason)
        # An earlier version that was never written in this form is said by what came after it.
        fragments = self._shelf.pieces(shelved.number, document, form.number)
        pieces = [renderer.BETWEEN] * (2 * len(fragments) + 1)
        pieces[0], pieces[1::2] = head, fragments
        pieces[-1:] = [tail] if fragments else [head, tail]
        return path, pieces

    def _described(self, stream: Stream, shelved: Shelved, document: int, form: Form) -> Document:
        """What a document says of itself."""
        base = self._config.site.base_url
        is_atom = form.format == "atom"  # the others have no word for it
        buried = self._shelf.tombstones(shelved.number, document) if is_atom else []
        newest = shelved.updated
        if document:
            times = (when for _, when in buried)
            newest = max(self._newest_of(shelved.number, document), *times, 0)
        previous = document - 1 if document else shelved.closed
        return Document(
            feed=self._said[stream.name],
            self_link=base + stream.path(form, document),
            updated=_time(newest),
            archived=document > 0,
            current=base + stream.path(form) if document else None,
            previous=base + stream.path(form, previous) if previous else None,
            following=base + stream.path(form, document + 1) if document else None,
            complete=not shelved.closed,
            hub=None if document else self._config.publish.hub,
            tombstones=tuple(Tombstone(identity, _time(when)) for identity, when in buried),
        )

    def _newest_of(self, stream: int, document: int) -> int:
        """When the entry of a closed document was updated that was updated last: asked once for
        all its forms."""
        if self._newest[:2] != (stream, document):
            self._newest = stream, document, self._shelf.newest(stream, document)
        return self._newest[2]

    def _list(self, shelved: Shelved, document: int) -> tuple[str, bytes]:
        """A page of the articles of a source or a day."""
        stream = Stream(shelved.name, streams.LISTED)
        lines = self._shelf.pieces(shelved.number, document, LINE.number)
        path, before = stream.path(LINE, document), document - 1 if document else shelved.closed
        turn = Turn(
            document or None,
            stream.path(LINE, before) if before else None,
            stream.path(LINE) if document else None,
        )
        self._paid.append(("document", f"{shelved.number}:{document}"))
        kind, _, name = shelved.name.partition("/")
        if kind == "sources":
            origin = self._items.origin(name)
            return self._note(path), self._pages.source(origin, path, lines, turn)
        year, month, day = shelved.name.removesuffix("/index").split("/")
        of = date(int(year), int(month), int(day))
        return self._note(path), self._pages.day(of, path, lines, turn)

    def _indexes(self) -> Made:
        """What leads to the lists, the nearest first; what leads nowhere any more is removed."""
        owed = sorted(self._shelf.owed("index"), key=lambda path: (-path.count("/"), path))
        for path in owed:
            self._paid.append(("index", path))
            made = self._index(path)
            if made is None:
                self._gone.append(path)
            else:
                yield self._note(path), made
            if path == streams.INDEX:
                yield self._note(OPML), opml.opml(self._config.site.title, self._said.values())

    def _index(self, path: str) -> bytes | None:
        shelf = self._shelf
        if path == sitemap.NAME:
            return sitemap.document(self._news())
        if path == streams.INDEX:
            names = [
                name.partition("/")[2] for name in reversed(shelf.named("sources/", "sources0"))
            ]
            return self._pages.index([self._items.origin(one) for one in names], shelf.years())
        year, month = (*path.split("/"), "")[:2]
        within = path.removesuffix("index.html")
        days = shelf.named(within, within[:-1] + "0")
        parts = sorted({int(name[len(within) :].split("/")[0]) for name in days})
        if not parts:
            return None
        if month == "index.html":
            return self._pages.year(int(year), parts)
        return self._pages.month(int(year), int(month), parts)

    def _news(self) -> list[bytes]:
        """The newest articles as a sitemap of news has them: of the newest day and two before."""
        found: list[bytes] = []
        newest: date | None = None
        for name in self._shelf.named("0", ":", _NEWS_DAYS.days + 1):
            year, month, day = name.removesuffix("/index").split("/")
            of = date(int(year), int(month), int(day))
            newest = newest or of
            if newest - of > _NEWS_DAYS:
                break
            shelved = self._shelf.stream(name)
            assert shelved is not None, "it was named"
            for document in (0, *range(shelved.closed, 0, -1)):
                if len(found) < sitemap.MOST:
                    found += self._shelf.pieces(shelved.number, document, NEWS.number)
        return found[: sitemap.MOST]

    def _note(self, path: str) -> str:
        self._made.append(path)
        return path


def _revisions(version: Version, archive: Archive) -> list[Revision]:
    """The versions of an entry, where there are several."""
    if version.revision == 1:
        return []
    from feedtool import wordiff  # few entries are revised

    versions = [*archive.history(version.key), version]
    found = [Revision(versions[0].revision, versions[0].last_revised)]
    for before, one in pairwise(versions):
        changed = wordiff.changed(one.entry, before.entry)
        found.append(Revision(one.revision, one.last_revised, changed))
    return found


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC) if seconds else NEVER
