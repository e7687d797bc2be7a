"""Inside Krita: runs the script that the tests name once the window is there, and writes down what it answers."""

import json
import os
import runpy
import traceback
from pathlib import Path

if os.environ.get("IMPASTO_SCRIPT"):
    import sys
    import time

    from krita import Extension, Krita
    from PyQt5.QtCore import QEventLoop, QTimer

    def complain(*error):
        """Say what went wrong on stderr: Krita would open a dialog and wait."""
        traceback.print_exception(*error)

    sys.excepthook = complain

    def spin(milliseconds):
        """Let Qt go on for a while."""
        loop = QEventLoop()
        QTimer.singleShot(int(milliseconds), loop.quit)
        loop.exec_()

    def wait_for(condition, seconds=60):
        """Let Qt go on until something is so."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"it did not happen within {seconds} s")
            spin(20)

    class Driver(Extension):
        """Starts once."""

        begun = False

        def setup(self):
            """Nothing."""

        def createActions(self, window):
            """Called for each window."""
            if not Driver.begun:
                Driver.begun = True
                QTimer.singleShot(500, self.go)

        def go(self):
            """Run it; a generator is taken on from Qt's own event loop, which a nested one keeps from some work."""
            try:
                answer = runpy.run_path(os.environ["IMPASTO_SCRIPT"])["main"](spin, wait_for)
            except BaseException:
                self.end({"error": traceback.format_exc()})
            if not hasattr(answer, "send"):
                self.end({"answer": answer})
            self.steps, self.timer = answer, QTimer()
            self.timer.timeout.connect(self.step)
            self.timer.start(20)

        def step(self):
            """Take the generator a step further."""
            try:
                next(self.steps)
            except StopIteration as over:
                self.end({"answer": over.value})
            except BaseException:
                self.end({"error": traceback.format_exc()})

        def end(self, found):
            """Write down the answer, and end without questions about unsaved pictures."""
            if "error" in found and Krita.instance().activeWindow() is not None:
                Krita.instance().activeWindow().qwindow().grab().save(os.environ["IMPASTO_ANSWER"] + ".png")
            Path(os.environ["IMPASTO_ANSWER"]).write_text(json.dumps(found), "utf-8")
            os._exit(0)

    Krita.instance().addExtension(Driver(Krita.instance()))
