"""Adding to a configuration's text, whatever it looks like and whatever is added."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import amend
from feedtool.data import replace
from feedtool.errors import ConfigError
from feedtool.model import Source

PATH = Path("/srv/feeds/feedtool.toml")
HEAD = """# ours, by hand
[site]   # whose
title = "Tin"
base_url = "https://tin.example/"
time_zone = "Asia/Ho_Chi_Minh"
"""
CONTACT = HEAD + 'contact = "me@tin.example"\n'
FEED = Source(name="valley", url="https://valley.example/feed", kind="feed")


def test_a_source_is_added_at_the_end() -> None:
    """What was there stays, byte for byte; the block says what the source is."""
    full = replace(FEED, every=timedelta(hours=36), allow_private=True)
    found = amend.with_sources(CONTACT, [full], PATH)
    assert found == CONTACT + (
        '\n[[source]]\nname = "valley"\nurl = "https://valley.example/feed"\nkind = "feed"\n'
        'every = "36h"\nallow_private = true\n'
    )
    assert amend.config_of(found, PATH).source[0].time_zone == "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("every", "written"), [(90, "90s"), (60, "1m"), (7200, "2h"), (86_400, "1d")]
)
def test_times_are_written_in_the_largest_unit(every: int, written: str) -> None:
    """A day is no 24 hours."""
    found = amend.with_sources(CONTACT, [replace(FEED, every=timedelta(seconds=every))], PATH)
    assert f'every = "{written}"' in found


@pytest.mark.parametrize("last", ["", "# no end of line", '[[source]]\nname="a"\nurl="b"', "\n\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_marks_stay(last: str, mark: str, end: str) -> None:
    """A file without a last line end, with other ones or with a mark is added to in its way."""
    written = mark + (HEAD + last).replace("\n", end)
    named = amend.with_contact(written, "me@tin.example", PATH)
    found = amend.with_sources(named, [FEED], PATH)
    assert found.startswith(named)
    assert named.replace(f'contact = "me@tin.example"{end}', "") == written
    assert (end == "\n") == ("\r" not in found)
    assert not re.search(r"(?<!\r)\n", found) or end == "\n"
    config = amend.config_of(found, PATH)
    assert (config.site.contact, config.source[-1].name) == ("me@tin.example", "valley")


def test_paths_are_seen_from_the_files_folder() -> None:
    """A relative path is written as it is."""
    found = amend.with_sources(HEAD, [Source(name="in", url="inbox/new")], PATH)
    assert 'url = "inbox/new"' in found
    assert amend.config_of(found, PATH).source[0].url == "/srv/feeds/inbox/new"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (replace(FEED, name="Not a name"), "is not a-z"),
        (replace(FEED, url="gopher://valley.example"), "is neither"),
        (replace(FEED, url="archive"), "lie one in the other"),
        (replace(FEED, url="\udcff"), "not UTF-8"),
    ],
)
def test_what_is_wrong_is_not_added(source: Source, reason: str) -> None:
    """The error is the one that the file would give."""
    with pytest.raises(ConfigError, match=reason):
        amend.with_sources(CONTACT, [source], PATH)


@pytest.mark.parametrize(
    "written",
    [
        CONTACT.replace("[site]", "source = []\n[site]"),
        CONTACT.replace("[site]", 'source = [{name = "a", url = "b"}]\n[site]'),
    ],
)
def test_an_inline_list_is_left_to_its_owner(written: str) -> None:
    """What must be written by hand is told."""
    with pytest.raises(ConfigError, match=r'add \{ name = "valley", url = "https'):
        amend.with_sources(written, [FEED], PATH)


@pytest.mark.parametrize(
    "written",
    [
        'site = {title = "Tin", base_url = "https://tin.example/"}\n',
        'site.title = "Tin"\nsite.base_url = "https://tin.example/"\n',
        'site = {title = """\n[site]\n""", base_url = "https://tin.example/"}\n',
    ],
)
def test_a_contact_that_has_no_place_is_left_to_the_owner(written: str) -> None:
    """Also where what looks like the table is in a string."""
    with pytest.raises(ConfigError, match=r"add contact = .me@tin\.example") as caught:
        amend.with_contact(written, "me@tin.example", PATH)
    assert caught.value.key == "site"


def test_a_contact_is_checked() -> None:
    """It goes into a header, and must fit there."""
    with pytest.raises(ConfigError, match=r"site\.contact: is not plain ASCII"):
        amend.with_contact(HEAD, "mé\n", PATH)


def test_a_contact_that_is_there_is_not_doubled() -> None:
    """A file that has one can't be given another."""
    with pytest.raises(ConfigError, match="can't be added to safely"):
        amend.with_contact(CONTACT, "you@tin.example", PATH)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/."), min_size=1))
def test_no_words_break_the_file(words: str) -> None:
    """Quotes, line ends, brackets, control characters: a path comes out as it went in."""
    sources = [Source(name="a", url=f"inbox/{words}"), Source(name="b", url="b")]
    first, second = amend.config_of(amend.with_sources(HEAD, sources, PATH), PATH).source
    assert (first.url, second.url) == (f"/srv/feeds/inbox/{words}", "/srv/feeds/b")
