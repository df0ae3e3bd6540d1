"""What an archive is: the methods that collecting and publishing ask of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from feedtool.archive.state import State
from feedtool.kept import Receipt, Version

if TYPE_CHECKING:
    from feedtool.archive.query import Query


class Archive(Protocol):
    """A dated store of entries by key. Every archive passes `tests/test_archive.py`.

    Reading may raise `DamagedError` about one entry; writing raises `ArchiveError`, after which
    nothing of the batch may be taken as kept.
    """

    @property
    def state(self) -> State:
        """What is remembered of sources: validators, ids of places, due times."""
        ...

    def get(self, key: str) -> Version | None:
        """The current version of the entry with this key, or None."""
        ...

    def holds(self, key: str) -> bool:
        """True where something has this key: an entry, whole or not, or the history of one whose
        file a person removed."""
        ...

    def find(self, name: str) -> Version | None:
        """The current version of the entry with this id, place or story (`item.names`), or None."""
        ...

    def known(self, names: Collection[str]) -> set[str]:
        """Those of these names that an entry may have: with all others, `find` and `named` find
        nothing."""
        ...

    def named(self, name: str, most: int) -> list[Version]:
        """Current versions of entries that share this name: at most `most`, the last that were
        first put come first. What was withdrawn is found too."""
        ...

    def oldest(self, source: str, before: datetime, most: int) -> list[Version]:
        """Current versions of at most `most` entries of this source that were published before
        this, the oldest first. What was withdrawn stands in no list."""
        ...

    def put(self, versions: Sequence[Version], receipts: Sequence[Receipt] = ()) -> None:
        """Keep these, first versions or the next ones, and what was received with them; once it
        returns, a power cut loses nothing.

        A version that doesn't follow the one that is kept is refused: nothing is overwritten.
        """
        ...

    def purge(self, versions: Sequence[Version]) -> None:
        """Keep of these entries nothing but these versions, the next ones, which are withdrawn and
        say nothing (`settle.purged`): earlier versions, what they were read from and their words
        are gone for good. One that was begun is ended by the next writer."""
        ...

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry, oldest first."""
        ...

    def newest(
        self,
        *,
        sources: Sequence[str] = (),
        limit: int | None = None,
        less_sure_than: float | None = None,
        after: str | None = None,
    ) -> Iterator[Version]:
        """Current versions by date of publication, newest first; of these sources if any, those
        whose title, authors or date is less sure than this (see `item.sureness`), and those that
        follow the key `after`. What was withdrawn stands in no list."""
        ...

    def search(self, query: Query, *, after: str | None = None) -> Iterator[Version]:
        """Current versions of what `query` finds, newest first; those that follow `after`."""
        ...

    def best(self, query: Query, most: int) -> tuple[list[Version], bool]:
        """Current versions of what may fit `query` best, for ranking: at most twice `most`, and
        whether more was found than could be looked at."""
        ...

    def changes(self, since: str | None, most: int | None = None) -> tuple[Sequence[str], str]:
        """Keys put or removed since a cursor that this method gave (all that are there, for None or
        a cursor of another index), oldest change first, at most `most`; and the cursor to ask with
        next time."""
        ...

    def altered(self, keys: Iterable[str]) -> list[str]:
        """Those of these keys whose entries a person edited or removed behind the archive's back,
        as far as can be told without reading them."""
        ...


def may_purge(version: Version, kept: Version | None) -> bool:
    """True where `version` says nothing and may take the place of all that is kept of the entry;
    also where it did so already."""
    blank = version.withdrawn is not None and version.withdrawn.purged
    return blank and (version == kept or (kept is not None and follows(version, kept)))


def follows(version: Version, kept: Version | None) -> bool:
    """True where `version` may be put over `kept`: the first, or the next of the same entry."""
    if kept is None:
        return version.revision == 1
    return version.entry.id == kept.entry.id and version.revision == kept.revision + 1
