"""When memory does not suffice: what is tried next, what is said, and that it really ends in a painting."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.retry import SMALLEST, Plan, RetryingPainter, plans, sentence
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style

ROOT = Path(__file__).parents[3]
STYLE = Style.model_validate({"name": "quick", "finish": 2, "passes": [{"radius": 0.1, "share": 1, "iterations": 2}]})


def sizes(device, *rest):
    return [(plan.device, plan.working_size) for plan in plans(device, *rest)]


def test_a_smaller_canvas_then_the_cpu_then_a_smaller_one_there():
    assert sizes("cpu", 512) == [("cpu", n) for n in (512, 384, 288, 216, 162, 128)]
    assert sizes("cuda", 512) == [("cuda", n) for n in (512, 384, 288, 256)] + sizes("cpu", 512)
    assert sizes("cuda", 1024, False) == [("cuda", 1024), ("cpu", 1024)]
    assert sizes("cpu", 100) == [("cpu", 100)] and sizes("cpu", SMALLEST) == [("cpu", SMALLEST)]


def test_what_is_said():
    assert sentence(Plan("cpu", 512), Plan("cpu", 384), 512) == (
        "painted at 384 instead of 512 pixels, since memory is short"
    )
    assert "the GPU's memory is short" in sentence(Plan("cuda", 512), Plan("cuda", 384), 512)
    assert sentence(Plan("cuda", 256), Plan("cpu", 512), 512).startswith("painted on the CPU")


def picture(side=160):
    rgb = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return Picture(rgb)


def painter(size):
    return Painter(picture(), STYLE, strokes=20, working_size=size, threads=1)


def test_other_errors_pass_through():
    def begin(device, size):
        raise ImpastoError("no")

    with pytest.raises(ImpastoError, match=r"^no$"):
        RetryingPainter(begin, "cpu", 512)


def test_a_painter_that_fails_while_it_is_made_is_made_smaller():
    def begin(device, size):
        if size > 130:
            np.empty(1 << 60, np.uint8)  # a lack of memory as it really is
        return painter(size)

    *heard, last = RetryingPainter(begin, "cpu", 160).paint()
    assert isinstance(last, events.Finished) and len(last.painting.strokes) == 20
    fitted = [event for event in heard if isinstance(event, events.Fitted)]
    assert heard[: len(fitted)] == fitted and fitted[-1].what.startswith("painted at 128 instead of 160 pixels")
    started = next(event for event in heard if isinstance(event, events.Started))
    assert (started.working_width, started.working_height) == (128, 128)


def test_torchs_lack_of_memory_leads_from_the_gpu_to_the_cpu():
    """What torch raises when there really is no room; on this machine it is the host's, and stands in for a GPU's."""
    torch = pytest.importorskip("torch")

    def begin(device, size):
        if device == "cuda":
            torch.empty(1 << 50, dtype=torch.uint8)
        return painter(size)

    *heard, last = RetryingPainter(begin, "cuda", 512).paint()
    said = [event.what for event in heard if isinstance(event, events.Fitted)]
    assert said == [
        *(f"painted at {n} instead of 512 pixels, since the GPU's memory is short" for n in (384, 288, 256)),
        "painted on the CPU, since the GPU's memory is short",
    ]
    assert isinstance(last, events.Finished) and len(last.painting.strokes) == 20


def test_what_has_no_remedy_is_said():
    def begin(device, size):
        raise MemoryError

    with pytest.raises(ImpastoError, match=f"not even for a canvas of {SMALLEST} pixels; close other programs"):
        RetryingPainter(begin, "cuda", 512)


# The kernels are compiled and loaded, the picture is there, and then so much and no more may be had.
STARVED = """
import json, resource, sys
import numpy as np
from impasto.engine.painter import events
from impasto.engine.painter.retry import RetryingPainter
from impasto.engine.painter.optimizer import try_step
from impasto.engine.painter.painter import Painter
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import prepare_kernels
from impasto.engine.styles import load_style

side, room = int(sys.argv[1]), int(sys.argv[2])
picture = Picture(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))
changes = ["finish=1", "attention.interest=0"]  # what networks take is no canvas's
style = load_style("realistic", [f"passes.{k}.iterations=1" for k in range(1, 5)] + changes)
options = {"strokes": 60, "threads": 1}
prepare_kernels(try_step)
list(Painter(picture, style, working_size=64, **options).paint())  # whatever is loaded late is loaded

used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (room << 20),) * 2)
said = []
try:
    painter = RetryingPainter(lambda _, size: Painter(picture, style, working_size=size, **options), "cpu", side)
    for event in painter.paint():
        if isinstance(event, (events.Fitted, events.Finished)):
            said.append(event.as_json())
except Exception as error:
    said.append([type(error).__name__, str(error)])
print(json.dumps(said))
"""


def starved(side, room):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", STARVED, str(side), str(room)], env=environment, cwd=ROOT, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits a process's memory like that")
def test_with_too_little_memory_a_painting_is_finished_on_a_smaller_canvas():
    *fitted, done = starved(1500, 80)
    assert fitted and all("instead of 1500 pixels, since memory is short" in event["what"] for event in fitted)
    assert done["event"] == "finished" and done["strokes"] == 60


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits a process's memory like that")
def test_with_hardly_any_memory_it_fails_clearly():
    said = starved(1500, -60)
    assert said[-1][0] == "ImpastoError" and "memory does not suffice" in said[-1][1]


def test_a_gpu_that_runs_full_gives_way_to_a_smaller_canvas_or_the_cpu():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    torch.cuda.empty_cache()
    total = torch.cuda.mem_get_info()[1]
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + (8 << 20)) / total)
    try:
        *heard, last = RetryingPainter(
            lambda device, size: Painter(picture(1500), STYLE, strokes=4000, working_size=size, device=device),
            "cuda", 1500,
        ).paint()  # fmt: skip
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert isinstance(last, events.Finished) and len(last.painting.strokes) == 4000
    assert any(isinstance(event, events.Fitted) for event in heard)
