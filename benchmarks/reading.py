"""How quickly documents are read, side by side with the tools that others use.

::

    python benchmarks/reading.py [--rounds N] [--json] [--gate] [--samples DIR]

Feeds: CPU of `feedparser.parse` with its defaults over CPU of our reader, for generated feeds with
full content, half Vietnamese, half English. All entries new; one new; none new in other bytes; the
same bytes, of which only the digest is taken. Articles and pages: CPU of `trafilatura` over ours, a
document, where that package is installed and the samples are there.

Both sides run in turn in each round; the median of the rounds' ratios counts. With `--gate` it is 1
where a ratio is below its floor.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import importlib
import io
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import feedparser

from feedtool import text
from feedtool.data import replace
from feedtool.errors import ReadError
from feedtool.model import Capture, Source, Validators
from feedtool.read import feed, page, prose

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
CAPTURED = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source(name="valley", url="https://valley.example/feed")
# Ratios below which `--gate` says no.
FLOORS = {"all new": 8.0, "one new": 20.0, "none new": 30.0, "same bytes": 200.0}
SAMPLE_FLOORS = {"prose": 15.0, "pages": 0.85}
SIZES = (50, 200)

_VI = """
bản mường xã huyện tỉnh hội nghị tổng kết cuối năm nước sạch về đường mới bà con nhân dân trồng chè
rừng suối thung lũng lễ hội mùa xuân hợp tác cán bộ giáo viên học sinh chợ phiên thóc lúa ngô sắn
nhà sàn cầu treo khánh thành văn hoá truyền thống phát triển kinh tế
"""
_EN = """
harbour ferry valley moon bread bridge weir council meeting road water school market spring autumn
rain wind hill quiet people nobody evening morning letter garden boat captain baker teacher opened
repaired promised arrived carried walked waited when after before because the and with from over
"""
_WORDS = {"vi": _VI.split(), "en": _EN.split()}


@dataclass(frozen=True)
class Row:
    """One comparison: what was read, in which case, and how many times quicker ours is."""

    name: str
    case: str
    ratio: float
    lowest: float
    highest: float
    floor: float


def sentence(chance: random.Random, language: str, words: int) -> str:
    """Return so many words, with a capital and a full stop."""
    said = " ".join(chance.choice(_WORDS[language]) for _ in range(words))
    return said[:1].upper() + said[1:] + "."


def article(chance: random.Random, language: str, number: int) -> str:
    """Return an invented article as HTML: about 3,000 letters of text, laid out as sites do."""
    parts: list[str] = []
    while sum(len(part) for part in parts) < 4200:
        first, second = (sentence(chance, language, chance.randint(9, 16)) for _ in "ab")
        word, name = (sentence(chance, language, 2)[:-1] for _ in "ab")
        parts.append(
            f"<p>{first} <strong>{word}</strong> {second} "
            f'<a href="https://valley.example/{number}/{len(parts)}">{name}</a>, '
            f"<em>{word}</em>.</p>"
        )
        if len(parts) % 4 == 0:
            parts.append(f"<h2>{name}</h2>")
            parts.append(
                f'<p><img src="https://valley.example/{number}-{len(parts)}.jpg" alt="{word}" '
                'width="640" height="480"></p>'
            )
        if len(parts) % 7 == 0:
            parts.append("<ul>" + f"<li>{first}</li><li>{name}</li><li>{word}</li>" + "</ul>")
            parts.append(f"<blockquote><p>{second}</p></blockquote>")
    return "\n".join(parts)


def rss(entries: int, seed: int = 1) -> bytes:
    """Return an RSS 2.0 feed of so many invented entries."""
    items = []
    for number, (title, summary, author, tags, html) in enumerate(_stories(entries, seed)):
        address = f"https://valley.example/{number}"
        categories = "".join(f"<category>{tag}</category>" for tag in tags)
        items.append(
            f"<item><title>{title}</title><link>{address}</link>"
            f'<guid isPermaLink="false">urn:valley:{number}</guid>'
            f"<dc:creator>{author}</dc:creator>"
            f"<pubDate>Wed, 13 Apr 2022 07:{number // 60 % 60:02}:{number % 60:02} +0700</pubDate>"
            f"{categories}<description>{summary}</description>"
            f"<content:encoded><![CDATA[{html}]]></content:encoded></item>\n"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Valley</title>'
        "<link>https://valley.example/</link><description>News</description>"
        f"<language>vi</language>{''.join(items)}</channel></rss>"
    ).encode()


def atom(entries: int, seed: int = 1) -> bytes:
    """Return an Atom feed of so many invented entries."""
    items = []
    for number, (title, summary, author, tags, html) in enumerate(_stories(entries, seed)):
        categories = "".join(f'<category term="{tag}"/>' for tag in tags)
        clock = f"{number // 60 % 60:02}:{number % 60:02}+07:00"
        items.append(
            f"<entry><id>tag:valley.example,2022:{number}</id><title>{title}</title>"
            f'<link rel="alternate" href="https://valley.example/{number}"/>'
            f"<published>2022-04-13T07:{clock}</published><updated>2022-04-13T08:{clock}</updated>"
            f"<author><name>{author}</name></author>{categories}<summary>{summary}</summary>"
            f'<content type="html">{escape(html)}</content></entry>\n'
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xml:lang="vi"><id>urn:valley</id><title>Valley</title>'
        "<updated>2022-04-13T07:00:00+07:00</updated>"
        f'<link href="https://valley.example/"/>{"".join(items)}</feed>'
    ).encode()


def _stories(entries: int, seed: int) -> Iterator[tuple[str, str, str, list[str], str]]:
    chance = random.Random(seed)
    for number in range(entries):
        language = ("vi", "en")[number % 2]
        title = f"{sentence(chance, language, 8)[:-1]} {number}"
        author, *tags = (sentence(chance, language, 2)[:-1] for _ in range(4))
        summary = sentence(chance, language, 30)
        yield title, summary, author, tags, article(chance, language, number)


def capture(body: bytes, place: str = "valley.example/feed", **fields: Any) -> Capture:
    """Return a capture of `body`."""
    return Capture(
        source="valley",
        url=f"https://{place}",
        place=place,
        body=body,
        captured=CAPTURED,
        **fields,
    )


def feed_rows(rounds: int) -> Iterator[Row]:
    """Yield how our reader of feeds does against feedparser."""
    for make in (atom, rss):
        for size in SIZES:
            body = make(size)
            whole = feed.read(capture(body), SOURCE)
            theirs_too = feedparser.parse(io.BytesIO(body)).entries
            if not len(whole.entries) == len(theirs_too) == size:
                raise RuntimeError("the two sides don't read the same")
            # A later build of the feed: other bytes around the same entries.
            later = body.replace(b"<title>Valley</title>", b"<title>Valley today</title>", 1)
            known = frozenset(whole.pieces)
            same = capture(body, validators=Validators(body=text.digest(body)))
            cases: dict[str, Callable[[], object]] = {
                "all new": _reader(capture(body), size),
                "one new": _reader(capture(later, known=known - {whole.pieces[0]}), 1),
                "none new": _reader(capture(later, known=known), 0),
                "same bytes": _comparer(same),
            }

            def theirs(body: bytes = body) -> object:
                return feedparser.parse(io.BytesIO(body))

            for case, ratios in compare(theirs, cases, rounds).items():
                name = f"{make.__name__} {size}"
                yield _row(name, case, ratios, FLOORS[case])


def _reader(given: Capture, expected: int) -> Callable[[], object]:
    def ours() -> object:
        reading = feed.read(given, SOURCE)
        if len(reading.entries) != expected:
            raise RuntimeError(f"{len(reading.entries)} entries were read, not {expected}")
        return reading

    return ours


def _comparer(given: Capture) -> Callable[[], object]:
    return lambda: text.digest(given.body) == given.validators.body


def sample_rows(samples: Path, rounds: int) -> Iterator[Row]:
    """Yield how our readers of prose and pages do against trafilatura, where both are there."""
    try:
        trafilatura: Any = importlib.import_module("trafilatura")
    except ImportError:
        return
    pages = [
        gzip.decompress(path.read_bytes()) for path in sorted((samples / "pages").glob("*.gz"))
    ]
    articles = [path.read_bytes() for path in sorted((samples / "articles").glob("*.txt"))]
    if not pages:
        return

    def theirs() -> None:
        for body in pages:
            trafilatura.bare_extraction(body, with_metadata=True)

    def of_pages() -> None:
        for number, body in enumerate(pages):
            _quietly(page.read, capture(body, f"valley.example/{number}.html"))

    def of_prose() -> None:
        for number, body in enumerate(articles):
            _quietly(prose.read, capture(body, f"{number}.txt"))

    cases: dict[str, Callable[[], object]] = {"pages": of_pages}
    if articles:
        cases["prose"] = of_prose
    for case, ratios in compare(theirs, cases, rounds).items():
        share = len(articles) / len(pages) if case == "prose" else 1.0
        floor = SAMPLE_FLOORS[case]
        yield _row(case, "against trafilatura", [ratio * share for ratio in ratios], floor)


def _quietly(read: Callable[[Capture, Source], object], given: Capture) -> None:
    try:
        read(given, replace(SOURCE, url=given.url))
    except ReadError:
        return


def compare(
    theirs: Callable[[], object], cases: dict[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Return for each case the ratio of each round: CPU of `theirs` over CPU of ours."""
    ratios: dict[str, list[float]] = {name: [] for name in cases}
    once = cpu(theirs)
    repeats = {name: round(once / cpu(ours) / 4) for name, ours in cases.items()}
    for _ in range(rounds):
        before = cpu(theirs)
        spent = {name: cpu(ours, max(1, min(repeats[name], 100))) for name, ours in cases.items()}
        both = (before + cpu(theirs)) / 2
        for name, seconds in spent.items():
            ratios[name].append(both / seconds)
    return ratios


