"""How much memory a painting takes, and how much there is."""

from __future__ import annotations

import os
from pathlib import Path

BASE = 200 << 20  # bytes of a worker with its kernels
PER_PIXEL = 14  # of the picture: as it came, as the painter sees it, as it is rendered
PER_WORKING_PIXEL = 180  # of the working canvas: targets, masks, errors, a preview


def needed(width: int, height: int, working_size: int) -> int:
    """About how many bytes painting takes. Measured: 1.1 GB at 8192 × 8192 with 1024 (of which 1 GB are pixels)."""
    longer = max(width, height)
    scale = min(1.0, working_size / longer)
    return int(BASE + width * height * (PER_PIXEL + PER_WORKING_PIXEL * scale * scale))


def available() -> int | None:
    """Bytes that may still be used, or None if the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    try:
        return int(os.sysconf("SC_AVPHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None
