"""Disks that are full, broken or read-only, clocks that jump, file systems that fold names, and a
day on which everything has one title."""

from __future__ import annotations

import errno
import os
import sqlite3
import string
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedtool import files, sqlite, text
from feedtool.archive import check as checking
from feedtool.archive import keys
from feedtool.archive.folder import FolderArchive
from feedtool.desk import Desk
from feedtool.errors import ArchiveError
from feedtool.files import Disk
from feedtool.kept import Change
from feedtool.settle import settle
from tests import disks, histories
from tests.conftest import NOW, make_entry, make_version
from tests.disks import Failing, Point, Unsynced, Watch, WatchedDisk, evenly
from tests.histories import LONG, PLANS, Log, Plan

FAULTS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES)


def _told(error: ArchiveError, folder: Path) -> None:
    """The error says which file, and ends a command with 74."""
    assert error.exit_code == 74
    assert Path(error.subject).is_relative_to(folder) or Path(error.subject) in folder.parents


def _fail_at(tmp_path: Path, plan: Plan, points: Sequence[Point]) -> int:
    """Fail at each of these points, once, and until there is room again; each time, go on with the
    same archive. Return how many errors there were."""
    whole = tmp_path / "whole"
    with disks.watched_sqlite(Watch()):
        histories.go(whole, plan, Log(), WatchedDisk(Watch()))
    expected, known = histories.tree(whole), histories.versions(whole)
    errors = 0
    for number, point in enumerate(points):
        for times in (1, float("inf")):
            folder, log = tmp_path / f"{number}-{times}" / "archive", Log()
            folder.parent.mkdir()
            code = FAULTS[number % len(FAULTS)]
            watch = Failing(point.stream, point.number, code, times)
            with disks.watched_sqlite(watch):
                errors += _stubborn(folder, plan, log, watch, known)
            assert watch.failed
            with disks.watched_sqlite(Watch()):
                histories.assert_complete(folder, expected, log)
    return errors


def _stubborn(
    folder: Path, plan: Plan, log: Log, watch: Failing, known: set[tuple[str, int, str]]
) -> int:
    errors = 0
    archive: FolderArchive | None = None
    todo = list(enumerate(plan))
    while todo:
        try:
            archive = archive or FolderArchive(folder, writing=True, disk=WatchedDisk(watch))
            number, step = todo[0]
            step(archive, log, number)
            todo.pop(0)
        except ArchiveError as error:
            _told(error, folder.parent)
            errors += 1
            with disks.watched_sqlite(Watch()):  # a reader's process is well
                histories.assert_readable(folder, log, known)
            watch.well = errors >= 2
    assert archive
    archive.close()
    return errors


def _points(folder: Path, plan: Plan) -> list[Point]:
    watch = Watch()
    folder.mkdir()
    with disks.watched_sqlite(watch):
        histories.go(folder / "archive", plan, Log(), WatchedDisk(watch))
    return [one for one in watch.points if one.how == "before"]


def test_failing_at_some_points_loses_nothing(tmp_path: Path) -> None:
    """The short form: whatever the system says at a call, the error names the file, readers see
    what was there, and once it is well the same archive goes on."""
    points = evenly(_points(tmp_path / "counted", PLANS["mixed"]), 20)
    assert _fail_at(tmp_path, PLANS["mixed"], points) > 40


@pytest.mark.soak
@pytest.mark.parametrize("name", PLANS)
def test_failing_at_every_point_loses_nothing(tmp_path: Path, name: str) -> None:
    """The same at each call that changes something."""
    points = _points(tmp_path / "counted", PLANS[name])
    points = evenly(points, 60) if name == LONG else points
    errors = _fail_at(tmp_path, PLANS[name], points)
    print(f"{name}: {errors} errors at {len(points)} points")
    assert errors > 2 * len(points)


def test_an_index_that_can_not_grow_is_told(folder_archive: FolderArchive) -> None:
    """Where SQLite itself finds the disk full, the put fails, and all of it is kept once there is
    room."""
    folder_archive.put([make_version()])
    database = folder_archive._index._database
    [[pages]] = database.execute("PRAGMA page_count")
    database.execute(f"PRAGMA max_page_count = {pages}")
    words = " ".join(f"word{number}" for number in range(50_000))
    long = make_version(folder_archive, id="tag:e.example,2022:long", title="L", content_text=words)
    for _ in range(2):
        with pytest.raises(ArchiveError, match=r"index\.sqlite.*full"):
            folder_archive.put([long])
    with pytest.raises(ArchiveError, match="full"):
        folder_archive.find(long.entry.id)  # its file may be there: "new" would double it
    database.execute("PRAGMA max_page_count = 1000000")
    assert folder_archive.find(long.entry.id) == long
    assert list(checking.check(folder_archive)) == []


