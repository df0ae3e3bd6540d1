"""The pages: what they say to people, to screen readers and to programs, in any look."""

from __future__ import annotations

import itertools
import json
import posixpath
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

import jinja2.meta
import pytest
from lxml import html
from lxml.html import HtmlElement

from feedtool.config import FeedTable
from feedtool.data import replace
from feedtool.errors import PublishError
from feedtool.model import Person, Published
from feedtool.publish import theme, wording
from feedtool.publish.document import Turn
from feedtool.publish.html import ROOT, Pages
from feedtool.publish.views import below_title, days_of, lead
from tests.conftest import ROOT as PROJECT
from tests.conftest import make_entry
from tests.pages import (
    ALL,
    BASE,
    DAY,
    FERRY,
    GAZETTE,
    HARBOUR,
    LONG,
    OWN,
    REVISIONS,
    VALLEY,
    make_item,
    make_pages,
    site,
)

VI = make_pages()
EN = make_pages("en")
SITE = site(VI)
HTML = sorted(path for path in SITE if path.endswith(".html"))
LANGUAGES = sorted(path.stem for path in (Path(theme.__file__).parent / "languages").iterdir())
SPEC = (PROJECT / "docs/themes.md").read_text("utf-8")


def tree(page: bytes) -> HtmlElement:
    """A page as a tree."""
    return html.document_fromstring(page.decode("utf-8"))


def words(element: HtmlElement) -> str:
    """The words in an element."""
    return " ".join(element.text_content().split())


def linked(page: bytes) -> dict[str, object]:
    """What a page says in JSON-LD."""
    [found] = tree(page).xpath('//script[@type="application/ld+json"]/text()')
    return json.loads(found)


def said(page: bytes, name: str) -> list[str]:
    """The contents of the meta elements of this property or name."""
    return tree(page).xpath(f'//meta[@property="{name}" or @name="{name}"]/@content')


def article(item, revisions=(), pages: Pages = VI) -> bytes:  # type: ignore[no-untyped-def]
    """The page of an article."""
    return pages.article(item, revisions, item.origin)


# What every page is


@pytest.mark.parametrize("path", HTML)
def test_every_page_has_landmarks_and_one_title(path: str) -> None:
    """A page has one banner, main part and foot, a link past the banner, one h1, headings that
    leave no level out, and a language."""
    page = tree(SITE[path])
    for name in ("header", "main", "footer", "h1", "title"):
        assert len(page.findall(f".//{name}")) == 1, name
    assert page.get("lang") == "vi"
    levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    first = page.find("body")[0]
    assert (first.get("class"), first.get("href")) == ("skip", "#main")
    assert page.find(".//main").get("id") == "main"
    assert words(page.find(".//title")).endswith("Tin Thung Lũng")


@pytest.mark.parametrize("path", HTML)
def test_no_page_runs_a_script_or_has_a_style(path: str) -> None:
    """There is no script but data, no style but the one file, nothing that is loaded from others."""
    page = tree(SITE[path])
    assert {one.get("type") for one in page.iter("script")} <= {"application/ld+json"}
    assert not list(page.iter("style", "iframe", "img"))
    assert not page.xpath("//@style | //@*[starts-with(name(), 'on')]")


@pytest.mark.parametrize("path", HTML)
def test_all_links_lead_somewhere(path: str) -> None:
    """Every relative link leads to a file of the site, and to a part of it that is there."""
    written = {f"{feed}.{form}" for feed in ("all", "market") for form in ("atom", "rss", "json")}
    elsewhere = {"2019/index.html", "2020/01/index.html", "feeds.opml"} | {
        f"2020/12/{day}/index.html" for day in ("02", "31")
    }
    for link in tree(SITE[path]).xpath("//a/@href | //link/@href"):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path))
        aim = path if not parts.path else aim
        assert aim in SITE or aim in written or aim in elsewhere, link
        if parts.fragment:
            assert tree(SITE[aim]).xpath(f'//*[@id="{parts.fragment}"]'), link


