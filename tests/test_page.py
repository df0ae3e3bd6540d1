"""Web pages: fields with their reasons, from invented pages and from saved ones."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import text
from feedtool.data import replace
from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Reading, Source
from feedtool.read import body, byline, head, jsonld, markup, page
from tests.conftest import bounded

PAGES = Path(__file__).parent / "data" / "pages"
SOURCE = Source(name="web", url="https://paper.example/")
TEXT = "<p>A paragraph that is long enough to be taken for the text of an article.</p>"


def capture(html: str | bytes, url: str = "https://paper.example/a/b", **others: str) -> Capture:
    return Capture(
        source="web",
        url=url,
        place="a/b",
        body=html if isinstance(html, bytes) else html.encode("utf-8", "replace"),
        captured=datetime(2025, 1, 2, tzinfo=UTC),
        **others,
    )


def entry(html: str | bytes, source: Source = SOURCE, **others: str) -> Entry:
    return page.read(capture(html, **others), source).entries[0]


def article(top: str = "", inside: str = "", **others: str) -> Entry:
    html = f"<html><head>{top}</head><body><h1>A tale of two mills</h1>{inside}{TEXT}</body></html>"
    return entry(html, **others)


def linked(**node: object) -> str:
    node = {"@type": "NewsArticle", "headline": "A tale of two mills", **node}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def names(found: Entry) -> list[str]:
    return [person.name for person in found.authors]


def why(found: Entry, field: str) -> str | None:
    return next((item.rule for item in found.evidence if item.field == field), None)


def told(found: Entry) -> dict[str, object]:
    published = found.published
    return {
        "title": found.title,
        "link": found.link,
        "published": published and published.time.isoformat(),
        "precision": published and published.precision,
        "updated": found.updated and found.updated.isoformat(),
        "authors": names(found),
        "summary": found.summary,
        "content_html": found.content_html,
        "categories": list(found.categories),
        "image": found.image,
        "captions": list(found.captions),
        "language": found.language,
        "evidence": {item.field: [item.quote, item.rule] for item in found.evidence},
    }


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    """Each invented page is read as the file beside it says."""
    local = path.stem in ("bare", "microdata")
    url = f"/inbox/{path.name}" if local else f"https://harbour-ledger.example/{path.stem}"
    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert told(entry(path.read_bytes(), url=url)) == wanted


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", "is empty"),
        ("<!-- only this -->", "holds no HTML"),
        ("<p>Text, but nothing that could be its title.</p>", "has no title"),
        ("<title>paper.example</title><p>Text under the name of the site.</p>", "has no title"),
        ("<title>A title and no more</title><nav>Menu</nav>", "has no text"),
        ("<title>A title</title><frameset><frame src=x></frameset>", "has no text"),
    ],
)
def test_unreadable(html: str, reason: str) -> None:
    """A page without title or text is an error about its address."""
    with pytest.raises(ReadError) as caught:
        page.read(capture(html), SOURCE)
    assert (caught.value.subject, caught.value.reason) == ("https://paper.example/a/b", reason)


@pytest.mark.parametrize(
    "said",
    [
        '<meta charset="windows-1252">',
        " " * 30_000 + '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">',
    ],
)
def test_charset(said: str) -> None:
    """The charset in a meta is believed, also where it stands late."""
    html = f"<head>{said}</head><h1>Caf\u00e9 \u2013 d\u00e9j\u00e0 vu</h1>{TEXT}".encode("cp1252")
    assert entry(html).title == "Caf\u00e9 \u2013 d\u00e9j\u00e0 vu"


@pytest.mark.parametrize(
    ("mark", "codec", "header"),
    [
        ("\ufeff", "utf-8", "windows-1251"),
        ("\ufeff", "utf-16-le", None),
        ("", "utf-8", "windows-1252"),
        ("", "windows-1251", "windows-1251"),
    ],
)
def test_charset_order(mark: str, codec: str, header: str | None) -> None:
    """A byte order mark goes first, then valid UTF-8, then the server, then the page."""
    html = f"{mark}<meta charset=koi8-r><h1>Две мельницы сгорели</h1>{TEXT}".encode(codec)
    assert entry(html, charset=header).title == "Две мельницы сгорели"  # type: ignore[arg-type]


def test_charset_of_xhtml() -> None:
    """The charset in an XML declaration is found; a page may also name none."""
    assert head.charset_in(b'<?xml version="1.0" encoding="koi8-r"?><html>') == "koi8-r"
    assert head.charset_in(b"<html>") is None


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>Two mills burn | News | Paper</title>", "Two mills burn"),
        ("<title>Two mills burn - paper.example</title>", "Two mills burn"),
        ("<title>Paper: Two mills burn</title>", "Paper: Two mills burn"),
        ("<title>Paper – Two mills - again</title>", "Two mills - again"),
        ("<title>Two mills burn</title><h1>Paper</h1>", "Two mills burn"),
        ("<title>Two mills burn</title><h1>Weather</h1>", "Two mills burn"),
        ("<title>Mills burn</title><h1>Mills burn at night</h1>", "Mills burn at night"),
        (
            "<meta property=og:title content='Two mills burn'><h1><b>Fire</b> Two mills burn</h1>",
            "Two mills burn",
        ),
        (
            "<title>Mills burn again - Two mills: fire</title><h1>Two mills: fire</h1><h2>Mills burn again</h2>",
            "Mills burn again",
        ),
        (
            "<title>Two mills burn - Fire</title><h1>Two mills burn</h1><h2>Fire at night</h2>",
            "Two mills burn",
        ),
        (
            "<title>x</title><meta name=twitter:title content='Two &amp;amp; a mill'>",
            "Two & a mill",
        ),
    ],
)
def test_title(html: str, title: str) -> None:
    """The title is the headline, without the site's name, sections and kickers."""
    assert entry(f"<html><head></head><body>{html}{TEXT}").title == title


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Ana Petrel", ["Ana Petrel"]),
        ({"name": "Ana Petrel"}, ["Ana Petrel"]),
        ({"@type": "Person", "name": ["Ana Petrel", "Bo Lind"]}, ["Ana Petrel", "Bo Lind"]),
        (["By Ana Petrel and Bo Lind"], ["Ana Petrel", "Bo Lind"]),
        (
            [
                {"@type": "Organization", "name": "Coast Wire"},
                {"@type": "Person", "name": "Bo Lind"},
            ],
            ["Bo Lind"],
        ),
        ({"@type": "Organization", "name": "Coast & Wire"}, ["Coast & Wire"]),
        ({"@type": "Person", "name": "Paper"}, ["Paper"]),
        ([{"@id": "#nobody"}, 7, None, {"name": {"first": "Ana"}}], []),
    ],
)
def test_authors_in_jsonld(value: object, wanted: list[str]) -> None:
    """JSON-LD authors may be strings, objects or lists; people go before organisations."""
    assert names(article(linked(author=value))) == wanted


