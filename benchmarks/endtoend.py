"""What whole rounds cost: from sources on a server to an archive on disk and published feeds.

::

    python benchmarks/endtoend.py [--sources 200,1000] [--rounds N] [--only feedtool,reader]
                                  [--hosts own,one] [--states new,304] [--reader PYTHON]
                                  [--folder DIR] [--json] [--svg FILE] [--gate] [--profile STATE]

Sources of 50 entries with full content, half Vietnamese, half English, half Atom, half RSS 2.0,
are served on loopback with ETag and Last-Modified by a process of its own: each on a host of its
own ("own") or all on one ("one"). Five rounds follow each other: *new*, all entries are new; *same
bytes*, 200 though nothing changed; *304*; *touched*, other bytes but no other entry; *plus one*,
one new entry in each. (304 is third because newsboat asks conditionally only from its third time.)

feedtool runs with its defaults: durable archive, history, search, Atom, RSS and JSON feeds and
pages, published; two days on each time, as SOURCE_DATE_EPOCH says. On one host `per_host_gap` is 0.
Beside it run reader (`update_feeds`), newsboat (`-x reload`), sfeed_update and rss2email (into a
maildir), those that are installed, in turn in each round, each with a new store in each run. CPU is
that of the whole command, user and system, children included; peak is that of its largest process;
stored is what lies on disk afterwards. rss2email takes so long that it gets 40 sources, and its
CPU, wall, store and entries are shown in proportion.

After each round each must hold all entries, and have asked for each source once. Medians of the
runs count; of ratios, the median of the runs' ratios. "start": a round of feedtool with nothing due
over `python -c pass`. With `--gate` it is 1 where a number is beyond its floor or bound.
`--profile` shows where the CPU of a round of feedtool goes, by room, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from endtoend_plot import bars
from endtoend_server import Server, State, serving
from endtoend_tools import Spent, Tool, round_of, spent, tools
from fetching import Row

ENTRIES = 50
STATES = {
    "new": State(),
    "same bytes": State(forgetful=True),
    "304": State(),
    "touched": State(touched=True),
    "plus one": State(touched=True, more=True),
}
SIZES = (200, 1000)
# CPU of the other over ours, at least; each on a host of its own, so many sources.
FLOORS = {
    ("reader", "new", 200): 4.0,
    ("newsboat", "new", 200): 1 / 3.5,
    ("reader", "same bytes", 200): 50.0,
    ("newsboat", "same bytes", 200): 8.0,
    ("reader", "304", 200): 1.5,
    ("reader", "304", 1000): 2.0,
    ("reader", "touched", 200): 35.0,
    ("newsboat", "touched", 200): 4.0,
    ("reader", "plus one", 200): 18.0,
    ("newsboat", "plus one", 200): 2.5,
}
PEAK_BOUND = 100.0  # MiB
GROWTH_BOUND = 1.3  # the peak with 1,000 sources over that with 200
START_BOUND = 8.0  # times bare Python
STARTS = 9


@dataclass(frozen=True)
class Cell:
    """What a tool spent in a round, run by run."""

    sources: int
    hosts: str
    state: str
    tool: str
    runs: list[Spent]
    share: float  # how many times as much all sources are as those that it got

    def median(self, of: Callable[[Spent], float]) -> float:
        """Return the median of a number over the runs."""
        return statistics.median(map(of, self.runs))


Cells = dict[tuple[int, str, str, str], Cell]


def measured(
    sources: int,
    hosts: str,
    states: Sequence[str],
    chosen: Sequence[Tool],
    runs: int,
    parent: Path,
) -> tuple[Cells, list[Row]]:
    """Run the tools `runs` times through these states, with stores in `parent`; return what it
    took, and how the start of feedtool compares."""
    cells: Cells = {}
    for state in states:
        for tool in chosen:
            share = sources / min(sources, tool.most)
            key = sources, hosts, state, tool.name
            cells[key] = Cell(*key, [], share)
    starts: list[Row] = []
    with serving(sources, ENTRIES) as server:
        urls = server.urls(sources, one_host=hosts == "one")
        for run in range(runs):
            made = parent / f"{sources}-{hosts}-{run}"
            folders = {tool.name: made / tool.name for tool in chosen}
            for tool in chosen:
                (folders[tool.name] / "store").mkdir(parents=True)
                tool.prepare(folders[tool.name], urls[: tool.most])
            for number, state in enumerate(states):
                server.begin(STATES[state])
                for tool in _turned(chosen, run + number):
                    took = round_of(tool, folders[tool.name], number)
                    _hold(tool.name, state, min(sources, tool.most), took, server)
                    print(f"{run + 1}: {state}, {tool.name}: {took.cpu:.2f} s", file=sys.stderr)
                    cell = cells[sources, hosts, state, tool.name]
                    cell.runs.append(_whole(took, cell.share))
            if run == runs - 1 and chosen[0].name == "feedtool" and hosts == "own":
                starts.append(_start(sources, chosen[0], folders["feedtool"], len(states) - 1))
                if server.tally():
                    raise RuntimeError("a source was asked in a round with nothing due")
    return cells, starts


def _turned(chosen: Sequence[Tool], by: int) -> Sequence[Tool]:
    by %= len(chosen)
    return [*chosen[by:], *chosen[:by]]


def _whole(took: Spent, share: float) -> Spent:
    """What it would have taken with all sources."""
    return replace(
        took,
        cpu=took.cpu * share,
        wall=took.wall * share,
        stored=took.stored * share,
        held=round(took.held * share),
    )


def _hold(name: str, state: str, sources: int, took: Spent, server: Server) -> None:
    """Raise `RuntimeError` where a tool holds other entries than it was given, or has asked for a
    source more or less than once."""
    expected = sources * (ENTRIES + STATES[state].more)
    if took.held != expected:
        raise RuntimeError(f"{name} holds {took.held} entries after {state!r}, not {expected}")
    tally = server.tally()
    if tally.total() != sources or tally["other"]:
        raise RuntimeError(f"{name} asked otherwise than for {sources} sources: {dict(tally)}")
    if state == "304" and tally["304"] != sources:
        reason = f"{name} asked unconditionally in the round of 304s: {dict(tally)}"
        if name == "feedtool":
            raise RuntimeError(reason)
        print(reason, file=sys.stderr)


def _start(sources: int, tool: Tool, folder: Path, number: int) -> Row:
    """A round with nothing due, over Python that does nothing."""
    ratios = []
    round_of(tool, folder, number)
    for _ in range(STARTS):
        bare = spent([sys.executable, "-c", "pass"], folder)
        ratios.append(round_of(tool, folder, number).cpu / bare.cpu)
    part, unit = f"{sources:,} start", "x bare Python's CPU"
    middle = statistics.median(ratios)
    most = START_BOUND if sources == SIZES[0] else None
    lowest, highest = min(ratios), max(ratios)
    return Row(part, "nothing due", middle, unit, None, most, lowest, highest)


def comparisons(cells: Cells) -> Iterator[Row]:
    """Yield how the CPU of each other tool compares with feedtool's, round by round, and the peaks
    of feedtool's memory."""
    for (sources, hosts, state, name), cell in cells.items():
        ours = cells.get((sources, hosts, state, "feedtool"))
        if ours and name != "feedtool":
            ratios = [their.cpu / our.cpu for their, our in zip(cell.runs, ours.runs, strict=True)]
            least = FLOORS.get((name, state, sources)) if hosts == "own" else None
            yield Row(
                f"{sources:,} {hosts}",
                f"{state}: {name} over feedtool",
                statistics.median(ratios),
                "x the CPU",
                least,
                None,
                min(ratios),
                max(ratios),
            )
    peaks: dict[int, float] = {}
    for (sources, hosts, state, name), cell in cells.items():
        if name == "feedtool":
            peak = max(one.peak for one in cell.runs)
            yield Row(f"{sources:,} {hosts}", f"{state}: peak", peak, "MiB", most=PEAK_BOUND)
            if hosts == "own":
                peaks[sources] = max(peak, peaks.get(sources, 0))
    if set(SIZES) <= set(peaks):
        growth = peaks[SIZES[1]] / peaks[SIZES[0]]
        yield Row("memory", "peak of 1,000 over 200", growth, "x", most=GROWTH_BOUND)


