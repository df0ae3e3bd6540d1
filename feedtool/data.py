"""Frozen values (`Struct`), data to typed values, and to JSON for people. The only file that knows
msgspec: its classes are made in a tenth of a dataclass's time, which every start pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, defstruct, field
from msgspec.structs import asdict, astuple, force_setattr, replace

__all__ = [
    "Struct",
    "asdict",
    "astuple",
    "canonical",
    "compact",
    "convert",
    "defstruct",
    "field",
    "force_setattr",
    "json_reader",
    "plain",
    "pretty",
    "replace",
    "spaced",
]

T = TypeVar("T")


def convert(table: object, kind: type[T], hook: Callable[[type, object], object]) -> T:
    """Return `table` as a value of this kind; `hook(kind, value)` makes what isn't of JSON's kinds.

    Raises `ValueError` with what is wrong and, behind " - at `$", where.
    """
    try:
        return msgspec.convert(table, kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def json_reader(kind: type[T], *, strict: bool = True) -> Callable[[bytes | str], T | None]:
    """Return a function that reads JSON as a value of this kind, None where it holds none. Not
    `strict`: seconds since 1970 are a time too."""
    decoder = msgspec.json.Decoder(kind, strict=strict)

    def read(data: bytes | str) -> T | None:
        try:
            return decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    return read


def canonical(value: Any) -> bytes:
    """Return `value` as JSON with sorted keys and no spaces: for text, whole numbers, lists and
    objects with ASCII names, the bytes of RFC 8785 and of `json.dumps`, in a tenth of the time."""
    return msgspec.json.encode(value, order="sorted")


def pretty(value: Any) -> bytes:
    """Return `value` as JSON with two spaces of indent, just as `json.dumps` writes it without
    `ensure_ascii`, in a third of the time."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def plain(value: Any) -> Any:
    """Return `value` as what JSON knows: objects, lists, numbers, text (times are RFC 3339's)."""
    return msgspec.json.decode(msgspec.json.encode(value))


def compact(value: Any) -> bytes:
    """Return `value` as JSON without spaces, just as `json.dumps` writes it without `ensure_ascii`,
    in a fraction of the time."""
    return msgspec.json.encode(value)


def spaced(value: Any) -> bytes:
    """Return `value` as JSON on one line, just as `json.dumps` writes it without `ensure_ascii`, in
    a fraction of the time."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0)
