"""Which boxes are drawn again by a slider, by a message, and when anything may be different."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, opened, ready

    told = yield from ready()
    yield from opened()
    shown, drawn = docker(), []
    names = [type(each).__name__ for each in shown.boxes]
    for each, name in zip(shown.boxes, names):  # noqa: B905, Python 3.8
        each.show_state = lambda name=name, plain=each.show_state: (drawn.append(name), plain())

    def by(act):
        del drawn[:]
        act()
        return sorted(drawn)

    relief = box(shown, "LookBox").sliders["light/relief"].slider
    return {
        "slider": by(lambda: relief.setValue(relief.value() + 5)),
        "changes": list(told.style.changes()),
        "style": by(lambda: box(shown, "StyleBox").gallery.setCurrentRow(0)),
        "message": by(lambda: told.say("a word")),
        "all": by(told.changed.emit),
        "boxes": sorted(names),
        "always": [type(each).__name__ for each in shown.boxes if "shows" not in vars(type(each))],
    }
