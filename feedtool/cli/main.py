"""`feedtool`: the table of commands, and the way from argv to an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from feedtool.version import __version__

EXIT_INTERRUPTED = 130
_STDOUT = 1
_WIDTH = 78  # of usage in an error, in columns
# So many more things than before, and cycles are looked for. Few are made: what a document is read
# into lives as long as that takes. With a higher number, a large first round takes more memory.
_THINGS = 3_000


class Command:
    """One command: what it does, an example, and the module and function that do it.

    The module is loaded when the command runs, and with it all that it needs.
    """

    def __init__(
        self,
        name: str,
        does: str,
        example: str,
        home: str,
        arguments: Callable[[argparse.ArgumentParser], None],
    ) -> None:
        """A row of `COMMANDS`; `home` is "module:function" within this room."""
        self.name, self.does, self.example = name, does, example
        self.home, self.arguments = home, arguments


def _none(_: argparse.ArgumentParser) -> None:
    pass


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", metavar="DIR", nargs="?", default=".", help="where (default: here)")


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="URL|PATH", nargs="+",
                        help="a site, feed, folder, file, or OPML (a list of feeds)")  # fmt: skip
    parser.add_argument("--name", help="what to call it (default: by its title)")
    parser.add_argument("--contact", metavar="ADDRESS",
                        help="whom servers may write to, if [site] doesn't say")  # fmt: skip
    parser.add_argument("--every", metavar="TIME", help="between two rounds, such as 1h")
    parser.add_argument("--private", action="store_true",
                        help="its host may be one that is not on the internet")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only show it; write nothing")


def _extract(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", metavar="FILE|URL", nargs="+", help="a file, folder or address")
    parser.add_argument("--from-capture", action="store_true",
                        help="the inputs are keys: read what was received for these")  # fmt: skip
    parser.add_argument("--url", help="where a saved page came from")
    parser.add_argument(
        "--kind", choices=("prose", "page", "feed", "sitemap", "listing"), help="what it is"
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="where it names none: Asia/Ho_Chi_Minh")
    parser.add_argument("--language", metavar="TAG", help="where it names none: vi")


def _reread(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("keys", metavar="KEY", nargs="*", help="these articles (default: all)")
    parser.add_argument("--source", action="append", default=[], help="of this source (repeatable)")
    parser.add_argument("--write", action="store_true", help="change them, not only show how")


def _names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="*", help="these sources only")


def _publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="look at every page, also the old ones")


def _daemon(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true",
                        help="while another feedtool writes the archive, wait and take over when "
                        "it ends (default: end with 75)")  # fmt: skip


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=_count, default=50, help="at most so many (default: 50)")
    parser.add_argument("--source", action="append", default=[], help="of this source (repeatable)")
    parser.add_argument("--after", metavar="KEY", help="those that follow this one")
    parser.add_argument("--review", action="store_true",
                        help="those less sure than archive.review_below")  # fmt: skip


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="WORDS", nargs="+",
                        help='what to find: words, "a phrase", -without, author:NAME, '
                        "source:NAME, from:2020-01..to:2020-06")  # fmt: skip
    parser.add_argument("--best", action="store_true",
                        help="those first that fit best (default: the newest)")  # fmt: skip
    parser.add_argument("--limit", type=_count, default=20, help="at most so many (default: 20)")
    parser.add_argument("--after", metavar="KEY", help="those that follow this one")


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="YYYY/MM/DD/slug, as feedtool list gives it")
    parser.add_argument("--explain", action="store_true",
                        help="all that its fields might have been, and why it lost")  # fmt: skip


def _withdraw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="YYYY/MM/DD/slug, as feedtool list gives it")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--reason", metavar="TEXT", help="why; kept with it")
    how.add_argument("--undo", action="store_true", help="publish it again, if it isn't purged")
    parser.add_argument("--purge", action="store_true",
                        help="keep nothing of what it said, in no version")  # fmt: skip


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", nargs="*", help="those that feedtool finds by it")
    parser.add_argument("--format", choices=("jsonl", "markdown", "warc", "zip"),
                        help="which (default: as the output's name says, else jsonl)")  # fmt: skip
    parser.add_argument("--output", metavar="PATH",
                        help="a file; for markdown a folder or .zip (default: stdout)")  # fmt: skip
    parser.add_argument("--source", action="append", default=[], help="of this source (repeatable)")


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="a file or folder of articles, an export, a WARC, an OPML",
    )
    parser.add_argument(
        "--source",
        metavar="NAME",
        help="what they belong to (default: what they say, or the path's name)",
    )


def _history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="YYYY/MM/DD/slug, as feedtool list gives it")
    parser.add_argument("--diff", action="store_true",
                        help="show in words what each version changed")  # fmt: skip


def _status(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--opml", action="store_true",
                      help="print the feeds that are followed as OPML, for a reader")  # fmt: skip
    what.add_argument("--history", metavar="SOURCE",
                      help="the rounds of this source, newest first, and its alarms")  # fmt: skip


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true",
                        help="read only files whose size or time of change differs")  # fmt: skip
    parser.add_argument("--manifest", metavar="FILE", nargs="?", const="",
                        help="write the SHA-256 of each file, for sha256sum -c "
                        "(default: manifest.sha256 in the archive)")  # fmt: skip
    parser.add_argument("--repair", action="store_true",
                        help="restore from history and captures; deletes nothing")  # fmt: skip
    parser.add_argument("--accept", metavar="KEY",
                        help="what was written into this file by hand is meant")  # fmt: skip


def _count(value: str) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", value):
        raise argparse.ArgumentTypeError(f"{value!r} is no number from 1")
    return int(value)


COMMANDS = (
    Command("init", "make a starter configuration and an inbox", "feedtool init my-site",
            "starting:init", _init),
    Command("add", "find the feed of a site, show it, add it as a source, read and publish it",
            "feedtool add https://www.example.org/ --contact you@example.org", "adding:add", _add),
    Command("extract", "show what would be read, with the evidence for each field; writes nothing",
            "feedtool extract article.txt --json", "extracting:extract", _extract),
    Command("run", "one round: collect, then publish", "feedtool run", "rounds:run", _names),
    Command("collect", "read the sources into the archive", "feedtool collect bac-son",
            "rounds:collect", _names),
    Command("publish", "write feeds and pages from the archive", "feedtool publish",
            "rounds:publish", _publish),
    Command("daemon", "collect and publish on schedule, until told to stop", "feedtool daemon",
            "running:daemon", _daemon),
    Command("list", "list the newest articles of the archive", "feedtool list --limit 10",
            "looking:list_", _list),
    Command("search", "find articles by words, author, source and date",
            "feedtool search 'đảng bộ' author:An", "searching:search", _search),
    Command("show", "show one article of the archive", "feedtool show 2020/12/15/year-in-review",
            "looking:show", _show),
    Command("withdraw", "publish an article no longer; with --purge, keep nothing of what it said",
            "feedtool withdraw 2020/12/15/year-in-review --reason 'asked by its author'",
            "withdrawing:withdraw", _withdraw),
    Command("history", "list the versions of one article, and what each changed",
            "feedtool history 2020/12/15/year-in-review --diff", "histories:history", _history),
    Command("status", "tell of each source: last success, next due, trouble", "feedtool status",
            "standings:status", _status),
    Command("export", "write articles with their history as JSON Lines, Markdown, WARC or zip",
            "feedtool export --output archive.zip", "moving:export", _export),
    Command("import", "take articles from files, folders, exports, WARC, zip; sources from OPML",
            "feedtool import old-articles/ --source old", "moving:import_", _import),
    Command("reread", "read captures again with today's rules, and show what would change",
            "feedtool reread --source valley", "rereading:reread", _reread),
    Command("check", "prove names, digests and schema of the archive", "feedtool check",
            "caring:check", _check),
    Command("reindex", "rebuild the archive's index from its files alone", "feedtool reindex",
            "caring:reindex", _none),
)  # fmt: skip


def parser(only: str | None = None, *, width: int | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line; `only` names the command that it is for, if that
    is known: the others needn't be made. `width` is that of its help, else the terminal's, which
    argparse asks for at each argument that it is told of."""
    form = partial(argparse.HelpFormatter, width=width)
    shared = argparse.ArgumentParser(add_help=False, formatter_class=form)
    shared.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS,
                        help="the configuration (default: $FEEDTOOL_CONFIG, feedtool.toml, "
                        "config/feedtool.toml)")  # fmt: skip
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS,
                        help="print JSON, one object a line")  # fmt: skip
    top = argparse.ArgumentParser(
        prog="feedtool",
        description="Keeps what sites publish in a dated archive, and publishes it as feeds.",
        epilog="example: feedtool init my-site",
        parents=[shared],
        formatter_class=form,
    )
    top.add_argument("--version", action="version", version=f"feedtool {__version__}")
    # Not told what precedes a command, argparse would set a whole usage to find out.
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="feedtool")
    known = [command for command in COMMANDS if command.name == only]
    for command in known or COMMANDS:
        made = commands.add_parser(
            command.name,
            help=command.does,
            description=command.does[0].upper() + command.does[1:] + ".",
            epilog=f"example: {command.example}",
            parents=[shared],
            formatter_class=form,
        )
        command.arguments(made)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (without the program's name) and return its exit code."""
    if argv is None:  # a start makes no cycles
        gc.disable()
    try:
        code = _run(argv)
        if argv is None:  # the process is about to end: nothing is to be looked through for cycles
            gc.freeze()
        return code
    except KeyboardInterrupt:
        print("feedtool: interrupted; what was archived is kept", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it; Python must not flush into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
        return 0


def _load_data() -> None:
    """Load msgspec without typing_extensions, of which it wants what Python has by now: a tenth of
    a start. Only in a process of our own, where nobody else asks for that meanwhile."""
    if "typing_extensions" in sys.modules:
        return
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # as if it weren't there
    try:
        import_module("feedtool.data")
    except ImportError:  # it can't do without: it is loaded again, with it
        pass
    finally:
        del sys.modules["typing_extensions"]


def _run(argv: Sequence[str] | None) -> int:
    words = sys.argv[1:] if argv is None else argv
    helping = not words or not {"-h", "--help"}.isdisjoint(words)
    width = None if helping else _WIDTH
    options = parser(words[0] if words else None, width=width).parse_args(words)
    if argv is None:
        _load_data()
    from feedtool.cli.context import Context
    from feedtool.errors import FeedtoolError, OutputError

    context = Context.of(getattr(options, "config", None), getattr(options, "json", False))
    home = next(command.home for command in COMMANDS if command.name == options.command)
    module, _, function = home.partition(":")
    try:
        command = getattr(import_module(f"feedtool.cli.{module}"), function)
        if argv is None:  # what the start has made stays, and need not be looked through
            gc.freeze()
            gc.set_threshold(_THINGS, 10, 10)
            gc.enable()
        code: int = command(context, options)
        context.flush()
    except OutputError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
        context.complain(error)
        return error.exit_code
    except FeedtoolError as error:
        context.complain(error)
        return error.exit_code
    return code
