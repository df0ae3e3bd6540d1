"""The nouns are clean and valid, or are not made."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedtool import valid
from feedtool.archive import item
from feedtool.data import asdict, astuple, replace
from feedtool.errors import EntryError
from feedtool.kept import Outcome
from feedtool.model import (
    Enclosure,
    Entry,
    Evidence,
    Feed,
    Link,
    Person,
    Published,
    Source,
    handle,
)
from feedtool.publish.renderers import render
from feedtool.subscriptions import Subscription
from feedtool.valid import moment
from tests.conftest import make_capture, make_entry, make_version

# Everything that a string can hold in Python: controls, lone surrogates, noncharacters, NFD.
NASTY = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from("\x00\x0b\x1f\x85\ud800\udfff\ufffe\uffff\u0301\u0323<>&\"' "),
    ),
    max_size=30,
)
FEED = Feed(
    id="https://tin.example/all.atom",
    title="Tin",
    link="https://tin.example/all.html",
    self_link="https://tin.example/all.atom",
    author="Toà soạn",
)


@given(
    st.fixed_dictionaries(
        {
            "id": st.one_of(NASTY, NASTY.map("tag:e.example,2022:{}".format)),
            "title": NASTY,
            "link": st.one_of(st.none(), NASTY, NASTY.map("https://e.example/{}".format)),
            "authors": st.lists(NASTY, max_size=2),
            "summary": st.none() | NASTY,
            "content_text": st.none() | NASTY,
            "content_html": st.none() | NASTY,
            "categories": st.lists(NASTY, max_size=3),
            "captions": st.lists(NASTY, max_size=3),
            "language": st.none() | NASTY | st.just("vi"),
            "rights": st.none() | NASTY,
            "image": st.none() | NASTY,
            "published": st.none() | st.datetimes(timezones=st.timezones()),
            "updated": st.none() | st.datetimes(timezones=st.timezones()),
        }
    )
)
def test_any_text_gives_an_entry_that_renders_or_an_entry_error(fields: dict[str, Any]) -> None:
    """Whatever the fields hold, there is an entry that can be archived and published, or an
    `EntryError`; rendering never fails."""
    try:
        fields["authors"] = tuple(Person(name) for name in fields["authors"])
        if fields["published"] is not None:
            fields["published"] = Published.at(fields["published"])
        entry = Entry(**fields)
    except EntryError:
        return
    document = render(FEED, [entry], full=True)
    parsed = feedparser.parse(document, sanitize_html=False)
    assert not parsed.bozo
    # Not feedparser's: it takes some letters for UTF-8 that went wrong on its way.
    assert etree.fromstring(document).findtext("{*}entry/{*}id") == entry.id
    assert item.encode(make_version(**{name: getattr(entry, name) for name in fields}))


@pytest.mark.parametrize(
    ("fields", "about"),
    [
        ({"id": ""}, "id"),
        ({"id": "no scheme"}, "id"),
        ({"id": None}, "id"),
        ({"title": " \x00 "}, "title"),
        ({"title": 5}, "title"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "/relative"}, "link"),
        ({"published": date(2020, 1, 1)}, "published"),
        ({"updated": datetime(2020, 1, 1)}, "updated"),  # noqa: DTZ001
        ({"updated": "2020-01-01"}, "updated"),
        ({"updated": datetime(1, 1, 1, tzinfo=UTC)}, "updated"),
        ({"authors": ("A",)}, "authors"),
        ({"content_html": "a", "content_text": "b"}, "content"),
        ({"language": "tiếng Việt"}, "language"),
        ({"enclosures": ("x",)}, "enclosures"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], about: str) -> None:
    """A wrong field gives an `EntryError` that names it."""
    with pytest.raises(EntryError) as caught:
        make_entry(**fields)
    assert caught.value.subject == about


def test_nouns_are_frozen_and_comparable() -> None:
    """An entry can't be changed, and equals another with the same fields."""
    entry = make_entry()
    assert entry == make_entry()
    assert hash(entry) == hash(make_entry())
    with pytest.raises(AttributeError):
        entry.title = "other"  # type: ignore[misc]


def test_times_are_whole_seconds_with_a_fixed_offset_of_minutes() -> None:
    """Microseconds are dropped, and an offset that RFC 3339 can't write becomes UTC."""
    local = timezone(timedelta(hours=7))
    assert moment("updated", datetime(2020, 1, 1, 9, 0, 0, 5, local)).isoformat() == (
        "2020-01-01T09:00:00+07:00"
    )
    odd = timezone(timedelta(hours=7, seconds=30))
    assert moment("updated", datetime(1900, 1, 1, 9, tzinfo=odd)).tzinfo is UTC


def test_a_day_stays_a_day() -> None:
    """A date without a time is noon UTC for formats that need one, and keeps its precision."""
    found = Published.on(date(2020, 12, 15))
    assert (found.time.isoformat(), found.day.isoformat(), found.precision) == (
        "2020-12-15T12:00:00+00:00",
        "2020-12-15",
        "day",
    )


