"""Undo and redo in the list of regions; saved with its document, opened again, and broken in several ways."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, list_of_regions, opened, pause, qtest, ready, shown, stepping, tree, until
    from impasto.document import kept_regions, pen
    from impasto.document.mask_math import bytes_of
    from impasto.qt import QtCore, QtWidgets

    told = yield from ready(layers="none", regions=True, strokes=60, preview=False)
    document = yield from opened()
    box = list_of_regions(200)
    keys = QtCore.Qt

    def names():
        return [box.list.item(k).text() for k in range(box.list.count())][::-1]

    def press(key, *more):
        held = keys.KeyboardModifier.ControlModifier
        for each in more:
            held |= each
        qtest().keyClick(box.list, key, held)

    def row(number):
        entry = told.regions.entries[number]
        planes = [bytes_of(plane.image) for plane in entry.planes]
        return [entry.name, entry.visible, entry.style, entry.medium, entry.detail], planes

    found = {"none": [box.commands["undo"].isEnabled(), box.commands["redo"].isEnabled()]}
    found["segmented"] = yield from stepping(told, begin=krita.action("impasto_segment").trigger)
    first, layers = names(), tree(document.rootNode())
    box.list.setFocus()
    for number in (0, 1):
        box.list.item(number).setSelected(True)
    box.commands["merge"].trigger()
    merged = names()
    press(keys.Key.Key_Z)
    found["undone"] = [names() == first, len(first) - len(merged), tree(document.rootNode()) == layers]
    press(keys.Key.Key_Z, keys.KeyboardModifier.ShiftModifier)
    found["redone"] = [names() == merged, box.commands["redo"].isEnabled()]
    box.list.item(0).setText("my face")
    box.list.clearSelection()
    box.list.setCurrentRow(0)
    for value in (2, 7, 10):  # a slider that moves is one step
        box.detail.slider.setValue(value)
    box.styles.activated.emit(box.styles.findData("painterly"))
    box.commands["undo"].trigger()
    found["style"] = told.regions.entries[-1].style
    box.commands["undo"].trigger()
    found["detail"] = told.regions.entries[-1].detail
    for _ in range(2):
        box.commands["redo"].trigger()
    box.commands["clear"].trigger()
    cleared = names()
    box.commands["undo"].trigger()
    found["cleared"] = [cleared, names() == [*merged[:-1], "my face"]]
    told.regions.show(told.regions.entries[0].key, False)
    yield from pause(1)
    rows = [row(k) for k in range(len(merged))]
    path = os.environ["PICTURES"] + "/kept.kra"
    document.setBatchmode(True)
    found["saved"] = [document.saveAs(path), document.modified()]
    document.close()
    yield from pause(0.5)
    again = krita.openDocument(path)
    yield from shown(again)
    yield from until(lambda: told.regions.entries)
    planes = kept_regions.planes_there(again)
    found["again"] = [[row(k) for k in range(len(told.regions.entries))] == rows, again.modified(),
                      box.commands["undo"].isEnabled(), len(planes) == len(first)]  # fmt: skip
    (canvas,) = [w for w in krita.activeWindow().qwindow().findChildren(QtWidgets.QWidget)
                 if w.metaObject().className() in pen.CANVAS and w.isVisible()]  # fmt: skip
    hand = keys.MouseButton.MiddleButton  # which draws nothing
    qtest().mousePress(canvas, hand)
    krita.action("impasto_paint_layer").trigger()
    yield from pause(1.5)
    found["while drawn"] = [pen.is_down(), told.run.stage, len(tree(again.rootNode()))]
    qtest().mouseRelease(canvas, hand)
    found["painted"] = yield from stepping(told, begin=lambda: None)
    again.setModified(False)
    again.close()
    found["broken"] = []
    for way in ("list", "plane", "no plane", "bomb"):
        broken = krita.openDocument(path)
        plane = kept_regions.PLANE + sorted(kept_regions.planes_there(broken))[0]
        data = bytes(broken.annotation(plane))
        if way == "list":
            broken.setAnnotation(kept_regions.LIST, "", QtCore.QByteArray(b'{"width": 1e999}'))
        elif way == "no plane":
            broken.removeAnnotation(plane)
        else:
            import zlib

            wrong = data[: len(data) // 2] if way == "plane" else zlib.compress(bytes(50_000_000))
            broken.setAnnotation(plane, "", QtCore.QByteArray(wrong))
        yield from shown(broken)
        yield from pause(0.5)
        found["broken"].append([len(told.regions.entries), told.message])
        broken.setModified(False)
        broken.close()
    return found
