"""Invented sources for benchmarks/endtoend.py: feeds with full content, the same for each seed.

Every other source is Vietnamese, the rest English; of each language half are Atom with escaped
content and half RSS 2.0 with CDATA; of each, half have their pictures in `<figure>`. An article has
some 3,000 characters of text in 5 KB of HTML, a summary, an author, three categories. Words come
from lists as long as those of a newspaper's week, common ones more often, so that an index of words
has something to do.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape
from itertools import accumulate, product

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)  # what is new in the first round is older than this
_APART = timedelta(hours=12)  # between two articles of a source
_PARAGRAPHS = 6

# The commonest words of each language, which tell it apart; the others are made of syllables.
_COMMON = {
    "vi": "của và là các có cho trong được với những người một đã không khi này năm ở về từ đến ra "
    "tại cũng như theo để trên sau nhiều vào hội huyện xã tỉnh dân công tác",
    "en": "the of and to a in that was for it is on he with as by at from his they had this have "
    "be an were which or one said but not all who been their has more when will",
}
_BEGINS = {
    "vi": "b c ch d đ g gi h kh l m n ng nh ph qu r s t th tr v x",
    "en": "b br c ch cl d dr f fl g gr h j k l m n p pl pr r s sh sl st t tr v w",
}
_ENDS = {
    "vi": "a á à ả ạ an án àn ăn ắn ang áng anh ánh ảnh ao áo ay ây ấy ê ế em iên iền iến iện "
    "inh ình ít oan oán ôi ối ông ồng ống ơ ơi ới u ủ ung ư ứ ừ ương ường ướng ưởng",
    "en": "ace ain all amber ane ark arrow ay eam eat edge elder ence end ent est iddle ight ill "
    "imber ine ing ish ock one ood oon orth ound ower own umble under ust utter",
}
_LENGTH = {"vi": 118, "en": 84}  # words of a paragraph
_GIVEN = {"vi": "An Bình Chi Dũng Hà Lan Minh Sơn", "en": "Ada Ben Cleo Dan Eve"}
_FAMILY = {"vi": "Đèo Lò Lường Ma Nông Quàng", "en": "Ashby Brook Carr Dale"}


@cache
def _words(language: str) -> tuple[list[str], list[float]]:
    """The words of a language and their cumulated weights: the n-th is 1/n as common as the
    first."""
    made = [
        begin + end for begin, end in product(_BEGINS[language].split(), _ENDS[language].split())
    ]
    if language == "en":
        made += [word + ending for word in made for ending in ("s", "ed")]
    random.Random(language).shuffle(made)
    words = _COMMON[language].split() + made
    return words, list(accumulate(1 / (rank + 3) for rank in range(len(words))))


def _say(chance: random.Random, language: str, count: int) -> str:
    words, weights = _words(language)
    said = " ".join(chance.choices(words, cum_weights=weights, k=count))
    return said[:1].upper() + said[1:]


class Feed:
    """One invented source: its articles, and the document of each state of it.

    `number` chooses language, format and words; `entries` is how many a document holds.
    """

    def __init__(self, number: int, entries: int) -> None:
        self._chance = random.Random(f"feed {number}")
        self._number = number
        self._language = "vi" if number % 2 else "en"
        self._atom = number // 2 % 2 == 0
        self._figures = number // 4 % 2 == 0
        self._home = f"https://source-{number}.example"
        self._title = f"{_say(self._chance, self._language, 3)} {number}"
        self._late = timedelta(minutes=number % 600, seconds=number % 60)
        self._entries = [self._entry(-one) for one in range(1, entries + 1)]
        self._newer = self._entry(1)

    def document(self, touched: bool = False, more: bool = False) -> list[bytes]:
        """Return the document in pieces; `touched`: made anew, with other bytes outside entries;
        `more`: with an article more at its head, and without the oldest."""
        made = BEGUN + timedelta(days=touched + more)
        articles = [self._newer, *self._entries[:-1]] if more else self._entries
        head = self._atom_head(made) if self._atom else self._rss_head(made)
        foot = "</feed>" if self._atom else "</channel></rss>"
        note = f"<!-- made in {73 + touched + more} ms -->\n"
        return [head.encode(), *articles, f"{foot}{note}".encode()]

    def _atom_head(self, made: datetime) -> str:
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{self._language}">'
            f"<id>{self._home}/</id><title>{self._title}</title>"
            f'<link href="{self._home}/"/><updated>{made.isoformat()}</updated>\n'
        )

    def _rss_head(self, made: datetime) -> str:
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f"<title>{self._title}</title><link>{self._home}/</link>"
            f"<description>{self._title}</description><language>{self._language}</language>"
            f"<lastBuildDate>{format_datetime(made)}</lastBuildDate>\n"
        )

    def _entry(self, place: int) -> bytes:
        chance, language = self._chance, self._language
        when = BEGUN + place * _APART - self._late
        link = f"{self._home}/{when:%Y/%m/%d}/{100_000 + place}.html"
        title = _say(chance, language, chance.randint(7, 12))
        summary = _say(chance, language, 35) + "."
        html = "".join(self._paragraph(link, part) for part in range(_PARAGRAPHS))
        given = chance.choice(_GIVEN[language].split())
        family = chance.choice(_FAMILY[language].split())
        author = f"{family} {given}" if language == "vi" else f"{given} {family}"
        tags = [_say(chance, language, 2) for _ in range(3)]
        make = self._atom_entry if self._atom else self._rss_entry
        return make(link, when, (title, summary, author), html, tags).encode()

    def _paragraph(self, link: str, part: int) -> str:
        chance, language = self._chance, self._language
        half = _LENGTH[language] // 2
        picture = (
            f'<img src="{link}/{part}.jpg" width="640" height="360" '
            f'alt="{_say(chance, language, 4)}"/>'
        )
        return (
            f'<p class="body part-{part}">{_say(chance, language, half)}, '
            f"<strong>{_say(chance, language, 2)}</strong> "
            f'<a href="{link}?part={part}&amp;from=feed" target="_blank" rel="noopener">'
            f"{_say(chance, language, 4)}</a> {_say(chance, language, half)}.</p>\n"
            + (f"<figure>{picture}</figure>\n" if self._figures else f"<p>{picture}</p>\n")
        )

    @staticmethod
    def _atom_entry(
        link: str, when: datetime, said: tuple[str, str, str], html: str, tags: Sequence[str]
    ) -> str:
        title, summary, author = said
        categories = "".join(f'<category term="{tag}"/>' for tag in tags)
        return (
            f'<entry><id>{link}</id><title>{title}</title><link href="{link}"/>'
            f"<published>{when.isoformat()}</published><updated>{when.isoformat()}</updated>"
            f"<author><name>{author}</name></author>{categories}<summary>{summary}</summary>"
            f'<content type="html">{escape(html)}</content></entry>\n'
        )

    @staticmethod
    def _rss_entry(
        link: str, when: datetime, said: tuple[str, str, str], html: str, tags: Sequence[str]
    ) -> str:
        title, summary, author = said
        categories = "".join(f"<category>{tag}</category>" for tag in tags)
        return (
            f"<item><title>{title}</title><link>{link}</link>"
            f'<guid isPermaLink="true">{link}</guid>'
            f"<pubDate>{format_datetime(when)}</pubDate><dc:creator>{author}</dc:creator>"
            f"{categories}<description>{summary}</description>"
            f"<content:encoded><![CDATA[{html}]]></content:encoded></item>\n"
        )
