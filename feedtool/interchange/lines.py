"""JSON Lines: an entry a line, as its file has it, with its earlier versions. Pure.

`_feedtool.history` holds the earlier items, oldest first, where there are any. `capture` is null:
captures stay in their archive.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from feedtool.archive import item
from feedtool.archive.migrations import Json
from feedtool.data import replace
from feedtool.kept import Version

Chain = tuple[Version, ...]
"""All versions of one entry, the first one first."""


def as_item(chain: Sequence[Version]) -> Json:
    """Return the entry as one JSON Feed item, its earlier versions within."""
    *earlier, current = (item.to_json(replace(version, capture=None)) for version in chain)
    if earlier:
        current["_feedtool"]["history"] = earlier
    return current


def write(chain: Sequence[Version]) -> bytes:
    """Return the entry as a line."""
    return (json.dumps(as_item(chain), ensure_ascii=False) + "\n").encode("utf-8")


def as_feed(chain: Sequence[Version]) -> bytes:
    """Return the entry as a JSON Feed of its own, for where an item can't stand alone."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": chain[-1].source,
        "items": [as_item(chain)],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def is_ours(found: object) -> bool:
    """Return True for an object that was an entry of an archive."""
    return isinstance(found, dict) and isinstance(found.get("_feedtool"), dict)


def items_of(found: Any) -> list[Json] | None:
    """Return the entries of an archive in a JSON document, which is one or a feed of them; None
    for one of another making."""
    if is_ours(found):
        return [found]
    items = found.get("items") if isinstance(found, dict) else None
    if isinstance(items, list) and items and all(map(is_ours, items)):
        return items
    return None


def read(found: Json) -> Chain:
    """Return the versions that an item holds; a `ValueError` says why it holds none."""
    if not is_ours(found):
        raise ValueError("is no entry of an archive")
    earlier = found["_feedtool"].get("history", [])
    if not isinstance(earlier, list):
        raise ValueError("has a history that is no list")
    return (*map(item.from_json, earlier), item.from_json(found))
