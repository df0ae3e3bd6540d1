"""HTML: what is kept, what is plain text, and that no document can hurt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.read import markup
from tests.conftest import bounded

BASE = "https://paper.example/a/b"


def test_references_to_what_xml_cannot_carry() -> None:
    """A character reference to a control character is left out, in text and in attributes."""
    html = "<p title='&#1;'>a&#1;b&#xfffe;<a href='https://e.example/&#2;x'>l</a>"
    assert markup.plain(html) == "abl"
    assert 'href="https://e.example/x"' in markup.sanitise(html, None)


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("", ""),
        ("<!-- x -->", ""),
        ("plain", "plain"),
        ("<p>a <b>b</b> c", "<p>a <b>b</b> c</p>"),
        ("<p class=x id=y style='color:red' onclick=z()>a</p>", "<p>a</p>"),
        ("<p>a</p><script>x()</script><style>p{}</style><iframe src=/x></iframe>", "<p>a</p>"),
        ("<form><p>a</p><input value=b><button>c</button></form>", "<p>a</p>"),
        ("<p>a<svg><script>x()</script></svg><math><mi>b</mi></math>c</p>", "<p>ac</p>"),
        ("<p><a href='/q?a=1&b=2'>x</a></p>", '<p><a href="https://paper.example/q?a=1&amp;b=2">x</a></p>'),
        ("<p><a href=c#d>x</a></p>", '<p><a href="https://paper.example/a/c#d">x</a></p>'),
        ("<p><a href='mailto:ana@paper.example'>x</a></p>",
         '<p><a href="mailto:ana@paper.example">x</a></p>'),
        ("<p><a href='javascript:x()'>x</a> <a href='data:text/html,x'>y</a> <a>z</a></p>",
         "<p>x y z</p>"),
        ("<p><a href='java\tscript:x()'>x</a> <a href='http://[x'>y</a></p>", "<p>x y</p>"),
        ("<p><img src=i.png alt=A width=4 srcset='x 2x'>a<img src='data:x'>b<img>c</p>",
         '<p><img src="https://paper.example/a/i.png" alt="A" width="4">abc</p>'),
        ("<p>a<p>b<ul><li>c<li>d</ul>", "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>"),
        ("<ul><li>a</li></ul><li>b</li>", "<ul><li>a</li></ul><div>b</div>"),
        ("<p><b>a<b>b</b></b></p>", "<p><b>ab</b></p>"),
        ("<b><div>a</div></b>", "<div>a</div>"),
        (f"<p {' '.join(f'a{n}=1' for n in range(30))} lang=da>a</p>", '<p lang="da">a</p>'),
        ("<o:p>a</o:p><p xlink:href=x>b</p>", "a<p>b</p>"),
        ("<h1><font><p>a</font></h1>", "<h1><div>a</div></h1>"),
        ("<h1><font><ul><li>a</font></h1>", "<div><ul><li>a</li></ul></div>"),
        ("<ul><font><pre>a</font></ul>", "<ul><div>a</div></ul>"),
        ("<pre>\n\na\n b</pre>", "<pre>a\n b</pre>"),
        ("<p>1 &lt; 2 &amp; 3 &nbsp;&eacute;</p>", "<p>1 &lt; 2 &amp; 3 &nbsp;é</p>"),
        ("<table><tr><td colspan=2>a</table>",
         '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>'),
    ],
)  # fmt: skip
def test_sanitise(html: str, wanted: str) -> None:
    """What may be republished is kept, with absolute addresses; all else goes."""
    assert markup.sanitise(html, BASE) == wanted


@pytest.mark.parametrize("base", [None, "/inbox/page.html"])
def test_sanitise_without_base(base: str | None) -> None:
    """Without a web address to start from, relative addresses are dropped."""
    html = "<p><a href=/x>a</a> <img src=/y> <a href=//z.example>b</a> <a href=https://z.example>c</a></p>"
    assert markup.sanitise(html, base) == '<p>a  b <a href="https://z.example">c</a></p>'


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("", ""),
        ("two\n words", "two words"),
        ("<!-- x -->", ""),
        ("Tom &amp; &eacute;", "Tom & é"),
        ("a < b", "a < b"),
        ("<p>one <b>two</b>\nthree</p><p>four</p>", "one two three\n\nfour"),
        ("a<br>b<br><br>c", "a b\n\nc"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p>a<script>x</script>b</p><style>y</style>", "ab"),
        ("<ul><li>a<li>b</ul>", "a\n\nb"),
    ],
)
def test_plain(html: str, wanted: str) -> None:
    """Text is a line for each block, with entities resolved and nothing hidden."""
    assert markup.plain(html) == wanted


def test_drop() -> None:
    """What is dropped leaves the text around it."""
    root = markup.tree("<p>a<i>b</i>c<i>d</i>e</p>")
    assert root is not None
    markup.drop(root, list(root.iter("i")))
    assert markup.text_of(root) == "ace"


def test_no_entities_and_no_files() -> None:
    """Entities of a document type are not expanded, and nothing is loaded."""
    html = (
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "zz">]><p>a&x;&y;</p>'
    )
    assert "zz" not in markup.plain(html).replace("zz", "", 1)
    assert markup.plain("<p>a&x;b</p>") == "a&x;b"


TAGS = (
    "a b i p div span ul ol li dl dt dd h1 pre blockquote table caption tr td th tbody br hr img"
    " figure figcaption center font code q em ruby rt time body html head title script style svg"
    " math form button select option object template noscript iframe textarea"
)
PIECES = st.sampled_from(
    [f"<{tag}>" for tag in TAGS.split()] + [f"</{tag}>" for tag in TAGS.split()]
    + ["x", " ", "\n", "&", "&amp;", "&lt;script&gt;", "<", '"', "'", "<!--", "-->", "<![CDATA[",
       "<a href='/q?a&b'>", "<a href=javascript:x()>", "<b onclick=x()>", "<img src=é onerror=x()>",
       '<a title="&{x}" href=//e.example>', "<img src=' jAvaScript:x()'>", "\0", "\ufdd0"]
)  # fmt: skip
DOCUMENTS = st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join)
UNSAFE = re.compile(
    r"<(?:script|style|iframe|form|svg|object)|<[^>]*\s(?:on\w+|style|class|id)="
    r"|<[^>]*\s(?:href|src)=\"(?!https?:|mailto:)"
)


@given(DOCUMENTS)
def test_sanitise_any(html: str) -> None:
    """No script, event or odd address is ever left; a second time changes nothing."""
    once = markup.sanitise(html, BASE)
    assert not UNSAFE.search(once)
    assert "\ufdd0" not in once
    assert markup.sanitise(once, BASE) == once
    assert markup.sanitise(once, None) == once


@given(DOCUMENTS)
def test_words_come_along(html: str) -> None:
    """Text and what may be republished are the same in one go as apart."""
    both = markup.sanitise_with_words(html, BASE)
    assert both == (markup.sanitise(html, BASE), markup.plain(html))


@given(DOCUMENTS)
def test_plain_any(html: str) -> None:
    """Plain text is lines without white space at their ends, one blank line between two."""
    lines = markup.plain(html).split("\n\n")
    assert lines == [""] or all(line and line == " ".join(line.split()) for line in lines)


HOSTILE = {
    "deep": "<div>" * 100_000 + "x",
    "deep phrases": "".join(f"<b id={n}>" for n in range(80_000)),
    "phrases over blocks": "<p><b><i><u><s><em><code>" + "<div>x</div>" * 70_000,
    "attribute": f"<p title='{'x' * 1_000_000}'>x</p>",
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x",
    "unclosed": "<p>x" * 250_000,
    "links": "<a href=/x>" * 80_000,
    "pictures": "<img>x" * 160_000,
    "tables": "<table><tr><td>" * 65_000,
    "comments": "<!--" * 250_000,
    "angles": "<" * 1_000_000,
    "ampersands": "&" * 1_000_000,
    "end tags": "<b>" * 200 + "</i>" * 240_000,
    "deep ends": "<b>" * 130_000 + "</i>" * 150_000,
    "scripts": "<script>" * 120_000,
    "name": "<" + "a" * 1_000_000 + ">x",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile(html: str) -> None:
    """A megabyte of anything is read and sanitised in bounded time, never too deep."""
    with bounded():
        markup.plain(html)
        markup.sanitise(html, BASE)
    root = markup.tree(html)
    assert root is None or all(len(list(node.iterancestors())) < 255 for node in root.iter())
