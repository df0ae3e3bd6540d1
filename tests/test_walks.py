"""Walks through what is published, back to the first article, whatever happened to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedtool.archive.memory import MemoryArchive
from feedtool.config import Config, FeedTable
from feedtool.kept import Version
from feedtool.model import Published
from feedtool.publish.rules import rule
from feedtool.publish.site import publish
from feedtool.settle import purged, restored, vanished, withdrawn
from tests.conftest import NOW, later, make_config, make_version
from tests.history_client import History, walk

SITE = "https://tin.example/"


def fetcher(public: Path) -> Callable[[str], bytes]:
    """What gets documents of the site from its folder."""
    return lambda url: (public / url.removeprefix(SITE)).read_bytes()


def add(archive: MemoryArchive, number: int, **fields: Any) -> None:
    """Put an article of its own minute."""
    when = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * number)
    given_fields = {"published": Published.at(when), "content_text": None, **fields}
    archive.put(
        [make_version(id=f"tag:e.example,2022:{number}", title=f"No {number}", **given_fields)]
    )


def assert_whole(history: History, numbers: range) -> None:
    """Every article is there, once, and nothing breaks the rules."""
    assert history.faults == []
    assert history.duplicates == []
    wanted = {f"tag:e.example,2022:{number}" for number in numbers}
    assert set(history.entries) == wanted


def _walked(folder: Path, articles: int, limit: int) -> None:
    """Walk so many articles, then again while more are published, and at last with those."""
    feed = FeedTable(name="all", formats=("atom", "json"), limit=limit)
    config = make_config(folder, feed=(feed,))
    fetch, public = fetcher(folder / "public"), folder / "public"
    with MemoryArchive() as archive:
        for number in range(articles):
            add(archive, number)
        publish(config, archive, now=NOW)
        for name in ("all.atom", "all.json"):
            assert_whole(walk(fetch, SITE + name), range(articles))
        closed = {path: path.read_bytes() for path in (public / "all").iterdir()}
        fresh = count(articles)

        def busy(url: str) -> bytes:
            """Gets a document, whereupon more is published."""
            body = fetch(url)
            for _ in range(limit // 3):
                add(archive, next(fresh))
            publish(config, archive, now=NOW)
            return body

        # Who began before them has what there was then, each once.
        assert_whole(walk(busy, SITE + "all.atom"), range(articles))
        last = next(fresh)
        assert last > articles + limit
        for name in ("all.atom", "all.json"):
            assert_whole(walk(fetch, SITE + name), range(last))
        assert {path: path.read_bytes() for path in closed} == closed


def test_history_is_walked_back_to_the_first_article(tmp_path: Path) -> None:
    """A client of RFC 5005 finds each of two thousand articles once, also while more are published;
    so does one that follows JSON Feed's pages."""
    _walked(tmp_path, 2_000, 100)


@pytest.mark.soak
def test_a_long_history_is_walked_back_to_the_first_article(tmp_path: Path) -> None:
    """And each of ten thousand, fifty a document."""
    _walked(tmp_path, 10_000, 50)


FEEDS = (
    FeedTable(name="all", formats=("atom", "json"), limit=3),
    FeedTable(name="vi", formats=("atom",), limit=2, languages=("vi",), order="updated"),
    FeedTable(name="late", formats=("atom",), limit=4, order="archived", content="full"),
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(-400, 2), st.sampled_from(["vi", "en"])),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just("")),
        st.tuples(
            st.sampled_from(["revise", "withdraw", "restore", "purge", "gone", "move"]),
            st.integers(0, 30),
            st.just(""),
        ),
        st.tuples(st.sampled_from(["publish", "everything"]), st.integers(0, 50), st.just("")),
        st.tuples(st.just("title"), st.integers(0, 3), st.just("")),
    ),
    min_size=5,
    max_size=60,
)


