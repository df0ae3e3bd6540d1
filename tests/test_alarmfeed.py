"""status.atom: the feed of alarms, that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.archive.memory import MemoryArchive
from feedtool.config import AlarmsTable, Config, PublishTable, Site
from feedtool.data import replace
from feedtool.errors import PublishError
from feedtool.kept import Alarm, Concern
from feedtool.model import Source
from feedtool.publish import alarmfeed, theme, wording
from feedtool.publish.shelf import SHELF, Shelf
from feedtool.publish.site import publish
from feedtool.publish.streams import STATUS
from tests.conftest import NOW, later, make_config, make_version, snapshot

WORDS = {name: wording.parse(theme.load(name, None).words, name) for name in ("en", "vi")}
QUIET = Alarm("valley", "quiet", NOW, "nothing new for 12 days, where 1 day is usual")
GONE = Alarm("gazette", "gone", later(hours=2), "answers 410 Gone")
BACK = replace(GONE, over=later(hours=5), words="answers again, after 3 hours")


@pytest.fixture
def archive() -> Iterator[MemoryArchive]:
    """An archive with one article."""
    with MemoryArchive() as opened:
        opened.put([make_version()])
        yield opened


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A site in Vietnamese."""
    return make_config(tmp_path, Source(name="valley", url="/inbox"))


def made(*alarms: Alarm, language: str = "vi") -> bytes:
    """The feed of these."""
    return alarmfeed.document(alarms, make_config(Path("/")), WORDS[language], language)


def raised(archive: MemoryArchive, *alarms: Alarm) -> None:
    """These begin or end."""
    standing = archive.state.standing("valley")
    archive.state.remember({}, {"valley": standing}, alarms=alarms)


def test_an_alarm_is_an_entry_and_its_end_another_one() -> None:
    """With ids of their own that never change, the newest first, by the site's author."""
    document = made(QUIET, GONE, BACK)
    assert alarmfeed.faults(document) == []
    parsed = feedparser.parse(document)
    assert not parsed.bozo
    assert [(one.id, one.title, one.updated) for one in parsed.entries] == [
        (
            "tag:tin.example,2022-05-04:status/gazette/gone/1651640521/over",
            "gazette: đã trở lại bình thường (không còn nữa)",
            "2022-05-04T08:02:01Z",
        ),
        (
            "tag:tin.example,2022-05-04:status/gazette/gone/1651640521",
            "gazette: không còn nữa",
            "2022-05-04T05:02:01Z",
        ),
        (
            "tag:tin.example,2022-05-04:status/valley/quiet/1651633321",
            "valley: lâu không có bài mới",
            "2022-05-04T03:02:01Z",
        ),
    ]
    assert [one.summary for one in parsed.entries] == [BACK.words, GONE.words, QUIET.words]
    assert {one.author for one in parsed.entries} == {"Toà soạn"}
    feed = parsed.feed
    assert (feed.title, feed.language) == ("Tin – tình trạng", "vi")
    assert (feed.id, feed.updated) == ("https://tin.example/status.atom", "2022-05-04T08:02:01Z")
    links = {one.rel: one.href for one in feed.links}
    assert links == {"alternate": "https://tin.example/", "self": feed.id}


def test_it_speaks_the_languages_there_are() -> None:
    """The words around an alarm's own are the site's."""
    parsed = feedparser.parse(made(QUIET, GONE, BACK, language="en"))
    titles = ["gazette: recovered (gone)", "gazette: gone", "valley: quiet"]
    assert [one.title for one in parsed.entries] == titles
    assert parsed.feed.title == "Tin – status"


def test_without_alarms_it_is_a_feed_too() -> None:
    """Valid, and as old as every feed without entries."""
    document = made()
    assert alarmfeed.faults(document) == []
    assert feedparser.parse(document).feed.updated == "1990-01-01T00:00:00Z"


def test_it_has_a_hundred_entries_at_most() -> None:
    """The newest, by what happened last, in whatever order they come."""
    many = [replace(QUIET, since=later(minutes=n)) for n in range(200)]
    parsed = feedparser.parse(made(*many))
    assert len(parsed.entries) == alarmfeed.MOST == 100
    assert parsed.entries[0].updated == "2022-05-04T06:21:01Z"
    assert made(*many) == made(*reversed(many))
    long = replace(QUIET, source="long", since=later(days=-90), over=later(days=1))
    assert feedparser.parse(made(*many, long)).entries[0].title.startswith("long: ")


_TEXT = st.text(max_size=60)
_ALARMS = st.builds(
    Alarm,
    source=st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable()),
    concern=st.sampled_from(Concern.__args__),  # type: ignore[attr-defined]
    since=st.integers(0, 10**6).map(lambda by: later(seconds=by)),
    words=_TEXT,
    over=st.none() | st.integers(0, 10**6).map(lambda by: later(seconds=by)),
)


@given(st.lists(_ALARMS, max_size=4))
def test_it_is_valid_whatever_is_said(alarms: list[Alarm]) -> None:
    """Any words make a feed that our own checks have nothing against, the same each time."""
    document = made(*alarms)
    assert alarmfeed.faults(document) == []
    assert document == made(*alarms)


