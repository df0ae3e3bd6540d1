"""The archive in memory, for tests and for feeds that need no keeping."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from feedtool.archive import item, keys
from feedtool.archive.index import Index
from feedtool.archive.protocol import follows, may_purge
from feedtool.archive.row import File, row_of
from feedtool.archive.state import State
from feedtool.errors import ArchiveError
from feedtool.kept import Receipt, Version

if TYPE_CHECKING:
    from feedtool.archive.query import Query


class MemoryArchive:
    """An `Archive` that lasts as long as the process."""

    def __init__(self) -> None:
        """An empty archive."""
        self.state = State(None, writing=True)
        self._index = Index(None, writing=True)
        self._index.fill(())
        self._versions: dict[str, list[Version]] = {}

    def __enter__(self) -> MemoryArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self._index.close()
        self.state.close()

    def get(self, key: str) -> Version | None:
        """The current version of the entry with this key, or None."""
        return self._versions[key][-1] if key in self._versions else None

    def find(self, name: str) -> Version | None:
        """The current version of the entry with this name, or None."""
        key = self._index.find(name)
        version = self.get(key) if key else None
        return version if version and item.has_name(version, name) else None

    def known(self, names: Collection[str]) -> set[str]:
        """Those of these names that an entry may have."""
        return self._index.known(names)

    def named(self, name: str, most: int) -> list[Version]:
        """Current versions of entries that share this name."""
        found = (self._versions[key][-1] for key in self._index.named(name, most))
        return [version for version in found if item.has_name(version, name)]

    def oldest(self, source: str, before: datetime, most: int) -> list[Version]:
        """Current versions of entries of this source that were published before this."""
        found = self._index.oldest(source, int(before.timestamp()), most)
        return [self._versions[key][-1] for key in found]

    def put(self, versions: Sequence[Version], receipts: Sequence[Receipt] = ()) -> None:
        """Keep these versions; what was received isn't kept."""
        del receipts
        for version in versions:
            if not keys.valid(version.key) or not follows(version, self.get(version.key)):
                raise ArchiveError(version.key, "holds another entry or a later version")
        rows = [row_of(version, self.get(version.key)) for version in versions]
        with self._index.adding(rows) as adding:
            adding.files += [File() for _ in rows]
        for version in versions:
            self._versions.setdefault(version.key, []).append(version)

    def purge(self, versions: Sequence[Version]) -> None:
        """Keep of these entries nothing but these versions."""
        for version in versions:
            if not may_purge(version, self.get(version.key)):
                raise ArchiveError(version.key, "can't be purged: holds a later version")
        rows = [row_of(version, self.get(version.key)) for version in versions]
        with self._index.adding(rows, for_good=True) as adding:
            adding.files += [File() for _ in rows]
        self._versions.update((version.key, [version]) for version in versions)

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry, oldest first."""
        return tuple(self._versions.get(key, ())[:-1])

    def newest(
        self,
        *,
        sources: Sequence[str] = (),
        limit: int | None = None,
        less_sure_than: float | None = None,
        after: str | None = None,
    ) -> Iterator[Version]:
        """Current versions by date of publication, newest first."""
        keys = islice(self._index.newest(sources, less_sure_than, after), limit)
        return (self._versions[key][-1] for key in keys)

    def search(self, query: Query, *, after: str | None = None) -> Iterator[Version]:
        """Current versions of what `query` finds, newest first."""
        return (self._versions[key][-1] for key in self._index.found(query, after))

    def best(self, query: Query, most: int) -> tuple[list[Version], bool]:
        """Current versions of what may fit `query` best, and whether there is more."""
        found, is_cut = self._index.likely(query, most)
        return [self._versions[key][-1] for key in found], is_cut

    def changes(self, since: str | None, most: int | None = None) -> tuple[Sequence[str], str]:
        """Keys put since this cursor, and the next cursor."""
        return self._index.changes(since, most)

    def altered(self, keys: Iterable[str]) -> list[str]:
        """None: nobody edits what is in memory."""
        del keys
        return []
