"""A painting that takes a while, for what may happen meanwhile."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

from common import answer, load, paint, tree


def main():
    image = load()
    ended = paint(image, image.get_layers(), strokes=2500, effort="high", preview=True)
    return {"ended": ended, "tree": tree(image.get_layers())}


answer(main)