def test_a_clock_that_stands_still_makes_no_two_of_one_id() -> None:
    """What begins again within one second is told once."""
    again = replace(QUIET, words="again")
    document = made(QUIET, again)
    assert alarmfeed.faults(document) == []
    assert len(feedparser.parse(document).entries) == 1


def test_it_is_published_and_nothing_leads_to_it(archive: MemoryArchive, config: Config) -> None:
    """Written beside the feeds; no page, list or other feed names it, and it is written again only
    once an alarm begins or ends."""
    assert STATUS in publish(config, archive, now=NOW).written
    folder = config.publish.path
    assert feedparser.parse((folder / STATUS).read_bytes()).entries == []
    before = snapshot(folder)
    assert publish(config, archive, now=NOW).written == ()
    assert publish(config, archive, now=NOW, everything=True).written == ()
    raised(archive, QUIET)
    assert publish(config, archive, now=NOW).written == (STATUS,)
    assert publish(config, archive, now=NOW).written == ()
    raised(archive, replace(QUIET, over=later(hours=1), words="something new again"))
    assert publish(config, archive, now=NOW).written == (STATUS,)
    entries = feedparser.parse((folder / STATUS).read_bytes()).entries
    assert [one.summary for one in entries] == ["something new again", QUIET.words]
    after = snapshot(folder)
    changed = {path for path, (_, data) in after.items() if before[path][1] != data}
    assert {Path(path).name for path in changed} <= {STATUS, SHELF.name}
    for path in folder.rglob("*"):
        if (
            path.is_file()
            and path.name not in (STATUS, "_headers")
            and ".feedtool" not in path.parts
        ):
            assert STATUS.encode() not in path.read_bytes(), path
            assert b"12 days" not in path.read_bytes()


def test_an_alarm_that_lasted_long_is_told_when_it_is_over(
    archive: MemoryArchive, config: Config
) -> None:
    """However many others began since."""
    raised(archive, replace(QUIET, since=later(days=-90)))
    raised(archive, *(replace(QUIET, since=later(minutes=n)) for n in range(300)))
    raised(archive, replace(QUIET, since=later(days=-90), over=later(days=1)))
    publish(config, archive, now=NOW)
    [first, *rest] = feedparser.parse((config.publish.path / STATUS).read_bytes()).entries
    assert first.id.endswith("/over")
    assert len(rest) == 99


def test_it_can_be_switched_off(archive: MemoryArchive, config: Config) -> None:
    """It is taken away then, with its compressed forms, and comes back when it is wanted again."""
    table = PublishTable(path=config.publish.path, compress=("gzip",))
    config = replace(config, publish=table)
    publish(config, archive, now=NOW)
    silent = replace(config, alarms=AlarmsTable(feed=False))
    assert publish(silent, archive, now=NOW).removed == (STATUS,)
    assert not list(config.publish.path.glob("status*"))
    raised(archive, QUIET)
    publication = publish(silent, archive, now=NOW)
    assert (publication.written, publication.removed) == ((), ())
    assert publish(config, archive, now=NOW).written == (STATUS,)
    assert (config.publish.path / "status.atom.gz").is_file()
    (config.publish.path / STATUS).unlink()
    assert publish(config, archive, now=NOW).written == (STATUS,)


def test_another_title_is_another_feed(archive: MemoryArchive, config: Config) -> None:
    """What the site says of itself stands in it."""
    publish(config, archive, now=NOW)
    site = Site(title="Sườn", base_url="https://tin.example/", language="vi")
    assert STATUS in publish(replace(config, site=site), archive, now=NOW).written
    assert "Sườn – tình trạng" in (config.publish.path / STATUS).read_text("utf-8")


def test_what_would_be_invalid_stays_as_it_was(
    archive: MemoryArchive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault is told, all else goes out, and the next publish tries again."""
    publish(config, archive, now=NOW)
    before = (config.publish.path / STATUS).read_bytes()
    raised(archive, QUIET)
    with monkeypatch.context() as patch:
        patch.setattr(alarmfeed, "faults", lambda _: ["feed is odd"])
        for _ in range(2):
            [fault] = publish(config, archive, now=NOW).faults
            assert isinstance(fault, PublishError)
            assert str(fault) == "status.atom: stays as it was, as it would be invalid: feed is odd"
    assert (config.publish.path / STATUS).read_bytes() == before
    assert publish(config, archive, now=NOW).written == (STATUS,)


def test_a_publish_that_is_cut_short_writes_it_the_next_time(
    archive: MemoryArchive, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is noted as written only once it is."""
    raised(archive, QUIET)
    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "say", lambda *_: (_ for _ in ()).throw(OSError(5, "no more")))
        with pytest.raises(PublishError):
            publish(config, archive, now=NOW)
    publish(config, archive, now=NOW)
    assert len(feedparser.parse((config.publish.path / STATUS).read_bytes()).entries) == 1
