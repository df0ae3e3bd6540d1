"""When an article appeared, by the lines that say so; and the agency that a lead begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, tzinfo

from feedtool.model import Published
from feedtool.read import dates
from feedtool.read.almanac import MONTHS, WEEKDAYS, bare
from feedtool.read.evidence import Candidate
from feedtool.read.layout import squash, stops

_LONGEST = 120  # letters of a line that is a date and its label
_LOOKED_AT = 200  # letters of a paragraph in which its dateline ends

_UPDATED = frozenset(
    """
    updated update modified cap nhat sua mis jour actualise actualizado aktualisiert
    aktualisierung aggiornato atualizado guncelleme guncellenme diperbarui bijgewerkt oppdatert
    opdateret uppdaterad 更新 更新日時 수정 最終更新 обновлено تحديث
    """.split()  # noqa: SIM905
)
_LABELS = _UPDATED | frozenset(
    """
    publie le la el the a at on um am uhr den der published publishing posted post date time last
    first veroffentlicht erstellt stand publicado publicada fecha pubblicato il em de ngay dang
    luc hom gio xuat ban thoi gian son yayinlanma tarihi tarih giris saat diterbitkan tayang
    tanggal pukul pada gepubliceerd op publisert publicerad julkaistu opublikowano datum data dia
    created issued h phut cap sa ch 发布时间 发表时间 时间 日期 发布 公開 公開日 配信 掲載 入력
    입력 등록 승인 опубликовано نشر تاريخ النشر في
    """.split()  # noqa: SIM905
)

# What may stand between the agency and the date: part of day, "today", day of the week.
_OPENERS = frozenset(
    """
    sang trua nay chieu toi dem khuya ngay hom nay qua vao luc gio rang vua on this the morning
    afternoon evening today yesterday heute gestern am vom le ce matin hier soir el hoy ayer este
    la tarde manana il oggi ieri pada hari ini tanggal op den i dag в сегодня
    """.split()  # noqa: SIM905
)
# Whole names only: the "tư" of "thứ tư" (Wednesday) is, without its marks, also "từ" (from).
_WEEKDAY = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(map(squash, WEEKDAYS), key=len, reverse=True))})(?!\w)"
)
_OPENER = re.compile(
    r"[\s(,\[]*(?:((?:thứ|chủ)\s[^\W_]+|[^\W\d_]+)[\s,(]+)?(?:\d{1,2}h\d{0,2}\s)?[\s(,\[]*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?<!\d[./-])(1[6-9]\d\d|20\d\d)(?!\d|[./-]\d|%)")

# One word of what stands before the dash of a lead: capitals, a domain, a bracket, a date.
_DASH = re.compile(
    r"^(?P<agency>[^–—\n]{0,70}?)\s*(?:\s[-–—]{1,2}\s|[—–]\s|\)\s?[-–—]\s?|(?<=\.)\s?--\s)\s*"
)
_GLUED = re.compile(r"^(?P<agency>[A-ZĐ]{2,10})\s?[-–—]\s?(?=[A-ZÀ-ỸĐ][a-zà-ỹđ])")
_SPACED = re.compile(r"^[-–—]\s+")
_EAST = re.compile(
    r"^(?:[^\s。，,]{2,12}\d{1,2}月\d{1,2}日[电電](?:[（(][^（）()]{0,40}[)）])?\s*"
    r"|[(\[（【][^()\[\]（）【】\n]{2,30}[)\]）】]\s?[가-힣]{2,4}\s?(?:기자|특파원)\s?=\s?)"
)
_WIRE_DAY = re.compile(r"日(?=[电電])")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A line that is nothing but a date, its time and a label such as "Publié le"."""

    published: Published
    updated: bool
    weekday: bool
    labelled: bool


def stamp(line: str, zone: tzinfo) -> Stamp | None:
    """Return the date that `line` is, or None where it says more; `zone` is for unzoned times."""
    if len(line) > _LONGEST or not any(sign.isdigit() for sign in line):
        return None
    found = dates.find(line, zone)
    if not found:
        return None
    tail = squash(line[found[0].end :]).split()
    if tail and tail[0] in _UPDATED:  # "… Updated 2 hours ago"
        line, found = line[: found[0].end], found[:1]
    rest = line
    for date_ in reversed(found):
        rest = f"{rest[: date_.start]} {rest[date_.end :]}"
    labels, weekdays = _WEEKDAY.subn(" ", squash(re.sub(r"\([^()]{0,30}\)", " ", rest)))
    if not set(labels.split()) <= _LABELS:
        return None
    updated = bool(_UPDATED & set(squash(line[: found[0].start]).split()))
    return Stamp(found[0].published, updated, bool(weekdays), bool(labels.split()))


def is_update(line: str) -> bool:
    """Return True for a line that only announces the time of a change."""
    return len(line) < 40 and bool(_UPDATED & set(squash(line).split())) and not stops(line)


