"""HTML that needs no tree, against the sanitiser with one."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool import text
from feedtool.read import markup, simple

BASE = "https://valley.example/a/b"
TEXTS = (
    "x", " ", "\n", "\t", "  z  ", "é &amp; &lt;", "&nbsp;", "\xa0", "&#8217;", "&#60;", "<", '"',
    "&quot;", "&#38;amp;", "&#x2026;", "&eacute;", "&bogus;", "&", "\u200b", "<!-- -->", "<br>",
    "<br/>", "<br/ >", "<hr />", "<p >p</p>", "a\n\n\nb", "\u0301",
    '<img src="https://x.example/a.jpg" class="b" alt="c &amp; d"/>',
    '<img src="i.png" alt="q &quot; z" title="t" width="5">', '<img alt="x" src="/a b.png" />',
)  # fmt: skip
TAGS = (
    "a", "abbr", "b", "cite", "code", "em", "strong", "sub", "u", "mark", "time", "span", "font",
    "big", "article", "header", "section", "p", "h1", "h2", "h3", "blockquote", "div", "figure",
    "figcaption", "ol", "ul", "li", "dl", "dt", "dd", "pre", "table", 'p class="x"', 'p dir="rtl"',
    'span lang="vi" title="x"', 'abbr title="y"', 'ol start="3"', 'time datetime="2020"',
    'a href="https://x.example/?a=1&amp;b=2"', 'a href="/x"', 'a title="z" href="../x?a=1&amp;b"',
    'a href="#x"', 'a href=""', 'a href="http://[x"', 'a href="//y.example/"', 'a href="x y"',
    'a href="mailto:ana@x.example"', 'a href="?q&lt;"', 'a class="c" href="https://x.example" id="i"',
)  # fmt: skip
HTML = st.recursive(
    st.sampled_from(TEXTS),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(TAGS),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)

ATTRIBUTES = (
    'alt="b"', 'alt=""', 'alt=" src="', 'alt="x &amp; y"', "alt=\"a\n' height=\"", 'title="t"',
    'height="5"', 'width="64"', 'width="5px"', 'src="https://x.example/a.jpg?b=1&amp;c=2"',
    'src="/a.jpg"', 'src="https://y.example"', 'class="c"', 'href="https://x.example/"',
    'href="https://x.example/z?a#b"', 'rel="src=" target="_blank"', 'dir="rtl"',
)  # fmt: skip


def is_as_the_tree_says(html: str) -> bool:
    """True where `html` is simple, and is then what the tree gives; so are its words."""
    kept = simple.sanitise(html, BASE)
    if kept is None:
        return False
    assert kept == text.block(markup.sanitise(html, BASE))
    assert text.line(simple.words(kept)) == text.line(markup.plain(html))
    return True


@given(st.one_of(HTML, st.lists(HTML, max_size=4).map("".join)))
def test_simple_html_is_what_the_sanitiser_leaves(html: str) -> None:
    """What is taken for simple is what the sanitiser would give, and so are its words."""
    is_as_the_tree_says(html)


@given(
    st.sampled_from(("img", "a", "p")),
    st.lists(st.sampled_from(ATTRIBUTES), max_size=5),
    st.sampled_from(("", " ", "/", " /")),
)
def test_attributes_in_any_order(name: str, attributes: list[str], end: str) -> None:
    """Whatever attributes a link or a picture has, and how often, they stay as the tree has them,
    also when such a tag has been read before."""
    tag = f"<{' '.join((name, *attributes))}{end}>"
    html = f"<div>a{tag}b</div>" if name == "img" else f"<div>{tag}b</{name}></div>"
    assert is_as_the_tree_says(html) == is_as_the_tree_says(html + html.replace("b<", "c<"))


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain",
        "a<br>b <b>c</b>",
        "<p>a</p>b",
        "a<p>b</p>",
        '<p class="x">a <b>b</b></p>\n<ul><li>c</li></ul>',
        '<p><img src="https://x.example/a.jpg" width="5" style="x"/></p>',
        '<figure><img src="/a.jpg"/><figcaption>a <i>b</i></figcaption></figure><p>c</p>',
        '<div id="x"><div><h2><span style="y">a</span></h2>b</div><hr/></div>',
        "<section><p>a</p></section><section><p>b</p></section>",
        "<ul><li>a<ul><li>b</li></ul></li></ul>",
        "<dl><dt>a</dt><dd><p>b</p></dd></dl>",
        '<p dir="rtl">a <a title="t" href="/x?a=1&amp;b">b</a></p>',
        '<p>&eacute;&#8217;&#x201c;&quot;&#038;</p><p title="&quot;">a</p>',
        "<blockquote>a<p>b</p></blockquote>",
        "<p>\u200b</p>",
    ],
)
def test_what_is_simple_html(html: str) -> None:
    """Well nested, in plain letters, with addresses that surely are some."""
    assert is_as_the_tree_says(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>a",
        "<p>a > b</p>",
        "a > b<br>",
        "<b<i>a>b</i></b>",
        "a>p<b>/p<",
        "a</>b",
        "<p></></p>",
        "<p><p>a</p></p>",
        "<p><div>a</div></p>",
        "<b><p>a</p></b>",
        "<b><i><b>a</b></i></b>",
        "<h1><p>a</p></h1>",
        "<ul><li></li> <li>a</li></ul>",
        "<ul>a<li>b</li></ul>",
        "<section>a</section>",
        "a<section></section>b",
        '<p><img width="5"></p>',
        "<p><a>x</a></p>",
        '<p><a href="">x</a></p>',
        '<p><a href="https://x.example/" href="x">y</a></p>',
        '<p><a href="https://x.example/" class="x"/>y</p>',
        '<p><a href="https://x.example/" title="&amp;">y</a></p>',
        '<p><a href="javascript:x()">y</a></p>',
        '<p><a href="x&lt;y">y</a></p>',
        "<p><a href='/x'>y</a></p>",
        '<p class="a">b</p class="c">',
        '<p class="a" b>c</p>',
        "<table><tr><td>x</td></tr></table>",
        "<script>x</script>",
        "<p>&bogus;</p>",
        "<p>&#1;</p>",
        "<p>a & b</p>",
        "<p>e\u0301</p>",
        "<p>\x01</p>",
        "<P>x</P>",
        "<div>" * 61 + "</div>" * 61,
        "<br>" * 20_000,
        "x" * (1 << 20) + "x",
    ],
)
def test_what_is_not_simple_html(html: str) -> None:
    """What parsers mend, or might read in another way, is left to the sanitiser with a tree."""
    assert simple.sanitise(html, BASE) is None


def test_without_a_base_relative_addresses_are_not_simple() -> None:
    """Where nothing says what an address is relative to, the link goes, which the tree does."""
    assert simple.sanitise('<a href="/x">y</a>', None) is None
    assert simple.sanitise('<a href="https://x.example/">y</a>', None) is not None


def test_places_are_forgotten_in_time() -> None:
    """However many ways there are to nest elements, few are remembered, and each is read."""
    for names in permutations(("b", "cite", "em", "i", "mark", "s", "u"), 5):
        html = "".join(f"<{name}>" for name in names) + "".join(f"</{n}>" for n in names[::-1])
        assert simple.sanitise(f"<p>{html}</p>", None) == f"<p>{html}</p>"
        assert len(simple._PLACES) <= simple._MOST_PLACES + 1
