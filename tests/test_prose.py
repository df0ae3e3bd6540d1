"""Plain-text articles: every layout of a page, with invented people, places and numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.errors import ReadError
from feedtool.model import Capture, Entry, Source
from feedtool.read import agencies, layout, pictures, prose, signature
from feedtool.read.evidence import Candidate, best

GOLDEN = Path(__file__).parent / "data" / "prose"
ROOT = Path(__file__).resolve().parents[1]
SAMPLES = Path(os.environ.get("FEEDTOOL_SAMPLES", ROOT.parent / "shared" / "samples")) / "articles"
SOURCE = Source(name="town", url="/srv/town")
BODY = "Chợ họp từ sáng sớm, bà con mang rau và cá ra bán. Đến trưa thì vãn người."


def capture(body: str | bytes, charset: str | None = None) -> Capture:
    """A capture of `body`."""
    return Capture(
        source="town",
        url="/srv/town/a.txt",
        place="a.txt",
        body=body.encode() if isinstance(body, str) else body,
        captured=datetime(2026, 1, 1, tzinfo=UTC),
        charset=charset,
    )


def read(body: str | bytes, source: Source = SOURCE) -> Entry:
    """The one entry in `body`."""
    reading = prose.read(capture(body), source)
    assert reading.kind == "prose"
    assert len(reading.entries) == 1
    return reading.entries[0]


def told(entry: Entry) -> dict[str, Any]:
    """What the golden files say about an entry."""
    published = entry.published
    return {
        "title": entry.title,
        "authors": [person.name for person in entry.authors],
        "day": published.day.isoformat() if published else None,
        "precision": published.precision if published else None,
        "language": entry.language,
        "captions": list(entry.captions),
        "summary": entry.summary,
        "categories": list(entry.categories),
        "paragraphs": len((entry.content_text or "").split("\n\n")),
        "rules": {item.field: item.rule for item in entry.evidence},
    }


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_a_layout_is_read_as_labelled(path: Path) -> None:
    """Each invented article gives the title, names, day, language, captions and lead beside it."""
    want = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    entry = read(path.read_bytes())
    content = entry.content_text or ""
    assert not [words for words in want.pop("body_has", ()) if words not in content]
    assert not [words for words in want.pop("body_lacks", ()) if words in content]
    got = told(entry)
    assert {name: got[name] for name in want} == want


@pytest.mark.parametrize("form", ["crlf", "nfd", "utf-16", "bom", "cp1258"])
def test_the_form_of_the_file_makes_no_difference(form: str) -> None:
    """Line ends, composed letters and charsets change nothing of what is read."""
    plain = (GOLDEN / "vi-masthead.txt").read_text(encoding="utf-8")
    body = {
        "crlf": plain.replace("\n", "\r\n").encode(),
        "nfd": unicodedata.normalize("NFD", plain).encode(),
        "utf-16": plain.encode("utf-16"),
        "bom": plain.encode("utf-8-sig"),
        "cp1258": unicodedata.normalize("NFC", plain).encode(),
    }[form]
    assert told(read(body)) == told(read(plain))


def test_captions_and_byline_are_no_part_of_the_body() -> None:
    """Masthead, headline, captions and byline are left out of the content."""
    entry = read((GOLDEN / "vi-masthead.txt").read_bytes())
    content = entry.content_text or ""
    assert content.startswith("LSO-Sáng 23/4/2020")
    for words in ("07/05/2020", entry.title, *entry.captions, "LƯƠNG THỊ BÍCH"):
        assert words not in content


def test_evidence_quotes_the_document() -> None:
    """Each field that has a value has its evidence: the words, the rule, how sure."""
    entry = read((GOLDEN / "vi-masthead.txt").read_bytes())
    found = {item.field: (item.quote, item.rule) for item in entry.evidence}
    assert found["title"] == (entry.title, "headline")
    assert found["authors"] == ("LƯƠNG THỊ BÍCH", "byline at foot")
    assert found["published"] == ("LSO-Sáng 23/4/2020", "dateline")
    assert found["summary"][1] == "first paragraph"
    assert all(0 < item.confidence <= 1 for item in entry.evidence)


def test_the_id_is_minted_from_the_place() -> None:
    """The id is a tag URI with the day of the capture and the path in the source."""
    assert read(f"Chợ phiên đầu năm\n\n{BODY}").id == "tag:localhost,2026-01-01:town/a.txt"


def test_settings_stand_in_where_the_document_is_silent() -> None:
    """The source's author, language and time zone are used where the document names none."""
    source = Source(
        name="town", url="/srv/town", author="Toà soạn", language="vi", time_zone="Asia/Tokyo"
    )
    entry = read(f"Chợ phiên đầu năm\n\n15/12/2020 10:30\n\n{BODY}", source)
    assert [person.name for person in entry.authors] == ["Toà soạn"]
    assert [item.rule for item in entry.evidence if item.field == "authors"] == ["source setting"]
    assert entry.published is not None
    assert entry.published.time.isoformat() == "2020-12-15T10:30:00+09:00"


