"""Bringing entries of another archive into this one, exactly: keys, revisions, history, dates.

Nothing is overwritten and nothing doubled: an entry that is here gets only the revisions that come
after those it has; one whose key another entry has gets a key of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedtool import text
from feedtool.archive import item, keys
from feedtool.archive.folder import FolderArchive
from feedtool.data import replace
from feedtool.errors import ReadError
from feedtool.interchange.lines import Chain
from feedtool.kept import Change, Receipt, Version
from feedtool.model import Capture
from feedtool.settle import purged

_MOST = 100_000  # entries whose other keys are known to their doubles
_BATCH = 100  # entries that are synced to disk together


class Merger:
    """Entries that wait to be put; `flush` at the end."""

    def __init__(self, archive: FolderArchive) -> None:
        """Everything goes to `archive`."""
        self._archive = archive
        self._waiting: list[list[Version]] = []
        self._captures: dict[tuple[str, int], Capture] = {}
        self._names: set[str] = set()
        self._moved: dict[str, str] = {}  # keys as they came, and what they are here

    def add(self, chain: Chain, captures: Sequence[Capture | None] = ()) -> Change:
        """Take in all versions of an entry, with the captures they were read from where the archive
        hasn't those; return what it was to the archive.

        Raises `DamagedError` where what the archive has of it isn't whole. Content that others made
        is made safe: what the archive holds may be published.
        """
        chain = tuple(map(_safe, chain))
        key, identity = chain[-1].key, chain[-1].entry.id
        if self._names & {key, identity}:
            self.flush()
        found = [*captures, *[None] * (len(chain) - len(captures))]
        kept = self._archive.find(identity)
        if kept is None:
            earlier: Chain = ()
            key = self._free_key(chain[-1])
            later = list(zip(chain, found, strict=True))
        else:
            key = kept.key
            if _is_purged(kept):
                return Change.UNCHANGED
            if _is_purged(chain[-1]):
                return self._purge(kept, chain[-1])
            earlier = (*self._archive.history(key), kept)
            later = _later(chain, earlier, found)
        if key != chain[-1].key and len(self._moved) < _MOST:
            self._moved[chain[-1].key] = key
        if not later:
            return Change.UNCHANGED
        self._put(key, kept.revision if kept else 0, kept.entry.id if kept else identity, later)
        return Change.REVISED if earlier else Change.NEW

    def flush(self) -> None:
        """Put what waits: first versions together, then the next ones."""
        depth = max(map(len, self._waiting), default=0)
        for number in range(depth):
            rank = [one[number] for one in self._waiting if len(one) > number]
            receipts = [
                Receipt(capture, (one.key,))
                for one in rank
                if (capture := self._captures.get((one.key, one.revision))) is not None
            ]
            self._archive.put(rank, receipts)
        self._waiting.clear()
        self._captures.clear()
        self._names.clear()

    def _purge(self, kept: Version, told: Version) -> Change:
        """What was purged there is purged here too."""
        why = told.withdrawn
        assert why is not None, "what is purged is withdrawn"
        version = purged(kept, now=told.last_revised, by=why.by, reason=why.reason)
        self._archive.purge([version])
        return Change.REVISED

    def _put(
        self, key: str, before: int, identity: str, later: list[tuple[Version, Capture | None]]
    ) -> None:
        made: list[Version] = []
        for number, (version, capture) in enumerate(later, before + 1):
            entry = version.entry
            if entry.id != identity:  # its history is of one entry
                entry = replace(entry, id=identity)
            told = version.duplicate_of
            made.append(
                replace(
                    version,
                    key=key,
                    entry=entry,
                    revision=number,
                    digest=item.digest(entry),
                    duplicate_of=self._moved.get(told, told) if told else None,
                )
            )
            if capture is not None:
                self._captures[key, number] = capture
        self._waiting.append(made)
        self._names |= {key, identity}
        if len(self._waiting) >= _BATCH:
            self.flush()

    def _free_key(self, version: Version) -> str:
        """The key that an entry has, or another where it can't have that."""
        if keys.valid(version.key) and not self._archive.holds(version.key):
            return version.key
        published = version.entry.published
        if published is None:
            raise ReadError(version.key, "has no date")
        self.flush()
        day, title = published.day, version.entry.title
        return keys.choose(day, title, version.entry.id, self._archive.holds)


def _is_purged(version: Version) -> bool:
    return version.withdrawn is not None and version.withdrawn.purged


def _later(
    chain: Chain, earlier: Chain, captures: Sequence[Capture | None]
) -> list[tuple[Version, Capture | None]]:
    """What comes after what is known already, with its captures."""
    known = [_meaning(one) for one in earlier]
    pairs = list(zip(chain, captures, strict=True))
    for number in range(len(chain), 0, -1):
        if _meaning(chain[number - 1]) == known[-1]:
            return pairs[number:]
    newest = earlier[-1].last_revised
    return [
        (one, capture)
        for one, capture in pairs
        if one.last_revised > newest and _meaning(one) not in known
    ]


def _meaning(version: Version) -> tuple[object, ...]:
    """What makes a version differ from another one of its entry."""
    return (
        item.digest(version.entry),
        version.entry.published,
        version.last_revised,
        version.withdrawn,
        version.gone,
    )


def _safe(version: Version) -> Version:
    """The version with content that may be published. What a reader of ours made stays as it is."""
    entry = version.entry
    if entry.content_html is None:
        return version
    from feedtool.read.markup import sanitise  # parsers, which plain text needs none of

    safe = text.block(sanitise(entry.content_html, entry.link))
    if safe == entry.content_html:
        return version
    mended = replace(entry, content_html=safe or None)
    return replace(version, entry=mended, digest=item.digest(mended))
