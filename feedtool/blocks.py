"""The body of an entry as blocks: words, links and pictures between two boundaries. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from feedtool import text
from feedtool.data import Struct
from feedtool.model import Entry
from feedtool.read import markup
from feedtool.read.markup import Element

BlockKind = Literal["text", "heading", "item", "cell"]

_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "dt", "dd"), "item"),
    **dict.fromkeys(("td", "th", "pre", "blockquote", "caption"), "cell"),
}


class Picture(Struct, frozen=True):
    """A picture in a body: its address, and its size in CSS pixels where the document says it."""

    url: str
    width: str = ""
    height: str = ""


class Block(Struct, frozen=True):
    """What stands between two block boundaries: words on one line, addresses, pictures.

    `linked` is how many letters of the words are in links. What is in a quotation or a table is a
    "cell" however deep it stands.
    """

    words: str
    kind: BlockKind = "text"
    linked: int = 0
    links: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def is_link(self) -> bool:
        """True where nothing in it stands outside of its links."""
        return bool(self.links) and self.linked == sum(map(len, self.words.split()))


def of(entry: Entry) -> list[Block]:
    """Return the body of `entry` as blocks, in order; empty ones are left out."""
    if entry.content_html is None:
        parts = (entry.content_text or "").split("\n\n")
        return [Block(words) for words in map(text.line, parts) if words]
    root = markup.tree(entry.content_html)
    return [] if root is None else list(_blocks(root))


def words(blocks: list[Block]) -> str:
    """Return the text of `blocks`, a blank line between two."""
    return "\n\n".join(block.words for block in blocks if block.words)


def _blocks(root: Element) -> Iterator[Block]:
    said: list[str] = []
    links: list[str] = []
    pictures: list[Picture] = []
    open_links: list[str] = []
    kinds: list[BlockKind] = ["text"]
    linked = 0
    for event, node in markup.walk(root):
        start, name = event == "start", str(node.tag)
        if name in markup.BLOCKS:
            if one := " ".join("".join(said).split()):
                yield Block(one, kinds[-1], linked, tuple(links), tuple(pictures))
            elif pictures:
                yield Block("", kinds[-1], 0, tuple(links), tuple(pictures))
            said, links, pictures, linked = [], open_links[-1:], [], 0
            if start:
                outer = kinds[-1]
                kinds.append("cell" if outer == "cell" else _KINDS.get(name, outer))
            else:
                kinds.pop()
        elif name == "a" and start:
            open_links.append(node.get("href", ""))
            links.append(open_links[-1])
        elif name == "a":
            open_links.pop()
        elif name == "img" and start:
            size = (node.get("width", ""), node.get("height", ""))
            pictures.append(Picture(node.get("src", ""), *size))
        elif name == "br" and start:
            said.append(" ")
        piece = node.text if start else node.tail
        if piece:
            said.append(piece)
            linked += sum(map(len, piece.split())) if open_links else 0
    if one := " ".join("".join(said).split()):
        yield Block(one, "text", linked, tuple(links), tuple(pictures))
    elif pictures:
        yield Block("", "text", 0, tuple(links), tuple(pictures))
