"""A manifest of an archive: the SHA-256 of every file, as `sha256sum` writes it.

With it the archive is proven without feedtool: `cd archive && sha256sum -c manifest.sha256`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from feedtool import files
from feedtool.archive import entries, tree
from feedtool.archive.tree import Found
from feedtool.errors import ArchiveError

_PIECE = 1 << 16  # bytes that are written at once
_LISTED = ("entry", "history", "capture")


def write(folder: Path, target: Path, step: Callable[[str], object] | None = None) -> int:
    """Write the manifest of the archive in `folder` to `target`, whole or not at all; return how
    many files it names: entries, histories and captures, sorted by path as bytes, whatever is in
    them. `step` is called with the path of each entry.

    It is true of the moment: what is put later differs. Memory follows the largest folder.
    `ArchiveError` where a file can't be read or the manifest can't be written.
    """
    counted = [0]

    def pieces() -> Iterator[bytes]:
        lines: list[str] = []
        for found in tree.files(folder):
            if found.what not in _LISTED:
                continue
            digest = _digest(folder, found)
            if digest is None:
                continue
            counted[0] += 1
            lines.append(f"{digest}  {found.path}\n")
            if len(lines) * 100 > _PIECE:
                yield "".join(lines).encode("ascii")
                lines.clear()
            if step and found.what == "entry":
                step(found.path)
        yield "".join(lines).encode("ascii")

    try:
        files.replace_by_pieces(target, pieces())
    except OSError as error:
        raise ArchiveError(target, entries.reason(error)) from error
    return counted[0]


def _digest(folder: Path, found: Found) -> str | None:
    """The digest of a file, None for one that was removed meanwhile."""
    path = folder / found.path
    try:
        with path.open("rb", buffering=0) as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArchiveError(path, entries.reason(error)) from error
