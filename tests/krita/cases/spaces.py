"""Documents of other depths and colour models: painted in sRGB, brought back into their own, and left as they are."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

SPACES = (("RGBA", "U16"), ("RGBA", "F16"), ("RGBA", "F32"), ("GRAYA", "U8"), ("CMYKA", "U8"), ("LABA", "U16"))


def main():
    from common import opened, pause, ready, stepping, tree
    from impasto.document import krita_document

    told = yield from ready(layers="none", regions=False, strokes=150)
    found = {}
    for model, depth in SPACES:
        document = yield from opened()
        document.setColorSpace(model, depth, "")
        yield from pause(0.3)
        document.waitForDone()
        width, height = document.width(), document.height()
        space = (document.colorModel(), document.colorDepth(), document.colorProfile())
        before = krita_document.to_rgba(bytes(document.pixelData(0, 0, width, height)), width, height, space)
        how, message = yield from stepping(told)
        document.refreshProjection()
        document.waitForDone()
        after = krita_document.to_rgba(bytes(document.pixelData(0, 0, width, height)), width, height, space)
        count = len(range(0, len(before), 7))
        found[f"{model} {depth}"] = {
            "how": how, "message": message, "changed": before != after, "layers": len(tree(document.rootNode())),
            "difference": sum(abs(before[k] - after[k]) for k in range(0, len(before), 7)) / count / 255,
            "same": space == (document.colorModel(), document.colorDepth(), document.colorProfile()),
        }  # fmt: skip
        document.setModified(False)
        document.close()
        yield from pause(0.3)
    return found
