"""The controls of the light and the ground, made of what the engine says of them."""

from __future__ import annotations

from typing import Any

from .easel.engine_words import named_as, parameter_about, parameter_title
from .easel.parameters import CHOICE, NUMBER, WHOLE
from .toolkit import Gtk

STEPS = 100  # of a slider
WIDTH = 150  # pixels of one
FINE = 20  # a range that is larger needs no decimals


class LightControls:
    """A control for each parameter; `changes` has those by path that are not as the style has them."""

    def __init__(self, changes: dict[str, Any]) -> None:
        self.changes = changes
        self.grid = Gtk.Grid(row_spacing=4, column_spacing=8, margin=6)
        self._shown: list[Any] = []

    def show(self, parameters: list[Any]) -> bool:
        """Show the controls of these; says whether there are any."""
        for child in self.grid.get_children():
            child.destroy()
        self._shown = []
        for each in parameters:
            widget = self._control(each)
            if widget is None:
                continue
            title = parameter_title(each)
            widget.set_tooltip_text(parameter_about(each))
            widget.get_accessible().set_name(title)
            widget.set_hexpand(True)
            self.grid.attach(Gtk.Label(label=title, xalign=0), 0, len(self._shown), 1, 1)
            self.grid.attach(widget, 1, len(self._shown), 1, 1)
            self._shown.append(each)
        self.grid.show_all()
        return bool(self._shown)

    def allowed(self) -> dict[str, Any]:
        """Those of the changes that have a control now: another style or medium may have none for some."""
        return {each.path: self.changes[each.path] for each in self._shown if each.path in self.changes}

    def _control(self, each: Any) -> Any:
        """What changes one parameter; None if it is none that a slider or a list can show."""
        value = self.changes.get(each.path, each.value)
        if each.kind == CHOICE:
            combo = Gtk.ComboBoxText()
            for choice in each.choices:
                combo.append(str(choice), named_as("choice", str(choice)))
            combo.set_active_id(str(value))
            combo.connect("changed", lambda *_: self._change(each, combo.get_active_id()))
            return combo
        if each.kind not in (NUMBER, WHOLE) or value is None or each.high - each.low > 1e6:
            return None
        step = max(10.0**-each.decimals, (each.high - each.low) / STEPS)
        scale = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, each.low, each.high, step)
        scale.set_value_pos(Gtk.PositionType.RIGHT)
        scale.set_digits(0 if each.high - each.low > FINE else min(2, each.decimals))
        scale.set_size_request(WIDTH, -1)
        scale.set_value(value)
        kind = int if each.kind == WHOLE else float
        scale.connect("value-changed", lambda *_: self._change(each, kind(scale.get_value())))
        return scale

    def _change(self, each: Any, value: Any) -> None:
        if value == each.value:
            self.changes.pop(each.path, None)
        elif each.allows(value):
            self.changes[each.path] = value