DATES = [
    ("Chợ phiên đầu năm\n\nThứ ba, 15/12/2020\n\n{}", "2020-12-15", "timestamp line"),
    ("Thứ ba, 15/12/2020\n\nChợ phiên đầu năm\n\n{}", None, None),
    ("15/12/2020\n\nChợ phiên đầu năm\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\n45/45/2020\n\n{}", None, None),
    ("Chợ phiên đầu năm\n\n31/02/2020\n\n{}", None, None),
    ("Chợ phiên đầu năm\n\nCập nhật: 15/12/2020 09:00\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\nUpdated\n\n16/12/2020\n\n{}\n\n", "2020-12-16", "timestamp line"),
    ("Chợ phiên đầu năm\n\n{}\n\nNgày đăng: 15/12/2020", "2020-12-15", "timestamp at foot"),
    ("Chợ phiên đầu năm\n\n{}\n\nThứ ba, 15/12/2020 - 09:00", "2020-12-15", "timestamp at foot"),
    ("Chợ phiên đầu năm\n\n15/12/2020 Cập nhật 2 giờ trước\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\nTue 15 Dec 2020 14.30 BST\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\nLê An - 15/12/2020, 10:32\n\n{}", "2020-12-15", "byline with date"),
    ("Lê An - 15/12/2020\n\nChợ phiên đầu năm\n\n{}", "2020-12-15", "byline with date"),
    ("Chợ phiên đầu năm\n\n{}\n\nPosted on 15/12/2020 by lan", "2020-12-15", "byline at foot"),
    ("Thứ ba, 15/12/2020 07:12:33\nTin xã\n\nChợ phiên đầu năm\n\n{}", None, None),
    ("Thứ ba, 15/12/2020 | Số 12\n\nChợ phiên đầu năm\n\n{}", None, None),
    ("Chợ phiên đầu năm\n\nThứ ba, 15/12/2020 07:12\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\n입력 2020.12.15. 오후 2:11\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\nتاريخ النشر: 15/12/2020\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\nเผยแพร่: 15 ธ.ค. 2563 14:05\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\n2020-12-15 16:38　来源： 青河\n\n{}", "2020-12-15", "timestamp line"),
    ("Chợ phiên đầu năm\n\nDec 15, 20208:15 AM EDT\n\n{}", "2020-12-15", "timestamp line"),
    (
        "Chợ phiên đầu năm\n\nLê An | PUBLISHED: 15/12/2020 at 8:15 a.m. | UPDATED: 16/12/2020\n\n{}",
        "2020-12-15",
        "byline with date",
    ),
    ("Chợ phiên đầu năm\n\n野々村梢　大沢健一2020年12月15日 8時15分\n\n{}", "2020-12-15", "byline with date"),
    ("Chợ phiên đầu năm\n\nSáng 15/12/2020, chợ họp. {}", "2020-12-15", "dateline"),
    ("Chợ phiên đầu năm\n\nSáng nay, 15/12/2020, chợ họp. {}", "2020-12-15", "dateline"),
    ("Chợ phiên đầu năm\n\nLúc 9h30 ngày 15/12/2020, chợ họp. {}", "2020-12-15", "dateline"),
    ("Chợ phiên đầu năm\n\nTừ ngày 15/12/2020, chợ họp. {}", None, None),
    ("Chợ phiên đầu năm\n\nTừ 15/12/2020, chợ họp. {}", None, None),
    ("Chợ phiên đầu năm\n\nThứ tư, ngày 15/12/2020, chợ họp. {}", "2020-12-15", "dateline"),
    ("Chợ phiên đầu năm\n\nSáng 15/12, chợ họp đông. {}", None, None),
    (
        "Chợ phiên đầu năm\n\nSáng 15/12, chợ họp năm 2019. {}",
        "2019-12-15",
        "dateline, year of the lead",
    ),
    (
        "Chợ phiên đầu năm\n\nSáng 2/1, chợ họp đông. {} Phiên trước là 30/12/2018.",
        "2019-01-02",
        "dateline, year of a date nearby",
    ),
    (
        "Thứ hai, 04/03/2019\n\nChợ phiên đầu năm\n\nSáng 15/12, chợ họp. Chợ có từ 2/9/1975. {}",
        "2018-12-15",
        "dateline, before the masthead",
    ),
    (
        "青石镇举办首届茶叶节\n\n新华社青石2020年12月15日电 茶叶节昨日开幕，上千名游客前来品尝。",
        "2020-12-15",
        "dateline",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "day", "rule"), DATES)
def test_the_date_is_where_pages_have_it(body: str, day: str | None, rule: str | None) -> None:
    """A timestamp line or dateline dates an article; a masthead, a span or a bad date doesn't."""
    got = told(read(body.format(BODY)))
    assert (got["day"], got["rules"].get("published")) == (day, rule)


def test_a_time_on_the_next_line_belongs_to_the_date() -> None:
    """A day and a time on two lines are one time, and a later change is kept as such."""
    entry = read(
        "Market opens early this year\n\n28 November 2025\n\n03:26 pm\n\n"
        "Updated: 29 November 2025, 08:00\n\n"
        + "The market has opened early for the visitors. "
        * 3
    )
    assert entry.published is not None
    assert entry.published.time == datetime(2025, 11, 28, 15, 26, tzinfo=UTC)
    assert entry.updated == datetime(2025, 11, 29, 8, 0, tzinfo=UTC)


