"""What the plugin asks of Krita, and no more, for Qt 6 without Krita: documents are layers of pictures, all in sRGB.

Like Krita's own module it passes on all names of PyQt; enums have full names only, as in all bindings for Qt 6.
"""

import enum

from PyQt6.QtCore import *  # noqa: F403
from PyQt6.QtCore import QByteArray, QObject, QRect, QUuid, pyqtSignal
from PyQt6.QtGui import QAction, QImage, QPainter
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QStyle

STRAIGHT = QImage.Format.Format_ARGB32


class Krita(QObject):
    """The program: its documents and settings, one window."""

    _one = None

    @staticmethod
    def instance():
        Krita._one = Krita._one or Krita()
        return Krita._one

    def __init__(self):
        super().__init__()
        self.opened, self.seen, self.kept, self.actions = [], None, {}, {}
        self.extensions, self.factories, self.shown = [], [], []
        self.notifications = Notifier()
        self.window = QMainWindow()

    def version(self):
        return "6, a stand-in"

    def notifier(self):
        return self.notifications

    def addExtension(self, extension):
        self.extensions.append(extension)

    def addDockWidgetFactory(self, factory):
        self.factories.append(factory)

    def dockers(self):
        return self.shown

    def action(self, name):
        return self.actions[name]

    def icon(self, name):
        return self.window.style().standardIcon(QStyle.StandardPixmap.SP_FileIcon)

    def readSetting(self, group, name, default):
        return self.kept.get((group, name), default)

    def writeSetting(self, group, name, value):
        self.kept[group, name] = value

    def documents(self):
        return list(self.opened)

    def activeDocument(self):
        return self.seen

    def windows(self):
        return [self]

    def activeWindow(self):
        return self

    def createDocument(self, width, height, name, model, depth, profile, resolution):
        made = Document(width, height, name)
        self.opened.append(made)
        return made

    def openDocument(self, path):
        picture = QImage(path).convertToFormat(STRAIGHT)
        made = self.createDocument(picture.width(), picture.height(), "", "RGBA", "U8", "", 300.0)
        layer = made.createNode("Background", "paintlayer")
        layer.picture = picture
        made.rootNode().addChildNode(layer, None)
        made.setActiveNode(layer)
        return made

    # --- as a window

    def qwindow(self):
        return self.window

    def createAction(self, name, text, place):
        self.actions[name] = QAction(text, self.window)
        return self.actions[name]

    def addView(self, document):
        self.seen = document
        for docker in self.shown:
            docker.canvasChanged(None)


class Notifier(QObject):
    """Says what happens to documents."""

    imageSaved, applicationClosing = pyqtSignal(str), pyqtSignal()

    def setActive(self, on):
        self.active = on


class Extension(QObject):
    """What plugins make extensions from."""


class DockWidget(QDockWidget):
    """What plugins make dockers from."""


class DockWidgetFactoryBase:
    """Where a docker is put."""

    class DockPosition(enum.Enum):
        """Its full name."""

        DockRight = 3


class DockWidgetFactory(DockWidgetFactoryBase):
    """Makes a docker for each window."""

    def __init__(self, name, position, kind):
        self.name, self.position, self.kind = name, self.DockPosition(position), kind


class Node:
    """A layer without bounds, or a group of them."""

    def __init__(self, document, name, kind):
        self._document, self._name, self._kind, self._above = document, name, kind, None
        self._uid, self._visible, self._children = QUuid.createUuid(), True, []
        self.picture = QImage(1, 1, STRAIGHT)
        self.picture.fill(0)

    def name(self):
        return self._name

    def type(self):
        return self._kind

    def uniqueId(self):
        return self._uid

    def parentNode(self):
        return self._above

    def childNodes(self):
        return list(self._children)

    def addChildNode(self, node, above):
        node._above = self
        place = self._children.index(above) + 1 if above in self._children else len(self._children)
        self._children.insert(place, node)

    def remove(self):
        self._above._children.remove(self)

    def colorModel(self):
        return "RGBA"

    def colorDepth(self):
        return "U8"

    def colorProfile(self):
        return "sRGB-elle-V2-srgbtrc.icc"

    def animated(self):
        return False

    def visible(self):
        return self._visible

    def setVisible(self, on):
        self._visible = on

    def opacity(self):
        return 255

    def blendingMode(self):
        return "normal"

    def bounds(self):
        return self.picture.rect()

    def setLocked(self, on):
        self.locked = on

    def setPassThroughMode(self, on):
        self.through = on

    def projection(self, width, height):
        """The picture of it and all in it."""
        whole = self.picture.copy(0, 0, width, height)
        painter = QPainter(whole)
        for child in self._children:
            if child.visible():
                painter.drawImage(0, 0, child.projection(width, height))
        painter.end()
        return whole

    def pixelData(self, x, y, width, height):
        return data_of(self.picture.copy(x, y, width, height))

    def projectionPixelData(self, x, y, width, height):
        return data_of(self.projection(x + width, y + height).copy(x, y, width, height))

    def setPixelData(self, data, x, y, width, height):
        self.picture = self.picture.copy(QRect(x, y, width, height) | self.picture.rect())
        painter = QPainter(self.picture)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(x, y, QImage(bytes(data), width, height, 4 * width, STRAIGHT))
        painter.end()

    def thumbnail(self, width, height):
        return self.projection(*Krita.instance().seen._size).scaled(width, height)


class Document(Node):
    """A picture: the node at its root, a selection, and annotations."""

    def __init__(self, width, height, name):
        self._size, self._file, self._selection, self._notes = (width, height), name, None, {}
        super().__init__(self, name, "grouplayer")
        self._active = None

    def width(self):
        return self._size[0]

    def height(self):
        return self._size[1]

    def fileName(self):
        return ""

    def rootNode(self):
        return self

    def activeNode(self):
        return self._active

    def setActiveNode(self, node):
        self._active = node

    def createNode(self, name, kind):
        return Node(self, name, kind)

    def createGroupLayer(self, name):
        return Node(self, name, "grouplayer")

    def pixelData(self, x, y, width, height):
        return self.projectionPixelData(x, y, width, height)

    def selection(self):
        return self._selection

    def setSelection(self, selection):
        self._selection = selection

    def annotationTypes(self):
        return list(self._notes)

    def annotation(self, name):
        return self._notes[name]

    def setAnnotation(self, name, about, data):
        self._notes[name] = QByteArray(data)

    def removeAnnotation(self, name):
        del self._notes[name]

    def close(self):
        Krita.instance().opened.remove(self)

    def nothing(self, *_):
        """It has nothing to draw, save or wait for."""

    refreshProjection = waitForDone = setModified = setBatchmode = nothing


class InfoObject:
    """How a file is to be written."""


class ManagedColor:
    """A colour, as brushes have it."""


class Selection:
    """A rectangle."""

    def select(self, x, y, width, height, value):
        self.place, self.value = (x, y, width, height), value

    def width(self):
        return self.place[2]

    def height(self):
        return self.place[3]

    def pixelData(self, x, y, width, height):
        left, top, wide, tall = self.place
        row = bytes(self.value * (left <= k < left + wide) for k in range(x, x + width))
        return QByteArray(b"".join(row if top <= k < top + tall else bytes(width) for k in range(y, y + height)))


def data_of(picture):
    """The bytes of a picture, as Krita gives them."""
    bits = picture.constBits()
    bits.setsize(picture.sizeInBytes())
    return QByteArray(bytes(bits))
