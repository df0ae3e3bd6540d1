"""Times, addresses and media types as the formats of feeds want them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from feedtool.model import Enclosure, Entry, Feed

# RFC 6838 § 4.2 and RFC 5322 § 3.4.1: narrower than what an entry may hold.
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?:[a-z0-9-]+\.)+[a-z0-9-]+", re.ASCII | re.I)
# RFC 3986 § 2: what stands in an address as it is; "%" for what is escaped already.
_IN_ADDRESSES = "%:/?#@!$&'()*+,;=-._~"
# Addresses in which nothing would be escaped, and no part is empty.
_URI = re.compile(
    r"https?://[a-z0-9.:-]+/[\w%:/@!$&'()*+,;=.~-]*(?:\?[\w%:/?@!$&'()*+,;=.~-]+)?", re.A
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TYPES = {
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}


@lru_cache(256)  # one entry's are asked for by each format
def rfc3339(when: datetime) -> str:
    """Return a time as Atom and JSON Feed write it. Some readers drop an offset, so that only Z is
    read right everywhere."""
    return when.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def rfc822(when: datetime) -> str:
    """Return a time as RSS writes it, in GMT."""
    at = when.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


def media_type(one: Enclosure, otherwise: str | None = None) -> str | None:
    """Return the media type of an enclosure without parameters: what it says, else what the end of
    its address says, else `otherwise`."""
    said = (one.type or "").partition(";")[0]
    if _MEDIA_TYPE.fullmatch(said):
        return said
    end = urlsplit(one.href).path.rpartition(".")[2].lower()
    return _TYPES.get(end, otherwise)


def email(written: str | None) -> str | None:
    """Return an e-mail address if it is one to all that check it, else None."""
    return written if written and _EMAIL.fullmatch(written) else None


def iri(address: str) -> str:
    """Return an address without brackets in path or query, where they may not stand as they are
    (RFC 3986 § 3.2.2)."""
    if "[" not in address and "]" not in address:
        return address
    parts = urlsplit(address)
    rest = (part.replace("[", "%5B").replace("]", "%5D") for part in parts[2:])
    return urlunsplit((*parts[:2], *rest))


def uri(address: str) -> str:
    """Return an IRI as the URI that it stands for (RFC 3987 § 3.1): RSS knows no other."""
    if _URI.fullmatch(address):
        return address
    parts = urlsplit(address)
    host = parts.netloc
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            host = quote(host, safe=_IN_ADDRESSES)
    rest = (quote(part, safe=_IN_ADDRESSES) for part in parts[2:])
    return urlunsplit((parts.scheme, host, *rest))


def names(entry: Entry, feed: Feed) -> str:
    """Return the names of those who wrote an entry, joined; of its feed's author, if it names
    nobody."""
    return ", ".join(person.name for person in entry.authors) or feed.author


def gist(entry: Entry) -> str:
    """Return what an entry says in short as plain text: its summary, else its title again."""
    return entry.summary or entry.title
