"""Queries: what words ask for, in FTS5's language; how well an entry fits; the words around it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.archive.query import MOST_TERMS, Query, Term, expression, parse
from feedtool.archive.ranking import score, snippet
from feedtool.errors import UsageError
from feedtool.model import Entry, Person
from tests.conftest import bounded, make_entry

ANY = st.text(st.characters(codec=None), max_size=80)


def day(*parts: int) -> datetime:
    """The beginning of a day in UTC."""
    return datetime(*parts, tzinfo=UTC)


def entry(title: str = "Tin", content_text: str = "Bài.", **fields: Any) -> Entry:
    """An entry with this title and text, and nothing else to find."""
    given: dict[str, Any] = {"summary": None, "authors": ()}
    return make_entry(title=title, content_text=content_text, **{**given, **fields})


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("đảng bộ", [Term("đảng"), Term("bộ")]),
        ('"đảng bộ" -huyện', [Term('"đảng bộ"'), Term("huyện", excluded=True)]),
        ("“đảng bộ” -«a b»", [Term('"đảng bộ"'), Term('"a b"', excluded=True)]),
        ('author:"Hoài An" x', [Term("Hoài An", "author"), Term("x")]),
        ("Author:An -author:Bo", [Term("An", "author"), Term("Bo", "author", excluded=True)]),
        ("source:valley", [Term("valley", "source")]),
        ("https://e.example/a 10:30", [Term("https://e.example/a"), Term("10:30")]),
        ("tác:giả", [Term("tác:giả")]),
        ('unclosed "a b', [Term("unclosed"), Term('"a b')]),
        ("a a - ?! 🎉 b", [Term("a"), Term("b")]),
        ("co\u0302", [Term("cô")]),
    ],
)
def test_words_ask_for_terms(typed: str, terms: list[Term]) -> None:
    """Words, phrases, names and what is left out; a name that isn't known is part of a word."""
    assert parse(typed) == Query(tuple(terms))


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("from:2020", day(2020, 1, 1), None),
        ("to:2020", None, day(2021, 1, 1)),
        ("to:2020-12", None, day(2021, 1, 1)),
        ("on:2020-02", day(2020, 2, 1), day(2020, 3, 1)),
        ("on:2020-2-29", day(2020, 2, 29), day(2020, 3, 1)),
        ("from:2020-01-01..to:2020-12-31", day(2020, 1, 1), day(2021, 1, 1)),
        ("from:2020-01..2020-06", day(2020, 1, 1), day(2020, 7, 1)),
        ("from:2020 from:2021 to:2023 to:2022", day(2021, 1, 1), day(2023, 1, 1)),
    ],
)
def test_dates_are_whole_years_months_and_days(
    typed: str, since: datetime | None, until: datetime | None
) -> None:
    """They begin and end at midnight in UTC, and the narrowest count."""
    assert parse(typed) == Query((), since, until)
    assert expression(parse(typed)) is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (
            "from:2020-13",
            "from:2020-13: is no date: write from:2020, from:2020-12 or from:2020-12-31",
        ),
        ("on:", "on:: is no date"),
        ("to:gestern", "to:gestern: is no date"),
        ("on:2021-02-29", "is no date"),
        ("from:9999", "is no date"),
        ("from:0000", "is no date"),
        ("from:2020..to:x", "is no date"),
        ("-from:2020 x", "go without the -"),
        ("from:2021 to:2020", "end before they begin"),
        ("author: x", 'needs a name: author:NAME or author:"A NAME"'),
        ('source:""', "needs a name"),
        ("", "has no words: write words"),
        (' - "" ?! 🎉', "has no words"),
        ("-a -source:b", "only what to leave out"),
        (" ".join(map(str, range(MOST_TERMS + 1))), "has more than 50 words"),
        ("x" * 1001, "has more than 1000 letters"),
    ],
)
def test_what_cannot_be_searched_for_is_told_with_the_way_out(typed: str, reason: str) -> None:
    """An error names the word and how to write it."""
    with pytest.raises(UsageError) as caught:
        parse(typed)
    assert reason in str(caught.value)


def test_the_expression_quotes_every_word() -> None:
    """Each term is a quoted phrase, of the words of its field; what is left out follows."""
    query = parse('Đảng "x y" author:"Hoài An" source:a-b "z 人" -NEAR -"q OR r"')
    assert expression(query) == (
        '("dang" AND "x y" AND "\ue002hoai \ue002an" AND "\ue003a\ue12db" AND ("z" AND "人"))'
        ' NOT ("near" OR "q or r")'
    )
    assert expression(parse('"a b" -c'), title=True) == '("\ue001a \ue001b") NOT ("c")'


def ordered(typed: str, *entries: Entry) -> None:
    """Hold that the entries come in this order, each before the next."""
    scores = [score(one, parse(typed)) for one in entries]
    assert all(one > other for one, other in pairwise(scores)), scores


def test_exact_forms_rank_first() -> None:
    """Words with the marks that were typed come before others, wherever these stand; a word that
    was typed without marks is none the less for having them."""
    ordered("đảng", entry(text_before("ĐẢNG")), entry("Dâng dang"), entry("Bo"))
    ordered("đảng", entry(content_text="x " * 5000 + "Đảng"), entry("Dang dâng", "dang " * 50))
    ordered("đảng bộ", entry("Đảng bộ"), entry("Đảng bo"), entry("dang bo"))
    ordered("hoà bình", entry("Hòa bình"), entry("Hoa binh"))
    assert score(entry("Hòa bình"), parse("hoà bình")) == score(
        entry("Hoà bình"), parse("hòa bình")
    )
    ordered("đảng bo", entry("Đảng bo"), entry("Đang bỏ"))
    ordered("كتابٌ", entry("كتابٌ"), entry("كتاب"))
    first, second = (score(entry(title), parse("dang")) for title in ("Đảng", "Dâng"))
    assert first == second == score(entry("Dang"), parse("dang"))


