"""What a round has found and not yet written: of many sources together, so that one sync to disk
serves all.

Write first, remember after: a source's validators are kept only once its entries are, so that a
crash anywhere costs a download and never an entry.
"""

from __future__ import annotations

from feedtool.archive import item
from feedtool.archive.protocol import Archive
from feedtool.archive.state import Remembered
from feedtool.errors import DamagedError
from feedtool.manners.standing import Standing
from feedtool.model import Entry, Version, handle

_BATCH = 100  # entries that are synced to disk together
_MANY = 10_000  # documents to remember


class Desk:
    """Versions that wait to be put, and what is to be remembered once they are."""

    def __init__(self, archive: Archive) -> None:
        """Everything goes to `archive`."""
        self.archive = archive
        self._versions: dict[str, Version] = {}
        self._names: set[str] = set()  # of these versions
        self._places: dict[tuple[str, str], Remembered] = {}
        self._standings: dict[str, Standing] = {}
        # Cut short, what lies here may be half kept: remembering it could lose the rest.
        self._failed = False

    @property
    def is_full(self) -> bool:
        """True where it is time to write."""
        return len(self._versions) >= _BATCH or len(self._places) >= _MANY

    def holds(self, entry: Entry) -> bool:
        """True where an entry that may be the same waits to be written."""
        if not self._names:
            return False
        return bool(self._names & {entry.id, handle(entry.id), item.story(entry)})

    def is_taken(self, key: str) -> bool:
        """True where `key` is given."""
        try:
            # A history without its entry is what a person left who removed that: it isn't ours.
            known = self.archive.get(key) or self.archive.history(key)
        except DamagedError:
            return True  # whatever it is, it is not overwritten
        return bool(known) or key in self._versions

    def put(self, version: Version) -> None:
        """Lay a version here."""
        self._versions[version.key] = version
        self._names.update(item.names(version))

    def remember(self, source: str, place: str, memory: Remembered) -> None:
        """Lay here what is to be remembered of a document, once all that lies here is written."""
        self._places[source, place] = memory

    def stands(self, source: str, standing: Standing) -> None:
        """Lay here how things stand with a source."""
        self._standings[source] = standing

    def write(self) -> None:
        """Put what lies here into the archive, then remember; nothing where that failed before."""
        if self._failed:
            return
        self._failed = True
        if self._versions:
            self.archive.put(list(self._versions.values()))
        self._versions.clear()
        self._names.clear()
        self.archive.state.remember(self._places, self._standings)
        self._places.clear()
        self._standings.clear()
        self._failed = False
