"""Another look for a painting: live while a slider moves, one undo step, never over what is not ours to change."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, feathered, krita, opened, pause, pixels, ready, stepping, stray, tree, until

    def groups():
        return [[node.name(), node.visible(), tree(node)] for node in document.rootNode().childNodes()
                if node.type() == "grouplayer"]  # fmt: skip

    def keep(name):
        krita.activeWindow().qwindow().grab().save(os.environ["IMPASTO_FOLDER"] + f"/{name}.png")

    def seen(count, seconds=60):
        yield from until(lambda: told.run.work is None or told.run.work.shown >= count, seconds)

    def slid(row, *places):
        """Drag a slider's handle over some places, and let go; how it ended, and the seconds of each picture."""
        took, ended, strays = [], [], []
        told.run.finished.connect(ended.append)
        row.slider.setSliderDown(True)
        for place in places:
            before = 0 if told.run.work is None else told.run.work.shown
            row.slider.setValue(place)
            yield from seen(before + 1)
            took.append(told.run.work.seconds)
            strays.append(pixels(document))
        row.slider.setSliderDown(False)
        yield from until(lambda: ended, 120)
        yield from pause(0.7)
        told.run.finished.disconnect(ended.append)
        return ended[-1], took, strays

    found = {}
    told = yield from ready(layers="regions", regions=True, strokes=300, seed=3, style="painterly", effort="draft")
    document = yield from opened()
    shown = docker()
    look, style = box(shown, "LookBox"), box(shown, "StyleBox")
    found["aim before"] = told.looks.aim is None
    yield from until(lambda: len(told.viewer.pictures) == look.media.count(), 120)
    found["media"] = [look.media.item(k).text() for k in range(look.media.count())]
    found["pictured"] = [not look.media.item(k).icon().isNull() for k in range(look.media.count())]
    style.seed.setValue(41)
    style.next.click()
    found["next"] = told.settings["seed"]

    look.media.setCurrentRow(found["media"].index("Oil"))
    found["for the next"] = [told.style.look()["medium"], told.run.busy]
    found["paint"] = yield from stepping(told)
    flat, first = pixels(document), groups()
    keep("painted")
    how, took, frames = yield from slid(look.sliders["light/relief"], 100, 40, 90)
    found["relief"] = [how, told.message]
    found["seconds"] = took
    found["live"] = [frame != flat for frame in frames] + [len(set(frames))]
    after, second = pixels(document), groups()
    keep("relief")
    found["replaced"] = [after != flat, [group[:2] for group in second], second[1][2] == first[0][2]]
    found["close"] = sum(abs(a - b) for a, b in zip(after, flat, strict=True)) / len(flat)
    found["unlocked"] = [n.locked() for n in document.rootNode().childNodes()[-1].childNodes()]
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["undone"] = [
        pixels(document) == flat,
        groups() == first,
        told.history.entries[0].recipe["values"].get("light"),
    ]
    krita.action("edit_redo").trigger()
    yield from pause(1)
    found["again"] = [pixels(document) == after, groups() == second, told.history.entries[0].recipe["values"]["light"]]

    # somebody paints on a layer: it stays, and the new one comes beside it
    group = document.rootNode().childNodes()[-1]
    layer = next(node for node in group.childNodes() if node.type() == "paintlayer")
    layer.setPixelData(bytes([0, 0, 255, 255]) * 400, 20, 20, 20, 20)
    mine = pixels(document)
    uid = group.uniqueId()
    how, took, _ = yield from slid(look.sliders["light/gloss"], 80)
    there = [node for node in document.rootNode().childNodes() if node.uniqueId() == uid]
    found["worked on"] = [how, told.message, [node.visible() for node in there], len(groups())]
    found["kept"] = bytes(layer.pixelData(20, 20, 20, 20)) == bytes([0, 0, 255, 255]) * 400
    krita.action("edit_undo").trigger()
    yield from pause(1)
    found["mine again"] = pixels(document) == mine
    krita.action("edit_redo").trigger()
    yield from pause(1)

    # only where something is selected
    selection = feathered()
    document.setSelection(selection)
    mask = bytes(selection.pixelData(0, 0, document.width(), document.height()))
    before = pixels(document)
    ended = []
    told.run.finished.connect(ended.append)
    look.media.setCurrentRow(found["media"].index("Knife"))
    yield from seen(1)
    found["strays"] = [stray(before, pixels(document), mask)]
    yield from until(lambda: ended, 120)
    yield from pause(1)
    now = pixels(document)
    found["strays"].append(stray(before, now, mask))
    inside = [k for k, m in enumerate(mask) if m == 255]
    found["knife"] = sum(before[4 * k : 4 * k + 3] != now[4 * k : 4 * k + 3] for k in inside) / len(inside)
    found["selected"] = [list(ended), told.message]
    krita.action("deselect").trigger()
    keep("selected")

    # cancelled while the slider is held
    tops, before = len(groups()), pixels(document)
    told.run.finished.connect(ended.append)
    look.sliders["medium/dryness"].slider.setSliderDown(True)
    look.sliders["medium/dryness"].slider.setValue(90)
    yield from seen(1)
    told.run.cancel()
    look.sliders["medium/dryness"].slider.setSliderDown(False)
    yield from pause(1)
    found["cancelled"] = [ended[-1], len(groups()) == tops, pixels(document) == before]

    # a style of one's own
    keeping = look.keeping
    keeping.name.setText("rough sea")
    keeping.save.click()
    yield from until(lambda: told.settings["style"] == "rough sea", 20)
    found["kept style"] = [told.style.changes(), told.style.plain()["values"]["medium"], told.looks.aim is None]
    keeping.name.setText("rough sea")
    keeping.save.click()
    yield from until(lambda: keeping._replace, 20)
    found["asked"] = [keeping._said.text(), keeping.save.text()]
    keeping.name.setText("painterly")
    keeping.save.click()
    yield from until(lambda: keeping._said.isVisibleTo(keeping), 20)
    found["preset"] = keeping._said.text()

    hello = told.connection.hello  # as an older engine has it
    hello["features"] = [name for name in hello["features"] if name not in ("show", "keep_style")]
    told.changed.emit()
    found["older"] = [told.looks.aim is None, keeping.save.isEnabled(), look.body.isVisibleTo(look)]
    schema = hello["parameters"]["properties"].pop("medium")
    told.changed.emit()
    found["oldest"] = [look.body.isVisibleTo(look), look._old.isVisibleTo(look), look._old.text()]
    hello["parameters"]["properties"]["medium"] = schema
    hello["features"] += ["show", "keep_style"]
    return found
