"""What is being written: noted before it begins, so that the next writer can end or undo it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from feedtool import files
from feedtool.data import Struct, field
from feedtool.files import Disk


class Batch(Struct, frozen=True):
    """The keys whose entries are being put, and how long the files were that are being added to (by
    path in the folder). `purged`: what alone is to be left of entries, as lines of JSON."""

    keys: Sequence[str]
    ends: Mapping[str, int] = field(default_factory=dict)
    purged: Sequence[str] = ()


class Pending:
    """The note, a file at `path`; none where nothing is being written."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Nothing is written yet."""
        self._path, self._disk = path, disk

    def note(self, batch: Batch) -> None:
        """Say what is going to be written."""
        said: dict[str, Any] = {"keys": list(batch.keys), "ends": dict(batch.ends)}
        if batch.purged:
            said["purged"] = list(batch.purged)
        files.replace([(self._path, json.dumps(said).encode())], self._disk)

    def clear(self) -> None:
        """All of it is written. Should the note come back after a power cut, that does no harm."""
        with contextlib.suppress(FileNotFoundError):
            self._disk.remove(self._path)

    def has(self, name: str) -> bool:
        """True where what has this key, or this path, is being written, or was when a writer ended;
        or nobody knows."""
        try:
            batch = self.read()
        except ValueError:
            return True
        return batch is not None and (name in batch.keys or name in batch.ends)

    def end(self, name: str) -> int | None:
        """How long the file at this path was before it is being added to: a power cut may leave
        anything behind that. None where it isn't, or nobody knows."""
        with contextlib.suppress(ValueError):
            batch = self.read()
            return batch.ends.get(name) if batch else None
        return None

    def read(self) -> Batch | None:
        """What was being written when a writer ended, None for nothing; `ValueError` where the
        note can't be read, so that nobody knows."""
        try:
            said = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        if isinstance(said, list):  # as it was written before captures were
            said = {"keys": said, "ends": {}}
        with contextlib.suppress(KeyError, TypeError, AttributeError):
            keys, ends, purged = said["keys"], said["ends"], said.get("purged", [])
            if all(isinstance(one, str) for one in (*keys, *purged)) and all(
                type(end) is int and end >= 0 for end in ends.values()
            ):
                return Batch(keys, ends, purged)
        raise ValueError("is no note of a batch")
