"""The captures of another archive, brought over file by file, or one by one where a file of the
same name is here already.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path

from feedtool import files
from feedtool.archive.captures import Captures
from feedtool.errors import ArchiveError, FetchError
from feedtool.interchange.trees import Document, pieces
from feedtool.kept import Location
from feedtool.model import Capture

_NAME = re.compile(
    r"(?:.*/)?(warc/([0-9]{4})/(\2-[0-9]{2}-[0-9]{2}-(?:[0-9]{4}|[1-9][0-9]{4,8})\.warc\.gz))"
)
_MOST = 2 * 1024**3  # bytes of a file of captures


class Brought:
    """The files of captures that came with the entries of another archive; close it at the end."""

    def __init__(self, archive: Path) -> None:
        """They go to the archive at this path."""
        self._archive = archive
        self._here: set[str] = set()
        self._there: dict[str, Captures] = {}
        self._stack = ExitStack()
        self._drafts: Path | None = None

    def close(self) -> None:
        """Forget them."""
        self._stack.close()

    @staticmethod
    def is_file(name: str) -> bool:
        """Return True for the name of a file of captures in an archive."""
        return _NAME.fullmatch(name) is not None

    def take(self, document: Document) -> None:
        """Bring a file over, unless one of that name is here: then what entries need of it is taken
        from there. Raises `FetchError`; `ArchiveError` where it can't be written."""
        found = _NAME.fullmatch(document.name)
        if found is None:
            return
        file = found[1]
        target = self._archive / file
        if document.size > _MOST:
            raise FetchError(document.subject, f"is longer than {_MOST:,} bytes")
        if target.exists() or target.is_symlink():
            if _same(document, target):
                self._here.add(file)
            else:
                self._there[file] = Captures(self._folder_of(document, file))
            return
        try:
            files.make_folder(target.parent)
            _copy(document, target)
        except OSError as error:
            raise ArchiveError(target, f"can't be written: {error.strerror}") from error
        self._here.add(file)

    def find(self, location: Location | None) -> tuple[Location | None, Capture | None]:
        """Return where a capture lies now, or the capture itself where it is still to be kept; None
        and None where it didn't come along. Raises `DamagedError`."""
        if location is None:
            return None, None
        if location.file in self._here:
            return location, None
        there = self._there.get(location.file)
        return None, (there.read(location) if there else None)

    def _folder_of(self, document: Document, file: str) -> Path:
        """A folder in which the document is the file of this name."""
        if document.path is not None:
            return document.path.parents[2]
        if self._drafts is None:
            self._drafts = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        path = self._drafts / file
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(document, path)
        return self._drafts


def _copy(document: Document, target: Path) -> None:
    with document.open() as source, files.streaming(target) as copy:
        for piece in pieces(document, source, _MOST):
            copy.write(piece)


def _same(document: Document, target: Path) -> bool:
    if target.is_symlink() or target.stat().st_size != document.size:
        return False
    with document.open() as source, target.open("rb") as here:
        return all(piece == here.read(len(piece)) for piece in pieces(document, source, _MOST))
