"""What the cases share; they run inside Krita.

A case is a generator, which waits by `yield`: in an event loop of its own, Krita would put off some of its work.
"""

import importlib
import os
import time

from krita import Krita, Selection

krita = Krita.instance()


def opened(path=None):
    """The test photo in a window."""
    document = krita.openDocument(path or os.environ["PHOTO"])
    yield from shown(document)
    return document


def shown(document):
    """Give a document a view, and wait until Krita has chosen it and a layer of it."""
    krita.activeWindow().addView(document)
    yield from until(lambda: krita.activeDocument() == document and document.activeNode() is not None)
    yield from pause(0.5)


def ready(**settings):
    """The plugin's state, connected, with settings of the test's; those of other tests are forgotten."""
    from impasto.link.connection import CONNECTED
    from impasto.state import state

    told = state()
    fresh(told)
    prepared = 300  # seconds; on a busy machine compiling all kernels takes its time
    yield from until(
        lambda: told.connection.state == CONNECTED and not told.connection.hello.get("preparing"), prepared
    )
    for name, value in settings.items():
        told.settings[name] = value
    return told


def connected(told):
    """Wait until the engine answers: on a busy machine it may have been silent while Krita opened a picture."""
    from impasto.link.connection import CONNECTED

    yield from until(lambda: told.connection.state == CONNECTED)


def qtest():
    """What Qt clicks with in its own tests, of the Qt that is there."""
    from impasto.qt import QtCore

    return importlib.import_module(QtCore.__name__.replace("QtCore", "QtTest")).QTest


def fresh(told):
    """All settings as on the first start: other cases ran in this home."""
    from impasto.settings import DEFAULTS

    for name, usual in DEFAULTS.items():
        told.settings[name] = usual
    told.engine.choose()


def pixels(document, x=0, y=0, width=None, height=None):
    """The document as it is shown: BGRA of 8 bits (or whatever its own is)."""
    document.waitForDone()
    document.refreshProjection()
    return bytes(document.pixelData(x, y, width or document.width(), height or document.height()))


def tree(node):
    """Names and types of all layers below a node, from the bottom up."""
    return [[child.name(), child.type(), tree(child)] for child in node.childNodes()]


def feathered():
    """A soft selection, the same in every Krita."""
    selection = Selection()
    selection.select(100, 60, 120, 140, 255)
    selection.feather(6)
    return selection


def stray(before, after, mask):
    """How many pixels outside the selection have changed."""
    return sum(m == 0 and before[4 * k : 4 * k + 4] != after[4 * k : 4 * k + 4] for k, m in enumerate(mask))


def stepping(told, meanwhile=lambda: None, begin=lambda: krita.action("impasto_paint_layer").trigger(), rest=1):
    """Run the menu's action by name, until it has ended; what has to happen meanwhile is looked after at each step.

    rest: seconds that Krita has then for what it puts off.
    """
    ended = []
    told.run.finished.connect(ended.append)
    begin()

    def over():
        meanwhile()
        return bool(ended)

    yield from until(over, 200)
    yield from pause(rest)
    return ended[-1], told.message


def bare_docker():
    """The plugin's docker, as it is."""
    (found,) = [d for d in krita.dockers() if d.objectName() == "impasto_docker"]
    return found


def docker():
    """The plugin's docker, shown."""
    found = bare_docker()
    found.show()
    found.raise_()
    return found


def list_of_regions(width=0):
    """The docker's box of regions, unfolded; the docker so wide."""
    shown = docker()
    (box,) = [box for box in shown.boxes if type(box).__name__ == "RegionBox"]
    box.parentWidget()._button.setChecked(True)
    if width:
        shown.setFloating(True)
        shown.resize(width, 900)
    return box


def keep(name):
    """The window as it looks now, for who runs the test."""
    krita.activeWindow().qwindow().grab().save(f"{os.environ['IMPASTO_FOLDER']}/{name}.png")


def undo_steps():
    """How many entries the history docker has."""
    from impasto.qt import QtWidgets

    window = krita.activeWindow().qwindow()
    (found,) = [each for each in window.findChildren(QtWidgets.QDockWidget) if each.objectName() == "History"]
    return max(each.model().rowCount() for each in found.findChildren(QtWidgets.QListView) if each.model())


class Watch:
    """The work that goes on, and the longest time the windows stood still."""

    def __init__(self, told):
        from impasto.qt import QtCore

        self.told, self.work, self.longest, self.last = told, None, 0.0, time.monotonic()
        self.timer = QtCore.QTimer()
        self.timer.timeout.connect(self.tick)
        self.timer.start(5)

    def tick(self):
        """The windows have their turn."""
        now = time.monotonic()
        self.longest, self.last = max(self.longest, now - self.last), now

    def look(self):
        """At the work."""
        self.work = self.told.run.work or self.work

    def stop(self):
        """The longest standstill, in seconds."""
        self.timer.stop()
        return self.longest


def pause(seconds):
    """Let Krita go on for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def box(shown, name):
    """One of its boxes, by its class."""
    return next(each for each in shown.boxes if type(each).__name__ == name)


def add_frames(document, layer, frames):
    """Choose a layer, and give it key frames: raw pixels by time. Krita's importAnimation may end it (5.1 and 5.3)."""
    yield from pause(0.5)
    document.setActiveNode(layer)
    yield from until(lambda: document.activeNode().name() == layer.name(), 20)
    layer.enableAnimation()
    yield from pause(0.5)
    for time_of, raw in frames.items():
        document.setCurrentTime(time_of)
        yield from pause(0.3)
        krita.action("add_blank_frame").trigger()
        yield from until(lambda time_of=time_of: layer.hasKeyframeAtTime(time_of), 20)
        layer.setPixelData(raw, 0, 0, document.width(), document.height())
    yield from pause(0.5)


def keep_results(told):
    """The engine is told to forget nothing any more; the ids of what it would have, for the test to look at."""
    kept = []
    told.unwanted.add = lambda job, engine: kept.append(job)
    return kept


def until(condition, seconds=60):
    """Let Krita go on until something is so; seconds: on a machine that is not busy, see conftest.py's TIMEOUT."""
    seconds *= max(1.0, float(os.environ.get("IMPASTO_KRITA_PATIENCE", "300")) / 300)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"it did not happen within {seconds} s")
        yield
