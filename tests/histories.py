"""What is done to an archive where it is killed, cut off or fails: plans of rounds, as a source
brings them, and what must be true of the archive at any moment of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

from feedtool.archive import check as checking
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.archive.query import parse
from feedtool.archive.state import Remembered
from feedtool.data import replace
from feedtool.errors import ArchiveError
from feedtool.files import DISK, Disk
from feedtool.kept import Change, Receipt, Version, Withdrawal
from feedtool.model import Entry, Published, Validators
from feedtool.settle import settle
from tests.conftest import NOW, make_capture, make_entry

Step = Callable[[FolderArchive, "Log", int], None]
Plan = Sequence[Step]


@dataclass
class Log:
    """What was promised, outside the archive: kept in a file that outlives who writes it, or in
    memory."""

    path: Path | None = None
    lines: list[str] = field(default_factory=list)

    def say(self, *words: object) -> None:
        """Add a line."""
        self.lines.append("\t".join(str(word) for word in words))
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(self.lines[-1] + "\n")

    def again(self) -> Log:
        """The log as the next process finds it."""
        told = self.path.read_text("utf-8").splitlines() if self.path and self.path.exists() else []
        return Log(self.path, told if self.path else list(self.lines))

    def _told(self, word: str) -> list[list[str]]:
        return [line.split("\t")[1:] for line in self.lines if line.startswith(word + "\t")]

    @property
    def begun(self) -> int:
        """The step that was begun last."""
        return max((int(number) for [number] in self._told("begin")), default=0)

    @property
    def kept(self) -> dict[str, int]:
        """The revisions whose put has returned, by key."""
        return {key: int(revision) for key, revision in self._told("kept")}

    @property
    def remembered(self) -> set[str]:
        """The places that are remembered."""
        return {place for [place] in self._told("remembered")}


def entry(number: int, title: str = "", words: str = "một hai", **fields: Any) -> Entry:
    """The entry with this number, of one of three days."""
    made = make_entry(
        id=f"tag:example.org,2022-01-01:valley/{number}.txt",
        title=title or f"Tin {number}",
        published=Published.on(date(2022, 1 + number % 3, 18)),
        content_text=f"Số {number}: {words}.",
        summary=None,
    )
    return replace(made, **fields)


def document(entry: Entry) -> bytes:
    """What an entry was read from."""
    return f"{entry.id} {entry.title} {entry.content_text}".encode() * 20


def bring(hours: float, *entries: Entry, captured: bool = False) -> Step:
    """A round in which a source shows these, so many hours after the first; what was received is
    kept where that is `captured`."""

    def step(archive: FolderArchive, log: Log, number: int) -> None:
        batch: dict[str, Version] = {}
        now = NOW + timedelta(hours=hours)
        for one in entries:
            change, version = settle(
                one,
                old=archive.find(one.id),
                source="valley",
                now=now,
                zone=UTC,
                taken=lambda key: archive.get(key) is not None or key in batch,
            )
            if change is not Change.UNCHANGED:
                batch[version.key] = version
        receipts = [
            Receipt(make_capture(document(one.entry), captured=now), (one.key,))
            for one in batch.values()
        ]
        archive.put(list(batch.values()), receipts if captured else ())
        for version in batch.values():
            log.say("kept", version.key, version.revision)
        memory = Remembered("", None, Validators(body=f"sha256:{number}"))
        archive.state.remember({("valley", f"place-{number}"): memory})
        log.say("remembered", f"place-{number}")

    return step


def one_by_one(hours: float, *entries: Entry) -> Step:
    """The same, each put by itself."""
    steps = [bring(hours, one) for one in entries]

    def step(archive: FolderArchive, log: Log, number: int) -> None:
        for one in steps:
            one(archive, log, number)

    return step


def withdraw(hours: float, number: int) -> Step:
    """A round in which an entry is withdrawn."""

    def step(archive: FolderArchive, log: Log, _: int) -> None:
        old = archive.find(entry(number).id)
        assert old is not None
        if old.withdrawn is None:
            when = NOW + timedelta(hours=hours)
            gone = Withdrawal(when, "owner", "mistaken")
            new = replace(old, withdrawn=gone, revision=old.revision + 1, last_revised=when)
            archive.put([new])
            log.say("kept", new.key, new.revision)

    return step


def reindex(archive: FolderArchive, _: Log, __: int) -> None:
    """A round in which the index is made anew."""
    archive.reindex()


_PLACE = re.compile(rb'"(offset|length)": [0-9]+,?')
# The long forms go through each point of the others, and some of this one's.
LONG = "many"
PLANS: dict[str, Plan] = {
    "one": [bring(0, entry(1))],
    "mixed": [
        bring(0, *map(entry, range(5))),
        bring(1, entry(0, words="ba"), entry(1, words="ba"), entry(2, "Tin mới"), entry(5)),
        reindex,
        bring(2, entry(0, words="bốn"), entry(1, "Tin khác"), entry(6, "Tin 0")),
        withdraw(3, 3),
        one_by_one(4, entry(0, words="năm"), entry(9, "Tin 0"), entry(1, words="sáu")),
    ],
    # What one file said is then said by another one, on the same day.
    "moved": [
        bring(0, entry(1), entry(2)),
        bring(1, entry(1, words="ba"), entry(3)),
        bring(2, replace(entry(4, "Tin 1"), content_text=entry(1).content_text)),
    ],
    "captured": [
        bring(0, *map(entry, range(4)), captured=True),
        bring(1, entry(0, words="ba"), entry(4), captured=True),
        bring(30, entry(1, "Tin mới"), entry(5), captured=True),
    ],
    "revised": [
        bring(hour, *(entry(n, words=f"bản {hour} " * (n + 1)) for n in range(3)))
        for hour in range(5)
    ],
    "many": [
        bring(0, *map(entry, range(70))),
        bring(1, *(entry(n, words="ba") for n in range(70))),
    ],
}


def go(folder: Path, plan: Plan, log: Log, disk: Disk = DISK) -> None:
    """Do what is left of a plan, as a process that begins after another one was killed."""
    with FolderArchive(folder, writing=True, disk=disk) as archive:
        for number, step in enumerate(plan):
            if number >= log.begun:
                log.say("begin", number)
                step(archive, log, number)


def tree(folder: Path) -> dict[str, bytes]:
    """The archive's files, without those of captures and where in them something lies: what was
    received again after a crash is kept again."""
    return {
        path.relative_to(folder).as_posix(): _PLACE.sub(b"", path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in (".feedtool", "warc")
    }


def versions(folder: Path) -> set[tuple[str, int, str]]:
    """All versions that an archive has: key, revision, and the digest of all of it."""
    found: set[tuple[str, int, str]] = set()
    with FolderArchive(folder) as archive:
        for key in archive.walk():
            version = archive.get(key)
            assert version
            for one in (*archive.history(key), version):
                found.add(_seen(one))
    return found


def _seen(version: Version) -> tuple[str, int, str]:
    told = item.encode_line(replace(version, capture=None)).decode()
    return version.key, version.revision, told


def assert_readable(folder: Path, log: Log, known: set[tuple[str, int, str]]) -> None:
    """Before anybody has written again: readers see only versions that were put, everything that
    was promised is among them, and nothing is torn."""
    try:
        archive = FolderArchive(folder)
    except ArchiveError:
        assert not log.kept
        return
    with archive:
        bad = [one for one in checking.check(archive) if one.is_damage or one.problem == "foreign"]
        assert not bad
        for listed in (list(archive.newest()), list(archive.search(parse("tin")))):
            assert {_seen(one) for one in listed} <= known
            assert len({one.key for one in listed}) == len(listed)
        for key, revision in log.kept.items():
            version = archive.get(key)
            assert version
            assert version.revision >= revision
            assert _seen(version) in known
            assert version.withdrawn or key in {one.key for one in archive.newest()}
            found = archive.find(version.entry.id)
            assert found
            assert found.key == key
            earlier = archive.history(key)
            assert [one.revision for one in earlier][: version.revision - 1] == list(
                range(1, version.revision)
            )
            assert {_seen(one) for one in earlier} <= known
        for key in archive.walk():
            version = archive.get(key)
            assert version
            for one in (version, *archive.history(key)):
                if one.capture:
                    capture = archive.captures.read(one.capture)
                    assert capture
                    assert capture.body == document(one.entry)


def assert_complete(folder: Path, whole: dict[str, bytes], log: Log) -> None:
    """All of it is as if nothing had happened: each file to the byte, the index as `reindex` makes
    it, nothing for `check` to find, nothing left over."""
    assert tree(folder) == whole
    beside = {path.name for path in (folder / ".feedtool").iterdir()}
    assert not {name for name in beside if ".tmp" in name or "new" in name or "pending" in name}
    with FolderArchive(folder, writing=True) as archive:
        assert list(checking.check(archive)) == []
        assert not [
            damage for one in archive.captures.files() for damage in archive.captures.verify(one)
        ]
        for place in log.remembered:
            assert archive.state.recall("valley", place)
        before = index_content(archive)
        archive.reindex()
        assert index_content(archive) == before


def index_content(archive: FolderArchive) -> list[object]:
    """What the index says: keys, names, order, what is found, what has changed."""
    keys = [key for key, _ in archive.indexed()]
    held = [archive.get(key) for key in keys]
    names = sorted({name for one in held if one for name in item.names(one)})
    holders = [(name, one.key if (one := archive.find(name)) else None) for name in names]
    lists = [[one.key for one in archive.newest()]]
    for words in (
        "tin",
        "ba",
        "bốn",
        "mới",
        "khác",
        "author:hoai",
        "from:2022-02-01..to:2022-02-28",
    ):
        # Within a second, the order is that in which they were put.
        found = [(one.entry.published, one.key) for one in archive.search(parse(words))]
        assert [day.time for day, _ in found if day] == sorted(
            (day.time for day, _ in found if day), reverse=True
        )
        lists.append(sorted(key for _, key in found))
    return [keys, holders, lists, sorted(archive.changes(None)[0])]
