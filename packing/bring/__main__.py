"""`look|bring|remove --wheels FOLDER --folder FOLDER [--regions]`: what would be fetched; fetch and install; remove.

Lines of JSON on stdout say how it goes: {"kind": "stage" | "looked" | "progress" | "done" | "failed", ...}.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

from impasto.packing.bring.environment import Engine
from impasto.packing.bring.failing import NotBrought
from impasto.packing.bring.fetching import Fetching
from impasto.packing.bring.needed import Needed
from impasto.packing.bring.network import Network

SPARE = 64 << 20  # bytes of the disk beyond what is needed
UNPACKED = 3.8  # times what is fetched, as measured of an engine


class Saying:
    """Says how it goes, on stdout and in a log beside the engine."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "install.log"
        self._last = 0.0

    def __call__(self, kind: str, **facts: object) -> None:
        """Say something; of progress not more than five times a second, but for the end of a file."""
        now = time.monotonic()
        if kind == "progress" and now - self._last < 0.2 and not facts.get("whole"):
            return
        self._last = now
        line = json.dumps({"kind": kind, **facts})
        print(line, flush=True)  # noqa: T201
        if kind != "progress" or facts.get("whole"):
            # There may be no folder to write in yet, or never will be, which is said elsewhere.
            with suppress(OSError), self._log.open("a", encoding="utf-8") as log:
                log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")


def main() -> int:
    """Do what is asked for."""
    asked = argparse.ArgumentParser()
    asked.add_argument("task", choices=["look", "bring", "remove"])
    asked.add_argument("--wheels", type=Path, required=True, help="of the plugin: our wheel, and pip's")
    asked.add_argument("--folder", type=Path, required=True, help="where the engine is to be, and nothing else")
    asked.add_argument("--regions", action="store_true", help="what finding regions needs, too")
    chosen = asked.parse_args()
    tell = Saying(chosen.folder)
    try:
        with Engine(chosen.folder, chosen.wheels) as engine:
            if chosen.task == "remove":
                engine.remove()
                tell("done")
            else:
                _bring(engine, chosen, tell)
    except NotBrought as failure:
        tell("failed", code=failure.code, **failure.facts)
        return 1
    return 0


def _bring(engine: Engine, chosen: argparse.Namespace, tell: Saying) -> None:
    tell("stage", stage="looking", python=sys.version.split()[0])
    engine.check()
    network, regions = Network(engine.pip), engine.wants_regions(chosen.regions)
    packages = Needed(engine, network, regions).resolved()
    fetching = Fetching(engine.fetched, network, tell)
    size = fetching.sizes(packages)
    missing = size - fetching.there(packages)
    needed = missing + int(size * UNPACKED) + SPARE
    if needed > engine.free():
        raise NotBrought("space", needed=needed, free=engine.free(), folder=str(engine.folder))
    hosts = sorted({package.host for package in packages if package.host})
    tell("looked", packages=len(packages), bytes=size, missing=missing, disk=int(size * UNPACKED), hosts=hosts,
         folder=str(engine.folder), python=sys.executable, version=engine.version)  # fmt: skip
    if chosen.task == "look":
        return
    files = fetching.all(packages)
    tell("stage", stage="installing")
    engine.install(files, regions)
    fetching.clean()
    tell("done", version=engine.version, python=str(engine.current()["python"]))


if __name__ == "__main__":
    sys.exit(main())
