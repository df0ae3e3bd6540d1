"""The text of a page's article: what is cut away, what stays, pictures and what goes with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feedtool.model import Capture, Entry, Source
from feedtool.read import body, figures, markup, page, prune

URL = "https://paper.example/a/b"
FIRST = "<p>The two mills above the weir burnt down in the night to Monday, says the mayor.</p>"
LAST = "<p>The road to Nordby stays closed until the walls have been propped, he says.</p>"


def read(inside: str, top: str = "") -> Entry:
    html = (
        f"<html><head><title>Two mills burn</title>{top}</head>"
        f"<body><article><h1>Two mills burn</h1>{inside}</article></body></html>"
    )
    capture = Capture(
        source="web",
        url=URL,
        place="a/b",
        body=html.encode(),
        captured=datetime(2025, 1, 2, tzinfo=UTC),
    )
    return page.read(capture, Source(name="web", url="https://paper.example/")).entries[0]


def lines(inside: str) -> list[str]:
    return markup.plain(read(inside).content_html or "").split("\n\n")


FRAME = lines(FIRST + LAST)


@pytest.mark.parametrize(
    "between",
    [
        "<p>Read more: <a href=/n/1>Three wells run dry</a></p>",
        "<p><strong>ALSO READ: <a href=/n/1>Three wells run dry</a></strong></p>",
        "<ul><li><a href=/n/1>Three wells run dry</a><li><a href=/n/2>Bo Lind leaves</a></ul>",
        "<div><a href=/n/1><h3>Three wells run dry</h3></a></div>",
        "<div><a href='https://www.paper.example/n/1'><b>Three</b> wells run dry</a></div>",
        "<h3>Related stories</h3><p><a href=/n/1>Three wells</a> and more</p>",
        "<h3>More on mills</h3><ul><li><a href=/n/1>Three wells</a></ul><h3>On it goes</h3>",
        "<p>Mehr zum Thema</p>",
        "<p>Advertisement</p><p><a href=https://shop.example/>Save now</a></p>",
        "<p>広告</p><div><a href=https://shop.example/><img src=/a.png></a></div>",
        "<div>Veja também: <a href=/n/1>Três poços</a></div>",
        "<p>Sign up for our free newsletter and read all about mills each week.</p>",
        "<p><a href='javascript:print()'>Print this page</a></p>",
        "<p><a href='#'>To the top of it all</a></p>",
        "<div class=d-none><p>This text is hidden from all who read the page.</p></div>",
    ],
)
def test_leads_away(between: str) -> None:
    """What leads to other articles of the site, or asks for something, is left out."""
    assert [line for line in lines(FIRST + between + LAST) if line != "On it goes"] == FRAME


@pytest.mark.parametrize(
    "between",
    [
        "<p>He had <a href=/n/1>three wells dug</a> when the river ran dry in the summer.</p>",
        "<p><a href='https://z.example/report'>The report of the fire brigade</a></p>",
        "<h2>Nothing was left</h2><p>Both.</p>",
        "<h2>Nothing was left</h2><p><img src=/i.png></p>",
        "<p>“No.”</p>",
        "<ul><li>two mills<li>one weir</ul>",
        "<pre>two mills</pre>",
        "<table><tr><td><a href=/n/1>First mill</a><td>burnt</table>",
        "<p><a href='#note'>See the note below</a></p>",
        "<p><a href='http://[x'>See the note below</a></p>",
        "<div class='d-none d-md-block'><p>This text is shown on all but small screens.</p></div>",
    ],
)
def test_stays(between: str) -> None:
    """What belongs between two paragraphs stays, with links of the author's own."""
    assert len(lines(FIRST + between + LAST)) > len(FRAME)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>LOCAL NEWS</p><p>6 May 2024</p>", ""),
        ("<p>12 comments</p><h2>Local news</h2><p>Nordby</p>", ""),
        ("", "<p>Ana Petrel</p><p>© 2024 The Paper</p>"),
        ("", "<h3>Comments</h3><p><a href=/login>Log in</a></p>"),
        ("", "<p>© 2024 The Paper. All rights reserved. No part of it may be copied at all.</p>"),
    ],
)
def test_ends(before: str, after: str) -> None:
    """Before the first paragraph and after the last, labels and odds and ends go."""
    assert lines(before + FIRST + LAST + after) == FRAME


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<h2>The fire at night</h2>", ""),
        ("<p>It burnt.</p>", ""),
        ("", "<p>It burnt.</p>"),
        ("", "<ul><li>two mills<li>one weir</ul>"),
        ("", "<blockquote>Two mills</blockquote>"),
    ],
)
def test_ends_that_stay(before: str, after: str) -> None:
    """The first heading, short sentences and lists stay at the ends."""
    assert len(lines(before + FIRST + LAST + after)) > len(FRAME)


