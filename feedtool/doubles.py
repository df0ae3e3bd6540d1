"""Doubles: an entry that comes under a new id, and a story that another source has told already.

The first is the entry that it was, so that a source that changes all its ids doubles nothing. The
second is an entry of its own that says of which it is the double. In doubt, both are kept apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from feedtool.archive import kinship
from feedtool.archive.state import NOTHING, Remembered
from feedtool.desk import Desk
from feedtool.errors import DamagedError
from feedtool.kept import Version
from feedtool.model import Entry, Reading, Source, Validators

_MOST = 8  # entries of one name that are looked at, and ids of one entry that are remembered
_ID = "//id "
_NEAR = timedelta(days=7)  # between two tellings of one story
_SAME = timedelta(days=1)  # between two datings of one entry


class Doubles:
    """What one source's documents have of what is known, in one round."""

    def __init__(
        self,
        source: Source,
        desk: Desk,
        ours: Callable[[Version], bool],
        has_followed: Callable[[str], bool],
    ) -> None:
        """`ours(version)` says whether this source may revise an entry, `has_followed(place)`
        whether a page has been looked at in this round."""
        self._name, self._desk, self._archive = source.name, desk, desk.archive
        self._remote = source.remote
        self._ours, self._has_followed = ours, has_followed
        self._ids: set[str] = set()  # of the entries of the document
        self._shared: set[str] = set()  # addresses that several of them have
        self._is_whole = True
        self._present: set[str] | None = None  # ids of entries of the archive that it has

    def look_at(self, reading: Reading) -> None:
        """The entries that are asked for now are of this reading."""
        self._ids = {entry.id for entry in reading.entries}
        if self._ids and self._remote:  # files are told apart by other names
            self._desk.look_ahead(reading.entries)
            if len(self._ids) > 1:
                places = [(self._name, _beside(identity)) for identity in self._ids]
                self._archive.state.look_ahead(places)
        links = Counter(map(kinship.canonical, (entry.link for entry in reading.entries)))
        self._shared = {link for link, times in links.items() if link and times > 1}
        # What was known before it was read could be any entry: nobody knows which ids it has.
        self._is_whole = not reading.unchanged
        self._present = None

    def own(self, entry: Entry) -> Version | None:
        """The entry of this source that `entry`, whose id nobody knows, was under another id."""
        alias = self._alias(entry.id)
        if alias is not None:
            return self._archive.find(alias)
        if not self._is_whole:
            return None
        for name in self._known(kinship.names(entry, dated=entry.published is not None)):
            for found in self._named(name) if not kinship.is_page(name) else ():
                if self._ours(found) and _is_same(found, entry, name) and not self._is_here(found):
                    if self._desk.waiting(found.entry.id):
                        self._desk.write()
                    self._known_present().add(found.entry.id)
                    return found
        return None

    def remember(self, identity: str, old: Version) -> None:
        """From now on, this id is that of an entry that has another. Of a source that changes its
        ids all the time, only those of its last document are remembered."""
        aliases = filter(_is_alias, self._archive.state.places(self._name, old.entry.id))
        for place in list(aliases)[_MOST - 1 :]:
            if place.removeprefix(_ID) not in self._ids:
                self._desk.remember(self._name, place, NOTHING)
        memory = Remembered("", old.entry.id, Validators())
        self._desk.remember(self._name, _beside(identity), memory)

    def first(self, version: Version) -> str | None:
        """The key of the entry of another source that told the story of `version` first."""
        for name in self._known(kinship.names(version.entry, dated=not version.date_guessed)):
            if kinship.is_page(name):
                link = kinship.canonical(version.entry.link)
                found = [] if link in self._shared else list(self._named(name))
                found = found if _is_ones_own(found, version, self._name) else []
            elif kinship.is_told(name):
                found = [one for one in self._named(name) if _distance(one, version) <= _NEAR]
            else:
                continue
            others = [one for one in found if one.source != self._name and one.withdrawn is None]
            if others:
                return self._end(others[-1])
        return None

    def _end(self, found: Version) -> str | None:
        """The end of a chain of doubles; None where that is this source's own."""
        if found.duplicate_of is None:
            return found.key
        try:
            first = self._archive.get(found.duplicate_of)
        except DamagedError:
            first = None
        return None if first is not None and first.source == self._name else found.duplicate_of

    def _known(self, names: Iterable[str]) -> list[str]:
        """Those of these names that an entry may have."""
        return [name for name in names if not self._desk.is_strange(name)]

    def _named(self, name: str) -> Iterator[Version]:
        """Entries of this name, the last first, and what waits to be written before them."""
        waiting = self._desk.waiting(name)
        if waiting is not None:
            yield waiting
        for found in self._desk.named(name, _MOST):
            if waiting is None or found.key != waiting.key:
                yield found

    def _is_here(self, found: Version) -> bool:
        """True where the document, or another page of this round, has this entry too."""
        if found.entry.id in self._known_present():
            return True
        places = self._archive.state.places(self._name, found.entry.id)
        return any(map(self._has_followed, places))

    def _known_present(self) -> set[str]:
        if self._present is None:
            aliases = map(self._alias, self._ids) if len(self._ids) > 1 else ()
            self._present = self._ids.union(filter(None, aliases))
        return self._present

    def _alias(self, identity: str) -> str | None:
        memory = self._archive.state.recall(self._name, _beside(identity))
        return memory.id if memory else None


def _beside(identity: str) -> str:
    """Where it is remembered which entry an id means; no place is called so."""
    return f"{_ID}{identity}"


def _is_alias(place: str) -> bool:
    return place.startswith(_ID)


def _is_same(found: Version, entry: Entry, name: str) -> bool:
    """True where what shares this name of `entry`, its path and time or its words, is that
    entry."""
    published, before = entry.published, found.entry.published
    if published is not None and published.precision == "day" and not kinship.is_told(name):
        # A path such as /news says little on another host.
        links = {kinship.canonical(one.link) for one in (entry, found.entry)}
        titles = {kinship.folded(one.title) for one in (entry, found.entry)}
        if len(links) > 1 and len(titles) > 1:
            return False
    if published is None or before is None or found.date_guessed:
        return found.date_guessed
    return abs(published.time - before.time) < _SAME


def _is_ones_own(found: list[Version], version: Version, source: str) -> bool:
    """True where an address is that of one story: of those that have it, no two are of one source,
    or all have the title of `version`."""
    sources = [source, *(one.source for one in found)]
    if len(set(sources)) == len(sources):
        return True
    title = kinship.folded(version.entry.title)
    return all(kinship.folded(one.entry.title) == title for one in found)


def _distance(found: Version, version: Version) -> timedelta:
    first, second = found.entry.published, version.entry.published
    assert first is not None and second is not None, "settled entries have a date"  # noqa: PT018
    return abs(first.time - second.time)
