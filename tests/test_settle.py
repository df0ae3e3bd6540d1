"""What an entry is to the archive, and which dates it gets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from feedtool.archive import item, keys
from feedtool.kept import Change, Version
from feedtool.model import Enclosure, Entry, Evidence, Person, Published
from feedtool.settle import settle
from tests.conftest import NOW, later, make_entry


def _settle(
    entry: Entry, old: Version | None = None, now: datetime = NOW, zone: str = "UTC"
) -> tuple[Change, Version]:
    return settle(
        entry, old=old, source="valley", now=now, zone=ZoneInfo(zone), taken=lambda _: False
    )


def test_the_same_entry_twice_is_unchanged() -> None:
    """Settling what was settled gives the same version, at any later time."""
    change, first = _settle(make_entry())
    assert change is Change.NEW
    assert _settle(make_entry(), first, later(days=400)) == (Change.UNCHANGED, first)


def test_a_change_moves_updated_and_nothing_else_of_the_dates() -> None:
    """REVISED keeps id, key and published; updated becomes the moment of the change."""
    _, first = _settle(make_entry())
    edited = make_entry(id="tag:example.org,2022-09-09:other", summary="Hai.")
    change, second = _settle(edited, first, later(hours=5))
    assert change is Change.REVISED
    assert (second.key, second.entry.id) == (first.key, first.entry.id)
    assert second.entry.published == first.entry.published
    assert second.entry.updated == later(hours=5)
    assert (second.revision, second.first_archived) == (2, NOW)


def test_updated_only_goes_forward() -> None:
    """With a clock that was put back, a change is still later than what it changes."""
    _, first = _settle(make_entry(updated=NOW))
    _, second = _settle(make_entry(summary="Hai."), first, later(days=-365))
    assert second.entry.updated == NOW + timedelta(seconds=1)
    assert second.last_revised == first.last_revised


def test_a_new_updated_alone_is_no_change() -> None:
    """A source that stamps its entries anew on each round changes nothing."""
    _, first = _settle(make_entry(updated=NOW))
    assert _settle(make_entry(updated=later(hours=1)), first)[0] is Change.UNCHANGED


def test_what_means_the_same_is_unchanged() -> None:
    """Another digest alone is no revision, and what is kept stays as it was; a word is one."""
    html = "<p>Nước về bản, bà con vui.</p>"
    kept = make_entry(content_text=None, content_html=html)
    _, first = _settle(kept)
    noisy = make_entry(content_text=None, content_html=f"<div>{html}\n<p>12 lượt xem</p></div>")
    assert item.digest(noisy) != item.digest(kept)
    assert _settle(noisy, first, later(hours=1)) == (Change.UNCHANGED, first)
    edited = make_entry(content_text=None, content_html=html.replace("vui", "mừng"))
    assert _settle(edited, first, later(hours=1))[0] is Change.REVISED


def test_the_sources_own_updated_is_taken() -> None:
    """Where a changed entry says when it was updated, that is when."""
    _, first = _settle(make_entry(updated=NOW))
    edited = make_entry(updated=later(minutes=3), summary="Hai.")
    assert _settle(edited, first, later(hours=9))[1].entry.updated == later(minutes=3)


def test_an_undated_entry_is_dated_once() -> None:
    """Without a date it is the first capture's, marked as guessed, on its day where the source is;
    later rounds don't date it anew."""
    undated = make_entry(published=None)
    late = datetime(2022, 5, 4, 20, 0, tzinfo=UTC)
    change, first = _settle(undated, now=late, zone="Asia/Ho_Chi_Minh")
    assert (change, first.date_guessed, first.key) == (Change.NEW, True, "2022/05/05/one")
    assert _settle(undated, first, later(days=3))[0] is Change.UNCHANGED


def test_a_date_that_was_guessed_gives_way_to_one_that_is_given() -> None:
    """Once the document has a date, that is the date; the key stays."""
    _, first = _settle(make_entry(published=None))
    change, second = _settle(make_entry(), first, later(hours=1))
    assert (change, second.date_guessed) == (Change.REVISED, False)
    assert second.entry.published == Published.on(date(2022, 1, 18))
    assert second.key == first.key