def text_before(word: str) -> str:
    """A title with this word at its end."""
    return f"Tin của {word}"


def test_title_before_authors_before_text() -> None:
    """Where a word stands counts, and in the text how often and in how long a one."""
    ordered(
        "bộ",
        entry("Bộ"),
        entry(authors=(Person("Bộ"),)),
        entry(content_text="bộ bộ bộ"),
        entry(content_text="bộ"),
        entry(content_text="bộ" + " x" * 5000),
        entry(content_text="bội"),
    )


def test_nearer_words_rank_first() -> None:
    """Side by side, then apart, then far apart."""
    ordered(
        "đảng bộ",
        entry(content_text="đảng bộ" + " x" * 200),
        entry(content_text="đảng" + " x" * 50 + " bộ" + " x" * 150),
        entry(content_text="đảng" + " x" * 200 + " bộ"),
    )


def test_other_terms_give_no_score() -> None:
    """Sources and dates choose and don't rank; an author's name does."""
    assert score(entry(), parse("source:tin from:2020")) == 0
    ordered("author:an", entry(authors=(Person("An"),)), entry("An", "An"))


def shown(one: Entry, typed: str, length: int = 200) -> str:
    """The snippet with its marks in brackets."""
    found = snippet(one, parse(typed), length)
    assert len(found.text) <= length
    text, end = "", 0
    for begin, stop in found.marks:
        assert end <= begin < stop <= len(found.text)
        text += f"{found.text[end:begin]}[{found.text[begin:stop]}]"
        end = stop
    return text + found.text[end:]


LONG = "Một hai ba bốn năm sáu bảy tám chín mười. " * 20


@pytest.mark.parametrize(
    ("text", "typed", "snippet"),
    [
        ("Tin: Đảng bộ\n\nhuyện.", "dang bo", "Tin: [Đảng] [bộ] huyện."),
        ("Tin: Đảng bộ\n\nhuyện.", '"bo huyen"', "Tin: Đảng [bộ huyện]."),
        ("Dâng. " + LONG + "Đảng", "đảng", "…ba bốn năm sáu bảy tám chín mười. [Đảng]"),
        (LONG + "Đảng bộ ở xã. " + LONG, "đảng", "…tám chín mười. [Đảng] bộ ở xã. Một hai…"),
        ("我爱北京天安门。", "北京", "我爱[北京]天安门。"),
        ("天" * 99 + "北京" + "安" * 99, "北京", "…" + "天" * 18 + "[北京]" + "安" * 18 + "…"),
        ("東京タワーへ", "タワー", "東京[タワー]へ"),
        ("ภาษาไทยง่าย", "ไทย", "ภาษา[ไทย]ง่าย"),
        ("한국어를 배워요", "한국", "[한국]어를 배워요"),
        ("Œuvre, straße, İstanbul", "oeuvre strasse istanbul", "[Œuvre], [straße], [İstanbul]"),
        ("Łódź Łodzi", "lodz", "[Łódź] Łodzi"),
        ("covid-19 x https://e.example/a", "covid-19", "[covid-19] x https://e.example/a"),
        (LONG, "không", "Một hai ba bốn năm sáu bảy tám chín…"),
        ("", "không", ""),
        ("ガス", "ｶﾞｽ", "[ガス]"),
        ("كتابٌ جديد", "كتاب", "[كتابٌ] جديد"),
        ("кни́га", "книга", "[кни́га]"),
        ("น้ำใจ", "น้ำ", "[น้ำ]ใจ"),
    ],
)
def test_snippets(text: str, typed: str, snippet: str) -> None:
    """The words around the best place, whole where there are spaces; else the beginning."""
    assert shown(entry(content_text=text), typed, 40) == snippet


def test_a_snippet_comes_from_the_summary_or_the_body() -> None:
    """From where more words stand; from the summary where none does, as when the title has them."""
    one = entry("Đảng", "Bài dài về huyện Ước Mơ.", summary="Tóm tắt về huyện.")
    assert shown(one, "huyện") == "Tóm tắt về [huyện]."
    assert shown(one, "huyện mơ") == "Bài dài về [huyện] Ước [Mơ]."
    assert shown(one, "đảng") == "Tóm tắt về huyện."


@given(ANY, ANY, st.integers(10, 50))
def test_any_text_has_a_snippet_and_a_score(text: str, typed: str, length: int) -> None:
    """Whatever is searched for in whatever text, marks lie in the snippet and scores are not
    below zero."""
    one = entry(content_text=f"{text} {typed} {text}")
    try:
        query = parse(typed)
    except UsageError:
        return
    shown(one, typed, length)
    assert score(one, query) >= 0


@pytest.mark.parametrize(
    "letters", ["a ", "đảng bộ ", "北京", "ก", "æ ", "a\u0301\u0302 ", "<", '"']
)
def test_a_long_body_takes_bounded_time(letters: str) -> None:
    """A megabyte of whatever is looked through in moments."""
    one = entry(content_text=letters * (1_000_000 // len(letters)) + " x")
    with bounded():
        for typed in ("a đảng 北 北京 bộ", '"a a a a a a a a b" ' * 20):
            snippet(one, parse(typed))
            score(one, parse(typed))
