"""Runs `feedtool` with the arguments given, and prints where its CPU went, by room and function.

::

    python benchmarks/endtoend_profile.py run --config FILE

What a package or the interpreter took counts for the room that called it. "starting" is what was
imported. Being profiled, small functions of Python look larger than they are.
"""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

Function = tuple[str, int, str]  # file, line, name
Numbers = tuple[int, int, float, float]  # calls, of those not recursive, own time, whole time
Shares = dict[str, float]  # by room
Table = dict[Function, tuple[int, int, float, float, dict[Function, Numbers]]]
_SHOWN = 45


def profiled(act: Callable[[], object]) -> Table:
    """Return the profile of a function, in CPU seconds, threads that it starts included (on
    CPython 3.11; later ones can't tell threads apart)."""
    profiles: list[cProfile.Profile] = []

    def begin(*_: object) -> None:
        mine = cProfile.Profile(time.thread_time)
        profiles.append(mine)
        mine.enable()  # takes the place of this function in the thread

    if sys.version_info < (3, 12):
        threading.setprofile(begin)
    begin()
    try:
        act()
    finally:
        threading.setprofile(None)
        for one in profiles:
            one.disable()
    stats: Any = pstats.Stats(*profiles)
    table: Table = stats.stats
    return table


def room(function: Function) -> str | None:
    """Return the room of feedtool that a function belongs to, or None where it is of no room."""
    path = function[0]
    if "importlib" in path or function[2] == "<module>":
        return "starting"
    _, found, inside = path.rpartition("/feedtool/")
    if not found or "/site-packages/" in path:
        return None
    first, *more = inside.split("/")
    return first if more else first.removesuffix(".py")


class Rooms:
    """Says for which rooms a function worked, by who called it and how long."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[Function, Shares] = {}

    def of(self, function: Function) -> Shares:
        """Return the share of each room in a function, together 1."""
        if function in self._known:
            return self._known[function]
        own = room(function)
        if own:
            self._known[function] = {own: 1.0}
            return self._known[function]
        self._known[function] = {}  # nothing comes of going round in a circle
        shares: dict[str, float] = defaultdict(float)
        callers = self._table[function][4] if function in self._table else {}
        for caller, (_, _, _, whole) in callers.items():
            for name, share in self.of(caller).items():
                shares[name] += share * max(whole, 1e-9)
        total = sum(shares.values())
        found = {name: share / total for name, share in shares.items()}
        self._known[function] = found or {"other": 1.0}
        return self._known[function]


def by_room(table: Table) -> Shares:
    """Return the seconds that each room took, with all that it called outside feedtool."""
    rooms = Rooms(table)
    seconds: Shares = defaultdict(float)
    for function, (_, _, own, _, callers) in table.items():
        parts = {caller: numbers[2] for caller, numbers in callers.items()}
        if room(function) or not parts:
            parts = {function: own}
        for one, part in parts.items():
            for name, share in rooms.of(one).items():
                seconds[name] += share * part
    return seconds


def main() -> int:
    """Print the table; the exit code is that of the command."""
    from feedtool.cli import main as program

    codes: list[int] = []

    def act() -> None:
        with redirect_stdout(io.StringIO()):
            codes.append(program.main(sys.argv[1:]))

    before = os.times()
    table = profiled(act)
    after = os.times()
    used = after.user + after.system - before.user - before.system
    seconds = by_room(table)
    total = sum(seconds.values())
    begun = before.user + before.system
    print(f"{used:.2f} s of CPU while profiled, {total:.2f} s of them seen, {begun:.2f} s before")
    for name, part in sorted(seconds.items(), key=lambda one: -one[1]):
        print(f"{name:<14} {part:>8.3f} s {part / total:>7.1%}")
    print(f"\n{'own s':>8} {'whole s':>8} {'calls':>9}")
    functions = sorted(table.items(), key=lambda one: -one[1][2])
    for (path, line, name), (_, calls, own, whole, _) in functions[:_SHOWN]:
        where = "/".join(Path(path).parts[-2:])
        print(f"{own:>8.3f} {whole:>8.3f} {calls:>9,}  {where}:{line} {name}")
    return codes[0]


if __name__ == "__main__":
    sys.exit(main())