def test_teaser_picture() -> None:
    """The picture of a teaser goes with its title; one of the article's own stays."""
    teaser = "<div><a href=/n/1><img src=/t.png></a><h4><a href=/n/1>Three wells</a></h4></div>"
    found = read(f"{FIRST}<p><img src=/own.png></p>{teaser}{LAST}").content_html or ""
    assert "own.png" in found
    assert "t.png" not in found


def test_without_prose() -> None:
    """A text of short lines alone is left as it is: it could be a poem."""
    assert lines("<p>The mill is still</p><p>The weir runs on</p>") == [
        "The mill is still",
        "The weir runs on",
    ]


def test_stray_text() -> None:
    """Text between blocks, in no paragraph of its own, is judged like one."""
    root = markup.tree(f"<div>Tags: <a href=/t>mills</a>{FIRST}{LAST}Share<b>!</b> it now</div>")
    assert root is not None
    assert prune.prune(root, "paper.example").foot == ("Share! it now",)
    assert markup.text_of(root).split("\n\n") == FRAME


def test_posts() -> None:
    """Articles within the header of another are no header."""
    post = f"<article><header>Ana<article>{FIRST}{LAST}</article></header></article>"
    found = lines(f"<div>{post * 3}</div>")
    assert [line for line in found if line != "Ana"] == FRAME * 3


def test_first_paragraph() -> None:
    """The first paragraph is a line of the text where nothing is marked as one."""
    root = markup.tree(f"<div>{FIRST.replace('p>', 'div>')}</div>")
    assert root is not None
    assert body.first_paragraph(body.find(root, "")) == FRAME[0]


@pytest.mark.parametrize(
    ("picture", "address"),
    [
        ("<img src=/a.png>", "/a.png"),
        ("<img data-src=/a.png>", "/a.png"),
        ("<img src='data:image/gif;base64,R0' data-lazy-src=/a.png>", "/a.png"),
        ("<img src=/blank.gif data-original=/a.png>", "/a.png"),
        ("<img src=/1x1.png?v=2 data-src='data:x' srcset='/s.png 300w, /a.png 900w'>", "/a.png"),
        ("<img data-srcset='/s.png, /a.png 2x'>", "/a.png"),
        ("<picture><source srcset='/a.png 1x'><img></picture>", "/a.png"),
        ("<img src=/placeholder.svg><noscript><img src=/a.png></noscript>", "/a.png"),
        ("<noscript><img src=/a.png></noscript>", "/a.png"),
        ("<img src=/a.png><noscript><img src=/b.png></noscript>", "/a.png"),
        ("<img data-src=/a.png><noscript><p>Look at <img src=/b.png></p></noscript>", "/a.png"),
        ("<img src=/a.png><noscript><p>Nothing</p></noscript>", "/a.png"),
        ("<img src=/c.gif width=1 height=1><img src=/a.png>", "/a.png"),
    ],
)
def test_lazy_pictures(picture: str, address: str) -> None:
    """A picture that loads late gets its real address, once; those that only count go."""
    found = read(f"{FIRST}<div>{picture}</div>{LAST}").content_html or ""
    assert found.count("<img") == 1
    assert f'src="https://paper.example{address}"' in found


