"""Export: which entries, and each format written into a file or folder as it goes along."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from feedtool.archive import item, warcfile
from feedtool.archive.captures import Captures
from feedtool.archive.folder import FolderArchive
from feedtool.archive.query import Query
from feedtool.data import replace
from feedtool.errors import ArchiveError, DamagedError
from feedtool.interchange import lines, notes
from feedtool.interchange.lines import Chain
from feedtool.kept import Location, Version
from feedtool.model import Capture

Format = Literal["jsonl", "markdown", "warc", "zip"]
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name: the same bytes each time
_FILE_MODE = 0o100644 << 16
_UNIX = 3
_STEP = 1024 * 1024


def chains(
    archive: FolderArchive,
    told: Callable[[ArchiveError], None],
    query: Query | None = None,
    sources: Sequence[str] = (),
) -> Iterator[Chain]:
    """Yield all versions of each entry that is chosen; of a whole archive in the order of keys,
    what was withdrawn too, else newest first. A damaged entry is `told` and left out."""
    keys: Iterable[str]
    if query is not None:
        found = archive.search(query)
        keys = (one.key for one in found if not sources or one.source in sources)
    elif sources:
        keys = (one.key for one in archive.newest(sources=sources))
    else:
        keys = archive.walk()
    for key in keys:
        try:
            current = archive.get(key)
            earlier = archive.history(key)
        except DamagedError as error:
            told(error)
            continue
        if current is not None:
            # A write that was interrupted may have put the current one into the history already.
            yield (*(one for one in earlier if one.revision < current.revision), current)


def to_lines(found: Iterable[Chain], out: BinaryIO) -> None:
    """Write JSON Lines."""
    for chain in found:
        out.write(lines.write(chain))


def to_folder(found: Iterable[Chain], folder: Path) -> None:
    """Write Markdown files into an empty folder: YYYY/MM/DD/slug.md, earlier versions beside."""
    for chain in found:
        for name, data in _markdown(chain):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def to_zip(
    found: Iterable[Chain], out: BinaryIO, *, markdown: bool = False, captures: Path | None = None
) -> None:
    """Write a zip of Markdown files, or of files as an archive has them: with the captures of the
    archive at `captures`, if that is given."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for chain in found:
            kept = chain if captures else tuple(replace(one, capture=None) for one in chain)
            for name, data in _markdown(kept) if markdown else _archived(kept):
                written.writestr(_info(name, zipfile.ZIP_DEFLATED), data)
        if captures is None or markdown:
            return
        for name in Captures(captures).files():
            info = _info(name, zipfile.ZIP_STORED)  # packed already
            with (
                (captures / name).open("rb") as source,
                written.open(info, "w", force_zip64=True) as member,
            ):
                while piece := source.read(_STEP):
                    member.write(piece)


def to_warc(
    found: Iterable[Chain],
    out: BinaryIO,
    name: str,
    *,
    archive: FolderArchive,
    authority: str,
    told: Callable[[ArchiveError], None],
) -> None:
    """Write a WARC file called `name`: the captures that the entries were read from, each once, and
    for an entry without one a resource record with the entry as a JSON Feed."""
    captures = Captures(archive.path)

    def gathered() -> Iterator[Capture]:
        known: set[Location] = set()
        for chain in found:
            held = False
            for location in dict.fromkeys(one.capture for one in chain if one.capture):
                held = held or location in known
                if location in known:
                    continue
                try:
                    capture = captures.read(location)
                except DamagedError as error:
                    told(error)
                    continue
                if capture is not None:
                    known.add(location)
                    held = True
                    yield capture
            if not held:
                yield _as_capture(chain, authority)

    for part in warcfile.export(gathered(), name):
        out.write(part)


def _as_capture(chain: Chain, authority: str) -> Capture:
    current = chain[-1]
    place = f"{current.key}.json"
    return Capture(
        source=current.source,
        url=place,
        place=place,
        body=lines.as_feed(chain),
        captured=current.last_revised,
        authority=authority,
        media_type="application/feed+json",
    )


def _archived(chain: Chain) -> Iterator[tuple[str, bytes]]:
    """The files of an entry as an archive has them."""
    *earlier, current = chain
    yield f"{current.key}.json", item.encode(current)
    if earlier:
        yield f"{current.key}.history.jsonl", b"".join(map(item.encode_line, earlier))


def _markdown(chain: Chain) -> Iterator[tuple[str, bytes]]:
    *earlier, current = (_without_capture(one) for one in chain)
    yield f"{current.key}.md", notes.write(current)
    if earlier:
        yield f"{current.key}.history.jsonl", b"".join(map(item.encode_line, earlier))


def _without_capture(version: Version) -> Version:
    return replace(version, capture=None)


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type, info.create_system, info.external_attr = method, _UNIX, _FILE_MODE
    return info
