"""The documents in a file, a folder or a zip, one after another; what is hostile in a zip is
refused.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from feedtool.data import Struct
from feedtool.errors import FetchError
from feedtool.fetch import local

STEP = 1024 * 1024
_DIRECTORY = 256 * 1024 * 1024  # bytes of a zip that say what is in it: they are read at once
_GROWTH = 200  # times as much as it takes itself, a zip may hold
_SPARE = 100 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END = 65_557  # bytes in which a zip's end record lies (APPNOTE 4.3.16)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    struct.error,
)


class Document(Struct, frozen=True):
    """A file to be read: its `name` within what was given, `subject` for messages, a `stamp` that
    changes when it does, its length in bytes, and its path if it has one of its own."""

    name: str
    subject: str
    stamp: str
    size: int
    path: Path | None = None
    opener: Callable[[], BinaryIO] | None = None

    def read(self, most: int) -> bytes:
        """Return what it holds; `FetchError` where that is more than `most` bytes or can't be
        read."""
        with self.open() as file:
            body = b"".join(pieces(self, file, most + 1))
        if len(body) > most:
            raise FetchError(self.subject, f"is longer than {most:,} bytes")
        return body

    def open(self) -> BinaryIO:
        """Open it for reading; raises `FetchError`."""
        try:
            if self.opener is not None:
                return self.opener()
            assert self.path is not None, "what has no path has an opener"
            return self.path.open("rb")
        except OSError as error:
            raise FetchError(self.subject, f"can't be read: {error.strerror}") from error
        except _BROKEN as error:
            raise FetchError(self.subject, f"can't be read: {error}") from error


def pieces(document: Document, file: BinaryIO, most: int) -> Iterator[bytes]:
    """Yield what an open document holds, at most `most` bytes of it; raises `FetchError`."""
    left = most
    while left > 0:
        piece = _told(document, partial(file.read, min(left, STEP)))
        if not piece:
            return
        left -= len(piece)
        yield piece


def lines(document: Document, most: int) -> Iterator[bytes | FetchError]:
    """Yield each line of a document that isn't blank, and a `FetchError` for one of more than
    `most` bytes; raises one where it can't be read on."""
    number = 0
    with document.open() as file:
        while line := _told(document, lambda: file.readline(most + 1)):
            number += 1
            if len(line) <= most:
                if line.strip():
                    yield line
                continue
            yield FetchError(document.subject, f"line {number} is longer than {most:,} bytes")
            while line and not line.endswith(b"\n"):
                line = _told(document, lambda: file.readline(STEP))


