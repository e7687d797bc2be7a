"""Two sides of different age agree, or the refusal says which one to update. And this code runs in old Pythons."""

import ast
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from impasto import protocol
from impasto.protocol import ProtocolError, agreed

FILES = sorted(Path(protocol.__file__).parent.glob("*.py"))
PYTHONS = [f"python3.{minor}" for minor in (8, 9, 10, 11, 12, 13, 14)]


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes this side an older or newer one."""

    def set_versions(oldest: int, newest: int) -> None:
        monkeypatch.setattr(protocol, "OLDEST_VERSION", oldest)
        monkeypatch.setattr(protocol, "NEWEST_VERSION", newest)

    return set_versions


@pytest.mark.parametrize(
    ("ours", "theirs", "spoken"),
    [((1, 1), (1, 1), 1), ((1, 1), (1, 7), 1), ((1, 3), (2, 9), 3), ((1, 3), (2, 2), 2), ((2, 5), (1, 2), 2)],
)
def test_the_newest_that_both_speak(speaks: Any, ours: Any, theirs: Any, spoken: int) -> None:
    speaks(*ours)
    assert agreed(theirs) == agreed(list(theirs), "the client") == spoken
    speaks(*theirs)
    assert agreed(ours) == spoken


@pytest.mark.parametrize("ours_is_newer", [True, False])
@pytest.mark.parametrize(("we", "they"), [("the client", "the engine"), ("the engine", "the client")])
def test_the_older_side_is_to_be_updated(speaks: Any, ours_is_newer: bool, we: str, they: str) -> None:
    old, new = (1, 2), (4, 5)
    speaks(*(new if ours_is_newer else old))
    with pytest.raises(ProtocolError) as refused:
        agreed(old if ours_is_newer else new, they)
    assert refused.value.code == "version"
    assert refused.value.remedy == f"update {they if ours_is_newer else we}"
    assert they in refused.value.sentence
    assert str(old[1] if ours_is_newer else new[0]) in refused.value.sentence


@pytest.mark.parametrize(
    "theirs",
    [None, 1, "11", [], [1], [1, 2, 3], [True, True], [1.0, 1.0], [0, 1], [-1, 1], [2, 1], ["1", "1"], {1: 1, 2: 2},
     [1, 10**400], [None, 1]],
)  # fmt: skip
def test_no_versions(theirs: Any) -> None:
    with pytest.raises(ProtocolError) as refused:
        agreed(theirs)
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_old_grammar(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    # annotations may be of any age, as long as nothing looks at them
    assert not tree.body[1:] or any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body
    )


@pytest.mark.parametrize("name", PYTHONS)
def test_other_pythons(name: str, tmp_path: Path) -> None:
    """Imported there if that Python has pyzmq and msgpack; else at least compiled."""
    python = shutil.which(name)
    if python is None or subprocess.run([python, "-c", "1"], capture_output=True).returncode:
        pytest.skip(f"there is no {name}")
    libraries = subprocess.run([python, "-c", "import zmq, msgpack"], capture_output=True).returncode == 0
    names = ["protocol" if path.stem == "__init__" else f"protocol.{path.stem}" for path in FILES]
    if libraries:
        code = f"import sys; sys.path.insert(0, {str(FILES[0].parents[1])!r}); import {', '.join(names)}"
    else:
        paths = [str(path) for path in FILES]
        code = f"for p in {paths!r}: compile(open(p, encoding='utf-8').read(), p, 'exec')"
    done = subprocess.run([python, "-B", "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_standard_library_pyzmq_and_msgpack_only() -> None:
    import sys

    allowed = {*sys.stdlib_module_names, "zmq", "msgpack"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level != 1 else []
            assert {name.split(".")[0] for name in names} <= allowed, path.name
