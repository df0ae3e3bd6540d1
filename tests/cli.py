"""Running the command in a test: its configuration, and what came of a run."""

from __future__ import annotations

import json
from collections.abc import Callable

CONFIG = """
[site]
title = "Tin"
base_url = "https://tin.example/"
time_zone = "Asia/Ho_Chi_Minh"

[[feed]]
name = "all"
content = "full"

[[source]]
name = "valley"
url = "inbox"
"""
EPOCH = "1651633321"  # 2022-05-04T03:02:01Z


class Run:
    """One command's exit code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> list[dict[str, object]]:
        """What it printed, line by line."""
        return [json.loads(line) for line in self.out.splitlines()]


Feedtool = Callable[..., Run]
