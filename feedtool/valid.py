"""What makes a field right: each function returns a clean value or raises an `EntryError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

from feedtool import text
from feedtool.data import Struct, force_setattr
from feedtool.errors import EntryError

# RFC 3986 § 3.1. RFC 4287 § 4.2.6 wants an IRI: absolute, and here without white space.
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
# RFC 4287 § 3.2.3 and Appendix B: atomEmailAddress, atomLanguageTag, atomMediaType.
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
MEDIA_TYPE = re.compile(r"[^\s/]+/[^\s/]+")
T = TypeVar("T", bound=Struct)
YEARS = range(1000, 9999)  # RFC 3339 has four digits; a day of margin for any offset


def copy(value: T, **fields: object) -> T:
    """Return `value` with these fields, that are known to be right: unlike `replace` it asks for
    nothing again."""
    new: T = value.__copy__()  # type: ignore[attr-defined]
    for name, content in fields.items():
        force_setattr(new, name, content)
    return new


def assign(value: Struct, **fields: object) -> None:
    """Set fields of a frozen value while it is made."""
    for name, content in fields.items():
        force_setattr(value, name, content)


def string(name: str, value: object, form: Callable[[str], str]) -> str:
    """Return `value` in this form, if it is text."""
    if not isinstance(value, str):
        raise EntryError(name, f"is not text but {type(value).__name__}")
    return form(value)


def optional(name: str, value: object, form: Callable[[str], str]) -> str | None:
    """Return `value` in this form; None for None and for what is empty then."""
    return None if value is None else string(name, value, form) or None


def like(name: str, value: object, pattern: re.Pattern[str], what: str) -> str | None:
    """Return `value` as a line that is `what` the whole `pattern` says, or None."""
    found = optional(name, value, text.line)
    if found is not None and not pattern.fullmatch(found):
        raise EntryError(name, f"is not {what}: {text.shorten(found, 80)}")
    return found


def url(name: str, value: object) -> str | None:
    """Return `value` as an absolute http(s) address, or None."""
    if value is None:
        return None
    found = text.web_url(string(name, value, str))
    if found is None:
        shown = text.shorten(str(value), 80)
        raise EntryError(name, f"is not an absolute http(s) address: {shown}")
    return found


def items(name: str, value: Iterable[Any], kind: type) -> tuple[Any, ...]:
    """Return `value` as a tuple of things of this kind."""
    found = tuple(value)
    for item in found:
        if not isinstance(item, kind):
            raise EntryError(name, f"holds a {type(item).__name__}, not a {kind.__name__}")
    return found


def lines(name: str, value: Iterable[Any]) -> tuple[str, ...]:
    """Return `value` as a tuple of clean lines, the empty and the repeated left out."""
    cleaned = (text.line(item) for item in items(name, value, str))
    return tuple(dict.fromkeys(item for item in cleaned if item))


def moment(name: str, value: object) -> datetime:
    """Return `value` as an aware time of whole seconds with a fixed offset of whole minutes.

    Raises `EntryError` about `name` for anything else, and for years outside 1000 to 9998.
    """
    if not isinstance(value, datetime):
        raise EntryError(name, f"is not a time but {type(value).__name__}")
    offset = value.utcoffset()
    if offset is None:
        raise EntryError(name, "is a time without an offset")
    if value.year not in YEARS:
        raise EntryError(name, f"is in the year {value.year}")
    if offset % timedelta(minutes=1):  # RFC 3339 can't write it (local mean times)
        value, offset = value.astimezone(UTC), timedelta(0)
    zone = timezone(offset) if offset else UTC
    return value.replace(microsecond=0, tzinfo=zone, fold=0)


def is_zone(name: str | None) -> bool:
    """True for the name of a time zone (IANA's), and for None."""
    if name is None:
        return True
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def is_language(tag: str | None) -> bool:
    """True for what looks like a language tag (BCP 47), and for None."""
    return tag is None or bool(LANGUAGE_TAG.fullmatch(tag))
