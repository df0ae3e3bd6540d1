"""The names in a byline: who wrote, without the words around."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feedtool import text
from feedtool.read import names, signature

LONGEST = 300  # letters of a byline; more is a paragraph
MOST = 12  # people

_WORKS = (
    "written|posted|published|submitted|reported|reviewed|soumis|publié|posté|rédigé|enviado"
    "|escrito|publicado|pubblicato|inserito|eingereicht|veröffentlicht|geschrieben|geplaatst"
    "|ingediend|words|story|photos and story|text|texte|texto|testo|tekst"
)
_ROLES = (
    "authors?|autor(?:e|es|a|in|en)?|auteurs?|redacción|tác giả|penulis|yazar|skrevet|geschrieben"
    "|source|quelle|fuente|fonte|nguồn"
)
_ANNOUNCED = re.compile(
    rf"(?:(?:{_WORKS})\s+)?(?:by|von|par|por|door|oleh)[\s:]+|(?:{_WORKS}|{_ROLES})\s*:\s*(?:by\s+)?",
    re.IGNORECASE,
)
# Too common as words, or as the beginnings of names, to announce somebody by themselves.
_BY = re.compile(rf"(?:{_ANNOUNCED.pattern}|(?:vom|de|di|av|af|od|bởi)\s+(?=\S))", re.IGNORECASE)
# What follows the names in the same line: a date, a separator, a place, an address.
_END = re.compile(
    r"\s+(?:on|le|am|el|il|op|em|den|vào|pada)\s+(?:[^\W\d_]{1,12}[.,]*\s+){0,3}\d.*"
    r"|\s*(?:[|•●·–—]|\s-\s|https?://|\bUpdated\b|\bPublished\b|\bPosted\b|\d).*",
    re.DOTALL,
)
_BRACKETED = re.compile(r"[(\[（【]\s*([^()\[\]（）【】]+?)\s*[)\]）】]")
_IN_BRACKETS = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]?")
_BETWEEN = re.compile(
    r"\s*[,;/&、，・]\s*|\s+(?:and|und|et|y|e|og|och|và|dan|ve|in collaboration with|with)\s+",
    re.IGNORECASE,
)
_ROLE_AFTER = re.compile(
    r"\s*(?:기자|記者|记者|特派員|통신원)$"
    r"|(?<=\w)\s+(?:(?:special|senior|staff|chief|contributing|foreign|national|political|opinion)"
    r"\s+)*(?:correspondent|reporter|writer|editor|columnist)\b.*$",
    re.IGNORECASE,
)
# "Jane Roe, Staff Reporter": a line that says what somebody is.
_WITH_ROLE = re.compile(
    r"(?P<names>[^,|:]{4,60}),\s+(?:(?:the|our|special|senior|staff|chief|contributing|foreign"
    r"|national|political|opinion|sports?|business|city|science|managing|associate|assistant)\s+)*"
    r"(?:correspondent|reporter|writer|editor|columnist|journalist)s?(?:[\s,]+[^.!?]{2,40})?",
    re.IGNORECASE,
)
_KANJI = re.compile(r"(?!.*(?:社|部|局|室|通信|新聞|提供|時事|撮影|写真)$)[\u3400-\u9fff々]{3,5}")
_EDGE = " \t\n,:;|-–—*•"
_NO_NAMES = re.compile(
    r"(?:admin|administrator|anonymous|by|byline|guest|none|null|undefined|unknown|webmaster"
    r"|jr|sr|md|phd)"
    # What somebody is, not who: "Contributing Opinion Writer".
    r"|(?:.* )?(?:authors?|autor|contributor|correspondent|editor|editorial|journalist|professor"
    r"|redakteur(?:in)?|redaktion|redactor|reporter|staff|writer)"
)
_PARTICLES = frozenset(
    (
        "al",
        "bin",
        "da",
        "de",
        "del",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "ten",
        "van",
        "von",
    )
)


def people(words: str) -> tuple[str, ...]:
    """Return the names in the byline `words`, at most 12, or none where it holds no name."""
    line = text.line(words)
    if not line or len(line) > LONGEST:
        return ()
    whole = _BRACKETED.fullmatch(line)
    line = whole[1] if whole else line
    by = _BY.match(line)
    line = _END.sub("", _IN_BRACKETS.sub("", line[by.end() :] if by else line))
    parts = (_without_role(part).strip(_EDGE) for part in _BETWEEN.split(line))
    return tuple(dict.fromkeys(part for part in parts if is_name(part)))[:MOST]


def _without_role(part: str) -> str:
    """What is before a role, if that can be a name: not "Contributing" of "Contributing Writer"."""
    bare = _ROLE_AFTER.sub("", part)
    return bare if len(bare.split()) > 1 or not bare.isascii() else part


def announced(line: str) -> tuple[str, ...]:
    """Return the names in a short line that says it is a byline ("By …", "Autor: …"), or none."""
    by = _ANNOUNCED.match(line)
    if not by or len(line) > 120:
        return ()
    found = people(line)
    words = [word for name in found for word in name.split() if word not in _PARTICLES]
    # "Von Anfang an …" and "By Monday …" announce nobody.
    if any(word[0].islower() for word in words) or (line.isascii() and len(words) <= len(found)):
        return ()
    return found


def with_role(line: str) -> tuple[str, ...]:
    """Return the names in a line that is nothing but them and what they are ("…, Reporter")."""
    found = _WITH_ROLE.fullmatch(line) if len(line) <= 120 else None
    return names.persons(found["names"], commas=False) if found else ()


def signed(end: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the names that an article's `end` is signed with, and the words that say so.

    The first of `end` is its last paragraph, of which the last words may be the names; the others
    are short, and nothing but names in a signature.
    """
    for line in end[1:]:
        whole = _BRACKETED.fullmatch(line)
        bare = whole[1] if whole else line
        lone = signature.lone(bare) if len(bare.split()) > 1 or not bare.isascii() else ()
        glued = (bare,) if whole and _KANJI.fullmatch(bare) and signature.glued(bare) else ()
        if people_ := signature.marked(bare) or lone or glued:
            return people_, line
    closed = signature.closing(end[0]) if end else ((), "")
    return closed if closed[0] or not end else signature.run_on(end[0])


def is_name(words: str) -> bool:
    """Return True where `words` could name somebody: few, with letters, no address or handle."""
    return (
        1 < len(words) <= 60
        and len(words.split()) <= 6
        and any(sign.isalpha() for sign in words)
        and not any(sign in words for sign in '@<>{}=?!"#_')
        and "://" not in words
        and not words.lower().startswith("www.")
        and not _NO_NAMES.fullmatch(text.fold(words))
    )
