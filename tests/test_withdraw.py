"""Ends of entries: withdrawn by the owner, kept or purged; gone from their source."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedtool import settle
from feedtool.archive import item
from feedtool.archive.check import check
from feedtool.archive.folder import FolderArchive
from feedtool.archive.protocol import Archive
from feedtool.archive.query import parse
from feedtool.data import replace
from feedtool.errors import FetchError
from feedtool.files import Disk
from feedtool.kept import Change, Receipt, Version
from feedtool.model import Source
from feedtool.publish.site import publish
from tests.cli import Feedtool
from tests.conftest import (
    NOW,
    Server,
    article,
    later,
    make_capture,
    make_config,
    make_entry,
    make_version,
)
from tests.feeds import Valley, items, rss
from tests.test_follow import Site

KEY = "2022/01/18/nuoc-sach-ve-ban-pa-luong"
SECRET = "zyxwvsecret"


def _ended(version: Version, purge: bool = False) -> Version:
    how = settle.purged if purge else settle.withdrawn
    return how(version, now=later(hours=1), by="owner", reason="asked")


def _found(archive: Archive, words: str) -> list[str]:
    return [one.key for one in archive.search(parse(words))]


@pytest.mark.parametrize("purge", [False, True])
def test_what_is_withdrawn_stands_nowhere(archive: Archive, purge: bool) -> None:
    """It is in no list and no search, and found by its key and its id, which stay taken."""
    version = make_version(archive, content_text=f"Tin {SECRET}.")
    archive.put([version])
    assert _found(archive, SECRET) == [version.key]
    ended = _ended(version, purge)
    archive.purge([ended]) if purge else archive.put([ended])
    assert list(archive.newest()) == _found(archive, SECRET) == []
    assert archive.get(version.key) == archive.find(version.entry.id) == ended
    assert archive.changes(None)[0] == [version.key]
    assert make_version(archive).key == version.key
    change, same = settle.settle(
        make_entry(title="Two"), old=ended, source="x", now=NOW, zone=UTC, taken=lambda _: False
    )
    assert (change, same) == (Change.UNCHANGED, ended)


def test_what_is_withdrawn_can_come_back(archive: Archive) -> None:
    """Restored, an entry says what it said, and is listed and found again."""
    version = make_version(archive, content_text=f"Tin {SECRET}.")
    archive.put([version])
    archive.put([_ended(version)])
    back = settle.restored(_ended(version), now=later(hours=2))
    archive.put([back])
    assert back == replace(version, revision=3, last_revised=later(hours=2))
    assert list(archive.newest()) == [back]
    assert _found(archive, SECRET) == [version.key]


def test_a_source_doesnt_bring_back_what_was_withdrawn(archive: Archive) -> None:
    """Neither by a new version, nor under a new id, nor does another source by the same id."""
    feeds = [Source(name=one, url=f"https://{one}.example/", kind="feed") for one in ("a", "b")]
    valley = Valley(archive, *feeds)
    valley.round(NOW, a=rss(items(1)), b=rss([]))
    [version] = archive.newest()
    archive.put([_ended(version)])
    for given in ({"title": "Khác"}, {"id": "urn:new:1"}):
        valley.round(later(days=1), a=rss(items(1, **given)))
        assert list(archive.newest()) == []
    valley.round(later(days=2), b=rss(items(1, title="Khác")))
    assert list(archive.newest()) == []


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _long_kept(archive: FolderArchive) -> Version:
    """An entry with three versions, each with a capture, that all say a secret."""
    for n in range(3):
        words = {"title": f"Tin {n}", "content_text": f"Tin {SECRET}{n}.", "summary": None}
        version = make_version(archive, now=later(hours=n), **words)
        body = f"<p>{SECRET}{n}</p>".encode()
        archive.put(
            [version], [Receipt(make_capture(body, captured=later(hours=n)), (version.key,))]
        )
    kept = archive.get(version.key)
    assert kept is not None
    return kept


def _is_gone(archive: FolderArchive, version: Version) -> bool:
    """True where nothing is left of what all versions of an entry said."""
    others = [path for path in archive.path.rglob("*.json") if SECRET in path.read_text("utf-8")]
    histories = list(archive.path.rglob("*.history.jsonl"))
    kept = archive.get(version.key)
    blank = kept is not None and (kept.entry.title, kept.entry.link) == (settle.NOTHING, None)
    terms = [term for n in range(3) for term in _found(archive, f"{SECRET}{n}")]
    return not others and not histories and blank and not terms and not list(archive.newest())


def test_purged_nothing_is_left(folder_archive: FolderArchive) -> None:
    """No version, capture or word of an entry is left, and the archive is whole; other entries
    keep theirs."""
    archive = folder_archive
    other = make_version(archive, id="urn:x:other", title="Other", content_text="Chuyện khác.")
    archive.put([other])
    version = _long_kept(archive)
    captures = [one.capture for one in (*archive.history(version.key), version) if one.capture]
    assert len(captures) == 3
    assert [archive.captures.read(one) for one in captures].count(None) == 0
    archive.purge([_ended(version, purge=True)])
    assert [archive.captures.read(one) for one in captures] == [None] * 3
    assert archive.get(other.key) == other
    assert list(archive.newest()) == [other]
    assert archive.history(version.key) == ()
    assert not list(check(archive))
    everything = archive.path.rglob("*.jsonl")
    assert not list(everything)
    archive.reindex()
    assert list(archive.newest()) == [other]
    assert SECRET.encode() not in _all_bytes(archive.path)


def test_what_a_repair_put_aside_is_purged_too(folder_archive: FolderArchive) -> None:
    """Copies of damaged files go with their entry; another entry's stay, and so does what only
    looks like one."""
    archive = folder_archive
    version = _long_kept(archive)
    path = archive.path / version.key
    names = [f"{path.name}{end}" for end in (".json.damaged", ".history.jsonl.damaged-12")]
    others = [f"{path.name}-b.json.damaged", f"{path.name}.json.damaged-x", "note.txt"]
    for name in (*names, *others):
        path.with_name(name).write_text(SECRET)
    archive.purge([_ended(version, purge=True)])
    left = sorted(one.name for one in path.parent.iterdir())
    assert left == sorted([f"{path.name}.json", *others])


def _terms(path: Path) -> list[str]:
    """The words that full-text search holds, in the order of the alphabet."""
    import sqlite3

    with sqlite3.connect(path) as database:
        database.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, search, row)")
        return [row[0] for row in database.execute("SELECT term FROM terms")]


def test_search_has_a_word_as_long_as_an_entry_says_it(folder_archive: FolderArchive) -> None:
    """A revision takes the words of the version before along; purged, all are gone; and an index
    made anew holds the same."""
    archive = folder_archive
    index = archive.path / ".feedtool/index.sqlite"
    version = _long_kept(archive)
    assert [term for term in _terms(index) if term.startswith(SECRET)] == [f"{SECRET}2"]
    archive.purge([_ended(version, purge=True)])
    assert _terms(index) == []
    archive.reindex()
    assert _terms(index) == []


def test_words_of_a_file_that_was_edited_by_hand_go_too(folder_archive: FolderArchive) -> None:
    """What search has of it isn't what the file says: its index is made anew."""
    archive = folder_archive
    version = make_version(archive, content_text=f"Tin {SECRET}.")
    archive.put([version])
    edited = replace(version.entry, content_text="Lời khác.")
    path = archive.path / f"{version.key}.json"
    path.write_bytes(item.encode(replace(version, entry=edited)))
    archive.purge([_ended(version, purge=True)])
    index = archive.path / ".feedtool/index.sqlite"
    assert not [term for term in _terms(index) if term.startswith(SECRET)]
    assert not list(check(archive))


