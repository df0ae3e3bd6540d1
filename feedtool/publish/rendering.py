"""Templates made into pages, and what is wrong with a theme said as its owner can mend it. The only
file that knows Jinja.

Ours are compiled once and kept as Python keeps our modules: beside them, in `__pycache__`, where
that may be written. Pure but for that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import jinja2
from jinja2 import compiler
from jinja2.bccache import Bucket

from feedtool.errors import PublishError
from feedtool.publish.theme import Theme

_KEPT = Path(__file__).with_name("__pycache__")


class Rendering:
    """The templates of a theme, whose names all see the same `names` beside their own.

    Raises `PublishError` where a template of the theme's can't be compiled, and whenever one can't
    be rendered.
    """

    def __init__(self, theme: Theme, names: Mapping[str, object], kept: Path = _KEPT) -> None:
        """`kept` is the folder for what was compiled."""
        self._theme = theme

        def load(name: str) -> tuple[str, str, None] | None:
            written = theme.templates.get(name)
            return None if written is None else (written, self._path(name), None)

        self._environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(load),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            optimized=False,  # it costs more than it saves
            bytecode_cache=_Compiled(kept, theme.templates.keys() - theme.own),
        )
        self._environment.globals = dict(names)
        for name in sorted(theme.own):  # what is wrong is told before anything is written
            with self._blaming():
                self._environment.get_template(name)

    def renders(self, name: str) -> Callable[..., str]:
        """Return what renders one of our templates."""
        return self._environment.get_template(f"{name}.html").render

    def render(self, name: str, values: Mapping[str, object]) -> bytes:
        """Return what a template makes of these, in UTF-8."""
        with self._blaming():
            template = self._environment.get_template(f"{name}.html")
            # Jinja would look each name up in several tables to bring them together.
            names = {**self._environment.globals, **values}
            try:
                written = "".join(
                    template.root_render_func(template.new_context(names, shared=True))
                )
            except Exception:  # noqa: BLE001 - raised again, with lines of the template
                self._environment.handle_exception()
            return written.encode("utf-8")

    def _path(self, name: str) -> str:
        """Where a template lies: the theme's below its folder."""
        folder = self._theme.folder
        return str(folder / name) if folder and name in self._theme.own else name

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # what a theme can do wrong has no end
            fault = self._fault(error)
            if fault is None:
                raise
            raise fault from error

    def _fault(self, error: Exception) -> PublishError | None:
        """What is wrong with the theme, and where; None where it isn't the theme."""
        paths = {self._path(name): name for name in self._theme.own}
        reason = str(error) or type(error).__name__
        if isinstance(error, jinja2.TemplateNotFound):  # its message is nothing but the name
            reason = f"there is no template {error.name}"
        if isinstance(error, jinja2.TemplateSyntaxError) and error.filename in paths:
            return PublishError(error.filename, f"line {error.lineno}: {error.message}")
        found, step = None, error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename in paths:
                found = step
            step = step.tb_next
        if found is None:
            return None
        path = found.tb_frame.f_code.co_filename
        return PublishError(path, f"line {found.tb_lineno}: {reason}")


class _Compiled(jinja2.BytecodeCache):
    """Our templates as they were compiled; those of a theme are compiled each time."""

    def __init__(self, folder: Path, ours: set[str]) -> None:
        self._folder, self._ours = folder, ours
        # Another Jinja, or other settings of it, would compile them otherwise.
        stamps = [Path(one).stat() for one in (compiler.__file__, __file__)]
        self._salt = repr([(one.st_mtime_ns, one.st_size) for one in stamps])

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002
        """The name of a file; none for what isn't ours."""
        tag = sys.implementation.cache_tag
        return f"{name.replace('/', '.')}.{tag}.template" if name in self._ours else ""

    def get_source_checksum(self, source: str) -> str:
        """Another one where a template would be compiled otherwise."""
        return sha256(f"{self._salt}\0{source}".encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was compiled, if it still holds."""
        if bucket.key:
            try:
                bucket.bytecode_from_string((self._folder / bucket.key).read_bytes())
            except Exception:  # noqa: BLE001 - one that isn't there, or damaged in whatever way
                bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, if that may be."""
        if bucket.key and not sys.dont_write_bytecode:
            path = self._folder / bucket.key
            made = path.with_name(f"{path.name}.{id(bucket)}")  # as Python names its own
            with suppress(OSError):
                self._folder.mkdir(exist_ok=True)
                with made.open("xb") as file:
                    file.write(bucket.bytecode_to_string())
                made.replace(path)
