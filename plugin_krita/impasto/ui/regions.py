"""The list of regions: which there are, what they are called, which are painted, and how."""

from __future__ import annotations

import math
from typing import Any

from krita import Krita

from ..changes import Change
from ..easel.engine_words import named_as, region_words
from ..easel.words import tr
from ..guard import attempt, guarded, later, on
from ..link.connection import CONNECTED
from ..qt import QAction, QtCore, QtGui, QtWidgets
from ..work.regions import MOST
from ..work.segment import segmenter, segmenters, title
from .look import media_offered
from .parts import Box, Fold, button, combo, form, named
from .preview import RegionPreview
from .region_style import RegionParameters
from .slider import Scale, SliderRow

EYE = 20  # pixels of an entry's left that are its eye
ICON = 16
STEPS = 20  # of the slider, from the usual detail to the most

_flags = QtCore.Qt.ItemFlag
_key = QtCore.Qt.ItemDataRole.UserRole
_views = QtWidgets.QAbstractItemView


class RegionList(QtWidgets.QListWidget):
    """Entries from the front one back; the left of each is an eye."""

    eye = QtCore.pyqtSignal(int)  # key
    moved = QtCore.pyqtSignal()
    undone, redone = QtCore.pyqtSignal(), QtCore.pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        named(self, tr("Regions"), tr("The front one on top. A double click renames, dragging puts in another order, "
                                      "Space shows or leaves out"))  # fmt: skip
        self.setSelectionMode(_views.SelectionMode.ExtendedSelection)
        self.setDragDropMode(_views.DragDropMode.InternalMove)
        self.setEditTriggers(_views.EditTrigger.DoubleClicked | _views.EditTrigger.EditKeyPressed)
        self.setIconSize(QtCore.QSize(EYE + ICON, ICON))
        self.setMinimumHeight(120)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.CustomContextMenu)

    def chosen(self) -> list[int]:
        """The keys of what is selected."""
        return [item.data(_key) for item in self.selectedItems()]

    @guarded
    def mousePressEvent(self, event: Any) -> None:
        """A click on an eye is no selection."""
        item = self.itemAt(event.pos())
        if item is not None and event.pos().x() < self.visualItemRect(item).left() + EYE:
            self.eye.emit(item.data(_key))
        else:
            super().mousePressEvent(event)

    @guarded
    def dropEvent(self, event: Any) -> None:
        """Not every Qt says that rows were moved."""
        super().dropEvent(event)
        later(0, self.moved.emit)

    def event(self, e: Any) -> bool:
        """Undo and redo are the list's own while it has the keyboard, not the document's."""
        override = e.type() == QtCore.QEvent.Type.ShortcutOverride
        if override and attempt(self._step_of, e) is not None:
            e.accept()
            return True
        return bool(super().event(e))

    def _step_of(self, event: Any) -> Any:
        keys = QtGui.QKeySequence.StandardKey
        steps = (keys.Undo, self.undone), (keys.Redo, self.redone)
        return next((step for key, step in steps if event.matches(key)), None)

    @guarded
    def keyPressEvent(self, event: Any) -> None:
        """Space opens and closes the eyes of what is selected."""
        step = self._step_of(event)
        if step is not None:
            step.emit()
        elif event.key() == QtCore.Qt.Key.Key_Space and self.state() != _views.State.EditingState:
            for key in self.chosen():
                self.eye.emit(key)
        else:
            super().keyPressEvent(event)


