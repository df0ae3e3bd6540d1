"""What stands above a text about it: front matter in YAML or TOML, or lines of "Key: value". Pure.

Only what people write about articles is read: words, lists of words, and what is nested one deep.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime

from feedtool.data import Struct
from feedtool.read.layout import squash

_FENCE = re.compile(
    r"\A\s*(---|\+\+\+)[ \t]*\n(.{0,200000}?\n)?(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
_KEY = re.compile(r"^([^\W\d_][\w .-]{0,30}?)[ ]?[:：](?:[ \t]+(.*))?$")
_ITEM = re.compile(r"^\s*-[ \t]+(.*)$")
_LIST = re.compile(r"^\[(.*)\]$")
_LISTED = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^,\s][^,]*)")
_NOTE = re.compile(r"[ \t]+#.*$")
_QUOTED = re.compile(r"^([\"'])(.*)\1[ \t]*(?:#.*)?$")
_HEAD = 12  # lines of "Key: value" above a text
_LIST_SIGN = re.compile(r"\s*[,;]\s*")

# What a key is about, by its spellings.
_KEYS = {
    "title": "title|headline|tiêu đề|tít|titel|titre|título|titolo|judul|başlık|заголовок|标题"
    "|タイトル|제목|τίτλος|tytuł|titulek|العنوان|शीर्षक|rubrik|otsikko|cím|titlu",
    "author": "author|authors|by|byline|tác giả|người viết|autor|autora|autores|auteur|auteurs"
    "|autore|penulis|yazar|автор|作者|著者|글쓴이|συγγραφέας|المؤلف|الكاتب|लेखक|författare"
    "|kirjoittaja|szerző",
    "date": "date|published|pubdate|publishdate|publish date|date published|published at|pub date"
    "|published time|publication date|created|ngày|ngày đăng|datum|veröffentlicht|fecha|data"
    "|tanggal|tarih|дата|日期|发布时间|日付|날짜|ημερομηνία|التاريخ|दिनांक",
    "updated": "updated|lastmod|last modified|modified|date modified"
    "|last modified at|last updated|updated at"
    "|mtime|cập nhật|aktualisiert|mis à jour|actualizado|aggiornato|atualizado|обновлено"
    "|更新时间|更新日",
    "tags": "tags|tag|categories|category|keywords|topics|section|từ khóa|chuyên mục|schlagworte"
    "|rubrik|mots clés|etiquetas|categorías|categorie|etiketler|теги|рубрика|标签|分类|タグ|태그",
    "summary": "description|summary|excerpt|abstract|lead|standfirst|sapo|tóm tắt|mô tả"
    "|zusammenfassung|résumé|resumen|descripción|riassunto|ringkasan|özet|описание|摘要|概要|요약",
    "language": "lang|language|locale",
    "link": "url|link|permalink|canonical|canonical url|original url|source url|external url",
    "image": "image|cover|thumbnail|featured image|featuredimage|hero|banner|og image",
}
_MEANT = {squash(key): name for name, keys in _KEYS.items() for key in keys.split("|")}
_LISTS = frozenset(["tags", "author"])


class FrontMatter(Struct, frozen=True):
    """What the lines above a text say of it, by what they are about ("title", "author", "date",
    "updated", "tags", "summary", "language", "link", "image"); `fenced` between lines of --- or
    +++."""

    fields: Mapping[str, tuple[str, ...]]
    fenced: bool = False

    def first(self, name: str) -> str | None:
        """Return the first value of `name`, or None."""
        return next(iter(self.fields.get(name, ())), None)


def split(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter of `text`, without fields where there is none, and the rest."""
    found = _FENCE.match(text)
    if found:
        block = found[2] or ""
        fields = _toml(block) if found[1] == "+++" else _yaml(block)
        if fields or not block.strip():
            return FrontMatter(_meant(fields), fenced=True), text[found.end() :]
    return _headed(text)


