"""The kernels compile for real GPUs, none of which need be here: Triton brings all it takes to make machine code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

triton = pytest.importorskip("triton")

ROOT = Path(__file__).parents[3]
# Before 3.5 it asks for the linker of an installed ROCm, or of PyTorch for ROCm.
LINKS_FOR_AMD = tuple(map(int, triton.__version__.split(".")[:2])) >= (3, 5)

# In a process of its own, since in this one the interpreter may stand in for the compiler.
COMPILE = """
import json, sys
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from impasto.engine.raster.triton import paint, step, strokes

INTEGERS = {"first_row", "first_column", "height", "width", "across", "places", "capacity", "count"}
NUMBERS = {"threshold", "scale", "softness", "size_low", "size_high", "bend", "taper", "b1", "b2", "log_b1", "log_b2"}
NUMBERS |= {"edge", "pixel", "caution"}
LISTS = {"owner", "strip_first", "place", "phases", "turn", "ends", "tile_of", "region", "counts", "keys", "age"}
TILE = {"TILE_W": 8, "TILE_H": 32, "ROWS": 8}
FIND = {**TILE, "REACH": 4.95, "CHUNK": 64}
COVERS, LETS_THROUGH = {"ABSORBS": False}, {"ABSORBS": True}
paints = [
    (paint.paint_strips, {**TILE, **way, "MODE": mode, "WRITE": mode == 0, "SPILL": mode == 2})
    for way in (COVERS, LETS_THROUGH) for mode in range(7)
]
kernels = [
    (strokes.prepare, {"BLOCK": 128, **COVERS}), (strokes.find_strips, {**FIND, "FILL": False}),
    (strokes.find_strips, {**FIND, "FILL": True}), (step.gather, {"CHUNK": 32, **COVERS}),
    (step.adam, {"BLOCK": 128, **COVERS}),
    (step.tick, {}), *paints, (strokes.prepare, {"BLOCK": 128, **LETS_THROUGH}),
    (step.gather, {"CHUNK": 32, **LETS_THROUGH}), (step.adam, {"BLOCK": 128, **LETS_THROUGH}),
]

def kind(name, constants):
    if name in constants:
        return "constexpr"
    if name in INTEGERS | NUMBERS:
        return "i32" if name in INTEGERS else "fp32"
    return "*i64" if name == "order" else "*i32" if name in LISTS else "*fp32"

made = []
targets = [("cuda", 90, 32, False), ("cuda", 80, 32, True), ("hip", "gfx942", 64, True)]
for backend, arch, warp, few in targets if LINKS_FOR_AMD else targets[:2]:
    for kernel, constants in [kernels[2], kernels[4], paints[2]] if few else kernels:
        signature = {name: kind(name, constants) for name in kernel.arg_names}
        source = ASTSource(kernel, signature, constants)
        code = triton.compile(source, target=GPUTarget(backend, arch, warp), options={"num_warps": 1})
        machine = code.asm["cubin" if backend == "cuda" else "hsaco"]
        made.append([f"{backend} {arch}", kernel.__name__, len(machine), ".local" in code.asm.get("ptx", "")])
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Target, kernel, bytes of machine code and whether it needs local memory, of every kernel compiled."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    environment |= {"PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(tmp_path_factory.mktemp("triton"))}
    code = tmp_path_factory.mktemp("compiling") / "compiling.py"
    code.write_text(f"LINKS_FOR_AMD = {LINKS_FOR_AMD}\n{COMPILE}")
    done = subprocess.run(
        [sys.executable, str(code)], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_all_kernels_compile_for_hopper_and_the_largest_for_ampere_and_cdna(made):
    names = {"prepare", "find_strips", "gather", "adam", "tick", "paint_strips"}
    assert {name for target, name, *_ in made if target == "cuda 90"} == names
    assert {target for target, *_ in made} == {"cuda 90", "cuda 80"} | ({"hip gfx942"} if LINKS_FOR_AMD else set())
    assert all(size > 1000 for _, _, size, _ in made)


def test_nothing_is_kept_in_local_memory(made):
    """An array that is no register costs more than all the arithmetic."""
    assert not any(local for *_, local in made)
