"""Who signed a plain text: lines that are names, or that lead to them. Pure."""

from __future__ import annotations

import re

from feedtool.read.furniture import is_noise
from feedtool.read.layout import stops
from feedtool.read.names import (
    BAR,
    COMMA,
    LINK,
    PICTURES,
    is_agency,
    is_nobody,
    person,
    persons,
    without_agency,
)
from feedtool.text import remembered

_LONGEST = 160  # letters of a line that names somebody
_BY = re.compile(
    r"^(?:(?:written\s+by|by|von|par|por|oleh|bởi|door|av|af|texte?|texto|autora?|auteure?|autorin"
    r"|authors?|autori?|autorzy|autore|autrice|penulis|pewarta|reporter|yazan|yazar|haber|muhabir"
    r"|tác\s+giả|phóng\s+viên|pv|ctv|thực\s+hiện|người\s+viết|bài\s+viết|nhóm\s+tác\s+giả|skribent"
    r"|forfatter|tekst|teksti|testo|tekst\s+en\s+foto|text\s+a\s+foto|text\s+och\s+(?:foto|bild)"
    r"|szerző|írta|kirjoittaja|kirjoittanut|napsala?|zpracovala?|opracowała?|przygotowała?|oprac\."
    r"|scris\s+de|redactor|mwandishi|imeandikwa\s+na|автор(?:ы|и)?|текст|підготува(?:в|ла)"
    r"|подготовила?|συντάκτης|κείμενο|γράφει(?:\s+[οη])?|كتبت?|بقلم|تقرير|إعداد|نویسنده|מאת"
    r"|लेखक|रिपोर्ट|रिपोर्टर|द्वारा|โดย|เรื่อง|ผู้เขียน|เขียนโดย|รายงานโดย"
    r"|(?:tin|bài)(?:,?\s+(?:và\s+)?(?:bài|ảnh))*|作者|撰文|撰稿|采写|文|取材|文・写真|记者|記者|通讯员|글)"
    r"\s*[:：/＝]\s*"
    r"|(?:written\s+by|by|penulis|pewarta|reporter|von\s+unsere[rm]\s+\w+|von|par|por|oleh|bởi|door|av|di|af|de|from|scris\s+de|napsal|του|της|των"
    r"|بقلم|كتب|كتبت|مأت|โดย|记者|記者)\s+"
    r"|(?:ghi chép|bút ký|ký sự|phóng sự|tùy bút|tản văn|tạp bút|truyện ngắn|bài và ảnh) của\s+"
    r"|(?-i:Na)\s+(?=(?-i:[A-Z][a-z'’-]+\s+){1,3}(?-i:[A-Z][a-z'’-]+)(?:,\s*[A-Z]|$))"
    r"|[□■●]?\s?(?:本报|本報|本网|本刊)?(?:见习|特约)?(?:记者|記者|通讯员)[\s:：/・]+"
    r"|(?-i:[Bb]y)(?-i:(?=[A-ZÀ-ÝĐ][\w'’-]+\s)))(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_NOT_BY = re.compile(
    r"^[(（【\[]?(?:nguồn|theo|source|sources|stand|quelle|fuente|fonte|sumber|kaynak|bron|ảnh|photos?|photographs?"
    r"|picture|foto|image|video|đồ họa|editor|redaktur|biên tập|来源|來源|出典|編集|编辑|责任编辑"
    r"|責任編輯|출처|источник|المصدر)\s*[:：]",
    re.IGNORECASE,
)
_DASH = re.compile(r"\s+[-–—]\s+")
_PLACE = re.compile(r"(?<=\w\w)\s+(?:in|à|aus|from)\s+(?=[A-Z])")
# "N.T", "(N.T)": who signs with initials; a staff goes by some too.
_INITIALS = re.compile(r"[(（]?((?:[^\W\d_]\.){1,3}[^\W\d_]\.?)[)）]?\.?")
_STAFF = frozenset("PV BBT CTV BTV".split())  # noqa: SIM905
_LAST_STOP = re.compile(r"[.!?…。/][\"'”’»)\]]*\s+(?=\S)")
_EAST_GLUED = re.compile(r"[\u3400-\u9fff々·•]{2,8}|[가-힣]{2,4}")
_EAST_LINE = re.compile(r"(?=.{3,6}$)[\u3400-\u9fff々]{2,6}[\u3041-\u309f]{0,3}")
# What ends like an office, a paper, a section or a note is nobody.
_EAST_NOBODY = re.compile(
    r"(?:新闻|新聞|要闻|要聞|频道|頻道|通信|通讯|快讯|速報|日报|日報|晚报|晚報|时报|時報|记者|記者"
    r"|记事|記事|限定|地方|地域|社会|经济|経済|政治|文化|体育|国际|国際|特集|連載|社説|编辑|編集"
    r"|评论|評論|专题|配信|公開|更新|登録|会員|[版报報社网網局部台面欄栏県市省区町村])$"
)
_EAST_LIST = re.compile(r"[ \u3000、·,，]+")
_EAST_ROLE = re.compile(r"\s?(?:記者|记者|기자|특파원)$")
_KOREAN = re.compile(r"(?:^|[=\]）)\s])([가-힣]{2,4})\s?(?:기자|특파원)(?=[\s=]|$)")
_CHINESE = re.compile(r"[（(][^（）()]{0,12}?记者[ ：:]?([\u3400-\u9fff、 ]{2,24})[)）]")
_REPORTED = re.compile(
    r"[(（]?(?:reporting|writing) by ([^;()（）]{3,80}?)(?:[;)）.]|$)", re.IGNORECASE
)
_POSTED_BY = re.compile(
    r"^(?:posted|published|written|pubblicato|publicado|publié|veröffentlicht|geplaatst|publicerad"
    r"|publiceret|skrevet|đăng|diposting|ditulis|yazan|gönderen|opublikowane|zveřejnil|опубликовано"
    r"|автор)\b.{0,30}?"
    r"(?<!\w)(?:by|von|par|por|da|di|de|door|oleh|av|af|bởi|tarafından|przez|od|от)\s*:?\s+"
    r"([^\W\d_][\w.'’ -]{1,40}?)(?:\s+(?:on|at|am|le|el|il|op|em|den|vào|pada))?\s*(?:[|•·(]|$)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?<=[。！？])[(（]([\u3400-\u9fff々]{1,3}[ \u3000]?[\u3040-\u30ff\u3400-\u9fff々]{2,4})[)）]$"
)
# "Jane RoeThe Daily": a name and the paper, with the line break lost; not "Ron MacDonald".
_LOST_BREAK = re.compile(r"^(.{5,40}?[^\W\d_]{3})(?<!Mac)(?<=[^\W\d_A-Z])(?=[A-ZÀ-ÝĐ][^\W\d_]*\s)")


