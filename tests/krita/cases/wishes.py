"""What helps to choose: where the picture is looked at, a style from a picture, from words; each is painted with."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, keep_results, opened, pause, ready, stepping

    told = yield from ready(layers="none", regions=False, strokes=60, seed=3, style="painterly", preview=False)
    document = yield from opened()
    jobs = keep_results(told)
    shown = docker()
    shown.setFloating(True)
    shown.resize(300, 900)
    style = box(shown, "StyleBox")
    interest, finding = style.interest, style.finding
    found = {"usual": [told.settings["interest"], interest.slider.number.value(), interest.view.isVisible()]}
    how = yield from stepping(told, begin=interest.eye.click)
    yield from pause(0.5)
    image = interest.view.image
    found["looked"] = [*how, interest.view.isVisible(), interest.eye.isChecked(), image.width(), image.height()]
    found["brightness"] = [image.pixelColor(x * image.width() // 8, y * image.height() // 8).lightness()
                           for y in range(1, 8) for x in range(1, 8)]  # fmt: skip
    shown.area.verticalScrollBar().setValue(interest.y() - 150)
    yield from pause(0.3)
    shown.grab().save(os.environ["IMPASTO_FOLDER"] + "/interest.png")
    interest.eye.click()
    yield from pause(0.2)
    found["hidden"] = not interest.view.isVisible()
    interest.slider.number.setValue(1.75)
    found["set"] = told.settings["interest"]
    found["painted"] = yield from stepping(told)

    finding.texture.setChecked(False)
    how = yield from stepping(told, begin=finding.from_layer.trigger)
    learned = told.style.plain()
    found["learned"] = [*how, told.settings["style"], learned["name"], style.gallery.currentItem().text()]
    found["back"] = [told.settings["interest"], told.settings["strokes"]]
    how = yield from stepping(told, begin=lambda: told.learn_style(os.environ["PHOTO"]))
    found["from file"] = [*how, told.settings["style"]]
    how = yield from stepping(told, begin=lambda: told.learn_style(__file__))
    found["no picture"] = [*how, told.settings["style"]]
    finding.words.setText("watercolour of a quiet morning")
    how = yield from stepping(told, begin=finding.words.returnPressed.emit)
    found["words"] = [how[0], bool(how[1]), told.settings["style"], told.style.plain()["values"]["medium"]["kind"]]
    shown.grab().save(os.environ["IMPASTO_FOLDER"] + "/words.png")
    told.settings["strokes"] = 60
    found["painted so"] = yield from stepping(told)
    found["jobs"] = jobs
    # an engine of before
    for name in ("interest", "learn", "suggest"):
        told.connection.hello["features"].remove(name)
    told.changed.emit()
    found["before"] = [interest.isVisible(), finding.words.isEnabled(), finding.picture.isEnabled()]
    document.setModified(False)
    return found
