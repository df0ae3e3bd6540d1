"""How quickly the archive keeps and finds articles, and whether that depends on how many it holds.

::

    python benchmarks/archive.py [--rounds N] [--sizes 1000,100000] [--folder DIR] [--json] [--gate]

Put: rounds of 100 articles of 3 KB, those of three days (news) or of three hundred (a past that is
taken in), kept for good with index and search; wall over that of writing one file each (beside,
synced, renamed) with no index at all, CPU over that of `reader.add_entry` and `update_search` for
the same articles, where that package is installed. All take turns in each round; the median of the
rounds' ratios counts. Sizes: the time of an answer from archives of these sizes over that from the
smallest, in turn; medians, all in memory of the system. Rebuild: articles a second that `reindex`
takes in, over two cores, and the peak of its memory.

With `--gate` it is 1 where a number is beyond its bound. `--folder` keeps the archives for the next
time (a million articles are 8 GB).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import json
import os
import random
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.archive.index import Index
from feedtool.archive.query import parse
from feedtool.kept import Version
from feedtool.model import Entry, Evidence, Person, Published
from feedtool.settle import settle

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN = datetime(2006, 1, 1, tzinfo=UTC)
BATCH = 100
NEWS, YEARS = 3, 300  # days that a batch is of: a round's news, or a past that is taken in
SIZES = (1_000, 100_000, 1_000_000)
WALL_BOUND = 1.5  # times plain files
CPU_BOUND = 0.4  # times reader
SIZE_BOUND = 1.5  # times the smallest archive
COMMON_BOUND = 5.0  # the same, for a word that is everywhere
REBUILT = 2_500.0  # articles a second
PEAK_BOUND = 150.0  # MiB
RARE, EVERYWHERE, RARE_ARTICLES = "quạnhhiu", "thung", 10
LIKELY = 200  # matches that are ranked
BODIES = 2_000  # different ones; the titles all differ
ENOUGH = 0.2  # seconds that an answer is asked for again, each turn

_ONSETS = "b,c,ch,d,đ,g,gi,h,kh,l,m,n,ng,nh,ph,qu,r,s,t,th,tr,v,x".split(",")  # noqa: SIM905
_NUCLEI = (
    "a,ă,â,e,ê,i,o,ô,ơ,u,ư,á,à,ả,ã,ạ,ấ,ầ,ế,ề,ố,ồ,ớ,ờ,ú,ù,ứ,ừ,iê,ươ,uô".split(",")  # noqa: SIM905
)
_CODAS = ["", "n", "ng", "c", "t", "m", "i", "nh"]


@dataclass(frozen=True)
class Row:
    """One number, and the bound that it must keep: `most` or, where that is None, `least`."""

    name: str
    number: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def missed(self) -> bool:
        """True where it is beyond its bound."""
        above = self.most is not None and self.number > self.most
        return above or (self.least is not None and self.number < self.least)

    def __str__(self) -> str:
        bound = f"at most {self.most:g}" if self.most is not None else ""
        bound = f"at least {self.least:g}" if self.least is not None else bound
        sign = " MISSED" if self.missed else ""
        return f"{self.name:<44} {self.number:>10,.2f} {self.unit:<18} {bound}{sign}"


class Stories:
    """Invented Vietnamese articles of about 3 KB, with words as often as in any language."""

    def __init__(self, seed: int) -> None:
        """The same ones for a seed."""
        chance = random.Random(seed)
        every = ["".join(parts) for parts in itertools.product(_ONSETS, _NUCLEI, _CODAS)]
        self._words = chance.sample(every, 4_000)
        self._weights = list(itertools.accumulate(1 / n for n in range(1, 4_001)))
        self._chance = chance
        self._bodies = ["\n\n".join(self._said(60) for _ in range(9)) for _ in range(BODIES)]

    def versions(
        self, count: int, *, first: int = 0, begin: datetime = BEGIN, days: float = 7300
    ) -> Iterator[Version]:
        """So many, over these days, of ten sources."""
        step = timedelta(days=days) / max(count, 1)
        rare = {count * n // RARE_ARTICLES for n in range(RARE_ARTICLES)}
        for number in range(first, first + count):
            body = self._bodies[number % BODIES]
            word = RARE if number - first in rare else ""
            entry = Entry(
                id=f"https://valley.example/{number}",
                title=f"{self._said(8)} {word}",
                link=f"https://valley.example/{number}",
                published=Published.at(begin + step * (number - first)),
                authors=(Person("Hoài An"),),
                summary=body[:200],
                content_text=f"{EVERYWHERE} {body}",
                language="vi",
                evidence=(Evidence("title", "…", "headline", 0.9),),
            )
            source = f"source-{number % 10}"
            yield settle(entry, old=None, source=source, now=NOW, zone=UTC, taken=_never)[1]

    def _said(self, words: int) -> str:
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=words))


def _never(_: str) -> bool:
    return False


def _spent(act: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def _plain(folder: Path, made: Sequence[Version]) -> None:
    """One file each: beside, synced, renamed."""
    for version in made:
        path = folder / f"{version.key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.tmp")
        with beside.open("wb") as file:
            file.write(item.encode(version))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def _reader(folder: Path) -> Callable[[Sequence[Version]], None]:
    reader: Any = importlib.import_module("reader").make_reader(str(folder / "reader.sqlite"))
    feed = "https://valley.example/feed"
    reader.add_feed(feed)
    reader.enable_search()
    reader.update_search()

    def keep(made: Sequence[Version]) -> None:
        for version in made:
            entry = version.entry
            reader.add_entry(
                {
                    "feed_url": feed,
                    "id": entry.id,
                    "title": entry.title,
                    "link": entry.link,
                    "summary": entry.summary,
                    "author": entry.authors[0].name,
                    "published": entry.published and entry.published.time,
                    "content": [{"value": entry.content_text, "type": "text/plain"}],
                }
            )
        reader.update_search()

    return keep


def put(rounds: int, parent: Path, days: float, name: str) -> Iterator[Row]:
    """Batches put in turn, each with articles of so many days."""
    stories = Stories(1)
    with TemporaryDirectory(dir=parent) as made_here, ExitStack() as stack:
        folder = Path(made_here)
        archive = stack.enter_context(FolderArchive(folder / "archive", writing=True))
        contenders: dict[str, Callable[[Sequence[Version]], None]] = {
            "feedtool": archive.put,
            "files": lambda made: _plain(folder / "files", made),
        }
        if importlib.util.find_spec("reader"):
            contenders["reader"] = _reader(folder)
        spent: dict[str, list[tuple[float, float]]] = {one: [] for one in contenders}
        for turn in range(rounds + 1):
            begin = BEGIN + timedelta(days=days * turn)
            made = list(stories.versions(BATCH, first=turn * BATCH, begin=begin, days=days))
            order = list(contenders) if turn % 2 else list(reversed(contenders))
            for one in order:
                took = _spent(partial(contenders[one], made))
                if turn:  # the first one makes folders and tables
                    spent[one].append(took)
    ours = spent["feedtool"]
    for one in contenders:
        wall, cpu = (
            statistics.median(both) / BATCH * 1e6 for both in zip(*spent[one], strict=True)
        )
        yield Row(f"{name}: {one}, CPU", cpu, "µs an article")
        yield Row(f"{name}: {one}, wall", wall, "µs an article")
    walls = [a[0] / b[0] for a, b in zip(ours, spent["files"], strict=True)]
    yield Row(f"{name}: wall", statistics.median(walls), "x plain files", WALL_BOUND)
    if "reader" in spent:
        cpus = [a[1] / b[1] for a, b in zip(ours, spent["reader"], strict=True)]
        # Far apart, most is the system's, for new files in a hundred folders.
        bound = CPU_BOUND if days == NEWS else None
        yield Row(f"{name}: CPU", statistics.median(cpus), "x reader", bound)


def _made(folder: Path, size: int) -> Path:
    """The folder of an archive of this size without its index; made unless it is there."""
    archive = folder / f"{size}"
    whole = folder / f"{size}.made"
    if not whole.exists():
        shutil.rmtree(archive, ignore_errors=True)
        for version in Stories(size).versions(size):
            path = archive / f"{version.key}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.encode(version))
        whole.touch()
    return archive


def _rebuilt(path: Path, pipe: Any) -> None:
    """Rebuild the index at `path`, in a process of its own; tell the seconds, and the peak of this
    process or its workers in MiB."""
    with FolderArchive(path, writing=True) as archive:
        begun = time.perf_counter()
        archive.reindex(workers=1)
        took = time.perf_counter() - begun
    peaks = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    pipe.send((took, max(peaks) / (1024 if sys.platform != "darwin" else 1024**2)))


def rebuild(path: Path, size: int) -> Iterator[Row]:
    """`reindex`, from the files alone."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    shutil.rmtree(path / ".feedtool", ignore_errors=True)
    (path / ".feedtool").mkdir()
    # Without any, opening the archive would make one.
    with closing(Index(path / ".feedtool/index.sqlite", writing=True)) as index:
        index.fill(())
    process = context.Process(target=_rebuilt, args=(path, theirs))
    process.start()
    took, peak = ours.recv()
    process.join()
    least = REBUILT if size >= 10_000 else None
    yield Row(f"reindex of {size:,}", size / took, "articles a second", least=least)
    yield Row(f"reindex of {size:,}: peak", peak, "MiB", PEAK_BOUND)


