"""The agency and place that a lead begins with, told from its words. Pure."""

from __future__ import annotations

import re

from feedtool.read.almanac import MONTHS, bare

# One word of what stands before the dash of a lead: capitals, a domain, a bracket, a date.
_DASH = re.compile(
    r"^(?P<agency>[^–—\n]{0,70}?)\s*"
    r"(?:\s[-–—]{1,2}\s|[—–]\s|\)\.?\s?[-–—]\s?|\.[-–—]\s|(?<=\.)\s?--\s|\s[-–—]{1,2}$)\s*"
)
_GLUED = re.compile(r"^(?P<agency>[A-ZĐ]{2,10})\s?[-–—]\s?(?=[\"“‘«']?[A-ZÀ-ỸĐ][a-zà-ỹđ])")
_SPACED = re.compile(r"^[-–—]\s+")
# "(SGGP) Yesterday": two capitals or a domain say that it is no remark.
_BRACKETED = re.compile(
    r"^[(\[](?=[^()\[\]]*(?:[A-ZĐА-Я]{2}|\w\.\w{2,}))[^\W\d_a-z][\w.+/& -]{1,24}[)\]]\.?\s+"
    r"(?=[\"“‘«']?[^\W\d_a-zß-ÿ])"
)
# "BERLIN taz | On the table": capitals, a word, a bar.
_BARRED = re.compile(r"^[^\W\d_a-zß-ÿ]{2,}(?:[ -][^\W\d_a-zß-ÿ]{2,}){0,3}(?:\s\w{2,12})?\s\|\s+")
_SLASHED = re.compile(r"^[^\W\d_a-zß-ÿ][^/\n]{1,40}[.,]\s/[^\W\d_a-zß-ÿ]{2,12}/[.,]?\s+")
# What may follow the dash: "MOSCOW, 15 Dec — Wire News. The tower …".
_AFTER = re.compile(
    r"(?:[^\W\d_a-zß-ÿ]{2,8}|[^\W\d_a-zß-ÿ]\w+\.\w{2,4})(?:\s[^\W\d_a-z]\w+){0,2}\.\s+"
)
_EAST = re.compile(
    r"^(?:[^\s。，,]{2,12}\d{1,2}月\d{1,2}日[电電讯訊](?:\s?[（(][^（）()]{0,40}[)）])?\s*"
    r"|[^\s。，,]{0,6}(?:本报|本報|本网|本社)?[讯訊]\s?(?:[（(][^（）()]{0,40}[)）])\s*"
    r"|(?:本报|本報|本网)[讯訊]\s+"
    r"|[^\s。，,：（）]{2,10}(?:消息|[讯訊电])(?:\s?[（(][^（）()]{0,40}[)）])?[：:]\s*"
    r"|[(\[（【][^()\[\]（）【】\n]{2,30}[)\]）】]\s?[가-힣]{2,4}\s?(?:기자|특파원)\s?=\s?"
    r"|[【［][^【】［］\n]{2,30}[】］]\s?[-－–]?\s?"
    r"|\[[^\[\]\n]{0,20}[\u3040-\u9fff가-힣][^\[\]\n]{0,20}\]\s?[-－–]?\s?)"
)
_HINT_ENDS = re.compile(r"[\s)\].,:|–—-]*(?:[-–—:|)\]]|\s)\s*")
_MONTH = frozenset(name for name in MONTHS if len(name) > 2)
_PLACE_WORDS = 5  # from which it is none
_DOMAIN = re.compile(r"\b[\w-]+\.(?:\w{2,4})\b")


def agency(lead: str, hint: str = "") -> int:
    """Return how many letters of `lead` are the agency and place it begins with, dash included.

    "LSO-", "(Chinhphu.vn) - ", "HÀ NỘI, 15/12 – ", "BERLIN (dpa) – ", "– "; 0 where there is none.
    `hint` is what the source's own datelines begin with.
    """
    hinted = _hinted(lead, hint)
    if hinted:
        return hinted
    for form in (_SPACED, _EAST, _GLUED, _SLASHED, _BARRED):
        found = form.match(lead)
        if found:
            return found.end()
    end = _dashed(lead)
    if end:
        again = (
            _dashed(lead[end:]) if len(lead[:end].split()) < 4 else 0
        )  # "(WIRE) - ROME, 12 MAY - "
        after = _AFTER.match(lead, end) if "," in lead[:end] else None
        return end + again if again else after.end() if after else end
    bracketed = _BRACKETED.match(lead)
    return bracketed.end() if bracketed else 0


def is_alone(line: str, hint: str = "") -> bool:
    """Return True for a line that is an agency and place, and its lead on the next one."""
    return len(line) < 90 and line[-1:] in "-–—" and agency(line, hint) == len(line)


def _hinted(lead: str, hint: str) -> int:
    """Where what the hint says ends, with the sign behind it; 0 where it doesn't stand there."""
    start = re.match(r"[(\[]?", lead)
    begin = start.end() if start else 0
    if not hint or not lead[begin:].casefold().startswith(hint.casefold()):
        return 0
    ends = _HINT_ENDS.match(lead, begin + len(hint))
    return ends.end() if ends else 0


def _dashed(lead: str) -> int:
    """Where the dash ends that capitals, a domain or a bracket lead to; 0 where there is none."""
    found = _DASH.match(lead)
    if not found:
        return 0
    words = found["agency"] + (")" if ")" in found[0][len(found["agency"]) :] else "")
    bracketed = re.sub(r"[(\[][^()\[\]]{1,40}[)\]]", " ", words)
    ends_in_bracket = bracketed != words and len(bracketed.split()) <= 5 and words.endswith(")")
    domain = bool(_DOMAIN.search(words)) and len(bracketed.split()) <= 4
    shouted = all(
        _is_agency_word(word) or (domain and word[:1].isupper()) for word in bracketed.split()
    )
    caseless = words.lower() == words.upper() and len(bracketed.split()) > 3
    said = (
        ends_in_bracket
        or _is_place(bracketed)
        or (shouted and bool(words.strip()) and not caseless)
    )
    return found.end() if said else 0


def _is_place(words: str) -> bool:
    """Whether `words` are a place in capitals and the state it is in: "YORK, Maine"."""
    place, _, state = words.strip().partition(", ")
    parts = state.split()
    return (
        place.isupper()
        and len(place.split()) < _PLACE_WORDS
        and 0 < len(parts) < _PLACE_WORDS
        and all(part[0].isupper() or _is_agency_word(part) for part in parts)
    )


def _is_agency_word(word: str) -> bool:
    word = word.strip(",.;:")
    letters = [sign for sign in word if sign.isalpha()]
    if "." in word or not letters:  # a domain, a number
        return True
    return (
        (word.upper() == word and word[0].isalnum()) or word[1:].isupper() or bare(word) in _MONTH
    )
