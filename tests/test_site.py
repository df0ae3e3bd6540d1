"""The published folder over time: what is written when, what is taken away, what stays."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from feedtool import files, zstd
from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.archive.protocol import Archive
from feedtool.config import Config, FeedTable, Format, PublishTable
from feedtool.data import replace
from feedtool.errors import PublishError
from feedtool.model import Published, Source
from feedtool.publish.renderers import RENDERERS, Renderer
from feedtool.publish.shelf import SHELF
from feedtool.publish.site import _Site, publish
from feedtool.settle import purged, restored, withdrawn
from tests.conftest import NOW, later, make_config, make_version, snapshot

ALL = FeedTable(name="all", limit=3, formats=("atom",))


@pytest.fixture
def archive() -> Iterator[MemoryArchive]:
    """An archive that lasts as long as the test."""
    with MemoryArchive() as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A site with one feed of three."""
    return make_config(tmp_path, Source(name="valley", url="/inbox"), feed=(ALL,))


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """Where it is published."""
    return tmp_path / "public"


def put(archive: Archive, number: int, *, hours: float = 0, **fields: Any) -> str:
    """Put an article of a day of its own, or its next version; its key."""
    day = NOW.date() - timedelta(days=100 - number)
    given = {"title": f"Day {number}", "published": Published.on(day), **fields}
    version = make_version(
        archive, now=later(hours=hours), id=f"tag:e.example,2022:{number}", **given
    )
    archive.put([version])
    return version.key


def withdraw(archive: Archive, key: str, hours: float = 1) -> None:
    """Take an article back."""
    version = archive.get(key)
    assert version is not None
    archive.put([withdrawn(version, now=later(hours=hours), by="owner", reason="asked")])


def names(public: Path, pattern: str = "*") -> set[str]:
    """The files that are published, but for memory."""
    found = (path.relative_to(public) for path in public.rglob(pattern) if path.is_file())
    return {path.as_posix() for path in found if path.parts[0] != ".feedtool"}


def titles(document: Path) -> list[str]:
    """The titles that stand in a document of a feed."""
    import feedparser

    return [entry.title for entry in feedparser.parse(document.read_bytes()).entries]


def test_lists_lead_to_every_article(archive: MemoryArchive, config: Config, public: Path) -> None:
    """Each day, month, year and source that has articles has a page, and the first page leads to
    years and sources."""
    for number in (1, 2, 90):
        put(archive, number)
    publish(config, archive, now=NOW)
    assert {name for name in names(public) if name.endswith("index.html")} == {
        *("index.html", "2022/index.html", "2022/01/index.html", "2022/04/index.html"),
        *("2022/01/25/index.html", "2022/01/26/index.html", "2022/04/24/index.html"),
    }
    assert b"Day 90" in (public / "2022/04/24/index.html").read_bytes()
    assert b"Day 1" in (public / "sources/valley.html").read_bytes()
    assert b'"2022/index.html"' in (public / "index.html").read_bytes()
    assert b'"sources/valley.html"' in (public / "index.html").read_bytes()