def _asked(
    archive: FolderArchive, size: int, chance: random.Random
) -> dict[str, Callable[[], int]]:
    """What is asked of an archive, each answer with how much it gave."""
    pages = size // 50
    deep = min(1_000, pages - 1)
    # Page by page to where the last one begins: that isn't what is measured.
    last = next(itertools.islice(archive.newest(), deep * 50 - 1, None)).key
    ids = [f"https://valley.example/{chance.randrange(size)}" for _ in range(50)]
    known = [found.key for one in ids if (found := archive.find(one)) is not None]
    rare, common = parse(RARE), parse(EVERYWHERE)
    return {
        "get by key": lambda: sum(archive.get(key) is not None for key in known),
        "get by id": lambda: sum(archive.find(name) is not None for name in ids),
        "newest 50": lambda: len(list(archive.newest(limit=50))),
        "page 1,000": lambda: len(list(archive.newest(limit=50, after=last))),
        "a rare word": lambda: len(list(archive.search(rare))),
        "a common word, newest 20": lambda: len(list(itertools.islice(archive.search(common), 20))),
        "a common word, ranked": lambda: len(archive.best(common, LIKELY)[0]),
        "opening": lambda: _opened(archive.path),
    }


def _opened(path: Path) -> int:
    FolderArchive(path).close()
    return 1


