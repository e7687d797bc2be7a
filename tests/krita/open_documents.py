"""Inside Krita: opens documents, tells what is in them, and writes their pixels beside them."""

from pathlib import Path

from krita import Krita  # pyright: ignore


def main(*paths):
    krita = Krita.instance()
    krita.setBatchmode(True)
    return [opened(krita, path) for path in paths]


def opened(krita, path):
    document = krita.openDocument(path)
    document.setBatchmode(True)
    document.refreshProjection()
    document.waitForDone()
    width, height = document.width(), document.height()
    Path(path + ".pixels").write_bytes(bytes(document.pixelData(0, 0, width, height)))
    facts = {
        "krita": krita.version(),
        "size": [width, height],
        "colours": [document.colorModel(), document.colorDepth(), document.colorProfile()],
        "layers": layers(document.rootNode()),
    }
    document.setModified(False)
    document.close()
    return facts


def layers(node):
    """Names and kinds of all layers below a node, bottom first; of groups also what is in them."""
    found = []
    for child in node.childNodes():
        facts = {"name": child.name(), "kind": child.type(), "mode": child.blendingMode(), "opacity": child.opacity()}
        facts["visible"] = child.visible()
        if child.type() == "grouplayer":
            facts["layers"] = layers(child)
        found.append(facts)
    return found
