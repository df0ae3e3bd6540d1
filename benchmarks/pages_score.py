"""How well and how fast web pages are read, against pages that people labelled.

::

    python benchmarks/pages_score.py DIR

`labels.jsonl` in a folder of gzipped pages gives for each its title, authors and day, and either
the paragraphs of its text (`body`) or pieces that its text must and must not hold (`with`,
`without`). trafilatura reads the same pages in the same run, where it is installed.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feedtool import text
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Source
from feedtool.read import markup, page

_SEEN = datetime(2026, 11, 1, tzinfo=UTC)
_ROUNDS = 5  # of which the first isn't counted

Label = dict[str, Any]
Text = Callable[[Label, bytes], str]


def score(samples: Path) -> dict[str, tuple[float, int]]:
    """Return how well the pages in `samples` are read: field → (right, of).

    `body` adds up token F1; `with` and `without` count the pieces that are there, or are not.
    """
    found: dict[str, tuple[float, int]] = {}
    for label, raw in pages(samples):
        entry = read(label, raw)
        verdict = {name: (float(well), 1) for name, well in judge(label, entry).items()}
        for name, (right, of) in (verdict | judge_text(label, _plain(entry))).items():
            before = found.get(name, (0.0, 0))
            found[name] = (before[0] + right, before[1] + of)
    return found


def pages(samples: Path) -> Iterator[tuple[Label, bytes]]:
    """Yield each label in `samples` with the bytes of its page."""
    for line in (samples / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label: Label = json.loads(line)
        yield label, gzip.decompress((samples / label["file"]).read_bytes())


def read(label: Label, raw: bytes) -> Entry | None:
    """Return what is read of the page `raw`, or None where it is refused."""
    capture = Capture(source="s", url=label["url"], place=label["file"], body=raw, captured=_SEEN)
    try:
        return page.read(capture, Source(name="s", url=label["url"])).entries[0]
    except ReadError:
        return None


def judge(label: Label, entry: Entry | None) -> dict[str, bool]:
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


def judge_text(label: Label, found: str) -> dict[str, tuple[float, int]]:
    """Return how well the text `found` fits what `label` knows of it: name → (right, of)."""
    verdict: dict[str, tuple[float, int]] = {}
    folded = text.fold(found)
    if label.get("body"):
        verdict["body"] = (f1(text.fold("\n".join(label["body"])), folded), 1)
    for name, wanted in (("with", True), ("without", False)):
        if pieces := label.get(name):
            right = sum((text.fold(piece) in folded) is wanted for piece in pieces)
            verdict[name] = (right, len(pieces))
    return verdict


def f1(wanted: str, found: str) -> float:
    """The harmonic mean of precision and recall over the words, each as often as it stands."""
    want, got = Counter(wanted.split()), Counter(found.split())
    common = (want & got).total()
    return 2 * common / (want.total() + got.total()) if common else 0.0


def _plain(entry: Entry | None) -> str:
    return markup.plain(entry.content_html or "") if entry else ""


def _trafilatura() -> tuple[Text, Callable[[Label, bytes], object]] | None:
    """What takes the text of a page by trafilatura, and what takes all of it; None without it."""
    try:
        import trafilatura  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return (
        lambda label, raw: trafilatura.extract(raw, url=label["url"], include_comments=False) or "",
        lambda label, raw: trafilatura.bare_extraction(raw, url=label["url"], with_metadata=True),
    )


def _times(samples: Path, ways: list[Callable[[Label, bytes], object]]) -> list[float]:
    """Seconds of CPU that each of `ways` takes for all pages: medians by page, interleaved."""
    known = list(pages(samples))
    taken: dict[tuple[int, int], list[float]] = {}
    for turn in range(_ROUNDS):
        for at, (label, raw) in enumerate(known):
            for number, way in enumerate(ways):
                start = time.process_time()
                way(label, raw)
                if turn:
                    taken.setdefault((number, at), []).append(time.process_time() - start)
    return [
        sum(statistics.median(taken[number, at]) for at in range(len(known)))
        for number in range(len(ways))
    ]


def main() -> None:
    """Print a line for each field, right/of and the share, then the time; trafilatura beside."""
    samples = Path(sys.argv[1])
    other = _trafilatura()
    theirs: dict[str, tuple[float, int]] = {}
    if other:
        for label, raw in pages(samples):
            for name, (right, of) in judge_text(label, other[0](label, raw)).items():
                before = theirs.get(name, (0.0, 0))
                theirs[name] = (before[0] + right, before[1] + of)
    for name, (right, of) in score(samples).items():
        beside = (
            f"   trafilatura {theirs[name][0] / theirs[name][1]:6.1%}" if name in theirs else ""
        )
        print(f"{name:8} {right:5.1f}/{of:<3} {right / of:6.1%}{beside}")
    ours, *rest = _times(samples, [read, other[1]] if other else [read])
    beside = f", trafilatura {rest[0] * 1000:.0f} ms, ratio {ours / rest[0]:.2f}" if rest else ""
    print(f"time     {ours * 1000:.0f} ms{beside}")


if __name__ == "__main__":
    main()
