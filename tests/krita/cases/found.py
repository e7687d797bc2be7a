"""A new Krita: the painting that was going on is offered, continued, and delivered."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import bare_docker, krita, pause, pixels, ready, stepping, tree, until
    from impasto.state import state
    from PyQt5.QtWidgets import QLabel, QPushButton

    yield from pause(1)
    early = [state().connection.state, state().offers.note is not None]
    Path(os.environ["IMPASTO_FOLDER"], "now").touch()
    told = yield from ready(layers="regions", strokes=300, seed=1)
    yield from until(lambda: told.offers.note is not None)
    window = krita.activeWindow().qwindow()
    texts = [label.text() for label in window.findChildren(QLabel) if "was going on" in label.text()]
    (go_on,) = [b for b in window.findChildren(QPushButton) if b.text() == "Continue"]
    shown = go_on.isVisibleTo(window)
    bare_docker().close()
    told.changed.emit()
    yield from pause(0.3)
    again = go_on.isVisibleTo(window)
    seen = []

    def watch():
        if told.run.work is not None:
            seen.append(told.run.work.preview.count)

    how, message = yield from stepping(told, watch, begin=go_on.click)
    (document,) = [d for d in krita.documents() if d.name() != "scratch"]
    layers = document.rootNode().childNodes()
    painted = pixels(document)
    for layer in layers[1:]:
        layer.setVisible(False)
    bare = pixels(document)
    notes = list(Path(os.environ["IMPASTO_HOME"], "krita").iterdir())
    return {
        "early": early, "texts": texts, "shown": shown, "again": again, "how": how, "message": message,
        "previews": max(seen or [0]),
        "tree": tree(document.rootNode()), "locked": [c.locked() for layer in layers[1:] for c in layer.childNodes()],
        "difference": sum(abs(a - b) for a, b in zip(bare, painted, strict=True)) / len(bare) / 255,
        "settings": [told.settings["strokes"], told.settings["seed"]],
        "remembered": [e.recipe["strokes"] for e in told.history.entries], "notes": [path.name for path in notes],
        "offered": told.offers.note is not None, "file": document.fileName(),
    }  # fmt: skip