class _EndError(BaseException):
    """The process ends here."""


class _Ending(Disk):
    """A disk that ends the process before a call, by number."""

    def __init__(self, last: int) -> None:
        self.left = last

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _EndError


def _counted(name: str) -> Callable[..., Any]:
    plain = getattr(Disk, name)

    def call(self: _Ending, *values: Any, **named: Any) -> Any:
        self._count()
        return plain(self, *values, **named)

    return call


for _name in ("open", "write", "truncate", "sync", "rename", "remove", "make_folder"):
    setattr(_Ending, _name, _counted(_name))


def test_killed_anywhere_a_purge_is_ended_or_never_began(tmp_path: Path) -> None:
    """Ended before any call that changes the disk, the next writer finds the entry whole or
    nothing of it."""
    ended = 0
    for last in range(200):
        folder = tmp_path / str(last)
        with FolderArchive(folder, writing=True) as archive:
            version = _long_kept(archive)
        disk = _Ending(10**9)
        with FolderArchive(folder, writing=True, disk=disk) as archive:
            disk.left = last
            try:
                archive.purge([_ended(version, purge=True)])
            except _EndError:
                disk.left = 0
            else:
                break
        with FolderArchive(folder, writing=True) as archive:
            assert not list(check(archive))
            if archive.get(version.key) == version:
                assert _found(archive, f"{SECRET}2") == [version.key]
                assert not ended
                continue
            ended += 1
            assert _is_gone(archive, version)
            assert _terms(folder / ".feedtool/index.sqlite") == []
    assert ended > 10


