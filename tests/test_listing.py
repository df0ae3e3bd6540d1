"""Listing pages: which of a page's links lead to articles."""

from __future__ import annotations

from datetime import date

import pytest

from feedtool.data import replace
from feedtool.errors import ReadError
from feedtool.model import Link, Published, Reading, Source
from feedtool.read import listing, markup
from feedtool.read.readers import read
from tests.conftest import bounded, make_capture

URL = "https://valley.example/tin-tuc/"
SOURCE = Source(name="valley", url=URL, kind="listing")
TITLES = (
    "Nước sạch về bản Pá Lương",
    "Chợ phiên Pá Lương đông vui ngày đầu xuân",
    "Thư viện lưu động về với học trò vùng hồ",
)


def _card(number: int, title: str, more: str = "") -> str:
    return (
        f'<div class="item post-{number}"><a href="/bai-{number}.html"><img src="{number}.jpg"></a>'
        f'<h3 class="t"><a href="/bai-{number}.html#top">{title}</a></h3>'
        f'<a href="/chuyen-muc/xa-hoi">Tin tức của mục Xã hội</a><p>Lời dẫn.</p>{more}</div>'
    )


def _page(inner: str, head: str = "") -> str:
    sections = "".join(
        f'<li><a href="/muc-{n}">Chuyên mục số {n} của tờ báo này</a></li>' for n in range(30)
    )
    return (
        f'<!DOCTYPE html><html lang="vi"><head><title>Tin tức</title>{head}</head><body>'
        f"<header><a href='/'>Valley, the paper of the valley</a><nav><ul>{sections}</ul></nav>"
        f"</header><main>{inner}<div class='pagination'><a href='?page=2'>Trang tiếp theo của mục"
        "</a><a href='?page=3'>Trang tiếp theo nữa của mục</a></div></main><footer><p>"
        "<a href='/dieu-khoan-su-dung-trang'>Điều khoản sử dụng của trang tin này</a>"
        "<a href='/chinh-sach-bao-mat-chung'>Chính sách bảo mật của trang tin này</a></p></footer>"
        "</body></html>"
    )


def _news(more: str = "") -> str:
    return "".join(_card(number, title, more) for number, title in enumerate(TITLES, 1))


def _read(html: str, links: str | None = None, url: str = URL) -> Reading:
    return listing.read(make_capture(html.encode(), url=url), replace(SOURCE, links=links))


def _urls(html: str, links: str | None = None) -> list[str]:
    return [link.url.removeprefix("https://valley.example/") for link in _read(html, links).links]


NEWS = [f"bai-{number}.html" for number in (1, 2, 3)]


def test_the_repeated_headlines_are_the_articles() -> None:
    """Not the menu, though it is longer; not sections, next pages or the small print."""
    reading = _read(_page(_news()))
    assert (reading.kind, reading.entries) == ("listing", ())
    assert [link.title for link in reading.links] == list(TITLES)
    assert _urls(_page(_news())) == NEWS


def test_the_date_beside_a_headline_is_its_own() -> None:
    """The <time> in what holds one article alone, as machines or as people read it."""
    times = (
        '<time datetime="2022-01-18T08:00:00+07:00">hôm qua</time>',
        "<span><time>15/12/2020</time></span>",
        '<time datetime="soon">soon</time>',
    )
    html = "<time datetime='2022-05-04'></time>" + "".join(
        _card(number, title, when)
        for number, (title, when) in enumerate(zip(TITLES, times, strict=True), 1)
    )
    first, second, third = _read(_page(html), "h3 a").links
    assert first.published is not None
    assert (first.published.day, first.published.precision) == (date(2022, 1, 18), "second")
    assert second.published == Published.on(date(2020, 12, 15))
    assert third.published is None


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("h3 a", NEWS),
        ("h3", NEWS),
        (".item", NEWS),
        (".item img", NEWS),
        ("h3.t > a, .item:first-child h3", NEWS),
        (".item:nth-child(2) h3", NEWS[1:2]),
        ("nav li:last-child a", ["muc-29"]),
        (".item + .item h3 a", NEWS[1:]),
    ],
)
def test_a_selector_picks_the_links(css: str, expected: list[str]) -> None:
    """The links themselves, what holds them, or what they hold; each address once."""
    assert _urls(_page(_news()), css) == expected


@pytest.mark.parametrize(
    ("css", "why"),
    [
        ("h4 a", "has no links that links 'h4 a' picks"),
        ("h2", "has no links that links 'h2' picks"),
        ("h3 a[", "links 'h3 a\\[' is no CSS selector"),
        ("", "links '' is no CSS selector"),
        ("a::text", "Pseudo-elements are not supported"),
        ("x|a", "is no CSS selector"),
    ],
)
def test_a_selector_that_fails_is_named(css: str, why: str) -> None:
    """Wrong, or picking nothing: said with the words of the setting, about the page."""
    with pytest.raises(ReadError, match=why) as told:
        _read(_page("<h2>Chưa có tin.</h2>" if css != "h4 a" else _news()), css)
    assert told.value.subject == URL


def test_a_selector_may_not_take_for_ever() -> None:
    """libxml2 takes quadratic time over siblings: pages that are too wide for it are refused."""
    wide = markup.tree("<ul>" + "<li><a href=x>y</a></li>" * 5000 + "</ul>")
    assert wide is not None
    assert len(markup.select(wide, "li a")) == 5000
    with pytest.raises(ValueError, match="too long"):
        markup.select(wide, "li ~ li a")


def test_headlines_count_more_than_a_long_menu() -> None:
    """Also where nothing is called a menu: by headings, addresses and the main part."""
    menu = "".join(f"<li><a href='/m{n}'>Mục tin số {n} của báo</a></li>" for n in range(4))
    assert _urls(f"<ul>{menu}</ul><main>{_news()}</main>") == NEWS


