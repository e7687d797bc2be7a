"""Impasto for Krita: paints layers with real brush strokes. Here Krita finds it; the rooms are beside this file."""

from . import vendoring

vendoring.prepare()

from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita  # noqa: E402

from .extension import Impasto  # noqa: E402
from .ui.docker import DOCKER, Docker  # noqa: E402

_krita = Krita.instance()
_krita.addExtension(Impasto(_krita))
_krita.addDockWidgetFactory(DockWidgetFactory(DOCKER, DockWidgetFactoryBase.DockPosition.DockRight, Docker))
