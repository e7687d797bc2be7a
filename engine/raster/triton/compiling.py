"""How the GPU's kernels are compiled: by Triton, when they are first launched, into its own cache on disk."""

import os
from collections.abc import Callable
from typing import Any

# Contracting a product and a sum into one instruction is what every version up to 3.9 does; 3.9 asks to be told so.
os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")

import triton


def kernel(function: Callable) -> Any:
    """Make a kernel of a function, whose words are Triton's: `kernel[(programs,)](…)`, or called by another one."""
    return triton.jit(function)
