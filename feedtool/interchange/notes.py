"""Markdown with front matter in YAML: an entry as a text that people and site makers read. Pure.

Each line of the front matter is a key of the archive's item and its value as JSON, which is YAML
(1.2.2 § 1.3); the body is the content: HTML as it is, plain text with what Markdown would take for
marks escaped (CommonMark 0.31 § 2.4). `content_type` says which; `feedtool` is the item's
`_feedtool`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from feedtool.archive import item
from feedtool.archive.migrations import Json
from feedtool.data import replace
from feedtool.kept import Version

_ORDER = (
    "title",
    "date_published",
    "date_modified",
    "authors",
    "summary",
    "tags",
    "language",
    "url",
    "image",
    "attachments",
    "id",
)
_TYPES = {"content_html": "text/html", "content_text": "text/plain"}
_FENCE = "---\n"
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)(?:[ \t]*\r?\n)?", re.S | re.M)
_LINE = re.compile(r"([a-z_]+):(?:[ \t]+(.*))?")
_OURS = re.compile(r"^feedtool: \{", re.MULTILINE)
# YAML 1.1 ends lines at these, in strings too (§ 5.4).
_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})

_ANYWHERE = re.compile(r"[\\`*\[\]<~]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_FIRST = re.compile(r"[#>+=|:-]")
_START = re.compile(r"([ \t]*)(\d{1,9}(?=[.)])|)(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~\n])|&#(32|9);")


def write(version: Version) -> bytes:
    """Return the entry as a Markdown file; where its capture lies isn't told."""
    found = item.to_json(replace(version, capture=None))
    ours = found.pop("_feedtool")
    body: str | None = None
    kind: str | None = None
    for name, media_type in _TYPES.items():
        if name in found:
            body, kind = found.pop(name), media_type
    front = {name: found[name] for name in _ORDER if name in found}
    if kind is not None:
        front["content_type"] = kind
    front["feedtool"] = ours
    lines = [
        f"{name}: {json.dumps(value, ensure_ascii=False).translate(_BREAKS)}\n"
        for name, value in front.items()
    ]
    if body is not None and kind == "text/plain":
        body = escaped(body)
    text = "" if body is None else f"\n{body}\n"
    return "".join([_FENCE, *lines, _FENCE, text]).encode("utf-8")


def is_ours(written: str) -> bool:
    """Return True where a text begins as `write` begins one."""
    found = _FRONT.match(written)
    return found is not None and _OURS.search(found[1]) is not None


def read(written: str) -> Version:
    """Return the version in a text that `is_ours`, which somebody may have edited: then its digest
    isn't that of its entry. A `ValueError` says why it holds none."""
    written = written.replace("\r\n", "\n")
    found = _FRONT.match(written)
    if found is None:
        raise ValueError("has no front matter")
    front = _front(found[1])
    ours, kind = front.pop("feedtool", None), front.pop("content_type", None)
    body = written[found.end() :].removesuffix("\n")
    if kind == "text/html":
        front["content_html"] = body
    elif kind == "text/plain" or body.strip():
        front["content_text"] = unescaped(body)
    return item.from_json({**front, "_feedtool": ours})


def escaped(plain: str) -> str:
    """Return plain text as Markdown that shows the same: paragraphs, lines and signs."""
    lines = plain.split("\n")
    made: list[str] = []
    for number, line in enumerate(lines):
        if not line.strip(" \t"):
            made.append(line)
            continue
        goes_on = number + 1 < len(lines) and lines[number + 1].strip(" \t")
        made.append(_escaped_line(line) + ("\\" if goes_on else ""))
    return "\n".join(made)


def unescaped(markdown: str) -> str:
    """Return the plain text that `escaped` made this of."""
    return _ESCAPED.sub(lambda found: chr(int(found[2])) if found[2] else found[1], markdown)


def _escaped_line(line: str) -> str:
    found = _START.fullmatch(line)
    assert found is not None, "any line has a start"
    spaces, number, rest = found.groups()
    if spaces:  # four of them would make it code
        spaces = f"&#{ord(spaces[0])};{spaces[1:]}"
    head = ""
    if rest[:1] and (rest[0] in ".)" if number else _FIRST.match(rest)):
        head, rest = f"\\{rest[0]}", rest[1:]
    return spaces + number + head + _ANYWHERE.sub(r"\\\g<0>", rest)


def _front(block: str) -> Json:
    front: Json = {}
    for line in block.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.rstrip())
        if found is None:
            raise ValueError(f"has front matter that can't be read: {line[:40]}")
        front[found[1]] = _value(found[2] or "")
    return front


def _value(written: str) -> Any:
    """A value as JSON; as it is where somebody wrote it without quotes."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written.strip()
