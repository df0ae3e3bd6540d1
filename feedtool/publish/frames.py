"""What a template of ours makes of values of one shape: rendered once, with marks for the words,
in whose places those of others are put then. Pure.

Right only for templates that do nothing with a word but write it and ask whether there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any

from feedtool.data import Struct, field

_MARK = re.compile(rb"\0([0-9]+)\0")
_SHAPES = 256  # that are remembered
_BETWEEN = "\x1f"  # words, while they are escaped together: next to none holds it


def _itself(word: str) -> str:
    return word


class Part(Struct, frozen=True, eq=False):  # each is only like itself
    """Something that a template is told: its name, with a dot where it is something's own; of how
    many words `kind` makes it; whether there may be `several`; and whether it is `ready`, HTML."""

    name: str
    words: int = 1
    kind: Callable[..., object] = _itself
    several: bool = False
    ready: bool = False


class Said(Struct):
    """All that a template is told of one article: the parts that there are, their words, none of
    them empty, and those that are ready, in UTF-8. The order of parts is that of words."""

    parts: list[Part]
    words: list[str]
    ready: list[bytes] = field(default_factory=list)


def given(
    parts: Iterable[Part],
    words: Iterable[str],
    ready: Iterable[object],
    nothing: Mapping[str, object],
) -> dict[str, Any]:
    """Return what is told as templates are given it, by name; `nothing` has all names, each with
    what it is where nothing of it is told."""
    made: dict[str, Any] = dict(nothing)
    words, ready = iter(words), iter(ready)
    for part in parts:
        told = part.kind(*(next(ready if part.ready else words) for _ in range(part.words)))
        made[part.name] = (*made[part.name], told) if part.several else told
    found: dict[str, Any] = {}
    for name, value in made.items():
        above, _, own = name.rpartition(".")
        if above:
            setattr(found.setdefault(above, SimpleNamespace()), own, value)
        else:
            found[name] = value
    return found


class Frames:
    """One template. `render` makes a page of what is `given`, `escape` writes text as HTML, and
    `mark` makes of a text what counts as HTML."""

    def __init__(
        self,
        render: Callable[..., str],
        escape: Callable[[str], str],
        mark: Callable[[str], object],
        nothing: Mapping[str, object],
    ) -> None:
        self._render, self._escape, self._ready, self._nothing = render, escape, mark, nothing
        self._known: dict[tuple[Part, ...], tuple[list[bytes], list[int]]] = {}

    def fill(self, said: Said) -> bytes:
        """Return what the template makes of this, in UTF-8."""
        parts = tuple(said.parts)
        frame = self._known.get(parts)
        if frame is None:
            if len(self._known) >= _SHAPES:
                self._known.clear()
            frame = self._known[parts] = self._frame(parts, len(said.words))
        between, places = frame
        written = self._escaped(said.words)
        written += said.ready
        page = between.copy()
        page[1::2] = [written[place] for place in places]
        return b"".join(page)

    def _frame(self, parts: tuple[Part, ...], words: int) -> tuple[list[bytes], list[int]]:
        """What stands between the words, with a gap for each, and the number of what goes there;
        what is ready is numbered after the words."""
        marks, ready = map("\0{}\0".format, count()), map("\0{}\0".format, count(words))
        made = self._render(**given(parts, marks, map(self._ready, ready), self._nothing))
        between = _MARK.split(made.encode())
        return between, [int(number) for number in between[1::2]]

    def _escaped(self, words: list[str]) -> list[bytes]:
        joined = _BETWEEN.join(words)
        if "&" in joined or "<" in joined or ">" in joined or '"' in joined or "'" in joined:
            joined = self._escape(joined)
        found = joined.encode().split(_BETWEEN.encode())
        return found if len(found) == len(words) else [self._escape(one).encode() for one in words]
