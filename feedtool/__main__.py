"""`python -m feedtool` is the command `feedtool`."""

from __future__ import annotations

import sys

from feedtool.cli.main import main

sys.exit(main())
