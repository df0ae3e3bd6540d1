"""Telling systemd how the daemon is doing: sd_notify(3), without a package."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

from feedtool import text

_SHORT = 1.0  # seconds that the service manager has for taking a message


class Service:
    """This process as a service. Where nobody asked to be told, nothing is; and nothing is raised:
    a daemon that can't say how it does goes on."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """`environ` holds NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID where systemd set them."""
        name = environ.get("NOTIFY_SOCKET", "")
        # A path, or a name that lies in no folder, which "@" stands for (unix(7)).
        self._address = os.fsencode("\0" + name[1:] if name[:1] == "@" else name)
        self._address = self._address if name[:1] in ("@", "/") else b""
        usec = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # sd_watchdog_enabled(3): a sign of life each half of the time.
        self._every = int(usec) / 2e6 if ours and re.fullmatch("[0-9]{1,18}", usec) else 0.0
        self._next = 0.0

    def ready(self, status: str) -> None:
        """Starting, or taking over a new configuration, is done."""
        self._send(f"READY=1\n{_status(status)}")

    def status(self, words: str) -> None:
        """How it does, in a line of words for `systemctl status`."""
        self._send(_status(words))

    def reloading(self, monotonic_usec: int) -> None:
        """A new configuration is being taken over, since this moment of CLOCK_MONOTONIC."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_usec}")

    def stopping(self) -> None:
        """The daemon is ending."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Give a sign of life, if it is time for one; may be called as often as you like."""
        if self._every and (now := time.monotonic()) >= self._next:
            self._next = now + self._every
            self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(_SHORT)
            out.sendto(message.encode("utf-8", "replace"), self._address)


def _status(words: str) -> str:
    return f"STATUS={text.line(words)}"
