"""How well feeds are read: against feedparser, and against what other projects expect of them.

::

    python benchmarks/feeds_score.py [--samples DIR]

The samples are feeds of others and no part of this repository: a folder with `expected/`, in the
shapes of several projects. Ids that those mint themselves are left out.
"""

from __future__ import annotations

import argparse
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Source
from feedtool.read import dates, feed, markup

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
CAPTURED = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = ("title", "link", "id", "author", "date")

Said = Mapping[str, str | None]
"""What is said of an entry, by field; None or nothing where it isn't."""


@dataclass(frozen=True)
class Miss:
    """A field that was read otherwise than expected."""

    file: str
    field: str
    expected: str
    found: str | None


def score(samples: Path) -> dict[str, tuple[int, int]]:
    """Return how many fields are read as expected: "feedparser title" → (right, of)."""
    counts: dict[str, tuple[int, int]] = {}
    for name, miss in judged(samples):
        right, of = counts.get(name, (0, 0))
        counts[name] = (right + (miss is None), of + 1)
    return counts


def judged(samples: Path) -> Iterator[tuple[str, Miss | None]]:
    """Yield the name of each comparison, with the miss where it is one."""
    for path in sorted(samples.glob("s*.*")):
        body = path.read_bytes()
        try:
            entries = feed.read(_capture(path.name, body), Source(name="s", url="/")).entries
        except ReadError:
            entries = ()
        if path.suffix == ".xml":
            yield from _against("feedparser", path.name, _of_feedparser(body), entries)
        expected = samples / "expected" / f"{path.name}.expected.json"
        if expected.exists():
            said = [_said(one) for one in _items(json.loads(expected.read_text("utf-8")))]
            # Some expect of a later issue of the feed.
            if {one.get("title") for one in said} & {entry.title for entry in entries}:
                yield from _against("expected", path.name, said, entries)


def _capture(name: str, body: bytes) -> Capture:
    url = f"https://feeds.example/{name}"
    return Capture(source="s", url=url, place=name, body=body, captured=CAPTURED)


def _against(
    who: str, file: str, said: list[Said], entries: tuple[Entry, ...]
) -> Iterator[tuple[str, Miss | None]]:
    ours = [_ours(entry) for entry in entries]
    for one in said:
        near = max(ours, key=lambda other: _likeness(one, other), default={})
        for field in FIELDS:
            expected = one.get(field)
            if expected:
                found = near.get(field)
                miss = None if found == expected else Miss(file, field, expected, found)
                yield f"{who} {field}", miss


def _likeness(one: Said, other: Said) -> int:
    weights = {"id": 4, "link": 2, "title": 2, "date": 1}
    return sum(
        weight for name, weight in weights.items() if one.get(name) and one[name] == other.get(name)
    )


def _ours(entry: Entry) -> Said:
    return {
        "title": entry.title,
        "link": entry.link,
        "id": entry.id,
        "author": entry.authors[0].name if entry.authors else None,
        "date": _moment(entry.published.time) if entry.published else None,
    }


def _of_feedparser(body: bytes) -> list[Said]:
    """feedparser's own answers, where the document is well-formed."""
    document = feedparser.parse(io.BytesIO(body))
    if document.bozo:
        return []
    return [_said(dict.copy(entry)) for entry in document.entries]


def _items(document: Any) -> list[Any]:
    """The entries in the shapes of fastfeedparser, feed-rs, feedsmith, gofeed and JSON Feed."""
    if isinstance(document, dict):
        for name in ("entries", "items"):
            if isinstance(document.get(name), list):
                return [one for one in document[name] if isinstance(one, dict)]
    return []


def _said(one: Mapping[str, Any]) -> Said:
    return {
        "title": _title(one.get("title"), one.get("title_detail")),
        "link": text.web_url(_link(one)),
        "id": _id(one),
        "author": _author(one),
        "date": _date(one),
    }


def _title(value: Any, detail: Any) -> str | None:
    kind = (detail or {}).get("type", "")
    if isinstance(value, dict):  # feed-rs
        kind, value = value.get("content_type", ""), value.get("content")
    if not isinstance(value, str):
        return None
    return text.line(markup.plain(value) if "html" in kind else value) or None


def _link(one: Mapping[str, Any]) -> str | None:
    link = one.get("link") or one.get("url")
    links = one.get("links")
    if not link and isinstance(links, list):
        link = next(
            (
                found.get("href")
                for found in links
                if isinstance(found, dict) and found.get("rel") in (None, "alternate")
            ),
            None,
        )
    return link if isinstance(link, str) else None


def _id(one: Mapping[str, Any]) -> str | None:
    """An id that is an IRI: others are made into one by us, and by some of them."""
    value = one.get("id")
    return value if isinstance(value, str) and value.startswith(("http", "tag:", "urn:")) else None


def _author(one: Mapping[str, Any]) -> str | None:
    people = one.get("authors") or [one.get("author")]
    first = people[0] if isinstance(people, list) and people else None
    name = first.get("name") if isinstance(first, dict) else first
    return text.line(name) or None if isinstance(name, str) and "@" not in name else None


def _date(one: Mapping[str, Any]) -> str | None:
    for name in ("published", "date_published", "pubDate", "created", "updated"):
        value = one.get(name)
        found = dates.parse(value, UTC) if isinstance(value, str) else None
        if found:
            return _moment(found.time)
    return None


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()


def main() -> None:
    """Print a line for each comparison, and each miss."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--samples", type=Path, default=Path(os.environ.get("FEEDTOOL_SAMPLES", SAMPLES))
    )
    folder = parser.parse_args().samples
    folder = folder / "feeds" if (folder / "feeds").is_dir() else folder
    for name, (right, of) in score(folder).items():
        print(f"{name:18} {right}/{of} {right / of:.1%}")
    for name, miss in judged(folder):
        if miss is not None:
            print(f"{name}: {miss.file}: {miss.expected!r} was read as {miss.found!r}")


if __name__ == "__main__":
    main()
