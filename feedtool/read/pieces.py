"""The byte ranges of a feed's entries, so that what was read before need not be read again.

expat finds where each `item` or `entry` begins and ends; the digest of those bytes, salted with
what an entry inherits from the feed around it, tells whether it is new. Those that are known are
left out before expat sees the document: where each is replaced by a mark, and expat finds these
where entries may stand, the whole is well-formed exactly if what is left is. Nothing is taken out
of a document that isn't well-formed, declares entities or can be decoded in more than one way.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from xml.parsers import expat
from zlib import crc32

from feedtool import fingerprint
from feedtool.data import Struct
from feedtool.read import sections
from feedtool.read.finder import MARK, Finder, Grower, Node, OddError, Spaces, TooMuchError

_FIRST = re.compile(rb"<(item|entry)[\s>]")
_BEGINNING = {name: re.compile(rb"<%b[\s>]" % name) for name in (b"item", b"entry")}
_END = {name: re.compile(rb"</%b>" % name) for name in (b"item", b"entry")}
# Digits of a piece, which tell its bytes; those after them tell what the entry is called.
_DIGITS = fingerprint.DIGITS
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?\?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_BASE = re.compile(rb"""base\s*=\s*["']""")
_WHITE = b" \t\r\n"  # which may stand between elements
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs of Python that no document is written in; some cost quadratic time.
_NOT_FOR_DOCUMENTS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
_LARGER = {"gb2312": "gb18030"}  # what documents that name the first are really written in


class Outline(Struct, frozen=True):
    """A feed's entries by place: `document` is UTF-8, `spans` are from and to in it.

    `digests` are those of the spans: 16 hex digits of the fingerprint of its bytes, then 8 of what
    it is called.
    `unique`: no two entries are called the same, so that each can be read without the others.
    `root` is the outermost element, `spaces` what is declared outside the entries, `head` the
    elements that entries inherit something from, each with the names of those around it. `trees`
    are the entries that aren't known, with what each declares, where they were asked for. `gone`
    are the ids of entries that the feed says were deleted (RFC 6721 § 2), and that it doesn't have.
    """

    document: bytes
    spans: tuple[tuple[int, int], ...]
    digests: tuple[str, ...]
    unique: bool
    root: Node
    spaces: Spaces
    head: tuple[tuple[tuple[str, ...], Node], ...]
    trees: tuple[tuple[Node, Spaces], ...]
    gone: tuple[str, ...] = ()

    def only(self, numbers: Collection[int]) -> bytes:
        """Return the document with these of its entries alone."""
        kept = set(numbers)
        if len(kept) == len(self.spans):
            return self.document
        parts, reached = [], 0
        for number, (start, end) in enumerate(self.spans):
            if number not in kept:
                parts.append(self.document[reached:start])
                reached = end
        return b"".join((*parts, self.document[reached:]))


def outline(
    body: bytes, charset: str | None, known: Collection[str] = (), *, trees: bool = False
) -> Outline | None:
    """Return where the entries of the feed in `body` are, or None where that can't be told.

    `charset` is what the server says; where the document says otherwise, nothing is told. `known`
    are digests of earlier outlines. `trees`: the entries are wanted as elements too; with `known`,
    those that are new, or none at all. Raises `TooMuchError`.
    """
    document = utf8(body, charset)
    if document is None:
        return None
    outlined = _mostly_known(document, known) if known else None
    if outlined is not None:
        return outlined
    finder = _parsed(Grower if trees and not known else Finder, document)
    if finder is None:
        return None
    gone = dict.fromkeys(filter(None, finder.gone))
    for one in filter(None, finder.names) if gone else ():
        gone.pop(one, None)
    contents = _contents(document, finder.spans, finder.salt())
    found = list(map(_piece, contents, finder.names))
    return _outlined(document, finder, finder.spans, found, tuple(gone))


def _mostly_known(document: bytes, known: Collection[str]) -> Outline | None:
    """The outline, where the entries that are known need not be looked into; None where something
    is unusual."""
    first = _FIRST.search(document)
    if first is None:
        return None
    spans = _ranges(document, first[1])
    around = _marked(document, spans, range(len(spans)))
    if around is None:
        return None
    by_content = {piece[:_DIGITS]: piece for piece in known}
    contents = _contents(document, spans, around.salt())
    pieces = [by_content.get(content, "") for content in contents]
    new = [number for number, piece in enumerate(pieces) if not piece]
    finder = around
    if new:
        marked = [number for number, piece in enumerate(pieces) if piece]
        left = _marked(document, spans, marked, Grower)
        if left is None or left.salt() != around.salt():
            return None
        finder = left
        for number, name in zip(new, left.names, strict=True):
            pieces[number] = _piece(contents[number], name)
    outlined = _outlined(document, finder, spans, pieces, ())
    return outlined if outlined.unique else None


