"""Configuration: what is right is taken, what is wrong is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.config import Config
from feedtool.errors import ConfigError
from feedtool.settings import advice, load, parse
from tests.conftest import ROOT

SITE = '[site]\ntitle = "Tin"\nbase_url = "https://tin.example"\n'
PATH = Path("/srv/feedtool.toml")


def test_defaults_and_paths() -> None:
    """Paths are relative to the file; the address gets its slash; there is a feed of everything."""
    config = parse(
        f'{SITE}time_zone = "Asia/Ho_Chi_Minh"\n[[source]]\nname = "a"\nurl = "in"\n', PATH
    )
    assert config.site.base_url == "https://tin.example/"
    assert config.archive.path == Path("/srv/archive")
    assert config.publish.path == Path("/srv/public")
    assert [feed.name for feed in config.feed] == ["all"]
    [source] = config.source
    assert (source.url, source.every) == ("/srv/in", None)
    assert source.time_zone == "Asia/Ho_Chi_Minh"
    assert config.host == "tin.example"


def test_everything_can_be_said() -> None:
    """The complete configuration that is delivered is right, and says every key there is."""
    config = load(ROOT / "config/feedtool.toml")
    assert config.archive.path == ROOT / "archive"
    assert config.source[0].every == timedelta(hours=1)


@pytest.mark.parametrize("name", ["minimal", "demo", "feedtool"])
def test_delivered_configurations_are_right(name: str) -> None:
    """Each file in config/ is taken as it is."""
    assert isinstance(load(ROOT / f"config/{name}.toml"), Config)


@pytest.mark.parametrize(
    ("written", "key", "reason"),
    [
        ("qqq = 1", "qqq", "is unknown; known are alarms, archive, daemon, feed, http"),
        (SITE + 'lenguage = "vi"', "site.lenguage", "did you mean language?"),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nevry = "1h"', "source[0].evry", "did you mean every?"),
        (SITE + "[[feed]]\nxyz = 1", "feed[0].xyz", "known are authors, categories, content, formats"),
        (SITE + "[sources]", "sources", "did you mean source?"),
        ("", "", "missing required field `site`"),
        ('[site]\ntitle = 5\nbase_url = ""', "site.title", "expected `str`, got `int`"),
        ('[site]\ntitle = ""\nbase_url = "https://e.example"', "site.title", "is empty"),
        ('[site]\ntitle = "T"\nbase_url = "e.example"', "site.base_url", "is not an absolute"),
        (SITE + 'time_zone = "Asia/Saigon2"', "site.time_zone", "is no time zone"),
        (SITE + 'time_zone = "../etc/passwd"', "site.time_zone", "is no time zone"),
        (SITE + 'language = "tiếng Việt"', "site.language", "is no language tag"),
        (SITE + "[http]\ntimeout = 0", "http.timeout", "is not above 0"),
        (SITE + "[http]\nmax_bytes = 0", "http.max_bytes", "is not above 0"),
        (SITE + "[archive]\npath = 5", "archive.path", "is no path"),
        (SITE + '[archive]\npath = ""', "archive.path", "is no path"),
        (SITE + '[[feed]]\nname = "index"', "feed[0].name", "reserved"),
        (SITE + '[[feed]]\nname = "../x"', "feed[0].name", "is not a-z"),
        (SITE + '[[feed]]\nname = "a"\n[[feed]]\nname = "a"', "feed[1].name", "twice"),
        (SITE + '[[feed]]\nname = "a"\nlimit = 0', "feed[0].limit", "is not from 1 to 10000"),
        (SITE + '[[feed]]\nname = "a"\nformats = []', "feed[0].formats", "is empty; known are atom, rss, json"),
        (SITE + '[[feed]]\nname = "a"\nformats = ["rss", "rss"]', "feed[0].formats", "names one twice"),
        (SITE + '[[feed]]\nname = "a"\nwords = [" "]', "feed[0].words", "holds an empty one"),
        (SITE + '[[feed]]\nname = "a"\nlanguages = ["!"]', "feed[0].languages", "'!' is no language tag"),
        (SITE + '[[feed]]\nname = "a"\nsince = 2022-01-02\nuntil = 2022-01-01', "feed[0].until", "is before since"),
        (SITE + '[[feed]]\nname = "a"\norder = "x"', "feed[0].order", "known are published, updated, archived"),
        (SITE + '[publish]\nhub = "hub"', "publish.hub", "is not an absolute http(s) address"),
        (SITE + '[publish]\ncompress = ["br"]', "publish.compress[0]", "known are gzip, zstd"),
        (SITE + '[publish]\ncompress = ["gzip", "gzip"]', "publish.compress", "names one twice"),
        (SITE + '[[feed]]\nname = "a"\nplaces = ["/sport/"]', "feed[0].places", "is host and path"),
        (SITE + '[[feed]]\nname = "a"\nplaces = ["https://e.example/"]', "feed[0].places", "is host and path"),
        ('[site]\ntitle = "T"\nbase_url = "https://tin.example/ü/"', "site.base_url", "is not an absolute http(s) address"),
        (SITE + '[[feed]]\nname = "a"\nformats = ["rdf"]', "feed[0].formats[0]", "'rdf'; known are atom"),
        (SITE + '[[feed]]\nname = "a"\nsources = ["b"]', "feed[0].sources", "'b' is no source"),
        (SITE + '[[source]]\nname = "B"\nurl = "b"', "source[0].name", "is not a-z"),
        (SITE + '[[source]]\nname = "a"\nurl = ""', "source[0].url", "is empty"),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nauthor = " "', "source[0].author", "is empty"),
        (SITE + '[[source]]\nname = "a"\nurl = "file:///etc"', "source[0].url", "neither http(s)"),
        (SITE + '[[source]]\nname = "a"\nurl = "https://"', "source[0].url", "is no http(s) address"),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nevery = "soon"', "source[0].every", '"15m"'),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nevery = 5', "source[0].every", '"15m"'),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nevery = "5s"', "source[0].every", "shorter"),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nkind = "x"', "source[0].kind", "known are prose, page, feed"),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\ntime_zone = "x"', "source[0].time_zone", "is no"),
        (SITE + '[[source]]\nname = "a"\nurl = "b"\nlanguage = "?"', "source[0].language", "is no"),
        (SITE + '[[source]]\nname = "a"\nurl = "https://e.example/"', "site.contact", "is missing: a is read"),
        (SITE + '[[source]]\nname = "a"\nurl = "http://[bad"', "source[0].url", "is no http(s) address"),
        (SITE + '[[source]]\nname = "a"\nurl = "HTTP://e.example/"', "source[0].url", "neither http(s)"),
        (SITE + '[[source]]\nname = "a"\nurl = "~/inbox"', "source[0].url", "write it out"),
        (SITE + '[[source]]\nname = "a"\nurl = "."', "source[0].url", "archive.path lie one in the other"),
        (SITE + '[[source]]\nname = "a"\nurl = "public/x"', "source[0].url", "publish.path lie one in"),
        (SITE + '[[source]]\nname = "a"\nurl = "a\\u0000b"', "source[0].url", "is empty"),
        (SITE + '[archive]\npath = "a\\u0000b"', "archive.path", "is no path"),
        (SITE + '[archive]\npath = "~/a"', "archive.path", "write it out"),
        (SITE + '[publish]\npath = "archive"', "publish.path", "lie one in the other"),
        (SITE + '[publish]\npath = "archive/public"', "publish.path", "lie one in the other"),
        (SITE + "[http]\ntimeout = inf", "http.timeout", "up to a day"),
        (SITE + "[http]\nmax_bytes = 9223372036854775807", "http.max_bytes", "up to 1 GiB"),
        (SITE + 'contact = "tòa@e.example"', "site.contact", "is not plain ASCII"),
        (SITE + '[http]\nuser_agent = "a\\nb"', "http.user_agent", "is not plain ASCII"),
        (SITE + 'author = " "', "site.author", "is empty"),
        (SITE + '[[feed]]\nname = "a"\ntitle = " "', "feed[0].title", "is empty"),
        (SITE + f'[[feed]]\nname = "{"a" * 65}"', "feed[0].name", "is not a-z"),
        (SITE + "[archive]\nreview_below = 2", "archive.review_below", "is not from 0 to 1"),
        ('[site]\ntitle = "T"\nbase_url = "https://e.example/?a=b"', "site.base_url", "of a folder"),
        ("a = " + "[" * 3000 + "]" * 3000, "", "is not TOML"),
        (SITE + 'source = 5', "site.source", "is unknown"),
        ("source = 5\n" + SITE, "source", "expected `array`"),
        ("[site", "", "is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(written: str, key: str, reason: str) -> None:
    """The error has the file, the key, what is wrong with it, and the exit code 78."""
    with pytest.raises(ConfigError) as caught:
        parse(written, PATH)
    assert caught.value.key == key
    assert reason in str(caught.value)
    assert str(caught.value).startswith("/srv/feedtool.toml: ")
    assert caught.value.exit_code == 78


@given(st.text(max_size=200))
def test_any_text_is_a_configuration_or_an_error(written: str) -> None:
    """Nothing but a `ConfigError` comes of what is no configuration."""
    with pytest.raises(ConfigError):
        parse(f"# {written}\n{written}", PATH)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, unreadable and not UTF-8 each say so."""
    with pytest.raises(ConfigError, match="feedtool init makes one"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path)
    (tmp_path / "b.toml").write_bytes(b"\xef\xbb\xbf" + SITE.encode())
    assert load(tmp_path / "b.toml").site.title == "Tin"
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("url", "every", "told"),
    [
        ("https://e.example/feed", "5m", True),
        ("https://e.example/feed", "15m", False),
        ("inbox", "1m", False),
    ],
)
def test_an_owner_who_asks_often_is_told(url: str, every: str, told: bool) -> None:
    """More often than every quarter of an hour is obeyed, and said; files may be read as often as
    anybody likes."""
    site = f'{SITE}contact = "ed@e.example"\n'
    config = parse(f'{site}[[source]]\nname = "a"\nurl = "{url}"\nevery = "{every}"\n', PATH)
    assert bool(advice(config)) is told
    assert config.source[0].every is not None


def test_several_feeds_have_titles_of_their_own() -> None:
    """A feed without a title is called like the site, and by its name where there are several."""
    one = parse(SITE + '[[feed]]\nname = "a"', PATH)
    assert [feed.title for feed in one.feed] == [None]
    two = parse(SITE + '[[feed]]\nname = "a"\n[[feed]]\nname = "b"\ntitle = "B"', PATH)
    assert [feed.title for feed in two.feed] == ["Tin – a", "B"]
