"""Images of all kinds, and layers of all sizes and sorts."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, digest, load, off, paint, pixels, tree
from gi.repository import Gegl, Gimp

PRECISIONS = {"u16": "U16_NON_LINEAR", "u16 linear": "U16_LINEAR", "float": "FLOAT_LINEAR", "half": "HALF_NON_LINEAR"}


def own(layer):
    """A layer's own pixels."""
    buffer = layer.get_buffer()
    return buffer.get(buffer.get_extent(), 1.0, "R'G'B'A u8", Gegl.AbyssPolicy.NONE)


def main():
    found = {}
    for kind in ("u8", *PRECISIONS, "grey", "alpha", "larger", "smaller", "mask", "group", "text", "locked"):
        image = load()
        layer = chosen = image.get_layers()[0]
        if kind in PRECISIONS:
            image.convert_precision(getattr(Gimp.Precision, PRECISIONS[kind]))
        elif kind == "grey":
            image.convert_grayscale()
        elif kind == "alpha":
            layer.add_alpha()
            image.select_ellipse(Gimp.ChannelOps.REPLACE, 0, 0, 120, 180)
            layer.edit_clear()
            Gimp.Selection.none(image)
        elif kind == "larger":
            layer.scale(300, 260, True)
            layer.set_offsets(-20, -31)
        elif kind == "smaller":
            layer.scale(90, 70, False)
            layer.set_offsets(101, 53)
        elif kind == "mask":
            chosen = layer.create_mask(Gimp.AddMaskType.WHITE)
            layer.add_mask(chosen)
        elif kind == "group":
            chosen = Gimp.GroupLayer.new(image, "things")
            image.insert_layer(chosen, None, 0)
            image.reorder_item(layer, chosen, 0)
        elif kind == "text":
            chosen = Gimp.TextLayer.new(image, "Impasto", Gimp.context_get_font(), 50, Gimp.Unit.pixel())
            image.insert_layer(chosen, None, 0)
        elif kind == "locked":
            layer.set_lock_content(True)
        before, plain = pixels(image), digest(own(layer))
        ended = paint(image, [chosen])
        after = pixels(image)
        found[kind] = {"ended": ended, "tree": tree(image.get_layers()), "off": off(before, after),
                       "source": digest(own(layer)) == plain,
                       "alpha": off(before[3::4], after[3::4])}  # fmt: skip
        image.delete()
    return found


answer(main)