@pytest.mark.parametrize("path", HTML)
def test_programs_find_the_feed(path: str) -> None:
    """Rule 18: each page names a feed in its formats, Atom first, then RSS, then JSON Feed."""
    found = tree(SITE[path]).xpath('//link[@rel="alternate"]')
    types = [one.get("type").removeprefix("application/") for one in found]
    if path != "market.html":
        assert types[:3] == ["atom+xml", "rss+xml", "feed+json"]
    assert types[3:] == (["atom+xml"] if path == "index.html" else [])
    assert all(one.get("title") for one in found)


def test_pages_are_small() -> None:
    """An article's page is under 4 KB without its content, though it has versions and evidence; an
    entry of a list under 600 bytes."""
    bare = replace(OWN, entry=replace(OWN.entry, content_html=None))
    assert len(article(bare, REVISIONS)) < 4400
    assert len(article(FERRY)) < 3500
    assert all(len(VI.entry(item)) < 600 for item in ALL[:3])


def test_same_values_same_bytes() -> None:
    """Pages that were made apart are the same."""
    assert site(make_pages()) == SITE


# An article


def test_an_own_article_is_shown_whole() -> None:
    """What lives here alone is shown with content and captions, and leads nowhere else."""
    page = tree(article(OWN))
    shown = words(page.find(".//article"))
    assert "Mở đầu, xem thêm." in shown
    assert "Bà Triệu Thị Nhàn giới thiệu vườn ươm" in shown
    assert not page.xpath('//p[@class="original"]')
    assert page.xpath('//link[@rel="canonical"]/@href') == [f"{BASE}2020/12/15/own.html"]


def test_a_linked_article_is_summed_up_and_linked() -> None:
    """What has an address of its own shows its summary and leads there, however much we hold."""
    page = tree(article(FERRY))
    assert "Hai." not in words(page)
    assert words(page.find('.//p[@class="lead"]')) == "From Wednesday the ferry runs again."
    [link] = page.xpath('//p[@class="original"]/a')
    assert (link.get("href"), words(link)) == (FERRY.entry.link, "Đọc bài tại gazette.example")
    assert page.xpath('//link[@rel="canonical"]/@href') == [FERRY.entry.link]


def test_an_article_without_a_link_lives_here() -> None:
    """An entry with no link at all is one of ours."""
    page = article(replace(OWN, entry=replace(OWN.entry, link=None)))
    assert linked(page)["url"] == f"{BASE}2020/12/15/own.html"


@pytest.mark.parametrize(
    ("published", "guessed", "shown", "iso"),
    [
        (Published.on(DAY), False, "15 December 2020", "2020-12-15"),
        (Published.on(DAY), True, "15 December 2020 (first seen)", "2020-12-15"),
        (
            Published.at(datetime(2020, 12, 15, 9, 5, tzinfo=timezone(timedelta(hours=-5)))),
            False,
            "15 December 2020, 09:05 UTC-5",
            "2020-12-15T09:05:00-05:00",
        ),
        (FERRY.entry.published, False, "15 December 2020, 18:05 UTC+5:30", "2020-12-15T18:05:00+05:30"),
        (
            Published.at(datetime(2020, 12, 15, 23, 59, tzinfo=UTC)),
            False,
            "15 December 2020, 23:59 UTC",
            "2020-12-15T23:59:00+00:00",
        ),
        (Published.at(datetime(2020, 12, 15, 9, 5, tzinfo=UTC)), True, "15 December 2020 (first seen)", "2020-12-15"),
    ],
)  # fmt: skip
def test_a_date_is_as_exact_as_it_is_known(
    published: Published, guessed: bool, shown: str, iso: str
) -> None:
    """A day has no time, a time stands in its own offset, a guess says what it is."""
    page = tree(article(make_item("x", guessed=guessed, published=published), pages=EN))
    about = page.find('.//article/p[@class="about"]')
    assert f"· {shown} ·" in words(about)
    assert about.find("time").get("datetime") == iso


