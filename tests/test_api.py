"""The library's surface: these names, documented, and nothing that comes by accident."""

from __future__ import annotations

import subprocess
import sys

import pytest

import feedtool
from tests.conftest import ROOT

SURFACE = """
Alarm Archive Capture Change Config Daemon Enclosure Entry Feed FeedtoolError FolderArchive
MemoryArchive Outcome Person Published Reading Source Validators __version__ acollect collect
load_config publish render replace
"""


def test_the_surface_is_these_names() -> None:
    """A name that is added or taken away is added or taken away here too."""
    assert sorted(feedtool.__all__) == sorted(SURFACE.split())
    assert set(feedtool._HOMES) == set(feedtool.__all__) - {"__version__"}


def test_every_public_name_is_documented() -> None:
    """Each of them says what it is."""
    for name in feedtool.__all__:
        assert (getattr(feedtool, name).__doc__ or "").strip(), name


def test_a_name_that_is_none_is_told() -> None:
    """Asking for anything else is the usual error."""
    with pytest.raises(AttributeError, match="'feedtool' has no attribute 'nothing'"):
        _ = feedtool.nothing


@pytest.mark.parametrize(
    "program",
    [
        "import feedtool.collect, feedtool.publish.site, feedtool; assert callable(feedtool.collect)",
        "import feedtool; feedtool.publish; assert callable(feedtool.publish)",
        "from feedtool.publish import site; from feedtool import publish; assert callable(publish)",
        "import feedtool, sys; assert not {'httpx', 'lxml', 'sqlite3'} & set(sys.modules)",
    ],
)
def test_functions_stay_functions_whatever_is_imported_first(program: str) -> None:
    """Rooms of the same name don't take their place, and the door loads nothing by itself."""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
