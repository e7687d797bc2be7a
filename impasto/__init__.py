"""Impasto turns a photo into a painting made of real, optimised brush strokes.

`paint`, `open` and `segment` are all that most programs need. Nothing is imported before it is asked for: the command
line's `--help` must not wait for NumPy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from impasto.engine.library import open, paint, segment

    __version__: str

__all__ = ["__version__", "open", "paint", "segment"]


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562)."""
    if name == "__version__":
        from impasto.engine.version import IMPASTO_VERSION

        return IMPASTO_VERSION
    if name in __all__:
        from impasto.engine import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
