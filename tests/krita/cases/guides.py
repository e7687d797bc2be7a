"""Layers that guide the strokes, and a palette."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, connected, docker, krita, opened, pause, ready, stepping, tree, until

    folder, found = os.environ["IMPASTO_FOLDER"], {}

    def keep(name):
        krita.activeWindow().qwindow().grab().save(f"{folder}/{name}.png")

    def painting():
        return told.history.painting(told.history._document, told.history.entries[0])

    def choose(node):
        yield from pause(1)  # Krita chooses what is new, a little later
        document.setActiveNode(node)
        yield from until(lambda: document.activeNode() == node, 10)

    told = yield from ready(regions=False, strokes=160, seed=3, style="painterly", effort="draft", interest=0.0)
    document = yield from opened()
    yield from connected(told)
    shown = docker()
    guides = box(shown, "GuideBox")
    guides.parentWidget().open()
    width, height = document.width(), document.height()
    source = document.activeNode()

    # a flow of level stripes, and more detail on the left
    told.guides.add("flow")
    (flow,) = [node for node in document.rootNode().childNodes() if node.name() == "flow"]
    yield from until(lambda: document.activeNode() == flow, 10)
    row = b"\x20\x40\x80\xff" * width + b"\0\0\0\0" * width
    flow.setPixelData((row[: 4 * width] * 5 + row[4 * width :] * 4) * (height // 9 + 1), 0, 0, width, height // 9 * 9)
    found["named"] = [flow.name(), tree(document.rootNode())[-1][0]]
    found["a guide"] = yield from stepping(told)
    detail = document.createNode("detail", "paintlayer")
    document.rootNode().addChildNode(detail, None)
    half = b"\xff\xff\xff\xff" * (width // 2) + b"\0\0\0\xff" * (width - width // 2)
    detail.setPixelData(half * height, 0, 0, width, height)
    guides.layers["detail"].showPopup()
    guides.layers["detail"].hidePopup()
    guides.layers["detail"].setCurrentIndex(guides.layers["detail"].findText("detail"))
    found["picked"] = told.guides.layer("detail") == detail.uniqueId().toString()
    keep("guides")
    for node in (flow, detail):
        node.setVisible(False)
    yield from pause(1)
    document.setActiveNode(source)
    yield from until(lambda: document.activeNode() == source, 10)
    found["led"] = yield from stepping(told)
    Path(folder, "led.impasto").write_bytes(bytes(painting()))

    # what does not go
    told.guides.choose("detail", "")
    flow.setVisible(True)
    told.settings["visible"] = True
    found["seen"] = yield from stepping(told)
    told.settings["visible"] = False
    flow.setVisible(False)
    spare = flow.duplicate()
    document.rootNode().addChildNode(spare, None)
    told.guides.choose("flow", spare.uniqueId().toString())
    yield from choose(source)
    going = [spare.remove]

    def go(*_):
        if told.run.stage == "sending" and going:
            going.pop()()

    told.differs.connect(go)
    found["goes"] = yield from stepping(told)
    told.guides.choose("flow", flow.uniqueId().toString())
    flow.setPixelData(bytes(4 * width * height), 0, 0, width, height)
    found["empty"] = yield from stepping(told)
    flow.remove()
    yield from pause(0.5)
    found["gone"] = yield from stepping(told)
    told.guides.choose("flow", "")
    told.guides.choose_palette("no such palette")
    found["no palette"] = yield from stepping(told)
    there = [each for each in krita.resources("palette") if "Default" in each or "Pixel" in each]
    found["palettes"] = len(krita.resources("palette"))
    told.guides.choose_palette(there[0] if there else "")
    found["coloured"] = yield from stepping(told)
    Path(folder, "coloured.impasto").write_bytes(bytes(painting()))
    told.guides.choose_palette("")

    told.guides.add("flow")
    yield from choose(source)
    before = len(told.run.pieces)
    going.append(lambda: (document.setModified(False), document.close()))
    found["closed"] = yield from stepping(told)
    found["left"] = [len(told.run.pieces) - before, len(krita.documents())]
    return found