class RegionBox(Box):
    """The list, a picture of it, its actions, and how the chosen regions are painted."""

    shows = Change.ENGINE | Change.STYLE | Change.PARAMETER | Change.WORK | Change.REGIONS

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._showing = False
        self.regions = state.regions
        self.list = RegionList()
        self.preview = RegionPreview(state, self._choose)
        on(self.preview.coloured, self.show_state)
        self._methods = combo(tr("How regions are found"), tr("How regions are found"))
        self._methods.setMinimumContentsLength(3)
        on(self._methods.activated, lambda k: self._keep_method(self._methods.itemData(k)))
        self._segment = button(tr("Segment"), tr("Find what is in the picture"), state.segment)
        first = QtWidgets.QHBoxLayout()
        first.addWidget(self._methods, 1)
        first.addWidget(self._segment)
        self.rows.addLayout(first)
        self.commands = self._commands()
        tools = QtWidgets.QHBoxLayout()
        tools.setSpacing(0)
        for action in self.commands.values():
            tool = named(QtWidgets.QToolButton(), action.text(), action.text())
            tool.setDefaultAction(action)
            tool.setAutoRaise(True)
            tools.addWidget(tool)
        tools.addStretch(1)
        self.rows.addLayout(tools)
        self.rows.addWidget(self.preview)
        self.rows.addWidget(self.list)
        self._own = QtWidgets.QWidget()
        rows = form()
        rows.setContentsMargins(0, 0, 0, 0)
        self._own.setLayout(rows)
        self.styles = combo(tr("Style"), tr("How the chosen regions are painted"))
        on(self.styles.activated, lambda k: self.regions.restyle(self.list.chosen(), self.styles.itemData(k)))
        self.media = combo(tr("Medium"), tr("What the strokes of the chosen regions are made of"))
        on(self.media.activated, lambda k: self.regions.remake(self.list.chosen(), self.media.itemData(k)))
        self.detail = SliderRow(
            tr("Detail"), tr("How many of the strokes the chosen regions get, compared with what they would"),
            Scale((-STEPS, STEPS), lambda k: MOST ** (k / STEPS), lambda value: STEPS * math.log(value, MOST),
                  (1 / MOST, MOST), 2, suffix="×"),
            self._detailed, lambda: self._detailed(1),
        )  # fmt: skip
        rows.addRow(tr("Style"), self.styles)
        rows.addRow(tr("Medium"), self.media)
        rows.addRow(self.detail)
        self.parameters = RegionParameters(state, self.list.chosen)
        self.more = Fold(
            tr("More"), tr("Every other setting of the style, for the chosen regions alone"), self.parameters
        )
        on(self.more.opened, lambda _: self.parameters.show_state())
        rows.addRow(self.more)
        self.rows.addWidget(self._own)
        on(self.list.eye, lambda key: self.regions.show(key, not self.regions.entry(key).visible))
        on(self.list.itemChanged, self._renamed)
        on(self.list.itemSelectionChanged, self._selected)
        on(self.list.moved, self._moved)
        on(self.list.undone, self.regions.undo)
        on(self.list.redone, self.regions.redo)
        on(self.list.customContextMenuRequested, self._menu)
        self._eyes = [Krita.instance().icon(name).pixmap(ICON, ICON) for name in ("novisible", "visible")]

    def _commands(self) -> dict[str, QAction]:
        """What the tool buttons and the context menu do."""
        state, regions, chosen = self.state, self.state.regions, self.list.chosen
        found = {}
        for name, icon, text, done in (
            ("layers", "addlayer", tr("Regions from the layer's selection masks, a group or chosen layers"),
             state.regions_from_layers),
            ("selection", "tool_rect_selection", tr("Add the selection as a region"), state.region_from_selection),
            ("cut", "groupLayer", tr("Segment into layers: a layer for each region"), state.segment_into_layers),
            ("merge", "merge-layer-below", tr("Merge the chosen regions"), lambda: regions.merge(chosen())),
            ("remove", "deletelayer", tr("Remove the chosen regions"), lambda: regions.remove(chosen())),
            ("undo", "edit-undo", tr("Undo the last change of this list"), regions.undo),
            ("redo", "edit-redo", tr("Do it again"), regions.redo),
            ("clear", "edit-clear", tr("Remove all regions"), regions.clear),
        ):  # fmt: skip
            action = QAction(text, self)
            action.setIcon(Krita.instance().icon(icon))
            action.setToolTip(text)
            on(action.triggered, lambda *_, done=done: done())
            found[name] = action
        return found

    def _menu(self, place: Any) -> None:
        menu = QtWidgets.QMenu(self)
        rename = QAction(tr("Rename"), menu)
        menu.addAction(rename)
        on(rename.triggered, lambda *_: self.list.editItem(self.list.currentItem()))
        rename.setEnabled(len(self.list.chosen()) == 1)
        menu.addActions(list(self.commands.values()))
        menu.popup((self.list.viewport() or self.list).mapToGlobal(place))

    # --- what the user does

    def _keep_method(self, method: str) -> None:
        self.state.settings["segmenter"] = method

    def _choose(self, key: int) -> None:
        for item in self._items():
            if item.data(_key) == key:
                self.list.setCurrentItem(item)
                self.list.scrollToItem(item)

    def _renamed(self, item: Any) -> None:
        if not self._showing and item.text() != region_words(self.regions.entry(item.data(_key)).name):
            self.regions.rename(item.data(_key), item.text())

    def _moved(self) -> None:
        self.regions.reorder([item.data(_key) for item in reversed(self._items())])

    def _selected(self) -> None:
        if not self._showing:
            self.show_state()

    def _detailed(self, value: float) -> None:
        if not self._showing:
            self.regions.refine(self.list.chosen(), value)

    # --- what is shown

    def _items(self) -> list[Any]:
        return [self.list.item(k) for k in range(self.list.count())]

    def show_state(self) -> None:
        """See `Box`."""
        if self._showing or not self.isVisibleTo(self.window()):
            return
        self._showing = True
        try:
            self._show_list()
            self._show_chosen()
        finally:
            self._showing = False

    def _show_list(self) -> None:
        entries = self.regions.entries[::-1]
        if [item.data(_key) for item in self._items()] != [entry.key for entry in entries]:
            chosen = set(self.list.chosen())
            self.list.clear()
            for entry in entries:
                item = QtWidgets.QListWidgetItem(region_words(entry.name))
                item.setData(_key, entry.key)
                item.setFlags((item.flags() | _flags.ItemIsEditable) & ~_flags.ItemIsDropEnabled)
                self.list.addItem(item)
                item.setSelected(entry.key in chosen)
        for item, entry in zip(self._items(), entries):  # noqa: B905, Python 3.8
            shown = region_words(entry.name)
            if item.text() != shown:
                item.setText(shown)
            item.setIcon(self._icon(entry))
            own = [] if entry.style is None else [named_as("style", entry.style)]
            own += [] if entry.medium is None else [named_as("medium", entry.medium)]
            own += [] if entry.detail == 1 else [tr("detail {times:.2g}×").format(times=entry.detail)]
            item.setToolTip(", ".join([shown, *own, *([] if entry.visible else [tr("left out")])]))
        self.list.setVisible(bool(entries))

    def _icon(self, entry: Any) -> Any:
        shown = QtGui.QPixmap(EYE + ICON, ICON)
        shown.fill(QtGui.QColor(0, 0, 0, 0))
        painter = QtGui.QPainter(shown)
        painter.drawPixmap(0, 0, self._eyes[entry.visible])
        painter.setOpacity(1.0 if entry.visible else 0.3)
        painter.fillRect(EYE, 1, ICON - 2, ICON - 2, QtGui.QColor(entry.colour))  # as it is tinted above
        own = self.preview.colours.get(entry.key, entry.colour)
        painter.fillRect(EYE + 2, 3, ICON - 6, ICON - 6, QtGui.QColor(own))
        painter.end()
        return QtGui.QIcon(shown)

    def _show_media(self, chosen: list[Any]) -> None:
        media = media_offered(self.state)
        names = [None, *(medium["name"] for medium in media)]
        if [self.media.itemData(k) for k in range(self.media.count())] != names:
            self.media.clear()
            self.media.addItem(tr("As the style has it"), None)
            for medium in media:
                self.media.addItem(named_as("medium", medium["name"], medium["title"]), medium["name"])
        self.media.setEnabled(bool(media))
        if chosen:
            self.media.setCurrentIndex(max(0, self.media.findData(chosen[0].medium)))

    def _show_chosen(self) -> None:
        told, keys = self.state, self.list.chosen()
        chosen = [entry for entry in self.regions.entries if entry.key in keys]
        methods = segmenters(told)
        if [self._methods.itemData(k) for k in range(self._methods.count())] != methods:
            self._methods.clear()
            for method in methods:
                self._methods.addItem(named_as("segmenter", method, title(told, method)), method)
        self._methods.setCurrentIndex(max(0, self._methods.findData(segmenter(told))))
        names = [None, *(style["name"] for style in told.style.known)]
        if [self.styles.itemData(k) for k in range(self.styles.count())] != names:
            self.styles.clear()
            for name in names:
                self.styles.addItem(named_as("style", name) if name else tr("As everything"), name)
        self._own.setVisible(bool(chosen))
        self._show_media(chosen)
        if chosen:
            self.styles.setCurrentIndex(max(0, self.styles.findData(chosen[0].style)))
            detail = chosen[0].detail
            self.detail.show_value(detail, detail != 1)
            count = len(chosen[0].changes)
            self.more.set_title(tr("More ({count} changed)").format(count=count) if count else tr("More"))
            self.parameters.show_state()
        free = told.run.free
        self._segment.setEnabled(free and told.connection.state == CONNECTED)
        for name in ("layers", "selection", "cut"):
            self.commands[name].setEnabled(free)
        self.commands["merge"].setEnabled(len(chosen) > 1)
        self.commands["remove"].setEnabled(bool(chosen))
        self.commands["clear"].setEnabled(bool(self.regions.entries))
        self.commands["undo"].setEnabled(self.regions.can_undo)
        self.commands["redo"].setEnabled(self.regions.can_redo)
        self.preview.look(set(keys))