LONG = "The market has opened early for the visitors, who came from three valleys. " * 2
HEADLINES = [
    f"Politics desk of the valley\n\nMarket opens early this year\n\n8 May 2022\n\n{LONG}",
    f"Jane Roe\nReporter\nMay 8, 2022\n\nMarket opens early this year\nWhat they sell there\n\n{LONG}",
    (
        f"Market opens early this year\n\nThe hall was full of visitors from the three valleys in the "
        f"morning before the storm came\n\nBy Jane Roe\n\n{LONG}"
    ),
    (
        f"Skip to main content\nNews | Sport | Weather\nDear reader of this paper,\n\n"
        f"Market opens early this year\n\n{LONG}"
    ),
    f"Forecast 15/12/2020 - 16/12/2020\n\nMarket opens early this year\n\n{LONG}",
    f"A hall in the morning of a day (Photo: Lê An)\n\nMarket opens early this year\n\n{LONG}",
    f"A hall in the morning. Photo: Lê An.\n\nMarket opens early this year\n\n{LONG}",
    f"Market opens early this year\n\nMarket opens early this year\n\n{LONG}",
]


@pytest.mark.parametrize("body", HEADLINES)
def test_the_headline_is_where_pages_have_it(body: str) -> None:
    """Sections, kickers, names, greetings, days, credits and standfirsts aren't the headline."""
    assert read(body).title == "Market opens early this year"


def test_a_question_may_be_the_headline() -> None:
    """A sentence that asks is taken for the headline above a byline, an answer isn't."""
    assert read(f"Opinion page\n\nWhy so early?\n\nBy Jane Roe\n\n{LONG}").title == "Why so early?"


NAMES = [
    ("By Jane Roe", ("Jane Roe",)),
    ("byJane Roe", ("Jane Roe",)),
    ("By Jane Roe and John Doe", ("Jane Roe", "John Doe")),
    ("By Jane Roe, Ann Poe and John Doe", ("Jane Roe", "Ann Poe", "John Doe")),
    ("By Jane Roe, Political Editor", ("Jane Roe",)),
    ("By Jane Roe in London", ("Jane Roe",)),
    ("By Reuters", ()),
    ("By Cher", ("Cher",)),
    ("By the river, everything was quiet", ()),
    ("Von Anna Berg und Uwe Klein", ("Anna Berg", "Uwe Klein")),
    ("Text: Anna Berg", ("Anna Berg",)),
    ("Par Hélène de la Tour", ("Hélène de la Tour",)),
    ("Bài, ảnh: Hồ Vũ", ("Hồ Vũ",)),
    ("Por João Silva — São Paulo", ("João Silva",)),
    ("Phóng viên: Lê An/VOV", ("Lê An",)),
    ("Bài: Lê An - Ảnh: Hồ Vũ", ("Lê An",)),
    ("Thực hiện: Lê An, Hồ Vũ", ("Lê An", "Hồ Vũ")),
    ("Tác giả: Thảo", ("Thảo",)),
    ("记者：王小明", ("王小明",)),
    ("(Reporting by Ida Marsh; Editing by Leo Flint)", ("Ida Marsh",)),
    ("Reporting by Ida Marsh and Leo Flint; Editing by Ann Poe", ("Ida Marsh", "Leo Flint")),
    ("Par Hélène Roux avec AFP", ("Hélène Roux",)),
    ("By Jane Roe with the Associated Press", ("Jane Roe",)),
    ("Von unserer Korrespondentin Anna Berg", ("Anna Berg",)),
    ("Na Asha Mwita, Mwanza", ("Asha Mwita",)),
    ("Na cidade velha, tudo mudou", ()),
    ("Της Ελένης Μαυρίδου", ("Ελένης Μαυρίδου",)),
    ("كتبت: ليلى منصور", ("ليلى منصور",)),
    ("बाय: कुछ", ()),
    ("โดย สมหญิง ใจงาม", ("สมหญิง ใจงาม",)),
    ("Tản văn của Lê An", ("Lê An",)),
    ("Автор: Ольга Кедрина", ("Ольга Кедрина",)),
    ("BY JANE ROE AND JOHN DOE", ("JANE ROE", "JOHN DOE")),
    ("□ 本报记者 陈晓兰 王小明", ("陈晓兰", "王小明")),
    ("작성: 홍", ()),
    ("Nguồn: Lê An", ()),
    ("Theo: Lê An", ()),
]
ALONE = [
    ("NGỌC LAN – VĂN TOÀN", ("NGỌC LAN", "VĂN TOÀN")),
    ("Lê An, Hồ Vũ", ("Lê An", "Hồ Vũ")),
    ("Trung Hà (TTXVN)", ("Trung Hà",)),
    ("Trung Hà/VOV.VN", ("Trung Hà",)),
    ("P.Hậu", ("P.Hậu",)),
    ("Hồng Anh", ("Hồng Anh",)),
    ("Jane RoeThe Daily Bugle", ("Jane Roe",)),
    ("LÒ VĂN PHÚC – ĐINH THU TRÀ", ("LÒ VĂN PHÚC", "ĐINH THU TRÀ")),
    ("Ron MacDonald", ("Ron MacDonald",)),
    ("水野 春香", ("水野 春香",)),
    ("王小明 记者", ("王小明",)),
    ("CTV Lê Na", ("Lê Na",)),
    ("Lê Hoài Thu thực hiện", ("Lê Hoài Thu",)),
    ("Jane Roe in Port Eliot", ("Jane Roe",)),
    ("Dewi Lestiani - kabarNews", ("Dewi Lestiani",)),
    ("Phóng viên Lê Văn An", ("Lê Văn An",)),
    ("Petra Nová, ČTK", ("Petra Nová",)),
    ("Jane Roe jane@example.org", ("Jane Roe",)),
    ("El Correo de la Vega", ()),
    ("EUROPA PRESS CASTILLA", ()),
    ("BBT", ()),
    ("PV", ()),
    ("T.H", ()),
    ("A. B.", ()),
    ("de la", ()),
    ("Reuters", ()),
    ("Anadolu Ajansı", ()),
    ("Growing sinkhole ignored", ()),
    ("Bảy Lưới 2020", ()),
    ("Share", ()),
    ("Ảnh: Lê An", ()),
    ("A" * 200, ()),
]