def _published(folder: Path) -> tuple[bool, bool]:
    """Whether the article has a page, and whether the feed has it."""
    page = (folder / f"public/{KEY}.html").exists()
    return page, "Pá Lương" in (folder / "public/all.atom").read_text("utf-8")


def test_the_command_withdraws_and_puts_back(
    feedtool: Feedtool, inbox: Path, tmp_path: Path
) -> None:
    """Page and entry go at the next publish, stay away however often the source is read, and come
    back where that is asked; all of it is told."""
    assert feedtool("run").code == 0
    assert _published(tmp_path) == (True, True)
    run = feedtool("withdraw", KEY, "--reason", "asked by its author")
    assert (run.code, run.out.startswith(f"{KEY}: is no longer published")) == (0, True)
    assert feedtool("run").code == 0
    assert _published(tmp_path) == (False, False)
    assert feedtool("history", KEY).out.splitlines()[-1].endswith("  withdrawn")
    shown = feedtool("show", KEY)
    assert "withdrawn  2022-05-04 03:02Z by the owner: asked by its author" in shown.out
    [told] = feedtool("withdraw", KEY, "--reason", "again", "--json").json
    assert told["_feedtool"]["withdrawn"]["reason"] == "asked by its author"  # type: ignore[index]
    (inbox / "a.txt").write_text(article("Nước sạch về bản Pá Lương", "Lời khác."), "utf-8")
    assert feedtool("run").code == 0
    assert _published(tmp_path) == (False, False)
    assert "published again" in feedtool("withdraw", KEY, "--undo").out
    assert "isn't withdrawn" in feedtool("withdraw", KEY, "--undo").out
    feedtool("publish")
    assert _published(tmp_path) == (True, True)
    assert "withdrawn" not in feedtool("show", KEY).out


def test_the_command_purges(feedtool: Feedtool, inbox: Path, tmp_path: Path) -> None:
    """Nothing of the text is left in archive and site, nor does it come back."""
    feedtool("run")
    feedtool("withdraw", KEY, "--reason", "first")
    [told] = feedtool("withdraw", KEY, "--reason", "court order", "--purge", "--json").json
    ours = told["_feedtool"]
    assert (told["title"], ours["withdrawn"]["purged"]) == ("(withdrawn)", True)  # type: ignore[index]
    feedtool("run")
    assert feedtool("check").code == 0
    assert feedtool("withdraw", KEY, "--undo").code == 2
    [line] = feedtool("history", KEY).out.splitlines()
    assert line.endswith("  withdrawn and purged")
    assert _published(tmp_path) == (False, False)
    for folder in ("archive", "public"):
        files = [path for path in (tmp_path / folder).rglob("*") if path.suffix != ".sqlite"]
        said = b"".join(path.read_bytes() for path in files if path.is_file())
        assert "bà con vui".encode() not in said
    assert json.loads((tmp_path / f"archive/{KEY}.json").read_text("utf-8"))["id"] == told["id"]


@pytest.mark.parametrize(
    "argv",
    [
        ("2022/01/18/none", "--reason", "x"),
        (KEY, "--reason", " "),
        (KEY,),
        (KEY, "--reason", "x", "--undo"),
        (KEY, "--purge", "--undo"),
    ],
)
def test_wrong_withdrawals_are_refused(
    feedtool: Feedtool, inbox: Path, argv: tuple[str, ...]
) -> None:
    """An unknown key, no reason or two wishes at once end with code 2, and nothing changes."""
    feedtool("run")
    assert feedtool("withdraw", *argv).code == 2
    assert "withdrawn" not in feedtool("show", KEY).out


