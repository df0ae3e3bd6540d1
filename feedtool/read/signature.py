"""Who signed a plain text: names by their shape, and by the words that lead to them."""

from __future__ import annotations

import re

from feedtool.read.layout import is_noise, stops

_LONGEST_NAME = 60  # letters
_LONGEST = 160  # letters of a line that names somebody

# Words that no person is called: agencies, papers, offices, roles. With marks: Ảnh is "picture",
# but Anh is a name.
_NOBODY = frozenset(
    """
    agency agence agencia agenzia agentur ajansı ajans news press presse prensa reuters afp dpa ap
    upi efe ansa tass xinhua vna ttxvn vietnamplus bbt tto ldo ndo vov vtv báo tạp tòa toà soạn
    biên redaktion rédaction redacción redazione editor editors editorial desk staff team office
    reporter reporters correspondent correspondents journalist journalists writer contributor
    minister korrespondent redakteur phóng ctv pv nhóm bloomberg guardian times post herald
    tribune telegraph daily online media magazine newspaper zeitung journal gazette today radio tv
    television the haber haberler gazetesi mwandishi wetu antara detik kompas cnn bbc voa tin ảnh
    nguồn theo photo photos getty images politics world sport sports business culture opinion
    university ministry department government council committee company group inc ltd gmbh read
    more subscribe comments share home update updated published advertisement school ubnd hđnd
    """.split()  # noqa: SIM905
)
_PARTICLES = frozenset(
    """
    de da do dos das del della di du la le van von der den ter ten al el bin binti ibn ben y af zu
    """.split()  # noqa: SIM905
)
_AND = re.compile(
    r"\s*[;&、，]\s*|\s+[-–—]\s+|(?<=\w)[–—](?=\w)"
    r"|\s+(?:and|und|et|y|e|và|dan|ve|en|og|och|na|i|и|و|と)\s+"
)
_COMMA = re.compile(r"\s*,\s*")
_BAR = re.compile(r"\s*[|•·●]\s*")
_BY = re.compile(
    r"^(?:(?:written\s+by|by|von|par|por|oleh|bởi|door|av|af|text|texte|texto|autor|autora|auteur"
    r"|author|autore|penulis|yazan|reporter|tác\s+giả|phóng\s+viên|pv|ctv|thực\s+hiện|người\s+viết|автор|текст|بقلم|كتب"
    r"|(?:tin|bài)(?:,?\s+(?:và\s+)?(?:bài|ảnh))*|作者|撰文|文|记者|記者|글)\s*[:：/]\s*"
    r"|(?:written\s+by|by|von|par|por|oleh|bởi|door|av|di|af|de|بقلم|كتب|كتبت|记者|記者)\s+"
    r"|(?-i:[Bb]y)(?-i:(?=[A-ZÀ-ÝĐ][\w'’-]+\s)))(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_NOT_BY = re.compile(
    r"^[(（【\[]?(?:nguồn|theo|source|sources|quelle|fuente|fonte|sumber|kaynak|bron|ảnh|photos?"
    r"|picture|foto|image|video|đồ họa|editor|redaktur|biên tập|来源|來源|出典|編集|编辑|责任编辑"
    r"|責任編輯|출처|источник|المصدر)\s*[:：]",
    re.IGNORECASE,
)
_PICTURES = re.compile(r"\s*[-–,;|]?\s*\b(?:ảnh|photos?|fotos?|video)\s*:.*$", re.IGNORECASE)
_DASH = re.compile(r"\s+[-–—]\s+")
_PLACE = re.compile(r"\s+(?:in|à|aus|from)\s+(?=[A-Z])")
_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]{0,60}[)）\]]?\.?$")
_LAST_STOP = re.compile(r"[.!?…。/][\"'”’»)\]]*\s+(?=\S)")
_EAST = re.compile(r"[\u3400-\u9fff々]{1,4}[ \u3000][\u3040-\u30ff\u3400-\u9fff々]{1,5}")
_EAST_GLUED = re.compile(r"[\u3400-\u9fff々·•]{2,8}|[가-힣]{2,4}")
_EAST_ROLE = re.compile(r"\s?(?:記者|记者|기자|특파원)$")
_KOREAN = re.compile(r"(?:^|[=\]）)\s])([가-힣]{2,4})\s?(?:기자|특파원)(?=[\s=]|$)")
_CHINESE = re.compile(r"[（(][^（）()]{0,12}?记者[ ：:]?([\u3400-\u9fff、 ]{2,24})[)）]")
_REPORTED = re.compile(r"[(（]?(?:reporting|writing) by ([^;()（）]{3,80})[;)）.]", re.IGNORECASE)
# "Jane RoeThe Daily": a name and the paper, with the line break lost; not "Ron MacDonald".
_LOST_BREAK = re.compile(r"^(.{5,40}?[^\W\d_]{3})(?<!Mac)(?<=[^\W\d_A-Z])(?=[A-ZÀ-ÝĐ][^\W\d_]*\s)")


