"""Begin to paint, end Krita half-way: at once, as if it had crashed, or (HOW=quit) as users do, after saving."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, ready, tree, until

    quits = os.environ["HOW"] == "quit"
    told = yield from ready(layers="none", regions=False, strokes=15000, seed=5, style="painterly")
    document = yield from opened()
    krita.action("impasto_paint_layer").trigger()
    yield from until(lambda: told.run.fraction > 0.1 and told.run.work.preview.count > 1, 120)
    if quits:
        document.setBatchmode(True)
        document.saveAs(os.environ["IMPASTO_FOLDER"] + "/half.kra")
    (note,) = Path(os.environ["IMPASTO_HOME"], "krita").glob("*.json")  # at once, whatever the engine says
    noted = Path(json.loads(note.read_text())["file"]).name
    return {"quit": quits, "noted": noted, "fraction": told.run.fraction, "offered": told.offers.note is not None,
            "tree": tree(document.rootNode())}  # fmt: skip