@pytest.mark.parametrize(("line", "names"), NAMES)
def test_a_marked_byline_names_people(line: str, names: tuple[str, ...]) -> None:
    """A line that says it is a byline gives its people, without agencies, places and offices."""
    assert signature.marked(line) == names


@pytest.mark.parametrize(("line", "names"), ALONE)
def test_a_line_of_names_names_people(line: str, names: tuple[str, ...]) -> None:
    """A line of nothing but names gives them; initials of the editors and agencies are nobody."""
    assert signature.lone(line) == names


def test_a_byline_may_run_on() -> None:
    """Names behind the last sentence are found with their words, stops in initials included."""
    assert signature.run_on("Chợ vãn. Tin, ảnh: T. Hà") == (("T. Hà",), "Tin, ảnh: T. Hà")
    assert signature.run_on("Chợ vãn… P.Hậu") == (("P.Hậu",), "P.Hậu")
    assert signature.run_on("Chợ vãn. Nguồn: Lê An") == ((), "")
    assert signature.run_on("It was over. He went home") == ((), "")


def test_an_agency_names_its_reporter_in_the_lead() -> None:
    """Chinese and Korean leads name the reporters in brackets or before an equals sign."""
    assert signature.inline("新华社青石5月6日电（记者张三、李四）茶叶节开幕。")[0] == (
        "张三",
        "李四",
    )
    assert signature.inline("(한빛=연합) 서다온 기자 = 도서관이 문을 열었다.")[0] == ("서다온",)
    assert signature.inline("도서관이 문을 열었다.") == ((), "")


@pytest.mark.parametrize(
    ("lead", "rest"),
    [
        ("LSO-Sáng nay chợ họp", "Sáng nay chợ họp"),
        ("(Baolang.vn) - Chợ họp", "Chợ họp"),
        ("TTO – Chợ họp", "Chợ họp"),
        ("HÀ NỘI, 15/12 – Chợ họp", "Chợ họp"),
        ("BERLIN (dpa) – Es regnet", "Es regnet"),
        ("Berlin (dpa) - Es regnet", "Es regnet"),
        ("NEW YORK, Dec 15 (Wire) - It rains", "It rains"),
        ("JAKARTA, KABAR.com -- Hujan", "Hujan"),
        ("– Chợ họp", "Chợ họp"),
        ("新华社青石5月6日电 茶叶节开幕", "茶叶节开幕"),
        ("[한빛일보] 서다온 기자 = 문을 열었다", "문을 열었다"),
        ("(SGGP) Chiều qua chợ họp", "Chiều qua chợ họp"),
        ("(Cười) Chợ họp", "(Cười) Chợ họp"),
        ("BERLIN taz | Es regnet", "Es regnet"),
        ("Madrid, 12 may (EFE).- Llueve", "Llueve"),
        ("(ANSA) - ROMA, 12 MAG - Piove", "Piove"),
        ("МОСКВА, 15 дек — РИА Новости. Дождь", "Дождь"),
        ("МОСКВА, 12 мая. /ТАСС/. Дождь", "Дождь"),
        ("TEMPO.CO, Jakarta - Hujan", "Hujan"),
        ("本报讯（记者 张三）茶叶节开幕", "茶叶节开幕"),
        ("央视网消息：茶叶节开幕", "茶叶节开幕"),
        ("【東京共同】茶会が開かれた", "茶会が開かれた"),
        ("यह बहुत बड़ी बात है – उन्होंने कहा", "यह बहुत बड़ी बात है – उन्होंने कहा"),
        ("MILLBROOK, 3 May — The County. Rain fell", "The County. Rain fell"),
        ("Chợ họp – và vãn sớm", "Chợ họp – và vãn sớm"),
        ("COVID-19 đã qua", "COVID-19 đã qua"),
        ("The match ended 3 - 1 at home", "The match ended 3 - 1 at home"),
    ],
)
def test_the_agency_is_no_part_of_the_lead(lead: str, rest: str) -> None:
    """Agency, place and dash before a lead are told from its words."""
    assert lead[agencies.agency(lead) :] == rest


def test_the_source_says_what_its_datelines_begin_with() -> None:
    """`agency` is cut from the lead, and what follows it is a dateline."""
    words = "Chợ phiên đầu năm\n\nĐài Vùng Cao: Sáng 15/12/2020, chợ họp đông. {}"
    entry = read(words.format(BODY), Source(name="a", url="/a", agency="Đài Vùng Cao"))
    assert (entry.summary or "").startswith("Sáng 15/12/2020, chợ họp đông.")
    assert told(entry)["day"] == "2020-12-15"
    assert (read(words.format(BODY)).summary or "").startswith("Đài Vùng Cao")
    assert agencies.agency("Đài Vùng Caonguyên", "Đài Vùng Cao") == 0
    assert agencies.agency("(Kabar) Hujan turun", "kabar") == len("(Kabar) ")


