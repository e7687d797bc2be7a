"""Starts what stands in for Krita: its window, the plugin, and the driver that runs a case; Qt 6 draws on no screen."""

import sys

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QTextEdit

app = QApplication(sys.argv)

import impasto_driver  # noqa: E402, F401
from krita import Krita  # noqa: E402

import impasto  # noqa: E402, F401

krita = Krita.instance()
for extension in krita.extensions:
    extension.setup()
    extension.createActions(krita)
for factory in krita.factories:
    docker = factory.kind()
    docker.setObjectName(factory.name)
    krita.shown.append(docker)
    krita.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docker)
krita.window.setCentralWidget(QTextEdit())  # where Krita shows the picture
krita.window.resize(1200, 1000)
krita.window.show()
app.exec()
