"""How long the user waits: from the menu to the first preview, and the longest time Krita's windows stand still.

What the plugin does between two turns of the event loop is told by seconds of its thread, whoever else is at work, with
those of Krita's own calls beside them.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# of Krita's, as the plugin calls them
KRITAS = {
    "Document": ("pixelData", "projectionPixelData", "refreshProjection", "setAnnotation", "annotation",
                 "setActiveNode", "activeNode", "rootNode", "createNode", "createGroupLayer", "selection", "close",
                 "setModified"),
    "Node": ("pixelData", "projectionPixelData", "pixelDataAtTime", "setPixelData", "addChildNode", "setVisible",
             "thumbnail", "remove", "bounds", "setPassThroughMode", "setLocked", "setActiveNode"),
    "Krita": ("createDocument",),
    "Selection": ("pixelData",),
}  # fmt: skip


def main():
    import krita as module
    from common import add_frames, feathered, krita, opened, pause, ready, until
    from impasto.link import connection
    from impasto.qt import QtWidgets
    from impasto.work import steps

    told = yield from ready(
        layers="regions", regions=os.environ["REGIONS"] == "yes", strokes=int(os.environ.get("STROKES", "1600")),
        effort=os.environ.get("EFFORT", "normal"),
    )  # fmt: skip
    document = yield from opened()
    if os.environ.get("SELECTED"):
        document.setSelection(feathered())
    if os.environ.get("FRAMES"):  # the picture, and the picture moved
        raw = bytes(document.activeNode().pixelData(0, 0, document.width(), document.height()))
        clip = document.createNode("clip", "paintlayer")
        document.rootNode().addChildNode(clip, None)
        yield from add_frames(document, clip, {0: raw, 2: raw[-400_000:] + raw[:-400_000]})
    yield from pause(10)  # the engine loads its networks after it has said that it is ready
    calls, gaps, inside = [], {}, []

    def theirs(owner, name, title=""):
        inner = getattr(owner, name)

        def outer(*words, **more):
            begun, cpu = time.monotonic(), time.thread_time()
            try:
                return inner(*words, **more)
            finally:
                inside.append([title or name, time.monotonic() - begun, time.thread_time() - cpu])

        setattr(owner, name, outer)

    for owner, names in KRITAS.items():
        for name in names:
            if hasattr(getattr(module, owner), name):
                theirs(getattr(module, owner), name)

    theirs(QtWidgets.QWidget, "setVisible", "setVisible of a widget")  # Qt may draw all of Krita's window in it

    def timed(owner, name, title):
        inner = getattr(owner, name)

        def outer(*words, **more):
            begun, cpu, stage, before = time.monotonic(), time.thread_time(), told.run.stage, len(inside)
            what = title(words[0])
            try:
                return inner(*words, **more)
            finally:
                here = inside[before:]
                own = time.thread_time() - cpu - sum(each[2] for each in here)
                longest = max(here, key=lambda each: each[1], default=["", 0, 0])
                calls.append([own, time.monotonic() - begun, stage, what, longest[0], longest[1], longest[2]])

        setattr(owner, name, outer)

    def place(task):
        work = task._work
        while getattr(work, "gi_yieldfrom", None) is not None and hasattr(work.gi_yieldfrom, "gi_frame"):
            work = work.gi_yieldfrom
        return f"{work.gi_code.co_name}:{work.gi_frame.f_lineno}" if getattr(work, "gi_frame", None) else "end"

    timed(steps.Task, "step", place)
    timed(connection.Connection, "_take", lambda _: "message")
    facts, ended = {"first": None, "told": None}, []
    told.run.finished.connect(ended.append)
    begun = last = time.monotonic()
    if os.environ.get("FRAMES"):
        told.paint_animation(os.environ["FRAMES"])
    else:
        krita.action(os.environ.get("ACTION", "impasto_paint_layer")).trigger()
    while not ended:
        now = time.monotonic()
        gaps[told.run.stage] = max(gaps.get(told.run.stage, 0), now - last)
        work = told.run.work
        if facts["told"] is None and work is not None and work.part > 0:
            facts["told"] = [now - begun, told.run.stage]  # how far it is
        if facts["first"] is None and any(name == "refreshProjection" for name, *_ in inside):
            facts["first"] = now - begun  # not when it came: when Krita has been told to draw it
        last = now
        yield
    facts["seconds"] = time.monotonic() - begun
    for then in os.environ.get("THEN", "").split():  # with the painting that the document remembers
        count, doing = len(ended), getattr(told, then)
        doing(told.history.entries[0].name) if then == "apply" else doing()
        yield from until(lambda count=count: len(ended) > count, 600)
    calls.sort(reverse=True)
    kritas = {}
    for name, wall, cpu in inside:
        kritas[name] = max(kritas.get(name, (0, 0)), (cpu, wall))
    yield from until(lambda: not told.run.pieces)
    return {**facts, "how": ended, "gaps": gaps, "calls": calls[:16], "size": [document.width(), document.height()],
            "kritas": kritas}  # fmt: skip