def test_dates_are_written_as_the_language_does() -> None:
    """English and Vietnamese write a day, a month and a time each in their way."""
    when = datetime(2020, 2, 5, 18, 5, tzinfo=UTC)
    for tag, day, month, time in (
        ("en", "5 February 2020", "February 2020", "5 February 2020, 18:05"),
        ("vi", "05/02/2020", "Tháng 2/2020", "05/02/2020, 18:05"),
    ):
        spoken = wording.parse(theme.load(tag, None).words, tag)
        assert spoken.on(when.date()) == day
        assert spoken.in_month(2020, 2) == month
        assert spoken.at(when, zone=False).words == time


def test_an_article_without_a_date_has_none() -> None:
    """Where nothing says when, nothing is shown, and no machine is told."""
    bare = make_item("x", published=None)
    assert not list(tree(article(bare)).iter("time"))
    assert b"<time" not in VI.entry(bare)
    assert "datePublished" not in linked(article(bare))


def test_versions_are_listed_where_there_are_some() -> None:
    """More than one version is listed with what changed, in the site's words; one is not."""
    found = tree(article(OWN, REVISIONS)).xpath('//ol[@class="versions"]/li')
    assert [words(one) for one in found] == [
        "15/12/2020, 03:00 UTC · bản đầu",
        "15/12/2020, 09:30 UTC · tiêu đề, nội dung",
        "16/12/2020, 02:00 UTC · chỉ đổi cách trình bày",
    ]
    assert [one.get("value") for one in found] == ["1", "2", "3"]
    for few in ((), REVISIONS[:1]):
        assert b"versions" not in article(OWN, few)


def test_evidence_is_told() -> None:
    """Why each field is what it is: the words, the rule and how sure it is, folded away."""
    page = tree(article(OWN))
    [details] = page.iter("details")
    assert details.get("open") is None
    assert [words(one) for one in details.iter("dt")] == ["tiêu đề", "tác giả", "ngày đăng"]
    first = details.find(".//dd")
    assert words(first) == "Tổng kết phong trào trồng chè headline, 80%"
    assert first.find(".//span").get("lang") == "en"
    assert tree(article(OWN, pages=EN)).find(".//dd//span").get("lang") is None
    assert b"<details" not in article(FERRY)


def test_tags_files_rights_source_and_day_are_named() -> None:
    """An article tells its tags, its files, whose it is, where it came from and what its day is."""
    page = tree(article(OWN))
    assert [words(one) for one in page.xpath('//ul[@class="tags"]/li')] == ["Chè", "Hợp tác xã"]
    assert words(page.find('.//p[@class="rights"]')) == "© Hợp tác xã"
    assert [words(one) for one in page.xpath('//nav[@class="crumbs"]/a')] == [
        "2020",
        "Tháng 12",
        "15",
    ]
    assert page.xpath('//article/p[@class="about"]/a[not(@rel)]/@href') == [
        "../../../sources/valley.html"
    ]
    assert page.xpath('//a[@rel="author"]/@href') == ["https://e.example/phuc"]
    [file] = tree(article(FERRY)).xpath('//ul[@class="files"]//a')
    assert (file.get("href"), words(file)) == ("https://gazette.example/timetable.pdf", "Timetable")
    assert b"sources/gazette" not in VI.article(FERRY, (), None)


# Languages


def test_text_in_another_language_says_so() -> None:
    """Title, summary and quotes in another language than the site's are marked, with the direction
    where that differs; those in the site's own are not."""
    page = tree(article(HARBOUR))
    for path in (".//h1", './/p[@class="lead"]', './/ul[@class="tags"]', ".//q"):
        assert (page.find(path).get("lang"), page.find(path).get("dir")) == ("ar", "rtl")
    page = tree(article(FERRY))
    assert (page.find(".//h1").get("lang"), page.find(".//h1").get("dir")) == ("en", None)
    assert tree(article(OWN)).find(".//h1").attrib == {}
    for item, shown in (
        (FERRY, b'<h2 lang="en">'),
        (HARBOUR, b'<h2 lang="ar" dir="rtl">'),
        (OWN, b"<h2>"),
    ):
        assert shown in VI.entry(item)


