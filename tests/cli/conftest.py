import json
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


@pytest.fixture
def events() -> Callable[[str], list[dict]]:
    """Reads lines of strict JSON."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return lambda text: [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
