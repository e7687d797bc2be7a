"""How a painting came about, as an animated layer."""

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
    from impasto.work.timeline import why_not

    found, folder = {"why not": why_not()}, os.environ["IMPASTO_FOLDER"]
    found["version"] = [int(number) for number in krita.version().split(".")[:2]]
    told = yield from ready(regions=False, strokes=160, seed=3, style="painterly", effort="draft", interest=0.0)
    document = yield from opened()
    yield from connected(told)
    film = box(docker(), "TimelineBox")
    film.parentWidget().open()
    found["not yet"] = film.make.isEnabled()
    if found["why not"]:
        keep("timeline, disabled")
        told.film(6, 3, 24)
        found["refused"] = [told.message, film.make.isEnabled(), film._reason.text(), told.run.busy]
        return found

    def saved():
        for each in krita.documents():
            each.setModified(False)

    def ask(*words):
        saved()
        told.film(*words)

    def click():
        saved()
        film.make.click()

    found["painted"] = yield from stepping(told)
    yield from pause(1)  # the history is told of a step a little later
    active = document.activeNode()
    before, layers, count = pixels(document), tree(document.rootNode()), undo_steps()
    film.frames.setValue(6)
    film.step.setValue(3)
    film.hold.setValue(150)
    found["unsaved"] = yield from stepping(told, begin=film.make.click)
    begun, spent, watch = time.monotonic(), time.process_time(), Watch(told)
    found["filmed"] = yield from stepping(told, begin=click, rest=2)
    found["took"] = [time.monotonic() - begun - 2, time.process_time() - spent, watch.stop()]
    found["steps"], found["active"] = undo_steps() - count, document.activeNode() == active

    def made():
        return [node for node in document.rootNode().childNodes() if node.animated()]

    found["name"] = made()[0].name()
    found["frames"] = [k for k in range(40) if made()[0].hasKeyframeAtTime(k)]
    found["end"] = document.fullClipRangeEndTime()
    after = pixels(document)
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["undone"] = [pixels(document) == before, tree(document.rootNode()) == layers]
    krita.action("edit_redo").trigger()
    yield from pause(1)
    found["again"] = [len(made()), pixels(document) == after]
    shown = []
    below = next(each for each in krita.dockers() if each.objectName() == "TimelineDocker")
    below.show()
    below.raise_()
    for frame in (0, 15, 9):
        document.setCurrentTime(frame)
        yield from pause(0.7)
        raw = pixels(document)
        shown.append(raw)
        Path(folder, f"frame{frame}.raw").write_bytes(raw)
    keep("timeline")
    below.hide()
    found["differ"] = len(set(shown))
    for _ in range(5):  # going to another frame is a step of Krita's
        if made():
            krita.action("edit_undo").trigger()
            yield from pause(0.7)
    found["gone"] = [pixels(document) == before, tree(document.rootNode()) == layers]

    # what goes wrong
    ask(240, 1, 0)
    big = told.run.work
    from impasto.work import timeline as film_of

    found["too many"] = _said(lambda: film_of.need_room(240, 20000, 20000))
    told.run.cancel(big)

    def stop():
        if told.run.work is not None and told.run.work.stage == "fetching":
            told.run.cancel()

    found["cancelled"] = yield from stepping(told, stop, lambda: ask(6, 1, 0))
    found["kept"] = [tree(document.rootNode()) == layers, len(krita.documents())]

    def kill():
        if told.run.work is not None and told.run.work.stage in ("sending", "waiting", "painting"):
            Path(folder, "kill").touch()

    def close():
        if document in krita.documents() and told.run.pieces and told.run.pieces[0].stage == "fetching":
            document.setModified(False)
            document.close()

    path = f"{folder}/film.kra"
    document.setBatchmode(True)
    document.saveAs(path)
    found["closed"] = yield from stepping(told, close, lambda: ask(6, 1, 0))
    found["left"] = len(krita.documents())
    document = yield from opened(path)
    yield from until(lambda: told.history.entries, 10)
    layers = tree(document.rootNode())
    ask(60, 1, 0)
    yield from until(lambda: (kill(), told.connection.state != CONNECTED)[1], 60)
    told.run.leave()
    yield from pause(0.5)
    found["kept then"] = [tree(document.rootNode()) == layers, len(told.run.pieces), len(krita.documents())]
    found["no engine"] = yield from stepping(told, begin=lambda: ask(6, 1, 0))
    return found


def _said(work):
    try:
        work()
    except Exception as problem:
        return str(problem)
    return ""
