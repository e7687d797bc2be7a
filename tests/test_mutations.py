"""The list of mutations (`python -m tests.mutations`) can be run, and what runs it tells what is noticed."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.mutations.mutation import read_list

ROOT = Path(__file__).resolve().parents[1]
MUTATIONS = read_list(ROOT / "tests" / "mutations" / "list.toml")
MOST_WITH_KRITA = 10


def test_each_still_applies() -> None:
    """To one line, which can be run then; and the tests that have to notice are there."""
    read = cache(lambda name: (ROOT / name).read_text(encoding="utf-8"))
    for mutation in MUTATIONS:
        ast.parse(mutation.applied(read(mutation.file)))
        assert mutation.tests and mutation.hurts, mutation
        for test in mutation.tests:
            file, _, name = test.partition("::")
            assert not name or f"def {name.partition('[')[0]}(" in read(file), test
            assert (ROOT / file).is_file(), test


def test_few_need_krita() -> None:
    needing = [m.name for m in MUTATIONS if any(test.startswith("tests/krita/test_krita") for test in m.tests)]
    assert len(needing) <= MOST_WITH_KRITA and len(MUTATIONS) > 100


LIST = """
[[mutation]]
name = "{name}"
file = "sums.py"
old = "{old}"
new = "{new}"
tests = ["test_sums.py"]
hurts = "all"
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("a + b", "a - b", 1, "SURVIVED one in sums.py"),
        ("c + d", "c - d", 0, "1 of 1 mutations were noticed"),
        ("e + f", "e - f", 1, "does not apply"),
        ("return c", "return (", 1, "no test was run"),
    ],
)
def test_a_run_tells_what_is_noticed(tmp_path: Path, old: str, new: str, code: int, said: str) -> None:
    tree, sums = tmp_path / "tree", "def plus(a, b):\n    return a + b\n\n\ndef add(c, d):\n    return c + d\n"
    tree.mkdir()
    (tree / "sums.py").write_text(sums)
    (tree / "test_sums.py").write_text("from sums import add\n\n\ndef test():\n    assert add(1, 2) == 3\n")
    (tmp_path / "list.toml").write_text(LIST.format(name="one", old=old, new=new))
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    command = [sys.executable, "-m", "tests.mutations", "--root", str(tree), "--file", str(tmp_path / "list.toml")]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == code and said in done.stdout, done.stdout + done.stderr
    assert (tree / "sums.py").read_text() == sums
