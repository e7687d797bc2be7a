"""A painting that takes a while, for what may happen meanwhile."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, paint, tree
from gi.repository import Gimp, Gio


def main():
    image = load()
    file = Gio.File.new_for_path(os.environ["IMPASTO_ANSWER"].replace("answer.json", "picture.xcf"))
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
    image.set_file(file)
    ended = paint(image, image.get_layers(), strokes=2500, effort="high", preview=True)
    return {"ended": ended, "tree": tree(image.get_layers())}


answer(main)
