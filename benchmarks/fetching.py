"""How quickly, how politely and in how much memory sources are fetched, on loopback.

::

    python benchmarks/fetching.py [--sources N] [--rounds N] [--json] [--gate] [--profile]

Unchanged: a round of N sources on N hosts that all answer 304; feedtool with its archive on disk,
`requests` in 20 threads that keeps nothing, and `reader` with its database on disk and 20 workers,
in turn in each round, each in a process of its own; the last two where they are installed. CPU is
that of the client's process, user and system, around the round: neither start nor first round
count. Peak is that of the process, all rounds. One host: how far apart N/2 requests are. Dead
hosts: the wall time of a round in which 1 % of the hosts never answer or can't be reached, against
one without. Memory: the peak with 5 N sources.

The median of the rounds counts. With `--gate` it is 1 where a number is beyond its floor or bound.
`--profile` shows where the CPU of a round of feedtool goes, and nothing else.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import importlib
import importlib.util
import json
import os
import pstats
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hosts import Hosts, Tally, open_files, running

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
RATIO_FLOOR = 1.5  # requests a CPU second of ours over theirs
PEAK_BOUND = 120.0  # MiB
SLOWER = 1.2  # times the wall of a round without dead hosts, and one timeout
GAP = 0.01  # seconds between two requests to one host
ANSWERS_IN = 0.002  # seconds that the one host takes, so that two at once would be seen
TIMEOUT = 2.0
THREADS = 20  # of the others
OPEN_FILES = 1024  # what most systems allow a client
# Where a first round writes quickly, for parts that say nothing of the disk.
IN_MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
Round = Callable[[Sequence[str]], int]  # asks these addresses; returns how many failed


@dataclass(frozen=True)
class Settings:
    """How a contender runs: its folder, and manners of feedtool (None: its default)."""

    folder: Path
    timeout: float | None = None
    gap: float | None = None


@dataclass(frozen=True)
class Spent:
    """What one round took: seconds of CPU and wall, MiB of the process at most so far."""

    cpu: float
    wall: float
    peak: float
    failed: int


@dataclass(frozen=True)
class Row:
    """One number: of which part, whose, and what it may be at least or at most."""

    part: str
    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def missed(self) -> bool:
        """True where the number is beyond what it may be."""
        low = self.least is not None and self.value < self.least
        return low or (self.most is not None and self.value > self.most)

    def __str__(self) -> str:
        notes = []
        if self.lowest is not None and self.highest is not None:
            notes.append(f"{self.lowest:.2f} to {self.highest:.2f}")
        notes += [] if self.least is None else [f"floor {self.least:g}"]
        notes += [] if self.most is None else [f"bound {self.most:.4g}"]
        shown = f"  ({'; '.join(notes)})" if notes else ""
        number = f"{self.value:,.2f}" if self.value < 1000 else f"{self.value:,.0f}"
        return f"{self.part:<11} {self.name:<38} {number:>10} {self.unit}{shown}" + (
            " MISSED" if self.missed else ""
        )


# The contenders: each returns its round; what it imports and opens once isn't counted.


def feedtool(settings: Settings) -> Round:
    """`collect` into an archive on disk, opened anew for each round, an hour after the last."""
    from feedtool.archive.folder import FolderArchive
    from feedtool.collect import collect
    from feedtool.config import Config, Http, Site
    from feedtool.data import replace
    from feedtool.model import Source

    http = Http()
    if settings.timeout is not None:
        http = replace(http, timeout=settings.timeout)
    if settings.gap is not None:
        http = replace(http, per_host_gap=settings.gap)
    site = Site(
        title="Valley", base_url="https://valley.example/", contact="https://valley.example/"
    )
    now = BEGUN

    def ask(urls: Sequence[str]) -> int:
        nonlocal now
        now += timedelta(hours=1)
        sources = tuple(
            Source(name=f"s{number}", url=url, kind="feed", allow_private=True)
            for number, url in enumerate(urls)
        )
        config = Config(site=site, http=http, source=sources)
        with FolderArchive(settings.folder / "archive", writing=True) as archive:
            return sum(one.failed for one in collect(config, archive, now=now, insist=True))

    return ask


def bare_requests(settings: Settings) -> Round:  # noqa: ARG001
    """`requests`, with a session for each thread; validators are kept in memory, nothing else."""
    requests: Any = importlib.import_module("requests")
    validators: dict[str, dict[str, str]] = {}

    def ask(urls: Sequence[str]) -> int:
        own = threading.local()
        sessions = []

        def session() -> None:
            own.session = requests.Session()
            sessions.append(own.session)

        def one(url: str) -> bool:
            answer = own.session.get(url, headers=validators.get(url), timeout=30)
            if answer.status_code == 200:
                validators[url] = {
                    "If-None-Match": answer.headers["ETag"],
                    "If-Modified-Since": answer.headers["Last-Modified"],
                }
            return bool(answer.ok)

        with ThreadPoolExecutor(THREADS, initializer=session) as pool:
            failed = sum(not well for well in pool.map(one, urls))
        for each in sessions:
            each.close()
        return failed

    return ask


def lemon_reader(settings: Settings) -> Round:
    """`reader`, with a database on disk, opened anew for each round."""
    module: Any = importlib.import_module("reader")
    path = str(settings.folder / "reader.sqlite")
    added = False

    def ask(urls: Sequence[str]) -> int:
        nonlocal added
        with module.make_reader(path) as reader:
            if not added:
                for url in urls:
                    reader.add_feed(url)
                added = True
            # As insisting does for feedtool: also those that its schedule puts off.
            done = reader.update_feeds_iter(scheduled=False, workers=THREADS)
            return sum(isinstance(one.value, Exception) for one in done)

    return ask


CONTENDERS: dict[str, Callable[[Settings], Round]] = {
    "feedtool": feedtool,
    "requests": bare_requests,
    "reader": lemon_reader,
}


class Contender:
    """A contender in a process of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def round(self, urls: Sequence[str]) -> Spent:
        """Ask these addresses, and say what it took."""
        self._pipe.send(urls)
        spent = self._pipe.recv()
        if not isinstance(spent, Spent):
            raise TypeError(f"the contender said {spent!r}")
        return spent


