"""Whether an Atom document is one: what the schema refuses never passes, what we make always does."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedtool import text
from feedtool.archive.folder import FolderArchive
from feedtool.errors import EntryError
from feedtool.model import Enclosure, Entry, Person
from feedtool.publish import atom, grammar
from feedtool.publish.checks import entry_faults, feed_faults
from feedtool.publish.document import Document, Item, Origin, Tombstone
from feedtool.publish.renderers import render
from feedtool.read.markup import sanitise
from tests.conftest import NOW, ROOT, SHARED, later, make_entry
from tests.mutants import ATOM, HISTORY, TOMBSTONES, mutate, mutations
from tests.published import FEED

RICH = make_entry(
    title="Chợ & <chè>",
    link="https://e.example/1",
    authors=(Person("Lò Văn Phúc", "https://e.example/phuc", "p@e.example"), Person("Trà")),
    content_text=None,
    content_html='<p>Một &amp; <a href="https://e.example/2">hai</a></p>',
    categories=("Bản", "Chợ"),
    enclosures=(Enclosure("https://e.example/a.mp3", "audio/mpeg", 7),),
    rights="CC BY",
    updated=NOW,
)
# All that may stand in a document, though we don't write all of it.
WHOLE = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="{ATOM}" xmlns:fh="{HISTORY}" xmlns:at="{TOMBSTONES}" xmlns:x="urn:x" xml:lang="vi">
  <id>urn:uuid:0e5c9f1e-0000-4000-8000-000000000001</id>
  <title type="text">Tin bản Pá Lương</title>
  <subtitle>Của bà con</subtitle>
  <updated>2022-05-04T03:02:01Z</updated>
  <author><name>Toà soạn</name><uri>https://tin.example/</uri><email>a@tin.example</email></author>
  <contributor><name>Trà</name></contributor>
  <category term="Bản" scheme="https://tin.example/bản" label="Bản"/>
  <generator uri="https://tool.example/" version="1">feedtool</generator>
  <icon>https://tin.example/i.png</icon>
  <logo>https://tin.example/l.png</logo>
  <rights>CC BY</rights>
  <link rel="self" type="application/atom+xml" href="https://tin.example/0001.atom"/>
  <link rel="alternate" type="text/html" hreflang="vi" title="Tin" href="https://tin.example/"/>
  <link rel="current" href="https://tin.example/all.atom"/>
  <link rel="prev-archive" href="https://tin.example/0000.atom"/>
  <link rel="next-archive" href="https://tin.example/0002.atom"/>
  <link rel="hub" href="https://hub.example/"/>
  <fh:archive/>
  <at:deleted-entry ref="tag:tin.example,2022:gone" when="2022-05-04T03:02:01Z"/>
  <x:note a="1">một <x:b>hai</x:b></x:note>
  <entry xml:lang="en">
    <id>tag:tin.example,2022:1</id>
    <title>One</title>
    <link rel="alternate" type="text/html" href="https://tin.example/1"/>
    <link rel="enclosure" type="audio/mpeg" length="7" href="https://tin.example/a.mp3"/>
    <published>2022-02-28T23:59:59Z</published>
    <updated>2024-02-29T00:00:00.5Z</updated>
    <author><name>Lò Văn Phúc</name></author>
    <contributor><name>Trà</name></contributor>
    <category term="Chợ"/>
    <summary>Một.</summary>
    <rights>CC BY</rights>
    <content type="html">&lt;p&gt;Một&lt;/p&gt;</content>
    <source><id>urn:x:s</id><title>Valley</title><updated>2022-05-04T03:02:01Z</updated>
      <author><name>Trà</name></author><link rel="self" href="https://valley.example/feed"/></source>
    <x:note/>
  </entry>
  <entry>
    <id>tag:tin.example,2022:2</id>
    <title>Hai</title>
    <link rel="alternate" href="https://tin.example/2"/>
    <updated>2022-05-04T03:02:01Z</updated>
    <author><name>Lò Văn Phúc</name></author>
  </entry>
</feed>
""".encode()
OURS = render(FEED, [RICH, make_entry(id="tag:e.example,2022:2")], full=True)


SCHEMA = SHARED / "schemas" / "atom.rng"


@cache
def _schema() -> etree.RelaxNG:
    if not SCHEMA.is_file():
        pytest.skip(f"the schema of RFC 4287 is not at {SCHEMA}")
    return etree.RelaxNG(etree.parse(SCHEMA))


