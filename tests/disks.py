"""Disks that end their process, fail, or remember what a power cut would leave of what was written."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeVar
from unittest import mock

from feedtool.files import Disk, Name

T = TypeVar("T")
How = Literal["before", "half", "after"]
Act = Callable[[], Any]
_CONNECT = sqlite3.connect


@dataclass(frozen=True)
class Point:
    """A moment of a run: at the nth call of a stream ("disk" or "sql"), before it, half way through
    or just after it. `name` is what is called."""

    stream: str
    number: int
    how: How
    name: str = ""


class Watch:
    """Counts the calls that change something, by stream; a subclass does something at one."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._numbers = {"disk": 0, "sql": 0}

    def call(self, stream: str, name: str, act: Act, half: Act | None = None) -> Any:
        """Do `act`, a call of this name; `half` does a part of it."""
        self._numbers[stream] += 1
        number = self._numbers[stream]
        ways: list[How] = ["before", "after"] if half is None else ["before", "half", "after"]
        self.points += [Point(stream, number, how, name) for how in ways]
        return self.happen(stream, number, act, half)

    def happen(self, stream: str, number: int, act: Act, half: Act | None) -> Any:
        """What becomes of the call."""
        return act()


class Deadly(Watch):
    """Kills its own process at a point."""

    def __init__(self, point: Point) -> None:
        super().__init__()
        self._point = point

    def happen(self, stream: str, number: int, act: Act, half: Act | None) -> Any:
        """End at the point."""
        if (stream, number) != (self._point.stream, self._point.number):
            return act()
        if self._point.how == "after":
            with contextlib.suppress(FileNotFoundError):  # what is removed need not be there
                act()
        elif self._point.how == "half" and half:
            half()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


class Failing(Watch):
    """Fails from the nth call of a stream on, `times` over."""

    def __init__(self, stream: str, number: int, code: int, times: float = float("inf")) -> None:
        super().__init__()
        self._stream, self._first, self._code, self._times = stream, number, code, times
        self.failed = 0
        self.well = False

    def happen(self, stream: str, number: int, act: Act, half: Act | None) -> Any:
        """Fail, having done the half of it."""
        due = stream == self._stream and number >= self._first and self.failed < self._times
        if self.well or not due:
            return act()
        self.failed += 1
        if stream == "sql":
            said = {errno.ENOSPC: "database or disk is full", errno.EROFS: "readonly database"}
            raise sqlite3.OperationalError(said.get(self._code, "disk I/O error"))
        if half:
            half()
        raise OSError(self._code, os.strerror(self._code))


class Unsynced(Disk):
    """Syncs nothing, for speed."""

    def sync(self, file: int, *, folder: bool = False) -> None:
        """Trust."""


class WatchedDisk(Disk):
    """Asks a watch at each call; syncs nothing, as a process that is killed takes nothing along."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def _call(self, name: str, act: Act, half: Act | None = None) -> Any:
        return self._watch.call("disk", name, act, half)

    def open(self, path: Name, flags: int) -> int:
        """Open a file."""
        return self._call("open", lambda: Disk.open(self, path, flags))

    def write(self, file: int, data: bytes | memoryview) -> int:
        """Write; half of it, where a half is asked for."""
        half = lambda: Disk.write(self, file, data[: len(data) // 2])  # noqa: E731
        return self._call("write", lambda: Disk.write(self, file, data), half)

    def truncate(self, file: int, length: int) -> None:
        """Cut an open file."""
        self._call("truncate", lambda: Disk.truncate(self, file, length))

    def sync(self, file: int, *, folder: bool = False) -> None:
        """Count only."""
        self._call("sync", lambda: None)

    def rename(self, old: Name, new: Name) -> None:
        """Give a file a name."""
        self._call("rename", lambda: Disk.rename(self, old, new))

    def remove(self, path: Name) -> None:
        """Take a file's name away."""
        self._call("remove", lambda: Disk.remove(self, path))

    def make_folder(self, path: Path) -> None:
        """Make a folder."""
        self._call("make_folder", lambda: Disk.make_folder(self, path))


def _changes(statement: str) -> bool:
    word = statement.split(maxsplit=1)[0].upper()
    if word == "PRAGMA":
        return "=" in statement
    return word not in ("SELECT", "ROLLBACK")  # rolling back is what SQLite does by itself, too


