"""What a template of ours makes of values of one shape: rendered once, with marks for the words,
in whose places those of others are put then. Pure.

Right only for templates that do nothing with a word but write it and ask whether there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

from feedtool.data import Struct, astuple

_MARK = re.compile(rb"\0([0-9]+)\0")
_SHAPES = 256  # that are remembered
_BETWEEN = "\x1f"  # words, while they are escaped together: next to none holds it


class Frames:
    """One template. `render` makes a page of values by name, `escape` writes text as HTML. Values
    are text, which is escaped where it isn't of a kind of its own, numbers, truths, None, and
    tuples and structures of them."""

    def __init__(self, render: Callable[..., str], escape: Callable[[str], str]) -> None:
        self._render, self._escape = render, escape
        self._known: dict[tuple[object, ...], tuple[list[bytes], list[int]]] = {}

    def fill(self, values: Mapping[str, object]) -> bytes:
        """Return what the template makes of these, in UTF-8."""
        shape: list[object] = []
        words: list[str] = []
        ready: list[str] = []
        _tell(values.values(), shape, words, ready)
        key = tuple(shape)
        frame = self._known.get(key)
        if frame is None:
            if len(self._known) >= _SHAPES:
                self._known.clear()
            frame = self._known[key] = self._frame(values, len(words))
        between, places = frame
        written = self._escaped(words)
        written += [one.encode() for one in ready]
        parts = between.copy()
        parts[1::2] = [written[place] for place in places]
        return b"".join(parts)

    def _frame(self, values: Mapping[str, object], words: int) -> tuple[list[bytes], list[int]]:
        """What stands between the words, with a gap for each, and the number of what goes there;
        what is ready is numbered after the words."""
        marks = map("\0{}\0".format, count()), map("\0{}\0".format, count(words))
        marked = _marked(values.values(), *marks)
        made = self._render(**dict(zip(values, marked, strict=True)))
        between = _MARK.split(made.encode())
        return between, [int(number) for number in between[1::2]]

    def _escaped(self, words: Sequence[str]) -> list[bytes]:
        found = self._escape(_BETWEEN.join(words)).encode().split(_BETWEEN.encode())
        return found if len(found) == len(words) else [self._escape(one).encode() for one in words]


def _tell(
    values: Iterable[object], shape: list[object], words: list[str], ready: list[str]
) -> None:
    """Take values apart into all that a template can ask, and what it writes."""
    for value in values:
        kind = type(value)
        if kind is str and value:
            shape.append(kind)
            words.append(value)  # type: ignore[arg-type]
        elif not value or value is True:
            shape.append(value)
        elif isinstance(value, str):
            shape.append(kind)
            ready.append(value)
        elif kind is int:
            shape.append(kind)
            words.append(str(value))
        else:
            within = _within(value)
            shape += (kind, len(within))
            _tell(within, shape, words, ready)


def _marked(values: Iterable[object], words: Iterator[str], ready: Iterator[str]) -> Iterator[Any]:
    """The same values with marks in them, in the order in which `_tell` goes through them."""
    for value in values:
        kind: Any = type(value)
        if not value or value is True:
            yield value
        elif kind is str or kind is int:
            yield next(words)
        elif isinstance(value, str):
            yield kind(next(ready))
        else:
            within = tuple(_marked(_within(value), words, ready))
            if isinstance(value, Struct):
                yield SimpleNamespace(**dict(zip(value.__struct_fields__, within, strict=True)))
            else:
                yield kind._make(within) if hasattr(kind, "_make") else within


def _within(value: Any) -> tuple[object, ...]:
    return astuple(value) if isinstance(value, Struct) else value
