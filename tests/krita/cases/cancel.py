"""Cancel a painting half-way; delete its group and close its document while it is painted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pixels, ready, stepping, tree

    told = yield from ready(layers="none", regions=False, strokes=12000)
    document = yield from opened()
    before, names = pixels(document), tree(document.rootNode())
    done = []

    def cancel():
        if told.run.fraction > 0.2 and not done:
            done.append(len(tree(document.rootNode())))
            krita.action("impasto_cancel").trigger()

    how, message = yield from stepping(told, cancel)
    cancelled = {"how": how, "message": message, "there": done, "same": pixels(document) == before,
                 "tree": tree(document.rootNode()) == names}  # fmt: skip
    told.settings["strokes"] = 12000

    def delete():
        # again and again: while Krita still works on the image it undoes nothing
        if told.run.work is not None and told.run.work.result is not None and told.run.work.result.there:
            krita.action("edit_undo").trigger()

    deleted = yield from stepping(told, delete)
    shut = []

    def close():
        if told.run.work is not None and told.run.work.result is not None and told.run.work.result.there and not shut:
            shut.append(True)
            document.setModified(False)
            document.close()

    closed = yield from stepping(told, close)
    return {"cancelled": cancelled, "deleted": deleted, "closed": closed, "busy": told.run.busy}
