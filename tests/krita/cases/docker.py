"""The docker: its styles have pictures, and what is chosen, slid, typed and rolled reaches the engine."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, keep_results, opened, pause, ready, stepping, until
    from controls import by_tab, unnamed
    from names import looked_up

    told = yield from ready(layers="none", regions=False, strokes=0, seed=0)
    yield from opened()
    jobs = keep_results(told)
    shown = docker()
    style = box(shown, "StyleBox")
    yield from pause(0.5)
    gallery = style.gallery
    items = [gallery.item(k) for k in range(gallery.count())]
    found = {
        "styles": [item.text() for item in items],
        "known": [each["name"] for each in told.style.known],
        "pictures": [item.icon().pixmap(112, 112).toImage() for item in items],
        "tips": [item.toolTip() for item in items],
    }
    found["names"] = looked_up()
    found["distinct"] = all(a != b for k, a in enumerate(found["pictures"]) for b in found["pictures"][:k])
    found["pictures"] = [[image.width(), image.height()] for image in found["pictures"]]
    # an engine with a style of its own, which has no picture
    told.connection.hello["styles"].append({**told.style.known[0], "name": "of my own"})
    told.changed.emit()
    last = gallery.item(gallery.count() - 1)
    found["own"] = [last.text(), last.icon().pixmap(112, 112).width()]
    told.connection.hello["styles"].pop()
    told.changed.emit()

    gallery.setCurrentRow(found["styles"].index("abstract"))
    style.strokes.slider.setValue(200)
    style.brush.slider.setValue(50)
    style.looseness.slider.setValue(-25)
    found["slid"] = [told.settings[name] for name in ("style", "strokes", "brush", "looseness")]
    style.strokes.number.setValue(1234)
    style.brush.number.setValue(1.25)
    style.looseness.number.setValue(0.5)
    found["typed"] = [told.settings[name] for name in ("strokes", "brush", "looseness")]
    effort = style.effort
    effort.activated.emit(effort.findText("Draft"))
    told.changed.emit()
    found["effort"] = [told.settings["effort"], effort.currentText(), effort.isEnabled(), effort.toolTip()]
    told.connection.hello["features"].remove("effort")  # as an engine of before
    told.changed.emit()
    found["only one"] = [told.settings["effort"], effort.currentText(), effort.isEnabled(), effort.toolTip()]
    told.connection.hello["features"].append("effort")
    told.changed.emit()
    found["tabs"] = by_tab([style.looseness.slider, effort, style.source, style.layers, style.seed, style.die])
    found["beside"] = [row.slider.value() for row in (style.strokes, style.brush, style.looseness)]
    style.strokes.slider.setValue(200)
    style.brush.slider.setValue(50)
    style.looseness.slider.setValue(-25)
    style.more.open()
    yield from pause(0.3)
    rows = style.parameters.editors
    for fold in style.parameters.folds.values():
        fold.open()
    found["paths"] = sorted(rows)
    shown.activateWindow()
    found["rings"] = []
    for widget in (style.strokes.slider, style.brush.number, style.seed, style.gallery):
        widget.setFocus()
        yield from until(widget.hasFocus)
        ring = shown.ring
        found["rings"].append([ring.isVisible(), ring.geometry().contains(widget.geometry()),
                               ring.parentWidget() is widget.parentWidget()])  # fmt: skip
    shown.grab().save(os.environ["IMPASTO_FOLDER"] + "/focus.png")
    found["unnamed"] = unnamed(shown) + unnamed(box(shown, "EngineBox").settings())
    box(shown, "EngineBox").settings().close()
    found["sizes"] = [rows["shape/aspect"].editor.minimum(), rows["shape/aspect"].editor.maximum()]
    rows["shape/aspect"].editor.setValue(7.5)
    rows["shape/straight"].editor.setChecked(False)
    rows["passes/1/radius"].editor.setValue(0.0777)
    choice = rows["loss"].editor
    choice.activated.emit(choice.findData("l2"))
    text = rows["background"].editor
    text.setText("#102030")
    text.editingFinished.emit()
    found["changes"] = told.style.changes()
    found["bold"] = sorted(path for path, row in rows.items() if row._name.font().bold())
    rows["finish"].editor.setValue(3)
    rows["finish"]._back.click()
    found["after reset"] = sorted(told.style.changes())
    style.die.click()
    first = told.settings["seed"]
    style.die.click()
    found["rolled"] = [first, told.settings["seed"], style.seed.value()]
    style.switches["preview"].setChecked(False)
    previews = []
    how, message = yield from stepping(
        told, lambda: previews.append(told.run.work.preview.count if told.run.work else 0)
    )
    found["painted"] = [how, message, max(previews)]
    style.switches["preview"].setChecked(True)
    found["jobs"] = jobs
    # another style has changes of its own; they come back with it
    gallery.setCurrentRow(found["styles"].index("painterly"))
    found["other"] = [told.style.changes(), told.settings["strokes"]]
    gallery.setCurrentRow(found["styles"].index("abstract"))
    found["again"] = sorted(told.style.changes())
    style.parameters._reset.click()
    found["reset"] = told.style.changes()
    found["widths"] = []
    for width in (200, 420):
        body = shown.area
        shown.setFloating(True)
        shown.resize(width, 800)
        yield from pause(0.5)
        content = body.widget()
        found["widths"].append([width, body.viewport().width(), content.minimumSizeHint().width(),
                                body.horizontalScrollBar().maximum(), gallery.height()])  # fmt: skip
    return found
