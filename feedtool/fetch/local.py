"""Sources on disk: a file, or a folder (an inbox: drop a file, get an entry)."""

from __future__ import annotations

import mimetypes
import os
import stat
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from feedtool import fingerprint
from feedtool.config import Http
from feedtool.errors import FetchError
from feedtool.fetch.results import Fetched, Known, NotModified
from feedtool.model import Capture, Source, Validators

# Pictures and sounds lie beside the articles they go with; they are no articles.
_BESIDE = frozenset(
    """
    .jpg .jpeg .png .gif .webp .avif .svg .bmp .tif .tiff .ico .heic .mp3 .m4a .ogg .oga .opus .wav
    .flac .aac .mp4 .m4v .mov .webm .avi .mkv .woff .woff2 .ttf .otf
    """.split()  # noqa: SIM905
)
_UNFINISHED = (".tmp", ".part", ".swp", ".crdownload", "~")
_STILL = 0.2  # seconds after which a file that nobody wrote into is taken for whole
_SINCE = 1.0  # seconds that may lie between `now` and the beginning of a read
_PATIENCE = 2.0  # seconds after which files that go on changing are read all the same


class _Waiting:
    """Waits for files that are being written. `now` is about when reading begins."""

    def __init__(self, now: datetime) -> None:
        self._began = now.timestamp() - time.monotonic()
        self._left = _PATIENCE  # for all files together: some may go on changing for good

    def whole(self, path: Path, known: Validators | None) -> os.stat_result | None:
        """Return how a file is once nobody writes into it, as far as that can be seen; None where
        it is as it was known."""
        while True:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise FetchError(path, "is not a file", fault="settings")
            if known is not None and known.etag == _etag(status):
                return None
            age = self._began + time.monotonic() - status.st_mtime
            if not -_SINCE <= age < _STILL or self._left <= 0:
                return status
            wait = _STILL - max(age, 0)
            self._left -= wait
            time.sleep(wait)


def fetch(
    source: Source, known: Known, *, now: datetime, http: Http, authority: str
) -> Iterator[Fetched]:
    """Yield a `Capture` for each file of `source` that isn't as `known(place)` says, those at new
    places first, each in order of their names; `NotModified` for the others, a `FetchError` for
    what can't be read. What was just written is waited for until it stays as it is: half a file
    would be archived as a version of its own."""
    root, waiting = Path(source.url), _Waiting(now)
    found: list[tuple[bool, str, Path]] = []
    for path in files_in(root) if root.is_dir() else (root,):
        if isinstance(path, FetchError):
            yield path
        else:
            place = place_of(root, path)
            found.append((known(place) is not None, place, path))
    # New places first: a text that moved there is found there before its old place is looked at.
    for _, place, path in sorted(found):
        try:
            status = waiting.whole(path, known(place))
            if status is None:
                yield NotModified(place)
            else:
                yield _read(path, place, source, status, now, http.max_bytes, authority)
        except FileNotFoundError:
            # Gone since it was listed, or never there: the second is the owner's to know.
            if path is root:
                yield FetchError(path, "isn't there", fault="settings")
        except OSError as error:
            yield FetchError(path, f"can't be read: {error.strerror}", fault="settings")
        except FetchError as error:
            yield error


def place_of(root: Path, path: Path) -> str:
    """The name of a file in ids: its path within the source, a lone file by its own name. Bytes
    of it that are no UTF-8 are escaped."""
    place = path.name if path == root else path.relative_to(root).as_posix()
    return place.encode("utf-8", "backslashreplace").decode("utf-8")


def is_as(source: Source, place: str, etag: str | None) -> bool:
    """True while the file of `source` at `place` has this time and size."""
    root = Path(source.url)
    try:
        return _etag((root / place if root.is_dir() else root).stat()) == etag
    except OSError:
        return False


def files_in(root: Path) -> Iterator[Path | FetchError]:
    """Yield all files that may be articles, below `root`, without following links out of it; those
    of one folder in the order of their names."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield FetchError(folder, f"can't be listed: {error.strerror}", fault="settings")
            continue
        for entry in found:
            if is_passed_over(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                if not is_beside(path.name):
                    yield path


def is_passed_over(name: str) -> bool:
    """True for the name of a file or folder that is hidden or unfinished."""
    return name.startswith(".") or name.endswith(_UNFINISHED)


def is_beside(name: str) -> bool:
    """True for the name of a picture, sound or font, which goes with articles and is none."""
    return Path(name).suffix.lower() in _BESIDE


def _etag(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}-{status.st_size}"


def _read(
    path: Path,
    place: str,
    source: Source,
    status: os.stat_result,
    now: datetime,
    max_bytes: int,
    authority: str,
) -> Capture:
    with path.open("rb") as file:
        body = file.read(max_bytes + 1)
    if len(body) > max_bytes:
        reason = f"is longer than http.max_bytes ({max_bytes:,} bytes)"
        raise FetchError(path, reason, fault="settings")
    return Capture(
        source=source.name,
        url=str(path),
        place=place,
        body=body,
        captured=now,
        authority=authority,
        media_type=mimetypes.guess_type(path.name)[0],
        validators=Validators(etag=_etag(status), body=fingerprint.whole(body)),
    )
