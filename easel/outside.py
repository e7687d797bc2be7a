"""Not for the editor: a script for another Python. Alone it says what that is; with our wheel it brings an engine.

`python -I outside.py` prints [major, minor, bytes of a pointer, implementation], `python -I outside.py WHEEL WORDS...`
what the module `impasto.packing.bring` in that wheel says.
"""

import json
import runpy
import ssl
import struct
import sys
import venv
import zlib

NEEDED = (ssl, venv, zlib)  # of which some systems' Python, or a wrapper's, lacks one

if __name__ == "__main__" and len(sys.argv) == 1:
    print(json.dumps([*sys.version_info[:2], struct.calcsize("P"), sys.implementation.name]))  # noqa: T201
elif __name__ == "__main__":
    sys.path.insert(0, sys.argv.pop(1))
    runpy.run_module("impasto.packing.bring", run_name="__main__")
