"""What was received is kept, and read again: captures from collecting to rereading."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.archive.warc import walk
from feedtool.collect import collect
from feedtool.config import Http
from feedtool.errors import DamagedError
from feedtool.kept import Outcome
from feedtool.model import Published, Source
from feedtool.reread import revised
from feedtool.settle import settle
from tests.cli import CONFIG, Feedtool
from tests.conftest import NOW, Server, article, make_config, make_entry
from tests.feeds import Valley, items, rss

PAGE = b"""<!doctype html><html lang="en"><head><title>Bread on the bridge</title>
<meta property="og:type" content="article"></head><body><article>
<h1>Bread on the bridge</h1><p class="byline">By Ada Weir</p>
<time datetime="2022-04-13T07:00:00+00:00">13 April 2022</time>
<p>The baker of the valley has opened a stall on the old bridge, where the ferry used to land.</p>
<p>He sells bread to those who cross in the morning, and to those who come back at night.</p>
<p>The council had promised the place to him for a year, and may do so for another one.</p>
</article></body></html>"""
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>V</title>
<item><title>One</title><guid>urn:v:1</guid><link>https://valley.example/1</link></item>
<item><title>Two</title><guid>urn:v:2</guid><link>https://valley.example/2</link></item>
</channel></rss>"""
HTML = {"Content_Type": "text/html; charset=utf-8"}


def _collected(
    folder: Path, server: Server, path: str, days: float = 0, **fields: Any
) -> tuple[Outcome, FolderArchive]:
    source = Source(name="valley", url=server.url + path, allow_private=True, **fields)
    config = make_config(folder, source, http=Http(per_host_gap=0))
    with FolderArchive(folder / "archive", writing=True) as archive:
        now = NOW + timedelta(days=days)
        [outcome] = collect(config, archive, now=now, insist=True)
    return outcome, FolderArchive(folder / "archive")


def _kinds(folder: Path) -> list[str]:
    found: list[str] = []
    for path in sorted((folder / "archive/warc").rglob("*.warc.gz")):
        with path.open("rb") as file:
            found += [getattr(record, "kind", "damage") for record in walk(file)]
    return found


def test_a_page_is_kept_with_what_was_asked_and_answered(tmp_path: Path, server: Server) -> None:
    """The entry says where it lies, and reading it gives the bytes, the address and the headers."""
    server.give("/bread", PAGE, **HTML)
    outcome, archive = _collected(tmp_path, server, "/bread")
    [(_, version)] = outcome.changes
    kept = archive.get(version.key)
    assert kept is not None
    assert kept.capture is not None
    capture = archive.captures.read(kept.capture)
    assert capture is not None
    assert (capture.body, capture.url) == (PAGE, server.url + "/bread")
    assert capture.exchange is not None
    assert capture.exchange.status == 200
    assert ("Content-Type", HTML["Content_Type"]) in capture.exchange.answered
    assert any(name.lower() == "user-agent" for name, _ in capture.exchange.asked)
    assert _kinds(tmp_path) == ["warcinfo", "response", "request"]


def test_the_same_again_is_a_revisit(tmp_path: Path, server: Server) -> None:
    """The same bytes, or a 304, are kept as a reference to the first."""
    server.give("/bread", PAGE, ETag='"a"', **HTML)
    _collected(tmp_path, server, "/bread")
    _collected(tmp_path, server, "/bread", 1)
    assert _kinds(tmp_path)[3:] == ["warcinfo", "revisit", "request"]
    server.give("/bread", status=304)
    _collected(tmp_path, server, "/bread", 1)
    assert _kinds(tmp_path)[6:] == ["revisit", "request"]


def test_a_feed_is_kept_where_its_owner_says_so(tmp_path: Path, server: Server) -> None:
    """By default it isn't; with `captures`, its entries lead to it."""
    server.give("/feed", FEED, Content_Type="application/rss+xml")
    outcome, _ = _collected(tmp_path / "a", server, "/feed")
    assert len(outcome.changes) == 2
    assert _kinds(tmp_path / "a") == []
    outcome, archive = _collected(tmp_path / "b", server, "/feed", captures=True)
    places = {kept.capture for _, one in outcome.changes if (kept := archive.get(one.key))}
    assert len(places) == 1
    [place] = places
    assert place is not None
    capture = archive.captures.read(place)
    assert capture is not None
    assert capture.body == FEED


def test_nothing_is_kept_where_its_owner_says_so(tmp_path: Path, server: Server) -> None:
    """Without captures there is no folder of them."""
    server.give("/bread", PAGE, **HTML)
    for days in (0, 1):
        outcome, _ = _collected(tmp_path, server, "/bread", days, captures=False)
    assert outcome.unchanged == 1
    assert not (tmp_path / "archive/warc").exists()


def test_no_secret_is_kept(tmp_path: Path, server: Server) -> None:
    """Neither a login nor a key in an address, nor a cookie."""
    server.give("/bread", PAGE, Set_Cookie="session=s3cr3t", **HTML)
    url = server.url.replace("//", "//ann:s3cr3t@") + "/bread?api_key=s3cr3t"
    source = Source(name="valley", url=url, allow_private=True)
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        config = make_config(tmp_path, source, http=Http(per_host_gap=0))
        [outcome] = collect(config, archive, now=NOW)
    assert len(outcome.changes) == 1
    [path] = (tmp_path / "archive/warc").rglob("*.gz")
    data = gzip.decompress(path.read_bytes())
    assert b"Bread on the bridge" in data
    assert b"s3cr3t" not in data
    assert b"ann" not in data.partition(b"<!doctype")[0].replace(b"cannot", b"")


