"""Real feed readers, subscribed over HTTP to what is published: newsboat, sfeed, rss2email and
liferea."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feedtool.archive.folder import FolderArchive
from feedtool.archive.memory import MemoryArchive
from feedtool.collect import collect
from feedtool.config import Config, FeedTable
from feedtool.data import replace
from feedtool.model import Enclosure, Person, Published
from feedtool.publish.site import publish
from feedtool.settings import load
from tests import reader_programs
from tests.conftest import NOW, ROOT, SAMPLES, make_config, make_version
from tests.reader_programs import Reader
from tests.reader_site import ReaderSite
from tests.test_publish import _schema

ROWS = {
    "Hợp tác xã chè Pá Lương ra mắt vườn ươm 40 nghìn cây giống": (["HOÀI AN"], "2022-01-18"),
    "Thư viện lưu động về với học trò vùng hồ Nậm Ngân": (
        ["LÒ VĂN PHÚC", "ĐINH THU TRÀ"],
        "2022-03-08",
    ),
    "The Wednesday ferry is back": (["Imelda Farr"], "2022-04-13"),
    "Dome motor repaired": (["Piet Hallam"], "2022-04-29"),
    "First clear night in three weeks": (["Hilltop Observatory"], "2022-05-02"),
}
# Titles that readers have got wrong, and much that entries may have or lack.
ODD: dict[str, dict[str, object]] = {
    'Giá chè < 5 & "rẻ" hơn, 3 > 2': {},
    "It's 'done': tea & <5 boats": {"authors": (Person("O'Hara & Sons"),)},
    "Three wrote this": {"authors": tuple(map(Person, ("Lý Mai", "Piet Hallam", "Wm. Farr")))},
    "Nobody wrote this": {"authors": ()},
    "خبر من الوادي: الجسر يعود اليوم": {"authors": (Person("ليلى حداد"),), "language": "ar"},
    "谷地新闻：渡船星期三回来了": {"authors": (Person("林小雨"),), "language": "zh"},
    "🚲 Đua xe đạp quanh hồ 🎉 👩\u200d🌾": {},
    "Bà con bản Pá Lương " * 40 + "trồng chè": {},
    "Without any words": {"summary": None, "content_text": None},
    "Without a summary": {"summary": None},
    "To be listened to": {
        "enclosures": (Enclosure("https://valley.example/8.mp3", "audio/mpeg", 12345),)
    },
    "With marks": {
        "content_text": None,
        "content_html": '<p>A <b>bold</b> &amp; <a href="https://valley.example/">link</a></p>',
    },
}


@dataclass(frozen=True, slots=True)
class Habits:
    """What a reader does with an entry: whom of its authors it keeps where each is an element of
    its own, whether the time that it shows is that of the last change, and the answers that it
    gets in its refreshes."""

    reads: Reader
    keeps: Callable[[list[str]], list[str]]
    shows_updated: bool
    answers: list[int]


def _first(names: list[str]) -> list[str]:
    return names[:1]


def _last(names: list[str]) -> list[str]:
    return names[-1:]


HABITS = {
    "newsboat": Habits(reader_programs.newsboat, list, False, [200, 200, 304]),
    "sfeed": Habits(reader_programs.sfeed, _first, False, [200, 200]),
    "rss2email": Habits(reader_programs.rss2email, _last, True, [200, 304]),
    "liferea": Habits(reader_programs.liferea, list, False, [200, 304]),
}


def _in_all_formats(config: Config) -> Config:
    feeds = (replace(one, formats=("atom", "rss"), limit=100) for one in config.feed)
    return replace(config, feed=tuple(feeds))


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, published."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "config", folder / "config")
    config = _in_all_formats(load(folder / "config/demo.toml"))
    with FolderArchive(config.archive.path, writing=True) as archive:
        assert not any(outcome.failed for outcome in collect(config, archive, now=NOW))
        publish(config, archive, now=NOW)
    return config.publish.path


@dataclass(frozen=True, slots=True)
class Valley:
    """A published folder of 60 entries, and what each is: title, authors, published, updated, link."""

    public: Path
    rows: list[tuple[str, list[str], datetime, datetime, str]]


@pytest.fixture(scope="module")
def valley(tmp_path_factory: pytest.TempPathFactory) -> Valley:
    """60 entries, some of them odd, one a day."""
    folder = tmp_path_factory.mktemp("valley")
    titles = [*ODD, *(f"Tin số {number}" for number in range(len(ODD), 60))]
    archive, rows = MemoryArchive(), []
    for number, title in enumerate(titles):
        when = datetime(2022, 1, 1, 8, 30, 15, tzinfo=UTC) + timedelta(days=number)
        link = f"https://valley.example/{number}?a=1&b=2"
        fields: dict[str, Any] = {
            "id": f"tag:valley.example,2022:{number}",
            "title": title,
            "link": link,
            "published": Published.at(when),
            "updated": when + timedelta(hours=3),
            **ODD.get(title, {}),
        }
        version = make_version(archive, **fields)
        archive.put([version])
        authors = [person.name for person in version.entry.authors] or ["Toà soạn"]
        rows.append((title, authors, when, when + timedelta(hours=3), link))
    table = FeedTable(name="all", content="full")
    publish(_in_all_formats(make_config(folder, feed=(table,))), archive, now=NOW)
    return Valley(folder / "public", rows)


@pytest.fixture
def demo_site(public: Path) -> Iterator[ReaderSite]:
    """The demo on loopback."""
    with ReaderSite(public) as site:
        yield site


@pytest.fixture
def valley_site(valley: Valley) -> Iterator[ReaderSite]:
    """The 60 entries on loopback."""
    with ReaderSite(valley.public) as site:
        yield site


def test_the_demos_feed_is_valid_and_says_the_same(public: Path) -> None:
    """The schema of RFC 4287 has nothing against it, and feedparser reads the same values back."""
    parsed = feedparser.parse((public / "all.atom").read_bytes())
    assert not parsed.bozo
    found = {
        entry.title: ([author.name for author in entry.authors], entry.published[:10])
        for entry in parsed.entries
    }
    assert found == ROWS
    assert all(entry.summary and entry.link and entry.id for entry in parsed.entries)
    from lxml import etree

    _schema().assertValid(etree.parse(public / "all.atom"))


@pytest.mark.parametrize("format", ["atom", "rss"])
@pytest.mark.parametrize("name", HABITS)
def test_readers_list_the_demo(
    name: str,
    format: str,  # noqa: A002
    demo_site: ReaderSite,
    tmp_path: Path,
) -> None:
    """A reader, subscribed over HTTP, has each entry once, with its title, authors and date."""
    seen = HABITS[name].reads(demo_site, f"/all.{format}", tmp_path)
    expected = [
        (title, _authors(HABITS[name], format, names), day) for title, (names, day) in ROWS.items()
    ]
    found = [(one.title, one.authors, one.when.date().isoformat()) for one in seen]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("format", ["atom", "rss"])
@pytest.mark.parametrize("name", HABITS)
def test_readers_list_odd_entries_and_ask_by_validators(
    name: str,
    format: str,  # noqa: A002
    valley: Valley,
    valley_site: ReaderSite,
    tmp_path: Path,
) -> None:
    """A reader has all of 60 entries, however odd, each once and right to the second; what it has
    already is not sent again once it asks by validators."""
    habits = HABITS[name]
    seen = habits.reads(valley_site, f"/all.{format}", tmp_path)
    expected = [
        (title, _authors(habits, format, names), updated if habits.shows_updated else when, link)
        for title, names, when, updated, link in valley.rows
    ]
    found = [(one.title, one.authors, one.when, one.link) for one in seen]
    assert sorted(found) == sorted(expected)
    assert valley_site.statuses(f"/all.{format}") == habits.answers


def _authors(habits: Habits, format: str, names: list[str]) -> str:  # noqa: A002
    """What a reader shows of these: in RSS they are one element, their names joined."""
    return ", ".join(names if format == "rss" else habits.keeps(names))


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