def test_the_source_says_in_which_order_its_dates_are() -> None:
    """`date_order` decides where both are possible, in a stamp as in a dateline."""
    words = "Market opens early this year\n\n{}\n\n{}" + "The market has opened early. " * 3
    american = Source(name="a", url="/a", date_order="month")
    assert told(read(words.format("3/4/2022", ""), american))["day"] == "2022-03-04"
    assert told(read(words.format("25/4/2022", ""), american))["day"] == "2022-04-25"
    assert told(read(words.format("3/4/2022", "")))["day"] == "2022-04-03"
    lead = words.format("", "BOSTON (Wire) - On 3/4/2022 it rained. ")
    assert told(read(lead, american))["day"] == "2022-03-04"


def test_what_lost_is_told() -> None:
    """The candidates that lost stand in `rejected`; a masthead is among them and never wins."""
    entry = read((GOLDEN / "vi-masthead.txt").read_bytes())
    masthead = [item for item in entry.rejected if item.rule.startswith("masthead")]
    assert [(item.field, item.confidence) for item in masthead] == [("published", 0.0)]
    alone = read(f"Thứ ba, 15/12/2020\n\nChợ phiên đầu năm\n\n{BODY}")
    assert alone.published is None
    assert [item.rule for item in alone.rejected] == ["masthead: the day the page was saved"]
    titles = read(f"Chợ Bản Khuông\n\nChợ phiên đầu năm họp sớm\n\nLê An\n\n{BODY}")
    lost = {item.quote for item in titles.rejected if item.field == "title"}
    assert lost == {"Chợ Bản Khuông", "Lê An"}


def test_a_date_of_the_far_future_is_none() -> None:
    """A date more than a year after the capture is told of, and doesn't count."""
    entry = read(f"Chợ phiên đầu năm\n\n15/12/2031\n\n{BODY}")
    assert entry.published is None
    assert [item.rule for item in entry.rejected] == ["timestamp line: in the future"]


def test_an_anniversary_is_no_date_of_publication() -> None:
    """A dateline of long ago in a text that names later dates is history."""
    words = "Chợ phiên đầu năm\n\nNgày 22/11/1946, chợ họp lần đầu. {} Lễ kỷ niệm ngày 20/11/2021."
    assert read(words.format(BODY)).published is None
    old = read(f"Chợ phiên đầu năm\n\nNgày 22/11/1946, chợ họp lần đầu. {BODY}")
    assert told(old)["day"] == "1946-11-22"


LISTINGS = [
    "Roads\n\n{}".format(
        "\n\n".join(
            f"Bridge number {n} is closed\nBy Jane Roe | {n} May 2022\nIt opens again in June."
            for n in range(1, 5)
        )
    ),
    "Drogi\n\n{}".format(
        "\n\n".join(
            f"{n}.05.2022\nMost numer {n} zamknięty\nOtwarcie planowane jest w czerwcu.\nCzytaj więcej"
            for n in range(10, 14)
        )
    ),
]


@pytest.mark.parametrize("body", LISTINGS)
def test_a_list_of_teasers_is_no_article(body: str) -> None:
    """Groups of a short line, a date and a sentence make a list, wherever the date stands."""
    with pytest.raises(ReadError, match="list of articles"):
        read(body)


def test_teasers_below_an_article_make_no_list() -> None:
    """An article with dated teasers below it is still an article."""
    long = "The market has opened early for the visitors, who came from three valleys. " * 3
    teasers = "\n\n".join(f"More about it\n{n} May 2022\nIt goes on." for n in range(1, 5))
    entry = read("Market opens early this year\n\n" + f"{long}\n\n" * 6 + f"Related\n\n{teasers}")
    assert entry.title == "Market opens early this year"


CREDITS = [
    "Passengers wait. © Ida Holm / Wire",
    "© Wire / Ida Holm | Passengers at the pier",
    "Pasajeros en el muelle. / ARCHIVO",
    "Penumpang menunggu.(KABAR.com/DEWI)",
    "Boti mpya. Picha na Asha Mwita",
    "ركاب - تصوير: سامي",
    "नाव। फोटो: आकाश",
    "Βάρκα. Φωτ.: Λαγός",
    "修复后的戏台。（受访者供图）",
    "船を待つ人＝7日、汐見市、大沢健一撮影",
    "아이들이 논다. /홍길동 기자",
    "Một góc bản. Ảnh tư liệu",
    "Łódź. Fot. Jan Mazurek",
    "Boats, 2020. REUTERS/Ida Holm",
    "Le quai - Tous droits réservés",
]
NO_CREDITS = [
    "Nguyễn Hoài Nam (TTXVN/Vietnam+)",
    "Selin KORKMAZ / BURDUR (DHA)",
    "Ảnh hưởng của bão đến vụ mùa",
    "Mỗi người gửi 8 ảnh. Ảnh chụp trong thời gian từ ngày 1/1 đến nay",
    "He said (and/or wrote) that it rained.",
    "저작권자 © 한빛, 무단전재 금지",
    "x" * 400,
]


