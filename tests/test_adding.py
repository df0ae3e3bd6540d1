"""`feedtool add`: from an address to a feed, through the command line and a server on loopback."""

from __future__ import annotations

import json
import stat
import tomllib
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from xml.etree import ElementTree

import pytest

from feedtool import config, settings
from feedtool.cli.naming import Names
from feedtool.discovery import REQUESTS
from feedtool.lease import Lease
from feedtool.read import opml
from feedtool.subscriptions import Subscription, write
from tests.cli import CONFIG, Feedtool
from tests.conftest import Server, article

REDIRECTS = 6  # requests that one document may cost
COMMENTED = (
    "# ours, by hand\r\n"
    + CONFIG.replace("\n", "\r\n")
    + "# the end\r\n[http] # be quick\r\nper_host_gap = 0\r\n# no line end"
)


def _not_there(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(404)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


class _Answers(dict):  # type: ignore[type-arg]
    def __missing__(self, path: str) -> object:
        return _not_there


@pytest.fixture
def site(server: Server, feedtool: Feedtool, tmp_path: Path) -> Server:
    """A site without any page, and a configuration that is asked for no gap between requests."""
    server.answers = _Answers()
    (tmp_path / "feedtool.toml").write_bytes(COMMENTED.encode())
    return server


def _feed(server: Server, title: str = "The Valley") -> bytes:
    items = "".join(
        f"<item><title>Ferry {n}</title><link>{server.url}/{n}</link><description>It is back."
        f"</description><pubDate>Mon, 0{n} May 2022 10:00:00 GMT</pubDate></item>"
        for n in range(1, 4)
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>".encode()


def _page(head: str = "", body: str = "<p>Welcome.</p>") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


_DECLARED = _page('<link rel="alternate" type="application/rss+xml" href="/news.xml">')


def _story(n: int) -> bytes:
    words = "<p>" + f"The ferry number {n} is back on the river after long repairs. " * 9 + "</p>"
    time = '<meta property="article:published_time" content="2022-05-02T10:00:00Z">'
    head = f"<title>The ferry {n} is back</title>{time}"
    return _page(head, f"<article><h1>The ferry {n} is back</h1>{words * 3}</article>")


def _sources(folder: Path) -> list[dict[str, object]]:
    found = tomllib.loads((folder / "feedtool.toml").read_text("utf-8"))["source"]
    assert isinstance(found, list)
    return found


def _titles(folder: Path) -> list[str | None]:
    feed = ElementTree.fromstring((folder / "public/all.atom").read_bytes())
    atom = "{http://www.w3.org/2005/Atom}"
    return [entry.findtext(f"{atom}title") for entry in feed.iter(f"{atom}entry")]


def test_one_command_from_a_site_to_a_feed(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """The declared feed is found, shown, added, read and published; the rest of the file stays."""
    site.give("/", _DECLARED)
    site.give("/news.xml", _feed(site))
    run = feedtool("add", site.url + "/", "--private", "--every", "2h")
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[:4] == [
        f"{site.url}/news.xml (feed)",
        "The Valley: 3 articles",
        f"- {site.url}/3",
        "  title      Ferry 3",
    ]
    assert any("2022-05-03 10:00" in line for line in lines)
    assert any("feed entry published" in line and "Tue" not in line for line in lines)
    assert f"added the-valley to feedtool.toml: {site.url}/news.xml" in lines
    assert "the-valley: 3 new" in lines
    assert lines[-2] == f"the feed: {tmp_path}/public/all.atom"
    assert lines[-1].startswith("subscribe to https://tin.example/all.atom ")
    assert _titles(tmp_path) == ["Ferry 3", "Ferry 2", "Ferry 1"]
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode() + (
        '\r\n\r\n[[source]]\r\nname = "the-valley"\r\n'
        f'url = "{site.url}/news.xml"\r\nkind = "feed"\r\nevery = "2h"\r\nallow_private = true\r\n'
    ).encode()


def test_a_feed_that_nobody_names_is_found(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """At a usual address; where a title says nothing, the host names the source."""
    site.give("/", _page())
    site.give("/rss", _feed(site, title="»"))
    run = feedtool("add", site.url, "--private")
    assert run.code == 0
    assert f"tried {site.url}/feed: answers 404 Not Found" in run.err
    assert _sources(tmp_path)[-1]["name"] == "source-127-0-0-1"
    assert len(_titles(tmp_path)) == 3


def test_a_sitemap_is_followed(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """Where robots.txt alone leads to the articles."""
    urls = "".join(f"<url><loc>{site.url}/the-ferry-{n}</loc></url>" for n in range(3))
    site.give("/", _page("<title>The Valley | News</title>"))
    site.give("/robots.txt", f"Sitemap: {site.url}/map.xml".encode(), Content_Type="text/plain")
    site.give("/map.xml", f"<urlset>{urls}</urlset>".encode())
    for n in range(3):
        site.give(f"/the-ferry-{n}", _story(n))
    run = feedtool("add", site.url + "/", "--private")
    assert run.code == 0
    assert f"(undated)   {site.url}/the-ferry-0" in run.out
    assert _sources(tmp_path)[-1]["kind"] == "sitemap"
    assert _sources(tmp_path)[-1]["name"] == "the-valley-news"
    assert sorted(map(str, _titles(tmp_path)))[0] == "The ferry 0 is back"


def test_a_listing_is_followed(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """Where only the page itself leads to the articles."""
    cards = "".join(
        f'<article><h2><a href="/2022/the-ferry-number-{n}">The ferry number {n} is back at last'
        "</a></h2></article>"
        for n in range(5)
    )
    site.give("/", _page(body=f"<main>{cards}</main>"))
    for n in range(5):
        site.give(f"/2022/the-ferry-number-{n}", _story(n))
    run = feedtool("add", site.url + "/", "--private", "--name", "ferries")
    assert run.code == 0
    source = _sources(tmp_path)[-1]
    assert (source["name"], source["kind"], source["url"]) == ("ferries", "listing", site.url + "/")
    assert len(_titles(tmp_path)) == 5


def test_where_there_is_nothing_nothing_is_written(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """What was tried is told, a line each, with the way out; the file stays as it was."""
    site.give("/", _page())
    run = feedtool("add", site.url + "/", "--private")
    assert (run.code, run.out) == (1, "")
    told = run.err.splitlines()
    assert told[0] == f"feedtool: {site.url}/: holds nothing that can be followed"
    assert f"tried {site.url}/atom.xml: answers 404 Not Found" in told
    assert "if you know the address of its feed, add that" in told[-1]
    [told_once] = feedtool("add", site.url + "/", "--private", "--json").json
    assert "holds nothing" in str(told_once["error"])
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode()
    assert not (tmp_path / "archive").exists()


def test_a_feed_is_added_by_its_own_address(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """With a password it stays as it was given, and is never printed."""
    site.give("/news.xml", _feed(site))
    url = site.url.replace("//", "//me:sesame@") + "/news.xml"
    run = feedtool("add", "feed:" + url, "--private", "--json")
    assert run.code == 0
    *entries, added, outcome, publication = run.json
    assert [entry["title"] for entry in entries] == ["Ferry 3", "Ferry 2", "Ferry 1"]
    assert entries[0]["evidence"]
    assert (added["added"], added["written"]) == ("the-valley", True)
    assert len(outcome["new"]) == 3  # type: ignore[arg-type]
    assert "all.atom" in publication["written"]  # type: ignore[operator]
    assert _sources(tmp_path)[-1]["url"] == url
    assert "sesame" not in run.out + run.err
    assert "sesame" not in feedtool("status", "--opml").out


def test_what_is_a_source_already_is_refused(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """By its own address, by that of its site, as a folder; the source is named."""
    site.give("/", _DECLARED)
    site.give("/news.xml", _feed(site))
    assert feedtool("add", site.url + "/news.xml", "--private").code == 0
    before = (tmp_path / "feedtool.toml").read_bytes()
    for name in (site.url + "/", site.url + "/news.xml", site.url + "/news.xml/#top"):
        again = feedtool("add", name, "--private")
        assert again.code == 2
        assert "is the source the-valley already" in again.err
    assert "is the source valley already" in feedtool("add", "./inbox/../inbox").err
    assert (tmp_path / "feedtool.toml").read_bytes() == before


def test_a_daemon_that_runs_reads_it(feedtool: Feedtool, tmp_path: Path) -> None:
    """Where another feedtool writes the archive, the source is added and left to that."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    with Lease(tmp_path / "archive"):
        run = feedtool("add", str(tmp_path / "more"))
    assert run.code == 0
    assert "if that is its daemon, it reads what was added now" in run.err
    assert 'name = "more"' in (tmp_path / "feedtool.toml").read_text()


def test_dry_run_writes_nothing(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """All is shown, and all stays as it was, also where there is no configuration yet."""
    site.give("/news.xml", _feed(site))
    before = sorted(tmp_path.rglob("*"))
    run = feedtool("add", site.url + "/news.xml", "--private", "--dry-run")
    assert run.code == 0
    assert f"would add the-valley to feedtool.toml: {site.url}/news.xml" in run.out
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode()
    (tmp_path / "feedtool.toml").unlink()
    assert feedtool("add", site.url + "/news.xml", "--private", "--dry-run").code == 0
    assert not (tmp_path / "feedtool.toml").exists()


def test_add_makes_a_configuration(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """Where there is none: the one of `init`, with its inbox and the contact."""
    (tmp_path / "feedtool.toml").unlink()
    (tmp_path / "inbox").rmdir()
    site.give("/news.xml", _feed(site))
    run = feedtool("add", site.url + "/news.xml", "--private", "--contact", "me@tin.example")
    assert run.code == 0
    assert "made feedtool.toml" in run.err
    made = settings.load(tmp_path / "feedtool.toml")
    assert [source.name for source in made.source] == ["inbox", "the-valley"]
    assert made.site.contact == "me@tin.example"
    assert (tmp_path / "inbox").is_dir()
    assert len(_titles(tmp_path)) == 3


def test_the_web_wants_a_contact(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """Before any request; the way out is what to type. The file's own goes before another."""
    run = feedtool("add", "https://valley.example/")
    assert (run.code, run.out) == (78, "")
    assert "--contact you@example.org" in run.err
    (tmp_path / "list.opml").write_bytes(write("Ours", [Subscription("V", "https://v.example/")]))
    assert feedtool("add", "list.opml").code == 78
    assert feedtool("add", "list.opml", "--contact", "me@tin.example").code == 0
    assert 'contact = "me@tin.example"\r\n' in (tmp_path / "feedtool.toml").read_bytes().decode()
    again = feedtool("add", "list.opml", "--contact", "you@tin.example")
    assert "site.contact is me@tin.example already" in again.err
    assert feedtool("add", "list.opml", "--contact", "é").code == 0


def test_private_must_be_said(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """An address that isn't public is refused, and the flag is named; nobody is asked."""
    run = feedtool("add", site.url, "--contact", "me@tin.example")
    assert run.code == 1
    assert "is no public address" in run.err
    assert "--private" in run.err
    assert site.requests == []


def test_a_folder_is_an_inbox(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """Written from the configuration's folder; its articles are published at once."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    (tmp_path / "more/b.txt").write_bytes(b"\0" * 100)
    run = feedtool("add", str(tmp_path / "more"))
    assert run.code == 1  # one of its files can't be read, and is told
    assert f"{tmp_path}/more (folder)" in run.out
    assert "b.txt" in run.err
    assert _sources(tmp_path)[-1] == {"name": "more", "url": "more"}
    assert _titles(tmp_path) == ["Nước sạch về bản Pá Lương"]


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("nowhere",), "isn't there"),
        (("valley.example/news",), "for a site, say https://valley.example/news"),
        (("ftp://valley.example/",), "is no http(s) address"),
        (("a", "b", "--name", "c"), "is for one source"),
        (("a", "--name", "No Name"), "is not a-z"),
        (("a", "--every", "often"), "is no length of time"),
        (("a.txt", "--name", "valley"), "is the name of another source"),
    ],
)
def test_wrong_usage_is_told(
    feedtool: Feedtool, site: Server, tmp_path: Path, argv: tuple[str, ...], reason: str
) -> None:
    """Exit code 2, the reason, and nothing done."""
    (tmp_path / "a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    run = feedtool("add", *argv)
    assert run.code == 2
    assert reason in run.err
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode()


def test_one_that_fails_does_not_stop_the_others(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """Of several, those that can be added are, in one round; names that are taken get numbers."""
    site.give("/a.xml", _feed(site))
    site.give("/b.xml", _feed(site))
    run = feedtool(
        "add", site.url + "/a.xml", site.url + "/none.xml", site.url + "/b.xml", "--private"
    )
    assert run.code == 1
    assert "answers 404" in run.err
    names = [source["name"] for source in _sources(tmp_path)]
    assert names == ["valley", "the-valley", "the-valley-2"]
    assert run.out.count("subscribe to") == 1


HOSTILE = [
    'A "quoted" \\ title',
    "]]\n[[source]]\nname = 1",
    "'''\"\"\"",
    "\x1b[2J\x00\x7f\x85",
    "#",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_cannot_break_the_file(
    feedtool: Feedtool, site: Server, tmp_path: Path, title: str
) -> None:
    """Whatever a feed or a list calls itself, the file has one source more, with a plain name."""
    body = {"version": "https://jsonfeed.org/version/1.1", "title": title, "items": []}
    site.give('/f"]]', json.dumps(body).encode())
    site.give("/f%22]]", json.dumps(body).encode())
    run = feedtool("add", site.url + '/f"]]', "--private")
    assert run.code == 0
    assert "\x1b" not in run.out + run.err
    assert (tmp_path / "feedtool.toml").read_bytes().startswith(COMMENTED.encode())
    (tmp_path / "o.opml").write_bytes(write(title, [Subscription(title, "https://v.example")]))
    assert feedtool("add", "o.opml", "--contact", "me@tin.example").code == 0
    assert len(_sources(tmp_path)) == 3
    assert len(settings.load(tmp_path / "feedtool.toml").source) == 3


def test_a_list_of_feeds_is_added(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """From a file or an address: those that aren't there yet, in one go, none of them asked for."""
    feeds = [Subscription(f"Feed {n % 3}", f"https://v.example/{n}", None, "a") for n in range(5)]
    (tmp_path / "o.opml").write_bytes(write("Ours", feeds[:3]))
    first = feedtool("add", "o.opml", "--contact", "me@tin.example")
    assert (first.code, first.out) == (0, "3 added, 0 already there\nnext: feedtool run\n")
    site.give("/o", write("Ours", feeds))
    dry = feedtool("add", site.url + "/o", "--private", "--dry-run")
    assert dry.out.splitlines()[-1] == "2 to add, 3 already there"
    assert "would add feed-0-2: https://v.example/3" in dry.out
    *added, total = feedtool("add", site.url + "/o", "--private", "--json").json
    assert [one["added"] for one in added] == ["feed-0-2", "feed-1-2"]
    assert total == {"input": site.url + "/o", "sources": 2, "already": 3}
    assert [source["name"] for source in _sources(tmp_path)] == [
        *("valley", "feed-0", "feed-1", "feed-2", "feed-0-2", "feed-1-2")
    ]
    assert not any(source.get("allow_private") for source in _sources(tmp_path))
    assert feedtool("add", "o.opml").out == "0 added, 3 already there\n"
    assert feedtool("add", "o.opml", "--name", "x").code == 2
    assert {request["path"] for request in site.requests} <= {"/o", "/robots.txt"}
    given = opml.outlines(feedtool("status", "--opml").out.encode(), "status")
    assert [one.xml_url for one in given] == [one.xml_url for one in feeds]
    assert feedtool("status", "--opml", "--json").code == 2


def test_a_list_of_nothing_is_told(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """OPML without a feed adds nothing."""
    (tmp_path / "o.opml").write_bytes(write("Ours", []))
    run = feedtool("add", "o.opml")
    assert (run.code, run.out) == (1, "")
    assert "lists no feed" in run.err


def test_the_file_keeps_its_place_and_its_permissions(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """A configuration that is a link stays one, and what only its owner may read stays so."""
    real = tmp_path / "real.toml"
    (tmp_path / "feedtool.toml").rename(real)
    (tmp_path / "feedtool.toml").symlink_to(real)
    real.chmod(0o600)
    (tmp_path / "a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    assert feedtool("add", "a.txt").code == 0
    assert (tmp_path / "feedtool.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert _sources(tmp_path)[-1] == {"name": "a", "url": "a.txt"}


def test_a_change_of_the_file_meanwhile_is_not_lost(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """Who edits the file while a site is looked at keeps what they wrote."""

    def edit(handler: BaseHTTPRequestHandler) -> None:
        (tmp_path / "feedtool.toml").write_bytes(COMMENTED.encode() + b"\r\n# mine")
        _not_there(handler)

    site.give("/", _DECLARED)
    site.answers["/news.xml"] = edit
    site.give("/feed", _feed(site))
    run = feedtool("add", site.url + "/", "--private")
    assert run.code == 78
    assert "was changed meanwhile" in run.err
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode() + b"\r\n# mine"


def test_a_file_that_cannot_be_written_is_told(
    feedtool: Feedtool, site: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 74, and the file is as it was."""

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("feedtool.files.rewrite", full)
    (tmp_path / "a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    run = feedtool("add", "a.txt")
    assert (run.code, "No space left" in run.err) == (74, True)
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode()


def test_a_source_that_no_feed_has_is_told(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """Where each feed is made of named sources, the owner must name it there."""
    written = COMMENTED.replace('content = "full"', 'sources = ["valley"]')
    (tmp_path / "feedtool.toml").write_bytes(written.encode())
    (tmp_path / "~a.txt").write_text(article("Nước sạch về bản Pá Lương"), "utf-8")
    run = feedtool("add", "~a.txt")
    assert run.code == 0
    assert "no [[feed]] is made of it" in run.err
    assert _sources(tmp_path)[-1]["url"] == "./~a.txt"


def test_the_preview_is_short(feedtool: Feedtool, site: Server, tmp_path: Path) -> None:
    """Five entries, five problems, and what else the site offers."""
    (tmp_path / "many").mkdir()
    for n in range(8):
        (tmp_path / f"many/a{n}.txt").write_text(article(f"Nước về bản số {n}"), "utf-8")
        (tmp_path / f"many/b{n}.txt").write_bytes(b"\0" * 100)
    run = feedtool("add", "many", "--dry-run")
    assert (run.code, run.out.count("  title ")) == (0, 5)
    assert "many: 8 articles" in run.out
    assert run.err.count("is binary") == 5
    assert "and 3 more that can't be read" in run.err
    other = '<link rel="alternate" type="application/rss+xml" title="Sport" href="/tag/a/feed">'
    site.give("/", _DECLARED.replace(b"</head>", f"{other}</head>".encode()))
    site.give("/news.xml", _feed(site))
    run = feedtool("add", site.url + "/", "--private", "--dry-run")
    assert f"also there: {site.url}/tag/a/feed  Sport" in run.out


def test_discovery_is_bounded_whatever_a_site_does(
    feedtool: Feedtool, site: Server, tmp_path: Path
) -> None:
    """Redirects in a circle, pages that declare ever more feeds: at most a dozen documents."""

    def loop(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", handler.path + "0")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    class Endless(_Answers):
        def __missing__(self, path: str) -> object:
            return loop

    site.answers = Endless()
    assert feedtool("add", site.url + "/", "--private").code == 1
    assert len(site.requests) <= 2 * REDIRECTS
    site.requests.clear()
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{n}/feed.xml">' for n in range(90)
    )
    site.give("/", _page(links))
    run = feedtool("add", site.url + "/", "--private")
    assert (run.code, run.out) == (1, "")
    assert len(site.requests) <= REQUESTS * REDIRECTS + 1
    assert (tmp_path / "feedtool.toml").read_bytes() == COMMENTED.encode()


@pytest.mark.parametrize(
    ("title", "url", "name"),
    [
        ("Tin Bắc Sơn", "https://v.example/", "tin-bac-son"),
        ("24h", "https://v.example/", "source-24h"),
        ("a " * 50, "https://v.example/", "-".join("a" * 20)),
        ("a" * 90, "https://v.example/", "a" * 40),
        (None, "https://www.v.example/", "v-example"),
        ("…", "https://v.example/", "v-example"),
        ("", "/srv/inbox", "inbox"),
        (None, "/", "source"),
        ("Taken", "https://v.example/", "taken-3"),
        ("Status", "https://v.example/", "status"),
    ],
)
def test_names_are_made_of_titles(title: str | None, url: str, name: str) -> None:
    """As the configuration wants names, none of them taken."""
    assert Names({"taken", "taken-2"}).give(title, url) == name
    assert config.is_name(name)


def test_many_of_one_title_are_named_soon() -> None:
    """The longest list that is read, all of it called the same, costs two looks for each name."""
    looked: list[object] = []

    class Looked(set[str]):
        def __contains__(self, name: object) -> bool:
            looked.append(name)
            return super().__contains__(name)

    names = Names(())
    names._taken = Looked()
    given = [names.give("The Valley", "https://v.example/") for _ in range(opml.MOST)]
    assert len(set(given)) == opml.MOST
    assert opml.MOST <= len(looked) <= 2 * opml.MOST
