"""What is published, seen from outside: who walks a feed's history finds every article, once, and
as it is now, whatever became of them, and every link of the site leads somewhere."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedtool import files, text
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.archive.protocol import Archive
from feedtool.config import FeedTable
from feedtool.data import replace
from feedtool.errors import PublishError
from feedtool.kept import Version
from feedtool.model import Published, Source
from feedtool.publish import streams
from feedtool.publish.shelf import SHELF
from feedtool.publish.site import publish
from feedtool.settle import purged, restored, returned, settle, vanished, withdrawn
from tests.conftest import NOW, ROOT, make_config, make_version, snapshot
from tests.history_client import Article, History, walk

SITE = "https://tin.example/"
MODEL = make_version(content_text="Một.", authors=())


def numbered(number: int) -> Version:
    """The first version of an article; each day has a hundred of them."""
    day = NOW - timedelta(days=400 - number // 100, seconds=-number)
    entry = replace(
        MODEL.entry,
        id=f"tag:e.example,2022:{number}",
        title=f"No {number}",
        published=Published.at(day),
        updated=day,
    )
    return replace(MODEL, key=f"{day:%Y/%m/%d}/no-{number}", entry=entry)


def fill(archive: Archive, numbers: Iterable[int]) -> set[str]:
    """Put these articles; their ids."""
    versions = [numbered(number) for number in numbers]
    archive.put(versions)
    return {version.entry.id for version in versions}


def fetching(public: Path) -> Callable[[str], bytes]:
    """A web server of the published folder."""
    return lambda address: (public / address.removeprefix(SITE)).read_bytes()


def is_whole(history: History, ids: set[str], documents: int) -> None:
    """Each of these was found once, and nothing else, in so many documents."""
    assert history.entries.keys() == ids
    assert (history.duplicates, history.faults) == ([], [])
    assert len(history.documents) == documents


def visited(folder: Path, articles: int, limit: int, extension: str) -> None:
    """Walk a feed of so many articles, while more are published and after that."""
    table = FeedTable(name="all", limit=limit, formats=(extension,))  # type: ignore[arg-type]
    config, public = make_config(folder, feed=(table,)), folder / "public"
    address, fetch = f"{SITE}all.{extension}", fetching(folder / "public")
    with MemoryArchive() as archive:
        ids = fill(archive, range(articles))
        publish(config, archive, now=NOW)
        is_whole(walk(fetch, address), ids, articles // limit)
        before = {path.name: path.read_bytes() for path in (public / "all").iterdir()}
        count = articles
        more: set[str] = set()

        def meanwhile(asked: str) -> bytes:
            nonlocal count
            found = fetch(asked)
            more.update(fill(archive, range(count, count + limit // 8)))
            count += limit // 8
            publish(config, archive, now=NOW)
            return found

        is_whole(walk(meanwhile, address), ids, articles // limit)
        assert len(more) > limit
        is_whole(walk(fetch, address), ids | more, count // limit)
        assert {name: (public / "all" / name).read_bytes() for name in before} == before


def test_ten_thousand_articles_are_walked_to_the_first(tmp_path: Path) -> None:
    """None is missing and none comes twice, also while new ones are published."""
    visited(tmp_path, 10_000, 500, "atom")


@pytest.mark.parametrize("extension", ["json", "rss"])
def test_other_formats_lead_to_the_first_too(tmp_path: Path, extension: str) -> None:
    """JSON Feed by its pages, RSS by Atom's links."""
    visited(tmp_path, 300, 20, extension)


@pytest.mark.soak
def test_a_hundred_thousand_articles_are_walked_to_the_first(tmp_path: Path) -> None:
    """It is the same with ten times as many."""
    visited(tmp_path, 100_000, 500, "atom")


