"""What keeps the house in order: sizes, names, and what may be imported where (layers and circles: import-linter)."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("impasto", "engine", "commands", "protocol", "plugin_krita", "benchmarks")
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
MOST_LINES, MOST_CLASS_LINES, MOST_PARAMETERS = 400, 250, 12
IN_KRITA = ROOT / "plugin_krita" / "impasto"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in MODULES:
        yield name_of(path), ast.parse(path.read_text(encoding="utf-8"))


def decorators(node: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(decorator) for decorator in node.decorator_list)


def test_no_module_and_no_class_is_too_long() -> None:
    long = [name_of(path) for path in MODULES if path.read_text(encoding="utf-8").count("\n") > MOST_LINES]
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= MOST_CLASS_LINES:
                long.append(f"{name}: {node.name}")
    assert not long


def test_no_function_takes_too_much() -> None:
    """Kernels and click's commands apart: arrays are a kernel's vocabulary, and options are what a user reads."""
    found = []
    for name, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef) or re.search(
                r"\b(kernel|inner|jit|command|group)\b", decorators(node)
            ):
                continue
            arguments = node.args
            count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
            if count - (arguments.args[:1] != [] and arguments.args[0].arg in ("self", "cls")) > MOST_PARAMETERS:
                found.append(f"{name}: {node.name} takes {count}")
    assert not found


def test_no_two_public_classes_have_one_name() -> None:
    places = defaultdict(list)
    for name, tree in trees():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    assert not {name: where for name, where in places.items() if len(where) > 1}


@pytest.mark.parametrize("stem", ["pixels", "places"])
def test_no_two_modules_are_called(stem: str) -> None:
    assert len([path for path in MODULES if path.stem == stem]) < 2


def test_krita_gets_what_it_has() -> None:
    """Inside Krita there are the standard library, Qt, Krita itself, pyzmq, and what the plugin brings."""
    allowed = {*sys.stdlib_module_names, "krita", "PyQt5", "PyQt6", "zmq", "msgpack"}
    for path in IN_KRITA.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level <= len(path.relative_to(IN_KRITA).parts), path  # not out of the plugin's own folder
                names += [node.module or ""] if node.level == 0 else []
            assert {name.split(".")[0] for name in names} <= allowed, path


def test_every_room_is_installed_and_linked() -> None:
    """The links in impasto/ and setup.py name the same folders, and each Python folder of them is a package."""
    rooms = re.search(r"ROOMS = \((.*)\)", (ROOT / "setup.py").read_text(encoding="utf-8"))
    assert rooms is not None
    linked = {path.name for path in (ROOT / "impasto").iterdir() if path.is_symlink()}
    assert set(re.findall(r"\w+", rooms.group(1))) == linked
    for room in linked:
        assert (ROOT / "impasto" / room).resolve() == ROOT / room
    assert not [name_of(p) for p in MODULES if p.parts[-2] != "benchmarks" and not (p.parent / "__init__.py").exists()]


def test_imports_point_one_way() -> None:
    """The contracts in pyproject.toml."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
