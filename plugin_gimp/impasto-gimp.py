#!/usr/bin/env python3
"""Impasto for GIMP 3: here GIMP finds it; the rooms are in the folder beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from impasto.plugin import main

main()
