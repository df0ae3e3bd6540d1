"""What publishing costs, and whether that depends on how much the archive holds.

::

    python benchmarks/publishing.py [--rounds N] [--sizes 1000,100000] [--entries 50000]
                                    [--folder DIR] [--json] [--gate]

Sizes: one new article into archives of these sizes, each published before, with three formats and
lists: CPU and bytes written (by all calls of the process) over those at the smallest, in turn;
medians, in process, after imports. Nothing new: CPU, and files touched. One of 500: a new entry in
a feed of 500 with its content (4 KB each), from the entry to the document's bytes, checked, and
shelved in memory, over feedgen making the feed anew (given times as datetimes); "written" is the
same with shelf and document on disk, synced. Rebuild: all documents of a feed of 50,000 entries
from stored fragments, over feedgen making one document of them; CPU and peak memory, each in a
process of its own.

With `--gate` it is 1 where a number is beyond its bound. `--folder` keeps what was made for another
time (a million articles are some 20 GB).
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from feedgen.feed import FeedGenerator

from archive import NOW, Row, Stories, _made
from feedtool.archive.folder import FolderArchive
from feedtool.config import Config, FeedTable, PublishTable, Site
from feedtool.data import replace
from feedtool.files import Disk
from feedtool.kept import Version
from feedtool.lease import Lease
from feedtool.publish import items, streams
from feedtool.publish.content import html_of
from feedtool.publish.document import Item
from feedtool.publish.documents import Documents
from feedtool.publish.html import Pages
from feedtool.publish.output import Output
from feedtool.publish.places import Place
from feedtool.publish.renderers import RENDERERS
from feedtool.publish.shelf import SHELF, Shelf
from feedtool.publish.site import publish
from feedtool.publish.streams import Form

SIZES = (1_000, 100_000, 1_000_000)
SIZE_BOUND = 1.2  # times the smallest
ONE_BOUND = 60.0  # ms of CPU
NOTHING_BOUND = 5.0  # ms of CPU
FEED, FEED_BOUND = 500, 20.0  # entries; times as fast as feedgen
AGAIN = 5  # times each round, as it is so short
REBUILT, REBUILT_BOUND, MEMORY_BOUND = 50_000, 10.0, 0.1
SITE = Site(title="Tin", base_url="https://tin.example/", author="Toà soạn", language="vi")


def _config(folder: Path, **feed: Any) -> Config:
    return Config(
        site=SITE, publish=PublishTable(path=folder), feed=(FeedTable(name="all", **feed),)
    )


def _cpu(act: Callable[[], object]) -> float:
    """Milliseconds of CPU, of the process and the system for it."""
    begun = time.process_time()
    act()
    return (time.process_time() - begun) * 1e3


def _bytes_written() -> int:
    """By all calls of this process so far."""
    told = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(told["wchar"])


def sizes(rounds: int, parent: Path, wanted: Sequence[int]) -> Iterator[Row]:
    """One new article, and none, into archives of these sizes."""
    with ExitStack() as stack:
        sites: dict[int, tuple[Config, FolderArchive]] = {}
        for size in wanted:
            archive = stack.enter_context(FolderArchive(_made(parent, size), writing=True))
            config = _config(parent / f"{size}-public")
            begun = time.perf_counter()
            with _unsynced():
                publish(config, archive, now=NOW)
            if (took := time.perf_counter() - begun) > 1:
                yield Row(f"first publish of {size:,}", size / took, "articles a second")
            sites[size] = config, archive
        cpu: dict[int, list[float]] = {size: [] for size in wanted}
        wrote: dict[int, list[int]] = {size: [] for size in wanted}
        nothing: dict[int, list[float]] = {size: [] for size in wanted}
        first = int(time.time())  # no number is given twice, whoever keeps the folder
        for turn in range(rounds + 2):
            for size in wanted if turn % 2 else reversed(wanted):
                config, archive = sites[size]
                # A day after the last one, so that days are as full in each archive.
                when = NOW + timedelta(days=turn)
                number = first + turn
                [version] = Stories(number).versions(1, first=number, begin=when)
                archive.put([version])
                before = _bytes_written()
                took = _cpu(lambda c=config, a=archive, w=when: publish(c, a, now=w))  # type: ignore[misc]
                written = _bytes_written() - before
                touched = _times(config.publish.path, version)
                idle = _cpu(lambda c=config, a=archive, w=when: publish(c, a, now=w))  # type: ignore[misc]
                assert _times(config.publish.path, version) == touched, "a file was touched"
                if turn > 1:  # templates are compiled, and statements prepared
                    cpu[size].append(took)
                    wrote[size].append(written)
                    nothing[size].append(idle)
        for size in wanted:
            ours, least = statistics.median(cpu[size]), statistics.median(cpu[wanted[0]])
            yield Row(f"one new into {size:,}: CPU", ours, "ms", ONE_BOUND)
            yield Row(
                f"nothing new, {size:,}: CPU", statistics.median(nothing[size]), "ms", NOTHING_BOUND
            )
            if size != wanted[0]:
                unit = f"x that of {wanted[0]:,}"
                yield Row(f"one new into {size:,}: CPU", ours / least, unit, SIZE_BOUND)
            ours, least = statistics.median(wrote[size]), statistics.median(wrote[wanted[0]])
            yield Row(f"one new into {size:,}: written", ours / 1024, "KiB")
            if size != wanted[0]:
                yield Row(f"one new into {size:,}: written", ours / least, unit, SIZE_BOUND)


@contextmanager
def _unsynced() -> Iterator[None]:
    """What is only made to be measured later need not outlive a power cut."""
    sync, begin = Disk.sync, Disk.begin_sync
    Disk.sync = Disk.begin_sync = lambda *_, **__: None  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Disk.sync, Disk.begin_sync = sync, begin  # type: ignore[method-assign]


def _times(public: Path, version: Version) -> list[int]:
    """When the files were changed that a new article changes."""
    day = version.key.rpartition("/")[0]
    names = ("all.atom", "all.html", "index.html", "sitemap.xml", f"{day}/index.html", str(SHELF))
    return [(public / name).stat().st_mtime_ns for name in names]


def _entries(count: int, length: int = 6_000) -> list[Item]:
    """Entries with some 6 KB of content in HTML."""
    published = items.Items(_config(Path()))
    made = []
    for version in Stories(count).versions(count):
        body = (version.entry.content_text or "")[:length].split("\n\n")
        html = "".join(f"<p>{one}</p>\n" for one in body)
        entry = replace(version.entry, content_text=None, content_html=html)
        made.append(published.item(replace(version, entry=entry)))
    return made


def _feedgen(made: Sequence[Item]) -> bytes:
    """What whoever uses feedgen does, with times given as datetimes."""
    generator = FeedGenerator()
    generator.id("https://tin.example/all.atom")
    generator.title("Tin")
    generator.updated(NOW)
    generator.link({"href": "https://tin.example/", "rel": "alternate"})
    generator.author({"name": "Toà soạn"})
    for item in made:
        entry = item.entry
        one = generator.add_entry(order="append")
        one.id(entry.id)
        one.title(entry.title)
        one.link({"href": entry.link})
        one.updated(entry.updated)
        one.published(entry.published.time if entry.published else None)
        one.author([{"name": person.name} for person in entry.authors])
        one.summary(entry.summary)
        one.content(html_of(entry), type="html")
    document: bytes = generator.atom_str()
    return document


def _shelve(shelf: Shelf, config: Config, made: Sequence[Item], *, closed: int = 0) -> None:
    """Put entries on a shelf as they are when they were published before."""
    renderer = RENDERERS["atom"]()
    stream = streams.feed(config.feed[0])
    [form] = stream.forms
    site = items.site(config)
    with shelf.deciding():
        shelved = shelf.begin(stream.name, stream.rule)
        for number, item in enumerate(made, 1):
            _put(shelf, shelved.number, form.number, number, item, renderer.entry(item, site, True))
        for _ in range(closed):
            shelf.close(shelved.number, FEED)


def _put(shelf: Shelf, stream: int, form: int, version: int, item: Item, data: bytes) -> None:
    assert item.entry.published is not None
    assert item.entry.updated is not None
    shelf.set_pieces(version, {form: data})
    rank, updated = (
        int(one.timestamp()) for one in (item.entry.published.time, item.entry.updated)
    )
    shelf.put(Place(stream, 0, rank, item.page or "", version, updated))


def one_of_many(rounds: int, parent: Path) -> Iterator[Row]:
    """A new entry in a feed of 500: rendered, checked, shelved and joined with the others."""
    made = _entries(FEED + rounds)
    with TemporaryDirectory(dir=parent) as made_here, ExitStack() as stack:
        folder = Path(made_here)
        config = _config(folder, formats=("atom",), content="full", limit=FEED)
        [form] = streams.feed(config.feed[0]).forms
        output = Output(folder, stack.enter_context(Lease(folder)), ())
        makers: list[Callable[[Item, int], tuple[str, list[bytes]]]] = []
        for path in (None, folder / SHELF):
            shelf = stack.enter_context(Shelf(path, writing=True))
            _shelve(shelf, config, made[:FEED])
            makers.append(_maker(shelf, config, form))
        in_memory, on_disk = makers

        def published(item: Item, version: int) -> None:
            output.write([on_disk(item, version)])

        fresh = itertools.count(FEED + 1)  # numbers of versions: a new one has none yet
        spent: dict[str, list[float]] = {"made": [], "feedgen": [], "written": []}
        for turn in range(rounds):
            number = FEED + turn
            again = [_cpu(partial(in_memory, made[number], next(fresh))) for _ in range(AGAIN)]
            spent["made"].append(statistics.median(again))
            newest = made[number + 1 - FEED : number + 1]
            spent["feedgen"].append(_cpu(partial(_feedgen, newest)))
            spent["written"].append(_cpu(partial(published, made[number], next(fresh))))
    for name, took in spent.items():
        yield Row(f"one new of {FEED}: {name}", statistics.median(took), "ms")
    ratios = [theirs / ours for theirs, ours in zip(spent["feedgen"], spent["made"], strict=True)]
    yield Row(
        f"one new of {FEED}", statistics.median(ratios), "x feedgen's speed", least=FEED_BOUND
    )


def _maker(
    shelf: Shelf, config: Config, form: Form
) -> Callable[[Item, int], tuple[str, list[bytes]]]:
    """What takes in a new entry of a feed that is shelved, and makes its document anew."""
    renderer, site = RENDERERS["atom"](), items.site(config)
    documents = Documents(config, shelf, Pages(SITE, config.feed), RENDERERS)
    [shelved] = shelf.feeds()

    def make(item: Item, version: int) -> tuple[str, list[bytes]]:
        fragment = renderer.entry(item, site, True)
        assert not renderer.entry_faults(fragment)
        with shelf.deciding():
            _put(shelf, shelved.number, form.number, version, item, fragment)
        return documents.document(shelved, 0, form)

    return make


def _rebuild(folder: Path, count: int, pipe: Any) -> None:
    """All documents of a feed from what is on its shelf."""
    config = _config(folder, formats=("atom",), content="full", limit=FEED)
    pages = Pages(SITE, config.feed)
    with Lease(folder) as lease, Shelf(folder / SHELF, writing=True) as shelf:
        documents = Documents(config, shelf, pages, RENDERERS)
        output = Output(folder, lease, ())
        [form] = streams.feed(config.feed[0]).forms
        shelved = shelf.feeds()[0]
        before = _peak()
        numbers = [*range(1, shelved.closed + 1), 0]
        took = _cpu(
            lambda: output.write(documents.document(shelved, number, form) for number in numbers)
        )
        assert len(output.written) == len(numbers)
    pipe.send((took, _peak() - before))
    del count


def _generate(folder: Path, count: int, pipe: Any) -> None:
    """One document by feedgen."""
    made = _entries(count)
    _feedgen(made[:10])
    before = _peak()
    took = _cpu(lambda: (folder / "feedgen.atom").write_bytes(_feedgen(made)))
    pipe.send((took, _peak() - before))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rebuilt(rounds: int, parent: Path, count: int) -> Iterator[Row]:
    """All of a long feed from stored fragments."""
    context = get_context("spawn")
    with TemporaryDirectory(dir=parent) as made_here:
        folder = Path(made_here)
        (folder / ".feedtool").mkdir()
        config = _config(folder, formats=("atom",), content="full", limit=FEED)
        with Shelf(folder / SHELF, writing=True) as shelf:
            _shelve(shelf, config, _entries(count), closed=count // FEED - 1)
        found: dict[Any, list[tuple[float, float]]] = {_rebuild: [], _generate: []}
        for _ in range(rounds):
            for name in itertools.chain(folder.glob("all*"), folder.glob("all/*")):
                name.unlink() if name.is_file() else None
            for target, list_ in found.items():
                ours, theirs = context.Pipe()
                process = context.Process(target=target, args=(folder, count, theirs))
                process.start()
                list_.append(ours.recv())
                process.join()
    speeds = [b[0] / a[0] for a, b in zip(*found.values(), strict=True)]
    memories = [a[1] / b[1] for a, b in zip(*found.values(), strict=True)]
    yield Row(f"{count:,} from fragments: CPU", found[_rebuild][0][0], "ms")
    yield Row(f"{count:,} from fragments: memory", found[_rebuild][0][1], "MiB")
    yield Row(f"{count:,} by feedgen: memory", found[_generate][0][1], "MiB")
    least = REBUILT_BOUND if count >= 5_000 else None
    most = MEMORY_BOUND if count >= REBUILT else None
    yield Row(
        f"{count:,} from fragments", statistics.median(speeds), "x feedgen's speed", least=least
    )
    yield Row(f"{count:,} from fragments", statistics.median(memories), "x feedgen's memory", most)


def main() -> int:
    """Print what was measured; 1 where `--gate` is told and a bound is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    parser.add_argument("--entries", type=int, default=REBUILT)
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
            one_of_many(options.rounds, parent),
            rebuilt(min(3, options.rounds), parent, options.entries),
            sizes(options.rounds, parent, wanted) if wanted else (),
        ):
            missed = missed or row.missed
            print(json.dumps(asdict(row)) if options.json else row, flush=True)
    return 1 if missed and options.gate else 0


if __name__ == "__main__":
    sys.exit(main())