def test_a_reindex_that_fails_leaves_the_old_index(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no room for a new index the old one goes on, and the room is given back."""
    version = make_version()
    folder_archive.put([version])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(folder_archive._disk, "rename", full)
    with pytest.raises(ArchiveError, match="No space left"):
        folder_archive.reindex()
    monkeypatch.undo()
    assert list(folder_archive.newest()) == [version]
    assert not list(folder_archive.path.glob(".feedtool/*new*"))


def test_what_could_not_be_undone_in_an_index_stays_out_of_the_new_one(tmp_path: Path) -> None:
    """A journal that was left beside the old database isn't played into the one in its place."""
    old, new = tmp_path / "index.sqlite", tmp_path / "index.new.sqlite"
    for path, words in ((old, "old"), (new, "new")):
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE t (words TEXT)")
            database.executemany("INSERT INTO t VALUES (?)", [(words * 300,)] * 300)
            database.commit()
    with closing(sqlite3.connect(old)) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("UPDATE t SET words = 'half done'")
        left = {path: path.read_bytes() for path in tmp_path.glob("index.sqlite*")}
    for path, data in left.items():
        path.write_bytes(data)
    assert any("journal" in path.name and data for path, data in left.items())
    sqlite.replace(old, new)
    with closing(sqlite3.connect(old)) as database:
        assert database.execute("SELECT DISTINCT words FROM t").fetchall() == [("new" * 300,)]
    assert [path.name for path in tmp_path.iterdir()] == ["index.sqlite"]


def test_a_note_of_a_write_is_believed_where_the_index_is_lost(
    folder_archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history that was half written is cut back though the index had to be made anew."""
    for hour, title in enumerate(["One", "One b", "One c"]):
        old = make_version(folder_archive, now=NOW + timedelta(hours=hour), title=title)
        folder_archive.put([old])
    half = make_version(folder_archive, now=NOW + timedelta(days=1), title="One d")

    def dying(*_: object) -> list[os.stat_result]:
        raise KeyboardInterrupt

    history = folder_archive.path / f"{old.key}.history.jsonl"
    whole = history.read_bytes()
    write = files._write
    other = make_version(id="tag:e.example,2022:two", title="Two")
    with monkeypatch.context() as patch:
        patch.setattr(
            files, "_write", lambda made, *more: dying() if len(made) > 1 else write(made, *more)
        )
        with pytest.raises(KeyboardInterrupt):
            folder_archive.put([half, other])
    folder_archive.close()
    history.write_bytes(history.read_bytes()[:-9] + b"\n\0\0")
    (folder_archive.path / ".feedtool/index.sqlite").unlink()
    with FolderArchive(folder_archive.path) as reader:
        assert len(reader.history(old.key)) == 2
    with FolderArchive(folder_archive.path, writing=True) as again:
        assert history.read_bytes() == whole
        again.put([half])
        assert [one.entry.title for one in again.history(old.key)] == ["One", "One b", "One c"]
        assert list(checking.check(again)) == []


def test_a_clock_that_jumps_back_a_year_loses_nothing(folder_archive: FolderArchive) -> None:
    """Revisions stay in their order, `updated` and `last_revised` never go back, and what is new is
    kept under its own day."""
    moments = [NOW, NOW - timedelta(days=365), NOW - timedelta(days=364), NOW + timedelta(days=1)]
    seen = []
    for number, now in enumerate(moments):
        version = make_version(folder_archive, now=now, title=f"One {number}")
        new = make_version(
            folder_archive, now=now, id=f"tag:e.example,2022:{number}", title="New", published=None
        )
        folder_archive.put([version, new])
        seen.append(version)
    current = folder_archive.get(seen[0].key)
    assert current
    kept = [*folder_archive.history(seen[0].key), current]
    assert kept == seen
    assert [one.revision for one in kept] == [1, 2, 3, 4]
    assert all(a.last_revised <= b.last_revised for a, b in pairwise(kept))
    told = [one.entry.updated for one in kept]
    assert all(a and b and a < b for a, b in pairwise(told))
    days = {one.key for one in folder_archive.newest()} - {current.key}
    assert days == {"2022/05/04/new", "2021/05/04/new", "2021/05/05/new", "2022/05/05/new"}
    assert list(checking.check(folder_archive)) == []


TITLES = st.text(st.characters(codec="utf-8"), max_size=300) | st.text(
    "aAđĐéÉßﬁİıŉK中ไ̣́- .:/\\", max_size=300
)


@given(TITLES)
@example("CON")
@example("w" * 400)
@example("Đ" * 400)
@example("ﬃ" * 400)
def test_every_name_is_the_same_on_every_file_system(title: str) -> None:
    """Whether a file system folds case, composes or decomposes letters: a key has ASCII lower case,
    digits and hyphens alone, and no name of it is longer than 255 bytes, its temporary's neither."""
    for taken in (lambda _: False, lambda key: len(key) < 60, lambda _: True):
        key = keys.choose(NOW.date(), title, "tag:example.org,2022:one", taken)
        assert keys.valid(key)
        for name in (f"{key}.json", f"{key}.history.jsonl"):
            path = files.temporary(Path(name))
            assert len(path.name.encode()) <= 255
            assert set(path.name) <= set(string.ascii_lowercase + string.digits + "-.")
            assert unicodedata.normalize("NFD", path.name.casefold()) == path.name
        assert key.rpartition("/")[2] not in text.RESERVED_SLUGS


class Folding(Disk):
    """Keeps names as some file systems do: letters taken apart, and two names that differ in case
    alone being one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.written: dict[str, str] = {}

    def _kept(self, path: files.Name) -> Path:
        name = Path(path).relative_to(self._root).as_posix()
        first = self.written.setdefault(unicodedata.normalize("NFD", name).casefold(), name)
        return self._root / unicodedata.normalize("NFD", first)

    def open(self, path: files.Name, flags: int) -> int:
        """Open the file that has this name there."""
        return super().open(self._kept(path), flags)

    def rename(self, old: files.Name, new: files.Name) -> None:
        """Rename it to that."""
        super().rename(self._kept(old), self._kept(new))

    def make_folder(self, path: Path) -> None:
        """Make it, or find one of that name."""
        super().make_folder(self._kept(path))


def test_titles_that_differ_in_case_or_composition_are_two_entries(tmp_path: Path) -> None:
    """On a file system that folds names, each of these has its own file, and is found by its id."""
    titles = ["Đảng bộ", "đảng bộ", "ĐẢNG BỘ", "Đảng bộ".swapcase(), "Café", "CAFE\u0301"]
    titles += [unicodedata.normalize("NFD", title) for title in titles]
    titles += ["con", "CON", "index", "INDEX", "x" * 99, "X" * 100, "x" * 101 + " y"]
    disk = Folding(tmp_path)
    with FolderArchive(tmp_path / "archive", writing=True, disk=disk) as archive:
        for _ in range(2):  # and their revisions
            for number, title in enumerate(titles):
                identity = f"tag:e.example,2022:{number}"
                again = make_version(archive, id=identity, title=title, summary=f"{time.time_ns()}")
                archive.put([again])
                assert archive.find(identity) == again
        assert len(list(archive.newest())) == len(titles)
        assert list(checking.check(archive)) == []
        archive.reindex()
        assert len(list(archive.newest())) == len(titles)
    assert all(folded == name for folded, name in disk.written.items())


@contextmanager
def _counted(archive: FolderArchive) -> Iterator[list[int]]:
    """The work that is done within, as calls of functions and as hundreds of steps of SQLite."""
    work = [0, 0]

    def call(_: object, event: str, __: object) -> None:
        work[0] += event in ("call", "c_call")

    def steps() -> None:
        work[1] += 1

    database = archive._index._database
    database.set_progress_handler(steps, 100)
    before = sys.getprofile()
    sys.setprofile(call)
    try:
        yield work
    finally:
        sys.setprofile(before)
        database.set_progress_handler(None, 0)


def _one_title(folder: Path, count: int) -> list[list[int]]:
    """Bring so many entries of one title and day, in five parts; return the work of each."""
    taken: list[list[int]] = []
    with FolderArchive(folder, writing=True, disk=Unsynced()) as archive:
        desk = Desk(archive)
        for part in range(5):
            with _counted(archive) as work:
                for number in range(part * count // 5, (part + 1) * count // 5):
                    new = make_entry(id=f"tag:e.example,2022:{number}", title="Tin trong ngày")
                    change, version = settle(
                        new,
                        old=archive.find(new.id),
                        source="valley",
                        now=NOW,
                        zone=UTC,
                        taken=desk.is_taken,
                    )
                    assert change is Change.NEW
                    desk.put(version)
                    if desk.is_full:
                        desk.write()
                desk.write()
            taken.append(work)
        assert sum(1 for _ in archive.indexed()) == count
        for number in (0, count // 2, count - 1):
            found = archive.find(f"tag:e.example,2022:{number}")
            assert found
            assert found.entry.id.endswith(f":{number}")
    return taken


def _most_memory() -> float:
    """The most memory that this process has had, in MB."""
    resource = pytest.importorskip("resource")
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1000


def test_a_thousand_entries_of_one_title_and_day(tmp_path: Path) -> None:
    """The short form: each gets a key of its own, is listed once, and costs as those before do."""
    taken = _one_title(tmp_path / "archive", 1000)
    assert all(last < 1.1 * first for first, last in zip(taken[1], taken[-1], strict=True)), taken
    with FolderArchive(tmp_path / "archive") as archive:
        assert list(checking.check(archive)) == []
        assert len({one.entry.id for one in archive.newest()}) == 1000


@pytest.mark.soak
def test_a_hundred_thousand_entries_of_one_title_and_day(tmp_path: Path) -> None:
    """The last twenty thousand cost as the first ones do, in work and memory."""
    _one_title(tmp_path / "first", 1000)
    before = _most_memory()
    taken = _one_title(tmp_path / "archive", 100_000)
    grown = _most_memory() - before
    print(f"100,000 of one title: {taken} calls and steps, {grown:.0f} MB more")
    assert all(last < 1.2 * first for first, last in zip(taken[0], taken[-1], strict=True))
    assert grown < 100
    with FolderArchive(tmp_path / "archive") as archive:
        assert list(checking.check(archive)) == []
        assert len({one.key for one in archive.newest()}) == 100_000
