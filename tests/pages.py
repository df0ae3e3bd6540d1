"""What the tests of pages share: articles of all kinds, and a small site of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from feedtool.config import FeedTable, Site
from feedtool.model import Enclosure, Evidence, Feed, Person, Published
from feedtool.publish.document import Item, Origin, Revision, Turn
from feedtool.publish.html import Pages
from tests.conftest import make_entry

BASE = "https://tin.example/"
FEEDS = (
    FeedTable(name="all", title="Tất cả", formats=("json", "atom", "rss")),
    FeedTable(name="market", title="Chợ phiên", formats=("atom",)),
)
VALLEY = Origin(f"{BASE}sources/valley.html", "valley")
GAZETTE = Origin("https://gazette.example/feed", "gazette", "https://gazette.example/feed")
DAY = date(2020, 12, 15)
INDIA = timezone(timedelta(hours=5, minutes=30))
EVIDENCE = (
    Evidence("title", "Tổng kết phong trào trồng chè", "headline", 0.8),
    Evidence("authors", "HOÀI AN", "byline at foot", 0.9),
    Evidence("published", "TNS-Sáng 15/12/2020", "dateline", 0.85),
)
REVISIONS = (
    Revision(1, datetime(2020, 12, 15, 3, tzinfo=UTC)),
    Revision(2, datetime(2020, 12, 15, 9, 30, tzinfo=UTC), ("title", "body")),
    Revision(3, datetime(2020, 12, 16, 2, tzinfo=UTC)),
)


def make_pages(language: str | None = "vi", theme: Path | None = None, **fields: Any) -> Pages:
    """The pages of a site in this language."""
    site = Site(title="Tin Thung Lũng", base_url=BASE, author="Toà soạn", language=language)
    return Pages(site, fields.get("feeds", FEEDS), theme)


def make_item(slug: str, origin: Origin = GAZETTE, guessed: bool = False, **fields: Any) -> Item:
    """An article with these fields; one of the valley lives here alone."""
    page = f"2020/12/15/{slug}.html"
    link = f"{BASE}{page}" if origin is VALLEY else f"https://www.gazette.example/{slug}"
    given: dict[str, Any] = {"published": Published.on(DAY), "link": link, "id": link}
    entry = make_entry(**{**given, **fields})
    return Item(entry=entry, page=page, origin=origin, date_guessed=guessed)


OWN = make_item(
    "own",
    VALLEY,
    title="Hội nghị tổng kết phong trào trồng chè xã Pá Lương năm 2020",
    authors=(Person("Hoài An"), Person("Lò Văn Phúc", "https://e.example/phuc")),
    summary="Sáng 15/12/2020, xã Pá Lương tổng kết phong trào trồng chè.",
    content_text=None,
    content_html=(
        '<p>Mở đầu, <a href="https://e.example/x">xem thêm</a>.</p><h3>Kết quả</h3><p>9 ha.</p>'
        "<h5>Thôn Khe Vàng</h5><pre>" + "dài" * 60 + "</pre><table><tbody><tr><th>Thôn</th></tr>"
        "<tr><td>Khe Vàng</td></tr></tbody></table>"
    ),
    captions=("Bà Triệu Thị Nhàn giới thiệu vườn ươm",),
    categories=("Chè", "Hợp tác xã"),
    rights="© Hợp tác xã",
    evidence=EVIDENCE,
    updated=datetime(2020, 12, 16, 2, tzinfo=UTC),
)
FERRY = make_item(
    "ferry",
    title="The Wednesday ferry is back",
    authors=(Person("Ada Quill"),),
    summary="From Wednesday the ferry runs again.",
    published=Published.at(datetime(2020, 12, 15, 18, 5, tzinfo=INDIA)),
    image="https://gazette.example/ferry.jpg",
    enclosures=(Enclosure("https://gazette.example/timetable.pdf", title="Timetable"),),
    language="en",
)
HARBOUR = make_item(
    "harbour",
    guessed=True,
    title="عودة القوارب إلى الميناء الصغير",
    authors=(Person("نور الهدى"),),
    summary="عادت قوارب الصيد صباح اليوم إلى الميناء.",
    categories=("ميناء",),
    language="ar",
    evidence=EVIDENCE[:1],
)
LONG = make_item(
    "long",
    title="Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2 + " rất dài" * 30,
    link="https://gazette.example/" + "x" * 200,
    authors=(),
    summary=None,
    language="de",
)
ALL = (OWN, FERRY, HARBOUR, LONG)


def site(pages: Pages) -> dict[str, bytes]:
    """The files of a small site with a page of each kind, by path."""

    def of(*items: Item) -> Sequence[bytes]:
        return [pages.entry(item) for item in items]

    feed = Feed(
        id=f"{BASE}all.atom",
        title="Tất cả",
        link=f"{BASE}all.html",
        self_link=f"{BASE}all.atom",
        author="Toà soạn",
        language="vi",
    )
    newest, full = "sources/gazette.html", "sources/gazette/0001.html"
    day, closed = "2020/12/15/index.html", "2020/12/15/index/0001.html"
    return {
        **pages.files(),
        "index.html": pages.index([VALLEY, GAZETTE], [2019, 2020]),
        "all.html": pages.feed(feed, FEEDS[0], of(*ALL)),
        "market.html": pages.feed(feed, FEEDS[1], []),
        "2020/12/15/own.html": pages.article(OWN, REVISIONS, VALLEY),
        "2020/12/15/ferry.html": pages.article(FERRY, REVISIONS[:1], GAZETTE),
        "2020/12/15/harbour.html": pages.article(HARBOUR, (), GAZETTE),
        "2020/12/15/long.html": pages.article(LONG, (), None),
        day: pages.day(DAY, day, of(*ALL), Turn(None, closed)),
        closed: pages.day(DAY, closed, of(FERRY), Turn(1, None, day)),
        newest: pages.source(GAZETTE, newest, of(*ALL[1:]), Turn(None, full)),
        full: pages.source(GAZETTE, full, of(FERRY), Turn(1, None, newest)),
        "sources/valley.html": pages.source(VALLEY, "sources/valley.html", of(OWN), Turn()),
        "2020/12/index.html": pages.month(2020, 12, [2, 15, 31]),
        "2020/index.html": pages.year(2020, [12, 1]),
        "2019/index.html": pages.year(2019, []),
    }
