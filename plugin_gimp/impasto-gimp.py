#!/usr/bin/env python3
"""Impasto for GIMP 3: here GIMP finds it; the rooms are in the folder beside this file."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

SYSTEMS = "/usr/bin/python3"
if sys.platform == "linux" and sys.prefix != "/usr" and find_spec("gi") is None and os.access(SYSTEMS, os.X_OK):
    # an environment is active in the shell that has started GIMP, and has none of GIMP's own libraries
    os.execv(SYSTEMS, [SYSTEMS, *sys.argv])

sys.path.insert(0, str(Path(__file__).resolve().parent))

from impasto.plugin import main  # noqa: E402

main()
