"""What fetching gives: captures, and as values what else may become of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from feedtool.errors import FetchError
from feedtool.model import Capture, Source, Validators


@dataclass(frozen=True, slots=True)
class NotModified:
    """The document at `place` is as it was, and says that it stays so for `fresh`."""

    place: str
    fresh: timedelta = timedelta(0)


Fetched = Capture | NotModified | FetchError
# What is known of the document at a place, if anything.
Known = Callable[[str], Validators | None]


class Fetch(Protocol):
    """Reads a source: each of its documents that may have changed, and never raises a `FetchError`
    but yields it, so that the other documents follow."""

    def __call__(self, source: Source, known: Known) -> Iterator[Fetched]: ...
