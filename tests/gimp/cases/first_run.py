"""Painted by the dialog, in a GIMP for which there is no engine yet."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, paint, told, tree
from gi.repository import Gimp


def main():
    image = load()
    Gimp.Display.new(image)
    Gimp.displays_flush()
    told("paint asked")
    found = {"paint": paint(image, image.get_layers(), Gimp.RunMode.INTERACTIVE)}
    told("paint ended")
    return {**found, "tree": tree(image.get_layers())}


answer(main)
