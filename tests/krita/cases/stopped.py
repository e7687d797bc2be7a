"""The engine is killed while it paints and stays so; the docker says so, and Cancel needs no engine."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import box, docker, krita, opened, pause, ready, stepping, tree, until
    from impasto.link.connection import ABSENT, CONNECTED

    told = yield from ready(layers="none", regions=False, strokes=40000)
    document = yield from opened()
    shown = docker()
    engine, run = box(shown, "EngineBox"), box(shown, "RunBox")
    folder, kept = Path(os.environ["IMPASTO_FOLDER"]), Path(os.environ["IMPASTO_HOME"], "krita")

    def killed(number):
        """Begin to paint; how long it took the docker to offer a start once the engine was killed."""
        krita.action("impasto_paint_layer").trigger()
        yield from until(lambda: told.run.fraction > 0.02 and told.run.work.preview.count)
        (folder / f"kill {number}").touch()
        yield from until((folder / f"killed {number}").exists)
        begun = time.monotonic()
        yield from until(engine.start.isVisible)
        return time.monotonic() - begun

    def started(number):
        (folder / f"start {number}").touch()
        yield from until(lambda: told.connection.state == CONNECTED)

    found = {"seconds": (yield from killed(1))}
    shaky = []

    def look():
        if (told.connection.state, engine.start.isVisible()) != (ABSENT, True):
            shaky.append([told.connection.state, engine.text.text()])

    yield from watched(pause(1.5), look)
    found["shaky"], found["said"] = shaky, [engine.text.text(), run._progress.format(), told.run.busy]
    krita.activeWindow().qwindow().grab().save(str(folder / "window.png"))
    job = told.run.work.job.id
    begun, ended = time.monotonic(), []
    told.run.finished.connect(lambda how: ended.append([how, time.monotonic() - begun < 1]))
    run._cancel.click()
    found["cancelled"] = [*ended, told.run.busy, len(tree(document.rootNode())), engine.text.text()]
    found["kept"] = sorted(path.name.replace(job, "JOB") for path in kept.iterdir())
    yield from started(1)
    yield from until(lambda: not list(kept.iterdir()))
    listed = []
    told.connection.asked("list")(lambda value, error=None: listed.extend(value[0]["jobs"]))
    yield from pause(0.5)
    found["offered"], found["listed"] = told.offers.note is not None, [each["job"] == job for each in listed]

    # again: another engine may be chosen, and what was painted is kept and offered
    yield from killed(2)
    told.engine.choose(remote=True, address="tcp://127.0.0.1:9", key=told.connection.key)
    found["left"] = [told.run.busy, told.message, len(tree(document.rootNode()))]
    told.engine.choose(remote=False)
    yield from started(2)
    yield from until(lambda: told.offers.note is not None)
    told.settings["strokes"] = 100
    told.offers.forget()
    found["forgotten"] = told.offers.note is None
    found["next"] = yield from stepping(told, rest=0)
    return found


def watched(steps, look):
    """Look at each step."""
    for _ in steps:
        look()
        yield