TABLES = (
    FeedTable(name="all", limit=3, formats=("atom", "json")),
    FeedTable(name="vi", languages=("vi",), limit=2, order="updated", formats=("json", "atom")),
    FeedTable(name="valley", sources=("valley",), limit=4, order="archived", formats=("atom",)),
    FeedTable(name="stories", one_per_story=True, limit=2, formats=("atom", "rss")),
    FeedTable(name="told", one_per_story=True, languages=("vi",), limit=2, formats=("atom",)),
)
LANGUAGES = st.sampled_from(["vi", "en"])
WHICH = st.integers(0, 30)
ACTIONS = st.lists(
    st.tuples(st.just("put"), st.integers(-9, 0), LANGUAGES)
    | st.tuples(st.just("put"), st.just(0) | st.integers(0, 40), LANGUAGES)
    | st.tuples(st.just("double"), WHICH, LANGUAGES)
    | st.tuples(st.sampled_from(["revise", "reread"]), WHICH, LANGUAGES)
    | st.tuples(st.just("hand"), WHICH, st.sampled_from(["valley", "gazette", "Báo Núi"]))
    | st.tuples(st.sampled_from(["withdraw", "restore", "purge", "gone"]), WHICH)
    | st.tuples(st.just("withdraw"), WHICH)
    | st.tuples(st.just("restore"), WHICH)
    | st.tuples(st.just("publish"), st.integers(0, 50), st.booleans())
    | st.tuples(st.just("publish"), st.integers(0, 2), st.just(False))
    | st.tuples(st.just("cut"), st.integers(1, 12))
    | st.tuples(st.sampled_from(["refit", "drop"]), WHICH)
    | st.tuples(st.just("forget"))
    | st.tuples(st.just("retitle"), st.sampled_from(["Tin", "Tin mới"]))
    | st.tuples(st.just("resize"), WHICH, st.integers(2, 4))
    | st.tuples(st.just("format"), WHICH, st.sampled_from(["atom", "atom json", "json rss"])),
    min_size=20,
    max_size=60,
)
# What went wrong once: an article that comes back after a document was closed that says it is gone;
# a second telling that was revised while the first one stood for both; lists of several pages all
# of whose articles are gone; a document that changes when it gets a further format; a format that goes, and is
# wanted again before its files are gone.
PUBLISH, PUT = ("publish", 0, False), ("put", 0, "vi")
ONCE: dict[str, list[tuple[Any, ...]]] = {
    "back from history": [
        *(PUT, PUT, PUBLISH, ("withdraw", 0), PUBLISH),
        *(*[PUT] * 8, PUBLISH, ("restore", 0), PUBLISH),
    ],
    "second telling": [
        *(PUT, ("withdraw", 0), PUBLISH, ("double", 0, "vi"), PUBLISH, *[PUT] * 6, PUBLISH),
        *(("restore", 0), PUBLISH, ("revise", 1, "vi"), PUBLISH, ("withdraw", 0), PUBLISH),
    ],
    "empty lists": [*[PUT] * 8, PUBLISH, *(("withdraw", one) for one in range(8)), PUBLISH],
    "format and withdrawal": [
        *(
            *[PUT] * 8,
            PUBLISH,
            ("format", 0, "json rss"),
            ("format", 0, "atom rss"),
            ("withdraw", 0),
        ),
        PUBLISH,
    ],
    "format that stays": [
        *(*[PUT] * 8, PUBLISH, ("format", 0, "json"), ("cut", 2), ("format", 0, "atom"), PUBLISH),
    ],
    "other fit": [
        *(PUT, PUBLISH, *[PUT] * 8, PUBLISH, ("revise", 0, "en"), PUBLISH),
        *(("reread", 0, "vi"), PUBLISH, ("reread", 0, "en"), ("revise", 0, "vi"), PUBLISH),
    ],
}


