"""What is said to add an extra, by an engine that Krita's docker has made."""

import sys
from pathlib import Path

import pytest

from impasto.engine.installing import install


def test_an_engine_of_the_dockers_grows_by_its_button_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "engine" / "environment"))
    assert "[film]" in install("film") and "[regions]" in install("regions")
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "installed.json").write_text("{}")
    assert "press Add regions" in install("regions")
    assert "Add regions" not in install("film") and "extra film" in install("film")