def _atom(*entries: str) -> bytes:
    spaces = "xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'"
    head = "<id>urn:v:feed</id><title>V</title><updated>2022-01-01T00:00:00Z</updated>"
    return f"<feed {spaces}>{head}{''.join(entries)}</feed>".encode()


def _entry(identity: str) -> str:
    words = f"<title>Tin {identity}</title><updated>2022-01-01T00:00:00Z</updated>"
    return f"<entry><id>{identity}</id>{words}<content>Lời {identity}.</content></entry>"


def _deleted(identity: str, inner: str = "") -> str:
    when = "2022-02-01T00:00:00Z"
    return f"<at:deleted-entry ref='{identity}' when='{when}'>{inner}</at:deleted-entry>"


def test_a_feeds_word_that_an_entry_is_deleted_is_kept(archive: Archive) -> None:
    """Told once, by a version that changes neither digest nor updated, and taken back when the
    entry is there again."""
    valley = Valley(archive)
    two = [_entry("urn:v:1"), _entry("plain")]
    valley.only(NOW, _atom(*two))
    before = {one.key: one for one in archive.newest()}
    by = "<at:by><name>Trà</name></at:by><at:comment>Sai.</at:comment>"
    gone = [_deleted("urn:v:1", by), _deleted("plain"), _deleted("urn:v:unknown"), _deleted("")]
    outcome = valley.only(later(days=1), _atom(*gone, _entry("urn:v:2")))
    assert [change for change, _ in outcome.changes].count(Change.REVISED) == 2
    for key, old in before.items():
        assert archive.get(key) == replace(
            old, revision=2, last_revised=later(days=1), gone=later(days=1)
        )
    assert valley.only(later(days=2), _atom(*gone, _entry("urn:v:3"))).changes[0][0] is Change.NEW
    assert {one.revision for one in archive.newest()} == {1, 2}
    outcome = valley.only(later(days=3), _atom(_entry("urn:v:1"), *gone[1:]))
    [(change, version)] = outcome.changes
    assert (change, version.gone, version.revision) == (Change.REVISED, None, 3)


def test_an_entry_that_is_there_isnt_deleted(archive: Archive) -> None:
    """Where a feed has an entry and says that it was deleted, the entry counts."""
    valley = Valley(archive)
    valley.only(NOW, _atom(_entry("urn:v:1"), _entry("urn:v:2")))
    valley.only(later(days=1), _atom(_entry("urn:v:1"), _deleted("urn:v:1"), _entry("urn:v:3")))
    assert [one.gone for one in archive.newest()] == [None] * 3


def test_a_deleted_entry_makes_no_other_new(archive: Archive) -> None:
    """What a feed says of deleted entries isn't inherited by the others: they stay known."""
    valley = Valley(archive)
    valley.only(NOW, _atom(_entry("urn:v:1"), _entry("urn:v:2")))
    by = "<at:by xmlns:x='urn:x'><name>Trà</name></at:by>"
    outcome = valley.only(later(days=1), _atom(_deleted("urn:v:2", by), _entry("urn:v:1")))
    assert (outcome.unchanged, len(outcome.changes)) == (1, 1)


def test_only_a_source_may_say_so_of_its_own(archive: Archive) -> None:
    """Another's word that an entry was deleted counts for nothing."""
    feeds = [Source(name=one, url=f"https://{one}.example/", kind="feed") for one in ("a", "b")]
    valley = Valley(archive, *feeds)
    valley.round(NOW, a=_atom(_entry("urn:v:1")), b=_atom(_entry("urn:v:9")))
    valley.round(later(days=1), b=_atom(_deleted("urn:v:1"), _entry("urn:v:9")))
    assert [one.gone for one in archive.newest()] == [None, None]


def _page(words: str = "vui") -> bytes:
    body = f"<p>Nước về bản, bà con {words} và cùng nhau trồng thêm chè trên đồi cũ.</p>" * 3
    return f"<html><title>Tin</title><body><article><h1>Tin</h1>{body}</article></body>".encode()


