"""A new Krita: the repaint that was going on is continued; what is not selected never changes."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import feathered, krita, pause, pixels, ready, stepping, stray, tree, until

    yield from pause(1)
    folder = Path(os.environ["IMPASTO_FOLDER"])
    before = (folder / "before").read_bytes()
    (folder / "now").touch()
    told = yield from ready()
    yield from until(lambda: told.offers.note is not None)
    mask, shown = None, []

    def watch():
        nonlocal mask
        work, document = told.run.work, krita.activeDocument()
        if told.run.stage != "painting" or work.preview.count <= len(shown):
            return
        if work.result is None or not work.result.there:
            return
        mask = mask or bytes(feathered().pixelData(0, 0, document.width(), document.height()))
        seen = pixels(document)
        shown.append([stray(before, seen, mask), seen != before])

    how, message = yield from stepping(told, watch, begin=told.go_on)
    document = krita.activeDocument()
    after = pixels(document)
    return {
        "how": how, "message": message, "strays": [*(number for number, _ in shown), stray(before, after, mask)],
        "previews": sum(changed for _, changed in shown), "changed": after != before,
        "tree": [entry[0] for entry in tree(document.rootNode()) if entry[1] == "grouplayer"],
        "remembered": len(told.history.entries), "offered": told.offers.note is not None,
    }  # fmt: skip
