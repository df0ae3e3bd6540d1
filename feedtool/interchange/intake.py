"""Import: entries of archives exactly, and any other documents as collecting reads them."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from feedtool import fingerprint, text
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.archive.tree import ASIDE, MANIFEST
from feedtool.collect import collect
from feedtool.config import Config, is_name
from feedtool.data import Struct, replace
from feedtool.desk import Desk
from feedtool.errors import DamagedError, FeedtoolError, FetchError, ReadError
from feedtool.fetch.results import Fetched, Known, NotModified, OneByOne
from feedtool.interchange import lines, notes, trees
from feedtool.interchange.evidence import Brought
from feedtool.interchange.lines import Chain
from feedtool.interchange.merge import Merger
from feedtool.interchange.recordings import Recordings
from feedtool.interchange.trees import Document, Tree
from feedtool.kept import Change, Version
from feedtool.model import Capture, Source, Validators
from feedtool.read import zones
from feedtool.settle import settle

_LINE = 64 * 1024 * 1024  # bytes of an entry with its history
_TOGETHER = 500  # documents of other making that are read together
_HISTORY = ".history.jsonl"
_BESIDE = re.compile(  # what an archive holds beside its articles
    rf"(?:.*/)?{re.escape(MANIFEST)}|.*\.jsonl?{re.escape(ASIDE)}(?:-[0-9]+)?"
)
_MARKDOWN = (".md", ".markdown")
_WARC = (".warc", ".warc.gz")
_HEAD = 5


class Taken(Struct):
    """What became of what was imported: so many entries (`failed`: documents or entries)."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    failed: int = 0

    def add(self, change: Change) -> None:
        """Count one more."""
        name = change.value
        setattr(self, name, getattr(self, name) + 1)


