"""Markdown as plain text, and what stands above a text about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedtool.read import frontmatter, markdown


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("a **b** and __c__", "a b and c"),
        ("*By Jane Roe*", "By Jane Roe"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("~~old~~ new", "old new"),
        ("[a](https://example.org/a_(b)) and [c][1]", "a and c"),
        ("<https://example.org> [^1]", "https://example.org"),
        ("`**kept**` and \\*kept\\*", "**kept** and *kept*"),
        ("<b>Tom</b> &amp; Ann<br>", "Tom & Ann"),
        ("a ![alt](x.jpg) b", "a alt b"),
    ],
)
def test_marks_within_a_line_are_taken_away(words: str, plain: str) -> None:
    """Emphasis, links, code, tags and escapes leave their words."""
    assert markdown.inline(words) == plain


def test_blocks_become_lines() -> None:
    """Headings, paragraphs, lists, quotes, code and pictures are lines with what they are."""
    text = (
        "# The title #\n\nOne line\nand another.\n\nSub\n---\n\n- a\n- b\n1. c\n\n> said\n> again\n\n"
        '```py\n# code\n\nx = 1\n```\n***\n![cap](x.jpg "t")\n<img src=x alt="second">\n\n'
        "<figure><figcaption>third</figcaption></figure>\n\n[1]: http://example.org\n"
        "{% include x %}\n<!-- note\nmore -->\nhard  \nbreak\n\n# Other\n"
    )
    got = [(line.role, line.text) for line in markdown.lines(text)]
    assert got == [
        ("title", "The title"),
        ("", "One line and another."),
        ("heading", "Sub"),
        ("", "- a"),
        ("", "- b"),
        ("", "1. c"),
        ("", "said again"),
        ("paragraph", "# code"),
        ("paragraph", "x = 1"),
        ("caption", "cap"),
        ("caption", "second"),
        ("caption", "third"),
        ("", "hard"),
        ("", "break"),
        ("heading", "Other"),
    ]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("# A title\n\nwords", True),
        ("![a](b.jpg)", True),
        ("**a** [b](http://c.example)", True),
        ("**a** words", False),
        ("#hashtag and 5 * 3", False),
        ("plain words", False),
    ],
)
def test_markdown_is_told_by_its_marks(text: str, known: bool) -> None:
    """A heading or picture is enough; of the other marks there must be two."""
    assert markdown.is_markdown(text) is known


@given(st.text(st.sampled_from("#*_`[]()!<>~- \n\\aB1|=\"'&;"), max_size=200))
def test_any_text_is_lines(words: str) -> None:
    """Whatever the marks, there are lines without line breaks, none of them empty."""
    markdown.is_markdown(words)
    assert all(line.text.strip() and "\n" not in line.text for line in markdown.lines(words))


@pytest.mark.parametrize(
    "unit", ["*a ", "**a ", "[a](", "![", "`a", "_a ", "<a ", "# ", "> ", "- "]
)
def test_much_markdown_takes_linear_time(unit: str) -> None:
    """A hundred kilobytes of anything are lines at once."""
    assert markdown.lines(unit * (100_000 // len(unit))) is not None


YAML = """---
title: "A \\"day\\": at sea"
authors:
  - name: Jane Roe
    title: Editor
  - John Doe
date: 2022-05-12   # the day
tags: [sea, 'boats, big']
category: coast
summary: >
  Words that
  go on.
lang: en_GB
subtitle:
  goes
draft: ~
updated: null
---
Text
"""


def test_yaml_above_a_text_is_read() -> None:
    """Words, lists, names and folded text are read; what isn't known is left out."""
    front, rest = frontmatter.split(YAML)
    assert front.fenced
    assert rest == "Text\n"
    assert dict(front.fields) == {
        "title": ('A "day": at sea',),
        "author": ("Jane Roe", "Editor", "John Doe"),
        "date": ("2022-05-12",),
        "tags": ("sea", "boats, big", "coast"),
        "summary": ("Words that go on.",),
        "language": ("en_GB",),
    }
    assert front.first("image") is None


def test_toml_above_a_text_is_read() -> None:
    """Strings, lists, dates and tables of TOML are read; broken TOML is no front matter."""
    text = '+++\ntitle = "A"\ndate = 2022-05-12\nauthor = {name = "Jane"}\nweight = 3\n+++\nText'
    front, rest = frontmatter.split(text)
    assert dict(front.fields) == {"title": ("A",), "date": ("2022-05-12",), "author": ("Jane",)}
    assert rest == "Text"
    broken = "+++\ntitle = \n+++\nText"
    assert frontmatter.split(broken) == (frontmatter.FrontMatter({}), broken)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Title: A\nAuthor: Jane, John\n\nText", {"title": ("A",), "author": ("Jane", "John")}),
        ("Tiêu đề: A\nNgày: 1/2/2022\n\nText", {"title": ("A",), "date": ("1/2/2022",)}),
        ("Title: A\n\nText", {}),
        ("Author: Jane\nDate: 1/2/2022\n\nText", {}),
        ("Title: A\nsome words\n\nText", {}),
        ("---\nJust a line.\n---\nText", {}),
        ("Text", {}),
    ],
)
def test_lines_of_keys_above_a_text(text: str, fields: dict[str, tuple[str, ...]]) -> None:
    """Two lines of known keys, a title among them, are front matter; a sentence isn't."""
    front, rest = frontmatter.split(text)
    assert dict(front.fields) == fields
    assert rest.strip() == ("Text" if fields else text)


def test_an_empty_block_is_front_matter() -> None:
    """Nothing between the fences says nothing, and is taken away."""
    assert frontmatter.split("---\n---\nText") == (frontmatter.FrontMatter({}, True), "Text")


@given(
    st.lists(st.sampled_from(["---", "+++", "title: a", "- b", "  c: d", "x = 1", "", "[", "e: |"]))
)
def test_any_lines_are_split(parts: list[str]) -> None:
    """Whatever the lines, what is left is the end of the text."""
    text = "\n".join(parts)
    _, rest = frontmatter.split(text)
    assert text.endswith(rest)