# What Schematron asserts within the schema, which no RELAX NG processor looks at.
_ASSERTED = (
    "/a:feed[not(a:author)][a:entry[not(a:author)]]",
    "//a:entry[not(a:link[@rel='alternate'] or a:link[not(@rel)] or a:content)]",
    "//a:entry[not(a:author or ../a:author or a:source/a:author)]",
)


def _refused(document: bytes) -> bool:
    """True where the schema has something against it, or it is no XML."""
    try:
        root = etree.fromstring(document)
    except etree.XMLSyntaxError:
        return True
    if not _schema().validate(root):
        return True
    return any(root.xpath(one, namespaces={"a": ATOM}) for one in _ASSERTED)


def _passes(document: bytes) -> bool:
    """True where the schema, if it is there, has nothing against it."""
    return not SCHEMA.is_file() or not _refused(document)


@pytest.mark.parametrize("document", [WHOLE, OURS], ids=["whole", "ours"])
def test_what_the_schema_refuses_is_refused(document: bytes) -> None:
    """Of all documents with one thing changed, none passes that the schema of RFC 4287 refuses."""
    root = etree.fromstring(document)
    refused = laxer = 0
    for mutation in mutations(root):
        mutant = deepcopy(root)
        mutate(mutant, mutation)
        written = etree.tostring(mutant, encoding="utf-8", xml_declaration=True)
        if _refused(written):
            refused += 1
            assert feed_faults(written), mutation
        else:
            laxer += not feed_faults(written)
    assert refused > 1000
    assert laxer > 100  # it isn't that everything is refused


def test_an_entry_that_the_schema_refuses_is_refused() -> None:
    """Of all entries with one thing changed, alone as they are before they are joined into a
    document, none passes that would make it invalid."""
    start, end = WHOLE.index(b"<entry"), WHOLE.index(b"</entry>") + len(b"</entry>")
    head = WHOLE[:start]
    whole = b'<feed xmlns="%s" xmlns:x="urn:x">%s</feed>' % (ATOM.encode(), WHOLE[start:end])
    root = etree.fromstring(whole)
    refused = 0
    for mutation in mutations(root):
        if not mutation[0] or mutation[1] == "out":
            continue
        mutant = deepcopy(root)
        mutate(mutant, mutation)
        # The declarations on the root come along; Atom's is there in a feed, the other one isn't.
        written = b"\n".join(etree.tostring(one, encoding="utf-8") for one in mutant)
        if _refused(head + written + b"</feed>"):
            refused += 1
            assert entry_faults(written), mutation
    assert refused > 500
    assert entry_faults(etree.tostring(root[0], encoding="utf-8")) == []


@settings(derandomize=True)
@given(st.sampled_from([WHOLE, OURS]), st.lists(st.integers(0, 10**6), min_size=2, max_size=5))
def test_several_changes_are_refused_too(document: bytes, choices: list[int]) -> None:
    """Whatever is changed after whatever else, nothing passes that the schema refuses."""
    root = etree.fromstring(document)
    for choice in choices:
        found = mutations(root)
        mutate(root, found[choice % len(found)])
    written = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    assert feed_faults(written) or not _refused(written)


@settings(derandomize=True)
@given(
    st.sampled_from([WHOLE, OURS]), st.integers(0, 10**6), st.integers(0, 60), st.binary(max_size=4)
)
def test_damaged_bytes_are_refused(document: bytes, place: int, length: int, other: bytes) -> None:
    """Cut or overwritten anywhere, no document passes that is no XML or that the schema refuses."""
    place %= len(document)
    damaged = document[:place] + other + document[place + length :]
    assert feed_faults(damaged) or not _refused(damaged)


def test_a_whole_document_is_valid() -> None:
    """Nothing is said against a document with all that may stand in one; nor does the schema."""
    assert feed_faults(WHOLE) == []
    assert _passes(WHOLE)


_words = st.text(max_size=40)
_urls = st.builds(lambda host, path: f"https://{host}/{path}", _words, _words).filter(text.web_url)


