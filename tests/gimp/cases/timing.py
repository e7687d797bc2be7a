"""How long the user waits, at several sizes: all of it, and this process's share."""

import os
import sys
import time

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, paint


def main():
    found = {}
    for side in (1024, 4096):
        image = load()
        image.scale(side, side)
        for layers in ("none", "passes"):
            begun = time.monotonic()
            ended = paint(image, image.get_layers()[-1:], strokes=1600, effort="normal", preview=True, layers=layers)
            found[f"{side} {layers}"] = [ended, round(time.monotonic() - begun, 1)]
        image.delete()
    return found


answer(main)
