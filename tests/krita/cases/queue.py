"""Two documents and several jobs: each named, paused, put in order, stopped; and one layer painted by four seeds."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, krita, opened, pause, ready, shown, stepping, tree, until
    from impasto.document.open_documents import key_of
    from impasto.work.stages import PAINTING

    told = yield from ready(layers="none", regions=False, strokes=30_000, preview=False)
    first = yield from opened()
    run, ended, found = box(docker(), "RunBox"), [], {}
    queue = run.queue
    told.run.finished.connect(ended.append)
    krita.action("impasto_paint_layer").trigger()
    begun = len(told.run.pieces)
    krita.action("impasto_paint_layer").trigger()  # it is still being read
    found["at once"] = [begun, len(told.run.pieces), told.message]
    yield from until(lambda: told.run.fraction > 0.02)
    found["alone"] = [queue.isVisible(), run._now.isVisible()]

    second = krita.openDocument(os.environ["SECOND"])
    yield from shown(second)
    found["elsewhere"] = [told.run.busy, run._now.isVisible(), queue.isVisible(), told.message]
    krita.action("impasto_cancel").trigger()  # nothing goes on in this one
    told.settings["strokes"] = 60
    krita.action("impasto_paint_layer").trigger()
    yield from until(lambda: told.run.work is not None and told.run.work.job.id)
    yield from pause(0.3)
    found["waits"] = [run._progress.format(), [queue.list.item(k).text() for k in range(queue.list.count())]]
    docker().grab().save(os.environ["PICTURES"] + "/queue.png")
    krita.activeWindow().qwindow().grab().save(os.environ["PICTURES"] + "/window.png")
    queue.list.setCurrentRow(1)
    queue.earlier.click()
    painted, waits = told.run.pieces
    found["order"] = [painted.document, waits.document, queue.list.currentRow(), queue.earlier.isEnabled()]
    found["icons"] = [b.icon().isNull() for b in (queue.earlier, queue.later, queue.pause, queue.cancel, run._cancel)]
    queue.list.setCurrentRow(1)
    queue.pause.click()
    yield from until(lambda: ended == ["done"], 120)  # the one that waited, as the other one makes way
    found["paused"] = [waits.paused, len(told.run.pieces), queue.list.item(0).text(), tree(second.rootNode())[1][0]]
    queue.list.setCurrentRow(0)
    queue.pause.click()
    yield from until(lambda: waits.stage == PAINTING and not waits.paused and waits.fraction > 0)
    queue.list.setCurrentRow(0)
    queue.cancel.click()
    found["cancelled"] = [[*ended], len(told.run.pieces)]

    krita.action("impasto_paint_seeds").trigger()
    document, busy = told.run.work.document, len(told.run.pieces)
    first.setModified(False)
    first.close()  # what is painted elsewhere is nothing to it
    yield from until(lambda: not told.run.pieces, 200)
    yield from pause(1)
    groups = [node for node in second.rootNode().childNodes() if ", seed" in node.name()]
    seeds = [entry.recipe["settings"]["seed"] for entry in told.history.entries[:4]]
    history = box(docker(), "HistoryBox")
    history._list.setCurrentRow(2)
    history._alone.click()
    size = second.width(), second.height()
    pictures = {bytes(group.projectionPixelData(0, 0, *size)) for group in groups}
    docker().grab().save(os.environ["PICTURES"] + "/four.png")

    found = {
        **found, "four": [document, busy, ended[2:], [group.name() for group in groups], seeds, len(pictures)],
        "alone shown": [group.visible() for group in groups], "message": told.message,
    }  # fmt: skip

    # "Create Copy from Current Image": its root and layers have the ids of those that they are copies of
    krita.action("create_copy").trigger()
    yield from until(lambda: krita.activeDocument() != second and krita.activeDocument().activeNode() is not None)
    yield from pause(0.5)
    copy = krita.activeDocument()
    copy.setBatchmode(True)
    found["keys"] = [key_of(copy) != key_of(second), key_of(copy), told.run.busy]
    counts = [len(each.rootNode().childNodes()) for each in (second, copy)]
    told.settings["strokes"] = 60
    found["copy"] = [(yield from stepping(told))[0]]
    found["copy"] += [len(each.rootNode().childNodes()) for each in (second, copy)]
    found["copy"] += counts
    key = key_of(second)
    second.setModified(False)
    second.close()
    yield from pause(0.5)
    found["keys"] += [key_of(copy)]
    krita.action("create_copy").trigger()  # as a file that is opened again: its root has the id of what was closed
    yield from until(lambda: krita.activeDocument() != copy)
    krita.activeDocument().setBatchmode(True)
    found["again"] = key_of(krita.activeDocument()) == key
    return found
