"""The plugin from the zip, on a computer without an engine: it is installed by the docker's buttons alone."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, opened, pause, stepping, until
    from impasto.link.connection import CONNECTED
    from impasto.report import report
    from impasto.state import state

    from impasto.easel.uv import newest

    patience = float(os.environ.get("PATIENCE", "120"))
    yield from opened()
    told, shown = state(), docker()
    if os.environ.get("PICTURES"):
        shown.setFloating(True)
        shown.resize(380, 460)
    yield from pause(1)
    engine, install, installer = box(shown, "EngineBox"), box(shown, "InstallBox"), told.engine.installer
    found, folder = {}, Path(os.environ["IMPASTO_FOLDER"])

    def look(name):
        if os.environ.get("PICTURES"):
            shown.grab().save(str(folder / f"{name}.png"))
        found[name] = {"text": install.text.text(), "go": install.go.isVisible() and install.go.text(),
                       "leave": install.leave.isVisible() and install.leave.text(), "bar": install.bar.isVisible(),
                       "start": engine.start.isVisible(), "shown": install.isVisible()}  # fmt: skip

    def waiting(*steps):
        yield from until(lambda: installer.step not in steps, patience)
        assert not installer.problem, (installer.problem, installer.lines)

    look("first")
    build = (
        "manylinux_2_17_x86_64.manylinux2014_x86_64.manylinux_2_17_aarch64.whl"  # of all computers that tests run on
    )
    page = "".join(f'<a href="../files/uv-{version}-py3-none-{of}#sha256={"0" * 64}" data-x="">uv</a>'
                   for version, of in (("0.9.10", build), ("0.10.2", build), ("0.11.0", "win32.whl")))  # fmt: skip
    found["uv"] = newest(page, "https://index/simple/uv/")[0]
    usual, os.environ["IMPASTO_HOME"] = os.environ["IMPASTO_HOME"], os.environ["UNWRITABLE"]
    install.go.click()
    yield from until(lambda: installer.problem, patience)
    yield from pause(0.2)
    look("unwritable")
    os.environ["IMPASTO_HOME"] = usual
    install.leave.click()
    install.go.click()
    yield from until(lambda: installer.step in ("looking", "python"), patience)
    if installer.step == "python":  # there is none in this root folder
        look("python")
        install.go.click()
        yield from pause(1)
        look("bringing")
        yield from waiting("bringing")
    look("looking")
    yield from waiting("looking")
    yield from pause(0.2)
    look("offered")
    install.go.click()
    yield from until(lambda: installer.problem or 4 * installer.progress[0] > installer.progress[1] > 0, patience)
    look("fetching")
    install.leave.click()  # what is here by then stays
    yield from pause(0.2)
    install.go.click()
    yield from waiting("seeking", "looking")
    look("again")
    install.go.click()
    yield from until(lambda: installer.problem or installer.progress[0] > 0, patience)
    yield from waiting("fetching")
    look("installing")
    yield from waiting("installing")
    assert installer.there, installer.lines
    yield from until(lambda: told.connection.state == CONNECTED or told.engine.problem, patience)
    assert told.connection.state == CONNECTED, (told.engine.problem, told.engine.process.lines)
    yield from pause(0.5)
    look("installed")
    found["command"] = told.engine.process.command()
    install.leave.click()
    yield from pause(0.2)
    look("left")
    if os.environ.get("PAINTED"):  # everything is real: so it paints, on what it has compiled
        yield from until(lambda: not told.connection.hello.get("preparing"), patience)
        told.settings["strokes"] = 100
        ended, _ = yield from stepping(told)
        found["painted"] = [ended, told.message]
        look("painted")
    note = Path(os.environ["IMPASTO_HOME"], "engine", "installed.json")
    kept = note.read_text("utf-8")
    for name, facts in (("older", {"version": "0.0.1"}), ("newer", {"version": "99.0"})):
        note.write_text(json.dumps({**json.loads(kept), **facts}), "utf-8")
        installer.refresh()
        told.changed.emit()
        yield from pause(0.2)
        look(name)
    installer.look()
    yield from until(lambda: installer.problem, patience)
    look("refused")
    installer.stop()
    note.write_text(kept, "utf-8")
    if os.environ.get("REGIONS"):
        installer.refresh()
        installer.look(regions=True)
        yield from until(lambda: installer.problem or installer.step == "offered", patience)
        yield from pause(0.3)
        look("regions")
        installer.stop()
    dialog = engine.settings()
    found["dialog"] = [dialog.brought.text(), dialog.add.isVisible()]
    dialog.remove.click()
    found["sure"] = dialog.said.text()
    if os.environ.get("PICTURES"):
        yield from pause(0.3)
        dialog.grab().save(str(folder / "settings.png"))
    dialog.remove.click()
    yield from until(lambda: not installer.step, patience)
    assert not installer.problem, (installer.problem, installer.lines)
    yield from until(lambda: told.connection.state != CONNECTED, patience)
    yield from pause(0.5)
    look("removed")
    found["gone"] = not note.parent.exists()
    found["report"] = report(told)
    return found
