"""Paint a soft, odd selection: inside it is painted, outside nothing changes; and what cannot be painted is said."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pause, pixels, ready, shown, stepping
    from krita import Selection

    told = yield from ready(layers="none", regions=False, strokes=120)
    document = yield from opened()
    width, height = document.width(), document.height()
    before = pixels(document)
    selection = Selection()
    selection.select(100, 60, 201, 133, 255)
    selection.feather(7)
    document.setSelection(selection)
    yield from pause(0.2)
    mask = bytes(document.selection().pixelData(0, 0, width, height))
    how, message = yield from stepping(told)
    after = pixels(document)
    inside = [k for k in range(width * height) if mask[k] == 255]
    outside = sum(before[4 * k : 4 * k + 4] != after[4 * k : 4 * k + 4] for k in range(width * height) if not mask[k])
    difference = sum(abs(before[4 * k + c] - after[4 * k + c]) for k in inside for c in range(3)) / len(inside) / 765
    changed = sum(before[4 * k : 4 * k + 4] != after[4 * k : 4 * k + 4] for k in inside) / len(inside)
    far = Selection()
    far.select(width + 50, height + 50, 20, 20, 255)
    document.setSelection(far)
    beyond = yield from stepping(told)
    empty = krita.createDocument(64, 48, "empty", "RGBA", "U8", "", 72.0)
    yield from shown(empty)
    node = empty.activeNode()
    node.setPixelData(bytes(4 * 64 * 48), 0, 0, 64, 48)
    nothing = yield from stepping(told)
    return {
        "how": how, "message": message, "inside": len(inside), "soft": sum(0 < m < 255 for m in mask),
        "outside": outside, "difference": difference, "changed": changed, "beyond": beyond, "nothing": nothing,
        "actions": [krita.action(name) is not None for name in ("impasto_paint_layer", "impasto_cancel")],
    }  # fmt: skip
