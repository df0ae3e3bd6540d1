"""WARC files of any tool's making: each recording is a capture with its own address and date."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from feedtool.archive import warcfile
from feedtool.archive.folder import FolderArchive
from feedtool.config import Config, is_name
from feedtool.data import replace
from feedtool.desk import Desk
from feedtool.errors import DamagedError, FeedtoolError, FetchError, ReadError
from feedtool.interchange import lines
from feedtool.interchange.lines import Chain
from feedtool.interchange.trees import Document, pieces
from feedtool.kept import Change
from feedtool.model import Capture, Entry, Reading, Source, handle
from feedtool.read import zones
from feedtool.read.readers import read
from feedtool.settle import settle

_MOST = 4 * 1024**3  # bytes of a WARC file in a zip, which has to be unpacked
_OK = 200
_ITEM = "application/feed+json"
_TYPES = ("html", "xml", "rss", "atom", "json", "text/plain", "text/markdown")


class Recordings:
    """Reads recordings into an archive, each as of when it was made."""

    def __init__(
        self, config: Config, archive: FolderArchive, name: str | None, default: str
    ) -> None:
        """They belong to the source called `name`; without that to the one they name, else to
        `default`."""
        self._config, self._archive = config, archive
        self._name, self._default = name, default
        self._configured = {source.name: source for source in config.source}

    def take(self, document: Document) -> Iterator[Change | Chain | FeedtoolError]:
        """Yield what became of each entry; the versions of one that came as an item of an archive,
        which are still to be merged; and what is wrong."""
        if document.path is not None:
            yield from self._take(document.path, document.subject)
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "unpacked.warc"
            if document.size > _MOST:
                raise FetchError(document.subject, f"is longer than {_MOST:,} bytes")
            with document.open() as packed, path.open("wb") as copy:
                for piece in pieces(document, packed, _MOST):
                    copy.write(piece)
            yield from self._take(path, document.subject)

    def _take(self, path: Path, subject: str) -> Iterator[Change | Chain | FeedtoolError]:
        desk = Desk(self._archive)
        most = self._config.http.max_bytes
        for found in warcfile.records(
            path, max_bytes=most, source=self._name, authority=self._config.host
        ):
            if isinstance(found, ReadError):
                yield ReadError(subject, found.reason)
                continue
            items = _items(found)
            if items is not None:
                desk.write()
                yield from items
            elif _may_hold_articles(found):
                yield from self._read(desk, found)
        desk.write()

    def _read(self, desk: Desk, capture: Capture) -> Iterator[Change | FeedtoolError]:
        name = capture.source if is_name(capture.source) else self._default
        capture = replace(capture, source=name)
        kept = self._config.archive.captures
        known = self._configured.get(name) or Source(name=name, url=capture.url, captures=kept)
        source = replace(known, kind=None, links=None)
        reading = _reading(capture, source)
        if isinstance(reading, FeedtoolError):
            yield reading
            return
        yield from reading.skipped
        alone = reading.kind in ("page", "prose")
        if source.captures or (source.captures is None and alone):
            desk.begin(capture)
        for entry in reading.entries:
            try:
                yield self._settle(desk, entry, capture, source)
            except DamagedError as error:
                yield error
        desk.end(keep=False)
        if desk.is_full:
            desk.write()

    def _settle(self, desk: Desk, entry: Entry, capture: Capture, source: Source) -> Change:
        if desk.holds(entry):
            desk.write()
        named = filter(None, (entry.id, handle(entry.id)))
        old = next((one for name in named if (one := self._archive.find(name))), None)
        if old is not None:
            theirs = old.source != source.name and old.source in self._configured
            if theirs or capture.captured < old.last_revised:
                return Change.UNCHANGED  # what it was once, or what another source brings
        change, version = settle(
            entry,
            old=old,
            source=source.name,
            now=capture.captured,
            zone=zones.zone_for(source.time_zone, entry.language),
            taken=desk.is_taken,
        )
        if change is not Change.UNCHANGED:
            desk.put(version)
        return change


def _may_hold_articles(capture: Capture) -> bool:
    """False for errors, redirections, pictures, scripts and the like."""
    if capture.exchange is not None and capture.exchange.status != _OK:
        return False
    if capture.place.endswith("/robots.txt") or not capture.body:
        return False
    kind = capture.media_type
    return kind is None or any(one in kind for one in _TYPES)


def _items(capture: Capture) -> list[Chain | FeedtoolError] | None:
    """The entries of an archive in a record of our own export, None for any other."""
    if capture.media_type != _ITEM:
        return None
    try:
        items = lines.items_of(json.loads(capture.body))
    except (ValueError, RecursionError):
        return None
    if items is None:
        return None
    found: list[Chain | FeedtoolError] = []
    for one in items:
        try:
            found.append(lines.read(one))
        except ValueError as error:
            found.append(ReadError(capture.url, str(error)))
    return found


def _reading(capture: Capture, source: Source) -> Reading | FeedtoolError:
    try:
        return read(capture, source)
    except FeedtoolError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a mistake of a reader costs its document only
        reason = f"can't be read, by a mistake of feedtool ({type(error).__name__}: {error})"
        return ReadError(capture.url, reason)
