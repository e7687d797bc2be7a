"""How long the user waits, at several sizes."""

import os
import sys
import time

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, paint


def main():
    found = {}
    for side in map(int, os.environ["SIDES"].split()):
        image = load()
        image.scale(side, side)
        for layers in ("none", "passes"):
            begun = time.monotonic()
            ended = paint(image, image.get_layers()[-1:], strokes=1600, effort="normal", preview=True, layers=layers)
            found[f"{side} {layers}"] = [ended, round(time.monotonic() - begun, 1)]
        image.delete()
    return found


answer(main)