@contextmanager
def contender(name: str, parent: Path | None = None, **told: float) -> Iterator[Contender]:
    """Run the contender of this name for as long as the `with` block, in a folder that is new."""
    context = get_context("spawn")
    with TemporaryDirectory(dir=parent) as folder:
        ours, theirs = context.Pipe()
        settings = Settings(Path(folder), **told)
        process = context.Process(target=_work, args=(theirs, name, settings), daemon=True)
        process.start()
        theirs.close()
        try:
            yield Contender(ours)
        finally:
            ours.close()
            process.join()


def _work(pipe: Connection, name: str, settings: Settings) -> None:
    open_files(OPEN_FILES)
    _plain_environment()
    ask = CONTENDERS[name](settings)
    while True:
        try:
            urls = pipe.recv()
        except EOFError:
            return
        gc.collect()
        cpu, wall = _cpu(), time.monotonic()
        failed = ask(urls)
        pipe.send(Spent(_cpu() - cpu, time.monotonic() - wall, _peak(), failed))


def _plain_environment() -> None:
    """Leave nothing of the environment but what is everywhere: `requests` walks all of it for
    proxies, at each request, so that its speed would be that of this machine's settings."""
    for key in set(os.environ) - {"HOME", "LANG", "PATH", "TMPDIR"}:
        del os.environ[key]


