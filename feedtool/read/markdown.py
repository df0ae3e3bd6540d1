"""Markdown as the plain text that its reader sees (CommonMark 0.31, as far as articles use it).

No tree is made: blocks are told by their lines, marks within lines are taken away.
"""

from __future__ import annotations

import html
import re

from feedtool.read.layout import Line, Role

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S.*)$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_QUOTE = re.compile(r"^ {0,3}(?:>[ \t]?)+")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?=\S)")
_BULLET = re.compile(r"^[ \t]*[*+-][ \t]+")
_DEFINED = re.compile(r"^ {0,3}\[[^\]\n]{1,80}\]:[ \t]*\S")
# What site makers put between lines: shortcodes, Liquid, attributes.
_TEMPLATE = re.compile(r"^\s*(?:\{\{.*\}\}|\{%.*%\}|\{:.*\}|<!--.*-->|:::.*)\s*$")
_COMMENT = re.compile(r"<!--.{0,5000}?-->", re.DOTALL)
_IMAGE = re.compile(
    r"!\[([^\[\]\n]{0,500})\](?:\([^()\s]{0,500}(?:[ \t]+[\"'][^\n)]{0,300})?\)|\[[^\]\n]{0,80}\])?"
)
_HTML_IMAGE = re.compile(r"<img\b[^<>]{0,1000}>", re.IGNORECASE)
_ALT = re.compile(r"\balt=(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_FIGCAPTION = re.compile(r"<figcaption[^<>]*>(.{0,500}?)</figcaption>", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(
    r"\[([^\[\]\n]{1,400})\](?:\((?:[^()\n]|\([^()\n]*\)){0,1000}\)|\[[^\]\n]{0,80}\])"
)
_NOTE_MARK = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_AUTO = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_CODE = re.compile(r"(`+)(?!`)(.{1,400}?)(?<!`)\1(?!`)")
_STRONG = re.compile(
    r"(?<![\\\w])(\*\*|__)(?=\S)(.{1,400}?)(?<=\S)\1(?!\w)|(\*\*)(?=\S)(.{1,400}?)(?<=\S)\3"
)
_STRUCK = re.compile(r"~~(?=\S)(.{1,400}?)(?<=\S)~~")
_EMPHASIS = re.compile(
    r"(?<![\\\w*])\*(?=[^\s*])(.{1,400}?)(?<=[^\s*])\*(?![\w*])|(?<![\\\w])_(?=[^\s_])(.{1,400}?)(?<=[^\s_])_(?!\w)"
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SIGNS = (
    re.compile(r"^ {0,3}#{1,6} \S", re.MULTILINE),
    re.compile(r"(?<!!)\[[^\[\]\n]{1,200}\]\((?:https?://|/|#)[^()\s]{0,300}\)"),
    re.compile(r"!\[[^\[\]\n]{0,200}\]\([^()\n]{1,300}\)"),
    re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]{0,200}\*\*"),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
)
_LOOKED_AT = 20_000  # letters in which signs of Markdown are looked for


def is_markdown(text: str) -> bool:
    """Return True where the marks in `text` are those of Markdown: a heading, a picture, or two
    of the others."""
    head = text[:_LOOKED_AT]
    heading, link, picture, strong, code = (bool(sign.search(head)) for sign in _SIGNS)
    return heading or picture or link + strong + code > 1


def lines(text: str) -> list[Line]:
    """Return the blocks of `text` as lines without marks; the words of pictures are captions.

    A heading of the first level above all else is the title.
    """
    writer = _Writer()
    for line in _COMMENT.sub("", text).split("\n"):
        writer.take(line)
    writer.end()
    return writer.lines


class _Writer:
    """Puts lines together to blocks."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.open: list[str] = []  # lines of the paragraph
        self.fence = ""
        self.gap = 0

    def take(self, line: str) -> None:
        """Take the next line."""
        fence = _FENCE.match(line)
        if self.fence:
            if fence and fence[1].startswith(self.fence):
                self.end()
                self.fence = ""
            elif line.strip():
                self._write(line.rstrip(), "paragraph")
            return
        if fence:
            self.end()
            self.fence = fence[1]
            return
        heading = _HEADING.match(line)
        under = _UNDERLINE.match(line) if self.open else None
        if heading:
            self.end()
            self._heading(heading[2].rstrip().rstrip("#"), len(heading[1]))
        elif under and len(self.open) == 1 and (len(under[1]) > 2 or under[1] == "="):
            words, self.open = self.open[0], []
            self._heading(words, 1 if under[1][0] == "=" else 2)
        elif not line.strip() or _RULE.match(line) or _DEFINED.match(line) or _TEMPLATE.match(line):
            self.end()
            self.gap += not line.strip()
        else:
            self._text(line)

    def _text(self, line: str) -> None:
        line = _QUOTE.sub("", line)
        if _ITEM.match(line):
            self.end()
            line = _BULLET.sub("- ", line)
        self.open.append(line.rstrip("\\"))
        if line.endswith(("  ", "\\")):  # a hard break
            self.end()

    def end(self) -> None:
        """End the paragraph."""
        whole, self.open = " ".join(line.strip() for line in self.open), []
        if not whole:
            return
        captions = [found[1] for found in _IMAGE.finditer(whole)]
        captions += [a or b for tag in _HTML_IMAGE.findall(whole) for a, b in _ALT.findall(tag)]
        captions += _FIGCAPTION.findall(whole)
        words = _FIGCAPTION.sub("", _HTML_IMAGE.sub("", _IMAGE.sub("", whole)))
        self._write(inline(words), "")
        for caption in captions:
            self._write(inline(caption), "caption")

    def _heading(self, words: str, level: int) -> None:
        first = not any(line.role in ("title", "heading") for line in self.lines)
        self._write(inline(words), "title" if level == 1 and first else "heading")

    def _write(self, words: str, role: Role) -> None:
        if words.strip():
            self.lines.append(Line(words.strip(), self.gap, role))
            self.gap = 0


def inline(text: str) -> str:
    """Return `text` without the marks within a line: links by their words, emphasis by none."""
    codes: list[str] = []

    def keep(found: re.Match[str]) -> str:
        codes.append(found[2].strip())
        return f"\ue000{len(codes) - 1}\ue001"

    text = _CODE.sub(keep, text.replace("\ue000", "").replace("\ue001", ""))
    text = _AUTO.sub(r"\1", _NOTE_MARK.sub("", _IMAGE.sub(r"\1", text)))
    text = _LINK.sub(r"\1", text)
    text = _STRONG.sub(lambda found: found[2] or found[4], text)
    text = _STRUCK.sub(r"\1", text)
    text = _EMPHASIS.sub(lambda found: found[1] or found[2], text)
    text = _ESCAPED.sub(r"\1", html.unescape(_TAG.sub("", text)))
    return re.sub(r"\ue000(\d+)\ue001", lambda found: codes[int(found[1])], text).strip()
