"""Recognising files: which entry a file is, when files are renamed, copied, swapped and rewritten.

What a file says goes before what it is called: a text that has moved keeps its id, whoever has its
old name now. Only a text that nobody knows goes by the name of its file.
"""

from __future__ import annotations

from collections.abc import Callable

from feedtool.archive import item
from feedtool.archive.protocol import Archive
from feedtool.archive.state import Remembered
from feedtool.data import replace
from feedtool.errors import DamagedError
from feedtool.fetch import local
from feedtool.kept import Version
from feedtool.model import Capture, Entry, Source, handle


class FilesOf:
    """The files of one source in one round, and where its texts have gone."""

    def __init__(self, source: Source, archive: Archive, ours: Callable[[Version], bool]) -> None:
        """`ours(version)` says whether this source may revise an entry."""
        self._source, self._archive, self._ours = source, archive, ours
        self._moved: dict[str, str] = {}  # ids of texts, and the places where they were found

    def may_wait(self, entry: Entry, capture: Capture) -> bool:
        """True for a known file with an unknown text: which entry it is shows only when all other
        files have been looked at, as its old text may be in one of them."""
        known = not self._source.remote and self._id_at(capture.place) is not None
        try:
            return known and self._archive.find(item.story(entry)) is None
        except DamagedError:  # told when it is settled
            return False

    def recognise(self, entry: Entry, capture: Capture) -> tuple[Entry, Version | None, bool]:
        """Return the entry, with an id of its own if need be; what the archive has of it; and
        whether it is the copy of a file that is there too."""
        place, story = capture.place, item.story(entry)
        known = self._id_at(place)
        told = self._archive.find(story)
        if told is not None and self._ours(told) and told.entry.id != known:
            copied = self._elsewhere(told.entry.id, place)
            if not copied:
                self._moved[told.entry.id] = place
            return entry, told, copied
        for name in (known, entry.id, handle(entry.id)):
            found = self._archive.find(name) if name else None
            if found is None or self._moved.get(found.entry.id, place) != place:
                continue
            if name == known or not self._elsewhere(found.entry.id, place):
                return entry, found, False
        if self._archive.find(entry.id) is not None:  # minted today for what lay here before
            entry = replace(entry, id=capture.mint(f"{place}~{story[-8:]}"))
        return entry, None, False

    def left(self) -> dict[str, Remembered]:
        """What is to be remembered of the places that texts were moved away from: that they no
        longer give them."""
        name, state = self._source.name, self._archive.state
        found: dict[str, Remembered] = {}
        for identity, now in self._moved.items():
            for place in state.places(name, identity):
                memory = state.recall(name, place)
                if place != now and memory is not None:
                    found[place] = replace(memory, id=None)
        return found

    def _id_at(self, place: str) -> str | None:
        memory = self._archive.state.recall(self._source.name, place)
        return memory.id if memory else None

    def _elsewhere(self, identity: str, place: str) -> bool:
        """True where the file that gave this entry is at another place, as it was when it was
        read."""
        if self._moved.get(identity, place) != place:
            return True
        name, state = self._source.name, self._archive.state
        for other in state.places(name, identity):
            memory = state.recall(name, other)
            etag = memory.validators.etag if memory else None
            if other != place and local.is_as(self._source, other, etag):
                return True
        return False
