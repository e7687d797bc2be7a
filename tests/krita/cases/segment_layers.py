"""Cut a layer into a layer for each region: names, pixels, one undo step; also where the layer is half transparent."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pause, pixels, ready, stepping, tree

    told = yield from ready(layers="regions", regions=True)
    document = yield from opened()
    layer = document.activeNode()
    width, height = document.width(), document.height()
    found = {}

    def compared(name):
        """Its group alone against the source alone."""
        source = bytes(layer.pixelData(0, 0, width, height))
        group = document.rootNode().childNodes()[-1]
        layer.setVisible(False)
        together = pixels(document)
        layer.setVisible(True)
        pixels(document)
        solid = [k for k in range(0, width * height, 3) if source[4 * k + 3] == 255]
        alphas = [abs(source[k] - together[k]) for k in range(3, len(source), 4)]
        visible = [k for k in solid for c in range(3) if abs(source[4 * k + c] - together[4 * k + c]) > 2]
        found[name] = {
            "tree": tree(group), "title": group.name(), "wrong": len(visible), "alpha": max(alphas),
            "mean alpha": sum(alphas) / len(alphas), "solid": len(solid),
            "locked": any(c.locked() for c in group.childNodes()),
            "paint": [any(bytes(c.pixelData(0, 0, width, height))) for c in group.childNodes()],
        }  # fmt: skip

    source = bytes(layer.pixelData(0, 0, width, height))
    before = pixels(document)
    found["how"] = yield from stepping(told, begin=krita.action("impasto_segment_into_layers").trigger)
    found["names"] = [entry.name for entry in told.regions.entries]
    found["untouched"] = source == bytes(layer.pixelData(0, 0, width, height))
    found["active"] = document.activeNode().name() == layer.name()
    found["shown"] = max(abs(a - b) for a, b in zip(before, pixels(document)))  # noqa: B905
    compared("opaque")
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["left"] = tree(document.rootNode())
    found["undone"] = pixels(document) == before
    soft = bytearray(source)
    for y in range(height):
        row = bytes(min(255, x * 255 // (width // 2)) for x in range(width))
        soft[4 * y * width + 3 : 4 * (y + 1) * width : 4] = row
    layer.setPixelData(bytes(soft), 0, 0, width, height)
    pixels(document)
    found["again"] = yield from stepping(told, begin=krita.action("impasto_segment_into_layers").trigger)
    compared("soft")
    return found
