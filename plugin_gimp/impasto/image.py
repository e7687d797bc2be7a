"""The only room that touches GIMP's images: what is to be painted out of them, a group of layers into them.

What GIMP is asked for may be gone: the user goes on working, and may undo, delete or close anything meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .easel.words import tr
from .protocol.limits import LARGEST_MASK_SIDE
from .toolkit import GdkPixbuf, Gegl, Gimp, GLib

RGBA = "R'G'B'A u8"  # sRGB, straight, whatever the image is made of
MASK = "Y u8"  # of a selection: the one form in which 101 is 101
JOB = "impasto-job"  # on a group: which job paints it
OURS = "impasto-painting"  # on a group: that it is a painting
KEPT_IN_FILE = 1  # of a parasite: it is saved with the image
STRIPE = 32 << 20  # bytes written at a time
SHARE = 0.2  # of the time, at most, that goes into showing previews
_FORMS = {
    (True, False): ("R'G'B' u8", 3),
    (True, True): (RGBA, 4),
    (False, False): ("Y' u8", 1),
    (False, True): ("Y'A u8", 2),
}
_NONE = Gegl.AbyssPolicy.NONE


class ImageError(Exception):
    """Why an image cannot be painted, as a sentence with what to do."""


class LayerSource:
    """What is to be painted: a part of a drawable, with the selection's mask or None.

    left, top: where it lies in the image, which it may stick out of; x, y: in the drawable; width, height: pixels.
    note: a sentence about what is done with it, or nothing.
    """

    def __init__(self, image: Any, drawable: Any) -> None:
        self.image, self.drawable, self.name, self.note = image, drawable, drawable.get_name(), ""
        _, left, top = drawable.get_offsets()
        self.x, self.y, self.width, self.height = 0, 0, drawable.get_width(), drawable.get_height()
        self.selected = not Gimp.Selection.is_empty(image)
        if self.selected:
            there, self.x, self.y, self.width, self.height = drawable.mask_intersect()
            if not there:
                raise ImageError(
                    tr("The selection lies beyond the layer “{name}”; select a part of it, or nothing.").format(
                        name=self.name
                    )
                )
        self.left, self.top = left + self.x, top + self.y

    def pixels(self) -> tuple[bytes, int]:
        """Its pixels, 8 bits, sRGB, straight alpha, and their channels: 1 and 2 are grey, 2 and 4 have alpha."""
        form, channels = _FORMS[self.drawable.is_rgb(), self.drawable.has_alpha()]
        return _read(self.drawable.get_buffer(), self.x, self.y, self.width, self.height, form), channels

    def mask(self) -> Any:
        """How much of each pixel is selected, 8 bits, with width and height, which have a limit; None: all of it."""
        if not self.selected:
            return None
        scale = min(1.0, LARGEST_MASK_SIDE / max(self.width, self.height))
        width, height = (max(1, int(side * scale)) for side in (self.width, self.height))
        where = Gegl.Rectangle.new(round(self.left * scale), round(self.top * scale), width, height)
        data = self.image.get_selection().get_buffer().get(where, scale, MASK, _NONE)
        return bytes(data), width, height


def source(image: Any, drawables: Any) -> LayerSource:
    """What is chosen in an image. Raises ImageError with what to do if that cannot be painted."""
    if image is None or not image.is_valid():
        raise ImageError(tr("Open a picture first."))
    if not drawables:
        raise ImageError(tr("Choose a layer first."))
    if len(drawables) > 1:
        raise ImageError(tr("Several layers are chosen; choose one, or put them into a group and choose that."))
    drawable = drawables[0]
    if drawable.is_layer_mask():
        drawable = Gimp.Layer.from_mask(drawable)
    if not drawable.is_layer():
        raise ImageError(tr("“{name}” is no layer; choose a layer.").format(name=drawable.get_name()))
    if drawable.is_indexed():
        raise ImageError(tr("This image has a palette; turn it into RGB first (Image > Mode > RGB)."))
    if not drawable.get_width() or (drawable.is_group() and not drawable.get_children()):
        raise ImageError(tr("The group “{name}” is empty; choose a layer.").format(name=drawable.get_name()))
    found = LayerSource(image, drawable)
    found.note = _note(drawable).format(name=found.name)
    return found


def _note(drawable: Any) -> str:
    if drawable.is_group():
        return tr("The group “{name}” is painted as it looks; its layers stay as they are.")
    if drawable.is_text_layer():
        return tr("The text “{name}” is painted as it looks, and stays text.")
    if drawable.get_lock_content():
        return tr("“{name}” is locked, so nothing in it changes: the painting lies above it.")
    return ""


def _read(buffer: Any, x: int, y: int, width: int, height: int, form: str) -> bytes:
    return bytes(buffer.get(Gegl.Rectangle.new(x, y, width, height), 1.0, form, _NONE))


class ImageCanvas:
    """The painting in its image: one group, which is there from the beginning and is the one step to undo.

    All that follows is no step of its own: redo brings back the newest. `left`, `top`: where the painting lies.
    """

    def __init__(self, image: Any, left: int, top: int, width: int, height: int) -> None:
        self.image, self.left, self.top, self.width, self.height = image, left, top, width, height
        self.group: Any = None
        self._preview: Any = None
        self._rested = 0.0  # when the next preview may be shown

    @property
    def there(self) -> bool:
        """Is its group still in the image?"""
        return (
            self.group is not None and self.image.is_valid() and self.group.is_valid()
            and _is_in(self.image.get_layers(), self.group.get_id())
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Is its image still open?"""
        return self.image.is_valid()

    def begin(self, title: str, job: str, above: Any = None) -> None:
        """Put an empty group above a layer and its other paintings, or on top.

        If this job has one in the image already, that is taken up.
        """
        found = _group_of(self.image.get_layers(), job)
        if found is not None:
            self.group = found
            children = found.get_children()
            self._preview = children[0] if children else None
            return
        self.image.undo_group_start()
        try:
            self.group = Gimp.GroupLayer.new(self.image, title)
            _as_ours(self.group)
            parent, place = (above.get_parent(), self._place(above)) if above else (None, 0)
            # before it is in the image: else that would be a step of its own, which cannot be undone
            self.group.attach_parasite(Gimp.Parasite.new(JOB, KEPT_IN_FILE, job.encode("ascii")))
            self.group.attach_parasite(Gimp.Parasite.new(OURS, KEPT_IN_FILE, b"1"))
            with self._as_selected():
                self.image.insert_layer(self.group, parent, place)
        finally:
            self.image.undo_group_end()
        self._preview = self._layer(tr("painting"), 0, 0, self.width, self.height)
        with self._unrecorded():  # else redo would put it back, beside what has taken its place since
            self.image.insert_layer(self._preview, self.group, 0)
        Gimp.displays_flush()

    def _place(self, layer: Any) -> int:
        """Where the newest painting of a layer belongs: it is to be seen, so above the older ones."""
        parent, place = layer.get_parent(), self.image.get_item_position(layer)
        siblings = parent.get_children() if parent else self.image.get_layers()
        while place and siblings[place - 1].is_group() and siblings[place - 1].get_parasite(OURS):
            place -= 1
        return place

    @contextmanager
    def _as_selected(self) -> Iterator[None]:
        """The layers that are chosen stay so: GIMP chooses each one that is added."""
        before = self.image.get_selected_layers()
        try:
            yield
        finally:
            there = [each for each in before if each.is_valid() and _is_in(self.image.get_layers(), each.get_id())]
            if there:
                self.image.set_selected_layers(there)

    @contextmanager
    def _unrecorded(self) -> Iterator[None]:
        """What is done is no step to be undone, and chooses no layer."""
        self.image.undo_freeze()
        try:
            with self._as_selected():
                yield
        finally:
            self.image.undo_thaw()

    def show(self, pixels: Any, width: int, height: int) -> None:
        """Show a preview of any size, unless the last one took its time: RGBA, 8 bits, straight."""
        if time.monotonic() < self._rested or self._preview is None or not self.there:
            return
        begun = time.monotonic()
        if (width, height) != (self.width, self.height):
            small = GdkPixbuf.Pixbuf.new_from_bytes(
                GLib.Bytes.new(bytes(pixels)), GdkPixbuf.Colorspace.RGB, True, 8, width, height, 4 * width
            )
            pixels = small.scale_simple(self.width, self.height, GdkPixbuf.InterpType.BILINEAR).get_pixels()
        _write(self._preview, 0, 0, self.width, self.height, pixels)
        self._preview.update(0, 0, self.width, self.height)
        Gimp.displays_flush()
        self._rested = time.monotonic() + (time.monotonic() - begun) / SHARE

    def layer(self, name: str, place: Any, blending: str) -> Any:
        """A new layer, in no image yet. place: x, y, width, height in the painting; blending: normal or multiply."""
        made = self._layer(name, *place)
        if blending == "multiply":
            _multiply(made)
        return made

    def _layer(self, name: str, x: int, y: int, width: int, height: int) -> Any:
        grey = self.image.get_base_type() == Gimp.ImageBaseType.GRAY
        kind = Gimp.ImageType.GRAYA_IMAGE if grey else Gimp.ImageType.RGBA_IMAGE
        made = Gimp.Layer.new(self.image, name, width, height, kind, 100.0, Gimp.LayerMode.NORMAL)
        made.set_offsets(self.left + x, self.top + y)
        _as_ours(made)
        return made

    def fill(self, layers: list[tuple[Any, str, Any]], multiplied: bool) -> None:
        """Put finished layers into the group in place of the preview, back to front.

        layers: (group or None, title of it, layer) each; those of one group lie together. multiplied: groups are
        multiplied by what is below them, as all in them are.
        """
        with self._unrecorded():
            groups: dict[Any, Any] = {}
            for group, title, layer in layers:
                parent = self.group
                if group is not None:
                    if group not in groups:
                        groups[group] = Gimp.GroupLayer.new(self.image, title)
                        self.image.insert_layer(groups[group], self.group, 0)
                        if multiplied:
                            _multiply(groups[group])
                        else:
                            groups[group].set_mode(Gimp.LayerMode.PASS_THROUGH)
                    parent = groups[group]
                self.image.insert_layer(layer, parent, 0)
            if self._preview is not None and self._preview.is_valid():
                self.image.remove_layer(self._preview)
            self._preview = None
            self.group.detach_parasite(JOB)
        Gimp.displays_flush()

    def take_away(self) -> None:
        """Nothing of the painting is wanted."""
        if self.there:
            self.image.remove_layer(self.group)
            Gimp.displays_flush()


