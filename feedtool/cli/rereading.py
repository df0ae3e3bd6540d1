"""The command that reads what was received again: reread."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from feedtool import wordiff
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context
from feedtool.cli.histories import as_fields, show_field
from feedtool.config import Config
from feedtool.errors import DamagedError, FeedtoolError, ReadError, UsageError
from feedtool.kept import Version
from feedtool.reread import again, revised

_BATCH = 100
_SOME_FAILED = 1


def reread(context: Context, options: argparse.Namespace) -> int:
    """Read captures again with today's rules; show what would change, and change it if told to."""
    config = context.config()
    read = failed = changed = 0
    with FolderArchive(config.archive.path, writing=options.write) as archive:
        waiting: list[Version] = []
        for version in _wanted(archive, options):
            found = _again(context, archive, config, version)
            read += found is not None
            failed += isinstance(found, FeedtoolError)
            if not isinstance(found, Version):
                continue
            changed += 1
            _show(context, version, found)
            waiting.append(found)
            if len(waiting) >= _BATCH:
                _write(archive, waiting, options.write)
        _write(archive, waiting, options.write)
    done = "changed" if options.write else "would change; --write changes them"
    context.tell(f"feedtool: {read} read again, {failed} in vain; {changed} {done}")
    return _SOME_FAILED if failed else 0


def _wanted(archive: FolderArchive, options: argparse.Namespace) -> Iterator[Version]:
    for key in options.keys:
        version = archive.get(key)
        if version is None:
            raise UsageError(key, "is no key of the archive; feedtool list shows them")
        yield version
    if not options.keys:
        yield from archive.newest(sources=options.source)


def _again(
    context: Context, archive: FolderArchive, config: Config, version: Version
) -> Version | FeedtoolError | bool | None:
    """The next version, an error, None where nothing was kept, True where nothing changes."""
    try:
        entry = again(archive, version, config)
    except (DamagedError, ReadError) as error:
        context.complain(error)
        if context.json:
            context.give({"key": version.key, "error": str(error)})
        return error
    if entry is None or version.withdrawn:
        return None
    return revised(version, entry, context.now()) or True


def _write(archive: FolderArchive, waiting: list[Version], write: bool) -> None:
    if write and waiting:
        archive.put(waiting)
    waiting.clear()


def _show(context: Context, version: Version, found: Version) -> None:
    fields = wordiff.diff(found.entry, version.entry)
    if context.json:
        context.give({"key": version.key, "diff": as_fields(fields)})
        return
    context.say(version.key)
    for field in fields:
        show_field(context, field)
