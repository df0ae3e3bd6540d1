"""What every archive does, whichever it is: one suite for all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from feedtool.archive import item, kinship
from feedtool.archive.protocol import Archive, follows
from feedtool.archive.query import parse
from feedtool.archive.state import Remembered
from feedtool.data import replace
from feedtool.desk import Desk
from feedtool.errors import ArchiveError
from feedtool.kept import Alarm
from feedtool.manners.moves import Move
from feedtool.manners.robots import Robots
from feedtool.manners.standing import Standing
from feedtool.model import Evidence, Published, Validators, Wishes
from feedtool.settle import purged, vanished, withdrawn
from tests.conftest import NOW, later, make_capture, make_entry, make_version


def test_what_was_put_is_got(archive: Archive) -> None:
    """An entry is found by its key and by its id, equal to what was put."""
    version = make_version(archive)
    archive.put([version])
    assert archive.get(version.key) == version
    assert archive.find(version.entry.id) == version
    assert version.key == "2022/01/18/one"


def test_what_is_not_there_is_none(archive: Archive) -> None:
    """An unknown key, an impossible key and an unknown id give None."""
    for key in ("2022/01/18/none", "../../etc/passwd", "2022/02/31/x", "2022/01/18/x/../y", ""):
        assert archive.get(key) is None
        assert archive.history(key) == ()
    assert archive.find("tag:e.example,2022:none") is None


def test_a_key_is_held_once_it_is_put(archive: Archive) -> None:
    """A key is held from when its entry is put, and an impossible one never."""
    version = make_version(archive)
    assert not archive.holds(version.key)
    archive.put([version])
    assert archive.holds(version.key)
    assert not archive.holds("../../etc/passwd")


def test_a_revision_keeps_the_earlier_versions(archive: Archive) -> None:
    """The next version takes the place of the current one, which goes into the history."""
    first = make_version(archive)
    archive.put([first])
    second = make_version(archive, now=later(hours=1), title="One, mended")
    archive.put([second])
    third = make_version(archive, now=later(hours=2), title="One, mended twice")
    archive.put([third])
    assert archive.get(first.key) == third
    assert archive.history(first.key) == (first, second)
    assert [v.key for v in (second, third)] == [first.key, first.key]


def test_nothing_is_overwritten(archive: Archive) -> None:
    """A version that doesn't follow the kept one, or is another entry's, is refused whole."""
    first = make_version(archive)
    archive.put([first])
    other = replace(first, entry=make_entry(id="tag:e.example,2022-01-01:two"))
    for wrong in (first, other, replace(first, revision=3)):
        with pytest.raises(ArchiveError):
            archive.put([wrong])
    fresh = make_version(archive, id="tag:e.example,2022-01-01:three", title="Three")
    with pytest.raises(ArchiveError):
        archive.put([fresh, other])
    assert archive.get(first.key) == first
    assert archive.get(fresh.key) is None
    assert not follows(replace(first, revision=2), None)


def test_an_impossible_key_is_refused(archive: Archive) -> None:
    """No key of another making can be put."""
    with pytest.raises(ArchiveError):
        archive.put([replace(make_version(), key="../../etc/passwd")])


def test_two_entries_of_one_title_and_day_have_two_keys(archive: Archive) -> None:
    """The second gets eight digits of its id's digest, the same ones each time."""
    first = make_version(archive)
    archive.put([first])
    second = make_version(archive, id="tag:e.example,2022-01-01:two")
    archive.put([second])
    assert second.key == "2022/01/18/one-5fd107d5"
    assert {archive.get(first.key), archive.get(second.key)} == {first, second}