class World:
    """An archive to which things happen, its published folder, and what must be true of that."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive = archive
        self.config = make_config(folder, Source(name="valley", url="/inbox"), feed=TABLES)
        self.public = folder / "public"
        self.fetch = fetching(self.public)
        self.now = NOW
        self.keys: list[str] = []
        self.touched: set[str] = set()  # ids that were withdrawn or restored since the last publish
        self.closed: dict[Path, bytes] = {}
        self.updated: dict[str, datetime] = {}
        self.found: dict[str, dict[str, Article]] = {}

    # What happens.

    def do(self, action: tuple[Any, ...]) -> None:
        """Let it happen, an hour after what was before."""
        self.now += timedelta(hours=1)
        name, *rest = action
        getattr(self, name)(*rest)

    def put(self, hours: int, language: str) -> None:
        """An article of a day long ago, or of these hours ahead."""
        published = (
            Published.at(self.now + timedelta(hours=hours))
            if hours >= 0
            else Published.on(self.now.date() + timedelta(days=10 * hours))
        )
        number = len(self.keys)
        title = f"No {number} ({language})"
        version = make_version(
            self.archive,
            now=self.now,
            id=f"tag:e.example,2022:{number}",
            title=title,
            language=language,
            published=published,
        )
        self.archive.put([version])
        self.keys.append(version.key)

    def double(self, which: int, language: str) -> None:
        """Another source tells the story of one."""
        if not self.keys:
            return
        first = self.get(which)
        first = self.archive.get(first.duplicate_of or first.key) or first
        number = len(self.keys)
        version = make_version(
            self.archive,
            now=self.now,
            id=f"tag:e.example,2022:{number}",
            title=f"No {number}, as {first.entry.title}",
            language=language,
            published=first.entry.published,
        )
        self.archive.put([replace(version, source="gazette", duplicate_of=first.key)])
        self.keys.append(version.key)

    def revise(self, which: int, language: str) -> None:
        """Its source has it in other words, or in another language."""
        if self.keys and (one := self.get(which)).withdrawn is None:
            entry = replace(one.entry, title=f"{one.entry.title}, {language}", language=language)
            changed = settle(
                entry, old=one, source=one.source, now=self.now, zone=UTC, taken=lambda _: False
            )
            self.archive.put([changed[1]])

    def reread(self, which: int, language: str) -> None:
        """It is read in another way, which is nothing that its source did."""
        if self.keys and (one := self.get(which)).withdrawn is None:
            entry = replace(one.entry, title=f"{one.entry.title}; {language}", language=language)
            self.next(one, entry=entry)

    def hand(self, which: int, source: str) -> None:
        """Another source has it from now on."""
        if self.keys:
            self.next(self.get(which), source=source)

    def gone(self, which: int) -> None:
        """Its source has it no longer, or again."""
        if self.keys and (one := self.get(which)).withdrawn is None:
            turn = vanished if one.gone is None else returned
            self.archive.put([turn(one, now=self.now)])

    def withdraw(self, which: int) -> None:
        """It is taken back."""
        if self.keys and (one := self.get(which)).withdrawn is None:
            self.archive.put([withdrawn(one, now=self.now, by="owner", reason="asked")])
            self.touched.add(one.entry.id)

    def restore(self, which: int) -> None:
        """It was taken back, and is there again."""
        one = self.get(which) if self.keys else None
        if one and one.withdrawn and not one.withdrawn.purged:
            self.archive.put([restored(one, now=self.now)])
            self.touched.add(one.entry.id)

    def purge(self, which: int) -> None:
        """Nothing of it is kept."""
        if self.keys and not ((one := self.get(which)).withdrawn and one.withdrawn.purged):
            self.archive.purge([purged(one, now=self.now, by="owner", reason="asked")])
            self.touched.add(one.entry.id)

    def retitle(self, title: str) -> None:
        """The site has another name."""
        self.config = replace(self.config, site=replace(self.config.site, title=title))

    def resize(self, which: int, limit: int) -> None:
        """A feed has documents of another size."""
        self.change(which, limit=limit)

    def format(self, which: int, formats: str) -> None:
        """A feed has other formats."""
        self.change(which, formats=tuple(formats.split()))

    def change(self, which: int, **fields: Any) -> None:
        """A feed is to be otherwise."""
        tables = list(self.config.feed)
        for table in tables[which % len(TABLES) :][:1]:
            tables[which % len(TABLES)] = replace(table, **fields)
        self.config = replace(self.config, feed=tuple(tables))

    def refit(self, which: int) -> None:
        """A feed is of other articles, so that it begins anew."""
        for table in self.config.feed[which % len(TABLES) :][:1]:
            self.change(which % len(TABLES), languages=() if table.languages else ("vi",))
            self.begin_anew(table.name)

    def drop(self, which: int) -> None:
        """A feed is no more, or there again."""
        table = TABLES[which % len(TABLES)]
        others = tuple(one for one in self.config.feed if one.name != table.name)
        again = (table,) if len(others) == len(self.config.feed) else ()
        self.config = replace(self.config, feed=(*others, *again))
        self.begin_anew(table.name)

    def forget(self) -> None:
        """Somebody removes what is remembered of the folder."""
        self.publish(0, False)  # without it, nobody knows of feeds that are no more
        (self.public / SHELF).unlink()
        for table in TABLES:
            self.begin_anew(table.name)
        self.publish(0, False)

    def begin_anew(self, name: str) -> None:
        """Nothing is known of the documents of a feed."""
        self.closed = {path: data for path, data in self.closed.items() if path.parent.name != name}
        for of in (self.updated, self.found):
            for path in [path for path in of if path.startswith(f"{name}.")]:
                of.pop(path)

    def cut(self, writes: int) -> None:
        """A publish ends at one of its writes, as where the disk is full."""
        real, count = files.replace, itertools.count(1)
        self.found.clear()  # what it takes out of a feed isn't told of if it is withdrawn later

        def replaced(some: Any, *rest: Any) -> Any:
            if next(count) == writes:
                raise OSError(28, "no more")
            return real(some, *rest)

        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PublishError):
            patch.setattr(files, "replace", replaced)
            publish(self.config, self.archive, now=self.now)

    def get(self, which: int) -> Version:
        """One of the articles that were ever put."""
        version = self.archive.get(self.keys[which % len(self.keys)])
        assert version is not None
        return version

    def next(self, one: Version, **fields: Any) -> None:
        """Put a version that differs in these fields alone."""
        if "entry" in fields:
            fields["digest"] = item.digest(fields["entry"])
        self.archive.put([replace(one, revision=one.revision + 1, last_revised=self.now, **fields)])

    # What must be true then.

    def publish(self, hours: int, everything: bool) -> None:
        """Publish after some hours, and look at all that is there."""
        self.now += timedelta(hours=hours)
        publish(self.config, self.archive, now=self.now, everything=everything)
        before = snapshot(self.public)
        assert publish(self.config, self.archive, now=self.now).written == ()
        assert snapshot(self.public) == before
        current = [version for key in self.keys if (version := self.archive.get(key))]
        shown = {
            version.entry.id: version
            for version in current
            if version.withdrawn is None
            and version.entry.published
            and version.entry.published.time <= self.now
        }
        for table in self.config.feed:
            fitting = self.fitting(table, list(shown.values()))
            for extension in table.formats:
                self.see_history(f"{table.name}.{extension}", fitting, shown)
        self.see_closed()
        self.see_pages(list(shown.values()))
        self.touched.clear()

    def fitting(self, table: FeedTable, shown: list[Version]) -> set[str]:
        """The ids that belong into a feed."""
        found = [
            one
            for one in shown
            if (not table.languages or one.entry.language in table.languages)
            and (not table.sources or one.source in table.sources)
        ]
        if table.one_per_story:
            found.sort(key=lambda one: (one.first_archived, one.key), reverse=True)
            found = list({one.duplicate_of or one.key: one for one in found}.values())
        return {one.entry.id for one in found}

    def see_history(self, name: str, fitting: set[str], shown: dict[str, Version]) -> None:
        """Who walks through a feed finds what belongs there, as it is now, and learns what was
        taken back."""
        history = walk(self.fetch, SITE + name)
        assert history.faults == []
        found = history.entries
        assert fitting <= found.keys()
        for identity, article in found.items():
            if identity in fitting:
                entry = shown[identity].entry
                assert (article.title, article.updated) == (entry.title, entry.updated), name
            else:  # it belonged there once, in a document that was closed then
                assert identity in shown
                assert article.document != SITE + name
        if name.endswith(".atom"):
            buried = {one for one in self.found.get(name, ()) if one not in shown}
            assert buried <= history.deleted.keys()
            assert not history.deleted.keys() & fitting, name
            updated = etree.fromstring(self.fetch(SITE + name)).findtext("{*}updated")
            now = datetime.fromisoformat(updated)
            assert self.updated.get(name, now) <= now
            self.updated[name] = now
        self.found[name] = found

    def see_closed(self) -> None:
        """Documents of history are as they were, but for what was withdrawn or came back; all
        formats of a document are made together."""
        wanted = {(table.name, form) for table in self.config.feed for form in table.formats}
        there: dict[Path, bytes] = {}
        for table in TABLES:
            for path in (self.public / table.name).glob("*"):
                assert (table.name, path.suffix[1:]) in wanted
                there[path] = path.read_bytes()
        for path, data in self.closed.items():
            if (path.parent.name, path.suffix[1:]) in wanted and there[path] != data:
                said = data + self.closed.get(path.with_suffix(".atom"), b"")
                assert any(re.search(rf'{one}["<]'.encode(), said) for one in self.touched), path
        self.closed = there

    def see_pages(self, shown: list[Version]) -> None:
        """There is a page for each article, day, month, year and source that has something to show,
        and for no other; each article is listed once a list; every link leads to a file."""
        days = {one.key.rpartition("/")[0] for one in shown}
        expected = {f"{one.key}.html" for one in shown}
        expected |= {f"{day}/index.html" for day in days}
        expected |= {f"{day[:length]}/index.html" for day in days for length in (4, 7)}
        expected |= {f"sources/{text.slug(one.source)}.html" for one in shown}
        expected |= {"index.html", *(f"{table.name}.html" for table in self.config.feed)}
        pages = {
            path.relative_to(self.public).as_posix(): path.read_text()
            for path in self.public.rglob("*.html")
        }
        assert {name for name in pages if not re.search(r"/\d{4,}\.html$", name)} == expected
        links: dict[str, list[str]] = {}
        for name, page in pages.items():
            for link in re.findall(r'(?:href|src)="([^"#?]+)', page):
                inside = unquote(urljoin(SITE + name, link))
                if inside.startswith(SITE):
                    target = inside.removeprefix(SITE) or "index.html"
                    links.setdefault(target, []).append(re.sub(r"(/\d{4,})?\.html$", "", name))
                    assert (self.public / target).is_file(), (name, link)
        for one in shown:
            leading = links[f"{one.key}.html"]
            assert leading.count(one.key.rpartition("/")[0] + "/index") == 1
            assert leading.count(f"sources/{text.slug(one.source)}") == 1


def happen(actions: Iterable[tuple[Any, ...]]) -> None:
    """Let these things happen to a site with short lists, and look at it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as folder,
        MemoryArchive() as archive,
    ):
        patch.setattr(streams, "LISTED", 3)
        world = World(archive, Path(folder))
        for action in (*actions, PUBLISH, ("publish", 50, False)):
            world.do(action)


