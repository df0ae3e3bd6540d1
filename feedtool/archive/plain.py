"""Items as they are nearly always written, read in one go: what is asked of each field of an entry
is asked here of all of them together, and what would be put right is no plain item. Pure.

Whatever isn't surely right is None here, and `item` reads it field by field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any
from unicodedata import is_normalized

from feedtool import data, text, valid
from feedtool.archive.migrations import FORMAT
from feedtool.data import Struct, field
from feedtool.kept import Location, Version
from feedtool.model import Entry, Evidence, EvidenceField, Person, Precision, Published

# What stands for values that are known to be right, before they have these.
_PUBLISHED = Published.on(date(2000, 1, 1))
_PERSON = Person("?")
_EVIDENCE = Evidence("title", "?", "?", 1.0)
_ENTRY = Entry(id="tag:?", title="?")
# In whole seconds and minutes, of a year that may be (see `valid.moment`).
_TIME = re.compile(r"[1-8][0-9]{3}-..-..T..:..:..(?:Z|[+-]..:..)")
_DAY = re.compile(r"[1-8][0-9]{3}-..-..")
_QUOTED = 300  # letters, of evidence
_ABSENT: Any = None  # of what can't be null where it is there


class _Author(Struct, forbid_unknown_fields=True):
    name: str
    url: str | None = None


class _Why(Struct, forbid_unknown_fields=True):
    quote: str
    rule: str
    confidence: float


class _Ours(Struct, forbid_unknown_fields=True):
    format: int
    key: str
    source: str
    digest: str
    revision: int
    first_archived: str
    last_revised: str
    day: str
    precision: Precision
    date_guessed: bool
    captions: list[str]
    evidence: dict[EvidenceField, _Why]
    rejected: dict[EvidenceField, list[_Why]] = field(default_factory=dict)
    rights: str | None = None
    capture: Location | None = None
    duplicate_of: str = _ABSENT


class _Item(Struct, forbid_unknown_fields=True):
    """What `item` writes, but for files, and of what isn't withdrawn or gone."""

    id: str
    title: str
    date_published: str
    date_modified: str
    ours: _Ours = field(name="_feedtool")
    url: str | None = None
    summary: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    image: str | None = None
    authors: list[_Author] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    language: str | None = None


def decode(written: bytes) -> Version | None:
    """Return the version that the bytes of a file hold; None where that takes a closer look."""
    item = _reader()(written)
    try:
        return _version(item) if item is not None and _is_right(item) else None
    except ValueError:  # a time that isn't in the calendar
        return None


@cache
def _reader() -> Callable[[bytes], _Item | None]:
    return data.reader(_Item)


def _version(item: _Item) -> Version:
    ours = item.ours
    published = valid.copy(
        _PUBLISHED,
        time=datetime.fromisoformat(item.date_published),
        day=date.fromisoformat(ours.day),
        precision=ours.precision,
    )
    entry = valid.copy(
        _ENTRY,
        id=item.id,
        title=item.title,
        link=item.url,
        published=published,
        updated=datetime.fromisoformat(item.date_modified),
        authors=tuple(valid.copy(_PERSON, name=one.name, uri=one.url) for one in item.authors),
        summary=item.summary,
        content_html=item.content_html,
        content_text=item.content_text,
        categories=tuple(dict.fromkeys(item.tags)),
        image=item.image,
        captions=tuple(dict.fromkeys(ours.captions)),
        language=item.language,
        rights=ours.rights,
        evidence=tuple(_evidence(name, why) for name, why in ours.evidence.items()),
        rejected=tuple(
            _evidence(name, why) for name, several in ours.rejected.items() for why in several
        ),
    )
    return Version(
        key=ours.key,
        source=ours.source,
        entry=entry,
        digest=ours.digest,
        revision=ours.revision,
        first_archived=datetime.fromisoformat(ours.first_archived),
        last_revised=datetime.fromisoformat(ours.last_revised),
        date_guessed=ours.date_guessed,
        capture=ours.capture,
        duplicate_of=ours.duplicate_of,
    )


def _evidence(name: EvidenceField, why: _Why) -> Evidence:
    confidence = round(why.confidence, 2)
    return valid.copy(_EVIDENCE, field=name, quote=why.quote, rule=why.rule, confidence=confidence)


def _is_right(item: _Item) -> bool:
    """True where the nouns would take each field, and leave it as it is."""
    ours = item.ours
    why = [*ours.evidence.values(), *chain.from_iterable(ours.rejected.values())]
    lines = [item.id, item.title, *item.tags, *ours.captions]
    lines += [one for one in (item.summary, item.language, ours.rights) if one is not None]
    lines += [one.name for one in item.authors]
    for one in why:
        lines += (one.quote, one.rule)
    addresses = [item.url, item.image, *(one.url for one in item.authors)]
    times = (item.date_published, item.date_modified, ours.first_archived, ours.last_revised)
    content = item.content_text if item.content_html is None else item.content_html
    return bool(
        ours.format == FORMAT
        and _are_lines(lines)
        and all(map(_TIME.fullmatch, times))
        and _DAY.fullmatch(ours.day)
        and valid.IRI.fullmatch(item.id)
        and (item.language is None or valid.LANGUAGE_TAG.fullmatch(item.language))
        and all(one is None or text.web_url(one) == one for one in addresses)
        and all(len(one.quote) <= _QUOTED and 0 <= one.confidence <= 1 for one in why)
        and None in (item.content_html, item.content_text)
        and (content is None or text.block(content) == content != "")
    )


def _are_lines(words: Collection[str]) -> bool:
    """True where `text.line` would leave each of these as it is, and none is empty."""
    joined = "\n".join(("", *words, ""))
    return (
        # Of all white space the space alone is printable, and nothing is that XML can't carry.
        joined.replace("\n", "").isprintable()
        and joined.count("\n") == len(words) + 1
        and not any(wrong in joined for wrong in ("  ", "\n\n", "\n ", " \n"))
        and is_normalized("NFC", joined)
    )
