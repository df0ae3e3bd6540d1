"""Taking in what changed in the archive: which documents an entry stands in by now, and how it is
written there. Writes nothing but the shelf; what is to be written into files is owed there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from itertools import chain

from feedtool.archive.protocol import Archive
from feedtool.config import Config
from feedtool.data import Struct, field, replace
from feedtool.errors import DamagedError
from feedtool.kept import Version
from feedtool.publish import items, rules, sitemap, streams
from feedtool.publish.document import Item
from feedtool.publish.html import Pages
from feedtool.publish.places import NO_RULE, Known, Place
from feedtool.publish.renderers import Renderers
from feedtool.publish.rules import Rule
from feedtool.publish.shelf import Shelf
from feedtool.publish.streams import LINE, NEWS, Form, Stream

_CHAIN = 8  # doubles of doubles that are looked at
_TELLERS = 50  # of one story
_BYTES = 6 * 1024 * 1024  # of pages that are kept until they are written
_TOGETHER = 50  # entries that are read and written in turn


class _Made(Struct):
    """An entry as it is published, the feeds that it belongs into, whether this is its first
    version, and how it is written, by form: in feeds (None: it would make them invalid; `faults`
    say why, by extension) and in pages."""

    item: Item
    feeds: list[Stream]
    is_first: bool
    feed_forms: dict[int, bytes | None] = field(default_factory=dict)
    page_forms: dict[int, bytes] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def pieces(self) -> dict[int, bytes]:
        """How it is written, by form, in all that it can be written in."""
        in_feeds = {form: one for form, one in self.feed_forms.items() if one is not None}
        return in_feeds | self.page_forms


class Register:
    """Takes in entries by key. `turn` numbers the publish; `anew`: nothing but the look of things
    changed, so that an entry that is written in another way isn't revised."""

    def __init__(
        self,
        config: Config,
        archive: Archive,
        shelf: Shelf,
        pages: Pages,
        renderers: Renderers,
        *,
        now: datetime,
        turn: int,
        anew: bool,
    ) -> None:
        self._config, self._archive, self._shelf, self._pages = config, archive, shelf, pages
        self._now, self.turn, self._anew = now, turn, anew
        self._site, self._items = items.site(config), items.Items(config)
        self._renderer = cache(lambda name: renderers[name]())
        self._feeds: list[tuple[Stream, Rule]] = [
            (streams.feed(table), rules.rule(table)) for table in config.feed
        ]
        self._forms = {stream.name: stream.forms for stream, _ in self._feeds}
        self._tables = [one for one in self._feeds if one[0].table and one[0].table.one_per_story]
        self._numbers = {one.name: one.number for one in shelf.feeds()}  # of streams
        self._of_feeds = frozenset(self._numbers.values())
        self.written: dict[str, bytes] = {}  # pages of what was taken in, by key; of some it wasn't
        self._bytes = 0  # of these

    def let_go(self) -> None:
        """Keep no longer how what was taken in is written."""
        self.written.clear()
        self._bytes = 0

    def _begin_lists(self, versions: Iterable[Version]) -> None:
        """See to it that the lists of these are known: all are asked for at once."""
        names = {stream.name for one in versions for stream in _lists(one)} - self._numbers.keys()
        self._numbers |= self._shelf.numbers(sorted(names))
        for name in sorted(names - self._numbers.keys()):
            self._numbers[name] = self._shelf.begin(name, NO_RULE).number
            self._shelf.owe("index", *streams.above(name))

    def take(self, keys: Sequence[str], step: Callable[[str], object]) -> None:
        """Take in the entries with these keys, as the archive has them now; `step` is called with
        each of them."""
        known = self._shelf.entries(keys)
        for begin in range(0, len(keys), _TOGETHER):
            some = keys[begin : begin + _TOGETHER]
            versions = self._versions(some)
            shown = [one for one in versions.values() if one and self._is_shown(one)]
            made = self._made(shown)
            self._begin_lists(shown)
            for key in some:
                if key in versions:
                    self._take(key, versions[key], known.get(key), made.get(key))
                step(key)
            if made:
                self._shelf.owe("page", *made)
                self._shelf.paid("file", map(items.page, made))

    def _versions(self, keys: Iterable[str]) -> dict[str, Version | None]:
        """These as they are in the archive. What is damaged is left out: `feedtool check` names it;
        it must not stop the others."""
        found: dict[str, Version | None] = {}
        for key in keys:
            with suppress(DamagedError):
                found[key] = self._archive.get(key)
        return found

    def _is_shown(self, version: Version) -> bool:
        return version.withdrawn is None and not items.waits(version, self._now)

    def _made(self, versions: Iterable[Version]) -> dict[str, _Made]:
        """How these are written, by key. Each form is made of all of them in turn: a processor does
        the same many times faster than as much of different things."""
        made: dict[str, _Made] = {}
        for one in versions:
            feeds = [stream for stream, rule in self._feeds if rule(one)]
            made[one.key] = _Made(self._items.item(one), feeds, one.revision == 1)
        for form in dict.fromkeys(chain(*self._forms.values())):
            names = {name for name, forms in self._forms.items() if form in forms}
            for some in made.values():
                if not names.isdisjoint([stream.name for stream in some.feeds]):
                    some.feed_forms[form.number] = self._fragment(form, some.item, some.faults)
        for some in made.values():
            some.page_forms[LINE.number] = self._pages.entry(some.item)
        for some in made.values():
            some.page_forms[NEWS.number] = sitemap.entry(some.item, self._config.site)
        for key, some in made.items():
            if some.is_first and self._bytes < _BYTES:  # else its page shows how it was before
                page = self.written[key] = self._pages.article(some.item, (), some.item.origin)
                self._bytes += len(page)
        return made

    def _take(
        self, key: str, version: Version | None, known: Known | None, made: _Made | None
    ) -> None:
        self._shelf.served(key)
        if made is not None:
            assert version is not None, "it was made of it"
            self._publish(version, known, made)
        elif version is None or version.withdrawn is not None:
            if known is not None:
                self._withdraw(known, version)
            self._shelf.owe("file", items.page(key))  # also of another memory
        else:
            assert version.entry.published is not None, "what waits has a date"
            self._shelf.wait(key, int(version.entry.published.time.timestamp()))

    def _publish(self, version: Version, known: Known | None, made: _Made) -> None:
        shelf = self._shelf
        for extension, reason in made.faults.items():
            shelf.fail(version.key, extension, reason)
        number, looks_other = self._written(version, known, made)
        places = shelf.places(version.key) if known else []
        story = self._story(version)
        archived = int(version.first_archived.timestamp())
        now_known = Known(version.key, version.entry.id, version.revision, number, story, archived)
        shelf.keep(now_known, self.turn)
        self._list(version, number, looks_other, places)
        for stream, _ in self._feeds:
            if stream.table is not None and not stream.table.one_per_story:
                self._place(stream, version, number, places, wanted=stream in made.feeds)
        if self._tables:
            for told in dict.fromkeys((story, known.story if known else story)):
                self._tell(told, {version.key: version})
        if known is not None and number != known.version:
            self._forget_version(known)
        if known is None or looks_other:
            shelf.owe("index", sitemap.NAME)

    def _written(self, version: Version, known: Known | None, made: _Made) -> tuple[int, bool]:
        """Keep how an entry is written; return the number of that, another one if feeds are to say
        it again, and whether it looks otherwise in pages."""
        shelf = self._shelf
        number = known.version if known else shelf.new_version()
        if known is None:
            shelf.set_pieces(number, made.pieces())
            return number, False
        before = shelf.written(number)
        is_other, looks_other = (
            any(before.get(form, one) != one for form, one in some.items())
            for some in (made.feed_forms, made.page_forms)
        )
        again = known.revision == version.revision and self._anew
        if is_other and not again:
            number = shelf.new_version()
            before = {}
        pieces = made.pieces().items()
        shelf.set_pieces(number, {form: one for form, one in pieces if before.get(form) != one})
        if is_other and again:
            for place in shelf.places(version.key):
                if place.document == 0:
                    self._owe(place.stream, 0)
        return number, looks_other

    def _fragment(self, form: Form, item: Item, faults: dict[str, str]) -> bytes | None:
        """An entry in a feed's form; None where that would make the feed invalid, which is told
        among `faults`, by extension."""
        assert form.format is not None, "a feed has a format"
        renderer = self._renderer(form.format)
        made = renderer.entry(item, self._site, form.full)
        if wrong := renderer.entry_faults(made):
            faults[form.extension] = "; ".join(wrong)
            return None
        return made

    def _list(
        self, version: Version, number: int, looks_other: bool, places: Iterable[Place]
    ) -> None:
        """Put an entry into the lists of its source and its day, where it stays; and out of that of
        the source that it was from. `places` are those where it stood."""
        shelf = self._shelf
        updated = _seconds(version.entry.updated)
        missing = {self._numbers[stream.name] for stream in _lists(version)}
        for place in places:
            if place.stream in missing:
                missing.remove(place.stream)
                if place.version != number or looks_other:
                    shelf.put(replace(place, version=number, updated=updated))
                    self._owe(place.stream, place.document)
            elif place.stream not in self._of_feeds:
                shelf.take_out(place)
                self._owe(place.stream, place.document)
            elif place.document == 0 and looks_other:  # a feed's page
                self._owe(place.stream, 0)
        rank = rules.rank(version, "published")
        shelf.put(*(Place(one, 0, rank, version.key, number, updated) for one in missing))
        for number_of_stream in missing:
            self._owe(number_of_stream, 0)

    def _place(
        self,
        stream: Stream,
        version: Version,
        number: int,
        places: Iterable[Place],
        *,
        wanted: bool,
    ) -> None:
        """Put an entry into a feed, say there that it was revised, or take it out of its open
        document. `places` are those where it stood, the newest of each stream first."""
        assert stream.table is not None, "a feed has its table"
        shelf, shelved = self._shelf, self._numbers[stream.name]
        places = [one for one in places if one.stream == shelved]
        is_told = bool(places) and places[0].version == number
        if places and places[0].document == 0 and not (wanted and is_told):
            shelf.take_out(places[0])
            self._owe(shelved, 0)
        if is_told or not wanted:
            return
        rank = rules.rank(version, stream.table.order)
        updated = _seconds(version.entry.updated)
        shelf.put(Place(shelved, 0, rank, version.key, number, updated))
        self._owe(shelved, 0)
        for document in shelf.unbury(shelved, version.entry.id):
            if "atom" in stream.table.formats:  # which alone told of it
                self._owe(shelved, document)
        if not places:
            shelf.arrive(shelved, rank)

    def _withdraw(self, known: Known, version: Version | None) -> None:
        """Take an entry out of every document, and say so to those who have it."""
        shelf = self._shelf
        places = shelf.places(known.key)
        for place in places:
            shelf.take_out(place)
            self._owe(place.stream, place.document)
            if place.stream in self._of_feeds:
                gone = version.withdrawn.when if version and version.withdrawn else None
                shelf.bury(place.stream, known.id, _seconds(gone) or place.updated)
                self._owe(place.stream, 0)
        for number in {known.version, *(place.version for place in places)}:
            shelf.drop_pieces(number)
        shelf.drop(known.key)
        shelf.owe("file", items.page(known.key))
        shelf.owe("index", sitemap.NAME)
        shelf.paid("page", [known.key])
        self._tell(known.story, {})

    def drop(self, keys: Sequence[str]) -> None:
        """The archive's index doesn't know these keys any more; a file may be there and damaged,
        which takes nothing away."""
        for key, known in self._shelf.entries(keys).items():
            try:
                is_gone = self._archive.get(key) is None
            except DamagedError:
                is_gone = False
            if is_gone:
                self._withdraw(known, None)
            else:
                self._shelf.keep(known, self.turn)

    def _tell(self, story: str, at_hand: Mapping[str, Version]) -> None:
        """See to it that of those who tell a story, the one that was archived first stands in the
        feeds that want one."""
        if not self._tables:
            return
        tellers: list[tuple[Known, Version]] = []
        for known in self._shelf.tellers(story, _TELLERS):
            version = at_hand.get(known.key) or self._current(known.key)
            if version is not None:
                tellers.append((known, version))
        for stream, rule in self._tables:
            fitting = [known.key for known, version in tellers if rule(version)]
            for known, version in tellers:
                places = self._shelf.places(known.key)
                wanted = known.key in fitting[:1]
                if wanted:
                    self._complete(stream, known, version)
                self._place(stream, version, known.version, places, wanted=wanted)

    def _complete(self, stream: Stream, known: Known, version: Version) -> None:
        """Write an entry in the forms of a feed that it wasn't in before."""
        before = self._shelf.written(known.version)
        faults: dict[str, str] = {}
        for form in stream.forms:
            if form.number not in before:
                made = self._fragment(form, self._items.item(version), faults)
                if made is not None:
                    self._shelf.set_pieces(known.version, {form.number: made})
        for extension, reason in faults.items():
            self._shelf.fail(known.key, extension, reason)

    def _current(self, key: str) -> Version | None:
        try:
            version = self._archive.get(key)
        except DamagedError:
            return None
        return None if version is None or version.withdrawn is not None else version

    def _story(self, version: Version) -> str:
        """The key of the entry that an entry leads to as its double, of all that do; where doubles
        lead round in a circle, as in archives that were brought together, the least of them."""
        if not version.duplicate_of:
            return version.key
        chain = [version.key]
        one: Version | None = version
        while one is not None and one.duplicate_of and len(chain) < _CHAIN:
            if one.duplicate_of in chain:
                return min(chain[chain.index(one.duplicate_of) :])
            chain.append(one.duplicate_of)
            try:
                one = self._archive.get(one.duplicate_of)
            except DamagedError:
                one = None
        return chain[-1]

    def _forget_version(self, known: Known) -> None:
        """Keep an earlier version only as long as a closed document has it."""
        if all(place.version != known.version for place in self._shelf.places(known.key)):
            self._shelf.drop_pieces(known.version)

    def _owe(self, stream: int, document: int) -> None:
        self._shelf.owe("document", f"{stream}:{document}")


def _lists(version: Version) -> tuple[Stream, Stream]:
    """The lists of pages that an entry stands in."""
    return streams.source(version.source), streams.day(version)


def _seconds(when: datetime | None) -> int:
    return int(when.timestamp()) if when else 0
