"""Apply a painting to its document once that was scaled, and once it was cropped."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pause, ready, stepping
    from impasto.document.open_documents import key_of, node_of

    told = yield from ready(layers="none", regions=False, strokes=300, seed=2, style="painterly")
    document = yield from opened()
    found = {"paint": (yield from stepping(told))}
    width, height = document.width(), document.height()

    def newest():
        return node_of(key_of(document), told.history.entries[0].recipe["group"]).childNodes()[0]

    painted = bytes(newest().pixelData(0, 0, width, height))

    def apply():
        told.apply(told.history.entries[0].name)

    document.scaleImage(width // 2, height // 2, 72, 72, "Bicubic")
    yield from pause(1)
    found["scaled"] = yield from stepping(told, begin=apply)
    bounds = newest().bounds()
    found["size"] = [document.width(), document.height(), bounds.x(), bounds.y(), bounds.width(), bounds.height()]
    for _ in range(2):
        krita.action("edit_undo").trigger()
        yield from pause(1)

    document.crop(40, 30, width - 100, height - 60)
    yield from pause(1)
    found["left"] = [document.width(), document.height()]
    found["cropped"] = yield from stepping(told, begin=apply)
    found["same"] = bytes(newest().pixelData(0, 0, width, height)) == painted
    return found