def test_text_in_an_unknown_language_finds_its_own_direction() -> None:
    """Where neither article nor site name a language, the text itself tells how it runs."""
    pages = make_pages(None)
    page = tree(article(make_item("x", language=None), pages=pages))
    assert page.get("lang") == "en"
    assert page.find(".//h1").get("dir") == "auto"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("vi", "vi-VN", True),
        ("en-GB", "en-US", True),
        ("sr-Latn", "sr-Cyrl", False),
        ("zh-TW", "zh-CN", False),
        ("en-x-arab", "en", True),
        ("en", "vi", False),
    ],
)
def test_tags_of_one_language_are_one(one: str, other: str, same: bool) -> None:
    """A region makes no other language; a script does, also where the region tells it."""
    assert (wording.spoken(one) == wording.spoken(other)) is same


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("ar", True), ("fa-IR", True), ("az-Arab", True), ("ks-Deva", False), ("vi", False), ("he", True)],
)  # fmt: skip
def test_some_languages_run_from_the_right(tag: str, expected: bool) -> None:
    """Language or script tell in which direction is read."""
    assert wording.is_right_to_left(tag) is expected


def test_a_language_without_words_gets_english_ones() -> None:
    """The page is then in English, and what is in the site's language is marked as such."""
    page = tree(make_pages("ar").index([], []))
    assert (page.get("lang"), page.get("dir")) == ("en", None)
    assert (page.find(".//h1").get("lang"), page.find(".//h1").get("dir")) == ("ar", "rtl")
    assert "Feeds" in words(page)


def test_a_region_of_a_language_gets_its_words() -> None:
    """`vi-VN` is Vietnamese, and the page says all of it."""
    page = tree(make_pages("vi-VN").index([], []))
    assert page.get("lang") == "vi-VN"
    assert "Kênh tin" in words(page)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_every_word(name: str) -> None:
    """Each file of words has all of them, each filled, each explained in the documentation."""
    spoken = wording.parse(theme.load(name, None).words, name)
    english = wording.parse(theme.load("en", None).words, "en")
    assert spoken.fields.keys() == english.fields.keys()
    for word in wording.Wording.__struct_fields__:
        assert getattr(spoken, word)
        assert f"| `{word}` |" in SPEC, word


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda it: it.replace('skip = "Skip to the text"', ""), "has no skip"),
        (lambda it: f'colour = "red"\n{it}', "colour is unknown"),
        (lambda it: it.replace('"January", ', ""), "months is no list of 12 words"),
        (lambda it: it.replace("{name} {year}", "{month_name}"), "has a pattern that can't be filled: 'month_name'"),
        (lambda it: it.replace("[fields]", "[fields"), "is not TOML"),
        (lambda it: it.replace('older = "Older articles"', "older = 3"), "older is no text"),
        (lambda it: it.replace('moved = "moved"', ""), "has no concerns.moved"),
        (lambda it: it.replace("{source}: {concern}", "{name}"), "has a pattern that can't be filled: 'name'"),
        (lambda it: it.partition("[fields]")[0].replace("comma =", 'fields = ""\ncomma ='), "fields is no table"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_words_is_named(
    tmp_path: Path, change: Callable[[str], str], reason: str
) -> None:
    """A theme may bring a language; where its file is wrong, that is said with its path."""
    file = tmp_path / "languages/fr.toml"
    file.parent.mkdir()
    file.write_text(change(theme.load("en", None).words.decode("utf-8")), "utf-8")
    with pytest.raises(PublishError, match=re.escape(reason)) as caught:
        make_pages("fr", tmp_path).index([], [])
    assert caught.value.subject == str(file)


def test_a_theme_brings_a_language(tmp_path: Path) -> None:
    """A file of words in the theme's folder is a language that the site can speak."""
    (tmp_path / "languages").mkdir()
    text = theme.load("en", None).words.decode("utf-8").replace('"Feeds"', '"قنوات"')
    (tmp_path / "languages/ar.toml").write_text(text, "utf-8")
    pages = make_pages("ar", tmp_path)
    page = tree(pages.index([], []))
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert "قنوات" in words(page)
    assert b'<h2 lang="en" dir="ltr">' in pages.entry(FERRY)
    assert pages.files() == VI.files()
    assert pages.fingerprint != VI.fingerprint


# What machines are told


def test_json_ld_says_what_is_known() -> None:
    """schema.org's NewsArticle has the fields of the entry, and nothing that isn't known."""
    assert linked(article(OWN)) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": OWN.entry.title,
        "url": f"{BASE}2020/12/15/own.html",
        "datePublished": "2020-12-15",
        "dateModified": "2020-12-16T02:00:00+00:00",
        "author": [
            {"@type": "Person", "name": "Hoài An"},
            {"@type": "Person", "name": "Lò Văn Phúc", "url": "https://e.example/phuc"},
        ],
        "publisher": {"@type": "Organization", "name": "Toà soạn"},
        "description": OWN.entry.summary,
        "keywords": ["Chè", "Hợp tác xã"],
        "inLanguage": "vi",
        "copyrightNotice": "© Hợp tác xã",
    }
    ferry = linked(article(FERRY))
    assert ferry["datePublished"] == "2020-12-15T18:05:00+05:30"
    assert ferry["archivedAt"] == f"{BASE}2020/12/15/ferry.html"
    assert ferry["image"] == "https://gazette.example/ferry.jpg"
    assert not {"publisher", "dateModified"} & ferry.keys()
    assert "datePublished" not in linked(article(HARBOUR))
    same = make_item("x", updated=Published.on(DAY).time)
    assert "dateModified" not in linked(article(same))


