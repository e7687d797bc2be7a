"""A painting as shapes in vector layers, edited there, and painted again."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import (
        Watch,
        box,
        connected,
        docker,
        keep,
        krita,
        opened,
        pause,
        pixels,
        ready,
        stepping,
        tree,
        undo_steps,
        until,
    )
    from impasto.link.connection import CONNECTED

    folder, found = os.environ["IMPASTO_FOLDER"], {}
    strokes = int(os.environ.get("STROKES", "160"))
    told = yield from ready(regions=False, strokes=strokes, seed=3, style="painterly", effort="draft", interest=0.0)
    told.style.change("medium/kind", "oil")
    document = yield from opened()
    yield from connected(told)
    shown = docker()
    results = box(shown, "HistoryBox")
    found["buttons"] = [results.shape.isEnabled(), results.redraw.isEnabled()]
    told.redraw()
    found["nothing yet"] = told.message
    found["painted"] = yield from stepping(told)
    paintings = [bytes(told.history.painting(told.history._document, told.history.entries[0]))]
    Path(folder, "painted.impasto").write_bytes(paintings[0])
    found["no shapes"] = yield from stepping(told, begin=told.redraw)

    def group(end):
        return next((node for node in document.rootNode().childNodes() if node.name().endswith(end)), None)

    def layers():
        return [node for node in group("as shapes").childNodes() if node.type() == "vectorlayer"]

    # as shapes: one undo step, to the bit
    before, there, count = pixels(document), tree(document.rootNode()), undo_steps()
    begun, spent, watch = time.monotonic(), time.process_time(), Watch(told)
    found["shaped"] = yield from stepping(told, watch.look, results.shape.click)
    found["took"] = [time.monotonic() - begun - 1, time.process_time() - spent, watch.stop()]
    found["tree"] = tree(group("as shapes"))
    found["steps"] = undo_steps() - count
    found["active"] = document.activeNode() == group("as shapes")
    after, made = pixels(document), tree(document.rootNode())
    keep("shapes")
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["undone"] = [pixels(document) == before, tree(document.rootNode()) == there]
    krita.action("edit_redo").trigger()
    yield from pause(1)
    found["again"] = [pixels(document) == after, tree(document.rootNode()) == made]
    names = [shape.name() for layer in layers() for shape in layer.shapes()]
    found["names"] = [len(names), len(set(names)), names[0]]

    def redrawn(name):
        document.setActiveNode(layers()[0])
        yield from until(lambda: document.activeNode() == layers()[0], 10)
        how = yield from stepping(told, begin=results.redraw.click)
        painting = bytes(told.history.painting(told.history._document, told.history.entries[0]))
        Path(folder, f"{name}.impasto").write_bytes(painting)
        found[name] = how
        keep(name)
        krita.action("edit_undo").trigger()
        yield from pause(0.7)

    # untouched; then one moved, one deleted, one recoloured, their ids left in place; saved and opened between
    yield from redrawn("untouched")
    first = layers()[0]
    shapes = first.shapes()
    shapes[0].setPosition(shapes[0].position() + shapes[0].position().__class__(20, 10))
    shapes[0].update()
    gone, text = shapes[2].name(), shapes[4].toSvg()
    found["edited"] = [shapes[0].name(), gone, shapes[4].name()]
    shapes[2].remove()
    shapes[4].remove()
    yield from pause(0.3)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{document.width()}px" height="{document.height()}px" '
    head += 'viewBox="0 0 {} {}">'.format(*(side * 72 / document.resolution() for side in
                                            (document.width(), document.height())))  # fmt: skip
    start = text.index("fill=")
    end = text.index('"', start + 6) + 1
    first.addShapesFromSvg(f'{head}{text[:start]}fill="#00ff00"{text[end:]}</svg>')
    yield from pause(0.3)
    keep("edited")
    path = f"{folder}/shapes.kra"
    document.setBatchmode(True)
    found["saved"] = document.saveAs(path)
    document.setModified(False)
    document.close()
    yield from pause(0.5)
    document = yield from opened(path)
    yield from until(lambda: len(told.history.entries) > 1, 10)
    yield from redrawn("redrawn")

    # what goes wrong
    group("as shapes").childNodes()[1].setVisible(True)
    document.setActiveNode(next(node for node in document.rootNode().childNodes() if node.type() == "paintlayer"))
    yield from pause(0.5)
    found["no layer"] = yield from stepping(told, begin=told.redraw)
    there = tree(document.rootNode())

    def stop():
        if told.run.work is not None and told.run.work.stage in ("fetching", "shaping"):
            told.run.cancel()

    found["cancelled"] = yield from stepping(told, stop, told.shape)
    found["kept"] = tree(document.rootNode()) == there

    def close():
        if other in krita.documents() and told.run.pieces and told.run.pieces[0].stage == "shaping":
            other.setModified(False)
            other.close()

    other = yield from opened(f"{folder}/shapes.kra")
    yield from until(lambda: len(told.history.entries) > 1, 10)
    found["closed"] = yield from stepping(told, close, told.shape)
    found["left"] = [each == document for each in krita.documents()]
    yield from until(lambda: krita.activeDocument() == document, 10)
    yield from until(lambda: len(told.history.entries) > 1, 10)

    def kill():
        if told.run.work is not None and told.run.work.stage in ("sending", "waiting"):
            Path(folder, "kill").touch()

    told.shape()
    yield from until(lambda: (kill(), told.connection.state != CONNECTED)[1], 60)
    yield from pause(0.5)
    found["waits"] = len(told.run.pieces)
    told.run.leave()
    yield from pause(0.5)
    found["kept then"] = [tree(document.rootNode()) == there, len(told.run.pieces)]
    found["no engine"] = yield from stepping(told, begin=told.shape)
    return found