@st.composite
def _entries(draw: st.DrawFn) -> Entry:
    """Entries with whatever the model lets in."""
    person = st.builds(Person, _words.filter(text.line), st.none() | _urls)
    enclosure = st.builds(
        Enclosure, _urls, st.sampled_from([None, "audio/mpeg"]), st.none() | st.integers(0, 10**12)
    )
    html = draw(_words)
    fields: dict[str, Any] = {
        "id": "urn:x:" + draw(_words),
        "title": draw(_words),
        "link": draw(st.none() | _urls),
        "authors": draw(st.lists(person, max_size=3)),
        "summary": draw(st.none() | _words),
        "categories": draw(st.lists(_words, max_size=3)),
        "enclosures": draw(st.lists(enclosure, max_size=2)),
        "rights": draw(st.none() | _words),
        "updated": draw(st.none() | st.datetimes(timezones=st.timezones())),
        "language": draw(st.sampled_from([None, "vi", "sr-Latn-RS"])),
    }
    as_html = {"content_html": sanitise(html, None) or None, "content_text": None}
    try:
        return make_entry(**fields, **(as_html if draw(st.booleans()) else {"content_text": html}))
    except EntryError:
        return make_entry()


@settings(derandomize=True)
@given(_entries(), st.booleans())
def test_no_document_of_ours_is_refused(entry: Entry, full: bool) -> None:
    """Whatever an entry holds, its fragment and its document are valid."""
    origin = Origin("urn:x:s", entry.title, FEED.link)
    assert entry_faults(atom.entry(Item(entry=entry, origin=origin), FEED, full)) == []
    document = render(FEED, [entry], full=full)
    assert feed_faults(document) == []
    assert _passes(document)


def test_documents_of_a_history_are_valid() -> None:
    """Open, closed, or complete, with tombstones and a hub."""
    links = {"previous": "https://tin.example/1", "following": "https://tin.example/3"}
    buried = (Tombstone("tag:tin.example,2022:gone", NOW),)
    for more in (
        {"archived": True, "current": FEED.self_link, **links},
        {"complete": True, "hub": "https://hub.example/?a=1&b=2", "tombstones": buried},
        {"previous": "https://tin.example/1"},
    ):
        document = Document(feed=FEED, self_link=FEED.self_link, updated=NOW, **more)  # type: ignore[arg-type]
        written = atom.head(document) + atom.tail(document)
        assert feed_faults(written) == []
        assert _passes(written)


def test_the_sample_archive_is_valid() -> None:
    """Every entry of the archive that comes with the project can be published in full."""
    with FolderArchive(ROOT / "archive") as archive:
        versions = list(archive.newest())
    assert versions
    for version in versions:
        assert entry_faults(atom.entry(Item(entry=version.entry), FEED, True)) == []


@settings(derandomize=True)
@given(st.sampled_from(["https://", "HTTP://"]), _words)
@example("https://", "e.example/a b")
@example("https://", "u:p@[::1]:80/\u2003x")
@example("https://", "a@b@e.example")
def test_addresses_that_the_model_takes_are_taken(scheme: str, words: str) -> None:
    """What is an address to the model is one here too."""
    known = text.web_url(scheme + words)
    if known is not None:
        assert feed_faults(OURS.replace(b"https://e.example/1", _escaped(known))) == []


def _escaped(words: str) -> bytes:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode()


@settings(derandomize=True)
@given(st.text(alphabet="<>ahrefsc =/'\":&;plt", max_size=80), _words)
def test_what_may_be_republished_is_good_content(html: str, words: str) -> None:
    """HTML as it is archived is never refused."""
    for base in (None, "https://e.example/"):
        made = (
            f'{html}<a title="{words}" href="{words}">{words}</a><img src="{words}" alt="{html}">'
        )
        assert grammar.foul(sanitise(made, base)) is None