@pytest.mark.parametrize(
    ("top", "inside", "wanted", "rule"),
    [
        ("<meta name=Author content='Ana Petrel'>", "", ["Ana Petrel"], "meta author"),
        ("<meta property=article:author content='https://x.example/ana'>", "", [], None),
        (
            "<meta name=byl content='By Ana Petrel, Bo Lind'>",
            "",
            ["Ana Petrel", "Bo Lind"],
            "meta byl",
        ),
        ("", "<a rel=author href=/ana>Ana Petrel</a>", ["Ana Petrel"], "rel=author"),
        ("", "<p itemprop=author>Ana Petrel</p>", ["Ana Petrel"], "itemprop author"),
        ("", "<p class=byline>By Ana Petrel | 3 May</p>", ["Ana Petrel"], "byline"),
        ("", "<div class=comment><p class=author>Ana Petrel</p></div>", [], None),
        ("", "<aside><p class=author>Ana Petrel</p></aside>", [], None),
        ("", "<p>Von Ana Petrel</p>", ["Ana Petrel"], "byline"),
        ("", "<p>By then it was late.</p>", [], None),
        ("", "<p>By Monday</p>", [], None),
        (
            "",
            f"<p>By the river, {'past the old mill, ' * 9}runs a road.</p>",
            [],
            None,
        ),
        (
            "<meta name=author content=Paper>",
            "<p class=author>Ana Petrel</p>",
            ["Ana Petrel"],
            "byline",
        ),
        (
            linked(author={"@type": "Person", "name": "Ana Petrel"}),
            "<a rel=author>Ana Petrel</a> and <a rel=author>Bo Lind</a>",
            ["Ana Petrel", "Bo Lind"],
            "rel=author",
        ),
    ],
)
def test_authors(top: str, inside: str, wanted: list[str], rule: str | None) -> None:
    """Authors come from metas, marked elements and visible bylines, with the rule told."""
    found = article(top, inside)
    assert (names(found), why(found, "authors")) == (wanted, rule)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("By Ana Petrel", ("Ana Petrel",)),
        ("Written by Ana Petrel & Bo Lind, Editor", ("Ana Petrel", "Bo Lind")),
        ("Text: Ana Petrel (Nordby)", ("Ana Petrel",)),
        ("Ana Petrel • 4 min read", ("Ana Petrel",)),
        ("Ana Petrel, Ana Petrel", ("Ana Petrel",)),
        ("Story by Bo Lind Special Correspondent to The Paper", ("Bo Lind",)),
        ("By Ana Petrel, Contributing Opinion Writer", ("Ana Petrel",)),
        ("김하늘 기자", ("김하늘",)),
        ("https://x.example/ana", ()),
        ("@ana", ()),
        ("null", ()),
        ("word " * 100, ()),
        ("", ()),
    ],
)
def test_byline(line: str, wanted: tuple[str, ...]) -> None:
    """A byline gives its names, without roles, places, dates and addresses."""
    assert byline.people(line) == wanted


