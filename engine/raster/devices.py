"""Where strokes are optimised: on the CPU, or on a GPU if there is one that really works.

Asking is cheap where there is nothing to find: torch takes seconds to import and is not touched before a driver is
seen. Where there is a driver, a few strokes are painted on the GPU and compared with the CPU's before it is trusted.
Apple's GPUs have no Triton: strokes are painted on the CPU there, and networks run on MPS (see `engine.segment`).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.raster.edges import StrokeEdge

if TYPE_CHECKING:
    from impasto.engine.raster.cpu import raster as cpu
    from impasto.engine.raster.triton import raster as cuda

    Raster = cpu.CpuRaster | cuda.TritonRaster

NAMES = ("auto", "cpu", "cuda")
OLDEST_CAPABILITY = (7, 0)  # compute capability; Triton compiles for nothing older
LEAST_MEMORY = 512 << 20  # bytes that must be free: the driver's context and kernels, and a small painting
TOLERANCE = 1e-3  # of values 0..1, and of a gradient's largest entry; measured: 2e-6
_DRIVERS = {
    "linux": ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg"),  # NVIDIA, AMD, either under WSL
    "win32": ("System32/nvcuda.dll", "System32/amdhip64.dll", "System32/amdhip64_6.dll", "System32/amdhip64_7.dll"),
}


@dataclass(frozen=True)
class Trouble:
    """Why a GPU is of no use, as a clause, and what to do about it."""

    what: str
    remedy: str


def chosen(name: str) -> tuple[str, str | None]:
    """The device that `name` means here, "cpu" or "cuda", and what the user should know of the choice, or None.

    auto is the GPU if one works; a GPU that is there but does not gets one sentence, none at all gets none. Raises
    ImpastoError if the GPU is asked for by name ("cuda", which is ROCm's as well) and does not work, or no such name
    exists.
    """
    if name not in NAMES:
        raise ImpastoError(f"there is no device {name}; there are {', '.join(NAMES)}")
    if name == "cpu" or (name == "auto" and not (sees_driver() and _has_torch())):
        return "cpu", None
    trouble = gpu_trouble()
    if trouble is None:
        return "cuda", None
    if name == "auto":
        return "cpu", f"painting on the CPU, since {trouble.what}"
    raise ImpastoError(f"--device cuda does not work here: {trouble.what}; {trouble.remedy}")


def sees_driver() -> bool:
    """Is there a driver of a GPU that could do? Looks for files only."""
    places = _DRIVERS.get(sys.platform, ())
    root = os.environ.get("SYSTEMROOT", r"C:\Windows") if sys.platform == "win32" else "/"
    return any(Path(root, place).exists() for place in places)


def _has_torch() -> bool:
    from importlib.util import find_spec

    return find_spec("torch") is not None


@cache
def gpu_trouble() -> Trouble | None:
    """What is wrong with the GPU, or None if it paints as the CPU does. Takes seconds the first time."""
    try:
        import torch
    except ImportError:
        return _missing("PyTorch")
    except OSError as error:  # a library of CUDA's that is missing or damaged
        return Trouble(f"PyTorch does not load ({_first_line(error)})", "install PyTorch again")
    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    if not interpreted:
        try:
            trouble = _useless_card(torch)
        except Exception as error:  # a broken driver raises anything
            trouble = _broken(error)
        if trouble is not None:
            return trouble
    try:
        import triton  # noqa: F401
    except ImportError:
        return _missing("Triton")
    try:
        return _trial()
    except Exception as error:
        return _broken(error)


def _useless_card(torch: object) -> Trouble | None:
    cuda, version = torch.cuda, torch.version  # type: ignore[attr-defined]
    if version.cuda is None and version.hip is None:
        return Trouble("this PyTorch is built for the CPU only", "install one for CUDA or ROCm, see pytorch.org")
    if not cuda.is_available():
        return Trouble("PyTorch finds no GPU", "check the driver with nvidia-smi or rocm-smi")
    name = cuda.get_device_name()
    if version.hip is None and cuda.get_device_capability() < OLDEST_CAPABILITY:
        return Trouble(
            f"{name} is too old",
            f"a card of compute capability {OLDEST_CAPABILITY[0]}.{OLDEST_CAPABILITY[1]} or above is needed",
        )
    free, _ = cuda.mem_get_info()
    if free < LEAST_MEMORY:
        return Trouble(
            f"{name} has {free >> 20} MB of memory free and {LEAST_MEMORY >> 20} MB are needed",
            "close other programs that use it",
        )
    return None


def _trial() -> Trouble | None:
    """Paint three strokes here and there, forward and backward, with every kernel a painting begins with."""
    from impasto.engine.raster.cpu import raster as cpu
    from impasto.engine.raster.triton import raster as cuda

    table = np.array(
        [
            [0.1, 0.2, 0.5, 0.5, 0.9, 0.3, 0.1, 0.2, 0.5, 0.8, 1, 0, 0],
            [0.1, 0.9, 0.9, 0.9, 0.2, 0.1, 0.1, 0.1, 0.9, 0.9, 0, 1, 0],
            [0.4, 0.5, 0.5, 0.4, 0.6, 0.6, 0.2, 0.1, 0.4, 0.6, 0, 0, 1],
        ],
        np.float32,
    )
    ground, size = np.array([0.2, 0.4, 0.6, 1], np.float32), (11, 13)
    target, weight = np.full((3, *size), 0.5, np.float32), np.full(size, 1 / (3 * 11 * 13), np.float32)
    found = []
    for backend in (cpu.CpuRaster, cuda.TritonRaster):
        raster = backend(*size, edges=StrokeEdge(0.05, 0.3))
        _, slope = raster.loss_and_gradient(table, ground, target, weight, threshold=0.0)
        found.append((raster.forward(table, ground), slope / np.abs(slope).max()))
    for theirs, ours in zip(*found, strict=True):
        if not np.abs(theirs - ours).max() < TOLERANCE:  # written so that NaN is no agreement
            return Trouble("the GPU does not paint what the CPU paints", "install its driver and PyTorch again")
    return None


def _missing(what: str) -> Trouble:
    return Trouble(f"{what} is not installed", f"{install('gpu')}, or leave --device cuda out")


def _broken(error: Exception) -> Trouble:
    return Trouble(f"the GPU or its driver failed ({_first_line(error)})", "install its driver and PyTorch again")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120].rstrip(".")


def raster_class(device: str) -> type[Raster]:
    """The rasteriser of a device, "cpu" or "cuda"."""
    if device == "cpu":
        from impasto.engine.raster.cpu.raster import CpuRaster

        return CpuRaster
    from impasto.engine.raster.triton.raster import TritonRaster

    return TritonRaster


def free_gpu_memory() -> int | None:
    """Bytes that a GPU has free; None where the interpreter stands in for one."""
    import torch

    return None if os.environ.get("TRITON_INTERPRET") == "1" else torch.cuda.mem_get_info()[0]


def lacks_memory(error: BaseException) -> bool:
    """Is this what the CPU or the GPU says when memory does not suffice?"""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    # torch has no class for a lack of the host's memory
    return isinstance(error, MemoryError) or (type(error) is RuntimeError and "can't allocate memory" in str(error))
