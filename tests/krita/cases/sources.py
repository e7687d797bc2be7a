"""What is read as a source: every kind of layer by its projection; and a small one is painted where it lies."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
WIDTH, HEIGHT = 160, 120
RED, GREEN, BLUE = (0, 0, 255, 255), (0, 255, 0, 255), (255, 0, 0, 255)  # as Krita has them: B, G, R, A
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="160pt" height="120pt">'
    '<rect x="0" y="0" width="80pt" height="120pt" fill="#ff0000"/></svg>'
)


def main():
    from common import add_frames, krita, pause, ready, shown, stepping, until
    from impasto.document import krita_document
    from impasto.document.open_documents import id_of, is_animated, key_of
    from krita import InfoObject, Selection

    told = yield from ready(layers="none", regions=False, strokes=60)
    document = krita.createDocument(WIDTH, HEIGHT, "kinds", "RGBA", "U8", "", 72.0)
    yield from shown(document)
    root = document.rootNode()

    def plain(name, colour, x, y, width, height, parent=root):
        layer = document.createNode(name, "paintlayer")
        layer.setPixelData(bytes(colour) * (width * height), x, y, width, height)
        parent.addChildNode(layer, None)
        return layer

    def seen(pixels, *places):
        """Red, green, blue and alpha at some places."""
        return [list(pixels[4 * (y * WIDTH + x) :][:4]) for x, y in places]

    left, right = (10, 60), (150, 60)
    layers = {}
    layers["large"] = plain("large", RED, -40, -30, 300, 250)
    layers["small"] = plain("small", GREEN, 5, 50, 20, 20)
    layers["moved"] = plain("moved", BLUE, 0, 0, WIDTH, HEIGHT)
    layers["moved"].move(100, 0)
    group = document.createGroupLayer("group")
    root.addChildNode(group, None)
    plain("in the group", RED, 0, 0, 80, HEIGHT, group)
    plain("and another", BLUE, 80, 0, 80, HEIGHT, group)
    layers["group"] = group
    vector = document.createVectorLayer("vector")
    root.addChildNode(vector, None)
    vector.addShapesFromSvg(SVG)
    layers["vector"] = vector

    def picture(name, colour):
        source = krita.createDocument(WIDTH, HEIGHT, name, "RGBA", "U8", "", 72.0)
        source.setBatchmode(True)
        source.rootNode().childNodes()[0].setPixelData(bytes(colour) * (WIDTH * HEIGHT), 0, 0, WIDTH, HEIGHT)
        source.refreshProjection()
        path = str(Path(os.environ["IMPASTO_FOLDER"], name + ".png"))
        source.exportImage(path, InfoObject())
        source.setModified(False)
        source.close()
        return path

    document.setBatchmode(True)
    layers["file"] = document.createFileLayer("file", picture("file", GREEN), "None")
    root.addChildNode(layers["file"], None)
    layers["clone"] = document.createCloneLayer("clone", layers["small"])
    root.addChildNode(layers["clone"], None)
    selection = Selection()
    selection.select(0, 0, WIDTH, HEIGHT, 255)
    invert = krita.filter("invert")
    layers["filter"] = document.createFilterLayer("filter", invert, selection)
    root.addChildNode(layers["filter"], None)
    for _ in range(3):
        document.refreshProjection()
        yield from pause(0.5)
    document.waitForDone()
    found = {}
    for name, layer in layers.items():
        document.setActiveNode(layer)
        yield from pause(0.3)
        read = yield from krita_document.read_source()
        found[name] = [read.name, *seen(read.pixels, left, right)]
    read = yield from krita_document.read_source(visible=True)
    found["visible"] = [read.name, *seen(read.pixels, left, right)]
    document.setActiveNode(layers["small"])
    krita.activeWindow().activeView().canvas().setRotation(30)
    how = yield from stepping(told)
    (group,) = [node for node in root.childNodes() if node.name().startswith("small –")]
    place = [node.name() for node in root.childNodes()].index(group.name())
    alpha = bytes(group.projectionPixelData(0, 0, WIDTH, HEIGHT))[3::4]
    painted = [k for k in range(WIDTH * HEIGHT) if alpha[k]]
    box = [f(g(k, WIDTH) for k in painted) for f in (min, max) for g in (int.__mod__, int.__floordiv__)]
    krita.action("edit_undo").trigger()
    yield from pause(1)
    document.setActiveNode(layers["small"])
    away = Selection()
    away.select(100, 0, 40, 40, 255)
    document.setSelection(away)
    yield from pause(0.3)
    empty = yield from stepping(told)
    frames = krita.createDocument(WIDTH, HEIGHT, "frames", "RGBA", "U8", "", 72.0)
    frames.setBatchmode(True)
    yield from shown(frames)
    animated = frames.createNode("clip", "paintlayer")
    frames.rootNode().addChildNode(animated, None)
    whole = {time: bytes(colour) * (WIDTH * HEIGHT) for time, colour in enumerate((RED, BLUE))}
    yield from add_frames(frames, animated, whole)
    current = []
    for time in (0, 1):
        frames.setCurrentTime(time)
        frames.refreshProjection()
        yield from pause(0.5)
        read = yield from krita_document.read_source()
        current.append([animated.animated(), *seen(read.pixels, left)])
    drawn = yield from stepping(told)
    current.append([*drawn, *seen(krita_document.to_rgba(bytes(frames.rootNode().childNodes()[-1].projectionPixelData(
        0, 0, WIDTH, HEIGHT)), WIDTH, HEIGHT, krita_document.SRGB), left)])  # fmt: skip
    told_of = [is_animated(key_of(frames))]
    animated.setVisible(False)
    told_of.append(is_animated(key_of(frames)))
    twin = frames.createCloneLayer("twin", animated)
    frames.rootNode().addChildNode(twin, None)
    told_of.append(is_animated(key_of(frames), id_of(twin)))
    yield from pause(1)
    frames.setActiveNode(twin)
    yield from until(lambda: frames.activeNode().name() == "twin", 20)
    cut = yield from stepping(told, begin=told.segment_into_layers)
    return {
        "cut": cut,
        "animated": told_of, "frames": current, "found": found, "painted": how, "box": box, "place": place,
        "empty": empty,
    }  # fmt: skip