class Intake:
    """Brings what is at paths into an archive; what can't be read is `told`, and the rest goes on.

    Entries of other making belong to the source called `name`, by default the name of their path;
    it need not be in the configuration.
    """

    def __init__(
        self,
        config: Config,
        archive: FolderArchive,
        *,
        now: datetime,
        name: str | None = None,
        told: Callable[[FeedtoolError], None],
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`now` is when the import begins; `step` is called with the name of each document."""
        self._config, self._archive, self._now = config, archive, now
        self._name, self._told, self._step = name, told, step
        self._taken = Taken()

    def take(self, path: Path) -> Taken:
        """Import the file, folder or zip at `path`; an `ArchiveError` ends it."""
        self._taken = Taken()
        try:
            tree = trees.tree(path)
        except FetchError as error:
            self._fail(error)
            return self._taken
        brought = Brought(self._archive.path)
        try:
            self._take_captures(tree, brought)
            self._take_exact(tree, brought)
            self._take_others(tree, path)
        finally:
            brought.close()
            tree.close()
        return self._taken

    def _fail(self, error: FeedtoolError) -> None:
        self._taken.failed += 1
        self._told(error)

    def _take_captures(self, tree: Tree, brought: Brought) -> None:
        for document in tree.walk():
            if isinstance(document, Document) and brought.is_file(document.name):
                self._step(document.name)
                try:
                    brought.take(document)
                except FetchError as error:
                    self._fail(error)

    def _take_exact(self, tree: Tree, brought: Brought) -> None:
        merger = Merger(self._archive)
        for document in tree.walk():
            if isinstance(document, FetchError):
                self._fail(document)
                continue
            try:
                for chain in self._chains(document, tree):
                    self._merge(merger, chain, brought, document.subject)
            except FetchError as error:
                self._fail(error)
        merger.flush()

    def _merge(
        self, merger: Merger, found: Chain | ReadError, brought: Brought, subject: str
    ) -> None:
        if isinstance(found, ReadError):
            self._fail(found)
            return
        current = found[-1]
        edited = item.digest(current.entry) != current.digest
        name = self._name or current.source
        if not is_name(name):
            self._fail(ReadError(subject, f"is of a source with no possible name: {name[:80]}"))
            return
        chain, captures = [], []
        for version in found:
            try:
                location, capture = brought.find(version.capture)
            except DamagedError as error:
                self._fail(error)
                location = capture = None
            chain.append(replace(version, capture=location, source=name))
            captures.append(capture)
        try:
            if edited:
                self._revise(merger, tuple(chain))
            else:
                self._taken.add(merger.add(tuple(chain), captures))
        except DamagedError as error:
            self._fail(error)

    def _revise(self, merger: Merger, chain: Chain) -> None:
        """Take in an entry that somebody has edited since it was exported."""
        merger.flush()
        current = chain[-1]
        old = self._archive.find(current.entry.id)
        if old is None:
            self._taken.add(merger.add(chain))
            return
        desk = Desk(self._archive)
        change, version = settle(
            current.entry,
            old=old,
            source=old.source,
            now=self._now,
            zone=zones.zone_for(None, current.entry.language),
            taken=desk.is_taken,
        )
        if change is Change.REVISED:
            desk.put(version)
            desk.write()
        self._taken.add(change)

    def _chains(self, document: Document, tree: Tree) -> Iterator[Chain | ReadError]:
        """The entries of an archive in a document; none of one of other making."""
        name = document.name.lower()
        most = self._config.http.max_bytes
        if name.endswith(_HISTORY):
            return
        if name.endswith((".jsonl", ".ndjson")):
            yield from self._lines(document)
        elif name.endswith(".json"):
            found = _parsed(document.read(most))
            for one in lines.items_of(found) or ():
                chain = _chain(document, partial(lines.read, one))
                yield self._with_history(chain, document, tree, ".json")
        elif name.endswith(_MARKDOWN) and (written := self._note(document)):
            chain = _chain(document, lambda: (notes.read(written),))
            suffix = document.name[document.name.rindex(".") :]
            yield self._with_history(chain, document, tree, suffix)

    def _lines(self, document: Document) -> Iterator[Chain | ReadError]:
        self._step(document.name)
        for number, line in enumerate(trees.lines(document, _LINE), 1):
            if isinstance(line, FetchError):
                yield ReadError(line.subject, line.reason)
                continue
            found = _parsed(line)
            chain = _chain(document, partial(_read_line, found))
            if isinstance(chain, ReadError):
                chain = ReadError(document.subject, f"line {number} {chain.reason}")
            yield chain

    def _with_history(
        self, found: Chain | ReadError, document: Document, tree: Tree, suffix: str
    ) -> Chain | ReadError:
        """With the earlier versions that a file beside it holds."""
        self._step(document.name)
        beside = tree.get(document.name.removesuffix(suffix) + _HISTORY)
        if isinstance(found, ReadError) or beside is None or len(found) > 1:
            return found
        written = beside.read(_LINE).split(b"\n")[:-1]
        earlier = _chain(beside, lambda: tuple(map(item.decode, written)))
        if isinstance(earlier, ReadError):
            return earlier
        current = found[-1]
        mine = (one for one in earlier if one.entry.id == current.entry.id)
        return (*(one for one in mine if one.revision < current.revision), current)

    def _take_others(self, tree: Tree, path: Path) -> None:
        """Read what isn't of an archive, many documents at a time."""
        name = self._name or name_of(path)
        others = self._others(tree, name)
        while some := list(islice(others, _TOGETHER)):
            known = self._config.source
            new = Source(name=name, url="", captures=self._config.archive.captures)
            source = next((one for one in known if one.name == name), new)
            here = replace(source, url=str(path.absolute()), kind=None, links=None)
            config = replace(
                self._config, source=(*(one for one in known if one.name != name), here)
            )
            fetching = OneByOne(partial(self._fetched, some, path.name, name))
            for outcome in collect(
                config, self._archive, now=self._now, names=[name], fetching=fetching
            ):
                for change, _ in outcome.changes:
                    self._taken.add(change)
                self._taken.unchanged += outcome.unchanged
                for error in (*outcome.skipped, *([outcome.error] if outcome.error else ())):
                    self._fail(error)

    def _others(self, tree: Tree, name: str) -> Iterator[Document]:
        """Documents of other making; those that hold recordings are read at once."""
        recordings = Recordings(self._config, self._archive, self._name, name)
        for document in tree.walk():
            if isinstance(document, FetchError) or Brought.is_file(document.name):
                continue
            try:
                if self._is_recording(document):
                    self._step(document.name)
                    for found in recordings.take(document):
                        self._took(found)
                elif not self._is_ours(document):
                    yield document
            except FetchError as error:
                self._fail(error)

    def _took(self, found: Change | Chain | FeedtoolError) -> None:
        if isinstance(found, Change):
            self._taken.add(found)
        elif isinstance(found, FeedtoolError):
            self._fail(found)
        else:
            merger = Merger(self._archive)
            self._merge(merger, found, Brought(self._archive.path), found[-1].key)
            merger.flush()

    def _is_recording(self, document: Document) -> bool:
        name = document.name.lower()
        if name.endswith(_WARC):
            return True
        with document.open() as file:
            return b"".join(trees.pieces(document, file, _HEAD)) == b"WARC/"

    def _is_ours(self, document: Document) -> bool:
        """True for what was taken in exactly, or can't be anything else."""
        name = document.name.lower()
        if name.endswith((".jsonl", ".ndjson")) or _BESIDE.fullmatch(name):
            return True
        if name.endswith(".json"):
            try:
                found = _parsed(document.read(self._config.http.max_bytes))
                return lines.items_of(found) is not None
            except FetchError:
                return True  # told already
        return name.endswith(_MARKDOWN) and bool(self._note(document))

    def _note(self, document: Document) -> str | None:
        """The Markdown that an archive was exported as, None for other Markdown."""
        with document.open() as file:
            if b"".join(trees.pieces(document, file, 3)) != b"---":
                return None
        written = document.read(self._config.http.max_bytes).decode("utf-8", "replace")
        return written if notes.is_ours(written) else None

    def _fetched(
        self, some: Iterable[Document], within: str, name: str, _: Source, known: Known
    ) -> Iterator[Fetched]:
        """The documents as captures of a source."""
        for document in some:
            self._step(document.name)
            place = f"import/{text.line(within)}/{document.name}"
            before = known(place)
            if before is not None and before.etag == document.stamp:
                yield NotModified(place)
                continue
            try:
                body = document.read(self._config.http.max_bytes)
            except FetchError as error:
                yield error
                continue
            yield Capture(
                source=name,
                url=document.subject,
                place=place,
                body=body,
                captured=self._now,
                authority=self._config.host,
                media_type=mimetypes.guess_type(document.name)[0],
                validators=Validators(etag=document.stamp, body=fingerprint.whole(body)),
            )


def name_of(path: Path) -> str:
    """Return what the source is called that documents at `path` are of, if nothing else is said."""
    slug = text.slug(path.absolute().name.partition(".")[0])[:40].strip("-")
    return slug if is_name(slug) else f"import-{slug}"


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _read_line(found: object) -> Chain:
    if not isinstance(found, dict):
        raise ValueError("is no entry of an archive")
    return lines.read(found)


def _chain(document: Document, read: Callable[[], tuple[Version, ...]]) -> Chain | ReadError:
    try:
        return read()
    except ValueError as error:
        return ReadError(document.subject, str(error))
