"""A daemon of its own process, for tests/killing.py: python -m tests.killed_daemon FOLDER PORT FEEDS.

Its configuration is built by hand, as a file allows no source to be read each second.
"""

from __future__ import annotations

import signal
import sys
from datetime import timedelta
from pathlib import Path

from feedtool.config import ArchiveTable, Config, FeedTable, Http, PublishTable, Site
from feedtool.daemon import Daemon
from feedtool.model import Source

EVERY = timedelta(seconds=1)
LIMIT = 20  # few, so that documents are closed all the while
# Each address of 127/8 is this machine, on Linux without any set-up: feeds on hosts of their own.
HOSTS = "127.0.0.{}" if sys.platform == "linux" else "127.0.0.1"


def config(folder: Path, port: int, feeds: int) -> Config:
    """Feeds and a watched inbox, published in all formats, with compressed variants."""
    sources = [
        Source(
            name=f"n{number}",
            url=f"http://{HOSTS.format(number + 1)}:{port}/{number}",
            every=EVERY,
            allow_private=True,
        )
        for number in range(feeds)
    ]
    return Config(
        site=Site(title="Tin", base_url="https://tin.example/", author="Toà soạn", language="vi"),
        archive=ArchiveTable(path=folder / "archive"),
        publish=PublishTable(path=folder / "public", compress=("gzip",)),
        http=Http(per_host_gap=0, timeout=20),
        feed=(
            FeedTable(name="all", content="full", limit=LIMIT),
            FeedTable(name="inbox", sources=("valley",), limit=LIMIT, order="updated"),
        ),
        source=(*sources, Source(name="valley", url=str(folder / "inbox"), every=EVERY)),
    )


def main() -> None:
    """Run until SIGTERM, after a line that says so."""
    folder, port, feeds = sys.argv[1:]
    daemon = Daemon(config(Path(folder), int(port), int(feeds)))
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
    print("started", flush=True)
    daemon.run()


if __name__ == "__main__":
    main()
