"""What cannot be painted, each with its sentence."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, paint
from gi.repository import Gegl, Gimp


def main():
    found = {}
    for kind in ("no layer", "two", "palette", "empty group", "channel", "elsewhere", "style", "medium", "changes",
                 "json", "segmenter", "effort", "layers"):  # fmt: skip
        image, wishes = load(), {}
        layer = image.get_layers()[0]
        chosen = [layer]
        if kind == "no layer":
            chosen = []
        elif kind == "two":
            other = layer.copy()
            image.insert_layer(other, None, 0)
            chosen = [layer, other]
        elif kind == "palette":
            image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
        elif kind == "empty group":
            group = Gimp.GroupLayer.new(image, "nothing")
            image.insert_layer(group, None, 0)
            chosen = [group]
        elif kind == "channel":
            channel = Gimp.Channel.new(image, "a channel", 240, 180, 50, Gegl.Color.new("red"))
            image.insert_channel(channel, None, 0)
            chosen = [channel]
        elif kind == "elsewhere":
            layer.scale(50, 40, False)
            image.select_rectangle(Gimp.ChannelOps.REPLACE, 150, 100, 40, 40)
        elif kind == "changes":
            wishes = {"changes": '{"light/reliev": 2}'}
        elif kind == "json":
            wishes = {"changes": "relief"}
        elif kind == "segmenter":
            wishes = {"regions": True, "segmenter": "nowhere"}
        else:
            wishes = {kind: "nowhere"}
        count = len(image.get_layers())
        found[kind] = [*paint(image, chosen, **wishes), len(image.get_layers()) == count]
        image.delete()
    return found


answer(main)