def test_nothing_ends_the_data_early() -> None:
    """A title that looks like markup stays text in the data, and reads as it was written."""
    evil = "</script><!--<script>alert(1)</script>&amp;"
    page = article(make_item("x", title=evil, summary=evil, authors=(Person(evil),)))
    assert linked(page)["headline"] == evil
    [script] = re.findall(rb"<script.*?</script>", page, re.DOTALL)
    assert b"<!--" not in page
    assert page.count(b"<script") == 1
    assert script.count(b"<") == 2


def test_open_graph_says_what_is_known() -> None:
    """Title, address, description, picture, and a time only where the document told one."""
    page = article(FERRY)
    assert said(page, "og:type") == ["article"]
    assert said(page, "og:title") == [FERRY.entry.title]
    assert said(page, "og:url") == [FERRY.entry.link]
    assert said(page, "og:description") == said(page, "description") == [FERRY.entry.summary]
    assert said(page, "og:image") == [FERRY.entry.image]
    assert said(page, "article:published_time") == ["2020-12-15T18:05:00+05:30"]
    for item in (OWN, HARBOUR):
        assert said(article(item), "article:published_time") == []
        assert said(article(item), "og:image") == []
    assert said(article(LONG), "description") == []


def test_markup_in_any_field_is_text() -> None:
    """What looks like HTML is shown as it was written, on every page it stands on."""
    evil = '"><script>alert(1)</script>'
    item = make_item(
        "x", VALLEY, title=evil, summary=evil, authors=(Person(evil),), captions=(evil,),
        categories=(evil,), rights=evil, content_text=evil,
    )  # fmt: skip
    day = VI.day(DAY, "2020/12/15/index.html", [VI.entry(item)], Turn())
    for page in (article(item), day):
        assert words(tree(page).find(".//article" if page is not day else ".//h2")).startswith(evil)
        assert b"<script>" not in page


# Lists