def _headed(text: str) -> tuple[FrontMatter, str]:
    """Lines of "Key: value" at the top, two or more, a title among them, up to a blank line."""
    fields: dict[str, tuple[str, ...]] = {}
    start = len(text) - len(text.lstrip())
    end = start
    for number, line in enumerate(text[start:].splitlines(keepends=True)):
        if not line.strip():
            break
        key = _KEY.match(line.strip().lstrip(":"))
        if number >= _HEAD or not key or squash(key[1]) not in _MEANT or not key[2]:
            return FrontMatter({}), text
        fields[key[1]] = (_plain(key[2]),)
        end += len(line)
    meant = _meant(fields)
    if len(fields) < 2 or "title" not in meant:
        return FrontMatter({}), text
    return FrontMatter(meant), text[end:]


def _meant(fields: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The fields by what they are about; the first of two spellings wins, but for lists."""
    meant: dict[str, tuple[str, ...]] = {}
    for key, values in fields.items():
        name = _MEANT.get(squash(key))
        if name is None:
            continue
        listed = name in _LISTS and len(values) == 1
        parts = _LIST_SIGN.split(values[0]) if listed else values
        kept = tuple(value for value in parts if value and value.lower() not in ("null", "~"))
        meant[name] = (*meant.get(name, ()), *kept) if name == "tags" else meant.get(name) or kept
    return {name: tuple(dict.fromkeys(values)) for name, values in meant.items() if values}


def _toml(block: str) -> dict[str, tuple[str, ...]]:
    try:
        table = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    return {key: words for key, value in table.items() if (words := _words(value))}


def _words(value: object) -> tuple[str, ...]:
    """A value of TOML or JSON as words: those in a list, and the names in a table."""
    if isinstance(value, list):
        return tuple(word for item in value for word in _words(item))
    if isinstance(value, dict):
        return _words(value.get("name") or value.get("title") or "")
    if isinstance(value, datetime | date):
        return (value.isoformat(),)
    return (value.strip(),) if isinstance(value, str) else ()


def _yaml(block: str) -> dict[str, tuple[str, ...]]:
    """The keys of a block in the YAML that people write above articles."""
    fields: dict[str, list[str]] = {}
    key = ""
    folded = False
    for line in block.splitlines():
        inner = line[:1].isspace() or line.startswith("- ")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if inner and key:
            _nested(fields[key], line, folded)
            continue
        found = _KEY.match(line)
        if not found:
            return {}
        key, value = found[1], (found[2] or "").strip()
        folded = value[:1] in ("|", ">") and len(value) <= 2
        fields[key] = [] if folded or not value else list(_values(value))
    return {name: tuple(values) for name, values in fields.items()}


def _nested(values: list[str], line: str, folded: bool) -> None:
    """Take in a line that is indented below a key: a list's item, a name, or words that go on."""
    item = _ITEM.match(line)
    words = (item[1] if item else line).strip()
    inner = _KEY.match(words)
    if folded or (values and not item and not inner):
        values[:] = [f"{values[0]} {words}".strip()] if values else [words]
    elif inner and inner[2]:
        if inner[1].lower() in ("name", "title"):
            values.append(_plain(inner[2]))
    elif item:
        values.extend(_values(words))


def _values(value: str) -> tuple[str, ...]:
    """A value as it stands behind a key: in JSON, which is YAML too; a list in brackets, or one."""
    if value[:1] in ('"', "[", "{"):
        try:
            return _words(json.loads(value))
        except (ValueError, RecursionError):
            pass  # as people write it
    listed = _LIST.match(_NOTE.sub("", value))
    if not listed:
        return (_plain(value),)
    return tuple((a or b or c).strip() for a, b, c in _LISTED.findall(listed[1]))


def _plain(value: str) -> str:
    """A value without its quotes, or without the note behind it."""
    quoted = _QUOTED.match(value.strip())
    if not quoted:
        return _NOTE.sub("", value.strip())
    inner = quoted[2]
    return inner.replace('\\"', '"') if quoted[1] == '"' else inner.replace("''", "'")