@pytest.mark.parametrize(
    ("top", "inside", "day", "rule"),
    [
        (linked(datePublished="2024-05-06T07:08:09Z"), "", "2024-05-06", "JSON-LD datePublished"),
        (
            "<meta property=article:published_time content=2024-05-06>",
            "",
            "2024-05-06",
            "meta article:published_time",
        ),
        (linked(dateCreated="2024-05-06"), "", "2024-05-06", "JSON-LD dateCreated"),
        ("", "<b itemprop=datePublished>6 May 2024</b>", "2024-05-06", "itemprop datePublished"),
        ("", "<header><time datetime=2024-05-06>x</time></header>", "2024-05-06", "time"),
        ("", "<time datetime=2024-05-06>x</time>", "2024-05-06", "time"),
        ("", "<div class=comment><time datetime=2024-05-06>x</time></div>", None, None),
        ("", "<p class=date>6 May 2024</p>", "2024-05-06", "date on the page"),
        ("", "<p>Nordby, 6 May 2024.</p>", "2024-05-06", "date by the headline"),
        (linked(datePublished="soon"), "", None, None),
    ],
)
def test_published(top: str, inside: str, day: str | None, rule: str | None) -> None:
    """The date is the machine-readable one, else one that people see."""
    found = article(top, inside)
    shown = found.published.day.isoformat() if found.published else None
    assert (shown, why(found, "published")) == (day, rule)


def test_published_in_address() -> None:
    """A date in the page's address counts where nothing else says one."""
    found = article(url="https://paper.example/2024/05/06/mills")
    assert why(found, "published") == "address"
    assert article(url="https://paper.example/2024/55/66/mills").published is None


