"""A result painted again with Krita's own brushes: one undo step, and the user draws in its midst."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import (
        Watch,
        box,
        docker,
        keep,
        krita,
        opened,
        pause,
        pixels,
        qtest,
        ready,
        stepping,
        tree,
        undo_steps,
        until,
    )
    from impasto.document import brushes, pen
    from impasto.link.connection import CONNECTED
    from impasto.qt import QtCore, QtWidgets
    from impasto.strokes import strokes_of

    folder, keys = os.environ["IMPASTO_FOLDER"], QtCore.Qt

    def held():
        """The user's tool, as far as plugins see it."""
        view = brushes.view()
        told = [getattr(view, get)() for get, _ in brushes._STATE]
        kind = [a.objectName() for a in krita.actions() if a.objectName().startswith("KritaShape/") and a.isChecked()]
        return [
            told[0].name(),
            *[each.components() if hasattr(each, "components") else each for each in told[1:]],
            kind,
        ]

    def drawn():
        """Draw a stroke on the canvas, as a mouse does."""
        (canvas,) = [w for w in krita.activeWindow().qwindow().findChildren(QtWidgets.QWidget)
                     if w.metaObject().className() in pen.CANVAS and w.isVisible()]  # fmt: skip
        test, middle = qtest(), canvas.rect().center()
        test.mousePress(canvas, keys.MouseButton.LeftButton, keys.KeyboardModifier.NoModifier, middle)
        for k in range(1, 12):
            test.mouseMove(canvas, middle + QtCore.QPoint(8 * k, 3 * k))
            yield from pause(0.03)
        test.mouseRelease(canvas, keys.MouseButton.LeftButton, keys.KeyboardModifier.NoModifier,
                          middle + QtCore.QPoint(96, 36))  # fmt: skip
        yield

    found = {"why not": brushes.why_not()}
    strokes = int(os.environ.get("STROKES", "200"))
    told = yield from ready(regions=False, strokes=strokes, seed=3, style="painterly", effort="draft")
    document = yield from opened()
    shown = docker()
    mine = box(shown, "OwnBrushBox")
    mine.parentWidget().open()
    if found["why not"]:
        mine.parentWidget().grab().save(f"{folder}/own brush, disabled.png")
        told.brush()
        found["refused"] = [told.message, mine.paint.isEnabled(), mine._reason.text(), told.run.busy]
        return found
    told.brush()
    found["nothing yet"] = told.message
    found["painted"] = yield from stepping(told)
    bare, layers = pixels(document), tree(document.rootNode())
    view = brushes.view()
    view.setCurrentBrushPreset(krita.resources("preset")["b) Basic-5 Size"])
    view.setBrushSize(30)
    view.setForeGroundColor(brushes.color(1, 0, 0))
    view.setPaintingOpacity(0.8)
    krita.action("KritaShape/KisToolBrush").trigger()
    yield from pause(0.5)
    hand = held()

    # with two brushes, undone and done again
    found["offered"] = told.own_brush.offered()
    found["table"], base = {}, undo_steps()
    for pair in os.environ.get("PAIRS", "oil").split(","):
        told.own_brush.choose(pair)
        begun, spent, watch = time.monotonic(), time.process_time(), Watch(told)
        how = yield from stepping(told, watch.look, told.brush)
        standstill = watch.stop()
        took = time.monotonic() - begun
        found["table"][pair] = {
            "how": how, "strokes": watch.work._done, "seconds": took, "cpu": time.process_time() - spent,
            "slice": watch.work.longest, "standstill": standstill, "undo steps": undo_steps() - base,
            "tool": held() == hand,
        }  # fmt: skip
        after, made = pixels(document), tree(document.rootNode())
        keep(f"own brush {pair}")
        document.projection(0, 0, document.width(), document.height()).save(f"{folder}/{pair}.png")
        krita.action("edit_undo").trigger()
        yield from pause(1)
        undone = [pixels(document) == bare, tree(document.rootNode()) == layers]
        krita.action("edit_redo").trigger()
        yield from pause(1)
        again = [pixels(document) == after, tree(document.rootNode()) == made, after != bare]
        found["table"][pair] |= {"undone": undone, "again": again, "made": made[-1]}
        krita.action("edit_undo").trigger()
        yield from pause(1)

    # the user draws in its midst
    told.own_brush.choose("oil")
    layer = document.createNode("mine", "paintlayer")
    document.rootNode().addChildNode(layer, None)
    document.setActiveNode(layer)
    yield from pause(1)
    ended = []
    told.run.finished.connect(ended.append)
    count = undo_steps()
    told.brush()
    yield from until(lambda: told.run.work is not None and told.run.work._done >= strokes // 2, 200)
    piece = told.run.work
    found["ours"] = [piece._hand.is_ours, held() == hand]
    yield from drawn()
    at = piece._done
    found["theirs"] = [piece._hand.is_ours, held() == hand]
    yield from pause(0.3)
    found["waits"] = piece._done - at
    yield from until(lambda: ended, 200)
    yield from pause(1)
    bounds = layer.bounds()
    raw = bytes(layer.pixelData(bounds.x(), bounds.y(), bounds.width(), bounds.height()))
    colours = {raw[k : k + 3].hex() for k in range(0, len(raw), 4) if raw[k + 3] > 150}
    found["their stroke"] = [bounds.width(), bounds.height(), sorted(colours), undo_steps() - count]
    found["in its midst"] = [list(ended), held() == hand, piece._done, document.activeNode().name()]
    keep("own brush, drawn meanwhile")

    # cancelled; its hidden document closed by a script; the painting's layers gone, first in its midst
    there = tree(document.rootNode())

    def stop():
        if told.run.work is not None and told.run.work._done > strokes // 4:
            told.run.cancel()

    found["cancelled"] = yield from stepping(told, stop, told.brush)
    found["kept"] = [tree(document.rootNode()) == there, held() == hand]
    yield from pause(1)
    found["hidden"] = len([each for each in krita.documents() if each.name() == "brushed"])

    def strike():
        if told.run.work is not None and told.run.work._done > strokes // 4:
            for each in krita.documents():
                if each.name() == "brushed":
                    each.setModified(False)
                    each.close()

    found["struck"] = yield from stepping(told, strike, told.brush)
    found["kept then"] = [tree(document.rootNode()) == there, held() == hand]
    deleted = []

    def delete():
        if not deleted and told.run.work is not None and told.run.work._done > strokes // 4:
            deleted.append(next(n for n in document.rootNode().childNodes() if n.type() == "grouplayer").remove())

    found["layers go"] = yield from stepping(told, delete, told.brush)
    found["all of it"] = [each[0] for each in tree(document.rootNode())[-1][2]]
    krita.action("edit_undo").trigger()
    yield from pause(0.5)
    found["layers gone"] = yield from stepping(told, begin=told.brush)
    told.own_brush.set("pass 1", "no such brush")
    found["no brush"] = yield from stepping(told, begin=told.brush)
    told.own_brush.set("pass 1", None)
    painting = bytes(told.history.painting(told.history._document, told.history.entries[0]))
    found["sound"] = len(strokes_of(painting))

    def kill():
        if told.run.work is not None and told.run.work._done > strokes // 4:
            Path(folder, "kill").touch()

    found["no engine"] = yield from stepping(told, kill, told.brush)
    yield from until(lambda: told.connection.state != CONNECTED, 60)
    found["without an engine"] = yield from stepping(told, begin=told.brush)
    found["tool then"] = held() == hand

    def close():
        if told.run.pieces and told.run.pieces[0]._done > strokes // 4 and document in krita.documents():
            document.setModified(False)
            document.close()

    found["closed"] = yield from stepping(told, close, told.brush)
    yield from pause(1.5)
    found["left"] = len(krita.documents())
    return found