def person(words: str) -> str | None:
    """Return `words` as the name of one person, without the agency behind it; None if they aren't.

    "Trung Hà (TTXVN)" is Trung Hà; "BBT", "Reuters" and "The Daily" are nobody.
    """
    name = _BRACKET.sub("", words.strip()).split("/", 1)[0].strip(' \t,;:*•|–—-"“”')
    if _EAST.fullmatch(name):
        return name
    parts = name.split()
    if not parts or len(parts) > 6 or len(name) > _LONGEST_NAME:
        return None
    return name if _looks_called(parts) and not any(map(_is_nobody, parts)) else None


def _looks_called(parts: list[str]) -> bool:
    """Whether every word begins with a capital, particles aside, and one is more than initials."""
    names = [part for part in parts if part.lower() not in _PARTICLES]
    if not names or not all(map(_is_name, names)):
        return False
    if len(names) > 1:
        return any(len(part.strip(".")) > 1 for part in names)
    # One word: "P.Hậu" is a name; "BBT" and "Kết" alone may be anything.
    initial, _, rest = parts[0].partition(".")
    return len(initial) <= 2 and len(rest) > 1 and rest[1:].islower()


def _is_name(part: str) -> bool:
    letters = "".join(sign for sign in part if sign not in "'’-.")
    return letters.isalpha() and part[0].isupper()


def _is_nobody(part: str) -> bool:
    return part.lower().strip("(),.;:'’") in _NOBODY


def persons(words: str, *, commas: bool) -> tuple[str, ...]:
    """Return the names that `words` list, empty where the first of them is none.

    A comma parts names where `commas`, else only where an "and" follows: not in "Jane Roe, York".
    """
    words = _BAR.split(_PICTURES.sub("", words), maxsplit=1)[0]
    parts = _AND.split(words)
    if commas or len(parts) > 1:
        parts = [name for part in parts for name in _COMMA.split(part)]
    else:
        parts = _COMMA.split(words)[:1]
    found: list[str] = []
    for part in parts:
        name = person(part)
        if name is None:
            break
        found.append(name)
    return tuple(dict.fromkeys(found))


def marked(line: str) -> tuple[str, ...]:
    """Return the names in a line that says it is a byline ("By …", "Tin, ảnh: …"), else nothing."""
    reported = _REPORTED.match(line)
    if reported:
        return persons(reported[1], commas=False)
    found = _BY.match(line) if len(line) <= _LONGEST and not is_source(line) else None
    if not found:
        return ()
    rest = _PLACE.split(_BAR.split(found["rest"])[0])[0].removeprefix("Na ").rstrip(".")
    listed = ":" in line[: found.start("rest")]
    if not listed:  # "By Jane Roe — London"
        rest = _DASH.split(rest)[0]
    names = persons(rest, commas=listed)
    if not names and _EAST_GLUED.fullmatch(rest):
        return (rest,)
    if not names and rest.istitle() and rest.isalpha() and not _is_nobody(rest):
        return (rest,)
    return names


def is_source(line: str) -> bool:
    """Return True for a line that credits a source, picture or editor: no author."""
    return bool(_NOT_BY.match(line))


def columns(line: str) -> tuple[str, ...]:
    """Return the first name in a line of columns: "Name | Place | date", "• Name • 3 Minuten"."""
    if len(line) > _LONGEST or not _BAR.search(line):
        return ()
    parts = (part for part in _BAR.split(line) if part)
    return next((names for part in parts if (names := marked(part) or lone(part))), ())


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
    words = _PICTURES.sub("", line)
    found = [person(name) for part in _AND.split(words) for name in _COMMA.split(part)]
    return tuple(name for name in found if name) if all(found) else ()


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
