"""The libraries that GIMP 3 brings, in the versions that it is made with."""

import gi

for _name, _version in (("Gegl", "0.4"), ("Gimp", "3.0"), ("GimpUi", "3.0"), ("Gtk", "3.0"), ("GdkPixbuf", "2.0")):
    gi.require_version(_name, _version)

from gi.repository import GdkPixbuf, Gegl, Gimp, GimpUi, Gio, GLib, GObject, Gtk  # noqa: E402

__all__ = ["GLib", "GObject", "GdkPixbuf", "Gegl", "Gimp", "GimpUi", "Gio", "Gtk", "later"]


def later(milliseconds, handler):
    """Call something once, after a while, from the event loop."""

    def call():
        handler()
        return False  # not again

    GLib.timeout_add(milliseconds, call)
