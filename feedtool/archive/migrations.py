"""Earlier formats of an archived entry, and the way from each to the next. Pure.

The format is one number in each item. A function here takes an item of one format and gives what
it is in the next; files stay as they are until their entry is revised. Within a format keys may
only be added, and what lacks one means what it meant then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

FORMAT = 1
"""The format that is written."""

Json = dict[str, Any]


class LaterError(ValueError):
    """An item is of a later format than is known here."""


Migration = Callable[[Json], Json]

MIGRATIONS: Mapping[int, Migration] = {}
"""By the format that is left: format 1 is the first and the latest."""


def migrated(
    item: Json, migrations: Mapping[int, Migration] | None = None, latest: int = FORMAT
) -> Json:
    """Return `item` in the `latest` format; a `ValueError` says of which format it is where that
    is none, a `LaterError` where it is a newer one."""
    table = MIGRATIONS if migrations is None else migrations
    found = item["_feedtool"]["format"]
    if type(found) is not int or found < 1:
        raise ValueError(f"is in no format: {found!r}")
    if found > latest:
        raise LaterError(
            f"is in format {found}; this feedtool reads up to {latest}: get a newer feedtool"
        )
    for number in range(found, latest):
        item = table[number](item)
    return item
