"""The command that tells how an article came to be what it is: history."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from feedtool import wordiff
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context
from feedtool.errors import UsageError
from feedtool.kept import Version
from feedtool.wordiff import FieldDiff, Piece

_DIGITS = 12  # of a digest, for people
# ECMA-48 § 8.3.117: red and crossed out, green; what stayed as it is.
_COLOURS = {"removed": ("\x1b[31;9m", "\x1b[0m"), "added": ("\x1b[32m", "\x1b[0m")}
_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
_PLAIN = ("", "")


def history(context: Context, options: argparse.Namespace) -> int:
    """List the versions of one article, and how each differs from the one before."""
    with FolderArchive(context.config().archive.path) as archive:
        current = archive.get(options.key)
        earlier = archive.history(options.key)
    if current is None:
        raise UsageError(options.key, "is no key of the archive; feedtool list shows them")
    versions = (*earlier, current)
    for before, version in zip((None, *versions), versions, strict=False):
        changed = _changed(version, before) if before else ()
        found = wordiff.diff(version.entry, before.entry) if before and options.diff else ()
        if context.json:
            context.give(_as_json(version, changed, found, options.diff))
            continue
        told = ", ".join(changed) if changed else "markup" if before else "first version"
        if version.withdrawn and version.withdrawn.purged:
            told = "withdrawn and purged"
        digest = version.digest.removeprefix("sha256:")[:_DIGITS]
        context.say(
            f"{version.revision:>4}  {version.last_revised:%Y-%m-%d %H:%M:%S}Z  {digest}  {told}"
        )
        for field in found:
            show_field(context, field)
    return 0


def _changed(version: Version, before: Version) -> tuple[str, ...]:
    """The fields that differ, and what became of the entry."""
    found = wordiff.changed(version.entry, before.entry)
    if version.withdrawn != before.withdrawn:
        found = (*found, "withdrawn" if version.withdrawn else "published again")
    if version.gone != before.gone and not version.withdrawn:
        found = (*found, "gone" if version.gone else "there again")
    return found


def _as_json(
    version: Version, changed: tuple[str, ...], found: tuple[FieldDiff, ...], with_diff: bool
) -> item.Json:
    line: item.Json = {
        "key": version.key,
        "revision": version.revision,
        "time": item.stamp(version.last_revised),
        "digest": version.digest,
        "source": version.source,
        "changed": list(changed),
    }
    if with_diff:
        line["diff"] = as_fields(found)
    return line


def as_fields(found: Iterable[FieldDiff]) -> list[item.Json]:
    """Return as objects how fields differ."""
    return [
        {
            "field": field.field,
            "pieces": [{"kind": piece.kind, "text": piece.text} for piece in field.pieces],
        }
        for field in found
    ]


def show_field(context: Context, field: FieldDiff) -> None:
    """Print how a field changed, its lines with what stayed, went and came."""
    colours = context.colours()
    said = "".join(_marked(piece, colours) for piece in wordiff.shortened(field.pieces))
    lines = [line for line in said.split("\n") if line.strip()]
    context.say(f"      {field.field}:")
    for line in lines:
        context.say(f"        {line}")


def _marked(piece: Piece, colours: bool) -> str:
    """A piece with its marks on each of its lines, so that a line can stand alone."""
    begin, end = (_COLOURS if colours else _MARKS).get(piece.kind, _PLAIN)
    return "\n".join(
        f"{begin}{line}{end}" if line.strip() else line for line in piece.text.split("\n")
    )
