"""A watercolour in the real Krita: layers that are multiplied, one undo step, another look, controls that matter."""

import base64
import os
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

PEN = "watercolour-pen"


def main():
    from common import box, docker, feathered, krita, opened, pause, pixels, ready, stepping, stray, until
    from impasto.document.open_documents import active_key

    def keep(name):
        krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + f"/{name}.png")

    def packed(data):
        return base64.b64encode(zlib.compress(data, 1)).decode()

    def newest():
        entry = told.history.entries[0]
        return packed(told.history.painting(active_key(), entry))

    def modes(node):
        return [[child.name(), child.blendingMode(), modes(child)] for child in node.childNodes()]

    def groups():
        return [node for node in document.rootNode().childNodes() if node.type() == "grouplayer"]

    def controls():
        shown = {path: row.isVisibleTo(look) for path, row in look.sliders.items()}
        return [sorted(path for path, there in shown.items() if there), look.pigments.isVisibleTo(look)]

    found = {"pictures": {}, "paintings": {}}
    told = yield from ready(layers="passes", regions=False, strokes=200, seed=3, style="watercolour", effort="draft")
    document = yield from opened()
    plain = pixels(document)
    shown = docker()
    look = box(shown, "LookBox")
    found["controls"] = {}
    for style in ("watercolour", "pen", "painterly", "watercolour"):
        told.settings["style"] = style
        told.changed.emit()
        found["controls"][style] = controls()
    found["pigments"] = [look.pigments.itemData(k) for k in range(look.pigments.count())]

    # as a whole, pass by pass
    halfway = []

    def watch():
        work = told.run.work
        if not halfway and work is not None and work.preview.count:
            keep("growing")
            halfway.append(work.preview.count)

    found["paint"] = yield from stepping(told, watch)
    found["grew"] = len(halfway)
    found["modes"] = modes(groups()[-1])
    painted = pixels(document)
    found["pictures"]["whole"] = packed(painted)
    found["paintings"]["whole"] = newest()
    keep("painted")
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["undone"] = [pixels(document) == plain, len(groups())]
    krita.action("edit_redo").trigger()
    yield from pause(1)
    found["again"] = [pixels(document) == painted, len(groups())]

    # another look, at once; paint that covers is for the next painting
    ended = []
    told.run.finished.connect(ended.append)
    found["aim"] = told.looks.aim is not None
    row = look.sliders["medium/rims"]
    row.slider.setSliderDown(True)
    row.slider.setValue(100)
    yield from until(lambda: told.run.work is None or told.run.work.shown >= 1, 60)
    live = pixels(document)
    row.slider.setSliderDown(False)
    yield from until(lambda: ended, 120)
    yield from pause(1)
    rimmed = pixels(document)
    found["rims"] = [ended[-1], told.message, live != painted, rimmed != painted, modes(groups()[-1]) == found["modes"]]
    found["pictures"]["rims"] = packed(rimmed)
    found["paintings"]["rims"] = newest()
    media = [look.media.item(k).text() for k in range(look.media.count())]
    look.media.setCurrentRow(media.index("Oil"))
    found["oil"] = [told.run.busy, told.looks.aim is None, look._where.text()]
    told.style.reset()
    yield from pause(0.5)

    # within a selection another look covers what was there, and nothing else changes
    document.setSelection(feathered())
    mask = bytes(document.selection().pixelData(0, 0, document.width(), document.height()))
    before = pixels(document)
    ended.clear()
    look.pigments.setCurrentIndex(look.pigments.findData("sepia"))
    look.pigments.activated.emit(look.pigments.currentIndex())
    yield from until(lambda: ended, 120)
    yield from pause(1)
    now = pixels(document)
    found["sepia"] = [ended[-1], stray(before, now, mask), before != now]
    told.style.reset()

    # repainted: what is new covers what it takes the place of
    found["repaint"] = yield from stepping(told, begin=lambda: krita.action("impasto_repaint_selection").trigger())
    again = pixels(document)
    found["repainted"] = [stray(now, again, mask), now != again]
    keep("repainted")
    krita.action("deselect").trigger()
    yield from pause(0.5)

    # by regions, with a pen, and a selection
    for group in groups():
        group.setVisible(False)
    told.settings["regions"], told.settings["style"], told.settings["layers"] = True, PEN, "passes"
    document.setSelection(feathered())
    mask = bytes(document.selection().pixelData(0, 0, document.width(), document.height()))
    before = pixels(document)
    found["regions"] = yield from stepping(told)
    newest_group = told.history.entries[0].recipe["group"]
    found["regions modes"] = modes(next(each for each in groups() if each.uniqueId().toString() == newest_group))
    after = pixels(document)
    found["outside"] = stray(before, after, mask)
    found["pictures"]["before"], found["pictures"]["regions"] = packed(before), packed(after)
    found["paintings"]["regions"] = newest()
    keep("regions")
    return found
