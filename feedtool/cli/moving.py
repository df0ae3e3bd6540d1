"""The commands that move archives: export, import."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, get_args

from feedtool import files
from feedtool.archive.folder import FolderArchive
from feedtool.archive.query import parse
from feedtool.cli import adding
from feedtool.cli.context import Context
from feedtool.cli.looking import demand_sources
from feedtool.cli.progress import Counter
from feedtool.config import is_name, name_rule
from feedtool.data import asdict
from feedtool.errors import FeedtoolError, OutputError, ReadError, UsageError
from feedtool.interchange import export as exporting
from feedtool.interchange.export import Format
from feedtool.interchange.lines import Chain
from feedtool.read.opml import is_opml

EXIT_SOME_FAILED = 1
_OPML_HEAD = 4096
_FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".warc": "warc",
    ".warc.gz": "warc",
    ".zip": "zip",
}


def export(context: Context, options: argparse.Namespace) -> int:
    """Write entries with their histories as JSON Lines, Markdown, WARC or zip."""
    output = None if options.output in (None, "-") else Path(options.output)
    format_ = options.format or _format_of(output)
    if output is None and format_ not in ("jsonl", "warc"):
        raise UsageError("--output", f"is needed for {format_}: say where to write it")
    query = parse(" ".join(options.query)) if options.query else None
    config = context.config()
    failed: list[int] = []

    def told(error: FeedtoolError) -> None:
        failed.append(1)
        context.complain(error)

    with FolderArchive(config.archive.path) as archive, Counter(context.err) as counter:
        demand_sources(config, archive, options.source)
        found = exporting.chains(archive, told, query, options.source)
        chains = _counted(found, counter)
        whole = query is None and not options.source

        def write(out: BinaryIO) -> None:
            if format_ == "jsonl":
                exporting.to_lines(chains, out)
            elif format_ == "warc":
                exporting.to_warc(
                    chains,
                    out,
                    output.name if output else "export.warc.gz",
                    archive=archive,
                    authority=config.host,
                    told=told,
                )
            else:
                markdown = format_ == "markdown"
                captures = archive.path if whole else None
                exporting.to_zip(chains, out, markdown=markdown, captures=captures)

        if output is None:
            _to_stdout(context, write)
        elif format_ == "markdown" and output.suffix.lower() != ".zip":
            with _new_folder(output) as folder:
                exporting.to_folder(chains, folder)
        else:
            with _written(output), files.streaming(output) as out:
                write(out)
    if output is not None:
        _tell_export(context, output, format_, counter.count)
    return EXIT_SOME_FAILED if failed else 0


def import_(context: Context, options: argparse.Namespace) -> int:
    """Take what is at each path into the archive."""
    from feedtool.interchange.intake import Intake

    if options.source is not None and not is_name(options.source):
        raise UsageError("--source", name_rule(options.source))
    config = context.config()
    lists = [name for name in options.paths if _is_list(name)]
    paths = [Path(name) for name in options.paths if name not in lists]
    given, failed = 0, 0
    if paths:
        with (
            FolderArchive(config.archive.path, writing=True) as archive,
            Counter(context.err) as counter,
        ):
            intake = Intake(
                config,
                archive,
                now=context.now(),
                name=options.source,
                told=context.complain,
                step=counter.step,
            )
            for path in paths:
                taken = intake.take(path)
                given += taken.new + taken.revised + taken.unchanged
                failed += taken.failed
                counter.clear()
                _tell_import(context, path, asdict(taken))
    code = _add_lists(context, lists) if lists else 0
    if failed:
        return EXIT_SOME_FAILED if given or (lists and not code) else ReadError.exit_code
    return code


def _format_of(output: Path | None) -> Format:
    name = output.name.lower() if output else ""
    return next((one for end, one in _FORMATS.items() if name.endswith(end)), "jsonl")


def _counted(found: Iterable[Chain], counter: Counter) -> Iterator[Chain]:
    for chain in found:
        counter.step(chain[-1].key)
        yield chain


def _to_stdout(context: Context, write: Callable[[BinaryIO], None]) -> None:
    out = context.out
    if out is None:
        return
    context.flush()
    try:
        write(out.buffer)  # bytes, whatever the terminal's charset
        out.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError("output", f"can't be written: {error.strerror}") from error


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """What the system says against writing becomes an `OutputError` about `path`."""
    try:
        yield
    except OSError as error:
        raise OutputError(path, f"can't be written: {error.strerror}") from error


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when it is full; one that is there must be empty."""
    import shutil

    with _written(path):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UsageError(path, "is there already, and is left as it is: name a new folder")
        draft = files.temporary(path.absolute())
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True)
        try:
            yield draft
            draft.replace(path)
            files.sync_folders([path.absolute().parent])
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def _tell_export(context: Context, output: Path, format_: Format, count: int) -> None:
    if context.json:
        context.give({"exported": str(output), "format": format_, "entries": count})
    else:
        context.say(f"{output}: {count:,} {'entry' if count == 1 else 'entries'}")


def _tell_import(context: Context, path: Path, taken: dict[str, Any]) -> None:
    if context.json:
        context.give({"imported": str(path), **taken})
        return
    told = ", ".join(f"{count:,} {what}" for what, count in taken.items() if count)
    context.say(f"{path}: {told or 'nothing there'}")


def _is_list(name: str) -> bool:
    """True for a list of feeds, which are sources and no entries."""
    try:
        path = Path(name)
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_opml(file.read(_OPML_HEAD))
    except OSError:
        return False


def _add_lists(context: Context, names: list[str]) -> int:
    """Add the feeds of these lists as sources, as `feedtool add` does."""
    asked = argparse.Namespace(
        inputs=names, name=None, contact=None, every=None, private=False, dry_run=False
    )
    return adding.add(context, asked)


assert set(_FORMATS.values()) < set(get_args(Format))