@pytest.mark.parametrize(
    ("said", "seen", "day"),
    [
        ("2024-05-06T00:44:00Z", "05/05/2024 21:44", "2024-05-05"),
        ("2024-05-06T00:44:00Z", "5 May 2024", "2024-05-05"),
        ("2024-05-06T22:30:00Z", "7 May 2024", "2024-05-07"),
        ("2024-05-06T22:30:00+00:00", "7 May 2024 at 8:30", "2024-05-07"),
        ("2024-05-06T22:30:00Z", "5 May 2024", "2024-05-06"),
        ("2024-05-06T00:44:00Z", "7 May 2024", "2024-05-06"),
        ("2024-05-06T22:30:00Z", "7 May 2024 at 15:52", "2024-05-06"),
        ("2024-05-06T00:44:00Z", "3 May 2024", "2024-05-06"),
        ("2024-05-06T00:44:00Z", "Nordby", "2024-05-06"),
        ("2024-05-06T00:44:00+02:00", "5 May 2024", "2024-05-06"),
        ("2024-05-06", "5 May 2024", "2024-05-06"),
    ],
)
def test_day_of_utc(said: str, seen: str, day: str) -> None:
    """A time in UTC is on the day that people see by the headline, if that can be its day."""
    found = article(linked(datePublished=said), f"<p>{seen}</p>").published
    assert found is not None
    assert found.day.isoformat() == day
    assert found.time.isoformat().startswith("2024-05-06")


def test_day_in_the_zone_of_the_source() -> None:
    """A time in UTC is on the day it has in the source's time zone, where one is set."""
    html = f"{linked(datePublished='2024-05-06T00:44:00Z')}<h1>A tale of two mills</h1>{TEXT}"
    found = entry(html, replace(SOURCE, time_zone="America/Sao_Paulo")).published
    assert found is not None
    assert found.time.isoformat() == "2024-05-05T21:44:00-03:00"


def test_byline_at_the_foot() -> None:
    """Where nobody is named above, a byline after the last paragraph counts."""
    html = f"<title>A tale of two mills</title>{TEXT * 20}<p>By Ana Petrel</p><p>Nordby</p>"
    found = entry(html)
    assert (names(found), why(found, "authors")) == (["Ana Petrel"], "byline at the foot")


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        ("<p style='text-align:right'><b>Ana Petrel</b></p>", ["Ana Petrel"]),
        ("<p>Bài, ảnh: ANA PETREL</p>", ["ANA PETREL"]),
        ("<p>Tin: Ana Petrel</p>", ["Ana Petrel"]),
        ("<p>（山田花子）</p>", ["山田花子"]),
        ("<p>（写真提供）</p>", []),
        ("<p class=writer>（山田花子）</p>", ["山田花子"]),
        ("<p><a href=/topic>Ana Petrel</a></p>", []),
        ("<h2>Ana Petrel</h2>", []),
        ("<p>Nordby</p>", []),
        (
            "<p>The second of the two mills of Nordby burnt too, and nobody knew who had lit it.<br>By Ana Petrel</p>",
            ["Ana Petrel"],
        ),
    ],
)
def test_name_at_the_end(end: str, wanted: list[str]) -> None:
    """A short paragraph after the text that is only a name is the byline; a link or heading isn't."""
    assert names(entry(f"<title>A tale of two mills</title>{TEXT * 20}{end}")) == wanted


@pytest.mark.parametrize(
    "said", ["Submitted by Ana Petrel on Mon, 6/05/2024", "Soumis par Ana Petrel le lun 6/05/2024"]
)
def test_submitted(said: str) -> None:
    """A footer before the text of an article says who submitted it; one after the text doesn't."""
    foot = f"<footer><div class=node__submitted>{said}</div></footer>"
    top = "<title>A tale of two mills</title><h1>A tale of two mills</h1>"
    assert names(entry(f"{top}<article>{foot}<div>{TEXT * 20}</div></article>")) == ["Ana Petrel"]
    assert names(entry(f"{top}<article><div>{TEXT * 20}</div>{foot}</article>")) == []


