"""Sitemaps: which links they give, in what order, and what is refused."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from feedtool.errors import ReadError
from feedtool.model import Link, Published, Reading, Source
from feedtool.read import sitemap
from feedtool.read.readers import kind_of, read
from tests.conftest import bounded, make_capture

SOURCE = Source(name="valley", url="https://valley.example/sitemap.xml")
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def _urlset(*items: str, spaces: str = "", head: str = "") -> bytes:
    inner = "".join(f"<url>{item}</url>" for item in items)
    return f"<?xml version='1.0' encoding='UTF-8'?>{head}<urlset {SPACE} {spaces}>{inner}</urlset>".encode()


def _read(body: bytes, source: Source = SOURCE) -> Reading:
    return sitemap.read(make_capture(body, url=source.url), source)


def _links(body: bytes, source: Source = SOURCE) -> tuple[Link, ...]:
    return _read(body, source).links


def _urls(body: bytes) -> list[str]:
    return [link.url.removeprefix("https://valley.example/") for link in _links(body)]


def _loc(name: str, lastmod: str = "") -> str:
    when = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<loc> https://valley.example/{name}\n</loc>{when}<priority>0.5</priority>"


def test_the_newest_come_first() -> None:
    """By their dates in any zone; those without one stay in the document's order, at the end."""
    body = _urlset(
        _loc("undated"),
        _loc("old", "2019-01-02"),
        _loc("new", "2022-05-04T09:00:00+07:00"),
        _loc("newer", "2022-05-04T03:00:00Z"),
        _loc("odd", "Tue, 03 May 2022 08:00:00 GMT"),
        _loc("undated-too", "yesterday"),
        _loc("packed", "20220101"),
    )
    assert _urls(body) == ["newer", "new", "odd", "packed", "old", "undated", "undated-too"]
    reading = _read(body)
    assert (reading.kind, reading.entries, reading.skipped) == ("sitemap", (), ())
    assert reading.links[1].updated == datetime.fromisoformat("2022-05-04T09:00:00+07:00")


def test_times_without_a_zone_are_the_sources() -> None:
    """Written with T or with a space, and a time that can't be counts as none."""
    body = _urlset(
        _loc("a", "2022-05-04T09:00:00"),
        _loc("b", "2022-05-04 09:30"),
        _loc("c", "0001-01-01T00:00:00Z"),
        _loc("d", "2022-05"),
    )
    source = Source(name="valley", url=SOURCE.url, time_zone="Asia/Ho_Chi_Minh")
    found = {link.url[-1]: link.updated for link in _links(body, source)}
    assert found["a"] == datetime(2022, 5, 4, 2, tzinfo=UTC)
    assert found["b"] == datetime(2022, 5, 4, 2, 30, tzinfo=UTC)
    assert found["c"] is found["d"] is None


def test_an_index_leads_to_sitemaps() -> None:
    """Each of them is a link that is a sitemap, with any prefix of the namespace."""
    body = (
        f"<s:sitemapindex {SPACE.replace('xmlns', 'xmlns:s')}><s:sitemap>"
        "<s:loc>https://valley.example/2021.xml</s:loc></s:sitemap><s:sitemap>"
        "<s:loc>https://valley.example/2022.xml</s:loc><s:lastmod>2022-05-04</s:lastmod>"
        "</s:sitemap></s:sitemapindex>"
    ).encode()
    first, second = _links(body)
    assert first.sitemap
    assert first.url.endswith("2022.xml")
    assert first.updated == datetime(2022, 5, 4, 12, tzinfo=UTC)
    assert second == Link("https://valley.example/2021.xml", sitemap=True)
    assert kind_of(make_capture(body)) == "sitemap"


