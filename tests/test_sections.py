"""CDATA sections that are read beside expat."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.model import Source
from feedtool.read import feed, pieces, sections
from feedtool.read.finder import Node
from tests.conftest import make_capture

ANY = re.compile(rb"<!\[CDATA\[([^\]]{3,})\]\]>")
SECTION = "<![CDATA[<p>đẹp</p>]]>"
FINE = (
    SECTION, "<![CDATA[é & 1 < 2]]>", "<![CDATA[a]b đ]]>", "<![CDATA[]]>", "<![CDATA[xyz]]>", " đ ",
    "<![CDATA[ab\r\ncđ]]>", f"<!-- {SECTION} -->", f"<author>é{SECTION}</author>", "<b/>", "\n",
    f"<x>{SECTION}</x>",
)  # fmt: skip
ODD = (
    "<![CDATA[đ\x01d]]>", "<![CDATA[x\ufffeđ]]>", "<?section?>", "<?known?>", "<title>", "</title>",
    f"<?other {SECTION}?>", f"<a b='{SECTION}'/>", f"<a {SECTION}>", "]]>", f"<![CDATA[ab {SECTION}",
    "<!-- ", "-->", "é&amp;", "<a>", "</a>", "<item>", "</item>", "<guid>", "</guid>", "<item/>",
)  # fmt: skip
PARTS = FINE * 30 + ODD
BODIES = st.lists(st.sampled_from(PARTS), max_size=4).map("".join)
ITEMS = st.builds("<item><title>{}</title><guid>{}</guid><x>{}</x></item>".format, *[BODIES] * 3)
DOCUMENTS = st.builds(
    '{}<rss version="2.0"><channel><language>vi</language>{}</channel></rss>{}'.format,
    st.sampled_from(("", "", '<?xml version="1.0"?>', SECTION)),
    st.lists(st.one_of(ITEMS, ITEMS, BODIES), max_size=4).map("".join),
    st.sampled_from(("", "", SECTION, "đ")),
)


def whole(node: Node) -> object:
    """An element with its words as one."""
    name, attributes, words, children = node
    return name, attributes, "".join(words), [whole(child) for child in children]


def outlined(document: bytes, known: frozenset[str] = frozenset()) -> object:
    """All that is told of a document, None where nothing can be."""
    found = pieces.outline(document, None, known, trees=True)
    if found is None:
        return None
    trees = [(whole(node), spaces) for node, spaces in found.trees]
    heads = [(where, whole(node)) for where, node in found.head]
    return found.spans, found.digests, found.unique, found.spaces, heads, trees, found.gone


@given(DOCUMENTS, st.data())
def test_sections_make_no_difference(document: str, data: st.DataObject) -> None:
    """Whatever stands where, and whatever is known, a document gives what expat alone gives."""
    body = document.encode("utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "lift", lambda _: None)
        alone = pieces.outline(body, None)
        digests = alone.digests if alone else ()
        known = frozenset(data.draw(st.lists(st.sampled_from(digests)))) if digests else frozenset()
        expected = outlined(body), outlined(body, known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "_LONG", ANY)
        assert (outlined(body), outlined(body, known)) == expected


CONTENT = st.lists(
    st.sampled_from(
        ("<p>đẹp</p>", "\n", " ", "\n\n\n", "\xa0", "&#160;", "&quot;", "&amp;", "<br/>", "<b>x</b>",
         "\u3000", "e\u0301", "\x85", "\x7f", "Ã©", "😀", "<", ">", "<p>", "<script>a</script>",
         '<a href="/đ">x</a>', '<img src="https://x.example/a.jpg" alt="ơ"/>'),
    ),
    min_size=1,
    max_size=6,
).map("".join)  # fmt: skip


@given(st.lists(CONTENT, min_size=1, max_size=3))
def test_content_in_sections_is_read_as_any_other(contents: list[str]) -> None:
    """What expat doesn't see gives the same entries as what it does."""
    items = "".join(
        f"<item><title>n {number}</title><guid>urn:x:{number}</guid>"
        f"<c:encoded><![CDATA[{said}]]></c:encoded></item>"
        for number, said in enumerate(contents)
    )
    space = "http://purl.org/rss/1.0/modules/content/"
    body = f'<rss version="2.0" xmlns:c="{space}"><channel>{items}</channel></rss>'.encode()
    capture = make_capture(body)
    source = Source(name="valley", url=capture.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "lift", lambda _: None)
        expected = feed.read(capture, source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "_LONG", ANY)
        assert feed.read(capture, source) == expected


def test_long_sections_are_lifted() -> None:
    """A section of some length with letters beyond ASCII is read beside expat."""
    long = "<![CDATA[" + "đẹp " * 100 + "]]>"
    lifted = sections.lift(f"<a>{SECTION}<b>{long}</b>{long}</a>".encode())
    assert lifted is not None
    assert lifted.document == f"<a>{SECTION}<b><?section?></b><?section?></a>".encode()
    assert lifted.words == ("đẹp " * 100,) * 2
    assert sections.lift(("<![CDATA[" + "dep " * 100 + "]]>").encode()) is None
