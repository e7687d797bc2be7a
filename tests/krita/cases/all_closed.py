"""A script closes the documents that nobody sees, as often as there are any, and then all documents.

Krita 5.1 itself crashes if a document is closed within a second of a change of its layers, so long this waits, and if
it is closed while it is made or converted, during which Krita lets Qt go on.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pause, ready, shown, stepping, tree, until

    def close(kind):
        for document in krita.documents():
            if kind(document):
                document.setModified(False)
                document.close()
                closed.append(document)

    def hidden():
        return [document.name() for document in krita.documents() if document.name() == "scratch"]

    def close_hidden():
        frame = sys._getframe()
        while frame is not None and Path(frame.f_code.co_filename).name != "scratch.py":
            frame = frame.f_back
        if frame is None:
            close(lambda each: each.name() == "scratch")

    told = yield from ready(layers="regions", regions=True, strokes=200)
    document, closed = (yield from opened()), []
    found = {"first": (yield from stepping(told, rest=1.5)), "hidden": hidden()}
    close(lambda each: True)
    yield from pause(0.5)
    document = krita.createDocument(160, 120, "deep", "RGBA", "U16", "", 72.0)
    yield from shown(document)
    document.rootNode().childNodes()[0].setPixelData(bytes(range(256)) * 600, 0, 0, 160, 120)
    del closed[:]
    found["second"] = yield from stepping(told, close_hidden, rest=0.3)
    found["closed"], found["tree"] = len(closed), len(tree(document.rootNode()))
    found["painted"] = any(bytes(document.rootNode().childNodes()[-1].projectionPixelData(0, 0, 160, 120)))

    for name, value in {"regions": False, "strokes": 20000, "preview": False, "layers": "none"}.items():
        told.settings[name] = value
    document = yield from opened()
    there = []

    def close_all():
        work = told.run.work
        if work is not None and work.result is not None and work.result.there:
            there.append(time.monotonic())
            if there[-1] - there[0] > 1.5:
                close(lambda each: True)

    found["third"] = yield from stepping(told, close_all, rest=0)
    yield from until(lambda: told.offers.note is not None)
    yield from pause(2.5)  # longer than hidden documents are kept
    krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + "/window.png")
    found["back"] = yield from stepping(told, begin=told.go_on)
    found["delivered"] = [[name for name, _, _ in tree(d.rootNode())] for d in krita.documents()]
    return found