def _cpu() -> float:
    """Seconds of CPU of this process and of those it waited for, user and system."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> float:
    """MiB that this process had in memory at most."""
    # ru_maxrss would begin with the peak of the process that started this one.
    status = Path("/proc/self/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def timed(hosts: Hosts, one: Contender, urls: Sequence[str], dead: int = 0) -> Spent:
    """Return what a round took in which each address was asked once and answered 304, but `dead`
    of them that failed; raises `RuntimeError` where that isn't what happened."""
    hosts.begin()
    spent = one.round(urls)
    _hold(hosts.tally(), {"304": len(urls) - dead}, spent.failed, dead)
    return spent


def first(hosts: Hosts, one: Contender, urls: Sequence[str]) -> Spent:
    """Return what a first round took, in which each address gave its feed."""
    hosts.begin()
    spent = one.round(urls)
    _hold(hosts.tally(), {"200 unconditional": len(urls)}, spent.failed)
    return spent


def _hold(tally: Tally, expected: dict[str, int], failed: int, dead: int = 0) -> None:
    feeds = {name: count for name, count in tally.seen.items() if name not in ("404", "silent")}
    if feeds != expected or len(tally.asked) != sum(expected.values()) or failed != dead:
        raise RuntimeError(
            f"{dict(tally.seen)} of {len(tally.asked)} feeds and {failed} failures were seen, "
            f"not {expected} and {dead}"
        )


# The parts.


def unchanged(hosts: Hosts, sources: int, rounds: int) -> Iterator[Row]:
    """Yield how feedtool does on sources that didn't change, beside the others."""
    urls = hosts.urls(sources)
    spent: dict[str, list[Spent]] = {}
    with ExitStack() as stack:
        running_ones = {}
        for name in CONTENDERS:
            if importlib.util.find_spec(name):
                running_ones[name] = stack.enter_context(contender(name))
                first(hosts, running_ones[name], urls)
                spent[name] = []
            else:
                print(f"{name} isn't installed: its rows are left out", file=sys.stderr)
        for turn in range(rounds):
            order = list(running_ones)
            for name in order[turn % len(order) :] + order[: turn % len(order)]:
                spent[name].append(timed(hosts, running_ones[name], urls))
    part = "unchanged"
    for name, found in spent.items():
        speeds = [sources / one.cpu for one in found]
        yield _median(part, f"{name}: requests a CPU second", speeds, "/s")
        yield _median(part, f"{name}: wall", [one.wall for one in found], "s")
        most = PEAK_BOUND if name == "feedtool" else None
        yield Row(part, f"{name}: peak", max(one.peak for one in found), "MiB", most=most)
    for name, theirs in spent.items():
        if name != "feedtool":
            pairs = zip(theirs, spent["feedtool"], strict=True)
            ratios = [their.cpu / our.cpu for their, our in pairs]
            yield _median(part, f"feedtool over {name}", ratios, "x", RATIO_FLOOR)


def one_host(hosts: Hosts, sources: int) -> Iterator[Row]:
    """Yield how far apart the requests to one host are, from the answer to the next request."""
    urls = hosts.urls_of_one(sources, entries=1)
    with contender("feedtool", IN_MEMORY, gap=GAP) as one:
        for name, status in (("first round", "200 unconditional"), ("304s", "304")):
            hosts.begin(ANSWERS_IN)
            spent = one.round(urls)
            tally = hosts.tally()
            _hold(tally, {status: sources}, spent.failed)
            times = sorted(tally.times)
            pauses = [after[0] - before[1] for before, after in pairwise(times)]
            part = "one host"
            yield Row(part, f"{name}: smallest pause", min(pauses) * 1000, "ms", GAP * 1000)
            yield Row(part, f"{name}: median pause", statistics.median(pauses) * 1000, "ms")
            breaches = sum(pause < GAP for pause in pauses)
            yield Row(part, f"{name}: too close", breaches, "requests", most=0)
            overlaps = sum(pause < 0 for pause in pauses)
            yield Row(part, f"{name}: two at once", overlaps, "requests", most=0)
            yield Row(part, f"{name}: wall", spent.wall, "s")


