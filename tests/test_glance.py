"""What is right at a glance is right when it is read through."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedtool.data import replace
from feedtool.model import Enclosure, Entry, Person
from feedtool.publish import atom, checks, glance, grammar, rss, rsschecks
from feedtool.publish.document import Item, Origin
from tests.conftest import NOW, make_entry
from tests.published import FEED

USUAL = make_entry(
    title="Chợ & <chè> “hôm nay”",
    link="https://e.example/1?a=1&b='2'",
    authors=(Person("Lò Văn Phúc", "https://e.example/phuc"), Person("Trà")),
    summary="Một & hai < ba",
    categories=("Bản", 'Chợ "lớn"'),
    language="vi-VN",
    rights="CC BY",
    updated=NOW,
    content_text=None,
    content_html='<p>Một &amp; <a href="https://e.example/2">hai</a>\n</p>',
)
ORIGIN = Origin("https://s.example/feed?a&b", "Bản & chợ", "https://s.example/feed?a&b")
ODD = (
    *("", " ", "&", "&#0;", "&nbsp;", "&amp;", "<", ">", "]]>", '"', "'", "/", "\0", "\t", "é"),
    *("\ufffe", "[", "@", ":", "#", "<b/>", "<!-- -->", "<![CDATA[x]]>", "<?x?>", "02-30T", "T24:"),
)


def written(module: ModuleType, entry: Entry = USUAL) -> str:
    """Return an entry as the renderer writes it, with its content."""
    made: bytes = module.entry(Item(entry=entry, origin=ORIGIN), FEED, True)
    return made.decode()


@pytest.mark.parametrize("module", [atom, rss])
def test_what_is_usual_is_seen_at_a_glance(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry as nearly all are isn't read through: nothing in it can be wrong."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("it was read through")

    monkeypatch.setattr(checks, "_Reading", refused)
    monkeypatch.setattr(rsschecks, "_Reader", refused)
    assert module.entry_faults(written(module).encode()) == []
    bare = replace(USUAL, authors=(), categories=(), rights=None, language=None, content_html=None)
    assert module.entry_faults(written(module, bare).encode()) == []


def test_what_is_not_usual_is_read_through() -> None:
    """Files, addresses of persons and other bytes than UTF-8 are left to those who read all."""
    sound = Enclosure("https://e.example/a.mp3", "audio/mpeg", 7)
    for one in (replace(USUAL, enclosures=(sound,)), replace(USUAL, id="URN:x:1")):
        assert not glance.is_entry(written(atom, one).encode())
        assert atom.entry_faults(written(atom, one).encode()) == []
    running = replace(USUAL, content_html="<script>x</script>")
    assert not glance.is_entry(written(atom, running).encode())
    assert len(atom.entry_faults(written(atom, running).encode())) == 1
    assert not glance.is_item(b"<item>\xff</item>")


@given(st.sampled_from([atom, rss]), st.data())
@settings(max_examples=500)
def test_what_is_right_at_a_glance_is_right(module: ModuleType, data: st.DataObject) -> None:
    """Whatever is put into a fragment, or cut out of it: what a glance takes, the rules take."""
    whole = written(module)
    begin = data.draw(st.integers(0, len(whole)))
    end = begin + data.draw(st.sampled_from([0, 0, 1, 2, 10, 60]))
    odd = data.draw(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"]))
    changed = f"{whole[:begin]}{odd}{whole[end:]}".encode()
    if module is atom and glance.is_entry(changed):
        reading = checks._Reading(grammar.FRAGMENT, lines=False)
        assert reading.faults(checks._HEAD, changed, checks._TAIL) == []
    if module is rss and glance.is_item(changed):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(glance, "is_item", lambda _: False)
            assert rsschecks.item_faults(changed) == []


@pytest.mark.parametrize("odd", ["", " ", "\u2003", "&gt;"])
@pytest.mark.parametrize("module", [atom, rss])
def test_no_value_may_lack(module: ModuleType, odd: str) -> None:
    """The same where each value is another: none, or white space alone."""
    whole, seen = written(module), glance.is_entry if module is atom else glance.is_item
    for value in re.finditer(r"(?<=>)[^<>\n]+(?=<)|(?<=\")[^\"]+(?=\")", whole):
        changed = f"{whole[: value.start()]}{odd}{whole[value.end() :]}".encode()
        if seen(changed):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(glance, seen.__name__, lambda _: False)
                assert module.entry_faults(changed) == []


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("module", [atom, rss])
def test_no_odd_thing_passes_anywhere(module: ModuleType, odd: str) -> None:
    """The same for each odd thing at each place."""
    whole, seen = written(module), glance.is_entry if module is atom else glance.is_item
    for place in range(len(whole) + 1):
        changed = f"{whole[:place]}{odd}{whole[place:]}".encode()
        if seen(changed):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(glance, seen.__name__, lambda _: False)
                assert module.entry_faults(changed) == []
