"""Which tests run: those marked nightly or matrix only if their mark is named, as in `pytest -m nightly`."""

from typing import Any

import pytest

APART = {
    "nightly": "takes too long for every run",
    "matrix": "needs other versions of Krita, Python or a library",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, why in {**APART, "slow": "left out of the one-minute loop: pytest -m 'not slow'"}.items():
        config.addinivalue_line("markers", f"{name}: {why}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
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
