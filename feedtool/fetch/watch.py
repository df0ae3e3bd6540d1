"""Watching sources on disk, so that a dropped file is read soon. The only file that knows
watchfiles.

Folders are watched by what the system has for that (inotify, FSEvents, ReadDirectoryChangesW); a
lone file, which editors replace, is looked at instead. A watch is help, not a promise: sources are
read by their schedule as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from math import inf
from pathlib import Path
from stat import S_ISDIR
from threading import Event, Thread
from typing import TYPE_CHECKING

from feedtool.fetch import local

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

_STEP = 200  # milliseconds between two questions whether something changed
_MOST = 600  # milliseconds that changes are gathered for
_LOOK = 0.5  # seconds between two looks at lone files, and for folders that came or went
_ANEW = 2.0  # seconds that a watch lasts at least
_SLOWLY = 300.0  # seconds until what couldn't be watched is tried again
_PATIENCE = 5.0  # seconds that a file may go on being written until it is told all the same
_BOUND = 5.0  # seconds that ending may take
_MOUNTS = "/proc/self/mountinfo"
# Where others, or other machines, may change what they like, and we aren't told.
_DISTANT = tuple(
    """
    9p afs ceph cifs fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs lustre nfs smb vboxsf virtiofs
    """.split()  # noqa: SIM905
)

Told = Callable[[OSError], object]


class Watcher:
    """A thread that tells of changes below paths, of folders or files, by the names of sources.

    `changed(name)` is called in that thread: when a watch begins, as what came before isn't known;
    and soon after something changed that may be an article, but, for a few seconds, not while that
    is being written without a pause. `failed(error)` is called, once for each reason, where a watch
    can't be had; what can be watched is, and the rest is tried again.
    """

    def __init__(
        self, folders: Mapping[str, Path], changed: Callable[[str], object], failed: Told = repr
    ) -> None:
        self._stop = Event()
        watch = _Watch(folders, changed, failed, self._stop)
        self._thread = Thread(target=watch.run, name="feedtool-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch, once."""
        self._thread.start()

    def close(self) -> None:
        """End, within seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_BOUND)


class _Changes:
    """What changed below one path and isn't told yet: since when, and how each file was then."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.files: dict[str, object] = {}

    def are_whole(self) -> bool:
        """True when one of the files is as it was when this was asked last, or it was long ago."""
        before, self.files = self.files, {path: _state(path) for path in self.files}
        still = any(before[path] == state for path, state in self.files.items())
        return still or time.monotonic() > self.since + _PATIENCE


class _Watch:
    """What the thread does; all of it is used by the thread alone."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        changed: Callable[[str], object],
        failed: Told,
        stop: Event,
    ) -> None:
        self._paths = {name: os.fspath(path) for name, path in folders.items()}
        self._changed, self._failed, self._stop = changed, failed, stop
        self._states: dict[str, tuple[int, ...] | None] = {}
        self._roots: dict[str, str] = {}  # the folders that are watched, links resolved
        self._changes: dict[str, _Changes] = {}
        self._told: set[str] = set()
        self._look_at = 0.0
        self._anew = inf  # when to begin anew

    def run(self) -> None:
        """Watch until told to stop."""
        while not self._stop.is_set():
            earliest = time.monotonic() + _ANEW
            watch = self._begin()
            try:
                self._watch(watch)
            finally:
                if watch is not None:
                    watch.close()
            self._stop.wait(max(earliest - time.monotonic(), 0))

    def _begin(self) -> RustNotify | None:
        """Watch all folders that are there, or those that can be."""
        self._anew = inf
        for name, path in self._paths.items():
            state = _state(path)
            if _is_folder(state) or _is_folder(self._states.get(name)):
                self._states[name] = state if _is_folder(state) else None
        self._roots = {
            name: os.path.realpath(self._paths[name])
            for name, state in self._states.items()
            if _is_folder(state)
        }
        watch = self._have(self._roots.values()) if self._roots else None
        for name, root in self._roots.items():
            if (kind := _distant(root)) is not None:
                self._tell(OSError(f"{root} is on {kind}: not every change there is seen at once"))
            self._changes.pop(name, None)
            self._changed(name)
        return watch

    def _have(self, roots: Iterable[str]) -> RustNotify | None:
        from watchfiles._rust_notify import RustNotify

        wanted = sorted(set(roots))
        for as_can_be in (False, True):
            try:
                return RustNotify(wanted, False, False, 1000, True, as_can_be)
            except FileNotFoundError:  # it went meanwhile
                self._anew = time.monotonic() + _ANEW
            except (OSError, RuntimeError, ValueError) as error:
                self._anew = time.monotonic() + _SLOWLY
                self._tell(OSError(str(error).partition(" (Error {")[0]))
        return None

    def _tell(self, error: OSError) -> None:
        if str(error) not in self._told:
            self._told.add(str(error))
            self._failed(error)

    def _watch(self, watch: RustNotify | None) -> None:
        """Tell of what changes until it is time to begin anew."""
        while watch is None:
            if self.is_set():
                return
            self._stop.wait(_STEP / 1000)
        while True:
            try:
                # Each step it asks whether to stop. It loses what comes in the moment at which it
                # ends without a change, so it has no timeout, and all is told when it begins anew.
                found = watch.watch(_MOST, _STEP, 0, self)
            except RuntimeError:  # a name that is no UTF-8, a new folder beyond the limit: for good
                return
            if isinstance(found, str):
                return
            for _, path in found:
                self._note(path)

    def is_set(self) -> bool:
        """True when to stop watching or to begin anew; meanwhile, do what is to be done between.
        (What watchfiles takes for its event to stop.)"""
        if self._stop.is_set():
            return True
        for name in [name for name, changes in self._changes.items() if changes.are_whole()]:
            del self._changes[name]
            self._changed(name)
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK
            self._look(now)
        return now >= self._anew

    def _look(self, now: float) -> None:
        """Look at lone files, and whether folders are those that are watched."""
        for name, path in self._paths.items():
            state = _state(path)
            if state == self._states.get(name):
                continue
            self._states[name] = state
            if _is_folder(state):
                self._anew = min(self._anew, now + _ANEW)
            elif state is not None:
                self._changes.setdefault(name, _Changes()).files[path] = state

    def _note(self, path: str) -> None:
        """Take note of a change."""
        for name, root in self._roots.items():
            if path == root or (path.startswith(root + os.sep) and _may_be(path[len(root) + 1 :])):
                self._changes.setdefault(name, _Changes()).files[path] = _state(path)


def _may_be(place: str) -> bool:
    """True for what is, or may hold, an article."""
    parts = Path(place).parts
    return not any(map(local.is_passed_over, parts)) and not local.is_beside(parts[-1])


def _state(path: str) -> tuple[int, ...] | None:
    """Which folder is there, or which file and how it is; None where nothing is."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    which = status.st_dev, status.st_ino
    return which if S_ISDIR(status.st_mode) else (*which, status.st_mtime_ns, status.st_size)


def _is_folder(state: tuple[int, ...] | None) -> bool:
    return state is not None and len(state) == 2


def _distant(root: str, mounts: str = _MOUNTS) -> str | None:
    """The kind of file system at `root`, where it is one that others change (proc(5))."""
    try:
        lines = Path(mounts).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    kinds: dict[str, str] = {}
    for line in lines:
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].replace("\\040", " ")
        if root == point or root.startswith(point.rstrip("/") + "/"):
            kinds[point] = right.split(" ")[0]
    kind = kinds[max(kinds, key=len)] if kinds else ""
    return kind if kind.startswith(_DISTANT) else None
