"""When an article appeared, by the lines that say so. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, tzinfo

from feedtool.data import Struct
from feedtool.model import DateOrder, Published
from feedtool.read import agencies, dates
from feedtool.read.almanac import WEEKDAYS, bare
from feedtool.read.evidence import Candidate
from feedtool.read.layout import squash, stops

_LONGEST = 120  # letters of a line that is a date and its label
_FIELDS_LONGEST = 200  # letters of a line of dates, names and sections
_LOOKED_AT = 200  # letters of a paragraph in which its dateline ends
_HISTORY = 1995  # no article is on a web page that appeared before this year

# Labels of a date, `|` between them; taken apart into words, as they are compared.
_UPDATE_LABELS = """
updated|update|modified|last modified|cập nhật|sửa|mis à jour|actualisé|modifié|actualizado
actualización|aktualisiert|aktualisierung|geändert|aggiornato|aggiornamento|atualizado|atualização
güncelleme|güncellenme|diperbarui|bijgewerkt|oppdatert|opdateret|uppdaterad|ändrad|päivitetty
aktualizacja|zaktualizowano|aktualizováno|aktualizované|frissítve|actualizat|imesasishwa|обновлено
изменено|оновлено|обновена|ενημερώθηκε|ενημέρωση|ανανεώθηκε|تحديث|آخر تحديث|محدث|به روز رسانی
עודכן|अपडेटेड|अपडेट|ปรับปรุง|แก้ไข|อัปเดต|更新|更新日時|最終更新|修改|수정|최종수정
"""
_OTHER_LABELS = """
laatste|dernière|última|ultimo|ultima|letzte|zuletzt|senast|senaste|sist|sidst|viimeksi|ostatnia
ostatnio|poslední|naposledy|utolsó|ultimul|terakhir|lần cuối|mới nhất|последнее|останнє|τελευταία
آخر|अंतिम|ล่าสุด|最后|最終|최종|mwisho
publié le|la|el|the|a|at|on|um|am|uhr|uur|den|der|published|publishing|posted|post|date|time|last
first|veröffentlicht|erstellt|stand|publicado|publicada|fecha|pubblicato|pubblicata|il|em|de|do|o
ngày|đăng|lúc|hôm|giờ|xuất bản|thời gian|ngày đăng|đăng lúc|ngày xuất bản|vào|phát hành|son
yayınlanma|yayınlama|tarihi|tarih|giriş|eklenme|saat|diterbitkan|tayang|tanggal|pukul|dipublikasikan
dimuat|terbit|pada|gepubliceerd|geplaatst|op|om|publisert|publicerad|publiceret|udgivet|offentliggjort
julkaistu|opublikowano|data publikacji|dodano|utworzono|datum|vydáno|publikováno|zveřejněno
megjelent|közzétéve|publicat|postat|imechapishwa|tarehe|data|dia|created|issued|h|phút|cập|sa|ch
发布时间|发表时间|时间|日期|发布|公開|公開日|配信|掲載|投稿|作成|入稿|发表于|发布于|于|入力|時間|發布
입력|등록|승인|작성|게재|기사입력|опубликовано|дата|размещено|создано|в|г|року|о|опубліковано
додано|публикувана|публикувано|δημοσίευση|δημοσιεύθηκε|δημοσιεύτηκε|ώρα|στις|نشر|نُشر|تاريخ النشر
تاريخ|في|الساعة|منتشر شده|انتشار|פורסם|בתאריך|प्रकाशित|पब्लिश|को|बजे|เผยแพร่|โพสต์|วันที่|เวลา|น
"""


def _labels(table: str) -> frozenset[str]:
    return frozenset(squash(table.replace("|", " ")).split())


_UPDATED = _labels(_UPDATE_LABELS) - _labels("jour à mis đến last به روز رسانی")
_UPDATED |= {"jour"}
_LABELS = _labels(_UPDATE_LABELS) | _labels(_OTHER_LABELS)
# Where a text comes from, behind its date: no more of the line is looked at.
_SOURCE = re.compile(
    r"[\s|•·,–-]*(?<!\w)(?:nguồn(?: tin)?|theo|source|quelle|fuente|fonte|sumber|kaynak|bron|źródło"
    r"|zdroj|källa|kilde|lähde|forrás|sursa|источник|джерело|πηγή|المصدر|स्रोत|ที่มา|来源|來源|出典"
    r"|출처|稿源)\s*[:：].*$",
    re.IGNORECASE,
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

_WIRE_DAY = re.compile(r"日(?=[电電])")


class Stamp(Struct, frozen=True):
    """A line that is nothing but a date, its time and a label such as "Publié le".

    `updated`: it is the time of a change; `changed` is such a time on the same line.
    """

    published: Published
    updated: bool
    weekday: bool
    labelled: bool
    changed: Published | None = None


class Reader:
    """Reads the dates of lines as one document writes them.

    `zone` is for times whose zone isn't named, `order` for numbers that can be read both ways,
    `agency` is what the source's datelines begin with.
    """

    def __init__(self, zone: tzinfo, order: DateOrder | None = None, agency: str = "") -> None:
        self.zone, self.order, self.agency = zone, order, agency
        self._stamps: dict[str, Stamp | None] = {}

    def find(self, text: str) -> list[dates.Found]:
        """Return the full dates in `text`, in order."""
        return dates.find(text, self.zone, order=self.order)

    def stamp(self, line: str) -> Stamp | None:
        """Return the date that `line` is, or None where it says more."""
        if len(line) > _LONGEST or not any(map(str.isdigit, line)):
            return None
        if line not in self._stamps:
            self._stamps[line] = self._stamp(line)
        return self._stamps[line]

    def _stamp(self, line: str) -> Stamp | None:
        line = _LOST_SPACE.sub(r"\1 ", _SOURCE.sub("", line))
        found = self.find(line)
        if not found:
            return None
        tail = squash(line[found[0].end :]).split()
        if tail and tail[0] in _UPDATED and len(found) == 1:  # "… Updated 2 hours ago"
            line = line[: found[0].end]
        rest = line
        for date_ in reversed(found):
            rest = f"{rest[: date_.start]} {rest[date_.end :]}"
        labels, weekdays = _WEEKDAY.subn(" ", squash(re.sub(r"\([^()]{0,30}\)", " ", rest)))
        if not set(labels.split()) <= _LABELS:
            return None
        before = [0, *(date_.end for date_ in found)]
        said = [line[end : date_.start] for end, date_ in zip(before, found, strict=False)]
        changes = [bool(_UPDATED & set(squash(words).split())) for words in said]
        first = changes.index(False) if False in changes else 0
        changed = found[changes.index(True)].published if True in changes else None
        return Stamp(
            found[first].published, changes[first], bool(weekdays), bool(labels.split()), changed
        )

    def mixed(self, line: str) -> dates.Found | None:
        """Return the one date in a line of columns, such as "Name | Place | 08/01/2014"."""
        if len(line) > _LONGEST or not any(map(str.isdigit, line)):
            return None
        found = self.find(line)
        if not found or (stops(line) and line[found[-1].end :].strip()):
            return None
        ends = [0, *(date_.end for date_ in found)]
        first = [
            date_
            for end, date_ in zip(ends, found, strict=False)
            if not _UPDATED & set(squash(line[end : date_.start]).split())
        ]
        if len(first) != 1:
            return None
        glued = _GLUED_NAMES.fullmatch(line[: first[0].start])
        return first[0] if glued or _COLUMNS.search(line) or _POSTED.match(line) else None

    def masthead(self, line: str, *, clock: bool = False) -> date | None:
        """Return the day that a masthead names: a day of the week and a date, alone in a column.

        `clock`: a time may stand with them.
        """
        columns = _BAR.split(line) if len(line) <= _LONGEST else []
        stamps = [self.stamp(column) for column in columns]
        days = (
            stamp.published.day
            for stamp in stamps
            if stamp
            and stamp.weekday
            and not stamp.labelled
            and (clock or stamp.published.precision == "day")
        )
        return next(days, None)

    def is_mostly_date(self, line: str) -> bool:
        """Return True for a line a third of which is a full date: no headline."""
        if len(line) > _LONGEST or not any(map(str.isdigit, line)):
            return False
        return sum(len(found.quote) for found in self.find(line)) * 3 >= len(line)


_BAR = re.compile(r"\s*[|•·]\s*")
_COLUMNS = re.compile(r"[|•·,–—]|\s[-/]\s")
# Names and the date run together, as on Japanese pages.
_GLUED_NAMES = re.compile(
    r"[\u3400-\u9fff々]{3,5}(?:[ \u3000、][\u3400-\u9fff々]{3,5}){0,3}[ \u3000]?"
)
# "May 12, 20228:15 AM": the space between is lost in copying
_LOST_SPACE = re.compile(r"(, (?:19|20)\d\d)(?=\d{1,2}:\d\d)")
_POSTED = re.compile(
    r"(?:by|posted|published|written|von|par|por|door|oleh|pubblicato|publicado|publié|veröffentlicht"
    r"|geplaatst|publicerad|đăng|diposting|yazan|gönderen|opublikowane|zveřejnil|опубликовано)\s",
    re.IGNORECASE,
)


# Where a field of a line of dates, names and sections begins.
_FIELD = re.compile(
    r"\s*[|｜·•]\s*|[\u3000\t]+| {2,}|(?<=\S)\s+(?="
    r"(?:来源|來源|作者|记者|記者|编辑|編輯|责任编辑|責任編輯|字号|字號|โดย|เผยแพร่|ปรับปรุง"
    r"|источник|автор|nguồn|tác giả|fuente|autor|fonte|autore|quelle|source)\s?[:：]"
    r"|(?-i:By|Von|Par|Por|Oleh|Penulis)\s[^\W\d_])",
    re.IGNORECASE,
)


def fields(line: str, reader: Reader) -> list[str]:
    """Return the fields of a line that holds a date among others, the dates together; else none."""
    if len(line) > _FIELDS_LONGEST or not any(map(str.isdigit, line)):
        return []
    found: list[str] = []
    for field in filter(None, (field.strip() for field in _FIELD.split(line))):
        together = f"{found[-1]} {field}" if found else ""
        if found and any(map(str.isdigit, field)) and reader.stamp(together):
            found[-1] = together
        else:
            found.append(field)
    return found if len(found) > 1 and any(map(reader.stamp, found)) else []


def is_update(line: str) -> bool:
    """Return True for a line that only announces the time of a change."""
    return len(line) < 40 and bool(_UPDATED & set(squash(line).split())) and not stops(line)


def dateline(lead: str, reader: Reader) -> tuple[dates.Found | dates.Partial, str] | None:
    """Return the date that the first paragraph begins with, and the words up to its end.

    "LSO-Sáng 15/12/2020", "Hôm nay (21/11)", "HÀ NỘI, 15/12 –"; a span ("Từ ngày …") is none.
    """
    head = lead[:_LOOKED_AT]
    start = agencies.agency(head, reader.agency)
    place = re.match(
        r"[^\W\d_a-zß-ÿ]{2,}(?:[ -][^\W\d_a-zß-ÿ]{2,}){0,3}(?:,| \([^()]{1,30}\),?)\s+", head
    )
    begin = _opened(head, start)
    found: list[dates.Found | dates.Partial] = [
        *reader.find(head),
        *dates.partials(head, order=reader.order),
    ]
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
    partial: dates.Partial, headline: str, lead: str, masthead: date | None, others: Iterable[date]
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
    headline: str,
    lead: str,
    masthead: date | None,
    others: Callable[[], Sequence[date]],
    reader: Reader,
) -> list[Candidate[Published]]:
    """Return the publication day that a dateline gives, as one candidate or none.

    `others` gives the document's full dates, nearest first. A dateline of long ago in a text that
    names later ones is history: an anniversary.
    """
    found = dateline(lead, reader)
    if found is None:
        return []
    date_, quote = found
    if isinstance(date_, dates.Found):
        day = date_.published.day
        if day.year < _HISTORY and any(later.year > day.year + 1 for later in others()):
            return [Candidate(Published.on(day), quote, "dateline: history", 0.0)]
        return [Candidate(Published.on(day), quote, "dateline", 0.8)]
    told = resolve(date_, headline, lead, masthead, others())
    return [Candidate(Published.on(told[0]), quote, told[1], told[2])] if told else []