def test_news_is_told() -> None:
    """Title, day and language of a news sitemap are the link's; a bad language tag is none."""
    news = (
        "<news:news><news:publication><news:name>Valley</news:name><news:language>{}"
        "</news:language></news:publication><news:publication_date>{}</news:publication_date>"
        "<news:title><![CDATA[Chợ phiên & nước sạch]]></news:title></news:news>"
    )
    body = _urlset(
        _loc("a", "2022-05-01") + news.format("vi", "2022-01-18"),
        _loc("b") + news.format("zh_CN", "2022-02-18T08:00:00+07:00"),
        _loc("c") + news.format("(none)", ""),
        spaces='xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"',
    )
    b, a, c = _links(body)
    assert a.title == b.title == "Chợ phiên & nước sạch"
    assert (a.language, b.language, c.language) == ("vi", "zh-CN", None)
    assert a.published == Published.on(datetime(2022, 1, 18).date())  # noqa: DTZ001
    assert a.updated == datetime(2022, 5, 1, 12, tzinfo=UTC)
    assert b.published is not None
    assert b.published.precision == "second"


def test_pictures_and_translations_do_no_harm() -> None:
    """What extensions say of pictures, films and languages is not taken for the page's."""
    body = _urlset(
        "<image:image><image:loc>https://valley.example/a.jpg</image:loc><image:title>No</image:title>"
        "</image:image><video:video><video:title>No</video:title><video:publication_date>2020-01-01"
        "</video:publication_date></video:video><xhtml:link rel='alternate' hreflang='en' "
        "href='https://valley.example/en'/>" + _loc("a"),
        "<image:image><image:loc>https://valley.example/b.jpg</image:loc></image:image>",
        spaces='xmlns:image="i" xmlns:video="v" xmlns:xhtml="x"',
    )
    assert _links(body) == (Link("https://valley.example/a"),)


def test_only_addresses_once() -> None:
    """What is relative, of another scheme, empty or endless is left out; doubles count once."""
    body = _urlset(
        _loc("a", "2022-05-04"),
        _loc("a", "2022-05-05"),
        "<loc>/relative</loc>",
        "<loc>ftp://valley.example/b</loc>",
        "<loc>javascript:alert(1)</loc>",
        "<loc></loc>",
        f"<loc>https://valley.example/{'x' * 5000}</loc>",
        "<lastmod>2022-01-01</lastmod>",
        "<loc>https://valley.example/?p=1&amp;q=2</loc>",
    )
    assert _urls(body) == ["a", "?p=1&q=2"]


def test_an_empty_sitemap_has_no_links() -> None:
    """A site that has published nothing lately is no failure."""
    assert _links(_urlset()) == ()


def test_no_more_than_the_protocol_allows() -> None:
    """The newest 50,000 are kept, in little time."""
    items = (_loc(str(n), f"20{n % 90 + 10}-05-04") for n in range(sitemap.MOST + 500))
    with bounded():
        links = _links(_urlset(*items))
    assert len(links) == sitemap.MOST
    assert links[0].updated == datetime(2099, 5, 4, 12, tzinfo=UTC)


