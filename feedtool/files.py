"""Files replaced whole (written beside, synced, renamed), added to at their end (and synced), or
overwritten where something must go. The only code that overwrites.

Errors are plain `OSError`s with the name of the file; the rooms above say what they mean there.
Every call that changes the disk goes through a `Disk`.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

# Never followed: a link planted beside a file must not lead a write elsewhere.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _SAFELY
_ADD = os.O_WRONLY | os.O_CREAT | _SAFELY
_TOGETHER = 64  # files that are open at once: systems allow 256 and more
_GATHERED = 1000  # pieces that are written by one call: systems allow 1024

Name = str | Path
"""A path; those of many files are told as strings, as Paths take longer to make than to use."""

Data = bytes | Sequence[bytes]
"""What a file holds: bytes, or pieces of them in their order."""


class Disk:
    """The calls that change a disk, a method each: a test may fail, record or end at any of them.
    Numbers are file descriptors."""

    def open(self, path: Name, flags: int) -> int:
        """Open a file, perhaps a new one."""
        return os.open(path, flags, 0o666)

    def write(self, file: int, data: bytes | memoryview) -> int:
        """Write some of `data`; return how much."""
        return os.write(file, data)

    def gather(self, file: int, pieces: Sequence[bytes]) -> int:
        """Write some of these, one after the other, without bringing them together in memory where
        the system can do that; return how many bytes."""
        if not hasattr(os, "writev"):  # pragma: no cover - Windows
            return self.write(file, b"".join(pieces))
        return os.writev(file, pieces)

    def truncate(self, file: int, length: int) -> None:
        """Cut an open file."""
        os.ftruncate(file, length)

    def begin_sync(self, file: int) -> None:
        """Say that a file is to be synced soon: many are then written out together, and the first
        sync serves most of the others."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)

    def sync(self, file: int, *, folder: bool = False) -> None:
        """Make what was written to a file, or the names in a folder, outlive a power cut."""
        if folder or not hasattr(os, "fdatasync"):
            os.fsync(file)
        else:
            os.fdatasync(file)  # its bytes and its length; the time of change may be lost

    def rename(self, old: Name, new: Name) -> None:
        """Give a file a name, in place of what has it."""
        os.replace(old, new)  # noqa: PTH105

    def remove(self, path: Name) -> None:
        """Take a file's name away."""
        Path(path).unlink()

    def make_folder(self, path: Path) -> None:
        """Make a folder, if it isn't there."""
        path.mkdir(exist_ok=True)


DISK = Disk()


def temporary(path: Path) -> Path:
    """Where `path` is written before it is renamed: always the same, so that a crash leaves
    at most one file behind, which the next write takes over."""
    return Path(_beside(*os.path.split(path)))


def replace(
    files: Sequence[tuple[Name, Data]],
    disk: Disk = DISK,
    meanwhile: Callable[[], object] | None = None,
) -> list[os.stat_result]:
    """Replace each path by its bytes, all of them written before the first is renamed; return what
    the system says of each. `meanwhile` is called some times while the disk takes what it got.

    A file is whole or as it was, and once this returns, all of them outlive a power cut. Folders
    are made. Only one process may write in a folder at a time.
    """
    split = [os.path.split(path) for path, _ in files]
    folders = list(dict.fromkeys(folder for folder, _ in split))
    made = _make_folders(folders, disk)
    beside = [_beside(folder, name) for folder, name in split]
    written: list[os.stat_result] = []
    try:
        for begin in range(0, len(files), _TOGETHER):
            some = slice(begin, begin + _TOGETHER)
            written += _write(files[some], beside[some], disk, meanwhile)
        with _About() as about:
            for (path, _), new in zip(files, beside, strict=True):
                about.path = path
                disk.rename(new, path)
    except BaseException:
        for new in beside:
            with contextlib.suppress(OSError):
                disk.remove(new)
        raise
    sync_folders([*folders, *made], disk)
    return written


