"""What a page says of itself in JSON-LD (schema.org): often broken or huge, never trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]

MOST = 2000  # nodes that are looked at
_CHARACTERS = 2 * 1024 * 1024  # of one script
_START = re.compile(r"[\[{]")
_ARTICLE = re.compile(r"\w*(?:Article|Posting|Report|Review|Recipe)")
_PAGE = re.compile(r"\w*(?:WebPage|ItemPage|VideoObject)")
# Where one node is kept inside another and still speaks of the page as a whole.
_INSIDE = ("@graph", "mainEntity", "mainEntityOfPage", "review")
_DECODER = json.JSONDecoder(strict=False)


def nodes(scripts: Iterable[str]) -> list[Node]:
    """Return the objects in `scripts`, outermost first, at most 2,000; broken scripts give none.

    A comment or a CDATA section around the JSON is passed over, and so is what follows it.
    """
    found: list[Node] = []
    waiting: list[Any] = [value for script in scripts for value in _load(script)]
    while waiting and len(found) < MOST:
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting[:0] = value[:MOST]
        elif isinstance(value, dict):
            found.append(value)
            waiting += [value[name] for name in _INSIDE if isinstance(value.get(name), list | dict)]
    return found


def _load(script: str) -> Iterator[Any]:
    start = _START.search(script)
    if start and len(script) <= _CHARACTERS:
        try:
            yield _DECODER.raw_decode(script, start.start())[0]
        except (ValueError, RecursionError):
            return


def article(found: Iterable[Node], link: str | None = None) -> Node:
    """Return the node about the article itself, or an empty one.

    The one that names `link` as its address goes before the first, and articles before pages.
    """
    known = list(found)
    for pattern in (_ARTICLE, _PAGE):
        fitting = [node for node in known if any(map(pattern.fullmatch, _types(node)))]
        if fitting:
            return next((node for node in fitting if link and link in _addresses(node)), fitting[0])
    return {}


def page(found: Iterable[Node]) -> Node:
    """Return the node about the page around the article, or an empty one."""
    return next((node for node in found if any(map(_PAGE.fullmatch, _types(node)))), {})


def strings(value: object) -> tuple[str, ...]:
    """Return the strings that `value` is or lists, in order."""
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str) and item.strip())


def addresses(value: object) -> tuple[str, ...]:
    """Return the addresses of `value`: strings, or objects with a `url` (images, say)."""
    items = value if isinstance(value, list) else [value]
    urls = (item.get("url", item.get("@id")) if isinstance(item, dict) else item for item in items)
    return tuple(part for url in urls for part in strings(url))


def names(value: object, found: Iterable[Node]) -> tuple[tuple[str, bool | None], ...]:
    """Return (name, whether a person) for each author in `value`; None where it isn't said.

    An author that is only an `@id` is looked up among the nodes `found`.
    """
    known = {
        key: node for node in found if isinstance(key := node.get("@id"), str) and "name" in node
    }
    authors: list[tuple[str, bool | None]] = []
    for item in (value if isinstance(value, list) else [value])[:MOST]:
        if isinstance(item, dict):
            node = item if item.get("name") else known.get(str(item.get("@id")), {})
            kinds = _types(node)
            person = True if "Person" in kinds else False if kinds else None
            authors += [(name, person) for name in strings(node.get("name"))]
        else:
            authors += [(name, None) for name in strings(item)]
    return tuple(authors)


def _types(node: Node) -> tuple[str, ...]:
    return strings(node.get("@type"))


def _addresses(node: Node) -> tuple[str, ...]:
    return (*addresses(node.get("url")), *addresses(node.get("mainEntityOfPage")))
