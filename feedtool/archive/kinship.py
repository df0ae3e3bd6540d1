"""What tells that two entries are one story, or one entry under two ids: their addresses and words.

Pure. Addresses are compared without what differs between two ways to the same page; texts are
compared folded, so that other quotation marks, tags or spaces are no difference.
"""

from __future__ import annotations

import re
from datetime import UTC
from functools import cache, lru_cache
from hashlib import blake2b
from types import ModuleType
from urllib.parse import urlsplit

from feedtool.model import Entry, Published
from feedtool.text import recalled

_SHORTEST = 160  # letters and digits of a text that is a story of its own
_LONGEST = 1 << 14  # letters of a text whose digest is remembered
_REMEMBERED = 560  # entries that are remembered: more than are written together
_BETWEEN = bytes(code for code in range(128) if not chr(code).isalnum())  # words, in folded text
# An address of which there is nothing to leave out but "www." and slashes at its end.
_USUAL = re.compile(r"https?://([a-z0-9.-]+)(/[!-\"$->@-~]*)")
# Parameters that say who led here, and not to what. Compiled where they are first looked for.
_TRACKING = (
    r"(?:utm|mtm|pk|matomo|hsa|vero|oly|mc|ns|trk|wt|at_(?:medium|campaign|source))_\w*"
    r"|at_(?:medium|campaign)|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid"
    r"|igshid|igsh|li_fat_id|_hsenc|_hsmi|__twitter_impression|_ga|_gl|mkt_tok|spm|cmpid|ocid"
    r"|ns_mchannel|ncid|sr_share|smid|guccounter|guce_\w+|wpsrc"
)


def canonical(link: str | None) -> str | None:
    """Return what of an address leads to its page: without scheme, user, `www.`, fragment, tracking
    parameters and the slash at its end; or None for none, and for a front page, which leads to
    everything."""
    parts = _parts(link)
    return "".join(parts) if parts else None


def path(link: str | None) -> str | None:
    """Return `canonical` without the host: what stays of an address when a site moves."""
    parts = _parts(link)
    return parts[1] if parts else None


def told(entry: Entry) -> str | None:
    """Return the digest of title and text (the summary where there is no other), or None where it
    is too short to be one entry's alone."""
    return _told(entry.title, entry.content_text, entry.content_html, entry.summary)


def _told(title: str, text: str | None, markup: str | None, summary: str | None) -> str | None:
    if text is None and markup is None:
        text, summary = summary, None
    if max(len(text or ""), len(markup or "")) < _SHORTEST // 2:
        return None
    said: bytes = _words().body(text, markup, summary).folded.translate(None, _BETWEEN)
    if len(said) < 4 * _SHORTEST and len(said.decode()) < _SHORTEST:
        return None
    return blake2b(b"\0".join((_letters(title), said)), digest_size=16).hexdigest()


def names(entry: Entry, *, dated: bool) -> tuple[str, ...]:
    """Return the names that an entry shares with others of its story, each with a space so that it
    is no id: `page` its address, `at` its path and time (without a date, if it isn't `dated`), and
    `told` its words."""
    text, markup, summary = entry.content_text, entry.content_html, entry.summary
    published = entry.published if dated else None
    return _names(entry.link, published, entry.title, text, markup, summary)


# An entry's are asked for when it is looked for, put, and taken into the index.
@recalled(_REMEMBERED, _LONGEST)
def _names(
    link: str | None,
    published: Published | None,
    title: str,
    text: str | None,
    markup: str | None,
    summary: str | None,
) -> tuple[str, ...]:
    page, said = canonical(link), _told(title, text, markup, summary)
    own = () if page is None else (page_name(page), f"at {_when(published, title)} {path(link)}")
    return own if said is None else (*own, told_name(said))


def page_name(link: str) -> str:
    """Return the name of what is at this canonical address."""
    return f"page {link}"


def is_page(name: str) -> bool:
    """True for the name of what is at an address."""
    return name.startswith("page ")


def is_told(name: str) -> bool:
    """True for the name of what has certain words."""
    return name.startswith("told ")


def told_name(digest: str) -> str:
    """Return the name of what has these words."""
    return f"told {digest}"


def folded(text: str) -> str:
    """Return the letters and digits of `text` alone, folded."""
    return _letters(text).decode()


@cache
def _words() -> ModuleType:
    from feedtool.archive import words  # tables, wanted only when something is new

    return words


def _letters(text: str) -> bytes:
    said: bytes = _words().fold(text).encode().translate(None, _BETWEEN)
    return said


def _when(published: Published | None, title: str) -> str:
    """What tells one entry of an address from another, as a word: its time, or the day if that is
    all there is, or without a date its folded title."""
    if published is None:
        return blake2b(_letters(title), digest_size=8).hexdigest()
    if published.precision == "day":
        return published.day.isoformat()
    return published.time.astimezone(UTC).isoformat()


@lru_cache(maxsize=1024)
def _parts(link: str | None) -> tuple[str, str] | None:
    """Host, and path with query."""
    if not link:
        return None
    if usual := _USUAL.fullmatch(link):
        place = usual[2].rstrip("/")
        return (usual[1].removeprefix("www."), place) if place else None
    try:
        found = urlsplit(link)
        host, port = found.hostname or "", found.port
    except ValueError:
        return None
    kept = [one for one in found.query.split("&") if one and not _is_tracking(one)]
    place = found.path.rstrip("/")
    if not host or not (place or kept):
        return None
    own = host.removeprefix("www.") + (f":{port}" if port not in (None, 80, 443) else "")
    return own, (place or "/") + ("?" + "&".join(kept) if kept else "")


def _is_tracking(part: str) -> bool:
    return bool(re.fullmatch(_TRACKING, part.partition("=")[0], re.IGNORECASE))