def dead_hosts(hosts: Hosts, sources: int, rounds: int) -> Iterator[Row]:
    """Yield how long rounds take with dead hosts and without."""
    alive = hosts.urls(sources, entries=1)
    dead = max(2, sources // 100)
    # Spread evenly, and the first early: the last one dead would cost its timeout in any case.
    places = range(0, sources, sources // dead)[:dead]
    some_dead = list(alive)
    for number, place in enumerate(places):
        some_dead[place] = hosts.dead_url(place, deaf=bool(number % 2))
    walls: dict[int, list[float]] = {0: [], dead: []}
    with contender("feedtool", IN_MEMORY, timeout=TIMEOUT) as one:
        first(hosts, one, alive)
        for _ in range(rounds):
            for count, urls in ((0, alive), (dead, some_dead)):
                walls[count].append(timed(hosts, one, urls, count).wall)
    without = _median("dead hosts", "wall without", walls[0], "s")
    yield without
    bound = SLOWER * without.value + TIMEOUT
    yield _median("dead hosts", f"wall with {dead} dead", walls[dead], "s", most=bound)


def memory(hosts: Hosts, sources: int) -> Iterator[Row]:
    """Yield the peak of a process that has so many sources, a first round and one of 304s."""
    urls = hosts.urls(sources, entries=1)
    with contender("feedtool", IN_MEMORY) as one:
        first(hosts, one, urls)
        spent = timed(hosts, one, urls)
    yield Row("memory", f"{sources:,} sources: peak", spent.peak, "MiB", most=PEAK_BOUND)
    yield Row("memory", f"{sources:,} sources: wall", spent.wall, "s")


def _median(
    part: str,
    name: str,
    found: Sequence[float],
    unit: str,
    least: float | None = None,
    most: float | None = None,
) -> Row:
    return Row(part, name, statistics.median(found), unit, least, most, min(found), max(found))


def profile(hosts: Hosts, sources: int) -> None:
    """Print the 40 functions that take the most CPU of their own in a round of 304s, those of
    threads that the round starts too (on CPython 3.11; later ones can't tell threads apart)."""
    _plain_environment()
    urls = hosts.urls(sources)
    profiles: list[cProfile.Profile] = []

    def begin(*_: object) -> None:
        mine = cProfile.Profile(time.thread_time)
        profiles.append(mine)
        mine.enable()  # takes the place of this function in the thread

    with TemporaryDirectory() as folder:
        ask = feedtool(Settings(Path(folder)))
        ask(urls)
        if sys.version_info < (3, 12):
            threading.setprofile(begin)
        begin()
        ask(urls)
        threading.setprofile(None)
        for one in profiles:
            one.disable()
        stats = pstats.Stats(*profiles)
    stats.strip_dirs().sort_stats("tottime").print_stats(40)


def main() -> int:
    """Print a line for each number; 1 where `--gate` is given and one is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--gate", action="store_true", help="fail beyond the floors and bounds")
    parser.add_argument("--profile", action="store_true", help="profile a round of 304s instead")
    given = parser.parse_args()
    if given.sources < 10 or given.rounds < 1:
        parser.error("at least 10 sources and 1 round are needed")
    if not sys.platform.startswith("linux"):
        print("left out: only on Linux every address of 127/8 is this machine")
        return 0
    rows: list[Row] = []
    with running() as hosts:
        if given.profile:
            profile(hosts, given.sources)
            return 0
        for part in (
            unchanged(hosts, given.sources, given.rounds),
            one_host(hosts, given.sources // 2),
            dead_hosts(hosts, given.sources, given.rounds),
            memory(hosts, given.sources * 5),
        ):
            for row in part:
                rows.append(row)
                if not given.json:
                    print(row, flush=True)
    if given.json:
        print(json.dumps([{**asdict(row), "missed": row.missed} for row in rows], indent=2))
    return int(given.gate and any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