def test_the_day_is_the_one_in_the_times_own_offset() -> None:
    """Half past midnight in Hà Nội is that day there, though UTC still has the day before."""
    when = datetime(2020, 12, 15, 0, 30, tzinfo=timezone(timedelta(hours=7)))
    assert Published.at(when).day == date(2020, 12, 15)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Published(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)),
        lambda: Published.on(date(999, 1, 1)),
        lambda: Published(datetime(2020, 1, 1, tzinfo=UTC), date(1, 1, 1)),
        lambda: Published(datetime(2020, 1, 1, tzinfo=UTC), date(2020, 1, 1), "week"),  # type: ignore[arg-type]
        lambda: Person(" "),
        lambda: Person("A", email="a b"),
        lambda: Enclosure("https://e.example/a", length=-1),
        lambda: Enclosure("https://e.example/a", type="mp3"),
        lambda: Enclosure(None),  # type: ignore[arg-type]
        lambda: Evidence("colour", "q", "r", 1),  # type: ignore[arg-type]
        lambda: Evidence("title", "q", "r", 2),
        lambda: Feed(id="x:y", title="", link="http://e.example", self_link="http://e.example", author="A"),
        lambda: Feed(id="x:y", title="T", link="http://e.example", self_link=None, author="A"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_other_nouns_are_refused_too(wrong: Any) -> None:
    """Persons, enclosures, evidence and feeds are valid or an `EntryError`."""
    with pytest.raises(EntryError):
        wrong()


def test_ids_are_minted_from_source_and_place() -> None:
    """A minted id is a tag URI with the day it was first seen; its handle leaves that day out."""
    minted = make_capture(b"", authority="tin.example").mint("tin tức/một.txt")
    assert minted == "tag:tin.example,2022-05-04:valley/tin%20t%E1%BB%A9c/m%E1%BB%99t.txt"
    assert handle(minted) == "valley/tin%20t%E1%BB%A9c/m%E1%BB%99t.txt"
    assert handle("https://e.example/1") is None
    assert Entry(id=minted, title="T").id == minted


def test_an_outcome_has_failed_when_anything_of_it_has() -> None:
    """A skipped entry is a failure as an error is, and nothing at all is none."""
    assert not Outcome("a").failed
    assert Outcome("a", skipped=(EntryError("title", "is empty"),)).failed


def test_a_source_is_remote_by_its_scheme() -> None:
    """Only http and https are read over the network."""
    assert Source(name="a", url="https://e.example/").remote
    assert not Source(name="a", url="/inbox").remote


def test_a_copy_is_what_replace_gives() -> None:
    """A copy with fields that are right is equal to a replacement that is checked again."""
    entry = make_entry()
    assert valid.copy(entry, title="Two") == replace(entry, title="Two")
    assert valid.copy(entry) == entry


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_that_is_right_stays_as_it_is(when: datetime) -> None:
    """A time is the same moment once it is made right, in a fixed offset, and is then known by
    that; as a publication it keeps the day in the offset that it was written in."""
    try:
        known = moment("updated", when)
    except EntryError:
        return
    assert (known - when.replace(microsecond=0).astimezone(UTC)) == timedelta(0)
    assert type(known.tzinfo) is timezone
    assert (known.microsecond, known.fold) == (0, 0)
    assert moment("updated", known) is known
    assert Published.at(when) == Published(known, when.date())


def test_what_is_made_right_stays_in_its_field() -> None:
    """Each field that isn't right yet is made so by itself, and the others stay what they are."""
    when = datetime(2020, 1, 2, 3, 4, 5, 6, UTC)
    raw = {
        "id": " urn:a ",
        "title": "the\ntitle",
        "link": "https://e.example/l k",
        "updated": when,
        "summary": "a\tsummary",
        "content_html": "\n<p>c</p>",
        "categories": ("one ", "", "one", "two"),
        "image": "https://e.example/i <",
        "captions": (" above", "below\n"),
        "language": " vi",
        "rights": "all  reserved",
    }
    right = {
        "id": "urn:a",
        "title": "the title",
        "link": "https://e.example/l%20k",
        "updated": when.replace(microsecond=0),
        "summary": "a summary",
        "content_html": "<p>c</p>",
        "categories": ("one", "two"),
        "image": "https://e.example/i%20%3C",
        "captions": ("above", "below"),
        "language": "vi",
        "rights": "all reserved",
    }
    people, files, why = (Person("A"),), (Enclosure("https://e.example/f"),), ()
    others = {"published": Published.at(when), "authors": people, "enclosures": files}
    others |= {"evidence": (Evidence("title", "q", "r", 1),), "rejected": why, "content_text": None}
    whole = Entry(**raw, **others)  # type: ignore[arg-type]
    assert asdict(whole) == right | others
    for name, value in raw.items():
        assert replace(whole, **{name: value}) == whole
    text_alone = replace(whole, content_html=None, content_text=" c\n\n\n\nd")
    assert (text_alone.content_html, text_alone.content_text) == (None, "c\n\nd")


def test_other_nouns_are_made_right_too() -> None:
    """Persons, enclosures, evidence, links, feeds and subscriptions keep each field in its
    place."""
    raw, right = "https://e.example/a b", "https://e.example/a%20b"
    person = Person(" A ", raw, " a@e.example ")
    assert (person.name, person.uri, person.email) == ("A", right, "a@e.example")
    assert astuple(Enclosure(raw, " a/b ", 7, " t ")) == (right, "a/b", 7, "t")
    assert astuple(Evidence("title", " q ", " r ", 1)) == ("title", "q", "r", 1.0)
    assert type(Evidence("title", "q", "r", 1).confidence) is float
    when = Published.on(date(2020, 1, 1))
    link = Link(raw, " t ", when, datetime(2020, 1, 1, 0, 0, 0, 1, UTC), " vi ", True)
    later = datetime(2020, 1, 1, tzinfo=UTC)
    assert astuple(link) == (right, "t", when, later, "vi", True)
    feed = Feed(id=" x:y", title="T ", link=raw, self_link=f"{raw}c", author=" A", language="vi ")
    assert astuple(feed) == ("x:y", "T", right, f"{right}c", "A", "vi")
    assert astuple(Subscription("", raw, raw, " c ")) == (right, right, right, "c")
