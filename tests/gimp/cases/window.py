"""In the window: painted by the dialog, undone and done again by keys, cancelled."""

import os
import sys

sys.path.insert(0, os.environ["IMPASTO_CASES"])

import time
from pathlib import Path

from common import answer, digest, load, paint, pixels, told
from gi.repository import Gimp


def heard(name):
    path = Path(os.environ["IMPASTO_ANSWER"]).with_name(name)
    while not path.exists():
        time.sleep(0.1)


def changed(image, before):
    """What is seen once it is something else than before, or after a while."""
    end = time.monotonic() + 60
    while (now := digest(pixels(image))) == before and time.monotonic() < end:
        time.sleep(0.3)
    return now


def main():
    image = load()
    Gimp.Display.new(image)
    Gimp.displays_flush()
    found = {"before": digest(pixels(image))}
    for step in ("paint", "cancel"):
        told(f"{step} asked")
        found[step] = paint(image, image.get_layers()[-1:], Gimp.RunMode.INTERACTIVE)
        layers, chosen = image.get_layers(), image.get_selected_layers()
        found[f"{step} after"] = [digest(pixels(image)), len(layers), [layers.index(each) for each in chosen]]
        told(f"{step} ended")
        if step == "paint":
            seen = found["paint after"][0]
            for key in ("undone", "redone"):
                heard(key)
                seen = found[key] = changed(image, seen)
                told(f"{key} seen")
    return found


answer(main)
