"""Where zstd (RFC 8878) comes from. The only file that knows backports.zstd."""

from __future__ import annotations

import sys
from typing import Any


def module() -> Any:
    """Return `compression.zstd` of Python 3.14, or what stands in for it before that."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
