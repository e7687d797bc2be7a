"""A mask is active: its layer is painted, and what comes of it is beside that; also when it is applied again."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, feathered, krita, opened, pause, ready, stepping, tree, until

    told = yield from ready(layers="none", regions=False, strokes=60, style="painterly")
    document = yield from opened()
    document.setSelection(feathered())
    krita.action("add_new_transparency_mask").trigger()
    yield from until(lambda: document.activeNode().type() == "transparencymask")
    mask = document.activeNode().uniqueId().toString()
    found = {"painted": (yield from stepping(told, rest=0.3))}
    gallery = box(docker(), "StyleBox").gallery
    found["styles"] = [gallery.item(k).text() for k in range(gallery.count())]
    found["button"] = box(docker(), "RunBox")._button.text()
    found["active"] = document.activeNode().type()
    found["tree"] = tree(document.rootNode())
    krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + "/window.png")
    entry = told.history.entries[0]
    entry.recipe["node"] = mask  # as older versions noted it
    found["applied"] = yield from stepping(told, begin=lambda: told.apply(entry.name), rest=0.3)
    found["beside"] = [name for name, _, _ in tree(document.rootNode())]

    # in a group, on a layer of it; and what no layer has
    group = document.createGroupLayer("outer")
    inner = document.createNode("inner", "paintlayer")
    inner.setPixelData(bytes([0, 0, 200, 255]) * 10000, 0, 0, 100, 100)
    inner.enableAnimation()
    group.addChildNode(inner, None)
    chosen = document.createSelectionMask("chosen")
    chosen.setSelection(feathered())
    inner.addChildNode(chosen, None)
    document.rootNode().addChildNode(group, None)
    document.setSelection(None)
    yield from pause(0.3)
    document.setActiveNode(chosen)
    yield from until(lambda: document.activeNode().name() == "chosen")
    found["in group"] = yield from stepping(told, rest=0.3)
    found["group"] = [name for name, _, _ in tree(document.rootNode())[-1][2]]
    document.setSelection(feathered())
    krita.action("show-global-selection-mask").trigger()
    yield from pause(0.3)
    (whole,) = [node for node in document.rootNode().childNodes() if node.type() == "selectionmask"]
    document.setActiveNode(whole)
    yield from until(lambda: document.activeNode().name() == whole.name())
    found["no layer"] = [document.activeNode().type(), *(yield from stepping(told, rest=0))]
    return found
