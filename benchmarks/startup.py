"""How quickly the command starts: CPU of `feedtool --version` against bare `python -c pass`.

Both run in turn in one go; the median of the ratios of each round is what counts. Exits 1 above
the bound.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

BOUND = 4.0
BARE = (sys.executable, "-c", "pass")
COMMANDS = {
    "--version": (sys.executable, "-m", "feedtool", "--version"),
    "--help": (sys.executable, "-m", "feedtool", "--help"),
}


def cpu(command: tuple[str, ...]) -> float:
    """Seconds of CPU, user and system, that `command` takes as a process of its own."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def main() -> int:
    """Print the ratios; 1 where the version takes longer than the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds: int = parser.parse_args().rounds
    ratios: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in (BARE, *COMMANDS.values()):
        cpu(command)  # bytecode is written now
    for _ in range(rounds):
        # Several runs of each: the clock of a process ticks too coarsely for one.
        bare = sum(cpu(BARE) for _ in range(5))
        for name, command in COMMANDS.items():
            ratios[name].append(sum(cpu(command) for _ in range(5)) / bare)
    for name, found in ratios.items():
        spread = f"{min(found):.2f} to {max(found):.2f}"
        print(f"feedtool {name:<10} {statistics.median(found):.2f} x python -c pass ({spread})")
    return int(statistics.median(ratios["--version"]) > BOUND)


if __name__ == "__main__":
    sys.exit(main())