def test_a_day_without_articles_has_no_page(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """What led to a withdrawn article goes with it, as far up as nothing else is there."""
    key = put(archive, 1)
    put(archive, 90)
    publish(config, archive, now=NOW)
    withdraw(archive, key)
    publication = publish(config, archive, now=NOW)
    assert set(publication.removed) == {
        f"{key}.html",
        "2022/01/25/index.html",
        "2022/01/index.html",
    }
    assert not (public / "2022/01").exists()
    assert (public / "2022/04/24/index.html").exists()


def test_long_lists_have_pages(archive: MemoryArchive, config: Config, public: Path) -> None:
    """A source's list goes on over several pages, each article on one of them."""
    for number in range(205):
        version = make_version(archive, id=f"tag:e.example,2022:{number}", title=f"No {number}.")
        archive.put([version])
    publish(config, archive, now=NOW)
    pages = [public / "sources/valley.html", public / "sources/valley/0001.html"]
    for number in range(205):
        assert sum(f"No {number}.<".encode() in page.read_bytes() for page in pages) == 1, number
    assert b"valley/0001.html" in pages[0].read_bytes()
    assert (public / "2022/01/18/index/0001.html").exists()


def test_a_revised_article_stays_where_it_is_listed(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Pages for people show an article once, as it is now, also on pages that are full."""
    for number in range(205):
        archive.put(
            [make_version(archive, id=f"tag:e.example,2022:{number}", title=f"No {number}.")]
        )
    publish(config, archive, now=NOW)
    full = public / "sources/valley/0001.html"
    number = next(n for n in range(205) if f"No {n}.<".encode() in full.read_bytes())
    archive.put(
        [
            make_version(
                archive, now=later(hours=1), id=f"tag:e.example,2022:{number}", title="Mended."
            )
        ]
    )
    publish(config, archive, now=later(hours=1))
    assert b"Mended.<" in full.read_bytes()
    assert f"No {number}.<".encode() not in full.read_bytes()


def test_an_article_that_changes_its_source_changes_its_list(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """It is listed by the source that has it now."""
    put(archive, 1)
    publish(config, archive, now=NOW)
    version = make_version(archive, now=later(hours=1), id="tag:e.example,2022:1", title="Day one")
    archive.put([replace(version, source="gazette")])
    publication = publish(config, archive, now=later(hours=1))
    assert "sources/valley.html" in publication.removed
    assert b"Day one" in (public / "sources/gazette.html").read_bytes()


def test_another_title_of_the_site_rewrites_pages_and_not_history(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Pages and open feeds say how the site is called now; closed documents never change."""
    for number in range(10):
        put(archive, number)
    publish(config, archive, now=NOW)
    closed = snapshot(public / "all")
    renamed = replace(config, site=replace(config.site, title="Tin khác"))
    publication = publish(renamed, archive, now=NOW)
    assert snapshot(public / "all") == closed
    assert {"all.atom", "all.html", "index.html", "2022/01/25/day-1.html"} <= set(
        publication.written
    )
    assert publish(renamed, archive, now=NOW).written == ()


def test_another_address_makes_all_anew(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Where the site has another address, all links lead there, those in history too."""
    for number in range(10):
        put(archive, number)
    publish(config, archive, now=NOW)
    moved = replace(config, site=replace(config.site, base_url="https://neu.example/"))
    publish(moved, archive, now=NOW)
    for name in names(public, "*.atom"):
        written = (public / name).read_bytes()
        assert b'href="https://neu.example/' in written
        assert b'href="https://tin.example/' not in written


def test_another_filter_makes_a_feed_anew(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """A feed of other entries begins a history of its own; files of the old one go."""
    for number in range(10):
        put(archive, number, language="vi" if number % 2 else "en")
    publish(config, archive, now=NOW)
    assert names(public, "all/*.atom") == {"all/0001.atom", "all/0002.atom"}
    other = replace(config, feed=(replace(ALL, languages=("vi",)),))
    publication = publish(other, archive, now=NOW)
    assert names(public, "all/*.atom") == set()
    assert "all/0002.atom" in publication.removed
    assert titles(public / "all.atom") == [f"Day {n}" for n in (9, 7, 5, 3, 1)]


def test_formats_come_and_go(archive: MemoryArchive, config: Config, public: Path) -> None:
    """A further format gets its whole history, one that isn't wanted any more goes, and the
    others' closed documents stay as they are."""
    for number in range(10):
        put(archive, number)
    publish(config, archive, now=NOW)
    closed = snapshot(public / "all")
    more = replace(config, feed=(replace(ALL, formats=("atom", "json")),))
    publish(more, archive, now=NOW)
    assert {"all.json", "all/0001.json", "all/0002.json"} <= names(public)
    assert {path: one for path, one in snapshot(public / "all").items() if path in closed} == closed
    publication = publish(config, archive, now=NOW)
    assert set(publication.removed) == {"all.json", "all/0001.json", "all/0002.json"}
    assert snapshot(public / "all") == closed


def test_a_feed_that_is_no_more_goes(archive: MemoryArchive, config: Config, public: Path) -> None:
    """Its documents and its page are removed, and nothing else."""
    for number in range(10):
        put(archive, number)
    publish(replace(config, feed=(ALL, replace(ALL, name="more"))), archive, now=NOW)
    publication = publish(config, archive, now=NOW)
    assert set(publication.removed) == {
        *("more.atom", "more.html", "more/0001.atom", "more/0002.atom")
    }


def test_files_that_somebody_removed_come_back(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """A feed's file at the next publish; any other when everything is looked at."""
    for number in range(10):
        put(archive, number)
    publish(config, archive, now=NOW)
    before = snapshot(public)
    lost = ("all.atom", "all/0001.atom", "2022/01/25/day-1.html", "2022/index.html", "style.css")
    for name in lost:
        (public / name).unlink()
    assert publish(config, archive, now=NOW).written == ("all.atom",)
    assert set(publish(config, archive, now=NOW, everything=True).written) == set(lost[1:])
    assert {path: data for path, (_, data) in snapshot(public).items() if ".feedtool" not in path} == {
        path: data for path, (_, data) in before.items() if ".feedtool" not in path
    }  # fmt: skip


def test_without_its_memory_a_site_is_made_anew(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Deleting `.feedtool` costs work and nothing else; documents that no longer belong go."""
    for number in range(12):
        put(archive, number)
    publish(config, archive, now=NOW)
    before = {name: (public / name).read_bytes() for name in names(public)}
    (public / "all/0009.atom").write_bytes(b"of another time")
    (public / SHELF).unlink()
    publish(config, archive, now=NOW)
    assert {name: (public / name).read_bytes() for name in names(public)} == before


def test_what_the_archive_no_longer_knows_leaves_the_site(
    tmp_path: Path, config: Config, public: Path
) -> None:
    """An archive that was made anew without some articles takes their pages away."""
    for folder, numbers in (("first", (1, 2)), ("second", (2,))):
        with FolderArchive(tmp_path / folder, writing=True) as archive:
            for number in numbers:
                put(archive, number)
            publication = publish(config, archive, now=NOW)
    assert "2022/01/25/day-1.html" in publication.removed
    assert titles(public / "all.atom") == ["Day 2"]


class Faulty:
    """A renderer that finds fault with what holds certain words."""

    def __init__(self, inner: Renderer, word: bytes) -> None:
        self._inner, self.word = inner, word

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def entry_faults(self, fragment: bytes) -> list[str]:
        return ["entry holds it"] if self.word in fragment else []

    def faults(self, document: bytes) -> list[str]:
        return ["feed holds it"] if self.word in document else []


def faulty(word: bytes) -> tuple[Faulty, Mapping[Format, Callable[[], Renderer]]]:
    """The renderers, with one of Atom that finds fault."""
    renderer = Faulty(RENDERERS["atom"](), word)
    return renderer, {**RENDERERS, "atom": lambda: renderer}


def test_an_invalid_feed_is_not_published(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Its last good documents stay and the fault is told, while other feeds, formats and pages go
    out; once the fault is mended, the feed has everything."""
    renderer, renderers = faulty(b"Day 5")
    config = replace(
        config,
        feed=(replace(ALL, formats=("atom", "json")), replace(ALL, name="en", languages=("en",))),
    )
    for number in range(5):
        put(archive, number)
    publish(config, archive, now=NOW, renderers=renderers)
    good = (public / "all.atom").read_bytes()
    put(archive, 5)
    put(archive, 6, language="en")
    for _ in range(2):
        publication = publish(config, archive, now=NOW, renderers=renderers)
        [fault] = publication.faults
        assert str(fault).startswith("all.atom: stays as it was, as 2022/01/29/day-5 would make it")
        assert str(fault).endswith("entry holds it")
    assert (public / "all.atom").read_bytes() == good
    assert b"Day 5" in (public / "all.json").read_bytes()
    assert (public / "2022/01/29/day-5.html").exists()
    assert titles(public / "en.atom") == ["Day 6"]
    renderer.word = b"never"
    publication = publish(config, archive, now=NOW, renderers=renderers)
    assert publication.faults == ()
    assert titles(public / "all.atom")[:2] == ["Day 6", "Day 5"]


def test_a_feed_whose_head_is_invalid_is_not_published(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """What a feed says of itself is looked at too."""
    _, renderers = faulty("Tin lỗi".encode())
    put(archive, 1)
    publish(config, archive, now=NOW, renderers=renderers)
    good = (public / "all.atom").read_bytes()
    broken = replace(config, feed=(replace(ALL, title="Tin lỗi"),))
    [fault] = publish(broken, archive, now=NOW, renderers=renderers).faults
    assert str(fault) == "all.atom: stays as it was, as it would be invalid: feed holds it"
    assert (public / "all.atom").read_bytes() == good


def test_compressed_variants_lie_beside(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Each file has the variants that are wanted, always the same bytes for the same file; one that
    is wanted no more isn't left to grow old."""
    put(archive, 1)
    config = replace(config, publish=replace(config.publish, compress=("gzip", "zstd")))
    publish(config, archive, now=NOW)
    for name in names(public, "*.atom") | names(public, "*.html"):
        data = (public / name).read_bytes()
        assert gzip.decompress((public / f"{name}.gz").read_bytes()) == data
        assert zstd.module().decompress((public / f"{name}.zst").read_bytes()) == data
    assert not any(b"gz" in name.encode() for name in publish(config, archive, now=NOW).written)
    before = snapshot(public)
    publish(config, archive, now=later(days=3), everything=True)
    assert {k: v for k, v in snapshot(public).items() if ".feedtool" not in k} == {
        k: v for k, v in before.items() if ".feedtool" not in k
    }
    config = replace(config, publish=replace(config.publish, compress=("zstd",)))
    put(archive, 2)
    publish(config, archive, now=NOW)
    assert not (public / "all.atom.gz").exists()
    assert (
        zstd.module().decompress((public / "all.atom.zst").read_bytes())
        == (public / "all.atom").read_bytes()
    )
    withdraw(archive, "2022/01/26/day-2")
    publish(config, archive, now=NOW)
    assert not (public / "2022/01/26/day-2.html.zst").exists()


def test_a_half_published_site_is_never_seen(
    archive: MemoryArchive, config: Config, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever leads somewhere is written after what it leads to: articles, lists of them, history,
    feeds, lists of lists, and the first page last."""
    for number in range(10):
        put(archive, number)
    written = publish(config, archive, now=NOW).written

    def at(test: Callable[[str], bool]) -> list[int]:
        return [number for number, name in enumerate(written) if test(name)]

    articles = at(lambda name: name.endswith(tuple(f"day-{n}.html" for n in range(10))))
    history = at(lambda name: name.startswith("all/"))
    feeds = at(lambda name: name.startswith("all."))

    def is_list(name: str) -> bool:
        return name.count("/") == 3 and "/index." in name

    lists = at(lambda name: is_list(name) or name.startswith("sources/"))
    above = at(lambda name: name.endswith("/index.html") and not is_list(name))
    order = [articles, lists, history, feeds, above, at(lambda name: name == "index.html")]
    assert [len(one) for one in order] == [10, 11, 2, 2, 3, 1]
    for first, then in pairwise(order):
        assert max(first) < min(then)


def test_a_publish_that_was_cut_short_is_made_up_for(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it ends, the next one leaves the site as one that wasn't cut short does, and no
    closed document was ever another."""

    def story(folder: Path, cut: int | None) -> tuple[dict[str, bytes], bool]:
        """What is published in the end, and whether there was a write to cut short."""
        there = replace(config, publish=PublishTable(path=folder))
        count = 0
        real = files.replace

        def replaced(some: Any, *rest: Any) -> Any:
            nonlocal count
            count += 1
            if count == cut:
                raise OSError(5, "no more")
            return real(some, *rest)

        closed: dict[str, bytes] = {}
        with MemoryArchive() as archive, monkeypatch.context() as patch:
            patch.setattr(files, "replace", replaced)
            for turn in range(4):
                for number in range(turn * 3, turn * 3 + 3):
                    put(archive, number, hours=turn)
                if turn == 2:
                    put(archive, 0, hours=turn, title="Day naught")
                try:
                    publish(there, archive, now=later(hours=turn))
                except PublishError:
                    publish(there, archive, now=later(hours=turn))
                for path in folder.glob("all/*"):
                    assert closed.setdefault(path.name, path.read_bytes()) == path.read_bytes()
        return {name: (folder / name).read_bytes() for name in names(folder)}, count >= (cut or 0)

    whole, _ = story(tmp_path / "whole", None)
    cut, was_cut = 1, True
    while was_cut:
        found, was_cut = story(tmp_path / f"cut-{cut}", cut)
        assert found == whole, cut
        cut += 1
    assert cut > 10


def test_what_waits_is_counted_and_comes(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """An article of tomorrow waits, and nothing else is held up by it."""
    put(archive, 1)
    put(archive, 2, published=Published.at(later(hours=30)))
    assert publish(config, archive, now=NOW).waiting == 1
    assert publish(config, archive, now=later(hours=1)).waiting == 1
    publication = publish(config, archive, now=later(hours=31))
    assert publication.waiting == 0
    assert titles(public / "all.atom") == ["Day 2", "Day 1"]


def test_the_topics_of_news_are_told(archive: MemoryArchive, config: Config) -> None:
    """The addresses of the feeds that changed, and of no other, so that a hub can be told."""
    config = replace(config, feed=(ALL, replace(ALL, name="en", languages=("en",))))
    put(archive, 1)
    first = publish(config, archive, now=NOW)
    assert first.topics == ("https://tin.example/all.atom", "https://tin.example/en.atom")
    put(archive, 2)
    assert publish(config, archive, now=NOW).topics == ("https://tin.example/all.atom",)
    assert publish(config, archive, now=NOW).topics == ()


def test_a_restored_article_is_published_again(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Its tombstone goes, its page and its entry come back."""
    key = put(archive, 1)
    put(archive, 2)
    publish(config, archive, now=NOW)
    withdraw(archive, key)
    publish(config, archive, now=NOW)
    assert b"deleted-entry" in (public / "all.atom").read_bytes()
    version = archive.get(key)
    assert version is not None
    archive.put([restored(version, now=later(hours=2))])
    publish(config, archive, now=NOW)
    assert b"deleted-entry" not in (public / "all.atom").read_bytes()
    assert titles(public / "all.atom") == ["Day 2", "Day 1"]
    assert (public / f"{key}.html").exists()


def test_progress_is_told(archive: MemoryArchive, config: Config) -> None:
    """Each article that is taken in is a step."""
    keys = [put(archive, number) for number in range(3)]
    told: list[str] = []
    publish(config, archive, now=NOW, step=told.append)
    assert told == keys


def test_what_is_purged_is_nowhere(tmp_path: Path, config: Config, public: Path) -> None:
    """No file of the published folder, its memory included, holds what a purged article said."""
    config = replace(config, publish=replace(config.publish, compress=("gzip",)))
    with FolderArchive(tmp_path / "archive", writing=True) as archive:
        key = put(archive, 1, title="Quạnh hiu", summary="Thuyền chìm ở bến Nậm.")
        for number in range(2, 12):
            put(archive, number)
        publish(config, archive, now=NOW)
        assert b"Qu\xe1\xba\xa1nh hiu" in (public / "all/0001.atom").read_bytes()
        version = archive.get(key)
        assert version is not None
        archive.purge([purged(version, now=later(hours=1), by="owner", reason="asked")])
        publish(config, archive, now=NOW)
    for path in public.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            for words in ("Quạnh hiu", "quanh-hiu", "bến Nậm"):
                assert words.encode() not in data, path
    assert b"deleted-entry" in (public / "all.atom").read_bytes()


def test_what_is_withdrawn_goes_though_nobody_remembers_it(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Without its memory, or at another address, a site shows no page of what was withdrawn."""
    first, second = put(archive, 1), put(archive, 2)
    put(archive, 90)
    publish(config, archive, now=NOW)
    (public / SHELF).unlink()
    withdraw(archive, first)
    publish(config, archive, now=NOW)
    assert not (public / f"{first}.html").exists()
    withdraw(archive, second)
    moved = replace(config, site=replace(config.site, base_url="https://neu.example/"))
    publish(moved, archive, now=NOW)
    assert not (public / "2022/01").exists()
    assert (public / "2022/04/24/index.html").exists()


def test_a_feed_may_end_while_it_is_held_back(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """What a feed owed is owed no longer once it is gone."""
    _, renderers = faulty(b"Day 1")
    put(archive, 1)
    more = replace(
        config, feed=(replace(ALL, name="more"), replace(ALL, name="json", formats=("json",)))
    )
    assert publish(more, archive, now=NOW, renderers=renderers).faults
    fewer = replace(config, feed=more.feed[1:])
    assert publish(fewer, archive, now=NOW, renderers=renderers).faults == ()
    assert publish(fewer, archive, now=NOW, renderers=renderers).written == ()


def test_closed_documents_have_variants_too(
    archive: MemoryArchive, config: Config, public: Path
) -> None:
    """Variants that are wanted later are made of what was closed before, and stay when the site
    looks otherwise."""
    for number in range(10):
        put(archive, number)
    publish(config, archive, now=NOW)
    config = replace(config, publish=replace(config.publish, compress=("gzip",)))
    publish(config, archive, now=NOW)
    assert (
        gzip.decompress((public / "all/0001.atom.gz").read_bytes())
        == (public / "all/0001.atom").read_bytes()
    )
    renamed = replace(config, site=replace(config.site, title="Tin khác"))
    assert publish(renamed, archive, now=NOW).removed == ()
    assert (public / "all/0001.atom.gz").exists()


def test_a_variant_is_never_older_than_its_file(
    archive: MemoryArchive, config: Config, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a publish is cut short between renames, the next one makes variants of what is
    there; and what is taken away leaves no variant."""
    config = replace(config, publish=replace(config.publish, compress=("gzip",)))
    key = put(archive, 1)
    publish(config, archive, now=NOW)
    for cut in range(1, 12):
        put(archive, 1, hours=cut, title=f"Day one, {cut}")
        left = [cut]

        def rename(disk: files.Disk, old: str, new: str, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise OSError(5, "no more")
            Path(old).replace(new)

        with monkeypatch.context() as patch:
            patch.setattr(files.Disk, "rename", rename)
            with pytest.raises(PublishError):
                publish(config, archive, now=later(hours=cut))
        publish(config, archive, now=later(hours=cut))
        for path in public.rglob("*.gz"):
            assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes(), (
                cut,
                path,
            )
    (public / f"{key}.html").unlink()  # as if it was cut short there
    withdraw(archive, key, hours=20)
    publish(config, archive, now=later(hours=21))
    assert not (public / f"{key}.html.gz").exists()


@pytest.mark.parametrize("is_first", [True, False])
def test_what_came_late_is_remembered(
    archive: MemoryArchive,
    config: Config,
    public: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_first: bool,
) -> None:
    """A publish that ends before it closes documents closes the same ones the next time."""

    def fail(*_: object) -> None:
        raise OSError(5, "no more")

    if not is_first:
        for number in range(50, 55):
            put(archive, number)
        publish(config, archive, now=NOW)
    for number in range(7):
        put(archive, number)
    with monkeypatch.context() as patch:
        patch.setattr(_Site, "_close", fail)
        with pytest.raises(PublishError):
            publish(config, archive, now=NOW)
    put(archive, 60)
    publish(config, archive, now=NOW)
    found = titles(public / "all.atom")
    late = [f"Day {n}" for n in (60, 54, 53)]
    assert found == ([f"Day {n}" for n in (60, 6, 5, 4, 3)] if is_first else late)


def test_static_files_come_and_go_with_the_theme(
    archive: MemoryArchive, config: Config, public: Path, tmp_path: Path
) -> None:
    """A theme's files are published, over ours if they are called so, and go when it has them no
    longer."""
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "_headers").write_text("/*\n")
    (theme / "logo.svg").write_text("<svg/>")
    themed = replace(config, publish=replace(config.publish, theme=theme))
    publish(themed, archive, now=NOW)
    assert (public / "_headers").read_text() == "/*\n"
    (theme / "logo.svg").unlink()
    assert publish(themed, archive, now=NOW).removed == ("logo.svg",)
    publish(config, archive, now=NOW)
    assert "/all.atom" in (public / "_headers").read_text()