def test_the_newest_come_first(archive: Archive) -> None:
    """Entries are given by date of publication, of some sources where that is asked, so many."""
    for day in (3, 1, 2):
        version = make_version(
            archive,
            id=f"tag:e.example,2022-01-01:{day}",
            published=Published.on(date(2022, 1, day)),
        )
        archive.put([replace(version, source="odd" if day % 2 else "even")])
    days = [v.entry.published.day.day for v in archive.newest() if v.entry.published]
    assert days == [3, 2, 1]
    assert [v.entry.id[-1] for v in archive.newest(sources=["odd"])] == ["3", "1"]
    assert [v.entry.id[-1] for v in archive.newest(limit=2)] == ["3", "2"]
    assert list(archive.newest(sources=["none"])) == []


def test_the_less_sure_can_be_asked_for(archive: Archive) -> None:
    """Entries are given by how sure their title, authors and date are; a guessed date is not."""
    for name, confidence in (("sure", 0.9), ("doubtful", 0.4)):
        evidence = (
            Evidence("title", "x", "headline", confidence),
            Evidence("summary", "x", "y", 0),
        )
        fields = {"id": f"tag:e.example,2022:{name}", "title": name, "evidence": evidence}
        archive.put([make_version(archive, **fields)])
    archive.put([make_version(archive, id="tag:e.example,2022:x", title="none", published=None)])
    found = [version.entry.title for version in archive.newest(less_sure_than=0.6)]
    assert found == ["none", "doubtful"]
    assert list(archive.newest(less_sure_than=0.6, sources=["other"])) == []


def test_changes_are_told_since_a_cursor(archive: Archive) -> None:
    """A cursor gives what was put after it; an unknown one gives everything."""
    keys, start = archive.changes(None)
    assert list(keys) == []
    first = make_version(archive)
    archive.put([first])
    second = make_version(archive, id="tag:e.example,2022-01-01:two", title="Two")
    archive.put([second])
    assert list(archive.changes(start)[0]) == [first.key, second.key]
    _, now = archive.changes(start)
    assert list(archive.changes(now)[0]) == []
    archive.put([make_version(archive, now=later(hours=1), title="One, mended")])
    assert list(archive.changes(now)[0]) == [first.key]
    _, now = archive.changes(now)
    archive.put([make_version(archive, now=later(hours=2), title="One, mended twice")])
    assert list(archive.changes(now)[0]) == [first.key]
    assert sorted(archive.changes("other:7")[0]) == [first.key, second.key]
    assert sorted(archive.changes("nonsense")[0]) == [first.key, second.key]
    some, behind = archive.changes(None, 1)
    assert list(some) == [second.key]
    assert list(archive.changes(behind, 1)[0]) == [first.key]
    assert list(archive.changes(archive.changes(behind, 1)[1], 1)[0]) == []


def test_a_minted_id_is_found_by_place_and_story(archive: Archive) -> None:
    """A file's entry is found under another day or host, and by its title and text."""
    capture = make_capture(b"")
    version = make_version(archive, id=capture.mint("a.txt"))
    archive.put([version])
    moved = replace(capture, authority="other.example", captured=later(days=30)).mint("a.txt")
    from feedtool.archive import item
    from feedtool.model import handle

    assert archive.find(moved) is None
    assert archive.find(handle(moved) or "") == version
    assert archive.find(item.story(make_entry(id=moved))) == version
    assert archive.find(item.story(make_entry(id=moved, title="Two"))) is None


def test_nothing_put_is_nothing_done(archive: Archive) -> None:
    """An empty batch changes nothing."""
    before = archive.changes(None)
    archive.put([])
    assert archive.changes(None) == before


def test_sources_are_remembered(archive: Archive) -> None:
    """Validators, ids of places and due times come back as they were kept."""
    state = archive.state
    known = Remembered("s", "tag:e.example,2022-01-01:one", Validators('"a"', "yesterday", "b"))
    assert state.recall("valley", "a.txt") is None
    for _ in range(2):
        state.remember({("valley", "a.txt"): known})
    assert state.recall("valley", "a.txt") == known
    assert state.places("valley", "tag:e.example,2022-01-01:one") == ["a.txt"]
    assert state.places("other", "tag:e.example,2022-01-01:one") == []


