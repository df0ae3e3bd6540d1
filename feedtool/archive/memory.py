"""The archive in memory, for tests and for feeds that need no keeping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from feedtool.archive import keys
from feedtool.archive.index import Index
from feedtool.archive.protocol import follows
from feedtool.archive.state import State
from feedtool.errors import ArchiveError
from feedtool.model import Version


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
        return self.get(key) if key else None

    def put(self, versions: Sequence[Version]) -> None:
        """Keep these versions."""
        for version in versions:
            if not keys.valid(version.key) or not follows(version, self.get(version.key)):
                raise ArchiveError(version.key, "holds another entry or a later version")
        for version in versions:
            self._versions.setdefault(version.key, []).append(version)
        self._index.add(versions)

    def history(self, key: str) -> tuple[Version, ...]:
        """The earlier versions of an entry, oldest first."""
        return tuple(self._versions.get(key, ())[:-1])

    def newest(
        self,
        *,
        sources: Sequence[str] = (),
        limit: int | None = None,
        less_sure_than: float | None = None,
    ) -> Iterator[Version]:
        """Current versions by date of publication, newest first."""
        keys = islice(self._index.newest(sources, less_sure_than), limit)
        return (self._versions[key][-1] for key in keys)

    def changes(self, since: str | None) -> tuple[Sequence[str], str]:
        """Keys put since this cursor, and the next cursor."""
        return self._index.changes(since)
