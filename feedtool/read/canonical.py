"""The address of an article without what only says how somebody came to it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign\w*|custom\d|link\w*)|(?:fb|g|d|wb|gb|tw|tt|ms|y|rb_)cl(?:k|ick)?id"
    r"|gbraid|wbraid|gclsrc|_ga|_gl|igsh(?:id)?|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|hsctatracking"
    r"|oly_(?:enc|anon)_id|vero_(?:id|conv)|s_cid|cmpid|ocid|ncid|wt_?(?:mc|zmc)(?:_\w+)?|xtor"
    r"|srsltid|guccounter|guce_referrer\w*|spm|piwik_\w+|pk_(?:campaign|kwd|source|medium)"
    r"|mtm_\w+|ref_(?:src|url)|soc_(?:src|trk)|ns_(?:campaign|mchannel|source|linkname|fee))",
    re.IGNORECASE,
)


def without_tracking(url: str) -> str:
    """Return `url` without tracking parameters and fragment; all else stays as it was written.

    A fragment that begins with "!" is kept: scripts of old sites take it for the path.
    """
    parts = urlsplit(url)
    kept = (
        part for part in parts.query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0])
    )
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), fragment))


def believable(link: str, own: str | None) -> bool:
    """Return True where the page at `own` may be called `link`: on the same site, no front page."""
    named = urlsplit(link)
    if len(named.path) < 2 and not named.query:
        return False
    return own is None or host_of(link) == host_of(own)


def host_of(url: str) -> str:
    """Return the host of `url` without "www.", or nothing."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # a path with brackets in it
        return ""