@settings(max_examples=20, derandomize=True)
@given(ACTIONS)
def test_whatever_happens_what_is_published_is_right(actions: list[tuple[Any, ...]]) -> None:
    """After each publish, every feed's history gives what belongs there as it is now, documents of
    history are as they were, and the site's pages are those of what is shown."""
    happen(actions)


@pytest.mark.parametrize("name", ONCE)
def test_what_happened_once_is_right_too(name: str) -> None:
    """What went wrong once is published right."""
    happen(ONCE[name])


def test_what_was_purged_is_nowhere(tmp_path: Path) -> None:
    """No file of the site, its memory among them, holds a word of it, in whichever version and
    feed it stood, though the feed is another by now."""
    secret = "Khe Sương".encode()
    with MemoryArchive() as archive:
        world = World(archive, tmp_path)
        for turn in range(2):
            for _ in range(8):
                world.do(PUT)
            world.next(world.get(0), entry=replace(world.get(0).entry, title=f"Khe Sương {turn}"))
            world.do(PUBLISH)
        assert any(secret in data for _, data in snapshot(world.public / "all").values())
        for which in range(len(TABLES)):
            world.change(which, categories=("Chợ",))
        publish(world.config, archive, now=world.now)
        world.do(("purge", 0))
        publish(world.config, archive, now=world.now)
    assert not [name for name, (_, data) in snapshot(world.public).items() if secret in data]