def test_how_things_stand_comes_back(archive: Archive) -> None:
    """All that is known of a source's server, one by one or read ahead; nothing of a new one."""
    state = archive.state
    hubs = Wishes(
        timedelta(hours=2), frozenset({1}), frozenset({6}), ("https://hub.example/",), "t"
    )
    standing = Standing(
        failures=2,
        failing_since=NOW,
        trouble="answers 500",
        not_before=NOW,
        due=NOW,
        gone=True,
        asked=NOW,
        succeeded=NOW,
        wishes=hubs,
        times=(NOW,),
        move=Move("https://e.example/", NOW, 2, NOW),
        kind="feed",
        place="e.example/feed",
        unconditional=True,
        rounds=7,
        quiet_at=later(hours=1),
        alarms=(Alarm("valley", "gone", NOW, "answers 410"),),
        empty=1,
    )
    known = Remembered("s", None, Validators("a", None, "b"), frozenset({"0", "1"}))
    asked = [("valley", "e.example/feed"), ("other", "o.example/feed")]
    for when in ("before", "after"):
        if when == "after":
            state.remember({asked[0]: known}, {"valley": standing})
        for _ in range(2):
            expected = (standing, known) if when == "after" else (Standing(), None)
            assert (state.standing("valley"), state.recall(*asked[0])) == expected
            assert (state.standing("other"), state.recall(*asked[1])) == (Standing(), None)
            state.read_ahead([source for source, _ in asked])
            state.look_ahead(asked)


def test_a_source_stands_as_new_where_nobody_can_read_how(archive: Archive) -> None:
    """What somebody else wrote there ends no round: the source is asked, and all is known again."""
    state = archive.state
    state.remember({}, {"valley": Standing(asked=NOW, gone=True)})
    state._database.execute("""UPDATE standing SET told = '{"asked":"yesterday","gone":1}'""")
    assert state.standing("valley") == Standing()
    state.remember({}, {"hill": Standing(asked=NOW)})
    state.read_ahead(["valley", "hill"])  # one costs no other
    assert (state.standing("valley"), state.standing("hill").asked) == (Standing(), NOW)
    state.remember({}, {"valley": Standing(asked=NOW, rounds=1)})
    assert state.standing("valley") == Standing(asked=NOW, rounds=1)


def test_what_was_read_ahead_is_asked_once(archive: Archive) -> None:
    """Also where others were read ahead since, as answers take their time; what is remembered
    meanwhile is what comes back."""
    state = archive.state
    asked = [("valley", "e.example/feed"), ("other", "o.example/feed"), ("third", "t.example/feed")]
    known = Remembered("s", None, Validators("a"), frozenset({"0"}))
    state.remember(dict.fromkeys(asked, known))
    questions: list[str] = []
    state._database.set_trace_callback(questions.append)
    for some in (asked[:1], asked[1:]):
        state.read_ahead([source for source, _ in some])
        state.look_ahead(some)
    questions.clear()
    assert [state.recall(*at) for at in asked] == [known] * 3
    assert questions == []
    later_known = replace(known, settings="t")
    state.remember({asked[0]: later_known}, {"valley": Standing(asked=NOW)})
    for _ in range(2):
        assert state.recall(*asked[0]) == later_known
        state.read_ahead(["third"])


def test_what_robots_were_told_comes_back(archive: Archive) -> None:
    """By scheme, host and port; what a host says anew takes the place of the old."""
    state = archive.state
    assert state.robots("https://e.example") is None
    for said in ("User-agent: *\nDisallow: /a", ""):
        state.set_robots("https://e.example", Robots(said, NOW))
        assert state.robots("https://e.example") == Robots(said, NOW)
    assert state.robots("https://o.example") is None