def test_an_entry_leads_to_its_page_from_anywhere() -> None:
    """The way to the root is filled in when an entry is joined into a page; without a page of ours
    it leads to where it is read."""
    fragment = VI.entry(OWN)
    assert fragment.count(ROOT) == 2
    for path, root in (
        ("all.html", ""),
        ("sources/valley.html", "../"),
        ("2020/12/15/index.html", "../../../"),
    ):
        page = SITE[path] if path == "all.html" else VI.source(VALLEY, path, [fragment], Turn())
        assert f'<a href="{root}2020/12/15/own.html">'.encode() in page
        assert ROOT not in page
    alone = VI.entry(replace(FERRY, page=None, origin=None))
    assert ROOT not in alone
    assert FERRY.entry.link.encode() in alone


def test_a_feeds_page_says_how_to_subscribe() -> None:
    """Each format has a link and an address to copy; older articles are found by month."""
    page = tree(SITE["all.html"])
    assert [words(one) for one in page.iter("code")] == [
        f"{BASE}all.{form}" for form in ("atom", "rss", "json")
    ]
    assert page.xpath("//dt/a/@href") == ["all.atom", "all.rss", "all.json"]
    assert page.xpath('//nav[@class="turn"]/a/@href') == ["index.html#archive"]
    assert len(page.xpath('//ol[@class="entries"]/li')) == len(ALL)
    assert "Chưa có gì." in words(tree(SITE["market.html"]))


def test_long_lists_lead_on() -> None:
    """The newest page of a source or day leads to the older ones, and those back to it."""
    for newest, full in (
        ("sources/gazette.html", "sources/gazette/0001.html"),
        ("2020/12/15/index.html", "2020/12/15/index/0001.html"),
    ):
        for path, other in ((newest, full), (full, newest)):
            [link] = tree(SITE[path]).xpath('//nav[@class="turn"]/a/@href')
            assert posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) == other
        assert words(tree(SITE[full]).find(".//h1")).endswith("trang 1")
        assert ", trang 1 – " in words(tree(SITE[full]).find(".//title"))
    assert b'class="turn"' not in SITE["sources/valley.html"]


def test_a_source_names_its_address() -> None:
    """A source that is read over the web links there; a folder has no address."""
    assert tree(SITE["sources/gazette.html"]).xpath('//a[@rel="external"]/@href') == [GAZETTE.link]
    assert b"external" not in SITE["sources/valley.html"]


def test_a_month_is_a_calendar() -> None:
    """Days with articles are links in their column; the others are numbers alone."""
    page = tree(SITE["2020/12/index.html"])
    assert page.xpath("//td/a/@href") == [f"{day}/index.html" for day in ("02", "15", "31")]
    assert page.xpath("//td/a/@aria-label") == ["02/12/2020", "15/12/2020", "31/12/2020"]
    rows = [[words(cell) for cell in row] for row in page.findall(".//tbody/tr")]
    assert rows[0] == ["", "1", "2", "3", "4", "5", "6"]
    assert rows[-1] == ["28", "29", "30", "31", "", "", ""]
    assert next(cell.get("abbr") for cell in page.iter("th")) == "Thứ hai"


@pytest.mark.parametrize(("year", "month"), [(2021, 2), (2024, 2), (1999, 12), (2020, 6)])
def test_weeks_begin_on_monday(year: int, month: int) -> None:
    """A month's days stand under their weekday, in whole weeks."""
    found = days_of(year, month)
    assert len(found) % 7 == 0
    for place, day in enumerate(found):
        assert day == 0 or date(year, month, day).weekday() == place % 7
    assert sorted(day for day in found if day)[-1] == max(found) >= 28