def test_date_before_a_time_after_the_article() -> None:
    """A date that people see in the article goes before a <time> after it."""
    html = (
        "<h1>A tale of two mills</h1><article><p class=field--name-created>6 May 2024</p>"
        f"{TEXT}</article><section><time datetime=2024-05-01>1 May</time></section>"
    )
    found = entry(html).published
    assert found is not None
    assert found.day.isoformat() == "2024-05-06"


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("<div><a href=/yazar/ana>Ana Petrel</a></div>", ["Ana Petrel"]),
        (
            "<a href=/author/a>Ana Petrel</a> <a href=/author/b>Bo Lind</a>",
            ["Ana Petrel", "Bo Lind"],
        ),
        ("<a href=/topic/ana>Ana Petrel</a>", []),
        ("<a href=/author/ana>more of this</a>", []),
        (f"{TEXT}<a href=/author/ana>Ana Petrel</a>", []),
        ("<div class=related><a href=/author/ana>Ana Petrel</a></div>", []),
    ],
)
def test_link_to_the_author(inside: str, wanted: list[str]) -> None:
    """A name between headline and text that links to a writer's page is the byline."""
    assert names(article("", f"{inside}{TEXT}")) == wanted


@pytest.mark.parametrize("kind", ["Comment", "Review"])
def test_scope_of_another(kind: str) -> None:
    """What a comment or review says of itself doesn't count for the article."""
    html = (
        "<div itemscope itemtype=https://schema.org/BlogPosting><p itemprop=author>Ana Petrel</p>"
        f"<div itemscope itemtype=https://schema.org/{kind}><b itemprop=author>Bo Lind</b>"
        "<b itemprop=datePublished content=2024-05-07></b></div>"
        "<div class=comment-body><b itemprop=author>Cy Marsh</b></div></div>"
    )
    found = article("", html)
    assert (names(found), found.published) == (["Ana Petrel"], None)


def test_author_of_a_review() -> None:
    """A page that is a review itself has its author in the review."""
    inside = "<h1>A tale of mills</h1><p itemprop=author>Ana Petrel</p>"
    html = f"<div itemscope itemtype=https://schema.org/Review>{inside}{TEXT}</div>"
    assert names(entry(html)) == ["Ana Petrel"]


def test_name_with_a_role() -> None:
    """A name with its role under the headline goes before the organisation in JSON-LD."""
    top = linked(author={"@type": "Organization", "name": "The Nordby Paper"})
    meta = "<ul><li>Ana Petrel, Staff Reporter</li><li>6 May 2024</li></ul>"
    found = article(top, meta)
    assert (names(found), why(found, "authors")) == (["Ana Petrel"], "name with a role")
    assert names(article(top, f"{TEXT}<p>Bo Lind, Editor</p>")) == ["The Nordby Paper"]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        (
            "<b>Nordby Mill Society</b><font><b><h2>Two wheels turn</h2></b></font>",
            "Two wheels turn",
        ),
        ("<b>Nordby Mill Society</b><h1>Two wheels turn</h1>", "Two wheels turn"),
        ("<h1>Two wheels turn</h1>", "Nordby Mill Society"),
        (
            "<p>One</p><p>Two</p><p>Three</p><p>Nordby Mill Society</p><h1>Two wheels turn</h1>",
            "Nordby Mill Society",
        ),
        ("<b>Nordby Mill Society</b><h2>The society of Nordby</h2>", "Nordby Mill Society"),
        ("<meta property=og:site_name content='Nordby Mill Society'>", "Nordby Mill Society"),
        (
            "<meta property=og:site_name content='Nordby Mill Society'><h2>Two wheels turn</h2>",
            "Two wheels turn",
        ),
    ],
)
def test_title_of_the_site(html: str, title: str) -> None:
    """Where the title is the site's name, the heading above the text is the headline, if any."""
    top = "<title>Nordby Mill Society</title>"
    assert entry(f"{top}<div>{html}</div>{TEXT}").title == title


def test_rejected() -> None:
    """What else a field might have been is told, the surest first, with its reason."""
    found = article(
        linked(author="Ana Petrel", datePublished="2024-05-06", description="Both burnt.")
        + "<title>Mills of Nordby</title><meta name=author content='Bo Lind'>"
        + "<meta name=date content=2024-05-07><meta name=description content='Two mills burnt.'>"
    )
    told = [(item.field, item.quote, item.rule) for item in found.rejected]
    assert told == [
        ("title", "Mills of Nordby", "title"),
        ("authors", "Bo Lind", "meta author"),
        ("published", "2024-05-07", "meta date"),
        ("summary", "Two mills burnt.", "meta description"),
        ("summary", markup.plain(TEXT), "first paragraph"),
    ]


