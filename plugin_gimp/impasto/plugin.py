"""The plug-in's procedures: painting, by its dialog or from scripts, and collecting what went on without GIMP."""

from __future__ import annotations

import os
import sys
from typing import Any

from .easel import vendoring

vendoring.prepare(sockets=False)

from .collecting import collect, forget, waiting, words_of  # noqa: E402
from .dialog import chosen  # noqa: E402
from .easel import words  # noqa: E402
from .easel.addresses import sentence as sentence_of  # noqa: E402
from .easel.words import tr  # noqa: E402
from .engine import EngineLink  # noqa: E402
from .image import ImageError, source  # noqa: E402
from .painting import LayerPainting  # noqa: E402
from .protocol import ProtocolError  # noqa: E402
from .protocol.limits import MOST_STROKES  # noqa: E402
from .toolkit import Gegl, Gimp, GimpUi, GLib, GObject  # noqa: E402
from .windows import ProgressWindow, ScriptProgress, Stopped, asked  # noqa: E402
from .wishes import MOST_SEED, USUAL, keep, last  # noqa: E402

PAINT, COLLECT, START = "plug-in-impasto-paint", "plug-in-impasto-collect", "plug-in-impasto-start"
MENU = "<Image>/Filters/Artistic"
_Status, _SCRIPT, _FLAGS = Gimp.PDBStatusType, Gimp.RunMode.NONINTERACTIVE, GObject.ParamFlags.READWRITE


def _run_paint(procedure: Any, mode: Any, image: Any, drawables: Any, config: Any, data: Any) -> Any:
    is_interactive = mode == Gimp.RunMode.INTERACTIVE
    try:
        found = source(image, drawables)
        wishes = {name: config.get_property(name) for name in USUAL} if mode == _SCRIPT else last()
    except (ImageError, ProtocolError) as error:
        return _failed(procedure, error)
    progress = _progress(mode != _SCRIPT)
    link = EngineLink(progress)
    try:
        if is_interactive:
            link.connect()
            progress.turn()
            wishes = chosen(link.client, wishes, found, progress)
            keep(wishes)
        LayerPainting(link, progress).paint(found, wishes)
    except Stopped:
        return procedure.new_return_values(_Status.CANCEL, GLib.Error())
    except Exception as error:
        return _failed(procedure, error)
    finally:
        link.close()
        progress.close()
        Gimp.displays_flush()
    return procedure.new_return_values(_Status.SUCCESS, GLib.Error())


def _run_collect(procedure: Any, config: Any, data: Any) -> Any:
    is_interactive = config.get_property("run-mode") == Gimp.RunMode.INTERACTIVE
    progress = _progress(is_interactive)
    try:
        found = collect(progress, is_interactive)
    except Stopped:
        return procedure.new_return_values(_Status.CANCEL, GLib.Error())
    except Exception as error:
        return _failed(procedure, error)
    finally:
        progress.close()
    result = procedure.new_return_values(_Status.SUCCESS, GLib.Error())
    result.remove(1)
    result.insert(1, GObject.Value(GObject.TYPE_INT, len(found)))
    return result


def _run_start(procedure: Any, config: Any, data: Any) -> Any:
    """At GIMP's start: if a painting went on without it, ask. GIMP waits for nothing but that this was begun."""
    procedure.persistent_ready()
    good = procedure.new_return_values(_Status.SUCCESS, GLib.Error())
    notes = waiting()
    if not notes or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform != "linux"):
        return good
    GimpUi.init(START)
    if not asked(tr("Continue painting"), words_of(notes), tr("Continue"), tr("Forget it")):
        forget(notes)
        return good
    progress = ProgressWindow()
    try:
        collect(progress, show=True)
    except Stopped:
        pass
    except Exception as error:
        Gimp.message(_words(error))
    finally:
        progress.close()
    return good


def _progress(is_interactive: bool) -> Any:
    Gegl.init(None)
    if not is_interactive:
        return ScriptProgress()
    GimpUi.init(PAINT)
    return ProgressWindow()


def _failed(procedure: Any, error: Exception) -> Any:
    return procedure.new_return_values(_Status.EXECUTION_ERROR, GLib.Error(_words(error)))


