"""Controls that leave somebody alone: without a tip for who wonders, or a name for who does not see them."""


def unnamed(window):
    """The class and text of each such control in a window, whether it is shown at present or not."""
    from impasto.qt import QtWidgets

    kinds = (QtWidgets.QAbstractButton, QtWidgets.QAbstractSlider, QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox,
             QtWidgets.QLineEdit, QtWidgets.QAbstractItemView, QtWidgets.QPlainTextEdit)  # fmt: skip
    own = [widget for kind in kinds for widget in window.findChildren(kind)]
    parts = (QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox, QtWidgets.QAbstractScrollArea)
    return [
        f"{type(widget).__name__} {getattr(widget, 'text', str)()}"
        for widget in own
        if not (widget.toolTip() and widget.accessibleName()) and not _is_part(widget, parts, window)
    ]


def by_tab(widgets):
    """In which order the Tab key comes by these, from the first one on: their numbers."""
    chain = [widgets[0]]
    while chain[-1].nextInFocusChain() is not widgets[0]:
        chain.append(chain[-1].nextInFocusChain())
    return [widgets.index(widget) for widget in chain if widget in widgets]


def _is_part(widget, parts, window):
    """Is it a scroll bar, the line of a spin box, the list of a combo box, or of Krita's own title bar?"""
    if type(widget).__name__ == "QScrollBar":
        return True
    above = widget.parentWidget()
    while above is not None and above is not window:
        if isinstance(above, parts) and above.metaObject().className() != "QScrollArea":
            return True
        if "TitleBar" in above.metaObject().className():
            return True
        above = above.parentWidget()
    return widget.objectName().startswith("qt_")
