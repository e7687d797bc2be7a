"""Paint a photo by the menu's action; undo and redo it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pause, pixels, ready, stepping, tree

    told = yield from ready(layers="regions", regions=True, strokes=300, segmenter="of another engine")
    document = yield from opened()
    active = document.activeNode().uniqueId().toString()
    before = pixels(document)
    previews = set()

    def look():
        if told.run.work is not None and told.run.work.preview.count:
            previews.add(told.run.work.preview.count)

    how, message = yield from stepping(told, look)
    after, names = pixels(document), tree(document.rootNode())
    same = document.activeNode().uniqueId().toString() == active
    krita.action("edit_undo").trigger()
    yield from pause(1)
    undone, left = pixels(document), tree(document.rootNode())
    krita.action("edit_redo").trigger()
    yield from pause(1)
    redone = pixels(document)
    return {
        "how": how, "message": message, "previews": len(previews), "tree": names, "active": same,
        "difference": sum(abs(before[k] - after[k]) for k in range(0, len(before), 7)) / len(before) * 7 / 255,
        "changed": before != after, "undone": undone == before, "left": left, "redone": redone == after,
        "modified": document.modified(),
    }  # fmt: skip
