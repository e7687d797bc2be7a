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


SUMS = "".join(f"def {name}(a{n}, b{n}):\n    return a{n} + b{n}\n" for n, name in enumerate(["plus", "add", "less"]))
TESTS = """
import pytest
from sums import add, less

@pytest.mark.parametrize("said", ["one two"])
def test(said):
    assert add(1, 2) == 3

def test_always_fails():
    assert less(1, 1) == 1
"""
LIST = """
[[mutation]]
name = "{name}"
file = "sums.py"
old = "{old}"
new = "{new}"
tests = ["test_sums.py{test}"]
hurts = "all"
"""
CASES = {  # what is changed to what, the test, and what is said of it
    "unseen": ("a0 + b0", "a0 - b0", "::test", "SURVIVED"),
    "seen": ("a1 + b1", "a1 - b1", "", "test_sums.py::test"),
    "gone": ("e + f", "e - f", "", "does not apply"),
    "broken": ("return a1", "return (", "", "no test was run"),
    "always": ("a2 + b2", "a2 - b2", "::test_always_fails", "test_sums.py::test_always_fails fails without it, too"),
}


def test_a_run_tells_what_is_noticed_and_goes_on_where_it_was(tmp_path: Path) -> None:
    tree, listed, kept = tmp_path / "tree", tmp_path / "list.toml", tmp_path / "kept"
    tree.mkdir()
    (tree / "sums.py").write_text(SUMS)
    (tree / "test_sums.py").write_text(TESTS)
    listed.write_text("".join(LIST.format(name=k, old=v[0], new=v[1], test=v[2]) for k, v in CASES.items()))
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)

    def run(*names: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.mutations", "--root", tree, "--file", listed, "--kept", kept, *names]
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    done = run()
    assert done.returncode == 1 and "1 of 5 mutations were noticed" in done.stdout, done.stdout + done.stderr
    for number, (name, case) in enumerate(CASES.items(), 1):
        assert f"{number}/5 {name}: {case[3]}" in done.stdout
    again = run("se*", "un*")  # a survivor and what was noticed are known, all else has to be tried again
    assert again.returncode == 1 and "2 are as they were when they were tried; 0 are left" in again.stdout
    assert "SURVIVED unseen" in again.stdout and "1 of 2 mutations were noticed" in again.stdout
    (tree / "test_sums.py").write_text(TESTS + "\n")
    other = run("se*")
    assert other.returncode == 0 and "1/1 seen: test_sums.py::test (" in other.stdout
    assert (tree / "sums.py").read_text() == SUMS
