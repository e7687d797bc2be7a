"""The list of mutations (`python -m tests.mutations`) can be run, and what runs it tells what is noticed."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

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


SUMS = "def plus(a, b):\n    return a + b\n\n\ndef add(c, d):\n    return c + d\n"
LIST = """
[[mutation]]
name = "{name}"
file = "sums.py"
old = "{old}"
new = "{new}"
tests = ["test_sums.py"]
hurts = "all"
"""
CASES = {  # what is changed to what, and what is said of it
    "unseen": ("a + b", "a - b", "SURVIVED"),
    "seen": ("c + d", "c - d", "test_sums.py::test"),
    "gone": ("e + f", "e - f", "does not apply"),
    "broken": ("return c", "return (", "no test was run"),
}


def test_a_run_tells_what_is_noticed(tmp_path: Path) -> None:
    tree, listed = tmp_path / "tree", tmp_path / "list.toml"
    tree.mkdir()
    (tree / "sums.py").write_text(SUMS)
    (tree / "test_sums.py").write_text("from sums import add\n\n\ndef test():\n    assert add(1, 2) == 3\n")
    listed.write_text("".join(LIST.format(name=name, old=old, new=new) for name, (old, new, _) in CASES.items()))
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    command = [sys.executable, "-m", "tests.mutations", "--root", str(tree), "--file", str(listed)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "1 of 4 mutations were noticed" in done.stdout, done.stdout + done.stderr
    for number, (name, (_, _, said)) in enumerate(CASES.items(), 1):
        assert f"{number}/4 {name}: {said}" in done.stdout
    one = subprocess.run([*command, "--unchecked", "se*"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert one.returncode == 0 and "1 of 1 mutations were noticed" in one.stdout
    assert (tree / "sums.py").read_text() == SUMS