def _refusal(status: int) -> FetchError:
    return FetchError("https://v.example/a", f"answered {status}", status=status)


@pytest.mark.parametrize(("status", "rounds"), [(404, 2), (410, 1)])
def test_a_page_that_isnt_there_is_noted(archive: Archive, status: int, rounds: int) -> None:
    """At once where it is said to be for good, else the second time in a row; once; and no longer
    when it is there again."""
    source = Source(name="valley", url="https://v.example/a", kind="page")
    valley = Valley(archive, source)
    valley.only(NOW, _page())
    [version] = archive.newest()
    seen: list[datetime | None] = []
    for day in range(1, 5):
        valley.only(later(days=day), _refusal(status))
        seen += [one.gone for one in archive.newest()]
    assert seen == [None] * (rounds - 1) + [later(days=rounds)] * (5 - rounds)
    kept = archive.get(version.key)
    assert kept is not None
    assert (kept.revision, kept.digest, kept.entry) == (2, version.digest, version.entry)
    for day, body in ((5, _page()), (6, _page())):
        valley.only(later(days=day), body)
        kept = archive.get(version.key)
        assert kept is not None
        assert (kept.gone, kept.revision) == (None, 3)
    valley.only(later(days=7), _refusal(404))
    assert [one.gone for one in archive.newest()] == [None]


def test_hiccups_dont_add_up(archive: Archive) -> None:
    """Two answers of 404 with the page between them are two hiccups; so are other errors."""
    valley = Valley(archive, Source(name="valley", url="https://v.example/a", kind="page"))
    days = iter(range(1, 99))
    valley.only(NOW, _page())
    for answer in (
        _refusal(404),
        _page(),
        _refusal(404),
        _page("mừng"),
        _refusal(500),
        _refusal(404),
    ):
        valley.only(later(days=next(days)), answer)
    assert [one.gone for one in archive.newest()] == [None]


def test_an_article_that_a_list_still_leads_to_may_be_gone(
    server: Server, archive: Archive, tmp_path: Path
) -> None:
    """It is asked for once more in the next round, to be sure."""
    site = Site(server, archive, tmp_path)
    site.article("a")
    site.article("b")
    site.sitemap([("a", "2022-01-02"), ("b", "2022-01-02")])
    site.round()
    server.give("/a", status=404)
    site.sitemap([("a", "2022-01-03"), ("b", "2022-01-02")])
    assert site.round(later(days=1))[1] == ["sitemap.xml", "a"]
    assert [one.gone for one in archive.newest()] == [None, None]
    assert site.round(later(days=2))[1] == ["sitemap.xml", "a"]
    assert sorted(filter(None, (one.gone for one in archive.newest()))) == [later(days=2)]
    assert site.round(later(days=3))[1] == ["sitemap.xml"]
    site.article("a")
    site.sitemap([("a", "2022-01-04"), ("b", "2022-01-02")])
    site.round(later(days=4))
    assert [one.gone for one in archive.newest()] == [None, None]


def test_what_is_gone_is_still_published(archive: Archive, tmp_path: Path) -> None:
    """That its source has it no longer is no reason to publish it no longer, or anew."""
    version = make_version(archive)
    archive.put([version])
    publish(make_config(tmp_path), archive, now=later())
    before = (tmp_path / "public/all.atom").read_bytes()
    archive.put([settle.vanished(version, now=later(days=1))])
    publish(make_config(tmp_path), archive, now=later(days=1))
    assert (tmp_path / "public/all.atom").read_bytes() == before


def test_deleted_entries_beyond_what_is_looked_at_are_noticed_later(archive: Archive) -> None:
    """Of a feed that names very many, the first are looked up; the rest when it comes again."""
    valley = Valley(archive)
    last = 1400
    valley.only(NOW, _atom(_entry("urn:v:1"), _entry(f"urn:v:{last}")))
    gone = [_deleted(f"urn:v:{n}") for n in range(last + 1)]
    for days in (1, 2):
        valley.only(later(days=days), _atom(*gone, _entry(f"urn:v:new{days}")))
    assert [one.gone is None for one in archive.newest()].count(False) == 2
