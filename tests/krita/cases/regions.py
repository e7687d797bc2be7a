"""Find regions, change their list by its widgets, and paint by it."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def drag(shown, row, before):
    """What Qt does to the list when a row is dropped before another."""
    from impasto.qt import QtCore

    shown.model().moveRow(QtCore.QModelIndex(), row, QtCore.QModelIndex(), before)
    shown.moved.emit()


def seen_in(icon):
    """The colour in the middle of an entry's square: red, green, blue."""
    from impasto.ui.regions import EYE, ICON

    picture = icon.pixmap(EYE + ICON, ICON).toImage()
    return list(picture.pixelColor(EYE + ICON // 2, ICON // 2).getRgb()[:3])


def mean(pixels, share):
    """The mean of BGRA pixels, every seventh, where a region's share is large."""
    inside = [k for k in range(0, len(share), 7) if share[k] > 127]
    return [sum(pixels[4 * k + channel] for k in inside) / len(inside) for channel in (2, 1, 0)]


def main():
    from common import docker, krita, list_of_regions, opened, pause, qtest, ready, stepping, tree
    from impasto.document.mask_math import bytes_of
    from impasto.document.open_documents import key_of
    from impasto.qt import QtCore

    told = yield from ready(layers="passes", regions=True, strokes=400, preview=False, style="painterly")
    document = yield from opened()
    box = list_of_regions(200)
    pixels = bytes(document.activeNode().pixelData(0, 0, document.width(), document.height()))
    segmented = yield from stepping(told, begin=krita.action("impasto_segment").trigger)
    names = [entry.name for entry in told.regions.entries]

    def items():
        return [box.list.item(k) for k in range(box.list.count())]

    shown = [item.text() for item in items()]
    items()[0].setText("the/front: one")  # as its editor does
    items()[1].setText("the front one")
    for number in (2, 3):
        items()[number].setSelected(True)
    keeps = items()[2].text()
    box.commands["merge"].trigger()
    yield from pause(0.3)
    merged = [entry.name for entry in told.regions.entries]
    eye = box.list.visualItemRect(items()[1]).topLeft() + QtCore.QPoint(6, 8)
    left = QtCore.Qt.MouseButton.LeftButton
    qtest().mouseClick(box.list.viewport(), left, QtCore.Qt.KeyboardModifier.NoModifier, eye)
    passes = len(told.style.changed()["values"]["passes"])
    other = next(style for style in told.style.known if len(style["values"]["passes"]) != passes)
    box.list.setCurrentRow(2)
    box.styles.setCurrentIndex(box.styles.findData(other["name"]))
    box.styles.activated.emit(box.styles.currentIndex())
    box.detail.slider.setValue(10)
    box.list.clearSelection()
    box.list.setCurrentRow(3)
    box.media.activated.emit(box.media.findData("knife"))
    knife = items()[3].text(), items()[3].toolTip()
    box.more.open()
    yield from pause(0.3)
    box.parameters.editors["shape/aspect"].editor.setValue(9.0)
    box.more._button.setChecked(False)
    told.regions.undo()
    changed = [dict(entry.changes) for entry in told.regions.entries if entry.changes]
    told.regions.redo()
    wanted = [item.text() for item in items()[-1:] + items()[:-1]]
    drag(box.list, box.list.count() - 1, 0)
    yield from pause(1.5)
    docker().grab().save(os.environ["PICTURES"] + "/narrow.png")
    image = box.preview.image
    where = [(x, y) for x in range(0, image.width(), 8) for y in range(0, image.height(), 8)]
    entries = list(told.regions.entries)
    dragged = [entry.name for entry in entries[::-1]] == wanted == [item.text() for item in items()]
    left, top, scale = box.preview._place()
    pointed = {box.preview.region_at(left + (x + 0.5) * scale, top + (y + 0.5) * scale) for x, y in where}
    shares = told.regions.shares(key_of(document))
    found = None
    while found is None:
        try:
            next(shares)
            yield
        except StopIteration as over:
            found = [bytes_of(image) for image in over.value]
    sums = {sum(values) for values in zip(*found)}  # noqa: B905
    swatches = [
        (seen_in(item.icon()), mean(pixels, share))
        for item, entry, share in zip(items(), entries[::-1], found[::-1])  # noqa: B905
        if entry.visible
    ]
    how, message = yield from stepping(told)
    Path(os.environ["PICTURES"], "it.impasto").write_bytes(
        told.history.painting(key_of(document), told.history.current())
    )
    group = document.rootNode().childNodes()[-1]
    alpha = bytes(group.projectionPixelData(0, 0, document.width(), document.height()))[3::4]
    hidden = next(number for number, entry in enumerate(entries) if not entry.visible)
    inside = [a for a, share in zip(alpha, found[hidden]) if share == 255]  # noqa: B905
    outside = [a for a, share in zip(alpha, found[hidden]) if share == 0]  # noqa: B905
    own = next(entry for entry in entries if entry.style)
    (styled,) = [node for node in group.childNodes() if node.name() == own.name]
    paint = [bytes(node.pixelData(0, 0, document.width(), document.height())) for node in styled.childNodes()]
    yield from pause(1)
    krita.activeWindow().qwindow().grab().save(os.environ["PICTURES"] + "/window.png")
    another = krita.createDocument(64, 48, "another", "RGBA", "U8", "", 72.0)
    krita.activeWindow().addView(another)
    yield from pause(1)
    elsewhere = len(told.regions.entries), box.list.isVisible()
    return {
        "segmented": segmented, "names": names, "shown": shown, "merged": merged, "keeps": keeps, "how": how,
        "message": message, "visible": [entry.name for entry in entries if entry.visible],
        "hidden": entries[hidden].name, "detail": own.detail, "own": own.name, "passes": len(other["values"]["passes"]),
        "tree": tree(group), "inside": [len(inside), max(inside)], "outside": [len(outside), min(outside)],
        "paint": sum(any(layer) for layer in paint), "sums": sorted(sums), "pointed": len(pointed),
        "entries": len(entries), "elsewhere": elsewhere, "dragged": dragged, "width": box.width(), "knife": knife,
        "undone": changed,
        "swatches": swatches,
    }  # fmt: skip
