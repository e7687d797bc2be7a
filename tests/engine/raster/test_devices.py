"""Which device paints: what is said where there is no GPU, and that asking costs nothing there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.raster import devices

ROOT = Path(__file__).parents[3]
NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": ""}  # hides one from PyTorch


def ask(code, **environment):
    """What a process of its own prints, without this one's interpreter of Triton."""
    inherited = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**inherited, "PYTHONPATH": str(ROOT), **environment}, cwd=ROOT,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_cpu_is_the_cpu():
    assert devices.chosen("cpu") == ("cpu", None)
    with pytest.raises(ImpastoError, match="there is no device tpu; there are auto, cpu, cuda"):
        devices.chosen("tpu")


def test_without_a_driver_auto_is_the_cpu_at_once_and_says_nothing():
    """On a machine that has one, it is looked for where it is not."""
    found = ask(
        "import json, sys; from impasto.engine.raster import devices\ndevices._DRIVERS = {}\n"
        "print(json.dumps([devices.chosen('auto'), sorted(sys.modules)]))"
    )
    assert found[0] == ["cpu", None]
    assert not {"torch", "triton"} & {name.partition(".")[0] for name in found[1]}


CHOOSE = """
import json
from impasto.engine.raster.devices import chosen
from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
try:
    print(json.dumps(chosen("cuda")))
except ImpastoError as error:
    print(json.dumps(str(error)))
"""


def test_a_gpu_that_is_not_there_is_refused_with_the_remedy():
    said = ask(CHOOSE, **NO_GPU)
    assert said.startswith("--device cuda does not work here: ")
    assert said.endswith(("see pytorch.org", "with nvidia-smi or rocm-smi"))


def test_without_torch_or_triton_the_remedy_is_to_install_them():
    for missing, name in (("torch", "PyTorch"), ("triton", "Triton")):
        said = ask(f"import sys; sys.modules[{missing!r}] = None\n" + CHOOSE, TRITON_INTERPRET="1")
        assert said == (
            f"--device cuda does not work here: {name} is not installed; {install('gpu')}, or leave --device cuda out"
        )


def test_auto_with_a_driver_but_a_useless_gpu_says_why(tmp_path):
    """A file where the driver's would be: PyTorch then finds no GPU behind it."""
    (tmp_path / "nvidiactl").touch()
    code = (
        "import json; from impasto.engine.raster import devices\n"
        f"devices._DRIVERS = {{devices.sys.platform: ({str(tmp_path / 'nvidiactl')!r},)}}\n"
        "print(json.dumps(devices.chosen('auto')))"
    )
    device, said = ask(code, **NO_GPU)
    assert device == "cpu" and said.startswith("painting on the CPU, since ")
    assert len(said.splitlines()) == 1


def test_kernels_that_work_are_trusted_and_others_are_not():
    """By the interpreter: the trial as it is, then with kernels that paint everything half as bright."""
    pytest.importorskip("triton")
    assert ask(CHOOSE, TRITON_INTERPRET="1") == ["cuda", None]
    spoilt = (
        "from impasto.engine.raster.triton import raster\n"
        "whole = raster.TritonRaster.forward\n"
        "raster.TritonRaster.forward = lambda *a: whole(*a) / 2\n"
    )
    said = ask(spoilt + CHOOSE, TRITON_INTERPRET="1")
    assert "the GPU does not paint what the CPU paints" in said


def test_what_lacks_memory():
    torch = pytest.importorskip("torch")
    assert devices.lacks_memory(MemoryError()) and devices.lacks_memory(torch.OutOfMemoryError())
    assert not devices.lacks_memory(RuntimeError("out of patience"))
