"""Paint, undo, apply again, save, close, open again, repaint a selection, compare, remove."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import feathered, krita, opened, pause, pixels, ready, stepping, stray
    from common import tree as whole_tree

    def tree(node):
        return [entry for entry in whole_tree(node) if entry[1] != "selectionmask"]

    def act(name):
        return lambda: krita.action(name).trigger()

    def press(text):
        from PyQt5.QtWidgets import QPushButton

        (found,) = [b for b in krita.activeWindow().qwindow().findChildren(QPushButton) if b.text() == text]
        return found

    found = {}
    told = yield from ready(layers="regions", regions=True, strokes=700, seed=3, style="painterly", effort="draft")
    document = yield from opened()
    bare = pixels(document)
    found["nothing yet"] = yield from stepping(told, begin=told.repaint)
    found["paint"] = yield from stepping(told)
    painted, layers = pixels(document), tree(document.rootNode())
    found["remembered"] = [[e.title, e.recipe["strokes"], e.recipe["layers"]] for e in told.history.entries]

    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["undone"] = pixels(document) == bare
    found["apply"] = yield from stepping(told, begin=lambda: press("Apply").click())
    found["applied"] = [pixels(document) == painted, tree(document.rootNode()) == layers, len(told.history.entries)]

    path = os.environ["IMPASTO_FOLDER"] + "/painted.kra"
    document.setBatchmode(True)
    found["saved"] = document.saveAs(path)
    document.setBatchmode(False)
    document.setModified(False)
    document.close()
    yield from pause(0.5)
    for name, value in {"layers": "none", "strokes": 900, "seed": 8, "style": "realistic", "effort": "normal"}.items():
        told.settings[name] = value
    other = yield from opened()
    found["elsewhere"] = [told.settings["strokes"], len(told.history.entries)]
    document = yield from opened(path)
    found["settings"] = [told.settings[name] for name in ("style", "strokes", "seed", "layers", "effort")]
    found["reopened"] = [[e.title, e.image().width(), e.image().height()] for e in told.history.entries]
    krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + "/history.png")

    krita.action("deselect").trigger()
    found["unselected"] = []
    for name in ("repaint", "paint"):
        found["unselected"].append((yield from stepping(told, begin=act(f"impasto_{name}_selection"))))
    selection = feathered()
    document.setSelection(selection)
    mask = bytes(selection.pixelData(0, 0, document.width(), document.height()))
    before, names = pixels(document), tree(document.rootNode())
    told.settings["strokes"] = 500
    shown = []

    def watch():
        if told.run.work is not None and told.run.work.preview.count > len(shown):
            shown.append(stray(before, pixels(document), mask))

    found["repaint"] = yield from stepping(told, watch, begin=act("impasto_repaint_selection"))
    after = pixels(document)
    found["strays"] = [sum(shown), stray(before, after, mask)]
    found["previews"] = len(shown)
    inside = [k for k, m in enumerate(mask) if m == 255]
    found["changed"] = sum(before[4 * k : 4 * k + 3] != after[4 * k : 4 * k + 3] for k in inside) / len(inside)
    found["difference"] = sum(abs(bare[4 * k + c] - after[4 * k + c]) for k in inside for c in range(3)) / (
        3 * 255 * len(inside)
    )
    found["above"] = [names == tree(document.rootNode())[:-1], tree(document.rootNode())[-1]]
    found["two"] = [[e.recipe["layers"], e.recipe["settings"]["effort"]] for e in told.history.entries]
    krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + "/repainted.png")

    compare = press("Compare")
    compare.pressed.emit()
    yield from pause(0.3)
    without = pixels(document)
    compare.released.emit()
    yield from pause(0.3)
    found["compared"] = [without == before, pixels(document) == after]
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["one step"] = [pixels(document) == before, tree(document.rootNode()) == names]
    compare.pressed.emit()
    found["gone"] = told.message
    compare.released.emit()

    told.history.choose(told.history.entries[-1].name)
    press("Use settings").click()
    found["used"] = told.settings["strokes"]
    press("Remove").click()
    yield from pause(0.3)
    found["removed"] = [len(told.history.entries), len(document.annotationTypes()), tree(document.rootNode()) == names]
    found["other"] = len(tree(other.rootNode()))
    return found