def test_a_clock_that_was_wrong_dates_nothing_for_good() -> None:
    """A date that wasn't believed on a machine of 1970 is believed when the clock is right."""
    _, first = _settle(make_entry(), now=datetime(1970, 1, 2, tzinfo=UTC))
    assert first.date_guessed
    change, second = _settle(make_entry(), first, NOW)
    assert (change, second.date_guessed) == (Change.REVISED, False)
    assert second.entry.published == Published.on(date(2022, 1, 18))


def test_an_undated_entry_that_says_when_it_was_updated_is_of_that_day() -> None:
    """`updated` is nearer to the truth than the day of the capture."""
    entry = make_entry(published=None, updated=datetime(2021, 3, 1, tzinfo=UTC))
    _, version = _settle(entry)
    assert (version.key, version.date_guessed) == ("2021/03/01/one", True)


def test_a_date_far_ahead_counts_as_none() -> None:
    """More than 48 hours after its capture, a date of publication is not believed."""
    ahead = Published.at(later(hours=49))
    assert _settle(make_entry(published=ahead))[1].date_guessed
    soon = Published.at(later(hours=47))
    version = _settle(make_entry(published=soon, updated=later(days=9)))[1]
    assert (version.date_guessed, version.entry.published) == (False, soon)
    assert version.entry.updated == soon.time


def test_a_day_that_is_not_at_noon_yet_is_stamped_with_the_capture() -> None:
    """Captured before 12:00 UTC on its own day, a day is written as the moment of capture, for
    good."""
    morning = datetime(2022, 1, 18, 2, 0, tzinfo=UTC)
    _, version = _settle(make_entry(), now=morning)
    assert version.entry.published is not None
    assert version.entry.published.time == morning
    assert version.entry.published.precision == "day"
    assert _settle(make_entry(), version, later())[0] is Change.UNCHANGED


def test_the_key_is_of_the_day_in_the_times_own_offset() -> None:
    """An article of half past midnight in Hà Nội lies under that day."""
    when = datetime(2022, 1, 18, 0, 30, tzinfo=timezone(timedelta(hours=7)))
    assert _settle(make_entry(published=Published.at(when)))[1].key == "2022/01/18/one"


def test_keys_avoid_what_is_taken_or_reserved() -> None:
    """A taken or reserved name gets digits of the id, more of them if need be."""
    day = date(2022, 1, 18)
    taken: set[str] = set()
    made = []
    for _ in range(5):
        key = keys.choose(day, "word " * 40, "tag:e.example,2022:1", taken.__contains__)
        assert keys.valid(key)
        made.append(len(key.rpartition("/")[2]))
        taken.add(key)
    assert made == [99, 100, 108, 156, 156]
    assert keys.choose(day, "Index", "x:y", taken.__contains__).startswith("2022/01/18/index-")
    assert keys.choose(day, "CON", "x:y", taken.__contains__) != "2022/01/18/con"
    assert keys.choose(date(1687, 7, 5), "Old", "x:y", taken.__contains__) == "1687/07/05/old"


@given(
    st.text(max_size=20),
    st.text(max_size=20),
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_archived_entries_are_read_back_equal(
    title: str, body: str, published: datetime | None
) -> None:
    """Encoding and decoding a version, as a file or a line, gives the same version."""
    entry = make_entry(
        title=f"x{title}",
        content_text=None,
        content_html=f"<p>{body}</p>",
        published=Published.at(published) if published else None,
        rights=body or None,
        captions=("a", "b"),
        evidence=(Evidence("title", "x", "headline", 0.9),),
        rejected=(Evidence("title", "y", "kicker", 0.2), Evidence("published", "z", "masthead", 0)),
        authors=(
            Person("A", email="a@e.example"),
            Person("B", "https://e.example/b", "b@e.example"),
        ),
        enclosures=(
            Enclosure("https://e.example/a.mp3", length=3),
            Enclosure("https://e.example/x"),
        ),
    )
    version = _settle(entry)[1]
    assert item.decode(item.encode(version)) == version
    assert item.decode(item.encode_line(version)) == version