def test_two_processes_publish_the_same_bytes(tmp_path: Path) -> None:
    """At other times, in other zones and with other hash seeds: revisions, doubles, withdrawals,
    several formats and compressed variants are the same."""
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        world = World(archive, tmp_path)
        for hours, language in (
            (-9, "vi"),
            (-9, "en"),
            (0, "vi"),
            (-2, "vi"),
            (0, "en"),
            (-1, "vi"),
        ):
            world.do(("put", hours, language))
            world.do(("double", hours, language))
        for number in range(4):
            world.do(("revise", number, "en"))
        for action in (("withdraw", 1), ("purge", 2), ("withdraw", 3), ("restore", 3), ("gone", 4)):
            world.do(action)
    program = """
import sys
from datetime import datetime
from feedtool.data import replace
from pathlib import Path
from feedtool.archive.folder import FolderArchive
from feedtool.config import PublishTable
from feedtool.publish.site import publish
from tests.conftest import make_config
from tests.test_history_published import TABLES
tables = [replace(table, formats=("atom", "rss", "json"), content="full") for table in TABLES]
there = PublishTable(path=Path(sys.argv[2]), compress=("gzip", "zstd"))
config = make_config(Path(sys.argv[2]), feed=tuple(tables), publish=there)
with FolderArchive(sys.argv[1]) as archive:
    publish(config, archive, now=datetime.fromisoformat(sys.argv[3]))
"""
    made = []
    for seed, zone, now in (
        ("1", "UTC", "2022-06-04T03:02:01+00:00"),
        ("2", "Asia/Ho_Chi_Minh", "2031-01-01T23:59:59+07:00"),
    ):
        folder = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        command = [sys.executable, "-c", program, str(tmp_path / "archive"), str(folder), now]
        subprocess.run(command, check=True, env=environment, cwd=ROOT)
        made.append(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file() and ".feedtool" not in path.parts
            }
        )
    assert made[0] == made[1]
    kinds = {name.partition(".")[2] for name in made[0] if name.startswith("all/")}
    assert kinds == {
        f"{one}{more}" for one in ("atom", "rss", "json") for more in ("", ".gz", ".zst")
    }
