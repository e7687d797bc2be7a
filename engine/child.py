"""Starting another Python of our own: it finds Impasto where this one did, and runs nothing of the user's folder."""

from __future__ import annotations

import sys
from pathlib import Path

# Python puts the working folder in front of all, unless told not to (-P, from 3.11 on), and a random.py may lie there.
_BOOT = (
    "import sys; sys.path[:] = sys.path if getattr(sys.flags, 'safe_path', sys.flags.isolated) else sys.path[1:]; "
    "root, module = sys.argv[1:3]; del sys.argv[1:3]; root in sys.path or sys.path.insert(0, root); "
    "import runpy; runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def python(module: str) -> list[str]:
    """The words that run a module of Impasto as a program; that program's own words follow them.

    module: its full name, such as "impasto.engine.daemon.worker". The working folder may be anybody's.
    """
    ours = sys.modules[__name__.partition(".")[0]]  # imported by its name it would be a circle
    return [sys.executable, "-c", _BOOT, str(Path(str(ours.__file__)).parents[1]), module]