def mixed(line: str, zone: tzinfo) -> Published | None:
    """Return the one date in a line of columns, such as "Name | Place | 08/01/2014"."""
    if len(line) > _LONGEST or stops(line) or not re.search(r"[|•·,–—]|\s[-/]\s|^[Bb]y\s", line):
        return None
    found = dates.find(line, zone)
    return found[0].published if len(found) == 1 else None


def agency(lead: str) -> int:
    """Return how many letters of `lead` are the agency and place it begins with, dash included.

    "LSO-", "(Chinhphu.vn) - ", "HÀ NỘI, 15/12 – ", "BERLIN (dpa) – ", "– "; 0 where there is none.
    """
    for form in (_SPACED, _EAST, _GLUED):
        found = form.match(lead)
        if found:
            return found.end()
    found = _DASH.match(lead)
    if not found:
        return 0
    words = found["agency"] + (")" if ")" in found[0][len(found["agency"]) :] else "")
    bracketed = re.sub(r"[(\[][^()\[\]]{1,40}[)\]]", " ", words)
    ends_in_bracket = bracketed != words and len(bracketed.split()) <= 5 and words.endswith(")")
    shouted = all(_is_agency_word(word) for word in bracketed.split())
    return found.end() if ends_in_bracket or (shouted and words.strip()) else 0


def _is_agency_word(word: str) -> bool:
    word = word.strip(",.;:")
    letters = [sign for sign in word if sign.isalpha()]
    if "." in word or not letters:  # a domain, a number
        return True
    return (
        (word.upper() == word and word[0].isalnum()) or word[1:].isupper() or bare(word) in _MONTH
    )


_MONTH = frozenset(name for name in MONTHS if len(name) > 2)


def dateline(lead: str, zone: tzinfo) -> tuple[dates.Found | dates.Partial, str] | None:
    """Return the date that the first paragraph begins with, and the words up to its end.

    "LSO-Sáng 15/12/2020", "Hôm nay (21/11)", "HÀ NỘI, 15/12 –"; a span ("Từ ngày …") is none.
    """
    head = lead[:_LOOKED_AT]
    start = agency(head)
    place = re.match(
        r"[^\W\d_a-zß-ÿ]{2,}(?:[ -][^\W\d_a-zß-ÿ]{2,}){0,3}(?:,| \([^()]{1,30}\),?)\s+", head
    )
    begin = _opened(head, start)
    found: list[dates.Found | dates.Partial] = [*dates.find(head, zone), *dates.partials(head)]
    for date_ in sorted(found, key=lambda found: found.start):
        at_start = date_.start <= begin < date_.end
        in_prefix = date_.end <= start
        after_place = (
            bool(place) and date_.start <= _opened(head, place.end() if place else 0) < date_.end
        )
        wire = bool(_WIRE_DAY.match(head, date_.end - 1)) and date_.end < 40
        if at_start or in_prefix or after_place or wire:
            return date_, head[: date_.end]
    return None


def _opened(head: str, start: int) -> int:
    """Where what follows the words that may stand before a date begins."""
    while (found := _OPENER.match(head, start)) and found.end() > start:
        word = bare(found[1] or "")
        if word and word not in _OPENERS and word not in WEEKDAYS:
            break
        start = found.end()
    return start


def resolve(
    partial: dates.Partial, headline: str, lead: str, masthead: date | None, others: list[date]
) -> tuple[date, str, float] | None:
    """Return the day that a day and month are, the rule it was told by and how sure that is.

    By the one year that headline or lead name, else by the full date nearest in the document
    (`others`, nearest first), else as the last such day before the page was saved.
    """
    for words, rule in ((headline, "year of the headline"), (lead, "year of the lead")):
        years = set(_YEAR.findall(words))
        day = partial.within(int(years.pop())) if len(years) == 1 else None
        if day and (masthead is None or day <= masthead):
            return day, f"dateline, {rule}", 0.65
    for other in others:
        if masthead and not 0 <= (masthead - other).days < 5 * 366:
            continue
        near = [partial.within(other.year + n) for n in (-1, 0, 1)]
        days = [day for day in near if day and (masthead is None or day <= masthead)]
        if days:
            closest = min(days, key=lambda day: abs((day - other).days))
            return closest, "dateline, year of a date nearby", 0.55
    day = partial.before(masthead) if masthead else None
    return (day, "dateline, before the masthead", 0.5) if day else None


def from_lead(
    headline: str, lead: str, masthead: date | None, others: list[date], zone: tzinfo
) -> list[Candidate[Published]]:
    """Return the publication day that a dateline gives, as one candidate or none."""
    found = dateline(lead, zone)
    if found is None:
        return []
    date_, quote = found
    if isinstance(date_, dates.Found):
        return [Candidate(Published.on(date_.published.day), quote, "dateline", 0.8)]
    day = resolve(date_, headline, lead, masthead, others)
    return [Candidate(Published.on(day[0]), quote, day[1], day[2])] if day else []
