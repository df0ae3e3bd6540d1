"""Words as search knows them: folding, pairs of letters, what of an entry is found."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.archive import words
from feedtool.model import Person
from feedtool.text import SIGNS, VIETNAMESE
from tests.conftest import make_entry

ANY = st.text(st.characters(codec=None), max_size=80)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=40)
USUAL = st.text(st.sampled_from(f"aZ-\n {VIETNAMESE}{SIGNS}"))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đảng bộ huyện ƯỚC MƠ", "dang bo huyen uoc mo"),
        ("Łódź, Świętokrzyskie", "lodz swietokrzyskie"),
        ("Diyarbakır'da İSTANBUL ığüşöç", "diyarbakir da istanbul igusoc"),
        ("Straße MÜLLER ẞ", "strasse muller ss"),
        ("Þórður Æsir œuvre Ørsted", "thordur aesir oeuvre orsted"),
        ("Ɓaŋ ŋ Ā ķ ŵ", "bang ng a k w"),
        ("Москва, Йод и ёлка, Київ", "москва йод и елка київ"),
        ("за́мок", "замок"),
        ("Ἀθῆναι, ὁδός", "αθηναι οδοσ"),
        ("مُحَمَّد أحمد", "محمد احمد"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी में", "हिन्दी में"),
        ("ＡＢＣ １２３ ٣٤", "abc 123 34"),
        ("năm–nay “x” … 🎉 don’t", "nam nay x don t"),
        ("co\u00adop zero\u200bspace می\u200cخواهم", "coop zero space ميخواهم"),
        ("北京大学", "北京 京大 大学 学"),
        ("人", "人"),
        ("iPhone手机2", "iphone 手机 机 2"),
        ("東京へ、ｶﾞｽ", "東京 京へ へ ガス ス"),
        ("ไทย", "ไท ทย ย"),
        ("한국어를 배워요", "한국 국어 어를 를 배워 워요 요"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    """Case, marks and signs go; letters of other scripts stay; runs become pairs; decomposed text
    is folded alike."""
    assert " ".join(words.tokens(words.fold(text))) == folded
    decomposed = unicodedata.normalize("NFD", text)
    assert " ".join(words.tokens(words.fold(decomposed))) == folded


@given(ANY)
def test_folded_text_is_for_the_tokenizer(text: str) -> None:
    """Any text is folded to ASCII, letters and marks; folding that again changes no letter."""
    for char in words.fold(text):
        assert char.isascii() or char.isalnum() or unicodedata.category(char)[0] == "M"
        assert char == char.lower()


@given(LATIN | USUAL)
def test_the_quick_way_folds_as_the_slow_one(text: str) -> None:
    """What is folded byte by byte comes out as it does beside a letter that has no byte."""
    both = words.tokens(words.fold(f"{text} 北"))
    assert both == [*words.tokens(words.fold(text)), "北"]


@given(ANY)
def test_aligned_text_points_into_the_original(text: str) -> None:
    """Each folded letter has the place of the one that it comes from, and the end has the end."""
    folded, at = words.aligned(text)
    assert len(at) == len(folded) + 1
    assert at[len(folded)] == len(text)
    for i, char in enumerate(folded):
        assert char in words.aligned(text[at[i]])[0]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Đảng bộ", ["dang", "bo"]),
        ("北京大", ["北京", "京大"]),
        ("北京 大学", ["北京", "京", "大学"]),
        ("人", ["人"]),
        ("人人 人", ["人人", "人", "人"]),
        ("a 人", ["a", "人"]),
        ("?!", []),
    ],
)
def test_phrases(text: str, phrase: list[str]) -> None:
    """What stands in a row where a text holds the phrase, whatever comes after."""
    assert words.phrase(text) == phrase
    whole = " ".join(words.tokens(words.fold(f"x {text}人 y"))) + " "
    assert " ".join(phrase) in whole or phrase[-1:] == ["人"]


def test_what_of_an_entry_is_found() -> None:
    """Title, authors and text, folded; the letters of runs are there one by one too."""
    entry = make_entry(
        title="北京",
        authors=(Person("Hoài An"), Person("Łucja")),
        summary="Mở đầu.",
        content_text=None,
        content_html="<p>Th<b>ân</b> &amp; bài</p><p>hai<br/>ba&nbsp;bốn</p>",
        captions=("Ảnh",),
        categories=("Giáo dục",),
    )
    found = words.searchable(entry)
    title = words.tokens(found.title.decode())
    assert [t for t in title if t != "\ue000"] == ["北京", "京", "京", "北"]
    assert words.tokens(found.authors.decode()) == ["hoai", "an", "\ue000", "lucja"]
    text = "mo dau \ue000 than bai hai ba bon \ue000 anh \ue000 giao duc"
    assert words.tokens(found.text.decode()) == text.split()


@pytest.mark.parametrize("summary", ["Một hai", "Một hai…", "Một hai ba."])
def test_a_summary_that_the_body_begins_with_is_taken_once(summary: str) -> None:
    """Also where it was cut, and where the body has other white space."""
    entry = make_entry(summary=summary, content_text="Một\n\nhai ba. Bốn.")
    assert words.passages(entry) == ["Một\n\nhai ba. Bốn."]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a &lt;b&gt; c", "a <b> c"),
        ("<ul><li>một</li><li>hai</li></ul>", "một  hai"),
        ("<a href='x'>li</a>en<br>kết", "lien kết"),
        ("<blockquote>a</blockquote><b>b</b>", "a b"),
        ("<" * 10_000, "<" * 10_000),
    ],
)
def test_plain_text_of_markup(markup: str, text: str) -> None:
    """Tags that set words apart become a space, those within words nothing."""
    assert words.plain(markup) == text


def test_no_two_sources_share_a_word() -> None:
    """The name of a source is one word for the tokenizer, and another for each name."""
    names = ["a-b", "ab", "a", "b", "a--b", "A-b", "a_b"]
    found = [words.source_word(name) for name in names]
    assert len(set(found)) == len(names)
    assert all(words.tokens(one) == [one] for one in found)
