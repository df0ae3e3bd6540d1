"""What a command works with: where to write, what time it is, which configuration."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from feedtool import text
from feedtool.config import Config
from feedtool.data import Struct
from feedtool.errors import ConfigError, FeedtoolError, OutputError, UsageError
from feedtool.settings import advice, load

_PLACES = (Path("feedtool.toml"), Path("config/feedtool.toml"))


class Context(Struct, frozen=True):
    """The rim: `out` is for data, `err` for talk; `environ` and `clock` are read here alone."""

    out: TextIO | None
    err: TextIO
    environ: Mapping[str, str]
    config_path: Path | None
    json: bool

    @classmethod
    def of(cls, config: str | None, as_json: bool) -> Context:
        """The context of this process."""
        for stream in (sys.stdout, sys.stderr):
            # A file name may hold bytes that are no UTF-8; JSON can escape them.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        path = Path(config) if config else None
        return cls(sys.stdout, sys.stderr, os.environ, path, as_json)

    def now(self) -> datetime:
        """The time, in UTC: SOURCE_DATE_EPOCH where it is set (reproducible-builds.org)."""
        epoch = self.environ.get("SOURCE_DATE_EPOCH")
        if not epoch:
            return datetime.now(UTC)
        if not re.fullmatch(r"[0-9]{1,11}", epoch):
            raise UsageError("SOURCE_DATE_EPOCH", f"{epoch!r} is no time in seconds since 1970")
        return datetime.fromtimestamp(int(epoch), UTC)

    def find_config(self) -> Path | None:
        """The configuration file: as told, else by $FEEDTOOL_CONFIG, else where one lies."""
        told = self.config_path or self.environ.get("FEEDTOOL_CONFIG")
        if told:
            return Path(told)
        return next((path for path in _PLACES if path.is_file()), None)

    def config(self) -> Config:
        """The configuration; raises `ConfigError`."""
        path = self.find_config()
        if path is None:
            looked = " and ".join(str(path) for path in _PLACES)
            reason = f"no configuration (looked for {looked}): name one with --config, or make one"
            raise ConfigError(Path.cwd(), "", f"{reason} with feedtool init")
        config = load(path)
        if any(table.words for table in config.feed):
            from feedtool.publish.rules import rule  # words of search

            for table in config.feed:
                rule(table)
        for line in advice(config):
            self.tell(f"feedtool: {line}")
        return config

    def say(self, line: str) -> None:
        """Print a line of data for people; `OutputError` where it can't be written."""
        try:
            print(line, file=self.out)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError("output", f"can't be written: {error.strerror}") from error

    def give(self, data: Mapping[str, Any]) -> None:
        """Print an object as a line of JSON."""
        self.say(json.dumps(data, ensure_ascii=False))

    def colours(self) -> bool:
        """True where data goes to a terminal whose owner hasn't asked for none
        (https://no-color.org/)."""
        return self.out is not None and self.out.isatty() and not self.environ.get("NO_COLOR")

    def flush(self) -> None:
        """Let what was printed go out."""
        if self.out is None:  # it may be closed
            return
        try:
            self.out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError("output", f"can't be written: {error.strerror}") from error

    def tell(self, message: str) -> None:
        """Print a line of talk. No control character of a path or title reaches the terminal."""
        print(text.line(message), file=self.err)

    def complain(self, error: FeedtoolError) -> None:
        """Print what went wrong."""
        self.tell(f"feedtool: {error}")


def as_json(error: FeedtoolError) -> dict[str, str]:
    """Return an error as an object: what it is about, and why."""
    return {"subject": error.subject, "reason": error.reason}
