"""What the cases share; it runs inside GIMP's Python."""

import hashlib
import json
import os
import traceback
from pathlib import Path

from gi.repository import Gegl, Gimp, Gio

QUICK = {"style": "painterly", "strokes": 60, "effort": "draft", "preview": False}


def load(path=""):
    file = Gio.File.new_for_path(path or os.environ["PHOTO"])
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)


def paint(image, drawables, mode=Gimp.RunMode.NONINTERACTIVE, **wishes):
    """How the procedure ended, and its sentence if it did not end well."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-impasto-paint")
    config = procedure.create_config()
    config.set_property("run-mode", mode)
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for name, value in {**QUICK, **wishes}.items():
        config.set_property(name, value)
    status = procedure.run(config).index(0)
    good = status == Gimp.PDBStatusType.SUCCESS
    return ["done", ""] if good else [status.value_nick, Gimp.get_pdb().get_last_error() or ""]


def pixels(image):
    """All that is visible: RGBA, 8 bits."""
    copy = image.duplicate()
    layer = copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    where = Gegl.Rectangle.new(0, 0, image.get_width(), image.get_height())
    _, left, top = layer.get_offsets()
    where = Gegl.Rectangle.new(-left, -top, image.get_width(), image.get_height())
    data = bytes(layer.get_buffer().get(where, 1.0, "R'G'B'A u8", Gegl.AbyssPolicy.NONE))
    copy.delete()
    return data


def digest(data):
    return hashlib.sha256(bytes(data)).hexdigest()[:16]


def off(one, two):
    """How far apart two pictures are: the mean and the largest difference of a channel."""
    differences = [abs(a - b) for a, b in zip(one, two, strict=True)]
    return [sum(differences) / len(differences), max(differences)]


def tree(layers):
    return [[each.get_name(), tree(each.get_children()) if each.is_group() else list(each.get_offsets())[1:]]
            for each in layers]  # fmt: skip


def told(name):
    """Have the test know that it has come this far."""
    Path(os.environ["IMPASTO_ANSWER"]).with_name(name).write_text("", "utf-8")


def answer(main):
    try:
        found = main()
    except Exception:
        found = {"error": traceback.format_exc()}
    path = Path(os.environ["IMPASTO_ANSWER"])
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(found), "utf-8")
    beside.replace(path)
