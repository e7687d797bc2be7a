"""What keeps the house in order: sizes, names, and what may be imported where (layers and circles: import-linter)."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from impasto.engine.version import IMPASTO_VERSION
from tests.slow import listed

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("impasto", "engine", "commands", "protocol", "easel", "packing", "plugin_krita", "plugin_gimp", "benchmarks")
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
MOST_LINES, MOST_CLASS_LINES, MOST_PARAMETERS = 400, 250, 12
IN_KRITA = ROOT / "plugin_krita" / "impasto"
IN_GIMP = ROOT / "plugin_gimp" / "impasto"
PLUGINS = {IN_KRITA: ("krita", "PyQt5", "PyQt6", "zmq", "msgpack"), IN_GIMP: ("gi", "zmq")}
IN_EDITORS = [path for room in (IN_KRITA, IN_GIMP, ROOT / "easel") for path in sorted(room.rglob("*.py"))]
# calls in the plugin that show a text, and which of their arguments are texts, or (text, value) pairs of them
SHOWN = {
    "CanvasError": (0,), "ProtocolError": (1, 2), "ImportError": (0,),
    "say": (0,), "_failed": (0,), "_lost": (0,), "_become": (1,), "_end": (1,), "build": (0,), "unique": (0,),
    "createAction": (1,), "action": (1,), "addAction": (0,), "QAction": (0,),
    "setText": (0,), "setToolTip": (0,), "setAccessibleName": (0,), "setPlaceholderText": (0,), "setWindowTitle": (0,),
    "setFormat": (0,), "QLabel": (0,), "QPushButton": (0,), "QRadioButton": (0,), "QCheckBox": (0,), "addRow": (0,),
    "addItem": (0,), "QListWidgetItem": (0,), "set_title": (0,), "_say": (0,), "_ask": (0,), "named": (1, 2),
    "button": (0, 1), "switch": (0, 1), "combo": (0, 1, 2), "tool": (1,), "Fold": (0, 1), "SliderRow": (0, 1),
}  # fmt: skip
UNREAD = {"CHOSEN", "ABOUT", "STOPPED", "_OF_PAINTINGS", "search", "compile", "ValueError"}  # constants, and calls
WORD, PHRASE = "[A-Za-z]{2}", "[A-Za-z]{2}[,;.]? [A-Za-z]{2}"
ENGLISH = "report.py"  # its makers read it


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


def test_every_way_to_end_is_a_test() -> None:
    """The table in docs/design.md names tests that exist."""
    table = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## Ways to end")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(test_\w+)`", table))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    assert len(named) > 30 and not named - there


@pytest.mark.parametrize("stem", ["pixels", "places"])
def test_no_two_modules_are_called(stem: str) -> None:
    assert len([path for path in MODULES if path.stem == stem]) < 2


def test_editors_get_what_they_have() -> None:
    """Inside an editor there are the standard library, its own modules, pyzmq, and what the plugin brings."""
    for path in IN_EDITORS:
        room = next((room for room in PLUGINS if room in path.parents), ROOT)  # easel lies beside protocol
        names_of_room = {*sys.stdlib_module_names, *PLUGINS.get(room, ())}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level <= len(path.relative_to(room).parts), path  # not out of the plugin's own folder
                names += [node.module or ""] if node.level == 0 else []
            assert {name.split(".")[0] for name in names} <= names_of_room, path


def called(node: ast.AST) -> str:
    """The name of what is called, if it is a call."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def is_tr(node: ast.AST) -> bool:
    """Is it tr("…"), with a literal that a catalogue's tool finds?"""
    arguments = node.args if isinstance(node, ast.Call) and called(node) == "tr" else []
    return len(arguments) == 1 and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str)


def is_unread(node: ast.AST) -> bool:
    """Docstrings, what is stored, compared or looked for, and why something is left alone without a word."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if any(isinstance(target, ast.Name) and target.id in UNREAD for target in targets):
        return True
    if isinstance(node, ast.Call) and called(node) == "ProtocolError":
        return isinstance(node.args[0], ast.Constant) and node.args[0].value == "damaged"
    return called(node) in UNREAD or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def texts(node: ast.AST, form: str) -> Iterator[str]:
    """The literals of a form that go through no tr in a node."""
    if is_tr(node) or is_unread(node):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(form, node.value):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child, form)


def shown(node: ast.AST) -> Iterator[str]:
    """Words that an expression shows and that go through no tr; of "…".format(…) and of (text, value) the first."""
    if isinstance(node, ast.Call | ast.Subscript):
        yield from () if is_tr(node) else shown(node.func if isinstance(node, ast.Call) else node.value)
    elif isinstance(node, ast.Constant):
        yield from texts(node, WORD)
    elif not isinstance(node, ast.Compare):
        for child in node.elts[:1] if isinstance(node, ast.Tuple) else ast.iter_child_nodes(node):
            yield from shown(child)


def test_what_the_artist_reads_goes_through_tr() -> None:
    """And that when it is used, as a catalogue may come after the import."""
    found = []
    for path in IN_EDITORS:
        if path.name == ENGLISH:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        late = {id(node) for function in functions for line in function.body for node in ast.walk(line)}
        wrong = list(texts(tree, PHRASE))
        for call in (node for node in nodes if isinstance(node, ast.Call)):
            if called(call) == "tr" and (id(call) not in late or not is_tr(call)):
                wrong.append(ast.unparse(call))
            for place in () if is_unread(call) else SHOWN.get(called(call), ()):
                wrong += [text for argument in call.args[place : place + 1] for text in shown(argument)]
        found += [f"{name_of(path)}: {text}" for text in wrong]
    assert not found


def test_every_room_is_installed_and_linked() -> None:
    """The links in impasto/ and setup.py name the same folders, and each Python folder of them is a package."""
    rooms = re.search(r"ROOMS = \((.*)\)", (ROOT / "setup.py").read_text(encoding="utf-8"))
    assert rooms is not None
    linked = {path.name for path in (ROOT / "impasto").iterdir() if path.is_symlink()}
    assert set(re.findall(r"\w+", rooms.group(1))) == linked
    (checked,) = re.findall(r"^include = \[(.*)\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert linked <= set(re.findall(r'"impasto/(\w+)"', checked)), "pyright follows no link that it is not given"
    for room in linked:
        assert (ROOT / "impasto" / room).resolve() == ROOT / room
    assert not [name_of(p) for p in MODULES if p.parts[-2] != "benchmarks" and not (p.parent / "__init__.py").exists()]


def test_slow_tests_are_there() -> None:
    """tests/slow.txt names files and tests that exist."""
    for name in listed():
        path, _, test = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert not test or re.search(rf"\bdef {test.split('::')[-1]}\b", (ROOT / path).read_text("utf-8")), name


def test_the_version_is_said_in_one_place() -> None:
    """engine/version.py; the changelog begins with it, and all else asks there."""
    (first, *_) = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first == IMPASTO_VERSION
    said = [
        path
        for path in (*MODULES, ROOT / "pyproject.toml", ROOT / "setup.py")
        if IMPASTO_VERSION in path.read_text("utf-8")
    ]
    assert said == [ROOT / "engine" / "version.py"]
    done = subprocess.run([sys.executable, ROOT / "cli.py", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"impasto {IMPASTO_VERSION}\n"


def test_imports_point_one_way() -> None:
    """The contracts in pyproject.toml."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
