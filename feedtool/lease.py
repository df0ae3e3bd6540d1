"""A lease on a folder: who may write. The system holds it, so that it ends with its process.

Beside the system's lock stands a note of who holds it, whose time is moved while it is held. It
says whom to wait for; and where the file system's locks end at one machine, or where it has none,
it decides. Its age is measured by the file system's own clock, never by this process's.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from feedtool import sqlite
from feedtool.data import Struct
from feedtool.errors import BusyError

BEAT = 10.0  # seconds between two signs of life
SILENCE = 60.0  # seconds without one after which a lease may be taken over
_LONGEST = 4096  # bytes of a note that are read
_PATIENCE, _PAUSE = 100, 0.01  # how often, and how many seconds apart, to look for what takes µs
# Never follow a link or wait at a pipe that was planted at the note's place.
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Lease:
    """The right to write in `folder`, by a lock on a file in its `.feedtool/`. Never waits for
    another to end."""

    def __init__(self, folder: Path) -> None:
        """A lease that isn't held yet."""
        self._folder = folder
        self._beside = folder / ".feedtool"
        self._note = self._beside / "lease.json"
        self._lock: Connection | None = None
        self._mine: bytes | None = None  # the note as this lease wrote it, like no other
        self._end = threading.Event()
        self._heart: threading.Thread | None = None

    def __enter__(self) -> Lease:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take it, or raise `BusyError` that says who has it; `OSError` where the files can't be
        made."""
        self._beside.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = sqlite.locked(self._beside / "lease")
        except BlockingIOError as error:
            raise self._busy() from error
        try:
            self._sign()
        except BaseException:
            self.release()
            raise
        self._end.clear()
        self._heart = threading.Thread(target=self._beat, name="feedtool-lease", daemon=True)
        self._heart.start()

    def release(self) -> None:
        """Give it back, if it is held."""
        self._end.set()
        if self._heart is not None:
            self._heart.join(BEAT)
            self._heart = None
        if self._mine is not None:
            with contextlib.suppress(OSError):
                if self.held():
                    self._note.unlink()
            self._mine = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def held(self) -> bool:
        """True while nobody took it over or away, and then a sign of life; `OSError` where the
        note can't be read. Cheap: one small file is opened."""
        if self._mine is None:
            return False
        try:
            with _opened(self._note, os.O_RDWR) as descriptor:
                mine = os.read(descriptor, _LONGEST + 1) == self._mine
                if mine:
                    # Not utime: where a server keeps the files, its clock must set the time.
                    with contextlib.suppress(OSError):  # as on a disk that is full
                        os.lseek(descriptor, 0, os.SEEK_SET)
                        os.write(descriptor, self._mine[:1])
                return mine
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR):
                return False
            if error.errno == errno.EROFS:  # nobody writes there, and the next write says why
                return True
            raise

    def assert_held(self) -> None:
        """Raise `BusyError` unless it is held: after a long sleep, another may write by now."""
        if not self.held():
            reason = (
                "the right to write here was lost to another feedtool, or .feedtool was removed"
            )
            raise BusyError(self._folder, f"{reason}; start again")

    def _beat(self) -> None:
        while not self._end.wait(BEAT):
            with contextlib.suppress(OSError):
                if not self.held():
                    return

    def _sign(self) -> None:
        """Put our note in its place; `BusyError` where another's stands there and counts.

        Only who has made a draft, which one process can, looks at the note and replaces it, by
        that draft. A draft that stays was left by a crash: it is passed over by making the next
        one, and taken away by whoever has won. To take it away earlier could hit a newer one.
        """
        descriptor, draft, left = self._draft()
        try:
            try:
                now = os.fstat(descriptor).st_mtime
                note = _read(self._note)
                if note is not None and self._counts(note, now):
                    raise self._busy(note, now)
                self._mine = _encode(now)
                os.write(descriptor, self._mine)
            finally:
                os.close(descriptor)
            draft.replace(self._note)
        except BaseException:
            self._mine = None
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        if not self.held():
            self._mine = None
            raise self._busy()
        for path in left:
            with contextlib.suppress(OSError):
                path.unlink()

    def _draft(self) -> tuple[int, Path, list[Path]]:
        """Make a draft: its descriptor, its path, and those that were left by others."""
        left: list[Path] = []
        for number in range(1, 10):
            draft = self._beside / f".lease.{number}.tmp"
            for _ in range(_PATIENCE):
                with contextlib.suppress(FileExistsError):
                    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE
                    return os.open(draft, flags, 0o600), draft, left
                time.sleep(_PAUSE)
            left.append(draft)
        raise self._busy()

    def _counts(self, note: _Note, now: float) -> bool:
        """True where a note means that its owner still writes."""
        # Ahead of the clock it is no sign of life but of a clock that was put back.
        fresh = abs(now - note.seen) < SILENCE
        if note.host != _host():
            return fresh
        return self._lock is None and fresh and _runs(note.pid)

    def _busy(self, note: _Note | None = None, now: float | None = None) -> BusyError:
        """The error that says who writes here, by a note or by the one that stands there."""
        for _ in range(_PATIENCE // 5):
            if note is not None and (note.host != _host() or _runs(note.pid)):
                break
            time.sleep(_PAUSE)  # whoever was quicker by a moment is still signing
            note = _read(self._note)
        who = "another feedtool is writing here"
        if note is not None:
            if note.pid and note.host:
                who += f": process {note.pid} on host {note.host}"
            if note.started:
                who += f", since {note.started:%Y-%m-%d %H:%M} UTC"
            with contextlib.suppress(OSError):
                now = self._clock() if now is None else now
                who += f", last heard of {max(0.0, now - note.seen):.0f} s ago"
        return BusyError(self._folder, f"{who}; wait until it is done, or stop it")

    def _clock(self) -> float:
        """The time by the file system's clock, as seconds since 1970."""
        import tempfile

        with tempfile.TemporaryFile(dir=self._beside) as file:
            return os.fstat(file.fileno()).st_mtime


class _Note(Struct, frozen=True):
    """What a note says of its owner, where it is whole, and the time of its last sign of life."""

    seen: float
    pid: int = 0
    host: str = ""
    started: datetime | None = None


def _encode(now: float) -> bytes:
    about = {
        "pid": os.getpid(),
        "host": _host(),
        "started": datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z"),
        "lease": os.urandom(8).hex(),  # which tells it from any other of the same process
    }
    return json.dumps(about).encode() + b"\n"


def _read(path: Path) -> _Note | None:
    """The note, or None where there is no file; one that can't be read has no owner's name."""
    try:
        about = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(about.st_mode):
        return None
    data = b""
    with contextlib.suppress(OSError), _opened(path, os.O_RDONLY) as descriptor:
        data = os.read(descriptor, _LONGEST + 1)
        about = os.fstat(descriptor)
    try:
        said: Any = json.loads(data) if len(data) <= _LONGEST else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return _Note(about.st_mtime)
    pid, host, started = said.get("pid"), said.get("host"), said.get("started")
    if type(pid) is not int or not 0 < pid < 2**31:
        pid = 0
    if not isinstance(host, str) or not host.isprintable() or len(host) > 255:
        host = ""
    return _Note(about.st_mtime, pid, host, _time(started))


def _time(said: object) -> datetime | None:
    with contextlib.suppress(ValueError, OverflowError):
        return datetime.fromisoformat(said).astimezone(UTC) if isinstance(said, str) else None
    return None


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | _SAFE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _host() -> str:
    import platform

    return platform.node()


def _runs(pid: int) -> bool:
    """False where no process of this machine has this number; True where that can't be asked."""
    if os.name == "nt" or not pid:  # there, asking would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
