"""What feeds wish of those who poll them."""

from __future__ import annotations

import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.model import Source, Wishes
from feedtool.read import feed
from feedtool.read.wishes import of_feed, of_parsed
from tests.conftest import make_capture

SOURCE = Source(name="valley", url="https://valley.example/feed")
URL = "https://valley.example/news/feed"
ITEM = "<item><title>One</title><link>https://valley.example/1</link></item>"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPACES = (
    'xmlns:when="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:a="http://www.w3.org/2005/Atom"'
)
HUB, SELF = "https://hub.example/", "https://valley.example/self"


def _rss(channel: str, items: str = ITEM, before: str = "") -> bytes:
    return (
        f'{before}<rss version="2.0" {SPACES}><channel><title>V</title>{channel}'
        f"{items}</channel></rss>"
    ).encode()


def _rdf(channel: str) -> bytes:
    return (
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" {SPACES}><channel r:about="x"><title>V</title>'
        f'{channel}</channel><item r:about="y"><title>One</title><link>https://y.example/</link>'
        "</item></r:RDF>"
    ).encode()


def _atom(said: str, start: str = "") -> bytes:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES} {start}><id>urn:v</id><title>V</title>'
        f"{said}<entry><id>urn:v:1</id><title>One</title>"
        '<link rel="hub" href="https://elsewhere.example/"/></entry></feed>'
    ).encode()


def _read(body: bytes, **fields: Any) -> Wishes:
    return feed.read(make_capture(body, url=URL, **fields), SOURCE).wishes


def _hours(*hours: object) -> str:
    return "<skipHours>" + "".join(f"<hour>{one}</hour>" for one in hours) + "</skipHours>"


def _days(*days: str) -> str:
    return "<skipDays>" + "".join(f"<day>{one}</day>" for one in days) + "</skipDays>"


@pytest.mark.parametrize(
    ("said", "every"),
    [
        ("", None),
        ("<ttl>60</ttl>", HOUR),
        ("<ttl> 90\n</ttl>", 1.5 * HOUR),
        ("<ttl>60</ttl><ttl>90</ttl>", HOUR),
        ("<ttl>525600</ttl>", 365 * DAY),
        ("<ttl>525601</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>1.5</ttl>", None),
        ("<ttl>٦٠</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl/>", None),
        ("<ttl>" + "9" * 5000 + "</ttl>", None),
        ("<image><ttl>60</ttl></image>", None),
        ("<x:ttl xmlns:x='urn:x'>60</x:ttl>", None),
        ("<when:updatePeriod>hourly</when:updatePeriod>", HOUR),
        ("<when:updatePeriod> Weekly </when:updatePeriod>", 7 * DAY),
        ("<when:updatePeriod>monthly</when:updatePeriod>", 30 * DAY),
        ("<when:updatePeriod>yearly</when:updatePeriod>", 365 * DAY),
        ("<when:updatePeriod>never</when:updatePeriod>", None),
        ("<when:updateFrequency>4</when:updateFrequency>", DAY / 4),
        ("<when:updateFrequency>0</when:updateFrequency>", None),
        ("<updatePeriod>hourly</updatePeriod>", None),
    ],
)
def test_how_often(said: str, every: timedelta | None) -> None:
    """Minutes of `ttl` and the syndication module's period say how often; nonsense says nothing."""
    assert _read(_rss(said)) == Wishes(every=every)


@pytest.mark.parametrize(
    ("period", "frequency", "every"),
    [
        ("hourly", "2", HOUR / 2),
        ("daily", "1", DAY),
        ("daily", "0", DAY),
        ("daily", "x", DAY),
        ("hourly", "7", timedelta(seconds=515)),
        ("hourly", "9999999", timedelta(seconds=1)),
        ("often", "2", None),
    ],
)
def test_a_period_is_divided_by_its_frequency(
    period: str, frequency: str, every: timedelta | None
) -> None:
    """So many times in a period, in whole seconds, in each format."""
    said = (
        f"<when:updatePeriod>{period}</when:updatePeriod>"
        f"<when:updateFrequency>{frequency}</when:updateFrequency>"
    )
    assert [_read(make(said)).every for make in (_rss, _rdf, _atom)] == [every] * 3


def test_the_longer_of_two_wins() -> None:
    """Where both say how often, the rarer is what is asked for."""
    period = "<when:updatePeriod>hourly</when:updatePeriod>"
    assert _read(_rss(f"<ttl>30</ttl>{period}")).every == HOUR
    assert _read(_rss(f"<ttl>90</ttl>{period}")).every == 1.5 * HOUR


