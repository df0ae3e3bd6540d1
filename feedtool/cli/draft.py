"""The configuration file while something is added to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from feedtool import amend, files
from feedtool.cli.context import Context
from feedtool.cli.starting import CONFIG, INBOX, starter
from feedtool.config import Config
from feedtool.data import Struct, replace
from feedtool.errors import ConfigError, PublishError
from feedtool.model import Source


class Draft(Struct, frozen=True):
    """A configuration's text, yet to be saved. `before` are the bytes at `path`, None where there
    is no file; `config` is what `written` says."""

    path: Path
    before: bytes | None
    written: str
    config: Config

    @classmethod
    def of(cls, context: Context) -> Draft:
        """The configuration that is there, else the one to start with; raises `ConfigError`."""
        path = context.find_config()
        if path is None:
            path, before, body = Path(CONFIG), None, starter()
        else:
            config = context.config()  # for its errors
            before = body = _bytes(path)
            return cls(path, before, body.decode("utf-8"), config)
        written = body.decode("utf-8")
        return cls(path, before, written, amend.config_of(written, path))

    def with_contact(self, contact: str) -> Draft:
        """With this contact in its [site]."""
        return self._as(amend.with_contact(self.written, contact, self.path))

    def with_sources(self, sources: Sequence[Source]) -> Draft:
        """With these sources at its end."""
        return self._as(amend.with_sources(self.written, sources, self.path))

    def save(self) -> Draft:
        """Write it, unless somebody else has written there since; a first one with its inbox."""
        data = self.written.encode()
        if self.before is None:
            if self.path.exists():
                raise ConfigError(self.path, "", "was made meanwhile; run this again")
        elif _bytes(self.path) != self.before:
            raise ConfigError(self.path, "", "was changed meanwhile; run this again")
        try:
            if self.before is None:
                (self.path.parent / INBOX).mkdir(exist_ok=True)
            files.rewrite(self.path, data)
        except OSError as error:
            raise PublishError(self.path, f"can't be written: {error.strerror or error}") from error
        return replace(self, before=data)

    def _as(self, written: str) -> Draft:
        return replace(self, written=written, config=amend.config_of(written, self.path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(path, "", f"can't be read: {error.strerror}") from error
