"""Regions of selection masks, of a group, of chosen layers and of the selection; painted without what nobody claims."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def box_of(x, y, width, height):
    """A selection."""
    from krita import Selection

    selection = Selection()
    selection.select(x, y, width, height, 255)
    return selection


def main():
    from common import krita, opened, pause, ready, stepping, tree
    from impasto.document.mask_math import bytes_of

    told = yield from ready(layers="regions", regions=True, strokes=200, preview=False)
    document = yield from opened()
    layer = document.activeNode()
    found = {}

    def names():
        return [entry.name for entry in told.regions.entries]

    found["nothing"] = yield from stepping(told, begin=krita.action("impasto_regions_from_layers").trigger)
    for name, place in (("left: one", (20, 30, 150, 200)), ("right", (120, 30, 150, 200))):
        mask = document.createSelectionMask(name)
        mask.setSelection(box_of(*place))
        layer.addChildNode(mask, None)
    yield from pause(0.5)
    document.setActiveNode(layer)
    yield from pause(0.5)
    found["masks"] = yield from stepping(told, begin=krita.action("impasto_regions_from_layers").trigger)
    found["mask names"] = names()
    document.setSelection(box_of(300, 300, 50, 40))
    yield from pause(0.5)
    found["selection"] = yield from stepping(told, begin=krita.action("impasto_region_from_selection").trigger)
    found["selection names"] = names()
    document.setSelection(None)
    yield from pause(0.5)
    found["unselected"] = yield from stepping(told, begin=krita.action("impasto_region_from_selection").trigger)
    rest = next(entry for entry in told.regions.entries if entry.rest)
    told.regions.show(rest.key, False)
    found["painted"] = yield from stepping(told)
    group = document.rootNode().childNodes()[-1]
    found["tree"] = tree(group)
    alpha = bytes(group.projectionPixelData(0, 0, document.width(), document.height()))[3::4]
    width = document.width()
    claimed = [(20, 30, 250, 200), (300, 300, 50, 40)]
    inside, outside = [], []
    for y in range(document.height()):
        for x in range(width):
            into = any(a <= x < a + w and b <= y < b + h for a, b, w, h in claimed)
            (inside if into else outside).append(alpha[y * width + x])
    found["inside"], found["outside"] = [len(inside), min(inside)], [len(outside), max(outside)]
    # a group, and several layers
    told.regions.clear()
    parent = document.createGroupLayer("parts")
    document.rootNode().addChildNode(parent, None)
    for name, x in (("first", 10), ("second", 200), ("empty", -1)):
        part = document.createNode(name, "paintlayer")
        parent.addChildNode(part, None)
        if x >= 0:
            part.setPixelData(b"\x20\x40\x60\xff" * 100 * 80, x, 50, 100, 80)
    yield from pause(0.5)
    document.setActiveNode(parent)
    yield from pause(0.5)
    found["group"] = yield from stepping(told, begin=krita.action("impasto_regions_from_layers").trigger)
    found["group names"] = names()
    drawn = [plane for entry in told.regions.entries if not entry.rest for plane in entry.planes]
    found["full"] = [max(bytes_of(plane.image)) for plane in drawn]
    told.regions.clear()
    krita.action("select_all_layers").trigger()
    yield from pause(0.5)
    found["several"] = yield from stepping(told, begin=krita.action("impasto_regions_from_layers").trigger)
    found["several names"] = names()
    told.regions.clear()
    document.setActiveNode(layer)
    yield from pause(0.5)
    yield from stepping(told, begin=krita.action("impasto_regions_from_layers").trigger)
    own = names()[1:]
    yield from stepping(told, begin=krita.action("impasto_segment").trigger)
    found["over"] = {"own": own, "last": names()[-len(own) :], "rest": any(e.rest for e in told.regions.entries)}
    document.crop(0, 0, 200, 200)
    yield from pause(0.5)
    found["cropped"] = yield from stepping(told)
    return found
