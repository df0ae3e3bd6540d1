"""What people type for a source, as the configuration has it."""

from __future__ import annotations

import os
from pathlib import Path

from feedtool import text
from feedtool.errors import UsageError
from feedtool.read.opml import web_address


def address_of(name: str) -> str:
    """Return the http(s) address or absolute path that `name` says, or raise `UsageError`."""
    if "://" in name or name.lower().startswith("feed:"):
        url = web_address(name)
        if url is None:
            raise UsageError(text.without_secrets(name), "is no http(s) address")
        return steady(url)
    path = os.path.abspath(name)  # noqa: PTH100 - a link stays what it is called
    if not Path(path).exists():
        host = name.partition("/")[0]
        hint = f"; for a site, say https://{name}" if "." in host.strip(".") else ""
        raise UsageError(name, f"isn't there{hint}")
    return path


def steady(url: str) -> str:
    """Return `url` with its scheme as the configuration wants it, and without a fragment."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.lower()}://{rest.partition('#')[0]}"


def within(config: Path, path: str) -> str:
    """Return an absolute path as the configuration has it: from its own folder where it can be."""
    base = Path(config).absolute().parent
    if not Path(path).is_relative_to(base):
        return path
    short = Path(path).relative_to(base).as_posix()
    return f"./{short}" if short.startswith("~") else short


def same(url: str) -> str:
    """Return what two ways to write one address or path have in common."""
    if "://" not in url:
        return os.path.realpath(url)
    return url.partition("://")[2].rstrip("/")
