"""The house rules that a machine can see."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "feedtool"
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").glob("test_*.py"))
DESIGN = (ROOT / "docs/design.md").read_text("utf-8")
Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_module(path): ast.parse(path.read_text("utf-8")) for path in FILES}


def _imports(module: str) -> Iterator[str]:
    """Every module that is imported anywhere in this one, in functions too."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in TREES else node.module


def _table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of the design, as cells."""
    section = DESIGN.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def _layers() -> dict[str, int]:
    layers = {}
    for number, row in enumerate(_table("Rooms and layers")):
        for pattern in re.findall(r"`([\w./*]+)`", row[1]):
            for module in TREES:
                path = module.removeprefix("feedtool.").replace(".", "/")
                whole = pattern.endswith("/*") and path.startswith(pattern[:-1])
                if path == pattern or (whole and module not in layers):
                    layers[module] = number
    return layers


LAYERS = _layers()
# A package's own file holds its docstring and nothing else.
ROOMS = {module for module in TREES if (PACKAGE / module.partition(".")[2]).is_dir()} - {"feedtool"}


def test_every_file_has_a_layer() -> None:
    """The table in the design knows all files."""
    missing = set(TREES) - set(LAYERS) - ROOMS
    assert missing == {"feedtool"}


@pytest.mark.parametrize("module", sorted(LAYERS))
def test_imports_run_one_way(module: str) -> None:
    """A file imports from its own layer or from those before it, and never the door."""
    for imported in _imports(module):
        if imported.startswith("feedtool"):
            assert imported != "feedtool"
            assert imported in LAYERS, imported
            assert LAYERS[imported] <= LAYERS[module], imported


def test_the_map_of_the_reading_room_is_whole() -> None:
    """The design says of every file in read/ what it is there for, and of no other."""
    written = {
        name for row in _table("The reading room") for name in re.findall(r"`(\w+)`", "".join(row))
    }
    assert written == {path.stem for path in (PACKAGE / "read").glob("[a-z]*.py")}


def test_the_halves_do_not_know_each_other() -> None:
    """Collecting and publishing meet in the archive alone."""
    assert not any("publish" in name for name in _imports("feedtool.collect"))
    for module in TREES:
        if module.startswith("feedtool.publish"):
            assert "feedtool.collect" not in _imports(module)
            assert not any(
                name.startswith(("feedtool.fetch", "feedtool.read")) for name in _imports(module)
            )


def test_there_is_no_circle() -> None:
    """Taking away what imports nothing of ours, again and again, leaves nothing."""
    left = {module: {name for name in _imports(module) if name in TREES} for module in TREES}
    while free := [module for module, names in left.items() if not names & set(left)]:
        for module in free:
            del left[module]
    assert left == {}


def test_one_file_knows_each_package() -> None:
    """The table in the design says which file that is."""
    known: dict[str, set[str]] = {}
    standard = sys.stdlib_module_names | {"compression"}  # which Python has from 3.14 on
    for module in TREES:
        for name in _imports(module):
            top = name.partition(".")[0]
            if top not in standard and top != "feedtool":
                path = module.removeprefix("feedtool.").replace(".", "/")
                known.setdefault(top, set()).add(path)
    written = {
        row[0].strip("`"): {row[1].strip("`")} for row in _table("One file knows each package")
    }
    assert known == written


PURE = [module for module, layer in LAYERS.items() if layer <= 2]


@pytest.mark.parametrize("module", PURE)
def test_pure_files_do_no_io(module: str) -> None:
    """Words, nouns and stages touch neither system, network nor thread."""
    systems = {
        "os",
        "socket",
        "sqlite3",
        "subprocess",
        "shutil",
        "tempfile",
        "threading",
        "asyncio",
    }
    assert not systems & {name.partition(".")[0] for name in _imports(module)}


@pytest.mark.parametrize("module", sorted(TREES))
def test_clock_and_environment_are_read_at_the_rim(module: str) -> None:
    """Only the command line asks for the time, the environment or the arguments; a daemon that is
    given no clock, for the time."""
    if module.startswith("feedtool.cli") or module == "feedtool.__main__":
        return
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("environ", "getenv", "argv", "utcnow", "today"), node.lineno
            if module == "feedtool.daemon" and node.attr == "now":
                continue
            if node.attr in ("now", "time") and isinstance(node.value, ast.Name):
                assert node.value.id not in ("datetime", "time", "date"), node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short(path: Path) -> None:
    """No file has more than 400 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= 400


def _public(tree: ast.Module) -> Iterator[Node]:
    for node in tree.body:
        if isinstance(node, Node) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, Node) and not inner.name.startswith("_"):
                        yield inner


@pytest.mark.parametrize("module", sorted(TREES))
def test_public_names_are_documented(module: str) -> None:
    """Every public file, class, function and method says what it is, in a sentence."""
    tree = TREES[module]
    assert ast.get_docstring(tree) or module == "feedtool.__main__", module
    for node in _public(tree):
        said = ast.get_docstring(node)
        assert said, f"{module}.{node.name} has no docstring"
        assert said.rstrip().endswith((".", ":", "`", ")")), f"{module}.{node.name}"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_every_test_says_what_is_true(path: Path) -> None:
    """Each test's docstring is a sentence."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            said = ast.get_docstring(node) or ""
            assert said.endswith("."), f"{path.name}: {node.name}"


def test_the_project_speaks_of_itself_alone() -> None:
    """No file that is delivered names a host of a package registry or a path of one machine."""
    hosts = (
        "pypi" + ".org",
        "python" + "hosted",
        "registry.npm" + "js",
        "/ro" + "ot/",
        "/ho" + "me/",
    )
    for path in (*FILES, *TESTS, ROOT / "README.md", ROOT / "Makefile", ROOT / "requirements.lock"):
        written = path.read_text("utf-8")
        for host in hosts:
            assert host not in written, path