def replace_by_pieces(path: Path, pieces: Iterable[bytes], disk: Disk = DISK) -> None:
    """Replace a path by what `pieces` come to, which need never be in memory at once; as `replace`
    does else. Where they end in an error, all stays as it was."""
    made = _make_folders(_folders([path]), disk)
    try:
        with _opened([temporary(path)], _NEW, disk) as [file]:
            for piece in pieces:
                with _About(path):
                    _write_all(file, piece, disk)
            disk.sync(file)
        disk.rename(temporary(path), path)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.remove(temporary(path))
        raise
    sync_folders([path.parent, *made], disk)


def append(files: Sequence[tuple[Name, bytes]], disk: Disk = DISK) -> list[int]:
    """Add to each path its bytes and return where they begin. Once this returns, they outlive a
    power cut; where it fails, files are as long as they were, if the disk lets us. Folders are
    made."""
    made = _make_folders(_folders(path for path, _ in files), disk)
    ends: list[int] = []
    with _opened([path for path, _ in files], _ADD, disk) as opened:
        try:
            for file, (path, data) in zip(opened, files, strict=True):
                ends.append(os.lseek(file, 0, os.SEEK_END))
                with _About(path):
                    _write_all(file, data, disk)
            _begin_sync(opened, disk)
            _sync_all(opened, files, disk)
        except BaseException:
            for file, end in zip(opened, ends, strict=False):
                with contextlib.suppress(OSError):
                    disk.truncate(file, end)
            raise
    new = _folders(path for (path, _), end in zip(files, ends, strict=True) if not end)
    sync_folders([*new, *made], disk)
    return ends


def make_folder(path: Path, disk: Disk = DISK) -> None:
    """Make a folder and those above it, so that they outlive a power cut."""
    above: list[Path] = []
    _make_folder(path, above, disk)
    sync_folders(above, disk)


