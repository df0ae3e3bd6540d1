"""Files replaced whole: written beside, synced, renamed. The only code that overwrites.

Errors are plain `OSError`s; the rooms above say what they mean there.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

# Never followed: a link planted beside a file must not lead a write elsewhere.
_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_TRUNC
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)


def temporary(path: Path) -> Path:
    """Where `path` is written before it is renamed: always the same, so that a crash leaves
    at most one file behind, which the next write takes over."""
    return path.with_name(f".{path.name}.tmp")


def replace(files: Sequence[tuple[Path, bytes]]) -> None:
    """Replace each path by its bytes, all of them written before the first is renamed.

    A file is whole or as it was, and once this returns, all of them outlive a power cut. Folders
    are made. Only one process may write in a folder at a time.
    """
    made: list[Path] = []
    for path, _ in files:
        _make_folder(path.parent, made)
    try:
        for path, data in files:
            _write(temporary(path), data)
        for path, _ in files:
            temporary(path).replace(path)
    except BaseException:
        for path, _ in files:
            with contextlib.suppress(OSError):
                temporary(path).unlink()
        raise
    sync_folders([path.parent for path, _ in files] + [folder.parent for folder in made])


def rewrite(path: Path, data: bytes) -> None:
    """Replace the file that a person keeps at `path` as `replace` does: where it is a link, what
    that leads to; and only those who could read it can read it then."""
    path = path.resolve()
    if path.exists():
        mode = stat.S_IMODE(path.stat().st_mode)
        os.close(os.open(temporary(path), _FLAGS, mode))
        temporary(path).chmod(mode)
    replace([(path, data)])


def holds(path: Path, data: bytes) -> bool:
    """True where `path` holds just these bytes."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the names in these folders outlive a power cut."""
    if os.name == "nt":  # pragma: no cover - Windows has no handle for it and needs none
        return
    for folder in dict.fromkeys(folders):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, _FLAGS, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path, made: list[Path]) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, made)
    folder.mkdir(exist_ok=True)
    made.append(folder)
