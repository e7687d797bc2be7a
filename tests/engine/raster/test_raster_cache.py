"""Where compiled kernels are kept, what is said of it, and what happens when they cannot be kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.raster import compiling, cpu

RENDERS = """
import sys
import numpy as np
from engine.raster import render
from engine.raster.cpu import announcement
print(announcement())
stroke = [0.2, 0.2, 0.5, 0.5, 0.8, 0.8, 0.2, 0.2, 1, 1, 1, 0, 0]
print(render(np.array([stroke]), 4, 4, background=(0, 0, 0, 1), softness=0.01).max())
print("torch" in sys.modules)
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A cache folder of its own, for a process that has prepared nothing yet."""
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    monkeypatch.setattr(cpu, "_prepared", False)
    compiling.cache_folder.cache_clear()
    yield tmp_path
    compiling.cache_folder.cache_clear()


def test_the_first_compilation_is_announced_once(home):
    assert cpu.announcement() == "preparing kernels, once"
    compiling.mark_compiled()
    assert cpu.announcement() is None


def test_the_folder_is_named_after_the_sources(home, monkeypatch):
    folder = compiling.cache_folder()
    assert folder is not None and folder.parent == home
    monkeypatch.setattr(compiling, "_SOURCES", (Path(__file__),))
    compiling.cache_folder.cache_clear()
    assert compiling.cache_folder() != folder


def test_a_folder_that_cannot_be_written_is_announced(home, monkeypatch):
    (home / "file").write_text("in the way")
    monkeypatch.setenv("IMPASTO_CACHE", str(home / "file" / "below"))
    compiling.cache_folder.cache_clear()
    assert compiling.cache_folder() is None
    assert "IMPASTO_CACHE" in (cpu.announcement() or "")


def test_without_a_cache_kernels_are_compiled_all_the_same(tmp_path):
    (tmp_path / "file").write_text("in the way")
    environment = {**os.environ, "IMPASTO_CACHE": str(tmp_path / "file" / "below")}
    done = subprocess.run(
        [sys.executable, "-c", RENDERS], env=environment, capture_output=True, text=True, check=True,
        cwd=Path(cpu.__file__).parents[2],
    )  # fmt: skip
    said, brightest, torch_loaded = done.stdout.splitlines()
    assert "cannot be kept" in said and float(brightest) == 1.0 and torch_loaded == "False"
    assert not done.stderr
