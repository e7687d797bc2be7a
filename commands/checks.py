"""What an installation needs, checked one after the other: each check says what it found and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.version import IMPASTO_VERSION

GOOD, HINT, BAD = "good", "hint", "bad"
PYTHONS = ((3, 10), (3, 15))  # from, and before
FREE = 512 << 20  # bytes of the disk: less is too little for what is painted
EXTRAS = {  # what each extra is for, and a module that is there if it is
    "daemon": ("the engine for Krita", ("zmq", "msgpack")),
    "regions": ("finding regions", ("torch", "skimage")),
    "photos": ("reading HEIC and cameras' raw files", ("pillow_heif", "rawpy")),
    "export": ("writing .psd", ("psd_tools",)),
    "film": ("writing .mp4 and .webm", ("av",)),
}


@dataclass(frozen=True)
class Finding:
    """What a check found: its name, good, a hint or bad, what there is, and what to do."""

    name: str
    state: str
    says: str
    remedy: str = ""


def python() -> Iterator[Finding]:
    """This Python, and the packages that are always needed."""
    ours = sys.version_info[:2]
    says = f"{platform.python_version()} on {platform.platform(terse=True)}, {os.cpu_count()} cores"
    if PYTHONS[0] <= ours < PYTHONS[1]:
        yield Finding("Python", GOOD, says)
    else:
        low, high = (".".join(map(str, each)) for each in PYTHONS)
        yield Finding("Python", HINT, f"{says}; Impasto is tested with {low} up to before {high}", "use one of these")
    for name in ("numpy", "numba", "scipy", "pillow", "pydantic"):
        try:
            import_module({"pillow": "PIL"}.get(name, name))
            yield Finding(name, GOOD, version(name))
        except (ImportError, PackageNotFoundError) as error:
            yield Finding(name, BAD, f"does not load ({error})", f"install {name} again")


def extras() -> Iterator[Finding]:
    """The parts of Impasto that need not be installed."""
    from impasto.engine.installing import install

    for name, (purpose, modules) in EXTRAS.items():
        missing = []
        for module in modules:
            try:
                import_module(module)
            except ImportError:
                missing.append(module)
        if missing:
            yield Finding(name, HINT, f"{purpose} is not installed ({', '.join(missing)})", install(name))
        else:
            yield Finding(name, GOOD, f"{purpose} is installed")


def folders() -> Iterator[Finding]:
    """The home, and the folder of compiled kernels."""
    from impasto.engine.compiling import cache_folder
    from impasto.protocol.places import HOME, home_path

    try:
        home = home_path()
    except RuntimeError:
        yield Finding("home", BAD, "the system knows of no folder of yours", f"set {HOME} to one")
        return
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield Finding("home", BAD, f"{place} cannot be written", f"change its permissions, or set {HOME} to another")
    elif os.name != "nt" and home.exists() and stat.S_IMODE(home.stat().st_mode) & 0o022:
        yield Finding("home", BAD, f"others may write in {home}, and paint as you", f"run chmod 700 {home}")
    elif shutil.disk_usage(place).free < FREE:
        yield Finding("home", BAD, f"the disk of {home} is full", "free space there")
    else:
        yield Finding("home", GOOD, str(home))
    cache = cache_folder()
    if cache is None:
        remedy = "set IMPASTO_CACHE to a folder of yours that can be written"
        yield Finding("kernels", HINT, "compiled kernels cannot be kept, each start takes half a minute", remedy)
    else:
        yield Finding("kernels", GOOD, f"kept in {cache}")


def painting() -> Iterator[Finding]:
    """Does it paint? The kernels are compiled if need be, which takes half a minute."""
    import numpy as np

    from impasto.engine.order import Order
    from impasto.engine.painter.events import Finished
    from impasto.engine.pictures.io import Picture
    from impasto.engine.styles import load_style

    start = time.perf_counter()
    try:
        picture = Picture(np.tile(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], (64, 1, 3)))
        events = Order(picture, load_style("realistic"), strokes=20, working_size=64).painter().paint()
        (last,) = [event for event in events if isinstance(event, Finished)]
        pixels = last.painting.render()
        if not np.ptp(pixels[..., 0]) > 60:
            raise ImpastoError("what was painted is not the picture")
        yield Finding("painting", GOOD, f"a small picture took {time.perf_counter() - start:.1f} s")
    except Exception as error:  # whatever it is, it is what the user wants to know
        yield Finding("painting", BAD, f"does not work ({error})", "report this")


def engine() -> Iterator[Finding]:
    """Does one run, of this version? Else: does one start, in a folder of its own?"""
    from impasto.engine.installing import install

    try:
        from impasto.protocol import ProtocolError
        from impasto.protocol.client import Client
    except ImportError:
        yield Finding("engine", HINT, "what Krita talks to is not installed", install("daemon"))
        return
    try:
        with Client(timeout=5.0) as client:
            theirs, ours = client.hello["engine"], IMPASTO_VERSION
            if theirs == ours:
                yield Finding("engine", GOOD, f"runs at {client.address}")
            else:
                yield Finding(
                    "engine", HINT, f"version {theirs} runs, and this is {ours}", "stop it: impasto serve stop"
                )  # fmt: skip
    except ProtocolError as error:
        if error.code != "absent":
            yield Finding("engine", BAD, error.sentence, error.remedy)
            return
        yield _started()


def _started() -> Finding:
    """Start an engine where nobody else's is, and stop it."""
    import subprocess

    from impasto.engine import child

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "IMPASTO_HOME": folder}
        words = [*child.python("impasto"), "serve"]
        by_itself = ["--idle", "60"]  # should it not hear that it is to end
        done = subprocess.run([*words, "--detach", *by_itself], env=environment, capture_output=True, text=True)
        if done.returncode == 0:
            done = subprocess.run([*words, "stop"], env=environment, capture_output=True, text=True)
        if done.returncode == 0:
            return Finding("engine", GOOD, "none runs, and one starts when it is asked to")
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
    return Finding(
        "engine", BAD, f"does not start and end ({said.removeprefix('error: ')})", "see to that, and run this again"
    )