def marked(line: str) -> tuple[str, ...]:
    """Return the names in a line that says it is a byline ("By …", "Tin, ảnh: …"), else nothing."""
    reported = _REPORTED.match(line) if len(line) <= 300 else None
    if reported:
        return persons(reported[1], commas=False)
    found = _BY.match(line) if len(line) <= _LONGEST and not is_source(line) else None
    if not found:
        return ()
    short = initials(found["rest"], lower=True)
    if short:
        return short
    rest = _PLACE.split(BAR.split(found["rest"])[0])[0].removeprefix("Na ").rstrip(".")
    listed = ":" in line[: found.start("rest")]
    if not listed:  # "By Jane Roe — London"
        rest = _DASH.split(rest)[0]
    names = persons(rest, commas=listed, caseless=True)
    if not names:
        names = glued(rest)
    if not names and rest.istitle() and rest.isalpha() and not is_nobody(rest):
        return (rest,)
    return names


def initials(line: str, *, lower: bool = False) -> tuple[str, ...]:
    """Return the two to four initials that `line` is, as they are written: "N.T", "(N.T.T.)"."""
    found = _INITIALS.fullmatch(line.strip())
    letters = found[1].replace(".", "") if found else ""
    known = letters.isupper() or lower
    return (found[1],) if found and known and letters.upper() not in _STAFF else ()