def test_updated() -> None:
    """A time of change is kept, unless it lies before the publication."""
    early = linked(datePublished="2024-05-06T00:00Z", dateModified="2024-05-05T00:00Z")
    assert article(early).updated is None
    assert article(linked(dateModified="2024-05-07T01:00Z")).updated == datetime(
        2024, 5, 7, 1, tzinfo=UTC
    )


def test_source_settings() -> None:
    """Author, language and time zone of the source are used where the page doesn't say."""
    source = replace(SOURCE, author="Ana Petrel", language="da", time_zone="Asia/Tokyo")
    html = f"<h1>A tale of two mills</h1><p class=date>6 May 2024, 10:00</p>{TEXT}"
    found = entry(html, source)
    assert (names(found), why(found, "authors")) == (["Ana Petrel"], "source setting")
    assert found.language == "da"
    assert found.published is not None
    assert found.published.time.isoformat() == "2024-05-06T10:00:00+09:00"


@pytest.mark.parametrize(
    ("top", "url", "link"),
    [
        ("<link rel=canonical href=/c>", "https://paper.example/a", "https://paper.example/c"),
        (
            "<link rel=canonical href=/c>",
            "https://www.paper.example/a",
            "https://www.paper.example/c",
        ),
        (
            "<link rel=canonical href=https://z.example/c>",
            "https://paper.example/a",
            "https://paper.example/a",
        ),
        ("<link rel=canonical href=/>", "https://paper.example/a", "https://paper.example/a"),
        ("<link rel=canonical href='https://[x'>", "/inbox/a.html", None),
        (
            "<meta property=og:url content=https://z.example/c>",
            "/inbox/a.html",
            "https://z.example/c",
        ),
        ("<link rel=canonical href=https://z.example/>", "/inbox/a.html", None),
        (
            "<link rel=canonical href='/c?id=1&utm_source=x&fbclid=y#top'>",
            "https://paper.example/a",
            "https://paper.example/c?id=1",
        ),
        ("", "https://paper.example/a?gclid=1#top", "https://paper.example/a"),
        ("", "https://paper.example/a?mc_cid=1&q=", "https://paper.example/a?q="),
        ("", "https://paper.example/#!/a", "https://paper.example/#!/a"),
        (
            "<link rel=canonical href='/?p=7'>",
            "https://paper.example/a",
            "https://paper.example/?p=7",
        ),
        ("", "/inbox/[a.html", None),
        ("", "//[a.html", None),
    ],
)
def test_link(top: str, url: str, link: str | None) -> None:
    """The link is the canonical one on the same host, else where the page was got from; nothing in
    it says how somebody came there."""
    assert article(top, url=url).link == link


def test_language() -> None:
    """A language that is no tag is passed over for the next."""
    html = f"<html lang='?!'><meta property=og:locale content=pt_BR><h1>A tale of mills</h1>{TEXT}"
    assert entry(html).language == "pt-BR"


def test_image_and_categories() -> None:
    """Picture and keywords may come from JSON-LD; there are at most ten categories."""
    many = ",".join(f"word {n}" for n in range(30))
    found = article(linked(image=[{"url": "/mill.jpg"}, "x"], keywords=[many, "word 1"]))
    assert found.image == "https://paper.example/mill.jpg"
    assert len(found.categories) == 10
    assert jsonld.addresses("a") == ("a",)


def test_summary() -> None:
    """A description that repeats the title gives way to the first paragraph."""
    found = article("<meta name=description content='A tale of two mills'>")
    assert why(found, "summary") == "first paragraph"
    short = entry("<h1>Two mills burn</h1><p>Both.</p>")
    assert (short.summary, short.content_html) == (None, "<p>Both.</p>")


