"""A round: what comes of sources, in what order things are written, and what a failure costs."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedtool.archive.check import check
from feedtool.archive.folder import FolderArchive
from feedtool.archive.protocol import Archive
from feedtool.collect import collect
from feedtool.config import Config
from feedtool.data import replace
from feedtool.errors import ArchiveError, DamagedError, FetchError, ReadError
from feedtool.fetch.results import Fetched, Known, OneByOne
from feedtool.kept import Change, Outcome
from feedtool.model import Capture, Reading, Source, Validators
from feedtool.read.readers import READERS
from feedtool.round import Round
from tests.conftest import (
    NOW,
    Server,
    article,
    later,
    make_capture,
    make_config,
    make_entry,
    make_version,
    snapshot,
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty inbox."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def _round(
    inbox: Path, archive: Archive, now: datetime = NOW, config: Config | None = None
) -> Outcome:
    config = config or make_config(inbox.parent, _source(inbox))
    [outcome] = collect(config, archive, now=now)
    return outcome


def _source(inbox: Path, **fields: object) -> Source:
    given = {"name": "valley", "url": str(inbox), "time_zone": "Asia/Ho_Chi_Minh", **fields}
    return Source(**given)  # type: ignore[arg-type]


def _drop(inbox: Path, name: str, title: str, **parts: str) -> None:
    (inbox / name).write_text(article(title, **parts), "utf-8")


def test_a_dropped_file_becomes_an_entry(inbox: Path, archive: Archive) -> None:
    """Drop a file, get an entry: with title, author, day, and an id from its place."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    outcome = _round(inbox, archive)
    [(change, version)] = outcome.changes
    assert change is Change.NEW
    assert version.key == "2022/01/18/nuoc-sach-ve-ban-pa-luong"
    assert version.entry.id == "tag:tin.example,2022-05-04:valley/a.txt"
    assert [person.name for person in version.entry.authors] == ["HOÀI AN"]
    kept = archive.get(version.key)
    assert kept is not None
    assert replace(kept, capture=None) == version


def test_a_round_is_in_no_cycle(inbox: Path, archive: Archive) -> None:
    """What a round has held, all its texts, is free as soon as it has ended."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    gc.collect()
    gc.disable()
    try:
        _round(inbox, archive)
        assert not [one for one in gc.get_objects() if isinstance(one, Round)]
    finally:
        gc.enable()


def test_a_second_round_writes_nothing(inbox: Path, folder_archive: FolderArchive) -> None:
    """Unchanged files aren't even read, and of the archive nothing moves but the memory of when
    they were looked at."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    _round(inbox, folder_archive)
    before = snapshot(folder_archive.path)
    outcome = _round(inbox, folder_archive, later(days=2))
    assert (outcome.changes, outcome.unchanged, outcome.failed) == ((), 1, False)
    after = snapshot(folder_archive.path)
    moved = {Path(path).name for path in after if after[path] != before.get(path)}
    assert after.keys() == before.keys()
    assert moved <= {"state.sqlite", "state.sqlite-journal"}


def test_a_touched_file_is_unchanged(inbox: Path, archive: Archive) -> None:
    """A new time of change with the same bytes changes nothing, and is remembered."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    _round(inbox, archive)
    known = archive.state.recall("valley", "a.txt")
    os.utime(inbox / "a.txt", (1, 1))
    assert _round(inbox, archive).unchanged == 1
    assert archive.state.recall("valley", "a.txt") != known


def test_an_edited_file_is_revised(inbox: Path, archive: Archive) -> None:
    """Same id, same key, the earlier version kept; updated moved, published not."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    first = _round(inbox, archive).changes[0][1]
    _drop(inbox, "a.txt", "Nước sạch đã về bản Pá Lương")
    [(change, second)] = _round(inbox, archive, later(days=1)).changes
    assert change is Change.REVISED
    assert (second.key, second.entry.id) == (first.key, first.entry.id)
    assert second.entry.published == first.entry.published
    assert second.entry.updated == later(days=1)
    [earlier] = archive.history(first.key)
    assert replace(earlier, capture=None) == first


