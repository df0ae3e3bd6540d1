"""What an archive is: the methods that collecting and publishing ask of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from feedtool.archive.state import State
from feedtool.model import Version


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

    def find(self, name: str) -> Version | None:
        """The current version of the entry with this id, place or story (`item.names`), or None."""
        ...

    def put(self, versions: Sequence[Version]) -> None:
        """Keep these, first versions or the next ones; once it returns, a power cut loses nothing.

        A version that doesn't follow the one that is kept is refused: nothing is overwritten.
        """
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
    ) -> Iterator[Version]:
        """Current versions by date of publication, newest first; of these sources if any, and
        those whose title, authors or date is less sure than this (see `item.sureness`)."""
        ...

    def changes(self, since: str | None) -> tuple[Sequence[str], str]:
        """Keys put or removed since a cursor that this method gave (all that are there, for None or
        a cursor of another index), oldest change first, and the cursor to ask with next time."""
        ...


def follows(version: Version, kept: Version | None) -> bool:
    """True where `version` may be put over `kept`: the first, or the next of the same entry."""
    if kept is None:
        return version.revision == 1
    return version.entry.id == kept.entry.id and version.revision == kept.revision + 1