def sizes(rounds: int, parent: Path, wanted: Sequence[int]) -> Iterator[Row]:
    """The same asked of archives of these sizes."""
    for size in wanted:
        yield from rebuild(_made(parent, size), size)
    with ExitStack() as stack:
        asked = {
            size: _asked(
                stack.enter_context(FolderArchive(parent / f"{size}")), size, random.Random(size)
            )
            for size in wanted
        }
        smallest = wanted[0]
        for name in asked[smallest]:
            took: dict[int, list[float]] = {size: [] for size in wanted}
            gave = {size: asked[size][name]() for size in wanted}  # warms up
            assert min(gave.values()), f"{name} found nothing: {gave}"
            for _ in range(rounds):
                for size in wanted:
                    end = time.perf_counter() + ENOUGH / rounds
                    while True:
                        took[size].append(_spent(asked[size][name])[0])
                        if time.perf_counter() > end:
                            break
            times = {size: statistics.median(found) for size, found in took.items()}
            yield Row(f"{name}: of {smallest:,}", times[smallest] * 1e6, "µs")
            most = COMMON_BOUND if name.startswith("a common") else SIZE_BOUND
            for size in wanted[1:]:
                ratio = times[size] / times[smallest]
                yield Row(f"{name}: of {size:,}", ratio, f"x that of {smallest:,}", most)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Row("peak of all this", peak, "MiB", PEAK_BOUND)


def main() -> int:
    """Print what was measured; 1 where `--gate` is told and a bound is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--gate", action="store_true")
    options = parser.parse_args()
    wanted = sorted(int(size) for size in options.sizes.split(","))
    missed = False
    with TemporaryDirectory() as made:
        parent = options.folder or Path(made)
        parent.mkdir(parents=True, exist_ok=True)
        for row in itertools.chain(
            put(options.rounds, parent, NEWS, "put news"),
            put(options.rounds, parent, YEARS, "put a past"),
            sizes(options.rounds, parent, wanted),
        ):
            missed = missed or row.missed
            print(json.dumps(asdict(row)) if options.json else row, flush=True)
    return 1 if missed and options.gate else 0


if __name__ == "__main__":
    sys.exit(main())