def write_part(layer: Any, y: int, width: int, height: int, pixels: Any) -> None:
    """Write rows of a layer: RGBA, 8 bits, straight."""
    _write(layer, 0, y, width, height, pixels)


def _write(layer: Any, x: int, y: int, width: int, height: int, pixels: Any) -> None:
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(x, y, width, height), RGBA, bytes(pixels))
    buffer.flush()


def _as_ours(layer: Any) -> None:
    """Have a layer blended as the engine does: sRGB as it is, not light."""
    layer.set_composite_space(Gimp.LayerColorSpace.RGB_PERCEPTUAL)


def _multiply(layer: Any) -> None:
    layer.set_mode(Gimp.LayerMode.MULTIPLY)
    layer.set_blend_space(Gimp.LayerColorSpace.RGB_PERCEPTUAL)
    layer.set_composite_space(Gimp.LayerColorSpace.RGB_PERCEPTUAL)
    layer.set_composite_mode(Gimp.LayerCompositeMode.UNION)


def _is_in(layers: Any, number: int) -> bool:
    return any(each.get_id() == number or (each.is_group() and _is_in(each.get_children(), number)) for each in layers)


def _group_of(layers: Any, job: str) -> Any:
    """The group that a job paints into, as it was saved with the image."""
    for each in layers:
        if each.is_group():
            note = each.get_parasite(JOB)
            if note is not None and bytes(note.get_data()).rstrip(b"\0") == job.encode("ascii"):
                return each
            inner = _group_of(each.get_children(), job)
            if inner is not None:
                return inner
    return None
