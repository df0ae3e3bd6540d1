"""The commands that care for the archive: check, reindex."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from feedtool.archive import check as checking
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context, as_json
from feedtool.errors import DamagedError


def check(context: Context, _: argparse.Namespace) -> int:
    """Prove names, digests and schema of the archive."""
    path = context.config().archive.path
    damage = 0
    with FolderArchive(path) as archive:
        entries = sum(1 for _ in archive.walk())
        for finding in checking.check(archive):
            damage += finding.is_damage
            if context.json:
                context.give(asdict(finding))
            else:
                context.say(f"{finding.problem:<8} {finding.path}: {finding.reason}")
    if not context.json:
        context.say(f"{path}: {entries} entries, {damage or 'no'} damage found")
    return DamagedError.exit_code if damage else 0


def reindex(context: Context, _: argparse.Namespace) -> int:
    """Rebuild the archive's index from its files alone."""
    path = context.config().archive.path
    with FolderArchive(path, writing=True) as archive:
        damaged = archive.reindex()
        entries = len(archive.indexed())
    for error in damaged:
        context.complain(error)
    if context.json:
        context.give({"entries": entries, "damaged": [as_json(error) for error in damaged]})
    else:
        context.say(f"{path}: {entries} entries indexed, {len(damaged) or 'none'} left out")
    return DamagedError.exit_code if damaged else 0