@pytest.mark.parametrize(
    "html",
    [
        "<p>a</p>",
        "&lt;a href=/x&gt; and href=/x",
        '<a title="<a href=/x>" href="https://e.example/">x</a>',
        "<a title='src=/x' href='http://e.example/'>x</a>",
        '<a HREF=https://e.example/ data-src="/x">x</a>',
        '<a href="mailto:a@e.example">x</a>',
        "a < b, c <d",
        '<img alt="onclick=" src="https://e.example/a.png"/>',
        "<formula onx>",
    ],
)
def test_good_content_is_good(html: str) -> None:
    """What only looks like a relative address or a script, in words or in quotes, is none."""
    assert grammar.foul(html) is None


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('x<a href="/x">', '<a href="/x"'),
        ("<a href=x>", "<a href=x"),
        ("<A\nTITLE='>'\tHref = '#x'>", "<a\ntitle='>'\thref = '#x'"),
        ('<img alt="a > b" src="//e.example/a.png">', '<img alt="a > b" src="//e.example/a.png"'),
        ('<img src="data:image/png;base64,">', '<img src="data:image/png;base64,"'),
        ('<a href="javascript:x()">', '<a href="javascript:x()"'),
        ('<a href="https:x">', '<a href="https:x"'),
        (
            '<img src="https://e.example/" srcset="a.png 2x">',
            '<img src="https://e.example/" srcset="a.png',
        ),
        ("<img/src=x>", "<img/src=x"),
        ("<p onclick=x()>", "<p onclick=x()"),
        ('<p style="color:red">', '<p style="color:red"'),
        ("<script>x()</script>", "<script>"),
        ("<iframe src='https://e.example/'>", "<iframe "),
    ],
)
def test_foul_content_is_found(html: str, shown: str) -> None:
    """A relative address, or what runs, is found in any tag, and shown."""
    assert grammar.foul(html) == shown


def test_long_content_takes_linear_time() -> None:
    """Tags and quotes without an end are looked at once."""
    for piece in ("<a ", "<a x='", '<a x="', "<a b c", "<a x=' y=\" ", "< ", "<a/"):
        assert grammar.foul(piece * 50_000) is None