@contextlib.contextmanager
def streaming(path: Path, disk: Disk = DISK) -> Iterator[BinaryIO]:
    """Replace `path` by what the block writes into the file it is given, which may be long: whole
    or not at all, and for good once the block has ended. Its folder must be there."""
    new = temporary(path)
    try:
        with os.fdopen(disk.open(new, _NEW), "wb") as file:
            yield file
            file.flush()
            disk.sync(file.fileno())
        disk.rename(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.remove(new)
        raise
    sync_folders([path.parent], disk)


def cut(path: Path, length: int, disk: Disk = DISK) -> None:
    """Cut a file to `length` bytes, for good."""
    with _opened([path], os.O_WRONLY | _SAFELY, disk) as [file], _About(path):
        disk.truncate(file, length)
        disk.sync(file)


def overwrite(path: Path, offset: int, data: bytes, disk: Disk = DISK) -> None:
    """Write `data` over what a file holds from `offset` on, for good. A crash may leave a part of
    both: to be done again then."""
    with _opened([path], os.O_WRONLY | _SAFELY, disk) as [file]:
        os.lseek(file, offset, os.SEEK_SET)
        with _About(path):
            _write_all(file, data, disk)
        _sync_all([file], [(path, data)], disk)


def rewrite(path: Path, data: bytes) -> None:
    """Replace the file that a person keeps at `path` as `replace` does: where it is a link, what
    that leads to; and only those who could read it can read it then."""
    path = path.resolve()
    if path.exists():
        mode = stat.S_IMODE(path.stat().st_mode)
        os.close(os.open(temporary(path), _NEW, mode))
        temporary(path).chmod(mode)
    replace([(path, data)])


def holds(path: Name, data: Data) -> bool:
    """True where `path` holds just these bytes."""
    size = len(data) if isinstance(data, bytes) else sum(map(len, data))
    try:
        same = os.stat(path).st_size == size  # noqa: PTH116 - for each file, as above
        return same and Path(path).read_bytes() == whole(data)
    except FileNotFoundError:
        return False


def whole(data: Data) -> bytes:
    """Return `data` in one piece."""
    return data if isinstance(data, bytes) else b"".join(data)


def sync_folders(folders: Iterable[Name], disk: Disk = DISK) -> None:
    """Make the names in these folders outlive a power cut."""
    if os.name == "nt":  # pragma: no cover - Windows has no handle for it and needs none
        return
    for folder in dict.fromkeys(map(str, folders)):
        descriptor = os.open(folder or ".", os.O_RDONLY)
        try:
            with _About(folder):
                disk.sync(descriptor, folder=True)
        finally:
            os.close(descriptor)


def sync_above(path: Path, disk: Disk = DISK) -> None:
    """Make the names of a folder and of those above it, which a process that was killed may have
    made, outlive a power cut."""
    for folder in path.absolute().parents:
        with contextlib.suppress(PermissionError):  # where nobody like us could have made one
            sync_folders([folder], disk)
        if os.path.ismount(folder):  # above it is another file system, where nothing was made
            break


def _write(
    files: Sequence[tuple[Name, Data]],
    beside: Sequence[str],
    disk: Disk,
    meanwhile: Callable[[], object] | None,
) -> list[os.stat_result]:
    """Write the files beside their paths, and sync them once all are written: the first sync then
    takes most of the others along."""
    with _opened(beside, _NEW, disk) as opened, _About() as about:
        for file, (path, data) in zip(opened, files, strict=True):
            about.path = path
            _write_all(file, data, disk)
        _begin_sync(opened, disk)
        if meanwhile:
            meanwhile()
        _sync_all(opened, files, disk)
        return [os.fstat(file) for file in opened]


@contextlib.contextmanager
def _opened(paths: Iterable[Name], flags: int, disk: Disk) -> Iterator[list[int]]:
    opened: list[int] = []
    try:
        for path in paths:
            opened.append(disk.open(path, flags))  # noqa: PERF401 - those so far are closed
        yield opened
    finally:
        for file in opened:
            os.close(file)


class _About:
    """What the system says against a number, or a name of ours, is told of `path`."""

    def __init__(self, path: Name = "") -> None:
        self.path = path

    def __enter__(self) -> _About:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(self.path), None


def _write_all(file: int, data: Data, disk: Disk) -> None:
    if not isinstance(data, bytes):
        _write_pieces(file, data, disk)
        return
    written = disk.write(file, data)
    while written < len(data):
        written += disk.write(file, memoryview(data)[written:])


def _write_pieces(file: int, pieces: Sequence[bytes], disk: Disk) -> None:
    rest = iter(pieces)
    while some := list(islice(rest, _GATHERED)):
        written = disk.gather(file, some)
        if written < sum(map(len, some)):
            _write_all(file, b"".join(some)[written:], disk)


def _begin_sync(opened: Sequence[int], disk: Disk) -> None:
    if len(opened) > 1:
        for file in opened:
            disk.begin_sync(file)


def _sync_all(opened: Sequence[int], files: Sequence[tuple[Name, Data]], disk: Disk) -> None:
    with _About() as about:
        for file, (path, _) in zip(opened, files, strict=True):
            about.path = path
            disk.sync(file)


def _make_folders(folders: Iterable[str], disk: Disk) -> list[Path]:
    """Make these; return those in which a new one must outlive a power cut."""
    above: list[Path] = []
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112 - a Path's takes longer
            _make_folder(Path(folder), above, disk)
    return above


def _folders(paths: Iterable[Name]) -> list[str]:
    """The folders of these, each once."""
    return list(dict.fromkeys(os.path.dirname(path) for path in paths))  # noqa: PTH120


def _beside(folder: str, name: str) -> str:
    return os.path.join(folder, f".{name}.tmp")  # noqa: PTH118 - for each file, as above


def _make_folder(folder: Path, above: list[Path], disk: Disk) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, above, disk)
    disk.make_folder(folder)
    above.append(folder.parent)
