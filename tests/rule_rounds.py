"""A small archive with demanding entries, published in all formats, after each of two rounds.

Some entries are put as they are; those of a source, a feed with much in it that must not come out
again, are read.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import Any

from lxml import etree, html

from feedtool.archive.memory import MemoryArchive
from feedtool.collect import collect
from feedtool.config import Config, FeedTable, Format
from feedtool.model import Enclosure, Person, Published, Source
from feedtool.publish.site import publish
from tests.conftest import NOW, later, make_config, make_version

A = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
FORMATS: tuple[Format, ...] = ("atom", "rss", "json")
BASE = "https://tin.example/"
SECOND_ROUND = later(days=1)

_SOURCE = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://valley.example/news/">
<id>urn:valley</id><title>Valley</title><updated>2022-05-01T00:00:00Z</updated>
<link href="https://valley.example/news/"/>
<entry>
  <id>URN:Valley:Kept%2fAs%2FIt-IS</id><title>Stamped anew</title><link href="kept.html"/>
  <published>2022-04-30T07:00:00+07:00</published><updated>{stamp}</updated>
  <author><name>Piet Hallam</name></author>
  <summary>Only its time of change is another in the second round.</summary>
</entry>
<entry>
  <id>tag:valley.example,2022:edited</id><title type="html">The &lt;b&gt;edited&lt;/b&gt; one</title>
  <link rel="related" href="https://other.example/"/><link rel="alternate" href="{link}"/>
  <published>2022-04-30T09:00:00Z</published><updated>{edited}</updated>
  <author><name>Piet Hallam</name></author>
  <summary type="html">&lt;p&gt;What it says in &lt;i&gt;short&lt;/i&gt;.&lt;/p&gt;</summary>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
    <p onclick="x()" style="color:red">{words} <a href="more.html">More</a></p>
    <img src="/i/boat.jpg" onerror="x()"/><script>x()</script><style>p {{ color: red }}</style>
    <iframe src="https://other.example/"></iframe><a href="javascript:x()">No</a>
  </div></content>
</entry>
<entry>
  <id>tag:valley.example,2022:untitled</id><title></title><link href="untitled.html"/>
  <published>2022-04-29T09:00:00Z</published><updated>2022-04-29T09:00:00Z</updated>
  <summary>The ferry is back, says everybody at the lake.</summary>
</entry>
<entry>
  <id>tag:valley.example,2022:future</id><title>Of another age</title><link href="future.html"/>
  <published>2099-01-01T00:00:00Z</published><updated>2099-01-01T00:00:00Z</updated>
  <summary>Its date is a mistake.</summary>
</entry>
</feed>
"""
FIRST = {
    "stamp": "2022-04-30T00:00:00Z",
    "edited": "2022-04-30T09:00:00Z",
    "link": "edited.html",
    "words": "The first words of the article.",
}
LAST = {
    "stamp": "2022-05-05T00:00:00Z",
    "edited": "2022-05-05T01:00:00Z",
    "link": "moved.html",
    "words": "Other words: the bridge is open again since Friday.",
}
EDITED = "tag:valley.example,2022:edited"
STAMPED = "URN:Valley:Kept%2fAs%2FIt-IS"


@dataclass(frozen=True)
class Made:
    """A published folder."""

    folder: Path

    def atom(self, name: str = "all") -> Any:
        """A feed in Atom, as a tree."""
        return etree.fromstring((self.folder / f"{name}.atom").read_bytes())

    def rss(self, name: str = "all") -> Any:
        """A feed in RSS, its channel."""
        return etree.fromstring((self.folder / f"{name}.rss").read_bytes()).find("channel")

    def json(self, name: str = "all") -> Any:
        """A feed as JSON."""
        return json.loads((self.folder / f"{name}.json").read_bytes())

    def documents(self) -> Iterator[Path]:
        """Every document of a feed, those of history too."""
        return chain.from_iterable(self.folder.rglob(f"*.{one}") for one in FORMATS)

    def entries(self) -> dict[str, tuple[Any, Any, Any]]:
        """Each entry by its id, as Atom, RSS and JSON have it."""
        atom = {one.findtext(f"{A}id"): one for one in self.atom().iterfind(f"{A}entry")}
        rss = {one.findtext("guid"): one for one in self.rss().iterfind("item")}
        items = {one["id"]: one for one in self.json()["items"]}
        assert list(atom) == list(rss) == list(items)
        return {identity: (atom[identity], rss[identity], items[identity]) for identity in atom}

    def content(self) -> Iterator[Any]:
        """The content of each entry in each format, as trees."""
        for atom, rss, item in self.entries().values():
            for one in (atom.findtext(f"{A}content"), rss.findtext(f"{CONTENT}encoded")):
                if one:
                    yield html.fragment_fromstring(one, "div")
            if "content_html" in item:
                yield html.fragment_fromstring(item["content_html"], "div")

    def alternates(self, page: str) -> list[str]:
        """The media types of the feeds that a page names, in its order; each is there."""
        path = self.folder / page
        found = []
        for one in html.fromstring(path.read_bytes()).iterfind(".//head/link"):
            kind, address = one.get("type", ""), one.get("href", "")
            if one.get("rel") != "alternate" or not re.fullmatch(
                r"application/\S+\+(xml|json)", kind
            ):
                continue
            at = address.removeprefix(BASE)
            file = path.parent / address if at == address else self.folder / at
            assert file.resolve().is_file(), (page, address)
            found.append(kind)
        return found


def _config(folder: Path) -> Config:
    feeds = (
        FeedTable(name="all", title="Tất cả", formats=FORMATS, content="full", limit=50),
        FeedTable(name="few", formats=FORMATS, limit=2),
    )
    return make_config(folder, Source(name="feed", url=str(folder / "feed.xml")), feed=feeds)


def two_rounds(folder: Path) -> tuple[Made, Made]:
    """Return what is published after a first round, and after a second one a day later."""
    archive = MemoryArchive()
    for number, fields in enumerate(_put()):
        link = f"https://e.example/{number}"
        given = {"id": f"tag:e.example,2022:{number}", "title": f"Tin {number}", "link": link}
        archive.put([make_version(archive, **{**given, **fields})])
    made = []
    for now, values in ((NOW, FIRST), (SECOND_ROUND, LAST)):
        config = _config(folder)
        (folder / "feed.xml").write_text(_SOURCE.format(**values), "utf-8")
        [outcome] = collect(config, archive, now=now, insist=True)
        assert not outcome.failed
        publication = publish(config, archive, now=now)
        assert not publication.faults
        kept = folder / f"published at {now:%d}"
        shutil.copytree(folder / "public", kept)
        made.append(Made(kept))
    return made[0], made[1]


def _put() -> list[dict[str, Any]]:
    far = timezone(timedelta(hours=7))
    return [
        {"published": Published.at(datetime(2022, 1, 2, 7, 30, 15, tzinfo=far))},
        {"published": Published.on(date(2022, 1, 3)), "authors": ()},
        {"authors": tuple(map(Person, ("Lý Mai", "Piet Hallam", "Wm. Farr")))},
        {"title": 'Giá < 5 & "rẻ" hơn, 3 > 2', "link": "https://e.example/?a=1&b=2"},
        {"title": "谷地新闻：渡船回来了 🎉", "summary": None},
        {"content_text": None, "summary": "Chỉ có tóm tắt."},
        {"enclosures": (Enclosure("https://e.example/8.mp3", "audio/mpeg", 12345),)},
        {"published": Published.at(later(hours=40)), "title": "Not yet"},
        {"link": None, "title": "It lives here"},
    ]