@pytest.mark.parametrize("words", CREDITS)
def test_a_credit_makes_a_caption(words: str) -> None:
    """Whoever made or lent a picture is named in one of the forms that papers have."""
    assert pictures.is_credit(words)


@pytest.mark.parametrize("words", NO_CREDITS)
def test_what_looks_like_a_credit_is_none(words: str) -> None:
    """Bylines, footers and sentences about pictures are no captions."""
    assert not pictures.is_credit(words)


@pytest.mark.parametrize(
    ("words", "caption"),
    [
        ("Chợ họp ở bản. Ảnh: Lê Văn An Trong chợ, ai cũng vui.", "Chợ họp ở bản. Ảnh: Lê Văn An"),
        ("Chợ họp ở bản. Ảnh Kabar Liên hoan kéo dài.", "Chợ họp ở bản. Ảnh Kabar"),
        ("Chợ họp ở bản. Ảnh: TTXVN Ông Lê An nói vậy.", "Chợ họp ở bản. Ảnh: TTXVN"),
        ("Chợ họp ở bản (Ảnh: Lê An) Chợ đông từ sáng.", "Chợ họp ở bản (Ảnh: Lê An)"),
        ("Chợ họp ở bản. Ảnh đẹp lắm, ai cũng nói vậy.", ""),
        ("Chợ họp ở bản. Ảnh: nhiều người xem.", ""),
    ],
)
def test_a_caption_may_run_on(words: str, caption: str) -> None:
    """A picture's words before a paragraph end with the name, before the last capital."""
    assert pictures.split(words)[0] == caption


def test_a_picture_is_announced() -> None:
    """A sentence below "Photos", with its day and agency below it, is a caption, and no day."""
    entry = read(
        "Market opens early this year\n\nJane Roe | 8 May 2022\n\nPhotos\n\n"
        "The market hall was full of visitors in the morning, before the storm came.\n\n"
        "27-06-2012\n\n| Wire\n\n" + "The market has opened early for the visitors. " * 4
    )
    assert entry.captions == (
        "The market hall was full of visitors in the morning, before the storm came.",
    )
    assert told(entry)["day"] == "2022-05-08"


def test_an_agency_on_its_own_line_belongs_to_the_lead() -> None:
    """A dateline that ends in a dash is put before the next paragraph, and cut from the lead."""
    entry = read(f"Chợ phiên đầu năm\n\nHÀ NỘI, 15/12/2020 (TTX) -\n\n{BODY}")
    assert (entry.content_text or "").startswith("HÀ NỘI, 15/12/2020 (TTX) - Chợ")
    assert entry.summary == BODY
    assert told(entry)["day"] == "2020-12-15"


def test_comments_above_a_byline_end_nothing() -> None:
    """A button below the standfirst is no end of the article while its time is still to come."""
    entry = read(
        "Market opens early this year\n\nThe hall was full of visitors in the morning.\n\n"
        "Comments\n\nBy Jane Roe\n\n8 May 2022\n\n"
        + "The market has opened early for the visitors. "
        * 4
    )
    assert "has opened early" in (entry.content_text or "")
    assert [person.name for person in entry.authors] == ["Jane Roe"]


def test_a_change_on_the_same_line_is_kept() -> None:
    """ "Published … | Updated …" gives both times."""
    entry = read(
        "Market opens early this year\n\n"
        "Published 9:14 a.m. ET Dec. 3, 2021 | Updated 1:02 p.m. ET Dec. 3, 2021\n\n"
        + "The market has opened early for the visitors. "
        * 4
    )
    assert entry.published is not None
    assert entry.published.time.isoformat() == "2021-12-03T09:14:00-05:00"
    assert entry.updated is not None
    assert entry.updated.isoformat() == "2021-12-03T13:02:00-05:00"


def test_a_name_above_the_headline_signs() -> None:
    """Name, role and time above the headline are the byline, buttons between them aside."""
    entry = read(
        f"Jane Roe\nFollow\n4 min read\nMay 8, 2022\n\nMarket opens early this year\n\n{LONG}"
    )
    assert [person.name for person in entry.authors] == ["Jane Roe"]


def test_a_name_in_a_bracket_signs_in_japanese() -> None:
    """The bracket behind the last stop names a person, but not an agency or an end."""
    assert signature.closing("始める予定だ。（野々村梢）") == (("野々村梢",), "（野々村梢）")
    assert signature.closing("始める予定だ。（敬称略）") == ((), "")
    assert signature.closing("始める予定だ。") == ((), "")


def test_a_foot_names_who_posted() -> None:
    """One word will do in "Posted … by NAME", small letters too; an office won't."""
    assert signature.dated("Posted by Wilma on | 4 comments") == ("Wilma",)
    assert signature.dated("Pubblicato il da giorgio") == ("giorgio",)
    assert signature.dated("Posted on by Jane Roe") == ("Jane Roe",)
    assert signature.dated("Posted on by admin team") == ()
    assert signature.dated("Posted by newsroom") == ()
    assert signature.dated("Puerto de Palma") == ()