def _told(document: Document, read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except OSError as error:
        raise FetchError(document.subject, f"can't be read: {error.strerror}") from error
    except _BROKEN as error:
        raise FetchError(document.subject, f"is broken: {error}") from error


class Tree(Protocol):
    """What documents are in; it is to be closed."""

    def walk(self) -> Iterator[Document | FetchError]:
        """Yield each document, and a `FetchError` for what can't be one."""
        ...

    def get(self, name: str) -> Document | None:
        """The document of this name, or None."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def tree(path: Path) -> Tree:
    """Return what is at `path`; raises `FetchError`."""
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise FetchError(path, "is not a file or folder")
        if path.is_file() and zipfile.is_zipfile(path):
            return Zip(path)
        if path.is_file() and _begins_as_zip(path):
            raise FetchError(path, "is a zip that isn't whole: its end is missing")
    except FileNotFoundError as error:
        raise FetchError(path, "isn't there") from error
    except OSError as error:
        raise FetchError(path, f"can't be read: {error.strerror}") from error
    return Files(path)


def _begins_as_zip(path: Path) -> bool:
    """True for a file that begins as a zip does (APPNOTE 4.3.7)."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


class Files:
    """A file, or all below a folder but for hidden ones and links."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def walk(self) -> Iterator[Document | FetchError]:
        """Yield each file."""
        single = self._root.is_file()
        for path in (self._root,) if single else local.files_in(self._root):
            if isinstance(path, FetchError):
                yield path
                continue
            try:
                yield self._document(path)
            except OSError as error:
                yield FetchError(path, f"can't be read: {error.strerror}")

    def get(self, name: str) -> Document | None:
        """The file of this name beside or below the root."""
        path = (self._root.parent if self._root.is_file() else self._root) / name
        try:
            return self._document(path) if stat.S_ISREG(path.lstat().st_mode) else None
        except OSError:
            return None

    def close(self) -> None:
        """There is nothing to let go of."""

    def _document(self, path: Path) -> Document:
        status = path.stat()
        name = local.place_of(self._root, path)
        stamp = f"{status.st_mtime_ns}-{status.st_size}"
        return Document(name, str(path), stamp, status.st_size, path)


class Zip:
    """A zip; what is in it is never written to where its name says."""

    def __init__(self, path: Path) -> None:
        """Open it; raises `FetchError` where it is broken or made to take long."""
        self._path = path
        size = path.stat().st_size
        try:
            if _directory(path, size) > _DIRECTORY:
                raise FetchError(path, f"lists more than {_DIRECTORY:,} bytes of names")
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise FetchError(path, f"is no whole zip: {error}") from error
        whole = sum(info.file_size for info in self._zip.infolist())
        if whole > _SPARE + _GROWTH * size:
            self._zip.close()
            raise FetchError(path, f"would grow from {size:,} to {whole:,} bytes: it is refused")

    def walk(self) -> Iterator[Document | FetchError]:
        """Yield each member that is a file."""
        for info in self._zip.infolist():
            parts = info.filename.split("/")
            subject = f"{self._path}/{info.filename}"
            if info.is_dir() or any(part.startswith(".") and part != ".." for part in parts):
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            if ".." in parts or info.filename.startswith("/") or "\\" in info.filename:
                yield FetchError(subject, "has a name that leads out of the zip: it is left out")
            elif kind not in (0, stat.S_IFREG):
                yield FetchError(subject, "is no file but a link or the like: it is left out")
            elif info.flag_bits & 1:
                yield FetchError(subject, "is locked with a password: unpack it first")
            elif info.compress_type not in _METHODS:
                yield FetchError(subject, "is packed in a way that isn't known: unpack it first")
            elif not local.is_beside(parts[-1]):
                yield self._document(info)

    def get(self, name: str) -> Document | None:
        """The member of this name."""
        try:
            return self._document(self._zip.getinfo(name))
        except KeyError:
            return None

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _document(self, info: zipfile.ZipInfo) -> Document:
        def opener() -> BinaryIO:
            return self._zip.open(info)  # type: ignore[return-value]

        stamp = f"{info.CRC:08x}-{info.file_size}"
        name = f"{self._path}/{info.filename}"
        return Document(info.filename, name, stamp, info.file_size, opener=opener)


def _directory(path: Path, size: int) -> int:
    """How many bytes a zip says that its list of names has (APPNOTE 4.3.14 to 4.3.16)."""
    with path.open("rb") as file:
        file.seek(max(0, size - _END))
        end = file.read(_END)
        at = end.rfind(b"PK\x05\x06")
        if at < 0 or len(end) < at + 22:
            raise zipfile.BadZipFile("its end is missing")
        length: int = struct.unpack("<L", end[at + 12 : at + 16])[0]
        if length == 0xFFFFFFFF:
            locator = end[at - 20 : at] if at >= 20 else b""
            found = re.match(rb"PK\x06\x07", locator)
            if not found:
                raise zipfile.BadZipFile("its end is missing")
            file.seek(min(struct.unpack("<Q", locator[8:16])[0], size))
            record = file.read(56)
            length = struct.unpack("<Q", record[40:48])[0]
    # What isn't true of it, `ZipFile` finds; it reads no more than the file has before its end.
    return min(length, size)
