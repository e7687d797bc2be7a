"""The largest working size there is: strokes are optimised on 8192 × 8192 pixels, and it fits into a computer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.engine.pictures.io import load_picture

SIDE = 8192
MEGABYTES = 6000  # at most; what it took is told in docs/design.md


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform == "win32", reason="tells nobody how much memory a process held")
def test_a_painting_of_8192_working_pixels(tmp_path):
    example = Image.open(Path(__file__).parents[3] / "examples" / "astronaut.jpg")
    example.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(tmp_path / "large.jpg", quality=90)
    command = [sys.executable, "-m", "impasto", "paint", "large.jpg", "-o", "out.png", "--json", "--style", "realistic"]
    with (tmp_path / "events").open("wb") as events:
        process = subprocess.Popen(
            [*command, "--working-size", str(SIDE), "--strokes", "1600", "--threads", "2"], cwd=tmp_path, stdout=events
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    started = next(each for each in told if each["event"] == "started")
    assert (started["working_width"], started["working_height"]) == (SIDE, SIDE)
    finish = started["plan"][-1]
    assert finish["canvas"] == SIDE and finish["stride"] > 8, "every so-many-th pixel of all there are"
    megabytes = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(f"{megabytes:.0f} MB, {told[-1]['seconds']:.0f} s, {used.ru_utime + used.ru_stime:.0f} of the processor")
    assert megabytes < MEGABYTES
    painted, photo = (load_picture(tmp_path / name, SIDE * SIDE) for name in ("out.png", "large.jpg"))
    assert painted.rgb.shape == (SIDE, SIDE, 3)
    thinned = [each.rgb[::8, ::8].astype(np.float32) / 255 for each in (painted, photo)]
    assert np.abs(thinned[0] - thinned[1]).mean() < 0.06
