"""The layers of a painting together are the painting; nothing outside a soft selection changes."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, off, paint, pixels, tree
from gi.repository import Gegl, Gimp


def main():
    found = {}
    wash = {"style": "watercolour"}
    for name, wishes in (("paint", {}), ("washes", wash), ("regions", {"regions": True}),
                         ("washes by regions", {**wash, "regions": True}), ("16 bits", {})):  # fmt: skip
        shown = []
        for layers in ("none", "passes"):
            image = load()
            if name == "16 bits":
                image.convert_precision(Gimp.Precision.U16_LINEAR)
            ended = paint(image, image.get_layers(), layers=layers, **wishes)
            shown.append((ended, pixels(image), tree(image.get_layers())))
            image.delete()
        found[name] = {"ended": [each[0] for each in shown], "off": off(shown[0][1], shown[1][1]), "tree": shown[1][2]}
    image = load()
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 60, 40, 110, 90)
    Gimp.Selection.feather(image, 12)
    width, height = image.get_width(), image.get_height()
    mask = bytes(image.get_selection().get_buffer().get(Gegl.Rectangle.new(0, 0, width, height), 1.0, "Y u8", 0))
    before = pixels(image)
    ended = paint(image, image.get_layers(), strokes=200)
    after = pixels(image)
    outside = [before[4 * k : 4 * k + 4] == after[4 * k : 4 * k + 4] for k in range(len(mask)) if not mask[k]]
    inside = [before[4 * k : 4 * k + 4] != after[4 * k : 4 * k + 4] for k in range(len(mask)) if mask[k] == 255]
    soft = sum(0 < each < 255 for each in mask)
    changed = sum(inside) / max(1, len(inside))
    found["selection"] = {"ended": ended, "outside": [all(outside), len(outside)], "inside": changed, "soft": soft,
                          "kept": not Gimp.Selection.is_empty(image)}  # fmt: skip
    return found


answer(main)
