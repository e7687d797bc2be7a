"""Pictures of the docker (wide, narrow, unfolded, its settings) and of a painting half-way and done."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, krita, opened, pause, ready, stepping, until
    from impasto.qt import QtCore, QtWidgets

    folder, theme = Path(os.environ["IMPASTO_FOLDER"]), os.environ["THEME"]

    def keep(widget, name):
        assert widget.grab().save(str(folder / f"{name}.png"))

    orientations = getattr(QtCore.Qt, "Orientation", QtCore.Qt)
    told = yield from ready(style="painterly", layers="regions", regions=True, strokes=0, seed=7, brush=1.0,
                 looseness=0.0, preview=True, changes={})  # fmt: skip
    window = krita.activeWindow().qwindow()
    window.resize(1360, 850)
    for other in krita.dockers():
        if other.objectName() not in ("KisLayerBox", "impasto_docker", "ToolBox"):
            other.setVisible(False)
    shown = docker()
    style, look = box(shown, "StyleBox"), box(shown, "LookBox")
    told.changed.emit()
    yield from until(lambda: len(told.viewer.pictures) == look.media.count() > 0, 120)
    for name, width in (("wide", 420), ("narrow", 200)):
        shown.setFloating(True)
        shown.resize(width, 200)
        yield from pause(0.7)
        shown.resize(width, min(shown.area.widget().sizeHint().height() + 75, 900))
        yield from pause(0.5)
        keep(shown, f"{theme}-{name}")
    if theme == "dark":
        told.style.change("shape/aspect", 9.0)
        style._slid("looseness", 0.4)
        style.more.open()
        yield from pause(0.3)
        style.parameters.folds["Shape"].open()
        shown.resize(300, 900)
        yield from pause(0.5)
        shown.area.ensureWidgetVisible(style.parameters.editors["shape/flow"])
        yield from pause(0.5)
        keep(shown, "more")
        style._slid("looseness", 0.0)
        told.style.reset()
        style.more._button.setChecked(False)
        dialog = box(shown, "EngineBox").settings()
        dialog.python.setText("/home/you/impasto/.venv/bin/python")  # not where this machine has it
        dialog.there.setChecked(True)
        yield from pause(0.5)
        keep(dialog, "settings")
        dialog.resize(dialog.minimumSizeHint())
        yield from pause(0.3)
        labels = [label for label in dialog.findChildren(QtWidgets.QLabel) if label.wordWrap() and label.isVisible()]
        cut = [label.text() for label in labels if label.height() < label.heightForWidth(label.width())]
        dialog.close()
        shown.setFloating(False)
        document = yield from opened()
        layers = next(each for each in krita.dockers() if each.objectName() == "KisLayerBox")
        window.resizeDocks([layers, shown], [320, 530], orientations.Vertical)
        window.resizeDocks([layers, shown], [300, 300], orientations.Horizontal)
        yield from pause(1.5)
        ended = []
        told.run.finished.connect(ended.append)
        krita.action("impasto_paint_layer").trigger()
        half = False
        while not ended:
            if (
                told.run.work is not None and told.run.work.pass_text.startswith("pass 3") and not half
            ):  # after it come only finer strokes
                half = True
                yield from pause(0.2)
                keep(window, "painting")
            yield
        yield from pause(1.5)
        keep(window, "done")
        shown.setFloating(True)
        shown.resize(300, 620)
        yield from pause(0.5)
        shown.area.verticalScrollBar().setValue(look.parentWidget().y() + look.media.height() - 150)
        relief = look.sliders["light/relief"].slider
        relief.setSliderDown(True)
        relief.setValue(80)
        yield from until(lambda: told.run.work is None or told.run.work.shown, 120)
        yield from pause(0.5)
        keep(shown, "look")
        relief.setSliderDown(False)
        yield from until(lambda: len(ended) == 2, 200)
        yield from pause(1)
        return {"how": ended, "half": half, "cut": cut, "layers": len(document.rootNode().childNodes())}
    if os.environ["SHOTS"]:
        told.settings["style"] = "watercolour-pen"
        told.changed.emit()
        shown.setFloating(False)
        document = yield from opened()
        layers = next(each for each in krita.dockers() if each.objectName() == "KisLayerBox")
        window.resizeDocks([layers, shown], [300, 550], orientations.Vertical)
        window.resizeDocks([layers, shown], [300, 300], orientations.Horizontal)
        yield from pause(1)
        shown.area.verticalScrollBar().setValue(look.parentWidget().y() + look.media.height() - 200)
        yield from stepping(told)
        keep(window, "washes")
    return {}