def test_odd_dates_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long to read is read once for all links, and so many times at most."""
    monkeypatch.setattr(sitemap, "_ODD_DATES", 1)
    body = _urlset(_loc("a", "4 May 2022"), _loc("b", "4 May 2022"), _loc("c", "5 May 2022"))
    assert [link.updated is not None for link in _links(body)] == [True, True, False]


def test_a_list_of_addresses_is_a_sitemap() -> None:
    """One a line; other lines are passed over, and a text without any is none."""
    body = b"\xef\xbb\xbf# ours\r\nhttps://valley.example/a\r\n\r\nhttps://valley.example/b  \r\n/c\r\n"
    assert _urls(body) == ["a", "b"]
    with pytest.raises(ReadError, match="holds no address"):
        _read(b"Not found.\n")


def test_a_feed_is_read_as_a_feed() -> None:
    """RSS and Atom may be sitemaps too (sitemaps.org); what they hold are entries."""
    body = (
        b'<rss version="2.0"><channel><title>Valley</title><item><title>One</title>'
        b"<link>https://valley.example/1</link></item></channel></rss>"
    )
    for packed in (body, gzip.compress(body)):
        reading = _read(packed)
        assert (reading.kind, [entry.title for entry in reading.entries]) == ("feed", ["One"])
    assert kind_of(make_capture(body, url=SOURCE.url)) == "feed"


@pytest.mark.parametrize(
    ("charset", "name"),
    [("utf-16", "UTF-16"), ("windows-1258", "windows-1258"), ("gb18030", "GBK")],
)
def test_any_charset(charset: str, name: str) -> None:
    """As pages are: by mark, by declaration, whatever expat itself knows."""
    title = "春茶" if charset == "gb18030" else "Đá"
    written = (
        f'<?xml version="1.0" encoding="{name}"?>\n<urlset><url><loc>https://valley.example/a</loc>'
        f"<news><title>{title}</title></news></url></urlset>"
    )
    body = written.encode(charset)
    assert [link.title for link in _links(body)] == [title]
    assert kind_of(make_capture(body)) == "sitemap"


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset><url><loc>https://valley.example/a</loc>",
        b"<urlset><url></loc></url></urlset>",
        b"<urlset><url><loc>https://valley.example/?a=1&b=2</loc></url></urlset>",
        b"<urlset>&nbsp;</urlset>",
        b"<html><body>Not found</body></html>",
        b"<!DOCTYPE html><html></html>",
        b'<!DOCTYPE urlset [<!ENTITY a "x">]><urlset><url><loc>&a;</loc></url></urlset>',
        b'<!DOCTYPE u [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset>&a;</urlset>',
        b"<urlset>" + b"<url>" * 100_000,
        b"<urlset " + b"".join(b'a%d="" ' % n for n in range(100_000)),
        b"\x00\x01\x02" * 100,
        b"",
    ],
)
def test_what_is_no_sitemap_is_told(body: bytes) -> None:
    """Broken, hostile, too deep, something else: an error about its address, and soon."""
    with bounded(), pytest.raises(ReadError) as told:
        _read(body)
    assert told.value.subject == SOURCE.url


def test_entities_cannot_grow() -> None:
    """A billion laughs are refused before the first."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = _urlset(_loc("&l9;"), head=f'<!DOCTYPE urlset [<!ENTITY l0 "ha">{laughs}]>')
    with pytest.raises(ReadError, match="declares entities"):
        _read(body)


def test_packed_ones_are_unpacked() -> None:
    """By how they begin, one file after another, whatever follows them."""
    body = _urlset(_loc("a"))
    half = len(body) // 2
    for packed in (
        gzip.compress(body),
        gzip.compress(body) + b"\0" * 512,
        gzip.compress(body[:half]) + gzip.compress(body[half:]),
    ):
        assert _urls(packed) == ["a"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (gzip.compress(b"\n" * (51 * 1024 * 1024)), "unpacks to more than"),
        (gzip.compress(_urlset(_loc("a")))[:-12], "is cut short"),
        (b"\x1f\x8b\x08\x00 nothing of the kind", "is not gzip"),
        (gzip.compress(b"") * 101, "more than 100 pieces"),
    ],
)
def test_bombs_and_halves_are_refused(body: bytes, why: str) -> None:
    """What unpacks to too much, not at all, or in endless pieces is no sitemap."""
    with pytest.raises(ReadError, match=why):
        _read(body)


def test_a_packed_sitemap_is_known_by_its_name() -> None:
    """gzip alone could be anything; a page or feed that speaks of sitemaps is none."""
    body = gzip.compress(_urlset(_loc("a")))
    assert kind_of(make_capture(body, url="https://valley.example/2022.xml.gz")) == "sitemap"
    assert kind_of(make_capture(body, place="valley.example/sitemap-2")) == "sitemap"
    assert kind_of(make_capture(body)) == "prose"
    page = b"<!DOCTYPE html><html><pre><urlset ></pre></html>"
    assert kind_of(make_capture(page)) == "page"
    feed = b"<rss version='2.0'><channel><title><urlset ></title></channel></rss>"
    assert kind_of(make_capture(feed)) == "feed"
    capture = make_capture(_urlset(_loc("a")), url=SOURCE.url)
    assert read(capture, SOURCE).kind == "sitemap"
