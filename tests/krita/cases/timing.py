"""How long the user waits: from the menu to the first preview, and the longest time Krita's windows stand still."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    from common import krita, opened, pause, ready
    from impasto.document import krita_document
    from impasto.link import connection
    from impasto.work import steps

    told = yield from ready(layers="regions", regions=os.environ["REGIONS"] == "yes", strokes=1600)
    document = yield from opened()
    yield from pause(10)  # the engine loads its networks after it has said that it is ready
    calls, gaps = [], {}

    def timed(owner, name):
        inner = getattr(owner, name)

        def outer(*words, **more):
            begun, stage = time.monotonic(), told.run.stage
            try:
                return inner(*words, **more)
            finally:
                calls.append((time.monotonic() - begun, stage, name))

        setattr(owner, name, outer)

    timed(steps.Task, "step")
    timed(connection.Connection, "_take")
    timed(krita_document.Result, "refresh")
    timed(krita_document.Result, "build")
    facts, ended = {"first": None}, []
    told.run.finished.connect(ended.append)
    begun = last = time.monotonic()
    krita.action("impasto_paint_layer").trigger()
    while not ended:
        now = time.monotonic()
        gaps[told.run.stage] = max(gaps.get(told.run.stage, 0), now - last)
        if facts["first"] is None and any(name == "refresh" for *_, name in calls):
            facts["first"] = now - begun  # not when it came: when Krita has been told to draw it
        last = now
        yield
    facts["seconds"] = time.monotonic() - begun
    calls.sort(reverse=True)
    return {**facts, "how": ended, "gaps": gaps, "calls": calls[:8], "size": [document.width(), document.height()]}