@contextlib.contextmanager
def watched_sqlite(watch: Watch) -> Iterator[None]:
    """Ask a watch at each statement that changes a database, of every connection made in here."""

    class Watched(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            act = lambda: super(Watched, self).execute(statement, *values)  # noqa: E731
            name = " ".join(statement.split()[:2])
            return watch.call("sql", name, act) if _changes(statement) else act()

        def executemany(self, statement: str, rows: Any) -> sqlite3.Cursor:
            rows = list(rows)
            act = lambda: super(Watched, self).executemany(statement, rows)  # noqa: E731
            half = lambda: super(Watched, self).executemany(statement, rows[: len(rows) // 2])  # noqa: E731
            return watch.call("sql", "executemany", act, half if len(rows) > 1 else None)

        def executescript(self, script: str) -> sqlite3.Cursor:
            statements = [f"{one};" for one in script.split(";\n")[:2]]
            act = lambda: super(Watched, self).executescript(script)  # noqa: E731
            half = lambda: super(Watched, self).executescript("\n".join(statements))  # noqa: E731
            return watch.call("sql", "executescript", act, half)

    def connecting(*given: Any, **named: Any) -> sqlite3.Connection:
        made = _CONNECT(*given, **named, factory=Watched)
        sqlite3.Connection.execute(made, "PRAGMA synchronous = OFF")
        return made

    with mock.patch.object(sqlite3, "connect", connecting):
        yield


class Died(BaseException):
    """Raised where a `Recording` was told to end; nothing reaches the disk after it."""


@dataclass
class _File:
    """What is in a file: for good, and since then."""

    kept: bytes = b""
    since: list[tuple[int, bytes | None]] = field(default_factory=list)  # at, data; None: cut there

    def content(self, changes: int | None = None, half: int | None = None) -> bytes:
        """The bytes after so many of the changes (all), half of the next one where it says so."""
        data = bytearray(self.kept)
        for at, written in self.since[:changes]:
            _change(data, at, written)
        if half is not None and half < len(self.since):
            at, written = self.since[half]
            if written:
                _change(data, at, written[: len(written) // 2])
        return bytes(data)


def _change(data: bytearray, at: int, written: bytes | None) -> None:
    if written is None:
        del data[at:]
        return
    data.extend(bytes(max(0, at - len(data))))
    data[at : at + len(written)] = written


_Name = tuple[str, _File | bool | None]  # a name in a folder, and what has it (True: a folder)


@dataclass
class _Folder:
    """The names in a folder: for good, and what was done since then, each of which may be lost."""

    kept: dict[str, _File | bool] = field(default_factory=dict)
    since: list[list[_Name]] = field(default_factory=list)

    def names(self, done: Callable[[], bool]) -> dict[str, _File | bool]:
        """The names, where each change was `done` or not."""
        found = dict(self.kept)
        for change in self.since:
            if done():
                for name, what in change:
                    found.pop(name, None)
                    if what is not None:
                        found[name] = what
        return found


Cut = Callable[[random.Random], tuple[Callable[[], bool], Callable[[_File], bytes]]]


def nothing(_: random.Random) -> tuple[Callable[[], bool], Callable[[_File], bytes]]:
    """Only what was promised is left."""
    return lambda: False, lambda file: file.kept


def everything(_: random.Random) -> tuple[Callable[[], bool], Callable[[_File], bytes]]:
    """All that was done is left."""
    return lambda: True, lambda file: file.content()


def names_alone(_: random.Random) -> tuple[Callable[[], bool], Callable[[_File], bytes]]:
    """All names are left, and of contents as much zeros, as file systems that allocate late do."""

    def content(file: _File) -> bytes:
        whole = file.content()
        return file.kept[: len(whole)] + bytes(max(0, len(whole) - len(file.kept)))

    return lambda: True, content


def anything(chance: random.Random) -> tuple[Callable[[], bool], Callable[[_File], bytes]]:
    """Some names; of contents the first changes, perhaps torn, perhaps rubbish at their end."""

    def content(file: _File) -> bytes:
        changes = chance.randint(0, len(file.since))
        data = file.content(changes, changes if chance.random() < 0.5 else None)
        lost = len(data) - len(file.kept)
        if file.since and lost > 0 and chance.random() < 0.3:
            data = data[: len(file.kept)] + chance.randbytes(lost)
        return data

    return lambda: chance.random() < 0.5, content


CUTS: tuple[Cut, ...] = (nothing, everything, names_alone, anything)


class Recording(Watch):
    """Keeps beside what a disk holds what it has promised to hold; `disk` is it as a `Disk`.

    What was there before is for good. Databases sync themselves and are taken as they are.
    `dies_at` is the number of the disk's call at which it ends, by `Died`.
    """

    def __init__(self, root: Path, dies_at: int | None = None) -> None:
        super().__init__()
        self.root = root
        self.disk = _RecordingDisk(self)
        self.dies_at = dies_at
        self.dead = False
        self.before_call: Callable[[], None] = lambda: None
        self._folders: dict[Path, _Folder] = {}
        self._nodes: dict[tuple[int, int], _File | Path] = {}
        self.know_folder(root.parent)

    @property
    def count(self) -> int:
        """The number of the call that is made."""
        return self._numbers["disk"]

    def happen(self, stream: str, number: int, act: Act, half: Act | None) -> Any:
        """End there, or go on."""
        if self.dead or number == self.dies_at:
            self.dead = True
            raise Died
        self.before_call()
        return act()

    def revive(self) -> None:
        """The next process begins."""
        self.dead, self.dies_at = False, None

    def know_folder(self, path: Path) -> _Folder:
        """The folder at this path."""
        status = path.stat()
        self._nodes[status.st_dev, status.st_ino] = path
        return self._folders.setdefault(path, _Folder())

    def know_file(self, descriptor: int, new: bool) -> _File:
        """The open file."""
        status = os.fstat(descriptor)
        node = status.st_dev, status.st_ino
        if new or not isinstance(self._nodes.get(node), _File):
            self._nodes[node] = _File()
        found = self._nodes[node]
        assert isinstance(found, _File)
        return found

    def promise(self, descriptor: int) -> None:
        """What is in this file or folder now is for good."""
        status = os.fstat(descriptor)
        what = self._nodes.get((status.st_dev, status.st_ino))
        if isinstance(what, _File):
            what.kept, what.since = what.content(), []
        elif what is not None:
            folder = self._folders[what]
            folder.kept, folder.since = folder.names(lambda: True), []

    def name(self, folder: Path, *names: _Name) -> None:
        """Names that are given or (None) taken away, together."""
        self._folders[folder].since.append(list(names))

    def named(self, path: Path) -> _File | bool | None:
        """What has this name now."""
        return self._folders[path.parent].names(lambda: True).get(path.name)

    def cut(self, into: Path, how: Cut, chance: random.Random) -> Path:
        """Lay out below `into` what a power cut just now may leave; return where the root is."""
        done, content = how(chance)

        def lay(folder: Path, to: Path) -> None:
            to.mkdir(parents=True)
            for name, what in self._folders[folder].names(done).items():
                if isinstance(what, _File):
                    (to / name).write_bytes(content(what))
                else:
                    lay(folder / name, to / name)

        lay(self.root.parent, into)
        return into / self.root.name


def with_databases(recording: Recording, left: Path) -> None:
    """Put beside what is left the databases as they were, if their folder is."""
    beside = recording.root / ".feedtool"
    if (left / ".feedtool").is_dir():
        for path in chain(beside.glob("*.sqlite"), beside.glob("*.sqlite-journal")):
            shutil.copyfile(path, left / ".feedtool" / path.name)


class _RecordingDisk(Disk):
    def __init__(self, recording: Recording) -> None:
        self._to = recording

    def _call(self, name: str, act: Act) -> Any:
        return self._to.call("disk", name, act)

    def open(self, path: Name, flags: int) -> int:
        path = Path(path)

        def act() -> int:
            new = not path.exists()
            descriptor = Disk.open(self, path, flags)
            file = self._to.know_file(descriptor, new)
            if new:
                self._to.name(path.parent, (path.name, file))
            elif flags & os.O_TRUNC:
                file.since.append((0, None))
            return descriptor

        return self._call("open", act)

    def write(self, file: int, data: bytes | memoryview) -> int:
        def act() -> int:
            at = os.lseek(file, 0, os.SEEK_CUR)
            written = Disk.write(self, file, data)
            self._to.know_file(file, False).since.append((at, bytes(data[:written])))
            return written

        return self._call("write", act)

    def truncate(self, file: int, length: int) -> None:
        def act() -> None:
            Disk.truncate(self, file, length)
            self._to.know_file(file, False).since.append((length, None))

        self._call("truncate", act)

    def sync(self, file: int, *, folder: bool = False) -> None:
        self._call("sync", lambda: self._to.promise(file))

    def rename(self, old: Name, new: Name) -> None:
        old, new = Path(old), Path(new)

        def act() -> None:
            what = self._to.named(old)
            Disk.rename(self, old, new)
            if what is not None:  # else a database, which isn't kept here
                self._to.name(old.parent, (old.name, None), (new.name, what))

        self._call("rename", act)

    def remove(self, path: Name) -> None:
        path = Path(path)

        def act() -> None:
            Disk.remove(self, path)
            self._to.name(path.parent, (path.name, None))

        self._call("remove", act)

    def make_folder(self, path: Path) -> None:
        def act() -> None:
            new = not path.is_dir()
            Disk.make_folder(self, path)
            self._to.know_folder(path)
            if new:
                self._to.name(path.parent, (path.name, True))

        self._call("make_folder", act)


def evenly(points: Sequence[T], most: int) -> list[T]:
    """So many of these, from first to last."""
    step = max(1.0, len(points) / most)
    return [points[int(number * step)] for number in range(min(most, len(points)))]