def krita() -> Iterator[Finding]:
    """The plugin, in each Krita of this user."""
    from impasto.plugin_krita.installer import chosen_places, environment, status

    for place in chosen_places():
        name = f"plugin in {place.name}"
        again = "close Krita and run impasto plugin install"
        if not place.there:
            yield Finding(name, HINT, "this Krita was never started here", "start Krita once, if you have it")
        else:
            yield _plugin(name, status(place), "not enabled", again)
    if environment():
        yield Finding(
            "environment", HINT, "a Python environment is active; a Krita started from this shell finds no plugins",
            "start Krita from the menu, or from another shell",
        )  # fmt: skip


def gimp() -> Iterator[Finding]:
    """The plug-in, in each GIMP 3 that this user has started."""
    from impasto.plugin_gimp.gimps import gimp_folders
    from impasto.plugin_gimp.installer import status

    again = "run impasto plugin install --editor gimp"
    for place in gimp_folders():
        yield _plugin(f"plug-in in {place.name}", status(place), "may not be executed", again)


def _plugin(name: str, facts: Mapping[str, object], disabled: str, again: str) -> Finding:
    """Is a plug-in in its place, and does it fit? disabled: what it is if its editor will not start it."""
    if facts["installed"] is None:
        return Finding(name, HINT, "not installed", again)
    if not facts["enabled"]:
        return Finding(name, BAD, disabled, again)
    if not facts["current"]:
        return Finding(name, BAD, f"version {facts['installed']}, and this is {IMPASTO_VERSION}", again)
    if not facts["engine"]:
        return Finding(name, BAD, "the Python that it starts is gone", again)
    return Finding(name, GOOD, f"version {facts['installed']}, in {facts['folder']}")


def gpu() -> Iterator[Finding]:
    """Is there one that paints?"""
    from impasto.engine.raster.devices import chosen

    device, told = chosen("auto")
    if device == "cuda":
        yield Finding("GPU", GOOD, "paints")
    elif told is not None:
        yield Finding("GPU", HINT, told, "until then the processor paints")
    else:
        yield Finding("GPU", GOOD, "none is used; the processor paints")


def kept() -> Iterator[Finding]:
    """Networks, styles of one's own, and what was set aside since it was damaged."""
    from impasto.engine.segment.networks.models import is_there, manifest
    from impasto.engine.styles import OWN_FOLDER, loaded_styles
    from impasto.protocol.places import home_path

    there = [model.name for model in manifest().values() if is_there(model)]
    yield Finding("networks", GOOD, f"fetched: {', '.join(there)}" if there else "none fetched; none is needed")
    _, troubles = loaded_styles()
    for trouble in troubles:
        yield Finding("styles", BAD, str(trouble), f"mend or remove it in {home_path() / OWN_FOLDER}")
    with suppress(OSError, RuntimeError):
        folder = home_path() / "spool" / "damaged"
        if aside := sum(1 for _ in folder.iterdir()):
            yield Finding(
                "jobs", HINT, f"{aside} could not be read and are kept in {folder}", "look at them, or remove it"
            )


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    python, extras, folders, painting, engine, krita, gimp, gpu, kept,
)  # fmt: skip


def findings() -> Iterator[Finding]:
    """Of all checks; what a check itself stumbles over is a finding, too."""
    for check in CHECKS:
        try:
            yield from check()
        except ImpastoError as error:
            says, _, remedy = str(error).rstrip(".").rpartition("; ")
            yield Finding(check.__name__, BAD, says or remedy, remedy if says else "")
        except Exception as error:
            if isinstance(error, RuntimeError) and "home directory" in str(error):  # as Python and its libraries say
                remedy = "set HOME to a folder that can be written"
                yield Finding(check.__name__, HINT, "this user has no home folder", remedy)
                continue
            yield Finding(check.__name__, BAD, f"could not be checked ({type(error).__name__}: {error})", "report this")


def without_home(text: str) -> str:
    """A text without the name of the user's folder, to be shown to others."""
    with suppress(RuntimeError):
        text = text.replace(str(Path.home()), "~")
    return text