UNREADABLE = [
    (b"", "is empty"),
    (b" \n ", "is empty"),
    (bytes(range(32)) * 40, "binary"),
    (b"a" * 1_000_000, "no body"),
    (b"One line only", "no body"),
    ("Chợ phiên đầu năm\n\nLê An\n\n15/12/2020".encode(), "no body"),
    (BODY.encode() * 3, "no headline"),
    (b"15/12/2020\n" * 20, "no headline"),
    ("Chợ phiên đầu năm nay\n\n".encode() * 30, "no body"),
    ("\n\n".join(f"Headline number {n} of the list" for n in "abcdefgh").encode(), "list"),
    (("Chợ phiên đầu năm\n\n15/12/2020\n\n" + BODY + "\n\n").encode() * 12, "list"),
]


@pytest.mark.parametrize(("body", "reason"), UNREADABLE)
def test_what_is_no_article_says_why(body: bytes, reason: str) -> None:
    """A document without headline or body is refused with a reason, and named."""
    with pytest.raises(ReadError, match=reason) as caught:
        read(body)
    assert caught.value.subject == "/srv/town/a.txt"


@pytest.mark.parametrize(
    "body",
    [
        "x" * 10_000 + "\n\n" + BODY,
        "../../etc/passwd\n\n" + BODY,
        "Short words of some lines\n\nNo stop here\nNor any here either",
        "Is it over yet?\n\n" + BODY,
        "It is over.\n\n" + BODY,
        "A title of four words\n\n" + "a" * 1_000_000,
        "A title of four words\n\n" + "- " * 300_000,
        "A title of four words\n\n" + "Câu ngắn. " * 60_000,
        "A title of four words\n\n" + (BODY + "\n") * 5_000,
        "A title of four words\n\n" + BODY + "\n" + "ab cd\n" * 50_000,
        "A title of four words\n\n" + BODY + "\n" + "1/1/2020 a\n" * 20_000,
    ],
)
def test_odd_documents_are_read(body: str) -> None:
    """Large and odd documents are read in one pass, the first line kept whole as the title."""
    entry = read(body)
    assert entry.title == body.partition("\n")[0]
    assert entry.content_text
    assert len(entry.summary or "") <= 2 * prose.SUMMARY


LONG_BODY = "Am Morgen kamen die ersten Gäste, am Abend war der Saal voll. " * 3
ENGLISH = "The market opened at dawn and people came from the hills to sell fish and rice. " * 2
CHINESE = "清晨，镇上的集市开门，村民带着蔬菜和鲜鱼前来出售，到了中午人们才慢慢散去。" * 3


@pytest.mark.parametrize(
    ("meta", "day", "authors"),
    [
        ("21-03-2022 - 08:15 | Thời sự", "2022-03-21", []),
        ("Thời sự | 21-03-2022 - 08:15", "2022-03-21", []),
        ("21-03-2022 - 08:15 | Tác giả: Lê An", "2022-03-21", ["Lê An"]),
        ("2022-03-21 08:15:30　来源：水镇日报　作者：周小禾 林大山", "2022-03-21", ["周小禾", "林大山"]),
        ("2022-03-21　作者：周小禾、林大山", "2022-03-21", ["周小禾", "林大山"]),
        ("2022-03-21 08:15 作者：周小禾，林大山", "2022-03-21", ["周小禾", "林大山"]),
        ("เผยแพร่: 21 มี.ค. 2565 08:15 ปรับปรุง: 21 มี.ค. 2565 09:00 โดย: สมชาย ใจดี", "2022-03-21", ["สมชาย ใจดี"]),
        ("2022年3月21日 8時15分　森下花子", "2022-03-21", ["森下花子"]),
        ("21.03.2022, 08:15 Uhr  Von Jana Roth", "2022-03-21", ["Jana Roth"]),
    ],
)  # fmt: skip
def test_fields_of_a_line_are_read_each_by_itself(meta: str, day: str, authors: list[str]) -> None:
    """A date and an author are found beside sections, sources and each other on one line."""
    entry = read(
        f"水边小镇的集市今天清晨又开门了\n\n{meta}\n\n字号：大 中 小\n\n{CHINESE}\n\n{CHINESE}"
    )
    assert entry.title == "水边小镇的集市今天清晨又开门了"
    assert entry.published
    assert entry.published.day.isoformat() == day
    assert [person.name for person in entry.authors] == authors


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("2022年3月21日 8時15分\n有料記事\n森下花子", "森下花子"),
        ("記者・森下花子\n2022年3月21日", "森下花子"),
        ("周小禾\n2022年3月21日", "周小禾"),
        ("2022年3月21日\n国际新闻", None),
    ],
)
def test_a_short_eastern_line_beside_the_date_is_a_byline(head: str, author: str | None) -> None:
    """Three to six letters beside the date are a name, if they don't end like an office."""
    entry = read(f"水边小镇的集市今天清晨又开门了\n\n{head}\n\n{CHINESE}\n\n{CHINESE}")
    assert [person.name for person in entry.authors] == ([author] if author else [])


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("BÁO SÔNG QUÊ ĐIỆN TỬ\nCơ quan của Đảng bộ tỉnh Sông Quê hôm nay\n\nChợ nổi mở lại sau nhiều năm\nThứ hai, 21/03/2022, 17:05",
         "Chợ nổi mở lại sau nhiều năm"),
        ("Tiếng nói của bà con vùng sông nước quê mình\nThứ hai, 28/03/2022, 09:30\n\nChợ nổi mở lại sau nhiều năm vắng khách\nThứ hai, 21/03/2022, 17:05",
         "Chợ nổi mở lại sau nhiều năm vắng khách"),
        ("Bäckerin aus dem Oberdorf backt nachts für alle Nachbarn\n\nDas Brot liegt morgens in einem Regal neben der alten Kirche\n\nVon Jana Roth\n21.03.2022",
         "Bäckerin aus dem Oberdorf backt nachts für alle Nachbarn"),
        ("Oberdorf und Umland\n\nBäckerin aus dem Oberdorf backt nachts für alle Nachbarn\n\nVon Jana Roth\n21.03.2022",
         "Bäckerin aus dem Oberdorf backt nachts für alle Nachbarn"),
    ],
)  # fmt: skip
def test_the_headline_beside_slogan_and_standfirst(head: str, title: str) -> None:
    """A paper's slogan above and a standfirst below the headline don't take its place."""
    assert read(f"{head}\n\n{LONG_BODY}\n\n{LONG_BODY}").title == title


