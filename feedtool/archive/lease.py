"""The lease: who may write. Held by the operating system, so that it ends with its process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from feedtool.errors import BusyError

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Lease:
    """The right to write, by a lock on the file at `path`. Never waits."""

    def __init__(self, path: Path) -> None:
        """A lease that isn't held yet."""
        self._path = path
        self._lock: BaseFileLock | None = None

    def acquire(self) -> None:
        """Take it, or raise `BusyError`; `OSError` where the file can't be made."""
        from filelock import FileLock, Timeout

        lock = FileLock(self._path, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise BusyError(
                self._path.parent.parent, "another feedtool is writing here; wait until it is done"
            ) from error
        self._lock = lock

    def release(self) -> None:
        """Give it back, if it is held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
