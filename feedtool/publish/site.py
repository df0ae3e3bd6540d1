"""The published folder: what the archive holds, as files that any web server can serve.

What changed in the archive is taken in (`register`), documents that are full are closed, and what
is owed by then is written: articles first, then lists of them, history, the feeds that lead to it,
and what leads to all. `.feedtool/` in the folder remembers what stands where (`shelf`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedtool import text
from feedtool.archive.protocol import Archive
from feedtool.config import Config
from feedtool.data import Struct, replace
from feedtool.errors import ArchiveError, PublishError
from feedtool.lease import Lease
from feedtool.publish import streams, theme
from feedtool.publish.places import Shelved
from feedtool.publish.renderers import RENDERERS, Renderers
from feedtool.publish.shelf import SHELF, Shelf, trouble
from feedtool.publish.streams import LINE, STATUS, Stream
from feedtool.version import __version__

if TYPE_CHECKING:
    from feedtool.publish.documents import Documents
    from feedtool.publish.html import Pages
    from feedtool.publish.output import Output
    from feedtool.publish.register import Register

_BATCH = 1000  # entries that are taken in together
_WATCHED = 50  # of each feed, whose files a person may have edited
_CLOSED = re.compile(r"\d{4,}\.[a-z]+")
_GROUND = 1  # changes when documents must be made in another way, closed ones too


class Publication(Struct, frozen=True):
    """What a publish did: paths within the folder that were written, how many more were looked at
    and were as they should be, how many articles wait for the time they are dated, and the files
    that were taken away as their entries are gone. `faults` are documents that would have been
    invalid, and stay as they were. `topics` are the addresses of the feeds that have news."""

    written: tuple[str, ...]
    unchanged: int
    waiting: int = 0
    removed: tuple[str, ...] = ()
    faults: tuple[PublishError, ...] = ()
    topics: tuple[str, ...] = ()


def publish(
    config: Config,
    archive: Archive,
    *,
    now: datetime,
    everything: bool = False,
    renderers: Renderers = RENDERERS,
    step: Callable[[str], object] = repr,
) -> Publication:
    """Write the feeds and pages of `config` from `archive`; raises `PublishError`.

    `now` only chooses: what is dated later waits. It stands in no file. `everything`: look at each
    file, not only at those of which something changed; of closed documents, whether they are there.
    `step` is called with the key of each article that is taken in.
    """
    folder = config.publish.path
    site = _Site(config, archive, renderers, now)
    try:
        if not everything and (nothing := site.nothing_new()) is not None:
            return nothing
        with Lease(folder) as lease, Shelf(folder / SHELF, writing=True) as shelf:
            return site.publish(shelf, lease, everything, step)
    except OSError as error:
        reason = f"can't be written: {error.strerror or error}"
        raise PublishError(error.filename or folder, reason) from error
    except ArchiveError as error:
        if error.subject != str(folder / SHELF):
            raise
        raise PublishError(error.subject, trouble(error)) from error


class _Site:
    """One publish."""

    def __init__(
        self, config: Config, archive: Archive, renderers: Renderers, now: datetime
    ) -> None:
        self._config, self._archive = config, archive
        self._renderers, self._now = renderers, now
        self._feeds = [streams.feed(table) for table in config.feed]
        self._ground = f"{_GROUND} {config.site.base_url}"
        sources = [(one.name, one.url if one.remote else "") for one in config.source]
        # Not where its folder is: a site may be moved.
        public = replace(config.publish, path=Path(), theme=None)
        made_of = theme.load(config.site.language, config.publish.theme)
        prints = (made_of.fingerprint, made_of.static_fingerprint)
        look = (config.site, config.feed, public, sources, prints, __version__)
        self._look = text.digest(repr(look))
        # What is another once status.atom is to say something else; asked before that is made.
        self._alarms = f"{archive.state.alarm_mark()} {self._look}" if config.alarms.feed else ""

    def nothing_new(self) -> Publication | None:
        """What a publish says that has nothing to do; None where there is something."""
        path = self._config.publish.path / SHELF
        if not path.is_file():
            return None
        with Shelf(path, writing=False) as shelf:
            if shelf.is_new or shelf.owes() or shelf.faults() or self._is_changed(shelf):
                return None
            cursor = shelf.said("cursor") or ""
            keys, now = self._archive.changes(cursor, 1)
            if keys or now != cursor or shelf.come(int(self._now.timestamp())):
                return None
            if self._archive.altered(self._watched(shelf)) or any(self._missing()):
                return None
            if self._owes_alarms(shelf):
                return None
            return Publication((), 0, shelf.waiting())

    def publish(
        self, shelf: Shelf, lease: Lease, everything: bool, step: Callable[[str], object]
    ) -> Publication:
        """Take in, close, write."""
        # What makes pages is of no use to a publish that has nothing to do.
        from feedtool.publish.documents import Documents
        from feedtool.publish.html import Pages
        from feedtool.publish.output import Output
        from feedtool.publish.register import Register

        table = self._config.publish
        pages = Pages(self._config.site, self._config.feed, table.theme)
        output = Output(table.path, lease, table.compress)
        documents = Documents(self._config, shelf, pages, self._renderers)
        with shelf.deciding():
            self._prepare(shelf, everything)
        if shelf.owed("static"):
            output.write(documents.static().items())
        register = Register(
            self._config, self._archive, shelf, pages, self._renderers,
            now=self._now, turn=_turn(shelf), anew=shelf.said("anew") == "1",
        )  # fmt: skip
        self._take(shelf, register, output, documents, step)
        with shelf.deciding():
            self._close(shelf)
            heard = {topic for topic, _, _ in shelf.pings()}
            self._announce(shelf)
        documents.write(output)
        faults = self._write_alarms(shelf, output, pages, everything)
        with shelf.deciding():
            documents.settle()
            shelf.say("alarms", "?" if faults else self._alarms)
            output.remove(shelf.owed("file"))
            shelf.paid("file", shelf.owed("file"))
            topics = tuple(self._topics(output.written))
            for topic in {one for one, _, _ in shelf.pings()}.difference(heard, topics):
                shelf.drop_ping(topic)  # nothing changed after all
        return Publication(
            tuple(output.written),
            output.unchanged,
            shelf.waiting(),
            tuple(output.removed),
            (*documents.faults, *faults),
            topics,
        )

    def _is_changed(self, shelf: Shelf) -> bool:
        return (shelf.said("look"), shelf.said("ground")) != (self._look, self._ground)

    def _watched(self, shelf: Shelf) -> list[str]:
        return shelf.shown([one.number for one in shelf.feeds()], _WATCHED)

    def _missing(self) -> Iterator[Stream]:
        """Feeds of which somebody removed a file."""
        folder = self._config.publish.path
        for stream in self._feeds:
            paths = [stream.path(form) for form in (*stream.forms, LINE)]
            if not all((folder / path).is_file() for path in paths):
                yield stream

    def _prepare(self, shelf: Shelf, everything: bool) -> None:
        """Compare how things are to be with how they were, and owe what follows from that."""
        is_first = shelf.is_new or shelf.said("ground") != self._ground
        if is_first:
            shelf.forget()
            shelf.owe("file", *self._pages_there())
        if everything or self._is_changed(shelf):
            self._see_to_feeds(shelf)
            shelf.say("ground", self._ground)
            shelf.say("anew", "1" if shelf.said("look") != self._look and not is_first else "0")
            shelf.say("look", self._look)
            shelf.say("cursor", "")
            shelf.owe("static", "static")
            shelf.owe("index", streams.INDEX)
            self._owe_lists(shelf)
        for stream in self._missing():
            shelved = shelf.stream(stream.name)
            if shelved is not None:
                shelf.owe("document", f"{shelved.number}:0")

    def _see_to_feeds(self, shelf: Shelf) -> None:
        """Begin and end feeds as the configuration says."""
        wanted = {stream.name: stream for stream in self._feeds}
        for shelved in shelf.feeds():
            stream = wanted.get(shelved.name)
            if stream is None or stream.rule != shelved.rule:
                shelf.end(shelved.number)
                shelf.owe("file", *self._documents(shelved.name))
        shelf.drop_lost_pieces()
        for stream in self._feeds:
            found = shelf.stream(stream.name)
            if found is None:
                shelf.owe("file", *self._documents(stream.name))
                found = shelf.begin(stream.name, stream.rule)
            extensions = {form.extension for form in stream.forms} | {"html"}
            others = [
                name
                for name in self._documents(stream.name)
                if name.rpartition(".")[2] not in extensions
            ]
            shelf.owe("file", *others)  # of a format that isn't wanted any more
            numbers = range(1, found.closed + 1)
            shelf.owe("document", f"{found.number}:0")
            shelf.owe("missing", *(f"{found.number}:{number}" for number in numbers))

    def _documents(self, name: str) -> list[str]:
        """The files of a feed that are there, and the closed ones."""
        folder = self._config.publish.path
        found = [f"{name}.{one}" for one in ("atom", "rss", "json", "html")]
        closed = folder / name
        if closed.is_dir():
            found += [
                f"{name}/{one.name}" for one in closed.iterdir() if _CLOSED.fullmatch(one.name)
            ]
        return [one for one in found if (folder / one).is_file()]

    def _pages_there(self) -> Iterator[str]:
        """The pages of articles and lists that are there, of whatever is no longer remembered."""
        folder = self._config.publish.path
        for pattern in ("[0-9][0-9][0-9][0-9]/**/*.html", "sources/**/*.html"):
            yield from (path.relative_to(folder).as_posix() for path in folder.glob(pattern))

    def _owe_lists(self, shelf: Shelf) -> None:
        """Owe the pages of all lists, and what leads to them."""
        names = shelf.named("0", ":") + shelf.named("sources/", "sources0")
        for number, shelved in shelf.numbered(list(shelf.numbers(names).values())).items():
            documents = range(shelved.closed + 1)
            shelf.owe("document", *(f"{number}:{document}" for document in documents))
            shelf.owe("index", *streams.above(shelved.name))

    def _take(
        self,
        shelf: Shelf,
        register: Register,
        output: Output,
        documents: Documents,
        step: Callable[[str], object],
    ) -> None:
        """Take in what changed, a batch at a time, and write the pages of each."""
        keys: list[str] = shelf.come(int(self._now.timestamp()))
        keys += [key for key, _, _ in shelf.faults()]
        keys += self._archive.altered(self._watched(shelf))
        cursor = shelf.said("cursor") or ""
        while True:
            found, then = self._archive.changes(cursor, _BATCH)
            with shelf.deciding():
                if cursor.partition(":")[0] != then.partition(":")[0]:  # all are looked at
                    shelf.say("turn", str(_turn(shelf) + 1))
                    shelf.say("sweep", "1")
                    register.turn = _turn(shelf)
                documents.settle()  # of the batch before
                register.take(list(dict.fromkeys((*keys, *found))), step)
                shelf.say("cursor", then)
            documents.write_pages(output, self._archive, register.written)
            register.let_go()
            keys, cursor = [], then
            if len(found) < _BATCH:
                break
        while shelf.said("sweep") == "1":
            with shelf.deciding():
                gone = shelf.before(_turn(shelf), _BATCH)
                register.drop(gone)
                if not gone:
                    shelf.say("sweep", "0")
                    shelf.say("anew", "0")

    def _announce(self, shelf: Shelf) -> None:
        """Note whom a hub is to be told of, before anybody can see it."""
        if self._config.publish.hub is None:
            return
        owed = set(shelf.owed("document"))
        for stream in self._feeds:
            shelved = shelf.stream(stream.name)
            if shelved is not None and f"{shelved.number}:0" in owed:
                for form in stream.forms:
                    topic = self._config.site.base_url + stream.path(form)
                    shelf.add_ping(topic, int(self._now.timestamp()))

    def _close(self, shelf: Shelf) -> None:
        """Close documents that are full."""
        limits = {stream.name: stream.limit for stream in self._feeds}
        owed: dict[int, set[str]] = {}
        looked_through: list[int] = []
        for stream, _, document in (one.partition(":") for one in shelf.owed("document")):
            owed.setdefault(int(stream), set()).add(document)
        known = shelf.numbered(list(owed))
        for number, documents in owed.items():
            shelved = known[number]
            limit = limits.get(shelved.name, streams.LISTED)
            count = shelf.count(number)
            if shelved.is_list and not count and shelf.is_empty(number):
                self._end_list(shelf, shelved)
                continue
            if "0" not in documents:
                continue  # nothing came into it
            if count > limit:
                late = shelved.late
                is_late = late is not None and late < shelf.threshold(number, limit)
                for size in streams.closings(count, limit, late=is_late):
                    self._close_one(shelf, shelved, size)
            if not shelved.is_list and len(shelf.tombstones(number, 0)) > limit:
                self._close_one(shelf, shelved, 0)
            looked_through.append(number)
        shelf.looked_through(looked_through)

    def _end_list(self, shelf: Shelf, shelved: Shelved) -> None:
        stream, numbers = Stream(shelved.name, streams.LISTED), range(shelved.closed + 1)
        shelf.end(shelved.number)
        shelf.owe("file", *(stream.path(LINE, document) for document in numbers))
        shelf.owe("index", *streams.above(shelved.name))
        shelf.paid("document", [f"{shelved.number}:{document}" for document in numbers])

    def _close_one(self, shelf: Shelf, shelved: Shelved, size: int) -> None:
        document = shelf.close(shelved.number, size)
        if not shelved.is_list:
            shelf.close_tombstones(shelved.number, document)
        shelf.owe("document", f"{shelved.number}:{document}")

    def _owes_alarms(self, shelf: Shelf) -> bool:
        """True where status.atom isn't as it is to be."""
        status = self._config.publish.path / STATUS
        return shelf.said("alarms") != self._alarms or status.is_file() != bool(self._alarms)

    def _write_alarms(
        self, shelf: Shelf, output: Output, pages: Pages, everything: bool
    ) -> list[PublishError]:
        """Write status.atom where that may have changed, or have it taken away; return what is
        wrong with it."""
        if not self._alarms:
            output.remove([STATUS])
        if not self._alarms or not (everything or self._owes_alarms(shelf)):
            return []
        from feedtool.publish import alarmfeed  # feedgen

        events = self._archive.state.alarm_events(alarmfeed.MOST)
        made = alarmfeed.document(events, self._config, pages.words, pages.language)
        if wrong := alarmfeed.faults(made):
            reason = f"stays as it was, as it would be invalid: {'; '.join(wrong)}"
            return [PublishError(STATUS, reason)]
        output.write([(STATUS, made)])
        return []

    def _topics(self, written: list[str]) -> Iterator[str]:
        changed = set(written)
        for stream in self._feeds:
            paths = (stream.path(form) for form in stream.forms)
            yield from (self._config.site.base_url + path for path in paths if path in changed)


def _turn(shelf: Shelf) -> int:
    return int(shelf.said("turn") or 0)
