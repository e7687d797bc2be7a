"""The plugin's modules in this process, one by one, with Qt 6 and what stands in for Krita; no window is opened."""

from __future__ import annotations

import importlib
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from impasto import easel
from impasto.plugin_krita.installer import HERE

NAME = "planted_impasto"
STAND_IN = Path(__file__).parent / "qt6"


class Planted:
    """`plugin["document.mask_math"]` is that module of the plugin's; `krita` is the stand-in's module."""

    def __init__(self) -> None:
        from PyQt6.QtWidgets import QApplication

        self._app = QApplication.instance() or QApplication([])
        self.krita: Any = importlib.import_module("krita")

    def __getitem__(self, name: str) -> Any:
        return importlib.import_module(f"{NAME}.{name}")

    def document(self, width: int, height: int) -> Any:
        """A new document in front, without layers."""
        krita = self.krita.Krita.instance()
        made = krita.createDocument(width, height, "it", "RGBA", "U8", "", 300.0)
        krita.seen = made
        return made

    def layer(self, document: Any, name: str, rgba: bytes) -> Any:
        """A layer of a document, all of one colour, on top and active."""
        made = document.createNode(name, "paintlayer")
        red, green, blue, alpha = rgba
        size = document.width(), document.height()
        made.setPixelData(bytes((blue, green, red, alpha)) * (size[0] * size[1]), 0, 0, *size)
        document.rootNode().addChildNode(made, None)
        document.setActiveNode(made)
        return made


def ended(work: Any) -> Any:
    """What a generator returns that only takes its time."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def plugin() -> Iterator[Planted]:
    """The modules; all are forgotten afterwards, and so is the Krita that is none."""
    pytest.importorskip("PyQt6.QtWidgets")
    package = types.ModuleType(NAME)
    package.__path__ = [str(HERE / "impasto"), str(Path(easel.__file__).parents[1])]  # easel and protocol lie in it
    before, path = set(sys.modules), sys.path[:]
    sys.modules[NAME] = package
    sys.path.insert(0, str(STAND_IN))
    platform = os.environ.get("QT_QPA_PLATFORM")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        yield Planted()
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            if name == "krita" or name.startswith(NAME):
                del sys.modules[name]
        os.environ.pop("QT_QPA_PLATFORM") if platform is None else os.environ.update(QT_QPA_PLATFORM=platform)