def eastern(line: str) -> tuple[str, ...]:
    """Return the name that a line of three to six Chinese or Japanese letters may be.

    Only the place of the line can tell that it is one: beside a time or below the headline.
    """
    known = _EAST_LINE.fullmatch(line) and not _EAST_NOBODY.search(line)
    return (line,) if known and not is_nobody(line) and not is_noise(line) else ()


def glued(words: str) -> tuple[str, ...]:
    """Return names in East Asian scripts, surname and name without a space, that `words` list."""
    parts = _EAST_LIST.split(words.strip())
    known = all(_EAST_GLUED.fullmatch(part) and not is_nobody(part) for part in parts)
    return tuple(parts) if known else ()


def is_source(line: str) -> bool:
    """Return True for a line that credits a source, picture or editor: no author."""
    return bool(_NOT_BY.match(line))


def columns(line: str) -> tuple[str, ...]:
    """Return the first name in a line of columns: "Name | Place | date", "• Name • 3 Minuten"."""
    if len(line) > _LONGEST or not BAR.search(line):
        return ()
    parts = (part for part in BAR.split(line) if part)
    return next((names for part in parts if (names := marked(part) or lone(part))), ())


@remembered(256, 2000)  # the lines of one page are asked about again and again
def lone(line: str) -> tuple[str, ...]:
    """Return the names in a line that is nothing but names, else nothing."""
    if len(line) > _LONGEST or is_noise(line) or is_source(line):
        return ()
    glued = _LOST_BREAK.match(line)
    if glued and glued[1][-1].islower() and len(glued[1].split()) > 1 and person(glued[1]):
        return (glued[1],)
    called = _EAST_ROLE.sub("", line)
    if called != line and _EAST_GLUED.fullmatch(called):
        return (called,)
    words = without_agency(PICTURES.sub("", line))
    parts = [name for part in LINK.split(_PLACE.split(words)[0]) for name in COMMA.split(part)]
    while len(parts) > 1 and is_agency(parts[-1]):
        parts.pop()
    found = [person(name) for name in parts]
    return tuple(name for name in found if name) if all(found) else ()


def dated(words: str) -> tuple[str, ...]:
    """Return the names in what is left of a line without its date: "Posted on … by NAME"."""
    found = _POSTED_BY.search(words)
    if not found:
        return ()
    name = found[1].strip()
    names = persons(name, commas=False)
    # In this form a single word will do, small letters too.
    return names or ((name,) if name.isalpha() and not is_nobody(name) else ())


def caseless(line: str) -> tuple[str, ...]:
    """Return the name in "NAME, Place" of a script without capitals, else nothing.

    Only the place of the line can tell that it is one: beside a time.
    """
    name, comma, place = (part.strip() for part in line.partition(","))
    if not comma or not 0 < len(place.split()) < 4 or any(map(str.isdigit, line)):
        return ()
    known = person(name, caseless=True) if name.lower() == name.upper() else None
    return (known,) if known else ()


def closing(paragraph: str) -> tuple[tuple[str, ...], str]:
    """Return the name in a bracket behind the last stop (Japanese), and the bracket."""
    found = _CLOSING.search(paragraph[-24:])
    if not found or is_nobody(found[1]):
        return (), ""
    return (found[1],), found[0]


def run_on(paragraph: str) -> tuple[tuple[str, ...], str]:
    """Return the names that follow a paragraph's last sentence, and those words as they stand."""
    tail = paragraph[-_LONGEST:]
    reported = _REPORTED.search(tail)
    if reported:
        return persons(reported[1], commas=False), tail[reported.start() :]
    for stop in _LAST_STOP.finditer(tail):  # the longest first: "Tin, ảnh: T. Hà" has a stop inside
        words = tail[stop.end() :]
        names = () if stops(words) else marked(words) or lone(words)
        if names:
            return names, words
    return (), ""


def inline(lead: str) -> tuple[tuple[str, ...], str]:
    """Return the reporters whom a lead names as it begins (Chinese, Korean), and the words."""
    head = lead[:120]
    chinese = _CHINESE.search(head)
    if chinese:
        names = tuple(name for name in chinese[1].replace("、", " ").split() if len(name) > 1)
        return names, chinese[0]
    korean = _KOREAN.search(head)
    return ((korean[1],), korean[0].strip()) if korean else ((), "")
