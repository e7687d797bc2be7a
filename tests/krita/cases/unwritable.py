"""Impasto's folder cannot be made; later a timer of the plugin fails each time: what is said, and how often."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, fresh, krita, opened, pause, stepping, until
    from impasto.qt import QtWidgets
    from impasto.state import state

    told, shown = state(), docker()
    fresh(told)
    yield from opened()
    engine = box(shown, "EngineBox")
    yield from until(lambda: "cannot be made" in engine.text.text())
    found = {"engine": engine.text.text(), "start": engine.start.isVisible()}
    found["paint"] = yield from stepping(told, rest=0)
    engine.start.click()
    yield from pause(0.3)
    found["problem"] = engine.problem.text()
    dialog = engine.settings()
    found["settings"] = dialog.said.text()
    dialog.close()
    krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + "/window.png")

    said = []
    told.differs.connect(lambda _: said.append(told.message))
    told.connection._tried = None  # no number: looking for the engine fails from now on, four times a second
    yield from until(lambda: told.message)
    found["fault"] = told.message
    told.say("")
    del said[:]
    yield from pause(1)
    labels = [label.text() for label in shown.findChildren(QtWidgets.QLabel)]
    found["again"] = [text for text in [*said, *labels] if found["fault"] in text]
    return found
