"""Impasto for Krita: paints layers with real brush strokes. Here Krita finds it; the rooms are beside this file."""

from .easel import vendoring

vendoring.prepare()

from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita  # noqa: E402

from .easel import words  # noqa: E402
from .extension import Impasto  # noqa: E402
from .qt import locales  # noqa: E402
from .ui.docker import DOCKER, Docker  # noqa: E402

_krita = Krita.instance()
words.speak(locales, "Krita")
_krita.addExtension(Impasto(_krita))
_krita.addDockWidgetFactory(DockWidgetFactory(DOCKER, DockWidgetFactoryBase.DockPosition.DockRight, Docker))
