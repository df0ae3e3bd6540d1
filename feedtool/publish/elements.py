"""Elements of Atom and RSS, as feedgen makes them, and how they are written. The only file that
knows feedgen.

What feedgen gets wrong is put right here. Elements are written by a walk of our own, as lxml would
declare the namespaces again on each fragment: whoever joins them declares `NAMESPACES` on the root.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedtool.model import Feed

Element = Any  # lxml's, which feedgen makes

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
}
XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {XML: "xml", **{uri: prefix for prefix, uri in NAMESPACES.items()}}
_MARKUP = ("content", "description", f"{{{NAMESPACES['content']}}}encoded")
# RFC 6838 § 4.2 and RFC 5322 § 3.4.1: narrower than what an entry may hold.
_MEDIA_TYPE = re.compile(r"[!#-'*+.0-9A-Z^-z-]+/[!#-'*+.0-9A-Z^-z-]+")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
# RFC 3986 § 2: what stands in an address as it is, "%" for what is escaped already.
_IN_ADDRESSES = "%:/?#@!$&'()*+,;=-._~"


class AtomEntry(FeedEntry):  # type: ignore[misc]
    """An entry whose links keep all that is said of them: feedgen 1.0 leaves out rel, type and
    length, so that enclosures look like alternates."""

    def atom_entry(self, *args: Any, **options: Any) -> Element:
        """Return the entry as an element."""
        element = super().atom_entry(*args, **options)
        for made, link in zip(element.findall("link"), self.link(), strict=True):
            made.attrib.update(link)
        return element


def generator(feed: Feed, self_link: str, media_type: str, updated: datetime) -> FeedGenerator:
    """Return what makes the head of a document, told what Atom and RSS both say there."""
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    made.updated(updated.astimezone(UTC))
    made.link({"href": self_link, "rel": "self", "type": media_type})
    # The last one is RSS's.
    made.link({"href": feed.link, "rel": "alternate", "type": "text/html"})
    made.generator("feedtool")
    if feed.language:
        made.language(feed.language)
    return made


def add(parent: Element, name: str, words: str | None = None, **attributes: str) -> Element:
    """Put an element with these words and attributes at the end of `parent`, and return it; `name`
    may have a prefix of `NAMESPACES`."""
    prefix, _, local = name.rpartition(":")
    made = parent.makeelement(f"{{{NAMESPACES[prefix]}}}{local}" if prefix else name, attributes)
    made.text = words
    parent.append(made)
    return made


def written(element: Element) -> bytes:
    """Return `element` in UTF-8, each of its children on a line of its own."""
    inside = "\n".join(map(_written, element))
    name = _name(element.tag)
    return f"<{name}{_attributes(element)}>\n{inside}\n</{name}>".encode()


def rfc3339(when: datetime) -> str:
    """Return a time as Atom writes it. Some readers drop an offset: only Z is read right
    everywhere."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def rfc822(when: datetime) -> str:
    """Return a time as RSS writes it, in GMT."""
    return format_datetime(when.astimezone(UTC), usegmt=True)


def media_type(written: str | None) -> str | None:
    """Return a media type without its parameters, or None where it is none."""
    bare = (written or "").partition(";")[0]
    return bare if _MEDIA_TYPE.fullmatch(bare) else None


def is_email(written: str | None) -> bool:
    """True for an e-mail address that every checker takes for one."""
    return bool(written and _EMAIL.fullmatch(written))


def uri(address: str) -> str:
    """Return an IRI as the URI it stands for (RFC 3987 § 3.1); RSS knows no others."""
    parts = urlsplit(address)
    host = parts.netloc
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            host = quote(host, safe=_IN_ADDRESSES + "[]")
    # Only around the number of a host may brackets stand.
    rest = [quote(part, safe=_IN_ADDRESSES) for part in parts[2:]]
    return urlunsplit((parts.scheme, host, *rest))


def _written(element: Element) -> str:
    name = _name(element.tag)
    words = element.text or ""
    if words:
        # RSS Advisory Board's profile, "Character data": readers that take titles for HTML may
        # tell by the number that it is none.
        words = escape(words, quote=False)
        if "&" in words and element.tag not in _MARKUP:
            words = words.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;")
    inside = words + "".join(map(_written, element))
    tag = f"{name}{_attributes(element)}"
    return f"<{tag}>{inside}</{name}>" if inside else f"<{tag}/>"


def _name(tag: str) -> str:
    if tag[0] != "{":
        return tag
    uri, _, local = tag[1:].partition("}")
    return f"{_PREFIXES[uri]}:{local}"


def _attributes(element: Element) -> str:
    return "".join(f' {_name(name)}="{escape(value)}"' for name, value in element.items())
