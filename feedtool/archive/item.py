"""The format of an archived entry: a JSON Feed 1.1 item, what is ours under `_feedtool`. Pure.

https://www.jsonfeed.org/version/1.1/ ; the keys are explained in docs/archive-format.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, get_args

from feedtool import data, text, valid
from feedtool.archive import kinship
from feedtool.archive.migrations import FORMAT, migrated
from feedtool.data import Struct, field
from feedtool.errors import EntryError
from feedtool.kept import By, Location, Version, Withdrawal
from feedtool.model import (
    Enclosure,
    Entry,
    Evidence,
    EvidenceField,
    Person,
    Precision,
    Published,
    handle,
)

UNKNOWN_TYPE = "application/octet-stream"
"""JSON Feed wants a type where the source gave none."""

Json = dict[str, Any]


class Author(Struct, omit_defaults=True, gc=False):
    """A person, as JSON Feed has them: with one address, which may be a mailto: link."""

    name: str
    url: str | None = None
    email: str | None = field(default=None, name="_email")


class Attachment(Struct, omit_defaults=True, gc=False):
    """An enclosure, as JSON Feed has it."""

    url: str
    mime_type: str
    title: str | None = None
    size_in_bytes: int | None = None


class Why(Struct, gc=False):
    """Evidence for a field that is named elsewhere."""

    quote: str
    rule: str
    confidence: float


class Ours(Struct, omit_defaults=True, gc=False):
    """What a file says under `_feedtool`, in its order."""

    format: int
    key: str
    source: str
    digest: str
    revision: int
    first_archived: datetime
    last_revised: datetime
    day: date
    precision: Precision
    date_guessed: bool
    captions: tuple[str, ...]
    rights: str | None
    capture: Location | None
    evidence: dict[EvidenceField, Why]
    rejected: dict[EvidenceField, list[Why]]
    duplicate_of: str | None = None
    gone: datetime | None = None
    withdrawn: Withdrawal | None = None


class Item(Struct, omit_defaults=True, gc=False, kw_only=True):
    """What a file holds, in its order; what isn't there isn't written. Times are written as RFC
    3339 has them, in their own offset."""

    id: str
    url: str | None = None
    title: str
    summary: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    image: str | None = None
    date_published: datetime | None = None
    date_modified: datetime | None = None
    authors: tuple[Author, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    attachments: tuple[Attachment, ...] = ()
    ours: Ours | None = field(default=None, name="_feedtool")


def stamp(when: datetime) -> str:
    """Return `when` as RFC 3339 writes it, in its own offset, `Z` for UTC."""
    return when.isoformat().replace("+00:00", "Z")


def from_entry(entry: Entry) -> Json:
    """Return `entry` as a JSON Feed item, keys in the order they are always written in."""
    found: Json = data.plain(_item(entry))
    return found


def _item(entry: Entry, ours: Ours | None = None) -> Item:
    return Item(
        id=entry.id,
        url=entry.link,
        title=entry.title,
        summary=entry.summary,
        content_html=entry.content_html,
        content_text=entry.content_text,
        image=entry.image,
        date_published=entry.published.time if entry.published else None,
        date_modified=entry.updated,
        authors=tuple(map(_from_person, entry.authors)),
        tags=entry.categories,
        language=entry.language,
        attachments=tuple(map(_from_enclosure, entry.enclosures)),
        ours=ours,
    )


def from_evidence(entry: Entry) -> Json:
    """Return the evidence of `entry` by field."""
    found: Json = data.plain(_evidence(entry))
    return found


def _evidence(entry: Entry) -> dict[EvidenceField, Why]:
    return {one.field: Why(one.quote, one.rule, one.confidence) for one in entry.evidence}


def _rejected(entry: Entry) -> dict[EvidenceField, list[Why]]:
    found: dict[EvidenceField, list[Why]] = {}
    for one in entry.rejected:
        found.setdefault(one.field, []).append(Why(one.quote, one.rule, one.confidence))
    return found


def digest(entry: Entry) -> str:
    """Return the digest of `entry` as an item without `_feedtool`.

    It is that of canonical JSON (RFC 8785).
    """
    return text.digest(data.canonical(_item(entry)))


def story(entry: Entry) -> str:
    """Return the name of what makes two documents the same story: the digest of title, text and
    day. It has a space, so that it is no id."""
    day = entry.published.day.isoformat() if entry.published else ""
    return text.digest(
        "\0".join((entry.title, entry.content_text or entry.content_html or "", day))
    )


def names(version: Version) -> tuple[str, ...]:
    """Return all names that an entry can be found by: its id and, where that was minted here, its
    place and its story (which find it again under another host, day or file name); and those that
    it shares with others of its story (see `kinship`). What was purged keeps its id and place."""
    entry = version.entry
    place = handle(entry.id)
    own = (entry.id,) if place is None else (entry.id, place)
    if version.withdrawn is not None and version.withdrawn.purged:
        return own
    if place is not None:
        own = (*own, story(_without_guess(entry) if version.date_guessed else entry))
    return (*own, *kinship.names(entry, dated=not version.date_guessed))


def has_name(version: Version, name: str) -> bool:
    """True where an entry can be found by `name`."""
    return name == version.entry.id or name in names(version)


def sureness(version: Version) -> float:
    """Return how sure the least sure of title, authors and published is, from 0 to 1; a guessed
    date is not sure at all."""
    if version.date_guessed:
        return 0.0
    return min(
        (one.confidence for one in version.entry.evidence if one.field != "summary"), default=1.0
    )


def _without_guess(entry: Entry) -> Entry:
    return valid.copy(entry, published=None)


def to_json(version: Version) -> Json:
    """Return `version` as the object that its file holds."""
    found: Json = data.plain(_object(version))
    return found


def _object(version: Version) -> Item:
    entry = version.entry
    assert entry.published is not None, "settled entries have a date"
    ours = Ours(
        FORMAT,
        version.key,
        version.source,
        version.digest,
        version.revision,
        version.first_archived,
        version.last_revised,
        entry.published.day,
        entry.published.precision,
        version.date_guessed,
        entry.captions,
        entry.rights,
        version.capture,
        _evidence(entry),
        _rejected(entry) if entry.rejected else {},
        version.duplicate_of,
        version.gone,
        version.withdrawn,
    )
    return _item(entry, ours)


def _to_withdrawal(told: Json) -> Withdrawal:
    if told["by"] not in get_args(By):
        raise ValueError(f"is withdrawn by {told['by']!r}")
    when, purged = _time(told["when"]), bool(told["purged"])
    return Withdrawal(when, told["by"], _text(told["reason"]), purged)


def _to_location(told: Json) -> Location:
    return Location(_text(told["file"]), int(told["offset"]), int(told["length"]))


def encode(version: Version) -> bytes:
    """Return the bytes of the file that holds `version`."""
    return data.pretty(_object(version)) + b"\n"


def encode_line(version: Version) -> bytes:
    """Return `version` as a line of a history file."""
    return (json.dumps(to_json(version), ensure_ascii=False) + "\n").encode("utf-8")


def decode(data: bytes) -> Version:
    """Return the version that `data` holds, in whatever format; a `ValueError` says why it holds
    none."""
    try:
        found = json.loads(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("is not in the format of an archived entry") from error
    return from_json(found)


def from_json(item: Json) -> Version:
    """Return the version that an object of a file holds, in whatever format; a `ValueError` says
    why it holds none."""
    try:
        return _version(migrated(item))
    except KeyError as error:
        raise ValueError(f"has no {error}") from error
    except EntryError as error:
        raise ValueError(str(error)) from error
    except (TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("is not in the format of an archived entry") from error


def _version(item: Json) -> Version:
    ours = item["_feedtool"]
    published = Published(
        _time(item["date_published"]), date.fromisoformat(ours["day"]), ours["precision"]
    )
    entry = Entry(
        id=item["id"],
        title=item["title"],
        link=item.get("url"),
        published=published,
        updated=_time(item["date_modified"]),
        authors=tuple(_to_person(person) for person in item.get("authors", ())),
        summary=item.get("summary"),
        content_html=item.get("content_html"),
        content_text=item.get("content_text"),
        categories=tuple(item.get("tags", ())),
        image=item.get("image"),
        enclosures=tuple(_to_enclosure(one) for one in item.get("attachments", ())),
        captions=tuple(ours["captions"]),
        language=item.get("language"),
        rights=ours.get("rights"),
        evidence=tuple(Evidence(name, **why) for name, why in ours["evidence"].items()),
        rejected=tuple(
            Evidence(name, **why)
            for name, several in ours.get("rejected", {}).items()
            for why in several
        ),
    )
    return Version(
        key=_text(ours["key"]),
        source=_text(ours["source"]),
        entry=entry,
        digest=_text(ours["digest"]),
        revision=int(ours["revision"]),
        first_archived=_time(ours["first_archived"]),
        last_revised=_time(ours["last_revised"]),
        date_guessed=bool(ours["date_guessed"]),
        capture=_to_location(ours["capture"]) if ours.get("capture") else None,
        withdrawn=_to_withdrawal(ours["withdrawn"]) if "withdrawn" in ours else None,
        gone=_time(ours["gone"]) if "gone" in ours else None,
        duplicate_of=_text(ours["duplicate_of"]) if "duplicate_of" in ours else None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _time(value: str) -> datetime:
    when = datetime.fromisoformat(value)
    return when.astimezone(UTC) if when.utcoffset() is None else when


def _from_person(person: Person) -> Author:
    if person.email and not person.uri:
        return Author(person.name, f"mailto:{person.email}")
    return Author(person.name, person.uri, person.email)


def _to_person(author: Mapping[str, Any]) -> Person:
    url = author.get("url")
    if url and url.startswith("mailto:"):
        return Person(author["name"], None, url.removeprefix("mailto:"))
    return Person(author["name"], url, author.get("_email"))


def _from_enclosure(enclosure: Enclosure) -> Attachment:
    media_type = enclosure.type or UNKNOWN_TYPE
    return Attachment(enclosure.href, media_type, enclosure.title, enclosure.length)


def _to_enclosure(attachment: Mapping[str, Any]) -> Enclosure:
    media_type = attachment["mime_type"]
    return Enclosure(
        attachment["url"],
        None if media_type == UNKNOWN_TYPE else media_type,
        attachment.get("size_in_bytes"),
        attachment.get("title"),
    )
