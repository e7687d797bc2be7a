"""What wheel, keys and mouse do to the docker; a selection painted, repainted and compared; regions cut out."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, krita, list_of_regions, opened, pause, pixels, qtest, ready, stepping, tree, until
    from impasto.qt import QtCore, QtGui, QtWidgets
    from krita import Selection

    told = yield from ready(layers="none", regions=False, strokes=200, seed=3, style="painterly")
    document = yield from opened()
    shown = docker()
    style, history = box(shown, "StyleBox"), box(shown, "HistoryBox")
    found, qt, test = {}, QtCore.Qt, qtest()

    def act(name):
        return lambda: krita.action(name).trigger()

    def press(text):
        (button,) = [b for b in history.findChildren(QtWidgets.QPushButton) if b.text() == text]
        button.click()

    def wheel(widget):
        place = QtCore.QPointF(5, 5)
        turned = QtGui.QWheelEvent(place, widget.mapToGlobal(place), QtCore.QPoint(), QtCore.QPoint(0, 120),
                                   qt.MouseButton.NoButton, qt.KeyboardModifier.NoModifier,
                                   qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QtWidgets.QApplication.sendEvent(widget, turned)
        return widget.value()

    # the wheel changes only what has the focus
    slider = style.strokes.slider
    before = slider.value()
    unfocused = wheel(slider)
    slider.setFocus()
    yield from until(slider.hasFocus)
    found["wheel"] = [unfocused == before, wheel(slider) != before]
    told.settings["strokes"] = 200

    # a selection, painted with previews, repainted, applied, compared
    bare = pixels(document)
    selection = Selection()
    selection.select(100, 60, 160, 140, 255)
    document.setSelection(selection)
    inside = [y * document.width() + x for y in range(60, 200) for x in range(100, 260)]
    outside = sorted(set(range(document.width() * document.height())) - set(inside))

    def changed(one, two, places):
        return sum(one[4 * k : 4 * k + 4] != two[4 * k : 4 * k + 4] for k in places) / len(places)

    previews = []

    def watch():
        previews.append(told.run.work.preview.count if told.run.work else 0)

    found["painted"] = yield from stepping(told, watch, rest=0, begin=act("impasto_paint_selection"))
    once = pixels(document)
    found["previews"] = max(previews)
    found["where"] = [changed(bare, once, inside) > 0.9, changed(bare, once, outside)]
    told.settings["seed"] = 4
    strays = []

    def look():
        work = told.run.work
        if work is not None and work.preview.count > len(strays):
            seen = work._cut(work.preview.image)
            middle = seen.pixelColor(seen.width() // 2, seen.height() // 2)
            strays.append([seen.pixelColor(1, 1).alpha(), middle.alpha()])

    found["repainted"] = yield from stepping(told, look, rest=0, begin=act("impasto_repaint_selection"))
    twice = pixels(document)
    found["seen"] = strays
    found["again"] = [changed(once, twice, inside) > 0.5, changed(once, twice, outside)]
    entries = [history._list.item(k) for k in range(history._list.count())]
    icons = [item.icon().pixmap(48, 48).toImage() for item in entries]
    found["results"] = [item.text().splitlines()[:2] for item in entries]
    found["icons"] = [image.isNull() for image in icons]
    history._compare.pressed.emit()
    found["compared"] = [pixels(document) == once]
    history._compare.released.emit()
    found["compared"].append(pixels(document) == twice)
    layers = len(tree(document.rootNode()))
    found["applied"] = yield from stepping(told, rest=0, begin=lambda: press("Apply"))
    found["more"] = len(tree(document.rootNode())) - layers
    press("Use settings")
    press("Remove")
    found["left"] = [history._list.count(), len(document.annotationTypes())]

    # regions: the selection and a group, then keys and the mouse on their list
    regions = list_of_regions()
    for x in (20, 250):
        selection = Selection()
        selection.select(x, 80, 100, 100, 255)
        document.setSelection(selection)
        yield from stepping(told, rest=0, begin=act("impasto_region_from_selection"))
    yield from until(lambda: regions.preview.image is not None and regions.preview.isVisible())
    yield from pause(0.3)
    listed = regions.list
    names = [listed.item(k).text() for k in range(listed.count())]
    left, top, scale = regions.preview._place()
    across = regions.preview.image.width() / document.width() * scale
    for x in (70, 300):
        place = QtCore.QPoint(round(left + x * across), round(top + 130 * across))
        test.mouseClick(regions.preview, qt.MouseButton.LeftButton, qt.KeyboardModifier.NoModifier, place)
        found[f"clicked {x}"] = [item.text() for item in listed.selectedItems()]
    test.keyClick(listed, qt.Key.Key_Space)
    found["eyes"] = [entry.visible for entry in told.regions.entries]
    flags = qt.ItemFlag.ItemIsEditable, qt.ItemFlag.ItemIsDragEnabled, qt.ItemFlag.ItemIsDropEnabled
    found["flags"] = [bool(listed.item(0).flags() & flag) for flag in flags]
    listed.editItem(listed.item(0))
    (editor,) = listed.findChildren(QtWidgets.QLineEdit)
    editor.clear()
    test.keyClicks(editor, "in front ")  # a space belongs to the name here
    test.keyClick(editor, qt.Key.Key_Return)
    yield from pause(0.1)
    moved = []
    listed.moved.connect(lambda: moved.append([item.text() for item in regions._items()]))
    listed.model().moveRow(QtCore.QModelIndex(), 1, QtCore.QModelIndex(), 0)
    dropped = QtGui.QDropEvent(QtCore.QPointF(5, 5), qt.DropAction.MoveAction, QtCore.QMimeData(),
                               qt.MouseButton.LeftButton, qt.KeyboardModifier.NoModifier)  # fmt: skip
    listed.dropEvent(dropped)
    yield from pause(0.1)
    found["names"], found["moved"] = names, moved
    found["order"] = [entry.name for entry in told.regions.entries]
    listed.customContextMenuRequested.emit(QtCore.QPoint(5, 5))
    (menu,) = regions.findChildren(QtWidgets.QMenu)
    found["menu"] = [menu.isVisible(), menu.actions()[0].text(), len(menu.actions())]
    menu.close()
    document.setActiveNode(document.rootNode().childNodes()[0])
    document.setSelection(None)
    found["cut"] = yield from stepping(told, rest=0, begin=act("impasto_segment_into_layers"))
    found["layers"] = [name for name, _, _ in tree(document.rootNode())[1][2]]

    # the settings: a file is chosen, a key copied
    dialog = box(shown, "EngineBox").settings()
    dialog._choose()
    (files,) = dialog.findChildren(QtWidgets.QFileDialog)
    found["one file"] = files.fileMode() == QtWidgets.QFileDialog.FileMode.ExistingFile
    files.selectFile(os.environ["PHOTO"])
    files.accept()
    dialog._copy()
    found["dialog"] = [dialog.python.text() == os.environ["PHOTO"],
                       QtWidgets.QApplication.clipboard().text() == dialog.own.text() != ""]  # fmt: skip
    dialog.close()
    told.offers.note, told.offers.state = {"name": "<b>sky</b>", "job": "0" * 32}, "done"
    told.changed.emit()
    offer = box(shown, "OfferBox")
    found["offer"] = [offer.isVisible(), "<b>sky</b>" in offer._text.text(),
                      offer._text.textFormat() == qt.TextFormat.PlainText]  # fmt: skip
    style.more.open()
    yield from pause(0.5)
    shown.grab().save(os.environ["IMPASTO_FOLDER"] + "/docker.png")
    krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + "/window.png")
    return found
