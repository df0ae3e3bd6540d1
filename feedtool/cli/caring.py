"""The commands that care for the archive: check, reindex."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from feedtool.archive import check as checking
from feedtool.archive import manifest, tree
from feedtool.archive.folder import FolderArchive
from feedtool.cli.context import Context, as_json
from feedtool.cli.progress import Progress
from feedtool.data import asdict
from feedtool.errors import DamagedError, UsageError

if TYPE_CHECKING:
    from feedtool.repair import Repair

_WORKERS = 3  # at most: more couldn't keep the one busy that writes the index


def check(context: Context, options: argparse.Namespace) -> int:
    """Prove names, digests and schema of the archive; restore what is damaged, where asked to."""
    config = context.config()
    path = config.archive.path
    if options.accept is not None:
        return _accept(context, path, options)
    target = _target(path, options.manifest)
    with FolderArchive(path, writing=options.repair) as archive:
        damage, repair = 0, None
        if options.repair:
            from feedtool.repair import Repair

            repair = Repair(archive, config.source)
        entries = 0
        with _progress(context, path) as progress:

            def step(key: str) -> None:
                nonlocal entries
                entries += 1
                progress.step(key)

            for finding in checking.check(archive, fast=options.fast, step=step):
                damage += finding.is_damage
                progress.clear()
                _tell(context, finding)
                if repair:
                    repair.note(finding)
        if repair:
            damage = _mend(context, repair)
    if not context.json:
        left = "damage left" if options.repair else "damage found"
        context.say(f"{path}: {entries} entries, {damage or 'no'} {left}")
    if target:
        _write_manifest(context, path, target)
    return DamagedError.exit_code if damage else 0


def reindex(context: Context, _: argparse.Namespace) -> int:
    """Rebuild the archive's index from its files alone."""
    path = context.config().archive.path
    workers = min(_WORKERS, (os.cpu_count() or 1) - 1)
    with FolderArchive(path, writing=True) as archive:
        with _progress(context, path) as progress:
            damaged = archive.reindex(workers, progress.step)
        entries = sum(1 for _ in archive.indexed())
    for error in damaged:
        context.complain(error)
    if context.json:
        context.give({"entries": entries, "damaged": [as_json(error) for error in damaged]})
    else:
        context.say(f"{path}: {entries} entries indexed, {len(damaged) or 'none'} left out")
    return DamagedError.exit_code if damaged else 0


def _accept(context: Context, path: Path, options: argparse.Namespace) -> int:
    from feedtool.repair import accept

    if options.fast or options.repair or options.manifest is not None:
        raise UsageError("--accept", "stands alone: nothing else is checked with it")
    with FolderArchive(path, writing=True) as archive:
        version = accept(archive, options.accept, context.now())
    if context.json:
        context.give({"key": version.key, "revision": version.revision, "digest": version.digest})
    else:
        context.say(f"accepted {version.key} as revision {version.revision}")
    return 0


def _mend(context: Context, repair: Repair) -> int:
    """Repair; tell it, and return how much damage is left."""
    left = 0
    for one in repair.mend():
        left += bool(one.left)
        if context.json:
            context.give({name: value for name, value in asdict(one).items() if value})
        elif one.left:
            context.say(f"left     {one.path}: {one.left}")
        else:
            context.say(f"mended   {one.path}: {one.done}")
    return left


def _tell(context: Context, finding: checking.Finding) -> None:
    if context.json:
        told = asdict(finding)
        context.give({name: told[name] for name in ("problem", "path", "reason")})
    else:
        context.say(f"{finding.problem:<8} {finding.path}: {finding.reason}")


def _target(archive: Path, told: str | None) -> Path | None:
    """Where the manifest goes, which is no file of the archive."""
    if told is None:
        return None
    target = Path(told) if told else archive / tree.MANIFEST
    if target.resolve().is_relative_to(archive.resolve()) and target.suffix != ".sha256":
        raise UsageError(told, "lies in the archive: name it so that it ends with .sha256")
    return target


def _write_manifest(context: Context, archive: Path, target: Path) -> None:
    with _progress(context, archive) as progress:
        files = manifest.write(archive, target, progress.step)
    if context.json:
        context.give({"manifest": str(target), "files": files})
    else:
        context.say(f"wrote the digests of {files} files to {target}")


@contextmanager
def _progress(context: Context, archive: Path) -> Iterator[Progress]:
    """Progress through the entries of an archive, which are counted first if somebody looks on."""
    total = sum(1 for _ in tree.walk(archive)) if context.err.isatty() else 0
    with Progress(context.err, total) as progress:
        yield progress
