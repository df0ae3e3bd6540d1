"""feedtool keeps what sites publish in a dated archive, and publishes the archive as feeds.

These names are the library; everything else may change. Each is loaded when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from feedtool.version import __version__

TYPE_CHECKING = False  # type checkers know better; asking `typing` costs a third of a start

if TYPE_CHECKING:
    from feedtool.aio import acollect
    from feedtool.archive.folder import FolderArchive
    from feedtool.archive.memory import MemoryArchive
    from feedtool.archive.protocol import Archive
    from feedtool.collect import collect
    from feedtool.config import Config
    from feedtool.daemon import Daemon
    from feedtool.data import replace
    from feedtool.errors import FeedtoolError
    from feedtool.kept import Alarm, Change, Outcome
    from feedtool.model import (
        Capture,
        Enclosure,
        Entry,
        Feed,
        Person,
        Published,
        Reading,
        Source,
        Validators,
    )
    from feedtool.publish.renderers import render
    from feedtool.publish.site import publish
    from feedtool.settings import load as load_config

__all__ = [
    "Alarm",
    "Archive",
    "Capture",
    "Change",
    "Config",
    "Daemon",
    "Enclosure",
    "Entry",
    "Feed",
    "FeedtoolError",
    "FolderArchive",
    "MemoryArchive",
    "Outcome",
    "Person",
    "Published",
    "Reading",
    "Source",
    "Validators",
    "__version__",
    "acollect",
    "collect",
    "load_config",
    "publish",
    "render",
    "replace",
]

_HOMES = {
    "Alarm": "kept",
    "Archive": "archive.protocol",
    "Capture": "model",
    "Change": "kept",
    "Config": "config",
    "Daemon": "daemon",
    "Enclosure": "model",
    "Entry": "model",
    "Feed": "model",
    "FeedtoolError": "errors",
    "FolderArchive": "archive.folder",
    "MemoryArchive": "archive.memory",
    "Outcome": "kept",
    "Person": "model",
    "Published": "model",
    "Reading": "model",
    "Source": "model",
    "Validators": "model",
    "acollect": "aio",
    "collect": "collect",
    "load_config": "settings",
    "publish": "publish.site",
    "render": "publish.renderers",
    "replace": "data",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'feedtool' has no attribute {name!r}")
    home = import_module(f"feedtool.{_HOMES[name]}")
    return getattr(home, "load" if name == "load_config" else name)


class _Door(ModuleType):
    """Keeps `feedtool.collect` and `feedtool.publish` the functions that they are documented as:
    importing the rooms of these names would put the rooms in their place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Door
