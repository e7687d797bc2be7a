"""An animated layer's frames are painted into a folder."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import add_frames, docker, krita, pause, ready, shown, stepping
    from impasto.qt import ARGB32, QImage, raw_bytes

    told = yield from ready(strokes=60, effort="draft", regions=False, layers="passes")
    folder, (width, height) = Path(os.environ["PICTURES"]), (96, 64)
    into = folder / "new" / "frames"
    document = krita.createDocument(width, height, "frames", "RGBA", "U8", "", 72.0)
    document.setBatchmode(True)
    yield from shown(document)

    def paint():
        told.paint_animation(str(into))

    plain = yield from stepping(told, begin=paint, rest=0)
    layer = document.createNode("clip", "paintlayer")
    document.rootNode().addChildNode(layer, None)
    images = [QImage(str(path)).convertToFormat(ARGB32) for path in sorted(folder.glob("*.png"))]
    raws = {2 * number: raw_bytes(image) for number, image in enumerate(images)}
    times = list(raws)
    yield from add_frames(document, layer, raws)
    document.setCurrentTime(4)
    yield from pause(0.5)
    before = [each.name() for each in document.rootNode().childNodes()]
    words, queue = set(), folder / "docker.jpg"

    def look():
        words.update(piece.pass_text for piece in told.run.pieces)
        if any("3 of" in piece.pass_text for piece in told.run.pieces) and not queue.exists():
            docker().grab().save(str(queue))

    how = yield from stepping(told, look, paint)
    again = yield from stepping(told, begin=paint, rest=0)
    after = [[each.name() for each in document.rootNode().childNodes()] == before, document.currentTime()]
    return {"plain": plain, "times": times, "how": how, "again": again, "after": after, "words": sorted(words)}
