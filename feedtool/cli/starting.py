"""`feedtool init`: a starter configuration, and an inbox to drop articles into."""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

from feedtool import files
from feedtool.cli.context import Context
from feedtool.errors import PublishError, UsageError

CONFIG, INBOX = "feedtool.toml", "inbox"


def init(context: Context, options: argparse.Namespace) -> int:
    """Make feedtool.toml and inbox/ in the folder; an existing configuration is left as it is."""
    folder = Path(options.dir)
    path = folder / CONFIG
    if path.exists():
        raise UsageError(path, "is there already, and is left as it is")
    try:
        (folder / INBOX).mkdir(parents=True, exist_ok=True)
        files.replace([(path, starter())])
    except OSError as error:
        raise PublishError(path, f"can't be written: {error.strerror or error}") from error
    if context.json:
        context.give({"config": str(path), "inbox": str(folder / INBOX)})
        return 0
    context.say(f"made {path} and {folder / INBOX}{'/'}")
    context.say(f"next: drop an article (.txt, .html, a feed) into {folder / INBOX}, then")
    context.say(f"  feedtool run --config {path}")
    return 0


def starter() -> bytes:
    """The configuration to start with."""
    return (resources.files("feedtool.cli") / "starter.toml").read_bytes()