@pytest.mark.parametrize(
    ("line", "initials"),
    [
        ("N.T", ("N.T",)),
        ("(N.T)", ("N.T",)),
        ("N.T.T.", ("N.T.T.",)),
        ("P.V", ()),
        ("B.B.T.", ()),
        ("n.t", ()),
        ("U.S. Post", ()),
    ],
)
def test_a_line_of_initials_signs_a_text(line: str, initials: tuple[str, ...]) -> None:
    """A last line of two to four capitals with dots is who wrote it, if no staff goes by them."""
    assert signature.initials(line) == initials
    entry = read(f"Chợ phiên đầu năm đông khách\n\n{BODY * 2}\n\n{BODY * 2}\n\n{line}")
    assert tuple(person.name for person in entry.authors) == initials


def test_initials_behind_a_byline_word_are_an_author() -> None:
    """After "di", "by" or "von", initials count in small letters too."""
    assert signature.marked("di r.b.") == ("r.b.",)
    assert signature.marked("By R.B.") == ("R.B.",)
    assert signature.marked("Von r.b") == ("r.b",)


@pytest.mark.parametrize(
    "credit", ["Фото: Иван Лугов / Волна", "Fot. Jan Leśny", "Photograph: Ann Poe"]
)
def test_a_sentence_above_a_credit_stays_the_lead(credit: str) -> None:
    """A first paragraph of some length is the lead, and no caption, above a credit line."""
    first = "The market by the river opened at dawn after three long years of work on its roof and its walls."
    first = f"{first[:-1]} by hand."
    entry = read(
        f"Market by the river opens again\n\n{first}\n\n{credit}\n\n{ENGLISH}\n\n{ENGLISH}"
    )
    assert entry.summary == first
    assert entry.captions == (credit,)


@pytest.mark.parametrize(
    ("lead", "rest"),
    [
        ("ELMTON, Ohio — The board met.", "The board met."),
        ("PORT ELM, West Virginia (Wire) — The board met.", "The board met."),
        ("Elmton, Ohio — The board met.", "Elmton, Ohio — The board met."),
        ("ELMTON, in the hills — The board met.", "ELMTON, in the hills — The board met."),
    ],
)
def test_a_dateline_may_name_the_state(lead: str, rest: str) -> None:
    """A place in capitals is a dateline with the state behind it too."""
    assert lead[agencies.agency(lead) :] == rest


@given(st.text(max_size=400) | st.lists(st.sampled_from(
    ["By Jane Roe", "15/12/2020", "", "", BODY, "Chợ phiên đầu năm", "Ảnh: Lê An", "Related",
     "LSO-Sáng 15/12, chợ họp.", "Comments", "Thứ ba, 19/01/2021", "•", "Lê An", "- Ảnh 1."]
), max_size=14).map("\n".join))  # fmt: skip
def test_any_text_is_an_article_or_an_error(words: str) -> None:
    """Whatever the text, there is one entry with evidence for its title, or a `ReadError`."""
    try:
        entry = read(words)
    except ReadError:
        return
    assert entry.title
    assert entry.content_text
    assert {"title", "summary"} <= {item.field for item in entry.evidence}


@given(st.binary(max_size=300))
def test_any_bytes_are_an_article_or_an_error(body: bytes) -> None:
    """Whatever the bytes, there is one entry or a `ReadError`."""
    try:
        assert read(body).title
    except ReadError:
        return


def test_the_surest_candidate_wins() -> None:
    """The surest candidate is the best, the first of equals; none of none."""
    low, high = Candidate(1, "a", "x", 0.2), Candidate(2, "b", "y", 0.8)
    assert best([low, high, Candidate(3, "c", "z", 0.8)]) is high
    assert best([]) is None


def test_lines_that_were_broken_are_put_together() -> None:
    """A paragraph broken at a width is one line again; a list of short lines stays as it is."""
    broken = ("word " * 11).strip() + "\n" + ("word " * 11).strip() + "\n" + "end of it."
    page = layout.lines(f"{broken}\n\n{broken}\n\nTitle\nBy Jane Roe")
    assert [line.gap for line in page] == [0, 1, 1, 0]
    assert page[0].text.endswith("word end of it.")
    assert len(layout.lines("a\nb\nc")) == 3


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the labelled samples are not here")
def test_the_labelled_samples_are_read_well_enough() -> None:
    """Every field is right on at least the floor's share of the labelled articles."""
    program = ROOT / "benchmarks" / "quality.py"
    run = subprocess.run([sys.executable, program, "--gate"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