def _words(error: Exception) -> str:
    if isinstance(error, (ImageError, ProtocolError)):
        return sentence_of(error)
    if os.environ.get("IMPASTO_DEBUG"):
        import traceback

        traceback.print_exc()
    return tr("This should not have happened: {problem}").format(problem=f"{type(error).__name__}: {error}")


class ImpastoPlugIn(Gimp.PlugIn):
    """What GIMP asks for the procedures."""

    def do_query_procedures(self) -> list[str]:
        """Their names."""
        return [PAINT, COLLECT, START]

    def do_set_i18n(self, name: str) -> bool:
        """Our words are translated by ourselves."""
        return False

    def do_create_procedure(self, name: str) -> Any:
        """One of them."""
        if name == PAINT:
            return self._paint()
        kind = Gimp.PDBProcType.PERSISTENT if name == START else Gimp.PDBProcType.PLUGIN
        run = _run_start if name == START else _run_collect
        procedure = Gimp.Procedure.new(self, name, kind, run, None)
        procedure.set_attribution("Impasto", "Impasto", "2026")
        if name == START:
            procedure.set_documentation(
                tr("Asks at GIMP's start whether paintings that went on are continued"), None, name
            )
            return procedure
        procedure.set_documentation(
            tr("Continue paintings that went on without GIMP"),
            tr(
                "Those that were being painted when GIMP ended, or when their image was closed, come into their images."
            ),
            name,
        )
        procedure.set_menu_label(tr("Continue Impasto's _paintings…"))
        procedure.add_menu_path(MENU)
        run_mode = Gimp.RunMode.NONINTERACTIVE
        procedure.add_enum_argument(
            "run-mode", tr("Run mode"), tr("Whether there are windows"), Gimp.RunMode.__gtype__, run_mode, _FLAGS
        )
        procedure.add_int_return_value("count", tr("Count"), tr("How many were continued"), 0, 10**6, 0, _FLAGS)
        return procedure

    def _paint(self) -> Any:
        procedure = Gimp.ImageProcedure.new(self, PAINT, Gimp.PDBProcType.PLUGIN, _run_paint, None)
        procedure.set_image_types("RGB*, GRAY*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_documentation(
            tr("Paint the layer in real brush strokes"),
            tr("The layer, or what of it is selected, is painted by Impasto's engine into a group of layers above it."),
            PAINT,
        )
        procedure.set_attribution("Impasto", "Impasto", "2026")
        procedure.set_menu_label(tr("_Impasto…"))
        procedure.add_menu_path(MENU)
        for name, title, about in (
            ("style", tr("_Style"), tr("One of the engine's styles, by its name")),
            ("medium", tr("_Medium"), tr("What strokes are made of, by its name; empty: as the style has it")),
            ("effort", tr("_Effort"), tr("draft, normal or high: how much time it may take")),
            ("segmenter", tr("_Find regions by"), tr("A way to find regions, by its name; empty: the usual one")),
            ("layers", tr("_Layers"), tr("passes, regions or none: how many layers the group gets")),
            ("changes", tr("_Changes"), tr('Settings of the style, as JSON by path, such as {"light/relief": 1.5}')),
        ):
            procedure.add_string_argument(name, title, about, USUAL[name], _FLAGS)
        strokes, seed = tr("How many; 0: as the style has it"), tr("The same seed gives the same painting")
        procedure.add_int_argument("strokes", tr("S_trokes"), strokes, 0, MOST_STROKES, 0, _FLAGS)
        procedure.add_int_argument("seed", tr("See_d"), seed, 0, MOST_SEED, 0, _FLAGS)
        regions, preview = tr("Find regions, and paint each by itself"), tr("Show the painting while it is painted")
        procedure.add_boolean_argument("regions", tr("By _regions"), regions, False, _FLAGS)
        procedure.add_boolean_argument("preview", tr("Li_ve previews"), preview, True, _FLAGS)
        return procedure


def main() -> None:
    """GIMP has started this process."""
    words.speak(GLib.get_language_names, "GIMP")
    Gimp.main(ImpastoPlugIn.__gtype__, sys.argv)