@pytest.mark.parametrize(
    ("said", "hours", "days"),
    [
        (_hours(0, 1, 24, 23), {0, 1, 23}, set()),
        (_hours(*range(24)), set(), set()),
        (_hours(*range(1, 25)), set(), set()),
        (_hours(*range(23)), set(range(23)), set()),
        (_hours(25, -1, "x", "", " 7 ", "08"), {7, 8}, set()),
        (_days("Monday", "SUNDAY", " friday\n", "Mon", "thứ hai"), set(), {0, 6, 4}),
        (
            _days(
                *(
                    f"{name}day"
                    for name in ["Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"]
                )
            ),
            set(),
            set(),
        ),
        (_hours(3) + _days("Tuesday"), {3}, {1}),
        ("<hour>3</hour><day>Monday</day>", set(), set()),
    ],
)
def test_when_not(said: str, hours: set[int], days: set[int]) -> None:
    """`skipHours` and `skipDays` say when not; all of them would be never, which nobody means."""
    assert _read(_rss(said)) == Wishes(hours=frozenset(hours), days=frozenset(days))


LINKS = [
    ('<a:link rel="hub" href="https://hub.example/"/>', (HUB,), None),
    ('<a:link rel="hub" href="https://hub.example/"/>' * 2, (HUB,), None),
    (f'<a:link rel="self" href="{SELF}"/>', (), None),
    (f'<a:link rel="self" href="{SELF}"/><a:link rel="hub" href="{HUB}"/>', (HUB,), SELF),
    (f'<a:link rel="&#x68;&#117;b" href="{SELF}"/>', (SELF,), None),
    (f'<a:link rel="next HUB&#9;x" href="{HUB}"/>', (HUB,), None),
    ('<a:link rel="hub" href="hub"/>', ("https://valley.example/news/hub",), None),
    ('<a:link rel="self hub" href="/self"/>', (SELF,), SELF),
    ('<a:link rel="hub" href="ftp://hub.example/"/>', (), None),
    ('<a:link rel="hub" href="https://[x/"/>', (), None),
    ('<a:link rel="hub"/><a:link rel="hub" href=" "/>', (), None),
    (f'<link xmlns="urn:x" rel="hub" href="{HUB}"/>', (), None),
    (
        "".join(f'<a:link rel="hub" href="{HUB}{n}"/>' for n in range(9)),
        tuple(f"{HUB}{n}" for n in range(5)),
        None,
    ),
]


@pytest.mark.parametrize(("said", "hubs", "topic"), LINKS)
def test_hubs(said: str, hubs: tuple[str, ...], topic: str | None) -> None:
    """Links to hubs are read where the feed speaks of itself, in each format."""
    for make in (_rss, _rdf, _atom):
        assert _read(make(said)) == Wishes(hubs=hubs, topic=topic)


def test_links_are_relative_to_an_xml_base() -> None:
    """Addresses are resolved against the xml:base around them."""
    links = '<link rel="hub" href="hub"/><link rel="self" xml:base="b/" href="self"/>'
    wishes = _read(_atom(links, start='xml:base="https://other.example/a/"'))
    assert wishes.hubs == ("https://other.example/a/hub",)
    assert wishes.topic == "https://other.example/a/b/self"


def test_an_entry_wishes_nothing() -> None:
    """What stands within an entry is not said of the feed."""
    item = ITEM.replace(
        "</item>", f'<ttl>9</ttl>{_hours(1)}<a:link rel="hub" href="{HUB}"/></item>'
    )
    assert _read(_rss("", item)) == Wishes()
    assert of_feed(_rss("", item), URL) == Wishes()


def test_wishes_are_told_whatever_of_the_feed_is_new() -> None:
    """They are the same where all entries are new, where none is and where there are none."""
    body = _rss("<ttl>60</ttl>" + _hours(1, 2))
    expected = Wishes(every=HOUR, hours=frozenset((1, 2)))
    reading = feed.read(make_capture(body, url=URL), SOURCE)
    again = feed.read(make_capture(body, url=URL, known=frozenset(reading.pieces)), SOURCE)
    assert (reading.unchanged, again.unchanged) == (0, 1)
    assert reading.wishes == again.wishes == expected
    assert _read(_rss("<ttl>60</ttl>" + _hours(1, 2), items="")) == expected