FRAGMENT = atom.entry(Item(entry=RICH), FEED, True).decode()
_NO_TIME = "which is no time in UTC as RFC 3339 writes it, with Z (RFC 4287 § 4.2.15)"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<updated>", "<updated>2022-05-04T03:02:01Z</updated><updated>", "entry has two updated elements (RFC 4287 § 4.1.2)"),
        ("<updated>2022-05-04T03:02:01Z</updated>", "", "entry has no updated (RFC 4287 § 4.1.2)"),
        ("2022-05-04T03:02:01Z<", "2022-05-04T03:02:01+00:00<", f"updated is '2022-05-04T03:02:01+00:00', {_NO_TIME}"),
        ("2022-05-04T03:02:01Z<", "2022-02-29T03:02:01Z<", f"updated is '2022-02-29T03:02:01Z', {_NO_TIME}"),
        ("<title>", '<title type="html">', "title has type 'html', which is not text (RFC 4287 § 4.2.14)"),
        ("<title>", "<title> </title><title>", "title is '', which is empty (RFC 4287 § 4.2.14)"),
        (RICH.id, "1", "id is '1', which is no absolute IRI (RFC 4287 § 4.2.6)"),
        (' rel="alternate"', "", "link has no attribute rel (RFC 4287 § 4.2.7)"),
        (' rel="alternate"', ' rel="via"', "entry has its alternate link not first (RFC 4287 § 4.1.2)"),
        (' rel="alternate"', ' rel="enclosure"', "entry has no alternate link (RFC 4287 § 4.1.2)"),
        ("https://e.example/1", "/1", "link has href '/1', which is no absolute http(s) address (RFC 4287 § 4.2.7)"),
        ("<link ", '<link rel="alternate" type="text/html" href="https://e.example/"/><link ', "entry has two alternate links of the same type and language (RFC 4287 § 4.1.2)"),
        ('type="html"', 'type="xhtml"', "content has type 'xhtml', which is not html (RFC 4287 § 4.1.3)"),
        ("https://e.example/2", "2", "content has '<a href=\"2\"', which runs something, or has a relative address (RFC 4287 § 4.1.3)"),
        ("<rights>", '<rights xml:base="https://e.example/">', "rights can't have an attribute xml:base (RFC 4287 § 4.2.10)"),
        ("<rights>", "x<rights>", "entry has words between elements: 'x' (RFC 4287 § 4.1.2)"),
        ("<rights>", "<subtitle/><rights>", "entry can't have an element subtitle (RFC 4287 § 4.1.2)"),
        ("<rights>", '<x xmlns=""/><rights>', "entry can't have an element x (RFC 4287 § 4.1.2)"),
        ("<rights>", '<y:a xmlns:y="urn:y"><title/></y:a><rights>', "title stands where it means nothing (RFC 4287 § 6.4)"),
        ("<rights>", '<y:a xmlns:y="urn:y" xml:base="x"/><rights>', "{urn:y}a can't have an attribute xml:base (RFC 4287 § 2)"),
        ("<rights>", "<y:a/><rights>", "document is no well-formed XML: unbound prefix"),
        ("</entry>", "</entry><entry/>", "fragment has two entry elements (RFC 4287 § 4.1.2)"),
        ("</entry>", "", "document is no well-formed XML: mismatched tag"),
    ],
)  # fmt: skip
def test_a_fault_of_an_entry_is_told(old: str, new: str, fault: str) -> None:
    """Each names the element, what is wrong with it, and where the RFC says so."""
    assert entry_faults(FRAGMENT.encode()) == []
    assert old in FRAGMENT
    assert fault in entry_faults(FRAGMENT.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("tag:tin.example,2022:2", "tag:tin.example,2022:1", "feed has two entries with id 'tag:tin.example,2022:1' in line 46 (RFC 4287 § 4.1.1)"),
        ("tag:tin.example,2022:2", "tag:tin.example,2022:gone", "feed has an entry, and says that it was deleted: 'tag:tin.example,2022:gone' in line 47 (RFC 6721 § 3)"),
        ("<at:", '<at:deleted-entry ref="tag:tin.example,2022:gone" when="2022-05-04T03:02:01Z"/><at:', "feed has two at:deleted-entry elements with the same ref and when in line 47 (RFC 6721 § 3)"),
        ('when="2022', 'when="20', "at:deleted-entry has when '20-05-04T03:02:01Z', which is no time in UTC as RFC 3339 writes it, with Z in line 21 (RFC 6721 § 3)"),
        ("fh:archive", "fh:complete", "feed is complete, and has archive documents in line 47 (RFC 5005 § 2)"),
        ("fh:archive", "fh:archived", "feed can't have an element fh:archived in line 20 (RFC 4287 § 4.1.1)"),
        ('rel="current"', 'rel="last"', "feed is an archive document without a current link in line 47 (RFC 5005 § 4)"),
        ('rel="current"', 'rel="self"', "feed has two self links in line 47 (RFC 4287 § 4.1.1)"),
        ("</feed>", "<title/></feed>", "feed has title after an entry in line 47 (RFC 4287 § 4.1.1)"),
        ("</feed>", "<x:a/></feed>", "feed has {urn:x}a after an entry in line 47 (RFC 4287 § 4.1.1)"),
        ('encoding="utf-8"', 'encoding="utf-16"', "document is in 'utf-16', not in UTF-8 in line 1 (RFC 4287 § 2)"),
        ('version="1.0"', 'version="1.1"', "document is XML '1.1', not 1.0 in line 1 (RFC 4287 § 2)"),
        ("<feed", "<!DOCTYPE feed [<!ENTITY a 'a'>]><feed", "document has a DTD in line 2 (RFC 4287 § 2)"),
        ("<x:b>", "<x:b>" + "<x:b>" * 40, "{urn:x}b stands too deep in line 22 (RFC 4287 § 6.4)"),
        ("</feed>", "", "document is no well-formed XML: no element found in line 48"),
    ],
)  # fmt: skip
def test_a_fault_of_a_document_is_told(old: str, new: str, fault: str) -> None:
    """Each names the element, what is wrong with it, its line, and where the RFC says so."""
    written = WHOLE.decode()
    assert old in written
    assert fault in feed_faults(written.replace(old, new, 1).encode())


def test_two_versions_of_an_entry_are_refused() -> None:
    """In one document an id stands once; the RFC itself forbids it where the time is the same."""
    other = make_entry(updated=later(days=1))
    [same, _] = feed_faults(render(FEED, [RICH, RICH, other]))
    assert same.startswith(
        "feed has two entries with id 'tag:example.org,2022-01-01:one' and the same"
    )


def test_an_entry_may_come_back() -> None:
    """A tombstone of before the last change of an entry says nothing against it."""
    written = WHOLE.replace(b'gone" when="2022', b'1" when="2022')
    assert feed_faults(written) == []


def test_faults_have_an_end() -> None:
    """A document that is all wrong is told so in a few words."""
    assert len(feed_faults(WHOLE.replace(b"</feed>", b"<a/>" * 1000 + b"</feed>"))) == 20
    assert len(feed_faults(b"<a/>")) == 2


def test_an_encoding_need_not_be_named() -> None:
    """XML without a declaration, or with a mark in front, is UTF-8."""
    bare = WHOLE.partition(b"\n")[2]
    assert feed_faults(bare) == feed_faults(b"\xef\xbb\xbf" + bare) == []
    assert feed_faults(bare.decode().encode("utf-16")) != []
