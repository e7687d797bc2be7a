"""`IMPASTO_GIMP_ROOT=… pytest -n0 -s tests/gimp/timing.py`: how long painting takes in GIMP, at 1024² and 4096².

IMPASTO_SIDES names other sides, such as 1024 alone.
"""

import os
from pathlib import Path

from tests.gimp.conftest import PHOTO, Gimp


def test_how_long_it_takes(gimp: Gimp, tmp_path: Path) -> None:
    found = gimp.run("timing", tmp_path, photo=PHOTO, sides=os.environ.get("IMPASTO_SIDES", "1024 4096"))
    print("\n" + "\n".join(f"{name}: {seconds} s" for name, (_, seconds) in found.items()))
    assert all(ended == ["done", ""] for ended, _ in found.values()), found
