"""A lease on a folder: who may write. The system holds it, so that it ends with its process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from feedtool.errors import BusyError

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Lease:
    """The right to write in `folder`, by a lock on a file in its `.feedtool/`. Never waits."""

    def __init__(self, folder: Path) -> None:
        """A lease that isn't held yet."""
        self._folder = folder
        self._lock: BaseFileLock | None = None

    def __enter__(self) -> Lease:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take it, or raise `BusyError`; `OSError` where the file can't be made."""
        from filelock import FileLock, Timeout

        beside = self._folder / ".feedtool"
        beside.mkdir(parents=True, exist_ok=True)
        lock = FileLock(beside / "lease", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            reason = "another feedtool is writing here; wait until it is done"
            raise BusyError(self._folder, reason) from error
        self._lock = lock

    def release(self) -> None:
        """Give it back, if it is held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