def test_a_year_and_the_index_lead_on() -> None:
    """A year leads to its months in order; the index to feeds, sources and years, newest first."""
    assert tree(SITE["2020/index.html"]).xpath('//ul[@class="grid"]//a/@href') == [
        "01/index.html",
        "12/index.html",
    ]
    page = tree(SITE["index.html"])
    assert page.xpath('//section[@id="archive"]//a/@href') == ["2020/index.html", "2019/index.html"]
    assert page.xpath('//section[@id="sources"]//a/@href') == [
        "sources/valley.html",
        "sources/gazette.html",
    ]
    assert page.xpath('//section[@id="feeds"]/ul//a/@href') == [
        *("all.html", "all.atom", "all.rss", "all.json"),
        *("market.html", "market.atom"),
    ]
    empty = tree(make_pages(feeds=()).index([], []))
    assert words(empty.find(".//main")).count("Chưa có gì.") == 2


# Content in a page


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>a</p>", "<p>a</p>"),
        ("<h1>a</h1><h2>b</h2>", "<h2>a</h2><h3>b</h3>"),
        ("<h4>a</h4><h6>b</h6><h4>c</h4>", "<h2>a</h2><h3>b</h3><h2>c</h2>"),
        ("<h3>a</h3><h5>b</h5><h4>c</h4>", "<h2>a</h2><h3>b</h3><h3>c</h3>"),
        ('<h1 id="x">a</h1><hr>', '<h2 id="x">a</h2><hr>'),
        ("</h3><h3>", "</h2><h2>"),
        ("".join(f"<h{n}>" for n in range(1, 7)), "<h2><h3><h4><h5><h6><h6>"),
    ],
)
def test_headings_begin_below_the_title(content: str, expected: str) -> None:
    """A page has one h1, and the headings of its content follow it without a gap."""
    assert below_title(content) == expected


def test_a_summary_isnt_told_twice() -> None:
    """A summary stands above the content only where that is known not to hold it."""
    text = make_entry(summary="Một.", content_text="TNS-Sáng 18/1, Một.\n\nHai.")
    assert lead(text, "<p>…</p>") is None
    assert lead(replace(text, summary="Khác."), "<p>…</p>") == "Khác."
    assert lead(replace(text, summary=None), "<p>…</p>") is None
    assert lead(OWN.entry, "<p>…</p>") is None
    assert lead(text, None) == "Một."


# Themes


def themed(folder: Path, **templates: str) -> Pages:
    """Pages in a theme with these templates."""
    for name, text in templates.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return make_pages(theme=folder)


def test_a_theme_stands_in_for_ours(tmp_path: Path) -> None:
    """A template of the same name is used instead of ours, and may build upon it."""
    pages = themed(
        tmp_path,
        base='{% extends "feedtool/base.html" %}{% block footer %}<p>Chân trang</p>{% endblock %}',
        entry="<li>{{ entry.title }}, {{ root }}</li>\n",
        extra="unused",
    )
    page = article(OWN, pages=pages)
    assert words(tree(page).find(".//footer")) == "Chân trang"
    assert "Mở đầu" in words(tree(page))
    assert pages.entry(FERRY) == b"<li>The Wednesday ferry is back, \0</li>\n"
    assert pages.fingerprint not in ("", VI.fingerprint)
    assert pages.static_fingerprint == VI.static_fingerprint


def test_a_theme_builds_upon_one_page(tmp_path: Path) -> None:
    """A page of the theme that fills a block around ours is rendered with it; other pages stay as
    ours are."""
    pages = themed(
        tmp_path,
        article='{% extends "feedtool/article.html" %}{% block nav %}<nav>Lối</nav>{% endblock %}',
    )
    page = article(OWN, pages=pages)
    assert b"<nav>L\xe1\xbb\x91i</nav>" in page
    assert page.count(b"</h1>") == 1
    day = (DAY, "2020/12/15/index.html", [VI.entry(OWN)], Turn())
    assert pages.day(*day) == VI.day(*day)


def test_a_mistake_in_what_ours_includes_is_the_themes(tmp_path: Path) -> None:
    """Where a page of ours includes a template of the theme, the line there is told."""
    pages = themed(tmp_path, entries="\n\n{{ nothing }}")
    with pytest.raises(PublishError, match="line 3: 'nothing' is undefined") as caught:
        pages.day(DAY, "2020/12/15/index.html", [], Turn())
    assert caught.value.subject == str(tmp_path / "entries.html")