def table(cells: Cells) -> Iterator[str]:
    """Yield the lines of a table of all that was measured."""
    before: tuple[int, str] | None = None
    for cell in cells.values():
        if (cell.sources, cell.hosts) != before:
            before = cell.sources, cell.hosts
            where = "each on a host of its own" if cell.hosts == "own" else "all on one host"
            yield f"\n{cell.sources:,} sources, {where}; medians of {len(cell.runs)} runs"
            titles = ("CPU s", "from", "to", "wall s", "peak MiB", "stored MB", "entries")
            yield f"{'round':<11} {'tool':<10}" + "".join(f"{title:>11}" for title in titles)
        numbers = (
            cell.median(lambda one: one.cpu),
            min(one.cpu for one in cell.runs),
            max(one.cpu for one in cell.runs),
            cell.median(lambda one: one.wall),
            max(one.peak for one in cell.runs),
            cell.median(lambda one: one.stored),
        )
        note = f"  (of {cell.sources / cell.share:.0f}, x {cell.share:g})" if cell.share > 1 else ""
        yield (
            f"{cell.state:<11} {cell.tool:<10}"
            + "".join(
                f"{number:>11.2f}" if number < 100 else f"{number:>11.0f}" for number in numbers
            )
            + f"{cell.runs[-1].held:>11,}{note}"
        )


