"""Sources on disk: a file, or a folder (an inbox: drop a file, get an entry)."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from feedtool import text
from feedtool.config import Http
from feedtool.errors import FetchError
from feedtool.fetch.results import Fetched, Known, NotModified
from feedtool.model import Capture, Source, Validators

# Pictures and sounds lie beside the articles they go with; they are no articles.
_BESIDE = ("image/", "audio/", "video/", "font/")
_UNFINISHED = (".tmp", ".part", ".swp", ".crdownload", "~")


def fetch(
    source: Source, known: Known, *, now: datetime, http: Http, authority: str
) -> Iterator[Fetched]:
    """Yield a `Capture` for each file of `source` that isn't as `known(place)` says, in order of
    their names; `NotModified` for the others, a `FetchError` for what can't be read."""
    root = Path(source.url)
    try:
        paths = [root] if not root.is_dir() else list(_files(root))
    except OSError as error:
        yield FetchError(root, f"can't be listed: {error.strerror}")
        return
    for path in paths:
        place = place_of(root, path)
        try:
            yield _read(path, place, source, known(place), now, http.max_bytes, authority)
        except FileNotFoundError:
            # Gone since it was listed, or never there: the second is the owner's to know.
            if path is root:
                yield FetchError(path, "isn't there")
        except OSError as error:
            yield FetchError(path, f"can't be read: {error.strerror}")
        except FetchError as error:
            yield error


def place_of(root: Path, path: Path) -> str:
    """The name of a file in ids: its path within the source, a lone file by its own name. Bytes
    of it that are no UTF-8 are escaped."""
    place = path.name if path == root else path.relative_to(root).as_posix()
    return place.encode("utf-8", "backslashreplace").decode("utf-8")


def holds(source: Source, place: str) -> bool:
    """True while a file of `source` is at `place`."""
    root = Path(source.url)
    return (root / place).is_file() if root.is_dir() else root.name == place and root.is_file()


def _files(folder: Path) -> Iterator[Path]:
    """All files that may be articles, below `folder`, without following links out of it."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            kind = mimetypes.guess_type(entry.name)[0] or ""
            if not kind.startswith(_BESIDE):
                yield Path(entry.path)


def _read(
    path: Path,
    place: str,
    source: Source,
    known: Validators | None,
    now: datetime,
    max_bytes: int,
    authority: str,
) -> Capture | NotModified:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FetchError(path, "is not a file")
    etag = f"{status.st_mtime_ns}-{status.st_size}"
    if known is not None and known.etag == etag:
        return NotModified(place)
    with path.open("rb") as file:
        body = file.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise FetchError(path, f"is longer than http.max_bytes ({max_bytes:,} bytes)")
    return Capture(
        source=source.name,
        url=str(path),
        place=place,
        body=body,
        captured=now,
        authority=authority,
        media_type=mimetypes.guess_type(path.name)[0],
        validators=Validators(etag=etag, body=text.digest(body)),
    )
