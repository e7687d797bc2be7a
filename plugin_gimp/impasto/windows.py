"""How it goes, and how it is stopped: a window of our own, since GIMP's own Cancel kills a plug-in where it stands.

What runs from a script has no windows: it tells GIMP how far it is.
"""

from __future__ import annotations

from typing import Any

from .easel.words import tr
from .toolkit import Gimp, GimpUi, GLib, Gtk

WIDTH = 420  # pixels


class Stopped(Exception):
    """The user wants no more of it."""


class Telling:
    """How far it is, for somebody who looks, or for a script. `stopped`: it was cancelled."""

    def __init__(self) -> None:
        self.stopped = False

    def say(self, words: str, fraction: float | None = None) -> None:
        """What goes on, and how much of it is done, 0 to 1; None: nobody knows."""

    def note(self, words: str) -> None:
        """A sentence that stays to be read."""

    def turn(self) -> None:
        """Let the windows have their turn. Raises Stopped."""

    def ask(self, title: str, words: str, yes: str, no: str) -> bool:
        """Ask something; without a window the answer is no."""
        return False

    def hide(self) -> None:
        """Something else is looked at."""

    def show(self) -> None:
        """It is to be seen again."""

    def close(self) -> None:
        """It is over."""


class ScriptProgress(Telling):
    """In GIMP's own way."""

    def __init__(self) -> None:
        super().__init__()
        Gimp.progress_init("Impasto")
        self._said = ""

    def say(self, words: str, fraction: float | None = None) -> None:
        """See `Telling`."""
        if words != self._said:
            Gimp.progress_set_text(words)
            self._said = words
        if fraction is not None:
            Gimp.progress_update(fraction)

    def note(self, words: str) -> None:
        """See `Telling`."""
        Gimp.message(words)

    def turn(self) -> None:
        """See `Telling`."""
        context = GLib.MainContext.default()
        while context.pending():
            context.iteration(False)

    def close(self) -> None:
        """See `Telling`."""
        Gimp.progress_end()


class ProgressWindow(Telling):
    """A window with words, a bar, a sentence that stays, and Cancel, which Escape and its cross are, too."""

    def __init__(self) -> None:
        super().__init__()
        self._dialog = Gtk.Dialog(title="Impasto", resizable=False)
        GimpUi.window_set_transient(self._dialog)
        self._cancel = self._dialog.add_button(tr("_Cancel"), Gtk.ResponseType.CANCEL)
        self._text, self._bar = Gtk.Label(xalign=0, wrap=True, max_width_chars=52), Gtk.ProgressBar()
        self._note = Gtk.Label(xalign=0, wrap=True, max_width_chars=52, no_show_all=True)
        self._text.get_accessible().set_name(tr("What goes on"))
        self._bar.get_accessible().set_name(tr("Progress"))
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8, border_width=12)
        for widget in (self._text, self._bar, self._note):
            box.pack_start(widget, False, False, 0)
        self._dialog.get_content_area().add(box)
        self._dialog.set_default_size(WIDTH, -1)
        self._dialog.connect("response", self._answered)
        self._dialog.connect("delete-event", lambda *_: True)  # it closes when all is put away
        self._dialog.show_all()

    def _answered(self, *_: Any) -> None:
        self.stopped = True
        self._cancel.set_sensitive(False)
        self._text.set_text(tr("Cancelling…"))

    def say(self, words: str, fraction: float | None = None) -> None:
        """See `Telling`."""
        if self.stopped:
            return
        self._text.set_text(words)
        if fraction is None:
            self._bar.pulse()
        else:
            self._bar.set_fraction(min(1.0, max(0.0, fraction)))

    def note(self, words: str) -> None:
        """See `Telling`."""
        self._note.set_text(words)
        self._note.set_visible(bool(words))

    def turn(self) -> None:
        """See `Telling`."""
        while Gtk.events_pending():
            Gtk.main_iteration()
        if self.stopped:
            raise Stopped

    def ask(self, title: str, words: str, yes: str, no: str) -> bool:
        """See `Telling`."""
        return asked(title, words, yes, no, self._dialog)

    def hide(self) -> None:
        """See `Telling`."""
        self._dialog.hide()

    def show(self) -> None:
        """See `Telling`."""
        self._dialog.show()

    def close(self) -> None:
        """See `Telling`."""
        self._dialog.destroy()
        while Gtk.events_pending():
            Gtk.main_iteration()


def asked(title: str, words: str, yes: str, no: str, above: Any = None) -> bool:
    """Ask something in a window, and wait for the answer."""
    dialog = Gtk.MessageDialog(
        title=title, transient_for=above, modal=True, message_type=Gtk.MessageType.QUESTION, text=words
    )
    dialog.add_button(no, Gtk.ResponseType.CANCEL)
    dialog.add_button(yes, Gtk.ResponseType.OK)
    dialog.set_default_response(Gtk.ResponseType.OK)
    if above is None:
        GimpUi.window_set_transient(dialog)
    answer = dialog.run()
    dialog.destroy()
    return answer == Gtk.ResponseType.OK


def seconds_words(left: float | None) -> str:
    """How long it still takes, in words; nothing if nobody knows."""
    if left is None:
        return ""
    if left < 90:
        return tr("about {count} s left").format(count=max(1, round(left)))
    return tr("about {count} min left").format(count=round(left / 60))