def test_tables_and_plain_lists_are_listings_too() -> None:
    """Old pages have neither classes nor headings; links of many signs without spaces count."""
    rows = "".join(
        f"<tr><td><a href='https://www.valley.example/tin/{n}'>{title}</a></td><td>18/1</td></tr>"
        for n, title in enumerate(TITLES)
    )
    urls = [link.url for link in _read(f"<form><table>{rows}</table></form>").links]
    assert urls == [f"https://www.valley.example/tin/{n}" for n in range(3)]
    kana = "".join(
        f"<li><a href='/{n}.html'>谷の市場で春の茶まつりが開かれる{n}</a></li>" for n in (1, 2)
    )
    assert _urls(f"<ul>{kana}</ul>") == ["1.html", "2.html"]


@pytest.mark.parametrize(
    "link",
    [
        "<a href='https://other.example/mot-bai-bao-rat-hay'>Một bài báo rất hay của báo khác</a>",
        "<a href='/tag/mot-the-rat-hay-nua'>Một thẻ rất hay và rất dài nữa</a>",
        "<a href='/a/mot-bai' rel='author'>Tác giả của một bài rất hay</a>",
        "<a href='/bao-cao-thang-nam.pdf'>Báo cáo tháng năm của xã nhà</a>",
        "<a href='/tin?page=4'>Trang thứ tư của mục tin này</a>",
        "<a href='#muc-luc'>Mục lục của trang tin này đây</a>",
        "<a href='/?'>Trang nhất của tờ báo nhà mình</a>",
        "<a href='mailto:a@valley.example'>Viết thư cho toà soạn của chúng tôi</a>",
        "<a href='/x1'>Xem thêm</a>",
        "<a href='/x1'><img src='a.jpg'></a>",
        f"<a href='/x1'>{'Dài ' * 200}</a>",
        "<a href='http://[::bad/'>Một địa chỉ hỏng ở trang này</a>",
        "<a>Một chỗ không dẫn đi đâu cả</a>",
    ],
)
def test_what_is_no_article_is_no_listing(link: str) -> None:
    """Other sites, tags, files, pages, buttons: a page of those alone has no articles."""
    with pytest.raises(ReadError, match="look like articles"):
        _read(f"<ul><li>{link}</li><li>{link.replace('1', '2')}</li></ul>")


def test_the_page_itself_is_none_of_its_articles() -> None:
    """A selector may pick it, with or without a slash."""
    html = f"<li><a href='/tin-tuc'>Tin</a></li><li><a href='{URL}#a'>Tin</a></li><li><a href='/b'>B</a>"
    assert _urls(html, "li a") == ["b"]


def test_a_saved_page_says_where_it_is_from() -> None:
    """By its canonical address; without one, the host of most of its links is its own."""
    head = f'<link rel="canonical" href="{URL}">'
    found = _read(_page(_news(), head), url="/inbox/tin.html").links
    assert [link.url for link in found] == [f"https://valley.example/{name}" for name in NEWS]
    absolute = _news().replace('href="/', 'href="https://valley.example/')
    assert len(_read(absolute, url="/inbox/tin.html").links) == 3


def test_a_title_may_be_an_attribute() -> None:
    """Where a link has no text: what its tooltip, its label or its picture says."""
    html = (
        "<h3><a href='/1' title='Nước về bản'></a></h3><h3><a href='/2' aria-label='Chợ phiên'></a>"
        "</h3><h3><a href='/3'><img alt='Thư viện'></a></h3><h3><a href='/4'></a></h3>"
    )
    assert [link.title for link in _read(html, "h3 a").links] == [
        "Nước về bản",
        "Chợ phiên",
        "Thư viện",
        None,
    ]


def test_links_of_a_setting_make_a_listing() -> None:
    """Without a kind, links alone; a kind goes first; and no page becomes one by itself."""
    capture = make_capture(_page(_news()).encode(), url=URL)
    told = replace(SOURCE, kind=None, links="h3 a")
    assert read(capture, told).kind == "listing"
    assert read(capture, SOURCE).kind == "listing"
    assert read(capture, replace(told, kind="page")).kind == "page"
    assert read(capture, replace(SOURCE, kind=None)).kind == "page"


@pytest.mark.parametrize("body", [b"", b"\x00\x01" * 50, b"   "])
def test_what_is_no_page_is_told(body: bytes) -> None:
    """Empty or binary: an error about its address."""
    with pytest.raises(ReadError):
        listing.read(make_capture(body, url=URL), SOURCE)


def test_a_page_without_elements_is_told() -> None:
    """Comments alone hold no HTML."""
    with pytest.raises(ReadError, match="holds no HTML"):
        _read("<!-- nothing -->")


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 300 + "<a href=/1>Một bài báo rất hay</a>" * 10,
        "<div class=nav>" * 250 + "<a href='/x'>y</a>" * 20_000,
        "<nav>" * 100_000,
        "<a href=/a><div>" * 120 + "x" * 4_000_000,
        "".join(f"<p><a href='/{n}'>Một bài báo rất hay số {n}</a>" for n in range(20_000)),
        "<time>18/1/2022</time>" * 50_000 + "<a href='/1'>Một bài báo</a><a href='/2'>Hai</a>",
    ],
)
def test_hostile_pages_end_soon(html: str) -> None:
    """Deep, wide, long: read or refused within seconds."""
    with bounded():
        for css in (None, "a", "div a"):
            try:
                found: tuple[Link, ...] = _read(html, css).links
            except ReadError:
                found = ()
            assert len(found) <= 5000
