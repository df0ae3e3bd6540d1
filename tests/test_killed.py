"""The daemon is killed at any moment of its work, again and again: nothing is lost or doubled, and
no reader ever sees anything of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from feedtool.archive import check
from feedtool.archive.folder import FolderArchive
from tests import daemons, killing
from tests.daemons import CONFIG, until
from tests.killing import FORMATS, Killed, Reader
from tests.news import FEEDS, News
from tests.reader_site import ReaderSite

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing kills like that there")


def _archived(folder: Path) -> list[str]:
    if not (folder / "archive/.feedtool/index.sqlite").is_file():
        return []
    with FolderArchive(folder / "archive") as archive:
        return sorted(version.entry.title for version in archive.newest())


def _settle(folder: Path, daemon: Killed, news: News, reader: Reader) -> None:
    """Let the daemon come to an end with what there is."""
    news.end()
    daemon.start()
    wanted = news.titles
    told: Callable[[], object] = lambda: f"{daemon.errors}\n{set(wanted) ^ set(_archived(folder))}"  # noqa: E731
    until(lambda: _archived(folder) == wanted, told=told)

    def is_published() -> bool:
        return all(sorted(reader.seen.get(f"all.{one}", {}).values()) == wanted for one in FORMATS)

    until(is_published)
    assert daemon.end() == 0
    assert daemon.errors == ""


def _assert_whole(folder: Path, news: News) -> None:
    """Each article is in the archive once, in its last version, and nothing is left over."""
    with FolderArchive(folder / "archive") as archive:
        held = {version.entry.id: version for version in archive.newest()}
        assert {one: held[one].entry.title for one in news.ids} == news.ids
        for feed, pieces in enumerate(news.feeds):
            for piece in pieces:
                entry = held[f"https://valley.example/{feed}/{piece.number}"].entry
                words = entry.content_text or entry.content_html or entry.summary or ""
                assert piece.text(feed) in words
        assert len(list(archive.walk())) == len(held)
        assert list(check.check(archive)) == []
        for capture in archive.captures.files():
            assert list(archive.captures.verify(capture)) == []
    (folder / "feedtool.toml").write_text(CONFIG)
    assert daemons.command(folder, "check") == 0
    left = [path for where in ("archive", "public") for path in (folder / where).rglob("*.tmp*")]
    assert left == []


def _killed(folder: Path, times: int) -> None:
    with (
        News(folder / "inbox", seed=times) as news,
        ReaderSite(folder / "public") as site,
        Reader(site) as reader,
    ):
        daemon = Killed(folder, news.port)
        news.coming = True

        def look() -> None:
            assert reader.bad == []

        try:
            killing.kill_again_and_again(daemon, times, times, look)
            _settle(folder, daemon, news, reader)
        finally:
            daemon.drop()
        _assert_whole(folder, news)
        reader.look()
    assert reader.bad == []
    revised = sum(piece.version - 1 for pieces in (*news.feeds, news.files) for piece in pieces)
    print(
        f"{times} kills, {len(news.titles)} articles, {revised} revisions: {reader.reads} reads, "
        f"{reader.walks} walks, {len(reader.bad)} bad"
    )
    assert reader.reads > 10 * times
    assert len(news.titles) > FEEDS


def test_killed_a_few_times_under_load(tmp_path: Path) -> None:
    """The short form: six kills amid twenty feeds and a folder, with a reader who sees nothing."""
    _killed(tmp_path, 6)


@pytest.mark.soak
def test_killed_a_hundred_times_under_load(tmp_path: Path) -> None:
    """A hundred kills: no bad read, and in the end all is there, once."""
    _killed(tmp_path, 100)
