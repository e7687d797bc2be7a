"""Starting the engine from the docker: what cannot start it says so with a remedy, what can is watched line by line."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, fresh, pause, until
    from impasto.link.connection import ABSENT, CONNECTED
    from impasto.qt import QtWidgets
    from impasto.state import state

    told, shown = state(), docker()
    fresh(told)
    engine = box(shown, "EngineBox")
    yield from until(lambda: told.connection.state == ABSENT)
    yield from pause(0.5)

    def look():
        return {"text": engine.text.text(), "start": engine.start.isVisible(), "log": engine.log.toPlainText(),
                "log shown": engine.log.isVisible(), "problem": engine.problem.text()}  # fmt: skip

    found = {"before": look(), "failed": {}}
    programs = {"gone": "/nowhere/python3", "no program": os.environ["NO_PROGRAM"], "no impasto": "/usr/bin/python3",
                "no engine": "/bin/false", "lacking": os.environ["LACKING"]}  # fmt: skip
    for name, path in programs.items():
        dialog = engine.settings()
        dialog.python.setText(path)
        dialog.save.click()
        engine.start.click()
        yield from until(lambda: told.engine.problem)
        yield from pause(0.2)
        found["failed"][name] = look()
    engine.more.open()
    details = engine.details
    details.check.click()  # by a Python that lacks what it takes
    busy = details.check.isEnabled(), details.said.text()
    yield from until(lambda: not told.doctor.is_at_work)
    details.copy.click()
    found["report"], found["busy"] = QtWidgets.QApplication.clipboard().text(), busy
    dialog = engine.settings()
    found["default"] = dialog.python.placeholderText()
    dialog.python.setText("")
    dialog.save.click()
    engine.start.click()
    yield from pause(0.1)
    found["starting"] = look()
    yield from until(lambda: told.connection.state == CONNECTED or told.engine.problem, 80)
    assert told.connection.state == CONNECTED, look()
    yield from pause(0.3)
    found["lines"] = told.engine.process.lines
    found["after"] = look()
    details.check.click()
    yield from until(lambda: not told.doctor.is_at_work, 200)
    saved = Path(os.environ["IMPASTO_FOLDER"], "report.txt")
    details.save_to(str(saved))
    found["checked"] = [details.said.text() == f"Saved as {saved}.", saved.read_text("utf-8").replace(str(saved), "")]
    shown.setFloating(True)
    shown.resize(280, 800)
    yield from pause(0.5)
    shown.grab().save(os.environ["IMPASTO_FOLDER"] + "/details.png")
    details.save_to("/nowhere/at all.txt")
    found["not saved"] = details.said.text()
    return found
