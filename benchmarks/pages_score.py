"""How well web pages are read, against pages that people labelled.

`labels.jsonl` in a folder of gzipped pages gives for each its title, authors and day.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Source
from feedtool.read import page

_SEEN = datetime(2026, 11, 1, tzinfo=UTC)


def score(samples: Path) -> dict[str, tuple[int, int]]:
    """Return how many of the pages in `samples` are read as labelled: field → (right, of)."""
    right = {"title": 0, "authors": 0, "date": 0}
    of = dict(right)
    for label, entry in entries(samples):
        for field, well in judge(label, entry).items():
            right[field] += well
            of[field] += 1
    return {field: (right[field], of[field]) for field in right}


def entries(samples: Path) -> Iterator[tuple[dict[str, Any], Entry | None]]:
    """Yield each label in `samples` with what was read of its page, None where nothing was."""
    for line in (samples / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label: dict[str, Any] = json.loads(line)
        body = gzip.decompress((samples / label["file"]).read_bytes())
        capture = Capture(
            source="s", url=label["url"], place=label["file"], body=body, captured=_SEEN
        )
        try:
            yield label, page.read(capture, Source(name="s", url=label["url"])).entries[0]
        except ReadError:
            yield label, None


def judge(label: dict[str, Any], entry: Entry | None) -> dict[str, bool]:
    """Return for each field that `label` knows whether `entry` has it right.

    Titles and names are compared folded; of the authors, all are wanted and no other.
    """
    titles = {text.fold(title) for title in [label["title"], *label.get("title_also", [])]}
    verdict = {"title": entry is not None and text.fold(entry.title) in titles}
    wanted = {text.fold(name) for name in label["authors"] or []}
    also = {text.fold(name) for name in label.get("authors_also") or []}
    if wanted:
        found = {text.fold(person.name) for person in entry.authors} if entry else set()
        verdict["authors"] = (
            bool(found) and found <= wanted | also and (wanted <= found or bool(found & also))
        )
    days = [label["date"], *(label.get("date_also") or [])]
    if None not in days:
        when = entry.published if entry else None
        verdict["date"] = when is not None and when.day.isoformat() in days
    return verdict


def main() -> None:
    """Print a line for each field: its name, right/of and the share."""
    for field, (right, of) in score(Path(sys.argv[1])).items():
        print(f"{field:8} {right}/{of} {right / of:.0%}")


if __name__ == "__main__":
    main()