def test_a_themes_other_files_are_published(tmp_path: Path) -> None:
    """Whatever is no template is a file of the site, over ours, at its own path; hidden files and
    folders stay at home."""
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts/a.woff2").write_bytes(b"\0\1")
    (tmp_path / "style.css").write_bytes(b"p{}")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_bytes(b"x")
    pages = make_pages(theme=tmp_path)
    assert pages.files() == {"fonts/a.woff2": b"\0\1", "style.css": b"p{}"}
    assert VI.files().keys() == {"style.css"}
    assert pages.fingerprint == VI.fingerprint
    assert pages.static_fingerprint != VI.static_fingerprint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n{% if %}", r"line 2: Expected an expression"),
        ("\n\n{{ nothing }}", r"line 3: 'nothing' is undefined"),
        ("{{ 1 / 0 }}", r"line 1: division by zero"),
        ('\n{% include "none.html" %}', r"line 2: there is no template none\.html"),
        ("{{ raise_it() }}", r"line 1: 'raise_it' is undefined"),
    ],
)
def test_a_mistake_in_a_theme_is_named(tmp_path: Path, text: str, reason: str) -> None:
    """The template and the line are told, whether it can't be read or can't be filled in."""
    with pytest.raises(PublishError, match=reason) as caught:
        themed(tmp_path, entry=text).entry(OWN)
    assert caught.value.subject == str(tmp_path / "entry.html")


def test_a_mistake_in_what_a_theme_calls_is_its_own(tmp_path: Path) -> None:
    """Where the theme's template fails within ours, the theme's line is told."""
    with pytest.raises(PublishError, match="line 1: 'int object' has no attribute") as caught:
        themed(tmp_path, feed='{% set turn = 5 %}{% include "entries.html" %}{{ turn.x.y }}').feed(
            None, FeedTable(name="all"), []  # type: ignore[arg-type]
        )  # fmt: skip
    assert caught.value.subject == str(tmp_path / "feed.html")


def test_a_mistake_of_ours_is_no_theme_error() -> None:
    """What fails without a theme is our own mistake, and shows itself."""
    with pytest.raises(jinja2.UndefinedError):
        VI.feed(None, FeedTable(name="all"), [])  # type: ignore[arg-type]


def test_a_theme_must_be_there(tmp_path: Path) -> None:
    """A folder that isn't there, a file in its place, and a template that isn't UTF-8 are told."""
    file = tmp_path / "file"
    file.write_bytes(b"")
    for path in (tmp_path / "none", file):
        with pytest.raises(PublishError, match="is no folder that is there"):
            make_pages(theme=path)
    (tmp_path / "day.html").write_bytes(b"\xff")
    with pytest.raises(PublishError, match="is not UTF-8") as caught:
        make_pages(theme=tmp_path)
    assert caught.value.subject == str(tmp_path / "day.html")


def test_a_theme_that_cant_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails is told with its path and reason."""
    (tmp_path / "day.html").write_bytes(b"x")

    def fail(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(PublishError, match="can't be read: Permission denied") as caught:
        make_pages(theme=tmp_path)
    assert caught.value.subject == str(tmp_path / "day.html")


def test_the_documentation_knows_every_template_and_block() -> None:
    """docs/themes.md names each template, each of its blocks and each of its variables."""
    environment = VI._rendering._environment
    for name, text in theme.load("en", None).templates.items():
        if name.startswith(theme.OURS):
            continue
        assert f"`{name}`" in SPEC
        for block in re.findall(r"{% block (\w+)", text):
            assert f"`{block}`" in SPEC, (name, block)
        for variable in jinja2.meta.find_undeclared_variables(environment.parse(text)):
            assert f"| `{variable}` |" in SPEC, (name, variable)
