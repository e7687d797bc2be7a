"""The dialog: a style and how it is painted, made of what the engine says that it has."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from .easel.engine_words import about, named_as
from .easel.words import tr
from .image import LayerSource
from .light import LightControls
from .protocol import ProtocolError
from .protocol.limits import EFFORTS, MOST_STROKES
from .toolkit import GdkPixbuf, GimpUi, GLib, Gtk
from .windows import Stopped
from .wishes import MOST_SEED, USUAL, look_parameters, offered, styles

PICTURES = Path(__file__).parent / "easel" / "pictures"
SIDE = 64  # pixels of a picture
LOOK = 100  # milliseconds between looks for pictures
RESET = 1  # a response of the dialog


def chosen(client: Any, wishes: dict[str, Any], source: LayerSource, progress: Any) -> dict[str, Any]:
    """Have the user choose, beginning with these wishes; returns the new ones. Raises Stopped."""
    progress.hide()
    dialog = PaintDialog(client, client.hello, wishes, source)
    try:
        return dialog.run()
    finally:
        dialog.close()
        progress.show()


class PaintDialog:
    """The window and what is chosen in it."""

    def __init__(self, client: Any, hello: dict[str, Any], wishes: dict[str, Any], source: LayerSource) -> None:
        self._client, self._hello, self._wishes = client, hello, dict(wishes)
        self._light = LightControls(_read(wishes["changes"]))
        self._dialog = Gtk.Dialog(title=tr("Paint with Impasto"))
        GimpUi.window_set_transient(self._dialog)
        self._dialog.add_button(tr("_Reset"), RESET)
        self._dialog.add_button(tr("_Cancel"), Gtk.ResponseType.CANCEL)
        self._dialog.add_button(tr("_Paint"), Gtk.ResponseType.OK)
        self._dialog.set_default_response(Gtk.ResponseType.OK)
        self._styles, self._media = styles(hello), offered(hello, "media")
        self._pictures: dict[str, Any] = {}
        self._timer = 0
        columns = Gtk.Box(spacing=12, border_width=12)
        columns.pack_start(self._list_of_styles(), True, True, 0)
        columns.pack_start(self._settings(source), False, False, 0)
        self._dialog.get_content_area().pack_start(columns, True, True, 0)
        self._dialog.set_default_size(760, 560)
        self._show_wishes()
        self._dialog.show_all()
        self._ask_for_pictures()

    def run(self) -> dict[str, Any]:
        """Wait for the user. Raises Stopped."""
        while True:
            answer = self._dialog.run()
            if answer == RESET:
                self._wishes, self._light.changes = dict(USUAL), {}
                self._show_wishes()
            elif answer == Gtk.ResponseType.OK:
                return self._read_wishes()
            else:
                raise Stopped

    def close(self) -> None:
        """Take the window away."""
        if self._timer:
            GLib.source_remove(self._timer)
        self._dialog.destroy()
        while Gtk.events_pending():
            Gtk.main_iteration()

    # --- styles

    def _list_of_styles(self) -> Any:
        self._store = Gtk.ListStore(GdkPixbuf.Pixbuf, str, str)
        for style in self._styles:
            self._store.append([_picture(style["name"]), named_as("style", style["name"]), style["name"]])
        self._icons = Gtk.IconView(model=self._store, pixbuf_column=0, text_column=1, item_width=84, columns=4,
                                   selection_mode=Gtk.SelectionMode.BROWSE)  # fmt: skip
        self._icons.get_accessible().set_name(tr("Styles"))
        self._icons.connect("selection-changed", lambda *_: self._style_chosen())
        self._icons.connect("item-activated", lambda *_: self._dialog.response(Gtk.ResponseType.OK))
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, shadow_type=Gtk.ShadowType.IN)
        scrolled.add(self._icons)
        self._about = Gtk.Label(xalign=0, wrap=True, max_width_chars=46, width_chars=46, lines=3, yalign=0, ellipsize=3)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        box.pack_start(scrolled, True, True, 0)
        box.pack_start(self._about, False, False, 0)
        return box

    def _style(self) -> dict[str, Any]:
        """The chosen one."""
        places = self._icons.get_selected_items()
        return self._styles[places[0].get_indices()[0] if places else 0]

    def _style_chosen(self) -> None:
        style = self._style()
        self._about.set_text(about("style", style["name"], str(style.get("description", ""))))
        if not self._wishes["strokes"]:
            self._strokes.set_value(style["values"].get("strokes") or 1000)
            self._wishes["strokes"] = 0  # still as the style has it
        self._show_light()

    # --- settings

    def _settings(self, source: LayerSource) -> Any:
        grid = Gtk.Grid(row_spacing=6, column_spacing=8)
        self._rows = 0
        what = Gtk.Label(xalign=0, wrap=True, max_width_chars=38)
        words = (
            tr("What is selected of “{name}”, {width} × {height}")
            if source.selected
            else tr("The layer “{name}”, {width} × {height}")
        )
        what.set_text(words.format(name=source.name, width=source.width, height=source.height))
        grid.attach(what, 0, self._rows, 3, 1)
        self._rows += 1
        self._medium, self._sample = Gtk.ComboBoxText(), Gtk.Image()
        self._medium.append("", tr("As the style has it"))
        for each in self._media:
            self._medium.append(each["name"], named_as("medium", each["name"], str(each.get("title") or "")))
        self._medium.connect("changed", lambda *_: self._medium_chosen())
        self._sample.set_size_request(SIDE, SIDE)
        self._row(grid, tr("_Medium"), self._medium, self._sample)
        self._strokes = Gtk.SpinButton.new_with_range(1, MOST_STROKES, 50)
        self._strokes.set_tooltip_text(
            tr("How many brush strokes the painting is made of: few are bold, many are detailed")
        )
        self._strokes.connect("value-changed", lambda *_: self._strokes_chosen())
        own = Gtk.Button(label=tr("Style's"))
        own.set_tooltip_text(tr("As many strokes as the style has"))
        own.connect("clicked", lambda *_: self._strokes_of_style())
        self._row(grid, tr("S_trokes"), self._strokes, own)
        self._effort = Gtk.ComboBoxText()
        titles = {"draft": tr("Draft"), "normal": tr("Normal"), "high": tr("High")}
        for name in EFFORTS:
            self._effort.append(name, titles.get(name, name))
        tips = {
            "draft": tr("A quick look, in about half the time"),
            "normal": tr("The usual time, and what most pictures need"),
            "high": tr("Closer to the picture, in up to four times the time"),
        }
        self._effort.set_tooltip_text("\n".join(f"{titles[name]}: {tip}" for name, tip in tips.items()))
        self._effort.set_sensitive("effort" in (self._hello.get("features") or ()))
        self._row(grid, tr("_Effort"), self._effort)
        self._seed = Gtk.SpinButton.new_with_range(0, MOST_SEED, 1)
        self._seed.set_tooltip_text(
            tr("Another number gives another painting of the same kind; the same number gives the same one again")
        )
        dice = Gtk.Button(label=tr("_New seed"), use_underline=True)
        dice.set_tooltip_text(tr("Another painting of the same kind"))
        dice.connect("clicked", lambda *_: self._seed.set_value(random.randrange(MOST_SEED)))
        self._row(grid, tr("See_d"), self._seed, dice)
        self._regions = Gtk.CheckButton(label=tr("By _regions: a group for each"), use_underline=True)
        self._regions.set_tooltip_text(
            tr("First find what is in the picture, and paint each part with strokes of its own")
        )
        self._regions.connect("toggled", lambda *_: self._segmenter.set_sensitive(self._regions.get_active()))
        self._segmenter = Gtk.ComboBoxText()
        self._segmenter.set_tooltip_text(tr("How regions are found"))
        self._segmenter.get_accessible().set_name(tr("How regions are found"))
        for name in self._hello.get("segmenters") or ():
            titles = {each["name"]: str(each.get("title") or "") for each in offered(self._hello, "segmenters")}
            self._segmenter.append(name, named_as("segmenter", name, titles.get(name, "")))
        self._preview = Gtk.CheckButton(label=tr("Show it _while it is painted"), use_underline=True)
        self._preview.set_tooltip_text(tr("Watch the painting grow on the canvas"))
        for widget in (self._regions, self._segmenter, self._preview):
            grid.attach(widget, 0, self._rows, 3, 1)
            self._rows += 1
        self._fold = Gtk.Expander(label=tr("_Light and ground"), use_underline=True)
        self._fold.add(self._light.grid)
        grid.attach(self._fold, 0, self._rows, 3, 1)
        return grid

    def _row(self, grid: Any, title: str, widget: Any, more: Any = None) -> None:
        label = Gtk.Label(label=title, use_underline=True, xalign=0, mnemonic_widget=widget)
        widget.set_hexpand(True)
        widget.set_valign(Gtk.Align.CENTER)
        grid.attach(label, 0, self._rows, 1, 1)
        grid.attach(widget, 1, self._rows, 1 if more else 2, 1)
        if more:
            more.set_valign(Gtk.Align.CENTER)
            grid.attach(more, 2, self._rows, 1, 1)
        self._rows += 1

    def _strokes_chosen(self) -> None:
        self._wishes["strokes"] = int(self._strokes.get_value())

    def _strokes_of_style(self) -> None:
        self._wishes["strokes"] = 0
        self._style_chosen()

    def _medium_chosen(self) -> None:
        name = self._medium.get_active_id() or str((self._style()["values"].get("medium") or {}).get("kind") or "flat")
        self._sample.set_from_pixbuf(self._pictures.get(name))
        words = [
            about("medium", each["name"], str(each.get("about", ""))) for each in self._media if each["name"] == name
        ]
        self._medium.set_tooltip_text(words[0] if words else "")
        self._show_light()

    def _show_light(self) -> None:
        """The controls of the light that matter to the medium, as the style or the user has them."""
        style, medium = self._style(), self._medium.get_active_id() or ""
        self._fold.set_sensitive(self._light.show(look_parameters(self._hello, style["values"], medium)))

    # --- wishes

    def _show_wishes(self) -> None:
        wishes = self._wishes
        strokes = wishes["strokes"]
        names = [style["name"] for style in self._styles]
        place = Gtk.TreePath.new_from_indices([names.index(wishes["style"]) if wishes["style"] in names else 0])
        self._icons.select_path(place)
        self._icons.set_cursor(place, None, False)
        GLib.idle_add(lambda: self._icons.scroll_to_path(place, False, 0.0, 0.0))
        for combo, name in ((self._medium, "medium"), (self._effort, "effort"), (self._segmenter, "segmenter")):
            if not combo.set_active_id(wishes[name]):
                combo.set_active(0)
        if strokes:
            self._strokes.set_value(strokes)
        wishes["strokes"] = strokes
        self._seed.set_value(wishes["seed"])
        self._regions.set_active(wishes["regions"])
        self._segmenter.set_sensitive(wishes["regions"])
        self._preview.set_active(wishes["preview"])
        self._style_chosen()
        self._medium_chosen()

    def _read_wishes(self) -> dict[str, Any]:
        return {
            **self._wishes, "style": self._style()["name"], "medium": self._medium.get_active_id() or "",
            "effort": self._effort.get_active_id() or "normal", "seed": int(self._seed.get_value()),
            "regions": self._regions.get_active(), "segmenter": self._segmenter.get_active_id() or "",
            "preview": self._preview.get_active(),
            "changes": json.dumps(self._light.allowed()),
        }  # fmt: skip

    # --- pictures of media

    def _ask_for_pictures(self) -> None:
        """Each comes once it is made; an engine too old for them makes none."""
        if not self._client.can("show"):
            return
        try:
            for each in self._media:
                self._client.ask("sample", medium=each["name"])
        except ProtocolError:
            return
        self._timer = GLib.timeout_add(LOOK, self._look_for_pictures)

    def _look_for_pictures(self) -> bool:
        try:
            while True:
                header, frames = self._client.view_event(0.01, lambda told: told.get("event") == "sample")
                self._pictures[str(header.get("medium"))] = _decoded(b"".join(frames))
                self._medium_chosen()
        except ProtocolError:
            pass
        if len(self._pictures) < len(self._media):
            return True
        self._timer = 0
        return False


def _picture(name: str) -> Any:
    """The picture of a style; of one that did not come with Impasto none."""
    path = PICTURES / f"{name}.png"
    if path.is_file():
        try:
            return GdkPixbuf.Pixbuf.new_from_file_at_size(str(path), SIDE, SIDE)
        except GLib.Error:
            pass
    plain = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, SIDE, SIDE)
    plain.fill(0x88888860)
    return plain


def _decoded(data: bytes) -> Any:
    loader = GdkPixbuf.PixbufLoader.new_with_type("png")
    try:
        loader.write(data)
        loader.close()
        found = loader.get_pixbuf()
    except GLib.Error:
        return None
    scale = SIDE / max(found.get_width(), found.get_height())
    size = (max(1, int(side * scale)) for side in (found.get_width(), found.get_height()))
    return found.scale_simple(*size, GdkPixbuf.InterpType.BILINEAR)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
