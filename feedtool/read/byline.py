"""The names in a byline: who wrote, without the words around."""

from __future__ import annotations

import re

from feedtool import text

LONGEST = 300  # letters of a byline; more is a paragraph
MOST = 12  # people

_WORKS = (
    "written|posted|published|reported|reviewed|words|story|photos and story|text|texte|texto|testo"
    "|tekst"
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
    r"\s*(?:[|•●·–—]|\s-\s|https?://|\bUpdated\b|\bPublished\b|\bPosted\b|\d).*", re.DOTALL
)
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
    names = people(line)
    words = [word for name in names for word in name.split() if word not in _PARTICLES]
    # "Von Anfang an …" and "By Monday …" announce nobody.
    if any(word[0].islower() for word in words) or (line.isascii() and len(words) <= len(names)):
        return ()
    return names


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