def _ranges(document: bytes, name: bytes) -> list[tuple[int, int]]:
    """Where elements of that name seem to be."""
    beginning, spans, reached = _BEGINNING[name], [], 0
    for end in _END[name].finditer(document):
        start = beginning.search(document, reached, end.start())
        reached = end.end()
        if start:
            spans.append((start.start(), reached))
    return spans


def _marked(
    document: bytes,
    spans: Sequence[tuple[int, int]],
    marked: Collection[int],
    kind: type[Finder] = Finder,
) -> Finder | None:
    """What is found in the document with marks in the stead of some of its entries, one for those
    that follow each other; None where that is others than `spans`, or some that don't stand where
    the others do."""
    numbers = set(marked)
    parts: list[bytes] = []
    places: list[tuple[int, int]] = []
    reached = length = 0
    follows = False  # a mark, which may stand for several
    for number, (start, end) in enumerate(spans):
        is_marked, between = number in numbers, document[reached:start]
        if not (is_marked and follows) or between.strip(_WHITE):
            entry = MARK if is_marked else document[start:end]
            parts += (between, entry)
            length += len(between)
            places.append((length, length + len(entry)))
            length += len(entry)
        reached, follows = end, is_marked
    parts.append(document[reached:])
    found = _parsed(kind, b"".join(parts), marked=True)
    if found is None or found.spans != places or len(found.ways) > 1 or found.gone:
        return None
    return found


def _parsed(kind: type[Finder], document: bytes, *, marked: bool = False) -> Finder | None:
    lifted = sections.lift(document) if kind is Grower else None
    if lifted is not None:
        finder: Finder = Grower(lifted)
        with suppress(expat.ExpatError, OddError, TooMuchError):  # it is to be seen as it is
            finder.parse(lifted.document, marked=marked)
            return finder
    finder = kind()
    try:
        finder.parse(document, marked=marked)
    except (expat.ExpatError, OddError):
        return None
    return finder


def _contents(document: bytes, spans: Sequence[tuple[int, int]], salt: bytes) -> list[str]:
    """Fingerprints of the bytes of entries."""
    tell, view = fingerprint.short(salt), memoryview(document)
    return [tell(view[start:end]) for start, end in spans]


def _piece(content: str, name: str | None) -> str:
    """The digest of an entry with these bytes, that is called so, if that can be told."""
    return content if name is None else f"{content}{crc32(name.encode('utf-8', 'replace')):08x}"


def _outlined(
    document: bytes,
    finder: Finder,
    spans: Sequence[tuple[int, int]],
    pieces: Sequence[str],
    gone: tuple[str, ...],
) -> Outline:
    called = {piece[_DIGITS:] for piece in pieces}
    return Outline(
        document,
        tuple(spans),
        tuple(pieces),
        len(called) == len(pieces) and "" not in called,
        finder.root,
        finder.spaces,
        tuple(finder.head),
        tuple(finder.trees),
        gone,
    )


def is_based(document: bytes) -> bool:
    """Return True where addresses in `document` may be relative to an `xml:base`."""
    return bool(_BASE.search(document))


def utf8(body: bytes, charset: str | None) -> bytes | None:
    """Return the XML document in `body` as UTF-8, without a byte order mark, or None where its
    charset is in doubt."""
    marked = None
    for mark, codec in _MARKS:
        if body.startswith(mark):
            marked, body = codec, body[len(mark) :]
            break
    head = body[:1024].decode(marked, "ignore").encode() if marked else body[:1024]
    declaration = _DECLARATION.match(head)
    found = _ENCODING.search(declaration[0]) if declaration else None
    declared = found[1].decode() if found else None
    try:
        said = {_codec(name, marked) for name in (charset, declared, marked) if name} or {"utf-8"}
        if len(said) > 1:
            return None
        codec = said.pop()
        text = "" if codec in ("utf-8", "ascii") else body.decode(codec)
    except (LookupError, UnicodeDecodeError):
        return None
    if codec in ("utf-8", "ascii"):  # whether it is so, expat will see, but for UTF-16
        return body if (codec == "utf-8" or body.isascii()) and b"\0" not in body[:2] else None
    # The declaration would be wrong now, and without one it is UTF-8.
    return re.sub(r"\A<\?xml[^>]*?\?>", "", text).encode("utf-8", "replace")


def _codec(name: str, marked: str | None) -> str:
    if marked and name.lower().replace("_", "-") in ("utf-16", "utf16", "u16", "ucs-2"):
        return marked
    found = codecs.lookup(_LARGER.get(name.lower(), name))
    if found.name in _NOT_FOR_DOCUMENTS or not found._is_text_encoding:  # such as base64
        raise LookupError(name)
    return found.name