def test_entries_that_share_a_name_are_found_together(archive: Archive) -> None:
    """The last that was first put comes first, so many; one that no longer has the name isn't
    found."""
    made = []
    for n in range(4):
        fields = {"id": f"urn:x:{n}", "title": f"T{n}", "link": "https://v.example/a"}
        made.append(make_version(archive, **fields))
        archive.put([made[-1]])
    name = kinship.page_name("v.example/a")
    assert archive.named(name, 2) == [made[3], made[2]]
    assert archive.find(name) == made[0]
    moved = make_version(archive, id="urn:x:0", title="T0", link="https://v.example/b", now=later())
    archive.put([moved])
    assert archive.named(name, 9) == [made[3], made[2], made[1]]
    assert archive.find(name) == made[1]


def test_the_oldest_of_a_source_are_found(archive: Archive) -> None:
    """Before a moment, the oldest first, so many, of one source."""
    for n in range(3):
        when = Published.at(later(days=n))
        one = make_version(archive, id=f"urn:x:{n}", title=f"T{n}", published=when)
        archive.put([one])
    archive.put([replace(make_version(archive, id="urn:y", title="Y"), source="other")])
    found = archive.oldest("valley", later(days=2), 9)
    assert [one.entry.title for one in found] == ["T0", "T1"]
    assert [one.entry.title for one in archive.oldest("valley", later(days=2), 1)] == ["T0"]
    assert archive.oldest("valley", NOW, 9) == archive.oldest("none", later(days=9), 9) == []


def test_what_isnt_the_next_version_purges_nothing(archive: Archive) -> None:
    """A version that says something, or doesn't follow, is refused; done again, nothing changes."""
    version = make_version(archive)
    archive.put([version])
    why = {"now": later(hours=1), "by": "owner", "reason": "asked"}
    ended = purged(version, **why)  # type: ignore[arg-type]
    stale = replace(ended, revision=7)
    for wrong in (
        withdrawn(version, **why),
        stale,  # type: ignore[arg-type]
        replace(ended, key="../../x"),
    ):
        with pytest.raises(ArchiveError):
            archive.purge([wrong])
    assert archive.get(version.key) == version
    archive.purge([ended])
    archive.purge([ended])
    assert archive.get(version.key) == ended


def test_a_revision_that_says_the_same_is_found_as_before(archive: Archive) -> None:
    """Gone from its source, an entry keeps its place in lists and search."""
    version = make_version(archive, content_text="Nước về bản.")
    archive.put([version])
    gone = vanished(version, now=later(days=1))
    archive.put([gone])
    assert list(archive.newest()) == list(archive.search(parse("nuoc"))) == [gone]
    assert archive.history(version.key) == (version,)


def test_a_revision_is_found_by_its_own_words_alone(archive: Archive) -> None:
    """What an entry no longer says doesn't find it; what it says anew does."""
    for n, words in enumerate(("Nước về bản.", "Chợ phiên họp.", "Nước về bản.")):
        archive.put([make_version(archive, now=later(hours=n), content_text=words, summary=None)])
        found = [len(list(archive.search(parse(one)))) for one in ("nuoc", "cho phien")]
        assert found == ([1, 0] if n != 1 else [0, 1])


def test_names_are_asked_for_together(archive: Archive) -> None:
    """Of many names, those are known that an entry has, and nothing is found under the others."""
    version = make_version(archive, content_text="many words " * 30)
    archive.put([version])
    names = set(item.names(version))
    others = {f"other {number}" for number in range(1200)}
    assert archive.known([*names, *others]) == names
    assert archive.known([]) == set()


def test_what_nobody_has_is_not_asked_for_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk asks the archive once for the names of a document's entries; what it puts itself is
    found from then on."""
    desk = Desk(archive)
    version = make_version(archive)
    desk.look_ahead([version.entry, make_entry(id="https://e.example/two")])
    with monkeypatch.context() as patch:
        patch.setattr(type(archive), "find", None)
        patch.setattr(type(archive), "named", None)
        for name in item.names(version):
            if not name.startswith("sha256:"):  # files alone are looked for by their story
                assert (desk.find(name), desk.named(name, 8)) == (None, [])
    desk.put(version)
    desk.look_ahead([version.entry])
    desk.write()
    assert all(desk.find(name) == version for name in item.names(version))
