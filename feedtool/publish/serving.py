"""What tells web servers how to serve the published folder: media types, and how long each file may
be cached. For hosts that take `_headers` (Netlify, Cloudflare Pages) and for Apache. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from feedtool.publish.streams import STATUS, Stream

MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
    "opml": "text/x-opml; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
}
# RFC 8246: what is closed never changes. The rest may be a minute old.
_FOR_EVER = "public, max-age=31536000, immutable"
_SHORTLY = "public, max-age=60"


def files(feeds: Iterable[Stream]) -> dict[str, bytes]:
    """Return the files that say so, by path."""
    feeds = list(feeds)
    # Such hosts join what several rules say of a header: none says what another one does.
    lines: list[str] = ["/feeds.opml", f"  Content-Type: {MEDIA_TYPES['opml']}"]
    lines += [f"/{STATUS}", f"  Content-Type: {MEDIA_TYPES['atom']}"]
    for stream in feeds:
        lines += [f"/{stream.name}/*", f"  Cache-Control: {_FOR_EVER}"]
        for form in stream.forms:
            for path in (stream.path(form), f"{stream.name}/*.{form.extension}"):
                lines += [f"/{path}", f"  Content-Type: {MEDIA_TYPES[form.extension]}"]
    apache = ["AddDefaultCharset utf-8"]
    apache += ['<If "%{REQUEST_URI} =~ m#/\\.feedtool(/|$)#">', "Require all denied", "</If>"]
    apache += [f"AddType '{kind}' .{extension}" for extension, kind in MEDIA_TYPES.items()]
    closed = "|".join(stream.name for stream in feeds)
    apache += [
        "<IfModule mod_headers.c>",
        f'Header set Cache-Control "{_SHORTLY}"',
        f'<If "%{{REQUEST_URI}} =~ m#/({closed})/[0-9]+\\.[a-z]+$#">',
        f'Header set Cache-Control "{_FOR_EVER}"',
        "</If>",
        "</IfModule>",
    ]
    return {name: ("\n".join(text) + "\n").encode() for name, text in
            (("_headers", lines), (".htaccess", apache))}  # fmt: skip
