"""Which tests run: those marked nightly or matrix only if their mark is named, as in `pytest -m nightly`.

Those in slow.txt are marked slow, see slow.py."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import shape_checks  # noqa: F401 (before anything of the engine's is loaded: it checks what is loaded later)

from tests import second_look
from tests.slow import is_slow, listed

APART = {
    "nightly": "takes too long for every run",
    "matrix": "needs other versions of Krita, Python or a library",
}


# modules that are not on every system, and a helper of ours that needs one
ELSEWHERE = re.compile(r"^ *(?:import|from) (resource|pty|fcntl|termios|pwd|triton|limits)\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what other systems than Linux cannot import; on Linux all has to be there."""
    if sys.platform == "linux" or collection_path.suffix != ".py":
        return None
    needed = {name.replace("limits", "resource") for name in ELSEWHERE.findall(collection_path.read_text("utf-8"))}
    return True if any(find_spec(name) is None for name in needed) else None


def pytest_configure(config: pytest.Config) -> None:
    for name, why in {**APART, "slow": "left out of the one-minute loop: pytest -m 'not slow'"}.items():
        config.addinivalue_line("markers", f"{name}: {why}")
    if second_look.wanted():
        config.pluginmanager.register(second_look.SecondLook())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = listed()
    for item in items:
        if is_slow(item.nodeid, slow):
            item.add_marker(pytest.mark.slow)
    asked = config.getoption("markexpr", default="") or ""
    left_out = [item for item in items if any(item.get_closest_marker(name) and name not in asked for name in APART)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture
def efforts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The effort of each painter that is begun in this process, in their order."""
    from impasto.engine.painter.painter import Painter

    asked, begin = [], Painter.__init__

    def begun(painter: Painter, *given: Any, **options: Any) -> None:
        asked.append(options.get("effort", "not said"))
        begin(painter, *given, **options)

    monkeypatch.setattr(Painter, "__init__", begun)
    return asked


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are called by their argument and a number: archives and profiles hold the time they were made, and workers
    that collect in different seconds must agree on the names of their tests."""
    return argname if isinstance(val, bytes) else None