@pytest.fixture
def kept(feedtool: Feedtool, inbox: Path) -> str:
    """The key of an article that was collected from a file."""
    assert inbox.is_dir()
    assert feedtool("collect").code == 0
    key: str = json.loads(feedtool("list", "--json").out)["_feedtool"]["key"]
    return key


def test_a_file_is_read_again_from_its_capture(feedtool: Feedtool, inbox: Path, kept: str) -> None:
    """`extract --from-capture` gives what `extract` gave, though the file is gone."""
    before = json.loads(feedtool("extract", str(inbox / "a.txt"), "--json").out)
    (inbox / "a.txt").unlink()
    after = json.loads(feedtool("extract", "--from-capture", kept, "--json").out)
    assert after.pop("input") == kept
    del before["input"], before["id"], after["id"]
    assert after == before


def test_what_has_no_capture_is_told(feedtool: Feedtool, inbox: Path, tmp_path: Path) -> None:
    """As is a key that isn't there."""
    (tmp_path / "feedtool.toml").write_text(CONFIG + "captures = false\n")
    assert inbox.is_dir()
    feedtool("collect")
    key = json.loads(feedtool("list", "--json").out)["_feedtool"]["key"]
    run = feedtool("extract", "--from-capture", key)
    assert (run.code, "has no capture" in run.err) == (2, True)
    run = feedtool("extract", "--from-capture", "2022/01/01/none")
    assert (run.code, "is no key" in run.err) == (2, True)
    assert "0 read again" in feedtool("reread").err


def test_rereading_shows_what_would_change_before_it_does(
    feedtool: Feedtool, tmp_path: Path, kept: str
) -> None:
    """With other rules, here the agency that stands before the text, the summary differs: it is
    shown, then written as a revision that moves no `updated`, and then nothing is left to do."""
    run = feedtool("reread")
    assert (run.code, run.out) == (0, "")
    assert "1 read again, 0 in vain; 0 would change" in run.err
    first = json.loads(feedtool("show", kept, "--json").out)
    (tmp_path / "feedtool.toml").write_text(CONFIG + 'agency = "TNS-Sáng"\n')
    shown = feedtool("reread")
    assert "1 would change; --write changes them" in shown.err
    assert kept in shown.out
    told = json.loads(feedtool("reread", kept, "--json").out)
    assert told["key"] == kept
    assert told["diff"]
    assert json.loads(feedtool("show", kept, "--json").out) == first
    assert "1 changed" in feedtool("reread", "--write").err
    second = json.loads(feedtool("show", kept, "--json").out)
    assert second["_feedtool"]["revision"] == 2
    assert second["date_modified"] == first["date_modified"]
    assert second["_feedtool"]["capture"] == first["_feedtool"]["capture"]
    assert "0 changed" in feedtool("reread", "--write").err
    assert feedtool("check").code == 0


def test_a_capture_that_is_damaged_costs_its_article_alone(
    feedtool: Feedtool, tmp_path: Path, kept: str
) -> None:
    """It is named, and the others are read."""
    (tmp_path / "inbox/b.txt").write_text(article("Đường mới"), "utf-8")
    feedtool("collect")
    archive = FolderArchive(tmp_path / "archive")
    version = archive.get(kept)
    assert version is not None
    assert version.capture is not None
    path = tmp_path / "archive" / version.capture.file
    data = bytearray(path.read_bytes())
    data[version.capture.offset + version.capture.length // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        archive.captures.read(version.capture)
    run = feedtool("reread", "--json")
    assert run.code == 1
    assert "2 read again, 1 in vain" in run.err
    assert kept == json.loads(run.out)["key"]


def test_entries_of_a_document_that_is_written_in_parts_all_lead_to_it(tmp_path: Path) -> None:
    """Where another source's entry in it has to be written first, too; it is kept once."""
    feeds = [
        Source(name=name, url=f"https://{name}.example/", kind="feed", captures=captures)
        for name, captures in (("a", None), ("b", True))
    ]
    with FolderArchive(tmp_path, writing=True) as archive:
        valley = Valley(archive, *feeds)
        mine = items(3, 5, id="urn:b:{0}", words="Khác {0}", link="https://b.example/{0}")
        valley.round(NOW, a=rss(items(1)), b=rss([mine[0], *items(1), mine[1]]))
        places = [one.capture for one in archive.newest() if one.source == "b"]
        assert len(places) == 2
        assert None not in places
        assert len(set(places)) == 1


@pytest.mark.parametrize(
    "published", [Published.at(NOW + timedelta(days=400)), Published.on(NOW.date())]
)
def test_rereading_believes_the_dates_that_were_believed(published: Published) -> None:
    """What was dated ahead when it came, or later on its day, is dated as it was then."""
    early = NOW.replace(hour=1)
    entry = make_entry(published=published)
    _, version = settle(entry, old=None, source="a", now=early, zone=UTC, taken=lambda _: False)
    assert revised(version, entry, NOW + timedelta(days=2)) is None
