"""What a source says of the ends of its entries: that a page isn't there any more, or that an entry
was deleted. It is recorded once, and taken back once; the entry stays.

Only the source that brought an entry may say that of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from urllib.parse import urljoin

from feedtool import text
from feedtool.archive.state import Remembered
from feedtool.desk import Desk
from feedtool.errors import DamagedError, FetchError
from feedtool.kept import Change, Version
from feedtool.model import Capture, Source, Validators, handle
from feedtool.settle import returned, vanished

_GONE = 410  # which says it for good (RFC 9110 § 15.5.11)
_NOT_FOUND = 404  # which may be a hiccup
_MOST = 1000  # deleted entries that are looked up for one document


class Fates:
    """What one source says in one round; `changes` are the versions that were made of it."""

    def __init__(self, source: Source, desk: Desk, now: datetime) -> None:
        """Nothing has been said yet."""
        self._name, self._desk, self._now = source.name, desk, now
        self.changes: list[tuple[Change, Version]] = []

    def lost(self, place: str, answer: FetchError) -> bool:
        """Take note that nothing is at this place; True where that must be seen a second time, in
        another round, to be believed of the entry that was there."""
        if answer.status not in (_GONE, _NOT_FOUND):
            return False
        identity = self._id_at(place)
        if identity is None:
            return False
        if answer.status == _NOT_FOUND and not self._is_missed(place):
            self._miss(place, True)
            return True
        self._mark(identity, vanished, gone=False)
        return False

    def found(self, place: str) -> None:
        """Take note that a page is as it was."""
        if self.seen(place):
            identity = self._id_at(place)
            if identity is not None:
                self._mark(identity, returned, gone=True)

    def seen(self, place: str) -> bool:
        """Take note that something is at this place; True where it was missed."""
        missed = self._id_at(place) is not None and self._is_missed(place)
        if missed:
            self._miss(place, False)
        return missed

    def deleted(
        self, identities: Iterable[str], capture: Capture, known: Collection[str]
    ) -> set[str]:
        """Take note that a feed says of these entries that they were deleted; return what to
        remember of that. What is `known` was said in earlier rounds; what is too much for this one
        isn't remembered, so that another one takes note of it."""
        said = {f"-{text.digest(one)[7:23]}": one for one in identities}
        new = [piece for piece in said if piece not in known]
        for piece in new[:_MOST]:
            names = _names(said[piece], capture)
            any(self._mark(one, vanished, gone=False) for one in names)
        return said.keys() - set(new[_MOST:])

    def _mark(self, name: str, how: Callable[..., Version], *, gone: bool) -> bool:
        """Make a next version of an entry of this source that is `gone` or not; False where there
        is none of that name."""
        if self._desk.waiting(name) is not None:
            self._desk.write()
        try:
            old = self._desk.archive.find(name)
        except DamagedError:  # `check` names it
            return True
        if old is None or old.source != self._name:
            return False
        if old.withdrawn is None and (old.gone is not None) == gone:
            version = how(old, now=self._now)
            self.changes.append((Change.REVISED, version))
            self._desk.put(version)
        return True

    def _id_at(self, place: str) -> str | None:
        memory = self._desk.archive.state.recall(self._name, place)
        return memory.id if memory else None

    def _is_missed(self, place: str) -> bool:
        memory = self._desk.archive.state.recall(self._name, _beside(place))
        return memory is not None and bool(memory.pieces)

    def _miss(self, place: str, missed: bool) -> None:
        pieces = frozenset({str(_NOT_FOUND)}) if missed else frozenset[str]()
        memory = Remembered("", None, Validators(), pieces)
        self._desk.remember(self._name, _beside(place), memory)


def _names(identity: str, capture: Capture) -> Iterator[str]:
    """What an entry may be called whose id a feed gives so: just that, as a relative address, or as
    the id that was minted for it."""
    yield identity
    with suppress(ValueError):
        yield urljoin(capture.url, identity)
    place = handle(capture.mint(identity))
    if place is not None:
        yield place


def _beside(place: str) -> str:
    """Where it is remembered that a place was missed; no place is called so."""
    return f"//missed {place}"
