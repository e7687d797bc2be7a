"""Paint, save, repaint a selection, and end Krita half-way, as if it had crashed."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import feathered, krita, opened, pixels, ready, stepping, until

    told = yield from ready(layers="none", regions=False, strokes=300, seed=5, style="painterly")
    document = yield from opened()
    painted = yield from stepping(told)
    folder = Path(os.environ["IMPASTO_FOLDER"])
    document.setBatchmode(True)
    document.saveAs(str(folder / "painted.kra"))
    document.setSelection(feathered())
    (folder / "before").write_bytes(pixels(document))
    told.settings["strokes"], told.settings["effort"] = 40000, "high"  # so that it lasts
    krita.action("impasto_repaint_selection").trigger()
    yield from until(lambda: told.run.fraction > 0.1 and told.run.work.preview.count > 1, 120)
    return {"painted": painted}
