"""How well articles are read: by field, over plain texts, pages and feeds.

::

    python benchmarks/quality.py [--samples DIR] [--verbose] [--json] [--gate]

The samples are texts of others and no part of this repository: a folder with `articles/` and
`pages/`, each with a `labels.jsonl`, and `feeds/`; or a folder of articles alone. It is
`$FEEDTOOL_SAMPLES`, else `shared/samples` beside the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feeds_score
import pages_score

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Source
from feedtool.read import prose

# Shares that must be right, for `--gate`: what was reached, less one article or page.
FLOORS = {
    "title": 0.96,
    "author": 0.96,
    "date": 0.96,
    "language": 0.96,
    "lead": 0.93,
    "captions F1": 0.9,
}
# Times without a zone are ours to place: there feedparser takes UTC, which is seldom so.
FEED_FLOOR = 0.98
PAGE_FLOORS = {
    "title": 0.97,
    "authors": 0.90,
    "date": 0.97,
    "body": 0.945,  # mean token F1
    "with": 0.97,
    "without": 0.95,
}
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
CAPTURED = datetime(2026, 1, 1, tzinfo=UTC)

Label = Mapping[str, Any]


@dataclass
class Score:
    """What came out: right answers by field, the misses, and how often a traceback came."""

    articles: int = 0
    right: dict[str, float] = field(default_factory=dict)
    misses: list[tuple[str, str, str, str]] = field(default_factory=list)
    tracebacks: int = 0

    def share(self, name: str) -> float:
        """The share of articles whose field `name` is right, 0 to 1."""
        return self.right.get(name, 0.0) / max(self.articles, 1)


def _date(entry: Entry | None) -> str | None:
    return entry.published.day.isoformat() if entry and entry.published else None


def _names(names: Iterable[str]) -> list[str]:
    return sorted(text.line(name) for name in names)


# Each field as it is labelled and as it was read; both sides are compared as they are.
FIELDS: Mapping[str, tuple[Callable[[Label], Any], Callable[[Entry | None], Any]]] = {
    "title": (lambda label: text.line(label["title"]), lambda entry: entry and entry.title),
    "author": (
        lambda label: _names((label["author"] or "").split(";")) if label["author"] else [],
        lambda entry: _names(person.name for person in entry.authors) if entry else [],
    ),
    "date": (lambda label: label["date"], _date),
    "language": (lambda label: label["language"], lambda entry: entry and entry.language),
    "lead": (lambda label: text.line(label["lead"] or ""), lambda entry: entry and entry.summary),
}


def captions_f1(want: Iterable[str], got: Iterable[str]) -> float:
    """The harmonic mean of precision and recall, 0 to 1; 1 where there are none on either side."""
    wanted, found = set(map(text.line, want)), set(got)
    if not wanted and not found:
        return 1.0
    return 2 * len(wanted & found) / (len(wanted) + len(found))


def read(path: Path) -> Entry | None:
    """The article in a file, or None where it can't be read as one."""
    capture = Capture(
        source="samples",
        url=str(path),
        place=path.name,
        body=path.read_bytes(),
        captured=CAPTURED,
    )
    try:
        return prose.read(capture, Source(name="samples", url=str(path.parent))).entries[0]
    except ReadError:
        return None


def measure(samples: Path) -> Score:
    """Read every labelled article in the folder and compare."""
    score = Score()
    for row in (samples / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(row)
        if label.get("kind", "article") != "article":
            continue
        score.articles += 1
        try:
            entry = read(samples / label["file"])
        except Exception:  # noqa: BLE001 - counting them is the point
            traceback.print_exc()
            score.tracebacks += 1
            entry = None
        for name, (wanted, found) in FIELDS.items():
            want, got = wanted(label), found(entry)
            score.right[name] = score.right.get(name, 0.0) + (want == got)
            if want != got:
                score.misses.append((label["file"], name, str(want), str(got)))
        f1 = captions_f1(label.get("captions", ()), entry.captions if entry else ())
        score.right["captions F1"] = score.right.get("captions F1", 0.0) + f1
    return score


def main(argv: list[str] | None = None) -> int:
    """Print the scores; 1 with `--gate` where one is under its floor or there was a traceback."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = os.environ.get("FEEDTOOL_SAMPLES") or SAMPLES
    parser.add_argument("--samples", type=Path, default=Path(default), metavar="DIR")
    parser.add_argument("--verbose", action="store_true", help="show every miss")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--gate", action="store_true", help="fail under the floors")
    options = parser.parse_args(argv)
    folders = (options.samples, options.samples / "articles")
    samples = next((folder for folder in folders if (folder / "labels.jsonl").is_file()), None)
    if samples is None:
        print(f"skipped: no labelled articles in {options.samples}", file=sys.stderr)
        return 0
    score = measure(samples)
    shares = {name: round(score.share(name), 3) for name in score.right}
    under = [name for name, floor in FLOORS.items() if score.share(name) < floor]
    if options.json:
        summary = {"articles": score.articles, "tracebacks": score.tracebacks, "fields": shares}
        misses = [
            dict(zip(("file", "field", "want", "got"), miss, strict=True)) for miss in score.misses
        ]
        print(json.dumps({**summary, "misses": misses, "under": under}, ensure_ascii=False))
    else:
        print(f"{score.articles} plain texts, {score.tracebacks} tracebacks")
        for name, share in shares.items():
            floor = f"floor {FLOORS[name]:.0%}" if name in FLOORS else "for information"
            print(f"  {name:12} {score.right[name]:5.1f}  {share:6.1%}  {floor}")
        if options.verbose:
            for file, name, want, got in score.misses:
                print(f"{file}: {name}\n  want {want}\n  got  {got}")
    pages, feeds = options.samples / "pages", options.samples / "feeds"
    if (pages / "labels.jsonl").is_file():
        under += _table("pages", pages_score.score(pages), PAGE_FLOORS, options.json)
    if (feeds / "manifest.jsonl").is_file():
        found = feeds_score.score(feeds)
        under += _table("feeds", found, dict.fromkeys(found, FEED_FLOOR), options.json)
    return 1 if options.gate and (under or score.tracebacks) else 0


def _table(
    what: str,
    scores: Mapping[str, tuple[float, float]],
    floors: Mapping[str, float],
    as_json: bool,
) -> list[str]:
    """Print right/of by field; return the fields under their floors."""
    shares = {field: right / of for field, (right, of) in scores.items()}
    if as_json:
        print(json.dumps({what: {field: round(share, 3) for field, share in shares.items()}}))
    else:
        print(what)
        for field, share in shares.items():
            print(f"  {field:18} {share:6.1%}  floor {floors[field]:.0%}")
    return [f"{what}: {field}" for field, share in shares.items() if share < floors[field]]


if __name__ == "__main__":
    raise SystemExit(main())
