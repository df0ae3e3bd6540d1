"""What we wrote ourselves, read back: C tells its types, and what made it right then isn't asked
again. Pure. What a person may have written is for `item.decode`, which asks all of it.
"""

from __future__ import annotations

from datetime import date

from feedtool import valid
from feedtool.archive.item import UNKNOWN_TYPE, Attachment, Author, Item, Why
from feedtool.archive.migrations import FORMAT
from feedtool.data import force_setattr, json_reader
from feedtool.kept import Version
from feedtool.model import Enclosure, Entry, Evidence, EvidenceField, Person, Published

_read = json_reader(Item)
_DAY = date(2000, 1, 1)
_PUBLISHED = Published.on(_DAY)
_PERSON, _ENCLOSURE = Person("x"), Enclosure("https://x.example/")
_EVIDENCE = Evidence("title", "x", "x", 0.0)
_ENTRY = Entry(id="x:x", title="x")


def decode(data: bytes) -> Version | None:
    """Return the version that `data` holds, which must be as `item.encode` wrote it; None where it
    is of another format, or not like that after all."""
    found = _read(data)
    if found is None or found.ours is None or found.ours.format != FORMAT:
        return None
    if found.date_published is None or found.date_modified is None:
        return None
    ours = found.ours
    published = valid.copy(
        _PUBLISHED, time=found.date_published, day=ours.day, precision=ours.precision
    )
    entry = valid.copy(
        _ENTRY,
        id=found.id,
        title=found.title,
        link=found.url,
        published=published,
        updated=found.date_modified,
        authors=tuple(map(_person, found.authors)),
        summary=found.summary,
        content_html=found.content_html,
        content_text=found.content_text,
        categories=found.tags,
        image=found.image,
        enclosures=tuple(map(_enclosure, found.attachments)),
        captions=ours.captions,
        language=found.language,
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
        first_archived=ours.first_archived,
        last_revised=ours.last_revised,
        date_guessed=ours.date_guessed,
        capture=ours.capture,
        withdrawn=ours.withdrawn,
        gone=ours.gone,
        duplicate_of=ours.duplicate_of,
    )


def _person(author: Author) -> Person:
    url, email = author.url, author.email
    if url is not None and url.startswith("mailto:"):
        return valid.copy(_PERSON, name=author.name, email=url.removeprefix("mailto:"))
    return valid.copy(_PERSON, name=author.name, uri=url, email=email)


def _enclosure(one: Attachment) -> Enclosure:
    media_type = None if one.mime_type == UNKNOWN_TYPE else one.mime_type
    return valid.copy(
        _ENCLOSURE, href=one.url, type=media_type, length=one.size_in_bytes, title=one.title
    )


def _evidence(name: EvidenceField, why: Why) -> Evidence:
    # As `valid.copy` does, in a third of the time: each entry has several.
    new: Evidence = _EVIDENCE.__copy__()  # type: ignore[attr-defined]
    force_setattr(new, "field", name)
    force_setattr(new, "quote", why.quote)
    force_setattr(new, "rule", why.rule)
    force_setattr(new, "confidence", why.confidence)
    return new
