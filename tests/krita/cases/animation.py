"""An animated layer's frames are painted into a folder."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import docker, krita, pause, ready, shown, stepping, until
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
    yield from pause(0.5)
    document.setActiveNode(layer)
    yield from until(lambda: document.activeNode().name() == "clip", 20)
    layer.enableAnimation()
    yield from pause(0.5)
    times = []
    for number, path in enumerate(sorted(folder.glob("*.png"))):  # importAnimation ends Krita 5.1 now and then
        time = 2 * number
        document.setCurrentTime(time)
        yield from pause(0.3)
        krita.action("add_blank_frame").trigger()
        yield from until(lambda time=time: layer.hasKeyframeAtTime(time), 20)
        image = QImage(str(path)).convertToFormat(ARGB32)
        layer.setPixelData(raw_bytes(image), 0, 0, width, height)
        times.append(time)
    yield from pause(0.5)
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
    names = [each.name() for each in document.rootNode().childNodes()]
    after = [names[: len(before)] == before, document.currentTime()]
    layer, made = names[len(before) :], []
    if layer:
        from impasto.work.animation import evenly

        node = document.nodeByName(layer[0])
        made = [time for time in range(12) if node.hasKeyframeAtTime(time)]
        for time in made:
            raw = bytes(node.pixelDataAtTime(0, 0, width, height, time))
            (folder / f"layer-{time:04d}.raw").write_bytes(raw)
        assert evenly([2, 4, 8, 9]) == [2, 2, 4, 4, 4, 4, 8, 9] and evenly([3]) == [3]
        krita.action("edit_undo").trigger()
        yield from pause(1)
        layer.append([each.name() for each in document.rootNode().childNodes()] == before)
    from impasto.work.timeline import why_not

    return {
        "plain": plain, "times": times, "how": how, "again": again, "after": after, "words": sorted(words),
        "layer": layer, "made": made, "why not": why_not(),
    }  # fmt: skip
