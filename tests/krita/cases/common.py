"""What the cases share; they run inside Krita, and get `spin` and `wait_for` from the driver."""

import os
import time

from krita import Krita

krita = Krita.instance()


def opened(spin, path=None):
    """The test photo in a window."""
    document = krita.openDocument(path or os.environ["PHOTO"])
    krita.activeWindow().addView(document)
    spin(500)
    return document


def ready(wait_for, **settings):
    """The plugin's model, connected, with settings of the test's; those of other tests are forgotten."""
    from impasto.connection import CONNECTED
    from impasto.model import model
    from impasto.settings import DEFAULTS

    told = model()
    wait_for(lambda: told.connection.state == CONNECTED and not told.connection.hello.get("preparing"))
    for name, value in {**DEFAULTS, **settings}.items():
        told.settings[name] = value
    return told


def painted(told, wait_for, meanwhile=lambda: None):
    """Run the menu's action by name, and wait until it has ended."""
    ended = []
    told.finished.connect(ended.append)
    krita.action("impasto_paint_layer").trigger()

    def look():
        meanwhile()
        return bool(ended)

    wait_for(look, 120)
    return ended[-1], told.message


def pixels(document, x=0, y=0, width=None, height=None):
    """The document as it is shown: BGRA of 8 bits (or whatever its own is)."""
    document.waitForDone()
    document.refreshProjection()
    return bytes(document.pixelData(x, y, width or document.width(), height or document.height()))


def tree(node):
    """Names and types of all layers below a node, from the bottom up."""
    return [[child.name(), child.type(), tree(child)] for child in node.childNodes()]


def stepping(told, meanwhile=lambda: None, action="impasto_paint_layer"):
    """As `painted`, in steps of Krita's own event loop: in a nested one it puts off some of its work."""
    ended = []
    told.finished.connect(ended.append)
    krita.action(action).trigger()
    while not ended:
        meanwhile()
        yield
    yield from pause(1)
    return ended[-1], told.message


def docker():
    """The plugin's docker, shown."""
    (found,) = [d for d in krita.dockers() if d.objectName() == "impasto_docker"]
    found.show()
    found.raise_()
    return found


def list_of_regions(width=0):
    """The docker's box of regions, unfolded; the docker so wide."""
    shown = docker()
    box = shown.boxes[-1]
    box.parentWidget()._button.setChecked(True)
    if width:
        shown.setFloating(True)
        shown.resize(width, 900)
    return box


def pause(seconds):
    """Let Krita go on for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
