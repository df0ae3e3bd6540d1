"""What a round has found and not yet written: of many sources together, so that one sync to disk
serves all.

Write first, remember after: a source's validators are kept only once its entries are, so that a
crash anywhere costs a download and never an entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedtool import valid
from feedtool.archive import item, kinship
from feedtool.archive.protocol import Archive
from feedtool.archive.state import Remembered
from feedtool.kept import Alarm, Location, Receipt, Run, Version
from feedtool.manners.habits import Habits
from feedtool.manners.standing import Standing
from feedtool.manners.vigil import Look
from feedtool.model import Capture, Entry, handle

_BATCH = 512  # entries that are synced to disk and worked into the index together
_LETTERS = 3 * 1024 * 1024  # of them
_RECEIPTS = 100
_MANY = 10_000  # documents to remember
_BYTES = 16 * 1024 * 1024  # that were received and wait to be kept


class Desk:
    """Versions that wait to be put, and what is to be remembered once they are."""

    def __init__(self, archive: Archive) -> None:
        """Everything goes to `archive`."""
        self.archive = archive
        self._versions: dict[str, Version] = {}
        self._letters = 0  # of these versions
        self._names: dict[str, str] = {}  # of these versions, and whose they were first, by key
        self._unknown: set[str] = set()  # names that no entry has, as the archive said
        self._receipts: list[Receipt] = []
        self._received = 0  # bytes
        self._document: Capture | None = None  # that is being gone through, and is to be kept
        self._made: list[str] = []  # keys of what was made of it and isn't written
        self._place: Location | None = None  # where it lies, once a part of that is written
        self._places: dict[tuple[str, str], Remembered] = {}
        self._standings: dict[str, Standing] = {}
        self._habits: dict[str, Habits] = {}
        self._alarms: list[Alarm] = []
        self._runs: dict[str, Run] = {}
        # Cut short, what lies here may be half kept: remembering it could lose the rest.
        self._failed = False

    @property
    def is_full(self) -> bool:
        """True where it is time to write."""
        many = len(self._versions) >= _BATCH or len(self._places) >= _MANY
        long = self._letters >= _LETTERS or self._received >= _BYTES
        return many or long or len(self._receipts) >= _RECEIPTS

    def holds(self, entry: Entry) -> bool:
        """True where an entry that may be the same waits to be written."""
        if not self._names:
            return False
        if entry.id in self._names:
            return True
        place = handle(entry.id)
        return place is not None and (place in self._names or item.story(entry) in self._names)

    def look_ahead(self, entries: Sequence[Entry]) -> None:
        """Ask the archive at once for the names of these entries, which `find` and `named` will
        soon be asked for one by one; those of others are asked for as they come."""
        own = {name for one in entries for name in (one.id, handle(one.id)) if name}
        self._unknown = self._strange(own)
        new = [one for one in entries if one.id in self._unknown]
        shared = {name for one in new for name in kinship.names(one, dated=bool(one.published))}
        self._unknown |= self._strange(shared)

    def _strange(self, names: set[str]) -> set[str]:
        """Those of these names that no entry has or will have."""
        return names.difference(self._names, self.archive.known(names))

    def is_strange(self, name: str) -> bool:
        """True where no entry has this name or will have it, as far as we have looked ahead."""
        return name in self._unknown  # what is laid here takes its names out of these

    def find(self, name: str) -> Version | None:
        """The current version of the entry in the archive with this name, or None."""
        return None if name in self._unknown else self.archive.find(name)

    def named(self, name: str, most: int) -> list[Version]:
        """Current versions of entries in the archive that share this name, the last first."""
        return [] if name in self._unknown else self.archive.named(name, most)

    def waiting(self, name: str) -> Version | None:
        """The first of the versions that wait here to have this name, or None."""
        key = self._names.get(name)
        return None if key is None else self._versions[key]

    def is_taken(self, key: str) -> bool:
        """True where `key` is given."""
        return key in self._versions or self.archive.holds(key)

    def put(self, version: Version) -> None:
        """Lay a version here."""
        if self._place is not None:
            version = valid.copy(version, capture=self._place)
        elif self._document is not None:
            self._made.append(version.key)
        self._versions[version.key] = version
        self._letters += len(version.entry.content_html or version.entry.content_text or "")
        for name in item.names(version):
            self._names.setdefault(name, version.key)
            self._unknown.discard(name)

    def begin(self, document: Capture) -> None:
        """What is put from now on, until the `end`, is made of this document, and kept with it."""
        self._document = document

    def end(self, *, keep: bool) -> None:
        """The document has been gone through: keep it if something was made of it, or if told."""
        if self._document is not None and self._place is None and (self._made or keep):
            self.receive(Receipt(self._document, tuple(self._made)))
        self._document = self._place = None
        self._made.clear()

    def receive(self, receipt: Receipt) -> None:
        """Lay here what was received, and is to be kept with what was made of it."""
        self._receipts.append(receipt)
        self._received += len(receipt.capture.body)

    def remember(self, source: str, place: str, memory: Remembered) -> None:
        """Lay here what is to be remembered of a document, once all that lies here is written."""
        self._places[source, place] = memory

    def looked(self, source: str, look: Look) -> None:
        """Lay here how things stand with a source, what is usual with it, and what is wrong."""
        self._standings[source] = look.standing
        self._alarms += look.alarms
        if look.habits is not None:
            self._habits[source] = look.habits

    def log(self, source: str, run: Run) -> None:
        """Lay here what the run log keeps of a source that was looked at."""
        self._runs[source] = run

    def write(self) -> None:
        """Put what lies here into the archive, then remember; nothing where that failed before."""
        if self._failed:
            return
        self._failed = True
        if self._document is not None and self._made:  # the rest of it will refer to this
            self.receive(Receipt(self._document, tuple(self._made)))
        if self._versions or self._receipts:
            self.archive.put(list(self._versions.values()), self._receipts)
        if self._made:
            kept = self.archive.get(self._made.pop())
            self._place = kept.capture if kept else None
            self._made.clear()
        self._versions.clear()
        self._letters = 0
        self._receipts.clear()
        self._received = 0
        self._names.clear()
        self.archive.state.remember(
            self._places,
            self._standings,
            habits=self._habits,
            alarms=self._alarms,
            runs=self._runs,
        )
        for told in (self._places, self._standings, self._habits, self._alarms, self._runs):
            told.clear()
        self._failed = False
