"""Whether an entry is written as nearly all are, which is seen at a glance and is right by the
rules of `grammar` and `rsschecks`; whatever looks otherwise is read through there. Pure.

Stricter than those rules wherever that is simpler: without files and e-mail addresses.
"""

from __future__ import annotations

import re

from feedtool.publish import grammar


def _runs(letters: str, entities: str) -> str:
    """The pattern of such letters, with these entities among them."""
    return rf"{letters}*+(?:&(?:{entities});{letters}*+)*+"


# Which XML can't carry; in a pattern, they take long to compile.
_MARK, _LAST = "\ufffe", "\uffff"
_NO = r"\x00-\x1f<>&"
_NOT_IN_URLS = r"\x00-\x20<>\"\\^`{|}\x7f&"
_AND = "amp|#x26|#x27"
_SOME = r"(?=[^\s<\"])"  # what comes next is no white space, nor the end
_TEXT = _runs(rf"[^{_NO}]", "#x26|#x3C|gt")
_WORDS = _SOME + _TEXT
_HTML = _runs(r"[^\x00-\x09\x0b-\x1f<>&]", "amp|lt|gt")
_QUOTED = _SOME + _runs(rf"[^{_NO}\"]", "amp|lt|gt|quot|#x27")
_IRI = "[a-z]++:" + _SOME + _runs(rf"[^{_NO}\s]", "#x26|#x3C|gt")
_URL = rf"https?://[^{_NOT_IN_URLS}/?#:@]" + _runs(rf"[^{_NOT_IN_URLS}]", _AND)
_IN_URIS = _runs("[!#$%'-;=?-Z_a-z]", _AND)
_HOST = r"[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)*+"
_URI = rf"https?://{_HOST}(?::[1-5]?[0-9]{{1,4}})?(?:[/?#]{_IN_URIS})?"
_DAY = (
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_TIME = rf"[1-9][0-9]{{3}}-{_DAY}T{_CLOCK}Z"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_STAMP = rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{{2}} {_MONTH} [0-9]{{4}} {_CLOCK} GMT"

_ENTRY = re.compile(
    r'<entry(?: xml:lang="[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+")?>\n'
    rf"<id>{_IRI}</id>\n"
    rf"<title>{_WORDS}</title>\n"
    rf"<updated>{_TIME}</updated>\n"
    rf"(?:<author><name>{_WORDS}</name>(?:<uri>{_URL}</uri>)?</author>\n)++"
    rf'(?:<content type="html">({_HTML})</content>\n)?'
    rf'<link href="{_URL}" rel="alternate" type="text/html"/>\n'
    rf"(?:<summary>{_TEXT}</summary>\n)?"
    rf'(?:<category term="{_QUOTED}"/>\n)*+'
    rf"(?:<published>{_TIME}</published>\n)?"
    rf"(?:<rights>{_TEXT}</rights>\n)?"
    rf"(?:<source><id>{_IRI}</id><title>{_WORDS}</title><updated>{_TIME}</updated>"
    rf'(?:<link href="{_URL}" rel="alternate"/>)?</source>\n)?'
    r"</entry>"
)
_ITEM = re.compile(
    r"<item>\n"
    rf"<title>{_WORDS}</title>\n"
    rf"<link>{_URI}</link>\n"
    rf"<description>{_HTML}</description>\n"
    rf'<guid isPermaLink="false">{_WORDS}</guid>\n'
    rf"(?:<category>{_TEXT}</category>\n)*+"
    rf'(?:<source url="{_URI}">{_TEXT}</source>\n)?'
    rf"(?:<dc:creator>{_TEXT}</dc:creator>\n)?"
    rf"(?:<dc:rights>{_TEXT}</dc:rights>\n)?"
    rf"(?:<pubDate>{_STAMP}</pubDate>\n)?"
    rf"(?:<atom:updated>{_TIME}</atom:updated>\n)?"
    rf"(?:<content:encoded>{_HTML}</content:encoded>\n)?"
    r"</item>"
)


def is_entry(fragment: bytes) -> bool:
    """True for an entry of Atom that is surely right; False says nothing."""
    found = _match(_ENTRY, fragment)
    if found is None:
        return False
    html = (found[1] or "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return grammar.foul(html) is None


def is_item(fragment: bytes) -> bool:
    """True for an item of RSS that is surely right; False says nothing."""
    return _match(_ITEM, fragment) is not None


def _match(pattern: re.Pattern[str], fragment: bytes) -> re.Match[str] | None:
    try:
        written = fragment.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _LAST in written or _MARK in written else pattern.fullmatch(written)
