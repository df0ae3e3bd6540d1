"""The command that ends an article: withdraw."""

from __future__ import annotations

import argparse

from feedtool import settle, text
from feedtool.archive import item
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context
from feedtool.errors import UsageError
from feedtool.kept import Version


def withdraw(context: Context, options: argparse.Namespace) -> int:
    """Publish an article no longer, or again."""
    reason = text.line(options.reason or "")
    if not reason and not options.undo:
        raise UsageError("--reason", "says nothing: tell why, for those who ask later")
    if options.purge and options.undo:
        raise UsageError("--undo", "can't be used with --purge: what is purged doesn't come back")
    with FolderArchive(context.config().archive.path, writing=True) as archive:
        old = archive.get(options.key)
        if old is None:
            raise UsageError(options.key, "is no key of the archive; feedtool list shows them")
        version = _undone(context, old) if options.undo else _ended(context, old, reason, options)
        if version.revision > old.revision:
            if version.withdrawn is not None and version.withdrawn.purged:
                archive.purge([version])
            else:
                archive.put([version])
    if context.json:
        context.give(item.to_json(version))
    else:
        context.say(f"{version.key}: {_told(version, old)}")
    return 0


def _ended(context: Context, old: Version, reason: str, options: argparse.Namespace) -> Version:
    """The version that takes the place of `old`; `old` where all of that is done."""
    before = old.withdrawn
    if before is not None and (before.purged or not options.purge):
        return old
    if options.purge:
        return settle.purged(old, now=context.now(), by="owner", reason=reason)
    return settle.withdrawn(old, now=context.now(), by="owner", reason=reason)


def _undone(context: Context, old: Version) -> Version:
    if old.withdrawn is None:
        return old
    if old.withdrawn.purged:
        raise UsageError(old.key, "was purged: nothing of it is left that could come back")
    return settle.restored(old, now=context.now())


def _told(version: Version, old: Version) -> str:
    why = version.withdrawn
    if version == old:
        return "was withdrawn already" if why else "isn't withdrawn"
    if why is None:
        return "is published again from the next feedtool publish on"
    kept = "nothing of what it said is kept" if why.purged else "it is kept; --undo puts it back"
    return f"is no longer published from the next feedtool publish on; {kept}"
