"""Names of new sources: what they call themselves, as the configuration wants names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from feedtool import text

_LONGEST = 40  # letters: names stand in ids and in every line that is printed
_FIRST = re.compile(r"[a-z]")


class Names:
    """The names of sources: those that are taken, and new ones."""

    def __init__(self, taken: Iterable[str]) -> None:
        """None of `taken` will be given."""
        self._taken = set(taken)
        self._last: dict[str, int] = {}  # the number that was given last, by what stands before it

    def __contains__(self, name: object) -> bool:
        return name in self._taken

    def give(self, title: str | None, url: str) -> str:
        """Return a name that was free, for the source `url` called `title`: by its title, else its
        host or the last part of its path; where that is taken, with -2, -3 and so on."""
        name = found = _name(title, url)
        number = self._last.get(name, 1)
        while found in self._taken:
            number += 1
            found = f"{name}-{number}"
        self._last[name] = number
        self._taken.add(found)
        return found


def _name(title: str | None, url: str) -> str:
    host = (urlsplit(url).hostname or "") if "://" in url else url.rpartition("/")[2]
    words = text.fold(title or "") or text.fold(host.removeprefix("www."))
    name = text.slug(words) if words else "source"
    if not _FIRST.match(name):
        name = f"source-{name}"
    if len(name) > _LONGEST:
        name = name[: _LONGEST + 1].rpartition("-")[0] or name[:_LONGEST]
    return name
