"""Templates, languages and static files of the pages: ours, and those of a theme over them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from feedtool.data import Struct
from feedtool.errors import PublishError
from feedtool.publish import wording

OURS = "feedtool/"
"""What stands before a template's name to mean ours, though the theme has one of that name."""
_LANGUAGES = "languages/"
_HERE = Path(__file__).parent


class Theme(Struct, frozen=True):
    """What pages are made of: templates by name and static files by path in the site, the file of
    the language in force, and the theme's folder, if there is one. `own` are the names of the
    templates that are the theme's."""

    templates: Mapping[str, str]
    static: Mapping[str, bytes]
    language: str
    words: bytes
    words_path: str
    own: frozenset[str] = frozenset()
    folder: Path | None = None

    @property
    def fingerprint(self) -> str:
        """A digest of the templates and the words."""
        written = {name: text.encode() for name, text in self.templates.items()}
        return _digest({**written, _LANGUAGES: self.words})

    @property
    def static_fingerprint(self) -> str:
        """A digest of the static files."""
        return _digest(self.static)


def load(language: str | None, folder: Path | None) -> Theme:
    """Return what pages in `language` are made of, with the theme in `folder`, if there is one;
    raises `PublishError` where that can't be read."""
    ours = _ours()
    theirs = {} if folder is None else _files(folder)
    found = {**ours, **theirs, **{OURS + name: data for name, data in ours.items()}}
    spoken = wording.primary(language)
    if f"{_LANGUAGES}{spoken}.toml" not in found:
        spoken = wording.DEFAULT
    words = f"{_LANGUAGES}{spoken}.toml"
    templates = {
        name: _text(data, folder, name) for name, data in found.items() if name.endswith(".html")
    }
    static = found.keys() - templates.keys()
    return Theme(
        templates=templates,
        static={name: found[name] for name in found if name in static and not _is_ours(name)},
        language=spoken,
        words=found[words],
        words_path=str(folder / words) if folder and words in theirs else words,
        own=frozenset(name for name in theirs if name in templates and not _is_ours(name)),
        folder=folder,
    )


def _is_ours(name: str) -> bool:
    """True for what stands in folders that we read, and nobody is sent."""
    return name.startswith((OURS, _LANGUAGES))


@cache
def _ours() -> Mapping[str, bytes]:
    """The files that come with feedtool."""
    files: dict[str, bytes] = {}
    for room, prefix in (("templates", ""), ("languages", _LANGUAGES)):
        for path in sorted((_HERE / room).iterdir()):
            files[prefix + path.name] = path.read_bytes()
    return files


def _files(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their paths in it, but for hidden ones."""
    try:
        if not folder.is_dir():
            raise PublishError(folder, "is no folder that is there: publish.theme names it")
        paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
        return {
            name: path.read_bytes()
            for name, path in paths.items()
            if not any(part.startswith(".") for part in name.split("/")) and path.is_file()
        }
    except OSError as error:
        reason = f"can't be read: {error.strerror or error}"
        raise PublishError(error.filename or folder, reason) from error


def _text(data: bytes, folder: Path | None, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PublishError(Path(folder or "", name), "is not UTF-8") from error


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{len(files[name])}\0".encode())
        whole.update(files[name])
    return whole.hexdigest()
