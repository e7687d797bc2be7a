"""While it is painted: undo, look at another document, close the document. Nothing is lost by any of it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import bare_docker, krita, opened, pause, pixels, ready, stepping, tree, until
    from impasto.document import annotations, krita_document
    from impasto.document.open_documents import key_of

    told = yield from ready(layers="none", regions=False, strokes=600, seed=2, style="painterly")
    document = yield from opened()
    found, done = {}, []

    def once(act):
        def look():
            there = told.run.work is not None and told.run.work.result is not None and told.run.work.result.there
            if there and told.run.work.preview.count and not done:
                done.append(act())

        done.clear()
        return look

    bare = pixels(document)
    undone = yield from stepping(told, once(lambda: krita.action("edit_undo").trigger()))
    found["undone"] = [*undone, pixels(document) == bare, len(told.history.entries)]
    entry = told.history.entries[0]
    applied = yield from stepping(told, begin=lambda: told.apply(entry.name))
    found["applied"] = [*applied, pixels(document) != bare, tree(document.rootNode())[-1][2][0][0]]
    found["thumbnail"] = told.history.entries[0].image().width()
    krita.action("edit_undo").trigger()
    yield from pause(1)

    def look_away():
        other = krita.openDocument(document.fileName())
        krita.activeWindow().addView(other)
        return other

    switched = yield from stepping(told, once(look_away))
    other = done[0]
    found["switched"] = [*switched, krita.activeDocument() == other, len(tree(other.rootNode())),
                         len(tree(document.rootNode())), len(told.history.entries)]  # fmt: skip

    told.settings["strokes"] = 800

    def close():
        bare_docker().hide()  # as Krita does, and no wish of the user's
        other.setModified(False)
        other.close()

    closed = yield from stepping(told, once(close))
    yield from until(lambda: told.offers.note is not None)
    found["closed"] = [*closed, told.offers.state, told.run.busy]
    yield from pause(0.3)
    found["in sight"] = bare_docker().isVisible()
    document.setModified(False)
    document.close()
    yield from pause(1)
    found["back"] = yield from stepping(told, begin=told.go_on)
    (document,) = [d for d in krita.documents() if d.name() != "scratch"]
    found["delivered"] = [len(tree(document.rootNode())), [e.recipe["strokes"] for e in told.history.entries]]
    found["offered"] = told.offers.note is not None

    # had all that is visible been painted, it would be read again without what was painted
    group, size = told.history.entries[0].recipe["group"], (document.width(), document.height())
    painted = pixels(document)
    source = yield from annotations.read_again("", True, [group], "all")
    again = bytes(source.pixels) == krita_document.to_rgba(bare, *size, krita_document.SRGB)
    found["read again"] = [again, annotations.shown(key_of(document), group), pixels(document) == painted != bare]
    return found
