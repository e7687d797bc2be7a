"""Inside Krita: runs the script that the tests name once the window is there, and writes down what it answers."""

import faulthandler
import json
import os
import platform
import runpy
import traceback
from pathlib import Path

if os.environ.get("IMPASTO_SCRIPT"):
    import sys
    import time

    from krita import Extension, Krita, QTimer, qVersion

    faulthandler.enable()  # should Krita crash, where we were
    escaped = []  # what left a timer, a signal's handler or a method that Krita called

    def complain(*error):
        """Say what went wrong on stderr: Krita would open a dialog and wait."""
        traceback.print_exception(*error)
        escaped.append("".join(traceback.format_exception(*error)))

    sys.excepthook = complain

    class Driver(Extension):
        """Starts once."""

        begun = False

        def setup(self):
            """Nothing."""

        def createActions(self, window):
            """Called for each window."""
            if not Driver.begun:
                Driver.begun = True
                self.window = window.qwindow()
                QTimer.singleShot(0, self.look)

        def look(self):
            """Wait until the window is there; what was to be done for it comes before the next turn."""
            QTimer.singleShot(0, self.shown if self.window.isVisible() else self.look)

        def shown(self):
            """Krita has started: keep how many seconds it took, and how many of a processor's."""
            Driver.start = (time.time() - float(os.environ["IMPASTO_BEGUN"]), time.process_time())
            QTimer.singleShot(500, self.go)

        def go(self):
            """Begin it; it is a generator, which Qt's own event loop takes on step by step."""
            try:
                self.steps = runpy.run_path(os.environ["IMPASTO_SCRIPT"])["main"]()
            except BaseException:
                self.end({"error": traceback.format_exc()})
            self.timer = QTimer()
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
            """Write down the answer, and end without questions about unsaved pictures; "quit": as a user would."""
            if "error" in found and Krita.instance().activeWindow() is not None:
                Krita.instance().activeWindow().qwindow().grab().save(os.environ["IMPASTO_ANSWER"] + ".png")
            found["escaped"] = escaped
            found["krita"] = [Krita.instance().version(), platform.python_version(), qVersion()]
            Path(os.environ["IMPASTO_ANSWER"]).write_text(json.dumps(found), "utf-8")
            if not (found.get("answer") or {}).get("quit"):
                os._exit(0)
            self.timer.stop()
            for document in Krita.instance().documents():
                document.setModified(False)
            Krita.instance().action("file_quit").trigger()

    Krita.instance().addExtension(Driver(Krita.instance()))
