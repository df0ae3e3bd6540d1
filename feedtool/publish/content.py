"""The content of an entry as HTML, whichever way the archive holds it. Pure."""

from __future__ import annotations

from html import escape

from feedtool.model import Entry


def html_of(entry: Entry) -> str | None:
    """Return the content of `entry` as HTML, its paragraphs marked; None where it has none."""
    if entry.content_html:
        return entry.content_html
    if not entry.content_text:
        return None
    paragraphs = (escape(one, quote=False) for one in entry.content_text.split("\n\n"))
    return "\n".join(f"<p>{'<br>'.join(one.splitlines())}</p>" for one in paragraphs)