def test_pictures_without_address() -> None:
    """A picture of which no address is known is left out."""
    empty = "<picture><source srcset=''><img src='about:blank' srcset='data:x 1x'></picture>"
    assert "<img" not in (read(FIRST + empty + LAST).content_html or "")


@pytest.mark.parametrize(
    ("inside", "captions"),
    [
        ("<figure><img src=/a><figcaption>The mills.</figcaption></figure>", ["The mills."]),
        ("<div><img src=/a><p class=wp-caption-text>The mills.</p></div>", ["The mills."]),
        ("<div><img src=/a><div class=image-caption><p class=caption>Mills.</p></div></div>",
         ["Mills."]),
        ("<div><a><img src=/a></a><div>The mills. | © Ana Petrel</div></div>",
         ["The mills. | © Ana Petrel"]),
        ("<div><img src=/a><span>The mills, before. Foto: Ana Petrel/dpa</span></div>",
         ["The mills, before. Foto: Ana Petrel/dpa"]),
        (f"<div><img src=/a></div><section>{FIRST * 3}<p class=caption>No picture</p></section>", []),
        ("<div><img src=/a><p>Two mills stood above the weir for years.</p></div>", []),
        ("<div><img src=/a>© Ana Petrel<p>Two mills stood above the weir for years.</p></div>", []),
        ("<div><img src=/a><div class=caption></div></div>", []),
    ],
)  # fmt: skip
def test_captions(inside: str, captions: list[str]) -> None:
    """Captions are told by their element, their class or their credit, and leave the text."""
    found = read(FIRST + inside + LAST)
    assert list(found.captions) == captions
    assert not any(caption in (found.content_html or "") for caption in captions)


def test_captions_among_many() -> None:
    """A caption far from any picture is none."""
    spans = "<i>x</i>" * 50
    root = markup.tree(f"<div><section>{spans}<p class=caption>Far</p></section><img></div>")
    assert root is not None
    assert figures.captions(root).lines == ()


@pytest.mark.parametrize(
    ("top", "inside", "wanted"),
    [
        ("", "<audio src=/a.mp3></audio>", [("https://paper.example/a.mp3", "audio/mpeg")]),
        ("", "<video><source src=/v.webm?x=1 type=video/webm></video>",
         [("https://paper.example/v.webm?x=1", "video/webm")]),
        ("", "<video src=/v type='video/mp4; codecs=x'></video>",
         [("https://paper.example/v", "video/mp4")]),
        ("", "<object data=/m.PDF></object>", [("https://paper.example/m.PDF", "application/pdf")]),
        ("", "<embed src=/m.swf><video src=blob:x></video><audio></audio>", []),
        ("<meta property=og:video content=https://z.example/v.mp4>", "<video src=https://z.example/v.mp4>",
         [("https://z.example/v.mp4", "video/mp4")]),
        ("<meta property=og:video content=https://z.example/player/7>", "", []),
        ("", "<audio src=/a.exe></audio>", []),
    ],
)  # fmt: skip
def test_enclosures(top: str, inside: str, wanted: list[tuple[str, str]]) -> None:
    """Sound, film and PDF files go with the article; players and what has no type don't."""
    found = read(FIRST + inside + LAST, top)
    assert [(file.href, file.type) for file in found.enclosures] == wanted


def test_many_enclosures() -> None:
    """At most twenty files go with an article."""
    many = "".join(f"<audio src=/{n}.mp3></audio>" for n in range(50))
    assert len(read(FIRST + many).enclosures) == figures.MOST


def test_an_advertisement_parts_no_heading_from_its_text() -> None:
    """The heading above the first paragraph stays, with a link or a label between them or not."""
    heading = "<h2>Why the mills stood empty</h2>"
    for between in (
        "<p><a href=https://shop.example/>Save now</a></p>",
        "<span>Anzeige</span><a href=https://shop.example/><img src=/a.png></a>",
    ):
        assert lines(heading + between + FIRST + LAST) == lines(heading + FIRST + LAST)