def test_a_renamed_file_keeps_its_id(inbox: Path, archive: Archive) -> None:
    """Found again by its title and text; edited afterwards, it is a revision of the same entry."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    first = _round(inbox, archive).changes[0][1]
    (inbox / "a.txt").rename(inbox / "b.txt")
    assert _round(inbox, archive, later(days=1)).changes == ()
    _drop(inbox, "b.txt", "Nước sạch đã về bản Pá Lương")
    [(change, second)] = _round(inbox, archive, later(days=2)).changes
    assert (change, second.entry.id) == (Change.REVISED, first.entry.id)


def test_a_copy_adds_nothing_until_it_differs(inbox: Path, archive: Archive) -> None:
    """The same article under two names is one entry; a copy that is edited is another."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    first = _round(inbox, archive).changes[0][1]
    _drop(inbox, "b.txt", "Nước sạch về bản Pá Lương")
    assert _round(inbox, archive, later(days=1)).changes == ()
    _drop(inbox, "b.txt", "Chợ phiên Pá Lương đông vui")
    [(change, second)] = _round(inbox, archive, later(days=2)).changes
    assert change is Change.NEW
    assert second.entry.id != first.entry.id


def _stories(inbox: Path, archive: Archive) -> dict[str, str]:
    """The titles in the archive, by id."""
    return {version.entry.id: version.entry.title for version in archive.newest()}


@pytest.mark.parametrize("between", [False, True], ids=["at once", "a round between"])
def test_a_name_that_is_used_again_is_another_article(
    inbox: Path, archive: Archive, between: bool
) -> None:
    """Renamed, an article keeps its id; what lies under its old name then is new."""
    _drop(inbox, "article.txt", "Chuyện thứ nhất")
    first = _round(inbox, archive).changes[0][1]
    (inbox / "article.txt").rename(inbox / "old.txt")
    if between:
        _round(inbox, archive, later(minutes=1))
    _drop(inbox, "article.txt", "Chuyện thứ hai", text="Cối xay quay lại sau mùa lũ.")
    [(change, second)] = _round(inbox, archive, later(hours=1)).changes
    assert change is Change.NEW
    assert _stories(inbox, archive) == {
        first.entry.id: "Chuyện thứ nhất",
        second.entry.id: "Chuyện thứ hai",
    }
    assert _round(inbox, archive, later(hours=2)).changes == ()
    _drop(inbox, "old.txt", "Chuyện thứ nhất, bản mới")
    [(change, revised)] = _round(inbox, archive, later(hours=3)).changes
    assert (change, revised.entry.id) == (Change.REVISED, first.entry.id)


def test_rotated_and_swapped_names_change_no_ids(inbox: Path, archive: Archive) -> None:
    """However files change their names among themselves, each text keeps its id."""
    for n in "123":
        _drop(inbox, f"{n}.txt", f"Chuyện số {n}", text=f"Nước về bản lần {n}.")
    _round(inbox, archive)
    before = _stories(inbox, archive)
    for old, new in (("3", "4"), ("2", "3"), ("1", "2")):
        (inbox / f"{old}.txt").rename(inbox / f"{new}.txt")
    _drop(inbox, "1.txt", "Chuyện mới", text="Chợ phiên họp lại.")
    for path in inbox.iterdir():  # as a copying tool leaves them
        os.utime(path, (5, 5))
    [(change, fresh)] = _round(inbox, archive, later(hours=1)).changes
    assert change is Change.NEW
    assert _stories(inbox, archive) == {**before, fresh.entry.id: "Chuyện mới"}
    (inbox / "2.txt").rename(inbox / "x")
    (inbox / "3.txt").rename(inbox / "2.txt")
    (inbox / "x").rename(inbox / "3.txt")
    for number, path in enumerate(sorted(inbox.iterdir())):
        os.utime(path, (9 + number, 9))
    assert _round(inbox, archive, later(hours=2)).changes == ()
    assert _stories(inbox, archive) == {**before, fresh.entry.id: "Chuyện mới"}


def test_names_that_differ_in_their_bytes_are_two(inbox: Path, archive: Archive) -> None:
    """A composed and a decomposed name are two files and two articles."""
    _drop(inbox, "\u00e9.txt", "Một", text="Nước về bản.")
    _drop(inbox, "e\u0301.txt", "Hai", text="Chợ phiên họp lại.")
    assert len(_round(inbox, archive).changes) == 2