@dataclass
class World:
    """An archive, what was published of it, and the time."""

    archive: MemoryArchive
    config: Config
    now: datetime = NOW
    closed: dict[str, bytes] = field(default_factory=dict)
    updated: dict[str, str] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    seen: dict[str, set[str]] = field(default_factory=dict)
    number: int = 0

    def act(self, what: str, number: int, language: str) -> None:
        """Do one thing, and publish where that is it."""
        self.now += timedelta(minutes=1)
        if what == "put":
            when = Published.at(self.now + timedelta(hours=18 * number))
            if number % 3 == 0:
                when = Published.on(date(2021, 1, 1) + timedelta(days=number + 400))
            self.number += 1
            self._put(f"tag:e.example,2022:{self.number}", language=language, published=when)
        elif what == "wait":
            self.now += timedelta(hours=number)
        elif what == "title":
            site = replace(self.config.site, title=f"Tin {number}")
            self.config = replace(self.config, site=site)
        elif what in ("publish", "everything"):
            self.publish(everything=what == "everything")
        else:
            self._change(what, number)

    def _put(self, identity: str, **fields: Any) -> None:
        version = make_version(
            self.archive, now=self.now, id=identity, title=f"{identity} at {self.now}", **fields
        )
        self.archive.put([version])

    def _change(self, what: str, number: int) -> None:
        versions = list(self._versions())
        if not versions:
            return
        version = versions[number % len(versions)]
        entry, is_back = version.entry, version.withdrawn is not None
        if what == "revise" and not is_back:
            self._put(entry.id, language=entry.language, published=entry.published)
        elif what == "move" and not is_back:
            self.archive.put([replace(vanished(version, now=self.now), source="gazette")])
        elif what == "gone" and not is_back:
            self.archive.put([vanished(version, now=self.now)])
        elif what == "withdraw" and not is_back:
            self.archive.put([withdrawn(version, now=self.now, by="owner", reason="asked")])
            self.taken_back.add(entry.id)
        elif what == "restore" and is_back and version.withdrawn and not version.withdrawn.purged:
            self.archive.put([restored(version, now=self.now)])
        elif what == "purge" and not is_back:
            self.archive.purge([purged(version, now=self.now, by="owner", reason="asked")])
            self.taken_back.add(entry.id)

    def _versions(self) -> Iterator[Version]:
        for key in sorted(self.archive.changes(None)[0]):
            version = self.archive.get(key)
            assert version is not None
            yield version

    def publish(self, *, everything: bool = False) -> None:
        """Publish, and look at all of it."""
        public = self.config.publish.path
        publish(self.config, self.archive, now=self.now, everything=everything)
        assert publish(self.config, self.archive, now=self.now).written == ()
        shown = [
            one for one in self._versions() if one.withdrawn is None and _is_out(one, self.now)
        ]
        for table in self.config.feed:
            fits = rule(table)
            wanted = {one.entry.id: one.entry for one in shown if fits(one)}
            for form in table.formats:
                self._look(public, f"{table.name}.{form}", wanted)
        self._look_at_closed(public)
        self.taken_back.clear()
        pages = {f"{one.key}.html" for one in shown}
        found = {path.relative_to(public).as_posix() for path in public.rglob("*.html")}
        assert {name for name in found if re.match(r"\d{4}/\d\d/\d\d/(?!index)", name)} == pages
        days = {f"{one.key.rpartition('/')[0]}/index.html" for one in shown}
        assert {name for name in found if re.fullmatch(r"\d{4}/\d\d/\d\d/index.html", name)} == days
        for name in found:
            for link in re.findall(r'href="([^"#?]+)', (public / name).read_text("utf-8")):
                inside = urljoin(SITE + name, link)
                if inside.startswith(SITE):
                    target = inside.removeprefix(SITE) or "index.html"
                    assert (public / target).exists(), (name, link)

    def _look(self, public: Path, name: str, wanted: dict[str, Any]) -> None:
        history = walk(fetcher(public), SITE + name)
        assert history.faults == []
        found = {one: (entry.title, entry.updated) for one, entry in history.entries.items()}
        assert found == {one: (entry.title, entry.updated) for one, entry in wanted.items()}
        assert not set(history.deleted) & set(wanted) or name.endswith(".json")
        if name.endswith(".atom"):
            told = re.search(r"<updated>(.*?)<", (public / name).read_text("utf-8"))
            assert told is not None
            assert self.updated.get(name, "") <= told[1]
            self.updated[name] = told[1]
            lost = self.seen.get(name, set()) - set(wanted)
            assert lost & self.taken_back <= set(history.deleted)
            self.seen[name] = set(wanted)

    def _look_at_closed(self, public: Path) -> None:
        """A closed document stays as it is, but for what was withdrawn."""
        for name, before in list(self.closed.items()):
            now = (public / name).read_bytes()
            if now != before:
                assert any(one.encode() in before for one in self.taken_back), name
        for table in self.config.feed:
            for path in (public / table.name).glob("*"):
                self.closed[path.relative_to(public).as_posix()] = path.read_bytes()


def _is_out(version: Version, now: datetime) -> bool:
    assert version.entry.published is not None
    return version.entry.published.time <= now


@settings(max_examples=40, derandomize=True)
@given(ACTIONS)
def test_whatever_happens_history_is_whole(actions: list[tuple[str, int, str]]) -> None:
    """After any deeds and publishes, each feed's history gives every article that belongs there, in
    its latest version; closed documents are as they were but for what was withdrawn; the feed's time
    goes forward; and each link within the site leads to something."""
    with TemporaryDirectory() as folder, MemoryArchive() as archive:
        world = World(archive, make_config(Path(folder), feed=FEEDS))
        for action in actions:
            world.act(*action)
        world.now = later(days=500)
        world.publish()