def as_json(cells: Cells, rows: Sequence[Row]) -> str:
    """Return all numbers as JSON: of each cell the runs, of each row what it may be."""
    told: Mapping[str, object] = {
        "entries": ENTRIES,
        "cells": [asdict(cell) for cell in cells.values()],
        "rows": [{**asdict(row), "missed": row.missed} for row in rows],
    }
    return json.dumps(told, indent=2)


def profile(state: str, sources: int, hosts: str, parent: Path | None) -> None:
    """Print where the CPU of feedtool goes in this round, after those that come before it; or, for
    "start", in one with nothing due."""
    tool = tools()["feedtool"]
    states = list(STATES)
    before = states if state == "start" else states[: states.index(state)]
    with serving(sources, ENTRIES) as server, TemporaryDirectory(dir=parent) as made:
        folder = Path(made)
        (folder / "store").mkdir()
        tool.prepare(folder, server.urls(sources, one_host=hosts == "one"))
        for number, each in enumerate(before):
            server.begin(STATES[each])
            round_of(tool, folder, number)
        number = len(before)
        if state == "start":
            number -= 1
        else:
            server.begin(STATES[state])
        command = [str(part) for part in tool.command(folder)]
        program = Path(__file__).with_name("endtoend_profile.py")
        # The launcher's environment and clock, and the same arguments as those of the command.
        spent([sys.executable, program, *command[3:]], folder, number=number)
        print((folder / "told").read_text("utf-8"))


def main() -> int:
    """Print what was measured; 1 where `--gate` is given and a number is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", default=",".join(map(str, SIZES)), help="how many, at a time")
    parser.add_argument("--rounds", type=int, default=3, help="runs through all states")
    parser.add_argument("--only", help="tools, with commas between")
    parser.add_argument("--hosts", default="own,one")
    parser.add_argument("--states", default=",".join(STATES), help="the first must be new")
    parser.add_argument("--reader", default=sys.executable, help="a Python that has reader")
    parser.add_argument("--folder", type=Path, help="where stores are made")
    parser.add_argument("--json", action="store_true", help="print all numbers as JSON")
    parser.add_argument("--svg", type=Path, help="draw the CPU into this file")
    parser.add_argument("--gate", action="store_true", help="fail beyond the floors and bounds")
    parser.add_argument("--profile", choices=[*STATES, "start"], help="profile this round instead")
    given = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("left out: only on Linux every address of 127/8 is this machine")
        return 0
    known = tools(given.reader)
    names = given.only.split(",") if given.only else list(known)
    states, sizes = given.states.split(","), [int(one) for one in given.sources.split(",")]
    if not set(names) <= set(known) or states[0] != "new" or not set(states) <= set(STATES):
        parser.error(f"tools are {', '.join(known)}; states are {', '.join(STATES)}")
    if given.profile:
        profile(given.profile, sizes[0], given.hosts.split(",")[0], given.folder)
        return 0
    chosen = [tool for name, tool in known.items() if name in names and tool.found()]
    for name in set(names).difference(tool.name for tool in chosen):
        print(f"{name} isn't installed: its rows are left out", file=sys.stderr)
    cells: Cells = {}
    rows: list[Row] = []
    # Stores are taken away at the end alone: where many files were deleted lately, ext4 without a
    # journal looks through all their inodes for each new file.
    with TemporaryDirectory(dir=given.folder) as made:
        for sources in sizes:
            for hosts in given.hosts.split(","):
                found, starts = measured(sources, hosts, states, chosen, given.rounds, Path(made))
                cells |= found
                rows += starts
                if not given.json:
                    print("\n".join(table(found)), flush=True)
    rows += comparisons(cells)
    if given.json:
        print(as_json(cells, rows))
    else:
        print()
        for row in rows:
            print(row)
    if given.svg:
        given.svg.write_text(_drawn(cells, states, names), "utf-8")
    return int(given.gate and any(row.missed for row in rows))


def _drawn(cells: Cells, states: Sequence[str], names: Sequence[str]) -> str:
    """The CPU of the first size, each source on a host of its own or all on one, as a plot."""
    sources, hosts, *_ = next(iter(cells))
    groups = {}
    for state in states:
        found = {name: cells.get((sources, hosts, state, name)) for name in names}
        groups[state] = {
            name: cell.median(lambda one: one.cpu) for name, cell in found.items() if cell
        }
    return bars(f"CPU seconds for {sources:,} sources of {ENTRIES} entries, logarithmic", groups)


if __name__ == "__main__":
    sys.exit(main())
