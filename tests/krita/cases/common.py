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
    """The plugin's model, connected, with settings of the test's."""
    from impasto.connection import CONNECTED
    from impasto.model import model

    told = model()
    fresh(told)
    wait_for(lambda: told.connection.state == CONNECTED and not told.connection.hello.get("preparing"))
    for name, value in settings.items():
        told.settings[name] = value
    return told


def fresh(told):
    """All settings as on the first start: other cases ran in this home."""
    from impasto.settings import DEFAULTS

    for name, usual in DEFAULTS.items():
        told.settings[name] = usual
    told.choose_engine()


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


def stepping(told, meanwhile=lambda: None):
    """As `painted`, in steps of Krita's own event loop: in a nested one it puts off some of its work."""
    ended = []
    told.finished.connect(ended.append)
    krita.action("impasto_paint_layer").trigger()
    while not ended:
        meanwhile()
        yield
    yield from pause(1)
    return ended[-1], told.message


def pause(seconds):
    """Let Krita go on for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def docker():
    """Our docker in the window, shown."""
    found = next(each for each in krita.dockers() if each.objectName() == "impasto_docker")
    found.setVisible(True)
    return found


def box(shown, name):
    """One of its boxes, by its class."""
    return next(each for each in shown.boxes if type(each).__name__ == name)


def keep_results(told):
    """The engine is told to forget nothing any more; the ids of what it would have, for the test to look at."""
    kept, tell = [], told.connection.tell

    def instead(kind, **fields):
        if kind == "forget":
            kept.append(fields["job"])
        else:
            tell(kind, **fields)

    told.connection.tell = instead
    return kept


def until(condition, seconds=60):
    """As `wait_for`, in steps of Krita's own event loop."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"it did not happen within {seconds} s")
        yield