def test_a_renamed_source_doubles_nothing(inbox: Path, archive: Archive) -> None:
    """Files that another source brought, which is gone from the configuration, are known."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    first = _round(inbox, archive).changes[0][1]
    config = make_config(inbox.parent, _source(inbox, name="news"))
    assert _round(inbox, archive, later(days=1), config).changes == ()
    _drop(inbox, "a.txt", "Nước sạch đã về bản Pá Lương")
    [(change, version)] = _round(inbox, archive, later(days=2), config).changes
    assert (change, version.entry.id, version.source) == (Change.REVISED, first.entry.id, "news")


def test_a_removed_file_with_a_history_harms_nothing(
    inbox: Path, folder_archive: FolderArchive
) -> None:
    """What a person removed may come back as another entry; its old history is left alone, and
    neither is damage."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    first = _round(inbox, folder_archive).changes[0][1]
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương", text="Bà con rất vui.")
    _round(inbox, folder_archive, later(hours=1))
    (folder_archive.path / f"{first.key}.json").unlink()
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương", text="Bà con lại vui.")
    [(change, version)] = _round(inbox, folder_archive, later(hours=2)).changes
    assert (change, version.revision) == (Change.NEW, 1)
    assert version.key.startswith(f"{first.key}-")
    assert not any(one.is_damage for one in check(folder_archive))


def test_a_mistake_of_a_reader_costs_its_document(inbox: Path, archive: Archive) -> None:
    """An exception that nobody foresaw is told of its file, and the others are read."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    _drop(inbox, "b.txt", "Chợ phiên họp lại")

    def mistaken(capture: Capture, source: Source) -> Reading:
        if capture.place == "a.txt":
            raise ZeroDivisionError("oops")
        return READERS["prose"](capture, source)

    config = make_config(inbox.parent, _source(inbox))
    [outcome] = collect(config, archive, now=NOW, readers={"prose": mistaken})
    assert len(outcome.changes) == 1
    assert "by a mistake of feedtool (ZeroDivisionError: oops)" in str(outcome.skipped[0])


def test_without_its_memory_nothing_is_doubled(inbox: Path, archive: Archive) -> None:
    """When the state is lost, files are found by their places, under another day or host too."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    first = _round(inbox, archive).changes[0][1]
    archive.state._database.execute("DELETE FROM place")
    _drop(inbox, "a.txt", "Nước sạch đã về bản Pá Lương")
    config = make_config(inbox.parent, _source(inbox))
    moved = replace(config, site=replace(config.site, base_url="https://other.example/"))
    [(change, second)] = _round(inbox, archive, later(days=9), moved).changes
    assert (change, second.entry.id) == (Change.REVISED, first.entry.id)
    archive.state._database.execute("DELETE FROM place")
    _drop(inbox, "b.txt", "Nước sạch đã về bản Pá Lương")
    assert _round(inbox, archive, later(days=10)).changes == ()


def test_two_articles_of_one_title_and_day_are_two(inbox: Path, archive: Archive) -> None:
    """Both are kept, the second under a name of its own."""
    _drop(inbox, "a.txt", "Tin vắn", text="Nước về bản, bà con vui.")
    _drop(inbox, "b.txt", "Tin vắn", text="Chợ phiên họp lại sau tết.")
    keys = [version.key for _, version in _round(inbox, archive).changes]
    assert keys[0] == "2022/01/18/tin-van"
    assert keys[1].startswith("2022/01/18/tin-van-")


