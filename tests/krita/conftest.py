"""Runs scripts in the real Krita, on a screen that nobody sees.

`apt-get install krita xvfb` brings it (Debian 12: Krita 5.1.5). Without it these tests are skipped, but not in CI,
where it has to be there; IMPASTO_WITHOUT_KRITA=1 skips them everywhere.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TIMEOUT = 300  # seconds; a first start takes some 20
HINT = "these tests need the real Krita: apt-get install krita xvfb"

InKrita = Callable[..., Any]


@pytest.fixture(scope="session")
def krita_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own: no setting of the user's matters, and none is changed."""
    if os.environ.get("IMPASTO_WITHOUT_KRITA"):
        pytest.skip("IMPASTO_WITHOUT_KRITA is set")
    if not all(map(shutil.which, ("kritarunner", "xvfb-run"))):
        if os.environ.get("CI"):
            pytest.fail(HINT)
        pytest.skip(HINT)
    return tmp_path_factory.mktemp("krita_home")


@pytest.fixture
def in_krita(krita_home: Path, tmp_path: Path) -> InKrita:
    """Calls `main(*words)` of a script in Krita and returns its answer, which is JSON."""

    def run(script: Path, *words: str | Path) -> Any:
        answer, runtime = tmp_path / "answer.json", tmp_path / "runtime"
        answer.unlink(missing_ok=True)
        runtime.mkdir(mode=0o700, exist_ok=True)
        environment = {
            "HOME": str(krita_home), "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin",
            "LIBGL_ALWAYS_SOFTWARE": "1", "PYTHONPATH": str(Path(__file__).parent), "PYTHONDONTWRITEBYTECODE": "1",
            "KRITA_SCRIPT": str(script), "KRITA_ANSWER": str(answer),
        }  # fmt: skip
        command = ["xvfb-run", "-a", "kritarunner", "-s", "runner", *map(str, words)]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process:
            try:
                said, _ = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                said, _ = process.communicate()
                pytest.fail(f"Krita hung:\n{said.decode(errors='replace')[-2000:]}")
        if not answer.exists():  # kritarunner's exit code is 0 whatever happens
            pytest.fail(f"Krita gave no answer:\n{said.decode(errors='replace')[-2000:]}")
        found = json.loads(answer.read_text("utf-8"))
        assert "error" not in found, found["error"]
        return found["answer"]

    return run
