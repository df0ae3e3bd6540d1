"""Real feed readers, subscribed to what is published: newsboat and sfeed."""

from __future__ import annotations

import functools
import http.server
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.collect import collect
from feedtool.config import load
from feedtool.publish.site import publish
from tests.conftest import NOW, ROOT, SAMPLES, make_config
from tests.test_publish import _schema

ROWS = {
    "Hợp tác xã chè Pá Lương ra mắt vườn ươm 40 nghìn cây giống": ("HOÀI AN", "2022-01-18"),
    "Thư viện lưu động về với học trò vùng hồ Nậm Ngân": ("LÒ VĂN PHÚC", "2022-03-08"),
    "The Wednesday ferry is back": ("Imelda Farr", "2022-04-13"),
    "Dome motor repaired": ("Piet Hallam", "2022-04-29"),
    "First clear night in three weeks": ("Hilltop Observatory", "2022-05-02"),
}


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, published."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "config", folder / "config")
    config = load(folder / "config/demo.toml")
    with FolderArchive(config.archive.path, writing=True) as archive:
        assert not any(outcome.failed for outcome in collect(config, archive, now=NOW))
        publish(config, archive, now=NOW)
    return config.publish.path


@pytest.fixture(scope="module")
def address(public: Path) -> Iterator[str]:
    """Where the published folder is served."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".atom": "application/atom+xml; charset=utf-8", "": "text/html"}  # noqa: RUF012

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    handler = functools.partial(Handler, directory=str(public))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _needs(command: str) -> None:
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed (a Debian package of that name)")


def test_the_demos_feed_is_valid_and_says_the_same(public: Path) -> None:
    """The schema of RFC 4287 has nothing against it, and feedparser reads the same values back."""
    parsed = feedparser.parse((public / "all.atom").read_bytes())
    assert not parsed.bozo
    found = {entry.title: (entry.authors[0].name, entry.published[:10]) for entry in parsed.entries}
    assert found == ROWS
    assert all(entry.summary and entry.link and entry.id for entry in parsed.entries)
    from lxml import etree

    _schema().assertValid(etree.parse(public / "all.atom"))


def test_newsboat_lists_them(address: str, tmp_path: Path) -> None:
    """newsboat, subscribed over HTTP, has each entry with its title, author and date."""
    _needs("newsboat")
    (tmp_path / "urls").write_text(f"{address}/all.atom\n")
    (tmp_path / "config").write_text("")
    cache = tmp_path / "cache.db"
    files = ["-u", tmp_path / "urls", "-c", cache, "-C", tmp_path / "config"]
    command = ["newsboat", *map(str, files), "-x", "reload"]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    subprocess.run(command, check=True, timeout=60, env=environment, capture_output=True)
    database = sqlite3.connect(cache)
    rows = database.execute("SELECT title, author, pubDate FROM rss_item").fetchall()
    database.close()
    found = {
        title: (author.partition(", ")[0], datetime.fromtimestamp(when, UTC).date().isoformat())
        for title, author, when in rows
    }
    assert found == ROWS


def test_sfeed_lists_them(public: Path) -> None:
    """sfeed gives a line for each entry, with its title, author and date."""
    _needs("sfeed")
    document = (public / "all.atom").read_bytes()
    run = subprocess.run(["sfeed"], input=document, capture_output=True, check=True, timeout=60)
    found = {}
    for line in run.stdout.decode().splitlines():
        when, title, _, _, _, _, author, *_ = line.split("\t")
        found[title] = (author, datetime.fromtimestamp(int(when), UTC).date().isoformat())
    assert found == ROWS


def test_the_seed_article_goes_from_disk_to_feed(tmp_path: Path) -> None:
    """The real article comes out with the title, author, day and summary that people read in it,
    and a second round writes nothing."""
    article = SAMPLES / "articles/bac-son-2020.txt"
    if not article.is_file():
        pytest.skip(f"the samples are not at {SAMPLES} (FEEDTOOL_SAMPLES says where they are)")
    from feedtool.model import Source

    source = Source(name="bac-son", url=str(article), time_zone="Asia/Ho_Chi_Minh")
    config = make_config(tmp_path, source)
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        [outcome] = collect(config, archive, now=NOW)
        publish(config, archive, now=NOW)
        [(_, version)] = outcome.changes
    assert version.key == (
        "2020/12/15/ban-chap-hanh-dang-bo-huyen-bac-son-tong-ket-cong-tac-lanh-dao-chi-dao-nam-2020"
    )
    [entry] = feedparser.parse((tmp_path / "public/all.atom").read_bytes()).entries
    assert entry.title.startswith("Ban Chấp hành Đảng bộ huyện Bắc Sơn tổng kết")
    assert [author.name for author in entry.authors] == ["TRÍ DŨNG"]
    assert entry.published == "2020-12-15T12:00:00Z"
    assert entry.summary.startswith("Sáng 15/12/2020, Huyện ủy Bắc Sơn")
    assert len(version.entry.captions) == 2