def test_jsonld_of_the_page() -> None:
    """Of several articles in JSON-LD the one that names the page's own address is read."""
    other = linked(headline="Three wells", url="https://paper.example/z", author="Bo Lind")
    own = linked(url="https://paper.example/a/b", author="Ana Petrel")
    assert names(article(other + own)) == ["Ana Petrel"]


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "nothing",
        '{"@type":',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"n":' + "9" * 5000 + "}",
        '{"@type": 3}',
        '[[1, "x"], null]',
        " " * (3 * 1024 * 1024) + "{}",
        json.dumps([{"@graph": [{"@type": "Thing"}] * 3000}]),
    ],
    ids=range(10),
)
def test_broken_jsonld(script: str) -> None:
    """Broken, deep and huge JSON-LD is as good as none."""
    assert len(jsonld.nodes([script])) <= jsonld.MOST
    assert article(f'<script type="application/ld+json">{script}</script>').title


def test_body_beside() -> None:
    """Hidden, navigating and advertising parts go, also where the whole page is one form."""
    beside = (
        "<div hidden>Gone one</div><div style='display: none'>Gone two</div>"
        "<div role=search>Gone three</div><div class=relatedStories>Gone four</div>"
    )
    html = f"<title>A tale of two mills</title><form class=share>{beside}{TEXT * 3}</form>"
    shown = entry(html).content_html or ""
    assert "Gone" not in shown
    assert shown.count("<p>") == 3


def test_head_left_open() -> None:
    """An article that follows a head without end tag is found."""
    found = entry(f"<html><head><title>Two mills</title><article>{TEXT}")
    assert (found.content_html or "").startswith("<p>A paragraph")


def test_body_of_most_text() -> None:
    """Where nothing says it is the article, the element with most of the text is taken."""
    html = (
        "<title>A tale of two mills</title><div><p>Words at the top that stand for themselves.</p>"
        f"</div><section><div>{TEXT * 20}</div></section>"
    )
    root = markup.tree(html)
    assert root is not None
    found = body.find(root, "A tale")
    assert found.element.tag == "div"
    assert markup.text_of(found.element).count("\n\n") == 19


HOSTILE = {
    "deep": "<div class=author>" * 50_000,
    "times": "<time datetime=2024-05-06>" * 40_000,
    "bylines": "<p class='byline date'>By Ana Petrel, 6 May 2024" * 20_000,
    "headings": "<h1>Two mills</h1>" * 50_000,
    "metas": "<meta name=author content='Ana Petrel'>" * 25_000,
    "title": "<title>" + "a - " * 250_000 + "</title>",
    "keywords": linked(keywords="a," * 500_000),
    "authors": linked(author=[{"name": "Ana Petrel"}] * 30_000),
    "images": "<figure><img src=x><figcaption>x</figcaption></figure>" * 18_000,
    "articles": "<article><p>" * 40_000 + "x" * 100_000,
    "attribute": f"<p class='{'author ' * 140_000}'>x</p>",
    "digits": "<p>" + "1 2 3 4/5 " * 100_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile(html: str) -> None:
    """A hostile page of 1 MB is read, or refused, in bounded time."""
    with bounded(), suppress(ReadError):  # what lies too deep isn't read
        assert article(inside=html).title


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<article>", "</article>", "<h1>", "</h1>", "<title>", "<div class=byline>",
        "<meta name=author content='", "'>", "<time datetime='2024-01-01'>", "</script>",
        "<script type='application/ld+json'>", '{"@type": "Article", "headline": "', '"}', "<form>",
        "<base href='//[x'>", "<a href='http://[x'>", "<html lang=x>", "<figcaption>",
        "By Ana Petrel", "<script>",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=20), max_size=30).map("".join))
def test_any_page(html: str) -> None:
    """Any text at all gives a reading, sanitised, or a `ReadError`."""
    with suppress(ReadError):
        found = page.read(capture(html), SOURCE)
        assert isinstance(found, Reading)
        shown = found.entries[0].content_html or ""
        assert text.block(markup.sanitise(shown, None)) == shown  # nothing unsafe was left


def test_samples(samples: Path) -> None:
    """No saved page of the wild gives anything but a reading or a `ReadError`."""
    for path in sorted((samples / "pages").glob("*.html.gz")):
        with suppress(ReadError):
            found = entry(gzip.decompress(path.read_bytes()))
            assert found.title
            assert found.content_html
