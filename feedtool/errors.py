"""Every error that feedtool raises, with the exit code it ends a command with.

::

    FeedtoolError                         1   the root: catch this one
    ├── UsageError(subject, reason)       2   a command was asked for something that isn't there
    ├── ConfigError(path, key, reason)   78   before any request is made
    ├── SourceError(subject, reason)      1   this source failed; the others go on
    │   ├── FetchError                    1   it could not be got
    │   └── ReadError                    65   it was got, and cannot be read as articles
    ├── EntryError(field, reason)        65   an entry that cannot be: skipped, and told
    ├── ArchiveError(path, reason)       74   stops the run: the one thing that must not go on
    │   ├── DamagedError                 65   a file of the archive is not what it was
    │   └── BusyError                    75   another process is writing to this archive
    ├── PublishError(path, reason)       74   a page or feed cannot be written
    └── OutputError(subject, reason)     74   what a command prints cannot be written

The codes are those of BSD's sysexits.h (EX_DATAERR 65, EX_IOERR 74, EX_TEMPFAIL 75, EX_CONFIG 78).
A message reads "subject: reason"; the subject stays an attribute.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal


class FeedtoolError(Exception):
    """Something went wrong that a user can do something about.

    `subject` is what it is about (a path, a URL, a key); `reason` is a phrase without it.
    """

    exit_code = 1

    def __init__(self, subject: object, reason: str) -> None:
        self.subject = str(subject)
        self.reason = reason
        super().__init__(f"{self.subject}: {reason}")


class UsageError(FeedtoolError):
    """A command was asked for something that isn't there, such as an unknown key."""

    exit_code = 2


class ConfigError(FeedtoolError):
    """The configuration can't be used; `subject` is its path, `key` the dotted key or ""."""

    exit_code = 78

    def __init__(self, path: object, key: str, reason: str) -> None:
        self.key = key
        super().__init__(path, f"{key}: {reason}" if key else reason)


class SourceError(FeedtoolError):
    """One source, or one document of it, failed; the others go on."""


Fault = Literal["server", "network", "address", "settings", "feedtool"]
_ADDRESS = (401, 402, 403, 404, 405, 406, 410, 451)


class FetchError(SourceError):
    """A document could not be got; `subject` is its URL or path, `status` what HTTP answered, and
    `retry_after` how long it asked to wait. `fault` is what must change: the server, the network
    between, the address that was asked, our own settings, or feedtool."""

    def __init__(
        self,
        subject: object,
        reason: str,
        status: int | None = None,
        retry_after: timedelta | None = None,
        fault: Fault = "server",
    ) -> None:
        self.status, self.retry_after = status, retry_after
        self.fault: Fault = "address" if status in _ADDRESS else fault
        super().__init__(subject, reason)


class ReadError(SourceError):
    """A document was got but can't be read; `subject` is its URL or path."""

    exit_code = 65


class EntryError(FeedtoolError):
    """An entry that cannot be; `subject` names the field."""

    exit_code = 65


class ArchiveError(FeedtoolError):
    """The archive can't be read or written; `subject` is the path."""

    exit_code = 74


class DamagedError(ArchiveError):
    """A file of the archive is torn, foreign or not what its name says; it is left as it is."""

    exit_code = 65


class LaterFormatError(DamagedError):
    """A file of the archive is of a format that a newer feedtool writes: it may well be whole."""


class BusyError(ArchiveError):
    """Another process holds the archive's lease."""

    exit_code = 75


class PublishError(FeedtoolError):
    """A published file can't be written; `subject` is its path."""

    exit_code = 74


class OutputError(FeedtoolError):
    """What a command prints can't be written, as on a full disk."""

    exit_code = 74