def test_a_feed_in_another_charset_wishes_too() -> None:
    """Only what a document says counts, not how its letters are written."""
    body = _rss("<ttl>60</ttl>").decode()
    assert _read(f'<?xml version="1.0" encoding="utf-16"?>{body}'.encode("utf-16")).every == HOUR
    declared = f'<?xml version="1.0" encoding="iso-8859-1"?>{body}'.encode("latin-1")
    assert _read(declared).every == HOUR


def test_a_malformed_feed_wishes_too() -> None:
    """feedparser tells what it can, of hours and days the last."""
    said = (
        "&nbsp;<ttl>60</ttl><when:updateFrequency>1</when:updateFrequency>"
        + _hours(1, 2)
        + _days("Monday", "Friday")
        + f'<a:link rel="Hub" href="{HUB}"/><a:link rel="self" href="/self"/>'
    )
    found = _read(_rss(said, ITEM + "<b>"))
    assert found == Wishes(DAY, frozenset((2,)), frozenset((4,)), (HUB,), SELF)


@pytest.mark.parametrize(
    ("fields", "hubs", "topic"),
    [
        ({}, (), None),
        ({"hubs": [{"type": "WebSub", "url": HUB}], "feed_url": SELF}, (HUB,), SELF),
        ({"hubs": [{"type": "rssCloud", "url": HUB}], "feed_url": SELF}, (), None),
        ({"hubs": [{"type": "WebSub"}, {"url": HUB}, 5, None], "feed_url": SELF}, (), None),
        ({"hubs": {"type": "WebSub", "url": HUB}, "feed_url": 5}, (), None),
        ({"hubs": [{"type": "websub", "url": "/hub"}]}, ("https://valley.example/hub",), None),
        (
            {"hubs": [{"type": "WebSub", "url": f"{HUB}{n}"} for n in range(9)]},
            tuple(f"{HUB}{n}" for n in range(5)),
            None,
        ),
    ],
)
def test_json_feeds_name_hubs(
    fields: dict[str, Any], hubs: tuple[str, ...], topic: str | None
) -> None:
    """`hubs` of the kind WebSub are taken, with `feed_url` as their topic."""
    version = "https://jsonfeed.org/version/1.1"
    found = _read(json.dumps({"version": version, "title": "V", "items": [], **fields}).encode())
    assert found == Wishes(hubs=hubs, topic=topic)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<",
        b"\xff\xfe",
        b"<rss><channel><ttl>60</ttl></channel>",
        b"<rss>" * 400 + b"</rss>" * 400,
        b"<!DOCTYPE rss><rss><channel><ttl>60</ttl></channel></rss>",
        b'<!DOCTYPE r [<!ENTITY a "60">]><rss><channel><ttl>&a;</ttl></channel></rss>',
        b"<html><channel><ttl>60</ttl></channel></html>",
        b"<rss><channel><ttl>60<b/></ttl></channel></rss>",
    ],
)
def test_what_is_no_feed_wishes_nothing(head: bytes) -> None:
    """Broken, nested too deeply, declaring entities or something else: there are no wishes."""
    assert of_feed(head, URL) == Wishes()


def test_of_what_is_said_too_often_the_first_counts() -> None:
    """Millions of values cost neither memory nor many addresses."""
    said = "<skipHours>" + "<hour>1</hour>" * 50_000 + "<hour>2</hour></skipHours>"
    links = f'<a:link rel="hub" href="{HUB}"/>' * 50_000
    tracemalloc.start()
    found = of_feed(_rss(said + links + "<ttl>" + "6" * 1_000_000 + "</ttl>"), URL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == Wishes(hours=frozenset((1,)), hubs=(HUB,))
    assert peak < 16_000_000


@given(st.binary(max_size=200), st.text(max_size=50))
def test_any_bytes_are_no_error(head: bytes, url: str) -> None:
    """Whatever stands there, and wherever it came from, is answered."""
    assert isinstance(of_feed(head, url), Wishes)
    assert isinstance(of_feed(b"<rss><channel>" + head + b"</channel></rss>", url), Wishes)


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rel", "href"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["ttl", "sy_updateperiod", "sy_updatefrequency", "links", "hour", "skiphours"]
        ),
        VALUES,
    ),
    st.text(max_size=50),
)
def test_any_values_are_no_error(found: dict[str, Any], url: str) -> None:
    """A feed that was read in any way has wishes or none."""
    wishes = of_parsed(found, url)
    assert wishes.every is None or timedelta(0) < wishes.every <= 365 * DAY
