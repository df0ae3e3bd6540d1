"""A daemon of very many sources, in a process of its own, for tests/test_many.py: python -m
tests.many_daemon FOLDER SOURCES PORT DEAD_PORT.

It prints a line for each source that it has read: when that was told, its name, and how late it was
in whole seconds.
"""

from __future__ import annotations

import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from feedtool.config import ArchiveTable, Config, FeedTable, Http, PublishTable, Site
from feedtool.daemon import Daemon
from feedtool.kept import Outcome
from feedtool.model import Source
from feedtool.work import Event
from tests.many_hosts import address, is_dead

EVERY = timedelta(minutes=10)


def config(folder: Path, sources: int, port: int, dead_port: int) -> Config:
    """So many sources, each on a host of its own, and a feed of all that they bring."""
    return Config(
        site=Site(title="Tin", base_url="https://tin.example/", author="Toà soạn", language="vi"),
        archive=ArchiveTable(path=folder / "archive"),
        publish=PublishTable(path=folder / "public"),
        http=Http(per_host_gap=0, timeout=10),
        feed=(FeedTable(name="all", content="full"),),
        source=tuple(
            Source(
                name=f"n{number}",
                url=f"http://{address(number)}:{dead_port if is_dead(number) else port}/{number}",
                every=EVERY,
                allow_private=True,
            )
            for number in range(sources)
        ),
    )


def _tell(event: Event) -> None:
    if isinstance(event, Outcome) and event.run is not None:
        late = event.run.late.total_seconds()
        print(f"{time.time():.3f} {event.source[1:]} {late:.0f}", flush=True)


def main() -> None:
    """Run until SIGTERM."""
    folder, *numbers = sys.argv[1:]
    daemon = Daemon(config(Path(folder), *map(int, numbers)), tell=_tell)
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
    daemon.run()


if __name__ == "__main__":
    main()