def test_bad_files_cost_nothing_else(inbox: Path, archive: Archive) -> None:
    """What can't be read is told, one by one and each round; the others are archived."""
    _drop(inbox, "good.txt", "Nước sạch về bản Pá Lương")
    (inbox / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (inbox / "empty.txt").write_bytes(b"")
    for _ in range(2):
        outcome = _round(inbox, archive)
        assert {Path(error.subject).name for error in outcome.skipped} == {
            "binary.txt",
            "empty.txt",
        }
        assert all(isinstance(error, ReadError) for error in outcome.skipped)
        assert outcome.failed
    assert outcome.unchanged == 1


def test_a_failed_source_lets_the_others_go_on(inbox: Path, archive: Archive) -> None:
    """A missing folder is the error of its source alone."""
    _drop(inbox, "a.txt", "Nước sạch về bản Pá Lương")
    config = make_config(inbox.parent, Source(name="gone", url=str(inbox / "none")), _source(inbox))
    gone, valley = collect(config, archive, now=NOW)
    assert isinstance(gone.error, FetchError)
    assert gone.failed
    assert len(valley.changes) == 1


def test_sources_can_be_named_or_disabled(inbox: Path, archive: Archive) -> None:
    """A disabled source is read only when it is named."""
    config = make_config(
        inbox.parent, _source(inbox, enabled=False), Source(name="b", url=str(inbox))
    )
    assert [outcome.source for outcome in collect(config, archive, now=NOW)] == ["b"]
    named = collect(config, archive, now=NOW, names=["valley"])
    assert [outcome.source for outcome in named] == ["valley"]


def test_a_new_setting_reads_again(inbox: Path, archive: Archive) -> None:
    """A file that hasn't changed is read again when its source's settings have."""
    body = "Chợ phiên\n\nNgày 18/1/2022, chợ họp lại sau tết, đông hơn mọi năm, bà con rất vui.\n\nHàng bán nhiều."
    (inbox / "a.txt").write_text(body, "utf-8")
    _round(inbox, archive)
    config = make_config(inbox.parent, _source(inbox, author="Toà soạn"))
    [(change, version)] = _round(inbox, archive, later(days=1), config).changes
    assert change is Change.REVISED
    assert version.entry.authors[0].name == "Toà soạn"


def _feeds(*fetched: Fetched) -> OneByOne:
    def fetch(_: Source, __: Known) -> Iterator[Fetched]:
        yield from fetched

    return OneByOne(fetch)


def _reads(*entries: object) -> object:
    return {"feed": lambda *_: Reading("feed", entries)}  # type: ignore[arg-type]


def _feed_round(archive: Archive, name: str, *entries: object, names: tuple[str, ...]) -> Outcome:
    sources = [Source(name=one, url="https://e.example/", kind="feed") for one in names]
    [outcome] = collect(
        make_config(Path("/"), *sources),
        archive,
        now=NOW,
        names=[name],
        insist=True,
        fetching=_feeds(make_capture(repr(entries).encode(), source=name)),
        readers=_reads(*entries),  # type: ignore[arg-type]
    )
    return outcome


def test_an_entry_belongs_to_the_source_that_brought_it(archive: Archive) -> None:
    """Another source with the same id brings nothing new; once the first is gone, it takes over."""
    both = ("first", "second")
    assert len(_feed_round(archive, "first", make_entry(), names=both).changes) == 1
    other = make_entry(summary="Khác.")
    assert _feed_round(archive, "second", other, names=both).unchanged == 1
    outcome = _feed_round(archive, "second", make_entry(summary="Mới."), names=("second",))
    [(change, version)] = outcome.changes
    assert (change, version.source) == (Change.REVISED, "second")


def test_entries_found_twice_in_a_round_are_one(archive: Archive) -> None:
    """The second time, the entry is known, though the first was not written yet."""
    outcome = _feed_round(archive, "a", make_entry(), make_entry(), names=("a",))
    assert (len(outcome.changes), outcome.unchanged) == (1, 1)


def test_many_entries_are_written_in_batches(archive: Archive) -> None:
    """A source of hundreds is kept whole."""
    entries = [make_entry(id=f"tag:e.example,2022-01-01:{n}") for n in range(250)]
    outcome = _feed_round(archive, "a", *entries, names=("a",))
    assert len(outcome.changes) == 250
    assert len(list(archive.newest())) == 250


def test_validators_are_kept_only_after_the_entries(archive: Archive) -> None:
    """When the archive can't be written, the run stops and nothing is remembered of the source."""
    capture = make_capture(b"x", source="a", validators=Validators('"e"', None, "d"))
    config = make_config(Path("/"), Source(name="a", url="https://e.example/", kind="feed"))

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(archive, name)

        def put(self, versions: object, receipts: object = ()) -> None:
            raise ArchiveError("archive", "is full")

    with pytest.raises(ArchiveError):
        list(
            collect(
                config,
                Full(),  # type: ignore[arg-type]
                now=NOW,
                fetching=_feeds(capture),
                readers=_reads(make_entry()),  # type: ignore[arg-type]
            )
        )
    assert archive.state.recall("a", capture.place) is None


def test_a_damaged_file_costs_its_own_entry_alone(folder_archive: FolderArchive) -> None:
    """The entry whose file is damaged is told; the rest of its feed is archived, and the file is
    left as it is."""
    version = make_version(folder_archive)
    folder_archive.put([version])
    path = folder_archive.path / f"{version.key}.json"
    path.write_bytes(b"{")
    fresh = make_entry(id="tag:e.example,2022-01-01:two")
    for _ in range(2):
        outcome = _feed_round(
            folder_archive, "valley", make_entry(summary="x"), fresh, names=("valley",)
        )
        assert [type(error) for error in outcome.skipped] == [DamagedError]
    assert outcome.unchanged == 1
    assert path.read_bytes() == b"{"
    assert folder_archive.find(fresh.id) is not None


def _web(url: str) -> Config:
    source = Source(name="valley", url=url, allow_private=True, every=timedelta(hours=1))
    return make_config(Path("/"), source)


RSS = b"<rss version='2.0'><channel><title>V</title><item><title>T%d</title></item></channel></rss>"


def test_what_a_server_asks_for_is_given(server: Server, archive: Archive) -> None:
    """Retry-After is obeyed whatever the owner's interval; by name, a source is asked at once."""
    config = _web(server.url + "/a")
    server.give("/a", status=429, Retry_After="7200")
    [first] = collect(config, archive, now=NOW)
    assert first.error is not None
    for minutes in (1, 60, 119):
        [outcome] = collect(config, archive, now=later(minutes=minutes))
        assert outcome.waits == later(hours=2)
        assert not outcome.failed
    assert len(server.requests) == 1
    server.give("/a", RSS % 1)
    [named] = collect(config, archive, now=later(minutes=119), names=["valley"], insist=True)
    assert len(named.changes) == 1
    [again] = collect(config, archive, now=later(minutes=190))
    assert again.unchanged == 1


def test_a_server_that_fails_is_asked_ever_more_rarely(server: Server, archive: Archive) -> None:
    """Without Retry-After the wait doubles; the first answer ends it."""
    config = _web(server.url + "/a")
    server.give("/a", status=500)
    waits = []
    now = NOW
    for _ in range(4):
        list(collect(config, archive, now=now))
        standing = archive.state.standing("valley")
        assert standing.not_before is not None
        assert standing.due is not None
        waits.append((standing.not_before - now) / timedelta(hours=1))
        now = standing.due
    assert waits == [1, 2, 4, 8]
    server.give("/a", RSS % 1)
    list(collect(config, archive, now=now))
    standing = archive.state.standing("valley")
    assert (standing.failures, standing.trouble, standing.succeeded) == (0, None, now)


def test_a_fresh_answer_is_not_asked_for_again(server: Server, archive: Archive) -> None:
    """What Cache-Control says to be fresh is left alone until it isn't, also after a 304."""
    config = _web(server.url + "/a")
    server.give("/a", RSS % 1, Cache_Control="max-age=5400", ETag='"1"')
    list(collect(config, archive, now=NOW))
    [outcome] = collect(config, archive, now=later(minutes=89))
    assert outcome.waits == later(minutes=90)
    server.give("/a", status=304, Cache_Control="max-age=600")
    list(collect(config, archive, now=later(minutes=90)))
    assert archive.state.standing("valley").not_before == later(minutes=100)


def test_what_is_gone_is_asked_for_no_more(server: Server, archive: Archive) -> None:
    """After 410 the owner is told each time, and the server is left in peace."""
    config = _web(server.url + "/a")
    server.give("/a", status=410)
    for days in (0, 1, 400):
        [outcome] = collect(config, archive, now=later(days=days))
        assert outcome.failed
    assert "answers 410 Gone, and is gone for good" in str(outcome.error)
    assert len(server.requests) == 1
