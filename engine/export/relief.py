"""The relief of a painting as a picture: how high the paint stands, for other programs to light or to mill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath, atomic_write, check_writable

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting


def check_relief(path: AnyPath, overwrite: bool = False) -> None:
    """Check the file of a relief before it is made. Raises ImpastoError unless it is a .png that can be written."""
    if Path(path).suffix.lower() != ".png":
        raise ImpastoError(f"{path} cannot be a relief, which has 16 bits a pixel; call it .png")
    check_writable(path, overwrite)


def write_relief(
    painting: Painting, path: AnyPath, height: int, width: int, *, overwrite: bool = False, threads: int | None = None
) -> None:
    """Write `Painting.relief_map` as a 16-bit grey PNG: 65535 is a hundredth of the canvas's longer side.

    Raises ImpastoError for a flat painting, for what `check_relief` refuses, and if writing fails.
    """
    from PIL import Image

    check_relief(path, overwrite)
    high = painting.relief_map(height, width, threads)
    with atomic_write(Path(path), overwrite) as file:
        Image.fromarray(high).save(file, "PNG", compress_level=3)