def cpu(run: Callable[[], object], repeats: int = 1) -> float:
    """Seconds of this process's CPU that one `run` takes, the mean of so many."""
    gc.collect()
    start = time.process_time()
    for _ in range(repeats):
        run()
    return max(time.process_time() - start, 1e-9) / repeats


def _row(name: str, case: str, ratios: list[float], floor: float) -> Row:
    return Row(name, case, statistics.median(ratios), min(ratios), max(ratios), floor)


def main() -> int:
    """Print a line for each comparison; 1 where `--gate` is given and a ratio is too low."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--gate", action="store_true", help="fail below the floors")
    parser.add_argument(
        "--samples", type=Path, default=Path(os.environ.get("FEEDTOOL_SAMPLES", SAMPLES))
    )
    given = parser.parse_args()
    rows = [*feed_rows(given.rounds), *sample_rows(given.samples, given.rounds)]
    if given.json:
        print(json.dumps([vars(row) for row in rows], indent=2))
    else:
        for row in rows:
            spread = f"{row.lowest:.1f} to {row.highest:.1f}"
            short = " TOO LOW" if row.ratio < row.floor else ""
            print(
                f"{row.name:<10} {row.case:<20} {row.ratio:7.1f} x  ({spread}; "
                f"floor {row.floor:g}){short}"
            )
    return int(given.gate and any(row.ratio < row.floor for row in rows))


if __name__ == "__main__":
    sys.exit(main())
